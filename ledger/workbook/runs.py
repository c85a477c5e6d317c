"""The runs of a workbook: each row, with its rows in the other sheets, as the facts of a recipe.

Rules: all problems are found at once, each at its cell. The facts remember the cell of each of their places, so a
refusal of the record, which `ledger.recipes` leads to a fact, lands in the very cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.expand import Expanded, expand
from ledger.workbook.cells import Sheet
from ledger.workbook.tables import SheetRow, SheetTable, tables_of
from schemas.columns import INPUT_PAIRS, SHEETS, Column, SheetKey, assay_column, reading_column
from schemas.door import validated
from schemas.lot import normal_lot
from schemas.problem import InputError, OreprintError, Problem
from schemas.recipe import Facts
from schemas.record import ProductionRecord

_ASSAY: Final = "a:"
_READING: Final = "r:"


class WorkbookRun(NamedTuple):
    """One run of a workbook: its name, its row, and what became of it."""

    run: str
    row: int
    sheet: str
    made: Expanded | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    cells: Mapping[str, str] = {}

    def at_cell(self, problem: Problem) -> Problem:
        """Return a problem of the record at the cell in which the value was typed."""
        if self.made is None:
            return problem
        return problem._replace(place=_cell_of(self.made.typed.of(problem.place), self.cells))


class ReadWorkbook(NamedTuple):
    """What a workbook holds: its runs, problems that belong to no run, and what its reader should know."""

    runs: list[WorkbookRun]
    problems: list[Problem]
    notes: list[Problem]

    @property
    def run_of_cells(self) -> dict[str, str]:
        """The run of each cell that has a problem of its run."""
        return {problem.place: each.run for each in self.runs for problem in each.problems}

    @property
    def all_problems(self) -> list[Problem]:
        """All problems, each at ``sheet!cell``."""
        return [*self.problems, *(problem for each in self.runs for problem in each.problems)]


def extra_columns(recipes: Sequence[CheckedRecipe]) -> dict[SheetKey, list[Column]]:
    """Return the columns that recipes add: one for each asked amount, and one for each asked element."""
    readings: dict[str, Column] = {}
    elements: dict[str, Column] = {}
    for each in recipes:
        for key, line in each.asked.items():
            readings.setdefault(key, reading_column(key, each.label(line), each.bands[line].typical.unit))
        for rule in each.recipe.outputs:
            elements |= {element: assay_column(element) for element in rule.asked}
    return {"runs": [*readings.values(), *elements.values()], "outputs": [*elements.values()]}


def read_runs(
    sheets: Sequence[Sheet],
    recipes: Mapping[str, CheckedRecipe],
    compositions: Mapping[str, Mapping[str, str]] | None = None,
) -> ReadWorkbook:
    """Return the runs of a workbook, expanded by their recipes; `compositions` are those of lots that are inputs."""
    tables = tables_of(sheets, extra_columns([*recipes.values()]))
    problems = [problem for table in tables.values() for problem in table.problems]
    notes = [note for table in tables.values() for note in table.notes]
    if "runs" not in tables:
        problems.append(Problem.at("workbook.no-runs", ""))
        return ReadWorkbook([], problems, notes)
    faulty = {problem.place for problem in problems}
    runs = [_run(tables, row, recipes, compositions or {}, faulty) for row in tables["runs"].rows]
    problems += _orphans(tables)
    seen: dict[str, str] = {}
    for row in tables["runs"].rows:
        name = row.values.get("run") or row.values.get("lot", "")
        if name in seen:
            problems.append(Problem.at("workbook.run-twice", row.cells["lot"], run=name, other=seen[name]))
        seen.setdefault(name, row.cells["lot"])
    return ReadWorkbook(runs, problems, notes)


def _orphans(tables: Mapping[SheetKey, SheetTable]) -> Iterator[Problem]:
    """Yield rows of other sheets that name a run which the sheet of runs does not have."""
    known = {row.values.get("run") or row.values.get("lot") for row in tables["runs"].rows}
    for key, table in tables.items():
        if key != "runs":
            for row in table.rows:
                named = row.values.get("run")
                if named is not None and named not in known:
                    yield Problem.at("workbook.run-unknown", row.cells["run"], run=named)


def _cell_of(place: str, cells: Mapping[str, str]) -> str:
    known = place
    while known:
        if known in cells:
            return cells[known]
        known = known.rpartition(".")[0] if known.rfind(".") > known.rfind("[") else known.rpartition("[")[0]
    return cells[""]


class _Typed:
    """The facts of one row, and the cell of each place."""

    def __init__(self, row: SheetRow) -> None:
        self.row = row
        self.cells: dict[str, str] = {"": row.cells["lot"]}
        self.facts: dict[str, Any] = {"oreprint": "recipe-facts/1", "outputs": [], "inputs": [], "departures": []}

    def cell_of(self, place: str) -> str:
        """Return the cell in which a place of the facts was typed, or the lot's cell of the row."""
        return _cell_of(place, self.cells)


