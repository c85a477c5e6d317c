from __future__ import annotations

import subprocess
import sys
from ast import literal_eval
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from ledger.carrier.label import DEMO_WORDS, Label, LabelFacts, lay_out, width_in_mm
from ledger.carrier.printing import LabelOptions, label_format, print_label, symbol_level
from ledger.carrier.qr import MOST_SEALED_VERSION, MOST_SHORT_VERSION, draw_symbol
from ledger.carrier.zpl import label_zpl
from ledger.seal.certificate import seal_certificate
from ledger.seal.sdjwt import open_certificate
from ledger.tables import shipped_tables as tables
from schemas.certificate import OpenFlags
from schemas.document import replace
from schemas.name import Name
from schemas.problem import InputError
from tests.support.browser.labels import certificate, digest, printed, seal
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from ledger.carrier.printing import LabelFormat
    from ledger.seal.sdjwt import OpenCertificate
    from schemas.certificate import Footprint

SVG = "{http://www.w3.org/2000/svg}"
FORMATS: tuple[LabelFormat, ...] = ("svg", "png", "pdf", "zpl")


def laid_out(*, width_mm: int = 60, sealed: bool = False, demo: bool = False, every_script: bool = False) -> Label:
    opened = certificate()
    link = f"https://r.example/c/{opened.digest}" + (f"#{seal()}" if sealed else "")
    symbol = draw_symbol(link, level="M", most_version=MOST_SEALED_VERSION)
    asked = LabelFacts(opened.record, opened.digest, "r.example", demo)
    return lay_out(asked, symbol, width_mm=width_mm, every_script=every_script)


def renamed(
    *, lot: str = "OX-17", names: tuple[str, ...] = ("Example Ltd",), description: str = "oxide"
) -> OpenCertificate:
    """The sample certificate with another lot, issuer or product."""
    facts = samples.certificate_facts()
    changed = replace(
        facts,
        batch=replace(facts.batch, lot=lot, description=description),
        issuer=replace(facts.issuer, names=tuple(Name(lang="en", text=name) for name in names)),
    )
    made = seal_certificate(changed, run=samples.sealed_run(), signer=samples.signer(), new_salt=samples.salts())
    return open_certificate(made.text)


