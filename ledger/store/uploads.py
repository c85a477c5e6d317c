"""Uploaded workbooks, and the state of each of their rows.

Rules: a row that was issued stays so, whoever reads the file again. A row changes only where its state and record are
those that the writer has read. No certificate, mark or mass depends on these tables (`ledger.store.desk_schema`).
This module judges nothing (`ledger.desk.uploads`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, null, select, update

from ledger.store.desk_schema import UPLOAD_ROWS, UPLOADS
from ledger.store.engine import insert_rows

_UPLOAD: Final = UPLOADS.c
_ROW: Final = UPLOAD_ROWS.c
_MOST_NAMED: Final = 500
"""Names in one query."""
HELD: Final = "held"
"""The state of rows that a person has issued, and that are signed later."""


class UploadRow(NamedTuple):
    """An uploaded file; `told` is JSON of what it says as a whole."""

    party: str
    id: str
    digest: bytes
    name: str
    content: bytes
    author: str
    at_ms: int
    told: str
    chosen: str | None = None


class RowKey(NamedTuple):
    """Which row of a party's uploads."""

    upload: str
    number: int


class UploadedRow(NamedTuple):
    """One row of an upload: its run, its state, the record that it makes, what was typed, and its certificates.

    A held row has `due_ms`, when it is signed, `author`, who held it, and `lots`, JSON of those it makes and uses.
    """

    party: str
    upload: str
    number: int
    run: str
    state: str
    request: bytes | None
    record: str | None
    facts: str
    certificates: str = "[]"
    due_ms: int | None = None
    author: str | None = None
    lots: str | None = None

    @property
    def key(self) -> RowKey:
        """Which row it is."""
        return RowKey(self.upload, self.number)


def upload_of(connection: Connection, party: str, upload: str) -> UploadRow | None:
    """Return an upload of a party, or None."""
    row = connection.execute(select(UPLOADS).where(_UPLOAD.party == party, _UPLOAD.id == upload)).first()
    return None if row is None else UploadRow(*row)


def upload_with(connection: Connection, party: str, digest: bytes) -> str | None:
    """Return the id of the upload of the same file, or None."""
    found: str | None = connection.scalar(select(_UPLOAD.id).where(_UPLOAD.party == party, _UPLOAD.digest == digest))
    return found


def uploads_of(connection: Connection, party: str, *, most: int) -> list[tuple[str, str, int]]:
    """Return id, name and time of the last uploads of a party, the newest first."""
    query = select(_UPLOAD.id, _UPLOAD.name, _UPLOAD.at_ms).where(_UPLOAD.party == party)
    return [(*row,) for row in connection.execute(query.order_by(_UPLOAD.at_ms.desc(), _UPLOAD.id).limit(most))]


def keep_upload(connection: Connection, upload: UploadRow, rows: Sequence[UploadedRow]) -> None:
    """Store an upload and its rows, in place of those of the same id."""
    for column in (_UPLOAD, _ROW):
        table, its_id = (UPLOADS, _UPLOAD.id) if column is _UPLOAD else (UPLOAD_ROWS, _ROW.upload)
        connection.execute(delete(table).where(column.party == upload.party, its_id == upload.id))
    insert_rows(connection, UPLOADS, [upload])
    insert_rows(connection, UPLOAD_ROWS, rows)


def rows_of(
    connection: Connection,
    party: str,
    upload: str,
    states: Collection[str] = (),
    *,
    after: int = -1,
    most: int = 10_000,
) -> list[UploadedRow]:
    """Return rows of an upload in their order: those in some states, or all; at most so many behind a number."""
    query = select(UPLOAD_ROWS).where(_ROW.party == party, _ROW.upload == upload, _ROW.number > after)
    if states:
        query = query.where(_ROW.state.in_(states))
    return [UploadedRow(*row) for row in connection.execute(query.order_by(_ROW.number).limit(most))]


def counts_of(connection: Connection, party: str, upload: str) -> dict[str, int]:
    """Return how many rows of an upload are in each state."""
    query = select(_ROW.state, func.count()).where(_ROW.party == party, _ROW.upload == upload)
    return {state: count for state, count in connection.execute(query.group_by(_ROW.state))}  # noqa: C416 - rows, not pairs


def rows_at(connection: Connection, party: str, keys: Iterable[RowKey]) -> list[UploadedRow]:
    """Return those of some rows that are there, in their order."""
    found: dict[RowKey, UploadedRow] = {}
    wanted = list(keys)
    for upload in {each.upload for each in wanted}:
        numbers = [each.number for each in wanted if each.upload == upload]
        place = (_ROW.party == party) & (_ROW.upload == upload)
        for at in range(0, len(numbers), _MOST_NAMED):
            query = select(UPLOAD_ROWS).where(place, _ROW.number.in_(numbers[at : at + _MOST_NAMED]))
            found |= {row.key: row for row in (UploadedRow(*each) for each in connection.execute(query))}
    return [found[each] for each in wanted if each in found]


