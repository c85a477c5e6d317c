"""A request is approved in a browser without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.approvals import set_two_persons
from ledger.issuing.issue import issue
from ledger.registry.approval import OPERATOR, UnapprovedError
from tests.support.browser.chromium import chromium
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


def test_a_request_is_approved_without_scripts(served: Served) -> None:
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
