"""A label as PNG, at 300 dpi or slightly more.

Rules: every square of the symbol is the same whole number of dots.  The file states its resolution, so it prints in its
true size.  It has no time and no program name, so a label has one file.  This module decides nothing about the label.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from ledger.carrier.label import Label, LabelLine
from ledger.carrier.qr import QUIET_SQUARES
from ledger.carrier.typeface import CJK, font, parts

DOTS_AN_INCH: Final = 300

_INCH_UM: Final = 25_400
_BLACK: Final = 0
_WHITE: Final = 255


def label_png(label: Label) -> bytes:
    """Return the label as a PNG file in shades of grey."""
    square = -(-label.width * DOTS_AN_INCH // (_INCH_UM * label.symbol.squares))
    dots = square * label.symbol.squares
    image = Image.new("L", (dots, _dots(label, label.height, dots)), _WHITE)
    draw = ImageDraw.Draw(image)
    for bar in label.bars:
        left, top = _dots(label, bar.x, dots), _dots(label, bar.y, dots)
        right, bottom = _dots(label, bar.x + bar.width, dots), _dots(label, bar.y + bar.height, dots)
        draw.rectangle((left, top, right - 1, max(bottom - 1, top)), fill=_BLACK)
    _draw_symbol(draw, label, square=square, top=_dots(label, label.symbol_y, dots))
    for line in label.lines:
        _draw_text(draw, label, line, dots)
    file = BytesIO()
    resolution = round(dots * _INCH_UM / label.width)
    image.save(file, "PNG", optimize=True, dpi=(resolution, resolution))
    return file.getvalue()


def _draw_symbol(draw: ImageDraw.ImageDraw, label: Label, *, square: int, top: int) -> None:
    for y, row in enumerate(label.symbol.rows, QUIET_SQUARES):
        for x, dark in enumerate(row, QUIET_SQUARES):
            if dark:
                left, upper = x * square, top + y * square
                draw.rectangle((left, upper, left + square - 1, upper + square - 1), fill=_BLACK)


def _draw_text(draw: ImageDraw.ImageDraw, label: Label, line: LabelLine, dots: int) -> None:
    place = (_dots(label, line.x, dots), _dots(label, line.y, dots))
    draw_text(draw, place, line, size=_dots(label, line.size, dots), fill=_WHITE if line.light else _BLACK)


def draw_text(draw: ImageDraw.ImageDraw, place: tuple[int, int], line: LabelLine, *, size: int, fill: int) -> None:
    """Draw a line of a label from the left end of its baseline on, each part in the typeface that has it."""
    x = place[0]
    for file, part in parts(line.text, bold=line.bold):
        face = font(file or CJK, size)
        draw.text((x, place[1]), part, fill=fill, font=face, anchor="ls")
        x += round(face.getlength(part))


def _dots(label: Label, um: int, dots: int) -> int:
    """Return a length in dots; `dots` is the label's width."""
    return um * dots // label.width
