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
_SEPARATED: Final = re.compile(r"-?[0-9.,' ]+")
_BARE: Final = re.compile(r"[-+]?[0-9.]+[eEx][-+]?[0-9A-Fa-f]+")
"""Digits with an exponent or a base: what follows the letter is no unit."""
_LITERAL: Final = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^]]*\]')
"""What a number format shows as it stands: texts in quotes, one character behind a backslash. Blanks (`_x`, `*x`) and
colours or conditions (`[Red]`) show nothing that is read."""
_TIME: Final = re.compile(r"(.*[0-9日])[T ]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)")
"""A day with a time of day behind it, as programs write it."""
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
            return _number(cell, "kg" if column.kind == "kilograms" else column.help["en"].partition(" ")[0])
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


def _number(cell: Cell, unit: str = "") -> str:
    if cell.kind == "number":
        _check_format(cell, unit)
        return _plain(cell.value)
    if cell.kind != "text":
        raise InputError.at("workbook.cell-number", value=cell.value)
    text = folded(cell.value)
    united = _WITH_UNIT.fullmatch(text)
    if united is not None and not _BARE.fullmatch(text):
        unit = united[2].strip()
        raise InputError.at("workbook.cell-unit", value=cell.value, number=united[1], unit=unit)
    if not _NUMBER.fullmatch(text) and _SEPARATED.fullmatch(text) and set(text) & set(",' "):
        raise InputError.at("workbook.cell-separator", value=cell.value)
    if not _NUMBER.fullmatch(text):
        raise InputError.at("workbook.cell-number", value=cell.value)
    return _plain(text)


def _fraction(cell: Cell) -> str:
    text = _number(cell)
    if Decimal(text) > 1:
        raise InputError.at("workbook.cell-fraction", value=text)
    return text


def _check_format(cell: Cell, unit: str) -> None:
    """Refuse a number whose format shows another one, or a unit that is not the column's: both can be meant."""
    form = cell.form.partition(";")[0]
    shown = "".join(found[1] or found[2] or "" for found in _LITERAL.finditer(form)).strip()
    bare = _LITERAL.sub("", form)
    if "%" in bare:
        raise InputError.at("workbook.cell-percent", value=_percent(cell.value), number=_plain(cell.value))
    if re.search(r"[0#?],+(?![0#?])", bare):
        raise InputError.at("workbook.cell-scaled", number=_plain(cell.value))
    if any(each.isalpha() or each in "%‰" for each in shown) and folded(shown) != unit:
        raise InputError.at("workbook.cell-shows", number=_plain(cell.value), unit=shown)


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
    text = without_time(cell)
    for form in _DAYS:
        found = form.fullmatch(text)
        if found is not None:
            year, month, day = map(int, found.groups())
            return f"{year:04d}-{month:02d}-{day:02d}"
    raise InputError.at("workbook.cell-date", value=cell.value)


def without_time(cell: Cell) -> str:
    """Return the text of a date cell, folded, without the time of day that may stand behind the day."""
    text = folded(cell.value)
    found = _TIME.fullmatch(text)
    return text if found is None else found[1].rstrip()


def time_of_day(cell: Cell) -> bool:
    """Return whether a time other than midnight stands behind a day."""
    found = _TIME.fullmatch(folded(cell.value))
    return found is not None and any(each in "123456789" for each in found[2])


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
