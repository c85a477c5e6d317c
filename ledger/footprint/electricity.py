"""Rules about electricity (E-SET): whose grid, which factor, one set throughout, and what an instrument may cover.

Rules: as in `ledger.footprint.physics`.  A kWh is of the grid where the plant stands, at that grid's average; where no table has
the grid, the line names an average of the same country.  "The lower of the two" is refused everywhere.  What this module does
not do: choosing factors (`ledger.footprint.grid`); knowing whether an instrument was used elsewhere (the ledger does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.footprint.grid import AVERAGE, RESIDUAL, country_of, grid_factors, weight
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.footprint.factors import Factor
    from ledger.footprint.grid import GridFactors
    from ledger.footprint.inventory import Inventory
    from schemas.inventory import ElectricityLine


def one_set(run: Inventory) -> Iterator[Problem]:
    """E-SET: one set of electricity factors throughout."""
    for item in run.incoming:
        if item.electricity != run.electricity:
            yield Problem.at("rule.e-set", item.place, found=item.electricity, possible=run.electricity)
    for group, index, factor in run.power_factors:
        if factor.set != run.electricity:
            yield Problem.at("rule.e-set", f"{group}[{index}]", found=factor.set or "no set", possible=run.electricity)


def own_grid(run: Inventory) -> Iterator[Problem]:
    """E-SET: electricity is of the grid of the plant's region, or of its country where no region is told."""
    if run.facility is None:
        return
    plant = run.facility.region or run.facility.country
    for index, line in enumerate(run.power.lines):
        if plant not in {line.grid, country_of(line.grid)}:
            yield Problem.at("rule.e-set-plant", f"electricity[{index}].grid", found=line.grid, possible=plant)


def averages(run: Inventory) -> Iterator[Problem]:
    """E-SET: by location a kWh takes its grid's average; what no instrument covers takes the residual, or the larger factor."""
    lines = run.power.lines
    grids = {grid: _factors_of(run, grid) for grid in {line.grid for line in lines}}
    for index, line in enumerate(lines):
        place = f"electricity[{index}]"
        location, uncovered = run.tables.factor(line.factor), run.tables.factor(line.uncovered)
        found = grids[line.grid]
        if found is None:
            yield from _unknown_grid(run, line, place, location, uncovered)
        else:
            yield from _known_grid(run, found, place, location, uncovered)


def _factors_of(run: Inventory, grid: str) -> GridFactors | None:
    return grid_factors(run.tables, grid, run.year, chosen=run.electricity, gwp=run.gwp)


def _known_grid(
    run: Inventory, found: GridFactors, place: str, location: Factor, uncovered: Factor
) -> Iterator[Problem]:
    due = found.location
    if location is not due and (
        (location.flow, location.geography) != (due.flow, due.geography) or _lower(run, location, due)
    ):
        yield Problem.at("rule.e-set-grid", place, found=location.id, possible=due.id)
    if uncovered is not found.uncovered and _lower(run, uncovered, found.uncovered):
        yield Problem.at("rule.e-set-uncovered", place, found=uncovered.id, possible=found.uncovered.id)


def _unknown_grid(
    run: Inventory, line: ElectricityLine, place: str, location: Factor, uncovered: Factor
) -> Iterator[Problem]:
    """Judge the factors of a grid that no table has: an average of the country, and a residual or no less than it."""
    country = country_of(line.grid)
    if location.flow != AVERAGE[run.electricity] or country_of(location.geography) != country:
        yield Problem.at("rule.e-set-average", place, found=location.id, possible=country)
    residual = uncovered.flow == RESIDUAL and country_of(uncovered.geography) == country
    if not residual and _lower(run, uncovered, location):
        yield Problem.at("rule.e-set-uncovered", place, found=uncovered.id, possible=location.id)


def _lower(run: Inventory, one: Factor, other: Factor) -> bool:
    return weight(one, run.tables, run.gwp) < weight(other, run.tables, run.gwp)


def instruments(run: Inventory) -> Iterator[Problem]:
    """E-SET: an instrument is of the line's grid and of the run's year, and no line has more of them than it uses."""
    years = {run.period.start[:4], run.period.end[:4]}
    for index, line in enumerate(run.power.lines):
        place = f"electricity[{index}].instruments"
        covered = sum(trillionths(item.kwh) for item in line.instruments)
        if covered > trillionths(line.amount_kwh):
            yield Problem.at("rule.e-set-more", place, found=trillionths_text(covered), possible=line.amount_kwh)
        for item in line.instruments:
            if item.grid != line.grid or item.year not in years:
                possible = f"{line.grid} {run.period.end[:4]}"
                yield Problem.at("rule.e-set-instrument", place, found=f"{item.grid} {item.year}", possible=possible)
