"""A database is brought up to date with everything in it, by the migrations of this release and by those of a later
one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from ledger.registry.folder import Home
from ledger.store import schema
from ledger.store.desk_schema import DESK
from ledger.store.engine import given_columns, insert_rows, reading, writing
from ledger.store.forms import FORMS, REVISION, form
from ledger.store.migrate import upgrade
from schemas.problem import StateError
from tests.support.registries.history import a_history
from tests.support.registries.next_release import MIGRATIONS, NEXT, as_next_release, next_release

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Table

TABLES: Final = (*schema.METADATA.sorted_tables, *DESK.sorted_tables)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_history(tmp_path_factory.mktemp("history") / "home")


@pytest.fixture
def first_form(history: Home, tmp_path: Path, fresh_database: str | None) -> Home:
    """A registry with a history, in the first form, on either database."""
    home = Home(tmp_path / "first", fresh_database)
    engine = home.engine()
    with writing(engine) as new, reading(history.as_it_is()) as source:
        for table in TABLES:
            insert_rows(new, table, _rows(source, table))
        new.commit()
    return home


def test_the_last_revision_is_the_one_that_the_code_reads() -> None:
    revisions = [script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()]
    assert tuple(reversed(revisions)) == FORMS


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda dialect: str(dialect.name))  # type: ignore[no-untyped-call]
def test_the_first_form_is_written_down(dialect: Dialect) -> None:
    """Once a release has this form, a change of the schema is a migration; until then it changes this file, too."""
    statements: list[DDLElement] = []
    for table in TABLES:
        statements += [CreateTable(table), *map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))]
    texts = [str(statement.compile(dialect=dialect)).strip().replace("\t", "    ") for statement in statements]
    written = Path("tests/golden/tables", f"{dialect.name}.sql").read_text()
    assert ";\n".join(texts).replace(" \n", "\n") + ";\n" == written


def test_ft_15_a_new_database_has_the_tables_that_the_code_knows_and_keeps_a_history(
    history: Home, first_form: Home
) -> None:
    upgrade(first_form.as_it_is())
    assert form(first_form.as_it_is()) == REVISION
    with reading(first_form.as_it_is()) as new, reading(history.as_it_is()) as source:
        assert compare_metadata(MigrationContext.configure(new), [schema.METADATA, DESK]) == []  # type: ignore[arg-type] # alembic takes several, its types do not
        assert all(_rows(new, table) == _rows(source, table) for table in TABLES)
        assert len(_rows(new, schema.HOLDINGS)) > 100


def test_ft_15_a_database_of_an_earlier_release_is_brought_up_to_date_with_everything_in_it(
    history: Home, first_form: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_next_release(monkeypatch, next_release(tmp_path / "next"))
    engine, commits = first_form.as_it_is(), list[str]()
    event.listen(engine, "commit", lambda _connection: commits.append("one"))
    upgrade(engine)
    assert (form(engine), commits) == (NEXT, ["one"])
    with reading(engine) as new, reading(history.as_it_is()) as source:
        assert all(_rows(new, table) == _rows(source, table) for table in TABLES)
        remarks = new.execute(text("SELECT certificate, size FROM remarks ORDER BY certificate")).all()
        assert remarks == [(row[0], len(row[-1])) for row in _rows(source, schema.CERTIFICATES)]


def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(
    first_form: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = next_release(tmp_path / "next")
    as_next_release(monkeypatch, scripts)
    with Path(scripts, "versions", "0014_remarks.py").open("a") as file:
        file.write('    raise RuntimeError("half way")\n')
    engine = first_form.as_it_is()
    with reading(engine) as connection:
        before = [_rows(connection, table) for table in TABLES]
    with pytest.raises(RuntimeError, match="half way"):
        upgrade(engine)
    assert form(engine) == REVISION
    with reading(engine) as connection:
        assert [_rows(connection, table) for table in TABLES] == before
        assert not inspect(connection).has_table("remarks")


def test_a_database_that_states_no_form_is_refused_and_stays_a_registry(first_form: Home) -> None:
    engine = first_form.as_it_is()
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.commit()
    with pytest.raises(StateError) as refused:
        upgrade(engine)
    assert refused.value.code == "store.unreadable"
    assert first_form.made


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    order = [table.c.steps] if table.name == "holdings" else []
    asked = select(*given_columns(table)).order_by(*order, *table.primary_key)
    return [tuple(row) for row in connection.execute(asked)]
