"""Papers of a record that supports them, and the refusals of records that don't."""

from __future__ import annotations

import csv
import io
from copy import copy
from dataclasses import replace as with_
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pypdf import PageObject, PdfReader

from api.web.words import words
from ledger.papers.certificate import certificate_paper
from ledger.papers.clause import COVERED_COUNTRIES, MAGNET_TYPES, WHOLE_CHAIN_FROM, counted, covered_activities
from ledger.papers.crma import crma_paper
from ledger.papers.delivery import StatedDelivery, read_delivery
from ledger.papers.dfars import BLANK, dfars_paper
from ledger.papers.figures import figures_csv
from ledger.papers.make import Wish, make_paper
from ledger.papers.paper import Paper, PaperSubject, Section, Speaker
from ledger.papers.support import CRMA_ELEMENTS, refusal
from ledger.papers.typeset import AttachedRecord, Setting, drawable, typeset
from ledger.verify.graph import certificate_texts
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from ledger.workbook.file_kinds import guarded_text
from schemas.document import replace
from schemas.figures import CountryShare, OriginStep
from schemas.problem import InputError, RefusedError
from schemas.sentences import WORTH, filled
from schemas.vocabulary import Step
from tests.support.browser.labels import drawn, read
from tests.support.browser.screens import NOW_MS
from tests.support.browser.showcase import STATES
from tests.support.registries.magnets import magnet_bundle
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from ledger.papers.support import PaperKind
    from schemas.certificate import CertificateRecord

ARTICLE_29 = "Article 29: recycled share by element"
DAY = date(2026, 11, 29)
LAST_DAY = date(2026, 12, 31)
EN = words("en")


def csv_of(subject: PaperSubject, said: Speaker, link: str = "") -> bytes:
    return b"".join(figures_csv(subject, said, link))


@pytest.fixture(scope="module")
def magnet() -> PaperSubject:
    return magnet_bundle().subject()


@pytest.fixture(scope="module")
def alone() -> PaperSubject:
    """The same magnet as everybody sees it: nothing of its chain."""
    return magnet_bundle().subject("public")


def rows(paper: Paper, heading: str) -> list[tuple[str, ...]]:
    (section,) = [each for each in paper.sections if each.heading == heading]
    assert section.table is not None
    return list(section.table.rows)


def cells(paper: Paper, heading: str) -> dict[str, str]:
    """Return the values of a table of two columns, by what they are."""
    return {what: value for what, value in rows(paper, heading)}  # noqa: C416 - rows have any number of cells


def lines(paper: Paper, heading: str) -> str:
    (section,) = [each for each in paper.sections if each.heading == heading]
    return " ".join(section.lines)


def made(subject: PaperSubject, kind: PaperKind = "certificate", tag: str = "en") -> bytes:
    return make_paper(subject, b"".join(magnet_bundle().lines), Wish(kind, DAY), words(tag)).content


def of(record: CertificateRecord, **changes: object) -> CertificateRecord:
    return replace(record, **changes)


def having(subject: PaperSubject, **changes: object) -> PaperSubject:
    """Return a subject whose record says something else; its chain stays as it was shown."""
    return with_(subject, seen=with_(subject.seen, record=of(subject.record, **changes)))


def addressed(subject: PaperSubject, address: str | None) -> PaperSubject:
    """Return a subject whose issuer has another postal address in the trust list, or none."""
    did, parties = subject.record.issuer.did, subject.chain.trust.parties
    stated = replace(parties[did], address=address)
    return with_(
        subject, chain=with_(subject.chain, trust=with_(subject.chain.trust, parties={**parties, did: stated}))
    )


# -- the certificate --------------------------------------------------------------------------------------------------


def test_the_certificate_tells_the_figure_with_its_range_and_flags_and_no_verdict(magnet: PaperSubject) -> None:
    paper = certificate_paper(magnet, EN)
    figure, worth = magnet.report.footprint, magnet.report.plausibility
    assert figure is not None
    assert worth is not None
    shown = dict((what, amount) for what, amount, _ in rows(paper, "Footprint"))  # noqa: C402
    assert shown["Location-based"] == EN.figure(figure.kg_co2e_per_kg, worth.digits)
    assert " – " in shown["95 % range, location-based"]
    assert worth.qualified
    assert "Against this figure: " in lines(paper, "Footprint")
    assert filled(WORTH["flags"], {"flags": str(worth.flags)}) in lines(paper, "Footprint")
    everything = str(paper).lower()
    assert "genuine" not in everything
    assert "not a verification" in everything


