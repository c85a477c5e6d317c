"""Every sentence that Oreprint says, by its stable code: errors, checks, headlines, reasons.

Rules: the sentences are data, in `sentences.toml`, so that translators can work on the same file; a code is
``area.reason`` in lower case with hyphens and never changes its meaning; ``{names}`` are facts, and ``{lines:line
is|lines are}`` is the form that agrees with the fact ``lines``.  `docs/reference/codes.md` lists every code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.resources import files
from typing import Any, Final, NamedTuple


class Words(NamedTuple):
    """The sentences of one check: `passed`, `failed`, and `open` (withheld, absent, a warning, or ended)."""

    passed: str
    failed: str
    open: str = ""


class ReplyWords(NamedTuple):
    """An answer to a question of a purchaser: in a few words, and in sentences."""

    answer: str
    sentence: str


_SENTENCES: Final[dict[str, Any]] = tomllib.loads((files("schemas") / "sentences.toml").read_text(encoding="utf-8"))

CODES: Final[dict[str, str]] = _SENTENCES["codes"]
"""The sentence of each problem code: what happened and what to do."""

CHECKS: Final[dict[str, Words]] = {code: Words(**words) for code, words in _SENTENCES["checks"].items()}
"""The sentence of each check and result. It never says more than was proven."""

WITHHELD: Final[str] = _SENTENCES["lead_ins"]["withheld"]
"""The beginning of the sentence of a check that was not made, because its documents are withheld."""

HELD: Final[str] = _SENTENCES["custody"]["held"]
"""What is said of goods that a registry holds for a customer without a key of its own."""

CAUSES: Final[dict[str, str]] = _SENTENCES["causes"]
"""Reasons and other facts of findings that are words, but not the sentence of another problem."""

ACTIONS: Final[dict[str, str]] = _SENTENCES["actions"]
"""The one action that a report recommends, by its code."""

QUESTIONS: Final[dict[str, str]] = _SENTENCES["questions"]
"""What to ask about before a figure is used, as it stands in the sentence of an action."""

NOT_COUNTED: Final[dict[str, str]] = _SENTENCES["not_counted"]
"""Why an attestation does not count."""

NOT_AUDITED: Final[dict[str, str]] = _SENTENCES["not_audited"]
"""Why an auditor's record does not count."""

AUDITED: Final[dict[str, str]] = _SENTENCES["audited"]
"""What auditors say of a chain that is not shown, and of its claims (`claim`)."""


def _replies() -> Iterator[tuple[str, ReplyWords]]:
    for code, words in _SENTENCES["replies"].items():
        answer, sentence = words["answer"], words["sentence"]
        if code.startswith("audit-"):
            yield code, ReplyWords(answer, f"{_SENTENCES['lead_ins']['hidden']} {sentence}")
            yield f"{code}-part", ReplyWords(answer, f"{_SENTENCES['lead_ins']['part']} {sentence}")
        else:
            yield code, ReplyWords(answer, sentence)


REPLIES: Final[dict[str, ReplyWords]] = dict(_replies())
"""The answers to the questions of a purchaser, by their codes.

What auditors say begins with how much of the chain was shown; codes that end with ``-part`` say that some of it was.
"""

AUDITED_NOT_PROVEN: Final[dict[str, str]] = _SENTENCES["audited_not_proven"]
"""What stays unproven although auditors found a chain right."""

MARK_WORDS: Final[dict[str, str]] = _SENTENCES["marks"]
"""What is said first of a record that is no real one, by its mark (`schemas.identifier.mark_of`)."""

HEADLINES: Final[dict[str, str]] = _SENTENCES["headlines"]
"""The first sentence of a report, by its verdict: "genuine record", never "green" or "verified sustainable"."""

DEMANDS: Final[dict[str, str]] = _SENTENCES["demands"]
"""What people call the demands of a method profile, by the column of the table of profiles."""

WORTH: Final[dict[str, str]] = _SENTENCES["worth"]
"""Parts of the line that says what a figure is worth, apart from whether the record is genuine."""

FLAGS: Final[dict[str, str]] = _SENTENCES["flags"]
"""What an open flag says to whoever sees the figure, by the rule that raised it."""

FLAG_PARTS: Final[dict[str, str]] = _SENTENCES["flag_parts"]
"""How much of the figure rests on a flag, if that is known."""

BESIDE: Final[dict[str, str]] = _SENTENCES["beside"]
"""What people are told beside a figure, each in one sentence."""

NOT_PROVEN: Final[dict[str, str]] = _SENTENCES["not_proven"]
"""The limits of a verification: never proven, or only with witnesses and a monitor."""

ASSURANCES: Final[dict[str, str]] = _SENTENCES["assurances"]
"""What each assurance means."""

