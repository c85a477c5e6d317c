"""Lies that are spread over several views of one run: each view alone is true, or says too little to be caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.seal.sdjwt import open_certificate
from schemas.document import replace
from tests.support.worlds.broken_histories import drawn
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.handmade_bundles import failed, judged, seen_as, showing
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from schemas.bundle import BundleLine
    from schemas.certificate import CertificateFacts
    from schemas.statement import Undo

RICHER = [(("Nd", "0.602"), ("Pr", "0.25"), ("O", "0.148")), (("Nd", "0.604"), ("Pr", "0.25"), ("O", "0.146"))]


def test_an_undo_gives_back_no_more_than_a_later_view_of_its_run_shows() -> None:
    def more(said: Undo) -> Undo:
        return replace(said, returns=(replace(said.returns[0], mass_kg="1000"),))

    world = World()
    first = world.issue("ben", [drawn(world)], [Make(200_000), Make(200_000)])
    one, two = first.certificates
    (back,) = world.undo(first, cheat=Cheat(statement=more))
    batch = world.issue("ben", [back], [Make(1_000_000_000)])
    poorer = showing(two, ["run/outputs/1"], before=one)
    assert "inputs.undo-same" in failed(seen_as(world, batch, change=poorer))


def _golden(facts: CertificateFacts) -> CertificateFacts:
    """Say of the first output that it weighs something else and has no footprint."""
    if facts.output:
        return facts
    nothing = {"location": "0", "market": "0"}
    co2e = replace(facts.footprint.per_kg, **nothing)
    figures: dict[str, Any] = {
        "rows": (),
        "total_kg_co2e": co2e,
        "per_kg": co2e,
        "scope_1": "0",
        "scope_2": co2e,
        "scope_3": co2e,
    }
    batch = replace(facts.batch, net_mass_kg="777", lot="GOLD-1")
    footprint = replace(facts.footprint, **figures)
    return replace(facts, batch=batch, footprint=footprint)


@pytest.mark.parametrize("after", [False, True])
def test_a_public_certificate_is_held_to_the_run_that_another_one_shows(*, after: bool) -> None:
    world = World()
    batch = world.issue("ann", makes=[Make(600_000), Make(400_000)], cheat=Cheat(facts=_golden))
    one, two = batch.certificates
    assert one is not None
    shown = {one.digest: "public"}
    beside = showing(two, ["run/inventory/materials"], before=one, after=after)
    assert "inputs.output" in failed(seen_as(world, batch, lambda digest: shown.get(digest, "auditor"), change=beside))


@pytest.mark.parametrize("after", [False, True])
def test_what_a_run_gained_is_not_forgotten_when_it_is_shown_again_with_less(*, after: bool) -> None:
    world = World()
    lump = drawn(world)
    first = world.issue("ben", [lump], [Make(lump.mass_mg - 1000, RICHER[0]), Make(1000, RICHER[0])])
    one, two = first.certificates
    batch = world.issue("ben", [first.lumps[0]], [Make(first.lumps[0].mass_mg, RICHER[1])])
    assert one is not None
    poorer = showing(two, ["run/outputs/1"], before=one, after=after)
    shown = {one.digest: ["run/inputs/0/source", "run/inventory/materials"]}
    found = seen_as(world, batch, lambda digest: shown.get(digest, "auditor"), change=poorer)
    assert "mass.gains" in failed(found)


def test_views_that_make_up_a_whole_are_as_good_as_one() -> None:
    world = World()
    first = world.issue("ben", [drawn(world)], [Make(200_000), Make(200_000)])
    one, two = first.certificates
    batch = world.issue("ben", [first.lumps[0]], [Make(200_000)])
    assert one is not None
    whole = judged(world, world.bundle(batch.certificate))
    lines = ["materials", "fuels", "electricity", "direct", "transport", "waste", "credits"]
    shown = {one.digest: ["run/inputs/0/source", *(f"run/inventory/{line}" for line in lines[:3])]}
    other = showing(two, [f"run/inventory/{line}" for line in lines[3:]], before=one)
    found = seen_as(world, batch, lambda digest: shown.get(digest, "auditor"), change=other)
    assert (found.verdict, found.chain, found.mass) == (whole.verdict, whole.chain, whole.mass)
    assert not [check for check in found.checks if check.result == "not-checked" and check.step < 10]


@pytest.mark.parametrize("shown", [["run/outputs/1"], []], ids=["in part", "not at all"])
def test_an_undo_between_two_views_of_its_run_is_held_to_the_later_one(shown: list[str]) -> None:
    def more(said: Undo) -> Undo:
        return replace(said, returns=(replace(said.returns[0], mass_kg="0.9"),))

    def late(lines: list[BundleLine]) -> list[BundleLine]:
        lines = poorer(lines)
        full = next(number for number, line in enumerate(lines) if getattr(line, "certificate", "") == one.text)
        undo = next(number for number, line in enumerate(lines) if getattr(line, "kind", "") == "undo")
        return [*lines[:full], *lines[full + 1 : undo + 1], lines[full], *lines[undo + 1 :]]

    world = World()
    first = world.issue("ben", [drawn(world)], [Make(200_000), Make(200_000)])
    one, two = (each for each in first.certificates if each)
    (back,) = world.undo(first, cheat=Cheat(statement=more))
    batch = world.issue("ben", [back], [Make(900_000)])
    poorer = showing(two, shown, before=one)
    assert "inputs.undo-same" in failed(seen_as(world, batch, change=late))


@pytest.mark.parametrize("late", [False, True])
def test_what_was_built_on_a_poorer_view_stays_in_part(*, late: bool) -> None:
    """A fuller view that comes after the run that used the batch: that run was judged without what its upstream had
    gained.
    """

    def last(lines: list[BundleLine]) -> list[BundleLine]:
        lines = beside(lines)
        full = next(number for number, line in enumerate(lines) if getattr(line, "certificate", "") == one.text)
        return [*lines[:full], *lines[full + 1 : -1], lines[full], lines[-1]]

    world = World()
    first = world.issue("ben", [drawn(world)], [Make(200_000), Make(200_000)])
    one, two = (each for each in first.certificates if each)
    batch = world.issue("ben", [first.lumps[1]], [Make(200_000)])
    beside = showing(one, [*open_certificate(one.text).shown], before=two)
    shown = {two.digest: ["run/outputs/1"]}
    how = last if late else beside
    found = seen_as(world, batch, lambda digest: shown.get(digest, "auditor"), change=how)
    assert (found.verdict, found.chain.withheld) == ("genuine", 0)
    withheld = {check.code for check in found.checks if check.result == "not-checked" and check.step < 10}
    assert ("mass.elements" in withheld or "mass.physics" in withheld) == late
