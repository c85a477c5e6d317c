"""Screenshots of the page in its states, and their references.

`python -m tests.support.browser.screens` makes the references anew after a wanted change; with a folder it writes every
state in every language and in every way into it, to be looked at.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from PIL import Image, ImageChops, ImageStat

from api.web.words import LANGUAGES
from tests.support.browser.chromium import DESKTOP, SMALL, chromium, forget
from tests.support.browser.offline import given, installed, label_link, without_scripts
from tests.support.browser.showcase import AUDITS, STATES, Showcase, judged, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, Page, ViewportSize

REFERENCES: Final = Path(__file__).parent / "screens"
NOW_MS: Final = 1_795_608_000_000
"""2026-11-25T12:00:00Z: the time of all screenshots, so that they show the same."""
COLOURS: Final = 24
GRID: Final = (45, 92)
"""A screenshot is compared on this grid: a letter that is drawn differently counts little, a line that moves much."""
PROBE: Final = "() => { const at = document.createElement('span'); at.textContent = 'Genuine record 44.1 真实'; document.body.append(at); const size = at.getBoundingClientRect().width; at.remove(); return size; }"


class Way(NamedTuple):
    """How a page is looked at."""

    viewport: ViewportSize = SMALL
    colours: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"
    scripts: bool = True


WAYS: Final = {
    "phone": Way(),
    "desktop": Way(viewport=DESKTOP),
    "dark": Way(colours="dark"),
    "print": Way(media="print"),
    "no-script": Way(scripts=False),
    "offline": Way(),
    "offline-dark": Way(colours="dark"),
    "offline-print": Way(media="print"),
    "offline-no-script": Way(scripts=False),
}
"""The ways, by name. Offline: after one visit, a browser without a connection is given the state's bundle."""
OFFLINE: Final = (
    "genuine",
    "superseded",
    "expired",
    "withdrawn",
    "suspended",
    "upstream-withdrawn",
    "stale",
    "unknown-registry",
    "forged",
)
"""States of which each has another answer offline."""
EMPTY: Final = "empty"
SEAL: Final = "label"
"""What is photographed offline besides states: the check page as it opens, and the seal of a label."""


class Screen(NamedTuple):
    """What is photographed: a state, in a language, in a way of `WAYS`."""

    state: str
    lang: str = "en"
    way: str = "phone"

    @property
    def path(self) -> Path:
        """The file of its reference."""
        return REFERENCES / f"{self.state}-{self.lang}-{self.way}.png"


KEPT: Final = (
    *(Screen(state) for state in (*STATES, *AUDITS)),
    *(Screen(state, "zh-Hans") for state in ("genuine", "public", "upstream-withdrawn", "forged", "audited")),
    *(Screen(state, lang) for lang in ("ja", "de") for state in ("genuine", "public", "upstream-withdrawn", "forged")),
    *(Screen(state, way="dark") for state in ("genuine", "forged")),
    Screen("upstream-withdrawn", way="desktop"),
    Screen("public", way="no-script"),
    Screen("public", way="print"),
    *(Screen(state, way="offline") for state in (*OFFLINE, EMPTY, SEAL)),
    Screen("genuine", "zh-Hans", "offline"),
    Screen("withdrawn", way="offline-dark"),
    Screen("genuine", way="offline-print"),
    Screen(EMPTY, way="offline-no-script"),
)
"""Screens that have a reference."""
_ONLINE: Final = tuple(way for way in WAYS if not way.startswith("offline"))
ALL: Final = (
    *(Screen(*each) for each in itertools.product((*STATES, *AUDITS), LANGUAGES, _ONLINE)),
    *(
        Screen(*each)
        for each in itertools.product((*OFFLINE, EMPTY, SEAL), LANGUAGES, ("offline", "offline-dark", "offline-print"))
    ),
    *(Screen(EMPTY, lang, "offline-no-script") for lang in LANGUAGES),
)


class Camera(NamedTuple):
    """Photographs screens; `probe` is the width of some text, which tells the fonts of one machine from another's."""

    take: Callable[[Screen], Image.Image]
    probe: float


def camera(browser: Browser) -> Iterator[Camera]:
    """Give a camera before a server that shows the states."""
    showcase = Showcase(NOW_MS)
    with running(showcase.app()) as address, ExitStack() as open_ones:

        @cache
        def page_of(*, scripts: bool) -> Page:
            page = browser.new_context(viewport=SMALL, java_script_enabled=scripts).new_page()
            page.clock.set_fixed_time(NOW_MS / 1000)
            return page

        @cache
        def cut_off(lang: str, trust: str, *, scripts: bool) -> Page:
            state = next(name for name, each in showcase.cases.items() if each.cast.note == trust)
            page = open_ones.enter_context(installed(browser, address, state, lang=lang, at_ms=NOW_MS))
            if not scripts:
                without_scripts(page)
            return page

        def take(screen: Screen) -> Image.Image:
            way, case = WAYS[screen.way], showcase.cases[screen.state if screen.state in STATES else "genuine"]
            offline = screen.way.startswith("offline")
            scripts = way.scripts
            page = cut_off(screen.lang, case.cast.note, scripts=scripts) if offline else page_of(scripts=scripts)
            page.set_viewport_size(way.viewport)
            page.emulate_media(media="screen", color_scheme=way.colours)
            if offline:
                _without_connection(page, address, screen, case.lines)
            else:
                page.goto(f"{address}/show/{screen.state}?lang={screen.lang}")
                if way.scripts:
                    judged(page)
            if way.media == "print":
                page.emulate_media(media="print")
            taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            if not offline:
                forget(page, address)
            return taken

        page = page_of(scripts=True)
        page.goto(f"{address}/missing")
        yield Camera(take, float(page.evaluate(PROBE)))


def _without_connection(page: Page, address: str, screen: Screen, lines: Sequence[bytes]) -> None:
    """Bring the check page of a browser without a connection before the camera."""
    page.goto(label_link(address) if screen.state == SEAL else f"{address}/c/lot?lang={screen.lang}")
    if WAYS[screen.way].scripts:
        page.locator("#list", has_text=re.compile(".")).wait_for()
    if screen.state in STATES:
        given(page, lines)
    if screen.state != EMPTY:
        page.wait_for_selector("#answer:not([hidden])")
        page.evaluate("() => document.activeElement.blur()")


def difference(taken: Image.Image, kept: Image.Image) -> float:
    """Return how much two screenshots differ: 0 the same, 255 black for white. Screens of two sizes differ in all."""
    if taken.size != kept.size:
        return 255.0
    one, two = (each.convert("L").resize(GRID, Image.Resampling.BOX) for each in (taken, kept))
    return float(ImageStat.Stat(ImageChops.difference(one, two)).mean[0])


def kept_probe() -> float:
    """Return the width of the probe when the references were made."""
    return float(json.loads((REFERENCES / "fonts.json").read_text())["probe"])


def main(folder: str | None = None) -> None:
    """Write the references, or every screen into a folder."""
    REFERENCES.mkdir(exist_ok=True)
    with chromium() as browser:
        for eye in camera(browser):
            for screen in KEPT if folder is None else ALL:
                path = screen.path if folder is None else Path(folder) / screen.path.name
                path.parent.mkdir(parents=True, exist_ok=True)
                eye.take(screen).quantize(COLOURS).save(path, optimize=True)
            if folder is None:
                (REFERENCES / "fonts.json").write_text(json.dumps({"probe": eye.probe}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:2])
