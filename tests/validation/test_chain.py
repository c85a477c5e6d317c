"""Public cases of whole chains: every run drafted on the certificate of the one before it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from ledger.footprint.engine import by_group
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table
from tests.validation.chains import RUNS, chain
from tests.validation.records import case, drafted, flags, lot_of, near, number, per_kg

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft, Upstream

WORDS = {"reagents": "materials", "fuel": "fuels"}
"""Groups of a run that the cases call otherwise."""


@pytest.mark.parametrize("name", RUNS)
def test_every_run_of_a_chain_has_the_figure_and_the_parts_of_its_case(name: str) -> None:
    told = case(name)
    done = chain(told)
    assert done.keys() == told.expected["kgCO2e_per_kg"].keys()
    for lot, draft in done.items():
        assert told.agrees(per_kg(draft), "kgCO2e_per_kg", lot)
        mass = draft.inventory.outgoing[0].net_mass_mg // 10**6
        groups = by_group(draft.result, 0, example.tables().gwp.weights["AR6"])
        parts = told.expected["breakdown"][lot]
        assert {name for name, pair in groups.items() if pair.location} == {WORDS.get(word, word) for word in parts}
        for word in parts:
            found = Fraction(groups[WORDS.get(word, word)].location, 10**12) / mass
            assert told.agrees(found, "breakdown", lot, word)


@pytest.mark.parametrize("name", ["CHAIN-A-ECON", "CHAIN-A-MASS"])
def test_the_share_of_the_product_is_that_of_its_case(name: str) -> None:
    weights = chain(case(name))["PrNd_oxide"].result.weights
    share = Fraction(case(name).inputs["separation"]["share_to_PrNd"])
    assert abs(Fraction(weights[0], sum(weights)) - share) < Fraction(1, 10**9)


def test_chain_c_an_oxide_that_is_told_as_free_of_burden_is_flagged() -> None:
    """The case leaves the oxide out; a record can't, since its metal has to come from something."""
    assert "rule.g-free" in flags(chain(case("CHAIN-C-AB5"))["LaCe_metal"])


LEACHING = """
step: in-situ-leaching
materials:
  - {name: ion clay in place, mass: 1000 t, factor: methods/no-burden.glo, extracted_in: CN, composition: {Nd: 0.01, Al: 0.2, O: 0.5, Si: 0.29}}
  - {name: the stage as it was published, mass: $kg kg, factor: own/stage.glo}
  - {name: sodium hydroxide, mass: 800 kg, factor: methods/no-burden.glo, composition: {Na: 0.575, O: 0.4, H: 0.025}}
absent:
  - {item: electricity, reason: other-run, run: PUBLISHED}
  - {item: leaching-agent, reason: not-in-process, variant: it is in the figure that was published}
outputs:
  - {lot: LEACHED, kind: mixed-compound, description: leached, mass: $kg kg, composition: {Nd: 0.405, Al: 0.195, O: 0.4}}
"""
SEPARATION = """
step: separation
inputs:
  - {lot: LEACHED, mass: $kg kg}
materials:
  - {name: the stage as it was published, mass: 1000 kg, factor: own/stage.glo}
  - {name: sodium hydroxide, mass: 800 kg, factor: methods/no-burden.glo, composition: {Na: 0.575, O: 0.4, H: 0.025}}
  - {name: hydrochloric acid, mass: 700 kg, factor: methods/no-burden.glo, composition: {H: 0.0276, Cl: 0.9724}}
fuels:
  - {name: gas of the kiln, amount: 20000 MJ, factor: own/hydrogen-burnt.glo}
absent:
  - {item: electricity, reason: other-run, run: PUBLISHED}
outputs:
  - {lot: OX, kind: oxide, description: neodymium oxide, mass: 1000 kg, composition: {Nd: 0.8566, O: 0.1434}}
"""


def test_pub_chain_published_stages_add_up_by_what_the_next_one_takes() -> None:
    """What a stage was published with holds its reagents, fuels and power, so that these stand there free of burden."""
    told = case("PUB-CHAIN-IAC")
    first, second = told.inputs["stages"]

    def run(text: str, gwp: str, *upstream: Upstream) -> Draft:
        kiln = {"values": "CO2e=0", "per": "MJ", "boundary": "combustion"}
        tables = example.tables().joined(own_table({"stage": {"values": f"CO2e={gwp}"}, "hydrogen-burnt": kiln}))
        return drafted(text, upstream, tables=tables, kg=number(1000 * Fraction(first["kg_per_kg"])))

    done = run(SEPARATION, second["gwp"], lot_of(run(LEACHING, first["gwp"])))
    assert told.agrees(per_kg(done), "kgCO2e_per_kg_Nd2O3")
    brought, own = told.expected["stage_contributions"]
    groups = by_group(done.result, 0, example.tables().gwp.weights["AR6"])
    assert near(Fraction(groups["upstream"].location, 1000 * 10**12), brought)
    assert near(Fraction(groups["materials"].location, 1000 * 10**12), own)