def _run(
    tables: Mapping[SheetKey, SheetTable],
    row: SheetRow,
    recipes: Mapping[str, CheckedRecipe],
    compositions: Mapping[str, Mapping[str, str]],
    faulty: set[str],
) -> WorkbookRun:
    name = row.values.get("run") or row.values.get("lot", "")
    sheet = tables["runs"].sheet
    if any(each.required and each.key not in row.values for each in SHEETS["runs"]):
        return WorkbookRun(name, row.number, sheet, None, ())  # the empty or faulty cell is told already
    checked = recipes.get(row.values["recipe"])
    if checked is None:
        known = ", ".join(recipes) or "none"
        problem = Problem.at(
            "workbook.recipe-unknown", row.cells["recipe"], recipe=row.values["recipe"], possible=known
        )
        return WorkbookRun(name, row.number, sheet, None, (problem,))
    typed = _typed(tables, row, checked, name)
    try:
        facts = validated(Facts, typed.facts)
        parts = [compositions.get(each.certificate or normal_lot(each.lot or ""), {}) for each in facts.inputs]
        made = expand(checked, facts, parts)
    except OreprintError as error:
        return WorkbookRun(name, row.number, sheet, None, tuple(_at_cells(error, typed, faulty)))
    if not faulty.isdisjoint(row.cells.values()):
        return WorkbookRun(name, row.number, sheet, None, ())
    try:
        validated(ProductionRecord, made.record)
    except InputError as error:
        told = InputError(*map(made.typed.at_its_field, error.problems))
        return WorkbookRun(name, row.number, sheet, None, tuple(_at_cells(told, typed, faulty)))
    warnings = tuple(each._replace(place=typed.cell_of(each.place)) for each in made.warnings)
    return WorkbookRun(name, row.number, sheet, made, (), warnings, typed.cells)


def _at_cells(error: OreprintError, typed: _Typed, faulty: set[str]) -> Iterator[Problem]:
    """Yield problems at their cells, without those of cells that could not be read."""
    for problem in error.problems:
        cell = typed.cell_of(problem.place)
        if cell not in faulty:
            yield problem._replace(place=cell)


def _typed(tables: Mapping[SheetKey, SheetTable], row: SheetRow, checked: CheckedRecipe, name: str) -> _Typed:
    """Return the facts that a row, and its rows in the other sheets, tell of."""
    typed, values = _Typed(row), row.values
    facts = typed.facts
    facts["recipe"] = checked.recipe.recipe
    facts["period"] = {"start": values["start"], "end": values.get("end", values["start"])}
    typed.cells |= {"period": row.cells["end" if "end" in values else "start"], "period.start": row.cells["start"]}
    if "run" in values:
        facts["run"] = values["run"]
        typed.cells["run"] = row.cells["run"]
    if "note" in values:
        facts["note"] = values["note"]
        typed.cells["note"] = row.cells["note"]
    _add_output(typed, row)
    for number in range(1, INPUT_PAIRS + 1):
        _add_input(typed, row, f"input{number}_lot", f"input{number}_kg")
    for each in _rows_of(tables, "inputs", name):
        _add_input(typed, each, "lot", "mass_kg")
    for each in _rows_of(tables, "outputs", name):
        _add_output(typed, each)
    for each in _rows_of(tables, "lines", name):
        _add_departure(typed, each)
    readings: dict[str, str] = {}
    for key, line in checked.asked.items():
        column = f"{_READING}{key}"
        if column in values:
            readings[key] = f"{values[column]} {checked.bands[line].typical.unit}"
        typed.cells[f"readings.{key}"] = row.cells.get(column, row.cells["lot"])
    facts["readings"] = readings
    if "reason" in values:
        keys = [
            *checked.asked,
            "yield",
            "rest",
            "water",
            *(f"output-{n + 1}" for n in range(len(checked.recipe.outputs))),
        ]
        facts["reasons"] = dict.fromkeys(keys, values["reason"])
    typed.cells |= {
        "rest": row.cells["mass_kg"],
        "water": row.cells["mass_kg"],
        "inputs": row.cells.get("input1_lot", row.cells["lot"]),
    }
    return typed


def _rows_of(tables: Mapping[SheetKey, SheetTable], sheet: SheetKey, run: str) -> Iterator[SheetRow]:
    if sheet in tables:
        yield from (row for row in tables[sheet].rows if row.values.get("run") == run)


def _add_output(typed: _Typed, row: SheetRow) -> None:
    outputs, values = typed.facts["outputs"], row.values
    place = f"outputs[{len(outputs)}]"
    output: dict[str, Any] = {"lot": values["lot"], "mass": f"{values['mass_kg']} kg"}
    if "moisture" in values:
        output["moisture"] = values["moisture"]
    assay = {key.removeprefix(_ASSAY): value for key, value in values.items() if key.startswith(_ASSAY)}
    if assay:
        output["assay"] = assay
    outputs.append(output)
    typed.cells |= {
        place: row.cells["lot"],
        f"{place}.mass": row.cells["mass_kg"],
        f"{place}.moisture": row.cells.get("moisture", row.cells["lot"]),
    }
    typed.cells |= {
        f"{place}.assay.{key.removeprefix(_ASSAY)}": cell for key, cell in row.cells.items() if key.startswith(_ASSAY)
    }


def _add_input(typed: _Typed, row: SheetRow, lot: str, mass: str) -> None:
    if lot not in row.values and mass not in row.values:
        return
    inputs = typed.facts["inputs"]
    place = f"inputs[{len(inputs)}]"
    inputs.append(
        {name: text for name, text in (("lot", row.values.get(lot)), ("mass", _kg(row.values.get(mass)))) if text}
    )
    typed.cells |= {place: row.cells[lot], f"{place}.mass": row.cells[mass]}


def _kg(number: str | None) -> str | None:
    return None if number is None else f"{number} kg"


def _add_departure(typed: _Typed, row: SheetRow) -> None:
    departures, values = typed.facts["departures"], row.values
    place = f"departures[{len(departures)}]"
    departure = {name: values[name] for name in ("group", "name", "basis", "factor", "note") if name in values}
    departures.append(departure | {"amount": f"{values.get('amount', '')} {values.get('unit', '')}"})
    typed.cells[place] = row.cells["name"]
    typed.cells |= {f"{place}.{name}": row.cells[name] for name in row.cells}
