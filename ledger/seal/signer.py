"""The signing port, and a key held in memory.

Rules: a signer knows its key id and signs bytes; it never reveals its private key.  A stored key is encrypted PKCS#8 in
PEM (RFC 5958).  This module makes no key and reads no file; the caller gives the bytes.  OpenSSL draws the salt of an
encrypted PEM and does not accept one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.seal.keys import PUBLIC_KEY_BYTES
from schemas.problem import InputError


class Signer(Protocol):
    """A key that signs, wherever it is: in memory, in a token, in a cloud."""

    @property
    def kid(self) -> str:
        """The DID URL of the key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of an Ed25519 signature over `message` (RFC 8032, 5.1.6)."""


@dataclass(frozen=True, slots=True)
class SoftwareSigner:
    """An Ed25519 key in memory, by its key id."""

    kid: str
    key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_raw(cls, kid: str, private: bytes) -> Self:
        """Return the signer of a raw private key of 32 bytes; raise InputError `seal.key-length` for another length."""
        if len(private) != PUBLIC_KEY_BYTES:
            raise InputError.at("seal.key-length", size=len(private))
        return cls(kid, Ed25519PrivateKey.from_private_bytes(private))

    @classmethod
    def from_pem(cls, kid: str, pem: bytes, *, password: bytes) -> Self:
        """Return the signer of an encrypted PKCS#8 key.

        Raises:
            InputError: `seal.key-file` if the password is wrong or this is no Ed25519 key; as `check_pem`.
        """
        try:
            key = load_pem_private_key(pem, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: the key isn't encrypted
            check_pem(pem)
            raise InputError.at("seal.key-file", kid=kid) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError.at("seal.key-file", kid=kid)
        return cls(kid, key)

    def to_pem(self, *, password: bytes) -> bytes:
        """Return the key as encrypted PKCS#8 in PEM; `password` must not be empty."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message`."""
        return self.key.sign(message)


def check_pem(pem: bytes) -> None:
    """Check that a file is an encrypted key, whose password need not be known; raise InputError `seal.key-damaged`."""
    try:
        load_pem_private_key(pem, None)
    except TypeError:  # it is encrypted
        return
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError.at("seal.key-damaged") from error
    raise InputError.at("seal.key-damaged")  # it lies open
