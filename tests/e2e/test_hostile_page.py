"""WB-01 in a real browser: hostile text wherever a caller's text stands, on record, embed, print and error pages;
nothing runs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import pytest

from tests.support.browser.chromium import PHONE
from tests.support.browser.showcase import STATES, Showcase, page, running
from tests.support.http.hostile_texts import XSS, hostile
from tests.support.http.server import ANN, serve
from tests.support.http.server import plant as plant_of
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page

pytestmark = pytest.mark.slow

SENTINEL = "window.ran = (window.ran || 0) + 1"
LIVE = tuple(text.replace("alert(1)", SENTINEL) for text in XSS)
TOGETHER = tuple(" ".join(LIVE[first : first + 5]) for first in range(0, len(LIVE), 5))
"""Several at a place: a page costs more than the text on it. Each stands alone in a registry's record, in a path, and
in every field of a page in `tests/attacks/test_wb_page.py`.
"""

RAN: Final = """() => [
  window.ran ?? null,
  ...["script:not([src])", "[onload], [onerror], [onclick], [onfocus], [ontoggle], iframe, base"]
    .map((each) => document.querySelectorAll(each).length),
]"""
"""What ran, and how many elements there are that could run something."""


class Watched:
    """A page that tells what ran, what was asked for elsewhere, and what the policy stopped."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.told: list[str] = []
        self.media: Literal["screen", "print"] = "screen"
        page.on("dialog", self.dismissed)
        page.on("pageerror", lambda error: self.told.append(f"error {error}"))
        page.on("console", lambda message: self.told.append(f"console {message.text}"))
        page.on("request", lambda asked: self.told.extend([] if asked.url.startswith(address) else [asked.url]))

    def dismissed(self, dialog: Dialog) -> None:
        self.told.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def held(self, url: str) -> None:
        """Open an address, in print too; fail if anything ran or went elsewhere."""
        self.told.clear()
        answer = self.page.goto(url)
        assert answer is not None
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        self.media = (
            "screen" if self.media == "print" else "print"
        )  # a page is loaded in one, and turned into the other
        self.page.emulate_media(media=self.media)
        ran, *found = self.page.evaluate(RAN)
        assert ran is None, url
        assert found == [0, 0], url
        assert not [each for each in self.told if "Failed to load resource" not in each], (url, self.told)


@pytest.fixture(scope="module")
def shows(showcase: Showcase) -> Iterator[tuple[Showcase, str]]:
    with running(showcase.app()) as url:
        yield showcase, url


def test_wb_01_no_script_of_a_record_runs(browser: Browser, shows: tuple[Showcase, str]) -> None:
    showcase, url = shows
    case = STATES["withheld"](time.time_ns() // 1_000_000)
    context = browser.new_context(viewport=PHONE)
    watched = Watched(context.new_page(), url)
    for text in TOGETHER:
        made = page(case, "en", change=lambda given, text=text: hostile(given, text))  # type: ignore[misc]
        showcase.lie = lambda _, made=made: made  # type: ignore[misc]
        watched.held(f"{url}/show/withheld")
    showcase.lie = lambda content: content
    context.close()


def test_wb_01_no_script_that_a_registry_took_in_or_is_asked_for_runs(browser: Browser, tmp_path: Path) -> None:
    served = serve(tmp_path)
    token, kept = served.token(ANN), []
    with served.client() as client:
        for number, text in enumerate(LIVE):
            record: dict[str, Any] = written(f"X-{number}", "1 kg", producer=ANN, plant=plant_of(ANN))
            record["outputs"][0]["description"] = text
            answer = client.post("/v1/certificates", json=record, headers=token)
            assert answer.status_code in {201, 400, 422}, answer.text
            if answer.status_code == 201:
                kept.append(answer.json()["certificates"][0]["digest"])
    assert len(kept) > 20
    with served.running() as address:
        context = browser.new_context(viewport=PHONE)
        watched = Watched(context.new_page(), address)
        for digest in kept:
            watched.held(f"{address}/c/{digest}")
        for text in LIVE:
            watched.held(f"{address}/c/{quote(text, safe='')}")
        for asked in (quote(text, safe="") for text in TOGETHER):
            for path in (f"/?q={asked}&lang={asked}", f"/c/{kept[0]}?msg={asked}#{asked}"):
                watched.held(f"{address}{path}")
        context.close()
