"""`verify` told what an auditor knows: of a step view it finds what it finds of the whole chain, excusing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.seal.audit import inside_digest
from ledger.verify.chain import Policy
from ledger.verify.findings import Outcome
from ledger.verify.learned import leaf_of, learned
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditLeaf, AuditState
from tests.support.worlds.broken_histories import BREAKS, drawn, mined
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.steps import memory_of, step_view
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.verify.chain import Chain
    from ledger.verify.memory import KnownCertificate
    from tests.support.worlds.drafts import Issuance

ELSEWHERE = {Rule.PATH, Rule.INSTRUMENTS}
"""What a step can't show by itself: a holding of an unknown output stays withheld, and the auditor remembers
instruments.
"""


def judged(world: World, lines: list[bytes], memory: dict[str, KnownCertificate] | None = None) -> Chain:
    policy = Policy(world.now_ms + 60_000)
    return verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy, memory=memory)


def failed(chain: Chain) -> set[str]:
    return {each.code for each in chain.findings.all if each.outcome not in {Outcome.WITHHELD, Outcome.WARNING}}


def excused(chain: Chain) -> list[str]:
    """Return what was not checked, but for what the auditor checked when it judged the cited certificates."""
    checks = [check for check in report(chain).checks if check.result == "not-checked" and check.step < 11]
    return [check.code for check in checks if "certificate" not in check.facts and check.code != "claims.none"]


@pytest.mark.parametrize("rule", sorted({*BREAKS} - ELSEWHERE, key=str), ids=str)
def test_a_cheat_is_found_in_the_step_as_in_the_whole_chain(rule: Rule) -> None:
    case = BREAKS[rule]()
    how = {"trust": case.cast.trust, "tables": tables(), "policy": case.policy}
    whole = verify_bundle(case.lines, **how)  # type: ignore[arg-type]
    step = verify_bundle(step_view(case.lines), memory=memory_of(whole), **how)  # type: ignore[arg-type]
    assert failed(step) == failed(whole)


@pytest.mark.parametrize("rule", [Rule.SPLIT_SUM, Rule.GAINS])
def test_without_the_memory_such_a_step_would_be_excused(rule: Rule) -> None:
    case = BREAKS[rule]()
    chain = verify_bundle(step_view(case.lines), trust=case.cast.trust, tables=tables(), policy=case.policy)
    assert failed(chain) == set()


def test_a_holding_that_nobody_knows_stays_withheld() -> None:
    case = BREAKS[Rule.PATH]()
    how = {"trust": case.cast.trust, "tables": tables(), "policy": case.policy}
    whole = verify_bundle(case.lines, **how)  # type: ignore[arg-type]
    step = verify_bundle(step_view(case.lines), memory=memory_of(whole), **how)  # type: ignore[arg-type]
    assert failed(step) == set()
    assert "inputs.path" in excused(step)


def of_two_lots(world: World) -> Issuance:
    return world.issue("ben", [drawn(world), world.move(mined(world).lumps[0], "ben")], [Make(1_300_000)])


def test_where_a_mass_is_withheld_its_sums_are_told_as_not_checked() -> None:
    world = World()
    whole = world.bundle(of_two_lots(world).certificate)
    told = set(excused(judged(world, step_view(whole))))
    assert told >= {"inputs.split-sum", "inputs.move-mass", "inputs.root", "inputs.path"}
    straight = world.issue("ann", [mined(world).lumps[0]], [Make(900_000)])
    assert "inputs.mass" in excused(judged(world, step_view(world.bundle(straight.certificate))))


def corrected_twice(world: World) -> Issuance:
    first = of_two_lots(world)
    second = world.issue("ben", first.takes, [Make(1_300_000)], follows=first)
    return world.issue("ben", second.takes, [Make(1_300_000)], follows=second)


def of_a_corrected_lot(world: World) -> Issuance:
    first = mined(world)
    latest = world.issue("ann", first.takes, [Make(1_000_000)], follows=first)
    return world.issue("ben", [world.move(latest.lumps[0], "ben")], [Make(900_000)])


def of_what_an_undo_gave_back(world: World) -> Issuance:
    back = world.undo(world.issue("ben", [drawn(world)], [Make(300_000)]))
    return world.issue("ben", back, [Make(390_000)])


def third_tier(world: World) -> Issuance:
    first = world.issue("ben", [drawn(world)], [Make(300_000), Make(100_000)])
    a, b = (world.move(lump, "cat", "two.example") for lump in first.lumps)
    return world.issue("cat", [a, b], [Make(390_000)], registry="two.example")


@pytest.mark.parametrize(
    "make", [mined, of_two_lots, corrected_twice, of_a_corrected_lot, of_what_an_undo_gave_back, third_tier]
)
def test_an_honest_step_is_checked_whole_and_teaches_what_the_whole_chain_does(
    make: Callable[[World], Issuance],
) -> None:
    world = World()
    made = make(world)
    lines = world.bundle(made.certificate)
    whole = judged(world, lines)
    memory = memory_of(whole)
    step = judged(world, step_view(lines), memory)
    found = report(step)
    assert found.verdict == report(whole).verdict == "genuine", found.headline
    assert excused(step) == []
    assert found.footprint is not None
    assert found.footprint.difference == "0"
    assert learned(step) == learned(whole)
    assert learned(step).keys() == {made.certificate.digest}
    assert {check.facts["certificate"] for check in found.checks if "certificate" in check.facts} <= memory.keys()


def test_a_leaf_says_what_was_found_and_hides_the_rest() -> None:
    world = World()
    made = of_two_lots(world)
    chain = judged(world, world.bundle(made.certificate))
    ((digest, known),) = learned(chain).items()
    leaf = leaf_of(chain, digest, known, AuditState.RIGHT)
    assert AuditLeaf.parse(leaf.to_bytes()) == leaf
    assert (leaf.issuance, leaf.output, leaf.state, leaf.answers) == (made.digest, 0, AuditState.RIGHT, ())
    assert leaf.inside == inside_digest(known.inside, run=chain.paths.issued[made.digest].text)
    assert known.inside.behind.unseen is None


def test_nothing_is_learned_of_a_run_that_is_not_shown() -> None:
    world = World()
    assert learned(judged(world, world.bundle(of_two_lots(world).certificate, show="public"))) == {}
