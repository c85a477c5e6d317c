"""Rules about electricity (E-SET): grid, factor, one set of factors, and the reach of an instrument.

Rules: as in `ledger.plausibility.physics`.  Electricity comes from the grid at the plant, with that grid's average
factor.  If no table has the grid, the line names an average of the same country.  Nobody may choose "the lower of the
two".  An instrument, like the plant's own generation, has the factor of the technology that generated, or of its
supplier, never an average.

This module does not choose factors (`ledger.factors.grid`), and does not know whether an instrument was used elsewhere
(the ledger does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.grid import (
    AVERAGE,
    RESIDUAL,
    TABLE,
    country_of,
    divided,
    grid_factors,
    is_reference,
    standing_in,
    weight,
)
from ledger.footprint.inventory import place_of
from ledger.footprint.masses import figure_text, milligram_text
from ledger.plausibility.amounts import once
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.factors.factor import Factor
    from ledger.factors.grid import GridFactors
    from ledger.footprint.inventory import Inventory
    from schemas.inventory import ElectricityLine, Instrument
    from schemas.vocabulary import ElectricitySet

GENERATED: Final = "electricity-"
"""The prefix of the flow of a technology's factor, in every table."""

METHODS: Final = "methods"
"""The shipped table of conventions."""

SETS_APART: Final = 10
"""Percent by which the other set of factors may exceed the chosen one before it is told (set here)."""

FAR_BELOW: Final = SCALE * 5 // 100
"""kg CO2e for a kWh by which a declared factor may be below the reference, whatever the ratio (set here)."""

SEVERAL_GRIDS: Final = frozenset({"AU", "CA", "ID", "JP", "KZ", "MY", "RU", "US"})
"""Countries with grids of several systems, whose parts differ much (set here); others are told by the tables."""
WIDEST: Final = frozenset({"AU", "CA", "RU", "US"})
"""Those of them where a plant that names no part may stand on coal or on water power alone (set here)."""

_PERCENT: Final = 100

SUPPLIED: Final = "supplier-"
"""The prefix of the flow of a supplier's own factor, in the producer's table."""


def one_set(run: Inventory) -> Iterator[Problem]:
    """E-SET: a run uses one set of electricity factors throughout."""
    for item in run.incoming:
        if item.electricity != run.electricity:
            yield Problem.at("rule.e-set", item.place, found=item.electricity, possible=run.electricity)
    others = dict.fromkeys(
        [
            (index, factor.set)
            for _, index, factor, _ in run.power_factors
            if factor.set != run.electricity and not is_reference(factor)
        ]
    )
    for index, found in others:
        yield Problem.at("rule.e-set", f"electricity[{index}]", found=found or "no set", possible=run.electricity)


def own_grid(run: Inventory) -> Iterator[Problem]:
    """E-SET: electricity comes from the grid of the plant's region, or of its country if no region is given."""
    if run.facility is None:
        return
    plant = run.facility.region or run.facility.country
    for index, line in enumerate(run.power.lines):
        if line.grid != plant and country_of(line.grid) != plant:
            yield Problem.at("rule.e-set-plant", f"electricity[{index}].grid", found=line.grid, possible=plant)


def averages(run: Inventory, *, guarded: bool) -> Iterator[Problem]:
    """E-SET: by location the grid's average factor; by market, without an instrument, the residual or larger one.

    A `guarded` run may also take what stands in for a grid without a factor; its coarser factors break E-SET-FINER.
    """
    for index, line in enumerate(run.power.lines):
        found, place = _factors_of(run, line.grid), f"electricity[{index}]"
        if line.own is not None:
            yield from _own(run, line, found, place)
        elif found is None:
            if not (guarded and _stands_in(run, line)):
                yield from _unknown_grid(run, line, place)
        elif guarded and _coarser(run, line, found):
            continue
        elif (line.factor, line.uncovered) != (found.location.id, found.uncovered.id):
            yield from _known_grid(run, line, found, place)


def _own(run: Inventory, line: ElectricityLine, found: GridFactors | None, place: str) -> Iterator[Problem]:
    """Judge own generation: with its attributes it has its technology's factor, without them the grid's residual."""
    if line.instruments:
        yield Problem.at("rule.e-set-own-instrument", f"{place}.instruments")
    uncovered = run.tables.factor(line.uncovered)
    if line.own == "attributes-kept":
        if line.uncovered != line.factor:
            yield Problem.at("rule.e-set-uncovered", place, found=line.uncovered, possible=line.factor)
    elif found is not None and uncovered is not found.uncovered and _lower(run, uncovered, found.uncovered):
        yield Problem.at("rule.e-set-uncovered", place, found=uncovered.id, possible=found.uncovered.id)
    elif found is None and not (
        uncovered.flow == RESIDUAL and country_of(uncovered.geography) == country_of(line.grid)
    ):
        yield Problem.at("rule.e-set-sold", place, found=uncovered.id, possible=country_of(line.grid))


