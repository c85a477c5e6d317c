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
sys.argv = ["oreprint", *{words!r}]
from cli.main import main
code = main()
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
sys.exit(code)
"""


def loaded(*words: str) -> set[str]:
    """Return the top-level modules that `oreprint` with these words has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=list(words))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("LOADED ")]
    assert lines, done.stderr
    return set(lines[-1].split()[1:])


def test_version_loads_nothing_but_itself() -> None:
    ours = loaded("--version") & {"typer", "rich", "schemas", "ledger", "api", "pydantic", "cryptography"}
    assert not ours


@pytest.mark.parametrize("name", WITHOUT_DATABASE)
def test_no_server_and_no_database_is_loaded(name: str) -> None:
    assert not loaded(name, "--help") & (SERVER | DATABASE)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "serve"])
def test_no_server_is_loaded(name: str) -> None:
    assert not loaded(name, "--help") & SERVER


def test_verifying_does_not_load_what_producers_write() -> None:
    """Making the models of records would take a twentieth of what `oreprint verify` takes to start."""
    told = "import sys, cli.commands.verify, ledger.verify.verify; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "schemas.run" in done.stdout.split()
    assert not {"schemas.record", "schemas.written"} & set(done.stdout.split())


def test_version_takes_under_three_times_an_empty_python() -> None:
    command = Path(sys.executable).parent / "oreprint"
    if not command.exists():
        pytest.skip("oreprint is not installed beside this Python; `make` does it")
    bare = fastest([sys.executable, "-c", "pass"])
    ours = fastest([str(command), "--version"])
    assert ours < 3 * bare, f"{ours * 1000:.1f} ms against {bare * 1000:.1f} ms"
