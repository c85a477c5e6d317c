from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from ledger.log.entry import Entry, EntryKind, ListVersion, PurposeCode, StatusBit, blinded
from schemas.problem import InputError

MARKS = (b"\x01" * 32, b"\x02" * 32)
BITS = (StatusBit(1, 5, PurposeCode.REVOCATION, 1), StatusBit(1, 5, PurposeCode.REFRESH, 0))
RECORD = Entry(EntryKind.RECORD, 1_700_000_000_000, b"\x0a" * 32, MARKS, BITS)
LIST = Entry(EntryKind.STATUS_LIST, 7, b"\x0b" * 32, (), (), ListVersion(3, b"\x0c" * 32))


@pytest.mark.parametrize("entry", [RECORD, LIST])
def test_the_bytes_of_an_entry_are_the_entry(entry: Entry) -> None:
    assert Entry.parse(entry.to_bytes()) == entry


def test_the_blinded_digest_is_not_the_records() -> None:
    assert blinded(b"\x05" * 32) == sha256(b"oreprint leaf v1\n" + b"\x05" * 32).digest()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"time_ms": -1}, "log.entry-time"),
        ({"time_ms": 2**63}, "log.entry-time"),
        ({"digest": bytes(31)}, "log.entry-digest"),
        ({"marks": (bytes(31),)}, "log.entry-mark"),
        ({"marks": MARKS[::-1]}, "log.entry-order"),
        ({"marks": MARKS[:1] * 2}, "log.entry-order"),
        ({"marks": tuple(number.to_bytes(32, "big") for number in range(2_047))}, "log.entry-size"),
        ({"bits": BITS[::-1]}, "log.entry-order"),
        ({"bits": (BITS[0], BITS[0]._replace(value=0))}, "log.entry-order"),
        ({"bits": (BITS[0]._replace(value=2),)}, "log.entry-bit"),
        ({"bits": (StatusBit(1, 5, 4, 1),)}, "log.entry-bit"),  # type: ignore[arg-type]
        ({"bits": (BITS[0]._replace(list_number=2**32),)}, "log.entry-bit"),
        ({"bits": (BITS[0]._replace(position=-1),)}, "log.entry-bit"),
        ({"listed": ListVersion(1, bytes(32))}, "log.entry-listed"),
        ({"kind": EntryKind.TRUST_LIST}, "log.entry-listed"),
        ({"kind": EntryKind.TRUST_LIST, "listed": ListVersion(1, bytes(31))}, "log.entry-listed"),
        ({"kind": EntryKind.TRUST_LIST, "listed": ListVersion(2**63, bytes(32))}, "log.entry-listed"),
    ],
)
def test_an_entry_that_breaks_a_rule_has_no_bytes(changed: dict[str, Any], code: str) -> None:
    members: dict[str, Any] = {"kind": EntryKind.RECORD, "time_ms": 0, "digest": bytes(32)} | changed
    with pytest.raises(InputError) as refused:
        Entry(**members).to_bytes()
    assert refused.value.code == code


def test_the_largest_entry_fits_a_bundle() -> None:
    marks = tuple(number.to_bytes(32, "big") for number in range(2_045))
    entry = Entry(EntryKind.RECORD, 0, bytes(32), marks, tuple(BITS[0]._replace(position=n) for n in range(4)))
    assert len(entry.to_bytes()) == 65_526
    assert Entry.parse(entry.to_bytes()) == entry


@pytest.mark.parametrize("entry", [RECORD, LIST])
def test_no_prefix_and_no_longer_text_is_an_entry(entry: Entry) -> None:
    raw = entry.to_bytes()
    for wrong in [*(raw[:length] for length in range(len(raw))), raw + b"\x00", raw + raw, raw.ljust(70_000, b"\x00")]:
        with pytest.raises(InputError):
            Entry.parse(wrong)


@pytest.mark.parametrize(
    ("at", "value", "code"),
    [
        (0, 0, "log.entry-version"),
        (0, 2, "log.entry-version"),
        (1, 0, "log.entry-kind"),
        (1, 4, "log.entry-kind"),
        (1, 2, "log.entry-form"),
        (2, 0x80, "log.entry-time"),
        (43, 3, "log.entry-form"),
        (44, 9, "log.entry-order"),
        (109, 3, "log.entry-form"),
        (118, 0, "log.entry-bit"),
        (118, 4, "log.entry-bit"),
        (119, 2, "log.entry-bit"),
        (118, 3, "log.entry-order"),
    ],
)
def test_a_changed_byte_is_named(at: int, value: int, code: str) -> None:
    raw = bytearray(RECORD.to_bytes())
    raw[at] = value
    with pytest.raises(InputError) as refused:
        Entry.parse(bytes(raw))
    assert refused.value.code == code
