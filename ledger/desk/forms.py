"""The form of one run: what a recipe asks for, and how the typed texts become a record.

Rules:

1. A form is one row of the workbook (`schemas.columns`): the same keys, the same reading of numbers, days and lots. A
   further input, output or line is a row of its sheet, in fields such as ``outputs.2.mass_kg``.
2. Whatever was typed is kept as text. Every problem has the name of the field that was typed in as its place.
3. Only a form has a reason for each amount (``reason:electricity``), so that one reason never excuses another slip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.recipes.amounts import Measure, deciding, measured
from ledger.recipes.bands import Band
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.expand import Compositions, Expanded, expand
from ledger.workbook.cells import Cell
from ledger.workbook.runs import REASON, RowFacts, extra_columns, row_facts
from ledger.workbook.tables import SheetRow
from ledger.workbook.values import read_cell
from schemas.columns import INPUT_PAIRS, SHEETS, Column, Language, SheetKey
from schemas.door import validated
from schemas.problem import OreprintError, Problem
from schemas.quantity import plain
from schemas.recipe import Facts, Scale
from schemas.record import ProductionRecord
from schemas.run import MOST_INPUTS, MOST_LINES

Typed = Mapping[str, str]
"""What was typed, as text, by the name of the field."""
MOST_FIELDS: Final = 600
MOST_CHARACTERS: Final = 2000
"""Of one field. A form beyond either is none that this page has sent."""
_FURTHER: Final = re.compile(r"(inputs|outputs|lines)\.([1-9][0-9]{0,2})\.(.+)")
_FOUR_DIGITS: Final = Context(prec=4)
_BALANCES: Final = ("yield", "rest", "water")


class Field(NamedTuple):
    """One field of a form: its column, what is usual, and what was typed into it."""

    name: str
    column: Column
    typed: str
    band: Band | None = None
    """Usual bounds of an amount in a run of this size."""


class ReadForm(NamedTuple):
    """What became of a form: the record, if there is one, and what is wrong or odd, each at its field.

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
    if place.startswith("recipe.run"):
        return place
    known = place
    while known and known not in places:
        known = known[: max(known.rfind("."), known.rfind("["), 0)]
    return places.get(known, "lot")


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
        sheet: {each.key: each for each in (*columns, *extra.get(sheet, ())) if each.key not in {"recipe", "reason"}}
        for sheet, columns in SHEETS.items()
    }
    for sheet in ("inputs", "outputs", "lines"):
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
        sheet, number, key = _place(name)
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


def _place(name: str) -> tuple[SheetKey, int, str]:
    found = _FURTHER.fullmatch(name)
    if found is None:
        return "runs", 0, name
    sheets: dict[str, SheetKey] = {"inputs": "inputs", "outputs": "outputs", "lines": "lines"}
    return sheets[found[1]], int(found[2]), found[3]


def _name(sheet: SheetKey, number: int, key: str) -> str:
    return key if sheet == "runs" else f"{sheet}.{number}.{key}"


def _missing(place: tuple[SheetKey, int], row: SheetRow) -> Iterator[Problem]:
    for each in SHEETS[place[0]]:
        if each.required and each.key not in row.values and each.key in row.cells and each.key != "run":
            yield Problem.at("workbook.cell-empty", row.cell(each.key), column=each.heading["en"])


def _skipped(rows: Mapping[tuple[SheetKey, int], SheetRow]) -> Iterator[Problem]:
    """Yield the outputs that were left out before others: their order tells which is which."""
    there = {number for sheet, number in rows if sheet == "outputs"}
    for number in range(2, max(there, default=1)):
        if number not in there:
            yield Problem.at("workbook.cell-empty", f"outputs.{number}.lot", column=SHEETS["outputs"][1].heading["en"])


# -- the fields to show ----------------------------------------------------------------------------------------------


class FormFields(NamedTuple):
    """The fields of a form, in the order in which a person fills them in."""

    outputs: list[list[Field]]
    days: list[Field]
    inputs: list[list[Field]]
    readings: list[Field]
    lines: list[list[Field]]
    others: list[Field]

    @property
    def names(self) -> set[str]:
        """The names of all fields."""
        rows = (*self.outputs, *self.inputs, *self.lines, self.days, self.readings, self.others)
        return {each.name for row in rows for each in row}


