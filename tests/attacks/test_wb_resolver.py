"""What a resolver may be made to do: attacks WB-05 and WB-09."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.http.server import ORIGIN

if TYPE_CHECKING:
    from tests.support.http.door import Door

GTIN, OTHER = "04006381333931", "04006381333948"
ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\\evil.example",
    "%0d%0aLocation:%20https://evil.example",
)


@pytest.fixture(scope="module")
def lot(door: Door) -> str:
    made = door.issue("R-1", "2 kg")
    answer = door.client.post("/v1/identifiers", json={"lot": "R-1", "gtin": GTIN}, headers=door.ann)
    assert answer.status_code == 201, answer.text
    return str(made["digest"])


def test_wb_05_no_parameter_leads_off_this_server(door: Door, lot: str) -> None:
    path, page = f"/01/{GTIN}/10/R-1", f"{ORIGIN}/c/{lot}"
    for name in ("link", "redirect", "next", "url", "lang", "linkType", "context"):
        for value in ELSEWHERE:
            for written in (value, quote(value, safe="")):
                answer = door.client.get(f"{path}?{name}={written}", follow_redirects=False)
                assert answer.status_code in {307, 404}, (name, value)
                led = f"{page}?lang=en" if name == "lang" else page
                assert answer.headers.get("location", led) == led
                assert "evil" not in str(answer.headers)
    for host in ("evil.example", "registry.example.evil.example"):
        answer = door.client.get(path, headers={"host": host, "x-forwarded-host": host}, follow_redirects=False)
        assert answer.headers["location"] == page
        assert host not in answer.headers["link"] or host == "registry.example"


@pytest.mark.parametrize(
    "path",
    [
        "/01/04006381333932/10/R-1",
        f"/10/R-1/01/{GTIN}",
        f"/01/{GTIN}/10/R-1/10/R-1",
        f"/01/{GTIN}/10/R-1/99/x",
        f"/01/{GTIN}/99/x/10/R-1",
        f"/01/{GTIN}/10/" + "9" * 2048,
        f"/01/{GTIN}/10/R-1%0D%0Ax:1",
        f"/01/{GTIN}/10/R-1%00",
        f"/01/{OTHER}/10/R-1",
        f"/01/{GTIN}/10/%c0%ae",
        f"/01//{GTIN}/10/R-1",
        "/414/4006381333901",
        "/414/4006381333900/254/x",
    ],
)
def test_wb_09_what_is_not_this_product_is_no_page(door: Door, lot: str, path: str) -> None:
    answer = door.client.get(path, follow_redirects=False)
    assert answer.status_code in {400, 404}, answer.text
    assert lot not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "R-1" not in answer.text


@pytest.mark.parametrize(
    "rest",
    ["", "/10/r-1", "/21/R-1", "/22/R-1", "/10/R%252D1", "/10/R-1%2F21%2F7", "/10/%2E%2E%2F%2E%2E%2Fc", "/10/..%2f.."],
)
def test_wb_09_a_product_lists_no_lots_and_an_unknown_lot_is_none_of_them(door: Door, lot: str, rest: str) -> None:
    """The walk up from what is not known ends at the product: it leads to the search field, never to a lot of the
    same product.
    """
    path = f"/01/{GTIN}{rest}"
    led = door.client.get(path, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (307, f"{ORIGIN}/?gtin={GTIN}")
    listed = door.client.get(f"{path}?linkType=linkset")
    for answer in (led, listed, door.client.get(f"/?gtin={GTIN}")):
        assert lot not in answer.text
        assert "R-1" not in answer.text
    assert [each["anchor"] for each in listed.json()["linkset"]] == [f"{ORIGIN}/01/{GTIN}"]
    for wanted in ("certificationInfo", "productPassport", "traceability"):
        assert door.client.get(f"{path}?linkType=gs1:{wanted}").status_code == 404
