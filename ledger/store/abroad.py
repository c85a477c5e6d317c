"""Records from other registries: lots, their bundle lines, heads, status lists, and trust lists.

Rules: an arrival is the record of the move that named this registry, logged here too.  Its lines are the records of the
bundle that it came with, upstream first.  Each other registry has one head, and all of its lines are proven to it.  A
lot of this registry that came back is where it always was; only its path leads abroad.

This module judges nothing (`ledger.transfers.receive` does, before it writes).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, delete, desc, exists, select, update

from ledger.log.entry import StatusBit
from ledger.store import schema
from ledger.store.engine import ask, insert_rows
from ledger.store.lots import StoredLot
from ledger.store.rows import ArrivalRow, CertificateRow
from ledger.trust.pinned import open_trust
from ledger.trust.status import CODE_OF_PURPOSE, open_status_list
from schemas.bundle import BundleLine, StatusLine, read_line

_ARRIVAL: Final = schema.ARRIVALS.c


class ArrivedLine(NamedTuple):
    """A stored line: its arrival's move, its number there, the registry whose log proves it, and its text."""

    move: bytes
    number: int
    registry: str
    line: str

    @property
    def read(self) -> BundleLine:
        """The parsed line."""
        return read_line(self.line.encode() + b"\n", f"arrived line {self.number}")


_ANY: Final = select(_ARRIVAL.move).limit(1)


def anything_arrived(connection: Connection) -> bool:
    """Return whether anything ever came from another registry."""
    return bool(ask(connection, _ANY))


_HERE: Final = exists().where(
    schema.BATCHES.c.issuance == _ARRIVAL.issuance, schema.BATCHES.c.output == _ARRIVAL.output
)


_RULES: Final = {
    "lot_normal": _ARRIVAL.lot_normal == bindparam("lot_normal"),
    "certificate": _ARRIVAL.certificate == bindparam("certificate"),
    "issuance": _ARRIVAL.issuance == bindparam("issuance"),
    "owner": exists().where(
        schema.HOLDINGS.c.issuance == _ARRIVAL.issuance,
        schema.HOLDINGS.c.output == _ARRIVAL.output,
        schema.HOLDINGS.c.owner == bindparam("owner"),
    ),
}
_ARRIVED: Final = (
    select(schema.ARRIVALS)
    .join(schema.RECORDS, schema.RECORDS.c.digest == _ARRIVAL.move)
    .order_by(schema.RECORDS.c.entry)
)
_ARRIVED_BY: Final = _ARRIVED.where(_ARRIVAL.move == bindparam("move"))
_ARRIVED_AS: Final = _ARRIVED.where(_ARRIVAL.issuance == bindparam("issuance"), _ARRIVAL.output == bindparam("output"))


def arrival(connection: Connection, move: bytes) -> ArrivalRow | None:
    """Return the arrival by a move, or None."""
    rows = ask(connection, _ARRIVED_BY, move)
    return ArrivalRow(*rows[0]) if rows else None


def arrival_of(connection: Connection, certificate: bytes) -> ArrivalRow | None:
    """Return the last arrival with this certificate, or None."""
    rows = ask(connection, _ARRIVED_LAST, certificate)
    return ArrivalRow(*rows[0]) if rows else None


_ARRIVED_LAST: Final = (
    select(schema.ARRIVALS)
    .join(schema.RECORDS, schema.RECORDS.c.digest == _ARRIVAL.move)
    .where(_ARRIVAL.certificate == bindparam("certificate"))
    .order_by(desc(schema.RECORDS.c.entry))
    .limit(1)
)


def foreign_lots(
    connection: Connection,
    *,
    lot_normal: str | None = None,
    certificate: bytes | None = None,
    owner: str | None = None,
    issuance: bytes | None = None,
) -> list[StoredLot]:
    """Return lots of other registries that came here, each once, by name, certificate, holder or first issuance."""
    wanted = {"lot_normal": lot_normal, "certificate": certificate, "issuance": issuance, "owner": owner}
    given = {name: value for name, value in wanted.items() if value is not None}
    rows = map(ArrivalRow._make, connection.execute(_foreign(tuple(given)), given))
    return list({(row.issuance, row.output): _lot(row) for row in rows}.values())


@cache
def _foreign(given: tuple[str, ...]) -> Select[Any]:
    return _ARRIVED.where(~_HERE, *[_RULES[name] for name in given])


def _lot(row: ArrivalRow) -> StoredLot:
    return StoredLot(*row[1:9], touched=True, home=row.registry)


def foreign_certificate(connection: Connection, lot: StoredLot) -> CertificateRow:
    """Return the newest certificate that arrived for a lot of another registry."""
    row = ArrivalRow(*ask(connection, _ARRIVED_AS, lot.issuance, lot.output)[-1])
    return CertificateRow(row.certificate, row.issuance, row.output, row.id, row.status_list, row.status_index, row.jws)


