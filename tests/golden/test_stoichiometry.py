"""Stoichiometry against the collected facts, the public validation cases and periodictable."""

import csv
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import periodictable
import pytest

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS, REFERENCE_OXIDE, TRACKED
from ledger.chemistry.exact import SCALE
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import (
    CO2_PER_CARBON,
    CO2_PER_CO,
    OXIDE_PER_ELEMENT,
    anode_carbon_floor,
    charge_per_mass,
    electrolysis_floor,
    mass_ratio,
    of,
    re_mass,
    reo_mass,
)
from schemas.quantity import trillionths
from tests.golden.shared import cases, shared

PARTS_PER_BILLION = Fraction(1, 10**9)


def rows(name: str) -> list[dict[str, str]]:
    with shared(f"data/{name}").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def near(value: Fraction, expected: str, tolerance: Fraction = PARTS_PER_BILLION) -> bool:
    return abs(value - Fraction(expected)) <= tolerance * abs(Fraction(expected))


def printed(value: Fraction, expected: str) -> bool:
    """Tell whether `value` rounds to the digits printed."""
    return abs(value - Fraction(expected)) <= Fraction(6, 10) * Fraction(10) ** int(
        Decimal(expected).as_tuple().exponent
    )


def metal_ceiling(charge: dict[str, int]) -> dict[str, int]:
    """Return the rare earths (scaled kg) in the compounds charged (formula to scaled kg): no more metal can come of
    them.
    """
    ceiling: dict[str, Fraction] = {}
    for text, mass in charge.items():
        compound = parse_formula(text)
        for element, _ in compound.atoms:
            if element in RARE_EARTHS:
                ceiling[element] = ceiling.get(element, Fraction()) + mass * compound.mass_fraction(element)
    return {element: round(mass) for element, mass in ceiling.items()}


def test_the_weights_are_the_pinned_ones() -> None:
    pinned = {row["element"]: row["atomic_weight"] for row in rows("atomic_weights.csv")}
    assert {element: Fraction(weight, SCALE) for element, weight in ATOMIC_WEIGHT.items()} == {
        element: Fraction(weight) for element, weight in pinned.items()
    }


def test_the_weights_are_those_of_the_library_they_were_read_in() -> None:
    for element, weight in ATOMIC_WEIGHT.items():
        assert Decimal(weight) / SCALE == Decimal(str(getattr(periodictable, element).mass)), element


@pytest.mark.parametrize(
    "fact", rows("stoichiometry_element_fractions.csv"), ids=lambda fact: f"{fact['compound']}-{fact['element']}"
)
def test_element_fractions(fact: dict[str, str]) -> None:
    compound = parse_formula(fact["compound"])
    fraction = compound.mass_fraction(fact["element"])
    assert printed(compound.molar_mass, fact["molar_mass_g_mol"])
    assert printed(fraction, fact["kg_element_per_kg_compound"])
    assert printed(1 / fraction, fact["kg_compound_per_kg_element"])


