"""What a start costs: each command loads only what it needs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli.application import COMMANDS
from tests.architecture.sources import ROOT

SERVER = {"fastapi", "starlette", "uvicorn"}
DATABASE = {"sqlalchemy", "alembic", "psycopg", "sqlite3"}
WITHOUT_DATABASE = [name for name in ("doctor", "verify", "footprint", "validate", "schema") if name in COMMANDS]

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


def test_version_takes_under_three_times_an_empty_python() -> None:
    command = Path(sys.executable).parent / "oreprint"
    if not command.exists():
        pytest.skip("oreprint is not installed beside this Python; `make` does it")
    bare = fastest([sys.executable, "-c", "pass"])
    ours = fastest([str(command), "--version"])
    assert ours < 3 * bare, f"{ours * 1000:.1f} ms against {bare * 1000:.1f} ms"


def fastest(words: list[str], *, runs: int = 15) -> float:
    """Return the processor time of the quickest of several runs, in seconds: others use the machine too."""
    times = []
    # A coverage hook in the child would be measured too.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    for _ in range(runs):
        before = children_s()
        subprocess.run(words, check=True, capture_output=True, env=clean)
        times.append(children_s() - before)
    return min(times)


def children_s() -> float:
    """Return the processor time that processes started here have taken so far, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
