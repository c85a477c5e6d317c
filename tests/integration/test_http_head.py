"""HEAD on every route that answers GET: the same status and headers, and no content (RFC 9110, 9.3.2)."""

from __future__ import annotations

import http.client
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support.http.server import ANN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from pathlib import Path

ADDED = {
    "index": "0",
    "name": "revocation-0",
    "path": "0/000.p/1",
    "code": "api.token",
    "gln": "4006381333900",
    "extension": "1",
    "number": "2",
}
OF_THE_MOMENT = {"x-request-id", "date"}
OF_ITS_SECOND = {"content-length", "etag"}
"""Headers that differ from one second to the next where an answer says how old something is, or when it was made."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("head"))


def test_every_route_of_the_document_and_every_page_answers_head_as_get(served: Served) -> None:
    with served.client() as client:
        client.follow_redirects = False
        headers = served.token(ANN, "read", "issue", "admin")
        record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
        made = client.post("/v1/certificates", json=record, headers=headers).json()["certificates"][0]
        named = {"lot": "A-1", "gtin": "04006381333931"}
        assert client.post("/v1/identifiers", json=named, headers=headers).status_code == 201
        values = defaultdict(lambda: "1", {**ADDED, **named, "digest": made["digest"]})  # "1" stands for other names
        document = client.get("/openapi.json").json()["paths"]
        paths = [path.format_map(values) for path, operations in document.items() if "get" in operations]
        assert len(paths) > 20
        good = 0
        page, aging = f"/c/{made['digest']}", f"/v1/certificates/{made['digest']}/verification"
        dated = {page, aging, "/metrics", "/v1/party/everything"}
        for path in (*paths, "/openapi.json", "/", page, "/c/unknown", "/nothing"):
            for more in ({}, headers):
                get, head = (client.request(method, path, headers=more) for method in ("GET", "HEAD"))
                assert (head.status_code, head.content) == (get.status_code, b""), path
                differ = OF_THE_MOMENT | (OF_ITS_SECOND if path in dated else set())
                told = [
                    {name: value for name, value in answer.headers.items() if name not in differ}
                    for answer in (get, head)
                ]
                assert told[0] == told[1], path
                assert get.headers.keys() == head.headers.keys(), path
                good += get.status_code in {200, 307}
        assert good > 30


def test_head_of_a_route_that_only_takes_is_refused_and_told_what_it_takes(served: Served) -> None:
    with served.client() as client:
        answer = client.head("/v1/splits")
        assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")
        assert client.delete("/readyz").headers["allow"] == "GET, HEAD"


def test_a_connection_goes_on_after_head(served: Served, tmp_path: Path) -> None:
    del tmp_path
    with served.running() as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, "/trust.json")
            answer = connection.getresponse()
            assert answer.status == 200
            content = answer.read()
            assert len(content) == (int(answer.headers["content-length"]) if method == "GET" else 0)
        connection.close()