OXALIC_ACID = "H2C2O4.2H2O"
REACTIONS: dict[str, Fraction] = {
    "oxide per metal, PrNd 25/75 (mass) oxide mix": 1
    / (
        Fraction(1, 4) * parse_formula("Pr6O11").mass_fraction("Pr")
        + Fraction(3, 4) * parse_formula("Nd2O3").mass_fraction("Nd")
    ),
    "oxalic acid dihydrate to precipitate Nd": mass_ratio(OXALIC_ACID, "Nd2O3", moles=3),
    "CO2 on calcining Nd oxalate (CO vented)": mass_ratio("CO2", "Nd2O3", moles=3),
    "CO on calcining Nd oxalate": mass_ratio("CO", "Nd2O3", moles=3),
    "CO2 on calcining Nd oxalate (CO burnt)": mass_ratio("CO2", "Nd2O3", moles=6),
    "CO2 per kg oxalic acid dihydrate, 1 mol CO2/mol": mass_ratio("CO2", OXALIC_ACID),
    "CO2 on calcining Nd carbonate": mass_ratio("CO2", "Nd2O3", moles=3),
    "NH4HCO3 to precipitate Nd carbonate": mass_ratio("NH4HCO3", "Nd2O3", moles=6),
    "CO2 released while precipitating Nd carbonate": mass_ratio("CO2", "Nd2O3", moles=3),
    "NH4Cl formed per kg NH4HCO3": mass_ratio("NH4Cl", "NH4HCO3"),
    "NH4Cl formed per kg NH3 used in saponification": mass_ratio("NH4Cl", "NH3"),
    "HCl to dissolve Nd2O3": mass_ratio("HCl", "Nd2O3", moles=6),
    "HCl (30% solution) to dissolve Nd2O3": mass_ratio("HCl", "Nd2O3", moles=6) / Fraction(3, 10),
    "H2SO4 to convert Nd2O3 to sulphate": mass_ratio("H2SO4", "Nd2O3", moles=3),
    "NaOH saponification, full Nd extraction": mass_ratio("NaOH", "Nd2O3", moles=6),
    "NH3 saponification, full Nd extraction": mass_ratio("NH3", "Nd2O3", moles=6),
    "CO2 from CaCO3": mass_ratio("CO2", "CaCO3"),
    "CO2 from Na2CO3": mass_ratio("CO2", "Na2CO3"),
    "CO2 from NaHCO3": mass_ratio("CO2", "NaHCO3", moles=Fraction(1)),
    "CF4 carbon fraction": parse_formula("CF4").mass_fraction("C"),
    "max CO2 per kg pure carbon": CO2_PER_CARBON,
    "max CO2 per kg CH4": mass_ratio("CO2", "CH4"),
    "H2 in Nd2Fe14BH5": mass_ratio("H5", "Nd2Fe14B"),
}
ELECTROLYSIS: dict[str, Callable[[str], Fraction]] = {
    "anode carbon, all-CO2 route": anode_carbon_floor,
    "anode CO2, all-CO2 route": lambda element: anode_carbon_floor(element) * CO2_PER_CARBON,
    "anode carbon, all-CO route": lambda element: 2 * anode_carbon_floor(element),
    "CO2 if all anode CO later oxidised": lambda element: 2 * anode_carbon_floor(element) * CO2_PER_CARBON,
    "Faraday charge": charge_per_mass,
    "DC energy at 1.65 V and CE 1": electrolysis_floor,
    "DC energy at 10 V and CE 0.72": lambda element: charge_per_mass(element) * 10 / Fraction("0.72") / 1000,
}


@pytest.mark.parametrize("fact", rows("stoichiometric_factors.csv"), ids=lambda fact: fact["quantity"])
def test_stoichiometric_factors(fact: dict[str, str]) -> None:
    quantity, _, element = fact["quantity"].rpartition(", ")
    value = ELECTROLYSIS[quantity](element) if quantity in ELECTROLYSIS else REACTIONS[fact["quantity"]]
    assert printed(value, fact["value"])


@pytest.mark.parametrize(
    "case", [case for case in cases("stoichiometry") if "formula" in case["inputs"]], ids=lambda case: case["id"]
)
def test_case_element_in_compound(case: dict[str, Any]) -> None:
    fraction = parse_formula(case["inputs"]["formula"]).mass_fraction(case["inputs"]["element"])
    assert near(fraction, case["expected"]["mass_fraction"])
    assert near(1 / fraction, case["expected"]["oxide_per_element"])


@pytest.mark.parametrize(
    "case", [case for case in cases("stoichiometry") if "oxide_kg" in case["inputs"]], ids=lambda case: case["id"]
)
def test_case_metal_from_mixed_oxide(case: dict[str, Any]) -> None:
    mass = trillionths(case["inputs"]["oxide_kg"])
    charge = {oxide: of(mass, Fraction(share)) for oxide, share in case["inputs"]["composition"].items()}
    metal = Fraction(sum(metal_ceiling(charge).values()), SCALE)
    assert near(metal, case["expected"]["max_metal_kg"])
    assert near(metal * Fraction(case["inputs"]["recovery"]), case["expected"]["metal_kg"])


def test_case_red_2_metal_above_stoichiometry() -> None:
    (case,) = (case for case in cases("red team") if case["id"] == "RED-2")
    inputs = case["inputs"]
    ceiling = metal_ceiling({inputs["oxide"]: trillionths(inputs["oxide_kg"])})[inputs["metal"]]
    assert near(Fraction(ceiling, SCALE), case["expected"]["max_metal_kg"])
    assert trillionths(inputs["metal_kg"]) > ceiling


