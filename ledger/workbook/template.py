"""Write a workbook to be filled in, and the annotated copy of one that has problems.

Rules: text stays text, whatever it begins with. Mandatory columns are coloured and starred. Columns of lots and names
are formatted as text, so that a spreadsheet does not make dates of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ledger.workbook.runs import extra_columns
from schemas.columns import HIDDEN, PROBLEMS, SHEET_NAMES, SHEETS, Column, Language

if TYPE_CHECKING:
    from ledger.recipes.checked import CheckedRecipe
    from schemas.problem import Problem

_REQUIRED: Final = PatternFill("solid", fgColor="FFF2CC")
_OPTIONAL: Final = PatternFill("solid", fgColor="E7EEF7")
_FAULTY: Final = PatternFill("solid", fgColor="F8CBAD")
_HEAD_ROWS: Final = 3
_CHOSEN_ROWS: Final = 5000
"""Rows in which a new workbook offers the recipes to choose from."""
_PROBLEM_HEADS: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Sheet", "Cell", "Run", "Severity", "Code", "What is wrong"),
    "zh-Hans": ("工作表", "单元格", "生产批次", "级别", "代码", "问题"),
}


def template(recipes: Sequence[CheckedRecipe], language: Language = "en") -> bytes:
    """Return a workbook to be filled in with the runs of some recipes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    extra = extra_columns(recipes)
    for key, columns in SHEETS.items():
        sheet = book.create_sheet(SHEET_NAMES[key][language])
        for number, column in enumerate([*columns, *extra.get(key, ())], 1):
            put_head(sheet, number, column, language)
        sheet.row_dimensions[1].hidden = True
        sheet.freeze_panes = f"A{_HEAD_ROWS + 1}"
        if key == "runs":
            names = ",".join(each.recipe.recipe for each in recipes)
            choice = DataValidation(type="list", formula1=f'"{names}"', allow_blank=False, showErrorMessage=True)
            sheet.add_data_validation(choice)
            choice.add(f"A{_HEAD_ROWS + 1}:A{_CHOSEN_ROWS}")
    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    for key in SHEETS:
        hidden.append([key, SHEET_NAMES[key][language]])
    for each in recipes:
        hidden.append(["recipe", each.recipe.recipe, each.recipe.version])
    return saved(book)


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
    if column.kind in {"lot", "text"}:
        sheet.column_dimensions[letter].number_format = "@"


def annotated(workbook: bytes, problems: Iterable[Problem], runs: dict[str, str], language: Language = "en") -> bytes:
    """Return a copy of a workbook with each problem as a comment in its cell, and all of them in a sheet.

    `problems` have places as ``sheet!cell``; `runs` says the run of a cell.
    """
    book = load_workbook(io.BytesIO(workbook))
    name = PROBLEMS[language]
    for each in PROBLEMS.values():
        if each in book.sheetnames:
            del book[each]
    told = book.create_sheet(name)
    for number, text in enumerate(_PROBLEM_HEADS[language], 1):
        put_text(told.cell(1, number), text)
        told.cell(1, number).font = Font(bold=True)
    comments: dict[str, list[str]] = {}
    for number, problem in enumerate(problems, 2):
        sheet, _, cell = problem.place.rpartition("!")
        row = (sheet, cell, runs.get(problem.place, ""), "problem", problem.code, problem.words())
        for column, text in enumerate(row, 1):
            put_text(told.cell(number, column), text)
        if sheet in book.sheetnames and cell:
            told.cell(number, 2).hyperlink = f"#'{sheet}'!{cell}"
            comments.setdefault(problem.place, []).append(problem.words())
        told.cell(number, 6).alignment = Alignment(wrap_text=True)
    for letter, width in zip("ABCDEF", (14, 8, 20, 10, 28, 90), strict=True):
        told.column_dimensions[letter].width = width
    for place, texts in comments.items():
        sheet, _, cell = place.rpartition("!")
        book[sheet][cell].comment = Comment("\n".join(texts), "Oreprint", width=360, height=60 * len(texts))
        book[sheet][cell].fill = _FAULTY
    return saved(book)


def put_text(cell: Any, text: str) -> None:  # noqa: ANN401 - openpyxl has no types
    """Write text as text: one that begins with = is no formula."""
    cell.value = text
    cell.data_type = "s"


def saved(book: Workbook) -> bytes:
    """Return the bytes of a workbook."""
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
