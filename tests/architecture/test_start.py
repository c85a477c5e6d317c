"""What a start costs: each command loads only what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.application import COMMANDS
from tests.architecture.sources import ROOT
from tests.support.http.processor_time import fastest

SERVER = {"fastapi", "starlette", "uvicorn"}
DATABASE = {"sqlalchemy", "alembic", "psycopg", "sqlite3"}
WITHOUT_DATABASE = [name for name in ("doctor", "verify", "footprint", "schema") if name in COMMANDS]

LOADED = """
import sys
from cli.main import main
known = set()
for words in {commands!r}:
    sys.argv = ["oreprint", *words]
    main()
    now = {{name.partition(".")[0] for name in sys.modules}}
    print("LOADED", *sorted(now - known))
    known |= now
"""


def loaded(*commands: list[str]) -> list[set[str]]:
    """Return, for each command in turn, the top-level modules that it was the first to load in a process for all."""
    words = [sys.executable, "-c", LOADED.format(commands=commands)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    assert len(lines) == len(commands), done.stderr
    return [set(line.split()[1:]) for line in lines]


@pytest.fixture(scope="module")
def first_loaded() -> dict[str, set[str]]:
    """The modules that each command's help is the first to load, those that need no database before the others."""
    order = [*WITHOUT_DATABASE, *(name for name in COMMANDS if name not in (*WITHOUT_DATABASE, "serve"))]
    return dict(zip(order, loaded(*([name, "--help"] for name in order)), strict=True))


def test_version_loads_nothing_but_itself() -> None:
    (modules,) = loaded(["--version"])
    assert not modules & {"typer", "rich", "schemas", "ledger", "api", "pydantic", "cryptography"}


@pytest.mark.parametrize("name", WITHOUT_DATABASE)
def test_no_server_and_no_database_is_loaded(first_loaded: dict[str, set[str]], name: str) -> None:
    assert not first_loaded[name] & (SERVER | DATABASE)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "serve"])
def test_no_server_is_loaded(first_loaded: dict[str, set[str]], name: str) -> None:
    assert not first_loaded[name] & SERVER


def test_verifying_does_not_load_what_producers_write() -> None:
    """Making the models of records would take a twentieth of what `oreprint verify` takes to start."""
    told = "import sys, cli.commands.verify, ledger.verify.verify; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "schemas.run" in done.stdout.split()
    assert not {"schemas.record", "schemas.written"} & set(done.stdout.split())
    assert not [each for each in done.stdout.split() if each.startswith("ledger.remote")], "a file needs no addresses"


@pytest.mark.parametrize("name", ["child", "annotate_child"])
def test_the_processes_of_workbooks_load_no_numpy_and_no_recipes(name: str) -> None:
    """openpyxl loads numpy where it is installed, a third of such a process's time; recipes would take half of it."""
    words = [sys.executable, "-X", "importtime", "-m", f"ledger.workbook.{name}", "20"]
    done = subprocess.run(words, input="no workbook", cwd=ROOT, capture_output=True, text=True, check=False)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "openpyxl" in loaded
    assert not [each for each in loaded if each.startswith(("numpy.", "ledger.recipes", "schemas.recipe"))]


def test_version_takes_under_three_times_an_empty_python() -> None:
    command = Path(sys.executable).parent / "oreprint"
    if not command.exists():
        pytest.skip("oreprint is not installed beside this Python; `make` does it")
    bare = fastest([sys.executable, "-c", "pass"])
    ours = fastest([str(command), "--version"])
    assert ours < 3 * bare, f"{ours * 1000:.1f} ms against {bare * 1000:.1f} ms"
