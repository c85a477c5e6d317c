"""The log entry: one blinded record, with all its nullifiers and status bits, as one leaf of the tree.

The format calls a nullifier a *mark*.

Rules (these bytes never change; integers are big-endian):

1. ``version 1 = 1 | kind 1 | time 8 | digest 32 | n 2, n marks of 32 | n 2, n status bits of 10``.  Kinds 2 and 3
   continue with ``number 8 | SHA-256 of the list 32``.  Nothing follows.
2. Kind 1 is a record, 2 a status list, 3 a trust list.
3. Marks are strictly ascending.  A status bit is ``list 4 | index 4 | purpose 1 | value 1``.  Bits are strictly
   ascending, and no two have the same list, index and purpose.
4. The digest is blinded: SHA-256("oreprint leaf v1" newline, record digest).  Whoever has the record finds its entry; a
   reader of the log does not find the record.
5. An entry has at most 65,535 bytes, the most that an entry bundle can carry.

This module does not know records, or whether a mark was seen before.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from itertools import pairwise
from struct import Struct
from typing import Final, NamedTuple, Self

from ledger.log.tile import MAX_ENTRY_BYTES
from schemas.frozen import Frozen
from schemas.problem import InputError

VERSION: Final = 1
DIGEST_BYTES: Final = 32
MAX_NUMBER: Final = 2**63 - 1
"""The largest number in a database's signed 64-bit integer, for times and list numbers."""
MAX_POSITION: Final = 2**32 - 1

_HEAD: Final = Struct(">BBQ32sH")
_COUNT: Final = Struct(">H")
_BIT: Final = Struct(">IIBB")
_LISTED: Final = Struct(">Q32s")
_BLIND: Final = b"oreprint leaf v1\n"


class EntryKind(IntEnum):
    """The kind of an entry: record, status list or trust list."""

    RECORD = 1
    STATUS_LIST = 2
    TRUST_LIST = 3


class PurposeCode(IntEnum):
    """The meaning of a status bit."""

    REVOCATION = 1
    SUSPENSION = 2
    REFRESH = 3


class StatusBit(NamedTuple):
    """One change of a status list, in clear.

    Bit `position` of list `list_number` becomes `value` (0 or 1) for `purpose`.
    """

    list_number: int
    position: int
    purpose: PurposeCode
    value: int


class ListVersion(NamedTuple):
    """The list that an entry of kind 2 or 3 puts into force: its `number` and the SHA-256 of its bytes."""

    number: int
    digest: bytes


