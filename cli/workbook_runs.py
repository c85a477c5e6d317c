"""The runs of a workbook, by the recipes that are kept in the home."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.records import Read


def workbook_runs(path: Path, *, home: Path | None) -> Sequence[Read]:
    """Return the records of a workbook's runs, and what is wrong with the others, each at its cell.

    The party that acts keeps the recipes (`cli.acting`). Lots that are its own give the composition of inputs.

    Raises:
        InputError: ``workbook.*``; `party.several`.

    """
    from cli.acting import acting
    from cli.files import read_bytes, told, within
    from cli.parts import open_to_read
    from cli.records import Given
    from ledger.desk.recipes import compositions_at_hand, kept_recipes
    from ledger.workbook.cells import read_cells
    from ledger.workbook.guard import MOST_BYTES
    from ledger.workbook.runs import read_runs
    from schemas.door import validated
    from schemas.problem import InputError
    from schemas.record import ProductionRecord

    sheets = read_cells(read_bytes(path, most=MOST_BYTES))
    party, registry = acting(None, home), open_to_read(home)
    recipes = {each.checked.recipe.recipe: each.checked for each in kept_recipes(registry, party)}
    found = read_runs(sheets, recipes, compositions_at_hand(registry, party, recipes.values()))
    name = told(path)
    for note in (*found.notes, *(warning for each in found.runs for warning in each.warnings)):
        print(f"note: {within(name, note).sentence()} [{note.code}]", file=sys.stderr)
    runs: list[Read] = []
    for each in found.runs:
        if each.made is not None:
            runs.append(Given(name, validated(ProductionRecord, each.made.record), each.at_cell))
        elif each.problems:
            runs.append(InputError(*(within(name, problem) for problem in each.problems)))
    if found.problems:
        runs.append(InputError(*(within(name, problem) for problem in found.problems)))
    return runs
