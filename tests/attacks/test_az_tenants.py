"""Whose is what over HTTP: AZ-01, AZ-02, AZ-03, AZ-12 and ST-15, tried by three parties on everything the API has.

The shared catalogue has no AZ-02; under that id stands what its neighbours leave open: writes on another party's lot.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import delete

from api.access import IMPLIED
from api.routes.statements import SCOPE_OF
from ledger.holdings.mark import holding_text
from ledger.store import schema
from ledger.store.engine import writing
from ledger.store.parties import register_facility
from schemas.certificate import Facility
from schemas.holding import Holder
from schemas.person import SCOPES
from tests.support.http.server import ANN, BEN, CID, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

PARTIES: Final = (ANN, BEN, CID)
LOTS: Final = {ANN: "LOT-OF-ANN", BEN: "LOT-OF-BEN"}
NOBODYS: Final = "LOT-OF-NOT"
"""As long as the others, so that answers can be compared letter by letter."""
FRESH: Final = ("checked_at", "log_size", "status_age_s", "upstream_as_of")
SAID: Final[dict[str, dict[str, str]]] = {
    "move": {"to": CID},
    "accept": {},
    "cancel": {},
    "withdraw": {"reason": "a test"},
    "suspend": {"reason": "a test"},
    "lift": {"reason": "a test"},
    "undo": {},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("tenants"))


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


@pytest.fixture(scope="module")
def tokens(served: Served) -> dict[str, dict[str, str]]:
    return {party: served.token(party) for party in PARTIES}


@pytest.fixture(scope="module")
def digests(client: TestClient, tokens: dict[str, dict[str, str]]) -> dict[str, str]:
    """Give the digest of a lot of Ann's and of one of Ben's."""
    made = {}
    for party, lot in LOTS.items():
        record = written(lot, "100 kg", producer=party, plant=plant(party))
        answer = client.post("/v1/certificates", json=record, headers=tokens[party])
        assert answer.status_code == 201, answer.text
        made[party] = answer.json()["certificates"][0]["digest"]
    return made


def writes(caller: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each route that takes a lot, with a body that names `name`."""
    yield "/v1/splits", {"lot": name, "mass": "1 kg"}
    for kind, more in SAID.items():
        yield "/v1/statements", {"statement": kind, "lot": name, **more}
    if caller == CID:
        return  # it signs its runs itself
    record = written("MINE", "1 kg", producer=caller, plant=plant(caller))
    source = {"certificate": name} if name.startswith("zQm") else {"lot": name}
    yield "/v1/certificates", {**record, "inputs": [{**source, "mass": "1 kg"}], "materials": []}


def answers(client: TestClient, token: dict[str, str], caller: str, name: str) -> list[Response]:
    found = [client.post(path, json=body, headers=token) for path, body in writes(caller, name)]
    return [*found, client.get("/v1/holdings", params={"lot": name}, headers=token)]


