"""Every case of the families below in the outside list of attacks is a test that has the case's id in its name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from tests.architecture.sources import ROOT, python_files

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES: Final = ("AZ", "CR", "FT", "JS", "LD", "LG", "MB", "WB")
_TEST: Final = re.compile(r"^\s*(?:async )?def test_(\w+)", re.MULTILINE)
_ID: Final = re.compile(r"(?<![a-z])([a-z]{2})((?:_\d\d)+)(?!\d)")


def covered() -> set[str]:
    """Return the ids that the names of tests tell: of ``test_mb_19_20_22_a_record`` three."""
    tests = (name for path in python_files("tests") for name in _TEST.findall((ROOT / path).read_text("utf-8")))
    found = (each for name in tests for each in _ID.finditer(name))
    return {f"{each[1].upper()}-{number}" for each in found for number in each[2].split("_")[1:]}


def test_every_attack_case_is_a_test(shared: Path) -> None:
    listed = [case["id"] for case in json.loads((shared / "attacks" / "tests.json").read_text(encoding="utf-8"))]
    due = {each for each in listed if each.partition("-")[0] in FAMILIES}
    assert len(due) > len(FAMILIES)
    assert due - covered() == set()
