"""Validation cases of electricity: one line of a run, by location and by market, judged by the rules of E-SET.

Rules: as in `tests.validation.adapters`.  Grids that a case names in words are stood for by codes, equal for equal words.
What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.exact import divide
from ledger.chemistry.stoichiometry import of
from ledger.factors.factor import FactorSet, per_kwh
from ledger.factors.figures import co2e
from ledger.factors.grid import TABLE, grid_factors
from ledger.factors.tables import FactorTables
from ledger.footprint.lines import own_lines
from schemas.document import altered
from schemas.inventory import (
    Electricity,
    ElectricityLine,
    Instrument,
)
from schemas.quantity import trillionths_text
from tests.validation.runs import (
    both,
    case_factor,
    case_inventory,
    case_tables,
    fraction_of,
    gas_of,
    scaled_of,
)
from tests.validation.verdicts import first, verdict_of, with_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.factors.factor import Factor
    from ledger.footprint.inventory import Inventory
    from schemas.vocabulary import ElectricitySet, Gas

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

YEAR: Final = 2025
"""The year of a case that names none; its run is in the month that `case_inventory` gives every case."""

_PLACES: Final = ("CN-NM", "CN-ZJ", "MY-01", "AU-WA")
"""Grids that stand for those a case names in words: equal for equal words."""


def electricity(inputs: Case, tables: FactorTables) -> Answer:
    """Return electricity by location and by market, and whether the rules let it pass."""
    if "lbCO2_per_MWh" in inputs:
        return _pounds(inputs, tables)
    if isinstance(inputs.get("factors"), dict) and not first(inputs, "location_factor"):
        return {
            year: _power({**inputs, "location_factor": each}, tables)[0] for year, each in inputs["factors"].items()
        }
    location, market, run = _power(inputs, tables)
    return {
        "location_based_kgCO2e": location,
        "market_based_kgCO2e": market,
        **verdict_of(run, "E-SET", "X-DOUBLE", "X-TIME"),
    }


def _power(inputs: Case, tables: FactorTables) -> tuple[Fraction, Fraction, Inventory]:
    run = _power_run(inputs, tables)
    rows = own_lines([run.power], tables=run.tables, gwp="AR6").rows
    pair = co2e(rows, run.tables.gwp.weights["AR6"])
    return fraction_of(pair.location), fraction_of(pair.market), run


def _power_run(inputs: Case, tables: FactorTables) -> Inventory:
    """Return a run whose only line is the case's electricity."""
    places = _named([inputs.get("grid"), *(inputs.get(name) for name in _INSTRUMENT_GRID)])
    grid = places[inputs.get("grid")]
    year = int(first(inputs, "year", "production_year") or YEAR)
    own_tables = _grid_tables(inputs, grid, year, tables)
    due = grid_factors(own_tables, grid, year, chosen=_set(inputs), gwp="AR6")
    uncovered = f"{TABLE}/claimed" if f"{TABLE}/claimed" in own_tables.by_id else due.uncovered.id if due else ""
    kwh = _kwh(inputs)
    instruments = [
        Instrument(
            scheme="contract",
            statement=str(statement),
            kwh=trillionths_text(covered),
            grid=places[first(inputs, *_INSTRUMENT_GRID) or inputs.get("grid")],
            year=str(first(inputs, *_INSTRUMENT_YEAR) or year),
            factor=f"{TABLE}/contract",
        )
        for statement, covered in _covered(inputs, kwh)
    ]
    line = ElectricityLine(
        name="electricity",
        basis="metered",
        amount_kwh=trillionths_text(kwh),
        grid=grid,
        factor=f"{TABLE}/location",
        uncovered=uncovered,
        instruments=tuple(instruments),
    )
    run = case_inventory("alloy-melting", {}, [], tables)
    run = with_group(run, Electricity(group="electricity", lines=(line, *_own(inputs, grid))))
    period = altered(run.period, start=f"{year}-01-01", end=f"{year}-01-31")
    return replace(run, tables=both(own_tables, run.tables), period=period, electricity=_set(inputs))


def _own(inputs: Case, grid: str) -> list[ElectricityLine]:
    """Return what a plant generated itself and kept the attributes of, beside what it bought."""
    kwh = first(inputs, "own_kWh", "own_generation_kWh", "self_generated_kWh", "onsite_kWh")
    if kwh is None:
        return []
    own = f"{TABLE}/own"
    return [
        ElectricityLine(
            name="own generation",
            basis="metered",
            amount_kwh=trillionths_text(scaled_of(kwh)),
            grid=grid,
            own="attributes-kept",
            factor=own,
            uncovered=own,
        )
    ]


