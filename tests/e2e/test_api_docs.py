"""The interactive documentation of the API in a real browser: from files of the package alone, under a page's
policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.chromium import DESKTOP, chromium
from tests.support.http.server import ANN, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_the_documentation_asks_this_server_and_no_other(tmp_path: Path) -> None:
    """Hard use 28: `/docs` is interactive, loads nothing from elsewhere, and breaks no rule of the page's policy."""
    served = serve(tmp_path)
    secret = served.token(ANN)["Authorization"].removeprefix("Bearer ")
    with served.client() as client:
        record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
        assert client.post("/v1/certificates", json=record, headers=served.token(ANN)).status_code == 201
    with served.running() as address, chromium() as browser:
        page = browser.new_context(viewport=DESKTOP).new_page()
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
        answer = page.goto(f"{address}/docs?utm_source=chat")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        page.locator(".opblock-summary-path", has_text="/v1/certificates/{digest}/bundle").wait_for()
        page.get_by_role("button", name="Authorize").click()
        page.locator(".auth-container input").fill(secret)
        page.locator(".auth-btn-wrapper .authorize").click()
        page.locator(".auth-btn-wrapper .btn-done").click()
        listed = page.locator(".opblock", has_text="What you have issued")
        listed.locator(".opblock-summary-control").click()
        listed.get_by_role("button", name="Try it out").click()
        listed.get_by_role("button", name="Execute").click()
        body = listed.locator(".live-responses-table .response-col_description")
        body.locator("code", has_text='"A-1"').wait_for()
        assert listed.locator(".live-responses-table tbody td.response-col_status").inner_text().strip() == "200"
        assert wrong == []
