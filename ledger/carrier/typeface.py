"""The typeface of labels, Source Sans Pro (SIL Open Font Licence 1.1): its place, its characters, and text widths.

Rules: a width is in thousandths of the type size, for layouts in whole micrometres.  A missing character counts as a
full square, as CJK characters are.  This module does not shape text: names are set letter by letter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import font_source_sans_pro as source_sans  # type: ignore[import-untyped]
from PIL import ImageFont

REGULAR: Final[str] = source_sans.SourceSansPro
BOLD: Final[str] = source_sans.SourceSansProBold
FOLDER: Final[str] = source_sans.font_directory

_EM: Final = 1000
_DRAWN: Final = re.compile(
    "[ -~\u00a0-\u017e\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0401-\u045f\u2013\u2014\u2018-\u201a\u201c-\u201e\u2026]*"
)
"""Latin with its accents, Greek, Cyrillic, dashes and quotation marks."""


def can_draw(text: str) -> bool:
    """Return whether the typeface has every character of a text."""
    return _DRAWN.fullmatch(text) is not None


@lru_cache(4096)
def text_width(text: str, *, bold: bool) -> int:
    """Return the width of a text in thousandths of its size."""
    drawn = "".join(character for character in text if can_draw(character))
    return int(_font(BOLD if bold else REGULAR).getlength(drawn)) + _EM * (len(text) - len(drawn))


@lru_cache(2)
def _font(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, _EM, layout_engine=ImageFont.Layout.BASIC)
