"""Secrets that only the desk may read again, and those of webhooks, by the vault keys of the home.

Rules: whoever has the database alone can't make a code, read a kept answer, or sign a message.  What a key is for is in
its derivation, so no two uses share one (HKDF, RFC 5869, and `ledger.registry.vault_keys`).  The newest key seals; an
earlier one opens what it sealed.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.seal.signer import SoftwareSigner

_SEALED: Final = b"oreprint desk vault/1"
_HOOK: Final = b"oreprint webhook secret 1\n"


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals bytes for one person, and opens them again; `keys` gives the vault keys, the newest first."""

    keys: Callable[[], Sequence[SoftwareSigner]]

    def seal(self, person: str, secret: bytes, *, now_ms: int) -> bytes:
        """Return bytes that only `open` for the same person reads."""
        return self._fernet().encrypt_at_time(person.encode() + b"\n" + secret, now_ms // 1000)

    def open(self, person: str, sealed: bytes, *, now_ms: int, seconds: int | None = None) -> bytes | None:
        """Return the text that was sealed for a person; None if it was not, or longer than `seconds` ago."""
        fernet = self._fernet()
        try:
            if seconds is None:
                found = fernet.decrypt(sealed)
            else:
                found = fernet.decrypt_at_time(sealed, seconds, now_ms // 1000)
        except InvalidToken:
            return None
        owner, _, secret = found.partition(b"\n")
        return secret if owner == person.encode() else None

    def hook_secrets(self, hook_id: str) -> tuple[bytes, ...]:
        """Return the secrets of a hook, 32 bytes each, the newest first.

        No database holds them: Ed25519 gives one signature for one message (RFC 8032, 5.1.6).
        """
        return tuple(sha256(key.sign(_HOOK + hook_id.encode())).digest() for key in self.keys())

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(urlsafe_b64encode(_derived(key))) for key in self.keys()])


def _derived(key: SoftwareSigner) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_SEALED).derive(key.key.private_bytes_raw())
