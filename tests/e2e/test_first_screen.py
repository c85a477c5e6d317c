"""What the first screen of a phone says in some states; `test_page_states.py` looks at it in all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browser.chromium import SMALL, forget
from tests.support.browser.showcase import Showcase, judged, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def opened(browser: Browser, showcase: Showcase) -> Iterator[Callable[..., Page]]:
    """Open the page of a state on a small phone."""
    with running(showcase.app()) as address:
        context = browser.new_context(viewport=SMALL)
        page = context.new_page()

        def open_page(state: str, lang: str = "en") -> Page:
            forget(page, address)
            page.goto(f"{address}/show/{state}?lang={lang}")
            judged(page)
            return page

        yield open_page
        context.close()


def first(page: Page) -> str:
    """Return the text of the first screen, on one line."""
    return " ".join(page.inner_text(".first").split())


def test_the_name_of_the_later_certificate_is_a_link_and_no_hash(opened: Callable[..., Page]) -> None:
    page = opened("superseded")
    assert "zQm" not in first(page)
    assert str(page.locator("a", has_text="Open the later certificate").get_attribute("href")).startswith("/c/zQm")


def colour(page: Page, selector: str) -> str:
    return str(page.evaluate("(at) => getComputedStyle(document.querySelector(at)).color", selector))


def test_a_part_that_is_withdrawn_is_amber_and_the_lot_itself_red(opened: Callable[..., Page]) -> None:
    page = opened("upstream-withdrawn")
    amber, text = colour(page, "h1"), first(page)
    assert page.get_attribute("#page", "data-state") == "affected"
    assert "Part of it: 20 %. 96 kg of this lot comes from a withdrawn batch." in text
    assert re.search(
        r"L2-0 withdrawn: 20 % Nd, 20 % Pr\. Reason of the issuer: .?found wrong on a second look.?, \d+ \w+ \d{4}",
        text,
    )
    assert "Quarantine 96 kg. Ask Ben which part that is." in text
    page = opened("withdrawn")
    red, text = colour(page, "h1"), first(page)
    assert "Yes, all of it. The issuer withdrew this lot. Reason of the issuer: " in text
    assert "Quarantine all 1,000 kg." in text
    page = opened("suspended")
    assert page.inner_text("#verdict") == "Suspended"
    assert "Hold all 1,000 kg back until Ann lifts the suspension." in first(page)
    assert amber != red == colour(page, "h1")


def test_an_unknown_registry_is_not_known_here_and_nobody_is_accused(opened: Callable[..., Page]) -> None:
    page = opened("unknown-registry")
    assert page.get_attribute("#page", "data-state") == "unknown"
    assert page.inner_text("#verdict") == "Not known to this verifier"
    text = page.inner_text("main")
    assert "Get a trust list that names one.example" in text
    assert "Do not rely on this" not in text
    assert "does not agree" not in text
    assert not page.query_selector("#browser.differs")


def test_an_altered_line_upstream_is_told_and_the_server_is_not_accused(opened: Callable[..., Page]) -> None:
    page = opened("tampered-upstream")
    assert page.inner_text("#verdict") == "Do not rely on this"
    assert not page.query_selector("#browser.differs")
    assert page.get_attribute("#browser", "data-whole") == "do-not-rely"
    assert page.inner_text("#said").startswith("This browser found the same"), "it judged the other record, too"


def test_a_server_cannot_hide_the_browser_s_failure_behind_another_record(
    opened: Callable[..., Page], showcase: Showcase
) -> None:
    showcase.lie = lambda page: page.replace(b'data-verdict="do-not-rely"', b'data-verdict="genuine"').replace(
        b'data-steps="passed passed passed failed', b'data-elsewhere="failed" data-steps="passed passed passed passed'
    )
    try:
        page = opened("forged")
    finally:
        showcase.lie = lambda content: content
    assert page.query_selector("#browser.differs")


def box(page: Page, selector: str) -> Any:  # noqa: ANN401 - what the browser says
    return page.evaluate("(at) => document.querySelector(at).getBoundingClientRect().toJSON()", selector)


def test_the_chain_begins_at_this_lot_fits_the_phone_and_can_be_made_larger(opened: Callable[..., Page]) -> None:
    page = opened("genuine")
    lots = page.locator(".drawing .lot").all_text_contents()
    assert len(lots) == 5
    assert lots[0] == "L4-0"
    assert box(page, ".drawing svg")["right"] <= SMALL["width"]
    sizes = page.evaluate(
        "[...document.querySelectorAll('.drawing text')].map((each) => each.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 11
    before = box(page, ".drawing svg")["width"]
    page.click("[data-zoom='1']")
    page.click("[data-zoom='1']")
    assert box(page, ".drawing svg")["width"] > 1.5 * before
    page.evaluate("document.querySelector('.drawing .scroll').scrollLeft = 100")
    assert page.evaluate("document.querySelector('.drawing .scroll').scrollLeft") == 100
    page.click("[data-zoom='-1']")
    page.click("[data-zoom='-1']")
    assert box(page, ".drawing svg")["width"] == pytest.approx(before, rel=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