def test_proven_and_declared_follow_what_is_shown(magnet: PaperSubject, alone: PaperSubject) -> None:
    whole, bare = certificate_paper(magnet, EN), certificate_paper(alone, EN)
    assert "Difference: 0 kg CO2e" in lines(whole, "What the record proves")
    assert "The figure, because its lines are not shown." not in lines(whole, "What is declared, not proven")
    assert "computed again" not in lines(bare, "What the record proves")
    assert "The figure, because its lines are not shown." in lines(bare, "What is declared, not proven")
    assert "The part of the chain that is not shown." in lines(bare, "What is declared, not proven")


def test_a_demonstration_says_so(magnet: PaperSubject) -> None:
    did, parties = magnet.record.issuer.did, magnet.chain.trust.parties
    trust = with_(magnet.chain.trust, parties={**parties, did: replace(parties[did], demo=True)})
    shown = with_(magnet, chain=with_(magnet.chain, trust=trust))
    assert certificate_paper(shown, EN).notice[0] == "Demo record. All of it is invented."
    real = with_(magnet, report=replace(magnet.report, mark=None))
    assert "Demo" not in certificate_paper(real, EN).notice[0]


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        (
            "en",
            "Is any of it withdrawn? Part of it: 20 %. 96 kg of this lot comes from a withdrawn batch. (L2-0, 25 Nov 2026)",
        ),
        (
            "de",
            "(L2-0, 25. November 2026)",
        ),
    ],
)
def test_a_lot_that_is_affected_says_how_much_of_it_and_since_when(tag: str, wanted: str) -> None:
    found = STATES["upstream-withdrawn"](NOW_MS)
    chain = verify_bundle(found.lines, trust=found.cast.trust, tables=tables(), policy=found.policy)
    subject = PaperSubject.of(chain, report(chain), certificate_texts(found.lines[1:]))
    for paper in (certificate_paper(subject, words(tag)), csv_of(subject, words(tag))):
        assert "Not withdrawn" not in str(paper)
    told = certificate_paper(subject, words(tag)).notice
    assert told[1].endswith(wanted), told
    many = with_(subject, report=replace(subject.report, affected=subject.report.affected * 4))
    assert certificate_paper(many, words(tag)).notice[1].endswith("; …)")


# -- the CRMA table ---------------------------------------------------------------------------------------------------


def test_the_crma_table_has_the_eight_elements_each_proven(magnet: PaperSubject) -> None:
    paper = crma_paper(magnet, EN)
    told = rows(paper, ARTICLE_29)
    assert tuple(row[0] for row in told) == CRMA_ELEMENTS
    stated = {part.element: part for part in magnet.record.composition}
    for element, fraction, kg, post, post_proven, pre, pre_proven, why in told:
        if element not in stated:
            assert (fraction, kg, why) == ("not in the composition", "–", "–")
            continue
        if element in {"B", "Co", "Ni"}:
            assert {post, post_proven, pre, pre_proven} == {"none shown"}
            assert why == "The origin of this element is not stated."
            continue
        assert (post, pre) == (EN.percent(stated[element].post), EN.percent(stated[element].pre))
        assert (post_proven, pre_proven) == (post, pre)
    assert dict((row[0], row[1]) for row in rows(paper, "Article 28: type and composition"))["Type of magnet"] == (  # noqa: C402
        "neodymium-iron-boron"
    )


def test_without_the_chain_no_share_is_proven(alone: PaperSubject) -> None:
    told = rows(crma_paper(alone, EN), ARTICLE_29)
    assert {row[4] for row in told} == {row[6] for row in told} == {"none shown", "–"}


