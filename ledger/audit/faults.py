"""The faults that an audit finds, in the order in which it finds them.

Rules: a fault has a code, a place (table, row by its key, column), and one plain sentence. After `MOST_FAULTS` the
audit stops: so many faults mean that the database is something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Table

from ledger.store.whole import Values
from ledger.verify.checks import sentence
from ledger.verify.findings import Finding, Outcome
from ledger.verify.rule import Rule
from schemas.problem import OreprintError, Problem, shown

MOST_FAULTS: Final = 100


class Fault(NamedTuple):
    """One thing that does not hold: stable code, place, sentence."""

    code: str
    place: str
    sentence: str


class EnoughFaultsError(Exception):
    """There are as many faults as the caller asked for."""


@dataclass(slots=True)
class Faults:
    """The faults found so far, at most `most`."""

    most: int = MOST_FAULTS
    found: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Add a fault; raise EnoughFaultsError with the last one that the caller asked for."""
        self.found.append(fault)
        if len(self.found) >= self.most:
            raise EnoughFaultsError

    def at(self, code: str, place: str, **facts: object) -> None:
        """Add a fault of the catalogue."""
        self.refused(place, (Problem.at(code, "", **facts),))

    def refused(self, place: str, problems: Iterable[Problem]) -> None:
        """Add what a parser or a proof refused at a place."""
        for problem in problems:
            where = f"{place} {problem.place}".strip()
            self.add(Fault(problem.code, where, problem.words()))

    def error(self, place: str, error: OreprintError) -> None:
        """Add all problems of an error at a place."""
        self.refused(place, error.problems)

    def judged(self, place: str, findings: Iterable[Finding]) -> None:
        """Add the findings of a verification that failed, or that cite missing records."""
        for finding in findings:
            absent = finding.outcome is Outcome.ABSENT and finding.code != Rule.STATUS_LIST.value
            if finding.outcome is Outcome.FAILED or absent:
                self.add(Fault(finding.code, f"{place} {finding.place}".strip(), sentence(finding)))

    def require(self, code: str, place: str, *, holds: bool, **facts: object) -> bool:
        """Add a fault unless something holds; return whether it does."""
        if not holds:
            self.at(code, place, **facts)
        return holds

    def compare(self, table: Table, due: Iterable[Sequence[object]], stored: Iterable[Values]) -> None:
        """Check that the stored rows are exactly those due; name each other one by its key and column."""
        by_key = {key_of(table, row): row for row in stored}
        for row in due:
            key = key_of(table, row)
            there = by_key.pop(key, None)
            if there is None:
                self.at("audit.missing", place_of(table, row))
                continue
            for column, value, kept in zip(table.columns, row, there, strict=True):
                if value != kept or type(value) is not type(kept):
                    place = f"{place_of(table, row)}.{column.name}"
                    self.at("audit.value", place, stored=value_text(kept), derived=value_text(value))
        for row in by_key.values():
            self.at("audit.stray", place_of(table, row))


def key_of(table: Table, row: Sequence[object]) -> tuple[object, ...]:
    """Return the primary key of a row given in the order of the table's columns."""
    return tuple([row[place] for place, _ in _keys(table)])


def place_of(table: Table, row: Sequence[object]) -> str:
    """Return the name of a row: its table, and its key as SQL writes it."""
    return f"{table.name}[" + ", ".join([f"{name}={value_text(row[place])}" for place, name in _keys(table)]) + "]"


@cache
def _keys(table: Table) -> list[tuple[int, str]]:
    """Return place and name of each column of a primary key."""
    return [(place, column.name) for place, column in enumerate(table.columns) if column.primary_key]


def value_text(value: object) -> str:
    """Return a value as a message shows it: bytes as SQL writes them."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'" if len(value) <= 32 else f"{len(value)} bytes"
    return shown(value) if isinstance(value, str) else str(value)
