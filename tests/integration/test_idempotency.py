"""One effect and one answer for an idempotency key, also when two ask at once and when the first was cut off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.store import schema
from ledger.store.answers import AnswerRow
from ledger.store.desk_schema import ANSWERS
from ledger.store.engine import insert_rows, reading, writing
from ledger.store.whole import count
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def record(lot: str) -> dict[str, object]:
    return written(lot, "10 kg", producer=ANN, plant=plant(ANN))


def entries(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        return count(connection, schema.ENTRIES)


def test_the_same_key_and_body_get_the_same_bytes(served: Served, client: TestClient) -> None:
    headers = {**served.token(ANN), "Idempotency-Key": "ship-1"}
    client.post("/v1/certificates", json=record("A"), headers=served.token(ANN))
    move = {"statement": "move", "lot": "A", "to": BEN, "mass": "1 kg"}
    first = client.post("/v1/statements", json=move, headers=headers)
    size = entries(served)
    again = client.post("/v1/statements", json=move, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert entries(served) == size
    other = client.post("/v1/statements", json={**move, "mass": "2 kg"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "api.key-reused")


def test_keys_of_two_tenants_are_two_keys(served: Served, client: TestClient) -> None:
    for tenant in (ANN, BEN):
        headers = {**served.token(tenant), "Idempotency-Key": "same"}
        assert client.post("/v1/status-entries", json={"count": 1}, headers=headers).status_code == 201


def test_a_refusal_sets_its_key_free(served: Served, client: TestClient) -> None:
    headers = {**served.token(ANN), "Idempotency-Key": "k"}
    body = {"lot": "A", "mass": "1 kg"}
    assert client.post("/v1/splits", json=body, headers=headers).status_code == 403
    client.post("/v1/certificates", json=record("A"), headers=served.token(ANN))
    assert client.post("/v1/splits", json=body, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_a_key_is_printable_and_short(served: Served, client: TestClient, key: str) -> None:
    headers = {**served.token(ANN), "Idempotency-Key": key.encode("latin-1")}
    answer = client.post("/v1/status-entries", json={"count": 1}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 400, answer.text


def test_two_at_once_have_one_effect_and_one_answer(served: Served) -> None:
    with served.client() as client, ThreadPoolExecutor(8) as pool:
        headers = served.token(ANN)
        client.post("/v1/certificates", json=record("A"), headers=headers)
        size = entries(served)
        move = {"statement": "move", "lot": "A", "to": BEN, "mass": "1 kg"}

        def ask(_: int) -> tuple[int, bytes]:
            answer = client.post("/v1/statements", json=move, headers={**headers, "Idempotency-Key": "one"})
            return answer.status_code, answer.content

        answers = set(pool.map(ask, range(16)))
    assert [status for status, _ in answers] == [201]
    assert entries(served) - size <= 2, "one move of 1 kg of 10 kg takes one or two splits"


def test_records_that_come_at_once_share_commits_and_each_gets_its_own_answer(served: Served) -> None:
    with served.client() as client, ThreadPoolExecutor(8) as pool:
        headers = served.token(ANN)

        def ask(number: int) -> tuple[int, str]:
            answer = client.post("/v1/certificates", json=record(f"LOT-{number}"), headers=headers)
            return answer.status_code, answer.json()["certificates"][0]["lot"]

        answers = list(pool.map(ask, range(24)))
    assert answers == [(201, f"LOT-{number}") for number in range(24)]


def test_a_claim_that_an_earlier_release_left_is_done_again(served: Served, client: TestClient) -> None:
    said = sha256(b"\n".join((b"POST", b"/v1/status-entries", b'{"count":1}'))).digest()
    with writing(served.registry.engine) as connection:
        insert_rows(connection, ANSWERS, [AnswerRow(ANN, "cut", said, None, None, 1)])
        connection.commit()
    headers = {**served.token(ANN), "Idempotency-Key": "cut", "content-type": "application/json"}
    first = client.post("/v1/status-entries", content=b'{"count":1}', headers=headers)
    again = client.post("/v1/status-entries", content=b'{"count":1}', headers=headers)
    assert (first.status_code, again.content) == (201, first.content)