@once
def _grids(run: Inventory) -> dict[str, GridFactors | None]:
    """Return the factors of each grid of the run's lines."""
    tables, year, chosen = run.tables, run.year, run.electricity
    return {
        grid: grid_factors(tables, grid, year, chosen=chosen, gwp=run.gwp)
        for grid in {line.grid for line in run.power.lines}
    }


def _factors_of(run: Inventory, grid: str) -> GridFactors | None:
    return _grids(run)[grid]


def _known_grid(run: Inventory, line: ElectricityLine, found: GridFactors, place: str) -> Iterator[Problem]:
    location, uncovered, due = run.tables.factor(line.factor), run.tables.factor(line.uncovered), found.location
    if location is not due and (
        (location.flow, location.geography) != (due.flow, due.geography) or _lower(run, location, due)
    ):
        yield Problem.at("rule.e-set-grid", place, found=location.id, possible=due.id)
    if uncovered is not found.uncovered and _lower(run, uncovered, found.uncovered):
        yield Problem.at("rule.e-set-uncovered", place, found=uncovered.id, possible=found.uncovered.id)


def _unknown_grid(run: Inventory, line: ElectricityLine, place: str) -> Iterator[Problem]:
    """Judge the factors of a grid that no table has: an average of the country, and a residual that is no smaller."""
    location, uncovered = run.tables.factor(line.factor), run.tables.factor(line.uncovered)
    country = country_of(line.grid)
    if location.flow != AVERAGE[run.electricity] or country_of(location.geography) != country:
        yield Problem.at("rule.e-set-average", place, found=location.id, possible=country)
    residual = uncovered.flow == RESIDUAL and country_of(uncovered.geography) == country
    if not residual and _lower(run, uncovered, location):
        yield Problem.at("rule.e-set-uncovered", place, found=uncovered.id, possible=location.id)


def _stands_in(run: Inventory, line: ElectricityLine) -> bool:
    """Return whether a line has what stands in for its grid, by location, and no less by market."""
    due = standing_in(run.tables, line.grid, run.year, chosen=run.electricity)
    if due is None or line.factor != due.location.id:
        return False
    return not _lower(run, run.tables.factor(line.uncovered), due.uncovered)


def _coarser(run: Inventory, line: ElectricityLine, found: GridFactors) -> bool:
    """Return whether a line has the average of its country although tables have one of its grid."""
    location, due = run.tables.factor(line.factor), found.location
    return (location.flow, location.geography) == (due.flow, country_of(line.grid)) != (due.flow, due.geography)


def finer_factors(run: Inventory) -> Iterator[Problem]:
    """E-SET-FINER: a factor is of the line's own grid, and a grid is the part of a country, where tables have it."""
    for index, line in enumerate(run.power.lines):
        place = f"electricity[{index}]"
        found = _factors_of(run, line.grid)
        if line.own is None and found is not None and _coarser(run, line, found):
            yield Problem.at("rule.e-set-finer", f"{place}.factor", found=line.factor, possible=found.location.id)
        if line.grid == country_of(line.grid) and divided(run.tables, line.grid, chosen=run.electricity):
            yield Problem.at("rule.e-set-finer-grid", f"{place}.grid", found=line.grid)


def sets_apart(run: Inventory) -> Iterator[Problem]:
    """E-SET-FINER, flag: the other set of factors gives more than 10 % more for the run's own electricity."""
    other: ElectricitySet = "life-cycle" if run.electricity == "direct" else "direct"
    here = there = 0
    for line in run.power.lines:
        due = grid_factors(run.tables, line.grid, run.year, chosen=other, gwp=run.gwp)
        if line.own is not None or due is None or due.location.set == run.tables.factor(line.factor).set:
            continue
        kwh = trillionths(line.amount_kwh)
        here += divide(kwh * weight(run.tables.factor(line.factor), run.tables, run.gwp), SCALE)
        there += divide(kwh * weight(due.location, run.tables, run.gwp), SCALE)
    if there * _PERCENT > here * (_PERCENT + SETS_APART):
        yield Problem.at(
            "rule.e-set-apart", "electricity", found=milligram_text(here), possible=milligram_text(there), set=other
        )


def declared_factors(run: Inventory) -> Iterator[Problem]:
    """E-SET-DECLARED: a grid's factor of a producer's own table names its publication, and is not far too low."""
    for place, line, factor in _declared(run):
        told = line.declared
        if told is None or str(factor.year) != told.year:
            yield Problem.at("rule.e-set-declared-source", f"{place}.declared", factor=factor.id)
        reference = standing_in(run.tables, line.grid, run.year, chosen=run.electricity)
        if reference is not None and is_reference(reference.location) and line.grid == country_of(line.grid):
            due, each = (weight(one, run.tables, run.gwp) for one in (reference.location, factor))
            if each * 4 < due * 3 and due - each > FAR_BELOW:
                yield Problem.at(
                    "rule.e-set-declared-low", f"{place}.factor",
                    found=figure_text(each), possible=figure_text(due), factor=reference.location.id,
                )  # fmt: skip


