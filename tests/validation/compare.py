"""Check a file of validation cases against the engine.

Rules: a case passes if every figure it expects is found: within its tolerance (`rel_tol`, `abs_tol`), in the range that
it gives (`min`, `max`), or to the digits it writes where it has no tolerance.  One that must be rejected (or flagged) is so by the rule it
names; what the engine refuses before any rule sees it is rejected.  Prose can't be compared word for word: each number in it must be one that the case tells
or the engine found.  A family or a figure that no adapter knows counts as failed: nothing is skipped.

What this module does not do: computing; the adapters in `tests.validation.adapters` hand each case to the real engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from ledger.plausibility.rules import rule_named
from schemas.door import parse_json
from schemas.problem import OreprintError
from tests.validation.adapters import answer
from tests.validation.verdicts import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.factors.tables import FactorTables
    from tests.validation.adapters import Answer


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an answer is not what a case expects."""

    place: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: passed if nothing differs and nothing kept it from being run."""

    id: str
    family: str
    differences: tuple[Difference, ...]
    refused: str | None

    @property
    def passed(self) -> bool:
        """Tell whether the case passed."""
        return not self.differences and self.refused is None


def validate(content: bytes, *, tables: FactorTables) -> list[Outcome]:
    """Return the outcome of every case in a file of cases (JSON with a list `cases`).

    Errors: those of the strict door; ValueError for a file that holds no cases.
    """
    match parse_json(content):
        case {"cases": list(cases)} if cases:
            return [
                _outcome(case if isinstance(case, dict) else {}, tables, f"cases[{index}]")
                for index, case in enumerate(cases)
            ]
        case _:
            raise ValueError("no cases")


def _outcome(case: Mapping[str, Any], tables: FactorTables, place: str) -> Outcome:
    identity, family = str(case.get("id", place)), str(case.get("family", ""))
    try:
        found = _found(case, tables)
        asked = Asked.of(case)
        differences = tuple(compare(asked.expected, found, asked))
    except (OreprintError, UnsupportedError, ArithmeticError, ValueError, LookupError) as error:
        return Outcome(identity, family, (), str(error) or type(error).__name__)
    return Outcome(identity, family, differences, None)


def _found(case: Mapping[str, Any], tables: FactorTables) -> Answer:
    """Return the engine's answer; where it refuses the case, the verdict is that, by the rules that it names."""
    try:
        return answer(case, tables)
    except OreprintError as error:
        if _VERDICT.get(case.get("kind", "")) != "reject":
            raise
        rules = tuple(dict.fromkeys(rule_named(problem.code) for problem in error.problems))
        return {"verdict": "reject", "rule": rules, "reason": str(error)}


_VERDICT: Final = {"must_reject": "reject", "must_flag": "flag", "must_accept": "accept"}
"""The verdict that a kind of case asks for; other kinds ask for figures only."""

_PROSE: Final = ("reason", "message", "why", "note")
_RULE: Final = re.compile(r"\b[A-Z]-?[A-Z]*-[A-Z0-9]+\b")
_NUMBER: Final = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?![\w])")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case expects, how near a figure must be, and the text of what it tells."""

    expected: Mapping[str, Any]
    relative: Fraction = Fraction()
    absolute: Fraction = Fraction()
    given: str = ""

    @classmethod
    def of(cls, case: Mapping[str, Any]) -> Asked:
        """Return what a case asks for; its kind is a verdict where it names none."""
        expected = dict(case["expected"])
        if case.get("kind") in _VERDICT:
            expected.setdefault("verdict", _VERDICT[case["kind"]])
        relative, absolute = (Fraction(str(case.get(name, "0"))) for name in ("rel_tol", "abs_tol"))
        return cls(expected, relative, absolute, given=str(case["inputs"]))


def compare(expected: object, found: object, asked: Asked, place: str = "") -> Iterator[Difference]:
    """Yield every difference between what is expected, or a part of it, and what was found."""
    match expected:
        case dict() if expected and expected.keys() <= {"min", "max"}:
            if not _within(expected, found):
                yield Difference(place, _shown(found), str(expected))
        case dict():
            for name, value in expected.items():
                yield from compare(value, _member(found, name), asked, f"{place}.{name}".removeprefix("."))
        case list():
            for index, value in enumerate(expected):
                inner = found[index] if isinstance(found, list) and index < len(found) else None
                yield from compare(value, inner, asked, f"{place}[{index}]")
        case _:
            if not _equal(str(expected), found, asked, place):
                yield Difference(place, _shown(found), str(expected))


def _member(found: object, name: str) -> object:
    """Return a figure by its name; one for a kg may be named after the product that it is for."""
    if not isinstance(found, dict):
        return None
    if name in found:
        return found[name]
    return found.get(f"{name.partition('_per_kg_')[0]}_per_kg") if "_per_kg_" in name else None


def _within(limits: Mapping[str, Any], found: object) -> bool:
    if not isinstance(found, int | Fraction):
        return False
    return Fraction(limits.get("min", found)) <= found <= Fraction(limits.get("max", found))


def _equal(expected: str, found: object, asked: Asked, place: str) -> bool:
    match found:
        case tuple():
            return not set(_RULE.findall(expected.partition(":")[0])).isdisjoint(found)
        case str() if place in _PROSE:
            return set(_NUMBER.findall(expected)) <= set(_NUMBER.findall(f"{found} {asked.given}"))
        case str():
            return found == expected.partition(":")[0]
        case bool() | None:
            return str(found).casefold() == expected.casefold()
        case int() | Fraction():
            return _near(expected, found, asked)
        case _:
            return False


def _near(expected: str, found: int | Fraction, asked: Asked) -> bool:
    try:
        wanted = Decimal(expected)
    except InvalidOperation:
        return False
    away = abs(found - Fraction(wanted))
    if asked.relative or asked.absolute:
        return away <= max(asked.relative * abs(Fraction(wanted)), asked.absolute)
    return away * 2 <= Fraction(10) ** int(wanted.as_tuple().exponent)


def _shown(found: object) -> str:
    if isinstance(found, tuple):
        return ", ".join(found)
    if not isinstance(found, int | Fraction):
        return str(found)
    return f"{Decimal(Fraction(found).numerator) / Decimal(Fraction(found).denominator):f}"
