"""What a page says in a language, as data for the browser, which holds every sentence of a page to words that no page brought.

Rules: the words are files beside the scripts, under an address with the digest of all of them. `HOLE` stands for a fact
of a message. A message with word forms is listed once for each. Answers and advice stand apart: each has one place.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from itertools import chain, product
from typing import TYPE_CHECKING, Any, Final, get_args

from babel.messages.mofile import read_mo
from jinja2 import Environment, PackageLoader

from api.web.words import LANGUAGES, Language, locale_of, words
from ledger.tables import shipped_tables
from schemas.report import ReportState, Result
from schemas.sentences import ACTIONS, MARK_WORDS, QUESTIONS, REPLIES, WORTH
from schemas.vocabulary import AssuranceLevel, Kind, Opinion, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOLE: Final = "\0"
_HOLE: Final = re.compile(r"%\(\w+\)s|\{\w+\}")
_FORMS: Final = re.compile(r"\{\w+:([^{}|]*)\|([^{}|]*)\}")
_SAID: Final = re.compile(r'data-key="([\w-]+)">\{\{ _\("(.*)"\) \}\}</span>')


def spoken() -> dict[str, bytes]:
    """Return the files of all languages by name: the words of the first screen, and every other message of a page."""
    english = tuple(_messages())
    apart = {*chain.from_iterable(REPLIES.values()), *ACTIONS.values(), *MARK_WORDS.values()}
    found: dict[str, bytes] = {}
    for tag in LANGUAGES:
        said = words(tag)
        found[f"words-{tag}.json"] = _json(_first(said))
        told = (said(message) for message in english if message not in apart)
        found[f"phrases-{tag}.json"] = _json(
            sorted({phrase for each in told for phrase in _phrases(each)} | _names(said))
        )
    return found


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _messages() -> Iterator[str]:
    """Yield every English message of the page's catalogue, beside those that English alone has."""
    compiled = files("api.web") / "locale" / "de" / "LC_MESSAGES" / "oreprint.mo"
    with compiled.open("rb") as file:
        yield from (str(message.id) for message in read_mo(file) if message.id)


def _phrases(message: str) -> Iterator[str]:
    """Yield a message with holes, once for each of its word forms."""
    forms = [found.groups() for found in _FORMS.finditer(message)]
    for chosen in product(*forms):
        left = iter(chosen)
        filled = _FORMS.sub(lambda _, left=left: next(left), message)  # type: ignore[misc]
        yield _HOLE.sub(HOLE, filled).replace("%%", "%")


def _names(said: Language) -> set[str]:
    """Return names that are in no catalogue: countries, and what method profiles ask for."""
    profiles = shipped_tables().profiles.values()
    asked = chain.from_iterable(each.disclosures + each.gwp + each.allocation + each.mandatory for each in profiles)
    bounds = chain.from_iterable(
        (each.boundary, each.declared_unit, each.recycling, each.standard, said.profile(each)) for each in profiles
    )
    return {*said.locale.territories.values(), *filter(None, asked), *filter(None, bounds)}


def _first(said: Language) -> dict[str, Any]:
    """Return what the first screen and the check of a browser say."""
    html = (files("api.web") / "templates" / "said_words.html").read_text("utf-8")
    icons: Any = (
        Environment(loader=PackageLoader("api.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .get_template("icons.html")
        .module
    )
    return {
        "said": {key: said(text) for key, text in _SAID.findall(html)},
        "replies": {code: [said(each.answer), said(each.sentence)] for code, each in REPLIES.items()},
        "actions": _said(said, ACTIONS),
        "questions": _said(said, QUESTIONS),
        "worth": _said(said, WORTH),
        "marks": _said(said, MARK_WORDS),
        "terms": {word: said.term(word) for word in _listed(*map(get_args, (Kind, Step, AssuranceLevel, Opinion)))},
        "ticks": {result: str(icons.result(result)).strip() for result in get_args(Result)},
        "shapes": {
            f"{state} {qualified}": str(icons.verdict(state, qualified)).strip()
            for state in get_args(ReportState)
            for qualified in (False, True)
        },
    }


def _listed(*lists: Iterable[str]) -> list[str]:
    return [str(each) for each in chain.from_iterable(lists)]


def _said(said: Language, messages: Any) -> dict[str, str]:  # noqa: ANN401 - keys are words of several closed lists
    return {key: said(text) for key, text in messages.items()}
