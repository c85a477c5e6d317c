"""Uploaded workbooks: kept with the state of each row, and issued in rounds that a crash can only interrupt.

Rules:

1. A row is issued by its record, and the registry knows a record again by its digest. So a round that was logged, but
   whose rows were not marked before a crash, is answered with the same certificates: nothing is issued twice.
2. The state of a round's rows is stored in one commit behind it. Whoever asks again goes on with the rows that are
   still ready: nothing is lost.
3. None is issued until all fit, unless the fitting ones alone are asked for.
4. If a recipe has a newer version by then, none is issued: read the workbook again, and look at it.
5. The same file again is the same upload, judged anew.
6. A row that a second person has to approve stays ready and says so; it is issued when it is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.desk.judge_workbook import FIT, JudgedRow, judge_rows, judge_workbook
from ledger.desk.recipes import kept_recipes
from ledger.desk.upload_rows import UploadedRun, judged_row, shown_row, stored_row, told_of, told_problems
from ledger.desk.upload_shipping import ship_upload
from ledger.factors.tables import FactorTables
from ledger.issuing.issue import IssuedRun, issue, issued_before
from ledger.lots.lineage import lot_of
from ledger.registry.approval import OPERATOR
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.desk import EventRow, add_events
from ledger.store.engine import reading, writing
from ledger.store.logs import last_heads
from ledger.store.uploads import (
    UploadedRow,
    UploadRow,
    choose,
    counts_of,
    keep_states,
    keep_told,
    keep_upload,
    rows_of,
    upload_of,
    upload_with,
    uploads_of,
)
from ledger.workbook.annotate import annotated_apart, note
from schemas.columns import STATES, Language
from schemas.problem import MissingError, OreprintError, Problem, RefusedError
from schemas.record import ProductionRecord

ROUND: Final = 64
"""Rows that are issued and marked together."""
_ID_BYTES: Final = 12
Chosen = Literal["all", "ready"]
_WAITS: Final = frozenset({"approval.needed", "approval.changed", "approval.expired"})
"""What a row is told that a second person has to approve (rule 6)."""


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

    @property
    def unfit(self) -> int:
        """How many rows keep the others from being issued together."""
        return sum(count for state, count in self.counts.items() if state not in FIT) + (1 if self.problems else 0)


class IssueWish(NamedTuple):
    """What of an upload to issue, and for whom.

    `confirmed` accepts the recipes of today for a file that names no versions. `again` also gives the rows that were
    issued before, with their certificates. `by` is who asks, as the gate of two persons knows them. `may_ship` is
    whether they may ship to the customers that rows name.
    """

    chosen: Chosen = "all"
    confirmed: bool = False
    again: bool = False
    by: str = OPERATOR
    may_ship: bool = True


class RowOutcome(NamedTuple):
    """What became of a row in a round."""

    row: JudgedRow
    became: IssuedRun | OreprintError


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
        keep_upload(
            connection, row, [stored_row(party, upload, number, each) for number, each in enumerate(judged.rows)]
        )
        add_events(connection, [EventRow(now, party, "", "upload", upload, digest.hex(), by)])
        connection.commit()
    return upload_state(registry, party, upload)


def upload_state(registry: OpenRegistry, party: str, upload: str) -> Upload:
    """Return the state of an upload; raise MissingError `upload.unknown`, also for that of another party."""
    with reading(registry.engine) as connection:
        row = upload_of(connection, party, upload)
        counts = counts_of(connection, party, upload)
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


def annotated_upload(registry: OpenRegistry, party: str, upload: str, *, rest: bool = False) -> tuple[str, bytes]:
    """Return name and content of the annotated copy of an upload; with `rest`, without the rows that were issued.

    Raises:
        MissingError: `upload.unknown`; InputError: `workbook.too-slow`.

    """
    state, (name, content) = upload_state(registry, party, upload), upload_file(registry, party, upload)
    with reading(registry.engine) as connection:
        rows = [(each, orjson.loads(each.facts)) for each in rows_of(connection, party, upload)]
    notes = [note(each, "problem") for each in state.problems] + [note(each, "warning") for each in state.notes]
    written: dict[str, str] = {}
    gone: list[tuple[str, int]] = []
    language = state.language
    for row, told in rows:
        if rest and row.state in {"issued", "unchanged"}:
            gone += [(sheet, number) for sheet, number in told["rows"]]
            continue
        lot = ", ".join(each.get("lot", "") for each in told["facts"].get("outputs", ()))
        for severity in ("problem", "warning"):
            notes += (note(each, severity, told["name"], lot) for each in told_problems(told[f"{severity}s"]))
        notes += (note(each, "warning", told["name"], lot) for each in told_problems(told.get("unshipped", ())))
        digests = " ".join(digest for _, digest in orjson.loads(row.certificates))
        for column, text in (("status", STATES[row.state][language]), ("certificate", digests)):
            if column in told["cells"] and text:
                written[told["cells"][column]] = text
    stem = PurePosixPath(name).stem
    copy = annotated_apart(content, name, notes, language, written=written, gone=gone)
    return f"{stem}-{'rest' if rest else 'annotated'}.xlsx", copy


def latest_uploads(registry: OpenRegistry, party: str, *, most: int = 20) -> list[tuple[str, str, int]]:
    """Return id, name and time of the last uploads of a party, the newest first."""
    with reading(registry.engine) as connection:
        return uploads_of(connection, party, most=most)


def issue_upload(
    registry: OpenRegistry, party: str, upload: str, *, tables: FactorTables, wish: IssueWish
) -> Iterator[list[RowOutcome]]:
    """Issue the rows of an upload that are ready, and yield what became of each round; each is durable by then.

    Rows are judged again first, if anything has happened since.

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
    due = [(number, row) for number, row in rows.items() if row.state == "ready"]
    if wish.again:
        yield from _again(registry, [row for row in rows.values() if row.state == "unchanged"])
    work = _Work(registry, party, upload, tables, wish.by, upload_state(registry, party, upload).versions)
    for at in range(0, len(due), ROUND):
        yield _round(work, due[at : at + ROUND], last=at + ROUND >= len(due))
    ship_upload(registry, party, upload, by=wish.by, may_ship=wish.may_ship)


