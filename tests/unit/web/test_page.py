"""The page as a function of what was found: the same bytes for the same findings, and never more than was found."""

from __future__ import annotations

import gzip
import re
import time
from typing import TYPE_CHECKING

import pytest

from api.web import figures
from api.web.drawing import MOST_LISTED
from api.web.page import own_steps, render, steps
from api.web.rendered_page import Page
from api.web.words import LANGUAGES, words
from ledger.plausibility.answers import answered
from ledger.verify.audits import not_proven
from schemas.document import replace
from schemas.report import Audited, AuditorsWord, Check, ClaimAnswer, PublishedComparison, WorthWord
from schemas.sentences import AUDITED, filled
from tests.support.browser.showcase import STATES, page, shown

if TYPE_CHECKING:
    from api.web.page import PageContent
    from tests.support.worlds.broken_histories import Case


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    now = time.time_ns() // 1_000_000
    return {name: made(now) for name, made in STATES.items()}


@pytest.fixture(scope="module")
def genuine(cases: dict[str, Case]) -> PageContent:
    return shown(cases["genuine"])


def test_the_same_findings_give_the_same_bytes(genuine: PageContent) -> None:
    assert render(genuine, "en") == render(genuine, "en")


@pytest.mark.parametrize("state", STATES)
def test_the_page_reads_the_reason_and_not_the_headline(cases: dict[str, Case], state: str) -> None:
    found = shown(cases[state])
    other = replace(found, report=replace(found.report, headline="Another sentence."))
    for language in LANGUAGES:
        assert render(other, language) == render(found, language)
    reason = found.report.reason
    assert (reason is None) == (found.report.verdict == "genuine")
    assert reason is None or reason in found.report.checks


def test_time_size_and_age_are_of_the_hit_and_the_packed_page_is_the_plain_one(genuine: PageContent) -> None:
    made = render(genuine, "en")
    one = made.at(checked_at="2026-11-25T12:00:00Z", log_size=7, status_age_s=60)
    two = made.at(checked_at="2026-11-25T12:01:00Z", log_size=8, status_age_s=120)
    assert b"Checked 25 Nov 2026, 12:00 UTC \xc2\xb7 log of 7 entries \xc2\xb7 status 60 s old" in one
    assert b"12:01 UTC \xc2\xb7 log of 8 entries \xc2\xb7 status 2 min old" in two
    packed = made.at(checked_at="2026-11-25T12:00:00Z", log_size=7, status_age_s=60, packed=True)
    assert gzip.decompress(packed) == one
    assert len(packed) < len(one) / 3


def test_a_text_like_the_place_of_the_fresh_line_is_not_taken_for_it() -> None:
    made = Page.of("a<!--fresh-->b&lt;!--fresh--&gt;", "en")
    whole = made.at(checked_at="2026-11-25T12:00:00Z", log_size=None, status_age_s=None)
    assert whole.startswith(b"aChecked")
    assert whole.endswith(b"no log seen \xc2\xb7 status unknownb&lt;!--fresh--&gt;")


def test_a_figure_with_flags_never_stands_under_an_unqualified_tick(genuine: PageContent) -> None:
    worth = genuine.report.plausibility
    assert worth is not None
    said = (WorthWord(key="far-below", facts={"read": "3"}), WorthWord(key="flags", facts={"flags": "2"}))
    told = replace(worth, words=said, flags=2)
    for qualified in (True, False):
        changed = replace(told, qualified=qualified)
        page_ = render(replace(genuine, report=replace(genuine.report, plausibility=changed)), "en").before.decode()
        assert ("M13 25l8 8 15-17" in page_) != qualified, "the tick of the verdict"
        assert "2 flags" in page_
        assert "Far below the published range" in page_
        line = page_.partition('<p class="worth">')[2].partition("</p>")[0]
        assert ("r-warning" in line) == qualified
        assert ("r-passed" in line) != qualified
    chinese = render(replace(genuine, report=replace(genuine.report, plausibility=told)), "zh-Hans").before.decode()
    assert "远低于已发表的范围" in chinese
    assert "2 条提示" in chinese


