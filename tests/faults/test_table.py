"""The table of faults in the documentation: every row names tests, and each of them is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEADS = ("| where", "| what is found", "| cause")
"""The tables of which each row has a test, by their first cell."""


def rows(page: str) -> list[str]:
    """Return the rows of those tables, without their heads."""
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith(HEADS)]
    assert {head for head in HEADS for table in tables if table[0].startswith(head)} == set(HEADS)
    return [row for table in tables for row in table[2:]]


def test_every_row_names_a_test_that_is_there(root: Path) -> None:
    page = (root / "docs" / "explanation" / "faults.md").read_text()
    there = {
        name
        for path in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert [row for row in rows(page) if not re.search(r"`test_\w+`", row)] == []
    assert set(re.findall(r"`(test_\w+)`", page)) - there == set()
    assert len(rows(page)) > 20
