"""Honest histories verify, each audience sees what is its own, and nothing is called more than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.verify.chain import Policy
from ledger.verify.findings import Outcome
from ledger.verify.verdict import exit_code, report
from ledger.verify.verify import verify_bundle, verify_certificate
from schemas.document import replace
from tests.support.worlds.broken_histories import DAY_MS, drawn, mined, undone
from tests.support.worlds.drafts import Cheat, Issuance
from tests.support.worlds.parties import did, key
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.report import Report
    from schemas.trust import TrustList
    from schemas.vocabulary import Audience


def judged(world: World, lines: list[bytes], **policy: object) -> Report:
    how = {"at_ms": world.now_ms + 60_000, **policy}
    chain = verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(**how))  # type: ignore[arg-type]
    return report(chain)


def three_tiers(world: World) -> Issuance:
    """Let ann mine, ben separate, and cat finish in another registry, from two inputs."""
    first = world.issue("ben", [drawn(world)], [Make(300_000), Make(100_000)])
    a, b = (world.move(lump, "cat", "two.example") for lump in first.lumps)
    return world.issue("cat", [a, b], [Make(390_000)], registry="two.example")


@pytest.mark.parametrize("full", [False, True])
def test_a_whole_chain_over_two_registries_is_genuine_and_its_figures_are_equal_to_the_last_digit(full: bool) -> None:
    world = World(full=full)
    result = judged(world, world.bundle(three_tiers(world).certificate), require_chain=True)
    assert result.verdict == "genuine", result.headline
    assert result.assurance == "monitored"
    assert (result.chain.state, result.chain.certificates, result.chain.tiers) == ("complete", 4, 3)
    assert result.footprint is not None
    assert result.footprint.difference == "0"
    assert result.footprint.recomputed == result.footprint.kg_co2e_per_kg
    told = {check.code for check in result.checks if check.result != "passed" and check.step < 10}
    assert told == ({"mass.flagged"} if full else set())  # some of the full run's factors are old
    assert {check.step for check in result.checks} == set(range(1, 12))
    assert exit_code(result) == 0


def test_no_check_is_told_that_was_never_made() -> None:
    world = World()
    entered = world.enter("ann")  # a run without a line, so without a figure
    result = judged(world, world.bundle(entered.certificate))
    assert result.verdict == "genuine", result.headline
    assert "footprint.negative" not in {check.code for check in result.checks}
    assert "0" not in {check.facts.get("times") for check in result.checks}


@pytest.mark.parametrize(
    ("audience", "recomputed", "state"), [("partner", False, "partial"), ("auditor", True, "complete")]
)
def test_who_sees_the_sources_sees_the_chain_and_only_who_sees_the_lines_can_compute_and_sees_all_of_it(
    audience: Audience, recomputed: bool, state: str
) -> None:
    world = World()
    result = judged(world, world.bundle(three_tiers(world).certificate, audience))
    not_checked = {check.code for check in result.checks if check.result == "not-checked"}
    assert (result.verdict, result.chain.state, result.chain.withheld) == ("genuine", state, 0), result.headline
    assert result.footprint is not None
    assert (result.footprint.recomputed is not None) == recomputed
    assert ("footprint.recomputed" in not_checked) != recomputed


@pytest.mark.parametrize("audience", ["public", "customer"])
def test_a_certificate_without_its_sources_is_a_genuine_record_and_no_chain(audience: Audience) -> None:
    world = World()
    batch = world.issue("ann", [mined(world).lumps[0]], [Make(900_000)])
    upstream = [digest for digest in world.records if digest != batch.digest]
    lines = world.bundle(batch.certificate, audience, without=upstream)
    result = judged(world, lines)
    assert (result.verdict, result.chain.state, result.chain.withheld) == ("genuine", "none", 1)
    assert exit_code(judged(world, lines, require_chain=True)) == 2


def test_an_upstream_run_that_is_withheld_leaves_a_genuine_record_and_a_chain_in_part() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    show = lambda digest: "auditor" if digest == batch.certificate.digest else "public"  # noqa: E731
    result = judged(world, world.bundle(batch.certificate, show))
    assert (result.verdict, result.chain.state) == ("genuine", "partial"), result.headline
    assert {"inputs.path", "inputs.root"} <= {check.code for check in result.checks if check.result == "not-checked"}


def test_a_run_shown_in_part_by_each_of_its_certificates_is_judged_for_all_that_is_shown() -> None:
    world = World()
    lumps = world.split(mined(world).lumps[0], 400_000)
    batch = world.issue("ann", lumps, [Make(500_000), Make(500_000)])
    one, two = (each for each in batch.certificates if each)
    last = world.issue("ann", list(batch.lumps), [Make(900_000)])
    parts = {one.digest: ["run/inputs/0/source"], two.digest: ["run/inputs/1/source"]}
    result = judged(world, world.bundle(last.certificate, lambda digest: parts.get(digest, "auditor")))
    assert (result.verdict, result.chain.withheld) == ("genuine", 0), result.headline


def test_a_batch_made_of_what_an_undo_gave_back_is_genuine() -> None:
    world = World()
    result = judged(world, world.bundle(undone(world, [Make(300_000), Make(100_000)], Cheat()).certificate))
    assert (result.verdict, result.chain.state) == ("genuine", "complete"), result.headline


def test_an_undone_certificate_is_withdrawn() -> None:
    world = World()
    first = world.issue("ben", [drawn(world)], [Make(300_000)])
    world.undo(first)
    assert judged(world, world.bundle(first.certificate)).verdict == "withdrawn"


def test_a_correction_is_genuine_and_what_used_the_old_one_is_warned() -> None:
    world = World()
    old = mined(world)
    part, _ = world.split(old.lumps[0], 300_000)
    made = world.issue("ann", [part], [Make(300_000)])
    new = world.issue("ann", makes=[Make(1_000_000)], follows=old)
    assert judged(world, world.bundle(new.certificate)).verdict == "genuine"
    result = judged(world, world.bundle(made.certificate))
    assert result.verdict == "genuine", result.headline
    assert [check.code for check in result.checks if check.result == "warning"] == ["status.corrected"]


def test_paths_go_on_through_a_correction_of_a_correction() -> None:
    world = World()
    old = world.issue("ben", [drawn(world)], [Make(300_000)])
    second = world.issue("ben", [old.takes[0]], [Make(300_000)], follows=old)
    third = world.issue("ben", [old.takes[0]], [Make(300_000)], follows=second)
    result = judged(world, world.bundle(third.certificate))
    assert result.verdict == "genuine", result.headline
    batch = world.issue("ben", [third.lumps[0]], [Make(200_000)])
    result = judged(world, world.bundle(batch.certificate))
    assert result.verdict == "genuine", result.headline


def test_a_withdrawn_upstream_batch_withdraws_what_was_made_of_it() -> None:
    world = World()
    lump = drawn(world)
    batch = world.issue("ben", [lump], [Make(300_000)])
    world.change("withdraw", lump.issuance.certificate)
    assert judged(world, world.bundle(batch.certificate)).verdict == "withdrawn"


def test_a_suspension_that_was_lifted_before_the_use_is_none() -> None:
    world = World()
    lump = drawn(world)
    world.change("suspend", lump.issuance.certificate)
    world.change("lift", lump.issuance.certificate)
    batch = world.issue("ben", [lump], [Make(300_000)])
    assert judged(world, world.bundle(batch.certificate)).verdict == "genuine"


def test_a_use_while_it_was_suspended_stays_wrong_after_the_suspension_is_lifted() -> None:
    world = World()
    lump = drawn(world)
    world.change("suspend", lump.issuance.certificate)
    batch = world.issue("ben", [lump], [Make(300_000)])
    world.change("lift", lump.issuance.certificate)
    result = judged(world, world.bundle(batch.certificate))
    assert result.verdict == "do-not-rely"
    assert "had ended before" in result.headline


def test_a_correction_falls_with_what_it_corrects() -> None:
    world = World()
    old = mined(world)
    new = world.issue("ann", makes=[Make(1_000_000)], follows=old)
    world.change("withdraw", old.certificate)
    assert judged(world, world.bundle(new.certificate)).verdict == "withdrawn"


def test_a_correction_after_a_withdrawal_upstream_is_withdrawn_and_did_nothing_wrong() -> None:
    world = World()
    lump = drawn(world)
    old = world.issue("ben", [lump], [Make(300_000)])
    world.change("withdraw", lump.issuance.certificate)
    new = world.issue("ben", [lump], [Make(300_000)], follows=old)
    assert judged(world, world.bundle(new.certificate)).verdict == "withdrawn"


def test_the_undo_of_a_withheld_run_is_held_to_its_certificate() -> None:
    world = World()
    first = world.issue("ben", [drawn(world)], [Make(300_000)])
    (back,) = world.undo(first, cheat=Cheat(signer=key("cat")))
    last = world.issue("ben", [back], [Make(300_000)])
    lines = world.bundle(last.certificate, lambda digest: "public" if digest == first.certificate.digest else "auditor")
    result = judged(world, lines)
    assert {check.code for check in result.checks if check.result == "failed"} == {"inputs.undo-signed"}


def test_a_run_with_an_input_withheld_must_still_have_the_marks_of_those_shown() -> None:
    """Hiding one input of a run must not free the others from having been used in it."""
    world = World()
    lumps = world.split(mined(world).lumps[0], 400_000)
    other = Cheat(entry=lambda entry: replace(entry, marks=(bytes(32), lumps[1].mark)))
    batch = world.issue("ann", lumps, [Make(900_000)], cheat=other)
    first = {batch.certificate.digest: ["run/inputs/0/source"]}
    result = judged(world, world.bundle(batch.certificate, lambda digest: first.get(digest, "auditor")))
    assert {check.code for check in result.checks if check.result == "failed"} == {"inputs.entry-marks"}


def test_a_lone_certificate_is_incomplete() -> None:
    world = World()
    batch = mined(world)
    chain = verify_certificate(
        batch.certificate.text, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms)
    )
    result = report(chain)
    assert result.verdict == "incomplete"
    assert exit_code(result) == 2
    assert not [found for found in chain.findings.all if found.outcome is Outcome.FAILED]
    assert "today's bundle" in result.headline
    assert {check.step for check in result.checks} == set(range(1, 12)), "what was not checked is told, step by step"
    assert [(check.code, check.result) for check in result.checks if check.step == 6] == [
        ("status.none", "not-checked")
    ]


def test_incoming_goods_are_compared_with_the_own_holding() -> None:
    world = World()
    batch = mined(world)
    own = world.move(world.split(batch.lumps[0], 500_000)[0], "ben")
    lines = world.bundle(batch.certificate, own=own)
    result = judged(world, lines, received_mg=498_200, received_as=did("ben"))
    assert result.verdict == "genuine", result.headline
    assert result.received is not None
    assert (result.received.holding_kg, result.received.difference_percent) == ("0.5", "-0.36")
    assert judged(world, lines, received_mg=498_200, received_as=did("cat")).verdict == "incomplete"
    without = world.bundle(batch.certificate)
    assert judged(world, without, received_mg=498_200, received_as=did("ben")).verdict == "incomplete"


def test_an_own_holding_that_was_used_is_no_holding() -> None:
    world = World()
    batch = mined(world)
    made = world.issue("ann", list(batch.lumps), [Make(900_000)])
    lines = world.bundle(batch.certificate, own=batch.lumps[0], also=[made.digest])
    assert "inputs.holding" in {check.code for check in judged(world, lines).checks if check.result == "failed"}


@pytest.mark.parametrize(
    ("after_ms", "verdict"), [(DAY_MS - 60_000, "genuine"), (DAY_MS + 1000, "incomplete"), (-600_000, "incomplete")]
)
def test_lg_14_a_status_list_counts_for_a_day(after_ms: int, verdict: str) -> None:
    world = World()
    lines = world.bundle(mined(world).certificate)
    assert judged(world, lines, at_ms=world.now_ms + after_ms).verdict == verdict


def test_nothing_without_quorum_and_monitor_is_genuine() -> None:
    world = World()
    batch = mined(world)
    for who in ("witness", "monitor"):
        lines = world.bundle(batch.certificate)
        named = f"— {who}.one.example".encode()
        cut = [_without(line, named) for line in lines]
        assert cut != lines
        assert judged(world, cut).verdict == "incomplete"


def _without(line: bytes, named: bytes) -> bytes:
    head, found, rest = line.partition(named)
    return head + rest.partition(b"\\n")[2] if found else line


def test_a_pilot_without_witnesses_is_the_registry_s_word() -> None:
    world = World()
    batch = mined(world)
    (first, second) = world.people.listed.registries
    none = replace(
        first, witnesses=replace(first.witnesses, least=0, keys=()), monitors=replace(first.monitors, least=0, keys=())
    )
    people = world.people.changed(lambda listed: replace(listed, registries=(none, second)))
    lines = world.bundle(batch.certificate)
    result = report(verify_bundle(lines, trust=people.trust, tables=tables(), policy=Policy(world.now_ms + 1000)))
    assert (result.verdict, result.assurance) == ("genuine", "registry-only")
    assert len(result.not_proven) == 6


@pytest.mark.parametrize("final", [1, 10])
def test_a_closed_log_has_no_head_beyond_its_end_and_an_earlier_one_is_as_good_as_it_was(final: int) -> None:
    world = World()
    lines = world.bundle(mined(world).certificate)
    size = len(world.logs["one.example"])
    for final_size, verdict in ((size, "genuine"), (size + final, "genuine"), (max(0, size - final), "do-not-rely")):
        people = world.people.changed(_closed(final_size))
        found = report(verify_bundle(lines, trust=people.trust, tables=tables(), policy=Policy(world.now_ms + 1000)))
        assert found.verdict == verdict


def _closed(final_size: int) -> Callable[[TrustList], TrustList]:
    def changed(listed: TrustList) -> TrustList:
        first, *others = listed.registries
        closed = replace(first, logs=(replace(first.logs[0], final_size=final_size),))
        return replace(listed, registries=(closed, *others))

    return changed


def test_a_registry_that_nobody_pinned_is_not_relied_on() -> None:
    world = World()
    lines = world.bundle(mined(world).certificate)
    people = world.people.changed(lambda listed: replace(listed, registries=listed.registries[1:]))
    result = report(verify_bundle(lines, trust=people.trust, tables=tables(), policy=Policy(world.now_ms + 1000)))
    assert (result.verdict, result.state) == ("incomplete", "unknown"), "not known here, which is not a failed check"
    assert not [check for check in result.checks if check.result == "failed"]
    assert "trust.registry-unknown" in {check.code for check in result.checks}


def test_a_registry_upstream_that_nobody_pinned_leaves_the_chain_open_and_tells_the_lot() -> None:
    world = World()
    first = world.issue("ben", [drawn(world)], [Make(300_000)])
    lump = world.move(first.lumps[0], "cat", "two.example")
    last = world.issue("cat", [lump], [Make(290_000)], registry="two.example")
    lines = world.bundle(last.certificate)
    people = world.people.changed(lambda listed: replace(listed, registries=listed.registries[1:]))
    result = report(verify_bundle(lines, trust=people.trust, tables=tables(), policy=Policy(world.now_ms + 1000)))
    assert (result.verdict, result.state) == ("incomplete", "incomplete")
    told = {(check.code, check.result) for check in result.checks}
    assert {("log.included", "passed"), ("inputs.path", "passed")}.isdisjoint(told)
    assert result.action.sentence.startswith("Do not rely on it yet. Get a trust list that names one.example")


def test_a_bundle_s_own_trust_list_must_hold_and_counts_for_nothing() -> None:
    world = World()
    found = world.people.changed(lambda listed: replace(listed, parties=()))
    lines = world.bundle(mined(world).certificate)
    result = report(verify_bundle(lines, trust=found.trust, tables=tables(), policy=Policy(world.now_ms + 1000)))
    assert result.verdict == "do-not-rely"
    (found_key,) = [check for check in result.checks if check.code == "issuer.key"]
    assert found_key.facts["did"] == "did:web:ann.example"
    assert found_key.sentence.startswith("The signing key is not a valid key of did:web:ann.example in")


def test_the_certificates_of_one_run_are_of_one_issuance() -> None:
    world = World()
    batch = world.issue("ann", makes=[Make(600_000), Make(400_000)])
    last = world.issue("ann", list(batch.lumps), [Make(900_000)])
    result = judged(world, world.bundle(last.certificate))
    assert (result.verdict, result.chain.certificates) == ("genuine", 3), result.headline
