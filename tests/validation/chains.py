"""The chains of the public cases as production records: from ore to magnet, and the alloy that stores hydrogen.

Each process is a run on the certificate of the run before, of a size that what the next one takes was made.  What a
case leaves out, because it carries no burden there, stands in the record as free of burden: ore in place, and the oxide
of the metal for the alloy.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table
from tests.validation.records import Case, drafted, lot_of, mixed, number

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft, Upstream
    from ledger.factors.tables import FactorTables

REO = {"La2O3": "0.26", "CeO2": "0.50", "PrNd": "0.21", "SEG": "0.03"}
"""What a kg of rare-earth oxide of the ore is separated into, by the cases."""

CONCENTRATE = """
step: beneficiation
materials:
  - {name: ore in place, mass: 20000 kg, factor: methods/no-burden.glo, extracted_in: CN, composition: $ore}
  - {name: sodium silicate, mass: 1037 kg, factor: own/silicate.glo, composition: {Na: 0.377, Si: 0.23, O: 0.393}}
  - {name: sulphuric acid, mass: 220 kg, factor: own/h2so4.glo, composition: {H: 0.02, S: 0.327, O: 0.653}}
  - {name: water, mass: 257400 kg, factor: own/water.glo}
fuels:
  - {name: diesel, amount: 200 kg, factor: own/diesel-whole.glo}
electricity:
  - {name: mill, amount: 4980 kWh, grid: CN-NM}
outputs:
  - {lot: concentrate, kind: concentrate, description: concentrate, mass: 10000 kg, composition: $concentrate}
"""
LIQUOR = """
step: acid-roasting
inputs:
  - {lot: concentrate, mass: 8600 kg}
materials:
  - {name: sulphuric acid, mass: 12400 kg, factor: own/h2so4.glo, composition: {H: 0.02, S: 0.327, O: 0.653}}
  - {name: lime, mass: 2400 kg, factor: own/lime.glo, composition: {Ca: 0.715, O: 0.285}}
fuels:
  - {name: gas, amount: 56000 MJ, factor: own/natural-gas-whole.glo}
electricity:
  - {name: kiln, amount: 3600 kWh, grid: CN-NM}
outputs:
  - {lot: RE_liquor_1kgREO, kind: mixed-compound, description: liquor as oxide, mass: 4000 kg, composition: $liquor}
"""
OXIDE = """
step: separation
inputs:
  - {lot: RE_liquor_1kgREO, mass: 3060 kg}
materials:
  - {name: hydrochloric acid, mass: 5700 kg, factor: own/hcl.glo, composition: {H: 0.0276, Cl: 0.9724}}
  - {name: ammonia, mass: 1050 kg, factor: own/nh3.glo, composition: {N: 0.8225, H: 0.1775}}
  - {name: ammonium bicarbonate, mass: 4500 kg, factor: own/nh4hco3.glo, composition: {N: 0.1772, H: 0.0638, C: 0.1519, O: 0.6071}}
  - {name: P507, mass: 6 kg, factor: own/p507.glo, composition: {C: 0.627, H: 0.115, O: 0.157, P: 0.101}}
  - {name: kerosene, mass: 18 kg, factor: own/kerosene.glo, composition: {C: 0.846, H: 0.154}}
fuels:
  - {name: gas of the kiln, amount: 36000 MJ, factor: own/natural-gas-whole.glo}
electricity:
  - {name: plant, amount: 4800 kWh, grid: CN-NM}
direct:
  - {name: CO2, substance: CO2, gas: CO2-fossil, mass: 2355 kg}
wastes:
  - {name: salt and solvent, mass: 5850 kg, fate: disposal, elements: {Cl: 5542.68 kg, C: 59.7 kg}}
absent:
  - {item: evaporator, reason: not-in-process, variant: the case tells no water}
