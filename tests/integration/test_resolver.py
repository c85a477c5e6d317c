"""The resolver of GS1 Digital Links over HTTP, and labels' codes typed by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from ledger.carrier.code import digests_from, label_code
from ledger.store.engine import reading
from ledger.store.reading import certificates_between
from tests.support.browser.labels import drawn, read
from tests.support.http.server import ANN, BEN, ORIGIN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

GTIN, GLN = "04006381333931", "4006381333900"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("resolver"))


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        client.follow_redirects = False
        yield client


@pytest.fixture(scope="module")
def digest(served: Served, client: TestClient) -> str:
    headers = served.token(ANN)
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    made: dict[str, Any] = client.post("/v1/certificates", json=record, headers=headers).json()["certificates"][0]
    for body in (
        {"lot": "A-1", "gtin": "4006381333931"},
        {"lot": made["digest"], "gtin": GTIN, "serial": "7/8"},
        {"facility": plant(ANN), "gln": GLN},
    ):
        answer = client.post("/v1/identifiers", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
    return str(made["digest"])


def test_lot_and_piece_lead_to_the_page(client: TestClient, digest: str) -> None:
    for path in (
        f"/01/{GTIN}/10/A-1",
        "/01/4006381333931/10/A%2D1",
        f"/01/{GTIN}/21/7%2F8",
        f"/01/{GTIN}/10/A-1/21/of-a-drum",
    ):
        GS1DigitalLinkURI.parse(ORIGIN + path)
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, f"{ORIGIN}/c/{digest}"), path
        assert answer.headers["access-control-allow-origin"] == "*"
        assert 'rel="linkset"' in answer.headers["link"]
    assert client.get(f"/01/{GTIN}/10/A-1?lang=zh-Hans").headers["location"] == f"{ORIGIN}/c/{digest}?lang=zh-Hans"
    page = client.get(client.get(f"/01/{GTIN}/10/A-1").headers["location"])
    assert (page.status_code, "Genuine record" in page.text) == (200, True)


def test_a_plant_leads_to_who_may_certify_from_it(client: TestClient, digest: str) -> None:
    del digest
    for path in (f"/414/{GLN}", f"/414/{GLN}/254/gate-2"):
        assert client.get(path).headers["location"] == f"{ORIGIN}/trust.json"


def test_all_links_are_a_link_set_by_gs1s_schema(client: TestClient, digest: str, shared: Path) -> None:
    schema = json.loads((shared / "standards" / "gs1" / "gs1-linkset-schema.json").read_text("utf-8"))
    path = f"/01/{GTIN}/10/A-1"
    answers = [
        client.get(f"{path}?linkType=linkset"),
        client.get(f"{path}?linkType=all"),
        client.get(path, headers={"accept": "application/linkset+json"}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/linkset+json")
        jsonschema.validate(answer.json(), schema)
    found, product = answers[0].json()["linkset"]
    assert (found["anchor"], found["itemDescription"]) == (ORIGIN + path, "Lot A-1")
    assert (product["anchor"], product["itemDescription"]) == (f"{ORIGIN}/01/{GTIN}", f"Product {GTIN}")
    targets = {each["href"] for links in found.values() if isinstance(links, list) for each in links}
    assert targets
    for target in targets:
        assert target.startswith(f"{ORIGIN}/")
        assert client.get(target.removeprefix(ORIGIN)).status_code == 200, target
    assert digest in str(targets)


def test_a_link_type_leads_to_its_target(client: TestClient, digest: str) -> None:
    path = f"/01/{GTIN}/10/A-1?linkType="
    assert client.get(path + "gs1:traceability").headers["location"] == f"{ORIGIN}/v1/certificates/{digest}/chain"
    full = "https://gs1.org/voc/verificationService"
    assert client.get(path + full).headers["location"] == f"{ORIGIN}/v1/certificates/{digest}/verification"
    assert client.get(path + "gs1:recipeInfo").status_code == 404


def test_the_resolver_describes_itself_in_the_standards_terms(client: TestClient, shared: Path) -> None:
    told = client.get("/.well-known/gs1resolver").json()
    sample = json.loads((shared / "standards" / "gs1" / "gs1resolver.json").read_text("utf-8"))
    known = {*sample, "linkTypeDefaultCanBeLinkset", "jsonLdContextLocation"}
    assert set(told) <= known
    assert told["resolverRoot"] == ORIGIN
    assert set(told["activeLinkTypes"]["en"]) - {"gs1:defaultLink"} <= {
        f"gs1:{name.removeprefix('gs1:')}" for name in sample["activeLinkTypes"]["en"]
    }
    for path in ("/.well-known/gs1resolver", f"/01/{GTIN}/10/A-1", f"/414/{GLN}"):
        allowed = client.options(path)
        assert (allowed.status_code, "GET" in allowed.headers["access-control-allow-methods"]) == (204, True)


def test_only_who_made_a_lot_says_its_gtin_and_a_gtin_is_of_one_party(
    served: Served, client: TestClient, digest: str
) -> None:
    ben = served.token(BEN)
    other = client.post("/v1/identifiers", json={"lot": digest, "gtin": GTIN}, headers=ben)
    assert other.json()["code"] == "life.not-issuer"
    record = written("B-1", "10 kg", producer=BEN, plant=plant(BEN))
    assert client.post("/v1/certificates", json=record, headers=ben).status_code == 201
    taken = client.post("/v1/identifiers", json={"lot": "B-1", "gtin": GTIN}, headers=ben)
    assert (taken.status_code, taken.json()["code"]) == (409, "carrier.gs1-taken")
    place = client.post("/v1/identifiers", json={"facility": plant(ANN), "gln": GLN}, headers=ben)
    assert place.status_code == 403
    wrong = client.post("/v1/identifiers", json={"lot": "B-1", "gtin": "04006381333932"}, headers=ben)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "carrier.gtin")
    again = client.post("/v1/identifiers", json={"lot": "A-1", "gtin": GTIN}, headers=served.token(ANN))
    assert again.status_code == 201
    assert client.get(f"/01/{GTIN}/10/A-1").headers["location"] == f"{ORIGIN}/c/{digest}"


def test_a_label_bears_the_gtin_that_was_said(served: Served, client: TestClient, digest: str) -> None:
    (text,) = read(drawn(client.get(f"/v1/certificates/{digest}/label.png?gs1=true").content, suffix="png"))
    link, _, seal = text.partition("#")
    assert link == f"https://registry.example/01/{GTIN}/10/A-1"
    assert seal
    assert client.get(link.removeprefix(ORIGIN)).headers["location"] == f"{ORIGIN}/c/{digest}"
    record = written("A-2", "10 kg", producer=ANN, plant=plant(ANN))
    made = client.post("/v1/certificates", json=record, headers=served.token(ANN)).json()["certificates"][0]
    assert client.get(f"/v1/certificates/{made['digest']}/label.svg?gs1=true").status_code == 404


def test_a_code_that_is_typed_leads_to_the_page_by_an_index(served: Served, client: TestClient, digest: str) -> None:
    code = label_code(digest)
    for text in (
        code,
        code.replace(" ", "").replace("-", ""),
        f" {code} ",
        f"https://elsewhere.example/01/{GTIN}/10/A-1",
    ):
        answer = client.get("/", params={"q": text})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/c/{digest}"), text
    assert client.get("/", params={"q": code[:-1] + ("1" if code[-1] != "1" else "2")}).status_code == 400
    unknown = label_code("zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d")
    assert client.get("/", params={"q": unknown}).status_code == 404
    low, high = digests_from(digest[:15])
    with reading(served.registry.engine) as connection:
        assert len(certificates_between(connection, low, high)) == 1
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT digest FROM certificates WHERE digest BETWEEN ? AND ? ORDER BY digest LIMIT 2",
            (low, high),
        ).all()
    assert all(row[-1].startswith("SEARCH") for row in plan)
