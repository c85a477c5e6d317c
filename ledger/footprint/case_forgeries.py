"""Validation cases of the red team: each forgery becomes a run that the real rules judge.

Rules: as in `ledger.footprint.cases`; an answer names the rule, and the figure that gives the forgery away under each name that a case
may have for it.  What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, scaled
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, mass_ratio, metal_ceiling, of
from ledger.footprint.case_emissions import COMPOUND, electrolysis
from ledger.footprint.case_power import electricity
from ledger.footprint.case_runs import (
    both,
    case_inventory,
    case_tables,
    fraction_of,
    fractions_of,
    scaled_of,
    with_group,
)
from ledger.footprint.masses import compound_elements
from ledger.footprint.physics import precipitant_moles
from ledger.footprint.reduction import energy_floor, process_floor_of
from ledger.footprint.rules import BEFORE, judge
from schemas.inventory import (
    FuelLine,
    Fuels,
)
from schemas.problem import InputError
from schemas.quantity import read_quantity, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.footprint.factors import FactorTables
    from ledger.footprint.inventory import Inventory

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

_PERCENT: Final = re.compile(r"([0-9.]+) ?% ([A-Z][a-z]?)")


def red_team(inputs: Case, tables: FactorTables) -> Answer:  # noqa: C901, PLR0911 - one for each forgery
    """Return the verdict on a forgery, and the figure that gives it away."""
    match inputs:
        case {"oxide": oxide, "oxide_kg": charged, "metal": metal, "metal_kg": made}:
            run = case_inventory("oxide-electrolysis", {oxide: charged}, [("metal", made, {metal: "1"})], tables)
            most = metal_ceiling({oxide: scaled_of(charged)})[metal]
            return {**_verdict(run, "M-ELEM", "M-OXMET"), "max_metal_kg": fraction_of(most)}
        case {"metal": metal, "kWh_per_kg": kwh}:
            run = case_inventory("oxide-electrolysis", {}, [("metal", "1", {metal: "1"})], tables, kwh=kwh)
            floor = energy_floor({metal: SCALE})
            return {**_verdict(run, "E-ELY"), "floor_kWh_per_kg": fraction_of(floor)}
        case {"process": "calcination", "product_kg": product, "fuel": dict(fuel), "NCV_MJ_per_kg": value}:
            energy = sum((Fraction(kg) * Fraction(value) for kg in fuel.values()), Fraction())
            run = case_inventory("separation", {}, [("oxide", product, {"Nd": "1"})], tables, energy_mj=energy)
            return {**_verdict(run, "E-CALC"), "MJ_per_kg_oxide": energy / Fraction(product)}
        case {"product_kg": product, "scrap_kg": scrap, **shares}:
            return _from_scrap(product, scrap, shares, tables)
        case {"grid": grid, "claimed_kgCO2e_per_kg": claimed, "product": product}:
            return _below_floor(grid, claimed, product)
        case {"metal": _}:
            return electrolysis({"metal_kg": "1", **{_per_kg(name): value for name, value in inputs.items()}}, tables)
        case {"oxide": oxide, "oxide_kg": mass}:
            return _reagent(oxide, mass, inputs, tables)
        case {"location_factor": _}:
            return electricity(inputs, tables)
        case {"composition": dict(parts)}:
            run = case_inventory("alloy-melting", {}, [("alloy", "1", dict(parts))], tables)
            return {**_verdict(run, "M-SUM"), "sum": fraction_of(sum(map(scaled_of, parts.values())))}
        case {"carbon_fraction": carbon, "kgCO2_per_kg": claimed}:
            return _fuel(carbon, claimed, tables)
        case {"amount": str(text)} | {"quantity": str(text)}:
            return _unit(text)
        case _:
            raise InputError.at("validate.unsupported", what=f"red team: {', '.join(inputs)}")


def _per_kg(name: str) -> str:
    """Return a member for a kg of metal as one for the mass of it."""
    return (
        f"{name.removesuffix('_per_kg')}_kg"
        if name.endswith("_per_kg") and "_kg_per" not in name
        else name.replace("_kg_per_kg", "_kg")
    )


def _reagent(oxide: str, mass: str, inputs: Case, tables: FactorTables) -> Answer:
    """Judge a reagent of which an oxide takes more: what precipitates it, or the acid that dissolves it."""
    member = next(name for name in inputs if name.endswith("_kg") and name != "oxide_kg")
    name = member.removesuffix("_kg")
    compound = COMPOUND.get(name, name)
    rule, moles = ("P-ACID", Fraction(3)) if compound == "HCl" else ("P-PRECIP", _moles(compound))
    atoms = sum(count for element, count in parse_formula(oxide).atoms if element in RARE_EARTHS)
    needed = fraction_of(of(scaled_of(mass), mass_ratio(compound, oxide, moles=moles * atoms)))
    given = {compound: trillionths_text(scaled_of(inputs[member])), oxide: mass}
    run = case_inventory("separation", given, [("oxide", mass, fractions_of(oxide))], tables)
    names = ("min_kg", "required_kg", "floor_kg", f"min_{name}_kg", f"{name}_min_kg", f"{name}_required_kg")
    return {**_verdict(run, rule), **dict.fromkeys(names, needed)}


def _moles(compound: str) -> Fraction:
    """Return the mol of a reagent that precipitate one mol of a rare earth."""
    # masses are rounded, so the equivalents of a mol are next to a whole number
    equivalents = round(precipitant_moles(compound_elements(compound, SCALE)) * parse_formula(compound).molar_mass)
    return Fraction(3, equivalents) if equivalents else Fraction()


def _fuel(carbon: str, claimed: str, tables: FactorTables) -> Answer:
    """Judge a fuel that gives off more CO2 than its carbon can become."""
    each = scaled(Fraction(claimed) / Fraction(carbon))
    line = FuelLine(name="fuel", basis="metered", amount="1", unit="kg", factor="case/claimed")
    own = case_tables({"claimed": (("CO2-fossil", each),)}, {}, tables)
    run = case_inventory("alloy-melting", {}, [], tables)
    run = with_group(replace(run, tables=both(own, run.tables)), Fuels(group="fuels", lines=(line,)))
    most = CO2_PER_CARBON * Fraction(carbon)
    return {**_verdict(run, "C-BAL"), "max_kgCO2_per_kg": most}


def _unit(text: str) -> Answer:
    """Judge an amount as a person wrote it."""
    try:
        read_quantity(text, dimension=("mass", "volume", "gas-volume", "heat", "electricity", "transport"))
    except InputError:
        return {"verdict": "reject", "rule": "X-UNIT"}
    return {"verdict": "accept", "rule": "X-UNIT"}


def _from_scrap(product: str, scrap: str, shares: Case, tables: FactorTables) -> Answer:
    """Judge an element of which more comes out than the declared scrap and primary metal hold."""
    element = next(name for name in shares if name.endswith("_wt") and not name.startswith("scrap_")).partition("_")[0]
    part, held = shares[f"{element}_wt"], shares[f"scrap_{element}_wt"]
    primary = shares.get(f"primary_{element}_kg", "0")
    given = {"scrap": (scrap, {element: held})} | ({"primary": (primary, {element: "1"})} if Fraction(primary) else {})
    run = case_inventory("magnet-production", {}, [("magnet", product, {element: part})], tables, materials=given)
    return {
        **_verdict(run, "M-ELEM"),
        f"{element}_required_kg": fraction_of(run.product_elements[element]),
        f"{element}_available_kg": fraction_of(run.elements_in.get(element, 0)),
    }


def _verdict(run: Inventory, *rules: str) -> dict[str, str]:
    """Return whether any of some rules rejects, and the rule asked for."""
    severity = {finding.rule.id for finding in judge(run) if finding.rule.severity == "reject"}
    known = {rule.id for rule in BEFORE}
    return {"verdict": "reject" if severity & set(rules) & known else "accept", "rule": rules[0]}


def _below_floor(grid: str, claimed: str, product: str) -> Answer:
    """Judge a published result against its process: the thermodynamic floor, then a typical cell."""
    metal = {element: scaled_of(percent) // 100 for percent, element in _PERCENT.findall(product)}
    metal = metal or {next(word for word in product.split() if word in RARE_EARTHS): SCALE}
    floor = process_floor_of(metal, scaled_of(grid))
    typical = process_floor_of(metal, scaled_of(grid), typical=True)
    found = scaled_of(claimed)
    verdict = "reject" if found < floor else "flag" if found < typical else "accept"
    return {"verdict": verdict, "floor_kgCO2e_per_kg": fraction_of(floor), "rule": "G-FLOOR"}
