"""Validation cases that do published results again: stages put together, gases weighed, and what must agree among them.

Rules: as in `tests.validation.adapters`.  What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import parse_formula
from ledger.factors.figures import Pair, co2e, per_kg
from ledger.footprint.lines import electricity_results, own_lines
from schemas.inventory import (
    Direct,
    DirectLine,
    ElectricityLine,
    MaterialLine,
    Materials,
)
from schemas.quantity import trillionths_text
from tests.validation.runs import (
    NOWHERE,
    UNIT,
    case_tables,
    fraction_of,
    gas_of,
    scaled_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.tables import FactorTables


Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"


def published(inputs: Case, tables: FactorTables) -> Answer:
    """Return published results done again: stages of a chain, two grids, two co-products, or gases weighed."""
    if "stages" in inputs:
        stages = [_brought(stage["kg_per_kg"], stage["gwp"], tables) for stage in inputs["stages"]]
        whole = sum(stages)
        # a case calls its total after the product, which stands in no other member
        return {"stage_contributions": stages, "kgCO2e_per_kg": whole}
    if "reference" in inputs:
        return _slope_between_grids(inputs, tables)
    if any(name.endswith(("O3_kg", "O2_kg", "O7_kg", "O11_kg")) for name in inputs):
        return _same_per_kg(inputs)
    masses = {name.removesuffix("_kg"): scaled_of(mass) for name, mass in inputs.items() if name.endswith("_kg")}
    gases = {gas.removesuffix("_fossil"): mass for gas, mass in masses.items()}
    sets = [name for name in ("AR4", "AR5", "AR6") if name in inputs]
    found = {f"{name}_kgCO2e": _given_off(gases, inputs[name], tables) for name in sets}
    claimed = next((Fraction(value) for name, value in inputs.items() if name.startswith("published_total")), None)
    shares = {f"share_of_published_total_{name}": found[f"{name}_kgCO2e"] / claimed for name in sets if claimed}
    return {**found, **shares}


def _given_off(masses: Mapping[str, int], gwp: Mapping[str, str], tables: FactorTables) -> Fraction:
    """Return kg CO2e of process emissions under a case's own GWPs."""
    lines = tuple(
        DirectLine(name=gas, basis="metered", substance=gas, gas=gas_of(gas), mass_kg=trillionths_text(mass))
        for gas, mass in masses.items()
    )
    own = case_tables({}, gwp, tables)
    rows = own_lines([Direct(group="direct", lines=lines)], tables=own, gwp="AR6").rows
    return fraction_of(co2e(rows, own.gwp.weights["AR6"]).location)


def _brought(amount: str, factor: str, tables: FactorTables) -> Fraction:
    """Return kg CO2e of an amount of a material with a case's own factor."""
    own = case_tables({"stage": (("CO2e", scaled_of(factor)),)}, {}, tables)
    line = MaterialLine(
        name="stage", basis="metered", mass_kg=trillionths_text(scaled_of(amount) * UNIT), factor="case/stage"
    )
    rows = own_lines([Materials(group="materials", lines=(line,))], tables=own, gwp="AR6").rows
    return fraction_of(rows.get(("materials", "CO2e"), Pair(0, 0)).location) / UNIT


def _slope_between_grids(inputs: Case, tables: FactorTables) -> Answer:
    """Return the difference that two grids make to a step, predicted from another step's difference for each kWh."""
    reference = inputs["reference"]
    one, other = [name.removeprefix("gwp_") for name in reference if name.startswith("gwp_")]
    delta = _difference(reference[f"gwp_{one}"], reference[f"gwp_{other}"])
    each = per_kg(Pair(delta, delta), divide(scaled_of(reference["kWh_per_kg"]), 10**6)).location
    own = case_tables({"difference": (("CO2e", each),)}, {}, tables)
    line = ElectricityLine(
        name="electricity",
        basis="metered",
        amount_kwh=inputs["target_kWh_per_kg"],
        grid=NOWHERE,
        factor="case/difference",
        uncovered="case/difference",
    )
    predicted = dict(electricity_results(line, own))["CO2e"].location
    found = {
        "delta_reference": delta,
        "implied_factor_difference_kgCO2e_per_kWh": each,
        "predicted_delta": predicted,
        "published_delta": _difference(*(inputs[f"target_gwp_{name}"] for name in (one, other))),
    }
    return {name: fraction_of(value) for name, value in found.items()}


def _difference(one: str, other: str) -> int:
    return scaled_of(one) - scaled_of(other)


def _same_per_kg(inputs: Case) -> Answer:
    """Return a reagent for a kg of each of two co-products that a mass key serves alike, and the difference."""
    products = [name for name in inputs if name.endswith("_kg")]
    each = {}
    for letter, product in zip("ab", products, strict=True):
        element = next(name for name, _ in parse_formula(product.removesuffix("_kg")).atoms if name in RARE_EARTHS)
        reagent = next(name for name in inputs if name.endswith(f"_{element}") and not name.startswith("published"))
        # 10^12 times the reagent, 10^6 times the product: the quotient has 12 places more, and is rounded once
        amount = scaled_of(inputs[reagent]) * SCALE * UNIT
        each[letter] = fraction_of(per_kg(Pair(amount, amount), scaled_of(inputs[product])).location) / SCALE
    found = {f"ratio_inputs_per_kg_{letter}": value for letter, value in each.items()}
    return {**found, "difference": each["a"] - each["b"]}
