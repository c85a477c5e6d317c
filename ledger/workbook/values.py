"""Read one cell as what its column holds.

Rules: a number keeps fifteen digits and gets no exponent. Full-width digits and odd blanks are folded. What can be read
two ways is refused, with both readings.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

from ledger.workbook.cells import Cell
from schemas.columns import Column
from schemas.problem import InputError
from schemas.quantity import plain

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_WITH_UNIT: Final = re.compile(r"(-?[0-9.,]+)\s*([A-Za-z%\u4e00-\u9fff].*)")
_DAYS: Final = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
)
"""Ways to write a day with the year first, which can be read only one way."""
_BLANKS: Final = "\u00a0\u2007\u202f\u3000 \t"


def read_cell(cell: Cell, column: Column) -> str:
    """Return a cell as text of its column's kind; raise InputError ``workbook.cell-*`` where it is none."""
    if cell.kind == "error":
        raise InputError.at("workbook.cell-error", value=cell.value)
    match column.kind:
        case "kilograms" | "amount":
            return _number(cell)
        case "fraction":
            return _fraction(cell)
        case "date":
            return _day(cell)
        case "lot":
            return _lot(cell)
        case "text" | "unit" | "written":
            return _text(cell)
        case "bound" | "value":
            return _free(cell, column)


def folded(text: str) -> str:
    """Return a text with digits and marks of other forms as plain ones, without blanks around."""
    return unicodedata.normalize("NFKC", text).strip(_BLANKS)


def _number(cell: Cell) -> str:
    if cell.kind == "number":
        if "%" in cell.form:
            raise InputError.at("workbook.cell-percent", value=_percent(cell.value), number=_plain(cell.value))
        return _plain(cell.value)
    if cell.kind != "text":
        raise InputError.at("workbook.cell-number", value=cell.value)
    text = folded(cell.value)
    united = _WITH_UNIT.fullmatch(text)
    if united is not None:
        unit = united[2].strip()
        raise InputError.at("workbook.cell-unit", value=cell.value, number=united[1], unit=unit)
    if "," in text or "'" in text or " " in text:
        raise InputError.at("workbook.cell-separator", value=cell.value)
    if not _NUMBER.fullmatch(text):
        raise InputError.at("workbook.cell-number", value=cell.value)
    return _plain(text)


def _fraction(cell: Cell) -> str:
    if cell.kind == "number" and "%" in cell.form:
        raise InputError.at("workbook.cell-percent", value=_percent(cell.value), number=_plain(cell.value))
    text = _number(cell)
    if Decimal(text) > 1:
        raise InputError.at("workbook.cell-fraction", value=text)
    return text


def _plain(text: str) -> str:
    number = Decimal(text)
    if number < 0:
        raise InputError.at("workbook.cell-negative", value=text)
    if number >= 10**12:
        raise InputError.at("workbook.cell-number", value=text)
    return plain(number)


def _percent(text: str) -> str:
    return f"{plain(Decimal(text) * 100)} %"


def _day(cell: Cell) -> str:
    if cell.kind == "date":
        return cell.value.partition("T")[0]
    text = folded(cell.value)
    for form in _DAYS:
        found = form.fullmatch(text)
        if found is not None:
            year, month, day = map(int, found.groups())
            return f"{year:04d}-{month:02d}-{day:02d}"
    raise InputError.at("workbook.cell-date", value=cell.value)


def _lot(cell: Cell) -> str:
    if cell.kind != "text":
        raise InputError.at("workbook.cell-lot", value=cell.value)
    return cell.value.strip(_BLANKS)


def _free(cell: Cell, column: Column) -> str:
    """Return a bound, which may have its own unit, or a value of any kind."""
    if column.kind == "value":
        return _day(cell) if cell.kind == "date" else _text(cell)
    has_unit = cell.kind == "text" and _WITH_UNIT.fullmatch(folded(cell.value))
    return _text(cell) if has_unit else _number(cell)


def _text(cell: Cell) -> str:
    if cell.kind == "number":
        return _plain(cell.value)
    return cell.value.strip(_BLANKS)
