"""A page of another site in a real browser: it reads what anybody may see, and nothing that is for one caller."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ledger.seal.digest import from_base64url
from tests.support.browser.chromium import chromium
from tests.support.http.server import ANN, listening, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from starlette.requests import Request

    from tests.support.http.server import Served

pytestmark = pytest.mark.slow

FETCH: Final = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return { status: answer.status, url: answer.url, bytes: btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join("")), seen: Object.fromEntries(answer.headers) };
  } catch (error) { return { refused: String(error) }; }
}"""
PICTURE: Final = """(url) => new Promise((done) => {
  const image = new Image();
  image.onload = () => done(true);
  image.onerror = () => done(false);
  image.src = url;
})"""


async def _nothing(request: Request) -> HTMLResponse:
    del request
    return HTMLResponse("<!doctype html><title>Another site</title>")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="module")
def digest(served: Served) -> str:
    with served.client() as client:
        made = client.post(
            "/v1/certificates", json=written("A-1", "10 kg", producer=ANN, plant=plant(ANN)), headers=served.token(ANN)
        )
        withdrawn = {"statement": "withdraw", "lot": "A-1", "reason": "a wrong drum"}
        assert client.post("/v1/statements", json=withdrawn, headers=served.token(ANN)).status_code == 201
        return str(made.json()["certificates"][0]["digest"])


@pytest.fixture
def elsewhere(served: Served, digest: str) -> Iterator[tuple[Page, str]]:
    """Give a page of another site, and the address of the registry."""
    assert digest
    with (
        served.running() as address,
        listening(Starlette(routes=[Route("/", _nothing)])) as other,
        chromium() as browser,
    ):
        page = browser.new_context().new_page()
        page.goto(other.replace("127.0.0.1", "localhost"))
        yield page, address


def test_a_page_of_another_site_reads_what_is_public(served: Served, digest: str, elsewhere: tuple[Page, str]) -> None:
    """What a verifier in the web needs: a chain in one file, the log, lists and trust, and that a lot was withdrawn."""
    page, address = elsewhere

    def fetched(path: str, **options: object) -> Any:  # noqa: ANN401 - JSON
        return page.evaluate(FETCH, [address + path, options])

    about = f"/v1/certificates/{digest}"
    with served.client() as client:
        size = int(client.get("/checkpoint").text.splitlines()[1])
    paths = {
        "/status/revocation-0": "application/vc+jwt",
        about: "application/vc+sd-jwt",
        f"{about}/verification": "application/json",
        f"{about}/bundle": "application/vnd.oreprint.bundle+jsonl",
        f"{about}/chain": "application/json",
        "/checkpoint": "text/plain; charset=utf-8",
        f"/tile/0/000.p/{size}": "application/octet-stream",
        "/trust.json": "application/json",
        "/.well-known/did.json": "application/json",
        f"/c/{digest}": "text/html; charset=utf-8",
        "/openapi.json": "application/json",
    }
    for path, media_type in paths.items():
        found = fetched(path)
        assert found.get("status") == 200, (path, found)
        assert found["seen"]["content-type"] == media_type, path
    report = json.loads(base64.b64decode(fetched(f"{about}/verification")["bytes"]))
    assert report["verdict"] == "withdrawn"
    listed = base64.b64decode(fetched("/status/revocation-0")["bytes"]).decode().split(".")[1]
    assert json.loads(from_base64url(listed))["credentialSubject"]["statusPurpose"] == "revocation"
    bundle = fetched(f"{about}/bundle")["bytes"]
    assert "content-disposition" in fetched(f"{about}/bundle")["seen"]
    sent = """async ([url, bundle]) => {
      const body = Uint8Array.from(atob(bundle), (each) => each.charCodeAt(0));
      const headers = { "content-type": "application/vnd.oreprint.bundle+jsonl" };
      return (await (await fetch(url, { method: "POST", headers, body })).json()).verdict;
    }"""
    assert page.evaluate(sent, [f"{address}/v1/verify", bundle]) == "withdrawn", "this one asks first (preflight)"
    missing = fetched("/v1/certificates/zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d")
    assert missing["status"] == 404, "a refusal can be read too"
    assert page.evaluate(PICTURE, f"{address}{about}/label.png")


def test_a_page_of_another_site_is_refused_what_is_for_one_caller(
    served: Served, digest: str, elsewhere: tuple[Page, str]
) -> None:
    page, address = elsewhere
    with served.client() as client:
        share = {"lot": "A-1", "recipient": "Metal A", "audience": "customer", "days": 30}
        made = client.post("/v1/shares", json=share, headers=served.token(ANN))
    assert made.status_code == 201, made.text
    link = {"Authorization": f"Bearer {made.json()['link'].partition('#key=')[2]}"}
    about = f"{address}/v1/certificates/{digest}"
    refused = {
        "the desk": [f"{address}/desk", {}],
        "the desk's sign-in": [f"{address}/desk/sign-in", {"credentials": "include"}],
        "a list with a token": [f"{address}/v1/certificates", {"headers": served.token(ANN)}],
        "a list without one": [f"{address}/v1/holdings", {}],
        "a private link": [about, {"headers": link}],
        "a token's view": [f"{about}/verification", {"headers": served.token(ANN)}],
        "with cookies": [f"{about}/verification", {"credentials": "include"}],
        "a write": [f"{address}/v1/statements", {"method": "POST", "body": "{}"}],
    }
    for name, asked in refused.items():
        found = page.evaluate(FETCH, asked)
        assert "Failed to fetch" in found.get("refused", ""), (name, found)
    assert not page.evaluate(PICTURE, f"{address}/desk/static/none.png")
    page.goto(f"{address}/c/{digest}")
    own = page.evaluate(FETCH, [f"{about}/verification", {"headers": served.token(ANN)}])
    assert own["status"] == 200, "what was refused was the other site"
