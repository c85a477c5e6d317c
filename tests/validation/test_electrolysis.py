"""Public cases of electrolysis, and its limits for every rare earth by arithmetic of its own.

The oxide has a factor that no case names: nothing here looks at what it brings.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import SCALE
from ledger.chemistry.stoichiometry import DECOMPOSITION_VOLTAGE
from ledger.factors.figures import Pair, co2e
from ledger.footprint.emissions import PFCS, gas_carbon
from ledger.plausibility.reduction import carbon_floor, energy_floor, process_floor_of
from schemas.certificate import Facility
from schemas.problem import InputError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table
from tests.validation.cells import CELL, cell, measured
from tests.validation.own import OXIDES, carbon_due, kg, mass, part, power_due, weight
from tests.validation.records import (
    PLANT,
    case,
    codes,
    direct_kg,
    drafted,
    flags,
    near,
    number,
    per_kg,
    pure,
    refused,
    written,
)

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft


def pfc_co2e(done: Draft) -> Fraction:
    """Return kg CO2e of the perfluorocarbons of a run."""
    rows: dict[Any, Pair] = {key: pair for key, pair in done.result.own.items() if key[1] in PFCS}
    return Fraction(co2e(rows, example.tables().gwp.weights["AR6"]).location, SCALE)


def test_ely_1_the_carbon_of_the_anodes_is_balanced() -> None:
    told = case("ELY-1")
    inputs = told.inputs
    gases = {name.lower(): measured(inputs[f"{name}_kg"]) for name in ("CF4", "C2F6")}
    anodes = {"carbon_kg": inputs["net_anode_carbon_kg"], "as_co": inputs["fraction_of_oxidised_C_leaving_as_CO"]}
    done = drafted(CELL, **cell(inputs["metal"], metal_kg=inputs["metal_kg"], **anodes, **gases))
    assert told.agrees(direct_kg(done, "CO2"), "CO2_direct_kg")
    assert told.agrees(direct_kg(done, "CO"), "CO_kg")
    assert told.agrees(Fraction(gas_carbon(done.inventory.direct, PFCS), SCALE), "C_to_PFC_kg")
    assert told.agrees(Fraction(done.result.own["direct", "CO2-fossil"].location, SCALE), "CO2_if_CO_oxidised_kg")
    assert told.agrees(pfc_co2e(done), "PFC_kgCO2e")
    assert told.agrees(done.certified[0].footprint.scope_1, "direct_kgCO2e_CO_oxidised")


def test_ely_1_less_carbon_than_the_oxide_takes_is_refused() -> None:
    told = case("ELY-1")
    due = Fraction(told.expected["floor_CO2_kg"])
    found = refused(CELL, **cell("Nd", co2=f"mass: {kg(due - 1)} kg", as_co="0"))["rule.c-ely-floor"]
    carbon = Fraction(carbon_floor({"Nd": 1000 * SCALE}), SCALE)
    assert told.agrees(carbon, "floor_anode_C_kg")
    assert told.agrees(carbon * mass("CO2") / weight("C"), "floor_CO2_kg")
    assert near(found["possible"].removesuffix(" kg"), told.expected["floor_anode_C_kg"], Fraction(1, 10**7))
    assert "rule.c-ely-floor" not in codes(CELL, **cell("Nd", co2=f"mass: {kg(due + 1)} kg", as_co="0"))


def test_ely_t1_the_defaults_of_tier_1() -> None:
    told = case("ELY-T1")
    inputs = told.inputs
    values = ";".join(f"{gas}={number(Fraction(each) / 10**6)}" for gas, each in inputs["EF_g_per_t"].items())
    tables = example.tables().joined(own_table({"pfc": {"values": values}}))
    by_default = f"method: {{by: default, factor: own/pfc.glo, mass: {inputs['metal_t']} t}}"
    c3f8 = f"- {{name: C3F8, substance: C3F8, gas: C3F8, {by_default}}}"
    done = drafted(CELL, tables=tables, **cell(
        "Nd", oxide_kg="14200", metal_kg="12000", carbon_kg="1800", kwh="110000", cf4=by_default, c2f6=by_default, c3f8=c3f8
    ))  # fmt: skip
    for gas in inputs["EF_g_per_t"]:
        assert told.agrees(direct_kg(done, gas), f"{gas}_kg")
    assert told.agrees(pfc_co2e(done), "kgCO2e")


def test_pub_direct_a_published_inventory_counts_alike_and_names_a_set_of_gwps_that_is_known() -> None:
    """AR4 is none of the sets of a record, so its figure is the engine's weighing of the same gases."""
    told = case("PUB-DIRECT-NdEly")
    inputs = told.inputs
    gases = {name: kg(1000 * Fraction(inputs[f"{name}_kg"])) for name in ("CO2_fossil", "CF4", "C2F6")}
    published = cell(
        "Nd", co2=f"mass: {gases['CO2_fossil']} kg", as_co="0", carbon_kg=kg(Fraction(gases["CO2_fossil"]) * part("CO2", "C") + Fraction("0.05")),
        cf4=measured(gases["CF4"]), c2f6=measured(gases["C2F6"]),
    )  # fmt: skip
    done = drafted(CELL, **published)
    assert told.agrees(Fraction(done.certified[0].footprint.scope_1) / 1000, "AR6_kgCO2e")
    with pytest.raises(InputError, match="gwp"):
        written(CELL + "gwp: AR4\n", **published)
    ar4 = dict(example.tables().gwp.weights["AR6"]) | {gas: trillionths(each) for gas, each in inputs["AR4"].items()}
    rows: dict[Any, Pair] = {key: pair for key, pair in done.result.own.items() if key[0] == "direct"}
    found = Fraction(co2e(rows, ar4).location, SCALE) / 1000
    assert told.agrees(found, "AR4_kgCO2e")
    assert told.agrees(found / Fraction(inputs["published_total_gwp_CN_TRACI"]), "share_of_published_total_AR4")


