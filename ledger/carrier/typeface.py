"""The typefaces of labels: their places, their characters, and text widths.

Source Sans Pro, and Noto Sans CJK for Chinese, Japanese and Korean; both have the SIL Open Font Licence 1.1.

Rules: a width is in thousandths of the type size, for layouts in whole micrometres.  A missing character counts as a
full square.  This module does not shape text: names are set letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import font_source_sans_pro as source_sans  # type: ignore[import-untyped]
import noto_cjk_sans_jp_regular as noto  # type: ignore[import-untyped]
from PIL import ImageFont

REGULAR: Final[str] = source_sans.SourceSansPro
BOLD: Final[str] = source_sans.SourceSansProBold
CJK: Final = str(noto.FONT_PATH)
"""Noto Sans CJK has one weight here, and stands for the bold one too."""
FOLDER: Final[str] = source_sans.font_directory
CJK_FOLDER: Final = str(noto.FONT_PATH.parent)

_EM: Final = 1000
_LATIN: Final = (
    " -~\u00a0-\u017e\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0401-\u045f\u2013\u2014\u2018-\u201a\u201c-\u201e\u2026"
)
"""Latin with its accents, Greek, Cyrillic, dashes and quotation marks."""
_CJK: Final = (
    "\u2190-\u2193\u2264\u2265\u2460-\u25ab\u3000-\u303f\u3041-\u3096\u3099-\u30ff\u3131-\u318e\u3220-\u332b"
    "\u332d-\u4db5\u4e00-\u9fef\uac00-\ud7a3\uf900-\ufa6d\uff01-\uffbe"
)
"""Characters of Noto Sans CJK: ideographs, kana, hangul, their punctuation, and a few signs."""
_DRAWN: Final = re.compile(f"[{_LATIN}{_CJK}]*")
_SQUARES: Final = re.compile(f"[{_CJK}]")
_PARTS: Final = re.compile(f"([{_LATIN}]+)|([{_CJK}]+)|(.)", re.DOTALL)


def can_draw(text: str) -> bool:
    """Return whether the typefaces have every character of a text."""
    return _DRAWN.fullmatch(text) is not None


def has_cjk(text: str) -> bool:
    """Return whether a text has characters that Noto Sans CJK draws."""
    return _SQUARES.search(text) is not None


def parts(text: str, *, bold: bool) -> Iterator[tuple[str | None, str]]:
    """Yield the parts of a text with the file of the typeface that draws them; None where none does."""
    for latin, cjk, missing in _PARTS.findall(text):
        if missing:
            yield None, missing
        else:
            yield (BOLD if bold else REGULAR) if latin else CJK, latin or cjk


@lru_cache(4096)
def text_width(text: str, *, bold: bool) -> int:
    """Return the width of a text in thousandths of its size."""
    return sum(_EM if file is None else int(font(file, _EM).getlength(part)) for file, part in parts(text, bold=bold))


@lru_cache(32)
def font(file: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a typeface at a size in dots."""
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
