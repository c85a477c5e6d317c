"""A paper as PDF/A-3a with its record attached, set by Typst.

Rules: the file conforms to PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1); Typst refuses what does not.  All type
is embedded, and nothing of the machine's own fonts is used: Source Sans Pro, and Noto Sans CJK with the forms of the
paper's language.  A character that neither has is shown by its code point.  The same paper, record and day give the
same bytes; nothing is read from a clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from ledger.carrier.qr import MOST_SHORT_VERSION, draw_symbol
from ledger.carrier.svg import symbol_path
from ledger.carrier.typeface import CJK_FOLDER, FOLDER, can_draw, has_cjk
from ledger.papers.paper import Paper, Section, Table
from schemas.problem import RefusedError

MOST_RECORD_BYTES: Final = 12 * 1024 * 1024
"""Bytes of a record in a paper, so that the PDF stays below what a page or a server takes in."""
STANDARDS: Final = ("a-3a", "ua-1")
_REGIONS: Final = {"zh-Hans": ("zh", "CN"), "ja": ("ja", "JP")}
_NARROW: Final = 18
_WIDEST: Final = 48
"""Texts of a column in characters: a narrow column is as wide as its text, and a wide one breaks its lines."""


class AttachedRecord(NamedTuple):
    """The record that a paper carries: a certificate or a bundle, as it came."""

    name: str
    media: str
    text: str


class Setting(NamedTuple):
    """The settings of a paper: its language, its day, who made it, its link, and the line at its foot."""

    tag: str
    day: date
    author: str
    link: str
    foot: str


def typeset(paper: Paper, record: AttachedRecord, setting: Setting) -> bytes:
    """Return a paper as a PDF file; raise RefusedError `paper.record-size`."""
    import typst  # noqa: PLC0415 - its 32 MB slow a start that prints no PDF

    if len(record.text.encode()) > MOST_RECORD_BYTES:
        raise RefusedError.at("paper.record-size", limit=MOST_RECORD_BYTES)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER, CJK_FOLDER])
    pdf = typst.compile(
        _template(),
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(_values(paper, record, setting)), "record": record.text},
        pdf_standards=list(STANDARDS),
    )
    if not isinstance(pdf, bytes):
        raise TypeError(type(pdf).__name__)
    return pdf


def drawable(text: str) -> str:
    """Return a text in which each character that the typefaces lack is shown by its code point."""
    if can_draw(text):
        return text
    return "".join(each if can_draw(each) else f"[U+{ord(each):04X}]" for each in text)


@lru_cache(1)
def _template() -> bytes:
    return (files("ledger.papers") / "paper.typ").read_bytes()


def _values(paper: Paper, record: AttachedRecord, setting: Setting) -> dict[str, Any]:
    lang, region = _REGIONS.get(setting.tag, (setting.tag, None))
    symbol = draw_symbol(setting.link, level="M", most_version=MOST_SHORT_VERSION)
    squares = symbol.squares
    return {
        "title": drawable(paper.title),
        "subtitle": drawable(paper.subtitle),
        "author": drawable(setting.author),
        "notice": [*map(drawable, paper.notice)],
        "foot": drawable(setting.foot),
        "link": setting.link,
        "lang": lang,
        "region": region,
        "day": [setting.day.year, setting.day.month, setting.day.day],
        "symbol": f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {squares} {squares}"><path d="{symbol_path(symbol)}"/></svg>',
        "record": {"name": record.name, "media": record.media, "about": drawable(paper.title)},
        "sections": [_section(each) for each in paper.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    table = section.table or Table((), ())
    return {
        "heading": drawable(section.heading),
        "lines": [*map(drawable, section.lines)],
        "head": [*map(drawable, table.head)],
        "rows": [[*map(drawable, row)] for row in table.rows],
        "right": table.right,
        "form": table.form,
        "columns": _widths(table),
    }


def _widths(table: Table) -> Sequence[int]:
    """Return the share of each column: 0 for one as wide as its text, else its longest text in characters."""
    widest = [max(map(_width, column)) for column in zip(table.head, *table.rows, strict=True)]
    shares = [0 if each <= _NARROW else min(_WIDEST, each) for each in widest]
    return shares if any(shares) else [1] * len(shares)


def _width(text: str) -> int:
    return sum(2 if has_cjk(each) else 1 for each in text)
