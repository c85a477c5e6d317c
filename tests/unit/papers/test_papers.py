"""Papers of a record that supports them, and the refusals of records that don't."""

from __future__ import annotations

import csv
import io
from dataclasses import replace as with_
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PageObject, PdfReader

from api.web.words import words
from ledger.papers.certificate import certificate_paper
from ledger.papers.crma import crma_paper
from ledger.papers.dfars import dfars_paper
from ledger.papers.figures import figures_csv
from ledger.papers.make import Wish, make_paper
from ledger.papers.paper import Paper, PaperSubject, Section
from ledger.papers.support import COVERED_COUNTRIES, CRMA_ELEMENTS, refusal
from ledger.papers.typeset import AttachedRecord, Setting, drawable, typeset
from ledger.verify.graph import certificate_texts
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from ledger.workbook.file_kinds import guarded_text
from schemas.document import replace
from schemas.figures import CountryShare, OriginStep
from schemas.problem import InputError, RefusedError
from tests.support.browser.labels import drawn, read
from tests.support.browser.screens import NOW_MS
from tests.support.browser.showcase import STATES
from tests.support.registries.magnets import magnet_bundle
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from ledger.papers.support import PaperKind
    from schemas.certificate import CertificateRecord

DAY = date(2026, 11, 29)
EN = words("en")


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


def lines(paper: Paper, heading: str) -> str:
    (section,) = [each for each in paper.sections if each.heading == heading]
    return " ".join(section.lines)


def made(subject: PaperSubject, kind: PaperKind = "certificate", tag: str = "en") -> bytes:
    return make_paper(subject, b"".join(magnet_bundle().lines), Wish(kind, DAY), words(tag)).content


def of(record: CertificateRecord, **changes: object) -> CertificateRecord:
    return replace(record, **changes)


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
    assert f"{worth.flags} flags" in lines(paper, "Footprint")
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
    assert "Demo" not in certificate_paper(magnet, EN).notice[0]


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
    told = certificate_paper(subject, words(tag)).notice
    assert told[0].endswith(wanted), told
    assert len(certificate_paper(with_(subject, report=replace(subject.report, affected=())), words(tag)).notice) == 2
    many = with_(subject, report=replace(subject.report, affected=subject.report.affected * 4))
    assert certificate_paper(many, words(tag)).notice[0].endswith("; …)")


# -- the CRMA table ---------------------------------------------------------------------------------------------------


def test_the_crma_table_has_the_eight_elements_each_proven(magnet: PaperSubject) -> None:
    paper = crma_paper(magnet, EN)
    told = rows(paper, "Article 29: recycled share by element")
    assert tuple(row[0] for row in told) == CRMA_ELEMENTS
    stated = {part.element: part for part in magnet.record.composition}
    for element, fraction, kg, post, pre, state, _ in told:
        if element not in stated:
            assert (fraction, kg, state) == ("not in the composition", "–", "–")
            continue
        assert (post, pre) == (EN.percent(stated[element].post, 6), EN.percent(stated[element].pre, 6))
        assert state == "proven"
    assert dict((row[0], row[1]) for row in rows(paper, "Article 28: type and composition"))["Type of magnet"] == (  # noqa: C402
        "neodymium-iron-boron"
    )


def test_without_the_chain_a_share_is_declared(alone: PaperSubject) -> None:
    states = {row[5] for row in rows(crma_paper(alone, EN), "Article 29: recycled share by element")}
    assert states == {"declared", "–"}


def test_a_recycled_share_that_the_chain_accounts_for_is_proven() -> None:
    recycled = magnet_bundle("CN").subject()
    told = {row[0]: row for row in rows(crma_paper(recycled, EN), "Article 29: recycled share by element")}
    (part,) = [each for each in recycled.record.composition if each.element == "Nd"]
    assert told["Nd"][3:6] == (EN.percent(part.post, 6), EN.percent(part.pre, 6), "proven")
    assert part.post != "0"


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
    assert {row[0] for row in unknown} == {"B", "Co", "Ni"}
    assert "This statement does not cover that." in lines(paper, "What the clause covers")
    assert "complian" not in str(paper).lower()


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
    problem = refusal("dfars", magnet.report, step)
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
    problem = refusal("dfars", magnet.report, of(record, composition=mined))
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
    problem = refusal("dfars", magnet.report, of(magnet.record, composition=unknown))
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
    found = rows_of(figures_csv(magnet, EN))
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
    assert {row["row"] for row in found} == {"note", "lot", "gas", "indicator", "element", "input", "line", "claim"}
    (note,) = [row for row in found if row["row"] == "note"]
    assert "flags" in note["note"]


def test_what_is_not_shown_is_not_in_the_figures_and_what_stays_is_declared(alone: PaperSubject) -> None:
    found = rows_of(figures_csv(alone, EN))
    assert {row["row"] for row in found} == {"note", "lot", "gas", "indicator", "element", "claim"}
    assert {row["state"] for row in found if row["row"] in {"lot", "gas"}} == {"declared"}


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "'", "＝", "＋", "－", "＠"])
def test_no_text_becomes_a_formula(first: str) -> None:
    assert guarded_text(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"
    assert guarded_text("Nd oxide") == "Nd oxide"


def test_a_hostile_description_stays_text_in_the_figures(magnet: PaperSubject) -> None:
    first, *rest = magnet.opened
    batch = replace(first.record.batch, description='=HYPERLINK("http://x.example")')
    hostile = with_(magnet, opened=(replace(first, record=replace(first.record, batch=batch)), *rest))
    names = {row["name"] for row in rows_of(figures_csv(hostile, EN))}
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
