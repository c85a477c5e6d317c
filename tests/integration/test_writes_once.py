"""Every write of the OpenAPI document, asked twice with one key: one effect and the same answer; or it says why not."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from ledger.desk.approvals import set_two_persons
from ledger.registry.approval import OPERATOR
from ledger.store.desk_schema import ANSWERS, DESK
from ledger.store.engine import reading
from ledger.store.schema import METADATA
from ledger.store.whole import count
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.registries.crashes import CrashError
from tests.support.registries.desk_runs import facts
from tests.support.worlds.blends import written
from tests.support.worlds.oxide_days import day, oxide_recipe, row, with_recipe

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

WHY = "It takes no `Idempotency-Key`:"
ELSEWHERE = {
    "attestations": "tests/integration/test_attest.py",
    "records": "tests/integration/test_audit_records.py",
}
"""Writes that need a registry of their own, and where they are asked twice."""


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return with_recipe(serve(tmp_path, database))


def rows(served: Served) -> dict[str, int]:
    """Return how many rows each table has."""
    with reading(served.registry.engine) as connection:
        return {table.name: count(connection, table) for table in (*METADATA.sorted_tables, *DESK.sorted_tables)}


def writes(client: TestClient) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return the writes of the document: method, path and operation by name."""
    paths = client.get("/openapi.json").json()["paths"]
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method not in {"get", "head", "options"}
    }


def takes_key(operation: dict[str, Any]) -> bool:
    return any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))


@dataclass
class Twice:
    """A client that sends each write three times: twice the same, and then another body with the same key."""

    served: Served
    client: TestClient
    asked: Counter[str] = field(default_factory=Counter)

    def post(self, name: str, headers: dict[str, str], body: Any = None, **path: str) -> Any:  # noqa: ANN401 - JSON
        method, template, operation = writes(self.client)[name]
        assert takes_key(operation), name
        self.asked[name] += 1
        keyed = {**headers, "Idempotency-Key": f"{name}-{self.asked[name]}"}
        address = template.format(**path)

        def ask(more: str = "") -> Response:
            content = {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}
            return self.client.request(method.upper(), address + more, headers=keyed, **content)

        first = ask()
        assert first.status_code in {200, 201}, (name, first.text)
        before = rows(self.served)
        again = ask()
        assert (again.status_code, again.content) == (first.status_code, first.content), name
        assert rows(self.served) == before, name
        for header in ("cache-control", "content-type"):
            assert again.headers.get(header) == first.headers.get(header), name
        if isinstance(body, dict):
            other = self.client.request(method.upper(), address, headers=keyed, content=b" " + first.request.content)
            assert other.status_code in {415, 422}, name
        return first.json()


def test_each_write_takes_a_key_or_says_why_it_needs_none(served: Served) -> None:
    with served.client() as client:
        for name, (_, _, operation) in writes(client).items():
            assert takes_key(operation) != (WHY in operation["description"]), name


