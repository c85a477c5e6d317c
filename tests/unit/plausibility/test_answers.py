"""The answers to a purchaser's questions: one state and one action a report, and nothing unproven passes as proven."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from ledger.plausibility.answers import answered, proven
from schemas.document import replace
from schemas.report import Affected, ClosedBranches, EndedLot
from schemas.sentences import ACTIONS, REPLIES
from tests.support.browser.showcase import AUDITS, STATES, shown

if TYPE_CHECKING:
    from schemas.report import Report

EXPECTED = {
    "genuine": ("genuine", "ask-figure"),
    "public": ("genuine", "ask-chain"),
    "withheld": ("genuine", "ask-chain"),
    "custodial-demo": ("genuine", "accept"),
    "superseded": ("superseded", "use-latest"),
    "expired": ("expired", "ask-renewed"),
    "withdrawn": ("withdrawn", "quarantine-all"),
    "suspended": ("suspended", "hold-all"),
    "upstream-withdrawn": ("affected", "quarantine-part"),
    "stale": ("incomplete", "check-again"),
    "implausible": ("do-not-rely", "do-not-rely"),
    "unknown-issuer": ("do-not-rely", "do-not-rely"),
    "forged": ("do-not-rely", "do-not-rely"),
    "unknown-registry": ("unknown", "pin-registry"),
    "tampered-upstream": ("do-not-rely", "do-not-rely"),
}


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    now = time.time_ns() // 1_000_000
    return {name: shown(made(now)).report for name, made in STATES.items()}


def told(report: Report, **change: object) -> Report:
    return answered(replace(report, **change))


def test_every_state_has_one_action(reports: dict[str, Report]) -> None:
    assert {name: (report.state, report.action.code) for name, report in reports.items()} == EXPECTED


def test_every_sentence_has_its_facts(reports: dict[str, Report]) -> None:
    for report in reports.values():
        replies = report.replies
        said = [report.action.sentence]
        for reply in (replies.genuine, replies.chain, replies.footprint, replies.withdrawn):
            assert reply.code in REPLIES
            said += [reply.answer, reply.sentence]
        assert report.action.code in ACTIONS
        assert all(each and "{" not in each and "  " not in each for each in said), said


def test_nothing_of_a_record_that_failed_or_is_unknown_is_told(reports: dict[str, Report]) -> None:
    for name in ("implausible", "forged", "unknown-issuer", "tampered-upstream", "unknown-registry"):
        replies = reports[name].replies
        assert {replies.chain.answer, replies.footprint.answer, replies.withdrawn.answer} == {"Not answered"}


def part(percent: str | None, state: str = "withdrawn") -> Affected:
    return Affected(
        lot=None, digest=None, state=state, mass_percent=percent, elements={}, path=(), mass_kg=None  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "state", "action", "mass"),
    [
        (("3.6",), "affected", "quarantine-part", "17.3 kg"),  # 17.28 of 480 kg, rounded up
        (("0.1",), "affected", "quarantine-part", "0.48 kg"),
        (("3.6", "10"), "affected", "quarantine-part", "65.3 kg"),
        (("60", "60"), "withdrawn", "quarantine-all", "480 kg"),
        (("100",), "withdrawn", "quarantine-all", "480 kg"),
        (("3.6", None), "affected", "quarantine-unknown", None),
        ((None,), "affected", "quarantine-unknown", None),
    ],
)
def test_a_part_is_quarantined_by_its_mass_and_the_whole_where_nobody_knows(
    reports: dict[str, Report], parts: tuple[str | None, ...], state: str, action: str, mass: str | None
) -> None:
    found = told(reports["upstream-withdrawn"], affected=tuple(map(part, parts)))
    assert (found.state, found.action.code, found.action.facts.get("mass")) == (state, action, mass)


def test_a_lot_that_stems_wholly_from_what_has_ended_is_all_withdrawn(reports: dict[str, Report]) -> None:
    found = told(reports["upstream-withdrawn"], affected=(part("100"),))
    reply = found.replies.withdrawn
    assert (reply.answer, reply.sentence) == ("Yes, all of it", "All of this lot comes from a withdrawn batch.")


def test_a_suspended_batch_upstream_is_told_as_such(reports: dict[str, Report]) -> None:
    found = told(reports["upstream-withdrawn"], affected=(part("5", "suspended"),))
    assert found.replies.withdrawn.sentence == "24 kg of this lot comes from a suspended batch."
    mixed = told(reports["upstream-withdrawn"], affected=(part("5", "suspended"), part("5")))
    assert mixed.replies.withdrawn.facts["state"] == "withdrawn"


def test_the_lot_s_own_end_goes_before_one_upstream(reports: dict[str, Report]) -> None:
    ended = EndedLot(state="withdrawn", undone=False)
    found = told(reports["upstream-withdrawn"], ended=ended)
    assert (found.state, found.action.code) == ("withdrawn", "quarantine-all")
    undone = told(reports["withdrawn"], ended=EndedLot(state="withdrawn", undone=True))
    assert "run of this lot was undone" in undone.replies.withdrawn.sentence


def test_a_chain_that_a_policy_asks_for_is_asked_of_the_supplier(reports: dict[str, Report]) -> None:
    found = told(reports["public"], verdict="incomplete", reason=None)
    assert found.action.sentence == "Ask Cat for the chain, or for an audit."


def test_attestors_of_all_that_is_hidden_are_enough_and_of_a_part_are_not(reports: dict[str, Report]) -> None:
    public = reports["public"]
    for whole in (True, False):
        closed = ClosedBranches(inputs=2, attestors=("Example Auditor",), whole=whole)
        found = told(public, closed_branches=closed)
        assert proven(found) == whole
        assert (found.action.code == "ask-chain") != whole
        assert "Example Auditor" in found.replies.chain.answer


@pytest.mark.parametrize(
    ("name", "code", "action"),
    [
        ("audited", "audit-audited", "ask-figure"),
        ("audited-one", "audit-audited-one", "ask-figure"),
        ("audit-relied", "audit-relied", "ask-figure"),
        ("audit-short", "audit-short", "wait-for-audit"),
        ("audit-disputed", "audit-disputed", "ask-whole-chain"),
        ("audit-registry", "audit-registry", "ask-chain"),
    ],
)
def test_auditors_speak_for_a_chain_that_is_not_shown(
    reports: dict[str, Report], name: str, code: str, action: str
) -> None:
    found = told(reports["public"], audited=AUDITS[name])
    assert (found.replies.chain.code, found.action.code) == (code, action)
    assert "{" not in found.replies.chain.sentence
    for told_of in ("names", "name", "registry"):
        assert AUDITS[name].facts.get(told_of, "") in found.replies.chain.sentence
    assert re.search("(chain is not|Nothing of its chain was) shown here", found.replies.chain.sentence)
    assert re.search(
        "their word|its word alone|registry's word|producer's word|Ask the producer", found.replies.chain.sentence
    )
    assert proven(found) == (AUDITS[name].state in {"audited", "relied"})
    for shown_in_part in ("genuine", "withheld"):
        other = told(reports[shown_in_part], audited=AUDITS[name])
        assert other.replies.chain == reports[shown_in_part].replies.chain, "what is shown is told by itself"
        assert proven(other) == proven(reports[shown_in_part])