def stand_ins(run: Inventory) -> Iterator[Problem]:
    """E-SET-DECLARED, flag: the factor of a grid is declared, or stands in for one that nobody knows."""
    for place, line, factor in _declared(run):
        reference = standing_in(run.tables, line.grid, run.year, chosen=run.electricity)
        due = "no reference" if reference is None else figure_text(weight(reference.location, run.tables, run.gwp))
        by = line.declared.publisher if line.declared else "nobody"
        yield Problem.at(
            "rule.e-set-declared", f"{place}.factor", grid=line.grid, by=by, possible=due,
            found=figure_text(weight(factor, run.tables, run.gwp)),
        )  # fmt: skip
    for index, line in enumerate(run.power.lines):
        factor = run.tables.factor(line.factor)
        if line.own is not None or factor.table != TABLE or _factors_of(run, line.grid) is not None:
            continue
        if not is_reference(factor):
            yield Problem.at("rule.e-set-nowhere", f"electricity[{index}].factor", grid=line.grid, found=factor.id)
        elif factor.set != run.electricity:
            yield Problem.at("rule.e-set-reference", f"electricity[{index}].factor", found=factor.id)


def means(run: Inventory) -> Iterator[Problem]:
    """E-SET-DECLARED, flag: a plant takes the mean of a country whose grids differ; in the widest, even unnamed."""
    for index, line in enumerate(run.power.lines):
        country, factor = country_of(line.grid), run.tables.factor(line.factor)
        apart = country in SEVERAL_GRIDS or divided(run.tables, country, chosen=run.electricity)
        apart = apart if line.grid != country else country in WIDEST
        if line.own is None and country == factor.geography and factor.table == TABLE and apart:
            place = f"electricity[{index}].factor"
            yield Problem.at("rule.e-set-province", place, grid=line.grid, found=factor.id)


def _declared(run: Inventory) -> Iterator[tuple[str, ElectricityLine, Factor]]:
    """Yield the lines whose location-based factor is of no shipped table."""
    for index, line in enumerate(run.power.lines):
        factor = run.tables.factor(line.factor)
        if line.own is None and factor.table not in {TABLE, METHODS} and _factors_of(run, line.grid) is None:
            yield f"electricity[{index}]", line, factor


def dated_factors(run: Inventory) -> Iterator[Problem]:
    """X-TIME: a factor of electricity has a year, unless it is 0 by convention."""
    for group, index, factor, _ in run.power_factors:
        if factor.year is None and factor.status != "method":
            yield Problem.at("rule.x-time-undated", place_of(group, index), factor=factor.id)


def _lower(run: Inventory, one: Factor, other: Factor) -> bool:
    return weight(one, run.tables, run.gwp) < weight(other, run.tables, run.gwp)


def instruments(run: Inventory) -> Iterator[Problem]:
    """E-SET: a line's instruments belong to its grid and the run's year, and do not exceed its electricity."""
    years = {run.period.start[:4], run.period.end[:4]}
    for index, line in enumerate(run.power.lines):
        if not line.instruments:
            continue
        place = f"electricity[{index}].instruments"
        covered = sum(trillionths(item.kwh) for item in line.instruments)
        if covered > trillionths(line.amount_kwh):
            yield Problem.at("rule.e-set-more", place, found=trillionths_text(covered), possible=line.amount_kwh)
        for item in line.instruments:
            if item.grid != line.grid or item.year not in years:
                possible = f"{line.grid} {run.period.end[:4]}"
                yield Problem.at("rule.e-set-instrument", place, found=f"{item.grid} {item.year}", possible=possible)


def attributes(run: Inventory) -> Iterator[Problem]:
    """E-SET: instruments and own generation have their technology's factor; a supplier's factor is of the year."""
    for index, line in enumerate(run.power.lines):
        if line.own is None and not line.instruments:
            continue
        place = f"electricity[{index}]"
        if line.own is not None and not run.tables.factor(line.factor).flow.startswith(GENERATED):
            yield Problem.at("rule.e-set-attribute", f"{place}.factor", found=line.factor, possible=GENERATED)
        for item in line.instruments:
            yield from _attribute(run, line, item, f"{place}.instruments")


def _attribute(run: Inventory, line: ElectricityLine, item: Instrument, place: str) -> Iterator[Problem]:
    factor = run.tables.factor(item.factor)
    due = SUPPLIED if item.kind == "supplier" else GENERATED
    if not factor.flow.startswith(due):
        yield Problem.at("rule.e-set-attribute", place, found=factor.id, possible=due)
    if factor.geography not in {line.grid, country_of(line.grid), "GLO"}:
        yield Problem.at("rule.e-set-foreign", place, found=factor.id, possible=line.grid)
    if item.kind == "supplier" and str(factor.year) != item.year:
        yield Problem.at("rule.e-set-supplier", place, found=factor.id, possible=item.year)
