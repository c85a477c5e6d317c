"""Where in a document something is: ``inputs[2].mass_kg (line 7, column 15)``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from schemas.problem import shown

SHOWN_PATH_CHARACTERS: Final = 200
"""A longer path keeps its end, which is where the fault is."""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_@$][A-Za-z0-9_-]{0,63}")


def path(steps: Iterable[str | int | None]) -> str:
    """Return member names and array positions (from 0) as one path; a member whose name is not yet read is None."""
    whole = "".join(_step(step) for step in steps if step is not None).removeprefix(".")
    return whole if len(whole) <= SHOWN_PATH_CHARACTERS else "…" + whole[1 - SHOWN_PATH_CHARACTERS :]


def _step(step: str | int) -> str:
    if isinstance(step, str) and _PLAIN_NAME.fullmatch(step):
        return f".{step}"
    return f'["{shown(step)}"]' if isinstance(step, str) else f"[{step}]"


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Return the line and column, both from 1 and in characters, of a position in `text`."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def spot(steps: Iterable[str | int | None], line: int, column: int) -> str:
    """Return path, line and column as one place; without a path just line and column."""
    where = f"line {line}, column {column}"
    name = path(steps)
    return f"{name} ({where})" if name else where
