from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ledger.log.entry import Entry, EntryKind, ListVersion, PurposeCode, StatusBit, blinded
from ledger.log.merkle import leaf_hash
from schemas.problem import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def golden(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "tests/golden/entry.json").read_text())
    return read


def test_the_golden_entries_are_what_their_generator_makes(root: Path) -> None:
    subprocess.run([sys.executable, root / "tests/golden/make_entry.py", "--check"], check=True)


def test_entries_are_byte_for_byte_golden(golden: dict[str, Any]) -> None:
    assert len(golden["entries"]) == 6
    for case in golden["entries"]:
        listed = case["listed"] and ListVersion(case["listed"]["number"], bytes.fromhex(case["listed"]["digest"]))
        entry = Entry(
            EntryKind(case["kind"]),
            case["time_ms"],
            blinded(bytes.fromhex(case["record_digest"])),
            tuple(map(bytes.fromhex, case["marks"])),
            tuple(StatusBit(where, at, PurposeCode(purpose), value) for where, at, purpose, value in case["bits"]),
            listed,
        )
        assert entry.digest.hex() == case["digest"]
        assert entry.to_bytes().hex() == case["bytes"]
        assert Entry.parse(bytes.fromhex(case["bytes"])) == entry
        assert leaf_hash(entry.to_bytes()).hex() == case["leaf_hash"]


def test_bad_entries_are_refused_with_their_code(golden: dict[str, Any]) -> None:
    assert len(golden["refused"]) == 15
    for case in golden["refused"]:
        with pytest.raises(InputError) as refused:
            Entry.parse(bytes.fromhex(case["bytes"]))
        assert (case["name"], refused.value.code) == (case["name"], case["code"])
