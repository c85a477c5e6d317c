"""Lies about energy, water and wastes, and about how good the figures are: each is found, however little is shown
for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schemas.document import replace
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.handmade_bundles import failed, seen_as
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.certificate import CertificateFacts
    from schemas.figures import IndicatorRow
    from schemas.run import InputFacts, RunFacts, Source

    Rows = tuple[IndicatorRow, ...]

INDICATORS = "footprint.indicators"
QUALITY = "footprint.quality"
OUTPUT = "inputs.output"


def told(facts: RunFacts, **change: object) -> RunFacts:
    return replace(facts, **change)


def of_output(facts: RunFacts, rows: Rows) -> RunFacts:
    return told(facts, made=(replace(facts.made[0], indicators=rows), *facts.made[1:]))


def good(facts: RunFacts, **change: str) -> RunFacts:
    return told(facts, quality=replace(facts.quality, **change))


# -- lowered figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", ["auditor", "partner", "customer"])
def test_an_output_takes_no_less_than_its_share(audience: str) -> None:
    world = World()
    batch = mined(world, cheat=Cheat(run=lambda facts: of_output(facts, (("energy", "1"),))))
    assert INDICATORS in failed(seen_as(world, batch, audience))


def test_a_co_product_does_not_hide_the_burden() -> None:
    def shifted(facts: RunFacts) -> RunFacts:
        one, two = facts.made
        more: Rows = (("energy", "451.7"),)
        return told(
            facts,
            made=(
                replace(one, indicators=(("energy", "0.1"),)),
                replace(two, indicators=more),
            ),
        )

    world = World()
    batch = world.issue("ann", makes=[Make(600_000), Make(400_000, certified=False)], cheat=Cheat(run=shifted))
    assert INDICATORS in failed(seen_as(world, batch, "customer"))


def _less(facts: RunFacts) -> RunFacts:
    rows: Rows = (("energy", "1"),)
    return of_output(told(facts, own_indicators=rows), rows)


def _nothing(facts: RunFacts) -> RunFacts:
    return of_output(told(facts, own_indicators=()), ())


@pytest.mark.parametrize("lie", [_less, _nothing])
def test_the_lines_give_no_less_than_the_run_tells(lie: Callable[[RunFacts], RunFacts]) -> None:
    world = World()
    batch = mined(world, cheat=Cheat(run=lie))
    assert failed(seen_as(world, batch, "auditor")) == {INDICATORS}


def test_one_group_of_lines_is_enough_to_find_that_less_is_told() -> None:
    world = World()
    batch = mined(world, cheat=Cheat(run=_less))
    shown = failed(seen_as(world, batch, lambda _: ["run", "run/outputs/0", "run/inventory/electricity"]))
    assert shown == {INDICATORS}


def test_more_than_the_lines_give_is_no_more_believed() -> None:
    def more(facts: RunFacts) -> RunFacts:
        rows = (*facts.own_indicators, ("thorium", "5"))
        return of_output(told(facts, own_indicators=rows), rows)

    world = World()
    assert failed(seen_as(world, mined(world, cheat=Cheat(run=more)), "auditor")) == {INDICATORS}


def test_what_an_input_brings_is_not_left_behind() -> None:
    def without(inputs: list[tuple[InputFacts, Source]]) -> list[tuple[InputFacts, Source]]:
        return [(said, replace(source, indicators=())) for said, source in inputs]

    def consistent(facts: RunFacts) -> RunFacts:
        return of_output(told(facts, upstream_indicators=()), facts.own_indicators)

    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(inputs=without, run=consistent))
    for audience in ("auditor", "partner"):
        assert failed(seen_as(world, batch, audience)) == {INDICATORS}


def test_inputs_add_up() -> None:
    def less(facts: RunFacts) -> RunFacts:
        return of_output(told(facts, upstream_indicators=()), facts.own_indicators)

    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(run=less))
    assert INDICATORS in failed(seen_as(world, batch, "partner"))


def test_what_is_not_wholly_told_is_not_passed_off_as_such() -> None:
    world = World()
    batch = mined(world, cheat=Cheat(run=lambda facts: told(facts, partial=())))
    found = seen_as(world, batch, "auditor")
    assert failed(found) == {INDICATORS}
    assert any("water-withdrawn" in check.sentence for check in found.checks if check.code == INDICATORS)


def test_what_is_not_wholly_told_upstream_is_not_forgotten() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(run=lambda facts: told(facts, partial=())))
    assert failed(seen_as(world, batch, "partner")) == {INDICATORS}


# -- quality --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"primary_share": "0.5"}, {"rating": "1"}, {"variance": "0"}], ids=str)
def test_figures_are_no_better_than_their_lines(change: dict[str, str]) -> None:
    world = World()
    batch = mined(world, cheat=Cheat(run=lambda facts: good(facts, **change)))
    found = seen_as(world, batch, "auditor")
    assert failed(found) == {QUALITY}


@pytest.mark.parametrize("audience", ["auditor", "partner"])
def test_an_input_is_no_better_than_its_certificate_says(audience: str) -> None:
    def better(inputs: list[tuple[InputFacts, Source]]) -> list[tuple[InputFacts, Source]]:
        return [(said, replace(source, quality=replace(source.quality, rating="1"))) for said, source in inputs]

    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(inputs=better))
    assert QUALITY in failed(seen_as(world, batch, audience))


def _indicators(said: CertificateFacts) -> CertificateFacts:
    return replace(said, indicators=replace(said.indicators, rows=()))


def _partial(said: CertificateFacts) -> CertificateFacts:
    return replace(said, indicators=replace(said.indicators, partial=()))


def _quality(said: CertificateFacts) -> CertificateFacts:
    better = replace(said.footprint.quality, primary_share="0.999")
    return replace(said, footprint=replace(said.footprint, quality=better))


@pytest.mark.parametrize("lie", [_indicators, _partial, _quality])
def test_the_clear_part_says_what_the_run_says(lie: Callable[[CertificateFacts], CertificateFacts]) -> None:
    world = World()
    assert failed(seen_as(world, mined(world, cheat=Cheat(facts=lie)), "customer")) == {OUTPUT}


def test_an_honest_run_with_every_kind_of_line_holds() -> None:
    world = World(full=True)
    batch = world.issue("ann", makes=[Make(1_000_000)])
    part, _ = world.split(batch.lumps[0], 400_000)
    next_one = world.issue("ben", [world.move(part, "ben")], [Make(300_000)], feed_mg=100_000)
    found = seen_as(world, next_one, "auditor")
    assert found.verdict == "genuine"
    made = {check.code for check in found.checks if check.result == "passed"}
    assert {INDICATORS, QUALITY} <= made
