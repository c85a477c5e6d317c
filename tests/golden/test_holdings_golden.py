from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ledger.holdings import mark
from ledger.holdings.split import SplitPart, SplitRecord
from schemas.holding import Holder
from schemas.quantity import milligrams

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def golden(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "tests/golden/holdings.json").read_text())
    return read


def test_the_golden_holdings_are_what_their_generator_makes(root: Path) -> None:
    subprocess.run([sys.executable, root / "tests/golden/make_holdings.py", "--check"], check=True)


def test_holdings_and_marks_are_golden(golden: dict[str, Any]) -> None:
    assert len(golden["holdings"]) == 3
    for case in golden["holdings"]:
        holder = Holder(owner=case["owner"], registry=case["registry"])
        text = mark.holding_text(bytes.fromhex(case["salt"]), holder)
        assert text == case["text"]
        assert mark.open_holding(text) == holder
        assert mark.commitment(text).hex() == case["commitment"]
        assert mark.mark(bytes.fromhex(case["creator"]), text).hex() == case["mark"]


def test_an_issuance_is_golden(golden: dict[str, Any]) -> None:
    case = golden["issuance"]
    values = [
        mark.certificate_value(bytes.fromhex(o["certificate"]), status_list=o["list"], status_index=o["index"])
        if o
        else mark.NO_CERTIFICATE
        for o in case["outputs"]
    ]
    run = bytes.fromhex(case["run"])
    digest = mark.issuance_digest(run, values)
    assert [value.hex() for value in values] == case["values"]
    assert digest.hex() == case["digest"]
    assert mark.run_mark(run).hex() == case["run_mark"]
    assert mark.successor(digest).hex() == case["successor"]


def test_a_split_is_golden(golden: dict[str, Any]) -> None:
    case = golden["split"]
    pieces = tuple(SplitPart(milligrams(part["mass_kg"]), bytes.fromhex(part["commitment"])) for part in case["parts"])
    record = SplitRecord(bytes.fromhex(case["uses"]["creator"]), case["uses"]["text"], pieces)
    assert record.to_text() == case["text"]
    assert SplitRecord.parse(case["text"]) == record
    assert mark.split_digest(case["text"]).hex() == case["digest"]


def test_record_digests_of_one_text_differ_by_kind(golden: dict[str, Any]) -> None:
    assert mark.statement_digest(golden["statement"]["jws"]).hex() == golden["statement"]["digest"]
    assert mark.status_digest(golden["status"]["jws"]).hex() == golden["status"]["digest"]
    assert mark.trust_digest(golden["trust"]["note"]).hex() == golden["trust"]["digest"]
