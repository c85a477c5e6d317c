"""One and the same registry on either database: same acts, clock and randomness give the same log, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import open_book
from ledger.audit.everything import audit
from ledger.desk.leaving import party_files
from ledger.registry.folder import Home
from ledger.store.duplicate import duplicate
from ledger.store.engine import reading
from ledger.store.logs import entry, latest_head
from ledger.tables import shipped_tables
from tests.support.registries.databases import for_tests
from tests.support.registries.history import SEPARATOR, a_history, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registries.databases import Postgresql

TABLES = shipped_tables()


def log_of(home: Home) -> list[bytes]:
    with reading(home.as_it_is()) as connection:
        return [entry(connection, index) for index in range(latest_head(connection).end)]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_history(tmp_path_factory.mktemp("sqlite") / "home")


def test_the_same_acts_make_the_same_log(on_sqlite: Home, postgresql: Postgresql, tmp_path: Path) -> None:
    with postgresql.fresh() as url:
        home = a_history(tmp_path / "home", url)
        assert log_of(home) == log_of(on_sqlite)
        assert home.head.read_text() == on_sqlite.head.read_text()
        found = audit(home, tables=TABLES, progress=lambda *_: None)
        assert found.faults == ()
        left = [what_leaves(each) for each in (home, on_sqlite)]
        assert left[0] == left[1]
        assert {"certificates.csv", "tables/holdings.csv", "tables/events.csv"} <= left[0].keys()


def what_leaves(home: Home) -> dict[str, bytes]:
    """Return the files that a party takes along; those that tell the time of day have only their names."""
    registry = open_book(home, world(1), passphrase=None)
    files = {name: b"".join(pieces) for name, pieces in party_files(registry, SEPARATOR)}
    return {name: content if not name.endswith((".md", ".xlsx", "SUMS")) else b"" for name, content in files.items()}


def test_a_registry_moves_from_a_file_to_a_server(on_sqlite: Home, postgresql: Postgresql) -> None:
    with postgresql.fresh() as url:
        home = Home(on_sqlite.path, url)
        duplicate(on_sqlite.as_it_is(), home.as_it_is())
        before = audit(on_sqlite, tables=TABLES, progress=lambda *_: None)
        after = audit(home, tables=TABLES, progress=lambda *_: None)
    assert after == before
    assert after.faults == ()


@pytest.fixture
def older() -> Iterator[Postgresql]:
    yield from for_tests(16)


@pytest.mark.slow
def test_a_server_of_an_older_version_serves_as_well(on_sqlite: Home, older: Postgresql, tmp_path: Path) -> None:
    with older.fresh() as url:
        assert log_of(a_history(tmp_path / "home", url)) == log_of(on_sqlite)
