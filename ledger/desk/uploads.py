"""Uploaded workbooks: kept with the state of each row, and issued in rounds that a crash can only interrupt.

Rules:

1. A row is held for the party's minutes before it is signed (`ledger.desk.upload_holds`), as a run that is typed at the
   desk, so that a mass typo burns no lot's name. Where these are 0 it is signed at once (`issue_upload`).
2. Of each run at most one row is held. Another upload of the same record takes the hold over, with its time. Issuing
   another record of the run replaces the held one.
3. The state of a row and its log entry are one commit (`ledger.desk.held_rows`). Whoever asks again goes on with the
   rows that are still ready: nothing is lost, and nothing is issued twice.
4. None is issued until all fit, unless the fitting ones alone are asked for.
5. If a recipe has a newer version by then, none is issued: read the workbook again, and look at it.
6. The same file again is the same upload, judged anew.
7. A row that a second person has to approve stays ready and says so; it is issued when it is asked for again.
8. Rows that use what other rows make are signed after these, whatever upload each is of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final, Literal, NamedTuple

import orjson

from ledger.desk.held import ship_if_signed, sign_lots
from ledger.desk.held_rows import ROUND, RowOutcome, sign_rows
from ledger.desk.judge_workbook import FIT, JudgedRow, judge_rows, judge_workbook
from ledger.desk.recipes import kept_recipes
from ledger.desk.upload_rows import UploadedRun, judged_row, shown_row, stored_row, told_of, told_problems
from ledger.desk.upload_shipping import shown_ships
from ledger.factors.tables import FactorTables
from ledger.issuing.issue import issued_before
from ledger.lots.lineage import lot_of
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.logs import last_heads
from ledger.store.uploads import (
    HELD,
    RowKey,
    UploadedRow,
    UploadRow,
    choose,
    counts_of,
    first_due,
    held_runs,
    keep_states,
    keep_told,
    keep_upload,
    replace_held,
    rows_of,
    upload_of,
    upload_with,
    uploads_of,
)
from schemas.columns import Language
from schemas.lot import normal_lot
from schemas.problem import MissingError, Problem, RefusedError
from schemas.record import ProductionRecord

_ID_BYTES: Final = 12
Chosen = Literal["all", "ready"]


class Upload(NamedTuple):
    """An upload: its file, how many rows are in each state, and what the file says as a whole."""

    id: str
    party: str
    name: str
    language: Language
    counts: Mapping[str, int]
    versions: Mapping[str, int]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    versions_unsaid: bool
    judged_at: str
    chosen: str | None
    due_ms: int | None = None
    """When the first held row is signed."""

    @property
    def unfit(self) -> int:
        """How many rows keep the others from being issued together."""
        return sum(count for state, count in self.counts.items() if state not in FIT) + (1 if self.problems else 0)


class IssueWish(NamedTuple):
    """The rows of an upload to issue, and for whom.

    `confirmed` accepts the recipes of today for a file that names no versions. `again` also gives the rows that were
    issued before, with their certificates. `by` is who asks, as the gate of two persons knows them. `may_ship` is
    whether they may ship to the customers that rows name. `rows` are the numbers of those to sign, None for all.
    """

    chosen: Chosen = "all"
    confirmed: bool = False
    again: bool = False
    by: str = OPERATOR
    may_ship: bool = True
    rows: frozenset[int] | None = None


def upload_workbook(
    registry: OpenRegistry, party: str, name: str, content: bytes, *, tables: FactorTables, by: str = OPERATOR
) -> Upload:
    """Read and judge a workbook, and keep it with the state of each row. The same file again is judged anew.

    Raises:
        InputError: ``workbook.*`` for a file that is none or unsafe; StateError: ``store.*``.
    """
    situation = _situation(registry, tables)
    judged = judge_workbook(registry, party, content, tables, name=name)
    digest, now = sha256(content).digest(), registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        upload = upload_with(connection, party, digest) or registry.runtime.random(_ID_BYTES).hex()
        row = UploadRow(party, upload, digest, name, content, by, now, told_of(judged, situation))
        rows = [stored_row(party, upload, number, each) for number, each in enumerate(judged.rows)]
        held = held_runs(connection, party, {each.run for each in rows if each.state == HELD})
        rows = [_taken_over(each, held.get(each.run)) for each in rows]
        keep_upload(connection, row, rows)
        replace_held(connection, party, upload, [each.run for each in rows if each.state == HELD])
        add_events(connection, [EventRow(now, party, "", "upload", upload, digest.hex(), by)])
        connection.commit()
    return upload_state(registry, party, upload)


def _taken_over(row: UploadedRow, held: UploadedRow | None) -> UploadedRow:
    """Return a row that was judged as held with the time of the hold that it takes over, ready if that is gone."""
    if row.state != HELD:
        return row
    if held is None or held.request != row.request:
        return row._replace(state="ready", due_ms=None, author=None, lots=None)
    return row._replace(due_ms=held.due_ms, author=held.author)


def upload_state(registry: OpenRegistry, party: str, upload: str) -> Upload:
    """Return the state of an upload; raise MissingError `upload.unknown`, also for that of another party."""
    with reading(registry.engine) as connection:
        row = upload_of(connection, party, upload)
        counts, due = counts_of(connection, party, upload), first_due(connection, party, upload)
    if row is None:
        raise MissingError.at("upload.unknown", upload=upload)
    told = orjson.loads(row.told)
    return Upload(
        upload,
        party,
        row.name,
        told["language"],
        counts,
        told["versions"],
        told_problems(told["problems"]),
        told_problems(told["notes"]),
        told["unsaid"],
        told["judged_at"],
        row.chosen,
        due,
    )


def upload_runs(
    registry: OpenRegistry, party: str, upload: str, states: Sequence[str] = (), *, after: int = -1, most: int = 5_000
) -> list[UploadedRun]:
    """Return rows of an upload: those in some states, or all."""
    with reading(registry.engine) as connection:
        found = rows_of(connection, party, upload, states, after=after, most=most)
    return [shown_row(each) for each in found]


def upload_records(registry: OpenRegistry, party: str, upload: str) -> Iterator[ProductionRecord]:
    """Yield the records of the rows of an upload that were not issued yet."""
    with reading(registry.engine) as connection:
        found = rows_of(connection, party, upload)
    yield from (record for each in found if (record := judged_row(each).record) is not None)


def upload_file(registry: OpenRegistry, party: str, upload: str) -> tuple[str, bytes]:
    """Return name and content of an uploaded file; raise MissingError `upload.unknown`."""
    with reading(registry.engine) as connection:
        row = upload_of(connection, party, upload)
    if row is None:
        raise MissingError.at("upload.unknown", upload=upload)
    return row.name, row.content


def latest_uploads(registry: OpenRegistry, party: str, *, most: int = 20) -> list[tuple[str, str, int]]:
    """Return id, name and time of the last uploads of a party, the newest first."""
    with reading(registry.engine) as connection:
        return uploads_of(connection, party, most=most)


def issue_upload(
    registry: OpenRegistry, party: str, upload: str, *, tables: FactorTables, wish: IssueWish
) -> Iterator[list[RowOutcome]]:
    """Sign the rows of an upload that are ready or held, now, and yield what became of each round; each is durable.

    Rows are judged again first, if anything has happened since. What they use of other held runs is signed first.

    Raises:
        RefusedError: `upload.unfit`, `upload.recipe-newer`, `upload.unconfirmed`; MissingError: `upload.unknown`.
    """
    rows = check_issuable(registry, party, upload, tables=tables, wish=wish)
    with writing(registry.engine) as connection:
        choose(connection, party, upload, wish.chosen)
        add_events(
            connection, [EventRow(registry.runtime.now_ms(), party, "", "upload issue", upload, wish.chosen, wish.by)]
        )
        connection.commit()
    if wish.again:
        yield from _again(registry, [row for row in rows.values() if row.state == "unchanged"])
    due = {
        number: row.record
        for number, row in rows.items()
        if row.state in {"ready", HELD} and row.record is not None and (wish.rows is None or number in wish.rows)
    }
    made = {normal_lot(output.lot) for record in due.values() for output in record.outputs}
    used = [each.lot for record in due.values() for each in record.inputs if each.lot is not None]
    sign_lots(registry, party, [each for each in used if normal_lot(each) not in made], tables=tables)
    keys = [RowKey(upload, number) for number in due]
    for at in range(0, len(keys), ROUND):
        yield sign_rows(registry, party, keys[at : at + ROUND], tables=tables, by=wish.by)
    ship_if_signed(registry, party, upload, wish.by)


def check_issuable(
    registry: OpenRegistry, party: str, upload: str, *, tables: FactorTables, wish: IssueWish
) -> dict[int, JudgedRow]:
    """Return the rows of an upload as they are judged now, by number, or raise what keeps them from being issued.

    Raises:
        RefusedError: `upload.unfit`, `upload.recipe-newer`, `upload.unconfirmed`; MissingError: `upload.unknown`.
    """
    state = upload_state(registry, party, upload)
    _check_recipes(registry, state, confirmed=wish.confirmed)
    if not wish.may_ship and shown_ships(registry, party, upload):
        raise RefusedError.at("upload.may-not-ship")
    rows = _rejudged(registry, party, upload, tables, judged_at=state.judged_at)
    unfit = upload_state(registry, party, upload).unfit
    if unfit and wish.chosen == "all":
        raise RefusedError.at("upload.unfit", count=unfit)
    return rows


def _again(registry: OpenRegistry, rows: Sequence[JudgedRow]) -> Iterator[list[RowOutcome]]:
    """Yield rows that were issued before, with their certificates."""
    for at in range(0, len(rows), ROUND):
        with reading(registry.engine) as connection:
            yield [
                RowOutcome(row, issued_before(registry, connection, lot.issuance))
                for row in rows[at : at + ROUND]
                if row.certificates and (lot := lot_of(connection, certificate_digest_bytes(row.certificates[0][1])))
            ]


def _check_recipes(registry: OpenRegistry, state: Upload, *, confirmed: bool) -> None:
    newest = {each.checked.recipe.recipe: each.checked.recipe.version for each in kept_recipes(registry, state.party)}
    newer = [f"{name} v{newest[name]}" for name, version in state.versions.items() if newest.get(name, 0) != version]
    if newer:
        raise RefusedError.at("upload.recipe-newer", recipes=", ".join(newer))
    if state.versions_unsaid and not confirmed:
        told = ", ".join(f"{name} v{version}" for name, version in state.versions.items())
        raise RefusedError.at("upload.unconfirmed", recipes=told)


def _situation(registry: OpenRegistry, tables: FactorTables) -> str:
    """Return a fingerprint of everything that a row is judged by: the log, and the factor tables."""
    with reading(registry.engine) as connection:
        sizes = sorted((head.origin, head.size) for head in last_heads(connection))
    digests = sorted((table.name, table.digest) for table in tables.sets.values())
    return sha256(repr((sizes, digests)).encode()).hexdigest()


def _rejudged(
    registry: OpenRegistry, party: str, upload: str, tables: FactorTables, *, judged_at: str
) -> dict[int, JudgedRow]:
    """Judge rows again, unless nothing has happened since; store what changed; return all that make a record."""
    with reading(registry.engine) as connection:
        stored = rows_of(connection, party, upload)
    rows = {each.number: judged_row(each) for each in stored}
    situation = _situation(registry, tables)
    if judged_at == situation:
        return rows
    again = {number: row for number, row in rows.items() if row.record is not None and row.state != "replaced"}
    before = {number: stored_row(party, upload, number, row) for number, row in again.items()}
    judge_rows(registry, party, [*again.values()], tables)
    after = {number: stored_row(party, upload, number, row) for number, row in again.items()}
    differ = [row for number, row in after.items() if row != before[number]]
    with writing(registry.engine) as connection:
        keep_states(connection, [(before[row.number].state, row) for row in differ])
        kept = upload_of(connection, party, upload)
        if kept is not None:
            told = {**orjson.loads(kept.told), "judged_at": situation}
            keep_told(connection, party, upload, orjson.dumps(told).decode())
        connection.commit()
    return rows
