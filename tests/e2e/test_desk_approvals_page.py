"""The screens of approvals, rules and events in a browser: they fit, and axe finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.approvals import set_two_persons
from ledger.issuing.issue import issue
from ledger.registry.approval import OPERATOR, UnapprovedError
from tests.support.browser.chromium import DESKTOP, PHONE, chromium, violations
from tests.support.http.desk import person, site
from tests.support.http.server import ANN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path) -> Served:
    made = serve(tmp_path)
    set_two_persons(made.registry, "all", party=ANN, by=OPERATOR)
    return made


def asked(served: Served, lot: str, mass: str, author: str) -> str:
    record = blend(lot, mass, producer=ANN, plant=plant(ANN))
    (outcome,) = issue(served.registry, [record], tables=tables(), author=author)
    assert isinstance(outcome, UnapprovedError)
    return f"/desk/approvals/{outcome.row.id}"


def test_the_screens_fit_are_accessible_and_work_without_scripts(served: Served, tmp_path: Path) -> None:
    clerk, chief = person(served, "clerk", name="Li Wei"), person(served, "quality", "admin", name="Chen Jie")
    first = asked(served, "A-1", "10 kg", clerk.author)
    with chromium() as browser, site(served) as at:
        with at.page(browser, chief, scripts=False) as page:
            page.goto(f"{at.origin}{first}")
            page.click("button[value=approve]")
            page.wait_for_selector("main .told")
        (outcome,) = issue(
            served.registry,
            [blend("A-1", "10 kg", producer=ANN, plant=plant(ANN))],
            tables=tables(),
            author=clerk.author,
        )
        assert not isinstance(outcome, Exception)
        path = asked(served, "A-2", "12 kg", clerk.author)
        for language in ("en", "zh-Hans"):
            for size in (PHONE, DESKTOP):
                with at.page(browser, chief, language=language, size=size) as page:
                    for screen in ("/desk", "/desk/approvals", path, "/desk/admin/rules", "/desk/admin/events"):
                        page.goto(f"{at.origin}{screen}")
                        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
                        assert violations(page) == [], screen
                        name = f"{language}-{size['width']}-{screen.rsplit('/', 1)[1]}.png"
                        page.screenshot(path=tmp_path / name, full_page=True)
