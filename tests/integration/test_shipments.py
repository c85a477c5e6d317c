"""Shipments of several lots to one customer, over HTTP: one commit, private links made with it, nothing of others'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.admin.guests import settle
from ledger.desk.shipping import held_for_customer, made_shipment, received, ship_lots
from ledger.store.engine import reading
from ledger.store.shipments import shipment_of_link
from schemas.contact import ShipmentRequest
from schemas.door import validated
from tests.support.http.server import ANN, BEN, ORIGIN, PASSPHRASE, Served, plant, serve
from tests.support.registries.lived_in import code_of
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        token = served.token(ANN)
        for lot in ("A-1", "A-2"):
            record = written(lot, "100 kg", producer=ANN, plant=plant(ANN))
            assert client.post("/v1/certificates", json=record, headers=token).status_code == 201
        yield client


def shipped(client: TestClient, token: dict[str, str], **more: object) -> Response:
    wanted = {"contact": "Motor Works", "lots": [{"lot": "A-1", "mass": "30 kg"}, {"lot": "A-2"}], **more}
    return client.post("/v1/shipments", json=wanted, headers=token)


def left(client: TestClient, token: dict[str, str]) -> dict[str, str]:
    return {each["lot"]: each["left_kg"] for each in client.get("/v1/holdings", headers=token).json()["holdings"]}


def test_many_lots_go_to_a_guest_in_one_commit_with_a_link_each(served: Served, client: TestClient) -> None:
    token = served.token(ANN)
    guest = client.post("/v1/contacts", json={"name": "Motor Works"}, headers=token).json()
    assert (guest["kind"], guest["did"].startswith("did:key:z")) == ("guest", True)
    answer = shipped(client, token, number="DN 7", po="PO-1")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store"), answer.text
    made = answer.json()
    told = (made["state"], made["number"], made["po"], made["consignee"])
    assert told == ("delivered", "DN 7", "PO-1", guest["did"])
    assert [(each["lot"], each["mass_kg"]) for each in made["lots"]] == [("A-1", "30"), ("A-2", "100")]
    assert left(client, token) == {"A-1": "70", "A-2": "0"}
    for each in made["lots"]:
        key = {"Authorization": f"Bearer {each['link'].partition('#key=')[2]}"}
        report = client.get(f"/v1/certificates/{each['certificate']}/verification", headers=key).json()
        assert report["verdict"] == "genuine"
    (listed,) = client.get("/v1/shipments", headers=token).json()["shipments"]
    assert [each["link"] for each in listed["lots"]] == [None, None]  # told once
    assert listed["received"] is None
    links = client.get("/v1/shares", headers=token).json()["links"]
    assert {(each["recipient"], each["audience"]) for each in links} == {("Motor Works", "customer")}

    first = made["lots"][0]
    key = {"Authorization": f"Bearer {first['link'].partition('#key=')[2]}", "accept": "text/html"}
    private = client.get(f"/c/{first['certificate']}", headers=key).text
    assert "Held by the registry for the customer." in private
    public = client.get(f"/c/{first['certificate']}", headers={"accept": "text/html"}).text
    assert "Held by the registry" not in public

    share = made["lots"][0]["share"]
    assert held_for_customer(served.registry, share)
    assert [received(served.registry, share) for _ in range(2)] == [True, False]
    assert left(client, token) == {"A-1": "70", "A-2": "0"}  # a note moves nothing
    assert made_shipment(served.registry, ANN, made["id"]).received is not None


def test_all_lots_go_or_none_and_the_line_is_named(served: Served, client: TestClient) -> None:
    token = served.token(ANN)
    client.post("/v1/contacts", json={"name": "Motor Works"}, headers=token)
    before = left(client, token)
    for lots, place, code in (
        ([{"lot": "A-1"}, {"lot": "A-2", "mass": "100.1 kg"}], "lots[1]", "holding.too-little"),
        ([{"lot": "A-1"}, {"lot": "A-3"}], "lots[1]", "holding.not-yours"),
        ([{"lot": "A-1", "mass": "1 kg"}, {"lot": "a-1", "mass": "1 kg"}], "lots", "shipment.lot-twice"),
    ):
        problem = shipped(client, token, lots=lots).json()
        assert problem["type"].endswith(code), problem
        assert any(each["place"].startswith(place) for each in problem["problems"]), problem
        assert left(client, token) == before
    assert client.get("/v1/shipments", headers=token).json()["shipments"] == []
    assert client.get("/v1/shares", headers=token).json()["links"] == []


def test_the_same_form_again_ships_nothing(served: Served, client: TestClient) -> None:
    token = served.token(ANN)
    client.post("/v1/contacts", json={"name": "Ben", "did": BEN}, headers=token)
    wanted = validated(ShipmentRequest, {"contact": "ben", "lots": [{"lot": "A-1", "mass": "10 kg"}], "link_days": 0})
    first = ship_lots(served.registry, wanted, party=ANN, origin=ORIGIN, once="0123456789ab")
    again = ship_lots(served.registry, wanted, party=ANN, origin=ORIGIN, once="0123456789ab")
    assert (first, first.state, first.lots[0].share) == (again, "offered", None)
    assert left(client, token)["A-1"] == "90"
    accepted = client.post("/v1/statements", json={"statement": "accept"}, headers=served.token(BEN)).json()
    assert accepted["shipments"][0]["mass_kg"] == "10"


def test_no_party_sees_or_uses_what_is_anothers(served: Served, client: TestClient) -> None:
    ann, ben = served.token(ANN), served.token(BEN)
    guest = client.post("/v1/contacts", json={"name": "Motor Works"}, headers=ann).json()
    made = shipped(client, ann).json()
    assert client.get("/v1/contacts", headers=ben).json() == {"contacts": []}
    assert client.get("/v1/shipments", headers=ben).json() == {"shipments": []}
    assert client.get(f"/v1/shipments?contact={guest['id']}", headers=ben).json() == {"shipments": []}
    assert client.get("/v1/guest-requests", headers=ben).json() == {"requests": []}
    here = f"/v1/contacts/{guest['id']}"
    answers = (
        client.delete(here, headers=ben),
        client.post(f"{here}/claim-code", headers=ben),
        client.post(f"{here}/claims", json={"claimant": BEN, "confirm": True}, headers=ben),
        client.post(f"{here}/returns", json={"lot": "A-1"}, headers=ben),
        client.post("/v1/shipments", json={"contact": guest["did"], "lots": [{"lot": "A-1"}]}, headers=ben),
    )
    told = [(answer.status_code, answer.json()["type"].rpartition("/")[2]) for answer in answers]
    assert told == [(404, "contact.unknown")] * 5
    assert code_of(lambda: made_shipment(served.registry, BEN, made["id"])) == "shipment.unknown"
    assert client.delete(here, headers=ann).json()["id"] == guest["id"]
    assert client.get("/v1/contacts", headers=ann).json() == {"contacts": []}
    for scope in ("read", "issue"):
        assert client.get("/v1/contacts", headers=served.token(ANN, scope)).status_code == 403


def test_a_claim_over_http(served: Served, client: TestClient) -> None:
    ann, ben = served.token(ANN), served.token(BEN)
    guest = client.post("/v1/contacts", json={"name": "Motor Works"}, headers=ann).json()
    made = shipped(client, ann).json()
    code = client.post(f"/v1/contacts/{guest['id']}/claim-code", headers=ann).json()["code"]
    assert (
        client.post(
            "/v1/claims", json={"code": code[:-2] + ("B" if code[-2] == "A" else "A") + code[-1]}, headers=ben
        ).status_code
        == 404
    )
    assert client.post("/v1/claims", json={"code": code}, headers=ben).json()["state"] == "waiting"
    second = client.post("/v1/claims", json={"code": code}, headers=ben)
    assert (second.status_code, second.json()["type"].rpartition("/")[2]) == (409, "contact.claimed")
    decision = {"claimant": BEN, "confirm": True}
    done = client.post(f"/v1/contacts/{guest['id']}/claims", json=decision, headers=ann)
    assert (done.status_code, done.json()["claimant_name"]) == (201, "Ben")
    settle(served.home, served.registry, passphrase=PASSPHRASE)
    assert left(client, ben) == {"A-1": "30", "A-2": "100"}
    with reading(served.registry.engine) as connection:
        assert shipment_of_link(connection, made["lots"][0]["share"]) is not None
    assert not held_for_customer(served.registry, made["lots"][0]["share"])