def test_case_red_3_electrolysis_below_thermodynamics() -> None:
    (case,) = (case for case in cases("red team") if case["id"] == "RED-3")
    floor = electrolysis_floor(case["inputs"]["metal"])
    assert near(floor, case["expected"]["floor_kWh_per_kg"])
    assert Fraction(case["inputs"]["kWh_per_kg"]) < floor


def test_case_ely_1_carbon_balance() -> None:
    (case,) = cases("electrolysis")[:1]
    inputs, expected = case["inputs"], case["expected"]
    metal, anode = Fraction(inputs["metal_kg"]), Fraction(inputs["net_anode_carbon_kg"])
    pfc_carbon = sum(Fraction(inputs[f"{gas}_kg"]) * parse_formula(gas).mass_fraction("C") for gas in ("CF4", "C2F6"))
    to_co = Fraction(inputs["fraction_of_oxidised_C_leaving_as_CO"])
    carbon_monoxide = (anode - pfc_carbon) * to_co * mass_ratio("CO", "C")
    carbon_dioxide = (anode - pfc_carbon) * (1 - to_co) * CO2_PER_CARBON
    assert near(Fraction(pfc_carbon), expected["C_to_PFC_kg"])
    assert near(carbon_monoxide, expected["CO_kg"])
    assert near(carbon_dioxide, expected["CO2_direct_kg"])
    assert near(carbon_dioxide + carbon_monoxide * CO2_PER_CO, expected["CO2_if_CO_oxidised_kg"])
    assert near(metal * anode_carbon_floor(inputs["metal"]), expected["floor_anode_C_kg"])
    assert near(metal * anode_carbon_floor(inputs["metal"]) * CO2_PER_CARBON, expected["floor_CO2_kg"])


@pytest.mark.parametrize("case", cases("process CO2"), ids=lambda case: case["id"])
def test_case_process_co2(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    if "oxide_kg" in inputs:
        oxide, mass = inputs["oxide"], Fraction(inputs["oxide_kg"])
        assert near(mass * mass_ratio("CO2", oxide, moles=3), expected["CO2_calcination_kg"])
        assert near(mass * mass_ratio("NH4HCO3", oxide, moles=6), expected["NH4HCO3_stoich_kg"])
        assert near(mass * mass_ratio("NH4Cl", oxide, moles=6), expected["NH4Cl_kg"])
    else:
        acid = Fraction(inputs["oxalic_acid_dihydrate_t"]) * Fraction(inputs["purity"])
        assert near(acid * mass_ratio("CO2", OXALIC_ACID), expected["tCO2_stoichiometric_1mol"])
        assert near(acid * mass_ratio("CO2", OXALIC_ACID, moles=2), expected["tCO2_if_CO_burnt_2mol"])


@pytest.mark.parametrize(
    "text",
    [*REFERENCE_OXIDE.values(), "NdF3", "Nd2(CO3)3", "Nd2(C2O4)3", "Nd2(C2O4)3·10H2O", OXALIC_ACID, "NH4HCO3", "(NH4)2SO4",
     "Nd2Fe14B", "La0.6Ce0.4Ni3.55Co0.75", "CaSO4·0.5H2O", "C16H35O3P", "K2SO4·MgSO4·6H2O"],
)  # fmt: skip
def test_molar_masses_equal_those_of_periodictable(text: str) -> None:
    spelled = re.sub(r"(?:·|\.(?=2H2O))([0-9.]*)([A-Za-z0-9]+)", lambda part: f"({part[2]}){part[1] or 1}", text)
    theirs = Fraction(periodictable.formula(spelled).mass)
    assert near(parse_formula(text).molar_mass, str(theirs), Fraction(1, 10**12))


def test_reo_and_re_of_a_mass() -> None:
    assert set(OXIDE_PER_ELEMENT) == set(RARE_EARTHS) < set(TRACKED)
    masses = {"Nd": trillionths("144.242"), "Fe": trillionths("10")}
    assert reo_mass(masses) == trillionths("168.2405")
    assert re_mass(masses) == trillionths("144.242")