class Entry(Frozen):
    """One leaf: `kind`, `time_ms` since 1970 UTC, the blinded `digest` of the record, `marks`, `bits`, and `listed`.

    Exactly the kinds 2 and 3 have `listed`.  Reading and writing check the rules.
    """

    kind: EntryKind
    time_ms: int
    digest: bytes
    marks: tuple[bytes, ...] = ()
    bits: tuple[StatusBit, ...] = ()
    listed: ListVersion | None = None

    def to_bytes(self) -> bytes:
        """Return the bytes of the leaf.

        Raises:
            InputError: `log.entry-*` if a rule is broken.
        """
        _check_values(self)
        _check_widths(self)
        parts = [_HEAD.pack(VERSION, self.kind, self.time_ms, self.digest, len(self.marks)), *self.marks]
        parts += [_COUNT.pack(len(self.bits)), *(_BIT.pack(*bit) for bit in self.bits)]
        if self.listed:
            parts.append(_LISTED.pack(*self.listed))
        return b"".join(parts)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the bytes of a leaf.

        Raises:
            InputError: `log.entry-form`, and `log.entry-*` if a rule is broken.
        """
        if len(raw) < _HEAD.size + _COUNT.size or len(raw) > MAX_ENTRY_BYTES:
            raise InputError.at("log.entry-form", size=len(raw))
        version, number, time_ms, digest, count = _HEAD.unpack_from(raw)
        if version != VERSION:
            raise InputError.at("log.entry-version", version=version)
        if number not in _KINDS:
            raise InputError.at("log.entry-kind", kind=number)
        kind = _KINDS[number]
        marks_end = _HEAD.size + DIGEST_BYTES * count
        bits_at = marks_end + _COUNT.size
        bit_count = int.from_bytes(raw[marks_end:bits_at])  # fewer bytes than a count has give a wrong length below
        end = bits_at + _BIT.size * bit_count
        if len(raw) != end + (0 if kind is EntryKind.RECORD else _LISTED.size):
            raise InputError.at("log.entry-form", size=len(raw))
        marks = tuple([raw[at : at + DIGEST_BYTES] for at in range(_HEAD.size, marks_end, DIGEST_BYTES)])
        bits = tuple([_bit(*values) for values in _BIT.iter_unpack(raw[bits_at:end])]) if bit_count else ()
        listed = None if kind is EntryKind.RECORD else ListVersion(*_LISTED.unpack_from(raw, end))
        # Each byte was read into exactly one member of fixed width, so there is no second spelling.
        entry = cls(kind, time_ms, digest, marks, bits, listed)
        _check_values(entry)
        return entry


_KINDS: Final = {int(kind): kind for kind in EntryKind}
_PURPOSES: Final = {int(purpose): purpose for purpose in PurposeCode}


def blinded(record_digest: bytes) -> bytes:
    """Return the blinded digest of a record, as its entry has it (rule 4)."""
    return sha256(_BLIND + record_digest).digest()


def _bit(list_number: int, position: int, purpose: int, value: int) -> StatusBit:
    """Return a status bit of parsed values."""
    if purpose not in _PURPOSES:
        raise InputError.at("log.entry-bit", "bits", list=list_number, index=position)
    return StatusBit(list_number, position, _PURPOSES[purpose], value)


def _check_values(entry: Entry) -> None:
    """Check values and order, or raise; two bits that differ only in value are out of order."""
    if not 0 <= entry.time_ms <= MAX_NUMBER:
        raise InputError.at("log.entry-time", "time_ms", time=entry.time_ms)
    if len(entry.marks) > 1 and any(left >= right for left, right in pairwise(entry.marks)):
        raise InputError.at("log.entry-order", "marks")
    for bit in entry.bits:
        if bit.value not in (0, 1):
            raise InputError.at("log.entry-bit", "bits", list=bit.list_number, index=bit.position)
    if entry.bits and any(left[:3] >= right[:3] for left, right in pairwise(entry.bits)):
        raise InputError.at("log.entry-order", "bits")
    if entry.listed and not 0 <= entry.listed.number <= MAX_NUMBER:
        raise InputError.at("log.entry-listed", "listed")


def _check_widths(entry: Entry) -> None:
    """Check that all values fit their bytes, or raise.

    Digests have 32 bytes, bits are in range, and a list is there only if it belongs there.
    """
    marks, bits, listed = entry.marks, entry.bits, entry.listed
    if len(entry.digest) != DIGEST_BYTES:
        raise InputError.at("log.entry-digest", "digest")
    if {*map(len, marks)} - {DIGEST_BYTES}:
        raise InputError.at("log.entry-mark", "marks")
    for bit in bits:
        if not (
            0 <= bit.list_number <= MAX_POSITION and 0 <= bit.position <= MAX_POSITION and bit.purpose in _PURPOSES
        ):
            raise InputError.at("log.entry-bit", "bits", list=bit.list_number, index=bit.position)
    if (entry.kind is EntryKind.RECORD) != (listed is None) or (listed and len(listed.digest) != DIGEST_BYTES):
        raise InputError.at("log.entry-listed", "listed")
    size = (
        _HEAD.size + DIGEST_BYTES * len(marks) + _COUNT.size + _BIT.size * len(bits) + (_LISTED.size if listed else 0)
    )
    if size > MAX_ENTRY_BYTES:
        raise InputError.at("log.entry-size", size=size, limit=MAX_ENTRY_BYTES)
