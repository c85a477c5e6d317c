"""The commands of a page of the documentation, run as they are written, in a shell of a newcomer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.forked import command, installed

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
COMMAND: Final = re.compile(r"^    (.+)$", re.MULTILINE)
ENDING: Final = "set -m\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
"""A server that a page leaves behind when it fails ends with its shell."""


def commands(page: str) -> list[str]:
    """Return the lines of a page that are typed."""
    return COMMAND.findall((DOCS / page).read_text("utf-8"))


def readme_block(marker: str) -> str:
    """Return the indented block that follows a marker in the README."""
    lines = (ROOT / "README.md").read_text("utf-8").split(f"<!-- {marker}")[1].splitlines()[1:]
    end = next((number for number, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
    return "\n".join(line[4:] for line in lines[:end]).strip() + "\n"


def run(script: Sequence[str], folder: Path, *, port: int = 8080, seconds: int = 400) -> str:
    """Type commands into one shell in a folder with the examples; return what was printed.

    The pages' port becomes `port`.
    """
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "build").mkdir()
    binaries = installed(command(), folder / ".venv" / "bin")
    (binaries / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "utf-8")
    (binaries / "python").chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ENDING + "\n".join(script).replace("8080", str(port))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'cli' / 'library'}",
            "HOME": str(folder),
        },
        timeout=seconds,
    )
    log = folder / "build" / "serve.log"
    told = done.stdout[-2000:] + done.stderr[-2000:] + (log.read_text() if log.exists() else "")
    assert done.returncode == 0, told
    return done.stdout
