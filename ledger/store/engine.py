"""The connection to the database: SQLite by default, with the settings that make a commit durable.

Rules: WAL, ``synchronous=FULL`` (an acknowledged commit survives a power cut), foreign keys on.  A writing transaction begins
with ``BEGIN IMMEDIATE``, so that what it reads can't change before it writes; a reading one sees one
snapshot.  What this module does not do: it makes no table.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import Table, create_engine, event, insert
from sqlalchemy.exc import DatabaseError

from schemas.problem import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from sqlite3 import Connection as SqliteConnection

    from sqlalchemy import Connection, Dialect, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS: Final = 30
"""How long a writer waits for the one before it: the longest that a request may take."""
WRITES: Final = "oreprint_writes"
"""Execution option of a connection whose transactions write."""

_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def open_engine(url: str) -> Engine:
    """Return an engine for `url`, such as ``sqlite:////home/registry.db``; connects when first used."""
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one snapshot of the database.

    Raises:
        StateError: `store.unreadable`, when the database can't be read: not one of ours, damaged, or locked too long.

    """
    try:
        with engine.connect() as connection:
            yield connection
    except DatabaseError as error:
        raise StateError.at("store.unreadable", reason=error.orig) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that holds the write lock; it is left without changes unless the caller commits.

    Raises:
        StateError: `store.unwritable`, when the database refuses: full disk, damaged, locked too long.

    """
    try:
        with engine.connect().execution_options(**{WRITES: True}) as connection:
            yield connection
    except DatabaseError as error:
        raise StateError.at("store.unwritable", reason=error.orig) from error


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows given as tuples in the order of the table's columns.

    The statement is compiled by SQLAlchemy and run by the driver as it is: values are bytes, integers and texts already, and the
    way through bind processors takes three times as long on the path of every issue.
    """
    if rows:
        connection.exec_driver_sql(_insert_text(table, connection.dialect), list(rows))


@cache
def _insert_text(table: Table, dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect))
