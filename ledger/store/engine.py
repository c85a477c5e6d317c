"""Connect to the database, SQLite or PostgreSQL, with the settings that make a commit durable.

Rules: one writer at a time.  A writing transaction takes the write lock before it reads, so its data cannot change
before it writes.  A reading transaction sees one snapshot and waits for nobody.  An acknowledged commit survives a
power cut.

| | SQLite | PostgreSQL |
|---|---|---|
| writes | ``BEGIN IMMEDIATE`` | ``pg_advisory_xact_lock``, released at the end of the transaction or of its process |
| reads | ``BEGIN`` in WAL | ``REPEATABLE READ READ ONLY`` |
| ends | never | after `BUSY_SECONDS` without a statement, a long one after `LONG_SECONDS` |
| durable | ``synchronous=FULL`` | a server with ``fsync=off`` is refused; ``synchronous_commit=off`` is set on |

Writing transactions of one request can be one commit (`one_commit`): each joins it, and reads see what it wrote.

This module creates no table.
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)
from __future__ import annotations

from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from sqlite3 import SQLITE_BUSY, SQLITE_IOERR, SQLITE_OK, OperationalError
from time import sleep
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    LargeBinary,
    QueuePool,
    Table,
    Text,
    create_engine,
    event,
    insert,
    make_url,
)
from sqlalchemy import Connection as EngineConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from ledger.files.atomic import make_private_file
from schemas.problem import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from sqlite3 import Connection as SqliteConnection
    from typing import LiteralString

    from psycopg import Connection as PostgresqlConnection
    from sqlalchemy import URL, Column, Connection, Dialect, Engine, Select
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS: Final = 30
"""Time that a writer waits for the previous one, and that a statement may run: the longest time of a request."""
CONNECTIONS: Final = 27
"""Connections of one process: at least as many as its querying threads, or threads would wait for each other."""
_KEPT_OPEN: Final = 8
LONG_SECONDS: Final = 3600
"""Time that a long transaction may wait between two statements, and that each may run."""
WRITES: Final = "oreprint_writes"
"""The execution option of a connection for writing transactions."""
LONG: Final = "oreprint_long"
"""The execution option of a connection for long transactions, with much to read or a slow reader."""

_PRAGMAS: Final = (f"busy_timeout={BUSY_SECONDS * 1000}", "synchronous=FULL", "foreign_keys=ON")
_NEEDED: Final = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
_LOCK: Final = int.from_bytes(b"oreprint", "big")
"""The key of the advisory lock that is the write lock, in its own database."""
_TRIES_A_SECOND: Final = 100
_CONNECT_SECONDS: Final = 10
_POOL: Final[dict[str, Any]] = {
    "poolclass": QueuePool,
    "pool_size": _KEPT_OPEN,
    "max_overflow": CONNECTIONS - _KEPT_OPEN,
    "pool_timeout": BUSY_SECONDS,
}
_PRIMARY: Final = 0xFF
"""The mask of SQLite's primary result code (sqlite.org/rescode.html)."""
COPIED_FROM: Final = 16
"""The number of rows from which ``COPY`` is quicker than statements (measured)."""
_TYPES: Final = {BigInteger: "int8", Integer: "int4", LargeBinary: "bytea", Text: "text", Boolean: "bool"}


def open_engine(url: str) -> Engine:
    """Return an engine for `url`, such as ``sqlite:////home/registry.db`` or ``postgresql://user@host/name``.

    It connects when first used.

    Raises:
        InputError: `store.url` for another kind of address.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InputError.at("store.url") from error
    match address.drivername:
        case "sqlite":
            return _open_sqlite(address)
        case "postgresql" | "postgresql+psycopg":
            return _open_postgresql(address)
        case _:
            raise InputError.at("store.url")


def shown_url(url: str) -> str:
    """Return the address of a database without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _open_sqlite(address: URL) -> Engine:
    engine = create_engine(address, connect_args={"timeout": 0, "isolation_level": None}, **_POOL)
    if address.database and "uri" not in address.query:
        event.listen(engine, "do_connect", partial(_make_private, Path(address.database)))
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path, *_: object) -> None:
    """Make the file of a database for its owner alone; SQLite gives the files beside it the same mode."""
    with suppress(OSError):  # SQLite says what is wrong with the place
        make_private_file(file)


def _set_pragmas(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    _write_ahead(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: SqliteConnection) -> None:
    """Switch a database to its write-ahead log; try again if another process does so at the same time."""
    for _ in range(BUSY_SECONDS * _TRIES_A_SECOND):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != SQLITE_BUSY:
                raise
            sleep(1 / _TRIES_A_SECOND)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _has(connection, WRITES) else "BEGIN")