@pytest.mark.parametrize(("other", "tick"), [(0, "r-passed"), (1, "r-not-checked")])
def test_a_range_with_a_remembered_end_has_no_tick(genuine: PageContent, other: int, tick: str) -> None:
    published = PublishedComparison(word="within", route="any", low="1", high="90", read=2, other=other, studies=("A",))
    worth = genuine.report.plausibility
    assert worth is not None
    report = replace(genuine.report, plausibility=replace(worth, published=published))
    page = render(replace(genuine, report=report), "en").before.decode()
    line = page.partition('<p class="range">')[2].partition("</p>")[0]
    assert tick in line
    assert ("Part of this range is from memory." in line) == bool(other)
    figure = page.partition('class="big"')[2].partition("</p>")[0]
    assert figure.index("95 %: ") < figure.index("By another permitted allocation: ")


def test_warnings_of_one_kind_are_one_item_of_the_list(genuine: PageContent) -> None:
    facts = {"breach": "X-TIME", "problem": "rule.x-time-old", "reason": "It is old."}
    told = [
        Check(
            step=8,
            code="mass.flagged",
            result="warning",
            sentence="Worth knowing: It is old.",
            place=place,
            facts=facts,
        )
        for place in ("A fuels[0]", "A fuels[1]", "B fuels[0]")
    ]
    (step,) = steps(replace(genuine.report, checks=tuple(told)), "en")
    assert step.checks.count("<li") == 1
    assert "2 more of this kind, at:" in step.checks
    assert "rule.x-time-old" not in step.checks


@pytest.mark.parametrize("state", ["implausible", "unknown-issuer", "forged", "tampered-upstream", "unknown-registry"])
def test_where_nothing_can_be_relied_on_no_claim_is_shown(cases: dict[str, Case], state: str) -> None:
    text = page(cases[state]).decode()
    for claim in (
        "Match the label",
        "Didymium oxide",
        "Footprint by stage",
        "kg CO2e per kg</small>",
        "The chain, drawn",
    ):
        assert claim not in text
    assert "The claims of the record are not shown" in text
    verdict = "Not known to this verifier" if state == "unknown-registry" else "Do not rely on this"
    assert f'id="verdict">{verdict}<' in text


@pytest.mark.parametrize("state", STATES)
def test_every_page_lists_every_check_and_what_is_not_proven(cases: dict[str, Case], state: str) -> None:
    text = page(cases[state]).decode()
    report = shown(cases[state]).report
    for check in report.checks:
        assert f"<code>{check.code}</code>" in text
    for each in report.not_proven:
        assert each in text
    assert "Checked " in text
    assert "log of " in text or state == "unknown-registry"
    # Whole words: a digest of 46 letters may well hold "leaf".
    assert not re.findall(r"\bgreen\b|\beco-|\bverified sustainable\b|\bleaf\b", text.lower())


def test_what_was_not_checked_never_looks_like_a_pass(genuine: PageContent) -> None:
    withheld = replace(genuine.report.checks[0], result="not-checked")
    report = replace(genuine.report, checks=(withheld, *genuine.report.checks))
    assert steps(report, "en")[0].worst == "not-checked"
    assert next(own_steps(report)) == "not-checked"


def test_a_step_without_any_check_is_not_checked(genuine: PageContent) -> None:
    report = replace(genuine.report, checks=())
    assert list(own_steps(report)) == ["not-checked"] * 6


def test_another_lot_s_failure_is_not_the_subject_s(genuine: PageContent) -> None:
    assert genuine.record is not None
    other = next(batch.lot for batch in genuine.report.mass if batch.lot != genuine.record.batch.lot)
    failed = Check(step=4, code="signature.valid", result="failed", sentence="", place=other, elsewhere=True)
    report = replace(genuine.report, checks=(failed, *genuine.report.checks))
    assert list(own_steps(report))[3] == "passed"


@pytest.mark.parametrize("language", LANGUAGES)
def test_energy_and_data_quality_stand_in_the_facts(genuine: PageContent, language: str) -> None:
    assert genuine.record is not None
    quality = genuine.record.footprint.quality
    made = render(genuine, language)
    text = (made.before + made.after).decode()
    assert words(language)("More than carbon") in text
    assert f'data-path="footprint.quality.primary_share" data-value="{quality.primary_share}"' in text
    assert f'data-path="footprint.quality.rating" data-value="{quality.rating}"' in text
    told = {row.word for row in figures.further_figures(genuine.record)}
    assert told == {name for name, _ in genuine.record.indicators.rows} | set(genuine.record.indicators.partial)
    assert words(language)("not stated") in text


