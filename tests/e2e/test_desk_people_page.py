"""The people screen in a real browser: for everybody, with and without scripts, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.chromium import DESKTOP, PHONE, misfits
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ViewportSize

pytestmark = pytest.mark.slow
PATH = "/desk/admin/people"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    with site(serve(tmp_path_factory.mktemp("people"))) as running:
        yield running


@pytest.mark.parametrize(
    ("size", "language", "scripts"), [(PHONE, "en", True), (DESKTOP, "zh-Hans", False)], ids=["script", "no-script"]
)
def test_somebody_is_invited_and_comes(
    desk: DeskSite, browser: Browser, *, size: ViewportSize, language: str, scripts: bool
) -> None:
    name = f"Li Wei {language} {size['width']} {scripts}"
    with desk.page(browser, person(desk.served, "admin"), size=size, scripts=scripts) as page:
        page.goto(f"{desk.origin}{PATH}?lang={language}")
        page.fill("#f-name", name)
        page.click("section button")  # no role is ticked
        page.wait_for_selector("#problems")
        assert page.input_value("#f-name") == name, "what was typed stays"
        if scripts:
            assert page.evaluate("document.activeElement.id") == "problems"
        page.click("#problems a")
        page.check("input[name=roles][value=clerk]")
        page.click("section button")
        link = page.input_value("#f-link")
        assert re.fullmatch(rf"{desk.origin}/desk/link/orei_[A-Za-z0-9_-]{{43}}", link)
        if scripts:
            assert misfits(page, language) == []
        context = browser.new_context(java_script_enabled=scripts)
        other = context.new_page()
        other.goto(link)
        other.click("main button")
        other.wait_for_url("**/desk")
        assert name in other.inner_text(".who")
        context.close()
        page.goto(f"{desk.origin}{PATH}")
        page.locator("tr", has_text=name).locator("a").click()
        assert page.inner_text("h1") == name
        page.click("button.danger")
        page.wait_for_url(f"**{PATH}")
        assert name not in page.inner_text("main")
