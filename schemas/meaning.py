"""The general meaning of a code and its remedy, without the values of a case.

Rules: the words are those of the catalogue. A value of a case, such as ``{limit}``, appears as its name in brackets:
``[the limit]``. The text up to the first full stop or semicolon is the meaning, and the rest is the remedy. A text of
one sentence gets the remedy that always helps. The answer that names a code has the values of its case.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.sentences import CHECKS, CODES, agreed

MEANINGS_KEPT: Final = 1024
"""Meanings that stay worked out: strangers ask for codes, also for such as there are none."""
FACTS: Final[dict[str, str]] = {
    "bits": "how many",
    "cause": "the cause",
    "certificate": "the certificate's digest",
    "certified": "what is certified",
    "characters": "how many",
    "column": "the column",
    "count": "how many",
    "days": "how many",
    "derived": "what follows from the records",
    "did": "the party",
    "due": "what is right",
    "expected": "what is expected",
    "expected_tags": "the words that may stand there",
    "final": "the last size",
    "found": "what was found",
    "here": "what is here",
    "id": "the identifier",
    "inputs": "how many",
    "kid": "the key",
    "known": "the known ones",
    "last": "the last time",
    "least": "the least",
    "left": "what is left",
    "limit": "the limit",
    "lines": "how many",
    "made": "what was made",
    "most": "the most",
    "name": "the name",
    "names": "the names",
    "nearest": "the nearest name",
    "needed": "what is needed",
    "new": "the new one",
    "next": "the next one",
    "now": "the time now",
    "old": "the old one",
    "other": "the other one",
    "others": "how many others",
    "possible": "what is possible",
    "remedy": "what to do",
    "records": "how many",
    "rest": "what follows",
    "sealed": "what the seal says",
    "seconds": "how many",
    "seen": "the one seen before",
    "signed": "how many signed",
    "since": "the day since when",
    "size": "how many",
    "steps": "how many times",
    "stored": "what is stored",
    "suggestion": "what would be read",
    "theirs": "the other side's code",
    "there": "what is there",
    "times": "how many times",
    "to": "who it is for",
    "told": "how many",
    "until": "the last day",
    "used": "what was used",
    "value": "what was given",
    "was": "what it was",
    "what": "what it is",
    "where": "the place",
    "whole": "the whole",
    "why": "why",
    "written": "what would be written",
}
"""What the values are; one that isn't here is called by its name."""
ALWAYS: Final = (
    "The answer with this code says in `detail` where it is and what was found. Correct that, and try again. If you cannot correct it, "
    "give the operator of the registry the code and the time."
)
"""The remedy where the catalogue has none."""
_FACT: Final = re.compile(r"\{([a-z_]+)\}")
_PARTED: Final = re.compile(r"(.+?)(?:;|\.)\s+(?=\S)(.+)", re.DOTALL)


class Meaning(NamedTuple):
    """A code, what it means, and what to do."""

    code: str
    meaning: str
    remedy: str

    @property
    def sentence(self) -> str:
        """Both, as one text."""
        return f"{self.meaning} {self.remedy}"


@lru_cache(MEANINGS_KEPT)
def meaning_of(code: str) -> Meaning | None:
    """Return what a code of the catalogue, or of a report's check, means; None for one that is neither."""
    if code in CODES:
        parted = _PARTED.fullmatch(_general(CODES[code]))
        if parted is None:
            return Meaning(code, _whole(_general(CODES[code])), ALWAYS)
        return Meaning(code, _whole(parted[1]), _whole(parted[2]))
    if code in CHECKS:
        words = CHECKS[code]
        said = [f"{name}: {_whole(_general(text))}" for name, text in zip(_RESULTS, words, strict=True) if text]
        return Meaning(code, f"A check of a certificate's report. {' '.join(said)}", _OF_CHECK)
    return None


_RESULTS: Final = ("If it passed", "If it failed", "If it is open")
_OF_CHECK: Final = (
    "Read the report's verdict first. If a check failed, do not rely on the certificate, and show the report to its sender. If one is open, ask "
    "for a bundle (.oreprint) of today that shows more."
)


def _general(sentence: str) -> str:
    return _FACT.sub(lambda found: f"[{FACTS.get(found[1], f'the {found[1]}')}]", agreed(sentence, {}))


def _whole(text: str) -> str:
    """Return a text as a sentence: with a capital letter, and a full stop at its end."""
    text = text.strip()
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
