"""The styles of the pages: what tests in a browser rely on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
STYLES = [*(ROOT / "api/web/static").glob("*.css"), *(ROOT / "api/desk/static").glob("*.css")]
HIDING = re.compile(r"display: (?:none|contents)|(?:content-)?visibility: [a-z]+")
COLOURED = re.compile(r"colou?r|background|opacity|filter|mix-blend|shadow|--")


def for_some_sizes(style: str) -> Iterator[str]:
    """Yield the blocks that hold for some sizes of a screen alone."""
    for found in re.finditer(r"@(?:media|container)[^{]*(?:width|height|orientation|aspect)[^{]*{", style):
        depth, at = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(style[at], 0)
            at += 1
        yield style[found.end() : at]


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.name)
def test_no_colour_depends_on_the_size_of_a_screen(file: Path) -> None:
    """So contrast is measured in one size (`tests/support/browser/chromium.py`)."""
    coloured = [block for block in for_some_sizes(file.read_text("utf-8")) if COLOURED.search(block)]
    assert coloured == []


def test_no_size_and_no_paper_shows_what_a_phone_hides() -> None:
    """So the buyer's page is judged on a phone alone in most languages (`tests/e2e/test_page_states.py`)."""
    style = (ROOT / "api/web/static/page.css").read_text("utf-8")
    sized = [block for block in for_some_sizes(style) if HIDING.search(block)]
    assert sized == []
    paper = style[style.index("@media print") :]
    assert set(HIDING.findall(paper)) == {"display: none", "content-visibility: visible"}


def test_a_colour_of_a_size_is_found() -> None:
    style = "a { color: red; } @media (min-width: 46em) { a { b { x: y } } c { color: blue; } } d { color: red }"
    (block,) = for_some_sizes(style)
    assert COLOURED.search(block)
    assert "red" not in block
