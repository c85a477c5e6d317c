"""The language and the media type to answer in (RFC 9110, 12.5): what an address asks for, else what is preferred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
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
    return [wish for quality, wish in sorted(_weighted(header), key=lambda each: -each[0]) if quality > 0]


def chosen_type(offered: Sequence[str], accepted: str | None) -> str | None:
    """Return the best of the media types that are offered, or None if no one is acceptable (RFC 9110, 12.5.1).

    Of types that a client likes equally, the first one offered. Without an Accept header, the first one. A type has the
    quality of the range that names it most exactly; parameters of a range other than `q` are passed over.
    """
    ranges = _weighted(accepted) if accepted is not None and accepted.strip() else [(1.0, "*/*")]

    def quality(offer: str) -> float:
        fitting = [(wish.count("*"), -weight) for weight, wish in ranges if fnmatchcase(offer, wish)]
        return -min(fitting)[1] if fitting else 0

    best = max(offered, key=quality)
    return best if quality(best) > 0 else None


def _weighted(header: str) -> list[tuple[float, str]]:
    """Return the values of a header in small letters, each with its quality; a malformed quality drops its value."""
    weighted: list[tuple[float, str]] = []
    for part in header.lower().split(",")[:MOST_WISHES]:
        wish, *parameters = (each.strip() for each in part.split(";"))
        given = next((each for each in parameters if each.startswith("q=")), "q=1")
        quality = _QUALITY.fullmatch(given)
        if quality:
            weighted.append((float(quality[1]), wish))
    return weighted
