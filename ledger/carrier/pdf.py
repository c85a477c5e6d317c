"""A label as a one-page PDF in its true size, set by Typst.

Rules: texts are passed as values, never as markup.  The symbol consists of vectors, and texts can be selected.  Only
the label's typefaces are used, whatever the machine has.  No time is written, so a label has one file (docs/adr/0007).
This module decides nothing about the label.
"""

from __future__ import annotations

import json
from typing import Final

from ledger.carrier.label import Label
from ledger.carrier.svg import symbol_path
from ledger.carrier.typeface import CJK_FOLDER, FOLDER, has_cjk

_PAGE: Final = b"""
#let label = json(bytes(sys.inputs.label))
#let um(length) = length * 0.001mm
#set document(title: label.title, date: none)
#set page(width: um(label.width), height: um(label.height), margin: 0mm)
#set text(font: ("Source Sans Pro", "Noto Sans CJK JP"), fallback: false, cjk-latin-spacing: none, lang: "en", top-edge: "baseline", bottom-edge: "baseline")
#for (x, y, width, height) in label.bars {
  place(dx: um(x), dy: um(y), rect(width: um(width), height: um(height), fill: black))
}
#place(dy: um(label.symbol_y), image(bytes(label.symbol), format: "svg", width: um(label.width), alt: label.link))
#for (words, x, y, size, width, bold, light) in label.lines {
  place(dx: um(x), dy: um(y), text(size: um(size), weight: if bold { 700 } else { 400 }, fill: if light { white } else { black }, words))
}
"""


def label_pdf(label: Label) -> bytes:
    """Return the label as a PDF file."""
    import typst  # noqa: PLC0415 - its 32 MB slow a start that prints no PDF

    folders = [FOLDER, *([CJK_FOLDER] if any(has_cjk(line.text) for line in label.lines) else [])]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    pdf = typst.compile(
        _PAGE, format="pdf", font_paths=fonts, ignore_system_fonts=True, sys_inputs={"label": _values(label)}
    )
    if not isinstance(pdf, bytes):
        raise TypeError(type(pdf).__name__)
    return pdf


def _values(label: Label) -> str:
    squares = label.symbol.squares
    symbol = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {squares} {squares}" width="{squares}" height="{squares}">'
        f'<path d="{symbol_path(label.symbol)}"/></svg>'
    )
    return json.dumps(
        {
            "title": label.title,
            "width": label.width,
            "height": label.height,
            "symbol": symbol,
            "symbol_y": label.symbol_y,
            "link": label.symbol.text,
            "bars": label.bars,
            "lines": label.lines,
        }
    )
