"""Recipes over HTTP: listed, read, proposed, sent and approved, each with its scope, and never those of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.recipes.made import recipe_of
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
    with served.client() as opened:
        yield opened


def recipe(version: int = 1, title: str = "Oxide") -> dict[str, Any]:
    run = dict(written("A-1", "100 kg", producer=ANN, plant=plant(ANN)))
    return recipe_of(run, name="OX", title=title) | {"version": version}


def test_a_recipe_is_proposed_sent_approved_and_read(served: Served, client: TestClient) -> None:
    engineer, quality = (served.token(ANN, "read", scope) for scope in ("recipe", "approve"))
    made = client.post("/v1/recipes", json=recipe(), headers=engineer)
    assert made.status_code == 201, made.text
    answer = made.json()
    assert (answer["state"], answer["document"]["pinned"]["tables"] != {}) == ("draft", True)
    decision = {"decision": "send", "digest": answer["digest"]}
    assert client.post("/v1/recipes/OX/decisions", json=decision, headers=engineer).json()["state"] == "sent"
    done = client.post("/v1/recipes/OX/decisions", json=decision | {"decision": "approve"}, headers=quality).json()
    assert (done["state"], done["approver"].startswith("token:")) == ("approved", True)
    second = client.post("/v1/recipes", json=recipe(2, "Oxide, new"), headers=engineer).json()
    assert second["changes"] == [{"place": "title", "before": "Oxide", "after": "Oxide, new"}]
    (listed,) = client.get("/v1/recipes", headers=quality).json()["recipes"]
    assert (listed["version"], listed["state"]) == (2, "draft")
    read = client.get("/v1/recipes/OX?version=1", headers=quality).json()
    assert (read["version"], read["state"], read["document"]["title"]) == (1, "approved", "Oxide")


def test_each_act_needs_its_scope(served: Served, client: TestClient) -> None:
    reader, issuer = served.token(ANN, "read"), served.token(ANN, "issue", "move", "withdraw")
    assert client.get("/v1/recipes", headers=issuer).status_code == 403
    for header in (reader, issuer):
        assert client.post("/v1/recipes", json=recipe(), headers=header).status_code == 403
    made = client.post("/v1/recipes", json=recipe(), headers=served.token(ANN, "recipe")).json()
    for header, decision in ((served.token(ANN, "recipe"), "approve"), (served.token(ANN, "approve"), "send")):
        asked = {"decision": decision, "digest": made["digest"]}
        answer = client.post("/v1/recipes/OX/decisions", json=asked, headers=header)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "api.scope")


def test_who_wrote_a_version_does_not_approve_it(served: Served, client: TestClient) -> None:
    both = served.token(ANN, "recipe", "approve")
    made = client.post("/v1/recipes", json=recipe(), headers=both).json()
    for decision, status in (("send", 200), ("approve", 409)):
        asked = {"decision": decision, "digest": made["digest"]}
        assert client.post("/v1/recipes/OX/decisions", json=asked, headers=both).status_code == status


def test_of_two_who_save_one_draft_the_second_is_told_what_differs(served: Served, client: TestClient) -> None:
    token = served.token(ANN, "recipe")
    first = client.post("/v1/recipes", json=recipe(), headers=token).json()
    path = f"/v1/recipes?base={first['digest']}"
    assert client.post(path, json=recipe(title="Mine"), headers=token).status_code == 201
    answer = client.post(path, json=recipe(title="Yours"), headers=token)
    assert answer.status_code == 409
    assert "title (Mine there, Yours here)" in answer.text


def test_recipes_of_another_party_are_not_there(served: Served, client: TestClient) -> None:
    ben = served.token(BEN, "read", "recipe", "approve")
    made = client.post("/v1/recipes", json=recipe(), headers=served.token(ANN, "recipe")).json()
    assert client.get("/v1/recipes", headers=ben).json() == {"recipes": []}
    assert client.get("/v1/recipes/OX", headers=ben).status_code == 404
    asked = {"decision": "send", "digest": made["digest"]}
    assert client.post("/v1/recipes/OX/decisions", json=asked, headers=ben).status_code == 404
    stolen = client.post("/v1/recipes", json=recipe(), headers=ben)
    assert (stolen.status_code, stolen.json()["type"].rpartition("/")[2]) == (409, "recipe.not-yours")


def test_a_return_needs_a_note_and_nothing_else_has_one(served: Served, client: TestClient) -> None:
    engineer, quality = served.token(ANN, "recipe"), served.token(ANN, "approve")
    made = client.post("/v1/recipes", json=recipe(), headers=engineer).json()
    asked = {"decision": "send", "digest": made["digest"]}
    assert client.post("/v1/recipes/OX/decisions", json=asked | {"note": "x"}, headers=engineer).status_code == 422
    client.post("/v1/recipes/OX/decisions", json=asked, headers=engineer)
    asked["decision"] = "return"
    assert client.post("/v1/recipes/OX/decisions", json=asked, headers=quality).status_code == 422
    answer = client.post("/v1/recipes/OX/decisions", json=asked | {"note": "narrow the band"}, headers=quality).json()
    assert (answer["state"], answer["note"]) == ("draft", "narrow the band")
