"""Shipments of several lots to one customer, over HTTP: one commit, private links made with it, nothing of others'."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ledger.admin.guests import settle
from ledger.desk.outbox import latest_notices
from ledger.desk.receipt import delivery_of
from ledger.desk.shipping import made_shipment, ship_lots
from ledger.registry.idempotency import happened
from ledger.store.engine import reading
from ledger.store.shipments import shipment_of_link
from schemas.contact import ShipmentRequest
from schemas.door import validated
from schemas.sentences import HELD
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

    first, second = made["lots"]
    private = page_of(client, first)
    assert "Held by the registry for the customer." in private
    assert {"We received it", "A-1", "30 kg", "A-2", "100 kg"} <= set(re.split(r"[<>]", private))
    shown = [page_of(client, first | {"link": ""}), page_of(client, second | {"link": first["link"]})]
    assert not [each for each in shown if "Held by" in each or "We received it" in each], "the link opens one page"
    path = f"/v1/certificates/{first['certificate']}/verification"
    held = client.get(path, headers=key_of(first)).json()["held"]
    assert (held["registry"], held["sentence"]) == (served.registry.did, HELD)
    assert "held" not in client.get(path).json()


def key_of(line: dict[str, str]) -> dict[str, str]:
    secret = line["link"].partition("#key=")[2]
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def page_of(client: TestClient, line: dict[str, str], language: str = "en") -> str:
    return client.get(f"/c/{line['certificate']}?lang={language}", headers=key_of(line) | {"accept": "text/html"}).text


def told_received(client: TestClient, headers: dict[str, str]) -> Response:
    return client.post("/v1/receipts", headers=headers)


def problem_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["problems"][0]["code"]


def test_the_customer_tells_by_its_link_that_the_goods_came(served: Served, client: TestClient) -> None:
    """By several at once, and by both links of the shipment: one note, one notice, one time."""
    token = served.token(ANN)
    client.post("/v1/contacts", json={"name": "Motor Works"}, headers=token)
    made = shipped(client, token, number="DN 7").json()
    first, second = made["lots"]
    for method in ("GET", "HEAD"):  # as the scanner of a mailbox does
        client.request(method, f"/c/{first['certificate']}", headers=key_of(first))
        assert client.request(method, "/v1/receipts", headers=key_of(first)).status_code in {404, 405}
    assert made_shipment(served.registry, ANN, made["id"]).received is None
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: told_received(client, key_of((first, second)[number % 2])), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["first"] for answer in answers) == [False] * 7 + [True]
    (at,) = {answer.json()["received"] for answer in answers}
    assert left(client, token) == {"A-1": "70", "A-2": "0"}, "a note moves nothing"
    assert client.get("/v1/shipments", headers=token).json()["shipments"][0]["received"] == at
    told = [each for each in latest_notices(served.registry, ANN) if each.kind == "received"]
    assert [(each.subject, each.facts) for each in told] == [
        (made["id"], {"recipient": "Motor Works", "number": "DN 7", "po": ""})
    ]
    events = [each for each in happened(served.registry, last=50) if each.action == "received"]
    assert [(each.subject, each.token[:5]) for each in events] == [(made["id"], "link ")]
    for language, said in (("en", "You told the sender on"), ("zh-Hans", "告知"), ("de", "mitgeteilt"), ("ja", "受領")):
        page = page_of(client, second, language)
        assert said in page
        assert 'id="received"' not in page


def test_nothing_but_a_link_of_a_shipment_in_force_tells_that_it_came(served: Served, client: TestClient) -> None:
    token = served.token(ANN)
    client.post("/v1/contacts", json={"name": "Motor Works"}, headers=token)
    (line,) = shipped(client, token, lots=[{"lot": "A-1"}]).json()["lots"]
    wrong = {"Authorization": f"{key_of(line)['Authorization'][:-1]}_"}
    for headers in ({}, wrong, token):
        assert problem_of(told_received(client, headers)) == (401, "api.token")
    plain = client.post(
        "/v1/shares", json={"lot": "A-2", "recipient": "C", "audience": "customer"}, headers=token
    ).json()
    alone = {"certificate": plain["shared"]["certificate"], "link": plain["link"]}
    assert problem_of(told_received(client, key_of(alone))) == (404, "share.no-shipment")
    assert "We received it" not in page_of(client, alone)
    client.delete(f"/v1/shares/{line['share']}", headers=token)
    assert problem_of(told_received(client, key_of(line))) == (410, "share.ended")
    assert [each.kind for each in latest_notices(served.registry, ANN) if each.kind == "received"] == []


def test_a_party_is_told_that_accepting_is_done_by_signing_in(served: Served, client: TestClient) -> None:
    token = served.token(ANN)
    client.post("/v1/contacts", json={"name": "Ben", "did": BEN}, headers=token)
    (line,) = shipped(client, token, contact="Ben", lots=[{"lot": "A-1"}]).json()["lots"]
    page = page_of(client, line)
    assert "a link does not prove who presses" in page
    assert "Held by" not in page
    assert told_received(client, key_of(line)).json()["first"] is True
    waits = client.post("/v1/statements", json={"statement": "accept"}, headers=served.token(BEN)).json()
    assert [each["mass_kg"] for each in waits["shipments"]] == ["100"], "the note accepted nothing"


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
    assert client.post("/v1/claims", json={"code": f"{code[:-1]}_"}, headers=ben).status_code == 404
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
    seen = delivery_of(served.registry, made["lots"][0]["share"])
    assert seen is not None
    assert not seen.held
