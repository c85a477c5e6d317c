"""Screen 10: recipes are read, edited, tried, sent and approved at the desk, with and without scripts."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook, load_workbook

from ledger.desk.approvals import approve, listed, set_two_persons
from ledger.desk.recipes import any_recipe, keep_recipe, kept_recipe
from ledger.drafting.draft import draft
from ledger.recipes.checked import parts_of
from ledger.recipes.made import facts_of, recipe_of
from ledger.registry.approval import OPERATOR
from ledger.tables import keep_table, shipped_tables, tables_in
from schemas.certificate import Facility
from tests.support.http.commands import told
from tests.support.http.desk import desk
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.registries.desk_runs import READING
from tests.support.worlds.blends import written
from tests.support.worlds.workbooks import saved

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.support.http.desk import Desk

pytestmark = pytest.mark.usefixtures("forked_readers")

TABLES = shipped_tables()


POWER = {"name": "power of the mixer", "amount": "10 kWh", "grid": "CN-NM", "basis": "metered", "meter": "M-1"}


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


def send_book(at: Desk, path: str, book: Workbook | bytes, **fields: str) -> Response:
    """Upload a workbook as a form of the desk does."""
    content = book if isinstance(book, bytes) else saved(book)
    own = {"origin": at.origin, "sec-fetch-site": "same-origin"}
    file = {"file": ("recipe.xlsx", content)}
    data = {"csrf": at.token(), **fields}
    return at.client.post(path, data=data, files=file, headers=own, follow_redirects=False)


def downloaded(at: Desk, path: str = "/desk/recipes/OX/recipe.xlsx") -> Workbook:
    return load_workbook(io.BytesIO(at.get(path).content))


def cell_of(book: Workbook, sheet: str, name: str, key: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    """Return the cell of a row, found by its name, under a hidden key."""
    here = book[sheet]
    keys = {cell.value: cell.column for cell in here[1]}
    row = next(cell.row for line in here.iter_rows(min_row=4) for cell in line if cell.value == name)
    return here.cell(row, keys[key] or 0)


def test_only_goods_that_the_party_may_certify_begin_from_an_example(served: Served) -> None:
    with desk(served, "engineer") as engineer:
        listed = engineer.get("/desk/recipes?lang=zh-Hans").text
        assert '<option value="blending dysprosium-oxide">氧化镝</option>' in listed
        assert "sintered-ndfeb-magnet" not in listed, "the party is listed for oxides, concentrates and metals"
        wanted = {"makes": "coating sintered-ndfeb-magnet", "plant": plant(ANN), "own-name": "MG"}
        assert 'href="#f-makes"' in engineer.post("/desk/recipes/example", wanted).text
        smelting = {"makes": "oxide-electrolysis rare-earth-metal", "plant": plant(ANN), "own-name": "ME"}
        assert engineer.post("/desk/recipes/example", smelting).status_code == 303
        outputs = any_recipe(served.registry, ANN, "ME").checked.record.outputs
        assert {each.kind for each in outputs if each.certify} <= {"oxide", "concentrate", "metal"}


def test_a_recipe_begins_from_an_example_that_certifies_nothing_untouched(served: Served) -> None:
    with desk(served, "engineer") as engineer, desk(served, "quality") as quality, desk(served, "clerk") as clerk:
        listed = engineer.get("/desk/recipes").text
        assert 'optgroup label="Blending"' in listed
        assert "From an example" not in clerk.get("/desk/recipes").text
        wanted = {"makes": "blending dysprosium-oxide", "plant": plant(ANN), "own-name": "DY"}
        wrong = engineer.post("/desk/recipes/example", wanted | {"plant": plant(BEN)})
        assert (wrong.status_code, 'href="#f-plant"' in wrong.text) == (422, True)
        made = engineer.post("/desk/recipes/example", wanted)
        assert made.headers["location"] == "/desk/recipes/DY/edit", made.text
        again = engineer.post("/desk/recipes/example", wanted | {"makes": "blending terbium-oxide"})
        assert (again.status_code, 'href="#f-own-name"' in again.text) == (422, True)
        assert "There is a recipe <bdi>DY</bdi> already" in again.text
        kept = any_recipe(served.registry, ANN, "DY").checked
        assert len(kept.recipe.examples) == len(parts_of(kept.recipe.run))
        assert 'class="state doubt">example<' in engineer.get("/desk/recipes/DY/edit").text
        digest = any_recipe(served.registry, ANN, "DY").digest
        engineer.post("/desk/recipes/DY/send", {"digest": digest})
        quality.post("/desk/recipes/DY/decide", {"digest": digest, "decision": "approve", "note": ""})
    with served.client() as client:
        facts = facts_of(kept.document)
        facts.pop("version")
        refused = client.post("/v1/recipes/DY/runs", json=facts, headers=served.token(ANN))
        assert refused.status_code == 422, refused.text
        assert {each["code"] for each in refused.json()["problems"]} >= {"recipe.example"}


def test_a_recipe_is_edited_in_its_workbook_and_uploaded(served: Served) -> None:
    marked = recipe(examples=["outputs[0]", "electricity[0]", "materials[0]"])
    keep_recipe(served.registry, marked, party=ANN, tables=TABLES)
    with desk(served, "engineer") as engineer, desk(served, "engineer") as other, desk(served, "clerk") as clerk:
        assert 'href="/desk/recipes/OX/recipe.xlsx?version=1"' in engineer.get("/desk/recipes").text
        same = send_book(engineer, "/desk/recipes/workbook", downloaded(engineer))
        assert (same.status_code, "which is approved. Change something" in same.text) == (409, True)
        book = downloaded(engineer)
        amount, low, rule = (cell_of(book, "Lines", POWER["name"], key) for key in ("amount", "low", "rule"))
        rule.value, low.value = "often", None
        faulty = send_book(engineer, "/desk/recipes/workbook", book)
        assert faulty.status_code == 422
        assert f"<code>Lines!{rule.coordinate}</code>" in faulty.text
        assert any_recipe(served.registry, ANN, "OX").state == "approved"
        rule.value, low.value, amount.value = "asked", 9, 11
        done = send_book(engineer, "/desk/recipes/workbook", book)
        assert (done.status_code, done.headers.get("location")) == (303, "/desk/recipes/OX"), done.text
        draft = any_recipe(served.registry, ANN, "OX")
        assert (draft.state, draft.checked.recipe.version) == ("draft", 2)
        assert draft.checked.recipe.examples == ("outputs[0]", "materials[0]"), "a changed line is the plant's own"
        shown = engineer.get("/desk/recipes/OX").text
        assert "What this version changes" in shown
        assert "11 kWh" in shown
        assert "Send for approval" in shown
        # over a draft only who has seen it
        assert send_book(other, "/desk/recipes/workbook", book).status_code == 303, (
            "the same draft again changes nothing"
        )
        amount.value = 10.5
        blind = send_book(other, "/desk/recipes/workbook", book)
        assert (blind.status_code, "11 kWh there, 10.5 kWh here" in blind.text) == (409, True)
        seen = send_book(other, "/desk/recipes/OX/workbook", book, base=draft.digest)
        assert seen.status_code == 303, seen.text
        assert any_recipe(served.registry, ANN, "OX").checked.lines["electricity[0]"].text == "10.5 kWh"
        assert send_book(other, "/desk/recipes/NO/workbook", book, base=draft.digest).status_code in {404, 422}
        assert send_book(clerk, "/desk/recipes/workbook", book).status_code == 403
    with desk(served, "engineer", party=BEN) as ben:
        assert send_book(ben, "/desk/recipes/workbook", book).status_code == 409


def test_a_recipe_workbook_is_guarded_as_every_workbook_is(served: Served) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
    with desk(served, "engineer") as engineer:
        for content in (bomb.getvalue(), b"PK\x03\x04 no archive", b"name,amount"):
            refused = send_book(engineer, "/desk/recipes/workbook", content)
            assert (refused.status_code, 'href="#f-file"' in refused.text) == (422, True)
        empty = send_book(engineer, "/desk/recipes/workbook", b"")
        assert (empty.status_code, "From a workbook" in empty.text) == (422, True)


def test_a_grid_without_a_factor_says_what_to_add_and_how(served: Served, tmp_path: Path) -> None:
    abroad = recipe_of(run_of(grid="MY"), name="OX", title="Oxide")
    keep_recipe(served.registry, abroad, party=ANN, tables=TABLES)
    with desk(served, "engineer") as at:
        for path in ("/desk/recipes/OX", "/desk/recipes/OX/edit"):
            shown = at.get(path).text
            assert 'href="/desk/grids/MY?line=0">No factor for MY: add yours<' in shown, path
        help_page = at.get("/desk/grids/MY?line=0").text
        table = unescape(re.findall(r"<pre>(.*?)</pre>", help_page, re.DOTALL)[0])
        places = re.findall(r"<code>(run\.electricity\[0\][^<]+)</code>", help_page)
        book = downloaded(at)
        for place, text in zip(
            places, (None, "Energy Commission", "https://st.gov.my/grid", "A" * 43, 2025), strict=True
        ):
            factor = re.findall(r"mine/location[^<]+", help_page)[0]
            book["Recipe"].append([place, text or factor])
        sent = send_book(at, "/desk/recipes/OX/workbook", book)
        assert sent.status_code == 303, sent.text
        run = any_recipe(served.registry, ANN, "OX").checked.record
        assert at.get("/desk/grids/nowhere").status_code == 404
    own = keep_table(tmp_path, "mine", table.replace("0.000", "0.6").replace("LICENCE", "ours").encode())
    (factor,) = own.rows
    assert re.fullmatch(r"mine/location\.my\.20[0-9]{2}", factor)
    found = draft(run, (), facility=Facility(id=plant(ANN), name="Plant", country="MY"), tables=tables_in(tmp_path))
    assert "mine" in {each.name for each in found.factor_sets}


def test_today_names_the_factors_that_are_too_old_for_a_run_of_today(served: Served) -> None:
    old = recipe()
    old["run"]["period"] = {"start": "2019-05-01", "end": "2019-05-02"}
    old["run"]["materials"][0]["factor"] = "materials/tap-water.cn.2019"
    keep_recipe(served.registry, old, party=ANN, tables=TABLES)
    with desk(served, "engineer") as engineer, desk(served, "clerk") as clerk:
        assert "more than three years old: " in (shown := engineer.get("/desk").text)
        assert "materials/tap-water.cn.2019" in shown
        assert "factor-old" not in shown
        assert "is of 2019, more than three years" in re.sub("<[^>]+>", "", engineer.get("/desk/recipes/OX").text)
        assert "three years" not in clerk.get("/desk").text


def issue_oxide(at: TestClient, token: dict[str, str], lot: str, power: str, *, reason: str = "") -> Response:
    """Issue a run of the recipe OX over HTTP; with a reason for its power, if one is given."""
    facts = {
        "oreprint": "recipe-facts/1",
        "recipe": "OX",
        "period": {"start": "2026-05-01", "end": "2026-05-01"},
        "outputs": [{"lot": lot, "mass": "100 kg"}],
        "readings": {READING: "100 kg", "power-of-the": power},
        **({"reasons": {"power-of-the": reason}} if reason else {}),
    }
    return at.post("/v1/recipes/OX/runs", json=facts, headers=token)


def test_another_band_is_proposed_where_runs_need_an_approval_too_often(served: Served) -> None:
    registry, token = served.registry, served.token(ANN)
    keep_recipe(registry, recipe(), party=ANN, tables=TABLES)
    assert "power-of-the" in kept_recipe(registry, ANN, "OX").checked.asked
    with desk(served, "engineer") as engineer, desk(served, "quality") as quality, served.client() as client:
        for number in range(7):
            assert issue_oxide(client, token, f"P-{number}", f"10.{number} kWh").status_code == 201
        set_two_persons(registry, "all", party=ANN, by=OPERATOR)
        for number in (7, 8, 9):
            asked = issue_oxide(client, token, f"P-{number}", f"12.{number}4 kWh", reason="a new mixer")
            assert asked.status_code == 202, asked.text
        assert "Another band" not in engineer.get("/desk").text, "the values of runs that wait are not known to fit"
        for row in listed(registry, ANN, "waiting")[:2]:
            approve(registry, row.id, party=ANN, by=quality.person.author)
        for number in (7, 8):
            done = issue_oxide(client, token, f"P-{number}", f"12.{number}4 kWh", reason="a new mixer")
            assert done.status_code == 201, done.text
        shown = engineer.get("/desk").text
        assert "3 of 11 runs of the last 30 days needed an approval" in shown
        assert "Now 8.5 kWh to 11.5 kWh; 2 of 10 runs are outside." in shown
        assert "8.5 kWh – 12.9 kWh" in shown
        assert "3 of 11" not in quality.get("/desk").text
        answer = client.get("/v1/recipes/OX", headers=served.token(ANN, "read")).json()["other_bands"]
        (band,) = answer["bands"]
        assert (answer["needed"], answer["runs"], band["label"], band["proposed_high"]) == (
            3,
            11,
            POWER["name"],
            "12.9 kWh",
        )
        assert (band["lowest"], band["median"], band["highest"], band["outside"], band["runs"]) == (
            "10 kWh", "10.3 kWh", "12.84 kWh", 2, 10,
        )  # fmt: skip
        assert told(served, "recipe", "bands", "OX", "--as", ANN) == {"other_bands": answer}
        digest = any_recipe(registry, ANN, "OX").digest
        assert engineer.post("/desk/recipes/OX/bands", {"digest": "0" * 64}).status_code == 409
        made = engineer.post("/desk/recipes/OX/bands", {"digest": digest})
        assert made.headers["location"] == "/desk/recipes/OX", made.text
        draft = any_recipe(registry, ANN, "OX")
        assert (draft.state, draft.checked.recipe.version, draft.checked.bands["electricity[0]"].high.text) == (
            "draft", 2, "12.9 kWh",
        )  # fmt: skip
        assert "Another band" not in engineer.get("/desk").text
        again = engineer.post("/desk/recipes/OX/bands", {"digest": draft.digest})
        assert (again.status_code, "No other band is proposed" in again.text) == (404, True)
        engineer.post("/desk/recipes/OX/send", {"digest": draft.digest})
        shown = quality.get("/desk/recipes/OX").text
        assert "3 of 11 runs in 30 days needed an approval" in shown
        assert (
            f'{POWER["name"]}<br><span class="dim">Highest usual amount</span></th><td data-label="Before">11.5 kWh</td>'
            in shown
        )


def test_recipes_of_another_party_are_not_there(served: Served) -> None:
    keep_recipe(served.registry, recipe(), party=ANN, tables=TABLES)
    digest = kept_recipe(served.registry, ANN, "OX").digest
    with desk(served, "engineer", "quality", party=BEN) as at:
        listed = at.get("/desk/recipes").text
        assert "/desk/recipes/OX" not in listed
        assert "<td>Oxide</td>" not in listed
        for path in ("", "/try", "/edit", "/recipe.xlsx"):
            assert at.get(f"/desk/recipes/OX{path}").status_code == 404, path
        for path, data in (("send", {}), ("decide", {"decision": "approve", "note": ""}), ("edit", {"title": "x"})):
            assert at.post(f"/desk/recipes/OX/{path}", {"digest": digest, **data}).status_code in {404, 422}, path
        assert at.post("/desk/recipes", {"lot": "A-1", "name": "MINE"}).status_code == 422
    assert kept_recipe(served.registry, ANN, "OX").digest == digest
