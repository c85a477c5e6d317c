"""Validation cases of the red team: each forgery becomes a run that the real rules judge.

Rules: as in `tests.validation.adapters`; an answer names the rules, and the figure that gives the forgery away under each name that a case
may have for it.  What this module does not do: arithmetic of its own; forgeries of the books (`tests.validation.books`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide, scaled
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, mass_ratio, of
from ledger.footprint.masses import PARTS, compound_elements
from ledger.plausibility.physics import precipitant_moles
from ledger.plausibility.reduction import process_floor_of
from schemas.inventory import FuelLine, Fuels
from schemas.quantity import trillionths_text
from tests.validation.books import books
from tests.validation.emissions import electrolysis
from tests.validation.power import electricity
from tests.validation.process import COMPOUND
from tests.validation.runs import both, case_inventory, case_tables, fraction_of, fractions_of, scaled_of
from tests.validation.verdicts import UnsupportedError, first, like, share_by, verdict_of, with_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.tables import FactorTables
    from schemas.vocabulary import Kind

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

_PERCENT: Final = re.compile(r"([0-9.]+) ?% ([A-Z][a-z]?)\b")
_SYMBOLS: Final = re.compile(r"[A-Z][a-z]?")
_GRID: Final = ("grid", "grid_factor", "location_factor", "grid_kgCO2e_per_kWh")
_CLAIMED: Final = ("claimed_kgCO2e_per_kg", "claimed_pcf_kgCO2e_per_kg", "kgCO2e_per_kg", "pcf_kgCO2e_per_kg")


def red_team(inputs: Case, tables: FactorTables) -> Answer:  # noqa: PLR0911 - one for each forgery
    """Return the verdict on a forgery, and the figure that gives it away."""
    match inputs:
        case {"process": "calcination"}:
            return _calcination(inputs, tables)
        case {"product_kg": product, "scrap_kg": scrap, **shares}:
            return _from_scrap(product, scrap, shares, tables)
        case {"product": str(product)} if first(inputs, *_GRID) is not None and first(inputs, *_CLAIMED) is not None:
            return _below_floor(str(first(inputs, *_GRID)), str(first(inputs, *_CLAIMED)), product)
        case {"metal": _}:
            return electrolysis(inputs, tables)
        case {"oxide": oxide, "oxide_kg": mass}:
            return _reagents(oxide, mass, inputs, tables)
        case {"kWh": _} | {"MWh": _} | {"location_factor": _}:
            return electricity(inputs, tables)
        case _ if like(inputs, "composition") is not None:
            return _composition(inputs, tables)
        case {"carbon_fraction": carbon}:
            return _fuel(carbon, inputs, tables)
        case _:
            return books(inputs, tables)


def _calcination(inputs: Case, tables: FactorTables) -> Answer:
    """Judge the energy of a kiln: fuels by their heating value, or what is told for a kg of oxide."""
    product = str(first(inputs, "product_kg", "oxide_kg") or "1")
    each, whole, values = (
        like(inputs, "MJ_per_kg_oxide"),
        first(inputs, "energy_MJ", "heat_MJ", "fuel_MJ"),
        inputs.get("NCV_MJ_per_kg"),
    )
    if each is not None:
        energy = Fraction(each) * Fraction(product)
    elif whole is not None:
        energy = Fraction(whole)
    else:
        fuel: dict[str, str] = inputs["fuel"]
        energy = sum((Fraction(kg) * _heating_value(values, name) for name, kg in fuel.items()), Fraction())
    kwh = str(first(inputs, "kWh", "electricity_kWh") or "0")
    run = case_inventory("separation", {}, [("oxide", product, {"Nd": "1"})], tables, energy_mj=energy, kwh=kwh)
    return {**verdict_of(run, "E-CALC"), "MJ_per_kg_oxide": energy / Fraction(product), "energy_MJ": energy}


def _heating_value(values: object, fuel: str) -> Fraction:
    """Return MJ for a kg of a fuel: one value for all, or one for each by its name."""
    if isinstance(values, dict):
        return Fraction(next(value for name, value in values.items() if fuel.startswith(name) or name == fuel))
    return Fraction(str(values))


def _reagents(oxide: str, mass: str, inputs: Case, tables: FactorTables) -> Answer:
    """Judge reagents of which an oxide takes more: what precipitates it (routes add up), and the acid that dissolves it."""
    atoms = sum(count for element, count in parse_formula(oxide).atoms if element in RARE_EARTHS)
    given, figures, asked = {oxide: mass}, dict[str, Fraction](), dict[str, None]()
    for member in (name for name in inputs if name.endswith("_kg") and name != "oxide_kg"):
        name = member.removesuffix("_kg")
        compound = COMPOUND.get(name, name)
        rule, moles = ("P-ACID", Fraction(3)) if compound == "HCl" else ("P-PRECIP", _moles(compound))
        asked[rule] = None
        needed = fraction_of(of(scaled_of(mass), mass_ratio(compound, oxide, moles=moles * atoms)))
        strength = Fraction(share_by(inputs, name, "strength", "concentration", "purity"))
        given[compound] = trillionths_text(scaled(Fraction(inputs[member]) * strength))
        each = needed / Fraction(mass) if Fraction(mass) else needed
        for word in ("min", "required", "floor", "stoich", "needed"):
            figures |= dict.fromkeys((f"{word}_kg", f"{word}_{name}_kg", f"{name}_{word}_kg", f"{name}_{word}"), needed)
            figures |= dict.fromkeys(
                (f"{word}_kg_per_kg", f"{word}_{name}_kg_per_kg", f"{name}_{word}_kg_per_kg"), each
            )
    run = case_inventory("separation", given, [("oxide", mass, fractions_of(oxide))], tables)
    return {**figures, **verdict_of(run, *asked)}


def _moles(compound: str) -> Fraction:
    """Return the mol of a reagent that precipitate one mol of a rare earth."""
    # masses are rounded, so the equivalents of a mol are next to a whole number
    kmol = Fraction(precipitant_moles(compound_elements(compound, SCALE)), PARTS)
    equivalents = round(kmol * parse_formula(compound).molar_mass)
    return Fraction(3, equivalents) if equivalents else Fraction()


def _composition(inputs: Case, tables: FactorTables) -> Answer:
    """Judge a composition: its sum, and the window of its product."""
    member = next(name for name in inputs if "composition" in name)
    parts: dict[str, str] = inputs[member]
    whole = sum(map(scaled_of, parts.values()))
    if "percent" in member or "wt" in member or whole > 2 * SCALE:
        parts = {element: trillionths_text(divide(scaled_of(part), 100)) for element, part in parts.items()}
    kind, rules = _window(str(first(inputs, "product", "kind", "material") or ""))
    run = case_inventory("alloy-melting", {}, [(kind, "1", parts)], tables)
    rare = sum(scaled_of(part) for element, part in parts.items() if element in RARE_EARTHS)
    told = {"sum": whole, "total": whole, "RE": rare, "total_RE": rare}
    return {**verdict_of(run, "M-SUM", *rules), **{name: fraction_of(figure) for name, figure in told.items()}}


def _window(product: str) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind of a product that a case names in words, and the rule about its composition."""
    word = product.casefold()
    if "magnet" in word or "ndfeb" in word:
        return "magnet", ("M-TRE",)
    return "alloy", ("M-AB5",) if "ab5" in word or "hydrogen" in word or not word else ()


