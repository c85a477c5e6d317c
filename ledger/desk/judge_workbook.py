"""Judge a workbook: read its runs, and find out what would become of each if it were issued now.

Rules:

1. The file is read in a process of its own (`ledger.workbook.cells`). Everything else is judged by the code that
   issues (`ledger.issuing.dry_run`), so the desk only fills in records.
2. A run is known by its producer and its name. The same record again is `unchanged`. Another one is `changed`: it is
   told with its differences, and never issued.
3. A run that is held is not issued yet: the same record again is `held`, too. Another one is ready, with a warning that
   tells the differences, because issuing it replaces the held one (`ledger.desk.held_rows`).
4. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.desk.earlier_runs import (
    CertifiedLot,
    EarlierRun,
    KeptFacts,
    against_certificate,
    certified,
    changed,
    differences,
    earlier_run,
    facts_differ,
    kept_facts,
    stands,
    words_of,
)
from ledger.desk.held_runs import LOT_HELD, HeldRuns, rehearse_upstream
from ledger.desk.recipes import compositions_at_hand, kept_recipes
from ledger.desk.shipping_check import CERTIFIED, unshippable
from ledger.factors.tables import FactorTables
from ledger.issuing.dry_run import Foreseen, rehearsal
from ledger.issuing.issue import used_by
from ledger.issuing.prepare import request_digest
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.lots import issued_requests
from ledger.store.uploads import HELD, UploadedRow, held_runs
from ledger.workbook.file_kinds import read_file
from ledger.workbook.runs import ReadWorkbook, WorkbookRun, read_runs
from schemas.lot import normal_lot
from schemas.problem import OreprintError, Problem, Sentence
from schemas.record import ProductionRecord

RowState = Literal["ready", "problem", "refused", "changed", "back", "unchanged", "issued", "held", "replaced"]
"""`problem`: the row makes no record. `refused`: the registry would not issue it now, but perhaps later.

