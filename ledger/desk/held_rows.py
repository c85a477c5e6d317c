"""Sign rows of uploaded workbooks, those that were held and those that are issued at once.

Rules:

1. The state of a row and its log entry are one commit. A crash leaves both or neither, and of two processes that sign
   the same row the second finds it signed: no row is lost, none is issued twice.
2. A held row is judged again when it is due. It goes back, with what no longer fits at its cell, if it can no longer be
   issued, if its recipe has a newer version, or if its record would differ from the one that the person saw.
3. A row that changed meanwhile (taken back, or replaced by a later upload) is left alone.
4. A row that a second person has to approve is ready again and says so.
5. The party is told once nothing of an upload is held any more, and nothing of it is still to be signed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.desk.held_runs import compositions_of, moved
from ledger.desk.judge_workbook import JudgedRow
from ledger.desk.recipes import kept_recipes
from ledger.desk.upload_rows import judged_row, stored_row
from ledger.factors.tables import FactorTables
from ledger.issuing.issue import IssuedRun, attempts, made_and_used
from ledger.issuing.prepare import IssueSession
from ledger.recipes.expand import expand
from ledger.registry.append import append
from ledger.registry.approval import OPERATOR, ByRecipe
from ledger.registry.commits import CommitGroup, GroupRequest, groups, made_only
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.uploads import HELD, RowKey, UploadedRow, counts_of, keep_states, replace_held, rows_at, said_of
from schemas.door import validated
from schemas.garbage import gc_paused
from schemas.lot import normal_lot
from schemas.problem import OreprintError, Problem, RefusedError
from schemas.recipe import Facts
from schemas.record import ProductionRecord

ROUND: Final = 64
"""Rows that are signed together."""
WAITS: Final = frozenset({"approval.needed", "approval.changed", "approval.expired"})
"""Codes of the warning at a row that a second person has to approve (rule 4)."""
_SIGNED: Final = frozenset({"issued", "unchanged"})


class RowOutcome(NamedTuple):
    """The state of a row that was signed."""

    row: JudgedRow
    became: IssuedRun | OreprintError

    @property
    def name(self) -> str:
        """Its name in the log of the server."""
        return self.row.read.run


class _Row(NamedTuple):
    """A row that is to be signed: as it is stored and as it was judged, with its record, author and recipe."""

    stored: UploadedRow
    judged: JudgedRow
    record: ProductionRecord
    author: str
    recipe: ByRecipe


def sign_rows(
    registry: OpenRegistry, party: str, keys: Sequence[RowKey], *, tables: FactorTables, by: str | None = None
) -> list[RowOutcome]:
    """Sign rows of a party in their order; return what became of each. What is returned is durable.

    Only held rows are signed, for who held them; where `by` is given, rows that are ready are, too, for that person.

    Raises:
        StateError: as `ledger.registry.append.append`; the rows of that commit are then as they were.
    """
    with reading(registry.engine) as connection:
        stored = rows_at(connection, party, keys)
        uploads = {each.upload for each in stored}
        versions = {each: _versions(connection, party, each) for each in uploads}
    rows = [row for each in stored if (row := _row(each, versions[each.upload], by)) is not None]
    stale = {} if by is not None else dict(_stale(registry, party, rows, versions))
    outcomes: list[RowOutcome] = []
    at = 0
    with gc_paused():
        for group in groups(map(_request, rows), made_and_used):
            some = rows[at : at + len(group.requests)]
            at += len(some)
            outcomes += _signed(registry, some, stale, tables, at_once=by is not None)
    return outcomes


def _row(stored: UploadedRow, versions: Mapping[str, int], by: str | None) -> _Row | None:
    """Return a row to be signed, or None where there is nothing to sign."""
    judged = judged_row(stored)
    if judged.record is None or judged.read.made is None:
        return None
    called = f"{judged.read.recipe} v{versions.get(judged.read.recipe, 0)}"
    recipe = ByRecipe.of(called, judged.read.made.warnings)
    return _Row(stored, judged, judged.record, by or stored.author or OPERATOR, recipe)


def _request(row: _Row) -> GroupRequest[ProductionRecord, IssuedRun]:
    return GroupRequest(row.record, None, row.author, row.recipe)


def _versions(connection: Connection, party: str, upload: str) -> Mapping[str, int]:
    said = said_of(connection, party, upload)
    versions: dict[str, int] = {} if said is None else orjson.loads(said[1])["versions"]
    return versions


def _stale(
    registry: OpenRegistry, party: str, rows: Sequence[_Row], versions: Mapping[str, Mapping[str, int]]
) -> Iterator[tuple[RowKey, tuple[Problem, ...]]]:
    """Yield the rows that would no longer be signed as the person saw them, with the reason (rule 2)."""
    recipes = {each.checked.recipe.recipe: each.checked for each in kept_recipes(registry, party)}
    used = {name: recipes[name] for each in rows if (name := each.judged.read.recipe) in recipes}
    known = dict(compositions_of(registry, party, used.values()))
    for each in rows:
        read = each.judged.read
        version, checked = versions[each.stored.upload].get(read.recipe, 0), used.get(read.recipe)
        newest = 0 if checked is None else checked.recipe.version
        if checked is None or newest != version:
            problem = Problem.at("draft.recipe-changed", "version", version=version, newest=newest)
            yield each.stored.key, (read.at_fact(problem),)
        elif checked.needs_compositions and read.made is not None:
            facts: Any = read.facts
            try:
                made = expand(checked, validated(Facts, facts), known).record
            except OreprintError as error:
                yield each.stored.key, tuple(map(read.at_fact, error.problems))
                continue
            if orjson.loads(orjson.dumps(made)) != read.made.record:
                lot = ", ".join(output.lot for output in each.record.outputs)
                yield each.stored.key, (read.at_fact(Problem.at("draft.record-changed", "", lot=lot)),)
            known |= {normal_lot(lot): shares for lot, shares in moved(read.made.record).makes.items()}


def _signed(
    registry: OpenRegistry,
    rows: Sequence[_Row],
    stale: Mapping[RowKey, tuple[Problem, ...]],
    tables: FactorTables,
    *,
    at_once: bool,
) -> list[RowOutcome]:
    """Sign the rows of one commit, and store what became of them (rule 1)."""
    party = rows[0].stored.party
    signable = frozenset({"ready", HELD}) if at_once else frozenset({HELD})
    with append(registry) as transaction:
        connection = transaction.connection
        now, gone = _unchanged(connection, rows, signable | _SIGNED if at_once else signable)
        fit = [each for _, each in now if each.stored.key not in stale]
        group = CommitGroup([*map(_request, fit)])
        asked = group.unanswered(transaction)
        session = IssueSession.begin(transaction, tables, [each.item for each in asked])
        became = iter(made_only(group.log(transaction, attempts(transaction, session, asked))))
        outcomes = [
            RowOutcome(
                each.judged,
                RefusedError(*stale[each.stored.key]) if each.stored.key in stale else _at_cells(each, next(became)),
            )
            for _, each in now
        ]
        marked = [
            (kept.state, _marked(kept, outcome))
            for (kept, _), outcome in zip(now, outcomes, strict=True)
            if kept.state in signable
        ]
        keep_states(connection, marked)
        for upload in {row.upload for _, row in marked}:
            done = [row.run for _, row in marked if row.upload == upload and row.state == "issued"]
            replace_held(connection, party, upload, done)
            _tell_finished(registry, connection, party, upload, wanted=signable)
    return [*outcomes, *map(_replaced, gone)] if at_once else outcomes


def _unchanged(
    connection: Connection, rows: Sequence[_Row], states: AbstractSet[str]
) -> tuple[list[tuple[UploadedRow, _Row]], list[_Row]]:
    """Return the rows that are in some states with the same record, each as it is now, and those that changed."""
    there = {each.key: each for each in rows_at(connection, rows[0].stored.party, [each.stored.key for each in rows])}
    now: list[tuple[UploadedRow, _Row]] = []
    gone: list[_Row] = []
    for each in rows:
        kept = there.get(each.stored.key)
        if kept is not None and kept.request == each.stored.request and kept.state in states:
            now.append((kept, each))
        else:
            gone.append(each)
    return now, gone


def _replaced(row: _Row) -> RowOutcome:
    """Return that a later upload took the place of a row that was to be issued."""
    read = row.judged.read
    return RowOutcome(row.judged, RefusedError(read.at_fact(Problem.at("upload.replaced", "", run=read.run))))


def _at_cells(row: _Row, became: IssuedRun | OreprintError) -> IssuedRun | OreprintError:
    """Return an outcome with its problems at the cells that they are about."""
    if isinstance(became, OreprintError):
        return type(became)(*map(row.judged.read.at_cell, became.problems))
    return became


def _marked(stored: UploadedRow, outcome: RowOutcome) -> UploadedRow:
    """Return a row as it is stored after what became of it."""
    row, became = outcome
    row.warnings = [each for each in row.warnings if each.code not in WAITS]
    row.due_ms, row.author, row.problems = None, None, []
    match became:
        case OreprintError() if became.code in WAITS:
            row.state = "ready"
            row.warnings += became.problems
        case OreprintError():
            row.state = "back" if stored.state == HELD else "refused"
            row.problems = [*became.problems]
        case IssuedRun():
            row.state = "issued"
            row.certificates = tuple((each.lot, each.digest) for each in became.certificates)
    kept = stored_row(stored.party, stored.upload, stored.number, row)
    return kept._replace(record=None) if row.state == "issued" else kept


def _tell_finished(
    registry: OpenRegistry, connection: Connection, party: str, upload: str, *, wanted: AbstractSet[str]
) -> None:
    """Tell a party how many rows of an upload are in each state, once none is in a state that is `wanted` (rule 5)."""
    said, counts = said_of(connection, party, upload), counts_of(connection, party, upload)
    if said is None or not counts.keys().isdisjoint(wanted):
        return
    facts = {"upload": upload, **{state: str(count) for state, count in sorted(counts.items())}}
    now = registry.runtime.now_ms()
    notify(connection, party=party, kind="upload-finished", subject=said[0], facts=facts, now_ms=now)
