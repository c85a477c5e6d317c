"""The rule of two persons counts what a recipe finds odd in a run, by each door that makes runs of recipes."""

from __future__ import annotations

import orjson
import pytest

from ledger.desk.approvals import Approval, approve, compared, listed, set_two_persons
from ledger.desk.drafts import find_draft
from ledger.desk.recipes import keep_recipe
from ledger.desk.uploads import IssueWish, issue_upload, upload_runs, upload_workbook
from ledger.registry.approval import OPERATOR
from tests.support.http.desk import Desk, desk, filled, person, text_of
from tests.support.http.server import ANN, Served, serve, tables
from tests.support.registries.desk_runs import READING, recipe, typed
from tests.support.worlds.oxide_days import day, row

REASONED = f"recipe.reasoned {READING}"


pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    made = serve(tmp_path_factory.mktemp("gate"))
    for name in ("OX", "OY", "OZ"):
        keep_recipe(made.registry, recipe(name=name), party=ANN)
    set_two_persons(made.registry, "warnings", party=ANN, by=OPERATOR)
    return made


def waits(served: Served, *new: str) -> Approval:
    """Return the one act that waits, after a look at the warnings that are new in it."""
    (row,) = listed(served.registry, ANN, "waiting")
    found = compared(served.registry, row.id, party=ANN)
    assert set(new) <= set(found.new_findings)
    return row


def let_pass(served: Served, row: Approval) -> None:
    approve(served.registry, row.id, party=ANN, by=person(served, "quality").author)


def form(at: Desk, lot: str, **more: str) -> str:
    """Type a run of which nothing is odd but what `more` says, and issue it; return the address of its draft."""
    usual = typed(lot, "101") | {f"r:{READING}": "102"}
    path = at.post("/desk/runs/new", {"recipe": "OX", **usual, **more}).headers["location"]
    at.post(f"{path}/issue", {"revision": 1, "then": "now"})
    return path


def test_a_reason_in_the_form_asks_a_second_person_once(served: Served) -> None:
    def state(path: str) -> str:
        return find_draft(served.registry, ANN, path.rpartition("/")[2]).row.state

    with desk(served, "clerk") as at:
        first = form(at, "A-1")
        let_pass(served, waits(served))  # whose factors are placeholders
        at.post(f"{first}/issue", {"revision": 2 + 1, "then": "now"})
        assert (state(first), state(form(at, "A-2"))) == ("issued", "issued")
        odd = {f"r:{READING}": "130", f"reason:{READING}": "a wet batch"}
        path = form(at, "A-3", **odd)
        asked = waits(served, REASONED)
        assert state(path) == "draft"
        with desk(served, "quality") as chief:
            page = text_of(chief.get(f"/desk/approvals/{asked.id}").text)
            assert "new: neodymium oxide, bought is outside its usual bounds" in page
            assert "a wet batch" in page
        let_pass(served, asked)
        other = filled(at.get(f"{path}/edit").text) | {f"reason:{READING}": "spilled"}
        at.post(path, other)
        at.post(f"{path}/issue", {"revision": int(other["revision"]) + 1, "then": "now"})
        again = waits(served, REASONED)
        assert state(path) == "draft", "another reason is another act"
        let_pass(served, again)
        assert at.post(f"/desk/approvals/{again.id}/do").status_code == 303
        assert state(path) == "issued"
        assert state(form(at, "A-4", **odd)) == "issued", "the last approved run had that warning, too"
        assert state(form(at, "A-5", mass_kg="99", **{f"r:{READING}": "100"})) == "draft", (
            "the same as typical, to the last digit"
        )
        asked = waits(served, f"recipe.same-as-typical readings.{READING}")
        let_pass(served, asked)


def test_a_reason_in_a_workbook_asks_a_second_person(served: Served) -> None:
    clerk = person(served, "clerk").author

    def issue_rows(upload: str) -> list[str]:
        for _ in issue_upload(served.registry, ANN, upload, tables=tables(), wish=IssueWish(by=clerk)):
            pass
        return [each.state for each in upload_runs(served.registry, ANN, upload)]

    def kept(*rows: dict[str, object]) -> str:
        content = day([each | {"recipe": "OY"} for each in rows], recipes=[recipe(name="OY")])
        return upload_workbook(served.registry, ANN, "day.xlsx", content, tables=tables(), by=clerk).id

    first = kept(row(1))
    assert issue_rows(first) == ["ready"]
    let_pass(served, waits(served))
    assert issue_rows(first) == ["issued"]
    odd = {f"r:{READING}": 130, "reason": "a wet batch"}
    upload = kept(row(2), row(3, **odd))
    assert issue_rows(upload) == ["issued", "ready"]
    asked = waits(served, REASONED)
    assert "a wet batch" in orjson.loads(asked.parts)["findings"][REASONED]
    let_pass(served, asked)
    assert issue_rows(upload) == ["issued", "issued"]
    assert issue_rows(kept(row(4, **odd))) == ["issued"]


def test_a_reason_in_facts_asks_a_second_person(served: Served) -> None:
    headers = served.token(ANN)
    usual = {
        "oreprint": "recipe-facts/1",
        "recipe": "OZ",
        "period": {"start": "2026-05-01", "end": "2026-05-01"},
        "readings": {READING: "102 kg"},
    }
    odd = {"readings": {READING: "130 kg"}, "reasons": {READING: "a wet batch"}}
    with served.client() as client:

        def run(lot: str, **more: object) -> int:
            facts = usual | {"outputs": [{"lot": lot, "mass": "101 kg"}]} | more
            return client.post("/v1/recipes/OZ/runs", json=facts, headers=headers).status_code

        assert run("Z-1") == 202
        let_pass(served, waits(served))
        assert (run("Z-1"), run("Z-2")) == (201, 201)
        assert run("Z-3", **odd) == 202
        let_pass(served, waits(served, REASONED))
        assert (run("Z-3", **odd), run("Z-4", **odd)) == (201, 201)