def test_each_write_with_a_key_is_done_once(served: Served) -> None:
    ann, ben = (served.token(who, "read", "issue", "move", "withdraw", "share") for who in (ANN, BEN))
    with served.client() as client:
        at = Twice(served, client)
        for lot in ("A-1", "A-2", "A-3"):
            at.post("issue", ann, written(lot, "100 kg", producer=ANN, plant=plant(ANN)))
        corrected = dict(written("A-3", "100 kg", producer=ANN, plant=plant(ANN)))
        at.post("corrections", ann, corrected)
        at.post("splits", ann, {"lot": "A-1", "mass": "1 kg"})
        at.post("status_entries", ann, {"count": 1})
        at.post("drafts_to_sign", ann, {"statement": "withdraw", "lot": "A-3", "reason": "The assay was wrong."})
        at.post("identifiers", ann, {"lot": "A-2", "gtin": "04006381333931"})

        guest = at.post("add", ann, {"name": "Motor Works"})
        lots = {"contact": "Motor Works", "lots": [{"lot": "A-1", "mass": "30 kg"}]}
        made = at.post("ship", ann, lots)
        assert made["lots"][0]["link"], "a secret is told again to who has the key"
        bare = at.post("ship", ann, lots | {"link_days": 0})
        at.post("shipment_links", ann, shipment=bare["id"])
        left = {each["lot"]: each["left_kg"] for each in client.get("/v1/holdings", headers=ann).json()["holdings"]}
        assert left["A-1"] == "40", "two shipments, though each was asked for thrice"
        at.post("returned", ann, {"lot": "A-1", "mass": "5 kg"}, contact=guest["id"])
        code = at.post("code", ann, contact=guest["id"])["code"]
        at.post("claim", ben, {"code": code})
        at.post("answer_claim", ann, {"claimant": BEN, "confirm": True}, contact=guest["id"])
        at.post("statements", ann, {"statement": "move", "lot": "A-2", "to": BEN, "mass": "1 kg"})

        shared = at.post("share", ann, {"lot": "A-2", "recipient": "Motor Works", "audience": "customer", "days": 9})
        holder = {"Authorization": f"Bearer {shared['link'].partition('#key=')[2]}"}
        at.post("add_hook", holder, {"address": "https://erp.example/oreprint"})

        engineer, quality = (served.token(ANN, "read", scope) for scope in ("recipe", "approve"))
        draft = at.post("propose", engineer, oxide_recipe() | {"recipe": "OX-2"})
        decision = {"decision": "send", "digest": draft["digest"]}
        at.post("decide_recipe", engineer, decision, recipe="OX-2")
        at.post("decide_recipe", quality, decision | {"decision": "approve"}, recipe="OX-2")
        at.post("issue_run", ann, facts("OX-9"), recipe="OX")

        xlsx = ann | {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        upload = client.post("/v1/uploads?name=day", content=day([row(1)]), headers=xlsx).json()["id"]
        client.post(f"/v1/uploads/{upload}/issue", json={"rows": "ready"}, headers=ann).raise_for_status()
        at.post("take_rows_back", ann, upload=upload)

        set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
        record = written("A-4", "1 kg", producer=ANN, plant=plant(ANN))
        waits = client.post("/v1/certificates", json=record, headers=ann).json()["approval"]
        at.post("decide_approval", quality, {"decision": "approve"}, approval=waits)

        keyed = {name for name, (_, _, each) in writes(client).items() if takes_key(each)}
        assert keyed == set(at.asked) | set(ELSEWHERE)


def test_of_many_with_one_key_one_ships(served: Served) -> None:
    ann = served.token(ANN)
    other = served.beside()
    with served.client() as client, other.client() as second, ThreadPoolExecutor(8) as pool:
        client.post("/v1/certificates", json=written("A-1", "100 kg", producer=ANN, plant=plant(ANN)), headers=ann)
        client.post("/v1/contacts", json={"name": "Motor Works"}, headers=ann)
        wanted = {"contact": "Motor Works", "lots": [{"lot": "A-1"}]}

        def ship(number: int) -> tuple[int, bytes]:
            at = (client, second)[number % 2]
            answer = at.post("/v1/shipments", json=wanted, headers={**ann, "Idempotency-Key": "once"})
            return answer.status_code, answer.content

        answers = set(pool.map(ship, range(16)))
        assert [status for status, _ in answers] == [201], answers
        assert len(client.get("/v1/shipments", headers=ann).json()["shipments"]) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_the_commit_leaves_both_or_neither(served: Served, when: str) -> None:
    """Effect and answer are there together after it, and whoever asks again has one shipment."""
    ann = served.token(ANN)
    with served.client() as client:
        client.post("/v1/certificates", json=written("A-1", "100 kg", producer=ANN, plant=plant(ANN)), headers=ann)
        client.post("/v1/contacts", json={"name": "Motor Works"}, headers=ann)
    wanted = {"contact": "Motor Works", "lots": [{"lot": "A-1", "mass": "10 kg"}]}
    keyed = {**ann, "Idempotency-Key": "once"}
    writing = set()

    def look(connection: Any, _cursor: object, statement: str, *_more: object) -> None:  # noqa: ANN401
        if "INSERT INTO shipments " in statement:
            writing.add(connection)

    def cut(connection: Any) -> None:  # noqa: ANN401
        if connection in writing:
            writing.clear()
            if when == "after":
                connection.engine.dialect.do_commit(connection.connection)
            raise CrashError

    engine = served.registry.engine
    event.listen(engine, "before_cursor_execute", look)
    event.listen(engine, "commit", cut)
    with served.client() as client:
        assert client.post("/v1/shipments", json=wanted, headers=keyed).status_code == 500
    event.remove(engine, "commit", cut)
    before = rows(served)
    assert before["shipments"] == (when == "after")
    again = served.beside()
    with again.client() as client:
        answer = client.post("/v1/shipments", json=wanted, headers=keyed)
        assert answer.status_code == 201
        assert [each["id"] for each in client.get("/v1/shipments", headers=ann).json()["shipments"]] == [
            answer.json()["id"]
        ]


def test_a_secret_is_not_kept_in_clear(served: Served) -> None:
    ann = served.token(ANN, "share", "issue")
    with served.client() as client:
        client.post("/v1/certificates", json=written("A-1", "100 kg", producer=ANN, plant=plant(ANN)), headers=ann)
        wanted = {"lot": "A-1", "recipient": "Motor Works", "audience": "customer", "days": 9}
        link = client.post("/v1/shares", json=wanted, headers={**ann, "Idempotency-Key": "k"}).json()["link"]
    with reading(served.registry.engine) as connection:
        (kept,) = connection.execute(ANSWERS.select()).all()
    assert link.partition("#key=")[2].encode() not in kept.body
