"""Lots in a real browser: sheets of labels are printed, and goods are accepted by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]
import pytest

from ledger.carrier.link import CertificateLink, parse_link
from ledger.issuing.issue import IssuedRun, issue
from ledger.transfers.ship import Dispatch, accept, ship
from tests.support.browser.labels import read
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
KG = 1_000_000


def make(served: Served, lot: str, mass: str, *, by: str) -> str:
    (made,) = issue(served.registry, [blend(lot, mass, producer=by, plant=plant(by))], tables=tables())
    assert isinstance(made, IssuedRun), made
    return made.certificates[0].digest


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DeskSite, str]]:
    served = serve(tmp_path_factory.mktemp("lots-page"))
    digest = make(served, "AL-41", "447.2 kg", by=ANN)
    make(served, "AL-42", "450 kg", by=ANN)
    make(served, "RC-11", "1700 kg", by=BEN)
    ship(served.registry, Dispatch("AL-41", ANN, BEN, 100 * KG))
    accept(served.registry, consignee=BEN)
    ship(served.registry, Dispatch("AL-41", ANN, BEN, 20 * KG))
    ship(served.registry, Dispatch("RC-11", BEN, ANN, 1700 * KG))
    with site(served) as found:
        yield found, digest


def test_the_browser_prints_sheets_that_scanners_read_and_nothing_else(
    running: tuple[DeskSite, str], browser: Browser, tmp_path: Path
) -> None:
    desk, digest = running
    with desk.page(browser, person(desk.served, "clerk")) as page:
        page.goto(f"{desk.origin}/desk/labels?d={digest}&d={digest}&sheet=a4-4&start=4")
        page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    sizes = [(round(sheet.get_width() * 25.4 / 72), round(sheet.get_height() * 25.4 / 72)) for sheet in document]
    assert sizes == [(210, 297), (210, 297)]
    for sheet in document:
        (text,) = read(sheet.render(scale=300 / 72).to_pil())
        link = parse_link(text)
        assert isinstance(link, CertificateLink)
        assert link.digest == digest
        assert "Print this page" not in sheet.get_textpage().get_text_range()


def test_goods_are_accepted_by_keyboard_alone(running: tuple[DeskSite, str], browser: Browser) -> None:
    desk, _ = running
    with desk.page(browser, person(desk.served, "goods-in")) as page:
        page.goto(f"{desk.origin}/desk/incoming")
        page.focus("input[name=scale]")
        page.keyboard.type("1690")
        page.keyboard.press("Enter")
        page.wait_for_selector("#problems")
        assert "-0.59" in page.inner_text("#problems")
        page.fill("input[name=scale]", "1699.2")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/certificates/*")
        assert "0.8 kg less" in page.inner_text("main")
