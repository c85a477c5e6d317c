"""What the first screen of a page says in a language, as data for the browser: words that no page brought.

Rules: the words are files beside the scripts, under an address with the digest of all of them. `HOLE` stands for a fact
of a message. A message with word forms is listed once for each. Replies and advice stand apart: each has one place.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from itertools import chain, product
from typing import TYPE_CHECKING, Any, Final, get_args

from jinja2 import Environment, PackageLoader

from api.web.words import LANGUAGES, Language, words
from ledger.plausibility.told import counted_names
from ledger.tables import shipped_tables
from schemas.report import RangeWord, ReportState, Result
from schemas.sentences import ACTIONS, MARK_WORDS, QUESTIONS, REPLIES, WORTH
from schemas.vocabulary import AssuranceLevel, Kind, Opinion, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RANGE_WORDS: Final[dict[RangeWord, str]] = {
    "far-below": "Far below the published range",
    "below": "Below the published range",
    "within": "Within the published range",
    "above": "Above the published range",
    "none": "No published range",
}
HOLE: Final = "\0"
_HOLE: Final = re.compile(r"%\(\w+\)s|\{\w+\}")
_FORMS: Final = re.compile(r"\{\w+:([^{}|]*)\|([^{}|]*)\}")
_MESSAGE: Final = re.compile(r'_\("([^"]+)"')
_ALONE: Final = (
    "no log seen", "log of {size} entries", "status unknown", "status {age} old", "Checked {time}", "DEMO", "TRIAL",
    "withdrawn", "suspended", "{n} h", "{n} min", "{n} s",
)  # fmt: skip
"""Messages of the first screen that stand in no template."""
_SAID: Final = re.compile(r'data-key="([\w-]+)">\{\{ _\("(.*)"\) \}\}</span>')


def spoken() -> dict[str, bytes]:
    """Return the files of all languages by name."""
    return {
        f"words-{tag}.json": json.dumps(_first(words(tag)), ensure_ascii=False, separators=(",", ":")).encode()
        for tag in LANGUAGES
    }


def _messages() -> Iterator[str]:
    """Yield the English messages of the first screen and of what stands around it, without replies and advice."""
    for name in ("first.html", "base.html"):
        yield from _MESSAGE.findall((files("api.web") / "templates" / name).read_text("utf-8"))
    yield from (*RANGE_WORDS.values(), *MARK_WORDS.values(), *QUESTIONS.values(), *WORTH.values(), *_ALONE)


def _phrases(message: str) -> Iterator[str]:
    """Yield a message with holes, once for each of its word forms."""
    forms = [found.groups() for found in _FORMS.finditer(message)]
    for chosen in product(*forms):
        left = iter(chosen)
        filled = _FORMS.sub(lambda _, left=left: next(left), message)  # type: ignore[misc]
        yield _HOLE.sub(HOLE, filled).replace("%%", "%")


def _first(said: Language) -> dict[str, Any]:
    """Return what the first screen and the check of a browser say."""
    html = (files("api.web") / "templates" / "said_words.html").read_text("utf-8")
    icons: Any = (
        Environment(loader=PackageLoader("api.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .get_template("icons.html")
        .module
    )
    return {
        "phrases": sorted(
            {phrase for each in _messages() for phrase in _phrases(said(each))} | {"Oreprint", *LANGUAGES.values()}
        ),
        "said": {key: said(text) for key, text in _SAID.findall(html)},
        "replies": {code: [said(each.answer), said(each.sentence)] for code, each in REPLIES.items()},
        "actions": _said(said, ACTIONS),
        "questions": _said(said, QUESTIONS),
        "worth": _said(said, WORTH),
        "marks": _said(said, MARK_WORDS),
        "terms": {word: said.term(word) for word in _listed(*map(get_args, (Kind, Step, AssuranceLevel, Opinion)))},
        "counted": {name: said(name) for name in counted_names(shipped_tables()) if said(name) != name},
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