def texts(svg: bytes) -> str:
    return " ".join(each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314 - our own


@pytest.mark.parametrize("width_mm", [20, 30, 60, 100, 200])
def test_everything_stands_inside_the_label_and_nothing_on_anything(width_mm: int) -> None:
    label = laid_out(width_mm=width_mm, demo=True)
    assert label.width == width_mm * 1000
    for line in label.lines:
        assert line.size >= 2000 or line.light
        assert line.x >= 0
        assert line.x + line.width <= label.width
        assert label.symbol_y + label.width < line.y < label.height or line.light
    below = [line for line in label.lines if not line.light]
    assert all(upper.y < lower.y - lower.size * 7 // 10 for upper, lower in pairwise(below))


def test_what_is_on_a_label() -> None:
    words = " ".join(line.text for line in laid_out().lines)
    batch = certificate().record.batch
    for due in (
        "r.example",
        f"Lot {batch.lot}",
        f"Net mass {batch.net_mass_kg} kg",
        "18.3 kg CO2e per kg",
        "Cradle to gate",
    ):
        assert due in words
    assert certificate().record.issuer.names[0].text in words
    assert DEMO_WORDS in words, "its registry has the name of an example"


def test_a_label_of_a_real_registry_has_no_band_unless_the_trust_list_calls_the_issuer_a_demonstration() -> None:
    record = replace(certificate().record, registry="registry.example.org")
    asked = LabelFacts(record, certificate().digest, "r.example", demo=False)
    assert asked.band == ""
    assert replace(asked, demo=True).band == DEMO_WORDS


def test_a_figure_with_something_against_it_says_so_on_its_label() -> None:
    opened = certificate()
    against = replace(opened, record=replace(opened.record, footprint=with_flags(opened.record.footprint, own=2)))
    free = replace(opened, record=replace(opened.record, footprint=with_flags(opened.record.footprint, own=0)))
    for asked, said in ((against, True), (free, False)):
        text = print_label(asked, LabelOptions("svg"), tables=tables(), seal=None, demo=False).content.decode()
        assert ("2 flags" in text) == said
        assert ("flag" in text) == said


def with_flags(figures: Footprint, *, own: int) -> Footprint:
    """Return a footprint without placeholders, with this many flags."""
    return replace(figures, placeholders=0, flags=OpenFlags(own=own, inputs=0))


def test_a_label_has_one_file_in_every_process() -> None:
    code = (
        "import sys; from tests.support.browser.labels import printed, LabelOptions;"
        "print({wish: printed(LabelOptions(wish), demo=True).content for wish in sys.argv[1:]})"
    )
    again = subprocess.run([sys.executable, "-c", code, *FORMATS], capture_output=True, check=True).stdout
    files = literal_eval(again.decode())
    assert [wish for wish in FORMATS if files[wish] != printed(LabelOptions(wish), demo=True).content] == []


def test_an_svg_is_one_picture_with_words_and_reaches_for_nothing() -> None:
    opened = renamed(lot='A<b>&"1"', names=("批次 <script>alert(1)</script>",))
    svg = print_label(opened, LabelOptions("svg"), tables=tables(), seal=None, demo=False).content
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'Lot A<b>&"1"'
    assert root.findtext(f"{SVG}title") == 'Lot A<b>&"1"'
    assert "kg CO2e per kg" in (root.findtext(f"{SVG}desc") or "")
    assert "批次 <script>alert(1)</script>" in texts(svg)
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert tags == {"svg", "title", "desc", "rect", "path", "text"}
    assert not {
        name for each in root.iter() for name in each.attrib if "href" in name or name in {"style", "class", "id"}
    }


@pytest.mark.parametrize("wish", ["png", "pdf", "zpl"])
def test_a_name_that_cannot_be_set_gives_way_to_the_next_or_the_did(wish: LabelFormat) -> None:
    both = print_label(
        renamed(names=("ตัวอย่าง", "Example Ltd")), LabelOptions(wish), tables=tables(), seal=None, demo=False
    ).content
    assert both
    alone = renamed(names=("ตัวอย่าง",))
    label = lay_out(
        LabelFacts(alone.record, alone.digest, "r.example", demo=False),
        draw_symbol("https://r.example", level="M", most_version=10),
        width_mm=60,
    )
    assert alone.record.issuer.did in "".join(line.text for line in label.lines).replace(" ", "")


@pytest.mark.parametrize("wish", ["png", "pdf", "zpl"])
def test_a_lot_that_cannot_be_set_is_refused_and_never_replaced(wish: LabelFormat) -> None:
    with pytest.raises(InputError) as refused:
        print_label(renamed(lot="ล็อต-17"), LabelOptions(wish), tables=tables(), seal=None, demo=False)
    assert refused.value.code == "carrier.script"
    assert "ล็อต-17" in texts(
        print_label(renamed(lot="ล็อต-17"), LabelOptions("svg"), tables=tables(), seal=None, demo=False).content
    )


@pytest.mark.parametrize(
    ("lot", "name"), [("批-17", "示例稀土有限公司"), ("ロット17", "信越化学工業株式会社"), ("로트-17", "희토류")]
)
def test_chinese_japanese_and_korean_are_drawn_by_every_kind_of_label(lot: str, name: str) -> None:
    opened = renamed(lot=lot, names=(name,))
    made = {
        wish: print_label(opened, LabelOptions(wish), tables=tables(), seal=None, demo=False).content
        for wish in ("svg", "png", "pdf", "zpl")
    }
    assert name in texts(made["svg"])
    words = pypdfium2.PdfDocument(made["pdf"])[0].get_textpage().get_text_range()
    assert f"Lot {lot}" in words
    assert name in words
    assert made["zpl"].decode("ascii").count("^GFA") >= 2
    blank = print_label(renamed(lot=lot, names=(".",)), LabelOptions("png"), tables=tables(), seal=None, demo=False)
    assert ink(made["png"]) > ink(blank.content) + 100, "the name is drawn, not left out"


def ink(content: bytes) -> int:
    """Return the number of black dots in the line of the issuer's name, the last but one."""
    picture = Image.open(BytesIO(content)).convert("L")
    return picture.crop((0, picture.height * 90 // 100, picture.width, picture.height * 945 // 1000)).histogram()[0]


def test_a_pdf_is_as_large_as_asked_and_its_words_can_be_selected() -> None:
    content = printed(LabelOptions("pdf", 50)).content
    page = pypdfium2.PdfDocument(content)[0]
    assert abs(page.get_width() - 50 / 25.4 * 72) < 0.01
    words = page.get_textpage().get_text_range()
    assert f"Lot {certificate().record.batch.lot}" in words


def test_nothing_in_a_record_can_give_a_printer_a_command() -> None:
    opened = renamed(lot="A^XZ~JA\\5E", names=("^XA^FDevil^FS ~HS",))
    zpl = print_label(opened, LabelOptions("zpl"), tables=tables(), seal=None, demo=False).content.decode("ascii")
    assert zpl.count("^XA") == zpl.count("^XZ") == 1
    assert "~" not in zpl
    assert "^FDevil" not in zpl
    assert "Lot A\\5EXZ\\7EJA\\5C5E" in zpl


def test_zpl_counts_in_the_printers_dots() -> None:
    label = laid_out(width_mm=50)
    for dots in (8, 12, 24):
        assert f"^PW{50 * dots}^" in label_zpl(label, dots_a_mm=dots).decode()


def test_a_long_description_is_cut_and_a_long_name_is_not() -> None:
    name = " ".join(["Long Name Holdings"] * 10)
    opened = renamed(names=(name,), description="very pure " * 50 + "oxide")
    words = texts(print_label(opened, LabelOptions("svg", 40), tables=tables(), seal=None, demo=False).content)
    assert words.count("Long Name") == 10
    assert words.count("very pure") < 12
    assert "…" in words


def test_a_symbol_has_its_largest_version() -> None:
    link = f"https://{'a' * 60}.example/c/{digest(1)}"
    assert draw_symbol(link, level="Q", most_version=MOST_SHORT_VERSION).version <= MOST_SHORT_VERSION
    for size in (400, 5000):
        with pytest.raises(InputError) as refused:
            draw_symbol(link + "#" + "a" * size, level="Q", most_version=MOST_SEALED_VERSION)
        assert refused.value.code == "carrier.symbol-size"


@pytest.mark.parametrize("text", ["19", "201", "0", "60cm", "-5mm", "", "6o", "٦٠", "60.5mm"])
def test_no_other_size(text: str) -> None:
    with pytest.raises(InputError) as refused:
        laid_out(width_mm=width_in_mm(text))
    assert refused.value.code == "carrier.label-size"


def test_a_symbol_too_fine_to_read_says_how_wide_the_label_must_be() -> None:
    with pytest.raises(InputError) as refused:
        laid_out(width_mm=20, sealed=True)
    needed = refused.value.problems[0].facts["needed"]
    assert refused.value.code == "carrier.square"
    assert laid_out(width_mm=int(needed), sealed=True).width == int(needed) * 1000


def test_formats_and_levels_are_named_exactly() -> None:
    assert [label_format(name) for name in FORMATS] == list(FORMATS)
    assert [symbol_level(name) for name in "MQ"] == ["M", "Q"]
    for read, text in ((label_format, "SVG"), (label_format, "gif"), (symbol_level, "H"), (symbol_level, "m")):
        with pytest.raises(InputError):
            read(text)
