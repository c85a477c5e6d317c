"""Screen 5 in a real browser: on a phone and on a desk, in both languages, with scripts and without."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.chromium import DESKTOP, PHONE, violations
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import serve
from tests.support.worlds.oxide_days import day, row, with_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    with site(with_recipe(serve(tmp_path_factory.mktemp("uploads")))) as running:
        yield running


@pytest.mark.parametrize(
    ("number", "scripts", "language", "size"),
    [(at, *each) for at, each in enumerate(product((True, False), ("en", "zh-CN"), (PHONE, DESKTOP)))],
)
def test_a_workbook_is_uploaded_and_issued(  # noqa: PLR0917 - what is crossed
    place: DeskSite, browser: Browser, tmp_path: Path, number: int, scripts: bool, language: str, size: dict[str, int]
) -> None:
    wrong = row(10 * number + 1, mass_kg=1000, **{"r:neodymium-oxide-bought": 1010})
    file = tmp_path / "day.xlsx"
    file.write_bytes(day([row(10 * number), wrong]))
    who = person(place.served, "clerk")
    with place.page(browser, who, size=size, scripts=scripts, language=language) as page:  # type: ignore[arg-type]
        page.goto(f"{place.origin}/desk/uploads")
        shown = [page.evaluate("document.documentElement.scrollWidth")] if scripts else []
        found = violations(page) if scripts else []
        page.set_input_files("#f-file", str(file))
        page.click("main form button")
        page.wait_for_url("**/desk/uploads/*")
        assert page.locator("tbody tr").count() == 2
        if scripts:
            found += violations(page)
            shown.append(page.evaluate("document.documentElement.scrollWidth"))
        page.click("button[value=ready]")
        for _ in range(100):
            if page.locator("button[value=sign]").count():
                break
            page.wait_for_timeout(200)
            page.reload()
        if scripts:
            found += violations(page)
            shown.append(page.evaluate("document.documentElement.scrollWidth"))
        page.click("button[value=sign]")
        for _ in range(100):
            if page.locator('td a[href^="/desk/certificates/"]').count():
                break
            page.wait_for_timeout(200)
            if not scripts:
                page.reload()
        assert page.locator('td a[href^="/desk/certificates/"]').inner_text() == f"OX-{10 * number}"
        assert found == []
        assert all(width <= size["width"] for width in shown)
