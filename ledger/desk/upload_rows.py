"""The rows of an upload, as they are stored and as they are judged and shown again.

Rules: a row keeps what was typed, where it stands, and what is wrong with it, so that a later refusal of its record
lands in the very cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, get_args

import orjson

from ledger.desk.held_runs import moved
from ledger.desk.judge_workbook import JudgedRow, JudgedWorkbook, RowState, facts_document
from ledger.recipes.expand import Expanded
from ledger.recipes.typed_places import TypedPlaces
from ledger.store.uploads import HELD, UploadedRow
from ledger.workbook.runs import Ship, WorkbookRun
from schemas.door import parse_json, validated
from schemas.lot import normal_lot
from schemas.problem import Problem
from schemas.record import ProductionRecord

_MOST_RECORD: Final = 16 * 2**20


class UploadedRun(NamedTuple):
    """One row of an upload: its run, its state, its place, its problems and doubts, and its certificates."""

    number: int
    run: str
    recipe: str
    place: str
    state: RowState
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    certificates: tuple[tuple[str, str], ...]
    due_ms: int | None = None
    """When a held row is signed."""


def told_of(judged: JudgedWorkbook, situation: str) -> str:
    """Return the stored facts of a workbook as a whole, as JSON."""
    told = {
        "language": judged.read.hidden.language,
        "versions": judged.versions,
        "problems": [[*each] for each in judged.read.problems],
        "notes": [[*each] for each in judged.read.notes],
        "judged_at": situation,
        "unsaid": not judged.read.hidden.there,
    }
    return orjson.dumps(told).decode()


def stored_row(party: str, upload: str, number: int, row: JudgedRow) -> UploadedRow:
    """Return a row as it is stored."""
    record = None if row.read.made is None else orjson.dumps(row.read.made.record).decode()
    facts = orjson.dumps(facts_document(row)).decode()
    certificates = orjson.dumps(row.certificates).decode()
    run = normal_lot(row.read.run)
    kept = UploadedRow(party, upload, number, run, row.state, row.request, record, facts, certificates)
    if row.state != HELD or row.read.made is None:
        return kept
    lots = orjson.dumps(moved(row.read.made.record)._asdict()).decode()
    return kept._replace(due_ms=row.due_ms, author=row.author, lots=lots)


def judged_row(stored: UploadedRow) -> JudgedRow:
    """Return a stored row as it was judged."""
    told = orjson.loads(stored.facts)
    made, record = None, None
    if stored.record is not None:
        written: Any = parse_json(stored.record.encode(), max_bytes=_MOST_RECORD)
        made, record = (
            Expanded(written, TypedPlaces(told["typed"]), told_problems(told["odd"])),
            validated(ProductionRecord, written),
        )
    sheet, _, _ = told["place"].rpartition("!")
    run = WorkbookRun(
        run=told["name"],
        row=0,
        sheet=sheet,
        made=made,
        problems=(),
        cells=told["cells"],
        record=record,
        facts=told["facts"],
        recipe=told["recipe"],
        rows=[(name, number) for name, number in told["rows"]],
        ship=Ship(*told["ship"]) if told["ship"] else None,
    )
    problems, warnings = (told_problems(told[each]) for each in ("problems", "warnings"))
    certificates = tuple((lot, digest) for lot, digest in orjson.loads(stored.certificates))
    return JudgedRow(
        run, _state(stored.state), [*problems], [*warnings], stored.request, certificates, stored.due_ms, stored.author
    )


def shown_row(stored: UploadedRow) -> UploadedRun:
    """Return a stored row as people see it."""
    told = orjson.loads(stored.facts)
    certificates = tuple((lot, digest) for lot, digest in orjson.loads(stored.certificates))
    return UploadedRun(
        stored.number,
        told["name"],
        told["recipe"],
        told["place"],
        _state(stored.state),
        told_problems(told["problems"]),
        told_problems([*told["warnings"], *told.get("unshipped", ())]),
        certificates,
        stored.due_ms,
    )


def _state(text: str) -> RowState:
    states: tuple[RowState, ...] = get_args(RowState)
    return states[states.index(text)]


def told_problems(told: Sequence[Sequence[Any]]) -> tuple[Problem, ...]:
    """Return problems that were stored."""
    return tuple(Problem(code, place, facts) for code, place, facts in told)
