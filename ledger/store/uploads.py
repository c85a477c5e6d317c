"""Uploaded workbooks, and the state of each of their rows.

Rules: a row that was issued stays so, whoever reads the file again. No certificate, mark or mass depends on these
tables (as `ledger.store.desk`). This module judges nothing (`ledger.desk.uploads`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, null, select, update

from ledger.store.desk import UPLOAD_ROWS, UPLOADS
from ledger.store.engine import insert_rows

_UPLOAD: Final = UPLOADS.c
_ROW: Final = UPLOAD_ROWS.c


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


class UploadedRow(NamedTuple):
    """One row of an upload: its run, its state, the record that it makes, what was typed, and its certificates."""

    party: str
    upload: str
    number: int
    run: str
    state: str
    request: bytes | None
    record: str | None
    facts: str
    certificates: str = "[]"


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


_STATE: Final = (
    update(UPLOAD_ROWS)
    .where(
        _ROW.party == bindparam("of"),
        _ROW.upload == bindparam("within"),
        _ROW.number == bindparam("at"),
        _ROW.request == bindparam("made"),
        _ROW.state != "issued",
    )
    .values(
        state=bindparam("now"), record=bindparam("kept"), facts=bindparam("told"), certificates=bindparam("certified")
    )
)


def keep_states(connection: Connection, rows: Sequence[UploadedRow]) -> None:
    """Store the state, record, facts and certificates of rows; one that has another record by now stays as it is."""
    for row in rows:
        values = {"of": row.party, "within": row.upload, "at": row.number, "made": row.request, "now": row.state}
        rest = {"kept": row.record, "told": row.facts, "certified": row.certificates}
        connection.execute(_STATE, values | rest)


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
