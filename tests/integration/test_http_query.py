"""The query of an address: parameters that a route takes, each once; and what a dry run answers and leaves behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from api.examples import INSTRUMENT
from api.fast_route import FastRoute
from ledger.store import schema
from ledger.store.desk_schema import DESK
from ledger.store.engine import reading
from ledger.store.whole import count
from tests.support.http.operations import UNKNOWN
from tests.support.http.server import ANN, BEN, CID, Served, plant, serve
from tests.support.registries.own_key import signed
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

PAGES = {"", "c", "check", "desk", "docs", "offline", "static", "worker.js", "01", "414", ".well-known"}
"""How the addresses begin of pages and their files, and of symbols: what a messenger or a scanner adds to them is
passed over.
"""


PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
VALUES = {"digest": UNKNOWN, "number": "2", "name": "revocation-0", "path": "0/000.p/1", "code": "api.token"}


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


RINSED = {
    "name": "water to rinse the blender", "mass": "100 kg", "factor": "materials/tap-water.cn.2019",
    "composition": {"O": "0.888093256", "H": "0.111906744"},
}  # fmt: skip
"""A line whose factor is too old."""


def record(lot: str, mass: str = "10 kg", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a record
    return {**written(lot, mass, producer=ANN, plant=plant(ANN)), **more}


def rows(served: Served) -> dict[str, int]:
    with reading(served.registry.engine) as connection:
        tables = (*schema.METADATA.sorted_tables, *DESK.sorted_tables)
        return {table.name: count(connection, table) for table in tables}


def test_every_route_but_the_pages_refuses_a_parameter_that_it_does_not_take(tmp_path: Path) -> None:
    """Hard use 5: an unknown query parameter is refused on every route, with the parameters that the route takes."""
    served = serve(tmp_path)
    strict = [route for route in served.app.routes if isinstance(route, FastRoute)]
    others = [str(getattr(route, "path", "")) for route in served.app.routes if route not in strict]
    assert {path.split("/")[1] for path in others} == PAGES
    assert {path for path in others if path.startswith("/.well-known")} == {"/.well-known/gs1resolver"}
    assert len(strict) > 30
    with served.client() as client:
        for route in strict:
            method = next(iter(route.methods or ()))
            path = PARAMETER.sub(lambda found: VALUES.get(found[1], "1"), route.path)
            for query, name in (("?dry-run=true", "dry-run"), ("?utm_source=chat", "utm_source"), ("?=1", "")):
                answer = client.request(method, f"{path}{query}")
                assert answer.status_code == 400, (route.path, answer.text)
                told = answer.json()
                assert told["code"] == "api.unknown-parameter", route.path
                taken = ", ".join(sorted(field.alias for field in route.dependant.query_params))
                assert told["problems"][0]["facts"] == {"name": name, "known": taken or "none"}
                assert "Nothing was done" in told["detail"]


def test_a_parameter_is_given_once(served: Served, client: TestClient) -> None:
    """Hard use 5: a parameter that stands twice in an address is refused, since either value may be the one that was
    meant.
    """
    answer = client.get("/v1/holdings?limit=1&limit=2", headers=served.token(ANN))
    assert (answer.status_code, answer.json()["code"]) == (400, "api.repeated-parameter")
    assert answer.json()["problems"][0]["facts"] == {"name": "limit", "times": "2"}
    assert client.get("/v1/holdings?limit=1", headers=served.token(ANN)).status_code == 200


@pytest.mark.parametrize("query", ["holdings?lot=%00", "instruments?scheme=%00&statement=x", "certificates?lot=A%0A"])
def test_a_control_character_is_refused_whatever_the_database(served: Served, client: TestClient, query: str) -> None:
    """Hard use 5: NUL in a parameter is the caller's mistake, not a failure of the database."""
    answer = client.get(f"/v1/{query}", headers=served.token(ANN))
    assert (answer.status_code, answer.json()["code"]) == (400, "api.parameter"), answer.text


