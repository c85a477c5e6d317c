"""The figure under reference prices, and what is left out, are computed again like the figure itself."""

from typing import Any

import pytest

from ledger.verify.findings import Outcome
from ledger.verify.rule import Rule
from ledger.verify.verify import verify_bundle
from schemas.certificate import CertificateFacts
from schemas.document import replace
from schemas.figures import Co2e
from schemas.run import RunFacts
from tests.support.worlds.broken_histories import case
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

LOWER = Co2e(location="1", market="1")


def broken(run: dict[str, Any], made: dict[str, Any], clear: dict[str, Any]) -> set[str]:
    """Return the rules that a run breaks whose run, outputs and certificate say something else."""

    def in_run(facts: RunFacts) -> RunFacts:
        return replace(facts, **run, made=tuple(replace(each, **made) for each in facts.made))

    def in_clear(facts: CertificateFacts) -> CertificateFacts:
        return replace(facts, footprint=replace(facts.footprint, **clear))

    world = World()
    told = case(world, world.issue("ann", makes=[Make(600_000)], cheat=Cheat(run=in_run, facts=in_clear)))
    chain = verify_bundle(told.lines, trust=told.cast.trust, tables=tables(), policy=told.policy)
    return {each.code for each in chain.findings.all if each.outcome is Outcome.FAILED}


def test_a_run_that_says_nothing_beside_breaks_nothing() -> None:
    assert broken({}, {}, {}) == set()


@pytest.mark.parametrize("member", [{"reference": LOWER}, {"left_out": "1"}])
def test_what_stands_beside_the_figure_is_computed_again(member: dict[str, Any]) -> None:
    assert broken({}, member, member) == {Rule.WHOLE.value}


@pytest.mark.parametrize("member", [{"reference": LOWER}, {"left_out": "1"}])
def test_a_certificate_says_of_it_what_its_run_says(member: dict[str, Any]) -> None:
    assert broken({}, {}, member) == {Rule.OUTPUT_AS_CLEAR.value}


def test_a_certificate_of_engine_1_states_no_own_step() -> None:
    assert broken({}, {}, {"own_step": "1"}) == {Rule.CLEAR_FIGURES.value}


def test_reference_prices_make_the_reference_due() -> None:
    # a single product has none, and with one the figure would be due
    assert broken({}, {"reference_price": "10"}, {}) == {Rule.WHOLE.value}


@pytest.mark.parametrize("member", [{"upstream_reference": LOWER}, {"upstream_left_out": "1"}])
def test_what_no_input_brings_is_refused(member: dict[str, Any]) -> None:
    assert Rule.RECOMPUTED.value in broken(member, {}, {})
