"""The electricity factors of a kWh: location-based, and market-based without an instrument.

Rules (E-SET; GHG Protocol Scope 2 Guidance, 6): both come from one set, direct or life-cycle.  Electricity without an
instrument has the grid's residual factor; if there is none, the larger of the country's residual and the location
factor.  A factor of the grid precedes one of its country.

A grid without a factor of its own has the reference row of its country, else that of fossil power: generous, but never
too low.  The grid of a country that tables divide is no grid of a plant.

This module has no instruments; the line names them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.factors.figures import Pair, co2e

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.factors.factor import Factor
    from ledger.factors.tables import FactorTables
    from schemas.vocabulary import ElectricitySet, Gas, GwpSet

TABLE: Final = "grid"
"""The shipped table of grid factors."""

AVERAGE: Final[Mapping[ElectricitySet, str]] = {"direct": "location", "life-cycle": "life-cycle"}
"""The flow of a grid's average, in each set."""

RESIDUAL: Final = "residual"
"""The flow of a grid's average without the electricity that instruments have claimed."""


REFERENCE: Final = "reference"
"""The flow of a country's average that counts upstream emissions, for grids without an official factor."""

NOWHERE: Final[Mapping[ElectricitySet, tuple[str, str]]] = {
    "direct": ("fossil", "CN"),
    "life-cycle": ("electricity-coal-power", "CN"),
}
"""Flow and place of the factor of a grid that nothing is known of, in each set: fossil power of China."""


class GridFactors(NamedTuple):
    """The factors of a grid: the location-based average, and the least factor of a kWh without an instrument."""

    location: Factor
    uncovered: Factor


@lru_cache(maxsize=1024)
def grid_factors(
    tables: FactorTables, grid: str, year: int, *, chosen: ElectricitySet, gwp: GwpSet
) -> GridFactors | None:
    """Return the newest factors of a grid up to `year` in a set, or None if no table has one.

    All runs of a plant ask for the same, so answers are cached.
    """
    location = next(_of_set(tables, AVERAGE[chosen], grid, year, chosen), None)
    if location is None:
        return None
    residual = next(_of_set(tables, RESIDUAL, grid, year, chosen), None)
    if residual is None or (
        residual.geography != grid and weight(residual, tables, gwp) < weight(location, tables, gwp)
    ):
        residual = location
    return GridFactors(location, residual)


@lru_cache(maxsize=1024)
def standing_in(tables: FactorTables, grid: str, year: int, *, chosen: ElectricitySet) -> GridFactors | None:
    """Return what stands in for a grid without a factor: its country's reference row, else fossil power's.

    None if the tables have neither up to that year.
    """
    if TABLE not in tables.sets:
        return None
    found = tables.latest(TABLE, REFERENCE, country_of(grid), year) or tables.latest(TABLE, *NOWHERE[chosen], year)
    return None if found is None else GridFactors(found, found)


def is_reference(factor: Factor) -> bool:
    """Return whether a factor is a reference row of the shipped table."""
    return factor.flow == REFERENCE and factor.table == TABLE


@lru_cache(maxsize=1024)
def divided(tables: FactorTables, country: str, *, chosen: ElectricitySet) -> bool:
    """Return whether the shipped table has averages of the parts of a country."""
    rows = tables.sets[TABLE].rows.values() if TABLE in tables.sets else ()
    return any(factor.flow == AVERAGE[chosen] and factor.geography.startswith(f"{country}-") for factor in rows)


def country_of(geography: str) -> str:
    """Return the country of a grid, a province or a factor's place: the part before the first dash."""
    return geography.partition("-")[0]


@lru_cache(maxsize=1024)
def weight(factor: Factor, tables: FactorTables, gwp: GwpSet) -> int:
    """Return kg CO2e (scaled) of one unit of a factor, to compare two factors."""
    rows: dict[tuple[str, Gas], Pair] = {("", gas): Pair(value, value) for gas, value in factor.values}
    return co2e(rows, tables.gwp.weights[gwp]).location  # type: ignore[type-var] # the group has no part in it


def _of_set(tables: FactorTables, flow: str, grid: str, year: int, chosen: ElectricitySet) -> Iterator[Factor]:
    """Yield the newest factor of a grid, then of its country, if they belong to the set."""
    for geography in (grid, country_of(grid)):
        factor = tables.latest(TABLE, flow, geography, year) if TABLE in tables.sets else None
        if factor is not None and factor.set == chosen:
            yield factor