def _open_postgresql(address: URL) -> Engine:
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        connect_args={"autocommit": True, "connect_timeout": _CONNECT_SECONDS, "application_name": "oreprint"},
        paramstyle="format",  # by position, as in SQLite, so that rows are tuples
        pool_pre_ping=True,  # a server that was away is back without a failed request
        **_POOL,
        use_native_hstore=False,
    )
    event.listen(engine, "connect", _begin_session)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_session(connection: PostgresqlConnection, _entry: ConnectionPoolEntry) -> None:
    settings = ", ".join(f"current_setting('{name}')" for name in _NEEDED)
    found = connection.execute(  # in one round trip
        f"SELECT {settings};"
        f"{_timeouts('SET', BUSY_SECONDS)}; SET lock_timeout = '{BUSY_SECONDS}s'; SET timezone = 'UTC';"
        # a stronger setting than `on` (for a synchronous standby) stays
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    ).fetchone()
    for (name, needed), value in zip(_NEEDED.items(), found or (), strict=True):
        if value != needed:
            raise StateError.at("store.server", name=name, found=value, needed=needed)


def _timeouts(set_: LiteralString, seconds: int) -> LiteralString:
    """Return the statements that limit a statement, and an idle transaction, to so many seconds."""
    names: tuple[LiteralString, ...] = ("statement_timeout", "idle_in_transaction_session_timeout")
    return "; ".join(f"{set_} {name} = '{seconds}s'" for name in names)


def _begin_postgresql(connection: Connection) -> None:
    # READ COMMITTED: one statement waits for the lock, and each later statement sees the previous writer's commit
    locked = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({_LOCK})"
    begun = locked if _has(connection, WRITES) else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    connection.exec_driver_sql(f"{begun}; {_timeouts('SET LOCAL', LONG_SECONDS)}" if _has(connection, LONG) else begun)


def _has(connection: Connection, option: str) -> bool:
    return bool(connection.get_execution_options().get(option, False))


@contextmanager
def reading(engine: Engine, *, long: bool = False) -> Iterator[Connection]:
    """Yield a connection that sees one snapshot of the database.

    A caller that reads everything, or passes the data to a slow reader, asks for a `long` one: PostgreSQL ends any
    other after `BUSY_SECONDS` without a statement.

    Raises:
        StateError: `store.unreadable` if the database cannot be read: unavailable, not one of ours, damaged, or locked
            too long.
    """
    one = _ONE.get()
    if one is not None and one.engine is engine and one.connection is not None:
        yield one.connection
        return
    try:
        with engine.connect().execution_options(**{LONG: long}) as connection:
            yield connection
    except failures(engine) as error:
        raise StateError.at("store.unreadable", reason=reason(error)) from error


@contextmanager
def writing(engine: Engine, *, long: bool = False) -> Iterator[Connection]:
    """Yield a connection that holds the write lock; nothing changes unless the caller commits.

    `long` is as for `reading`.

    Raises:
        StateError: `store.unwritable` if the database refuses: unavailable, full disk, damaged, or locked too long;
            `store.in-doubt` if it failed during the commit, so that the outcome is unknown.
    """
    one = _ONE.get()
    if one is not None and one.engine is engine:
        with one.block() as connection:
            yield connection
        return
    with _telling(engine), engine.connect().execution_options(**{WRITES: True, LONG: long}) as connection:
        yield connection


@contextmanager
def _telling(engine: Engine) -> Iterator[None]:
    """Raise what the database fails with as `writing` says it."""
    try:
        yield
    except failures(engine) as error:
        raise StateError.at(
            "store.in-doubt" if _in_doubt(error) else "store.unwritable", reason=reason(error)
        ) from error


class _JoinedConnection(EngineConnection):
    """The connection of a `OneCommit`: what a block commits stays if a later one fails, and is durable at the end."""

    # one name for all: a savepoint hides an earlier one of its name, and SQL rolls back to the last
    def commit(self) -> None:
        """Keep what the block wrote."""
        self.exec_driver_sql("RELEASE SAVEPOINT block")
        self.exec_driver_sql("SAVEPOINT block")

    def rollback(self) -> None:
        """Forget what the block wrote."""
        self.exec_driver_sql("ROLLBACK TO SAVEPOINT block")

    def commit_all(self) -> None:
        """Make durable what all blocks kept."""
        super().commit()