# -- limits -------------------------------------------------------------------------------------------------------


def test_red_2_more_metal_than_the_oxide_holds() -> None:
    told = case("RED-2")
    made = cell("Nd", oxide_kg=told.inputs["oxide_kg"], metal_kg=told.inputs["metal_kg"])
    found = refused(CELL, **made)
    assert {"rule.m-elem", "rule.m-oxmet"} <= found.keys()
    for code in ("rule.m-elem", "rule.m-oxmet"):
        assert found[code]["element"] == "Nd"
        assert near(found[code]["possible"].removesuffix(" kg"), told.expected["max_metal_kg"])


def test_red_3_less_electricity_than_the_reaction_takes() -> None:
    told = case("RED-3")
    assert Fraction(told.inputs["decomposition_V"]) == DECOMPOSITION_VOLTAGE
    found = refused(CELL, **cell("Nd", kwh=kg(1000 * Fraction(told.inputs["kWh_per_kg"]))))["rule.e-ely"]
    assert near(Fraction(found["possible"]) / 1000, told.expected["floor_kWh_per_kg"])


DYSPROSIUM_IRON = """
step: oxide-electrolysis
materials:
  - {name: dysprosium oxide, mass: 930 kg, factor: own/oxide.glo, composition: $oxide}
  - {name: iron cathode, mass: 210 kg, factor: placeholders/iron.glo, composition: {Fe: 1}}
  - {name: fluoride make-up, mass: 1 kg, factor: placeholders/lithium-fluoride.glo, composition: {Li: 0.267557, F: 0.732443}}
  - {name: carbon anodes, mass: 45 kg, factor: materials/carbon-anode.cn.2013, composition: {C: 1}}
electricity:
  - {name: cells, amount: 660 kWh, grid: CN-XZ}
direct:
  - {name: CO2, substance: CO2, gas: CO2-fossil, method: {by: anode-balance}}
  - {name: CF4, substance: CF4, gas: CF4, mass: 0 kg, method: {by: measured, monitor: FTIR, continuous: true}}
anodes: {used: 45 kg, carbon: 1}
outputs:
  - {lot: DF-1, kind: alloy, description: dysprosium-iron, mass: 1000 kg, composition: {Dy: 0.8, Fe: 0.2}}
"""


