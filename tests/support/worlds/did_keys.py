"""The DID of a public key, for parties of tests that are named by their key."""

from __future__ import annotations

from ledger.seal.digest import to_base58
from ledger.seal.keys import check_public_key


def did_key(public: bytes) -> str:
    """Return the ``did:key`` of a public key; raise InputError as `check_public_key` does."""
    check_public_key(public)
    return "did:key:z" + to_base58(b"\xed\x01" + public)