def check_issuable(
    registry: OpenRegistry, party: str, upload: str, *, tables: FactorTables, wish: IssueWish
) -> dict[int, JudgedRow]:
    """Return the rows of an upload as they are judged now, by number, or raise what keeps them from being issued.

    Raises:
        RefusedError: `upload.unfit`, `upload.recipe-newer`, `upload.unconfirmed`; MissingError: `upload.unknown`.

    """
    state = upload_state(registry, party, upload)
    _check_recipes(registry, state, confirmed=wish.confirmed)
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
    """Return what stands for everything that a row is judged by: the log, and the factor tables."""
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
    again = {number: row for number, row in rows.items() if row.record is not None}
    before = {number: stored_row(party, upload, number, row) for number, row in again.items()}
    judge_rows(registry, party, [*again.values()], tables)
    after = {number: stored_row(party, upload, number, row) for number, row in again.items()}
    differ = [row for number, row in after.items() if row != before[number]]
    with writing(registry.engine) as connection:
        keep_states(connection, differ)
        kept = upload_of(connection, party, upload)
        if kept is not None:
            told = {**orjson.loads(kept.told), "judged_at": situation}
            keep_told(connection, party, upload, orjson.dumps(told).decode())
        connection.commit()
    return rows


class _Work(NamedTuple):
    """What the rounds of an upload have in common; `by` is who asks, `versions` are those of its recipes."""

    registry: OpenRegistry
    party: str
    upload: str
    tables: FactorTables
    by: str
    versions: Mapping[str, int]


def _round(work: _Work, due: Sequence[tuple[int, JudgedRow]], *, last: bool) -> list[RowOutcome]:
    """Issue some rows, then store what became of them; with the last ones, tell the party."""
    registry, party = work.registry, work.party
    records = [row.record for _, row in due if row.record is not None]
    recipes = [f"{row.read.recipe} v{work.versions.get(row.read.recipe, 0)}" for _, row in due]
    outcomes = issue(registry, records, tables=work.tables, author=work.by, recipes=recipes)
    marked: list[UploadedRow] = []
    for (number, row), became in zip(due, outcomes, strict=True):
        row.warnings = [each for each in row.warnings if each.code not in _WAITS]
        if isinstance(became, OreprintError):
            told = [*map(row.read.at_cell, became.problems)]
            if became.code in _WAITS:
                row.warnings += told
            else:
                row.state, row.problems = "refused", told
            marked.append(stored_row(party, work.upload, number, row))
        else:
            if row.state != "unchanged":
                row.state = "issued"
            row.certificates = tuple((each.lot, each.digest) for each in became.certificates)
            marked.append(stored_row(party, work.upload, number, row)._replace(record=None))
    with writing(registry.engine) as connection:
        keep_states(connection, marked)
        if last:
            _tell_finished(connection, work)
        connection.commit()
    return [RowOutcome(row, became) for (_, row), became in zip(due, outcomes, strict=True)]


def _tell_finished(connection: Connection, work: _Work) -> None:
    """Tell a party that all rows of an upload were tried, and how many are in each state."""
    row = upload_of(connection, work.party, work.upload)
    if row is not None:
        counts = counts_of(connection, work.party, work.upload)
        facts = {"upload": work.upload, **{state: str(count) for state, count in sorted(counts.items())}}
        now = work.registry.runtime.now_ms()
        notify(connection, party=work.party, kind="upload-finished", subject=row.name, facts=facts, now_ms=now)