`held`: issued by a person, signed later. `back`: held, but no longer fit when it was due. `replaced`: held, until a
later upload took its place.
"""
FIT: Final[frozenset[RowState]] = frozenset({"ready", "unchanged", "issued", "held", "replaced"})

DIFFERS: Final = "upload.held-differs"
"""Code of the warning at a row whose run is held with other values."""

Tell = Callable[[Foreseen], None]


@dataclass(slots=True)
class JudgedRow:
    """One run of a workbook: its state, what it makes, and what is wrong or odd, each at ``sheet!cell``."""

    read: WorkbookRun
    state: RowState
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    request: bytes | None = None
    certificates: tuple[tuple[str, str], ...] = ()
    """Lot and digest of each certificate of a run that was issued before."""
    due_ms: int | None = None
    """When a held row is signed."""
    author: str | None = None
    """The author of the hold."""

    @property
    def record(self) -> ProductionRecord | None:
        """The record that the row makes."""
        return self.read.record


class JudgedWorkbook(NamedTuple):
    """The rows of a workbook, and what it says as a whole."""

    rows: list[JudgedRow]
    read: ReadWorkbook
    versions: Mapping[str, int]


def judge_workbook(
    registry: OpenRegistry,
    party: str,
    content: bytes,
    tables: FactorTables,
    *,
    name: str = "",
    tell: Tell | None = None,
) -> JudgedWorkbook:
    """Return what would become of each run of a workbook of a party; `tell` gets the draft of each that could be.

    Raises:
        InputError: ``workbook.*`` for a file that is none or unsafe; StateError: `store.unreadable`.
    """
    sheets = read_file(content, name)
    recipes = {each.checked.recipe.recipe: each.checked for each in kept_recipes(registry, party)}
    at_hand = compositions_at_hand(registry, party, recipes.values())
    to_be = HeldRuns.of(registry, party).compositions
    found = read_runs(sheets, recipes, at_hand, party=party, to_be=to_be)
    rows = [_as_read(each) for each in found.runs]
    judge_rows(registry, party, rows, tables, tell=tell)
    used = {each.recipe for each in found.runs}
    return JudgedWorkbook(rows, found, {n: each.recipe.version for n, each in recipes.items() if n in used})


def _as_read(run: WorkbookRun) -> JudgedRow:
    if run.record is None:
        return JudgedRow(run, "problem", list(run.problems), list(run.warnings))
    return JudgedRow(run, "ready", [], list(run.warnings), request_digest(run.record))


def judge_rows(
    registry: OpenRegistry, party: str, rows: Sequence[JudgedRow], tables: FactorTables, *, tell: Tell | None = None
) -> None:
    """Find the state of rows, one after another, as if each were issued."""
    with reading(registry.engine, long=True) as connection:
        runs = {normal_lot(each.read.run) for each in rows}
        kept, held = kept_facts(connection, party, runs), held_runs(connection, party, runs)
        for each in rows:
            run = normal_lot(each.read.run)
            _compare(connection, party, each, kept.get(run))
            if each.state == "ready" and not each.certificates and run in held:
                _compare_held(each, held[run])
    made = [each for each in rows if each.record is not None]
    all_held = HeldRuns.of(registry, party)
    _tell_lots_held(made, all_held.but(*(each.key for each in held.values())))
    own = {normal_lot(lot.lot) for each in made if each.record is not None for lot in each.record.outputs}
    upstream = all_held.without(own).records(_named(made))
    used = set[object]().union(*(used_by(each) for each in (*upstream, *(one.record for one in made)) if each))
    with rehearsal(registry, tables=tables, used=used) as made_of:
        rehearse_upstream(made_of, upstream)
        for each in made:
            if each.state in {"ready", HELD} and each.record is not None:
                _rehearse(each, each.record, made_of, tell)
    for at, problem in unshippable(registry, party, [(each.read, each.certificates) for each in rows]).items():
        _add_unshippable(rows[at], problem)


def _compare(connection: Connection, party: str, row: JudgedRow, known: KeptFacts | None) -> None:
    """Find whether a row is a run that was issued before, and whether it still says the same."""
    if row.read.certificate:
        found = against_certificate(connection, party, row.read.certificate, row.read.facts)
        row.state, row.certificates = "unchanged", ((row.read.facts.get("lot", ""), row.read.certificate),)
        if found is None:
            cell = row.read.cells.get("certificate", "")
            row.state, row.problems = "problem", [Problem.at("upload.no-certificate", cell, run=row.read.run)]
        elif found:
            before = EarlierRun(b"", (CertifiedLot(row.read.facts.get("lot", ""), row.read.certificate, ""),), "", "")
            row.state, row.problems = "changed", [row.read.at_fact(changed(row.read.run, before, found))]
        return
    same = known is not None and row.read.facts and not facts_differ(known.facts, row.read.facts)
    if known is not None and same and all(stands(connection, digest) for _, digest in known.certificates):
        row.state, row.problems, row.warnings, row.certificates = "unchanged", [], [], known.certificates
        return
    if row.record is None or row.request is None:
        return
    row.state, row.problems, row.due_ms, row.author = "ready", [], None, None
    row.warnings = [each for each in row.warnings if each.code not in {DIFFERS, LOT_HELD}]
    before_it = earlier_run(connection, row.record)
    issuance = issued_requests(connection, [row.request]).get(row.request)
    if issuance is not None:
        row.certificates = certified(connection, issuance)
    elif before_it is not None:
        problem = changed(row.read.run, before_it, differences(known, before_it, row.record, row.read.facts))
        row.state, row.problems = "changed", [row.read.at_fact(problem)]
        row.certificates = tuple((each.lot, each.digest) for each in before_it.lots)


def _compare_held(row: JudgedRow, held: UploadedRow) -> None:
    """Find whether a row says the same as the held row of its run."""
    if held.request == row.request:
        row.state, row.due_ms, row.author = HELD, held.due_ms, held.author
        return
    found = facts_differ(orjson.loads(held.facts)["facts"], row.read.facts)
    told = Sentence(words_of(found))
    place = found[0].place if found else ""
    row.warnings.append(row.read.at_fact(Problem.at(DIFFERS, place, run=row.read.run, difference=told)))


def _tell_lots_held(rows: Sequence[JudgedRow], others: HeldRuns) -> None:
    """Warn of each lot that a held run of another name is to make, too: only one of them can."""
    held = {normal_lot(lot) for lot in others.lots}
    for row in rows:
        outputs = row.record.outputs if row.record is not None and row.state in {"ready", HELD} else ()
        for number, each in enumerate(outputs):
            if normal_lot(each.lot) in held:
                row.warnings.append(row.read.at_fact(Problem.at(LOT_HELD, f"outputs[{number}].lot", lot=each.lot)))


def _add_unshippable(row: JudgedRow, problem: Problem) -> None:
    """Tell why the lot of a row could not be shipped: as a warning once it is issued, else the row does not fit."""
    if row.state in CERTIFIED:
        row.warnings.append(problem)
        return
    row.problems.append(problem)
    row.state = "refused" if row.state == "ready" else row.state


def _rehearse(
    row: JudgedRow, record: ProductionRecord, made_of: Callable[[ProductionRecord], Foreseen | None], tell: Tell | None
) -> None:
    try:
        foreseen = made_of(record)
    except OreprintError as error:
        if row.state == "ready":  # a held row is judged anew when it is due
            row.state, row.problems = "refused", [*map(row.read.at_cell, error.problems)]
        return
    if row.state == HELD:
        return
    if foreseen is None:
        row.state, row.warnings = "unchanged", []
    elif tell is not None:
        tell(foreseen)


def _named(rows: Sequence[JudgedRow]) -> set[str]:
    """Return the lots that any of the records uses."""
    records = [each.record for each in rows if each.record is not None]
    return {normal_lot(item.lot) for record in records for item in record.inputs if item.lot is not None}


def facts_document(row: JudgedRow) -> dict[str, Any]:
    """Return the stored facts of a row besides its record, as a document."""
    read = row.read
    return {
        "name": read.run,
        "recipe": read.recipe,
        "place": read.cells.get("", ""),
        "ship": None if read.ship is None else [*read.ship],
        "rows": read.rows,
        "facts": read.facts,
        "cells": read.cells,
        "typed": dict(read.made.typed.typed) if read.made is not None else {},
        "odd": [[*each] for each in read.made.warnings] if read.made is not None else [],
        "problems": [[*each] for each in row.problems],
        "warnings": [[*each] for each in row.warnings],
    }
