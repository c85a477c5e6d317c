"""Public cases of what is shared out: among co-products by price and by mass, and the part that rests on primary
data.
"""

from __future__ import annotations

from fractions import Fraction
from string import Template

import pytest

from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table
from tests.validation.records import case, drafted, lot_of, mixed, near, number, per_kg

ALLOC, NORM, PDS = case("ALLOC-1"), case("PUB-NORM-1"), case("PDS-1")
SEPARATION = """
step: separation
materials:
  - {name: mixed rare-earth oxide, mass: $feed_kg kg, factor: $burden, composition: $feed}
  - {name: kerosene, mass: $kerosene kg, factor: own/kerosene.glo}
  - {name: hydrochloric acid, mass: $plenty kg, factor: own/reagent.glo, composition: {H: 0.0276, Cl: 0.9724}}
  - {name: sodium hydroxide, mass: $plenty kg, factor: own/reagent.glo, composition: {Na: 0.575, O: 0.4, H: 0.025}}
fuels:
  - {name: gas of the kiln, amount: $heat MJ, factor: own/hydrogen-burnt.glo}
absent:
  - {item: electricity, reason: other-run, run: CASE}
outputs:
"""
OUTPUT = (
    "  - {lot: $name, kind: oxide, description: $name, mass: $mass kg, composition: $assay, price: $price USD/kg}\n"
)
PRICES = "prices: {period: {start: 2020-01-01, end: 2024-12-31}, currency: USD, source: USGS MCS 2025}"
ROWS = {
    "feed": {"values": f"CO2e={ALLOC.inputs['total_kgCO2e']}"},
    "kerosene": {"values": "CO2e=1"},
    "reagent": {"values": "CO2e=0"},
    "hydrogen-burnt": {"values": "CO2e=0", "per": "MJ", "boundary": "combustion"},
}


def separated(masses: dict[str, Fraction], method: str, burden: str, kerosene: str) -> list[tuple[str, str]]:
    """Return kg CO2e in total and for each kg of the oxides of these masses, made by a run."""
    prices = ALLOC.inputs["price_per_kg"]
    text, whole = SEPARATION, sum(masses.values(), Fraction())
    for name, mass in masses.items():
        row = {"name": name, "mass": number(mass), "assay": mixed({name: "1"}), "price": prices.get(name, "100")}
        text += Template(OUTPUT).substitute(row)
    done = drafted(
        text,
        tables=example.tables().joined(own_table(ROWS)),
        allocation=f"{{method: {method}, mass_key: REO, {PRICES}}}",
        feed=mixed({name: number(mass / whole) for name, mass in masses.items()}),
        feed_kg=f"{float(whole):.6f}",
        plenty=f"{float(3 * whole):.6f}",
        heat=f"{float(20 * whole):.6f}",
        burden=burden,
        kerosene=kerosene,
    )
    return [(each.footprint.total_kg_co2e.location, each.footprint.per_kg.location) for each in done.certified]


@pytest.mark.parametrize("method", ["economic", "mass"])
def test_alloc_1_co_products_share_by_price_or_by_mass(method: str) -> None:
    masses = {name: 1000 * Fraction(kg) for name, kg in ALLOC.inputs["outputs_kg"].items()}
    found = separated(masses, method, burden="own/feed.glo", kerosene="0.000001")
    total = sum((Fraction(whole) for whole, _ in found), Fraction())
    for name, (whole, each) in zip(masses, found, strict=True):
        assert ALLOC.agrees(Fraction(whole) / total, f"{method}_share", name)
        assert ALLOC.agrees(each, f"{method}_kgCO2e_per_kg", name)
    assert ALLOC.agrees(total / 1000, "sum_check_economic")


def test_pub_norm_co_products_by_mass_carry_the_same_for_a_kg() -> None:
    """Kerosene counts 1 kg CO2e for a kg here, so that a footprint is the kerosene of an oxide."""
    told = {name: Fraction(value) for name, value in NORM.inputs.items()}
    nd = {"Nd2O3": 1000 * told["Nd2O3_kg"]}
    dy = {"Dy2O3": 1000 * told["Dy2O3_kg"]}
    used = {"Nd": 1000 * told["kerosene_Nd"], "Dy": 1000 * told["kerosene_Dy"]}
    ((_, one),) = separated(nd, "mass", burden="methods/no-burden.glo", kerosene=number(used["Nd"]))
    ((_, two),) = separated(dy, "mass", burden="methods/no-burden.glo", kerosene=number(used["Dy"]))
    assert NORM.agrees(one, "ratio_inputs_per_kg_a")
    assert NORM.agrees(two, "ratio_inputs_per_kg_b")
    # a figure has 12 decimals, so their difference has no more
    assert abs(Fraction(one) - Fraction(two) - Fraction(NORM.expected["difference"])) <= Fraction(1, 10**12)
    both = separated(nd | dy, "mass", burden="methods/no-burden.glo", kerosene=number(sum(used.values(), Fraction())))
    (_, first), (_, second) = both
    assert near(first, second)
    assert Fraction(two) < Fraction(first) < Fraction(one)


ALLOY = "{Nd: 0.3, Fe: 0.69, B: 0.01}"
MELTING = f"""
step: alloy-melting
materials:
  - {{name: metals, mass: 1000 t, factor: own/metals.glo, composition: {ALLOY}}}
electricity:
  - {{name: furnace, amount: $kwh kWh, grid: CN-NM}}
outputs:
  - {{lot: AL-1, kind: alloy, description: alloy, mass: 1000 t, composition: {ALLOY}}}
"""
PRESSING = f"""
step: magnet-production
inputs:
  - {{lot: AL-1, mass: 1000 t}}
materials:
  - {{name: hydrogen, mass: 1 t, factor: own/hydrogen.glo}}
  - {{name: coating, mass: 1 t, factor: own/coating.glo}}
electricity:
  - {{name: presses and furnaces, amount: $kwh kWh, grid: CN-NM}}
absent:
  - {{item: electricity, reason: other-run, run: SINTERING}}
outputs:
  - {{lot: MG-1, kind: magnet, description: magnets, mass: 900 t, composition: {ALLOY}}}
"""


def test_pds_1_the_primary_share_is_weighed_by_emissions_and_handed_down() -> None:
    """Electricity is metered, materials have general factors; the alloy's own run makes its share what the case
    tells.
    """
    power, alloy, hydrogen, coating = (10**5 * Fraction(each["kgCO2e"]) for each in PDS.inputs["items"])
    handed_down = Fraction(PDS.inputs["items"][1]["primary"])
    rows = {"metals": alloy * (1 - handed_down) / 10**6, "hydrogen": hydrogen / 1000, "coating": coating / 1000}
    tables = example.tables().joined(
        own_table({name: {"values": f"CO2e={number(value)}"} for name, value in rows.items()})
    )
    grid = Fraction("0.6479")
    melted = drafted(MELTING, tables=tables, kwh=f"{float(alloy * handed_down / grid):.6f}")
    assert near(melted.quality.primary_share, handed_down)
    done = drafted(PRESSING, [lot_of(melted)], tables=tables, kwh=f"{float(power / grid):.6f}")
    footprint = done.certified[0].footprint
    assert PDS.agrees(Fraction(footprint.total_kg_co2e.location) / 10**5, "total")
    assert PDS.agrees(100 * Fraction(footprint.quality.primary_share), "PDS_percent")
    assert near(per_kg(done), Fraction(footprint.total_kg_co2e.location) / (900 * 1000))
