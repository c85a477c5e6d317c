"""The tutorial's commands, run as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"^    (.+)$", re.MULTILINE)


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    commands = COMMAND.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    assert sum("oreprint " in each for each in commands) >= 14
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    script = folder / "oreprint"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli.main "$@"\n', "utf-8")
    script.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "unchanged CON-07" in done.stdout
    assert "GENUINE RECORD" in done.stdout
