"""The tutorial's commands, run as they are written; `test_wheel` runs them without the checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.pages import commands, run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    typed = commands("tutorial.md")
    assert sum("oreprint " in each for each in typed) >= 14
    printed = run(typed, tmp_path)
    assert "unchanged CON-07" in printed
    assert "GENUINE RECORD" in printed
