"""A recipe as a workbook: it reads back as the very same recipe, and every problem stands at its cell."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook.cells import Cell, Sheet, read_cells
from ledger.workbook.child import _told
from ledger.workbook.guard import SheetFacts
from ledger.workbook.recipe_reading import read_recipe_workbook
from ledger.workbook.recipe_sheets import recipe_book, recipe_workbook
from schemas.columns import LANGUAGES, Language
from schemas.problem import InputError
from schemas.recipe_columns import RECIPE_SHEET_NAMES, RECIPE_SHEETS
from tests.support.worlds.example_records import example_names, example_record
from tests.support.worlds.workbooks import opened, saved

if TYPE_CHECKING:
    from collections.abc import Callable

STRIP_CASTING = "bayan-obo/12-SC-2026-05"


def recipe(name: str = STRIP_CASTING, **changes: object) -> CheckedRecipe:
    return checked_recipe(recipe_of(example_record(name), name="R-1", title="an example") | changes)


def read_here(workbook: bytes) -> CheckedRecipe:
    """Read a workbook in this process: the other process is the same for all of them, and slow to start."""
    book = load_workbook(io.BytesIO(workbook), read_only=True, data_only=True)
    sheets = []
    for sheet in book.worksheets:
        cells = [Cell(*_told(cell)) for row in sheet.iter_rows() for cell in row if cell.value is not None]
        sheets.append(Sheet(sheet.title, SheetFacts(sheet.title), cells))
    return read_recipe_workbook(sheets)


def cells_of(given: CheckedRecipe, language: Language) -> list[dict[tuple[int, int], tuple[object, str, str]]]:
    """Return what a reader of the workbook sees: of each sheet its keys and its rows, without headings and help."""
    return [
        {
            place: (cell.value, cell.data_type, cell.number_format)
            for place, cell in sheet._cells.items()
            if place[0] not in {2, 3}
        }
        for sheet in recipe_book(given, language).worksheets[: len(RECIPE_SHEETS)]
    ]


@pytest.mark.parametrize("name", example_names())
def test_a_recipe_reads_back_as_the_very_same(name: str) -> None:
    """In each language: a reader finds the same in all of them, and the sheets by the names that the workbook tells."""
    given = recipe(name)
    again = read_here(recipe_workbook(given, LANGUAGES[0]))
    assert again.document == given.document
    found = cells_of(given, LANGUAGES[0])
    assert any(found)
    for language in LANGUAGES[1:]:
        assert cells_of(given, language) == found, language


@pytest.mark.parametrize("language", LANGUAGES)
def test_so_it_does_through_the_guard_and_the_confined_reader(language: Language) -> None:
    amounts = [
        {"place": "electricity[0].amount", "rule": "asked", "key": "power", "label": "电量", "low": "400 kWh",
         "high": "0.7 MWh", "scale": "per-run", "reason": "the furnace cools at week-ends"},
        {"place": "water.evaporated", "rule": "rest", "low": "0 m3", "high": "9 m3", "reason": "all of it"},
        {"place": "excluded[0].at_most", "rule": "fixed"},
    ]  # fmt: skip
    written = example_record(STRIP_CASTING)
    written["excluded"][0] |= {"kind": "bounded", "at_most": "3 kg", "factor": "placeholders/iron.glo"}
    made = recipe_of(written, name="R-1", title="=1+1") | {"amounts": amounts, "lots": "AL-{n}"}
    made |= {"examples": ["electricity[0]", "water"]}
    given = checked_recipe(made)
    again = read_recipe_workbook(read_cells(recipe_workbook(given, language)))
    assert again.document == given.document


@cache
def workbook_in(language: Language) -> bytes:
    return recipe_workbook(recipe(), language)


def changed(change: Callable[[Any], None], language: Language = "en") -> list[tuple[str, str]]:
    """Return the problems of a workbook after a change, as code and cell."""
    book = opened(workbook_in(language))
    change(book)
    with pytest.raises(InputError) as refused:
        read_here(saved(book))
    return [(each.code, each.place) for each in refused.value.problems]


def column(sheet: Any, key: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    return next(cell.column for cell in sheet[1] if cell.value == key)


def row_of(sheet: Any, *texts: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    return next(
        row[0].row for row in sheet.iter_rows(min_row=4) if [cell.value for cell in row][: len(texts)] == [*texts]
    )


def put(sheet: str, texts: tuple[str, ...], key: str, value: object) -> Callable[[Any], None]:
    """Write a value into the row that begins with some texts."""

    def change(book: Any) -> None:  # noqa: ANN401 - openpyxl has no types
        here = book[sheet]
        here.cell(row_of(here, *texts), column(here, key)).value = value

    return change


POWER = ("electricity", "electricity")
FAULTS = [
    (put("Lines", POWER, "factor", "grid"), "document.pattern", "L"),
    (put("Lines", POWER, "amount", "528 kWh"), "workbook.cell-unit", "C"),
    (put("Lines", POWER, "amount", None), "workbook.recipe-amount", "C"),
    (put("Lines", POWER, "rule", "sometimes"), "document.not-one-of", "E"),
    (put("Lines", POWER, "rule", "rest"), "recipe.rest-place", "E"),
    (put("Lines", POWER, "low", 3), "workbook.recipe-no-rule", "H"),
    (put("Lines", POWER, "group", "power"), "workbook.recipe-group", "A"),
    (put("Lines", POWER, "strength", 1.5), "workbook.cell-fraction", "N"),
    (put("Lines", POWER, "composition", "outputs-9"), "workbook.recipe-composition", "P"),
    (put("Recipe", ("run.step",), "value", "casting"), "document.not-one-of", "B"),
    (put("Recipe", ("run.step",), "place", "run step"), "workbook.recipe-place", "A"),
    (put("Recipe", ("run.period.start",), "place", "run.step"), "workbook.recipe-place", "A"),
    (put("Recipe", ("version",), "value", "two"), "document.not-whole-number", "B"),
    (put("Recipe", ("outputs[0].low",), "value", "9000 kg"), "recipe.band", "B"),
    (put("Compositions", ("outputs-1",), "unit", "parts"), "workbook.recipe-unit", "B"),
    (put("Compositions", ("outputs-1",), "name", "metal"), "workbook.recipe-composition", "B"),
    (put("Left out", (), "what", None), "workbook.cell-empty", "A"),
]


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_each_fault_stands_at_its_cell(number: int) -> None:
    change, code, letter = FAULTS[number]
    found = changed(change)
    assert [(told, cell.partition("!")[2].rstrip("0123456789")) for told, cell in found][:1] == [(code, letter)], found


def test_in_chinese_the_sheets_have_chinese_names() -> None:
    book = opened(workbook_in("zh-Hans"))
    assert book.sheetnames[:4] == [names["zh-Hans"] for names in RECIPE_SHEET_NAMES.values()]
    assert [[cell.value for cell in row] for row in book["_oreprint"]] == [
        [key, names["zh-Hans"]] for key, names in RECIPE_SHEET_NAMES.items()
    ]


def test_a_renamed_sheet_is_known_and_a_missing_one_is_told() -> None:
    book = opened(workbook_in("en"))
    book["Lines"].title = "Zeilen"
    book["_oreprint"]["B2"].value = "Zeilen"
    assert read_here(saved(book)).document == recipe().document

    def remove(book: Any) -> None:  # noqa: ANN401 - openpyxl has no types
        del book["Lines"]

    assert changed(remove) == [("workbook.recipe-sheet", "")]
