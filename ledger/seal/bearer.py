"""Secrets that somebody bears: tokens and private links. What a registry keeps of one is its SHA-256.

A salt would add nothing to 256 random bits.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from ledger.seal.digest import from_base64url, to_base64url
from schemas.problem import InputError

_SECRET_BYTES: Final = 32


def new_secret(prefix: str, random: Callable[[int], bytes]) -> str:
    """Return a fresh secret; `prefix` says what it is for, so that a scanner of leaked secrets can know it."""
    return prefix + to_base64url(random(_SECRET_BYTES))


def is_secret(text: str, prefix: str) -> bool:
    """Return whether a text has the form of a secret with this prefix."""
    try:
        return text.startswith(prefix) and len(from_base64url(text.removeprefix(prefix))) == _SECRET_BYTES
    except InputError:
        return False


def secret_digest(secret: str) -> bytes:
    """Return the SHA-256 of a secret, by which it is found."""
    return sha256(secret.encode()).digest()
