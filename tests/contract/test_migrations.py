"""Every form that a database ever had is brought up to today's, with everything in it, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ledger.registry.folder import Home
from ledger.store import schema
from ledger.store.desk import DESK
from ledger.store.engine import insert_rows, reading, writing
from ledger.store.migrate import REVISION, _run_migrations, form, upgrade
from ledger.store.whole import places_taken
from tests.support.registries.databases import _rows, _tables
from tests.support.registries.history import a_history

if TYPE_CHECKING:
    from pathlib import Path


REVISIONS = sorted(each.revision for each in ScriptDirectory("ledger/store/migrations").walk_revisions())


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_history(tmp_path_factory.mktemp("history") / "home")


def test_the_last_revision_is_the_one_that_the_code_reads() -> None:
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS
    assert REVISIONS[-1] == REVISION


@pytest.mark.parametrize("revision", REVISIONS)
def test_ft_15_a_database_of_every_form_is_brought_up_to_date(
    history: Home, tmp_path: Path, fresh_database: str | None, revision: str
) -> None:
    engine = Home(tmp_path, fresh_database).as_it_is()
    _run_migrations(engine, to=revision)
    with writing(engine) as old, reading(history.as_it_is()) as source:
        tables = _tables(old)
        for table in tables:
            insert_rows(old, table, _rows(source, table))
        old.commit()
    upgrade(engine)
    assert form(engine) == REVISION
    with reading(engine) as new, reading(history.as_it_is()) as source:
        assert compare_metadata(MigrationContext.configure(new), [schema.METADATA, DESK]) == []  # type: ignore[arg-type] # alembic takes several, its types do not
        for table in tables:
            if table.name != "status_lists":
                assert _rows(new, table) == _rows(source, table), table.name
        assert _rows(new, schema.ISSUED) == _rows(source, schema.ISSUED), "as the certificates say it"
        # what an old form has no table for was not counted in it
        assert _rows(new, schema.STATUS_LISTS) == sorted(places_taken(new).items())
        assert len(_rows(new, schema.HOLDINGS)) > 100


def test_lists_that_were_counted_wrongly_are_counted_anew(
    history: Home, fresh_database: str | None, tmp_path: Path
) -> None:
    engine = Home(tmp_path, fresh_database).as_it_is()
    _run_migrations(engine, to="0010")
    with writing(engine) as old, reading(history.as_it_is()) as source:
        tables = _tables(old)
        for table in tables:
            insert_rows(old, table, _rows(source, table))
        right = _rows(old, schema.STATUS_LISTS)
        old.execute(schema.STATUS_LISTS.update().values(taken=schema.STATUS_LISTS.c.taken + 2))
        insert_rows(old, schema.STATUS_LISTS, [(right[-1][0] + 1, 1)])
        old.commit()
    upgrade(engine)
    with reading(engine) as new:
        assert _rows(new, schema.STATUS_LISTS) == right == sorted(places_taken(new).items())
