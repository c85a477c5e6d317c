"""Replacing a run and doing what was approved, in a browser: every screen fits a telephone, and axe finds nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ledger.desk.approvals import approve, listed, set_two_persons
from ledger.desk.listing import ListFilter, every_certificate
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.approval import OPERATOR
from tests.support.browser.chromium import PHONE, chromium, violations
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    served = serve(tmp_path_factory.mktemp("desk"))
    records = [blend(lot, "1000 kg", producer=ANN, plant=plant(ANN)) for lot in ("NdPr-en", "NdPr-zh-Hans")]
    assert all(isinstance(each, IssuedRun) for each in issue(served.registry, records, tables=tables()))
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    with site(served) as at:
        yield at


def fine(page: Page, name: str) -> None:
    """The page fits its window, and axe finds nothing; colours have no language, so contrast is measured in one."""
    if "PICTURES" in os.environ:
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert violations(page, contrast="-en-" in name) == [], name


def press(page: Page, button: str) -> None:
    """Press what leads to another page, and wait for that."""
    with page.expect_navigation():
        page.click(button)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_quality_replaces_a_run_that_another_approves(browser: Browser, at: DeskSite, language: str) -> None:
    registry, lot = at.served.registry, f"NdPr-{language}"
    asks, approves = person(at.served, "quality"), person(at.served, "quality", name=f"Chen Jie {language}")
    (digest,) = (each.digest for each in every_certificate(registry, ANN, ListFilter()) if each.lot == lot)
    with at.page(browser, asks, size=PHONE, language=language) as page:
        page.goto(f"{at.origin}/desk/certificates/{digest}")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        fine(page, f"right-{language}-1-certificate")
        press(page, "form[action$='put-right']:has([value=replace]) button")
        fine(page, f"right-{language}-2-form")
        assert page.input_value("[name=lot]") == f"{lot}-2"
        page.fill("[name=mass_kg]", "100")
        for line in page.locator("[name^='r:']").all():
            line.fill("100")
        press(page, "[data-last]")
        page.locator("[name=reason]").fill("kg")
        fine(page, f"right-{language}-3-preview")
        press(page, "button[value=now]")
        fine(page, f"right-{language}-4-waits")
        (row,) = listed(registry, ANN, "waiting", author=asks.author)
        with at.page(browser, approves, size=PHONE, language=language) as other:
            other.goto(f"{at.origin}/desk/approvals/{row.id}")
            press(other, "button[value=approve]")
            fine(other, f"right-{language}-5-approved")
        approval = f"{at.origin}/desk/approvals/{row.id}"
        for name, address in {"today": "/desk", "approval": f"/desk/approvals/{row.id}"}.items():
            page.goto(f"{at.origin}{address}")
            fine(page, f"right-{language}-6-{name}")
            assert page.locator("form[action$='/do'] button").count() == 1
        page.goto(f"{at.origin}/desk")
        press(page, "form[action$='/do'] button")
        fine(page, f"right-{language}-7-issued")
        assert f"{lot}-2" in page.inner_text("main")
        page.goto(approval)
        fine(page, f"right-{language}-8-done")
    assert listed(registry, ANN, "used", author=asks.author)
    with pytest.raises(Exception, match="does not wait"):
        approve(registry, row.id, party=ANN, by=approves.author)
