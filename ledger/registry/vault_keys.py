"""The keys of the vault, in the home of a registry: they seal secrets in its database and derive those of webhooks.

Rules:

1. A vault key signs no record, and no trust list names it.  So each key that signs can be replaced, and no secret is
   lost.
2. The newest key seals.  Earlier ones open what they sealed, as long as their files are there.  A running server takes
   a new key from its home when it next needs one.
3. In a home of an earlier version, the first key of the status lists sealed the secrets.  It is copied as the first
   vault key, so that they can still be opened.
4. The loss of a vault key is reported.  No other key is made in its place, since that would open nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine

from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from ledger.store.events import EventRow, add_events, happened_before
from schemas.problem import OreprintError, Problem, StateError

_MADE: Final = "key vault"
"""The action of the event that a vault key was made."""


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """Gives the vault keys of a registry's home, the newest first."""

    home: Home
    engine: Engine
    did: str
    passphrase: bytes = field(repr=False)
    _read: dict[int, SoftwareSigner] = field(default_factory=dict, repr=False)

    def __call__(self) -> tuple[SoftwareSigner, ...]:
        """Return the keys.

        Raises:
            StateError: `home.vault-missing`, `home.exposed`, `store.*`; InputError: `seal.key-file`.
        """
        if not self._read:
            self._load()
        while self.home.has_key(vault_name(following := max(self._read) + 1)):
            self._read[following] = self._key(vault_name(following))
        return tuple(self._read[number] for number in sorted(self._read, reverse=True))

    def _load(self) -> None:
        with reading(self.engine) as connection:
            check_vault(self.home, connection, self.did)
            newest = newest_number(self.home, connection, self.did)
        if not newest:
            self._read[1] = self._copied()
        for number in range(1, newest + 1):
            if self.home.has_key(vault_name(number)):
                self._read[number] = self._key(vault_name(number))

    def _copied(self) -> SoftwareSigner:
        """Return the copy of the first status key (rule 3); where the folder can't be written, that key serves."""
        found = self._key("status")
        with suppress(OSError, OreprintError):
            self.home.write_key(vault_name(1), found, passphrase=self.passphrase)
        return found

    def _key(self, name: str) -> SoftwareSigner:
        return self.home.read_key(name, kid=f"did:web:{self.did}#{name}", passphrase=self.passphrase)


def vault_name(number: int) -> str:
    """Return the name under which a vault key is kept."""
    return "vault" if number == 1 else f"vault-{number}"


def newest_number(home: Home, connection: Connection, did: str) -> int:
    """Return the number of the newest vault key that was ever made; 0 in a home of an earlier version."""
    number = 0
    while home.has_key(vault_name(number + 1)) or _was_made(connection, did, number + 1):
        number += 1
    return number


def check_vault(home: Home, connection: Connection, did: str) -> None:
    """Check that the newest vault key is there; raise StateError `home.vault-missing` (rule 4)."""
    newest = newest_number(home, connection, did)
    name = vault_name(newest)
    if newest and not home.has_key(name):
        raise StateError.at("home.vault-missing", name=name, path=str(home.path / "keys"))


def vault_problems(home: Home, registry: OpenRegistry) -> tuple[Problem, ...]:
    """Return what is wrong with the vault key of a registry, which needs no passphrase."""
    try:
        with reading(registry.engine) as connection:
            check_vault(home, connection, registry.did)
    except StateError as error:
        return error.problems
    return ()


def note_vault(connection: Connection, did: str, number: int, *, now_ms: int) -> None:
    """Keep that a vault key was made, so that its loss is seen."""
    add_events(connection, [EventRow(now_ms, did, "local", _MADE, vault_name(number), "made")])


def _was_made(connection: Connection, did: str, number: int) -> bool:
    return happened_before(connection, tenant=did, action=_MADE, subject=vault_name(number))
