"""The runs of a workbook: each row, with its rows in the other sheets, as the facts of a recipe.

Rules: all problems are found at once, each at its cell. The facts remember the cell of each of their places, so a
refusal of the record, which `ledger.recipes` leads to a fact, lands in the very cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.expand import Compositions, Expanded, expand
from ledger.workbook.cells import Sheet
from ledger.workbook.row_facts import READING, RowFacts, cell_of_place, half_inputs, row_facts, written_cells
from ledger.workbook.tables import (
    HiddenFacts,
    SheetRow,
    further_rows,
    hidden_facts,
    lots_twice,
    orphans,
    run_name,
    tables_of,
    twice,
    unread_sheets,
)
from schemas.columns import FORM, SHEETS, WRITTEN_COLUMNS, Column, SheetKey, assay_column, reading_column
from schemas.door import validated
from schemas.lot import normal_lot
from schemas.problem import InputError, OreprintError, Problem
from schemas.quantity import read_quantity
from schemas.recipe import Facts
from schemas.record import ProductionRecord

MOST_RUNS: Final = 5_000
"""Runs of one workbook."""
_TOLD_BY_CERTIFICATES: Final = frozenset({"run", "lot", "mass_kg", "start", "end"})
"""Columns that a certificate has, too. Others would be ignored in a row without a recipe."""


class Ship(NamedTuple):
    """The shipment that a row asks for: the customer by name, and the mass in kg, or None for all of it."""

    customer: str
    mass_kg: str | None = None


class WorkbookRun(NamedTuple):
    """One run of a workbook: its name, its row, and what became of it."""

    run: str
    row: int
    sheet: str
    made: Expanded | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    cells: Mapping[str, str] = {}
    record: ProductionRecord | None = None
    facts: Mapping[str, Any] = {}
    recipe: str = ""
    certificate: str = ""
    """Digest of the certificate that a row without a recipe names: it was issued from a record."""
    rows: Sequence[tuple[str, int]] = ()
    """Sheet and number of each row of the run."""
    ship: Ship | None = None

    def at_cell(self, problem: Problem) -> Problem:
        """Return a problem of the record at the cell in which the value was typed."""
        if self.made is None:
            return problem
        return problem._replace(place=cell_of_place(self.made.typed.of(problem.place), self.cells))

    def at_fact(self, problem: Problem) -> Problem:
        """Return a problem of the facts at the cell in which the fact was typed."""
        return problem._replace(place=cell_of_place(problem.place, self.cells)) if self.cells else problem


class ReadWorkbook(NamedTuple):
    """The content of a workbook: its runs, problems that belong to no run, and what its reader should know."""

    runs: list[WorkbookRun]
    problems: list[Problem]
    notes: list[Problem]
    hidden: HiddenFacts

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
    return {"runs": [*readings.values(), *elements.values(), *WRITTEN_COLUMNS], "outputs": [*elements.values()]}


def read_runs(
    sheets: Sequence[Sheet],
    recipes: Mapping[str, CheckedRecipe],
    compositions: Compositions | None = None,
    *,
    party: str | None = None,
    to_be: Compositions | None = None,
) -> ReadWorkbook:
    """Return the runs of a workbook, expanded by their recipes; `compositions` are those of lots that are inputs.

    A row may use what a row above it makes. `to_be` are the compositions of lots that other runs are still to make.

    A workbook that was made for another `party` is refused as a whole.
    """
    tables = tables_of(sheets, extra_columns([*recipes.values()]))
    hidden = hidden_facts(sheets)
    notes = [*unread_sheets(sheets), *(note for table in tables.values() for note in table.notes)]
    whole = [problem for table in tables.values() for problem in table.whole]
    if not hidden.there:
        notes.append(Problem.at("workbook.versions-unsaid", ""))
    elif hidden.form not in {None, FORM}:
        whole.append(Problem.at("workbook.other-form", "", found=hidden.form, possible=FORM))
    if party is not None and hidden.party not in {None, party}:
        whole.append(Problem.at("workbook.other-party", "", found=hidden.party, party=party))
    if "runs" not in tables:
        whole.append(Problem.at("workbook.no-runs", ""))
    elif len(tables["runs"].rows) > MOST_RUNS:
        whole.append(Problem.at("workbook.too-many-runs", f"{tables['runs'].sheet}!A1", limit=MOST_RUNS))
    problems = [*whole, *(problem for table in tables.values() for problem in table.problems)]
    if whole:
        return ReadWorkbook([], problems, notes, hidden)
    if not tables["runs"].rows and not problems:
        problems.append(Problem.at("workbook.no-rows", f"{tables['runs'].sheet}!A1"))
    plants = {name: each.record.facility for name, each in recipes.items()}
    problems += [*orphans(tables), *twice(tables["runs"]), *lots_twice(tables, plants)]
    further = further_rows(tables)
    faulty = defaultdict[str, list[Problem]](list)
    for problem in problems:
        faulty[problem.place].append(problem)
    at_hand = compositions or {}
    reader = _Reader(recipes, hidden.versions, at_hand, {**(to_be or {}), **at_hand}, faulty, above={})
    runs = [reader.run(row, further.get(run_name(row), {})) for row in tables["runs"].rows]
    told = {id(problem) for run in runs for problem in run.problems}
    return ReadWorkbook(runs, [each for each in problems if id(each) not in told], notes, hidden)


class _Reader(NamedTuple):
    """The inputs for the record of a row; `faulty` are the cells that have problems already.

    `known` are the compositions of all lots that a row may use; those at hand never change. `above` remembers what was
    read in the row above, by recipe and key.
    """

    recipes: Mapping[str, CheckedRecipe]
    versions: Mapping[str, int]
    at_hand: Compositions
    known: dict[str, Mapping[str, str]]
    faulty: Mapping[str, list[Problem]]
    above: dict[tuple[str, str], str]

    def run(self, row: SheetRow, further: Mapping[SheetKey, list[SheetRow]]) -> WorkbookRun:
        """Return one run, of its row and its rows in the other sheets."""
        rows = [row, *(each for some in further.values() for each in some)]
        known = [one for each in rows for cell in each.cells.values() for one in self.faulty.get(cell, ())]
        known += _unshippable(row)
        half = [each for each in half_inputs(row) if each.place not in self.faulty]
        missed = WorkbookRun(
            run_name(row), row.number, row.sheet, None, tuple(known + half), (), written_cells(row), None, {},
            row.values.get("recipe", ""), rows=tuple((each.sheet, each.number) for each in rows),
        )  # fmt: skip
        if "recipe" not in row.values and "certificate" in row.written:
            if not _TOLD_BY_CERTIFICATES.issuperset(row.values):
                empty = Problem.at("workbook.cell-empty", row.cell("recipe"), column="Recipe")
                return missed._replace(problems=(*known, empty))
            return missed._replace(certificate=row.written["certificate"], facts=row.values, cells=row.cells)
        columns = [SHEETS["runs"], *(SHEETS[key] for key in further for _ in further[key])]
        if half or not all(map(_is_complete, rows, columns)):
            return missed  # the empty or faulty cell is told already
        checked = self.recipes.get(row.values["recipe"])
        if checked is None:
            possible = ", ".join(self.recipes) or "none"
            facts = {"recipe": row.values["recipe"], "possible": possible}
            unknown = Problem.at("workbook.recipe-unknown", row.cell("recipe"), **facts)
            return missed._replace(problems=(*known, unknown))
        return self._made(
            missed, row_facts(row, further, checked, self.versions.get(checked.recipe.recipe)), row, checked
        )

    def _made(self, missed: WorkbookRun, typed: RowFacts, row: SheetRow, checked: CheckedRecipe) -> WorkbookRun:
        """Return a run with the record that its facts make, or with what is wrong with them."""
        known = missed.problems
        missed = missed._replace(cells=typed.cells, facts=typed.facts)
        warnings = [*self._as_above(row, checked)]
        try:
            made = expand(checked, validated(Facts, typed.facts), self.known)
        except OreprintError as error:
            return missed._replace(problems=(*known, *_at_cells(error, typed, self.faulty)))
        if known:
            return missed
        if "customer" in row.values:
            missed = missed._replace(ship=Ship(row.values["customer"], row.values.get("ship_kg")))
        try:
            record = validated(ProductionRecord, made.record)
        except InputError as error:
            told = InputError(*map(made.typed.at_its_field, error.problems))
            return missed._replace(problems=tuple(_at_cells(told, typed, self.faulty)))
        for each in made.record["outputs"]:
            if (lot := normal_lot(each["lot"])) not in self.at_hand:
                self.known[lot] = each.get("composition") or {}
        warnings += (each._replace(place=typed.cell_of(each.place)) for each in made.warnings)
        return missed._replace(made=made, warnings=tuple(warnings), record=record)

    def _as_above(self, row: SheetRow, checked: CheckedRecipe) -> Iterator[Problem]:
        """Yield readings that equal those of the same recipe's row above to the last digit."""
        for key in checked.asked:
            column, place = f"{READING}{key}", (checked.recipe.recipe, key)
            value = row.values.get(column)
            if value is not None and self.above.get(place) == value:
                yield Problem.at("recipe.same-as-before", row.cell(column), value=value)
            self.above[place] = value or ""


