"""Read the form of one run: how the typed texts become a record.

Rules:

1. A form is one row of the workbook (`schemas.columns`): the same keys, the same reading of numbers, days and lots. A
   further input, output, line or meter is a row of its sheet, in fields such as ``outputs.2.mass_kg``.
2. Whatever was typed is kept as text. Every problem has the name of the field that was typed in as its place.
3. Only a form has a reason for each amount (``reason:electricity``), so that one reason never excuses another slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.recipes.amounts import nearest
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.expand import Compositions, Expanded, expand
from ledger.workbook.cells import Cell
from ledger.workbook.row_facts import REASON, RowFacts, half_inputs, row_facts
from ledger.workbook.runs import extra_columns
from ledger.workbook.tables import SheetRow
from ledger.workbook.values import read_cell
from schemas.columns import SHEETS, Column, Language, SheetKey
from schemas.door import validated
from schemas.problem import OreprintError, Problem
from schemas.recipe import Facts
from schemas.record import ProductionRecord

Typed = Mapping[str, str]
"""The typed values, as text, by the name of the field."""
MOST_FIELDS: Final = 600
MOST_CHARACTERS: Final = 2000
"""Of one field. A form beyond either is none that this page has sent."""
_FURTHER: Final = re.compile(r"(inputs|outputs|lines|meters)\.([1-9][0-9]{0,2})\.(.+)")
_FURTHER_SHEETS: Final[Mapping[str, SheetKey]] = {
    "inputs": "inputs",
    "outputs": "outputs",
    "lines": "lines",
    "meters": "meters",
}
_BALANCES: Final = ("yield", "rest", "water")
_NOT_IN_FORMS: Final = frozenset({"recipe", "reason", "customer", "ship_kg"})
"""A form has a recipe already and a reason for each amount; goods are shipped by the form of a shipment."""


class ReadForm(NamedTuple):
    """The result of a form: the record, if there is one, and what is wrong or odd, each at its field.

    `reasons` are the keys of amounts outside their band, which a reason may excuse, each with its field.
    """

    made: Expanded | None
    record: ProductionRecord | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    places: Mapping[str, str] = {}

    def at_field(self, problem: Problem) -> Problem:
        """Return a problem of the record at the field in which the value was typed."""
        if self.made is None:
            return problem
        return problem._replace(place=_field_of(self.made.typed.of(problem.place), self.places))


def read_form(
    checked: CheckedRecipe, typed: Typed, compositions: Compositions | None = None, before: Typed | None = None
) -> ReadForm:
    """Return the record of what was typed, or all that is wrong with it.

    `compositions` are those of lots that are inputs; `before` is what was typed for the run before.
    """
    rows, problems = _rows(checked, typed)
    first = rows.pop(("runs", 0))
    problems += _missing(("runs", 0), first)
    problems += _skipped(rows)
    further: dict[SheetKey, list[SheetRow]] = {}
    for (sheet, number), row in sorted(rows.items(), key=lambda each: each[0][1]):
        problems += _missing((sheet, number), row)
        further.setdefault(sheet, []).append(row)
    if problems:
        return ReadForm(None, None, tuple(problems))
    facts = row_facts(first, further, checked, checked.recipe.version)
    facts.cells |= {f"readings.{key}": f"r:{key}" for key in checked.asked}
    units = {key: checked.bands[line].typical.unit for key, line in checked.asked.items()}
    readings = {key: f"{(before or {}).get(f'r:{key}', '').strip()} {unit}" for key, unit in units.items()}
    return _expanded(checked, facts, compositions, readings)


def _expanded(
    checked: CheckedRecipe, facts: RowFacts, compositions: Compositions | None, before: Mapping[str, str]
) -> ReadForm:
    try:
        made = expand(checked, validated(Facts, facts.facts), compositions, before=before)
    except OreprintError as error:
        return _refused(error.problems, facts)
    try:
        record = validated(ProductionRecord, made.record)
    except OreprintError as error:
        return _refused(tuple(map(made.typed.at_its_field, error.problems)), facts)
    return ReadForm(
        made, record, (), _at_fields(made.warnings, facts), tuple(_reasons(made.warnings, facts)), facts.cells
    )


def _refused(problems: Sequence[Problem], facts: RowFacts) -> ReadForm:
    return ReadForm(None, None, _at_fields(problems, facts), reasons=tuple(_reasons(problems, facts)))


def _at_fields(problems: Sequence[Problem], facts: RowFacts) -> tuple[Problem, ...]:
    return tuple(each._replace(place=_field_of(each.place, facts.cells)) for each in problems)


def _field_of(place: str, places: Mapping[str, str]) -> str:
    """Return the field of a place of the facts: of the longest part of it that was typed.

    What stands in the recipe keeps its place: nobody typed it here.
    """
    return place if place.startswith("recipe.run") else places.get(nearest(place, places), "lot")


def _reasons(problems: Sequence[Problem], facts: RowFacts) -> Iterator[tuple[str, str]]:
    """Yield the keys of the amounts that a reason may excuse, each with its field."""
    for each in problems:
        field = _field_of(each.place, facts.cells)
        if each.code in {"recipe.outside-band", "recipe.outside-band-meant"}:
            output = re.fullmatch(r"outputs\[([0-9]+)\]\.mass", each.place)
            yield f"output-{int(output[1]) + 1}" if output else each.place.removeprefix("readings."), field
        elif each.code == "recipe.yield":
            yield "yield", field
        elif each.code == "recipe.reasoned":
            yield each.facts["key"], field


# -- from fields to rows ---------------------------------------------------------------------------------------------


def columns_of(checked: CheckedRecipe) -> dict[SheetKey, dict[str, Column]]:
    """Return the columns that the form of a recipe may fill in, by sheet and key."""
    extra = extra_columns([checked])
    found: dict[SheetKey, dict[str, Column]] = {
        sheet: {each.key: each for each in (*columns, *extra.get(sheet, ())) if each.key not in _NOT_IN_FORMS}
        for sheet, columns in SHEETS.items()
    }
    for sheet in _FURTHER_SHEETS.values():
        del found[sheet]["run"]
    masses = (f"output-{number + 1}" for number in range(len(checked.recipe.outputs)))
    found["runs"] |= {f"{REASON}{key}": _reason(key) for key in (*checked.asked, *_BALANCES, *masses)}
    return found


def _reason(key: str) -> Column:
    heading: dict[Language, str] = {"en": "Reason", "zh-Hans": "原因"}
    return Column(f"{REASON}{key}", "text", required=False, heading=heading, help={"en": "", "zh-Hans": ""})


def _rows(checked: CheckedRecipe, typed: Typed) -> tuple[dict[tuple[SheetKey, int], SheetRow], list[Problem]]:
    """Return the rows that fields tell of, and the problems of the fields."""
    columns, problems = columns_of(checked), list[Problem]()
    values: dict[tuple[SheetKey, int], dict[str, str]] = {("runs", 0): {"recipe": checked.recipe.recipe}}
    for name, text in typed.items():
        sheet, number, key = place_of(name)
        column = columns[sheet].get(key)
        if column is None or len(text) > MOST_CHARACTERS:
            problems.append(Problem.at("draft.field", name, field=name))
        elif text.strip():
            try:
                value = read_cell(Cell(0, 0, "text", text, ""), column)
            except OreprintError as error:
                value = ""
                problems += (each._replace(place=name) for each in error.problems)
            values.setdefault((sheet, number), {})[key] = value
    rows = {
        place: SheetRow("", place[1], each, {key: _name(*place, key) for key in columns[place[0]]} | _RESTS)
        for place, each in values.items()
    }
    return rows, problems


_RESTS: Final = {"rest": "rest", "water": "water", "recipe": "recipe"}


def place_of(name: str) -> tuple[SheetKey, int, str]:
    """Return the sheet, the row and the column that a field stands for; row 0 is that of the run."""
    found = _FURTHER.fullmatch(name)
    if found is None:
        return "runs", 0, name
    return _FURTHER_SHEETS[found[1]], int(found[2]), found[3]


def _name(sheet: SheetKey, number: int, key: str) -> str:
    return key if sheet == "runs" else f"{sheet}.{number}.{key}"


def _missing(place: tuple[SheetKey, int], row: SheetRow) -> Iterator[Problem]:
    for each in SHEETS[place[0]]:
        if each.required and each.key not in row.values and each.key in row.cells and each.key != "run":
            yield Problem.at("workbook.cell-empty", row.cell(each.key), column=each.heading["en"])
    if place[0] == "runs":
        yield from half_inputs(row)


def _skipped(rows: Mapping[tuple[SheetKey, int], SheetRow]) -> Iterator[Problem]:
    """Yield the outputs that were left out before others: their order tells which is which."""
    there = {number for sheet, number in rows if sheet == "outputs"}
    for number in range(2, max(there, default=1)):
        if number not in there:
            yield Problem.at("workbook.cell-empty", f"outputs.{number}.lot", column=SHEETS["outputs"][1].heading["en"])
