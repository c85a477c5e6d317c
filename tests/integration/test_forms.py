"""A database of every earlier form is refused in one sentence, migrated by one command, and brought back."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import text

from ledger.admin.init import open_book
from ledger.audit.everything import audit
from ledger.registry.folder import Home
from ledger.registry.health import health
from ledger.store.duplicate import duplicate
from ledger.store.engine import writing
from ledger.store.forms import FORMS, OUR_SCHEMAS, REVISION, declared, digest_of, form
from ledger.store.migrate import upgrade
from ledger.tables import shipped_tables
from schemas.problem import OreprintError, StateError
from tests.e2e.terminal import Terminal
from tests.support.registries.history import world

if TYPE_CHECKING:
    from collections.abc import Callable

HOMES: Final = Path(__file__).parents[1] / "golden" / "homes"
OLDER: Final = FORMS[:-1]
BACK: Final = {"0001": ("ALTER TABLE outbox DROP COLUMN digest",)}
"""The statements that bring this release's tables back to an earlier form, for PostgreSQL; SQLite has golden homes."""
COMMANDS: Final = (
    ("holdings", "--as", "did:web:metal-a.example"),
    ("list", "--as", "did:web:metal-a.example"),
    ("audit",),
    ("doctor",),
    ("serve",),
    ("backup", "OUT.tar"),
    ("publish", "OUT"),
    ("log", "list"),
    ("tokens", "list"),
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal in this process."""
    return Terminal(monkeypatch, capsys)


def old_home(form_: str, folder: Path, database: str | None = None) -> Home:
    """Return a copy of the golden home of a form, with its rows at `database` where that is given."""
    with tarfile.open(HOMES / f"{form_}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    here = Home(folder / "home")
    (here.path / "keys" / "passphrase").write_text("a passphrase\n")
    (here.path / "keys" / "passphrase").chmod(0o600)
    if database is None:
        return here
    there = Home(here.path, database)
    engine = there.engine()
    older = here.as_it_is()
    upgrade(older)
    duplicate(older, engine)
    stamped(there, form_, *BACK[form_])
    return there


def stamped(home: Home, stamp: str, *more: str) -> None:
    with writing(home.as_it_is()) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :stamp"), {"stamp": stamp})
        for each in more:
            connection.execute(text(each))
        connection.commit()


def code(act: Callable[[], object]) -> str:
    with pytest.raises(StateError) as refused:
        act()
    return refused.value.code


def options(home: Home) -> list[str]:
    return ["--home", str(home.path), *([] if home.server is None else ["--database-url", home.server])]


def test_a_change_of_a_table_needs_a_new_form() -> None:
    """After a change of a table, add a migration with the next number, and a golden home of the form before."""
    assert f"{REVISION[:4]}_{digest_of(declared())}" == REVISION
    assert len({each[:4] for each in FORMS}) == len(FORMS)
    assert all((HOMES / f"{each}.tar.xz").exists() for each in OLDER)


@pytest.mark.parametrize("old", OLDER)
def test_a_home_of_every_form_is_migrated_checked_and_brought_back(
    old: str, tmp_path: Path, fresh_database: str | None, terminal: Terminal
) -> None:
    home = old_home(old, tmp_path, fresh_database)
    assert code(lambda: open_book(home, world(1), passphrase=None)) == "store.older"
    tried = terminal.run("migrate", "--try", *options(home))
    assert (tried.code, form(home.as_it_is())) == (0, old), tried.err
    done = terminal.run("migrate", *options(home), "--backup", str(tmp_path / "before.tar"))
    assert (done.code, form(home.as_it_is())) == (0, REVISION), done.err
    assert not audit(home, tables=shipped_tables(), progress=lambda *_: None).faults
    again = terminal.run("migrate", *options(home), "--json")
    assert '"changes":[]' in again.out.replace(" ", "")
    back = Home(tmp_path / "back")
    assert (
        terminal.run("restore", str(tmp_path / "before.tar"), "--head", str(home.head), "--home", str(back.path)).code
        == 0
    )
    assert not audit(back, tables=shipped_tables(), progress=lambda *_: None).faults


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: str(words[0]))
def test_every_command_refuses_an_older_form_and_changes_nothing(
    words: tuple[str, ...], tmp_path: Path, terminal: Terminal
) -> None:
    home = old_home("0001", tmp_path)
    words = tuple(str(tmp_path / each) if each.startswith("OUT") else each for each in words)
    refused = terminal.run(*words, "--home", str(home.path))
    assert refused.code == 3, refused.out
    assert "oreprint migrate" in refused.err
    assert form(home.as_it_is()) == "0001"


@pytest.mark.parametrize(
    ("stamp", "changes", "expected"),
    [
        ("0011", (), "store.unknown-form"),
        ("0013_000000000000", (), "store.unknown-form"),
        ("from elsewhere", (), "store.unknown-form"),
        ("0014_000000000000", (), "store.newer"),
        ("0001", ("ALTER TABLE outbox DROP COLUMN digest",), "store.older"),
        ("0001", (), "store.half-made"),
        (REVISION, ("DROP TABLE seals",), "store.half-made"),
        (REVISION, ("ALTER TABLE outbox ADD COLUMN more INTEGER",), "store.half-made"),
        (REVISION, ("DROP INDEX ix_leans_on_run",), "store.half-made"),
        ("0001", ("ALTER TABLE outbox DROP COLUMN digest", "DROP TABLE seals"), "store.half-made"),
    ],
)
def test_a_form_is_judged_by_its_stamp_and_its_tables(
    stamp: str, changes: tuple[str, ...], expected: str, tmp_path: Path, fresh_database: str | None
) -> None:
    home = Home(tmp_path / "home", fresh_database)
    home.engine()
    stamped(home, stamp, *changes)
    assert code(home.engine) == code(home.opened) == code(home.check_made) == expected
    if expected != "store.older":
        assert code(lambda: upgrade(home.as_it_is())) == expected


def test_a_server_whose_database_changes_its_form_is_not_ready(tmp_path: Path) -> None:
    home = old_home("0001", tmp_path)
    upgrade(home.as_it_is())
    registry = open_book(home, world(1), passphrase=b"a passphrase")
    assert health(registry).checks["database"] == "ok"
    stamped(home, "0014_000000000000")
    assert health(registry).checks["database"] == "store.newer"


def test_the_tables_of_others_do_not_count(tmp_path: Path, fresh_database: str | None) -> None:
    home = Home(tmp_path / "home", fresh_database)
    home.engine()
    stamped(home, REVISION, "CREATE TABLE notes_of_somebody (id INTEGER)")
    home.check_made()
    assert OUR_SCHEMAS[0].tables.keys().isdisjoint(OUR_SCHEMAS[1].tables)


@pytest.mark.parametrize("name", ["keys/log-3.pem", "keys/status.pem", "trust.json"])
def test_a_damaged_key_or_trust_list_is_told_by_doctor_and_stops_signing(
    name: str, tmp_path: Path, terminal: Terminal
) -> None:
    home = old_home("0001", tmp_path)
    upgrade(home.as_it_is())
    (home.path / name).write_text("garbage\n")
    told = terminal.run("doctor", "--home", str(home.path))
    assert told.code != 0
    assert name in told.err
    with pytest.raises(OreprintError):
        open_book(home, world(1), passphrase=b"a passphrase")
