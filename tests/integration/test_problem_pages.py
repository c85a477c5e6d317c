"""The address that a problem's `type` names: a page for a browser, a document for a program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from schemas.meaning import meaning_of
from tests.support.http.server import Served, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

BROWSER: Final = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "en"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    served: Served = serve(tmp_path_factory.mktemp("problems"))
    with served.client() as client:
        yield client


def test_the_type_of_a_problem_leads_to_its_meaning_and_remedy(client: TestClient) -> None:
    """Hard use 32: in JSON and as a page, filled, with what to do."""
    problem = client.post("/v1/verify", content=b"\xff", headers={"content-type": "application/jwt"}).json()
    code = problem["code"]
    path = problem["type"].partition("://")[2].partition("/")[2]
    found = meaning_of(code)
    assert found is not None
    told = client.get(f"/{path}")
    assert told.headers["content-type"] == "application/json"
    assert told.json() == {
        "code": code,
        "sentence": found.sentence,
        "meaning": found.meaning,
        "remedy": found.remedy,
    }
    page = client.get(f"/{path}", headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h2>What to do</h2>" in page.text
    assert "Accept" in page.headers["vary"].split(", ")
    assert "Accept" in told.headers["vary"].split(", ")


@pytest.mark.parametrize("code", ["json.too-large", "holding.not-yours", "inputs.owner"])
def test_no_raw_placeholder_is_shown(client: TestClient, code: str) -> None:
    """Hard use 32: what stands for a value of the case is named in words."""
    page, told = client.get(f"/problems/{code}", headers=BROWSER).text, client.get(f"/problems/{code}").json()
    assert "{" not in page.partition("<main")[2] + json.dumps(list(told.values()))
    assert f"<code>{code}</code>" in page


def test_a_code_that_there_is_not(client: TestClient) -> None:
    answer = client.get("/problems/no.such-code")
    assert (answer.status_code, answer.json()["code"]) == (404, "api.no-code")
    assert "Compare it with" in answer.json()["detail"]


def test_programs_are_told_apart_what_is_not_here(client: TestClient) -> None:
    """Hard use 32: an unknown certificate, a mistyped one, a route that there is not, and a file that is not
    published.
    """
    paths = {
        "/v1/certificates/zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG": "store.record-missing",
        "/v1/certificates/zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbd": "seal.certificate-digest",
        "/v1/certificate/zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG": "api.no-route",
        "/status/revocation-77": "api.not-found",
    }
    found = {path: client.get(path) for path in paths}
    assert {path: (answer.status_code, answer.json()["code"]) for path, answer in found.items()} == {
        path: (404, code) for path, code in paths.items()
    }
    assert len({answer.json()["detail"] for answer in found.values()}) == len(paths)
