"""The page that explains the magnet's number has the figures that the engine gives."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tables_are_those_of_the_engine(root: Path) -> None:
    done = subprocess.run([sys.executable, "docs/make_magnet.py", "--check"], cwd=root, check=False)
    assert done.returncode == 0, "run python docs/make_magnet.py, and read what it changed"
