"""Today's news and the screen of hooks in a real browser: readable by everybody, with and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.hooks import create_hook
from ledger.issuing.issue import issue
from ledger.transfers.ship import Dispatch, ship
from tests.support.browser.chromium import misfits
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, BEN, Served, plant, serve, status, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A registry in which Ann offered Ben a lot, and Ben has a hook."""
    made = serve(tmp_path_factory.mktemp("news"))
    offer(made, "A-1")
    create_hook(
        made.registry, status(made), party=BEN, address="https://erp.ben.example/a/rather/long/way/to/oreprint?plant=1"
    )
    return made


@pytest.fixture(scope="module")
def at(served: Served) -> Iterator[DeskSite]:
    with site(served) as found:
        yield found


def offer(served: Served, lot: str) -> None:
    issue(served.registry, [blend(lot, "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(served.registry, Dispatch(lot, ANN, BEN))


@pytest.mark.parametrize(("language", "scripts"), [("en", True), ("zh-CN", True), ("en", False), ("zh-CN", False)])
def test_the_pages_fit_and_everybody_can_use_them(
    at: DeskSite, browser: Browser, language: str, *, scripts: bool
) -> None:
    who = person(at.served, "admin", "goods-in", party=BEN)
    with at.page(browser, who, scripts=scripts, language=language) as page:
        for path in ("/desk", "/desk/admin/hooks"):
            page.goto(f"{at.origin}{path}")
            text = page.inner_text("main")
            assert ("UTC" in text) if path == "/desk" else ("erp.ben.example" in text)
            assert ("已向您发出" in text or "启用" in text) == (language == "zh-CN")
            if scripts:
                assert misfits(page, language) == []


def test_a_visible_page_asks_for_its_counters_every_30_seconds(at: DeskSite, browser: Browser) -> None:
    with at.page(browser, person(at.served, "goods-in", party=BEN)) as page:
        page.clock.install()
        page.goto(f"{at.origin}/desk")
        assert "A-2" not in page.inner_text("main")
        offer(at.served, "A-2")
        with page.expect_response("**/desk/counters") as answer:
            page.clock.fast_forward(31_000)
        assert answer.value.request.headers["oreprint-refresh"] == "1"
        page.locator("#counters", has_text="A-2").wait_for()
