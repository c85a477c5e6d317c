"""Public cases of process CO2: oxalic acid and bicarbonate in the separation that uses them, and the reagents that
it takes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ledger.chemistry.stoichiometry import mass_ratio
from tests.validation.own import kg, mass
from tests.validation.records import case, codes, direct_kg, drafted, near, pure, refused

SEPARATION = """
step: separation
materials:
  - {name: feed, mass: $feed_kg kg, factor: placeholders/iron.glo, composition: $feed}
  - {name: precipitant, mass: $reagent_kg kg, factor: placeholders/oxalic-acid-dihydrate.glo, composition: $reagent}
fuels:
  - {name: gas of the kiln, amount: $heat_mj MJ, factor: fuels/natural-gas-burnt-energy.glo.2006}
  - {name: supply of the gas, amount: $supply_m3 m3, factor: fuels/natural-gas-upstream.cn.2024}
electricity:
  - {name: plant, amount: 1000 kWh, grid: CN-NM}
direct:$direct
wastes:
  - {name: salt, mass: $salt_kg kg, fate: sold, elements: $salt}
absent:
  - {item: evaporator, reason: not-in-process, variant: the case tells no water}
outputs:
  - {lot: OX-1, kind: oxide, description: oxide, mass: $oxide_kg kg, composition: $oxide}
"""
OXALIC, CARBONATE = case("CAL-1"), case("CAL-3")
ACID = "H2C2O4·2H2O"


def line(name: str, method: str) -> str:
    """Return a direct emission as the record has it; its name begins with its substance."""
    substance = name.partition(" ")[0]
    gas = {"CO": "CO", "CO2": "CO2-fossil"}[substance]
    return f"\n  - {{name: {name}, substance: {substance}, gas: {gas}, basis: calculated, method: {{{method}}}}}"


def neodymium(oxide_kg: Fraction, reagent: str, reagent_kg: str, direct: str, **changes: str) -> dict[str, Any]:
    """Return what the separation of neodymium oxide from its chloride puts into the record, with changes."""
    moles = oxide_kg / mass("Nd2O3")
    chlorine = 6 * moles * mass("Cl")
    ordinary = {
        "oxide_kg": kg(oxide_kg), "oxide": "{Nd: 0.857356, O: 0.142644}", "feed_kg": kg(2 * moles * mass("NdCl3") * Fraction("1.001")), "feed": pure("NdCl3"),
        "reagent_kg": reagent_kg, "reagent": pure(reagent), "heat_mj": kg(20 * oxide_kg),
        "supply_m3": kg(20 * oxide_kg / Fraction("38.9")), "direct": direct, "salt_kg": kg(chlorine),
        "salt": f"{{Cl: {kg(chlorine)} kg}}",
    }  # fmt: skip
    return ordinary | changes


def oxalate(way: str) -> str:
    by_formula = f'compound: "{ACID}", mass: $t t, purity: $purity'
    others = line("CO of oxalate", f"by: decomposition, {by_formula}")
    ways = {
        "tCO2_guideline": line("CO2", "by: default, factor: materials/oxalic-acid-process-co2.cn, mass: $t t, strength: $purity") + others,
        "tCO2_stoichiometric_1mol": line("CO2", f"by: decomposition, {by_formula}") + others,
        "tCO2_if_CO_burnt_2mol": line("CO2", f"by: decomposition, {by_formula}, burnt: true"),
    }  # fmt: skip
    told = OXALIC.inputs
    return ways[way].replace("$t", told["oxalic_acid_dihydrate_t"]).replace("$purity", told["purity"])


@pytest.mark.parametrize("way", OXALIC.expected)
def test_cal_1_co2_of_oxalic_acid(way: str) -> None:
    acid = 1000 * Fraction(OXALIC.inputs["oxalic_acid_dihydrate_t"]) * Fraction(OXALIC.inputs["purity"])
    made = acid / mass(ACID) / 3 * mass("Nd2O3") * Fraction("0.99")
    done = drafted(SEPARATION, **neodymium(made, ACID, kg(acid), oxalate(way)))
    assert OXALIC.agrees(Fraction(direct_kg(done, "CO2")) / 1000, way)


def carbonate(short: str = "0") -> dict[str, Any]:
    """Return the separation of the case; the bicarbonate falls `short` of what is due by some kg."""
    made = Fraction(CARBONATE.inputs["oxide_kg"])
    due = 6 * made / mass("Nd2O3") * mass("NH4HCO3")
    calcined = made / mass("Nd2O3") * mass("Nd2(CO3)3")
    direct = line("CO2 of precipitation", f"by: decomposition, compound: NH4HCO3, mass: {kg(due)} kg, decomposed: 0.5")
    direct += line("CO2 of calcination", f"by: decomposition, compound: Nd2(CO3)3, mass: {kg(calcined)} kg")
    return neodymium(made, "NH4HCO3", kg(due - Fraction(short)), direct)


def test_cal_3_co2_of_precipitation_and_of_calcination() -> None:
    done = drafted(SEPARATION, **carbonate("-0.01"))
    assert CARBONATE.agrees(direct_kg(done, "CO2 of precipitation"), "CO2_precipitation_kg")
    assert CARBONATE.agrees(direct_kg(done, "CO2 of calcination"), "CO2_calcination_kg")


def test_cal_3_no_less_bicarbonate_than_the_reaction_takes() -> None:
    oxide = CARBONATE.inputs["oxide"]
    made = Fraction(CARBONATE.inputs["oxide_kg"])
    assert CARBONATE.agrees(made * mass_ratio("NH4HCO3", oxide, moles=6), "NH4HCO3_stoich_kg")
    assert CARBONATE.agrees(made * mass_ratio("NH4Cl", oxide, moles=6), "NH4Cl_kg")
    found = refused(SEPARATION, **carbonate("0.01"))["rule.p-precip"]
    possible = Fraction(found["possible"].removesuffix(" kmol")) * mass("NH4HCO3")
    assert near(possible, CARBONATE.expected["NH4HCO3_stoich_kg"], Fraction(1, 10**5))


REAGENTS = [
    ("Nd2O3", "{Nd: 0.857, O: 0.143}", "NH4HCO3", 6),
    ("Y2O3", "{Y: 0.787, O: 0.213}", ACID, 3),
    ("Pr6O11", "{Pr: 0.827, O: 0.173}", "H2C2O4", 9),
    ("Gd2O3", "{Gd: 0.867, O: 0.133}", "NaOH", 6),
]


@pytest.mark.parametrize(("oxide", "assay", "reagent", "moles"), REAGENTS, ids=[each[2] for each in REAGENTS])
def test_a_precipitation_takes_the_reagent_of_its_reaction(oxide: str, assay: str, reagent: str, moles: int) -> None:
    """A chloride is precipitated; of the reagent there is a percent too little, or too much."""
    chloride = f"{oxide[:2].rstrip('2')}Cl3"
    text = SEPARATION.replace("direct:$direct\n", "")
    rare = 1000 * Fraction(assay.partition(": ")[2].partition(",")[0])
    due = 1000 * moles * mass(reagent) / mass(oxide)
    for times, enough in (("0.99", False), ("1.01", True)):
        found = codes(
            text,
            feed=pure(chloride),
            feed_kg=kg(rare / mass(chloride[:-3]) * mass(chloride) * Fraction("1.001")),
            reagent=pure(reagent),
            reagent_kg=kg(due * Fraction(times)),
            heat_mj="20000",
            supply_m3="514",
            salt_kg="1",
            salt="{}",
            oxide=assay,
            oxide_kg="1000",
        )
        assert ("rule.p-precip" not in found) is enough
