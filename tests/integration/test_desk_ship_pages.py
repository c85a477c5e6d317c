"""The screens Ship and Contacts in a real browser: both languages, phone and desk, with and without scripts."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from ledger.desk.contacts import add_contact, claim_code, open_claim
from ledger.desk.shipping import ship_lots
from ledger.issuing.issue import issue
from schemas.contact import ContactRequest, ShipmentRequest
from schemas.door import validated
from tests.support.browser.chromium import chromium, misfits
from tests.support.http.desk import person, site
from tests.support.http.server import ANN, BEN, ORIGIN, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.support.http.desk import DeskSite


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DeskSite, list[str]]]:
    """A desk with a guest that holds and is claimed, and the paths of its screens."""
    served = serve(tmp_path_factory.mktemp("desk"))
    for number in range(1, 6):
        issue(served.registry, [blend(f"MG-{number}", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    works = add_contact(
        served.registry, ContactRequest(name="Motor Works", email="goods-in@motor-works.example"), party=ANN
    )
    add_contact(served.registry, ContactRequest(name="Ben Oxides", did=BEN), party=ANN)
    wanted = {"contact": "Motor Works", "lots": [{"lot": "MG-1", "mass": "30 kg"}, {"lot": "MG-2"}], "po": "4500012345"}
    made = ship_lots(served.registry, validated(ShipmentRequest, wanted), party=ANN, origin=ORIGIN)  # type: ignore[arg-type]
    open_claim(served.registry, claim_code(served.registry, "Motor Works", party=ANN).code, claimant=BEN)
    paths = ["ship", "contacts", f"contacts/{works.id}", "shipments", f"shipments/{made.id}", "claim"]
    with site(served) as at:
        yield at, paths


@pytest.mark.slow
def test_the_screens_fit_and_everybody_can_use_them(browser: Browser, shown: tuple[DeskSite, list[str]]) -> None:
    at, paths = shown
    with at.page(browser, person(at.served, "sales", party=ANN)) as page:
        for language, path in product(("en", "zh-Hans"), paths):
            page.goto(f"{at.origin}/desk/{path}?lang={language}")
            assert misfits(page, language) == [], (language, path)


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_lot_is_shipped_by_the_keyboard_alone(
    browser: Browser, shown: tuple[DeskSite, list[str]], *, scripts: bool
) -> None:
    at, _ = shown
    lot = "MG-3" if scripts else "MG-4"
    with at.page(browser, person(at.served, "clerk", party=ANN), scripts=scripts) as page:
        page.goto(f"{at.origin}/desk/ship")
        page.get_by_label("To", exact=True).select_option("Motor Works (held by this registry)")
        page.get_by_label(lot, exact=False).first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("12.5")
        page.get_by_role("button", name="Ship", exact=True).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/shipments/*")
        assert f"{lot} 12.5 kg" in page.inner_text("main").replace("\n", " ")
