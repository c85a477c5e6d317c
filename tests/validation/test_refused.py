"""Public cases of records that no plant can have made, and of a lot that is used twice."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from ledger.issuing.issue import IssuedRun, issue
from ledger.lots.balance import balances_of
from ledger.store.engine import reading
from schemas.problem import InputError, OreprintError
from tests.support.registries.registry import REGISTRY, open_registry
from tests.support.worlds.worked_example import tables
from tests.validation.records import case, codes, composition, drafted, lot_of, near, refused, written

if TYPE_CHECKING:
    from pathlib import Path

NEODYMIUM = "{Nd: 0.857, O: 0.143}"
CALCINATION = f"""
step: separation
materials:
  - {{name: chloride, mass: 1 t, factor: placeholders/iron.glo, composition: {{Nd: 0.57, Cl: 0.43}}}}
  - {{name: sodium hydroxide, mass: 1 t, factor: materials/sodium-hydroxide.cn.2015, composition: {{Na: 0.575, O: 0.4, H: 0.025}}}}
fuels:
  - {{name: gas liquids, amount: $fuel_kg kg, heating_value: $value MJ/kg, factor: fuels/natural-gas-liquids-burnt-energy.glo.2006}}
electricity:
  - {{name: plant, amount: 0.001 kWh, grid: CN-NM}}
outputs:
  - {{lot: OX-1, kind: oxide, description: neodymium oxide, mass: $product_kg kg, composition: {NEODYMIUM}}}
"""


def test_red_1_a_published_kiln_with_a_unit_error() -> None:
    told = case("RED-1")
    (fuel,) = told.inputs["fuel"].values()
    # a record is to the milligram
    amounts = {
        "fuel_kg": f"{float(fuel):.6f}",
        "value": told.inputs["NCV_MJ_per_kg"],
        "product_kg": told.inputs["product_kg"],
    }
    found = refused(CALCINATION, **amounts)["rule.e-calc"]
    assert near(found["found"], told.expected["MJ_per_kg_oxide"])
    assert found["possible"] == "60"


@pytest.mark.parametrize(
    ("fuel", "code"),
    [("6.24", "rule.e-calc-low"), ("6.26", None), ("125", None), ("125.01", None), ("1250.01", "rule.e-calc")],
)
def test_a_kiln_takes_3_to_60_mj_for_a_kg_and_ten_times_more_is_a_wrong_unit(fuel: str, code: str | None) -> None:
    assert codes(CALCINATION, fuel_kg=fuel, value="48", product_kg="100") == ({code} if code else set())


MAGNETS = """
step: hydrogen-recycling
materials:
  - {name: magnet scrap, mass: $scrap_kg kg, factor: methods/scrap-cut-off.glo, recycled: post-consumer, composition: $scrap}
  - {name: iron and boron, mass: 100 kg, factor: placeholders/iron.glo, composition: {Fe: 0.98, B: 0.02}}
electricity:
  - {name: furnace, amount: 500 kWh, grid: CN-NM}
outputs:
  - {lot: MG-1, kind: magnet, description: recycled magnets, mass: $product_kg kg, composition: $magnet}
claims:
  - {id: recycled-content, element: Nd, threshold: 100 %}
"""


def test_red_12_more_recycled_neodymium_than_the_scrap_holds() -> None:
    told = case("RED-12")
    magnet, scrap = told.inputs["Nd_wt"], told.inputs["scrap_Nd_wt"]
    made = {
        "scrap_kg": told.inputs["scrap_kg"],
        "product_kg": told.inputs["product_kg"],
        "magnet": composition({"Nd": magnet, "Fe": "0.69", "B": "0.01"}),
        "scrap": composition({"Nd": scrap, "Fe": "0.71", "B": "0.01"}),
    }
    found = refused(MAGNETS, **made)["rule.m-elem"]
    assert (found["element"], found["found"], found["possible"]) == (
        "Nd", f"{told.expected['Nd_required_kg']} kg", f"{told.expected['Nd_available_kg']} kg",
    )  # fmt: skip
    assert not codes(MAGNETS, **made | {"scrap_kg": "108"})


BOUGHT = f"""
step: blending
materials:
  - {{name: oxide bought, mass: $kg kg, factor: placeholders/iron.glo, composition: {NEODYMIUM}}}
excluded:
  - {{what: electricity, why: it is blended by hand}}
outputs:
  - {{lot: OX-1, kind: oxide, description: oxide, mass: $kg kg, composition: {NEODYMIUM}}}
"""
METAL = """
step: oxide-electrolysis
inputs:
  - {lot: OX-1, mass: $oxide_kg kg}
materials:
  - {name: graphite anodes, mass: 60 kg, factor: materials/artificial-graphite.cn.2015, composition: {C: 1}}
electricity:
  - {name: cells, amount: 4000 kWh, grid: CN-NM}
direct:
  - {name: CO2, substance: CO2, gas: CO2-fossil, method: {by: anode-balance}}
  - {name: CF4, substance: CF4, gas: CF4, mass: 0 kg, method: {by: measured, monitor: FTIR, continuous: true}}
anodes: {used: 60 kg, carbon: 1}
outputs:
  - {lot: $batch, kind: metal, description: metal, mass: 300 kg, composition: {Nd: 1}}
"""


def test_coc_1_what_one_batch_used_is_not_there_for_the_next(tmp_path: Path) -> None:
    told = case("COC-1")
    registry = open_registry(tmp_path / "home")
    producer = registry.producer("Ann", plant="https://plant.example/1")
    records = [written(BOUGHT, kg=told.inputs["upstream"]["kg"])]
    records += [written(METAL, **each) for each in told.inputs["consumptions"]]
    records = [each.model_copy(update={"producer": producer, "run": f"RUN-{at}"}) for at, each in enumerate(records)]
    made, first, second = (issue(registry.opened, [each], tables=tables())[0] for each in records)
    assert isinstance(made, IssuedRun)
    assert isinstance(first, IssuedRun)
    assert isinstance(second, OreprintError)
    assert second.code == "holding.too-little"
    with reading(registry.opened.engine) as connection:
        (left,) = (
            each.left_mg
            for each in balances_of(connection, REGISTRY, owner=producer, now_ms=registry.clock.now)
            if each.lot.lot == "OX-1"
        )
    needed = Fraction(told.inputs["consumptions"][1]["oxide_kg"])
    assert needed - Fraction(left, 10**6) == Fraction(told.expected["excess_kg"])


@pytest.mark.parametrize(("bought", "made", "told"), [
    ("segregated", "identity-preserved", "segregated"),
    ("segregated", "mass-balance", "mass-balance"),
    ("mass-balance", "segregated", "mass-balance"),
])  # fmt: skip
def test_a_batch_has_the_weakest_custody_of_what_it_is_made_of(bought: str, made: str, told: str) -> None:
    text = BOUGHT.replace("kind: oxide", f"kind: oxide, custody: {bought}")
    source = lot_of(drafted(text, kg="1000"))
    text = METAL.replace("kind: metal", f"kind: metal, custody: {made}")
    assert drafted(text, [source], oxide_kg="620", batch="M1").certified[0].custody == told


def test_book_and_claim_is_no_custody_of_a_batch() -> None:
    with pytest.raises(InputError, match="custody"):
        written(BOUGHT.replace("kind: oxide", "kind: oxide, custody: book-and-claim"), kg="1000")