def test_the_proven_share_stands_beside_the_share_that_is_stated() -> None:
    recycled, bare = magnet_bundle("CN").subject(), magnet_bundle("CN").subject("public")
    told = {row[0]: row for row in rows(crma_paper(recycled, EN), ARTICLE_29)}
    assert told["Nd"][1:] == (
        "22.4 %", "112", "9.64 %", "9.64 %", "12.7 %", "12.7 %", "22.4 % of its Nd is recycled, followed lot by lot."
    )  # fmt: skip
    assert told["Dy"][-1] == "0.194 % of its Dy is recycled, followed lot by lot.", "rounding is no unknown origin"
    assert told["Sm"][3:7] == ("0 %",) * 4, "all of it was mined, so that it holds nothing recycled is proven"
    less = {row[0]: row for row in rows(crma_paper(bare, EN), ARTICLE_29)}
    assert less["Nd"][3:7] == ("9.64 %", "none shown", "12.7 %", "none shown")


def test_a_part_of_unknown_origin_is_told_beside_the_share() -> None:
    recycled = magnet_bundle("CN").subject()
    changed = tuple(
        replace(part, extracted=(CountryShare(country="CN", share="0.5"), CountryShare(country="ZZ", share="0.5")))
        if part.element == "Nd"
        else part
        for part in recycled.record.composition
    )
    told = {row[0]: row for row in rows(crma_paper(having(recycled, composition=changed), EN), ARTICLE_29)}
    assert told["Nd"][-1].endswith("The origin of at least 27.6 % of it is not stated.")
    none = tuple(replace(part, pre="0", post="0") if part.element == "Nd" else part for part in changed)
    told = {row[0]: row for row in rows(crma_paper(having(recycled, composition=none), EN), ARTICLE_29)}
    assert told["Nd"][3:] == (*("none shown",) * 4, "The origin of at least 50 % of it is not stated.")


def test_the_table_names_issuer_address_plant_and_days_and_what_is_declared() -> None:
    recycled = magnet_bundle("CN").subject()
    told = cells(crma_paper(recycled, EN), "Goods")
    assert told["Postal address of the issuer"] == "1 Example Road, Hangzhou, Zhejiang, China (invented)"
    assert told["Plant"] == "Magnet plant A, China, CN-ZJ"
    assert told["Produced"] == "20 May 2026 – 10 Jun 2026"
    unsaid = cells(crma_paper(addressed(recycled, None), EN), "Goods")
    assert unsaid["Postal address of the issuer"] == "not stated in the trust list"
    assert recycled.report.certificate is not None
    about = replace(recycled.report.certificate, issuer_now="Renamed Magnets")
    renamed = with_(recycled, report=replace(recycled.report, certificate=about))
    assert cells(crma_paper(renamed, EN), "Goods")["now called"] == "Renamed Magnets"
    declared = lines(crma_paper(recycled, EN), "What is proven, and what is declared")
    assert "The plant that takes scrap in states the class" in declared
    assert "Taken in as scrap: SC-21, at Scrap yard A, China." in declared


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "Sintered NdFeB magnet"),
        ("zh-Hans", "烧结钕铁硼磁体"),
        ("ja", "NdFeB焼結磁石"),
        ("de", "Gesinterter NdFeB-Magnet"),
    ],
)
def test_goods_are_named_in_the_language_of_the_paper(magnet: PaperSubject, tag: str, name: str) -> None:
    said = words(tag)
    for paper in (certificate_paper(magnet, said), crma_paper(magnet, said), dfars_paper(magnet, said)):
        assert paper.subtitle.endswith(f" · {name}")
    other = having(magnet, batch=replace(magnet.record.batch, product=None))
    assert certificate_paper(other, said).subtitle.endswith(f" · {said.term('magnet')}")


# -- the DFARS statement ----------------------------------------------------------------------------------------------


