"""Debian's chromium driven by playwright, and axe in it; a test that needs them is skipped, loudly, where they are
absent.

Where Debian's chromium-headless-shell is installed, it is taken: the same engine without the windows of a browser, for
two thirds of the processor time.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize

FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--in-process-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    ("--disable-features=RenderDocument,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,ThirdPartyStoragePartitioning"),
)  # fmt: skip
"""The last list of features counts, so it names again what playwright turns off. `RenderDocument` makes all of a page's
frame anew for each address, which is a fifth of what it costs to go there.
"""
SMALL: Final[ViewportSize] = {"width": 360, "height": 740}
"""A small phone, on whose screen the first five answers fit."""
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 900}


_VIOLATIONS: Final = """async ([options, measured, always]) => {
  for (const { ruleId } of axe.getRules()) if (!RegExp(always).test(ruleId)) options.rules[ruleId] = { enabled: false };
  for (const at of document.querySelectorAll("[data-look]")) if (!measured.includes(Number(at.dataset.look))) at.removeAttribute("data-look");
  return (await axe.run(options)).violations.map(({ id, nodes: [{ html, failureSummary }] }) => `${id}: ${html} ${failureSummary}`);
}"""
_AXE: Final = """if (location.protocol.startsWith("http")) {
  %s
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
}"""
_LOOKS: Final = """() => {
  const looks = new Set(), over = new Set(), grounds = new Map([[null, ""]]);
  const ground = (at) => {
    if (!grounds.has(at)) {
      const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position } = getComputedStyle(at);
      const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position].join();
      grounds.set(at, ground(at.parentElement) + (own === "rgba(0, 0, 0, 0),none,1,none,normal,static" ? "" : `;${own}`));
      if (position !== "static" && at.checkVisibility()) over.add(`${at.className} ${own}`);
    }
    return grounds.get(at);
  };
  const off = (at) => at.matches(":disabled, [aria-disabled=true], :disabled *, [aria-disabled=true] *") || at.closest("label")?.control?.disabled;
  for (const at of document.querySelectorAll("body, body *")) {
    at.removeAttribute("data-look");
    const drawn = ground(at);
    const text = [...at.childNodes].map((each) => each.nodeType === Node.TEXT_NODE ? each.data.trim() : "").join("");
    if (!(text || at.matches("input, select, textarea")) || !at.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(at);
    const within = at.getBoundingClientRect().right <= document.documentElement.clientWidth;
    const look = [at.tagName, at.className, color, fontSize, fontWeight, textShadow, text.length > 1, within, off(at), drawn].join("|");
    if (!looks.has(look)) at.setAttribute("data-look", looks.size);
    looks.add(look);
  }
  return [[...over].sort().join(), [...looks]];
}"""
"""Mark one text of each look: its element and class, its colour and size, and all that is drawn behind it. Return what
may lie over any text of the page, and the looks.
"""
_HELD: Final[set[tuple[str, str]]] = set()
"""Looks whose contrast was measured, with what may lie over them, and was enough."""
_BUILD: Final = """async () => {
  const blocks = [], phrases = new Set(), paths = new Map([[null, ""]]);
  for (const at of document.querySelectorAll("*")) {
    const said = [...at.attributes].filter(({ name }) => name !== "data-look").map(({ name, value }) => {
      const whole = at.localName === "meta" || value.startsWith("#") || /^(aria-(?!label$|desc).*|role|id|class|for|type|name|tabindex|scope|headers|(col|row)span|autocomplete|accesskey|hidden|open|disabled)$/.test(name);
      return `${name}=${whole ? value : Boolean(value.trim())}`;
    });
    const text = [...at.childNodes].some((each) => each.nodeType === Node.TEXT_NODE && each.data.trim());
    const one = [at.localName, text, at.checkVisibility({ visibilityProperty: true }), ...said].join();
    const phrase = /^(a|abbr|b|bdi|br|code|em|i|small|span|strong|sub|sup|wbr)$/.test(at.localName);
    paths.set(at, `${paths.get(at.parentElement)}>${at.localName}`);
    if (phrase) phrases.add(`${paths.get(at)} ${one}`);
    else blocks.push(`${paths.get(at)} ${one}`);
  }
  const build = new TextEncoder().encode([...blocks, ...[...phrases].sort()].join("|"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", build)).join();
}"""
"""The hash of how a page is built: which elements are in which, which are seen and hold text, and all that an attribute
says but for texts and addresses. Words within a text are told by where they are, once: other languages have others in
a row.
"""
_SOUND: Final[set[str]] = set()
"""Builds in which axe found nothing."""
_OF_TEXTS: Final = "name|label|title|lang|alt|empty|unique|link|scrollable|spacing|contrast"
"""Rules of axe that look at texts, or at how large they are; pages of one build are alike for all others."""


class Driver(NamedTuple):
    """Playwright, its event loop, and the browser that stays."""

    playwright: Playwright
    loop: asyncio.AbstractEventLoop
    kept: dict[str, Browser]


@cache
def _driver() -> Driver:
    """Start playwright, once in a process: it and a browser cost more than half a second of the processor."""
    made = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").sync_playwright().start()
    driver, process = Driver(made, asyncio.get_running_loop(), {}), os.getpid()

    def stop() -> None:
        if os.getpid() == process:
            asyncio._set_running_loop(driver.loop)  # as `browsers`
            made.stop()

    atexit.register(stop)
    return driver


@contextmanager
def browsers() -> Iterator[Callable[..., Browser]]:
    """Give a function that starts a browser; its flags go after the usual ones.

    The browser without more flags stays for later tests, but nothing that was opened in it. In between, playwright's
    event loop is not the running one of the thread: other tests run theirs.
    """
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is missing; `make test` installs it where it may (Debian: apt-get install chromium)")
    before = asyncio._get_running_loop()  # playwright sets it in the same way after each call
    driver = _driver()
    asyncio._set_running_loop(driver.loop)
    with ExitStack() as ending:
        ending.callback(asyncio._set_running_loop, before)

        def start(*more: str) -> Browser:
            browser = None if more else driver.kept.get(path)
            if browser is None or not browser.is_connected():
                browser = driver.playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more])
            if more:
                ending.callback(browser.close)
            else:
                driver.kept[path] = browser
                ending.callback(_close, browser, frozenset(browser.contexts))
            return browser

        yield start


def _close(browser: Browser, but: frozenset[BrowserContext]) -> None:
    for context in browser.contexts:
        if context not in but:
            context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser."""
    with browsers() as start:
        yield start()


def forget(page: Page, origin: str, *, worker: bool = False) -> None:
    """Take away what the browser of a page keeps of an origin: trust lists, the page's own files, and if wished the
    worker.

    The page stays until it goes elsewhere in its origin: an empty page between the two would get each a new process of
    the browser, which compiles all scripts again.
    """
    wish = {"origin": origin, "storageTypes": "cache_storage,local_storage" + ",service_workers" * worker}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", wish)


def misfits(page: Page, language: str) -> list[str]:
    """Return what is wrong with a screen on a phone and on a desk: what axe finds, and that it is too wide.

    The page is loaded once and changes its size. No colour depends on size or language, so contrast is measured in one.
    """
    found, before = [], page.viewport_size
    assert before is not None
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        found += violations(page, contrast=language == "en" and size is PHONE)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > size["width"]:
            found.append(f"{width} pixels wide on a screen of {size['width']}")
    page.set_viewport_size(before)
    return found


def violations(page: Page, *, contrast: bool = True) -> list[str]:
    """Return what axe finds against WCAG 2.1 AA and good practice: rule, and the first place.

    Without `contrast` it leaves out the contrast of colours, which is most of its work; with it, texts that look the
    same, on this page or on an earlier one, are judged once. A page that is built like an earlier one, as in another
    language, is judged by the rules that look at texts.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    if not page.evaluate("'axe' in window"):
        page.add_init_script(_AXE % axe.axe_script)  # for the pages that come after this one, which costs a third
        page.evaluate(_AXE % axe.axe_script)
    over, looks = page.evaluate(_LOOKS) if contrast else ("", [])
    new = [number for number, look in enumerate(looks) if (over, look) not in _HELD]
    # no rule that is on needs files loaded before; and what passed, most of an answer, is not sent
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": bool(new)}}, "preload": False}
    build = page.evaluate(_BUILD)
    found = list(page.evaluate(_VIOLATIONS, [options, new, _OF_TEXTS if build in _SOUND else ""]))
    if not found:
        _SOUND.add(build)
    if not any(each.startswith("color-contrast:") for each in found):
        _HELD.update((over, looks[number]) for number in new)
    return found
