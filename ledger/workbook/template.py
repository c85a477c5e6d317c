"""Write a workbook to be filled in, or one that is filled in with the runs that were issued.

Rules: text stays text, whatever it begins with. Mandatory columns are coloured and starred. Cells of lots and names are
formatted as text, so that a spreadsheet does not make dates of them. Words are chosen from lists, and nothing else
is accepted; stock and factors are only suggested, because they age.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, get_args

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation

from ledger.recipes.checked import CheckedRecipe
from ledger.workbook.guard import MOST_ROWS
from ledger.workbook.recipe_parts import is_number
from ledger.workbook.runs import extra_columns
from ledger.workbook.writing import put_text, saved
from schemas.columns import FORM, HIDDEN, LISTS, NUMBERS, SHEET_NAMES, SHEETS, CellKind, Column, Language, SheetKey
from schemas.recipe import LineGroup
from schemas.vocabulary import Basis

_REQUIRED: Final = PatternFill("solid", fgColor="FFF2CC")
_OPTIONAL: Final = PatternFill("solid", fgColor="E7EEF7")
HEAD_ROWS: Final = 3
_CHOSEN_ROWS: Final = 5000
"""Rows in which a new workbook offers values to choose from."""
_TEXTS: Final[frozenset[CellKind]] = frozenset({"lot", "text", "date"})
"""Kinds of columns in which a spreadsheet must not turn what is typed into a number or a date."""
_AS_TEXT: Final = "@"
_UNITS: Final = ("kg", "t", "g", "kWh", "MWh", "MJ", "GJ", "m3", "L", "t.km")

FilledRows = Mapping[SheetKey, Sequence[Mapping[str, str]]]
"""Rows of each sheet: the values by the key of their column, numbers as plain text."""


class Choices(NamedTuple):
    """The suggestions of a workbook besides the words: lots at hand, factors of the tables, and customers.

    `stock` says how many kg are left of each lot.
    """

    stock: Mapping[str, str] = {}
    factors: Sequence[str] = ()
    customers: Sequence[str] = ()


def template(
    recipes: Sequence[CheckedRecipe],
    language: Language = "en",
    *,
    party: str | None = None,
    choices: Choices | None = None,
    rows: FilledRows | None = None,
    named_versions: bool = True,
) -> bytes:
    """Return a workbook to be filled in with the runs of some recipes of a party; `rows` are filled in already.

    Without `named_versions` it is read with the versions of the recipes of the day.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    extra = extra_columns(recipes)
    lists = _add_lists(book, language, recipes, choices or Choices())
    for key, columns in SHEETS.items():
        _add_sheet(book, key, [*columns, *extra.get(key, ())], language, (rows or {}).get(key, ()), lists)
    book.move_sheet(LISTS[language], len(SHEETS))
    book.active = 0
    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    said = [("format", FORM), ("language", language), *([("party", party)] if party is not None else ())]
    for name, text in (*said, *((key, SHEET_NAMES[key][language]) for key in SHEETS)):
        hidden.append([name, text])
    for each in recipes if named_versions else ():
        hidden.append(["recipe", each.recipe.recipe, each.recipe.version])
    book.security = WorkbookProtection(lockStructure=True)  # without a password: it only keeps slips away
    return saved(book)


def _add_sheet(
    book: Workbook,
    key: SheetKey,
    columns: Sequence[Column],
    language: Language,
    rows: Sequence[Mapping[str, str]],
    lists: Mapping[str, DataValidation],
) -> None:
    sheet: Any = book.create_sheet(SHEET_NAMES[key][language])
    for number, column in enumerate(columns, 1):
        put_head(sheet, number, column, language)
    sheet.row_dimensions[1].hidden = True
    sheet.freeze_panes = f"A{HEAD_ROWS + 1}"
    last = max(HEAD_ROWS, HEAD_ROWS + len(rows))
    sheet.auto_filter.ref = f"A{HEAD_ROWS}:{get_column_letter(len(columns))}{last}"
    for number, column in enumerate(columns, 1):
        named = _list_of(column)
        if named is not None:
            _offer(sheet, number, lists[named])
    places = {column.key: (number, column.kind) for number, column in enumerate(columns, 1)}
    for at, row in enumerate(rows, HEAD_ROWS + 1):
        for name, text in row.items():
            number, kind = places[name]
            cell = sheet.cell(at, number)
            put_text(cell, text)
            if kind in _TEXTS:
                cell.number_format = _AS_TEXT
            if kind in NUMBERS and is_number(text):
                cell.value = Decimal(text)