def test_the_statement_has_each_lot_of_the_path_with_its_country(magnet: PaperSubject) -> None:
    paper = dfars_paper(magnet, EN)
    path = rows(paper, "Path of origin, step by step")
    lots = {row[2]: row for row in path}
    goods = [opened.record.batch for opened in magnet.opened if opened.record.batch.kind != "electricity"]
    for batch in goods:
        assert lots[batch.lot][:2] == (EN.term(batch.step), "Japan")
        assert lots[batch.lot][-1] == "lots proven, country declared"
    assert lots["MG-88"][5] == "AL-40"
    assert set(lots["AL-40"][5].split(", ")) == {"ME-31", "DF-05"}
    unknown = [row for row in rows(paper, "Where each element was extracted") if row[3] == "unknown"]
    assert {row[0] for row in unknown} == {"B", "Co", "Ni", "Fe"}, "the clause names iron, which no record follows"
    assert "complian" not in str(paper).lower()


CLAUSE = "What the clause covers"
ACTIVITIES_TOLD = "Mined, refined, separated, melted, produced"


def test_no_covered_country_is_stated_and_what_is_unknown_is_named(magnet: PaperSubject) -> None:
    for day in (DAY, WHOLE_CHAIN_FROM):
        told = lines(dfars_paper(magnet, EN, StatedDelivery(day=day)), CLAUSE)
        assert "No covered country is stated; unknown for Co, B, Ni, Fe." in told
        assert "Text read: the clause of May 2024" in told
        assert "Not read: later versions, class deviations" in told


def test_where_every_origin_is_stated_nothing_is_unknown(magnet: PaperSubject) -> None:
    known = tuple(
        replace(part, extracted=(CountryShare(country="JP", share="1"),)) for part in magnet.record.composition
    )
    paper = dfars_paper(having(magnet, composition=known), EN, StatedDelivery(day=WHOLE_CHAIN_FROM))
    assert " No covered country is stated. " in lines(paper, CLAUSE)
    assert not any("origin unknown" in row[2] for row in rows(paper, ACTIVITIES_TOLD))
    assert {row[3] for row in rows(paper, "Where each element was extracted")} == {"share proven, country declared"}


def test_each_activity_of_the_clause_is_filled_from_the_steps(magnet: PaperSubject) -> None:
    paper = dfars_paper(magnet, EN, StatedDelivery(day=WHOLE_CHAIN_FROM))
    told = {row[0]: row[1:] for row in rows(paper, ACTIVITIES_TOLD)}
    assert told["refined"] == (
        "yes",
        "acid roasting, Japan (RC-11); oxide electrolysis, Japan (ME-31, DF-05)",
        "declared",
    )
    assert told["separated"] == ("yes", "separation, Japan (OX-16, OX-17, DY-06)", "declared")
    assert told["melted"] == ("yes", "strip casting, Japan (AL-40)", "declared")
    assert told["produced"] == ("yes", "magnet production, Japan (MG-88)", "declared")
    assert told["mined"][1].startswith("beneficiation, Japan (CON-07); in situ leaching, Japan (IC-03); ")
    assert told["mined"][1].endswith("Nd, Pr, Dy, Ce, La, Sm from Japan; origin unknown: Co, B, Ni, Fe")
    assert told["mined"][2] == "partly unknown"
    why = {row[0]: row[1:] for row in rows(paper, "How each step counts")}
    assert why["in situ leaching"][0] == "mined"
    assert why["magnet production"] == (
        "produced",
        "Hydrogen decrepitation and milling form powder, then come pressing, sintering and magnetization. The clause names these phases.",
    )


def test_an_activity_without_a_step_is_unknown(magnet: PaperSubject) -> None:
    """Scrap that hydrogen turned into powder was melted before the chain began."""
    opened = tuple(each for each in magnet.opened if each.record.batch.step != "strip-casting")
    shown = having(with_(magnet, opened=opened), origin=(OriginStep(step="hydrogen-recycling", country="ZZ"),))
    paper = dfars_paper(shown, EN, StatedDelivery(day=DAY))
    assert "Unknown, wholly or in part: melted, produced." in lines(paper, CLAUSE)
    assert "Unknown" not in lines(dfars_paper(magnet, EN, StatedDelivery(day=DAY)), CLAUSE)
    told = {row[0]: row[1:] for row in rows(paper, ACTIVITIES_TOLD)}
    assert told["melted"] == ("yes", "no step of the chain shown", "unknown")
    assert told["produced"][1:] == (
        "magnet production, Japan (MG-88); hydrogen recycling, unknown (a material without a certificate)",
        "partly unknown",
    )


