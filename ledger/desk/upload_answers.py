"""The registry's answers about uploads and rehearsals of workbooks, as documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ledger.desk.judge_workbook import FIT, RowState, judge_workbook
from ledger.desk.upload_rows import UploadedRun
from ledger.desk.upload_shipping import ShownShip, planned_ship, shown_ships
from ledger.desk.uploads import upload_runs, upload_state
from ledger.factors.tables import FactorTables
from ledger.registry.registry import OpenRegistry
from schemas.answers.others import ProblemEntry
from schemas.answers.uploads import RowCertificate, RowShipment, UploadAnswer, UploadCounts, UploadedRunAnswer
from schemas.instant import time_text
from schemas.problem import Problem

UNFIT: tuple[RowState, ...] = ("problem", "refused", "changed", "back")
"""States of the rows that somebody has to put right."""


def upload_answer(registry: OpenRegistry, party: str, upload: str, *, only_problems: bool = False) -> UploadAnswer:
    """Return an upload with its rows; raise MissingError `upload.unknown`."""
    state = upload_state(registry, party, upload)
    rows = upload_runs(registry, party, upload, UNFIT if only_problems else ())
    ships = shown_ships(registry, party, upload)
    return UploadAnswer(
        id=state.id,
        name=state.name,
        counts=_counts(state.counts),
        recipes=dict(state.versions),
        versions_unsaid=state.versions_unsaid,
        problems=_entries(state.problems),
        notes=_entries(state.notes),
        rows=tuple(_row(each, ships.get(each.number)) for each in rows),
    )


def rehearse_workbook(
    registry: OpenRegistry, party: str, content: bytes, *, name: str, tables: FactorTables
) -> UploadAnswer:
    """Return the state that each row of a workbook would get. Nothing is kept, signed or logged.

    Raises:
        InputError: ``workbook.*`` for a file that is none or unsafe.
    """
    judged = judge_workbook(registry, party, content, tables, name=name)
    rows = [
        UploadedRun(
            number,
            each.read.run,
            each.read.recipe,
            each.read.cells.get("", ""),
            each.state,
            tuple(each.problems),
            tuple(each.warnings),
            each.certificates,
            each.due_ms,
        )
        for number, each in enumerate(judged.rows)
    ]
    ships = {number: planned_ship(each.read.ship, each.read.facts) for number, each in enumerate(judged.rows)}
    return UploadAnswer(
        name=name,
        counts=_counts(Counter(each.state for each in rows)),
        recipes=dict(judged.versions),
        versions_unsaid=not judged.read.hidden.there,
        problems=_entries(judged.read.problems),
        notes=_entries(judged.read.notes),
        rows=tuple(_row(each, ships[each.number]) for each in rows),
    )


def _counts(counts: Mapping[str, int]) -> UploadCounts:
    return UploadCounts(**{state: counts.get(state, 0) for state in (*UNFIT, *sorted(FIT))})


def _row(row: UploadedRun, ship: ShownShip | None) -> UploadedRunAnswer:
    return UploadedRunAnswer(
        run=row.run,
        recipe=row.recipe,
        place=row.place,
        state=row.state,
        problems=_entries(row.problems),
        warnings=_entries(row.warnings),
        certificates=tuple(RowCertificate(lot=lot, digest=digest) for lot, digest in row.certificates),
        ships=None
        if ship is None
        else RowShipment(customer=ship.customer, mass_kg=ship.mass_kg, shipment=ship.shipment),
        due=time_text(row.due_ms),
    )


def _entries(problems: Iterable[Problem]) -> tuple[ProblemEntry, ...]:
    return tuple(
        ProblemEntry(code=each.code, place=each.place, sentence=each.words(), facts=dict(each.facts))
        for each in problems
    )
