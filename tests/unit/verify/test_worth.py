"""What a figure is worth stands beside the verdict, and warnings of one kind are one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.report import report_lines
from ledger.plausibility.answers import answered
from ledger.verify.chain import Policy
from ledger.verify.grouped import grouped
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.certificate import OpenFlags
from schemas.document import replace
from schemas.report import Check
from tests.support.worlds.broken_histories import drawn
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from schemas.certificate import CertificateFacts
    from schemas.report import Plausibility, Report
    from tests.support.worlds.drafts import Issuance


def judged(world: World, lines: list[bytes]) -> Report:
    policy = Policy(at_ms=world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def worth(found: Report) -> Plausibility:
    assert found.plausibility is not None
    return found.plausibility


def two_tiers(world: World) -> Issuance:
    return world.issue("ben", [drawn(world)], [Make(300_000)])


def test_flags_of_upstream_runs_are_told_apart() -> None:
    world = World(full=True)
    subject = two_tiers(world)
    found = judged(world, world.bundle(subject.certificate))
    own = [
        check for check in found.checks if check.code == "mass.flagged" and check.place.startswith(subject_lot(found))
    ]
    every = [check for check in found.checks if check.code == "mass.flagged" and check.result == "warning"]
    assert worth(found).flags == len(own)
    assert worth(found).upstream_flags == len(every) - len(own) > 0
    assert "flags upstream" in worth(found).sentence or "flag upstream" in worth(found).sentence
    assert worth(found).qualified
    assert found.verdict == "genuine", "a flag says nothing of the record"


def subject_lot(found: Report) -> str:
    assert found.certificate is not None
    return found.certificate.lot


def test_a_run_of_the_first_engine_is_said_to_be_judged_by_its_rules() -> None:
    world = World()
    found = judged(world, world.bundle(two_tiers(world).certificate))
    assert worth(found).rules == "1"
    assert worth(found).sentence.endswith("judged by the rules of version 1")
    assert sum("version 1" in line for line in report_lines(found, every=True)) == 1
    assert not any("version 1" in line for line in report_lines(found))


def test_where_the_run_is_not_shown_the_stated_flags_count() -> None:
    def stated(facts: CertificateFacts) -> CertificateFacts:
        return replace(facts, footprint=replace(facts.footprint, placeholders=0, flags=OpenFlags(own=2, inputs=1)))

    world = World()
    subject = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(facts=stated))
    found = judged(world, world.bundle(subject.certificate, "public"))
    assert worth(found).flags == 2
    assert "2 flags; 1 of its inputs has flags" in worth(found).sentence


def test_a_certificate_that_hides_its_flags_fails() -> None:
    def none(facts: CertificateFacts) -> CertificateFacts:
        return replace(facts, footprint=replace(facts.footprint, flags=OpenFlags(own=0, inputs=0)))

    world = World(full=True)
    subject = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(facts=none))
    found = judged(world, world.bundle(subject.certificate))
    assert worth(found).flags
    assert found.verdict == "do-not-rely"
    assert {check.code for check in found.checks if check.result == "failed"} == {"mass.flags-stated"}


def test_the_line_stands_right_under_the_verdict_and_not_where_nothing_can_be_relied_on() -> None:
    world = World(full=True)
    found = judged(world, world.bundle(two_tiers(world).certificate))
    lines = [line.strip() for line in report_lines(found)]
    assert lines[1].startswith("(+) GENUINE RECORD")
    first = next(number for number, line in enumerate(lines) if line.startswith("Footprint"))
    assert "flags" in " ".join(lines[first : first + 4])
    refused = answered(replace(found, verdict="do-not-rely"))
    assert not [line for line in report_lines(refused) if "flag" in line or "kg CO2e" in line]


def warning(place: str, breach: str = "X-TIME", problem: str = "rule.x-time-old") -> Check:
    facts = {"breach": breach, "problem": problem, "reason": place}
    return Check(step=8, code="mass.flagged", result="warning", sentence=f"{place} is old.", place=place, facts=facts)


def test_warnings_of_one_kind_are_one_line_and_nothing_else_is() -> None:
    other = warning("c", breach="B-UNC")
    failed = Check(step=8, code="mass.physics", result="failed", sentence="Broken.", place="d")
    kinds = grouped([warning("a"), other, warning("b"), failed, failed])
    assert [(kind.check.place, kind.others) for kind in kinds] == [("a", ("b",)), ("c", ()), ("d", ()), ("d", ())]


def test_verify_prints_one_line_for_a_kind_with_count_and_places() -> None:
    world = World(full=True)
    found = judged(world, world.bundle(two_tiers(world).certificate))
    every = [check for check in found.checks if check.code == "mass.flagged" and check.result == "warning"]
    kinds = {(check.facts["breach"], check.facts["problem"]) for check in every}
    printed = [line for line in report_lines(found, every=True) if "! warning" in line]
    assert len(every) > len(kinds)
    assert len([line for line in printed if "warning" in line]) == len(kinds) + sum(
        check.result == "warning" and check.code != "mass.flagged" for check in found.checks
    )
    assert "The same at " in " ".join(line.strip() for line in report_lines(found, every=True))