@dataclass(slots=True)
class OneCommit:
    """A commit that the writing transactions of one request share: all of them are durable at its end, or none.

    The write lock is taken by the first of them, and `locked` is called then: it may raise.  `connection` is None
    until then.
    """

    engine: Engine
    locked: Callable[[Connection], None]
    connection: _JoinedConnection | None = None
    after: list[Callable[[], object]] = field(default_factory=list)
    failed: bool = False

    @contextmanager
    def block(self) -> Iterator[Connection]:
        """Yield the connection to a writing transaction that joins; raise as `writing`."""
        with _telling(self.engine):
            connection = self._opened()
            try:
                connection.exec_driver_sql("SAVEPOINT block")
                yield connection
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT block")
                connection.exec_driver_sql("RELEASE SAVEPOINT block")
            except failures(self.engine):
                self.failed = True  # SQLite may have rolled back all of it
                raise
            except BaseException:
                if not self.failed:
                    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT block")
                    connection.exec_driver_sql("RELEASE SAVEPOINT block")
                raise

    def commit(self) -> None:
        """Make all of it durable, then do what waits for that.

        Raises:
            StateError: `store.unwritable`: nothing was changed; `store.in-doubt`: it may have been; and what a step
                after the commit raises.
        """
        if self.connection is not None:
            if self.failed:
                raise StateError.at("store.unwritable", reason="an earlier part of the change failed")
            try:
                with _telling(self.engine):
                    self.connection.commit_all()
            except BaseException:
                self.connection.invalidate()  # SQLAlchemy rolls back no transaction whose commit failed
                raise
            self.close()
        steps, self.after = self.after, []
        for step in steps:
            step()

    def close(self) -> None:
        """Give the write lock back; what was not committed is gone."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _opened(self) -> _JoinedConnection:
        if self.connection is None:
            if self.failed:
                raise StateError.at("store.unwritable", reason="an earlier part of the change failed")
            self.connection = _JoinedConnection(self.engine)
            self.connection.execution_options(**{WRITES: True})
            self.locked(self.connection)
        return self.connection


_ONE: Final[ContextVar[OneCommit | None]] = ContextVar("oreprint_one_commit", default=None)


@contextmanager
def one_commit(engine: Engine, locked: Callable[[Connection], None]) -> Iterator[OneCommit]:
    """Give a commit that all writing transactions of this thread join until the block ends.

    Nothing is stored unless the caller commits.
    """
    one = OneCommit(engine, locked)
    token = _ONE.set(one)
    try:
        yield one
    finally:
        _ONE.reset(token)
        one.close()


def after_commit(engine: Engine, step: Callable[[], object]) -> bool:
    """Have a step done after the commit that this thread has joined; return False where it has joined none."""
    one = _ONE.get()
    if one is None or one.engine is not engine:
        return False
    one.after.append(step)
    return True


def is_joined(engine: Engine) -> bool:
    """Return whether this thread writes within a commit that is made later (`one_commit`)."""
    one = _ONE.get()
    return one is not None and one.engine is engine


def is_pending(engine: Engine) -> bool:
    """Return whether something waits for the commit that this thread has joined."""
    one = _ONE.get()
    return one is not None and one.engine is engine and bool(one.after)


def _in_doubt(error: Exception) -> bool:
    """Return whether a commit may have happened: the server went away, or the disk failed after SQLite's write."""
    # SQLAlchemy reports no statement for a commit, and one for everything else
    if not isinstance(error, DBAPIError) or error.statement is not None:
        return False
    code = getattr(error.orig, "sqlite_errorcode", SQLITE_OK)
    return error.connection_invalidated or code & _PRIMARY == SQLITE_IOERR


def failures(engine: Engine) -> tuple[type[Exception], ...]:
    """Return the exception types of a failing database, from SQLAlchemy or from its driver."""
    return DBAPIError, NoConnectionError, engine.dialect.loaded_dbapi.Error


def reason(error: BaseException) -> str:
    """Return the first line of a database's or driver's message, without SQLAlchemy's own words."""
    message = error.orig if isinstance(error, DBAPIError) else error
    return str(message).partition("\n")[0].removeprefix("connection failed: ")


def ask(connection: Connection, query: Select[Any], *values: object) -> list[Any]:
    """Return the rows of a prebuilt query as tuples; `values` are in the order of its parameters.

    Hot path, see bench/: SQLAlchemy compiles the query, and the driver runs it without result processors, because all
    columns are bytes, integers and texts.
    """
    if not connection.in_transaction():
        connection.begin()
    driver = cast("SqliteConnection", connection.connection.driver_connection)  # psycopg's has the same method
    return driver.execute(*question(query, connection.dialect, values)).fetchall()


def question(query: Select[Any], dialect: Dialect, values: Iterable[object]) -> tuple[str, list[object]]:
    """Return a query's text and all its parameters for the driver: its own constants, and `values` in order."""
    text, own = _compiled(query, dialect)
    remaining = iter(values)
    return text, [next(remaining) if each is None else each for each in own]


@cache
def _compiled(query: Select[Any], dialect: Dialect) -> tuple[str, list[Any]]:
    compiled = query.compile(dialect=dialect)
    return str(compiled), [compiled.params[name] for name in compiled.positiontup or ()]


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows given as tuples in the order of `given_columns`.

    Hot path, see bench/: SQLAlchemy compiles the statement, and the driver runs it without bind processors.
    """
    if len(rows) >= COPIED_FROM and connection.dialect.name == "postgresql":
        _copy_rows(connection, table, rows)
    elif rows:
        connection.exec_driver_sql(_insert_text(table, connection.dialect), list(rows))


def given_columns(table: Table) -> list[Column[Any]]:
    """Return a table's columns without the one that the database counts."""
    return [column for column in table.columns if column is not table.autoincrement_column]


@cache
def _insert_text(table: Table, dialect: Dialect) -> str:
    names = [column.name for column in given_columns(table)]
    return str(insert(table).compile(dialect=dialect, column_keys=names))


def _copy_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert many rows by ``COPY`` in PostgreSQL's binary format."""
    text, types = _copy_text(table)
    driver = cast("PostgresqlConnection", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(text) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


@cache
def _copy_text(table: Table) -> tuple[str, list[str]]:
    columns = given_columns(table)
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)", [_TYPES[type(column.type)] for column in columns]
