"""Public keys, as bytes and as ``did:key``, and the one check of a signature.

Rules:

1. A key is the 32 bytes of an Ed25519 public key (RFC 8032, 5.1.5) that encode a point of the curve in its one
   canonical form, and not one of the eight points of small order: anybody can make a signature for such a key.
2. ``did:key:z…`` is base58btc of ``0xed 0x01`` and the key; its key id is ``did:key:z…#z…`` (W3C CCG did:key 0.7).
3. A signature either verifies or raises CheckError `seal.signature`, whatever is wrong with it or with the key.

This module does not know the owner of a key or its period of use (`ledger.trust`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.seal.digest import from_base58, to_base58
from schemas.problem import CheckError, InputError

PUBLIC_KEY_BYTES: Final = 32
KEYS_KEPT: Final = 4096
"""Parsed keys in the cache: more issuers than one trust list names."""

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ORDER_8: Final = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})
"""The y coordinates of the eight points whose order divides 8; each has x and -x."""
_NUMBERED: Final = re.compile(r"(did:web:[A-Za-z0-9.%:_-]{1,300})#key-([1-9][0-9]{0,3})", re.ASCII)
_DID_KEY: Final = "did:key:z"
_ED25519_PUB: Final = b"\xed\x01"
"""The multicodec of an Ed25519 public key, 0xed, as a varint."""


def check_public_key(public: bytes, *, place: str = "") -> None:
    """Check that a public key is sound, so that only its owner can sign (rule 1), or raise.

    Raises:
        InputError: `seal.key-length`, `seal.key-weak`, `seal.key-point`, at `place`.
    """
    if len(public) != PUBLIC_KEY_BYTES:
        raise InputError.at("seal.key-length", place, size=len(public))
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER:
        raise InputError.at("seal.key-weak", place, key=public.hex())
    # x² = (y² - 1) / (d y² + 1) must be a square; the quotient is one exactly if the product is (Euler)
    numerator, denominator = y * y - 1, _D * y * y + 1
    if pow(numerator * denominator, (_P - 1) // 2, _P) != 1:
        raise InputError.at("seal.key-point", place, key=public.hex())


@lru_cache(maxsize=KEYS_KEPT)
def _parsed(public: bytes) -> Ed25519PublicKey:
    check_public_key(public)
    return Ed25519PublicKey.from_public_bytes(public)


def verify_signature(public: bytes, message: bytes | memoryview, signature: bytes, *, place: str = "") -> None:
    """Verify an Ed25519 signature over `message`.

    Raises:
        CheckError: `seal.signature`, at `place`; nothing else.
    """
    try:
        _parsed(public).verify(signature, message)
    except (InvalidSignature, InputError, ValueError) as error:  # ValueError: a length that the library refuses
        raise CheckError.at("seal.signature", place) from error


def did_key(public: bytes) -> str:
    """Return the ``did:key`` of a public key; raise InputError as `check_public_key` does."""
    check_public_key(public)
    return _DID_KEY + to_base58(_ED25519_PUB + public)


def did_key_kid(did: str) -> str:
    """Return the id of the one key of a ``did:key``."""
    return f"{did}#{did.removeprefix('did:key:')}"


def key_number(kid: str, *, place: str = "") -> tuple[str, int]:
    """Return the DID and the number in a key id: ``did:web:…#key-2`` is a party's second.

    Raises:
        InputError: `key.form`, also for a ``did:key``, which never has another key.
    """
    match = _NUMBERED.fullmatch(kid)
    if match is None:
        raise InputError.at("key.form", place, value=kid)
    return match[1], int(match[2])


def did_key_public(did: str, *, place: str = "") -> bytes:
    """Return the public key in a ``did:key``.

    Raises:
        InputError: `seal.did-key` for another form or another kind of key, and as `check_public_key`.
    """
    raw = from_base58(did.removeprefix(_DID_KEY), place=place) if did.startswith(_DID_KEY) else b""
    if not raw.startswith(_ED25519_PUB):
        raise InputError.at("seal.did-key", place, value=did)
    public = raw.removeprefix(_ED25519_PUB)
    check_public_key(public, place=place)
    return public
