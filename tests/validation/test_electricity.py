"""Public cases of electricity: location and market, the year of a factor, eGRID's unit, and what two grids make of
one step.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ledger.drafting.draft import what_if
from schemas.certificate import Facility
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table
from tests.validation.records import PLANT, case, drafted, given_off, near, number, per_kg, refused, written

ALLOY = "{Nd: 0.3, Fe: 0.7}"
MELTING = f"""
step: alloy-melting
materials:
  - {{name: neodymium-iron, mass: 1000 kg, factor: placeholders/iron.glo, composition: {ALLOY}}}
electricity:
  - {{name: furnace, amount: $kwh kWh, grid: $grid, $power}}
outputs:
  - {{lot: AL-1, kind: alloy, description: neodymium-iron, mass: 1000 kg, composition: {ALLOY}}}
"""
XIZANG = Facility(id=PLANT.id, name="Plant in a province without a factor of its own", country="CN", region="CN-XZ")
EL_1 = case("EL-1")
WIND = "instruments: [{kind: contract, scheme: wind contract, statement: W-1, amount: $covered kWh, grid: CN-XZ, year: 2026, factor: $factor}]"


def bought(factor: str) -> str:
    covered = Fraction(EL_1.inputs["kWh"]) * Fraction(EL_1.inputs["green_share"])
    return WIND.replace("$covered", number(covered)).replace("$factor", factor)


def test_el_1_by_location_and_by_market() -> None:
    """The grid's two factors are the shipped national ones; the contract's is the supplier's own, of the same direct
    set.
    """
    values = f"CO2-fossil={EL_1.inputs['contract_factor']}"
    wind = own_table(
        {"electricity-wind": {"values": values, "geography": "CN", "year": "2026", "per": "kWh", "set": "direct"}}
    )
    done = drafted(
        MELTING,
        tables=example.tables().joined(wind),
        plant=XIZANG,
        kwh=EL_1.inputs["kWh"],
        grid="CN-XZ",
        power=bought("own/electricity-wind.cn.2026"),
    )
    found = done.certified[0].footprint.scope_2
    assert EL_1.agrees(found.location, "location_based_kgCO2e")
    assert EL_1.agrees(found.market, "market_based_kgCO2e")


def test_el_1_a_direct_and_a_life_cycle_factor_do_not_stand_in_one_record() -> None:
    life_cycle = "grid/electricity-wind.cn.2024"
    assert dict(example.tables().factor(life_cycle).values)["CO2e"] == 10**12 * Fraction(EL_1.inputs["contract_factor"])
    found = refused(MELTING, plant=XIZANG, kwh=EL_1.inputs["kWh"], grid="CN-XZ", power=bought(life_cycle))
    assert found["rule.e-set"]["found"] == "life-cycle"


@pytest.mark.parametrize("year", ["2021", "2022", "2023"])
def test_el_3_a_run_takes_the_factor_of_its_year(year: str) -> None:
    told = case("EL-3")
    period = f"{{start: {year}-03-01, end: {year}-03-20}}"
    done = drafted(MELTING, period=period, kwh=told.inputs["kWh"], grid="CN-NM", power="basis: metered")
    assert done.inventory.power.lines[0].factor == f"grid/location.cn-nm.{year}"
    assert told.agrees(done.certified[0].footprint.scope_2.location, year)


def test_el_5_a_grid_of_egrid_by_its_pounds() -> None:
    told = case("EL-5")
    gases = {"CO2-fossil": "lbCO2_per_MWh", "CH4-fossil": "lbCH4_per_MWh", "N2O": "lbN2O_per_MWh"}
    values = ";".join(f"{gas}={told.inputs[name]}" for gas, name in gases.items())
    row = {"values": values, "geography": "US-GRID-CAMX", "year": "2018", "per": "lb/MWh", "set": "direct"}
    factor = "own/location.us-grid-camx.2018"
    tables = example.tables().joined(own_table({"location": row}))
    hub = "publisher: EPA, url: https://www.epa.gov/egrid, document: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, year: 2018"
    done = drafted(
        MELTING,
        tables=tables,
        plant=Facility(id=PLANT.id, name="Plant in California", country="US", region="US-CA"),
        period="{start: 2022-03-01, end: 2022-03-20}",
        kwh="1000",
        grid="US-CA",
        power=f"factor: {factor}, uncovered: {factor}, declared: {{{hub}}}",
    )
    assert told.agrees(Fraction(done.certified[0].footprint.scope_2.location) / 1000, "kgCO2e_per_kWh")


@pytest.mark.parametrize("name", ["PUB-SLOPE-1", "PUB-SLOPE-2"])
def test_pub_slope_the_same_run_on_two_grids_differs_by_its_electricity(name: str) -> None:
    """What a published step differs by between two grids gives the difference of the factors, and that the next
    step's.
    """
    told = case(name)
    reference = told.inputs["reference"]
    delta = Fraction(reference["gwp_CN"]) - Fraction(reference["gwp_US"])
    difference = delta / Fraction(reference["kWh_per_kg"])
    assert told.agrees(delta, "delta_reference")
    assert told.agrees(difference, "implied_factor_difference_kgCO2e_per_kWh")
    kwh = number(1000 * Fraction(told.inputs["target_kWh_per_kg"]))
    amounts: dict[str, Any] = {"kwh": kwh, "grid": "CN-NM", "power": "basis: metered"}
    done, record = drafted(MELTING, **amounts), written(MELTING, **amounts)
    factor = "grid/location.cn-nm.2023"
    lower = example.tables().factor(factor).values[0][1] - round(difference * 10**12)
    other = what_if(done, record, (), tables=example.tables().with_value(factor, lower))
    found = Fraction(per_kg(done)) - Fraction(other.outputs[0].per_kg.location, 10**12)
    assert told.agrees(found, "predicted_delta")
    assert given_off(done, "electricity", "CO2-fossil") > 0
    published = Fraction(told.inputs["target_gwp_CN"]) - Fraction(told.inputs["target_gwp_US"])
    assert told.agrees(published, "published_delta")
    assert near(found, published, Fraction(1, 10**5))
