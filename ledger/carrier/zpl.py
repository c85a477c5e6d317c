r"""A label as ZPL II, the language of Zebra's label printers.

Rules: plain ASCII.  All characters but letters, digits and harmless signs are written as UTF-8 bytes in hex, ``\xx``
under ``^FH\``, so no text from a record can give a command.  Chinese, Japanese and Korean are sent as graphics,
because few printers have a typeface for them.  The printer draws the symbol itself (``^BQ``) from the
same text at the same level, in whole dots.

This module knows no printer: 203 dpi is 8 dots a mm, 300 dpi is 12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageDraw

from ledger.carrier.label import Label, LabelLine
from ledger.carrier.png import draw_text
from ledger.carrier.qr import QUIET_SQUARES
from ledger.carrier.typeface import has_cjk, text_width

MOST_MAGNIFICATION: Final = 10
"""The most dots a square that ``^BQ`` accepts on every model."""

_UM: Final = 1000
_HARMLESS: Final = re.compile("[A-Za-z0-9 .,:;/#()+=_-]")


def label_zpl(label: Label, *, dots_a_mm: int = 8) -> bytes:
    """Return the label as one ZPL format, ending in a newline."""
    return "\n".join((*_commands(label, dots_a_mm), "")).encode("ascii")


def _commands(label: Label, dots_a_mm: int) -> Iterator[str]:
    def dots(um: int) -> int:
        return um * dots_a_mm // _UM

    yield f"^XA^CI28^LH0,0^PW{dots(label.width)}^LL{dots(label.height)}"
    yield from (
        f"^FO{dots(bar.x)},{dots(bar.y)}^GB{dots(bar.width)},{max(dots(bar.height), 1)},{max(dots(bar.height), 1)}^FS"
        for bar in label.bars
    )
    magnification = min(dots(label.width) // label.symbol.squares, MOST_MAGNIFICATION)
    edge = (dots(label.width) - magnification * len(label.symbol.rows)) // 2
    top = dots(label.symbol_y) + max(edge, magnification * QUIET_SQUARES)
    yield f"^FO{edge},{top}^BQN,2,{magnification}^FH\\^FD{label.symbol.level}A,{_field(label.symbol.text)}^FS"
    yield from (_text(line, dots(line.x), dots(line.y), dots(line.size)) for line in label.lines)
    yield "^XZ"


def _text(line: LabelLine, x: int, y: int, size: int) -> str:
    if has_cjk(line.text):
        return _drawn(line, x, y, size)
    reverse = "^FR" if line.light else ""
    return f"^FT{x},{y}^A0N,{size},{size}{reverse}^FH\\^FD{_field(line.text)}^FS"


def _drawn(line: LabelLine, x: int, y: int, size: int) -> str:
    """Return a line as a graphic: few printers have a typeface for its characters."""
    width, below = size * text_width(line.text, bold=line.bold) // _UM + 1, size // 3
    image = Image.new("1", (-(-width // 8) * 8, size + below), 0)
    draw_text(ImageDraw.Draw(image), (0, size), line, size=size, fill=1)
    row = image.width // 8
    return f"^FO{x},{max(y - size, 0)}^GFA,{row * image.height},{row * image.height},{row},{image.tobytes().hex().upper()}^FS"


def _field(text: str) -> str:
    """Return field data that cannot contain a command (``^FH``)."""
    return "".join(
        each if _HARMLESS.fullmatch(each) else "".join(f"\\{byte:02X}" for byte in each.encode()) for each in text
    )
