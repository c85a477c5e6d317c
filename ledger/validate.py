"""`validate`: check a file of validation cases against the engine.

Rules: a case passes if every figure it expects is found within its tolerance; one that must be rejected is rejected by
the rule it names.  A family that no adapter knows counts as failed: nothing is skipped.

What this module does not do: computing; the adapters in `ledger.footprint.cases` hand each case to the real engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ledger.footprint.cases import answer
from schemas.door import parse_json
from schemas.problem import InputError, OreprintError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.factors import FactorTables


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

    Errors: those of the strict door; ``validate.file`` for a file that holds no cases.
    """
    match parse_json(content):
        case {"cases": list(cases)} if cases:
            return [_outcome(case, tables) for case in cases if isinstance(case, dict)]
        case _:
            raise InputError.at("validate.file")


def _outcome(case: Mapping[str, Any], tables: FactorTables) -> Outcome:
    identity, family = str(case.get("id", "")), str(case.get("family", ""))
    try:
        found = answer(case, tables)
        tolerance = Fraction(str(case.get("rel_tol", "0")))
        differences = tuple(compare(case["expected"], found, tolerance))
    except (OreprintError, ArithmeticError, ValueError, LookupError) as error:
        return Outcome(identity, family, (), str(error) or type(error).__name__)
    return Outcome(identity, family, differences, None)


def compare(expected: object, found: object, tolerance: Fraction, place: str = "") -> Iterator[Difference]:
    """Yield every difference; numbers may differ by `tolerance` relatively, 0 means as many digits as are written."""
    match expected:
        case dict():
            for name, value in expected.items():
                inner = found.get(name, 0) if isinstance(found, dict) else None
                yield from compare(value, inner, tolerance, f"{place}.{name}".removeprefix("."))
        case list():
            for index, value in enumerate(expected):
                inner = found[index] if isinstance(found, list) and index < len(found) else None
                yield from compare(value, inner, tolerance, f"{place}[{index}]")
        case _:
            if not _equal(str(expected), found, tolerance):
                yield Difference(place, _shown(found), str(expected))


def _equal(expected: str, found: object, tolerance: Fraction) -> bool:
    try:
        wanted = Decimal(expected)
    except InvalidOperation:
        return isinstance(found, str) and found == expected.partition(":")[0]
    if not isinstance(found, int | Fraction):
        return False
    if tolerance:
        return abs(found - Fraction(wanted)) <= tolerance * abs(Fraction(wanted))
    last = Fraction(10) ** int(wanted.as_tuple().exponent)
    return abs(found - Fraction(wanted)) * 2 <= last


def _shown(found: object) -> str:
    if not isinstance(found, int | Fraction):
        return str(found)
    return f"{Decimal(Fraction(found).numerator) / Decimal(Fraction(found).denominator):f}"
