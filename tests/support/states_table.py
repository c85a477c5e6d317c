"""The table of states and advice in `docs/page.md`, which every door is held to."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = Path("docs/page.md")


class Row(NamedTuple):
    """A row of the table of states: the case, its answers, and its advice at each door."""

    case: str
    what: str
    genuine: str
    chain: str
    withdrawn: str
    code: str
    advice: str
    offline: str


def table() -> dict[str, Row]:
    """Return the table of states of `docs/page.md`, by case."""
    text = PAGE.read_text(encoding="utf-8").partition("## Every state")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    rows = [Row(*(cell.strip().strip("`") for cell in line.strip("| ").split(" | "))) for line in lines]
    return {row.case: row for row in rows}