def test_every_step_of_goods_counts_as_an_activity_for_each_type_of_magnet() -> None:
    for magnet in set(MAGNET_TYPES.values()):
        without = {step for step in get_args(Step) if counted(step, magnet) is None}
        assert without == {"instrument-cancellation"}
    of_samarium = counted("metallothermic-reduction", "samarium-cobalt")
    assert of_samarium is not None
    assert of_samarium.activity == "melted"


def test_the_clause_reaches_back_to_mining_from_2027() -> None:
    assert covered_activities(LAST_DAY) == ("melted", "produced")
    assert covered_activities(WHOLE_CHAIN_FROM) == ("mined", "refined", "separated", "melted", "produced")


def test_what_the_clause_does_not_cover_yet_is_told_and_refused_from_2027(magnet: PaperSubject) -> None:
    mined = tuple(
        replace(part, extracted=(CountryShare(country="CN", share="1"),)) if part.element == "Nd" else part
        for part in magnet.record.composition
    )
    origin = (*magnet.record.origin, OriginStep(step="separation", country="CN"))
    chinese = having(magnet, composition=mined, origin=origin)
    told = lines(dfars_paper(chinese, EN, StatedDelivery(day=LAST_DAY)), CLAUSE)
    assert (
        "No covered country is stated for what is melted or produced. From 1 Jan 2027 the clause covers also: mined: China, separated: China. Unknown for Co, B, Ni, Fe."
        in told
    )
    assert "No covered country is stated;" not in told
    with pytest.raises(RefusedError) as refused:
        dfars_paper(chinese, EN, StatedDelivery(day=WHOLE_CHAIN_FROM))
    assert refused.value.code == "paper.covered-country"
    assert "for a delivery on 2027-01-01" in str(refused.value)


def test_the_delivery_is_on_the_paper_or_left_blank(magnet: PaperSubject) -> None:
    blank = cells(dfars_paper(magnet, EN), "Delivery")
    assert [blank[each] for each in ("Contract number", "Part number", "Consignee")] == [BLANK] * 3
    given = read_delivery(
        contract="W15QKN-27-C-0001", part="MG-88/7", consignee="", signatory=None, delivery="2027-02-01"
    )
    told = cells(dfars_paper(magnet, EN, given), "Delivery")
    assert (told["Contract number"], told["Part number"], told["Consignee"]) == ("W15QKN-27-C-0001", "MG-88/7", BLANK)
    assert (told["Day of delivery"], told["Signature and date"]) == ("1 Feb 2027", BLANK)


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ({"contract": "x" * 201}, "document.name-length", "contract"),
        ({"consignee": "two\nlines"}, "document.unseen-character", "consignee"),
        ({"delivery": "tomorrow"}, "quantity.day", "delivery"),
        ({"delivery": "2026-02-30"}, "quantity.day", "delivery"),
    ],
)
def test_a_delivery_that_is_none_is_refused_with_its_place(given: dict[str, str], code: str, place: str) -> None:
    with pytest.raises(InputError) as refused:
        read_delivery(**given)
    assert (refused.value.code, refused.value.problems[0].place) == (code, place)


# -- refusals ---------------------------------------------------------------------------------------------------------

KINDS: tuple[PaperKind, ...] = ("certificate", "crma", "dfars", "figures")


