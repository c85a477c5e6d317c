"""The answers to a purchaser's questions: one state and one action a report, and nothing unproven passes as proven."""

from __future__ import annotations

import html
import re
import time
from typing import TYPE_CHECKING, Final, get_args

import pytest

from api.web.words import words
from cli.report import report_lines
from ledger.plausibility.advice import proven
from ledger.plausibility.answers import answered
from schemas.document import replace
from schemas.report import Affected, AuditorsWord, ClaimAnswer, ClosedBranches, EndedLot, ReportState, WorthWord
from schemas.sentences import ACTIONS, REPLIES
from tests.support.browser.showcase import AUDITS, STATES, shown
from tests.support.states_table import Row, table

if TYPE_CHECKING:
    from schemas.report import Report

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
OTHER_ACTIONS: Final = frozenset({"check-online", "do-not-rely", "quarantine-unknown", "refuse-label"})
"""Actions of what no case of the table has: a recall of unknown size, another failure, a wrong label."""


def in_order(genuine: Report) -> Report:
    """Return a report with a whole chain against which nothing speaks."""
    worth = genuine.plausibility
    assert worth is not None
    assert worth.published is not None
    calm = replace(
        worth,
        qualified=False,
        flags=0,
        upstream_flags=0,
        flagged_inputs=0,
        placeholders=0,
        words=(WorthWord(key="within-one"), WorthWord(key="no-flags")),
        published=replace(worth.published, word="within"),
    )
    return answered(replace(genuine, plausibility=calm, claims=()))


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    now = time.time_ns() // 1_000_000
    return {name: shown(made(now)).report for name, made in STATES.items()}


def told(report: Report, **change: object) -> Report:
    return answered(replace(report, **change))


@pytest.fixture(scope="module")
def every(reports: dict[str, Report]) -> dict[str, Report]:
    """Return the report of each case of the table."""
    audited = {name: told(reports["public"], audited=word) for name, word in AUDITS.items()}
    return {"in-order": in_order(reports["genuine"])} | reports | audited


def test_the_table_of_states_has_each_of_them(every: dict[str, Report]) -> None:
    assert set(table()) == set(every)
    assert {row.code for row in table().values()} >= set(ACTIONS) - OTHER_ACTIONS
    assert {each.state for each in every.values()} == set(get_args(ReportState))


@pytest.mark.parametrize("row", table().values(), ids=lambda row: row.case)
def test_each_state_has_the_answers_and_the_advice_of_the_table_at_each_door(
    row: Row, every: dict[str, Report]
) -> None:
    found = every[row.case]
    replies = found.replies
    assert (replies.genuine.answer, replies.chain.answer) == (row.genuine, row.chain)
    assert (_DAY.sub("{day}", replies.withdrawn.answer), found.action.code) == (row.withdrawn, row.code)
    assert found.action.sentence == row.advice
    terminal = " ".join(" ".join(report_lines(found)).split())
    assert f"To do {row.advice}" in terminal
    page = re.sub(r"<[^>]+>", "", words("en").action(found.action)).replace("\u00a0", " ")
    assert html.unescape(page).replace("1,000", "1000") == row.advice
    assert row.offline in ACTIONS


def test_accept_stands_alone_only_where_nothing_is_open(every: dict[str, Report]) -> None:
    assert [name for name, found in every.items() if found.action.code == "accept"] == ["in-order"]
    calm = every["in-order"]
    worth = calm.plausibility
    assert worth is not None
    assert worth.published is not None
    open_: dict[str, dict[str, object]] = {
        "flags": {"words": (WorthWord(key="flags", facts={"flags": "1"}),)},
        "flags-upstream": {"upstream_flags": 1},
        "placeholders": {"placeholders": 1, "words": (WorthWord(key="placeholders", facts={"lines": "1"}),)},
        "no-range": {"published": replace(worth.published, word="none")},
        "far-below": {"published": replace(worth.published, word="far-below")},
        "registry": {"words": (WorthWord(key="registry", facts={"findings": "2"}),)},
    }
    for key, change in open_.items():
        found = told(calm, plausibility=replace(worth, **change))
        assert (found.action.code, [each.key for each in found.action.about]) == ("accept-ask", [key])
    claim = ClaimAnswer(
        id="x",
        scope="run",
        answer="declared",
        said="refuted",
        own_criteria=True,
        path=(),
        reason="as-stated",
        sentence="",
    )
    assert told(calm, claims=(claim,)).action.sentence.endswith("about: 1 refuted claim.")


def test_an_audit_from_before_a_withdrawal_counts_no_more(reports: dict[str, Report]) -> None:
    word = AuditorsWord(auditor="did:web:a.example", name="A", reason="not-genuine")
    audited = replace(AUDITS["audit-registry"], words="none", state="none", not_counted=(word,))
    reply = told(reports["hidden-withdrawn"], audited=audited).replies.chain
    assert (reply.code, reply.answer) == ("audit-ended", "Nobody any more")


def test_what_was_shown_adds_to_what_auditors_found(reports: dict[str, Report]) -> None:
    """Seeing more never gives a worse answer: a part that is shown leaves the auditors' word as it is."""
    public, part = (told(reports[name], audited=AUDITS["audited"]) for name in ("public", "withheld"))
    assert (public.action.code, part.action.code) == ("accept-ask", "check-online")  # it has no word of the registry
    assert part.replies.chain.code == "audit-audited-part"
    assert part.replies.chain.sentence.startswith("3 certificates of its chain were shown and checked here.")
    assert "rely on the auditors" not in part.headline  # the headline is of the verification, before auditors spoke


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
        ("audited", "audit-audited", "accept-ask"),
        ("audited-one", "audit-audited-one", "accept-ask"),
        ("audit-relied", "audit-relied", "accept-ask"),
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
    assert found.replies.chain.sentence.startswith("Its chain is not shown here. ")
    assert re.search(
        "their word|its word alone|word of the registry|rely on the producer|did not find it right",
        found.replies.chain.sentence,
    )
    assert proven(found) == (AUDITS[name].state in {"audited", "relied"})
    whole = told(reports["genuine"], audited=AUDITS[name])
    assert whole.replies.chain == reports["genuine"].replies.chain, "a whole chain is told by itself"
    part = told(reports["withheld"], audited=AUDITS[name])
    assert part.replies.chain.code == f"{code}-part"
    assert proven(part) == proven(found)
