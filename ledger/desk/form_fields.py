"""Build the fields of a recipe's form: the values to type, their usual ranges, and the lines that close the balances.

`ledger.desk.forms` reads what a person typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.desk.forms import ReadForm, Typed, columns_of, place_of
from ledger.recipes.amounts import Measure, deciding, measured
from ledger.recipes.bands import Band
from ledger.recipes.checked import CheckedRecipe
from ledger.workbook.cells import Cell
from ledger.workbook.row_facts import REASON
from ledger.workbook.values import read_cell
from schemas.columns import INPUT_PAIRS, SHEETS, Column, SheetKey
from schemas.problem import OreprintError
from schemas.quantity import plain
from schemas.recipe import Scale
from schemas.run import MOST_INPUTS, MOST_LINES

_INPUT_MASS: Final = re.compile(r"input[1-9]_kg|inputs\.[1-9][0-9]{0,2}\.mass_kg")
_FOUR_DIGITS: Final = Context(prec=4)


class Field(NamedTuple):
    """One field of a form: its column, what is usual, and what was typed into it."""

    name: str
    column: Column
    typed: str
    band: Band | None = None
    """Usual bounds of an amount in a run of this size."""


class FormFields(NamedTuple):
    """The fields of a form, in the order in which a person fills them in."""

    outputs: list[list[Field]]
    days: list[Field]
    inputs: list[list[Field]]
    readings: list[Field]
    lines: list[list[Field]]
    meters: list[list[Field]]
    others: list[Field]

    @property
    def names(self) -> set[str]:
        """The names of all fields."""
        rows = (*self.outputs, *self.inputs, *self.lines, *self.meters, self.days, self.readings, self.others)
        return {each.name for row in rows for each in row}


def fields_of(checked: CheckedRecipe, typed: Typed, *, inputs: int = 0, lines: int = 0, meters: int = 0) -> FormFields:
    """Return the fields of a recipe's form with what was typed; at least so many `inputs`, `lines` and `meters`."""
    columns, ratio = columns_of(checked), _ratio(checked, typed)

    def field(name: str, band: Band | None = None) -> Field:
        sheet, _, key = place_of(name)
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
        rows("meters", [*columns["meters"]], 1, min(max(meters, _highest(typed, "meters")), MOST_LINES)),
        [field("run"), field("note")],
    )


def _output(checked: CheckedRecipe, number: int, field: Callable[..., Field]) -> Iterator[Field]:
    before = _before(number)
    yield field(f"{before}lot")
    yield field(f"{before}mass_kg", checked.output_band(number))
    yield field(f"{before}moisture")
    yield field(f"{before}shipped_kg")
    for element in checked.recipe.outputs[number].asked:
        yield field(f"{before}a:{element}")


def _before(number: int) -> str:
    """Return the prefix of the names of an output's fields."""
    return "" if number == 0 else f"outputs.{number + 1}."


def _highest(typed: Typed, sheet: SheetKey) -> int:
    found = (place_of(name) for name, text in typed.items() if text.strip())
    return max((number for own, number, _ in found if own == sheet), default=0)


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
    """Return how much larger than the typical run this one is, as far as its masses can be read.

    As `ledger.recipes.expand` does, it leaves the size as it is while an output lies outside its band without a reason.
    """
    made = typical = Fraction()
    for number, output in enumerate(checked.recipe.run["outputs"]):
        mass = _read_mass(typed.get(f"{_before(number)}mass_kg", ""))
        if mass is None:
            continue
        if not checked.output_band(number).holds(mass) and f"{REASON}output-{number + 1}" not in typed:
            made = Fraction()
            break
        made, typical = made + mass, typical + measured(output["mass"]).number
    taken = sum((_read_mass(text) or 0 for name, text in typed.items() if _INPUT_MASS.fullmatch(name)), Fraction())
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


def reasons_of(form: ReadForm, typed: Typed) -> dict[str, list[str]]:
    """Return the keys of what a reason may excuse, by field: a mass has that of its output and that of the yield.

    As long as there is no record, the reasons that were typed before are among them, so that none is lost.
    """
    fields = dict(form.reasons)
    if form.made is None:
        for key in (name.removeprefix(REASON) for name in typed if name.startswith(REASON)):
            fields.setdefault(key, _field_of_reason(key))
    found: dict[str, list[str]] = {}
    for key, field in fields.items():
        found.setdefault(field, []).append(key)
    return found


def _field_of_reason(key: str) -> str:
    """Return the field of what a reason excuses."""
    if key in {"rest", "water"}:
        return key
    output = re.fullmatch("output-([0-9]+)", key)
    if key == "yield" or output is not None:
        return f"{_before(int(output[1]) - 1 if output is not None else 0)}mass_kg"
    return f"r:{key}"


class Rest(NamedTuple):
    """An amount that closes a balance: its name, key, amount and usual bounds."""

    label: str
    key: str
    amount: Measure
    band: Band


def rests_of(checked: CheckedRecipe, form: ReadForm, typed: Typed) -> list[Rest]:
    """Return the amounts that close the balances of a run, as far as there is a record."""
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
