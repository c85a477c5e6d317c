"""Public cases of fuels burnt: the IPCC's defaults in a record, and their factors from carbon."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.chemistry.exact import divide
from schemas.quantity import trillionths_text
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table
from tests.validation.records import case, drafted, given_off, names, near

ORE = "{Nd: 0.01, Si: 0.42, O: 0.57}"
TRUCKS = f"""
step: mining
materials:
  - {{name: ore in place, mass: 100000 t, factor: methods/no-burden.glo, extracted_in: CN, composition: {ORE}}}
fuels:
  - {{name: diesel of the trucks, amount: $mass_kg kg, heating_value: $NCV_GJ_per_t GJ/t, factor: fuels/diesel-burnt-energy.glo.2006}}
  - {{name: the same, amount: $mass_kg kg, heating_value: $NCV_GJ_per_t GJ/t, factor: fuels/diesel-burnt-ch4-n2o-energy.glo.2006}}
  - {{name: supply of the same, amount: $mass_kg kg, factor: fuels/diesel-upstream.cn.2024}}
outputs:
  - {{lot: ORE-1, kind: ore, description: bastnaesite ore, mass: 100000 t, composition: {ORE}}}
absent:
  - {{item: electricity, reason: not-in-process, variant: a pit on diesel alone}}
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
    supply = given_off(done, "fuels", "CO2e")
    total = Fraction(done.certified[0].footprint.total_kg_co2e.location)
    assert FUEL_1.agrees(total - supply, "kgCO2e")
    assert FUEL_1.agrees(Fraction(dict(done.own_indicators)["energy"]) / 10**6, "energy_TJ")
    assert Fraction(done.certified[0].footprint.scope_1) == total - supply


def ipcc_co2_factor(carbon_content: Fraction, oxidation: Fraction) -> Fraction:
    """Return kg CO2 per TJ from kg C per GJ and the part of the carbon that is oxidised (IPCC 2006, vol.

    2, 1.4.2.1).
    """
    return carbon_content * 1000 * oxidation * Fraction(44, 12)


def printed(value: Fraction, digits: int = 3) -> int:
    """Return a number rounded to so many significant digits, as the IPCC prints its factors."""
    unit: int = 10 ** max(0, len(str(int(value))) - digits)
    return divide(value.numerator, value.denominator * unit) * unit


@pytest.mark.parametrize("name", [name for name in names() if name.startswith("FUEL-EF-")])
def test_fuel_ef_the_carbon_gives_the_factor_that_the_ipcc_prints_and_that_is_shipped(name: str) -> None:
    each, fuel = case(name), name.removeprefix("FUEL-EF-")
    found = ipcc_co2_factor(Fraction(each.inputs["kgC_per_GJ"]), Fraction(each.inputs["oxidation"]))
    assert each.agrees(found, "kgCO2_per_TJ")
    assert each.agrees(printed(found), "published_rounded_kgCO2_per_TJ")
    shipped = dict(example.tables().factor(f"fuels/{SHIPPED[fuel]}.glo.2006").values)["CO2-fossil"]
    for factor in (found, Fraction(trillionths_text(shipped)) * 10**6):
        assert near(factor, each.expected["published_rounded_kgCO2_per_TJ"], ROUNDING)


BOILER = """
step: scrap-collection
materials:
  - {name: magnet scrap, mass: 1000 kg, factor: methods/scrap-cut-off.glo, recycled: post-consumer, composition: $scrap}
fuels:
  - {name: wood, amount: 1000 kg, heating_value: 15.6 GJ/t, factor: own/wood.glo, fuel: biomass}
direct:
  - {name: CO2 of charcoal, substance: CO2, gas: CO2-biogenic, mass: 10 kg}
absent:
  - {item: electricity, reason: not-in-process, variant: a yard with hand carts}
outputs:
  - {lot: SC-1, kind: scrap, description: sorted scrap, mass: 1000 kg, composition: $scrap}
"""


def test_co2_of_wood_is_told_and_weighs_nothing() -> None:
    """IPCC 2006, vol. 2, tables 2.2 and 2.3: 112 t CO2, 30 kg CH4 and 4 kg N2O for a TJ of wood."""
    values = "CO2-biogenic=0.112;CH4-biogenic=0.00003;N2O=0.000004"
    wood = own_table({"wood": {"values": values, "per": "MJ", "boundary": "combustion"}})
    scrap = "{Nd: 0.3, Fe: 0.69, B: 0.01, C: 0.003}"
    done = drafted(BOILER, tables=example.tables().joined(wood), scrap=scrap)
    assert given_off(done, "fuels", "CO2-biogenic") == Fraction("1747.2")
    assert near(done.certified[0].footprint.total_kg_co2e.location, Fraction("0.0156") * (30 * 27 + 4 * 273))
