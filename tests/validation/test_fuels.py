"""Public cases of fuels burnt: the IPCC's defaults in a record, and their factors from carbon."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.chemistry.combustion import ipcc_co2_factor, printed
from schemas.quantity import trillionths_text
from tests import worked_example as example
from tests.validation.records import case, drafted, given_off, near

ORE = "{Nd: 0.01, Si: 0.42, O: 0.57}"
TRUCKS = f"""
step: mining
materials:
  - {{name: ore in place, mass: 100000 t, factor: methods/no-burden.glo, extracted_in: CN, composition: {ORE}}}
fuels:
  - {{name: diesel of the trucks, amount: $mass_kg kg, heating_value: $NCV_GJ_per_t GJ/t, factor: fuels/diesel-burnt-energy.glo.2006}}
  - {{name: the same, amount: $mass_kg kg, heating_value: $NCV_GJ_per_t GJ/t, factor: fuels/diesel-burnt-ch4-n2o-energy.glo.2006}}
outputs:
  - {{lot: ORE-1, kind: ore, description: bastnaesite ore, mass: 100000 t, composition: {ORE}}}
excluded:
  - {{what: electricity, why: the pit has none}}
"""
FUEL_1 = case("FUEL-1")
ROUNDING = Fraction("0.0025")
"""What three significant digits may be off, by the note of the cases."""
SHIPPED = {
    "natural_gas": "natural-gas-burnt-energy",
    "gas_diesel_oil": "diesel-burnt-energy",
    "anthracite": "anthracite-burnt-energy",
}


def test_fuel_1_diesel_by_its_heating_value_and_the_defaults_of_the_ipcc() -> None:
    done = drafted(TRUCKS, **FUEL_1.inputs)
    methane, nitrous = given_off(done, "fuels", "CH4-fossil"), given_off(done, "fuels", "N2O")
    assert FUEL_1.agrees(given_off(done, "fuels", "CO2-fossil"), "kgCO2")
    assert FUEL_1.agrees(methane * Fraction("29.8"), "kgCO2e_CH4")
    assert FUEL_1.agrees(nitrous * 273, "kgCO2e_N2O")
    assert FUEL_1.agrees(done.certified[0].footprint.total_kg_co2e.location, "kgCO2e")
    assert FUEL_1.agrees(Fraction(dict(done.own_indicators)["energy"]) / 10**6, "energy_TJ")
    assert done.certified[0].footprint.scope_1 == done.certified[0].footprint.total_kg_co2e.location


@pytest.mark.parametrize("fuel", SHIPPED)
def test_fuel_ef_the_carbon_gives_the_factor_that_the_ipcc_prints_and_that_is_shipped(fuel: str) -> None:
    each = case(f"FUEL-EF-{fuel}")
    found = ipcc_co2_factor(Fraction(each.inputs["kgC_per_GJ"]), Fraction(each.inputs["oxidation"]))
    assert each.agrees(found, "kgCO2_per_TJ")
    assert each.agrees(printed(found), "published_rounded_kgCO2_per_TJ")
    shipped = dict(example.tables().factor(f"fuels/{SHIPPED[fuel]}.glo.2006").values)["CO2-fossil"]
    for factor in (found, Fraction(trillionths_text(shipped)) * 10**6):
        assert near(factor, each.expected["published_rounded_kgCO2_per_TJ"], ROUNDING)
