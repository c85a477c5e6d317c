"""Screen 5: a clerk uploads a workbook, sees every row, and issues it; the browser may close at any time."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from api.routes.uploads import XLSX
from ledger.desk.contacts import add_contact, end_contact
from ledger.desk.uploads import upload_state
from ledger.recipes.checked import checked_recipe
from ledger.workbook.template import template
from schemas.contact import ContactRequest
from tests.support.http.desk import desk, send_workbook, until
from tests.support.http.server import ANN, BEN, Served, serve
from tests.support.worlds.oxide_days import day, oxide_recipe, row, with_recipe
from tests.support.worlds.workbooks import filled

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return with_recipe(serve(tmp_path))


def test_a_clerk_uploads_looks_issues_what_fits_and_repairs_the_rest(served: Served) -> None:
    wrong = row(2, mass_kg=1000, **{"r:neodymium-oxide-bought": 1010})
    with desk(served, "clerk") as clerk:
        answer = send_workbook(clerk, day([row(1), wrong, row(3)]))
        assert answer.status_code == 303, answer.text
        path = answer.headers["location"]
        shown = clerk.get(path).text
        assert "2 ready" in shown
        assert "1 with problems" in shown
        assert "meant?" in shown
        only = clerk.get(f"{path}?only=problems").text
        assert ("R-2" in only, "R-1" in only) == (True, False)
        none = clerk.post(f"{path}/issue", {"rows": "all"})
        assert none.status_code == 409
        assert "not all rows fit" in none.text
        assert clerk.post(f"{path}/issue", {"rows": "ready"}).status_code == 303
        shown = until(clerk, path, "2 held")
        assert "The first held row is signed at" in shown
        assert f"{path}/annotated.xlsx?rest=true" in shown
        assert "2 held" in clerk.get("/desk").text
        assert clerk.post(f"{path}/take-back", {"row": "0"}).status_code == 303
        assert "1 ready, 1 held" in clerk.get(path).text.replace("\n", " ")
        assert clerk.post(f"{path}/issue", {"rows": "ready"}).status_code == 303
        until(clerk, path, "2 held")
        assert clerk.post(f"{path}/sign", {"then": "sign"}).status_code == 303
        shown = until(clerk, path, "2 issued")
        assert shown.count('href="/desk/certificates/') == 2
        rest = clerk.get(f"{path}/annotated.xlsx?rest=true")
        book = load_workbook(io.BytesIO(rest.content))
        book["Runs"]["D4"] = 100
        book["Runs"]["S4"] = 101
        held = io.BytesIO()
        book.save(held)
        path = send_workbook(clerk, held.getvalue()).headers["location"]
        assert clerk.post(f"{path}/issue", {"rows": "all"}).status_code == 303
        until(clerk, path, "1 held")
        labels = clerk.post(f"{path}/sign", {"then": "labels"})
        assert labels.headers["location"].startswith("/desk/labels?d=zQm")
        assert "1 issued" in clerk.get(path).text
        assert "day.xlsx" in clerk.get("/desk/uploads").text


def test_rows_are_held_when_the_answer_to_issue_comes_and_sign_never_does_nothing_in_silence(served: Served) -> None:
    with desk(served, "clerk") as clerk:
        path = send_workbook(clerk, day([row(1), row(2)])).headers["location"]
        early = clerk.post(f"{path}/sign", {"then": "labels"})
        assert early.status_code == 409
        assert "must be issued first" in early.text
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("api.desk.routes.uploads._begin", None)  # nothing is left to the background
            assert clerk.post(f"{path}/issue", {"rows": "all"}).status_code == 303
        assert upload_state(served.registry, ANN, path.rpartition("/")[2]).counts == {"held": 2}
        assert clerk.post(f"{path}/sign", {"then": "sign"}).status_code == 303
        until(clerk, path, "2 issued")
        late = clerk.post(f"{path}/sign", {"then": "sign"})
        assert (late.status_code, "nothing was signed" in late.text) == (409, True)


def test_what_is_no_workbook_is_said_at_the_field(served: Served) -> None:
    with desk(served, "clerk") as clerk:
        answer = send_workbook(clerk, b"<html><table></table></html>", "day.xls")
        assert answer.status_code == 422
        assert 'href="#f-file"' in answer.text
        assert "web page" in answer.text
        assert send_workbook(clerk, b"", "").status_code == 422


def test_a_workbook_without_rows_is_told_so(served: Served) -> None:
    with desk(served, "clerk") as clerk:
        path = send_workbook(clerk, day([])).headers["location"]
        html = clerk.get(path).text
        assert "The sheet of runs has no rows." in html
        assert "No row was read." in html
        assert "No row has a problem." not in html


def test_facts_of_chinese_sentences_are_chinese_too(served: Served) -> None:
    rest = {"factor": "methods/no-burden.glo", "note": "x"}
    departs = [
        {"run": "R-1", "group": "电", "name": "a", "amount": 1, "unit": "kg", "note": "x"},
        {"run": "R-3", "group": "materials", "name": "a", "amount": 1, "unit": "furlong", **rest},
        {"run": "R-3", "group": "materials", "name": "b", "amount": 1, "unit": "ton", **rest},
    ]
    rows = [row(1), row(2, mass_kg=None), row(3), row(4, run="a b", lot="OX-4")]
    content = filled(departs, sheet=3, before=day(rows))
    with desk(served, "clerk") as clerk:
        html = unescape(clerk.get(send_workbook(clerk, content).headers["location"] + "?lang=zh-Hans").text)
        told = re.sub("<[^>]+>|[\u2068\u2069]", "", html)
        assert "净重 为空" in told or "净重为空" in told
        assert "'wastes' 或 'credits'" in told
        assert "请写下列之一：kg" in told
        assert "ton 可能是 907、1000 或 1016 kg" in told
        assert "1 至 64 个字母、数字、点、连字符或斜杠" in told
        csv = b"recipe;lot;mass_kg;start\nOX;OX-9;100;2026-07-01\n"
        divided = clerk.get(send_workbook(clerk, csv, "day.csv").headers["location"] + "?lang=zh-Hans").text
        assert "分号" in divided
        assert "semicolons" not in divided


def test_uploads_are_of_their_party_and_of_those_who_may_issue(served: Served) -> None:
    with desk(served, "clerk") as clerk:
        path = send_workbook(clerk, day([row(1)])).headers["location"]
        assert send_workbook(clerk, day([row(1)]), token="another").status_code == 403  # noqa: S106
    for roles, party, status in ((("clerk",), BEN, 404), (("auditor",), None, 403)):
        with desk(served, *roles, **({"party": party} if party else {})) as other:
            for page in (path, f"{path}/annotated.xlsx"):
                assert other.get(page).status_code == status
            for act, form in (("issue", {"rows": "all"}), ("sign", {"then": "sign"}), ("take-back", {"row": "all"})):
                assert other.post(f"{path}/{act}", form).status_code == status


def test_an_address_that_no_page_leads_to_is_refused_or_not_found(served: Served) -> None:
    with desk(served, "clerk") as clerk:
        path = send_workbook(clerk, day([row(1)])).headers["location"]
        for wrong in ("?after=-2", f"?after={10**30}", "?after=x"):
            assert clerk.get(path + wrong).status_code == 400, wrong
        for wrong in ("%00", "A" * 24, "1", "%F0%9F%98%80"):
            for page in ("", "/annotated.xlsx"):
                assert clerk.get(f"/desk/uploads/{wrong}{page}").status_code == 404, (wrong, page)


def test_what_was_typed_is_shown_as_text(served: Served) -> None:
    script = "<script>alert(1)</script>"
    with desk(served, "clerk") as clerk:
        path = send_workbook(clerk, day([row(1, run=script, lot=script, note=script, recipe=script)]), f"{script}.xlsx")
        shown = clerk.get(path.headers["location"]).text
        assert script not in shown
        assert "&lt;script&gt;" in shown


def test_the_annotated_copy_speaks_the_language_of_the_workbook(served: Served) -> None:
    rows = [row(1, start="2026-02-30"), row(2, mass_kg="100 kg"), row(3, customer="王<b>")]
    content = filled(rows, before=template([checked_recipe(oxide_recipe())], "zh-Hans"))
    with desk(served, "clerk") as clerk:
        path = send_workbook(clerk, content).headers["location"]
        for language in ("zh-Hans", "en"):  # of the reader
            assert "2026-02-30" in clerk.get(f"{path}?lang={language}").text
        book = load_workbook(io.BytesIO(clerk.get(f"{path}/annotated.xlsx").content))
        problems = [[str(cell.value) for cell in line] for line in book["问题"].iter_rows(min_row=2)]
        assert [line[1] for line in problems if line[4] == "问题"] == ["E4", "D5", "O6"]
        told = [line[6] for line in problems]
        told += [cell.comment.text for line in book["生产"].iter_rows() for cell in line if cell.comment]
        assert len(told) >= 6
        assert [each for each in told if not re.search("[\u4e00-\u9fff]{4}", each)] == []
        assert '"2026-02-30" 不是' in told[0]
        assert any("王<b>" in each for each in told)
    with served.client() as client:
        body = client.get(f"/v1/uploads/{path.rpartition('/')[2]}/annotated.xlsx", headers=served.token(ANN)).content
    assert load_workbook(io.BytesIO(body))["问题"]["G2"].value == problems[0][6]


def test_the_empty_workbook_names_the_recipes_and_customers_of_the_party(served: Served) -> None:
    add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN)
    with desk(served, "clerk") as clerk:
        for language, heading in (("en", "Lot *"), ("zh-Hans", "批号 *")):
            clerk.get(f"/desk?lang={language}")
            book = load_workbook(io.BytesIO(clerk.get("/desk/uploads/template.xlsx").content))
            assert book.worksheets[0]["C2"].value == heading
            lists = book.worksheets[5]
            assert lists.sheet_state == "hidden"
            assert lists["A2"].value == "OX"
            columns = {column[0].value: [cell.value for cell in column[1:]] for column in lists.columns}
            assert columns["customers"][:2] == ["Motor Works", None]


def test_lots_that_were_not_shipped_are_shipped_where_rows_are_held_too(served: Served) -> None:
    add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN)
    with desk(served, "clerk", "sales") as clerk:
        path = send_workbook(clerk, day([row(1, customer="Motor Works", ship_kg=40)])).headers["location"]
        clerk.post(f"{path}/issue", {"rows": "all"})
        end_contact(served.registry, "Motor Works", party=ANN)
        clerk.post(f"{path}/sign", {"then": "sign"})
        assert "Ship the 1 lot that was not shipped" in until(clerk, path, "1 issued")
        add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN)
        clerk.post(f"{path}/issue", {"rows": "ready"})
        assert "40 kg shipped to Motor Works" in clerk.get(path).text


def test_a_workbook_ships_its_lots_and_the_private_links_are_made_on_the_shipments_page(served: Served) -> None:
    add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN)
    with desk(served, "clerk", "sales") as clerk:
        path = send_workbook(clerk, day([row(1, customer="Motor Works", ship_kg=40), row(2)])).headers["location"]
        assert "Ships 40 kg to Motor Works" in clerk.get(path).text
        assert "将向 Motor Works 发货 40 kg" in clerk.get(f"{path}?lang=zh-Hans").text
        clerk.get(f"{path}?lang=en")
        clerk.post(f"{path}/issue", {"rows": "all"})
        until(clerk, path, "held")
        clerk.post(f"{path}/sign", {"then": "sign"})
        shown = until(clerk, path, "40 kg shipped to Motor Works")
        (shipment,) = {*re.findall(r'href="(/desk/shipments/[0-9a-f]{12})"', shown)}
        assert "Make private links" in clerk.get(shipment).text
        made = clerk.post(f"{shipment}/links", {}).text
        (link,) = {*re.findall(r'value="([^"]+#key=[^"]+)"', made)}
        note = clerk.post(f"{shipment}/note", {"link": link}).text
        assert "OX-1" in note
        assert note.count("<svg") == 2, "the seal, and the private link"
        assert "Make private links" not in clerk.get(shipment).text
        assert "#key=" not in clerk.post(f"{shipment}/links", {}).text
        api = f"/v1/uploads/{path.rpartition('/')[2]}"
    with served.client() as client:
        told = client.get(api, headers=served.token(ANN)).json()["rows"][0]["ships"]
        assert told == {"customer": "Motor Works", "mass_kg": "40", "shipment": shipment.rpartition("/")[2]}
        content = day([row(3, customer="Motor Works")])
        only_issue = served.token(ANN, "issue") | {"content-type": XLSX}
        other = client.post("/v1/uploads?name=more", content=content, headers=only_issue).json()
        assert other["rows"][0]["ships"]["mass_kg"] == "100"
        refused = client.post(
            f"/v1/uploads/{other['id']}/issue", json={"rows": "all"}, headers=served.token(ANN, "issue")
        )
        assert (refused.status_code, "upload.may-not-ship" in refused.text) == (409, True)
        where = f"/v1/shipments/{told['shipment']}/links"
        assert client.post(where, headers=served.token(ANN, "issue")).status_code == 403
        again = client.post(where, headers=served.token(ANN, "share"))
        assert (again.status_code, again.json()["lots"][0].get("link")) == (200, None)
        assert client.post(where, headers=served.token(BEN, "share")).status_code == 404
