"""Holding texts, marks and record digests: the permanent bytes of single use (`docs/formats.md`).

Rules:

1. A holding's text is b64 of ``["<salt>",{"owner":…,"registry":…}]`` with a 256-bit salt, one spelling; the record
   that creates it carries the text's SHA-256 (its *commitment*) beside the mass.
2. Using a holding publishes its mark, SHA-256(tag || creating record's digest || text).  The creator's commitment fixes
   it; without the text nobody can guess it or link it.
3. Every kind of record has a digest of its own tag, so no two kinds can be taken for each other.

Digests are raw bytes of 32 here; their spelling in JSON is `ledger.seal.digest`'s.  What this module does not do: it
draws no salt, and knows neither masses nor whether a mark was seen before.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.seal.disclosure import HOLDING_SALT_BYTES, seal_value, value_text
from schemas.holding import Holder
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

HOLDERS_KEPT: Final = 4096
"""Holders that stay read: a party holds in one registry whatever it holds, and each of its holdings says so."""
NO_CERTIFICATE: Final = bytes(32)
"""The value of an output that gets no certificate."""


def holding_text(salt: bytes, holder: Holder) -> str:
    """Return the text of a holding of `holder`, with the caller's `salt` (32 random bytes, never used twice).

    Raises:
        InputError: `seal.salt`, for a shorter one.

    """
    if len(salt) != HOLDING_SALT_BYTES:
        raise InputError.at("seal.salt", size=len(salt))
    return seal_value(holder, salt=salt).text


def open_holding(text: str) -> Holder:
    """Return who may use the holding of this text, and where.

    Raises:
        InputError: `holding.text`, when it isn't a holding's one spelling.

    """
    try:
        return _holder(value_text(text, salt_bytes=HOLDING_SALT_BYTES))
    except InputError as error:
        raise InputError.at("holding.text") from error


@lru_cache(HOLDERS_KEPT)
def _holder(text: bytes) -> Holder:
    return Holder.from_text(text)


def commitment(text: str) -> bytes:
    """Return what the creating record carries: SHA-256 of the text's ASCII."""
    return sha256(text.encode()).digest()


def mark(creator: bytes, text: str) -> bytes:
    """Return the mark that the use of a holding leaves: `creator` is the digest of the record that created it."""
    return sha256(b"oreprint mark v1\n" + creator + text.encode()).digest()


def run_mark(run_digest: bytes) -> bytes:
    """Return the mark of an issuance that uses no holding, so that one run can't be issued twice."""
    return sha256(b"oreprint run v1\n" + run_digest).digest()


def instrument_mark(key: tuple[str, str], after: bytes = b"") -> bytes:
    """Return the mark of a scheme's statement, given by its key: anyone can compute it, so that it is entered once wherever.

    `after` is the record digest of the undo that freed it, 32 bytes, where it had been entered before.
    """
    scheme, statement = key
    text = f"oreprint instrument v1\n{scheme}\n{statement}".encode()
    return sha256(text + (b"\n" + after if after else b"")).digest()


def successor(issuance: bytes) -> bytes:
    """Return the mark of the one record that follows or undoes the issuance of this record digest."""
    return sha256(b"oreprint successor v1\n" + issuance).digest()


def certificate_value(certificate: bytes, *, status_list: int, status_index: int) -> bytes:
    """Return what the issuance says of a certified output: its certificate's digest and status place, blinded."""
    place = status_list.to_bytes(4, "big") + status_index.to_bytes(4, "big")
    return sha256(b"oreprint certificate v1\n" + certificate + place).digest()


def issuance_digest(run_digest: bytes, values: Iterable[bytes]) -> bytes:
    """Return the record digest of an issuance; `values` are its outputs', in output order."""
    return sha256(b"oreprint issuance v1\n" + run_digest + b"".join(values)).digest()


def split_digest(text: str) -> bytes:
    """Return the record digest of a split."""
    return sha256(b"oreprint split v1\n" + text.encode()).digest()


def statement_digest(jws: str) -> bytes:
    """Return the record digest of a move, undo, withdrawal, suspension or lift: over the JWS as it was signed."""
    return sha256(b"oreprint statement v1\n" + jws.encode()).digest()


def attestation_digest(jws: str) -> bytes:
    """Return the record digest of an attestation: over the JWS as it was signed."""
    return sha256(b"oreprint attestation v1\n" + jws.encode()).digest()


def status_digest(jws: str) -> bytes:
    """Return the record digest of a version of a status list."""
    return sha256(b"oreprint status v1\n" + jws.encode()).digest()


def trust_digest(note: str) -> bytes:
    """Return the record digest of a version of the trust list."""
    return sha256(b"oreprint trust v1\n" + note.encode()).digest()
