"""The four top-level names belong to Oreprint alone, or it does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from cli.names import NAMES, foreign_owners
from tests.architecture.sources import ROOT

if TYPE_CHECKING:
    from pathlib import Path

import pytest


def oreprint(*words: str, before: Path) -> subprocess.CompletedProcess[str]:
    """Run `oreprint` with `before` searched between its own code and the rest."""
    start = f"import sys; sys.path.insert(0, {str(before)!r}); from cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", f"import cli, sys; sys.argv = ['oreprint', *{words!r}]; {start}"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "cli"])
def test_a_shadowed_name_stops_the_start(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "problem.py").write_text("")
    done = oreprint("doctor", before=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "install.name-taken" in done.stderr
    assert str(tmp_path / name)[:20] in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_a_distribution_that_laid_files_into_ours(tmp_path: Path) -> None:
    record = tmp_path / "intruder-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: intruder\nVersion: 1.0\n")
    (record / "RECORD").write_text("schemas/extra.py,,\n")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "extra.py").write_text("")
    done = oreprint("doctor", before=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "intruder" in done.stderr
    assert "schemas" in done.stderr


def test_this_environment_is_sound() -> None:
    assert foreign_owners() == []
