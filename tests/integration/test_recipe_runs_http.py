"""Rehearse and issue runs from recipes over HTTP, and sign held runs in the background of a server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from api.routes.uploads import XLSX
from ledger.desk.approvals import listed, set_two_persons
from ledger.desk.drafts import find_draft
from ledger.desk.recipes import keep_recipe
from ledger.registry.approval import OPERATOR, RULE
from ledger.store import schema
from ledger.store.approvals import RuleRow, put_rule
from ledger.store.engine import reading, writing
from ledger.store.whole import count
from tests.support.http.server import ANN, BEN, Served, serve
from tests.support.registries.desk_runs import READING, blend, facts, held, make_due, recipe
from tests.support.worlds.oxide_days import day, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    made = serve(tmp_path_factory.mktemp("runs"))
    keep_recipe(made.registry, recipe(), party=ANN)
    keep_recipe(made.registry, blend(), party=ANN)
    return made


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


@pytest.fixture(scope="module")
def headers(served: Served) -> dict[str, str]:
    return served.token(ANN)


def entries(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        return count(connection, schema.ENTRIES)


def places(answer: dict[str, Any], kind: str = "problems") -> list[tuple[str, str]]:
    return [(each["code"], each["place"]) for each in answer[kind]]


def test_a_rehearsal_tells_what_would_be_issued_and_changes_nothing(
    served: Served, client: TestClient, headers: dict[str, str]
) -> None:
    before = entries(served)
    told = client.post("/v1/rehearsals", json=facts("A-1"), headers=headers).json()
    assert (told["state"], [each["lot"] for each in told["certificates"]]) == ("could-be-issued", ["A-1"])
    record = recipe()["run"]
    same = client.post("/v1/rehearsals", json=record, headers=headers).json()
    assert (same["state"], same["problems"]) == ("could-be-issued", [])
    assert entries(served) == before


def test_a_rehearsal_tells_everything_that_is_wrong_at_its_place(client: TestClient, headers: dict[str, str]) -> None:
    wrong = facts("A-1", "1010 kg", readings={READING: "10.1 kg"}, inputs=[{"lot": "X", "mass": "1 kg"}])
    told = client.post("/v1/rehearsals", json=wrong, headers=headers).json()
    assert told["state"] == "refused"
    assert sorted(places(told)) == [
        ("recipe.inputs", "inputs"),
        ("recipe.outside-band-meant", "outputs[0].mass"),
        ("recipe.outside-band-meant", f"readings.{READING}"),
    ]
    far = client.post("/v1/rehearsals", json=facts("A-1", "110 kg"), headers=headers).json()
    assert far["state"] == "could-be-issued"
    record = {**recipe()["run"], "step": "alchemy", "period": {}}
    broken = client.post("/v1/rehearsals", json=record, headers=headers).json()
    assert broken["state"] == "refused"
    assert {each["place"].partition(".")[0] for each in broken["problems"]} == {"step", "period"}
    assert (
        client.post("/v1/rehearsals", content=b"{", headers=headers | {"content-type": "application/json"}).status_code
        == 400
    )


def test_a_workbook_is_rehearsed_and_nothing_is_kept(
    served: Served, client: TestClient, headers: dict[str, str]
) -> None:
    before = entries(served)
    sent = headers | {"content-type": XLSX}
    book = day([row(1), row(2, recipe="?")])
    told = client.post("/v1/rehearsals", content=book, headers=sent)
    assert told.status_code == 200, told.text
    assert [each["state"] for each in told.json()["rows"]] == ["ready", "problem"]
    assert all(each["place"].startswith("Runs!") for each in told.json()["rows"][1]["problems"])
    assert (entries(served), client.get("/v1/uploads/" + "0" * 24, headers=headers).status_code) == (before, 404)
    assert client.post("/v1/rehearsals", content=b"no workbook", headers=sent).status_code == 422
    assert (
        client.post("/v1/rehearsals", content=book, headers=headers | {"content-type": "text/html"}).status_code == 415
    )


def test_a_rehearsal_is_the_partys_own(served: Served, client: TestClient, headers: dict[str, str]) -> None:
    ben = served.token(BEN)
    assert client.post("/v1/rehearsals", json=facts("A-1"), headers=ben).status_code == 404
    assert client.post("/v1/rehearsals", json=recipe()["run"], headers=ben).status_code == 403
    assert client.post("/v1/rehearsals", json=facts("A-1")).status_code == 401
    reader = served.token(ANN, "read")
    assert client.post("/v1/rehearsals", json=facts("A-1"), headers=reader).status_code == 403
    assert client.post("/v1/recipes/OX/runs", json=facts("A-1"), headers=ben).status_code == 404


def test_facts_become_certificates_once(client: TestClient, headers: dict[str, str]) -> None:
    keyed = headers | {"Idempotency-Key": "run-7"}
    first = client.post("/v1/recipes/OX/runs", json=facts("A-7"), headers=keyed)
    assert first.status_code == 201, first.text
    assert [each["lot"] for each in first.json()["certificates"]] == ["A-7"]
    assert client.post("/v1/recipes/OX/runs", json=facts("A-7"), headers=keyed).content == first.content
    again = client.post("/v1/recipes/OX/runs", json=facts("A-7"), headers=headers).json()
    assert (again["unchanged"], again["certificates"][0]["digest"]) == (True, first.json()["certificates"][0]["digest"])


def test_the_answer_has_the_recipes_warnings_and_the_gate_knows_the_recipe(
    served: Served, client: TestClient, headers: dict[str, str]
) -> None:
    made = client.post("/v1/recipes/OX/runs", json=facts("A-71", "100 kg"), headers=headers)
    assert ("recipe.same-as-typical", f"readings.{READING}") in places(made.json(), "warnings")
    record = client.post("/v1/certificates", json=recipe()["run"] | {"run": "R-72"}, headers=headers)
    assert record.json().get("warnings") is None
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    try:
        waits = client.post("/v1/recipes/OX/runs", json=facts("A-73"), headers=headers)
        assert (waits.status_code, [each.series for each in listed(served.registry, ANN)]) == (202, ["OX"])
    finally:
        with writing(served.registry.engine) as connection:
            put_rule(connection, RuleRow(ANN, RULE, "off", 0, OPERATOR))
            connection.commit()


def test_a_refusal_names_the_place_in_the_facts(client: TestClient, headers: dict[str, str]) -> None:
    client.post("/v1/recipes/OX/runs", json=facts("A-8"), headers=headers)
    taken = client.post("/v1/recipes/OX/runs", json=facts("a-8", "102 kg"), headers=headers)
    assert (taken.status_code, places(taken.json())) == (409, [("issue.lot-taken", "outputs[0].lot")])
    other = client.post("/v1/recipes/XX/runs", json=facts("A-9"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "recipe.other")
    old = client.post("/v1/recipes/OX/runs", json=facts("A-9", version=3), headers=headers)
    assert (old.status_code, places(old.json())) == (422, [("recipe.other-version", "version")])


def test_a_server_signs_what_is_due_and_what_is_used_or_shipped(
    served: Served, client: TestClient, headers: dict[str, str]
) -> None:
    due, used, shipped = held(served, "S-1"), held(served, "S-2"), held(served, "S-3")
    make_due(served, due)
    until = time.monotonic() + 30
    while find_draft(served.registry, ANN, due.row.id).row.state == "held" and time.monotonic() < until:
        time.sleep(0.1)
    assert find_draft(served.registry, ANN, due.row.id).row.state == "issued"
    use = blend()["run"] | {"run": "B-9", "period": {"start": "2026-05-02", "end": "2026-05-02"}}
    use["inputs"], use["outputs"][0]["lot"] = [{"lot": "s-2", "mass": "50 kg"}], "B-9"
    made = client.post("/v1/certificates", json=use, headers=headers)
    assert made.status_code == 201, made.text
    assert find_draft(served.registry, ANN, used.row.id).row.state == "issued"
    move = {"statement": "move", "lot": "S-3", "to": BEN, "mass": "1 kg"}
    assert client.post("/v1/statements", json=move, headers=headers).status_code == 201
    assert find_draft(served.registry, ANN, shipped.row.id).row.state == "issued"
