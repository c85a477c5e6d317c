"""Lines that a record still needs, as `oreprint footprint` lists them: each with its usual amount and where to read it.

Rules: the table of completeness says what a step owes; an error that a listed line explains is not told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cli.terminal import tell
from ledger.plausibility.completeness import usually
from schemas.problem import Problem, RefusedError

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from schemas.record import ProductionRecord

OWED: Final = ("rule.q-line", "rule.q-step")
"""Codes of lines that a record lacks."""
_SAID: Final = frozenset({"rule.v-prof-absent", "rule.e-calc-least"})
"""Codes that say again, of a group, that a line of it is missing."""
OWED_BY_RULE: Final = {
    "rule.p-acid-charge": "acid",
    "rule.p-precip": "precipitant",
    "rule.c-ely-floor": "anode-co2",
    "rule.f-pfc": "pfc",
}
"""Items of the table of completeness that other rules judge, by their codes."""


def without_owed(record: ProductionRecord, error: RefusedError, tables: FactorTables) -> RefusedError:
    """Print the lines that the step still needs, and return the error without these."""
    # what names a line is about too little, not about none
    owed = [problem for problem in error.problems if problem.code in OWED and "[" not in problem.place]
    tell(_owed_lines(record, owed))
    tell(_owed_by_rules(record, error, tables))
    if not owed:
        return error
    places = {problem.place for problem in owed}  # a profile that asks for the same group says nothing more
    others = [
        problem
        for problem in error.problems
        if problem not in owed and not (problem.code in _SAID and problem.place in places)
    ]
    return RefusedError(*others, Problem.at("footprint.owed", count=len(owed), step=record.step))


def _owed_lines(record: ProductionRecord, owed: Sequence[Problem]) -> Iterator[str]:
    if owed:
        yield f"What {record.step} still owes:"
    for problem in owed:
        facts = problem.facts
        why = f", since the run changed {facts['change']}" if facts["change"] else ""
        yield f"  {facts['item']} (in {problem.place}){why}: {facts['usual']}"
        yield f"    read it here: {facts['where']}"
        yield f"    may be declared absent for: {facts['reasons']}"


def _owed_by_rules(record: ProductionRecord, error: RefusedError, tables: FactorTables) -> Iterator[str]:
    """Yield where to read what other rules ask for, whose own sentences tell how much."""
    items = {OWED_BY_RULE.get(problem.code) for problem in error.problems}
    rows = [row for row in tables.completeness.get(record.step, ()) if row.item in items]
    if rows:
        yield f"What {record.step} has too little of, by how much the messages say:"
    for row in rows:
        yield f"  {row.item} (in {row.groups[0]}){f': {usually(row)}' if row.typical or row.floor else ''}"
        yield f"    read it here: {row.where}"
        yield f"    may be declared absent for: {', '.join(row.reasons) or 'none'}"