def put_head(sheet: Any, number: int, column: Column, language: Language) -> None:  # noqa: ANN401 - openpyxl has no types
    """Write the three rows above a column: its key, its heading, and its unit or help."""
    star = " *" if column.required else ""
    texts = (column.key, f"{column.heading[language]}{star}", column.help[language])
    for row, text in enumerate(texts, 1):
        put_text(sheet.cell(row, number), text)
    heading = sheet.cell(2, number)
    heading.font, heading.fill = Font(bold=True), _REQUIRED if column.required else _OPTIONAL
    sheet.cell(3, number).font = Font(italic=True, color="666666")
    letter = get_column_letter(number)
    sheet.column_dimensions[letter].width = max(12, min(40, 2 + len(texts[1])))
    if column.required:
        sheet.column_dimensions[letter].fill = _REQUIRED
    if column.kind in _TEXTS:
        sheet.column_dimensions[letter].number_format = _AS_TEXT


# -- lists -------------------------------------------------------------------------------------------------------------


def _list_of(column: Column) -> str | None:
    """Return the name of the list from which cells of a column are chosen, or None."""
    known = {
        "recipe": "recipes",
        "group": "groups",
        "basis": "bases",
        "unit": "units",
        "factor": "factors",
        "customer": "customers",
    }
    return known.get(column.key) or ("stock" if column.key.startswith("input") and column.kind == "lot" else None)


def _add_lists(
    book: Workbook, language: Language, recipes: Sequence[CheckedRecipe], choices: Choices
) -> dict[str, DataValidation]:
    """Put the lists into a hidden sheet as named ranges; return the choice that each one offers."""
    sheet: Any = book.create_sheet(LISTS[language])
    sheet.sheet_state = "hidden"
    words: dict[str, tuple[Sequence[str], bool]] = {
        "recipes": ([each.recipe.recipe for each in recipes], True),
        "groups": (get_args(LineGroup), True),
        "bases": (get_args(Basis), True),
        "units": (_UNITS, False),
        "stock": ([*choices.stock], False),
        "factors": (choices.factors, False),
        "customers": (choices.customers, False),
        "stock_left_kg": ([*choices.stock.values()], False),
    }
    offers: dict[str, DataValidation] = {}
    for number, (name, (values, strict)) in enumerate(words.items(), 1):
        put_text(sheet.cell(1, number), name)
        for at, value in enumerate(values[: MOST_ROWS - 1], 2):
            put_text(sheet.cell(at, number), value)
        letter = get_column_letter(number)
        end = max(2, min(len(values) + 1, MOST_ROWS))
        where = f"'{LISTS[language]}'!${letter}$2:${letter}${end}"
        book.defined_names[f"oreprint_{name}"] = DefinedName(f"oreprint_{name}", attr_text=where)
        offers[name] = DataValidation(
            type="list",
            formula1=f"oreprint_{name}",
            allow_blank=True,
            showErrorMessage=bool(values),
            errorStyle="stop" if strict else "warning",
        )
    return offers


def _offer(sheet: Any, number: int, choice: DataValidation) -> None:  # noqa: ANN401 - openpyxl has no types
    """Offer the values of a list in a column."""
    own = DataValidation(
        type="list",
        formula1=choice.formula1,
        allow_blank=True,
        showErrorMessage=choice.showErrorMessage,
        errorStyle=choice.errorStyle,
    )
    sheet.add_data_validation(own)
    letter = get_column_letter(number)
    own.add(f"{letter}{HEAD_ROWS + 1}:{letter}{_CHOSEN_ROWS}")
