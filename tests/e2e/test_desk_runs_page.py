"""The screens of a run in a real browser: at both sizes, in both languages, with scripts and without."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ledger.desk.recipes import keep_recipe
from ledger.desk.suggest import counted_up
from tests.support.browser.chromium import DESKTOP, PHONE, chromium, violations
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, serve
from tests.support.registries.desk_runs import READING, blend, recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from ledger.desk.people import Person


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    served = serve(tmp_path_factory.mktemp("desk"))
    keep_recipe(served.registry, recipe() | {"lots": "AL-{n}"}, party=ANN)
    keep_recipe(served.registry, blend(), party=ANN)
    with site(served) as at:
        yield at


@pytest.fixture(scope="module")
def clerk(at: DeskSite) -> Person:
    return person(at.served, "clerk", name="Li Wei")


def press(page: Page, button: str) -> None:
    """Press what leads to another page, and wait for that."""
    with page.expect_navigation():
        page.click(button)


def fine(page: Page, name: str) -> None:
    """The page fits its window, and axe finds nothing."""
    if "PICTURES" in os.environ:
        page.screenshot(path=f"{os.environ['PICTURES']}/{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert violations(page, contrast=name.startswith("en")) == [], name


@pytest.mark.parametrize(
    ("language", "size", "scripts"),
    [("en", PHONE, True), ("zh-Hans", DESKTOP, False)],
    ids=["phone", "desktop-no-script"],
)
def test_a_clerks_run(
    browser: Browser, at: DeskSite, clerk: Person, language: str, size: dict[str, int], scripts: bool
) -> None:
    name = f"{language}-{size['width']}"
    with at.page(browser, clerk, size=size, scripts=scripts, language=language) as page:  # type: ignore[arg-type]
        page.goto(f"{at.origin}/desk/runs/new")
        shown = fine if scripts else lambda *_: None  # axe is a script
        page.goto(f"{at.origin}/desk/runs/new?recipe=BL")
        shown(page, f"{name}-inputs")
        page.goto(f"{at.origin}/desk/runs/new?recipe=OX")
        page.fill("[name=mass_kg]", "1010")
        page.fill(f"[name='r:{READING}']", "101")
        page.press("[name=mass_kg]", "Enter")  # Enter is the preview
        page.wait_for_url("**/edit")
        shown(page, f"{name}-problems")
        if scripts:
            assert page.evaluate("document.activeElement.id") == "problems"
        page.click("#problems a")
        assert page.evaluate("document.activeElement.name") == "mass_kg" or not scripts
        page.fill("[name=mass_kg]", "101")
        press(page, "main form .buttons button >> nth=0")
        shown(page, f"{name}-preview")
        press(page, "button[value=hold]")
        shown(page, f"{name}-held")
        page.goto(f"{at.origin}/desk")
        press(page, "table a >> nth=0")
        press(page, "button[value=now]")
        shown(page, f"{name}-issued")
        page.wait_for_selector("main .choices a")


@pytest.mark.parametrize(
    ("pattern", "lots", "next_"),
    [("AL-{n}", [], "AL-1"), ("AL-{n}", ["AL-9", "AL-10", "BL-99"], "AL-11"), ("K{n}/26", ["K007/26"], "K008/26")],
)
def test_lots_are_counted_up(pattern: str, lots: list[str], next_: str) -> None:
    assert counted_up(pattern, lots) == next_
