"""The keys of guests, in the home of a registry: one file a guest, beside those of the parties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.registry.folder import Home
from ledger.seal.keys import did_key, did_key_kid
from ledger.seal.signer import Signer, SoftwareSigner


@dataclass(frozen=True, slots=True)
class HomeGuestKeys:
    """The store in a home; `random` returns so many fresh bytes."""

    home: Home
    passphrase: bytes = field(repr=False)
    random: Callable[[int], bytes]

    def make(self) -> str:
        """Make a key, keep it, and return its ``did:key``; raise as `Home.write_key`."""
        made = SoftwareSigner.from_raw("", self.random(32))
        did = did_key(made.public)
        # A crash after this: a key that holds nothing and that nobody knows.
        self.home.write_key(_name(did), made, passphrase=self.passphrase)
        return did

    def signer(self, did: str) -> Signer:
        """Return what signs for a guest; raise as `Home.read_key`."""
        return self.home.read_key(_name(did), kid=did_key_kid(did), passphrase=self.passphrase)


def _name(did: str) -> str:
    return f"guest.{did.removeprefix('did:key:')}"
