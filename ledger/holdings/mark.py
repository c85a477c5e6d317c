"""Holding texts, nullifiers and record digests: the permanent bytes of single use (`docs/formats.md`).

The formats call a nullifier a *mark*, and so do the names here.

Rules:

1. A holding's text is the base64url of ``["<salt>",{"owner":…,"registry":…}]`` with a salt of 256 bits, in one
   spelling.  The record that creates the holding carries the SHA-256 of the text (its *commitment*) beside the mass.
2. The use of a holding publishes its nullifier, SHA-256(tag || digest of the creating record || text).  The commitment
   fixes it.  Without the text nobody can guess it or link it to the holding.
3. Each kind of record has a digest with a tag of its own, so nobody can take one kind for another.

A digest is 32 raw bytes here; `ledger.seal.digest` has its spelling in JSON.  This module does not draw salts, and it
does not know masses or whether a nullifier was seen before.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final

from ledger.seal.disclosure import HOLDING_SALT_BYTES, salted_text, value_text
from schemas.holding import Holder
from schemas.problem import InputError

HOLDERS_KEPT: Final = 4096
"""Parsed holders in the cache: all holdings of a party in one registry have the same holder."""
NO_CERTIFICATE: Final = bytes(32)
"""The value of an output without a certificate."""


def holding_text(salt: bytes, holder: Holder) -> str:
    """Return the text of a holding of `holder`; `salt` is 32 random bytes that the caller never uses twice.

    Raises:
        InputError: `seal.salt` for a shorter salt.
    """
    if len(salt) != HOLDING_SALT_BYTES:
        raise InputError.at("seal.salt", size=len(salt))
    return salted_text(holder.to_bytes(), salt=salt)


def open_holding(text: str) -> Holder:
    """Return the owner and the registry that the text of a holding names.

    Raises:
        InputError: `holding.text` if the text is not that of a holding in its one spelling.
    """
    try:
        return _holder(value_text(text, salt_bytes=HOLDING_SALT_BYTES))
    except InputError as error:
        raise InputError.at("holding.text") from error


@lru_cache(HOLDERS_KEPT)
def _holder(text: bytes) -> Holder:
    return Holder.from_text(text)


def commitment(text: str) -> bytes:
    """Return the commitment that the creating record carries: the SHA-256 of the text in ASCII."""
    return sha256(text.encode()).digest()


def mark(creator: bytes, text: str) -> bytes:
    """Return the nullifier of a holding; `creator` is the digest of the record that created it."""
    return sha256(b"oreprint mark v1\n" + creator + text.encode()).digest()


def run_mark(run_digest: bytes) -> bytes:
    """Return the nullifier of an issuance that uses no holding, so that nobody issues one run twice."""
    return sha256(b"oreprint run v1\n" + run_digest).digest()


def instrument_mark(key: tuple[str, str], after: bytes = b"") -> bytes:
    """Return the nullifier of a scheme's statement, so that it is entered once in all registries.

    Anyone can compute it from the `key` (scheme, statement).  If the statement was entered before and an undo freed it,
    `after` is the record digest of the undo (32 bytes).
    """
    scheme, statement = key
    text = f"oreprint instrument v1\n{scheme}\n{statement}".encode()
    return sha256(text + (b"\n" + after if after else b"")).digest()


def successor(issuance: bytes) -> bytes:
    """Return the nullifier of the one record that may follow or undo an issuance; `issuance` is its record digest."""
    return sha256(b"oreprint successor v1\n" + issuance).digest()


def certificate_value(certificate: bytes, *, status_list: int, status_index: int) -> bytes:
    """Return the blinded value of a certified output in its issuance: certificate digest and status place, hashed."""
    place = status_list.to_bytes(4, "big") + status_index.to_bytes(4, "big")
    return sha256(b"oreprint certificate v1\n" + certificate + place).digest()


def issuance_digest(run_digest: bytes, values: Iterable[bytes]) -> bytes:
    """Return the record digest of an issuance; `values` are those of its outputs, in output order."""
    return sha256(b"oreprint issuance v1\n" + run_digest + b"".join(values)).digest()


def split_digest(text: str) -> bytes:
    """Return the record digest of a split."""
    return sha256(b"oreprint split v1\n" + text.encode()).digest()


def statement_digest(jws: str) -> bytes:
    """Return the record digest of a move, undo, withdrawal, suspension or lift: over the JWS as signed."""
    return sha256(b"oreprint statement v1\n" + jws.encode()).digest()


def attestation_digest(jws: str) -> bytes:
    """Return the record digest of an attestation: over the JWS as signed."""
    return sha256(b"oreprint attestation v1\n" + jws.encode()).digest()


def audit_digest(jws: str) -> bytes:
    """Return the record digest of an auditor's record: over the JWS as signed."""
    return sha256(b"oreprint audit v1\n" + jws.encode()).digest()


def status_digest(jws: str) -> bytes:
    """Return the record digest of a version of a status list."""
    return sha256(b"oreprint status v1\n" + jws.encode()).digest()


def trust_digest(note: str) -> bytes:
    """Return the record digest of a version of the trust list."""
    return sha256(b"oreprint trust v1\n" + note.encode()).digest()
