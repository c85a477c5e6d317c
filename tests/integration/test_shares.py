"""Private links: one customer reads one certificate, until the link ends; over HTTP and from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ledger.changes.share import find_share
from ledger.store.desk_schema import SHARES
from ledger.store.engine import reading
from schemas.problem import AccessError
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def issued(served: Served, client: TestClient, lot: str = "A-1") -> str:
    record = written(lot, "100 kg", producer=ANN, plant=plant(ANN))
    answer = client.post("/v1/certificates", json=record, headers=served.token(ANN))
    return str(answer.json()["certificates"][0]["digest"])


def shared(served: Served, client: TestClient, **more: object) -> dict[str, object]:
    wanted = {"lot": "A-1", "recipient": "Example Motors", **more}
    answer = client.post("/v1/shares", json=wanted, headers=served.token(ANN, "move"))
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


def key_of(made: dict[str, object]) -> dict[str, str]:
    return {"Authorization": f"Bearer {str(made['link']).partition('#key=')[2]}"}


def test_a_link_shows_what_its_audience_may_see_and_nothing_of_another_certificate(
    served: Served, client: TestClient
) -> None:
    digest, other = issued(served, client), issued(served, client, "A-2")
    made = shared(served, client, audience="auditor")
    assert str(made["link"]).startswith(f"https://registry.example/c/{digest}#key=orev_")
    path = f"/v1/certificates/{digest}"
    public, private = client.get(path).text, client.get(path, headers=key_of(made)).text
    assert private.startswith(public.partition("~")[0]), "the signed part is the same"
    assert len(private.split("~")) > len(public.split("~")), "the run is shown"
    report = client.get(f"{path}/verification", headers=key_of(made)).json()
    assert report["verdict"] == "genuine"
    assert (
        client.get(f"/v1/certificates/{other}", headers=key_of(made)).text
        == client.get(f"/v1/certificates/{other}").text
    )
    (batch,) = client.get(f"{path}/chain", headers=key_of(made)).json()["batches"]
    assert batch["run_shown"] is True
    assert private in client.get(f"{path}/bundle", headers=key_of(made)).text.replace("\\/", "/")


@pytest.mark.parametrize(("granted", "shown"), [("public", False), ("customer", True)])
def test_the_chain_behind_is_shown_as_its_supplier_granted_it(
    served: Served, client: TestClient, granted: str, *, shown: bool
) -> None:
    upstream = issued(served, client)
    ann, ben = served.token(ANN), served.token(BEN)
    client.post("/v1/statements", json={"statement": "move", "lot": "A-1", "to": BEN, "audience": granted}, headers=ann)
    client.post("/v1/statements", json={"statement": "accept"}, headers=ben)
    record = written("B-1", "90 kg", producer=BEN, plant=plant(BEN), inputs={"A-1": "100 kg"})
    answer = client.post("/v1/certificates", json=record, headers=ben)
    assert answer.status_code == 201, answer.text
    digest = answer.json()["certificates"][0]["digest"]
    made = client.post("/v1/shares", json={"lot": "B-1", "recipient": "C", "audience": "auditor"}, headers=ben).json()
    batches = client.get(f"/v1/certificates/{digest}/chain", headers=key_of(made)).json()["batches"]
    assert {each["certificate"]: each["run_shown"] for each in batches} == {digest: True, upstream: shown}


def test_a_link_opens_no_door_that_a_token_opens(served: Served, client: TestClient) -> None:
    issued(served, client)
    key = key_of(shared(served, client, audience="auditor"))
    for method, route in (("GET", "/v1/holdings"), ("GET", "/v1/shares"), ("POST", "/v1/shares"), ("GET", "/v1/party")):
        answer = client.request(method, route, headers=key, json={} if method == "POST" else None)
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (401, "api.token"), route


def test_a_revoked_link_opens_nothing_and_says_since_when(served: Served, client: TestClient) -> None:
    digest = issued(served, client)
    made = shared(served, client)
    name = dict(made["shared"])["id"]  # type: ignore[call-overload]
    mover = served.token(ANN, "move")
    listed = client.delete(f"/v1/shares/{name}", headers=mover).json()["links"]
    assert [(each["id"], each["state"]) for each in listed] == [(name, "revoked")]
    answer = client.get(f"/v1/certificates/{digest}", headers=key_of(made))
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (410, "share.ended")
    assert client.get(f"/v1/certificates/{digest}").status_code == 200
    again = client.delete(f"/v1/shares/{name}", headers=mover)
    assert (again.status_code, again.json()["problems"][0]["code"]) == (404, "share.unknown")


def test_a_link_ends_on_its_day(served: Served, client: TestClient) -> None:
    issued(served, client)
    secret = str(shared(served, client, days=2)["link"]).partition("#key=")[2]
    watch, now = served.app.state.server.watch, served.registry.runtime.now_ms()
    assert find_share(watch, secret, now_ms=now + DAY_MS) is not None
    with pytest.raises(AccessError) as ended:
        find_share(watch, secret, now_ms=now + 2 * DAY_MS + 1000)
    assert ended.value.code == "share.ended"
    assert find_share(watch, secret[:-1], now_ms=now) is None


def test_each_opening_of_the_page_is_counted_also_at_once(served: Served, client: TestClient) -> None:
    digest = issued(served, client)
    made = shared(served, client)
    for _ in range(3):
        page = client.get(f"/c/{digest}", headers={**key_of(made), "accept": "text/html"})
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
    client.get(f"/v1/certificates/{digest}", headers=key_of(made))
    (link,) = client.get("/v1/shares", headers=served.token(ANN, "move")).json()["links"]
    assert link["opened"] == 3
    assert link["last_opened"] is not None


def test_only_the_issuer_makes_and_sees_and_ends_a_link(served: Served, client: TestClient) -> None:
    issued(served, client)
    made = shared(served, client)
    ben = served.token(BEN, "move")
    for lot, code in (("A-1", "life.lot-unknown"), (dict(made["shared"])["certificate"], "life.not-issuer")):  # type: ignore[call-overload]
        refused = client.post("/v1/shares", json={"lot": lot, "recipient": "Ben"}, headers=ben)
        assert refused.json()["problems"][0]["code"] == code
    assert client.get("/v1/shares", headers=ben).json() == {"links": []}
    name = dict(made["shared"])["id"]  # type: ignore[call-overload]
    assert client.delete(f"/v1/shares/{name}", headers=ben).status_code == 404
    assert client.get("/v1/shares", headers=served.token(ANN, "read")).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0},
        {"days": 367},
        {"days": "30"},
        {"audience": "everybody"},
        {"recipient": ""},
        {"recipient": None},
        {"foreign": 1},
        {"lot": "no-such-lot"},
    ],
)
def test_a_wrong_wish_makes_no_link(served: Served, client: TestClient, wrong: dict[str, object]) -> None:
    issued(served, client)
    wanted = {"lot": "A-1", "recipient": "Example Motors", **wrong}
    answer = client.post("/v1/shares", json=wanted, headers=served.token(ANN, "move"))
    assert 400 <= answer.status_code < 500
    assert client.get("/v1/shares", headers=served.token(ANN, "move")).json() == {"links": []}


def test_the_store_keeps_no_secret(served: Served, client: TestClient) -> None:
    issued(served, client)
    secret = str(shared(served, client)["link"]).partition("#key=")[2]
    with reading(served.registry.engine) as connection:
        row = connection.execute(select(SHARES)).one()
    assert secret not in json.dumps([str(value) for value in row])
    assert secret[5:].encode() not in b"".join(value for value in row if isinstance(value, bytes))


def test_a_link_that_is_guessed_counts_as_a_wrong_token(served: Served, client: TestClient) -> None:
    digest = issued(served, client)
    guesses = [
        client.get(f"/v1/certificates/{digest}", headers={"Authorization": f"Bearer orev_{number:043}"})
        for number in range(5)
    ]
    assert {each.status_code for each in guesses} == {401}