def test_a_parameter_that_a_messenger_adds_leads_no_buyer_astray(served: Served, client: TestClient) -> None:
    """Hard use 5: a scanned link with a tracking parameter opens the page; so does a GS1 Digital Link with data
    attributes.
    """
    client.follow_redirects = False
    headers = served.token(ANN)
    made = client.post("/v1/certificates", json=record("OX-1"), headers=headers).json()["certificates"][0]
    named = {"lot": "OX-1", "gtin": "04006381333931"}
    assert client.post("/v1/identifiers", json=named, headers=headers).status_code == 201
    more = "utm_source=chat&fbclid=x&fbclid=y"
    browser = {"accept": "text/html"}
    page = client.get(f"/c/{made['digest']}?lang=zh-Hans&{more}", headers=browser)
    assert (page.status_code, page.headers["content-language"]) == (200, "zh-Hans")
    assert client.get(f"/?{more}", headers=browser).status_code == 200
    link = client.get(f"/01/04006381333931/10/OX-1?17=270101&{more}", headers=browser)
    assert (link.status_code, link.headers["location"].endswith(f"/c/{made['digest']}")) == (307, True)


def test_an_api_route_answers_a_browser_too_what_is_wrong_with_the_address(client: TestClient) -> None:
    """Hard use 5: a browser that asks for a document is told of the parameter, not that there is no such record."""
    answer = client.get("/trust.json?x=1", headers={"accept": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (400, "api.unknown-parameter")


def test_another_query_is_another_request(served: Served, client: TestClient) -> None:
    """Hard use 5: one idempotency key with another query is another request, not the first one's answer."""
    headers = {**served.token(ANN), "Idempotency-Key": "one", "content-type": "application/json"}
    client.post("/v1/certificates", json=record("A"), headers=served.token(ANN))
    body = b'{"statement":"move","lot":"A","to":"%s","mass":"1 kg"}' % BEN.encode()
    first = client.post("/v1/statements?audience=customer", content=body, headers=headers)
    again = client.post("/v1/statements?audience=customer", content=body, headers=headers)
    assert (first.status_code, again.content) == (201, first.content)
    for other in ("?audience=public", ""):
        answer = client.post(f"/v1/statements{other}", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "api.key-reused"), other


# -- dry runs ----------------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_all_and_leaves_nothing(served: Served, client: TestClient) -> None:
    """Hard use 5: `POST /v1/certificates?dry_run=true` tells what would be issued, and signs and stores nothing."""
    headers = {**served.token(ANN), "Idempotency-Key": "once"}
    before = rows(served)
    dry = client.post("/v1/certificates?dry_run=true", json=record("A"), headers=headers)
    assert dry.status_code == 200, dry.text
    assert rows(served) == before
    told = dry.json()
    assert told["state"] == "could-be-issued"
    (would,) = told["certificates"]
    issued = client.post("/v1/certificates?dry_run=false", json=record("A"), headers=headers)
    assert issued.status_code == 201, "the key was not consumed"
    assert told["notes"] == issued.json()["notes"]
    report = client.get(f"/v1/certificates/{issued.json()['certificates'][0]['digest']}/verification").json()
    assert (would["lot"], would["kind"], would["amount"], would["unit"]) == ("A", "oxide", "10", "kg")
    assert would["digest"] is None, "nothing is signed"
    assert would["kg_co2e_per_unit"] == report["footprint"]["kg_co2e_per_kg"]
    again = client.post("/v1/certificates?dry_run=true", json=record("A"), headers=headers)
    assert (again.status_code, again.json()["state"], again.json()["certificates"]) == (200, "unchanged", [])


def test_a_dry_run_of_an_instrument_tells_its_lot_in_kwh(served: Served, client: TestClient) -> None:
    """Hard use 5: a statement that is to be entered has a dry run too, in the unit of its lot."""
    body = {**INSTRUMENT, "producer": ANN, "facility": plant(ANN)}
    dry = client.post("/v1/certificates?dry_run=true", json=body, headers=served.token(ANN))
    assert dry.status_code == 200, dry.text
    (would,) = dry.json()["certificates"]
    assert (would["kind"], would["amount"], would["unit"]) == ("electricity", "120000", "kWh")
    real = client.post("/v1/certificates", json=body, headers=served.token(ANN))
    assert real.json()["certificates"][0]["lot"] == would["lot"]
    (listed,) = client.get("/v1/certificates?kind=electricity", headers=served.token(ANN)).json()["certificates"]
    assert (listed["amount"], listed["unit"]) == ("120000", "kWh")


def test_a_dry_run_is_refused_for_what_an_issue_is_refused_for(served: Served, client: TestClient) -> None:
    """Hard use 5: a dry run and an issue refuse the same records in the same words."""
    headers = served.token(ANN)
    client.post("/v1/certificates", json=record("A"), headers=headers)
    cases: list[tuple[dict[str, Any], dict[str, str]]] = [
        (record("A", "11 kg"), headers),
        (written("B", "99 kg", producer=ANN, plant=plant(ANN), inputs={"A": "99 kg"}), headers),
        (written("B", "9 kg", producer=BEN, plant=plant(BEN)), headers),
        (record("B", oreprint="production-record/9"), headers),
        (record("B"), served.token(ANN, "read")),
        (record("B"), {}),
    ]
    for body, token in cases:
        dry, real = (client.post(f"/v1/certificates{q}", json=body, headers=token) for q in ("?dry_run=true", ""))
        assert dry.status_code == real.status_code, (dry.text, real.text)
        assert dry.status_code >= 400
        assert dry.json() == real.json()


def test_a_dry_run_tells_every_note(tmp_path: Path, database: str | None) -> None:
    """Hard use 5: what an issue flags, its dry run flags; also that a plant has certified more than it can make."""
    served = serve(tmp_path, database, plants={ANN: {"capacity_per_year": "1 t"}})
    with served.client() as client:
        headers = served.token(ANN)
        flagged = record("A", "5000 kg")
        flagged["materials"].append(RINSED)
        dry = client.post("/v1/certificates?dry_run=true", json=flagged, headers=headers).json()
        real = client.post("/v1/certificates", json=flagged, headers=headers).json()
    assert {note["rule"] for note in real["notes"]} == {"B-UNC", "M-PROXY", "Q-LINE", "X-CAPACITY", "X-OPEN", "X-TIME"}
    assert dry["notes"] == real["notes"]


def test_a_dry_run_of_what_was_signed_at_home_is_judged_as_it_would_be(served: Served, client: TestClient) -> None:
    """Hard use 5: a producer with its own key learns what the registry would say of what it signed, before it is
    logged.
    """
    (run, spoiled) = signed(served, ["S-1", "S-2"])
    headers = served.token(CID)
    before = rows(served)
    dry = client.post("/v1/certificates?dry_run=true", json=run, headers=headers)
    assert (dry.status_code, dry.json()["state"]) == (200, "could-be-issued"), dry.text
    spoiled["holdings"] = run["holdings"]
    refused = [client.post(f"/v1/certificates{q}", json=spoiled, headers=headers) for q in ("?dry_run=true", "")]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(422, "issue.holdings")}
    assert {**rows(served), "events": 0} == {**before, "events": 0}
    real = client.post("/v1/certificates", json=run, headers=headers).json()
    assert [each["digest"] for each in dry.json()["certificates"]] == [each["digest"] for each in real["certificates"]]
    assert dry.json()["notes"] == real["notes"]
    again = client.post("/v1/certificates?dry_run=true", json=run, headers=headers)
    assert (again.status_code, again.json()["state"]) == (200, "unchanged")


@pytest.mark.parametrize("path", ["/v1/splits", "/v1/statements", "/v1/attestations", "/v1/identifiers"])
def test_a_write_without_a_dry_run_says_so(served: Served, client: TestClient, path: str) -> None:
    """Hard use 5: a write that has no dry run refuses the parameter instead of doing it for good."""
    headers = served.token(ANN)
    before = rows(served)
    answer = client.post(f"{path}?dry_run=true", json={"lot": "A", "mass": "1 kg"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.unknown-parameter")
    assert rows(served) == before


def test_prices_and_exclusions_are_judged_at_the_door(served: Served, client: TestClient) -> None:
    """A by-product priced up, and a third left out, are refused over HTTP; what is small and bounded is not."""
    base = record("P")
    (whole,) = base["outputs"]
    vector = {"period": {"start": "2020-01-01", "end": "2024-12-31"}, "currency": "USD", "source": "USGS"}
    half = {**whole, "mass": "5 kg", "price": "83 USD/kg"}
    shared = {**base, "allocation": {"method": "economic", "mass_key": "REO", "prices": vector}}
    answers = {}
    for name, price in (("honest", "83 USD/kg"), ("dear", "8300 USD/kg")):
        outputs = [half, {**half, "lot": "Q", "certify": False, "price": price}]
        answers[name] = client.post(
            "/v1/certificates?dry_run=true", json={**shared, "outputs": outputs}, headers=served.token(ANN)
        )
    left_out = {**base, "excluded": [{"what": "a third", "why": "small", "kind": "bounded", "share": "0.33"}]}
    answers["left out"] = client.post("/v1/certificates?dry_run=true", json=left_out, headers=served.token(ANN))
    assert answers["honest"].status_code == 200, answers["honest"].text
    for name, code in (("dear", "rule.a-price"), ("left out", "rule.x-cut")):
        assert answers[name].status_code == 409
        assert code in answers[name].text, answers[name].text