def held(client: TestClient, token: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    return client.get("/v1/holdings", headers=token).json()["holdings"]


def foreign() -> list[tuple[str, str]]:
    return [(caller, owner) for caller in PARTIES for owner in LOTS if caller != owner]


@pytest.mark.parametrize(("caller", "owner"), foreign())
def test_az_01_another_ones_lot_and_no_lot_at_all_get_the_same_answer(
    client: TestClient, tokens: dict[str, dict[str, str]], digests: dict[str, str], caller: str, owner: str
) -> None:
    assert set(SCOPE_OF) == set(SAID), "a statement that this test doesn't know"
    theirs = answers(client, tokens[caller], caller, LOTS[owner])
    nobodys = answers(client, tokens[caller], caller, NOBODYS)
    for one, other in zip(theirs, nobodys, strict=True):
        assert one.status_code in {403, 404}, one.text
        assert (one.status_code, one.text.replace(LOTS[owner], NOBODYS)) == (other.status_code, other.text)
    assert len(digests) == 2


@pytest.mark.parametrize(("caller", "owner"), foreign())
def test_az_01_a_reader_of_another_party_sees_what_everybody_sees(
    client: TestClient, tokens: dict[str, dict[str, str]], digests: dict[str, str], caller: str, owner: str
) -> None:
    document = client.get("/openapi.json").json()
    paths = [path for path, methods in document["paths"].items() if "{digest}" in path and "get" in methods]
    assert len(paths) >= 5
    for path in paths:
        asked = path.replace("{digest}", digests[owner])
        made = 409 if path.endswith(("/crma.pdf", "/dfars.pdf")) else 200  # papers of magnets, and no lot is one
        seen = [[client.get(asked, headers=headers) for headers in (tokens[caller], {})] for _ in range(2)]
        assert {each.status_code for pair in seen for each in pair} == {made}, asked
        # a paper tells the minute, which may turn between two answers, but not twice
        assert any(told(mine) == told(public) for mine, public in seen), asked
    own = client.get(f"/v1/certificates/{digests[owner]}", headers=tokens[owner])
    assert told(own) != told(client.get(f"/v1/certificates/{digests[owner]}")), "the owner sees no more than anybody"


def told(answer: Response) -> object:
    """Return what an answer says, without what is of the moment."""
    if answer.headers["content-type"] != "application/json":
        return [line for line in answer.content.splitlines() if not line.startswith(b'{"t":"upstream"')]
    found = json.loads(answer.content)
    return {name: value for name, value in found.items() if name not in FRESH}


@pytest.mark.parametrize(("caller", "owner"), foreign())
def test_az_02_nothing_is_written_to_another_ones_lot(
    client: TestClient, tokens: dict[str, dict[str, str]], digests: dict[str, str], caller: str, owner: str
) -> None:
    before = held(client, tokens[owner])
    head = client.get("/checkpoint").text
    for name in (LOTS[owner], digests[owner]):
        for answer in answers(client, tokens[caller], caller, name):
            assert answer.status_code in {403, 404}, answer.text
    assert held(client, tokens[owner]) == before
    assert held(client, tokens[caller]) == [
        each for each in held(client, tokens[caller]) if each["lot"] in LOTS.values()
    ]
    assert client.get("/checkpoint").text == head, "something was logged"
    report = client.get(f"/v1/certificates/{digests[owner]}/verification").json()
    assert report["verdict"] == "genuine"


def test_az_02_a_key_of_another_party_gets_none_of_its_answer(
    client: TestClient, tokens: dict[str, dict[str, str]], digests: dict[str, str]
) -> None:
    assert digests
    body, key = {"count": 1}, {"Idempotency-Key": "the same"}
    first = client.post("/v1/status-entries", json=body, headers={**tokens[ANN], **key})
    again = client.post("/v1/status-entries", json=body, headers={**tokens[ANN], **key})
    other = client.post("/v1/status-entries", json=body, headers={**tokens[BEN], **key})
    assert first.status_code == other.status_code == 201
    assert first.content == again.content
    assert other.content != first.content


def test_az_02_what_another_party_signed_is_not_taken_in_as_ones_own(
    client: TestClient, tokens: dict[str, dict[str, str]]
) -> None:
    record = written("LOT-SIGNED", "1 kg", producer=ANN, plant=plant(ANN))
    made = client.post("/v1/certificates", json=record, headers=tokens[ANN]).json()["certificates"][0]
    whole = client.get(f"/v1/certificates/{made['digest']}", headers=tokens[ANN]).text
    signed, run, *others = whole.removesuffix("~").split("~")
    holding = holding_text(bytes(32), Holder(owner=BEN, registry="registry.example"))
    body = {"run": run, "disclosures": others, "certificates": [signed], "holdings": [holding]}
    head = client.get("/checkpoint").text
    answer = client.post("/v1/certificates", json=body, headers=tokens[BEN])
    assert (answer.status_code, answer.json()["code"]) == (403, "api.tenant"), answer.text
    assert client.get("/checkpoint").text == head


def test_az_03_an_issuer_or_a_plant_of_another_party_is_refused(tmp_path: Path) -> None:
    served = serve(tmp_path)
    elsewhere = "https://ben.example/plants/2"
    cases = {
        "issuer of another": (ANN, plant(ANN), "api.tenant"),
        "plant of another": (BEN, plant(ANN), "issue.not-your-plant"),
        "plant on no list": (BEN, elsewhere, "issue.not-your-plant"),
        "plant taken off the list": (BEN, plant(BEN), "issue.not-your-plant"),
    }
    with served.client() as client:
        token = served.token(BEN)

        def issue(lot: str, producer: str, at: str) -> Response:
            return client.post(
                "/v1/certificates", json=written(lot, "1 kg", producer=producer, plant=at), headers=token
            )

        with served.registry.engine.connect() as connection:  # as the operator would
            connection.execute(delete(schema.FACILITIES).where(schema.FACILITIES.c.id == plant(BEN)))
            connection.commit()
        for name, (producer, at, code) in cases.items():
            answer = issue("AZ-03", producer, at)
            assert (answer.status_code, answer.json()["code"]) == (403, code), name
        assert client.get("/v1/holdings", headers=token).json()["holdings"] == []
        with writing(served.registry.engine) as connection:
            register_facility(connection, BEN, Facility(id=plant(BEN), name="Plant 1", country="CN", region="CN-NM"))
            connection.commit()
        assert issue("AZ-03", BEN, plant(BEN)).status_code == 201, "what was refused was the plant"


@pytest.mark.parametrize("kind", SAID)
def test_az_12_each_statement_needs_its_own_scope(served: Served, client: TestClient, kind: str) -> None:
    body = {"statement": kind, "lot": NOBODYS, **SAID[kind]}
    needed = SCOPE_OF[kind]
    enough = {needed, IMPLIED.get(needed)}
    others = [served.token(ANN, scope) for scope in SCOPES if scope not in enough]
    for token in others:
        answer = client.post("/v1/statements", json=body, headers=token)
        assert (answer.status_code, answer.json()["code"]) == (403, "api.scope"), answer.text
    answer = client.post("/v1/statements", json=body, headers=served.token(ANN, needed))
    assert answer.json()["code"] != "api.scope"


def test_st_15_another_party_that_names_a_digest_may_not_withdraw_it_either(
    client: TestClient, tokens: dict[str, dict[str, str]], digests: dict[str, str]
) -> None:
    for kind in ("withdraw", "suspend", "lift", "undo"):
        body = {"statement": kind, "lot": digests[ANN], **SAID[kind]}
        answer = client.post("/v1/statements", json=body, headers=tokens[BEN])
        assert (answer.status_code, answer.json()["code"]) == (403, "life.not-issuer"), answer.text
