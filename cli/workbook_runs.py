"""The runs of a workbook, by the recipes that are kept in the home."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cli.acting import acting
from cli.files import read_bytes, told
from cli.parts import open_to_read
from cli.records import SUFFIXES as RECORD_SUFFIXES
from cli.records import Given, Read
from ledger.desk.recipes import compositions_at_hand, kept_recipes
from ledger.workbook.file_kinds import CSV, SUFFIXES, read_file
from ledger.workbook.guard import MOST_BYTES
from ledger.workbook.runs import read_runs
from schemas.problem import InputError, Problem, within


def is_workbook(path: Path) -> bool:
    """Return whether a path is read as a workbook: .xlsx, .csv, .zip, or a folder of .csv files alone."""
    if path.is_dir():
        suffixes = {each.suffix.lower() for each in path.iterdir() if each.is_file()}
        return CSV in suffixes and suffixes.isdisjoint(RECORD_SUFFIXES)
    return path.suffix.lower() in SUFFIXES


def workbook_bytes(path: Path) -> bytes:
    """Return the content of a workbook; a folder of .csv files as one archive, which is the same for the same files."""
    import io
    import zipfile

    if not path.is_dir():
        return read_bytes(path, most=MOST_BYTES)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(path.iterdir()):
            if each.suffix.lower() == CSV:
                archive.writestr(zipfile.ZipInfo(each.name), read_bytes(each, most=MOST_BYTES))
    return held.getvalue()


def workbook_runs(path: Path, *, home: Path | None) -> Sequence[Read]:
    """Return the records of a workbook's runs, and what is wrong with the others, each at its cell.

    The party that acts keeps the recipes (`cli.acting`). Lots that are its own give the composition of inputs.

    Raises:
        InputError: ``workbook.*``; `party.several`.
    """
    sheets = read_file(workbook_bytes(path), path.name)
    party, registry = acting(None, home), open_to_read(home)
    recipes = {each.checked.recipe.recipe: each.checked for each in kept_recipes(registry, party)}
    found = read_runs(sheets, recipes, compositions_at_hand(registry, party, recipes.values()), party=party)
    name = told(path)
    for note in (*found.notes, *(warning for each in found.runs for warning in each.warnings)):
        print(f"note: {within(name, note).sentence()} [{note.code}]", file=sys.stderr)
    runs: list[Read] = []
    for each in found.runs:
        if each.ship is not None:
            alone = Problem.at("upload.ships-alone", each.cells["customer"])
            runs.append(InputError(within(name, alone)))
        elif each.record is not None:
            runs.append(Given(name, each.record, each.at_cell))
        elif each.problems:
            runs.append(InputError(*(within(name, problem) for problem in each.problems)))
    if found.problems:
        runs.append(InputError(*(within(name, problem) for problem in found.problems)))
    return runs