outputs:
  - {lot: PrNd_oxide, kind: oxide, description: PrNd oxide, mass: 630 kg, composition: $PrNd, price: 56 USD/kg}
  - {lot: LA, kind: oxide, description: La oxide, mass: 780 kg, composition: $La2O3, price: 1 USD/kg, certify: false}
  - {lot: CE, kind: oxide, description: Ce oxide, mass: 1500 kg, composition: $CeO2, price: 1 USD/kg, certify: false}
  - {lot: SEG, kind: oxide, description: SEG oxide, mass: 90 kg, composition: $SEG, price: 20 USD/kg, certify: false}
"""
METAL = """
step: oxide-electrolysis
inputs:
  - {lot: PrNd_oxide, mass: 476 kg}
materials:
  - {name: graphite anodes, mass: 68 kg, factor: own/graphite.glo, composition: {C: 1}}
  - {name: rare-earth fluoride, mass: 20 kg, factor: own/ref.glo, composition: {Nd: 0.717, F: 0.283}}
  - {name: lithium fluoride, mass: 1.6 kg, factor: own/lif.glo, composition: {Li: 0.267557, F: 0.732443}}
electricity:
  - {name: cells, amount: 3840 kWh, grid: CN-NM}
direct:
  - {name: CO2, substance: CO2, gas: CO2-fossil, mass: 184 kg}
  - {name: CF4, substance: CF4, gas: CF4, mass: 0.012 kg}
  - {name: C2F6, substance: C2F6, gas: C2F6, mass: 0.0016 kg}
wastes:
  - {name: anode butts, mass: 17.78 kg, fate: sold, elements: {C: 17.78 kg}}
anode_carbon: 50.22 kg
outputs:
  - {lot: PrNd_metal, kind: metal, description: PrNd metal, mass: 400 kg, composition: {Nd: 0.77, Pr: 0.23}}
"""
FLAKE = """
step: strip-casting
inputs:
  - {lot: PrNd_metal, mass: 315 kg}
materials:
  - {name: iron, mass: 655 kg, factor: own/iron.glo, composition: {Fe: 1}}
  - {name: ferroboron, mass: 53 kg, factor: own/feb.glo, composition: {Fe: 0.81, B: 0.19}}
  - {name: argon, mass: 50 kg, factor: own/ar.glo, composition: {Ar: 1}}
electricity:
  - {name: furnace, amount: 1000 kWh, grid: CN-NM}
outputs:
  - {lot: alloy_flake, kind: alloy, description: flake, mass: 1000 kg, composition: {Nd: 0.237, Pr: 0.0708, Fe: 0.6824, B: 0.0098}}
"""
MAGNET = """
step: magnet-production
inputs:
  - {lot: alloy_flake, mass: 643.5 kg}
materials:
  - {name: hydrogen, mass: 2.76705 kg, factor: own/h2.glo, composition: {H: 1}}
  # 34 m2 of a coating of 0.2 kg/m2; a record has no areas, so the factor is that of a kg
  - {name: nickel coating, mass: 6.8 kg, factor: own/coating-m2.glo, composition: {Ni: 1}}
  - {name: nitrogen, mass: 1000 kg, factor: own/n2.glo, composition: {N: 1}}
electricity:
  - {name: presses and furnaces, amount: 3654.45 kWh, grid: CN-NM}
outputs:
  - {lot: sintered_magnet, kind: magnet, description: magnet, mass: 500 kg, composition: {Nd: 0.234, Pr: 0.07, Fe: 0.676, B: 0.0097, Ni: 0.0103}}
"""
MISCHMETAL = """
step: oxide-electrolysis
materials:
  - {name: lanthanum-cerium oxide, mass: 1300 kg, factor: methods/no-burden.glo, composition: $oxide}
  - {name: graphite anodes, mass: 160 kg, factor: own/graphite.glo, composition: {C: 1}}
  - {name: rare-earth fluoride, mass: 50 kg, factor: own/ref.glo, composition: {La: 0.709, F: 0.291}}
  - {name: hydrochloric acid, mass: 1400 kg, factor: own/hcl.glo, composition: {H: 0.0276, Cl: 0.9724}}
electricity:
  - {name: cells, amount: 8800 kWh, grid: CN-NM}
