"""The quickstart at the top of the page of routes, run as it is written in a shell of a newcomer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.pages import DOCS, commands, run
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "reference/http.md"
MOST_LINES = 10


@pytest.mark.slow
def test_the_quickstart_answers_what_a_buyer_asks(tmp_path: Path) -> None:
    printed = run(commands(PAGE), tmp_path, port=free_port())
    assert '"verdict":"genuine"' in printed
    assert "\ngenuine " in printed
    assert "MG-88 44" in printed
    assert (tmp_path / "build" / "magnet.oreprint").read_bytes().startswith(b'{"t":')
    assert '"verdict":"genuine"' in (tmp_path / "build" / "report.json").read_text("utf-8")


def test_each_quickstart_has_ten_lines_at_most() -> None:
    curl, _, python = (DOCS / PAGE).read_text("utf-8").partition("## All routes")[0].partition("in Python")
    assert [part.count("\n    ") <= MOST_LINES for part in (curl, python)] == [True, True]
    assert len(commands(PAGE)) > MOST_LINES