_STATE: Final = (
    update(UPLOAD_ROWS)
    .where(
        _ROW.party == bindparam("of"),
        _ROW.upload == bindparam("within"),
        _ROW.number == bindparam("at"),
        _ROW.request == bindparam("made"),
        _ROW.state == bindparam("was"),
    )
    .values(
        state=bindparam("now"),
        record=bindparam("kept"),
        facts=bindparam("told"),
        certificates=bindparam("certified"),
        due_ms=bindparam("due"),
        author=bindparam("by"),
        lots=bindparam("moved"),
    )
)


def keep_states(connection: Connection, rows: Iterable[tuple[str, UploadedRow]]) -> list[UploadedRow]:
    """Store rows, each with the state that it had; return those that are stored.

    A row that has another state or record by now stays as it is.
    """
    kept: list[UploadedRow] = []
    for was, row in rows:
        place = {"of": row.party, "within": row.upload, "at": row.number, "made": row.request, "was": was}
        values = {"now": row.state, "kept": row.record, "told": row.facts, "certified": row.certificates}
        held = {"due": row.due_ms, "by": row.author, "moved": row.lots}
        if connection.execute(_STATE, place | values | held).rowcount == 1:
            kept.append(row)
    return kept


# -- held rows ---------------------------------------------------------------------------------------------------------


def held_runs(connection: Connection, party: str, runs: Collection[str]) -> dict[str, UploadedRow]:
    """Return the held row of each run, by the run's name in normal form."""
    found: dict[str, UploadedRow] = {}
    query = select(UPLOAD_ROWS).where(_ROW.party == party, _ROW.state == HELD)
    some = list(runs)
    for at in range(0, len(some), _MOST_NAMED):
        named = query.where(_ROW.run.in_(some[at : at + _MOST_NAMED]))
        found |= {row.run: row for row in (UploadedRow(*each) for each in connection.execute(named))}
    return found


def replace_held(connection: Connection, party: str, upload: str, runs: Collection[str]) -> None:
    """Let the held rows of runs in all other uploads be replaced."""
    some = list(runs)
    for at in range(0, len(some), _MOST_NAMED):
        place = (_ROW.party == party) & (_ROW.upload != upload) & (_ROW.state == HELD)
        named = place & _ROW.run.in_(some[at : at + _MOST_NAMED])
        connection.execute(update(UPLOAD_ROWS).where(named).values(state="replaced", due_ms=None, lots=None))


def take_back_held(connection: Connection, party: str, upload: str, number: int | None) -> int:
    """Let the held rows of an upload, or one of them, be ready again; return how many were."""
    place = (_ROW.party == party) & (_ROW.upload == upload) & (_ROW.state == HELD)
    if number is not None:
        place &= _ROW.number == number
    return connection.execute(
        update(UPLOAD_ROWS).where(place).values(state="ready", due_ms=None, author=None, lots=None)
    ).rowcount


def held_lots(connection: Connection, party: str) -> list[tuple[RowKey, str]]:
    """Return which rows of a party are held, with the lots that each makes and uses, in the order of their files."""
    query = select(_ROW.upload, _ROW.number, _ROW.lots).where(_ROW.party == party, _ROW.due_ms.is_not(None))
    rows = connection.execute(query.order_by(_ROW.upload, _ROW.number))
    return [(RowKey(upload, number), lots) for upload, number, lots in rows]


def due_row(connection: Connection, now_ms: int) -> tuple[str, str] | None:
    """Return party and upload of the held row that is due the longest, or None."""
    query = select(_ROW.party, _ROW.upload).where(_ROW.due_ms <= now_ms)
    row = connection.execute(query.order_by(_ROW.due_ms, _ROW.party, _ROW.upload).limit(1)).first()
    return None if row is None else (row[0], row[1])


def held_keys(connection: Connection, party: str, upload: str, *, most: int, due_ms: int | None = None) -> list[RowKey]:
    """Return held rows of an upload in the order of the file; those alone that are due by a time if it is given."""
    query = select(_ROW.number).where(_ROW.party == party, _ROW.upload == upload, _ROW.state == HELD)
    if due_ms is not None:
        query = query.where(_ROW.due_ms <= due_ms)
    return [RowKey(upload, number) for number in connection.scalars(query.order_by(_ROW.number).limit(most))]


def holder_of(connection: Connection, party: str, upload: str) -> str | None:
    """Return who held rows of an upload, or None where none is held."""
    query = select(_ROW.author).where(_ROW.party == party, _ROW.upload == upload, _ROW.state == HELD)
    found: str | None = connection.scalar(query.order_by(_ROW.number).limit(1))
    return found


