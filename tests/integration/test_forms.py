"""A database of every earlier form is refused in one sentence, migrated by one command, and brought back."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from io import BytesIO, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.app import create_app
from api.app_state import Parts
from cli.application import COMMANDS, application
from cli.main import EXIT_USAGE
from ledger.admin.init import open_book, status_signer
from ledger.audit.everything import audit
from ledger.registry.folder import Home
from ledger.seal.signer import SoftwareSigner
from ledger.store.duplicate import duplicate
from ledger.store.forms import FORMS, OUR_SCHEMAS, REVISION, declared, digest_of, form
from ledger.store.migrate import upgrade
from ledger.tables import shipped_tables
from schemas.instant import DAY_MS
from schemas.problem import StateError
from tests.e2e.pages import commands
from tests.e2e.terminal import Terminal
from tests.golden.make_home import BACK, HOMES, stamp
from tests.support.http.client import Client
from tests.support.http.processes import free_port
from tests.support.http.server import ORIGIN
from tests.support.registries.example import EXAMPLE
from tests.support.registries.history import PASSPHRASE, world
from tests.support.registries.registry import START_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLDER: Final = FORMS[:-1]
WORDS: Final = {
    "kid": "did:web:metal-a.example#key-2",
    "which": "status",
    "number": "1",
    "role": "quality",
    "scope": "read",
    "scopes": "figure",
    "audience": "buyer",
    "gtin": "09506000134352",
    "reason": "a test",
    "address": "mailto:ann@metal-a.example",
    "step": "separation",
    "typed": str(EXAMPLE / "01-BEN-2026-01.yaml"),
    "record": str(EXAMPLE / "01-BEN-2026-01.yaml"),
    "records": str(EXAMPLE / "01-BEN-2026-01.yaml"),
    "source": "zQmNTHgBvcXCfCGAd4CLmiVhgHCiYXw7EEFnBwgF5kUcDFp",
    "sources": "zQmNTHgBvcXCfCGAd4CLmiVhgHCiYXw7EEFnBwgF5kUcDFp",
    "what": "holdings",
    "did": "did:web:metal-a.example",
    "parties": str(EXAMPLE / "parties.yaml"),
    "trust": str(EXAMPLE / "parties.yaml"),
    "place": str(EXAMPLE),
    "file": str(EXAMPLE / "parties.yaml"),
    "workbook": str(EXAMPLE / "parties.yaml"),
    "files": str(EXAMPLE / "parties.yaml"),
}
"""What is typed for a required parameter of this name; anything else for the others."""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal in this process."""
    return Terminal(monkeypatch, capsys)


