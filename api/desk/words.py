"""The desk's languages: its own words by gettext, and those of the page where the desk has none."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Final

from fastapi import Request

from api.web.negotiation import chosen_language
from api.web.words import LANGUAGES, Language, locale_of, words
from schemas.problem import Problem

DESK_LANGUAGES: Final = {tag: LANGUAGES[tag] for tag in ("en", "zh-Hans")}
LANGUAGE_COOKIE: Final = "oreprint-desk-language"


def desk_language(request: Request) -> str:
    """Return the tag to answer in: what the address asks for, else what it last asked for, else what browsers say."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    tag = chosen_language(asked, request.headers.get("accept-language"))
    return tag if tag in DESK_LANGUAGES else "en"


@lru_cache(maxsize=len(DESK_LANGUAGES))
def desk_words(tag: str) -> Language:
    """Return the words of a language of `DESK_LANGUAGES`."""
    page = words(tag)
    if tag == "en":
        return page
    compiled = files("api.desk") / "locale" / locale_of(tag) / "LC_MESSAGES" / "desk.mo"
    with compiled.open("rb") as file:
        own = gettext.GNUTranslations(file)
    own.add_fallback(page.translations)
    return Language(tag, page.locale, own)


def told_in(tag: str) -> Callable[[Problem], str]:
    """Return a function that words a problem, without its place, in a language of `DESK_LANGUAGES` as plain text."""
    return lambda problem: desk_words(tag).problem(problem).striptags()
