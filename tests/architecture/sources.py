"""The source files that the rules of this folder look at, as paths and as syntax trees."""

from __future__ import annotations

import ast
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent.parent

PURE_ROOMS: Final = (
    "schemas",
    "ledger/chemistry",
    "ledger/seal",
    "ledger/log",
    "ledger/trust",
    "ledger/holdings",
    "ledger/factors",
    "ledger/footprint",
    "ledger/plausibility",
    "ledger/drafting",
    "ledger/recipes",
    "ledger/claims",
    "ledger/verify",
    "ledger/carrier",
    "ledger/sheets",
    "ledger/papers",
)
"""Everything below `ledger/store`: values in, values out."""


def pure_files() -> list[str]:
    """Return the paths of all modules in the pure rooms."""
    return sorted(path for room in PURE_ROOMS for path in python_files(room))


def python_files(folder: str) -> list[str]:
    """Return the paths, from the root, of our Python files under `folder`, or of `folder` itself if it is one."""
    start = ROOT / folder
    return [folder] if start.is_file() else sorted(_under(start))


def _under(start: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(start):
        folders[:] = [name for name in folders if name not in {"node_modules", "__pycache__"}]
        place = os.path.relpath(folder, ROOT)
        yield from (f"{place}/{name}" for name in names if name.endswith(".py"))


@cache
def tree(path: str) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def committed_files() -> list[str]:
    """Return the paths of all files that are or would be committed."""
    words = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(path for path in listed.split("\0") if path and (ROOT / path).is_file())