def _fuel(carbon: str, inputs: Case, tables: FactorTables) -> Answer:
    """Judge a fuel that gives off more CO2 than its carbon can become."""
    claimed = next((inputs[name] for name in inputs if name.endswith(("CO2_per_kg", "CO2_kg_per_kg"))), None)
    found = Fraction(inputs["CO2_kg"]) / Fraction(inputs["fuel_kg"]) if claimed is None else Fraction(claimed)
    each = scaled(found / Fraction(carbon))
    line = FuelLine(name="fuel", basis="metered", amount="1", unit="kg", factor="case/claimed")
    own = case_tables({"claimed": (("CO2-fossil", each),)}, {}, tables)
    run = case_inventory("alloy-melting", {}, [], tables)
    run = with_group(replace(run, tables=both(own, run.tables)), Fuels(group="fuels", lines=(line,)))
    most = CO2_PER_CARBON * Fraction(carbon)
    whole = most * Fraction(inputs.get("fuel_kg", "1"))
    names = ("max_kgCO2_per_kg", "max_CO2_kg_per_kg", "max_CO2_per_kg", "ceiling_kgCO2_per_kg")
    return {**verdict_of(run, "C-BAL"), **dict.fromkeys(names, most), "max_CO2_kg": whole}


def _from_scrap(product: str, scrap: str, shares: Case, tables: FactorTables) -> Answer:
    """Judge elements of which more comes out than the declared scrap and primary metal hold."""
    elements = [name.removesuffix("_wt") for name in shares if name.endswith("_wt") and not name.startswith("scrap_")]
    made = {element: shares[f"{element}_wt"] for element in elements}
    held = {element: shares.get(f"scrap_{element}_wt", "0") for element in elements}
    given = {"scrap": (scrap, held)}
    for element in elements:
        primary = shares.get(f"primary_{element}_kg", "0")
        if Fraction(primary):
            given[f"primary {element}"] = (primary, {element: "1"})
    run = case_inventory("magnet-production", {}, [("magnet", product, made)], tables, materials=given)
    out, came = run.product_elements, run.elements_in
    return {
        **verdict_of(run, "M-ELEM"),
        **{f"{element}_required_kg": fraction_of(out[element]) for element in elements},
        **{f"{element}_available_kg": fraction_of(came.get(element, 0)) for element in elements},
        **{f"{element}_missing_kg": fraction_of(out[element] - came.get(element, 0)) for element in elements},
        **{f"max_product_{element}_kg": fraction_of(came.get(element, 0)) for element in elements},
    }


def _below_floor(grid: str, claimed: str, product: str) -> Answer:
    """Judge a published result against its process: the thermodynamic floor, then a typical cell."""
    metal = {element: scaled_of(percent) // 100 for percent, element in _PERCENT.findall(product)}
    metal = {element: part for element, part in metal.items() if element in RARE_EARTHS} or _one_metal(product)
    floor = process_floor_of(metal, scaled_of(grid))
    typical = process_floor_of(metal, scaled_of(grid), typical=True)
    found = scaled_of(claimed)
    verdict = "reject" if found < floor else "flag" if found < typical else "accept"
    named = {"floor_kgCO2e_per_kg": floor, "hard_floor_kgCO2e_per_kg": floor, "typical_floor_kgCO2e_per_kg": typical}
    return {"verdict": verdict, "rule": ("G-FLOOR",), **{name: fraction_of(value) for name, value in named.items()}}


def _one_metal(product: str) -> dict[str, int]:
    """Return the rare earth that a product without percentages is: the only one that its words name."""
    named = [symbol for symbol in _SYMBOLS.findall(product) if symbol in RARE_EARTHS]
    if len(set(named)) != 1:
        raise UnsupportedError(f"red team: product {product}")
    return {named[0]: SCALE}
