"""The language to answer in: what an address asks for, else what the browser prefers (RFC 9110, 12.5.4)."""

from __future__ import annotations

import re
from typing import Final

from api.web.words import LANGUAGES

_TRADITIONAL: Final = re.compile(r"zh-(?:hant|hk|mo|tw)\b")
MOST_WISHES: Final = 20
"""Values of an Accept or Accept-Language header that are looked at; browsers send fewer."""
_QUALITY: Final = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def chosen_language(asked: str | None, accepted: str | None) -> str:
    """Return the tag to answer in: what was asked for, else the best of an Accept-Language header, else English.

    A reader who prefers traditional Chinese gets simplified Chinese only if nothing else that they accept is here.
    """
    named = _nearest(asked or "")
    if named is not None:
        return named
    wished = wishes(accepted or "")
    first = (tag for tag in map(_nearest, [wish for wish in wished if not _TRADITIONAL.match(wish)]) if tag)
    return next(first, "zh-Hans" if any(map(_TRADITIONAL.match, wished)) else "en")


def _nearest(wish: str) -> str | None:
    """Return the tag of a page for a language range, such as de for de-AT (RFC 4647, 3.4); None if there is none."""
    language = wish.lower().partition("-")[0]
    return next((tag for tag in LANGUAGES if tag.lower().partition("-")[0] == language), None)


def wishes(header: str) -> list[str]:
    """Return the values of an Accept or Accept-Language header in small letters, best first (RFC 9110, 12.4.2)."""
    weighted: list[tuple[float, str]] = []
    for part in header.lower().split(",")[:MOST_WISHES]:
        wish, *parameters = (each.strip() for each in part.split(";"))
        given = next((each for each in parameters if each.startswith("q=")), "q=1")
        quality = _QUALITY.fullmatch(given)
        if quality:
            weighted.append((float(quality[1]), wish))
    return [wish for quality, wish in sorted(weighted, key=lambda each: -each[0]) if quality > 0]
