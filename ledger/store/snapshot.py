"""One snapshot of a database that several processes read at once.

Rules: PostgreSQL exports the snapshot of a transaction, and others can take it over for as long as that transaction is
open. Of SQLite, which has nothing like it, a copy is made in the folder for temporary files (TMPDIR); it goes with the
snapshot.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast
from urllib.parse import quote

from sqlalchemy import Connection, Engine, select, text

from ledger.files.atomic import make_private_file
from ledger.store.engine import open_engine, reading


class Snapshot(NamedTuple):
    """A snapshot that other processes can read: the database's address, and on PostgreSQL the name of the snapshot."""

    url: str
    name: str | None = None


@contextmanager
def exported(engine: Engine) -> Iterator[tuple[Connection, Snapshot]]:
    """Give a connection that sees one snapshot of the database, and what others need to see the same.

    Raises:
        StateError: `store.unreadable`.
    """
    if engine.dialect.name == "postgresql":
        with reading(engine, long=True) as connection:
            name = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            yield connection, Snapshot(engine.url.render_as_string(hide_password=False), name)
        return
    with TemporaryDirectory(prefix="oreprint-") as folder:
        copy = Path(folder) / "snapshot.db"
        make_private_file(copy)
        with reading(engine, long=True) as connection, closing(sqlite3.connect(copy)) as target:
            source = cast("sqlite3.Connection", connection.connection.driver_connection)
            source.backup(target)
        snapshot = Snapshot(f"sqlite:///file:{quote(str(copy))}?immutable=1&uri=true")
        with imported(snapshot) as connection:
            yield connection, snapshot


@contextmanager
def imported(snapshot: Snapshot) -> Iterator[Connection]:
    """Give a connection that sees a snapshot which another process exported.

    Raises:
        StateError: `store.unreadable`, also where the snapshot is gone.
    """
    engine = open_engine(snapshot.url)
    try:
        with reading(engine, long=True) as connection:
            if snapshot.name is not None:
                literal = snapshot.name.replace("'", "''")
                connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{literal}'")
            yield connection
    finally:
        engine.dispose()


def keep_open(connection: Connection) -> None:
    """Ask something, so that PostgreSQL does not end a transaction that only waits for others."""
    connection.scalar(select(1))
