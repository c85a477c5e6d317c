"""A correction and what is made of a lot before and after it: who may cite which certificate, and what a reader is
told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from tests.support.worlds.broken_histories import mined
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from schemas.report import Report
    from tests.support.worlds.drafts import Issuance

GRAMS = 1000


def judged(world: World, subject: Issuance, *beside: Issuance) -> Report:
    lines = world.bundle(subject.certificate, also=[each.digest for each in beside])
    policy = Policy(world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def codes(found: Report, result: str) -> list[str]:
    return [check.code for check in found.checks if check.result == result]


def a_correction(world: World, old: Issuance) -> Issuance:
    return world.issue("ann", makes=[Make(1000 * GRAMS)], follows=old)


def test_what_was_used_before_the_correction_keeps_what_it_cites_and_is_told_the_new_figure() -> None:
    world = World()
    old = mined(world)
    part, _ = world.split(old.lumps[0], 300 * GRAMS)
    made = world.issue("ann", [part], [Make(300 * GRAMS)])
    new = a_correction(world, old)
    found = judged(world, made, new)
    assert found.verdict == "genuine", found.headline
    assert (found.chain.state, found.chain.certificates, found.superseded_by) == ("complete", 2, None)
    (told,) = [check for check in found.checks if check.code == "status.corrected"]
    assert told.facts["follower"] == new.certificate.digest
    assert new.certificate.digest in told.sentence


def test_to_cite_an_older_certificate_after_the_correction_fails() -> None:
    world = World()
    old = mined(world)
    part, _ = world.split(old.lumps[0], 300 * GRAMS)
    new = a_correction(world, old)
    made = world.issue("ann", [part], [Make(300 * GRAMS)])
    found = judged(world, made, new)
    assert found.verdict == "do-not-rely"
    assert codes(found, "failed") == ["inputs.source-ended"]


def test_the_old_certificate_says_which_one_follows_through_all_corrections() -> None:
    world = World()
    first = mined(world)
    second = a_correction(world, first)
    third = a_correction(world, second)
    found = judged(world, first, second, third)
    assert (found.verdict, found.superseded_by) == ("superseded", third.certificate.digest)
    assert third.certificate.digest in found.headline
    latest = judged(world, third)
    assert (latest.verdict, latest.superseded_by, codes(latest, "warning")) == ("genuine", None, [])


def test_the_end_of_what_was_corrected_is_the_end_of_the_correction() -> None:
    world = World()
    old = mined(world)
    new = a_correction(world, old)
    world.change("withdraw", old.certificate)
    assert judged(world, new).verdict == "withdrawn"