def _unshippable(row: SheetRow) -> Iterator[Problem]:
    """Yield the problems of the mass that a row ships."""
    mass, whole = row.values.get("ship_kg"), row.values.get("mass_kg")
    if mass is None:
        return
    if "customer" not in row.values:
        yield Problem.at("workbook.ship-no-customer", row.cell("customer"), mass=f"{mass} kg")
    if not Decimal(mass):
        yield Problem.at("workbook.ship-nothing", row.cell("ship_kg"))
    elif whole is not None and Decimal(mass) > Decimal(whole):
        yield Problem.at("workbook.ship-too-much", row.cell("ship_kg"), mass=f"{mass} kg", whole=f"{whole} kg")
    try:
        read_quantity(f"{mass} kg", dimension="mass", allow_zero=True)
    except InputError as error:
        yield from (each._replace(place=row.cell("ship_kg")) for each in error.problems)


def _is_complete(row: SheetRow, columns: Sequence[Column]) -> bool:
    return all(each.key in row.values for each in columns if each.required)


def _at_cells(error: OreprintError, typed: RowFacts, faulty: Mapping[str, object]) -> Iterator[Problem]:
    """Yield problems at their cells, each once, without those of cells that could not be read."""
    told: list[Problem] = []
    for problem in error.problems:
        found = problem._replace(place=typed.cell_of(problem.place))
        if found.place not in faulty and found not in told:
            told.append(found)
            yield found