CHANGES: Final[dict[str, str]] = _SENTENCES["changes"]
"""The entries of a feed about lots: what changed, and what it means for the lot."""

OWN_CRITERIA: Final = "by Oreprint's own criteria"
"""What is said of a claim of which no standard with its limits and definitions was read."""

REASONS: Final[dict[str, str]] = _SENTENCES["reasons"]
"""What decides the answer to a claim: one sentence about the run or batch at the end of the answer's path."""


_FORMS: Final = re.compile(r"\{(\w+):([^{}|]*)\|([^{}|]*)\}")


def filled(sentence: str, facts: Mapping[str, str], missing: str = "") -> str:
    """Return a sentence with its facts, as people read them (`for_people`).

    A message must never fail: for an absent fact it shows `missing`, where ``{}`` is its name.
    """
    return agreed(sentence, facts).format_map(_Facts(for_people(facts), missing))


def for_people(facts: Mapping[str, str]) -> dict[str, str]:
    """Return facts with their computed amounts rounded for people; facts of documents keep all digits.

    An amount has six significant digits, as scales have, and a whole number keeps all of its digits.  Amounts that
    differ stay different: otherwise a sentence would say that 1000 kg is more than 1000 kg.  Computed masses have the
    unit that a person would use, the same for all of a sentence.  What a person wrote (`AS_GIVEN`) is repeated as it
    was written.
    """
    facts = _in_one_unit(facts)
    told = dict(facts)
    long = [name for name, text in facts.items() if name not in AS_GIVEN and _LONG.search(text)]
    for digits in range(_DIGITS, _MOST_DIGITS) if long else ():
        told |= {name: _rounded(facts[name], digits) for name in long}
        if len(set(told.values())) == len(set(facts.values())):
            break
    return told


AS_GIVEN: Final = frozenset({"value", "given", "written", "suggestion", "number", "total"})
"""Facts that repeat what a person or a program wrote, or its sum: 1.005001 is beyond a limit, 1.005 is not."""
_DIGITS: Final = 6
_MOST_DIGITS: Final = 25
_LONG: Final = re.compile(r"(?<![\w.:/-])-?\d+\.\d{3,}(?![\w.:/-])")
"""A decimal number that stands alone, with digits to round away."""


def readable(quantity: str) -> str:
    """Return one computed quantity as people read it: `1501607142.857143 mg` is 1501.61 kg."""
    return for_people({"": quantity})[""]


_MASS: Final = re.compile(r"(-?\d+(?:\.\d+)?) (mg|g|kg|t)")
_POWER: Final = {"t": 3, "kg": 0, "g": -3, "mg": -6}
"""The power of ten of a kilogram that a unit is."""
_LEAST: Final = {"t": Decimal(10**6), "kg": Decimal("0.1"), "g": Decimal("0.001"), "mg": Decimal(0)}
"""The least mass in kg that people tell in a unit: plants write 12000 kg, and 2000000 t."""


def _in_one_unit(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Return facts with their masses in the unit that fits the largest, if any of them was computed."""
    found = {name: _MASS.fullmatch(text) for name, text in facts.items() if name not in AS_GIVEN}
    masses = {name: (Decimal(mass[1]).scaleb(_POWER[mass[2]]), mass[2]) for name, mass in found.items() if mass}
    if not any(_LONG.search(facts[name]) for name in masses):
        return facts
    most = max(abs(kilograms) for kilograms, _ in masses.values())
    unit = next(unit for unit, least in _LEAST.items() if most >= least)
    other = {name: kilograms.scaleb(-_POWER[unit]) for name, (kilograms, given) in masses.items() if given != unit}
    return {**facts, **{name: f"{mass.normalize():f} {unit}" for name, mass in other.items()}}


def _rounded(text: str, digits: int) -> str:
    return _LONG.sub(lambda found: _significant(found[0], digits), text)


def _significant(text: str, digits: int) -> str:
    number = Decimal(text)
    place = min(number.adjusted() - digits + 1, 0)
    if -place >= len(text.partition(".")[2]):
        return text  # it was rounded as its uncertainty allows: 0.690 is not 0.69
    rounded = number.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)
    whole = f"{rounded:f}"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def agreed(sentence: str, facts: Mapping[str, str]) -> str:
    """Return a sentence whose word forms agree with their counts.

    The first form is for a count of 1, the second for any other.
    """
    return _FORMS.sub(lambda found: found[2] if facts.get(found[1]) == "1" else found[3], sentence)


class _Facts(dict[str, str]):
    def __init__(self, facts: Mapping[str, str], missing: str) -> None:
        super().__init__(facts)
        self._missing = missing

    def __missing__(self, name: str) -> str:
        return self._missing.format(name)