def test_a_record_that_supports_them_is_refused_none(magnet: PaperSubject) -> None:
    assert [refusal(kind, magnet.report, magnet.record) for kind in KINDS] == [None] * 4


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("do-not-rely", "paper.not-genuine"),
        ("unknown", "paper.unknown-registry"),
        ("incomplete", "paper.incomplete"),
        ("withdrawn", "paper.withdrawn"),
        ("suspended", "paper.suspended"),
        ("superseded", "paper.superseded"),
        ("expired", "paper.expired"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_does_not_stand_supports_no_paper(
    magnet: PaperSubject, kind: PaperKind, state: str, code: str
) -> None:
    fallen = with_(magnet, report=replace(magnet.report, state=state))
    with pytest.raises(RefusedError) as refused:
        make_paper(fallen, b"", Wish(kind, DAY), EN)
    assert refused.value.code == code
    assert "<" not in str(refused.value), "every fact is there"


def test_a_lot_that_is_affected_has_a_certificate_but_no_statement_of_where_it_comes_from(magnet: PaperSubject) -> None:
    report = replace(magnet.report, state="affected")
    found = [problem and problem.code for problem in (refusal(kind, report, magnet.record) for kind in KINDS)]
    assert found == [None, "paper.affected", "paper.affected", None]


@pytest.mark.parametrize("kind", ["crma", "dfars"])
def test_a_paper_about_magnets_needs_a_magnet_of_a_known_type_with_its_elements(
    magnet: PaperSubject, kind: PaperKind
) -> None:
    record = magnet.record
    batch = record.batch
    wrong = {
        "paper.not-magnet": of(record, batch=replace(batch, kind="oxide")),
        "paper.magnet-type": of(record, batch=replace(batch, product=None)),
        "paper.no-elements": of(record, composition=()),
    }
    for code, changed in wrong.items():
        problem = refusal(kind, magnet.report, changed)
        assert problem is not None
        assert problem.code == code
        assert "Ask Example Magnet A" in problem.sentence() or code == "paper.not-magnet"


@pytest.mark.parametrize("country", COVERED_COUNTRIES)
def test_a_covered_country_anywhere_is_named(magnet: PaperSubject, country: str) -> None:
    record = magnet.record
    step = of(record, origin=(*record.origin, OriginStep(step="separation", country=country)))
    assert refusal("dfars", magnet.report, step, LAST_DAY) is None
    melted = of(record, origin=(*record.origin, OriginStep(step="alloy-melting", country=country)))
    assert refusal("dfars", magnet.report, melted, LAST_DAY) is not None
    problem = refusal("dfars", magnet.report, step, WHOLE_CHAIN_FROM)
    assert problem is not None
    assert (problem.code, problem.facts["step"], problem.facts["country"]) == (
        "paper.covered-country",
        "separation",
        country,
    )
    mined = tuple(
        replace(part, extracted=(CountryShare(country=country, share="1"),)) if part.element == "Co" else part
        for part in record.composition
    )
    problem = refusal("dfars", magnet.report, of(record, composition=mined), WHOLE_CHAIN_FROM)
    assert problem is not None
    assert problem.code == "paper.extracted-covered"
    assert refusal("crma", magnet.report, step) is None


def test_a_path_that_is_not_shown_or_a_rare_earth_of_unknown_origin_is_refused(
    magnet: PaperSubject, alone: PaperSubject
) -> None:
    problem = refusal("dfars", alone.report, alone.record)
    assert problem is not None
    assert problem.code == "paper.chain"
    unknown = tuple(
        replace(part, extracted=(CountryShare(country="ZZ", share="1"),)) if part.element == "Nd" else part
        for part in magnet.record.composition
    )
    assert refusal("dfars", magnet.report, of(magnet.record, composition=unknown), LAST_DAY) is None
    problem = refusal("dfars", magnet.report, of(magnet.record, composition=unknown), WHOLE_CHAIN_FROM)
    assert problem is not None
    assert (problem.code, problem.facts["element"]) == ("paper.origin-unknown", "Nd")


def test_the_chinese_magnet_has_no_statement() -> None:
    subject = magnet_bundle("CN").subject()
    with pytest.raises(RefusedError) as refused:
        dfars_paper(subject, EN)
    assert refused.value.code == "paper.covered-country"


# -- figures ----------------------------------------------------------------------------------------------------------


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_figures_have_all_digits_and_their_units_in_the_headings(magnet: PaperSubject) -> None:
    found = rows_of(csv_of(magnet, EN))
    lots = {row["lot"]: row for row in found if row["row"] == "lot"}
    assert set(lots) == {opened.record.batch.lot for opened in magnet.opened}
    for opened in magnet.opened:
        if opened.record.batch.kind == "electricity":
            assert lots[opened.record.batch.lot]["amount (kWh)"] == opened.record.batch.net_mass_kg
            continue
        row, figures = lots[opened.record.batch.lot], opened.record.footprint
        assert row["location-based (kg CO2e)"] == figures.total_kg_co2e.location
        assert row["location-based (kg CO2e per kg)"] == figures.per_kg.location
        assert row["amount (kg)"] == opened.record.batch.net_mass_kg
        assert row["state"] == "proven"
    power = [row for row in found if row["row"] == "line" and row["part"] == "electricity" and row["lot"] == "MG-88"]
    assert "3024.45" in {row["amount (kWh)"] for row in power}
    assert {row["row"] for row in found} == {
        "mark", "standing", "note", "lot", "measured-share", "word-alone", "own-step", "gas", "indicator", "element", "input", "line", "left-out",
        "claim",
    }  # fmt: skip
    (note,) = [row for row in found if row["row"] == "note"]
    assert "flags" in note["note"]


def test_what_is_not_shown_is_not_in_the_figures_and_what_stays_is_declared(alone: PaperSubject) -> None:
    found = rows_of(csv_of(alone, EN))
    assert {row["row"] for row in found} == {
        "mark", "standing", "note", "lot", "measured-share", "word-alone", "own-step", "gas", "indicator", "element", "left-out",
        "claim",
    }  # fmt: skip
    assert {row["part"] for row in found if row["row"] == "left-out"} == {"open"}
    assert {row["state"] for row in found if row["row"] in {"lot", "gas", "left-out"}} == {"declared"}


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "'", "＝", "＋", "－", "＠"])
def test_no_text_becomes_a_formula(first: str) -> None:
    assert guarded_text(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"
    assert guarded_text("Nd oxide") == "Nd oxide"


def test_a_hostile_description_stays_text_in_the_figures(magnet: PaperSubject) -> None:
    first, *rest = magnet.opened
    batch = replace(first.record.batch, description='=HYPERLINK("http://x.example")')
    hostile = with_(magnet, opened=(replace(first, record=replace(first.record, batch=batch)), *rest))
    names = {row["name"] for row in rows_of(csv_of(hostile, EN))}
    assert """'=HYPERLINK("http://x.example")""" in names


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["en", "zh-Hans"])
@pytest.mark.parametrize("kind", ["certificate", "crma", "dfars"])
def test_the_file_says_that_it_is_pdf_a_3_and_carries_the_record(
    magnet: PaperSubject, kind: PaperKind, tag: str
) -> None:
    reader = PdfReader(io.BytesIO(made(magnet, kind, tag)), strict=True)
    root: Any = reader.trailer["/Root"]
    assert reader.xmp_metadata is not None
    claimed = reader.xmp_metadata.stream.get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in claimed
    assert "<pdfuaid:part>1</pdfuaid:part>" in claimed
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith(tag[:2])
    (attached,) = root["/AF"]
    assert attached["/AFRelationship"] == "/Source"
    assert attached["/EF"]["/F"].get_object().get_data() == b"".join(magnet_bundle().lines)
    assert all(font_is_embedded(font) for page in reader.pages for font in fonts_of(page))
    told = "".join(page.extract_text() for page in reader.pages)
    assert magnet.seen.digest in told.replace("\n", "")