def golden_home(form_: str, folder: Path) -> Home:
    """Return a copy of the golden home of a form, with its passphrase."""
    with tarfile.open(HOMES / f"{form_}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    home = Home(folder / "home")
    home.path.chmod(0o700)
    home.database.chmod(0o600)
    home.passphrase.write_text("a passphrase\n")
    home.passphrase.chmod(0o600)
    return home


def old_home(form_: str, folder: Path, database: str | None = None) -> Home:
    """Return a copy of the golden home of an earlier form, with its rows at `database` where that is given."""
    here = golden_home(form_, folder)
    if database is None:
        return here
    there = Home(here.path, database)
    engine = there.engine()
    older = here.as_it_is()
    upgrade(older)
    duplicate(older, engine)
    stamp(there, form_, *BACK[form_])
    return there


def state_of(home: Home) -> dict[str, bytes]:
    """Return the content of every file of a home, and of its database as SQLite reads it; lock files come and go."""
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        rows = database.serialize()
    files = (
        path
        for path in home.path.rglob("*")
        if path.is_file() and path.suffix != ".lock" and not path.name.startswith("registry.db")
    )
    return {str(home.database): rows} | {str(path): path.read_bytes() for path in files}


def code(act: Callable[[], object]) -> str:
    with pytest.raises(StateError) as refused:
        act()
    return refused.value.code


def options(home: Home) -> list[str]:
    return ["--home", str(home.path), *([] if home.server is None else ["--database-url", home.server])]


def test_a_change_of_a_table_needs_a_new_form() -> None:
    """After a change of a table, add a migration with the next number, and a golden home: `tests.golden.make_home`.

    Run it also after a change of an engine that is not released: audits compute what the homes hold by the new one.
    """
    assert f"{REVISION[:4]}_{digest_of(declared())}" == REVISION
    assert len({each[:4] for each in FORMS}) == len(FORMS)
    assert all((HOMES / f"{each}.tar.xz").exists() for each in FORMS)


@pytest.mark.parametrize("old", OLDER)
def test_a_home_of_every_form_is_migrated_checked_and_brought_back(
    old: str, tmp_path: Path, fresh_database: str | None, terminal: Terminal
) -> None:
    home = old_home(old, tmp_path, fresh_database)
    assert code(lambda: open_book(home, world(1), passphrase=None)) == "store.older"
    full = terminal.run("migrate", *options(home), "--backup", str(home.head / "no folder.tar"))
    assert (full.code, form(home.as_it_is())) == (EXIT_USAGE, old), full.err
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


@pytest.mark.parametrize("old", OLDER)
def test_the_how_to_works_from_the_home_of_every_form(
    old: str, tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """*Upgrade and go back*, line by line as it is written; an earlier release left its home open to all users."""
    monkeypatch.chdir(tmp_path)
    home = golden_home(old, tmp_path)
    home.path.chmod(0o755)
    Path("build").mkdir()
    home.path.rename("build/registry")
    monkeypatch.delenv("OREPRINT_DATABASE_URL", raising=False)  # the page copies folders
    printed = ""
    for line in commands("how-to/upgrade-and-go-back.md"):
        name, *words = shlex.split(line.replace("-0013-0001", f"-{REVISION[:4]}-{old}"))
        if name != "oreprint":
            subprocess.run([name, *words], check=True)
        elif words[0] != "serve":
            done = terminal.run(*words)
            assert done.code == 0, (line, done.err)
            printed += done.out
    assert printed.count("No fault in") == 3  # the copy, the registry and what was brought back
    changes = printed.index("  - "), printed.index("The backup from before is")
    assert changes == tuple(sorted(changes))
    assert Home(Path("build/registry")).head.read_bytes() == Home(Path("build/again")).head.read_bytes()


NO_DATABASE: Final = {
    *(("keys", each) for each in ("create", "cosigner", "holder", "passphrase")),
    *(("factors", each) for each in ("list", "show", "diff", "import", "export")),
    *(("recipe", each) for each in ("record", "import", "read")),
    ("trust", "sign"),
    *(
        (each,)
        for each in ("footprint", "recompute", "restore", "pin", "witness", "monitor", "auditor", "accuse", "demo")
    ),
}
"""Commands that use files of a home, or open its database only with other words than those of `WORDS`."""
FORMS_REFUSED: Final[dict[str, tuple[str, ...]]] = {
    "store.older": ("0001", *BACK["0001"]),
    "store.newer": ("0014_000000000000",),
    "store.unknown-form": ("0011",),
    "store.half-made": (REVISION, "DROP TABLE seals"),
    "store.unreadable": (REVISION, "DELETE FROM alembic_version"),
}
"""The refusal of each form, and how a database of this release gets it."""


def every_command(*, opening: bool = True) -> list[tuple[str, ...]]:
    """Return the words of every command that opens the database of a home, or uses only its files."""
    found = [words for name in COMMANDS for words in _leaves((name,), application(name).commands[name])]  # type: ignore[attr-defined]
    return [words for words in found if opening is NO_DATABASE.isdisjoint({words[:1], words[:2]})]


def _leaves(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - Typer's types are private
    if hasattr(command, "commands"):
        for name, each in command.commands.items():
            yield from _leaves((*words, name), each)
    elif any("--home" in each.opts for each in command.params):
        typed = [
            (
                *([each.opts[-1]] if each.opts[0].startswith("-") else []),
                *([] if getattr(each, "is_flag", False) else [WORDS.get(each.name, "anything")]),
            )
            for each in command.params
            if each.required
        ]
        yield *words, *chain.from_iterable(typed)


@pytest.fixture(scope="module")
def refused_homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Home]:
    """A home of each form that is refused; no command changes it, so all commands share it."""
    homes = {}
    for refusal, changes in FORMS_REFUSED.items():
        homes[refusal] = golden_home(REVISION, tmp_path_factory.mktemp("home"))
        stamp(homes[refusal], *changes)
    return homes


@pytest.mark.parametrize("words", every_command(), ids=lambda words: "-".join(words[:2]))
def test_every_command_refuses_another_form_in_one_sentence_and_changes_nothing(
    words: tuple[str, ...], refused_homes: dict[str, Home], terminal: Terminal
) -> None:
    for refusal, home in refused_homes.items():
        if words == ("migrate",) and refusal == "store.older":
            continue  # which it is for
        before = state_of(home)
        refused = terminal.run(*words, "--home", str(home.path))
        assert refused.code == EXIT_USAGE, refused.out
        assert (refused.problem, len(refused.err.splitlines())) == (refusal, 1), refused.err
        assert state_of(home) == before


@pytest.mark.parametrize("words", every_command(opening=False), ids=lambda words: "-".join(words[:2]))
def test_a_command_that_uses_files_of_a_home_leaves_its_database_alone(
    words: tuple[str, ...], refused_homes: dict[str, Home], tmp_path: Path, terminal: Terminal
) -> None:
    terminal.monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"another passphrase\n")))
    home = Home(shutil.copytree(refused_homes["store.half-made"].path, tmp_path / "home"))
    before = state_of(home)[str(home.database)]
    terminal.run(*words, "--home", str(home.path))
    assert state_of(home)[str(home.database)] == before


