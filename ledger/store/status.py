"""Queries about status: the bits that entries set, the lists, and the statements about one certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, func, select

from ledger.log.entry import PurposeCode, StatusBit
from ledger.store import schema
from ledger.store.engine import ask
from ledger.store.logs import StoredHead
from ledger.store.lots import way_behind
from ledger.store.reading import StoredRecord
from schemas.problem import MissingError

_CHANGES: Final = (
    select(schema.STATUS_BITS.c.position, schema.STATUS_BITS.c.value)
    .where(schema.STATUS_BITS.c.list == bindparam("number"), schema.STATUS_BITS.c.purpose == bindparam("purpose"))
    .order_by(schema.STATUS_BITS.c.position, schema.STATUS_BITS.c.entry)
)


def status_changes(connection: Connection, number: int, purpose: PurposeCode) -> list[StatusBit]:
    """Return the status bits that entries set in a list, by place, each place in log order."""
    rows = ask(connection, _CHANGES, number, purpose.value)
    return [StatusBit(number, position, purpose, value) for position, value in rows]


# The list is a sum, so that no database uses the primary key: bits since an entry are few, those of a list many.
_CHANGED: Final = (
    select(schema.STATUS_BITS.c.entry)
    .where(
        schema.STATUS_BITS.c.list + 0 == bindparam("number"),
        schema.STATUS_BITS.c.purpose == bindparam("purpose"),
        schema.STATUS_BITS.c.entry > bindparam("entry"),
    )
    .limit(1)
)


def changed_since(connection: Connection, number: int, purpose: PurposeCode, entry: int) -> bool:
    """Return whether an entry after this one set a bit in a list."""
    return bool(ask(connection, _CHANGED, number, purpose.value, entry))


_ENDED: Final = (
    select(schema.STATUS_BITS.c.entry).where(schema.STATUS_BITS.c.purpose != PurposeCode.REFRESH.value).limit(1)
)


def anything_ended(connection: Connection) -> bool:
    """Return whether any certificate was ever withdrawn or suspended here."""
    return bool(ask(connection, _ENDED))


_NEWEST: Final = select(func.max(schema.STATUS_BITS.c.entry))


def newest_bit(connection: Connection) -> int | None:
    """Return the last entry that set a bit, counted through all logs, or None."""
    newest: int | None = connection.scalar(_NEWEST)
    return newest


_AT: Final = (
    schema.STATUS_BITS.c.list == bindparam("number"),
    schema.STATUS_BITS.c.position == bindparam("index"),
)
"""One place in the lists."""
_BITS: Final = (
    select(schema.STATUS_BITS.c.purpose, schema.STATUS_BITS.c.value).where(*_AT).order_by(schema.STATUS_BITS.c.entry)
)


def bits_at(connection: Connection, number: int, index: int) -> list[StatusBit]:
    """Return the bits that entries set at one place in the lists, in log order."""
    rows = ask(connection, _BITS, number, index)
    return [StatusBit(number, index, PurposeCode(purpose), value) for purpose, value in rows]


def status_lists(connection: Connection) -> list[int]:
    """Return the numbers of the lists with used places."""
    return [row[0] for row in ask(connection, _LISTS)]


_LISTS: Final = select(schema.STATUS_LISTS.c.number).order_by(schema.STATUS_LISTS.c.number)


def listed_at(connection: Connection, index: int) -> bytes:
    """Return the list that an entry of any log put into force; raise MissingError `store.record-missing`."""
    column = schema.RECORDS.c
    query = select(column.content).where(column.entry == index, column.kind.in_(("status", "trust")))
    content = connection.scalar(query)
    if content is None:
        raise MissingError.at("store.record-missing")
    return bytes(content)


def listed_in(connection: Connection, head: StoredHead, index: int) -> bytes:
    """Return the list that entry `index` of the log of `head` put into force; raise as `listed_at`."""
    if not index < head.size:
        raise MissingError.at("store.record-missing")
    return listed_at(connection, head.first + index)


def listed_between(connection: Connection, start: int, end: int) -> list[int]:
    """Return the entries from `start` up to, not including, `end` that put a list into force."""
    column = schema.RECORDS.c
    query = select(column.entry).where(column.entry >= start, column.entry < end, column.kind.in_(("status", "trust")))
    return list(connection.scalars(query.order_by(column.entry)))


_ABOUT: Final = (
    select(schema.RECORDS.c.digest, schema.RECORDS.c.kind, schema.RECORDS.c.content, schema.RECORDS.c.entry)
    .select_from(schema.STATUS_BITS.join(schema.RECORDS, schema.RECORDS.c.entry == schema.STATUS_BITS.c.entry))
    .where(*_AT, schema.RECORDS.c.kind != "issuance")
    .order_by(schema.RECORDS.c.entry)
)


def statements_about(connection: Connection, number: int, index: int) -> list[StoredRecord]:
    """Return the statements that set a bit at one place in the lists, in log order."""
    return [StoredRecord(*row) for row in ask(connection, _ABOUT, number, index)]


class LoggedBit(NamedTuple):
    """A status bit with the position of the entry that set it, counted through all logs."""

    entry: int
    bit: StatusBit


_BIT: Final = (
    schema.STATUS_BITS.c.entry,
    schema.STATUS_BITS.c.list,
    schema.STATUS_BITS.c.position,
    schema.STATUS_BITS.c.purpose,
    schema.STATUS_BITS.c.value,
)
_MARKED: Final = schema.CERTIFICATES.join(
    schema.STATUS_BITS,
    and_(
        schema.STATUS_BITS.c.list == schema.CERTIFICATES.c.status_list,
        schema.STATUS_BITS.c.position == schema.CERTIFICATES.c.status_index,
    ),
)
_SINCE: Final = schema.STATUS_BITS.c.entry >= bindparam("since")
_BITS_OF: Final = (
    select(*_BIT)
    .select_from(_MARKED)
    .where(schema.CERTIFICATES.c.digest.in_(bindparam("certificates", expanding=True)), _SINCE)
    .order_by(schema.STATUS_BITS.c.entry)
)


def _bits_behind() -> Select[Any]:
    way, of = way_behind(), schema.CERTIFICATES.c
    joined = _MARKED.join(way, and_(of.issuance == way.c.issuance, of.output == way.c.output))
    return select(*_BIT).select_from(joined).where(_SINCE).distinct().order_by(schema.STATUS_BITS.c.entry)


_BITS_BEHIND: Final = _bits_behind()


def bits_of(connection: Connection, certificates: Sequence[bytes], *, since: int) -> list[LoggedBit]:
    """Return the bits that entries from `since` on set for some certificates, in log order."""
    rows = connection.execute(_BITS_OF, {"certificates": certificates, "since": since})
    return [_logged(*row) for row in rows]


def bits_behind(connection: Connection, issuance: bytes, *, since: int) -> list[LoggedBit]:
    """Return the bits that entries from `since` on set for the first certificates of lots upstream, in log order."""
    return [_logged(*row) for row in connection.execute(_BITS_BEHIND, {"issuance": issuance, "since": since})]


def _logged(entry: int, number: int, position: int, purpose: int, value: int) -> LoggedBit:
    return LoggedBit(entry, StatusBit(number, position, PurposeCode(purpose), value))