def fonts_of(page: PageObject) -> list[dict[str, Any]]:
    resources: Any = page["/Resources"]
    return [font.get_object() for font in resources["/Font"].get_object().values()]


def font_is_embedded(font: dict[str, Any]) -> bool:
    described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
    return bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(described))


def test_the_same_record_and_day_give_the_same_bytes_and_another_day_others(magnet: PaperSubject) -> None:
    again = magnet_bundle().subject()
    assert made(magnet) == made(again)
    later = make_paper(magnet, b"".join(magnet_bundle().lines), Wish("certificate", date(2026, 11, 30)), EN).content
    assert later != made(magnet)


@pytest.mark.parametrize("tag", ["en", "zh-Hans", "ja", "de"])
@pytest.mark.parametrize("kind", ["certificate", "crma", "dfars"])
def test_each_paper_says_until_when_it_stands_and_how_to_check_it_again(
    magnet: PaperSubject, kind: PaperKind, tag: str
) -> None:
    pages = PdfReader(io.BytesIO(made(magnet, kind, tag))).pages
    told = "".join(page.extract_text() for page in pages).replace("\n", "")
    said, log = words(tag), magnet.report.log_size
    assert log is not None
    assert said("Not withdrawn as of {time}.").format(time=said.instant(magnet.status_time)).replace(" ", "") in (
        told.replace(" ", "")
    )
    assert said("{size} entries at {registry}").format(
        size=said.amount(str(log)), registry=magnet.record.registry
    ).replace(" ", "") in told.replace(" ", "")
    assert "oreprint verify FILE.pdf --trust trust.json" in told
    assert f"https://{magnet.record.registry}/c/{magnet.seen.digest}".replace(" ", "") in told.replace(" ", "")
    for page in pages:
        assert page.extract_text().count("\n") > 10, "no page is nearly empty"


