"""Screen 10: recipes are read, edited, tried, sent and approved at the desk, with and without scripts."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from ledger.desk.recipes import any_recipe, keep_recipe, kept_recipe
from ledger.recipes.made import recipe_of
from ledger.tables import shipped_tables
from tests.support.http.desk import desk
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.http.desk import Desk

TABLES = shipped_tables()


POWER = {"name": "power of the mixer", "amount": "10 kWh", "grid": "CN-NM", "basis": "metered"}


def run_of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    return dict(written("A-1", "100 kg", producer=ANN, plant=plant(ANN))) | {"electricity": [POWER | changes]}


def recipe(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    return recipe_of(run_of(), name="OX", title="Oxide") | changes


@pytest.fixture
def served(tmp_path: Path) -> Served:
    made = serve(tmp_path)
    with made.client() as client:
        issued = client.post("/v1/certificates", json=run_of(), headers=made.token(ANN))
        assert issued.status_code == 201, issued.text
    return made


def form_of(at: Desk, path: str) -> dict[str, str]:
    """Return the fields of the last form of a page, as a browser would send them unchanged."""
    html = at.get(path).text.rpartition("<form")[2]
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)" type="text" value="([^"]*)"', html))
    fields |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)".*?>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]+)" selected', options)
        fields[name] = chosen[1] if chosen is not None else ""
    return {name: text.replace("&#39;", "'").replace("&amp;", "&") for name, text in fields.items()}


def test_an_engineer_makes_a_recipe_of_a_lot_and_another_person_approves_it(served: Served) -> None:
    with desk(served, "engineer") as engineer, desk(served, "quality") as quality:
        made = engineer.post("/desk/recipes", {"lot": "A-1", "name": "OX"})
        assert made.headers["location"] == "/desk/recipes/OX/edit"
        fields = form_of(engineer, "/desk/recipes/OX/edit")
        assert fields["l1-amount"] == "10 kWh"
        assert fields["l1-rule"] == "asked"
        fields |= {"l1-low": "12 kWh", "title": "Oxide of ours"}
        token = fields.pop("csrf")
        wrong = engineer.post("/desk/recipes/OX/edit", fields, token=token)
        assert wrong.status_code == 422
        assert 'href="#f-l1-rule"' in wrong.text
        assert 'value="12 kWh"' in wrong.text, "nothing typed is lost"
        fields |= {"l1-low": "8 kWh", "l1-high": "12 kWh"}
        saved = engineer.post("/desk/recipes/OX/edit", fields, token=token)
        assert saved.headers["location"] == "/desk/recipes/OX", saved.text
        kept = any_recipe(served.registry, ANN, "OX")
        assert (kept.state, kept.checked.recipe.title, len(kept.checked.asked)) == ("draft", "Oxide of ours", 2)
        stale = engineer.post("/desk/recipes/OX/edit", fields | {"title": "Older"}, token=token)
        assert stale.status_code == 409
        assert "Oxide of ours there, Older here" in stale.text
        assert engineer.post("/desk/recipes/OX/send", {"digest": kept.digest}, token=token).status_code == 303
        own = engineer.post("/desk/recipes/OX/decide", {"digest": kept.digest, "decision": "approve"}, token=token)
        assert own.status_code == 403
        shown = quality.get("/desk/recipes/OX").text
        assert "Approve or return" in shown
        done = quality.post("/desk/recipes/OX/decide", {"digest": kept.digest, "decision": "approve", "note": ""})
        assert done.status_code == 303
    assert kept_recipe(served.registry, ANN, "OX").approver is not None


def test_a_version_is_returned_with_a_note_that_its_author_reads(served: Served) -> None:
    with desk(served, "engineer") as engineer, desk(served, "quality") as quality:
        engineer.post("/desk/recipes", {"lot": "A-1", "name": "OX"})
        digest = any_recipe(served.registry, ANN, "OX").digest
        engineer.post("/desk/recipes/OX/send", {"digest": digest})
        without = quality.post("/desk/recipes/OX/decide", {"digest": digest, "decision": "return", "note": ""})
        assert (without.status_code, 'href="#f-note"' in without.text) == (422, True)
        told = {"digest": digest, "decision": "return", "note": "<script>alert(1)</script>"}
        assert quality.post("/desk/recipes/OX/decide", told).status_code == 303
        shown = engineer.get("/desk/recipes/OX").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
        assert "<script>alert" not in shown


def test_a_person_with_both_roles_does_not_approve_what_he_wrote(served: Served) -> None:
    with desk(served, "engineer", "quality") as both, desk(served, "clerk"):
        both.post("/desk/recipes", {"lot": "A-1", "name": "OX"})
        digest = any_recipe(served.registry, ANN, "OX").digest
        both.post("/desk/recipes/OX/send", {"digest": digest})
        answer = both.post("/desk/recipes/OX/decide", {"digest": digest, "decision": "approve", "note": ""})
        assert answer.status_code == 403
        assert any_recipe(served.registry, ANN, "OX").state == "sent"


def test_the_page_shows_lines_drift_and_what_a_trial_makes(served: Served) -> None:
    with desk(served, "engineer") as engineer:
        engineer.post("/desk/recipes", {"lot": "A-1", "name": "OX"})
    with desk(served, "clerk") as at:
        shown = at.get("/desk/recipes/OX").text
        assert POWER["name"] in shown
        assert "+0.0 %" in shown
        assert "Edit the draft" not in shown
        tried = at.get("/desk/recipes/OX/try").text
        assert "Tried on lot A-1" in tried
        assert "Nothing differs." in tried
        book = at.get("/desk/recipes/OX/recipe.xlsx")
        assert load_workbook(io.BytesIO(book.content)).sheetnames[0] == "Recipe"
        assert at.get("/desk/recipes/OX/edit").status_code == 403


def test_the_numbers_of_an_example_are_confirmed_one_by_one(served: Served) -> None:
    keep_recipe(served.registry, recipe(examples=["outputs[0]", "electricity[0]", "materials[0]"]), party=ANN)
    with desk(served, "engineer") as at:
        assert "3 parts still hold" in at.get("/desk/recipes/OX").text
        fields = form_of(at, "/desk/recipes/OX/edit")
        token = fields.pop("csrf")
        more = {"own": "outputs[0]", "l0-own": "yes", "l1-amount": "11 kWh", "o0-high": "110 kg"}
        assert at.post("/desk/recipes/OX/edit", fields | more, token=token).status_code == 303
    kept = any_recipe(served.registry, ANN, "OX").checked
    assert (kept.recipe.version, kept.recipe.examples, kept.recipe.outputs[0].high) == (2, (), "110")
    assert kept.lines["electricity[0]"].text == "11 kWh"


def test_today_tells_what_waits_returned_and_drifted(served: Served) -> None:
    moved = recipe()
    moved["run"]["electricity"][0]["amount"] = "8 kWh"
    moved["amounts"][-1] |= {"low": "7 kWh", "high": "10 kWh"}
    keep_recipe(served.registry, moved, party=ANN, tables=TABLES)
    with desk(served, "engineer") as engineer, desk(served, "quality") as quality, desk(served, "clerk") as clerk:
        assert "power of the mixer has moved by +25.0 % over the last runs" in engineer.get("/desk").text
        fields = form_of(engineer, "/desk/recipes/OX/edit")
        engineer.post("/desk/recipes/OX/edit", fields, token=fields.pop("csrf"))
        digest = any_recipe(served.registry, ANN, "OX").digest
        engineer.post("/desk/recipes/OX/send", {"digest": digest})
        assert "waits for your approval" in quality.get("/desk").text
        quality.post("/desk/recipes/OX/decide", {"digest": digest, "decision": "return", "note": "why?"})
        assert "returned: why?" in engineer.get("/desk").text
        assert "/desk/recipes/OX" not in clerk.get("/desk").text


def test_a_grid_without_a_factor_says_what_to_add(served: Served) -> None:
    abroad = recipe_of(run_of(grid="MY"), name="OX", title="Oxide")
    keep_recipe(served.registry, abroad, party=ANN, tables=TABLES)
    with desk(served, "engineer") as at:
        assert "No factor for MY: add yours" in at.get("/desk/recipes/OX").text


def test_recipes_of_another_party_are_not_there(served: Served) -> None:
    keep_recipe(served.registry, recipe(), party=ANN, tables=TABLES)
    digest = kept_recipe(served.registry, ANN, "OX").digest
    with desk(served, "engineer", "quality", party=BEN) as at:
        listed = at.get("/desk/recipes").text
        assert "/desk/recipes/OX" not in listed
        assert "Oxide" not in listed
        for path in ("", "/try", "/edit", "/recipe.xlsx"):
            assert at.get(f"/desk/recipes/OX{path}").status_code == 404, path
        for path, data in (("send", {}), ("decide", {"decision": "approve", "note": ""}), ("edit", {"title": "x"})):
            assert at.post(f"/desk/recipes/OX/{path}", {"digest": digest, **data}).status_code in {404, 422}, path
        assert at.post("/desk/recipes", {"lot": "A-1", "name": "MINE"}).status_code == 422
    assert kept_recipe(served.registry, ANN, "OX").digest == digest