_INSTRUMENT_GRID: Final = ("contract_grid", "certificate_grid", "instrument_grid")
_INSTRUMENT_YEAR: Final = ("contract_year", "certificate_year", "instrument_year")
_FACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "location": ("location_factor", "grid_factor", "average_factor"),
    "residual": ("residual_factor", "residual_mix_factor"),
    "contract": ("contract_factor", "supplier_factor", "certificate_factor", "instrument_factor", "green_factor"),
    "claimed": ("claimed_factor", "uncovered_factor", "market_factor"),
    "own": ("own_factor", "own_generation_factor", "onsite_factor"),
}
_FLOW: Final = {
    "location": "location", "residual": "residual", "contract": "electricity-case", "claimed": "claimed", "own": "electricity-own",
}  # fmt: skip


def _grid_tables(inputs: Case, grid: str, year: int, tables: FactorTables) -> FactorTables:
    chosen = _set(inputs)
    rows: dict[str, Factor] = {}
    for name, members in _FACTORS.items():
        value = first(inputs, *members)
        if name == "own" and value is None:
            value = "0"  # what a case does not tell of own generation is that it burns nothing
        if value is not None:
            rows[f"{TABLE}/{name}"] = replace(
                case_factor(f"{TABLE}/{name}", (("CO2-fossil", scaled_of(value)),)),
                flow="life-cycle" if name == "location" and chosen == "life-cycle" else _FLOW[name],
                geography=grid,
                year=int(first(inputs, f"{name}_factor_year", "factor_year") or year),
                per="kWh",
                set=first(inputs, f"{name}_factor_set", f"{name}_set") or chosen,
            )
    own = case_tables({}, inputs.get("GWP", {}), tables)
    return FactorTables({TABLE: FactorSet(TABLE, "", "public", rows)}, own.gwp)


def _set(inputs: Case) -> ElectricitySet:
    return "life-cycle" if "life" in str(first(inputs, "electricity_set", "factor_set", "set") or "") else "direct"


def _kwh(inputs: Case) -> int:
    return scaled_of(inputs["kWh"]) if "kWh" in inputs else scaled_of(inputs["MWh"]) * 1000


def _covered(inputs: Case, kwh: int) -> list[tuple[str, int]]:
    """Return each instrument's statement and kWh."""
    share = first(inputs, "green_share", "covered_share", "contract_share", "renewable_share")
    amount = first(inputs, "covered_kWh", "contract_kWh", "certificate_kWh", "certificates_kWh", "instrument_kWh")
    if share is None and amount is None:
        return []
    covered = of(kwh, Fraction(share)) if amount is None else scaled_of(amount)
    statements = inputs.get("statements") or [first(inputs, "statement", "certificate_id") or "case"]
    return [(statement, divide(covered, len(statements))) for statement in statements]


def _named(words: Iterable[object]) -> dict[object, str]:
    return dict(zip(dict.fromkeys(words), _PLACES, strict=False))


def _pounds(inputs: Case, tables: FactorTables) -> Answer:
    """Return kg CO2e of a kWh whose factors are in lb/MWh."""
    values: dict[str, tuple[tuple[Gas, int], ...]] = {
        "grid": tuple(
            (gas_of(name.removeprefix("lb").removesuffix("_per_MWh")), per_kwh(scaled_of(value)))
            for name, value in inputs.items()
            if name.startswith("lb") and name.endswith("_per_MWh")
        )
    }
    own = case_tables(values, inputs["GWP"], tables)
    kwh = trillionths_text(_kwh(inputs)) if {"kWh", "MWh"} & set(inputs) else "1"
    line = ElectricityLine(
        name="electricity", basis="metered", amount_kwh=kwh, grid=_PLACES[0], factor="case/grid", uncovered="case/grid"
    )
    rows = own_lines([Electricity(group="electricity", lines=(line,))], tables=own, gwp="AR6").rows
    found = fraction_of(co2e(rows, own.gwp.weights["AR6"]).location)
    return {"kgCO2e_per_kWh": found / Fraction(kwh), "kgCO2e": found}