def fields_of(checked: CheckedRecipe, typed: Typed, *, inputs: int = 0, lines: int = 0) -> FormFields:
    """Return the fields of a recipe's form with what was typed; at least so many `inputs` and `lines`."""
    columns, ratio = columns_of(checked), _ratio(checked, typed)

    def field(name: str, band: Band | None = None) -> Field:
        sheet, _, key = _place(name)
        return Field(name, columns[sheet][key], typed.get(name, ""), band)

    def rows(sheet: SheetKey, keys: Sequence[str], first: int, last: int) -> list[list[Field]]:
        return [[field(f"{sheet}.{number}.{key}") for key in keys] for number in range(first, last + 1)]

    needed = len(checked.record.inputs) and max(len(checked.record.inputs), inputs, _highest(typed, "inputs"))
    pairs = min(INPUT_PAIRS, max(needed, _highest_pair(typed)))
    own = [[field(f"input{number}_lot"), field(f"input{number}_kg")] for number in range(1, pairs + 1)]
    readings = []
    for key, line in checked.asked.items():
        rule = checked.rules[line]
        readings.append(field(f"r:{key}", checked.bands[line].times(ratio[rule.scale])))
    return FormFields(
        [list(_output(checked, number, field)) for number in range(len(checked.recipe.outputs))],
        [field("start"), field("end")],
        own + rows("inputs", ("lot", "mass_kg"), INPUT_PAIRS + 1, min(needed, MOST_INPUTS)),
        readings,
        rows("lines", [*columns["lines"]], 1, min(max(lines, _highest(typed, "lines")), MOST_LINES)),
        [field("run"), field("note")],
    )


def _output(checked: CheckedRecipe, number: int, field: Callable[..., Field]) -> Iterator[Field]:
    before = "" if number == 0 else f"outputs.{number + 1}."
    yield field(f"{before}lot")
    yield field(f"{before}mass_kg", checked.output_band(number))
    yield field(f"{before}moisture")
    for element in checked.recipe.outputs[number].asked:
        yield field(f"{before}a:{element}")


def _highest(typed: Typed, sheet: str) -> int:
    found = (_FURTHER.fullmatch(name) for name, text in typed.items() if text.strip())
    return max((int(each[2]) for each in found if each and each[1] == sheet), default=0)


def _highest_pair(typed: Typed) -> int:
    return max(
        (
            number
            for number in range(1, INPUT_PAIRS + 1)
            if typed.get(f"input{number}_lot", "").strip() or typed.get(f"input{number}_kg", "").strip()
        ),
        default=0,
    )


def _ratio(checked: CheckedRecipe, typed: Typed) -> dict[Scale, Fraction]:
    """Return how much larger than the typical run this one is, as far as its masses can be read."""
    made = _read_mass(typed.get("mass_kg", ""))
    if made is not None and not checked.output_band(0).holds(made) and f"{REASON}output-1" not in typed:
        made = None  # as `ledger.recipes.expand` does
    typical = measured(checked.recipe.run["outputs"][0]["mass"]).number
    taken = sum(
        (_read_mass(typed.get(f"input{number}_kg", "")) or 0 for number in range(1, INPUT_PAIRS + 1)), Fraction()
    )
    usual = sum((Fraction(each.mass) for each in checked.record.inputs), Fraction())
    return {
        "per-output": made / typical if made and typical else Fraction(1),
        "per-input": taken / usual if taken and usual else Fraction(1),
        "per-run": Fraction(1),
    }


def _read_mass(text: str) -> Fraction | None:
    try:
        return Fraction(read_cell(Cell(0, 0, "text", text, ""), SHEETS["inputs"][2]))
    except OreprintError:
        return None


def shown_measure(measure: Measure) -> str:
    """Return an amount as a form shows it beside a field: four digits suffice to compare with."""
    number = _FOUR_DIGITS.divide(Decimal(measure.number.numerator), Decimal(measure.number.denominator))
    return f"{plain(number)} {measure.unit}"


def deviation(field: Field) -> str:
    """Return by how much a typed amount differs from the typical one, such as ``+4 %``; empty if it can't be said."""
    found = _read_mass(field.typed)
    if found is None or field.band is None or not field.band.typical.number:
        return ""
    return f"{round((found / field.band.typical.number - 1) * 100):+d} %"


class Rest(NamedTuple):
    """An amount that closes a balance: its name, key, amount and usual bounds."""

    label: str
    key: str
    amount: Measure
    band: Band


def rests_of(checked: CheckedRecipe, form: ReadForm, typed: Typed) -> list[Rest]:
    """Return what closes the balances of a run, as far as there is a record."""
    if form.made is None:
        return []
    lines, ratio = deciding(form.made.record), _ratio(checked, typed)["per-output"]
    found = []
    for line, rule in checked.rules.items():
        if rule.rule == "rest" and line in lines:
            key = "water" if line.startswith("water.") else "rest"
            band = checked.bands[line].times(ratio)
            found.append(Rest(checked.label(line), key, measured(lines[line].text), band))
    return found
