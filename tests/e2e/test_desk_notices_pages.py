"""Today in a real browser: a visible page asks for its counters again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.issuing.issue import issue
from ledger.transfers.ship import Dispatch, ship
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A registry in which Ann offered Ben a lot."""
    made = serve(tmp_path_factory.mktemp("news"))
    offer(made, "A-1")
    return made


@pytest.fixture(scope="module")
def at(served: Served) -> Iterator[DeskSite]:
    with site(served) as found:
        yield found


def offer(served: Served, lot: str) -> None:
    issue(served.registry, [blend(lot, "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(served.registry, Dispatch(lot, ANN, BEN))


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