def test_red_4_a_figure_below_a_typical_cell_is_flagged_though_it_is_above_the_floor() -> None:
    """The published figure is reached with a cell that barely runs, and an oxide that brings next to nothing."""
    told = case("RED-4")
    plant = Facility(id=PLANT.id, name="Plant in a province without a factor", country="CN", region="CN-XZ")
    made: dict[str, Any] = {"oxide": pure("Dy2O3"), "plant": plant}
    # the run without its oxide gives what the oxide has to bring for the published figure
    free = drafted(DYSPROSIUM_IRON, tables=example.tables().joined(own_table({"oxide": {"values": "CO2e=0"}})), **made)
    rest = (Fraction(told.inputs["claimed_kgCO2e_per_kg"]) - Fraction(per_kg(free))) * 1000 / 930
    values = f"CO2e={number(rest)}"
    done = drafted(DYSPROSIUM_IRON, tables=example.tables().joined(own_table({"oxide": {"values": values}})), **made)
    assert near(per_kg(done), told.inputs["claimed_kgCO2e_per_kg"])
    assert near(flags(done)["rule.g-floor-typical"]["found"], Fraction("1061.91"))
    floor = process_floor_of({"Dy": 8 * SCALE // 10}, trillionths(told.inputs["grid"]))
    assert near(Fraction(floor, SCALE), told.expected["floor_kgCO2e_per_kg"])


@pytest.mark.parametrize("metal", OXIDES)
def test_every_rare_earth_has_the_limits_of_its_own_chemistry(metal: str) -> None:
    due, power = carbon_due(metal) * mass("CO2") / weight("C"), power_due(metal)
    assert near(Fraction(energy_floor({metal: SCALE}), SCALE), power)
    assert codes(CELL, **cell(metal, kwh=kg(power * 999), carbon_kg="300")) == {"rule.e-ely"}
    assert "rule.e-ely-range" in flags(drafted(CELL, **cell(metal, kwh=kg(power * 1001), carbon_kg="300")))
    oxide = kg(1000 / part(OXIDES[metal], metal) + 1)
    short = kg(1000 / part(OXIDES[metal], metal) - 1)
    assert not codes(CELL, **cell(metal, oxide_kg=oxide, carbon_kg="300"))
    assert codes(CELL, **cell(metal, oxide_kg=short, carbon_kg="300")) == {"rule.m-oxmet"}
    enough, little = (f"mass: {kg(due * part)} kg" for part in (1001, 999))
    assert "rule.c-ely-floor" in codes(CELL, **cell(metal, co2=little, as_co="0"))
    assert "rule.c-ely-floor" not in codes(CELL, **cell(metal, co2=enough, as_co="0"))


@pytest.mark.parametrize("carbon", ["150", "93.75", "400"])
@pytest.mark.parametrize("as_co", ["0.02", "0", "1"])
def test_an_anode_balance_is_what_the_carbon_gives(carbon: str, as_co: str) -> None:
    done = drafted(CELL, **cell("La", carbon_kg=carbon, as_co=as_co))
    rest = (Fraction(carbon) - Fraction("0.03") * part("CF4", "C") - Fraction("0.004") * part("C2F6", "C")) / weight(
        "C"
    )
    assert near(direct_kg(done, "CO2"), rest * (1 - Fraction(as_co)) * mass("CO2"))
    assert near(direct_kg(done, "CO"), rest * Fraction(as_co) * mass("CO"))


@pytest.mark.parametrize("grid", ["0.5306", "0"])
@pytest.mark.parametrize("metal", [{"Dy": "0.8"}, {"Ce": "0.65", "La": "0.35"}, {"Nd": "1"}])
def test_the_least_burden_of_a_metal_is_its_power_and_its_anode(grid: str, metal: dict[str, str]) -> None:
    masses = {element: trillionths(share) for element, share in metal.items()}
    anode = sum(Fraction(share) * carbon_due(element) * mass("CO2") / weight("C") for element, share in metal.items())
    power = sum(Fraction(share) * power_due(element) for element, share in metal.items())
    cells = 5 * sum(map(Fraction, metal.values()))
    for typical, kwh in ((False, power), (True, cells)):
        found = process_floor_of(masses, trillionths(grid), typical=typical)
        assert near(Fraction(found, SCALE), anode + Fraction(grid) * kwh)
