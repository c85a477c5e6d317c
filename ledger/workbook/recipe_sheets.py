"""Write a recipe as a workbook that reads back as the very same recipe.

Rules: as `ledger.workbook.recipe_parts` and `ledger.workbook.template` have them. What the registry fills in, the
factor tables that are pinned, is left out.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from openpyxl import Workbook

from ledger.recipes.amounts import GROUPS, RunAmount, deciding
from ledger.recipes.checked import CheckedRecipe
from ledger.workbook.recipe_parts import (
    ALONE,
    FRACTION,
    KILOGRAMS,
    LEFT_OUT_MEMBERS,
    LINE_MEMBERS,
    RULE_MEMBERS,
    amount_member,
    composition_member,
    is_number,
    leaves,
)
from ledger.workbook.template import put_head
from ledger.workbook.writing import put_text, saved
from schemas.columns import HIDDEN, Language
from schemas.recipe_columns import RECIPE_SHEET_NAMES, RECIPE_SHEETS, RecipeSheetKey, element_column

Row = dict[str, Any]
_NUMERIC: Final = frozenset({"amount", "bound", "fraction"})
_KILOGRAMS: Final = " kg"


def recipe_workbook(checked: CheckedRecipe, language: Language = "en") -> bytes:
    """Return a recipe as a workbook."""
    return saved(recipe_book(checked, language))


def recipe_book(checked: CheckedRecipe, language: Language = "en") -> Workbook:
    """Return a recipe as a workbook that is not written yet."""
    rows = _Rows(copy.deepcopy(dict(checked.document)), deciding(checked.recipe.run))
    sheets = rows.of_the_whole()
    elements = sorted({key for row in sheets["compositions"] for key in row if key.startswith("e:")})
    book = Workbook()
    book.remove(book.worksheets[0])
    for key, columns in RECIPE_SHEETS.items():
        further = [element_column(each.removeprefix("e:")) for each in elements] if key == "compositions" else []
        sheet = book.create_sheet(RECIPE_SHEET_NAMES[key][language])
        sheet.row_dimensions[1].hidden = True
        sheet.freeze_panes = "A4"
        for number, column in enumerate([*columns, *further], 1):
            put_head(sheet, number, column, language)
            for line, row in enumerate(sheets[key], 4):
                if column.key in row:
                    _put(sheet.cell(line, number), row[column.key], numeric=column.kind in _NUMERIC)
    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    for key in RECIPE_SHEETS:
        hidden.append([key, RECIPE_SHEET_NAMES[key][language]])
    return book


def _put(cell: Any, value: object, *, numeric: bool) -> None:  # noqa: ANN401 - openpyxl has no types
    match value:
        case bool():
            cell.value = value
        case int():
            cell.value = value
        case str() if numeric and is_number(value):
            cell.value = Decimal(value)
        case _:
            put_text(cell, str(value))
            cell.number_format = "@"


class _Rows:
    """The rows of each sheet; what a sheet takes is taken out of the document, and the rest is told by its place."""

    def __init__(self, document: dict[str, Any], decided: Mapping[str, RunAmount]) -> None:
        self.document = document
        self.run: dict[str, Any] = document["run"]
        self.decided = decided
        self.rules = {each["place"]: each for each in document.get("amounts", [])}
        self.compositions: list[Row] = []

    def of_the_whole(self) -> dict[RecipeSheetKey, list[Row]]:
        """Return the rows of all sheets."""
        lines = [row for group in GROUPS for row in self._lines(group)]
        lines += [row for (group, name), place in ALONE.items() for row in self._alone(group, name, place)]
        for number, output in enumerate(self.run["outputs"]):
            self._take_composition(output, "composition", f"outputs-{number + 1}")
        left_out = [self._taken(each, LEFT_OUT_MEMBERS) for each in self.run.get("excluded", ())]
        self.document["amounts"] = [*self.rules.values()]
        self.document.pop("pinned", None)
        told = [{"place": place, "value": value} for place, value in leaves(self.document, "")]
        return {"recipe": told, "recipe-lines": lines, "compositions": self.compositions, "left-out": left_out}

    def _lines(self, group: str) -> list[Row]:
        found: list[Row] = []
        for number, line in enumerate(self.run.get(group, ())):
            row: Row = {"group": group, "name": line.pop("name")}
            row |= self._amount(line, amount_member(group)) | self._rule(f"{group}[{number}]")
            row |= {
                member: line.pop(member)
                for member in LINE_MEMBERS
                if member in line and (member != "strength" or is_number(line[member]))
            }
            member = composition_member(group)
            if line.get(member):
                self._take_composition(line, member, f"{group}-{number + 1}")
                row |= {"composition": line.pop(member)} if isinstance(line[member], str) else {}
            found.append(row)
        return found

    def _alone(self, group: str, name: str, place: str) -> list[Row]:
        part, _, member = place.rpartition(".")
        holder = self.run.get(part) if part else self.run
        if not isinstance(holder, dict) or member not in holder:
            return []
        return [{"group": group, "name": name} | self._amount(holder, member) | self._rule(place)]

    def _amount(self, holder: Row, member: str) -> Row:
        number, _, unit = str(holder.get(member, "")).partition(" ")
        if not unit or not is_number(number):
            return {}
        del holder[member]
        return {"amount": number, "unit": unit}

    def _rule(self, line: str) -> Row:
        """Return the rule of a line; a bound in the unit of the line is a number."""
        decides = self.decided.get(line)
        rule = self.rules.pop(decides.place, None) if decides is not None else None
        if decides is None or rule is None:
            return {}
        row: Row = {member: rule[member] for member in RULE_MEMBERS if member in rule}
        unit = decides.text.partition(" ")[2]
        for bound in ("low", "high"):
            number, _, its = str(row.get(bound, "")).partition(" ")
            if its == unit and is_number(number):
                row[bound] = number
        return row

    def _take_composition(self, holder: Row, member: str, name: str) -> None:
        """Put a composition into its own sheet, and its name in its place, if each of its values is a number."""
        values = {element: str(each) for element, each in holder.get(member, {}).items()}
        unit = KILOGRAMS if member == "elements" else FRACTION
        if member == "elements":
            values = {
                element: each.removesuffix(_KILOGRAMS) for element, each in values.items() if each.endswith(_KILOGRAMS)
            }
        if values and len(values) == len(holder[member]) and all(map(is_number, values.values())):
            self.compositions.append({"name": name, "unit": unit} | {f"e:{key}": text for key, text in values.items()})
            holder[member] = name

    @staticmethod
    def _taken(holder: Row, members: tuple[str, ...]) -> Row:
        return {
            member: holder.pop(member)
            for member in members
            if member in holder and (member != "share" or is_number(holder[member]))
        }
