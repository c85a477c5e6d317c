"""The template and the facts of an English sentence, so that a reason can be told in another language.

A report gives the reason of a finding as the English sentence of another problem. This module finds the sentence of the
catalogue that it was made of. What it does not do: it translates nothing (`api.web.words`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from schemas.sentences import CAUSES, CHECKS, CODES, NOT_COUNTED, REASONS

TRANSLATED_AREAS: Final = ("bundle.", "seal.", "log.", "trust.", "registry.", "rule.", "batch.", "paper.", "pdf.")
"""Areas of codes that a page shows: unreadable input, doubts, a registry's findings, refused papers."""
_REASONS: Final = (*TRANSLATED_AREAS, "contact.", "holding.")
"""Areas of codes whose sentences may be the reason of another one."""
REASONS_KEPT: Final = 2048
_FACTS: Final = re.compile(r"\{(\w+)(?::([^{}|]*)\|([^{}|]*))?\}")


class Reread(NamedTuple):
    """A sentence read back: the place before it or nothing, its template, and its facts."""

    place: str
    template: str
    facts: dict[str, str]


@lru_cache(maxsize=REASONS_KEPT)
def reread(sentence: str) -> Reread | None:
    """Return the template and facts of an English sentence, with or without a place before it; None if it has none."""
    place, colon, rest = sentence.partition(": ")
    for before, text in (("", sentence), (place, rest)) if colon else (("", sentence),):
        for form, template in _forms():
            found = form.fullmatch(text)
            if found:
                return Reread(before, template, found.groupdict())
    return None


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what each sentence looks like, those that say the most by themselves first."""
    codes = (sentence for code, sentence in CODES.items() if code.startswith(_REASONS))
    checks = filter(None, chain.from_iterable(CHECKS.values()))
    sentences = {*codes, *checks, *CAUSES.values(), *NOT_COUNTED.values(), *REASONS.values()}
    own = {each: len(re.sub(r"\W", "", _FACTS.sub("", each))) for each in sentences}
    return tuple((_form(each), each) for each in sorted(own, key=lambda each: (-own[each], each)) if own[each])


def _form(sentence: str) -> re.Pattern[str]:
    """Return the pattern of a sentence: a fact is any text, and the same text wherever it is named again."""
    parts, end, named = [], 0, set[str]()
    for found in _FACTS.finditer(sentence):
        parts.append(re.escape(sentence[end : found.start()]))
        name, one, many = found.groups()
        if one is not None:
            parts.append(f"(?:{re.escape(one)}|{re.escape(many)})")
        else:
            parts.append(f"(?P={name})" if name in named else f"(?P<{name}>.+?)")
            named.add(name)
        end = found.end()
    return re.compile("".join([*parts, re.escape(sentence[end:])]), re.DOTALL)
