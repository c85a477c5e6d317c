"""The cells of a workbook, as they were read in a process of their own.

Rules: the reader runs in a process with little memory and time (`ledger.files.confined`).  A number is told with the
fifteen digits that a spreadsheet keeps.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import orjson

from ledger.files.confined import read_apart
from ledger.workbook.guard import SheetFacts, cell_name, guarded
from schemas.problem import InputError, Problem

SECONDS: Final = 20
"""Of the processor, for the reader."""

Kind = Literal["text", "number", "date", "boolean", "error"]


class Cell(NamedTuple):
    """One cell that is not empty. A date is ISO 8601, with a time of day only where the cell had one."""

    row: int
    column: int
    kind: Kind
    value: str
    form: str
    """Number format of the cell, such as `0.00%`."""

    @property
    def name(self) -> str:
        """The name of the cell, such as `D19`."""
        return cell_name(self.row, self.column)


class Sheet(NamedTuple):
    """A sheet: what its cells hold, and what a reader would pass over."""

    name: str
    facts: SheetFacts
    cells: list[Cell]
    notes: Sequence[Problem] = ()


def read_cells(workbook: bytes) -> list[Sheet]:
    """Return the sheets of a workbook.

    Raises:
        InputError: ``workbook.*`` for a file that is none, unsafe, too large, or that its reader does not survive.
    """
    facts = guarded(workbook)
    told = orjson.loads(answer_apart("ledger.workbook.child", workbook, seconds=SECONDS))
    sheets = {name: [Cell(*each) for each in cells] for name, cells in told}
    return [Sheet(each.name, each, sheets.get(each.name, [])) for each in facts]


def answer_apart(module: str, raw: bytes, *, seconds: int) -> bytes:
    """Return the answer of a module about a workbook, in a process of its own.

    Raises:
        InputError: `workbook.too-slow`, `workbook.unreadable`.
    """
    try:
        done = read_apart(module, raw, seconds=seconds)
    except subprocess.TimeoutExpired as error:
        raise InputError.at("workbook.too-slow", limit=seconds) from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines()
        raise InputError.at("workbook.unreadable", reason=lines[-1] if lines else "no answer")
    return done.stdout