def first_due(connection: Connection, party: str, upload: str) -> int | None:
    """Return when the first held row of an upload is signed, or None."""
    due: int | None = connection.scalar(select(func.min(_ROW.due_ms)).where(_ROW.party == party, _ROW.upload == upload))
    return due


def held_until(connection: Connection, party: str) -> list[tuple[str, str, int, int]]:
    """Return id, name, number of held rows, and when the first is signed, of each upload that has such rows."""
    joined = UPLOAD_ROWS.join(UPLOADS, (_UPLOAD.party == _ROW.party) & (_UPLOAD.id == _ROW.upload))
    query = select(_UPLOAD.id, _UPLOAD.name, func.count(), func.min(_ROW.due_ms)).select_from(joined)
    query = query.where(_ROW.party == party, _ROW.due_ms.is_not(None)).group_by(_UPLOAD.id, _UPLOAD.name)
    return [(*row,) for row in connection.execute(query.order_by(func.min(_ROW.due_ms), _UPLOAD.id))]


def said_of(connection: Connection, party: str, upload: str) -> tuple[str, str] | None:
    """Return name and `told` of an upload without its file, or None."""
    row = connection.execute(
        select(_UPLOAD.name, _UPLOAD.told).where(_UPLOAD.party == party, _UPLOAD.id == upload)
    ).first()
    return None if row is None else (row[0], row[1])


# -- what the file says as a whole -------------------------------------------------------------------------------------


def shipping_rows(connection: Connection, party: str, upload: str) -> list[UploadedRow]:
    """Return the rows of an upload that name a customer, without their records."""
    names = [null().label(each.name) if each.name in {"request", "record"} else each for each in UPLOAD_ROWS.c]
    place = (_ROW.party == party) & (_ROW.upload == upload) & _ROW.facts.contains(_SHIPS, autoescape=True)
    return [UploadedRow(*row) for row in connection.execute(select(*names).where(place).order_by(_ROW.number))]


_SHIPS: Final = '"ship":['
"""How the facts of a row name a customer; within a text the marks would be escaped."""


def keep_facts(connection: Connection, rows: Sequence[UploadedRow]) -> None:
    """Store the facts of rows, whatever their state."""
    for row in rows:
        place = (_ROW.party == row.party) & (_ROW.upload == row.upload) & (_ROW.number == row.number)
        connection.execute(update(UPLOAD_ROWS).where(place).values(facts=row.facts))


def choose(connection: Connection, party: str, upload: str, chosen: str | None) -> None:
    """Store what of an upload is to be issued."""
    place = (_UPLOAD.party == party) & (_UPLOAD.id == upload)
    connection.execute(update(UPLOADS).where(place).values(chosen=chosen))


def keep_told(connection: Connection, party: str, upload: str, told: str) -> None:
    """Store what an upload says as a whole."""
    place = (_UPLOAD.party == party) & (_UPLOAD.id == upload)
    connection.execute(update(UPLOADS).where(place).values(told=told))


def issued_facts(connection: Connection, party: str, runs: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Yield run, facts and certificates of rows that were issued, the latest upload of each run last."""
    joined = UPLOAD_ROWS.join(UPLOADS, (_UPLOAD.party == _ROW.party) & (_UPLOAD.id == _ROW.upload))
    wanted = select(_ROW.run, _ROW.facts, _ROW.certificates).select_from(joined)
    some = list(runs)
    for at in range(0, len(some), 500):
        query = wanted.where(
            _ROW.party == party, _ROW.run.in_(some[at : at + 500]), _ROW.state.in_(("issued", "unchanged"))
        )
        yield from ((*row,) for row in connection.execute(query.order_by(_UPLOAD.at_ms)))


def ready_rows(connection: Connection, party: str, runs: Collection[str]) -> dict[str, str]:
    """Return the latest upload in which each run is a row that is ready, by run."""
    joined = UPLOAD_ROWS.join(UPLOADS, (_UPLOAD.party == _ROW.party) & (_UPLOAD.id == _ROW.upload))
    wanted = select(_ROW.run, _ROW.upload).select_from(joined).where(_ROW.party == party, _ROW.state == "ready")
    found: dict[str, str] = {}
    some = [*dict.fromkeys(runs)]
    for at in range(0, len(some), 500):
        query = wanted.where(_ROW.run.in_(some[at : at + 500])).order_by(_UPLOAD.at_ms)
        found |= {run: upload for run, upload in connection.execute(query)}  # noqa: C416 - rows, not pairs
    return found


def upload_names(connection: Connection, party: str, uploads: Collection[str]) -> dict[str, str]:
    """Return the name of each upload's file, by upload."""
    query = select(_UPLOAD.id, _UPLOAD.name).where(_UPLOAD.party == party, _UPLOAD.id.in_(uploads))
    return {upload: name for upload, name in connection.execute(query)}  # noqa: C416 - rows, not pairs
