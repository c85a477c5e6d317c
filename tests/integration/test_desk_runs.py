"""A clerk's run at the desk: form, preview, hold, sign, and what is told at which field."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from ledger.desk.drafts import drafts_of, find_draft
from ledger.desk.preview import certificates_of_draft
from ledger.desk.recipes import keep_recipe
from ledger.seal.sdjwt import open_certificate
from tests.support.http.desk import desk, filled, person, sign_in, visitor
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.registries.desk_runs import READING, blend, recipe, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.http.desk import Desk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    made = serve(tmp_path_factory.mktemp("desk"))
    keep_recipe(made.registry, recipe() | {"lots": "AL-{n}"}, party=ANN)
    keep_recipe(made.registry, blend(), party=ANN)
    return made


@pytest.fixture(scope="module")
def clerk(served: Served) -> Iterator[Desk]:
    with desk(served, "clerk") as at:
        yield at


def begun(clerk: Desk, lot: str, mass: str = "101", **more: str) -> str:
    """Send the form of a new run; return the address of its draft."""
    answer = clerk.post("/desk/runs/new", {"recipe": "OX", **typed(lot, mass), **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def revision(served: Served, path: str) -> int:
    return find_draft(served.registry, ANN, path.rpartition("/")[2]).row.revision


def links(html: str) -> dict[str, str]:
    """Return the sentences of the summary by the field that each leads to."""
    summary = html.partition('id="problems"')[2].partition("</ul>")[0]
    return {
        name: unescape(re.sub("<[^>]+>|[\u2068\u2069]", "", said))
        for name, said in re.findall(r'href="#f-([^"]+)">(.*?)</a>', summary)
    }


def test_the_form_asks_for_what_the_recipe_asks_for(clerk: Desk) -> None:
    choice = clerk.get("/desk/runs/new").text
    assert "Which recipe did the run follow?" in choice
    page = clerk.get("/desk/runs/new?recipe=OX").text
    assert f'name="r:{READING}" value=""' in page
    assert "Typical 100 kg, usual 85 kg to 115 kg" in page
    assert re.search(r'name="lot" value="AL-[0-9]+"', page)
    assert 'name="input1_lot"' in clerk.get("/desk/runs/new?recipe=BL").text


def test_a_run_is_previewed_issued_and_held_then_signed(served: Served, clerk: Desk) -> None:
    path = begun(clerk, "AL-7")
    page = clerk.get(path).text
    assert '<span class="big">101 kg</span>' in page
    assert "kg CO2e/kg" in page
    assert "You sign as" in page
    counted = re.search(r"Placeholders: ([0-9]+)", page)
    held = clerk.post(f"{path}/issue", {"revision": 1, "then": "hold"}, follow=True).text
    assert "It is signed in 30 minutes" in held
    assert "signed in 30 minutes" in clerk.get("/desk").text
    assert 'name="lot" value="AL-8"' in clerk.get("/desk/runs/new?recipe=OX").text
    done = clerk.post(f"{path}/sign", {"then": "now"}, follow=True).text
    assert "The certificate is signed. Anyone can check it now." in done
    assert path not in clerk.get("/desk").text
    assert revision(served, path) == 3
    (made,) = certificates_of_draft(served.registry, find_draft(served.registry, ANN, path.rpartition("/")[2]))
    certified = open_certificate(made.text).record.footprint.placeholders
    assert counted is not None
    assert int(counted[1]) == certified > 0


def test_labels_sign_at_once(served: Served, clerk: Desk) -> None:
    path = begun(clerk, "L-1", "102")
    clerk.post(f"{path}/issue", {"revision": 1, "then": "labels"})
    assert find_draft(served.registry, ANN, path.rpartition("/")[2]).row.state == "issued"


def test_what_is_wrong_stands_at_its_field_and_everything_typed_stays(clerk: Desk) -> None:
    wrong = {"recipe": "OX", "lot": "W-1", "mass_kg": "1010", "start": "03/04/2026", f"r:{READING}": "10.1 kg"}
    page = clerk.post("/desk/runs/new", wrong, follow=True).text
    assert set(links(page)) == {"start", f"r:{READING}"}
    for text in ("W-1", "1010", "03/04/2026", "10.1 kg"):
        assert f'value="{text}"' in page
    path = begun(clerk, "W-2", "1010")
    told = links(clerk.get(path).text)
    assert "Was 101 kg meant?" in told["mass_kg"]
    assert 'name="reason:output-1"' in clerk.get(path).text
    empty = clerk.post("/desk/runs/new", {"recipe": "OX"}, follow=True).text
    assert set(links(empty)) == {"lot", "mass_kg", "start"}
    half = begun(clerk, "W-3", "101", input1_lot="NONE-1", input2_kg="4")
    assert {name: text for name, text in links(clerk.get(half).text).items() if name.startswith("input")} == {
        "input1_kg": "Input 1, mass is empty. Fill it in.",
        "input2_lot": "Input 2, lot is empty. Fill it in.",
    }


def test_a_reason_excuses_its_own_amount_only(clerk: Desk) -> None:
    path = begun(clerk, "W-3", "120", **{f"r:{READING}": "12", "reason:output-1": "the big charge"})
    shown = clerk.get(path).text
    assert set(links(shown)) == {f"r:{READING}"}
    typed_in = filled(shown)
    assert typed_in["reason:output-1"] == "the big charge", "what is sent again keeps it"
    again = clerk.post(path, typed_in | {f"r:{READING}": "four"}, follow=True).text
    assert filled(again)["reason:output-1"] == "the big charge"
    fine = begun(clerk, "W-4", "100", **{f"r:{READING}": "120", f"reason:{READING}": "spilled"})
    assert "Check whether the reason that was typed explains it: spilled" in re.sub(
        "<[^>]+>|[\u2068\u2069]", "", clerk.get(fine).text
    )


def test_warnings_stand_in_the_preview_and_lead_to_the_field(clerk: Desk) -> None:
    path = begun(clerk, "W-5", "100")
    page = clerk.get(path).text
    assert f'href="{path}/edit#f-r:{READING}"' in page
    assert "equals the typical amount to the last digit" in clerk.get(f"{path}/edit").text


def test_of_two_who_change_one_draft_the_second_sees_both(served: Served, clerk: Desk) -> None:
    path = begun(clerk, "C-1")
    with desk(served, "clerk") as other:
        other.post(path, {"revision": 1, **typed("C-2", "103")})
        late = clerk.post(path, {"revision": 1, **typed("C-3", "104")})
    assert late.status_code == 409
    assert "Somebody changed this run meanwhile" in late.text
    assert 'value="C-3"' in late.text
    assert "Kept by somebody else meanwhile: C-2" in re.sub("[\u2068\u2069]", "", late.text)
    assert clerk.post(path, {"revision": 2, **typed("C-3", "104")}).status_code == 303
    stale = clerk.post(f"{path}/issue", {"revision": 2, "then": "hold"})
    assert stale.status_code == 409
    assert find_draft(served.registry, ANN, path.rpartition("/")[2]).row.state == "draft"


def test_a_new_version_is_shown_with_its_differences_first(served: Served, clerk: Desk) -> None:
    keep_recipe(served.registry, recipe(name="VER"), party=ANN)
    path = clerk.post("/desk/runs/new", {"recipe": "VER", **typed("N-1", "101")}).headers["location"]
    keep_recipe(served.registry, recipe(2, "New furnace", "VER"), party=ANN)
    page = clerk.get(path).text
    assert "The recipe now has version 2" in re.sub("[\u2068\u2069]", "", page)
    assert "New furnace" in page
    assert "Issue and print labels" not in page
    assert clerk.post(f"{path}/issue", {"revision": 1, "then": "now"}).status_code == 409
    clerk.post(f"{path}/version", {"revision": 1, "version": 2})
    assert "Issue and print labels" in clerk.get(path).text


def test_more_rows_and_later(served: Served, clerk: Desk) -> None:
    answer = clerk.post("/desk/runs/new", {"recipe": "BL", "lot": "M-1", "then": "inputs=4"})
    assert answer.headers["location"].endswith("/edit?inputs=4#inputs")
    assert 'name="inputs.4.lot"' in clerk.get(answer.headers["location"].partition("#")[0]).text
    assert clerk.post("/desk/runs/new", {"recipe": "BL", "lot": "M-2", "then": "later"}).headers["location"] == "/desk"
    path = begun(clerk, "M-3")
    clerk.post(f"{path}/discard", {"revision": 1})
    assert "M-3" not in {each.lot for each in drafts_of(served.registry, ANN)}


def test_others_find_nothing_and_roles_are_kept(served: Served, clerk: Desk) -> None:
    path = begun(clerk, "O-1")
    with desk(served, "clerk", party=BEN) as ben:
        for where in (path, f"{path}/edit"):
            assert ben.get(where).status_code == 404
        sent: dict[str, dict[str, object]] = {
            "": {"lot": "X"},
            "/issue": {"then": "now"},
            "/sign": {},
            "/discard": {},
            "/version": {"version": 1},
        }
        for act, fields in sent.items():
            own = [] if act == "/sign" else [("revision", 1)]
            assert ben.post(f"{path}{act}", dict([*own, *fields.items()])).status_code == 404
        assert ben.get("/desk/runs/new?recipe=OX").status_code == 404
    with desk(served, "sales") as sales:
        assert sales.get("/desk/runs/new").status_code == 403
        assert sales.post(f"{path}/issue", {"revision": 1}).status_code == 403
        assert "Issue and print labels" not in sales.get(path).text
    assert clerk.post(path, {"revision": 1, "lot": "X"}, token="x" * 32).status_code == 403
    assert find_draft(served.registry, ANN, path.rpartition("/")[2]).row.revision == 1


def test_today_lists_the_runs_of_the_persons_plants_only(served: Served, clerk: Desk) -> None:
    here = begun(clerk, "T-1")
    elsewhere = recipe(name="ELSE")
    elsewhere["run"]["facility"] = "https://ann.example/plants/2"
    keep_recipe(served.registry, elsewhere, party=ANN)
    there = clerk.post("/desk/runs/new", {"recipe": "ELSE", **typed("T-2")}).headers["location"]
    with visitor(served) as client:
        other = sign_in(served, client, person(served, "clerk", plants=(plant(ANN),)))
        today = other.get("/desk").text
        assert (here in today, there in today) == (True, False)
        assert other.get(there).status_code == 404


def test_scripts_in_every_field_stay_text(clerk: Desk) -> None:
    evil = '"><script>alert(1)</script>'
    fields = dict.fromkeys(("lot", "mass_kg", "start", "end", "run", "note", f"r:{READING}", "lines.1.name"), evil)
    page = clerk.post("/desk/runs/new", {"recipe": "OX", **fields}, follow=True).text
    assert "<script>alert" not in page
    assert page.count("&#34;&gt;&lt;script&gt;") >= len(fields)
    assert "<script>alert" not in clerk.get("/desk").text


def test_an_administrator_says_how_long_runs_are_held(served: Served) -> None:
    with desk(served, "admin", party=BEN) as at:
        assert 'value="30"' in at.get("/desk/admin/rules").text
        wrong = at.post("/desk/admin/rules/hold", {"minutes": "a while"})
        assert (wrong.status_code, set(links(wrong.text))) == (422, {"minutes"})
        assert at.post("/desk/admin/rules/hold", {"minutes": "45"}).status_code == 303
        assert 'value="45"' in at.get("/desk/admin/rules").text
    with desk(served, "clerk", party=BEN) as at:
        assert at.post("/desk/admin/rules/hold", {"minutes": "1"}).status_code == 403
        assert "<strong>45 minutes</strong>" in at.get("/desk/admin/rules").text
