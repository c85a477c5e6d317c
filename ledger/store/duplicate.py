"""Copy all rows of one database into another of the same form, of the same kind or not.

Rules: the source is read in one snapshot, so a concurrent write is copied whole or not at all.  Tables and rows come in
the order of their references, the tables of the HTTP service included.  Counters are copied too, and continue from
there.

This module creates no tables (`ledger.store.migrate` does).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
    text,
)

from ledger.store.desk_schema import DESK
from ledger.store.engine import reading, writing
from ledger.store.forms import OUR_TABLES, STAMP
from ledger.store.schema import HOLDINGS, METADATA

AT_ONCE: Final = 1000
"""Rows held in memory."""
_PLAIN: Final = {int: Integer, str: Text, bytes: LargeBinary, bool: Boolean}


def duplicate(source: Engine, target: Engine) -> dict[str, int]:
    """Copy all rows into a database with empty tables; return the number of rows in each table.

    Raises:
        StateError: `store.unreadable`, `store.unwritable`, `store.in-doubt`.
    """
    with reading(source, long=True) as one, writing(target, long=True) as other:
        counts = {table.name: _copy(one, other, table) for table in (*METADATA.sorted_tables, *DESK.sorted_tables)}
        other.commit()
    return counts


def copy_older(source: Engine, target: Engine) -> None:
    """Copy a database of an earlier form, as it is, into an empty file of SQLite: what that release can restore.

    Raises:
        StateError: `store.unreadable`, `store.unwritable`, `store.in-doubt`.
    """
    with reading(source, long=True) as one, writing(target, long=True) as other:
        tables = MetaData()
        tables.reflect(one, only=lambda name, _: name in {*OUR_TABLES, STAMP})
        for table in tables.sorted_tables:
            _for_sqlite(table)
        tables.create_all(other, checkfirst=False)
        for table in tables.sorted_tables:
            _copy(one, other, table)
        other.commit()


def _for_sqlite(table: Table) -> None:
    """Give a table that was read from any database the types of SQLite, and its unique indexes their conditions."""
    for column in table.columns:
        column.type, column.server_default = _PLAIN[column.type.python_type](), None
    for index in table.indexes:
        where = index.dialect_options["postgresql"]["where"] if index.unique else None
        if where is not None:
            index.dialect_options["sqlite"]["where"] = text(str(where))


def _copy(one: Connection, other: Connection, table: Table) -> int:
    copied = 0
    order = [table.c.steps] if table.name == HOLDINGS.name else [*table.primary_key]  # a holding follows its parent
    query = select(table).order_by(*order)
    with one.execute(query, execution_options={"yield_per": AT_ONCE}) as rows:
        for some in rows.partitions():
            other.execute(insert(table), [row._asdict() for row in some])
            copied += len(some)
    counted = table.autoincrement_column
    if copied and counted is not None and other.dialect.name == "postgresql":
        last = select(func.max(counted))
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        other.execute(sequence, {"table": table.name, "column": counted.name, "last": other.scalar(last)})
    return copied
