"""Two processes serve one registry at the same time, on either database: what comes twice has one effect and one
answer.

Each process is an application with its own connections, locks and rounds; they share the home and the database alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, event

from ledger.audit.everything import audit
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.whole import count
from tests.support.http.server import ANN, BEN, CID, Served, plant, serve, tables
from tests.support.registries.own_key import signed
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.support.registries.databases import Postgresql

AT_ONCE = 12


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def clients(served: Served) -> Iterator[list[TestClient]]:
    with ExitStack() as running:
        yield [running.enter_context(each.client()) for each in (served, served.beside())]


def record(lot: str, mass: str, inputs: dict[str, str] | None = None, *, of: str = ANN) -> dict[str, Any]:
    return written(lot, mass, producer=of, inputs=inputs, plant=plant(of))


def entries(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        return count(connection, schema.ENTRIES)


def ask_all(
    clients: list[TestClient], path: str, bodies: list[dict[str, Any]], headers: dict[str, str]
) -> list[Response]:
    """Ask both processes for all of `bodies`, in turn and at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(clients[number % 2].post, path, json=body, headers=headers)
            for number, body in enumerate(bodies)
        ]
        return [each.result() for each in asked]


def test_one_key_has_one_effect_and_one_answer(served: Served, clients: list[TestClient]) -> None:
    headers = served.token(ANN)
    clients[0].post("/v1/certificates", json=record("A", "10 kg"), headers=headers)
    size = entries(served)
    move = {"statement": "move", "lot": "A", "to": BEN, "mass": "10 kg"}
    answers = ask_all(clients, "/v1/statements", [move] * AT_ONCE, {**headers, "Idempotency-Key": "ship-1"})
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert entries(served) == size, "an offer is no entry"
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.OFFERS) == 1


def test_one_key_of_a_record_has_one_answer_byte_for_byte(served: Served, clients: list[TestClient]) -> None:
    headers = {**served.token(ANN), "Idempotency-Key": "issue-1"}
    answers = ask_all(clients, "/v1/certificates", [record("A", "10 kg")] * AT_ONCE, headers)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_the_same_record_without_a_key_gets_the_same_certificates(served: Served, clients: list[TestClient]) -> None:
    headers = served.token(ANN)
    clients[0].post("/v1/certificates", json=record("A", "10 kg"), headers=headers)
    size = entries(served)
    answers = ask_all(clients, "/v1/certificates", [record("B", "10 kg", {"A": "10 kg"})] * AT_ONCE, headers)
    assert {answer.status_code for answer in answers} == {201}
    told = {
        tuple((each["digest"], each["certificate"], each["index"]) for each in answer.json()["certificates"])
        for answer in answers
    }
    assert len(told) == 1
    assert entries(served) == size + 1


def test_lg_19_the_same_signed_bytes_50_times_at_once_are_one_entry(served: Served, clients: list[TestClient]) -> None:
    headers = served.token(CID)
    (run,), size = signed(served, ["C-1"]), entries(served)
    answers = ask_all(clients, "/v1/certificates", [run] * 50, headers)
    assert [answer.status_code for answer in answers] == [201] * 50, {answer.text for answer in answers}
    told = {(each["digest"], each["index"]) for answer in answers for each in answer.json()["certificates"]}
    assert len(told) == 1
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.CERTIFICATES) == 1
    assert entries(served) - size <= 1 + 3, "the issuance, and the status lists that it began"


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_commit_that_got_lost_is_told_as_such_and_settled_by_asking_again(
    postgresql: Postgresql, tmp_path: Path, repeatable: bool
) -> None:
    with postgresql.fresh() as url:
        served = serve(tmp_path, url)
        with served.client() as client:
            headers = served.token(ANN)
            client.post("/v1/certificates", json=record("A", "10 kg"), headers=headers)
            headers = {**headers, "Idempotency-Key": "k"}
            move = {"statement": "move", "lot": "A", "to": BEN, "mass": "10 kg"}
            path, body = ("/v1/certificates", record("B", "10 kg")) if repeatable else ("/v1/statements", move)
            # the commit of the effect, not one of the server's own work beside it, such as a status list that is due
            effect, writing = ("certificates" if repeatable else "offers"), set[Connection]()

            def look(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
                if f"INSERT INTO {effect} " in statement:
                    writing.add(connection)

            def lose(connection: Connection) -> None:
                if connection in writing:
                    event.remove(served.registry.engine, "before_cursor_execute", look)
                    writing.clear()
                    postgresql.cut_all()

            event.listen(served.registry.engine, "before_cursor_execute", look)
            event.listen(served.registry.engine, "commit", lose)
            lost = client.post(path, json=body, headers=headers)
            assert (lost.status_code, lost.json()["code"]) == (503, "api.deadline")
            again = client.post(path, json=body, headers=headers)
            assert again.status_code == 201
            assert client.post(path, json=body, headers=headers).content == again.content
        assert audit(served.home, tables=tables(), progress=lambda *_: None).faults == ()


def test_of_many_that_want_the_last_of_a_lot_one_gets_it(served: Served, clients: list[TestClient]) -> None:
    headers = served.token(ANN)
    clients[0].post("/v1/certificates", json=record("A", "10 kg"), headers=headers)
    wanted = [record(f"B-{number}", "6 kg", {"A": "6 kg"}) for number in range(AT_ONCE)]
    answers = ask_all(clients, "/v1/certificates", wanted, headers)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"holding.too-little"}


def test_what_two_processes_wrote_at_once_is_one_sound_history(served: Served, clients: list[TestClient]) -> None:
    headers = served.token(ANN)
    clients[0].post("/v1/certificates", json=record("A", "100 kg"), headers=headers)
    wanted = [record(f"B-{number}", "1 kg", {"A": "1 kg"}) for number in range(24)]
    answers = ask_all(clients, "/v1/certificates", wanted, headers)
    assert {answer.status_code for answer in answers} == {201}
    found = audit(served.home, tables=tables(), progress=lambda *_: None)
    assert found.faults == ()
    assert found.counts["certificates"] == 25
