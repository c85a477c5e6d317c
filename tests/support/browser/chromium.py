"""Debian's chromium driven by playwright, and axe in it; a test that needs them is skipped, loudly, where they are
absent.

Where Debian's chromium-headless-shell is installed, it is taken: the same engine without the windows of a browser, for
two thirds of the processor time.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
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


_VIOLATIONS: Final = """async (options) => (await axe.run(options)).violations.map(
  ({ id, nodes: [{ html, failureSummary }] }) => `${id}: ${html} ${failureSummary}`)"""
_AXE: Final = """if (location.protocol.startsWith("http")) {
  %s
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
}"""
_LOOKS: Final = """() => {
  const seen = new Set(), grounds = new Map([[null, ""]]);
  const ground = (at) => {
    if (!grounds.has(at)) {
      const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position } = getComputedStyle(at);
      const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position].join();
      grounds.set(at, ground(at.parentElement) + (own === "rgba(0, 0, 0, 0),none,1,none,normal,static" ? "" : `;${own}`));
    }
    return grounds.get(at);
  };
  const off = (at) => at.matches(":disabled, [aria-disabled=true], :disabled *, [aria-disabled=true] *") || at.closest("label")?.control?.disabled;
  for (const at of document.querySelectorAll("body, body *")) {
    at.removeAttribute("data-look");
    const text = [...at.childNodes].map((each) => each.nodeType === Node.TEXT_NODE ? each.data.trim() : "").join("");
    if (!(text || at.matches("input, select, textarea")) || !at.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(at);
    const within = at.getBoundingClientRect().right <= document.documentElement.clientWidth;
    const look = [at.tagName, at.className, color, fontSize, fontWeight, textShadow, text.length > 1, within, off(at), ground(at)].join("|");
    if (!seen.has(look)) at.setAttribute("data-look", "");
    seen.add(look);
  }
}"""
"""Mark one text of each look: its element and class, its colour and size, and all that is drawn behind it."""


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Give a browser; `more` flags go after its usual ones."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is missing; `make test` installs it where it may (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=[*FLAGS, *more])
        yield browser
        browser.close()


def forget(page: Page, origin: str) -> None:
    """Take away what the browser of a page keeps of an origin: trust lists, and the page's own files.

    The page stays until it goes elsewhere in its origin: an empty page between the two would get each a new process of
    the browser, which compiles all scripts again.
    """
    wish = {"origin": origin, "storageTypes": "cache_storage,local_storage"}
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

    Without `contrast` it leaves out the contrast of colours, which is four fifths of its work; with it, texts that look
    the same are judged once.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    if not page.evaluate("'axe' in window"):
        page.add_init_script(_AXE % axe.axe_script)  # for the pages that come after this one, which costs a third
        page.evaluate(_AXE % axe.axe_script)
    if contrast:
        page.evaluate(_LOOKS)
    # no rule that is on needs files loaded before; and what passed, most of an answer, is not sent
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}, "preload": False}
    return list(page.evaluate(_VIOLATIONS, options))
