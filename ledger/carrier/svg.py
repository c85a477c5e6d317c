"""A label as SVG 1.1, in its true size.

Rules: no script, no style, no outside reference, so the strictest content policy allows it.  The symbol is one path of
whole squares, drawn without smoothing.  Texts are text, fitted to their width in the layout whatever typeface the
reader has.  Title and description serve readers who cannot see.

This module decides nothing about the label.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from ledger.carrier.label import Label, LabelLine
from ledger.carrier.qr import QUIET_SQUARES, Symbol

_FAMILY: Final = "Source Sans Pro, Helvetica, Arial, sans-serif"


def label_svg(label: Label) -> bytes:
    """Return the label as an SVG document in UTF-8."""
    return "\n".join((*_parts(label), "</svg>", "")).encode()


def symbol_svg(symbol: Symbol, *, title: str) -> bytes:
    """Return a symbol alone as an SVG document in UTF-8, in squares; `title` says what it opens."""
    squares = symbol.squares
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {squares} {squares}" role="img" '
        f'aria-label={quoteattr(title)} shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{squares}" height="{squares}" fill="#fff"/><path d="{symbol_path(symbol)}"/></svg>\n'
    ).encode()


def symbol_path(symbol: Symbol) -> str:
    """Return the dark squares as path data in squares, quiet zone included: one rectangle for each run in a row."""
    return "".join(
        f"M{start} {y}h{length}v1h-{length}z"
        for y, row in enumerate(symbol.rows, QUIET_SQUARES)
        for start, length in _runs(row)
    )


def _parts(label: Label) -> Iterator[str]:
    width, height, squares = _mm(label.width), _mm(label.height), label.symbol.squares
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label={quoteattr(label.title)}>'
    )
    yield f"<title>{escape(label.title)}</title>"
    yield f"<desc>{escape(label.description)}</desc>"
    yield f'<rect width="{width}" height="{height}" fill="#fff"/>'
    yield from (
        f'<rect x="{_mm(bar.x)}" y="{_mm(bar.y)}" width="{_mm(bar.width)}" height="{_mm(bar.height)}"/>'
        for bar in label.bars
    )
    yield (
        f'<svg y="{_mm(label.symbol_y)}" width="{width}" height="{width}" viewBox="0 0 {squares} {squares}" '
        f'shape-rendering="crispEdges"><path d="{symbol_path(label.symbol)}"/></svg>'
    )
    yield from map(_text, label.lines)


def _text(line: LabelLine) -> str:
    weight, fill = ' font-weight="bold"' if line.bold else "", ' fill="#fff"' if line.light else ""
    return (
        f'<text x="{_mm(line.x)}" y="{_mm(line.y)}" font-family="{_FAMILY}" font-size="{_mm(line.size)}"{weight}{fill} '
        f'textLength="{_mm(line.width)}" lengthAdjust="spacingAndGlyphs">{escape(line.text)}</text>'
    )


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each run of dark squares."""
    start = QUIET_SQUARES
    for dark, run in groupby(row):
        length = len(tuple(run))
        if dark:
            yield start, length
        start += length


def _mm(um: int) -> str:
    whole, part = divmod(um, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)