def test_own_mass_stands_beside_the_lot_s(genuine: PageContent) -> None:
    text = render(replace(genuine, own_kg="498.2"), "en").before.decode()
    text += render(replace(genuine, own_kg="498.2"), "en").after.decode()
    assert "Your delivery" in text
    assert "498.2&nbsp;kg" in text


def test_a_deep_chain_neither_nests_nor_grows_without_end(genuine: PageContent) -> None:
    assert genuine.graph is not None
    first = genuine.graph.batches[0]
    batches = [replace(first, certificate="d0", branches=())]
    branch = genuine.graph.batches[-1].branches[0]
    for number in range(1, 3000):
        above = replace(branch, certificate=f"d{number - 1}")
        batches.append(replace(first, certificate=f"d{number}", branches=(above,)))
    graph = replace(genuine.graph, subject="d2999", batches=tuple(batches))
    text = render(replace(genuine, graph=graph), "en").after.decode()
    tree = text[text.index('<ul class="tree">') : text.index("Origin of each step")]
    assert tree.count("<li>") == tree.count("</li>") == MOST_LISTED
    assert tree.count("<ul") == tree.count("</ul>") <= 13


ANSWER = ClaimAnswer(
    id="zero-discharge",
    scope="chain",
    answer="refuted",
    said="proven",
    own_criteria=True,
    path=("MG-88", "AL-40", "<b>RX-04"),
    reason="discharged",
    sentence="6.5 m3 of water left the plant.",
    facts={"found": "6.5"},
)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            (
                "refuted",
                "zero industrial waste-water discharge",
                "m3 of water left the plant",
                "The certificate says: proven.",
            ),
        ),
        ("zh-Hans", ("工业废水零排放", "m3 水离开了工厂", "整条供应链")),
        ("ja", ("工業排水の排出ゼロ", "が工場から排出されました", "サプライチェーン全体")),
        ("de", ("keine Einleitung von Industrieabwasser", "m3 Wasser haben das Werk verlassen", "Lieferkette")),
    ],
)
def test_a_claim_is_told_with_the_way_to_what_decides_it(
    genuine: PageContent, language: str, told: tuple[str, ...]
) -> None:
    report = replace(genuine.report, claims=(ANSWER,))
    text = gzip.decompress(
        render(replace(genuine, report=report), language).at(
            checked_at="2026-11-25T12:00:00Z", log_size=7, status_age_s=60, packed=True
        )
    ).decode()
    assert all(each in text for each in told)
    assert "<bdi>MG-88</bdi> → <bdi>AL-40</bdi> → <bdi>&lt;b&gt;RX-04</bdi>" in text
    assert 'data-claim="zero-discharge" data-scope="chain" data-answer="refuted"' in text


def test_the_page_says_who_else_found_a_chain_right_that_is_not_shown(genuine: PageContent) -> None:
    eva, fay = (AuditorsWord(auditor=f"did:web:{name}.example", name=name.title()) for name in ("eva", "fay"))
    facts = {"k": "2", "names": "Eva, Fay", "made": "2026-11-25T11:07:00Z"}
    word = Audited(
        state="audited",
        required=2,
        of=3,
        counted=(eva, fay),
        words="audited",
        facts=facts,
        sentence=filled(AUDITED["audited"], facts),
        answers=("refuted",),
    )
    hidden = replace(genuine.report.chain, state="none")
    limits = not_proven(word)
    said = {"chain": hidden, "closed_branches": None, "audited": word, "not_proven": limits, "claims": (ANSWER,)}
    report = answered(replace(genuine.report, **said))
    found = replace(genuine, report=report)
    english = render(found, "en").at(checked_at="2026-11-25T12:00:00Z", log_size=7, status_age_s=60).decode()
    plain = re.sub("</?bdi>", "", english)
    assert "2 independent auditors (Eva, Fay) were each shown every step of it" in plain
    assert "as of 25 Nov 2026, 11:07 UTC" in plain
    assert "That <bdi>2</bdi> auditors do not lie together." in english
    assert "refuted, say 2 auditors." in plain
    chinese = render(found, "zh-Hans").at(checked_at="2026-11-25T12:00:00Z", log_size=7, status_age_s=60).decode()
    assert "2 家独立审核方（Eva, Fay）" in re.sub("</?bdi>", "", chinese)
    assert "<bdi>2</bdi> 家审核方没有一起说谎。" in chinese
