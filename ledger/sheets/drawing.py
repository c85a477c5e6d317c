"""Drawings of a number: a stacked bar, and a flow from what brought it to what it is by stage.  SVG 1.1, text beside each part.

Rules: lengths are parts of the whole and nothing else; a part is told by its place, its words and its figure, and the colours only
repeat that; negative parts stand in the text alone.  Nothing refers outside, and there is no script.

What this module does not do: numbers (`ledger.sheets.numbers`).
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.sheets.numbers import Part

WIDTH: Final = 720
BAR: Final = 36
LINE: Final = 20
GAP: Final = 6
MARGIN: Final = 18
FLOW: Final = 320
"""Height of all parts of a flow together."""
LEAST: Final = 1
"""No part is drawn thinner than this."""

COLOURS: Final = ("#1b4f72", "#b9770e", "#117864", "#943126", "#5b2c6f", "#566573", "#7d6608", "#1a5276")
"""Told apart in print and by most who see colours otherwise; text never stands on them."""


class Shown(NamedTuple):
    """A part with its figure as text and its share of what is drawn."""

    name: str
    figure: str
    share: float


def shown(parts: Sequence[Part], figure: str) -> list[Shown]:
    """Return the parts that can be drawn, with the unit `figure` after each amount."""
    whole = sum(part.amount for part in parts if part.amount > 0) or 1
    return [
        Shown(part.name, f"{rounded(part.amount)} {figure}", part.amount / whole) for part in parts if part.amount > 0
    ]


def rounded(amount: int) -> str:
    """Return a scaled amount to four significant digits, for display."""
    value = Decimal(amount).scaleb(-12)
    return f"{value:.4g}" if abs(value) < 10**4 else f"{value:.0f}"


def stacked_bar(title: str, parts: Sequence[Shown]) -> str:
    """Return a bar of all parts, with a line of text for each under it."""
    height = BAR + GAP + LINE * len(parts)
    return "".join(
        (
            _opening(title, WIDTH, height),
            *_blocks(parts),
            *(
                f'<rect x="0" y="{BAR + GAP + LINE * at}" width="12" height="12" fill="{_colour(at)}"/>'
                f'<text x="20" y="{BAR + GAP + LINE * at + 11}">{escape(part.name)}: {escape(part.figure)}, '
                f"{part.share:.1%}</text>"
                for at, part in enumerate(parts)
            ),
            "</svg>",
        )
    )


def _blocks(parts: Sequence[Shown]) -> Iterator[str]:
    ends = [0.0]
    for part in parts:
        ends.append(ends[-1] + part.share * WIDTH)
    for at, (start, end) in enumerate(pairwise(ends)):
        width = max(LEAST, end - start)
        yield f'<rect x="{start:.2f}" y="0" width="{width:.2f}" height="{BAR}" fill="{_colour(at)}"/>'


def flow(title: str, left: Sequence[Shown], right: Sequence[Shown]) -> str:
    """Return a Sankey drawing: the parts on the left flow together, and part again on the right."""
    rows = max(len(left), len(right), 1)
    height = FLOW + (rows - 1) * LINE + 2 * MARGIN
    middle = WIDTH / 2
    top = (height - FLOW) / 2
    return "".join(
        (
            _opening(title, WIDTH, height),
            *_side(left, height, x=0.0, inner=middle, top=top, anchor="start"),
            f'<rect x="{middle - 3:.2f}" y="{top:.2f}" width="6" height="{FLOW}" fill="#333"/>',
            *_side(right, height, x=float(WIDTH), inner=middle, top=top, anchor="end"),
            "</svg>",
        )
    )


def _side(parts: Sequence[Shown], height: float, *, x: float, inner: float, top: float, anchor: str) -> Iterator[str]:
    """Yield the bands of one side, with their words at the outer edge."""
    spread = (height - FLOW - 2 * MARGIN) / max(len(parts) - 1, 1)
    outside, within = float(MARGIN), top
    half = (x + inner) / 2
    for at, part in enumerate(parts):
        thick = max(LEAST, part.share * FLOW)
        yield (
            f'<path d="M{x:.1f} {outside:.1f}C{half:.1f} {outside:.1f} {half:.1f} {within:.1f} {inner:.1f} {within:.1f}'
            f"V{within + thick:.1f}C{half:.1f} {within + thick:.1f} {half:.1f} {outside + thick:.1f} "
            f'{x:.1f} {outside + thick:.1f}Z" fill="{_colour(at)}" fill-opacity="0.55"/>'
        )
        words = f"{escape(part.name)}: {escape(part.figure)}"
        place = x + (4 if anchor == "start" else -4)
        # beside a thin band, not across it
        line = outside + thick / 2 + 5 if thick > LINE else outside - 3
        yield f'<text x="{place:.1f}" y="{line:.1f}" text-anchor="{anchor}">{words}</text>'
        outside += thick + spread
        within += thick


def _opening(title: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" '
        f'role="img" aria-label={quoteattr(title)} font-family="Source Sans 3, Helvetica, Arial, sans-serif" '
        f'font-size="14" fill="currentColor"><title>{escape(title)}</title>'
    )


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]
