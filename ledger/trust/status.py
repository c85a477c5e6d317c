"""Status lists: which certificates are withdrawn, suspended or superseded, derived from the log alone.

Rules (Bitstring Status List 1.0 for the form):

1. A list has one bit a certificate for one purpose; bit 0 is the leftmost bit of the first byte (2.2, step 4).
2. It is rebuilt from the status bits of the log's entries below `size`, in their order.  A later value wins; revocation
   and refresh bits are never cleared.
3. A version of a list states its number and the size that it covers, which is the index of its own entry.
4. It has at least `LIST_BITS` bits, is gzipped without a time stamp, and is signed by the registry's status key.
5. An unknown, stale, short or wrongly signed list never means "not set": the caller gets an error, not a zero.
6. Its issuer is the owner of its key, its `validFrom` is the second of its entry in the log, and its `validUntil` is a
   day later.

This module reads no clock and no log; `ledger.verify` checks inclusion and age.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger.log.entry import PurposeCode, StatusBit
from ledger.seal.context import CREDENTIALS_CONTEXT, registry_context
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.jws import CREDENTIAL_TYPE, parse_jws, sign_jws
from ledger.seal.signer import Signer
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.problem import CheckError
from schemas.status import LIST_BITS, MOST_AGE_MS, StatusCredential, StatusRecord, StatusSubject
from schemas.vocabulary import PURPOSES, Purpose

OPENED_KEPT: Final = 64
"""Opened status lists in the cache, 16 kB each; a registry's certificates share a few."""
GZIP: Final = 31
"""The zlib window setting for a gzip container with the largest window."""

MOST_INFLATED_BYTES: Final = 2 * 1024 * 1024
"""The most bytes that a packed list may unpack to (limits table: inflate 2 MiB)."""

CODE_OF_PURPOSE: Final[dict[Purpose, PurposeCode]] = dict(zip(PURPOSES, PurposeCode, strict=True))
"""The purposes' words in documents, with their codes in log entries."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """An opened status list: its record, its bits, the time in its credential, and the id of the key that signed it."""

    record: StatusRecord
    bits: bytes
    issued: str
    kid: str

    def bit(self, index: int) -> int:
        """Return bit `index`, 0 or 1.

        Raises:
            CheckError: `trust.status-short` if the list has fewer bits.
        """
        if not 0 <= index < len(self.bits) * 8:
            raise CheckError.at("trust.status-short", bits=len(self.bits) * 8, least=index + 1)
        return self.bits[index >> 3] >> (7 - index % 8) & 1

    def check_time(self, logged: int) -> None:
        """Check that the list was made in the second of its log entry, which has the time `logged` (ms), or raise.

        Raises:
            CheckError: `trust.status-form`.
        """
        due = instant_text(whole_second(logged))
        if self.issued != due:
            raise _wrong(self.record, f"its validFrom is {self.issued}, and its entry in the log is of {due}")


def rebuild(changes: Iterable[StatusBit], *, purpose: Purpose, list_number: int, least_bits: int = LIST_BITS) -> bytes:
    """Return the bytes of a list from the log's status bits, in log order (rules 1 and 2)."""
    bits = bytearray(least_bits // 8)
    code = CODE_OF_PURPOSE[purpose]
    for change in changes:
        if change.list_number != list_number or change.purpose != code:
            continue
        where, mask = change.position >> 3, 0x80 >> (change.position % 8)
        if change.value:
            bits[where] |= mask
        elif purpose == "suspension":
            bits[where] &= ~mask
    return bytes(bits)


def status_url(registry: str, purpose: Purpose, list_number: int) -> str:
    """Return the address of a published list."""
    return f"https://{registry}/status/{purpose}-{list_number}"


def sign_status_list(record: StatusRecord, bits: bytes, *, issued: str, signer: Signer) -> str:
    """Return the status list credential as a compact JWS; it expires at the age that our verifiers refuse."""
    url = status_url(record.registry, record.purpose, record.list)
    packed = zlib.compress(bits, 9, GZIP)  # the gzip module writes another header in each Python version
    payload = StatusCredential(
        context=(CREDENTIALS_CONTEXT, registry_context(record.registry)),
        id=url,
        type=("VerifiableCredential", "BitstringStatusListCredential"),
        issuer=signer.kid.partition("#")[0],
        valid_from=issued,
        valid_until=instant_text(epoch_ms(issued) + MOST_AGE_MS),
        subject=StatusSubject(
            id=f"{url}#list",
            type="BitstringStatusList",
            purpose=record.purpose,
            bits="u" + to_base64url(packed),
        ),
        record=record,
    )
    return sign_jws(payload.to_bytes(), typ=CREDENTIAL_TYPE, signer=signer)


@lru_cache(maxsize=OPENED_KEPT)
def open_status_list(jws: str, *, keys: tuple[tuple[str, bytes], ...]) -> StatusList:
    """Open a status list signed by one of the registry's status keys, given by their ids.

    Raises:
        InputError: `seal.*`, `document.*` if it is not a status list in its one spelling.
        CheckError: `seal.signature`, `trust.key-unknown`, `trust.status-form`, `trust.status-short`.
    """
    opened, content = parse_jws(jws, typ=CREDENTIAL_TYPE)
    public = dict(keys).get(opened.kid)
    if public is None:
        raise CheckError.at("trust.key-unknown", kid=opened.kid)
    opened.verify(public)
    payload = StatusCredential.from_text(content)
    record = payload.record
    _check_envelope(payload, record, opened.kid)
    bits = _inflated(payload.subject.bits, record)
    if len(bits) * 8 < LIST_BITS:
        raise CheckError.at("trust.status-short", bits=len(bits) * 8, least=LIST_BITS)
    return StatusList(record, bits, payload.valid_from, opened.kid)


def _check_envelope(payload: StatusCredential, record: StatusRecord, kid: str) -> None:
    """Check that the members for other verifiers agree with the record and the signature."""
    url = status_url(record.registry, record.purpose, record.list)
    if (payload.id, payload.subject.id, payload.subject.purpose) != (url, f"{url}#list", record.purpose):
        raise _wrong(record, "it names another list")
    if payload.context[1:] not in {(), (registry_context(record.registry),)}:
        raise _wrong(record, "it names the context of another registry")
    signer = kid.partition("#")[0]
    if payload.issuer != signer:
        raise _wrong(record, f"its issuer is {payload.issuer}, but {signer} signed it")
    if epoch_ms(payload.valid_until) != epoch_ms(payload.valid_from) + MOST_AGE_MS:
        raise _wrong(record, f"its validUntil is {payload.valid_until}, not a day after its validFrom")


def _wrong(record: StatusRecord, reason: str) -> CheckError:
    return CheckError.at("trust.status-form", list=record.list, registry=record.registry, reason=reason)


def _inflated(encoded: str, record: StatusRecord) -> bytes:
    """Return the unpacked bitstring, never past the limit."""
    unpacker = zlib.decompressobj(wbits=GZIP)
    try:
        bits = unpacker.decompress(from_base64url(encoded[1:]), MOST_INFLATED_BYTES)
    except zlib.error as error:
        raise _wrong(record, "it is not packed as it should be") from error
    if not unpacker.eof or unpacker.unused_data:
        raise _wrong(record, "it unpacks to more than it may")
    return bits