def test_a_paper_stands_as_of_the_registrys_word_or_the_oldest_status_list(magnet: PaperSubject) -> None:
    assert magnet.chain.upstream is not None
    assert magnet.status_time == magnet.chain.upstream.record.made
    aged = with_(magnet, report=replace(magnet.report, checked_at="2026-12-02T10:00:00Z", status_age_s=3600))
    silent = copy(aged.chain)
    silent.upstream = None
    aged = with_(aged, chain=silent)
    assert aged.status_time == "2026-12-02T09:00:00Z"
    assert certificate_paper(aged, EN).notice[1].startswith("Not withdrawn as of 2 Dec 2026, 09:00 UTC. Neither")
    (row,) = [row for row in rows_of(csv_of(aged, EN, "https://a.example/c/1")) if row["row"] == "standing"]
    assert row["note"].startswith("Not withdrawn as of 2 Dec 2026, 09:00 UTC.")
    assert row["name"] == f"{magnet.report.log_size} entries at {magnet.record.registry}"
    assert row["part"] == "https://a.example/c/1"


def test_a_name_in_any_script_is_set_or_shown_by_its_code_points(magnet: PaperSubject) -> None:
    assert drawable("示例磁体甲 Größe Ω ファイル 희토") == "示例磁体甲 Größe Ω ファイル 희토"
    assert drawable("ไทย 𠮷 ſ") == "[U+0E44][U+0E17][U+0E22] [U+20BB7] [U+017F]"
    every = "".join(chr(code) for code in range(0x20, 0x10000) if not 0xD800 <= code < 0xE000)
    signs = (every[start : start + 500] for start in range(0, len(every), 500))
    paper = Paper("Signs", "", (), (Section("Every sign", tuple(signs)),))
    setting = Setting("ja", DAY, "A", "https://registry.example/c/zQm", "foot")
    record = AttachedRecord("a.sdjwt", "text/plain", "x")
    assert typeset(paper, record, setting).startswith(b"%PDF-"), "Typst refuses a character without a glyph"


def test_a_record_too_large_for_a_pdf_is_refused(magnet: PaperSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.papers.typeset.MOST_RECORD_BYTES", 1000)
    with pytest.raises(RefusedError) as refused:
        made(magnet)
    assert refused.value.code == "paper.record-size"


def test_a_verification_without_a_certificate_is_no_subject(magnet: PaperSubject) -> None:
    with pytest.raises(InputError) as refused:
        type(magnet).of(with_(magnet.chain, subject=None), magnet.report, [])
    assert refused.value.code == "paper.unreadable"


def test_the_code_on_the_paper_leads_to_the_page_of_the_record(magnet: PaperSubject) -> None:
    wish = Wish("certificate", DAY, "https://pages.example")
    content = make_paper(magnet, b"".join(magnet_bundle().lines), wish, EN).content
    assert read(drawn(content, suffix="pdf")) == [f"https://pages.example/c/{magnet.seen.digest}"]
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).replace("\n", " ")
    assert " --ask https://pages.example " in told, "verify contacts no other origin by itself"
    own = made(magnet)
    assert "--ask" not in "".join(page.extract_text() for page in PdfReader(io.BytesIO(own)).pages)
