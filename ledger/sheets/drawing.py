"""Drawings of a figure: a stacked bar, and a flow from its sources to its stages.  SVG 1.1, text beside each part.

Rules: lengths are parts of the whole, in hundredths of a pixel.  Place, words and figure identify a part; colours only
repeat that.  Negative parts appear in the text only.  Nothing refers outside, and there is no script.

This module does not compute figures (`ledger.sheets.numbers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Final, Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from ledger.chemistry.exact import divide
from ledger.sheets.numbers import FigurePart

PIXEL: Final = 100
"""Hundredths of a pixel, the unit of all lengths."""
WIDTH: Final = 720 * PIXEL
BAR: Final = 36 * PIXEL
LINE: Final = 20 * PIXEL
GAP: Final = 6 * PIXEL
MARGIN: Final = 18 * PIXEL
FLOW: Final = 320 * PIXEL
"""The height of all parts of a flow together."""
LEAST: Final = PIXEL
"""The least thickness of a drawn part."""
_SIGNIFICANT: Final = 4

COLOURS: Final = ("#1b4f72", "#b9770e", "#117864", "#943126", "#5b2c6f", "#566573", "#7d6608", "#1a5276")
"""Colours that differ in print and for most kinds of colour blindness; no text lies on them."""


class BarPart(NamedTuple):
    """A part of a drawing: its name, its figure as text, its amount, and the whole."""

    name: str
    figure: str
    amount: int
    whole: int

    def of(self, length: int) -> int:
        """Return this part of a length."""
        return max(LEAST, divide(self.amount * length, self.whole))

    @property
    def percent(self) -> str:
        """Return the percentage of the whole, to a tenth."""
        return f"{Decimal(divide(self.amount * 1000, self.whole)) / 10} %"


def drawable_parts(parts: Sequence[FigurePart], unit: str) -> list[BarPart]:
    """Return the parts that can be drawn, with the unit after each amount."""
    drawn = [part for part in parts if part.amount > 0]
    whole = sum(part.amount for part in drawn)
    return [BarPart(part.name, f"{rounded(part.amount)} {unit}", part.amount, whole) for part in drawn]


def rounded(amount: int) -> str:
    """Return a scaled amount with four significant digits, or as a whole number if it is larger, for display."""
    value = Decimal(amount).scaleb(-12)
    return f"{value:.{_SIGNIFICANT}g}" if abs(value) < 10**_SIGNIFICANT else f"{value:.0f}"


def stacked_bar(title: str, parts: Sequence[BarPart]) -> str:
    """Return a bar of all parts, with a line of text for each under it."""
    starts = accumulate((part.of(WIDTH) for part in parts), initial=0)
    blocks = (
        f'<rect x="{_px(start)}" y="0" width="{_px(part.of(WIDTH))}" height="{_px(BAR)}" fill="{_colour(at)}"/>'
        for at, (part, start) in enumerate(zip(parts, starts, strict=False))
    )
    lines = (
        f'<rect x="0" y="{_px(BAR + GAP + LINE * at)}" width="12" height="12" fill="{_colour(at)}"/>'
        f'<text x="20" y="{_px(BAR + GAP + LINE * at + 11 * PIXEL)}">{escape(part.name)}: {escape(part.figure)}, '
        f"{part.percent}</text>"
        for at, part in enumerate(parts)
    )
    return "".join((_opening(title, BAR + GAP + LINE * len(parts)), *blocks, *lines, "</svg>"))


def sankey(title: str, left: Sequence[BarPart], right: Sequence[BarPart]) -> str:
    """Return a Sankey diagram from the parts on the left to the parts on the right."""
    height = FLOW + (max(len(left), len(right), 1) - 1) * LINE + 2 * MARGIN
    top, middle = (height - FLOW) // 2, WIDTH // 2
    return "".join(
        (
            _opening(title, height),
            *_side(left, height, "start"),
            f'<rect x="{_px(middle - 3 * PIXEL)}" y="{_px(top)}" width="6" height="{_px(FLOW)}" fill="#333"/>',
            *_side(right, height, "end"),
            "</svg>",
        )
    )


def _side(parts: Sequence[BarPart], height: int, anchor: Literal["start", "end"]) -> Iterator[str]:
    """Yield the bands of one side, with their labels at the outer edge."""
    spread = (height - FLOW - 2 * MARGIN) // max(len(parts) - 1, 1)
    edge, word = (0, 4 * PIXEL) if anchor == "start" else (WIDTH, WIDTH - 4 * PIXEL)
    outside, inside = MARGIN, (height - FLOW) // 2
    for at, part in enumerate(parts):
        thick = part.of(FLOW)
        yield _band(edge, outside, inside, thick, _colour(at))
        # beside a thin band, not across it
        line = outside + thick // 2 + 5 * PIXEL if thick > LINE else outside - 3 * PIXEL
        words = f"{escape(part.name)}: {escape(part.figure)}"
        yield f'<text x="{_px(word)}" y="{_px(line)}" text-anchor="{anchor}">{words}</text>'
        outside, inside = outside + thick + spread, inside + thick


def _band(edge: int, outside: int, inside: int, thick: int, colour: str) -> str:
    """Return a band from the edge to the middle."""
    middle = WIDTH // 2
    half = (edge + middle) // 2
    x, h, m = _px(edge), _px(half), _px(middle)
    upper, within = _px(outside), _px(inside)
    lower, below = _px(outside + thick), _px(inside + thick)
    path = f"M{x} {upper}C{h} {upper} {h} {within} {m} {within}V{below}C{h} {below} {h} {lower} {x} {lower}Z"
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.55"/>'


def _opening(title: str, height: int) -> str:
    wide, high = _px(WIDTH), _px(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img" '
        f'aria-label={quoteattr(title)} font-family="Source Sans 3, Helvetica, Arial, sans-serif" font-size="14" '
        f'fill="currentColor"><title>{escape(title)}</title>'
    )


def _px(hundredths: int) -> str:
    """Return hundredths of a pixel as pixels."""
    whole, part = divmod(hundredths, PIXEL)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]
