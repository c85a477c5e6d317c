"""Secrets that only the desk may read again: those of TOTP, sealed under a key of the home.

The sealing key is derived from the key of the status lists, which lies in the home under its passphrase: whoever has
the database alone can't make a code.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.seal.signer import SoftwareSigner

_PURPOSE: Final = b"oreprint desk vault/1"


class Vault:
    """Seals bytes for one person, and opens them again."""

    def __init__(self, signer: SoftwareSigner) -> None:
        """Derive the key from a key of the home."""
        derived = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(signer.key.private_bytes_raw())
        self._fernet = Fernet(urlsafe_b64encode(derived))

    def seal(self, person: str, secret: bytes, *, now_ms: int) -> bytes:
        """Return bytes that only `open` for the same person reads."""
        return self._fernet.encrypt_at_time(person.encode() + b"\n" + secret, now_ms // 1000)

    def open(self, person: str, sealed: bytes, *, now_ms: int, seconds: int | None = None) -> bytes | None:
        """Return the text that was sealed for a person; None if it was not, or longer than `seconds` ago."""
        try:
            if seconds is None:
                found = self._fernet.decrypt(sealed)
            else:
                found = self._fernet.decrypt_at_time(sealed, seconds, now_ms // 1000)
        except InvalidToken:
            return None
        owner, _, secret = found.partition(b"\n")
        return secret if owner == person.encode() else None
