"""The page in a real browser: every state and language, phone and desktop, with JavaScript and without."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.web.assets import VERSION
from api.web.words import LANGUAGES
from schemas.claim import SCOPES, Answer, Claim
from schemas.document import replace
from tests.support.browser.chromium import DESKTOP, PHONE, forget, violations
from tests.support.browser.showcase import STATES, UNFOLD, Showcase, judged, running
from tests.support.worlds.broken_histories import case
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, ViewportSize

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(showcase: Showcase) -> Iterator[str]:
    with running(showcase.app()) as url:
        yield url


@pytest.fixture(scope="module")
def page_of(browser: Browser) -> Callable[..., Page]:
    """Return the page of the browser context with these options; it goes from place to place, which saves its start."""

    @cache
    def made(**how: object) -> Page:
        return browser.new_context(viewport=PHONE, **how).new_page()  # type: ignore[arg-type]

    return made


@pytest.fixture
def opened(page_of: Callable[..., Page], address: str) -> Iterator[Callable[..., Page]]:
    """Open an address and hold that nothing was blocked, failed, or came from elsewhere."""
    told: list[str] = []
    listeners: Final[dict[str, Callable[[Any], None]]] = {
        "console": lambda message: told.append(f"{message.type}: {message.text}"),
        "pageerror": lambda error: told.append(f"error: {error}"),
        "dialog": lambda dialog: told.append(f"dialog: {dialog.message}"),
        "request": lambda request: told.extend([request.url] if not request.url.startswith(address) else []),
    }
    pages: list[Page] = []

    def open_page(path: str, *, viewport: ViewportSize = PHONE, **how: object) -> Page:
        page = page_of(**how)
        if page not in pages:
            pages.append(page)
            for event, listener in listeners.items():
                page.on(event, listener)  # type: ignore[call-overload]
        page.set_viewport_size(viewport)
        page.goto(address + path)
        if how.get("java_script_enabled", True) and page.query_selector("#browser"):
            judged(page)
        return page

    yield open_page
    for page in pages:
        forget(page, address)
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
        page.emulate_media(media="screen")
    assert told == []


def verdict_of(page: Page) -> str:
    return str(page.get_attribute("#page", "data-verdict"))


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
        "genuine", "public", "no-word", "withheld", "custodial-demo",
    ]  # fmt: skip
    assert len({re.sub(r"\d+", "", text) for text in said.values()}) >= 11


def test_dark_forced_colours_and_large_text_are_accessible_too(opened: Callable[..., Page]) -> None:
    for how in ({"color_scheme": "dark"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}):
        assert violations(opened("/show/genuine", **how), contrast="reduced_motion" not in how) == [], how
    page = opened("/show/genuine")
    page.add_style_tag(url=f"/static/{VERSION}/page.css")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page, contrast=False) == []


@pytest.mark.parametrize("path", ["/", "/missing", "/offline"])
def test_print_is_accessible_too(opened: Callable[..., Page], path: str) -> None:
    page = opened(path)
    page.emulate_media(media="print")
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/", "/missing", "/offline"])
@pytest.mark.parametrize("lang", LANGUAGES)
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
    assert violations(opened(f"/show/{state}"), contrast=False) == []


def read_as(begin: bytes, text: bytes) -> Callable[[bytes], bytes]:
    """Return the lie of a server that lets people read this text, where a value begins with these bytes."""
    return lambda page: re.sub(rb"(" + begin + rb"[^>]*>)[^<]+", rb"\g<1>" + text, page, count=1)


ANOTHER: Final = "another value"
LIES: Final[dict[str, tuple[Callable[[bytes], bytes], str]]] = {
    "verdict": (lambda page: page.replace(b'data-verdict="genuine"', b'data-verdict="superseded"'), "does not agree"),
    "result": (lambda page: page.replace(b'data-steps="passed', b'data-steps="failed'), "does not agree"),
    "mass read": (
        lambda page: re.sub(rb'(data-path="batch.net_mass_kg"[^>]*><span class="n">)[^&]*', rb"\g<1>54.5", page),
        ANOTHER,
    ),
    "mass left out": (lambda page: page.replace(b'data-path="batch.net_mass_kg"', b""), ANOTHER),
    "kind read": (read_as(b'<span data-path="batch.kind"', b"magnet"), ANOTHER),
}
"""What a server may alter of a page, one thing at a time, and what the browser says."""
TOGETHER: Final[dict[str, tuple[Callable[[bytes], bytes], str]]] = {
    "mass": (lambda page: page.replace(b'data-value="545"', b'data-value="5450"'), "batch.net_mass_kg"),
    "heading": (read_as(b'<span id="verdict"', b"Withdrawn"), ".first #verdict"),
    "supplier": (read_as(b'<bdi data-fact="supplier"', b"Somebody"), "supplier"),
    "domain": (read_as(b'<bdi data-fact="domain"', b"evil.example"), "domain"),
    "lot": (read_as(b'<bdi data-path="batch.lot"', b"L99-0"), "batch.lot"),
    "kind": (lambda page: re.sub(rb'(data-path="batch.kind" data-value=")[^"]*', rb"\1magnet", page), "batch.kind"),
    "figure read": (read_as(b'data-path="footprint.per_kg.location"', b"1.2"), "footprint.per_kg.location"),
    "range": (read_as(b'data-derived="high"', b"0.99"), "high"),
    "other allocation": (
        lambda page: re.sub(rb'<small class="dim whole">By another.*?</small>', b"", page, count=1), "other",
    ),
    "stage": (read_as(b'data-derived="stage mining"', b"0.01"), "stage mining"),
    "issuer": (read_as(b'<bdi data-path="party.names.0.text"', b"Somebody"), "party.names.0.text"),
    "product": (read_as(b'<bdi data-path="batch.description"', b"Pure gold"), "batch.description"),
    "day of issue": (read_as(b'<time data-path="issued"', b"1 Jan 2020, 10:00 UTC"), "issued"),
    "element": (read_as(b'<bdi data-path="composition.0.element"', b"Xe"), "composition.0.element"),
    "part of it": (read_as(b'data-path="composition.0.fraction"', b"99 %"), "composition.0.fraction"),
    "country": (
        read_as(b'data-path="composition.0.extracted.0.country"', b"Japan"), "composition.0.extracted.0.country",
    ),
    "lot upstream": (
        lambda page: re.sub(rb'(<strong><bdi data-path="batch.lot">)L1-0', rb"\g<1>L99-0", page), "batch.lot",
    ),
}  # fmt: skip
"""What a server may alter of a page at once, each in a place of its own, and the name that the browser has for it."""


@pytest.fixture
def lied_to(opened: Callable[..., Page], showcase: Showcase) -> Callable[[Callable[[bytes], bytes]], Page]:
    """Return the page of a server that lies, and hold that the browser says so loudly."""

    def page_of(lie: Callable[[bytes], bytes]) -> Page:
        showcase.lie = lie
        try:
            page = opened("/show/genuine")
        finally:
            showcase.lie = lambda content: content
        assert page.get_attribute("#browser", "role") == "alert"
        assert page.query_selector("#browser.differs")
        return page

    return page_of


@pytest.mark.parametrize("name", LIES)
def test_a_server_that_lies_is_contradicted_loudly(lied_to: Callable[..., Page], name: str) -> None:
    lie, says = LIES[name]
    assert says in lied_to(lie).inner_text("#said")


def test_each_of_many_lies_is_found(lied_to: Callable[..., Page]) -> None:
    page = lied_to(lambda content: reduce(lambda made, each: each[0](made), TOGETHER.values(), content))
    assert ANOTHER in page.inner_text("#said")
    found = Counter(str(page.get_attribute("#browser", "title")).split(", "))
    owed = Counter(named for _, named in TOGETHER.values())
    assert owed - found == Counter()


ANSWERS: Final[dict[str, Answer]] = {"zero-discharge": "declared", "origin-known": "proven"}
CLAIMED: Final = tuple(
    Claim(id=name, scope=scope, answer=answer) for name, answer in ANSWERS.items() for scope in SCOPES
)
"""Claims that a mine can make, with the answers that they have."""


@pytest.fixture
def claimed(showcase: Showcase) -> str:
    """The state of a lot with claims."""
    world = World(now_ms=showcase.cases["genuine"].policy.at_ms // 1000 * 1000 - 3_600_000, full=True)
    cheat = Cheat(facts=lambda facts: replace(facts, claims=CLAIMED))
    showcase.cases["claimed"] = case(world, world.issue("ann", makes=[Make(1_000_000_000)], cheat=cheat), "genuine")
    return "claimed"


def test_a_server_that_alters_the_answer_to_a_claim_is_contradicted(
    opened: Callable[..., Page], showcase: Showcase, claimed: str
) -> None:
    assert not opened(f"/show/{claimed}").query_selector("#browser.differs")
    lies = (
        lambda page: page.replace(b"<strong>declared</strong>", b"<strong>proven</strong>", 1),
        lambda page: page.replace(b'data-answer="declared"', b'data-answer="proven"', 1),
        lambda page: re.sub(rb'(?s)<li data-claim="origin-known".*?</li>', b"", page, count=1),
    )
    for lie in lies:
        showcase.lie = lie
        try:
            page = opened(f"/show/{claimed}")
        finally:
            showcase.lie = lambda content: content
        assert page.query_selector("#browser.differs")
        assert ANOTHER in page.inner_text("#said")


ALTER: Final = """async ([base, path]) => {
  const get = async (at) => (await fetch(at)).text();
  const [bundle, trust] = [await get(path), await get("/trust.json")];
  const [{ verify }, { verifyWhole }, { derived }, { compare, speak }] = await Promise.all(
    ["verify", "whole", "derived", "shown"].map((name) => import(`${base}/${name}.js`)));
  const own = await verify({ bundle, trust, now: Date.now() });
  const { claims } = await verifyWhole(own.seen);
  const records = new Map(own.seen.records.filter(({ t }) => t === "certificate").map(({ digest, record }) => [digest, record]));
  const found = { record: own.record, records, parties: own.seen.trust.listed.parties, derived: derived(own.record), claims };
  await speak();
  const wrong = compare(found).wrong.map((name) => `unaltered ${name}`);
  const values = [...document.querySelectorAll("[data-path], [data-fact], [data-derived], [data-claim] strong, .lots bdi")];
  const another = (each, text) => {
    if (each.dataset.path?.endsWith("country")) return new Intl.DisplayNames([document.documentElement.lang], { type: "region" }).of("JP");
    return /[1-9]/.test(text) ? text.replace(/[1-9]/, (digit) => String((Number(digit) % 9) + 1)) : `X${text}`;
  };
  for (const each of values) {
    const kept = [...each.childNodes];
    each.textContent = another(each, each.textContent);
    if (compare(found).wrong.length === 0) wrong.push(each.outerHTML);
    each.replaceChildren(...kept);
  }
  return [values.length, wrong];
}"""
"""Alter each value of the page, one after another, and return how many there are and what nobody noticed."""


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
@pytest.mark.parametrize("state", ["genuine", "claimed"])
def test_no_value_that_a_person_sees_can_be_altered_unseen(
    opened: Callable[..., Page], claimed: str, state: str, lang: str
) -> None:
    assert claimed
    page = opened(f"/show/{state}?lang={lang}")
    digest = page.get_attribute("#page", "data-digest")
    count, unseen = page.evaluate(ALTER, [f"/static/{VERSION}", f"/v1/certificates/{digest}/bundle"])
    assert count >= 40
    # these lots name no product, so the range of published studies is the server's choice
    assert [each for each in unseen if not re.search('data-derived="(published|studies)', each)] == []


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
