"""Read the facts of a row and its rows in the other sheets, and remember the cell of each place of the facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.recipes.amounts import nearest
from ledger.recipes.checked import CheckedRecipe
from ledger.workbook.tables import SheetRow
from schemas.columns import INPUT_PAIRS, SHEETS, SheetKey
from schemas.problem import Problem

_ASSAY: Final = "a:"
READING: Final = "r:"
REASON: Final = "reason:"
"""Prefix of the columns that only a form has: why one amount is outside its band."""


def cell_of_place(place: str, cells: Mapping[str, str]) -> str:
    """Return the cell in which a place of the facts was typed: that of its longest known part."""
    return cells[nearest(place, cells)]


def written_cells(row: SheetRow) -> dict[str, str]:
    """Return the cell that represents a row, and the cells that Oreprint fills in."""
    written = {key: row.cells[key] for key in ("status", "certificate") if key in row.cells}
    return {"": row.cell("lot"), **written}


def ship_cells(row: SheetRow) -> dict[str, str]:
    """Return the cells that say to whom how much of the lot is shipped."""
    return {key: row.cells[key] for key in ("customer", "ship_kg") if key in row.cells}


def half_inputs(row: SheetRow) -> Iterator[Problem]:
    """Yield the lot or the mass of an input that is empty while the other is filled in."""
    for number in range(1, INPUT_PAIRS + 1):
        pair = [each for each in SHEETS["runs"] if each.key in {f"input{number}_lot", f"input{number}_kg"}]
        empty = [each for each in pair if each.key not in row.values]
        if len(empty) == 1:
            yield Problem.at("workbook.cell-empty", row.cell(empty[0].key), column=empty[0].heading["en"])


class RowFacts:
    """The facts of one row, and the cell of each place."""

    def __init__(self, row: SheetRow) -> None:
        self.cells: dict[str, str] = written_cells(row) | ship_cells(row)
        self.facts: dict[str, Any] = {"oreprint": "recipe-facts/1", "outputs": [], "inputs": [], "departures": []}

    def cell_of(self, place: str) -> str:
        """Return the cell in which a place of the facts was typed, or the lot's cell of the row."""
        return cell_of_place(place, self.cells)


def row_facts(
    row: SheetRow, further: Mapping[SheetKey, list[SheetRow]], checked: CheckedRecipe, version: int | None
) -> RowFacts:
    """Return the facts of a row and its rows in the other sheets.

    A row of a form has further columns: a reason for each key, and the places of the two rests.
    """
    typed, values = RowFacts(row), row.values
    facts = typed.facts
    facts["recipe"] = checked.recipe.recipe
    if version is not None:
        facts["version"] = version
    typed.cells["version"] = row.cell("recipe")
    facts["period"] = {"start": values["start"], "end": values.get("end", values["start"])}
    typed.cells |= {"period": row.cell("end" if "end" in values else "start"), "period.start": row.cell("start")}
    typed.cells["run"] = row.cell("run")
    if "run" in values:
        facts["run"] = values["run"]
    if "note" in values:
        facts["note"] = values["note"]
        typed.cells["note"] = row.cell("note")
    _add_output(typed, row)
    for number in range(1, INPUT_PAIRS + 1):
        _add_input(typed, row, f"input{number}_lot", f"input{number}_kg")
    for each in further.get("inputs", ()):
        _add_input(typed, each, "lot", "mass_kg")
    for each in further.get("outputs", ()):
        _add_output(typed, each)
    for each in further.get("lines", ()):
        _add_departure(typed, each)
    for each in further.get("meters", ()):
        _add_meter(typed, each)
    _add_readings(typed, row, checked)
    typed.cells |= {
        "rest": row.cells.get("rest", row.cell("mass_kg")),
        "water": row.cells.get("water", row.cell("mass_kg")),
        "inputs": row.cell("input1_lot"),
    }
    return typed


def _add_readings(typed: RowFacts, row: SheetRow, checked: CheckedRecipe) -> None:
    readings: dict[str, str] = {}
    for key, line in checked.asked.items():
        column = f"{READING}{key}"
        if column in row.values:
            readings[key] = f"{row.values[column]} {checked.bands[line].typical.unit}"
        typed.cells[f"readings.{key}"] = row.cells.get(column, row.cell("lot"))
    typed.facts["readings"] = readings
    if "reason" in row.values:
        masses = (f"output-{number + 1}" for number in range(len(checked.recipe.outputs)))
        typed.facts["reasons"] = dict.fromkeys(
            (*checked.asked, "yield", "rest", "water", *masses), row.values["reason"]
        )
    own = {key: text for key, text in row.values.items() if key.startswith(REASON)}
    if own:
        typed.facts["reasons"] = {key.removeprefix(REASON): text for key, text in own.items()}
        typed.cells |= {f"reasons.{key.removeprefix(REASON)}": row.cell(key) for key in own}


def _add_output(typed: RowFacts, row: SheetRow) -> None:
    outputs, values = typed.facts["outputs"], row.values
    place = f"outputs[{len(outputs)}]"
    output: dict[str, Any] = {"lot": values["lot"], "mass": f"{values['mass_kg']} kg"}
    if "moisture" in values:
        output["moisture"] = values["moisture"]
    if "shipped_kg" in values:
        output["shipped_mass"] = f"{values['shipped_kg']} kg"
    assay = {key.removeprefix(_ASSAY): value for key, value in values.items() if key.startswith(_ASSAY)}
    if assay:
        output["assay"] = assay
    outputs.append(output)
    typed.cells |= {
        place: row.cell("lot"),
        f"{place}.mass": row.cell("mass_kg"),
        f"{place}.moisture": row.cell("moisture"),
        f"{place}.shipped_mass": row.cell("shipped_kg"),
    }
    typed.cells |= {
        f"{place}.assay.{key.removeprefix(_ASSAY)}": cell for key, cell in row.cells.items() if key.startswith(_ASSAY)
    }


def _add_input(typed: RowFacts, row: SheetRow, lot: str, mass: str) -> None:
    if lot not in row.values and mass not in row.values:
        return
    inputs = typed.facts["inputs"]
    place = f"inputs[{len(inputs)}]"
    inputs.append(
        {name: text for name, text in (("lot", row.values.get(lot)), ("mass", _kg(row.values.get(mass)))) if text}
    )
    typed.cells |= {place: row.cell(lot), f"{place}.mass": row.cell(mass)}


def _kg(number: str | None) -> str | None:
    return None if number is None else f"{number} kg"


def _add_meter(typed: RowFacts, row: SheetRow) -> None:
    meters = typed.facts.setdefault("meters", [])
    place = f"meters[{len(meters)}]"
    meters.append({"meter": row.values["meter"], "reading": f"{row.values['reading_m3']} m3"})
    typed.cells |= {place: row.cell("meter"), f"{place}.reading": row.cell("reading_m3")}


def _add_departure(typed: RowFacts, row: SheetRow) -> None:
    departures, values = typed.facts["departures"], row.values
    place = f"departures[{len(departures)}]"
    departure = {name: values[name] for name in ("group", "name", "basis", "factor", "note") if name in values}
    departures.append(departure | {"amount": f"{values.get('amount', '')} {values.get('unit', '')}"})
    typed.cells[place] = row.cell("name")
    typed.cells |= {f"{place}.{name}": row.cells[name] for name in row.cells}