def foreign_bits(connection: Connection, registry: str, row: CertificateRow) -> list[StatusBit]:
    """Return the bits of a certificate in the lists that its registry published last."""
    trusted = open_trust(pinned_notes(connection)[registry]).registry(registry)
    notes = []
    for line in lists_of(connection, registry):
        opened = open_status_list(line.credential, keys=trusted.status_keys)
        if opened.record.list == row.status_list and opened.bit(row.status_index):
            purpose = CODE_OF_PURPOSE[opened.record.purpose]
            notes.append(StatusBit(row.status_list, row.status_index, purpose, 1))
    return notes


# -- lines, heads and lists ----------------------------------------------------------------------------------------

_LINES: Final = (
    select(schema.ARRIVED_LINES)
    .join(schema.ARRIVALS, _ARRIVAL.transfer == schema.ARRIVED_LINES.c.move)
    .where(_ARRIVAL.move == bindparam("move"))
    .order_by(schema.ARRIVED_LINES.c.number)
)


def lines_of(connection: Connection, move: bytes) -> list[ArrivedLine]:
    """Return the lines that came with a move, upstream first."""
    return [ArrivedLine(*row) for row in connection.execute(_LINES, {"move": move})]


def lines_from(connection: Connection, registry: str) -> list[ArrivedLine]:
    """Return all lines that another registry's log proves."""
    column = schema.ARRIVED_LINES.c
    query = select(schema.ARRIVED_LINES).where(column.registry == registry).order_by(column.move, column.number)
    return [ArrivedLine(*row) for row in connection.execute(query)]


def head_of(connection: Connection, registry: str) -> str | None:
    """Return the checkpoint note of another registry to which its lines are proven."""
    found: str | None = connection.scalar(
        select(schema.ABROAD_HEADS.c.note).where(schema.ABROAD_HEADS.c.registry == registry)
    )
    return found


def lists_of(connection: Connection, registry: str) -> list[StatusLine]:
    """Return the latest known status lists of another registry."""
    column = schema.ABROAD_LISTS.c
    query = select(column.line).where(column.registry == registry).order_by(column.name)
    read = (read_line(row.line.encode() + b"\n", "abroad_lists") for row in connection.execute(query))
    return [line for line in read if isinstance(line, StatusLine)]


class RegistryCopy(NamedTuple):
    """The stored copy of another registry: its lines, the `head` that they are proven to, and its status lists."""

    head: str | None
    lines: tuple[ArrivedLine, ...]
    lists: tuple[StatusLine, ...]


def registry_copy(connection: Connection, registry: str) -> RegistryCopy:
    """Return the stored copy of another registry."""
    return RegistryCopy(
        head_of(connection, registry), tuple(lines_from(connection, registry)), tuple(lists_of(connection, registry))
    )


def pinned_notes(connection: Connection) -> dict[str, str]:
    """Return the trust lists of other registries, by registry."""
    return dict(ask(connection, _PINNED))


_PINNED: Final = select(schema.ABROAD_TRUST.c.registry, schema.ABROAD_TRUST.c.note)


def keep_head(connection: Connection, registry: str, note: str) -> None:
    """Replace the head of another registry."""
    _replace(connection, schema.ABROAD_HEADS, (registry, note))


def keep_list(connection: Connection, registry: str, line: StatusLine, *, name: str) -> None:
    """Replace a status list of another registry."""
    _replace(connection, schema.ABROAD_LISTS, (registry, name, line.to_text()))


def keep_trust(connection: Connection, registry: str, note: str) -> None:
    """Pin the trust list of another registry in place of the previous one."""
    _replace(connection, schema.ABROAD_TRUST, (registry, note))


def drop_trust(connection: Connection, registry: str) -> None:
    """Forget the trust list that is pinned for another registry."""
    connection.execute(delete(schema.ABROAD_TRUST).where(schema.ABROAD_TRUST.c.registry == registry))


def keep_arrivals(connection: Connection, rows: Iterable[ArrivalRow], lines: Iterable[ArrivedLine]) -> None:
    """Replace the lines that prove arrivals; the records of their moves must be stored."""
    column = schema.ARRIVALS.c
    for row in rows:
        values = dict(zip(row._fields, row, strict=True))
        connection.execute(update(schema.ARRIVALS).where(column.move == row.move).values(values))
    kept = list(lines)
    still = select(column.transfer)
    moves = {line.move for line in kept}
    connection.execute(delete(schema.ARRIVED_LINES).where(schema.ARRIVED_LINES.c.move.in_(moves)))
    connection.execute(delete(schema.ARRIVED_LINES).where(schema.ARRIVED_LINES.c.move.not_in(still)))
    insert_rows(connection, schema.ARRIVED_LINES, kept)


def keep_lines(connection: Connection, lines: Iterable[ArrivedLine]) -> None:
    """Replace the lines of the same number."""
    for line in lines:
        _replace(connection, schema.ARRIVED_LINES, line)


def _replace(connection: Connection, table: Table, row: tuple[object, ...]) -> None:
    keys = [column == value for column, value in zip(table.columns, row, strict=True) if column.primary_key]
    connection.execute(delete(table).where(*keys))
    insert_rows(connection, table, [row])