direct:
  - {name: CO2, substance: CO2, gas: CO2-fossil, mass: 440 kg}
  - {name: CF4, substance: CF4, gas: CF4, mass: 0.03 kg}
wastes:
  - {name: anode butts, mass: 39.9 kg, fate: sold, elements: {C: 39.9 kg}}
anode_carbon: 120.1 kg
outputs:
  - {lot: LaCe_metal, kind: metal, description: LaCe metal, mass: 1000 kg, composition: {La: 0.35, Ce: 0.65}}
"""
STORAGE_ALLOY = """
step: alloy-melting
inputs:
  - {lot: LaCe_metal, mass: 335 kg}
materials:
  - {name: nickel, mass: 505 kg, factor: own/ni.glo, composition: {Ni: 1}}
  - {name: cobalt, mass: 105 kg, factor: own/co.glo, composition: {Co: 1}}
  - {name: manganese, mass: 52 kg, factor: own/mn.glo, composition: {Mn: 1}}
  - {name: aluminium, mass: 19 kg, factor: own/al.glo, composition: {Al: 1}}
  - {name: argon, mass: 80 kg, factor: own/ar.glo, composition: {Ar: 1}}
electricity:
  - {name: furnace, amount: 1450 kWh, grid: CN-NM}
outputs:
  - {lot: AB5_alloy, kind: alloy, description: AB5, mass: 1000 kg,
     composition: {La: 0.115, Ce: 0.214, Ni: 0.497, Co: 0.1035, Mn: 0.0518, Al: 0.0187}}
"""
PRICES = "prices: {period: {start: 2021-01-01, end: 2025-12-31}, currency: USD, source: prices of the case}"
GANGUE = {"Ca": "0.2", "Si": "0.15", "O": "0.15"}

RUNS = {
    "CHAIN-A-ECON": ("economic", (CONCENTRATE, LIQUOR, OXIDE, METAL, FLAKE, MAGNET)),
    "CHAIN-A-MASS": ("mass", (CONCENTRATE, LIQUOR, OXIDE, METAL, FLAKE, MAGNET)),
    "CHAIN-C-AB5": ("mass", (MISCHMETAL, STORAGE_ALLOY)),
}
"""The method of each chain and its records, in order."""


def factors_of(case: Case) -> FactorTables:
    """Return the shipped tables and the producer's own, with the factors that a case tells; its electricity is the
    shipped grid's.
    """
    factors = dict(case.inputs["factors"])
    factors["coating_m2"] = number(Fraction(factors["coating_m2"]) / Fraction("0.2"))
    rows = {
        name.lower().replace("_", "-"): {"values": f"CO2e={number(Fraction(value))}"} for name, value in factors.items()
    }
    rows["diesel-whole"] = rows.pop("diesel-kg")
    rows["natural-gas-whole"] = rows.pop("gas-mj") | {"per": "MJ", "boundary": "combustion"}
    return example.tables().joined(own_table(rows))


def chain(case: Case) -> dict[str, Draft]:
    """Return the drafts of a chain's runs, by what each makes."""
    method, records = RUNS[case.id]
    half, reo = mixed(REO, oxide="0.5", rest=GANGUE), mixed(REO)
    made: dict[str, Any] = {
        "ore": mixed(REO, oxide="0.3", rest={"Ca": "0.2", "Si": "0.25", "O": "0.25"}),
        "concentrate": half,
        "liquor": reo,
        "oxide": mixed({"La2O3": "0.35", "CeO2": "0.65"}),
        **{name: mixed({name: "1"}) for name in REO},
    }
    done: dict[str, Draft] = {}
    upstream: list[Upstream] = []
    for text in records:
        key = "REO" if text in (CONCENTRATE, LIQUOR, OXIDE) else "RE"
        allocation = f"{{method: {method}, mass_key: {key}, {PRICES}}}"
        draft = drafted(text, upstream, tables=factors_of(case), allocation=allocation, **made)
        upstream = [lot_of(draft)]
        done[upstream[0].identity] = draft
    return done
