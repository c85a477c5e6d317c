"""Read a recipe from its workbook; every problem names its cell.

Rules: members without a column are in the sheet of the recipe, by their places (`ledger.workbook.recipe_parts`).
Nothing is guessed: the recipe is checked as one that came from a file, and each fault is led back to the cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.recipes.amounts import GROUPS, deciding, nearest
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.workbook.cells import Sheet
from ledger.workbook.recipe_parts import (
    ALONE,
    FRACTION,
    KILOGRAMS,
    LEFT_OUT_MEMBERS,
    LINE_MEMBERS,
    RULE_MEMBERS,
    amount_member,
    composition_member,
    put,
    steps_of,
)
from ledger.workbook.tables import SheetRow, SheetTable, table_of
from schemas.columns import HIDDEN, PROBLEMS
from schemas.door.whole import WholeText
from schemas.problem import InputError, Problem
from schemas.recipe_columns import RECIPE_SHEET_NAMES, RECIPE_SHEETS, RecipeSheetKey, element_column

_TRUTHS: Final = {"true": True, "false": False}
_NUMBERS: Final = frozenset({"version"})
"""Places of the recipe whose value is a number and no text."""


def read_recipe_workbook(sheets: Sequence[Sheet]) -> CheckedRecipe:
    """Return the recipe of a workbook.

    Raises:
        InputError: all that is wrong, each at ``sheet!cell``.
    """
    tables = dict(_tables(sheets))
    missing = [key for key in ("recipe", "recipe-lines") if key not in tables]
    if missing:
        names = (RECIPE_SHEET_NAMES[key]["en"] for key in RECIPE_SHEETS if key in missing)
        raise InputError(*(Problem.at("workbook.recipe-sheet", "", sheet=name) for name in names))
    reader = _Reader(tables)
    document = reader.document()
    problems = [each for table in tables.values() for each in (*table.whole, *table.problems)] + reader.problems
    if problems:
        raise InputError(*problems)
    try:
        return checked_recipe(document)
    except InputError as error:
        raise InputError(*(each._replace(place=reader.cell_of(each.place)) for each in error.problems)) from error


def _tables(sheets: Sequence[Sheet]) -> Iterator[tuple[RecipeSheetKey, SheetTable]]:
    """Yield the tables of a recipe: by the hidden sheet's word for them, else by their names in any language."""
    known = {name: key for key, names in RECIPE_SHEET_NAMES.items() for name in (key, *names.values())}
    for sheet in sheets:
        for cell in sheet.cells if sheet.name == HIDDEN else ():
            key = next((each.value for each in sheet.cells if (each.row, each.column) == (cell.row, 1)), "")
            if cell.column == 2 and key in RECIPE_SHEETS:
                known[cell.value] = known[key]
    for sheet in sheets:
        if sheet.name in known and sheet.name not in {HIDDEN, *PROBLEMS.values()}:
            found = known[sheet.name]
            elements = map(element_column, ATOMIC_WEIGHT) if found == "compositions" else ()
            yield found, table_of(sheet, [*RECIPE_SHEETS[found], *elements])


