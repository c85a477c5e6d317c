"""Workbooks of a scrap yard, filled in as a test says."""

from __future__ import annotations

import io
import pickle
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook.cells import read_cells
from ledger.workbook.runs import ReadWorkbook, read_runs
from ledger.workbook.template import template
from tests.support.worlds.example_records import example_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.columns import Language

SCRAP = "bayan-obo/05-SCR-2026-02"


@cache
def scrap_recipe() -> CheckedRecipe:
    """The recipe of the example's scrap yard."""
    return checked_recipe(recipe_of(example_record(SCRAP), name="SCR", title="scrap"))


def right_row(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a cell holds anything
    """Return the values of a right row, by key, with changes."""
    return {
        "recipe": "SCR", "lot": f"SC-{number}", "mass_kg": 1212, "start": "2026-07-01",
        "r:magnet-swarf-dry": 727.2, "r:end-of-life": 494.9,
    } | changes  # fmt: skip


@cache
def blank(language: Language = "en") -> bytes:
    """Return the empty workbook of the scrap yard."""
    return template([scrap_recipe()], language)


def filled(
    rows: Sequence[Mapping[str, Any]],
    language: Language = "en",
    *,
    sheet: int = 0,
    before: bytes | None = None,
    texts: bool = False,
) -> bytes:
    """Return a workbook with these rows in one of its sheets; a value may be a function of its cell.

    With `texts` a text is never a formula.
    """
    book = opened(before or blank(language))
    here = book.worksheets[sheet]
    places = {str(cell.value): cell.column or 0 for cell in here[1]}
    for number, row in enumerate(rows, 4):
        for key, value in row.items():
            cell = here.cell(number, places[key])
            if callable(value):
                value(cell)
                continue
            cell.value = value
            if texts and isinstance(value, str):
                cell.data_type = "s"
    return saved(book)


def opened(workbook: bytes) -> Any:  # noqa: ANN401 - openpyxl has no types
    """Return a workbook to be changed. openpyxl reads each once: a copy of what it read takes a sixth of the time."""
    return pickle.loads(_read_once(workbook))  # noqa: S301 - written here


@lru_cache(64)
def _read_once(workbook: bytes) -> bytes:
    return pickle.dumps(load_workbook(io.BytesIO(workbook)))


def saved(book: Any) -> bytes:  # noqa: ANN401 - openpyxl has no types
    """Return the bytes of a workbook."""
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def read(workbook: bytes) -> ReadWorkbook:
    """Return what a workbook of the scrap yard holds."""
    return read_runs(read_cells(workbook), {"SCR": scrap_recipe()})
