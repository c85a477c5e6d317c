"""The page in a real browser: every state, both languages, phone and desktop, with JavaScript and without."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from api.web.assets import VERSION
from tests.support.browser.chromium import DESKTOP, PHONE, violations
from tests.support.browser.showcase import STATES, Showcase, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(showcase: Showcase) -> Iterator[str]:
    with running(showcase.app()) as url:
        yield url


@pytest.fixture(scope="module")
def context(browser: Browser) -> Callable[..., BrowserContext]:
    """Return the browser context with these options; pages in one context share their start, which costs a second."""

    @cache
    def made(**how: object) -> BrowserContext:
        return browser.new_context(viewport=PHONE, **how)  # type: ignore[arg-type]

    return made


@pytest.fixture
def opened(context: Callable[..., BrowserContext], address: str) -> Iterator[Callable[..., Page]]:
    """Open an address and hold that nothing was blocked, failed, or came from elsewhere."""
    pages = []
    told: list[str] = []

    def open_page(path: str, *, settled: bool = True, viewport: ViewportSize = PHONE, **how: object) -> Page:
        page = context(**how).new_page()
        pages.append(page)
        page.set_viewport_size(viewport)
        page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: told.append(f"error: {error}"))
        page.on("dialog", lambda dialog: told.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: told.extend([request.url] if not request.url.startswith(address) else []))
        page.goto(address + path)
        if settled and how.get("java_script_enabled", True) and page.query_selector("#browser"):
            page.wait_for_selector("#browser[data-verdict]", timeout=10_000)
            if page.get_attribute("#page", "data-digest") and "failed" not in str(
                page.get_attribute("#page", "data-steps")
            ):
                page.wait_for_selector("#browser[data-whole]", timeout=20_000)
        return page

    yield open_page
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
    assert told == []


UNFOLD: Final = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


def verdict_of(page: Page) -> str:
    return str(page.get_attribute("#page", "data-verdict"))


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
@pytest.mark.parametrize("state", STATES)
def test_wb_12_every_state_is_told_in_words_and_is_accessible(
    opened: Callable[..., Page], showcase: Showcase, state: str, lang: str
) -> None:
    page = opened(f"/show/{state}?lang={lang}")
    assert verdict_of(page) == showcase.cases[state].verdict
    assert page.get_attribute("html", "lang") == lang
    assert page.inner_text("#verdict").strip()
    page.evaluate(UNFOLD)
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        # a colour depends on the state alone, so contrast is measured once in each language, and once in each size
        assert violations(page, contrast=(lang == "en") == (size is PHONE)) == [], size
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than the screen: {size}"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_whatever_is_closed_opens_when_it_is_pressed(opened: Callable[..., Page], size: ViewportSize) -> None:
    page = opened("/show/genuine", viewport=size)
    closed = page.query_selector_all("details:not([open]) summary")
    assert len(closed) > 10
    for summary in closed:
        summary.click()
    assert page.locator("details:not([open])").count() == 0


def test_wb_12_words_of_the_states_are_different(opened: Callable[..., Page], address: str) -> None:
    page, said, heads = opened("/show/genuine", java_script_enabled=False), {}, {}
    for state in STATES:
        page.goto(f"{address}/show/{state}")
        said[state], heads[state] = page.inner_text(".verdict"), page.inner_text("#verdict")
    assert [state for state in STATES if heads[state] == "Genuine record"] == [
        "genuine", "public", "withheld", "custodial-demo",
    ]  # fmt: skip
    assert len({re.sub(r"\d+", "", text) for text in said.values()}) >= 11


def test_dark_forced_colours_and_large_text_are_accessible_too(opened: Callable[..., Page]) -> None:
    for how in ({"color_scheme": "dark"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}):
        assert violations(opened("/show/genuine", **how)) == [], how
    page = opened("/show/genuine")
    page.add_style_tag(url=f"/static/{VERSION}/page.css")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
def test_no_figure_is_broken_on_a_phone(opened: Callable[..., Page], lang: str) -> None:
    page = opened(f"/show/genuine?lang={lang}")
    lines = page.evaluate(
        """[...document.querySelectorAll(".whole, summary .by")].map((each) => {
          const range = document.createRange();
          range.selectNodeContents(each);
          return [each.textContent, new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size];
        })"""
    )
    assert len(lines) >= 10
    assert [text for text, count in lines if count != 1] == []


@pytest.mark.parametrize("path", ["/", "/missing"])
@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
def test_the_search_and_the_missing_page_are_accessible(opened: Callable[..., Page], path: str, lang: str) -> None:
    assert violations(opened(f"{path}?lang={lang}")) == []


def test_whatever_is_pressed_is_large_enough_for_a_thumb(opened: Callable[..., Page]) -> None:
    page = opened("/show/genuine")
    page.evaluate(UNFOLD)
    page.wait_for_selector("#pin:not([hidden])")
    small = page.evaluate(
        """[...document.querySelectorAll("a.button, button, summary, nav a, .mark, label.button")]
        .filter((each) => each.offsetParent !== null && each.id !== "pin-forget")
        .map((each) => [each.className, each.offsetWidth, each.offsetHeight])
        .filter(([, width, height]) => width < 44 || height < 44)"""
    )
    assert small == []


@pytest.mark.parametrize("state", ["genuine", "withdrawn", "forged"])
def test_without_javascript_the_page_is_whole(opened: Callable[..., Page], showcase: Showcase, state: str) -> None:
    page = opened(f"/show/{state}", java_script_enabled=False)
    text = str(page.text_content("main"))
    assert verdict_of(page) == showcase.cases[state].verdict
    assert "Computed by this server" in text
    assert "oreprint verify" in text
    assert ("Match the label" in text) == (state != "forged")
    assert page.locator(".steps > li").count() >= 11
    assert violations(opened(f"/show/{state}")) == []


BY_ITSELF: Final = ("forged", "unknown-issuer", "unknown-registry", "tampered-upstream")
"""States in which the browser says something else than that it found the same."""


@pytest.mark.parametrize("state", [state for state in STATES if state != "stale"])
def test_the_browser_agrees_with_the_server_in_every_state(opened: Callable[..., Page], state: str) -> None:
    page = opened(f"/show/{state}")
    assert not page.query_selector("#browser.differs")
    assert "found the same in steps 1 to 6" in page.inner_text("#said") or state in BY_ITSELF
    assert str(page.locator("#step-1 .by").text_content()).startswith("this browser: ")


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (lambda page: page.replace(b'data-value="545"', b'data-value="5450"'), "another value"),
        (lambda page: page.replace(b'data-steps="passed', b'data-steps="failed'), "does not agree"),
        (lambda page: re.sub(rb'(<bdi data-path="batch.lot"[^>]*>)L[^<]*', rb"\1L99-0", page), "another value"),
        (
            lambda page: re.sub(rb'(data-path="footprint.per_kg.location"[^>]*>)[^<]*', rb"\g<1>1.2", page),
            "another value",
        ),
        (
            lambda page: re.sub(rb'(data-path="batch.net_mass_kg"[^>]*><span class="n">)[^&]*', rb"\g<1>54.5", page),
            "another value",
        ),
        (
            lambda page: re.sub(rb'(<bdi data-path="party.names.0.text"[^>]*>)[^<]*', rb"\1Somebody", page),
            "another value",
        ),
        (lambda page: re.sub(rb'(<bdi data-path="composition.0.element"[^>]*>)[^<]*', rb"\1Xe", page), "another value"),
        (
            lambda page: re.sub(rb'(data-path="composition.0.fraction"[^>]*>)[^<]*', rb"\g<1>99 %", page),
            "another value",
        ),
        (lambda page: re.sub(rb'(data-path="batch.kind" data-value=")[^"]*', rb"\1magnet", page), "another value"),
        (lambda page: page.replace(b'data-verdict="genuine"', b'data-verdict="superseded"'), "does not agree"),
    ],
    ids=["mass", "result", "lot", "figure read", "mass read", "issuer", "element", "part of it", "kind", "verdict"],
)
def test_a_server_that_lies_is_contradicted_loudly(
    opened: Callable[..., Page], showcase: Showcase, lie: Callable[[bytes], bytes], says: str
) -> None:
    showcase.lie = lie
    try:
        page = opened("/show/genuine")
    finally:
        showcase.lie = lambda content: content
    assert page.get_attribute("#browser", "role") == "alert"
    assert page.query_selector("#browser.differs")
    assert says in page.inner_text("#said")


def test_another_record_s_bundle_is_not_taken_for_this_one(opened: Callable[..., Page], showcase: Showcase) -> None:
    showcase.other = "superseded"
    try:
        page = opened("/show/genuine")
    finally:
        showcase.other = None
    assert page.query_selector("#browser.differs")
    assert "does not agree" in page.inner_text("#said")


def test_a_reader_s_own_trust_list_is_used_and_kept(
    opened: Callable[..., Page], showcase: Showcase, tmp_path: Path
) -> None:
    own = tmp_path / "trust.json"
    own.write_text(json.dumps({"note": showcase.cases["genuine"].cast.note}, ensure_ascii=False, separators=(",", ":")))
    page = opened("/show/genuine")
    page.evaluate(UNFOLD)
    page.set_input_files("#pin-file", own)
    page.locator("#said", has_text="your own trust list").wait_for()
    page.reload()
    page.wait_for_selector("#browser[data-verdict]")
    assert "your own trust list" in page.inner_text("#said")
    page.evaluate(UNFOLD)
    page.click("#pin-forget")
    page.locator("#said", has_text="this server's trust list").wait_for()


def test_what_is_no_trust_list_is_not_pinned(opened: Callable[..., Page], tmp_path: Path) -> None:
    own = tmp_path / "trust.json"
    own.write_text('{"note":"nothing"}')
    page = opened("/show/genuine")
    page.evaluate(UNFOLD)
    page.set_input_files("#pin-file", own)
    assert page.wait_for_selector("#pin .problem[role=alert]")
    assert page.evaluate("localStorage.getItem('oreprint.trust')") is None


def test_the_vectors_hold_in_the_browser_too(opened: Callable[..., Page], root: Path) -> None:
    page = opened("/show/genuine")
    vectors = json.loads((root / "tests/golden/browser/vectors.json").read_text())
    wrong = page.evaluate(
        """async ([base, { pool, cases }]) => {
          const { verify } = await import(`${base}/verify.js`);
          const wrong = [];
          for (const each of cases) {
            const bundle = each.lines.map((line) => pool[line]).join("");
            const found = await verify({ bundle, trust: pool[each.trust], now: each.now });
            const steps = found.steps.map(({ result }) => result).join();
            if (found.verdict !== each.verdict || steps !== each.steps.join()) wrong.push(each.name);
          }
          return wrong;
        }""",
        [f"/static/{VERSION}", vectors],
    )
    assert wrong == []


def test_print_shows_address_code_and_all_evidence(opened: Callable[..., Page]) -> None:
    page = opened("/show/genuine")
    page.emulate_media(media="print")
    assert page.is_visible(".address code")
    assert "/c/zQm" in page.inner_text(".address code")
    assert not page.is_visible("nav")
    assert page.pdf()[:5] == b"%PDF-"