@pytest.mark.parametrize(
    ("said", "changes", "expected"),
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
    said: str, changes: tuple[str, ...], expected: str, tmp_path: Path, fresh_database: str | None
) -> None:
    home = Home(tmp_path / "home", fresh_database)
    home.engine()
    stamp(home, said, *changes)
    assert code(home.engine) == code(home.opened) == code(home.check_made) == expected
    if expected != "store.older":
        assert code(lambda: upgrade(home.as_it_is())) == expected


def test_a_server_whose_database_changes_its_form_is_not_ready(tmp_path: Path) -> None:
    home = golden_home(REVISION, tmp_path)
    registry = open_book(home, world(1), passphrase=PASSPHRASE)
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    with Client(create_app(Parts(registry, shipped_tables(), status, ORIGIN)), ORIGIN) as visitor:
        for form_, said in ((REVISION, "ok"), ("0014_000000000000", "store.newer"), ("0011", "store.unknown-form")):
            stamp(home, form_)
            answer = visitor.get("/readyz")
            assert answer.json()["checks"]["database"] == said
            assert said == "ok" or answer.status_code == 503


def test_the_tables_of_others_do_not_count(tmp_path: Path, fresh_database: str | None) -> None:
    home = Home(tmp_path / "home", fresh_database)
    home.engine()
    stamp(home, REVISION, "CREATE TABLE notes_of_somebody (id INTEGER)")
    home.check_made()
    assert OUR_SCHEMAS[0].tables.keys().isdisjoint(OUR_SCHEMAS[1].tables)


def key_of_another(home: Home, name: str) -> None:
    other = SoftwareSigner.from_raw("another", bytes(range(32)))
    (home.path / name).write_bytes(other.to_pem(password=PASSPHRASE))


def garbage(home: Home, name: str) -> None:
    (home.path / name).write_text("garbage\n")


def lost(home: Home, name: str) -> None:
    (home.path / name).unlink()


PARTY_KEY: Final = "keys/web.metal-a.example.key-1.pem"
DAMAGES: Final = (
    *((garbage, name, "seal.key-damaged") for name in ("keys/log-3.pem", "keys/status.pem", PARTY_KEY)),
    *((key_of_another, name, "home.key-other") for name in ("keys/log-3.pem", "keys/status.pem", PARTY_KEY)),
    *((lost, name, "home.key-missing") for name in ("keys/log-3.pem", "keys/status.pem", PARTY_KEY)),
    (garbage, "trust.json", "home.trust-damaged"),
)


@pytest.mark.parametrize(("damage", "name", "expected"), DAMAGES)
def test_a_wrong_key_or_trust_list_is_told_by_doctor_and_stops_who_signs(
    damage: Callable[[Home, str], None], name: str, expected: str, tmp_path: Path, terminal: Terminal
) -> None:
    home = golden_home(REVISION, tmp_path)
    damage(home, name)
    before = state_of(home)
    for words in (
        ("doctor",),
        ("serve", "--port", str(free_port())),
        ("issue", str(EXAMPLE / "01-BEN-2026-01.yaml"), "--out", str(tmp_path)),
    ):
        refused = terminal.run(*words, *options(home))
        assert refused.code == EXIT_USAGE, refused.out
        assert expected in refused.err or (words == ("doctor",) and name in refused.err), refused.err
        assert Path(name).stem in refused.err
    assert state_of(home) == before


@pytest.mark.parametrize(("damage", "name"), [(act, name) for act, name, _ in DAMAGES if act is not key_of_another])
def test_doctor_tells_a_lost_or_damaged_key_without_the_passphrase(
    damage: Callable[[Home, str], None], name: str, tmp_path: Path, terminal: Terminal
) -> None:
    home = golden_home(REVISION, tmp_path)
    home.passphrase.unlink()
    terminal.monkeypatch.setattr("cli.parts.now_ms", lambda: START_MS + DAY_MS)
    assert "no key was opened" in terminal.run("doctor", *options(home)).out
    damage(home, name)
    told = terminal.run("doctor", *options(home))
    assert (told.code, told.out) == (EXIT_USAGE, "")
    assert Path(name).stem in told.err
