"""The screens of a run in a real browser: at both sizes, in both languages, with scripts and without."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from ledger.desk.recipes import keep_recipe
from ledger.desk.suggest import counted_up
from ledger.issuing.issue import IssuedRun, issue
from ledger.recipes.made import recipe_of
from tests.support.browser.chromium import DESKTOP, PHONE, chromium, violations
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, plant, serve, tables
from tests.support.registries.desk_runs import READING, blend, recipe
from tests.support.worlds.blends import blend as made_of
from tests.support.worlds.blends import written

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
    keep_recipe(served.registry, daily(), party=ANN)
    (stock,) = issue(
        served.registry, [made_of("A-1", "500 kg", producer=ANN, plant=plant(ANN))], tables=tables(), author="operator"
    )
    assert isinstance(stock, IssuedRun), stock
    with site(served) as at:
        yield at


def daily() -> dict[str, Any]:
    """Return a recipe as of a plant: one input, a mass and three meters."""
    run = dict(written("B-1", "50 kg", inputs={"A-1": "50 kg"}, producer=ANN, plant=plant(ANN)))
    del run["excluded"]
    run["electricity"] = [
        {"name": name, "amount": amount, "grid": "CN-NM"}
        for name, amount in {"furnace": "400 kWh", "fans": "20 kWh", "drying": "60 kWh"}.items()
    ]
    return recipe_of(run, name="DAY", title="Daily") | {"lots": "DAY-{n}"}


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
        page.press("[name=mass_kg]", "Enter")  # without scripts it is the preview, else the next field
        if scripts:
            assert page.evaluate("document.activeElement.name") == "moisture"
            press(page, "[data-last]")
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


MOST_TYPED, MOST_PRESSED = 8, 5
"""Fields that a daily run may take, and links and buttons: the last one prints the labels."""


class Keyboard:
    """A person without a mouse: counts the fields that are typed into, and the links and buttons that are pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.typed: set[str] = set()
        self.pressed: list[str] = []

    def at(self, what: str) -> str:
        """Return something about the element that has the focus."""
        return str(self.page.evaluate(f"document.activeElement.{what} ?? ''"))

    def tab_to(self, wanted: str) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(80):
            if self.page.evaluate(f"document.activeElement.matches({wanted!r})"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(wanted)

    def press(self, wanted: str) -> None:
        """Go to a link or button, and press it."""
        self.tab_to(wanted)
        self.pressed.append(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, text: str) -> None:
        """Type into the field that has the focus."""
        self.typed.add(self.at("name"))
        self.page.keyboard.type(text)


def test_a_daily_run_takes_the_keyboard_alone_and_few_fields(browser: Browser, at: DeskSite, clerk: Person) -> None:
    """Acceptance 2: at most 8 typed fields and 5 clicks. A failure names the fields."""
    values = {"mass_kg": "49.5", "input1_kg": "50", "r:furnace": "401", "r:fans": "19.5", "r:drying": "61"}
    with at.page(browser, clerk) as page:
        keys = Keyboard(page)
        keys.press("nav a[href='/desk/runs/new']")
        keys.press("main a[href$='recipe=DAY']")
        page.wait_for_function("document.activeElement.name === 'mass_kg'")  # the first empty field
        seen = []
        while keys.at("tagName") == "INPUT":
            seen.append(keys.at("name"))
            if keys.at("name") in values and not keys.at("value"):
                keys.type(values[keys.at("name")])
            page.keyboard.press("Enter")
            assert len(seen) < 40, seen
        keys.press("[data-last]")
        assert page.locator("h1").inner_text() == "Preview", page.inner_text("main")
        for key in "abcdefghijklmnopqrstuvwxyz0123456789.?":  # no single key does anything
            page.keyboard.press(key)
        assert (page.locator("h1").inner_text(), page.url.count("/desk/drafts/")) == ("Preview", 1)
        keys.press("button[value=labels]")
        assert "/desk/labels?d=" in page.url
        keys.pressed.append("print")
        assert set(values) == keys.typed
        assert len(keys.typed) <= MOST_TYPED, keys.typed
        assert len(keys.pressed) <= MOST_PRESSED, keys.pressed
        page.keyboard.press("/")
        page.wait_for_url("**/desk/lots#f-q")
        page.wait_for_function("document.activeElement.name === 'q'")
        page.keyboard.type("DAY-1")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "DAY-1" in page.inner_text("main table")
        page.goto(f"{at.origin}/desk/account")
        press(page, "button[name=keys]")
        page.keyboard.press("/")
        assert page.url.endswith("/desk/account"), "it can be turned off"


@pytest.mark.parametrize(
    ("pattern", "lots", "next_"),
    [("AL-{n}", [], "AL-1"), ("AL-{n}", ["AL-9", "AL-10", "BL-99"], "AL-11"), ("K{n}/26", ["K007/26"], "K008/26")],
)
def test_lots_are_counted_up(pattern: str, lots: list[str], next_: str) -> None:
    assert counted_up(pattern, lots) == next_
