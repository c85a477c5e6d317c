"""Questions about status: the bits that entries set, the lists that exist, and what was said of one certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.log.entry import Purpose, StatusBit
from ledger.store import schema
from ledger.store.reading import StoredRecord

if TYPE_CHECKING:
    from sqlalchemy import Connection


def status_changes(connection: Connection) -> list[StatusBit]:
    """Return every status bit that an entry set, in the order of the log."""
    column = schema.STATUS_BITS.c
    asked = select(column.list, column.position, column.purpose, column.value).order_by(column.entry)
    return [StatusBit(row.list, row.position, Purpose(row.purpose), row.value) for row in connection.execute(asked)]


def anything_ended(connection: Connection) -> bool:
    """Tell whether any certificate was ever withdrawn or suspended here."""
    ended = schema.STATUS_BITS.c.purpose != Purpose.REFRESH.value
    return connection.execute(select(schema.STATUS_BITS.c.entry).where(ended).limit(1)).first() is not None


def bits_at(connection: Connection, number: int, index: int) -> list[StatusBit]:
    """Return the bits that entries set at one place in the lists, in the order of the log."""
    column = schema.STATUS_BITS.c
    asked = select(column.purpose, column.value).where(column.list == number, column.position == index)
    rows = connection.execute(asked.order_by(column.entry))
    return [StatusBit(number, index, Purpose(row.purpose), row.value) for row in rows]


def status_lists(connection: Connection) -> list[int]:
    """Return the numbers of the lists in which places were handed out."""
    return list(connection.scalars(select(schema.STATUS_LISTS.c.number).order_by(schema.STATUS_LISTS.c.number)))


def statements_about(connection: Connection, number: int, index: int) -> list[StoredRecord]:
    """Return the statements that set a bit of one place in the lists, in the order of the log."""
    bit, record = schema.STATUS_BITS.c, schema.RECORDS.c
    joined = schema.STATUS_BITS.join(schema.RECORDS, record.entry == bit.entry)
    asked = (
        select(record.digest, record.kind, record.content, record.entry)
        .select_from(joined)
        .where(bit.list == number, bit.position == index, record.kind != "issuance")
        .order_by(record.entry)
    )
    return [StoredRecord(*row) for row in connection.execute(asked)]