class _Reader:
    """The document as it grows, and the cell of each of its places."""

    def __init__(self, tables: Mapping[RecipeSheetKey, SheetTable]) -> None:
        self.tables = tables
        self.cells: dict[str, str] = {"": f"{tables['recipe'].sheet}!A1"}
        self.problems: list[Problem] = []
        self.compositions: dict[str, SheetRow] = {}
        self.rules: list[tuple[str, SheetRow]] = []

    def document(self) -> dict[str, Any]:
        """Return the recipe as the sheets tell it."""
        document: dict[str, Any] = {"run": {}}
        run: dict[str, Any] = document["run"]
        for row in self._rows("compositions"):
            if row.values["name"] in self.compositions:
                self._refuse("workbook.recipe-name-twice", row.cell("name"), name=row.values["name"])
            if row.values["unit"] not in {FRACTION, KILOGRAMS}:
                self._refuse("workbook.recipe-unit", row.cell("unit"), found=row.values["unit"])
            self.compositions[row.values["name"]] = row
        for row in self._rows("recipe-lines"):
            self._line(run, row)
        for number, row in enumerate(self._rows("left-out")):
            left_out = {member: row.values[member] for member in LEFT_OUT_MEMBERS if member in row.values}
            run.setdefault("excluded", []).append(left_out)
            self._note(f"run.excluded[{number}]", row, "what", {member: member for member in LEFT_OUT_MEMBERS})
        for row in self._rows("recipe"):
            self._single(document, row)
        for number, output in enumerate(run.get("outputs", ())):
            if isinstance(output, dict) and isinstance(output.get("composition"), str):
                place = f"run.outputs[{number}].composition"
                output["composition"] = self._composition(output["composition"], place, self.cells[place])
        document["amounts"] = [*self._rules(run), *document.get("amounts", [])]
        return document

    def _rows(self, key: RecipeSheetKey) -> list[SheetRow]:
        """Return the rows of a sheet that have all that they must; the others are told already."""
        required = [each.key for each in RECIPE_SHEETS[key] if each.required]
        rows = self.tables[key].rows if key in self.tables else []
        return [row for row in rows if all(each in row.values for each in required)]

    def _single(self, document: dict[str, Any], row: SheetRow) -> None:
        place, text = row.values["place"], row.values["value"]
        steps = steps_of(place)
        value = _TRUTHS.get(text, WholeText(text) if place in _NUMBERS and text.isdecimal() else text)
        if steps is None or not put(document, steps, value):
            self._refuse("workbook.recipe-place", row.cell("place"), found=place)
        self.cells[place] = row.cell("value")

    def _line(self, run: dict[str, Any], row: SheetRow) -> None:
        values = row.values
        group, name = values["group"], values["name"]
        amount = self._amount(row)
        if (group, name) in ALONE:
            place = ALONE[group, name]
            part, _, member = place.rpartition(".")
            (run.setdefault(part, {}) if part else run).update({member: amount} if amount else {})
            self._note(f"run.{place}", row, "amount", {})
        elif group in GROUPS:
            lines = run.setdefault(group, [])
            place = f"{group}[{len(lines)}]"
            member = amount_member(group)
            line = {"name": name} | ({member: amount} if amount else {})
            lines.append(line | {each: values[each] for each in LINE_MEMBERS if each in values})
            self._note(f"run.{place}", row, "name", {member: "amount", **{each: each for each in LINE_MEMBERS}})
            if "composition" in values:
                held = composition_member(group)
                lines[-1][held] = self._composition(
                    values["composition"], f"run.{place}.{held}", row.cell("composition")
                )
        else:
            self._refuse(
                "workbook.recipe-group",
                row.cell("group"),
                found=group,
                possible=", ".join((*GROUPS, "water", "anodes")),
            )
            return
        if "rule" in values:
            self.rules.append((place, row))
        for member in RULE_MEMBERS:
            if member in values and "rule" not in values:
                self._refuse("workbook.recipe-no-rule", row.cell(member), found=values[member])

    def _amount(self, row: SheetRow) -> str | None:
        number, unit = (row.values.get(each) for each in ("amount", "unit"))
        if (number is None) != (unit is None):
            self._refuse("workbook.recipe-amount", row.cell("amount" if number is None else "unit"))
        return None if number is None or unit is None else f"{number} {unit}"

    def _composition(self, name: str, place: str, cell: str) -> dict[str, str]:
        row = self.compositions.get(name)
        if row is None:
            possible = ", ".join(self.compositions) or "none"
            self._refuse("workbook.recipe-composition", cell, name=name, possible=possible)
            return {}
        self.cells[place] = cell
        end = " kg" if row.values["unit"] == KILOGRAMS else ""
        found = {key.removeprefix("e:"): text for key, text in row.values.items() if key.startswith("e:")}
        self.cells |= {f"{place}.{element}": row.cell(f"e:{element}") for element in found}
        return {element: f"{text}{end}" for element, text in found.items()}

    def _rules(self, run: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the rule of each row that has one, at the amount that decides its line."""
        decided = deciding(run) if not self.problems else {}
        for number, (line, row) in enumerate(self.rules):
            rule = {member: row.values[member] for member in RULE_MEMBERS if member in row.values}
            decides = decided.get(line)
            unit = decides.text.partition(" ")[2] if decides is not None else row.values.get("unit", "")
            for bound in ("low", "high"):
                if bound in rule and " " not in rule[bound]:
                    rule[bound] = f"{rule[bound]} {unit}"
            self._note(f"amounts[{number}]", row, "rule", {each: each for each in RULE_MEMBERS})
            yield {"place": decides.place if decides is not None else line} | rule

    def _note(self, place: str, row: SheetRow, whole: str, members: Mapping[str, str]) -> None:
        """Remember the cells of a row: of the place as a whole, and of its members."""
        self.cells[place] = row.cell(whole)
        self.cells |= {f"{place}.{member}": row.cell(column) for member, column in members.items()}

    def cell_of(self, place: str) -> str:
        """Return the cell of a place, of the first place in it, or of the nearest place around it."""
        within = next((each for each in self.cells if each.startswith((f"{place}.", f"{place}["))), place)
        known = place if place in self.cells or not place else within
        return self.cells[nearest(known, self.cells)]

    def _refuse(self, code: str, cell: str, **facts: object) -> None:
        self.problems.append(Problem.at(code, cell, **facts))
