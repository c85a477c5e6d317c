"""The people of a party: who invites, changes and ends them, and what another party learns of it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from ledger.admin.backup import back_up, held_back, restore
from ledger.admin.init import open_book
from ledger.admin.tokens import list_tokens, resume_token, revoke_token
from ledger.desk.approvals import approve, listed
from ledger.desk.contacts import add_contact, claim_code, end_contact, open_claim
from ledger.desk.forgetting import forget_due, forget_names
from ledger.desk.hooks import create_hook, list_hooks, send_test
from ledger.desk.outbox import Couriers, deliver
from ledger.desk.people import list_people, one_time_link, recover_person
from ledger.desk.shipping import ship_lots
from ledger.issuing.issue import issue
from ledger.papers.leaving import leaving_csv
from ledger.registry.folder import Home
from ledger.registry.idempotency import happened
from ledger.seal.audiences import members, tables
from ledger.store.engine import reading
from ledger.store.forms import OUR_SCHEMAS
from schemas.contact import ContactRequest, ShipmentRequest
from schemas.door import validated
from schemas.instant import DAY_MS
from schemas.problem import MissingError
from tests.support.http.desk import desk, form_token, person, set_up, sign_in, visitor
from tests.support.http.server import ANN, BEN, ORIGIN, PASSPHRASE, Served, plant, runtime, serve
from tests.support.http.server import tables as factor_tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/desk/admin/people"
EVERY_TABLE: Final = [table for schema in OUR_SCHEMAS for table in schema.sorted_tables]


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def link_on(page: str) -> str:
    """Return the link that a page shows."""
    assert f'value="{ORIGIN}/desk/link/' in page, page
    return page.split(f'value="{ORIGIN}')[1].split('"', maxsplit=1)[0]


def approve_all(served: Served) -> None:
    """Let somebody of quality approve what waits."""
    chief = person(served, "quality")
    for each in listed(served.registry, ANN):
        if each.state == "waiting":
            approve(served.registry, each.id, party=ANN, by=chief.author)


def use(link: str, served: Served) -> int:
    """Open a link and press its button; return the status."""
    with visitor(served) as client:
        token = form_token(client.get(link).text)
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
        return client.post(link, data={"csrf": token}, headers=headers, follow_redirects=False).status_code


def test_an_administrator_invites_changes_and_ends_somebody(served: Served) -> None:
    with desk(served, "admin", name="Chen Jie") as at:
        answer = at.post(PATH, {"name": "Li Wei", "roles": ["clerk", "sales"]})
        assert answer.status_code == 200
        first = link_on(answer.text)
        made = next(each for each in list_people(served.registry, ANN) if each.name == "Li Wei")
        assert (made.roles, made.plants) == (("clerk", "sales"), ())
        assert "invited" in at.get(PATH).text
        second = link_on(at.post(f"{PATH}/{made.id}/link").text)
        with visitor(served) as client:
            assert client.get(first).status_code == 410, "a newer link ends the one before"
        assert use(second, served) == 303
        other = {"roles": "quality", "plants": plant(ANN)}
        waits = at.post(f"{PATH}/{made.id}", other)
        assert (waits.status_code, "approv" in waits.text) == (422, True), "nobody changes roles alone"
        approve_all(served)
        assert at.post(f"{PATH}/{made.id}", other).headers["location"] == PATH
        changed = next(each for each in list_people(served.registry, ANN) if each.name == "Li Wei")
        assert (changed.roles, changed.plants) == (("quality",), (plant(ANN),))
        assert at.post(f"{PATH}/{made.id}/end").status_code == 422, "who approves is not ended by one alone"
        approve_all(served)
        assert at.post(f"{PATH}/{made.id}/end").status_code == 303
        assert "Li Wei" not in at.get(PATH).text
        told = [(each.action, each.author) for each in happened(served.registry, last=50) if each.subject == made.id]
        author = at.person.author
        assert [action for action, by in told if by == author] == [
            "person add", "person link", "person link", "person change", "person end",
        ]  # fmt: skip


def test_wrong_invitations_stand_at_their_fields_and_keep_what_was_typed(served: Served) -> None:
    with desk(served, "admin", name="Chen Jie") as at:
        for fields, field, said in (
            ({"name": "", "roles": "clerk"}, "name", "empty"),
            ({"name": "Li Wei"}, "roles", "cannot be given"),
            ({"name": "Li Wei", "roles": "king"}, "roles", "not one of the choices"),
            ({"name": "chen  JIE", "roles": "clerk"}, "name", "has the name"),
            ({"name": "L" * 81, "roles": "clerk"}, "name", "at most <bdi>80</bdi> fit"),
            ({"name": "Li\x07Wei", "roles": "clerk"}, "name", "can be printed"),
            ({"name": "Li Wei", "roles": "clerk", "plants": plant(BEN)}, "plants", "not one of the choices"),
        ):
            answer = at.post(PATH, fields)
            assert answer.status_code == 422, fields
            assert f'href="#f-{field}"' in answer.text
            assert said in answer.text, answer.text
        assert [each.name for each in list_people(served.registry, ANN)] == ["Chen Jie"]
        hostile = "<script>alert(1)</script>"
        page = at.post(PATH, {"name": hostile, "roles": "clerk"}).text + at.get(PATH).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_a_party_is_never_left_without_an_administrator(served: Served) -> None:
    with desk(served, "admin", name="Chen Jie") as at:
        for path, fields in ((f"{PATH}/{at.person.id}", {"roles": "clerk"}), (f"{PATH}/{at.person.id}/end", {})):
            answer = at.post(path, fields)
            assert (answer.status_code, "only administrator" in answer.text) == (422, True)


def test_an_administrator_makes_no_link_for_somebody_who_can_sign_in(served: Served) -> None:
    with desk(served, "quality", name="Li Wei") as other, desk(served, "admin") as at:
        set_up(other)
        answer = at.post(f"{PATH}/{other.person.id}/link")
        assert (answer.status_code, "can sign in already" in answer.text) == (422, True)


def tables_with(served: Served, word: str) -> set[str]:
    """Return the tables of the database that have a word in any row, in any case."""
    with reading(served.registry.engine) as connection:
        texts = {table.name: str([tuple(each) for each in connection.execute(select(table))]) for table in EVERY_TABLE}
    return {name for name, text in texts.items() if word.casefold() in text.casefold()}


def test_names_of_who_ended_are_replaced_by_numbers_after_the_time_that_the_party_set(served: Served) -> None:
    """Events, approvals and shipments stay whole; whoever is there keeps the name, also one of the same name."""
    day = served.registry.runtime.now_ms() // DAY_MS
    later = replace(runtime(), now_ms=lambda: (day + 31) * DAY_MS)
    with desk(served, "admin", name="Chen Jie") as at:
        at.post(PATH, {"name": "Li Wei", "roles": ["quality"]})
        made = next(each for each in list_people(served.registry, ANN) if each.name == "Li Wei")
        at.post(f"{PATH}/{made.id}/end")
        approve_all(served)
        assert at.post(f"{PATH}/{made.id}/end").status_code == 303
        contact = add_contact(
            served.registry,
            ContactRequest(name="Frau Zimt", email="zimt@guest.example"),
            party=ANN,
            by=at.person.author,
        )
        end_contact(served.registry, contact.id, party=ANN)
        add_contact(served.registry, ContactRequest(name="Herr Salz"), party=ANN)
        assert tables_with(served, "Li Wei") >= {"people", "approvals", "outbox"}
        refused = at.post("/desk/admin/rules/forget", {"days": "soon"})
        assert (refused.status_code, "Write whole days" in refused.text) == (422, True)
        forget_due(replace(served.registry, runtime=later))
        assert "people" in tables_with(served, "Li Wei"), "nobody has set a time"
        assert at.post("/desk/admin/rules/forget", {"days": "30"}).status_code == 303
        assert 'value="30"' in at.get("/desk/admin/rules").text
        forget_due(served.registry)
        assert tables_with(served, "zimt") == {"contacts"}, "not yet"
        at.post(PATH, {"name": "Li Wei", "roles": ["clerk"]})
        tried = forget_names(replace(served.registry, runtime=later), ANN, days=30, by="operator", keep=False)
        assert tried == (1, 1, 0)
        forget_due(replace(served.registry, runtime=later))
        forget_due(replace(served.registry, runtime=later))
        assert (tables_with(served, "zimt"), tables_with(served, "Herr Salz")) == (set(), {"contacts"})
        assert [each.name for each in list_people(served.registry, ANN) if each.name != "Chen Jie"].count("Li Wei") == 1
        told = [each for each in happened(served.registry, last=50) if each.action == "forget"]
        assert [each.subject for each in told] == ["1 people, 1 customers, 0 links"]
        assert made.id in at.get("/desk/admin/events").text
        assert made.id in at.get("/desk/approvals").text
        for each in list_people(served.registry, ANN):  # nothing else has the name of who ended
            if each.name == "Li Wei":
                at.post(f"{PATH}/{each.id}/end")
        forget_names(replace(served.registry, runtime=later), ANN, days=0, by="operator")
        assert tables_with(served, "Li Wei") == set()


@pytest.mark.parametrize("role", ["clerk", "engineer", "quality", "goods-in", "sales", "auditor"])
def test_nobody_but_an_administrator_sees_the_people(tmp_path: Path, role: str) -> None:
    with desk(serve(tmp_path), role) as at:
        answers = [at.get(PATH), at.post(PATH, {"name": "Li Wei", "roles": "clerk"}), at.post(f"{PATH}/x/end")]
        assert [answer.status_code for answer in answers] == [403] * 3
        assert PATH not in at.get("/desk").text


def test_people_of_another_party_are_not_there(served: Served) -> None:
    theirs = person(served, "clerk", party=BEN, name="Wang Fang")
    with desk(served, "admin") as at:
        assert "Wang Fang" not in at.get(PATH).text
        for path in ("", "/link", "/end"):
            unknown = at.post(f"{PATH}/000000000000{path}", {"roles": "admin"} if not path else {})
            answer = at.post(f"{PATH}/{theirs.id}{path}", {"roles": "admin"} if not path else {})
            assert answer.status_code == 404
            said = answer.text.replace(theirs.id, "000000000000")
            assert said == unknown.text, "as if there were no such person"
        assert at.get(f"{PATH}/{theirs.id}").status_code == 404
    assert list_people(served.registry, BEN) == [theirs]


def test_nobody_is_signed_in_to_a_restored_registry(served: Served, tmp_path: Path, fresh_database: str | None) -> None:
    """A restored backup with an old cookie, invitation, token, private link, code and waiting delivery.

    The backup knows what was ended since.
    """
    registry = served.registry
    issue(registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=factor_tables())
    add_contact(registry, ContactRequest(name="Motor Works", email=None), party=ANN)
    wanted = validated(ShipmentRequest, {"contact": "Motor Works", "lots": [{"lot": "A-1"}]})
    (line,) = ship_lots(registry, wanted, party=ANN, origin=ORIGIN).lots
    claim = claim_code(registry, "Motor Works", party=ANN).code
    create_hook(registry, party=ANN, address="https://erp.example/hook")
    send_test(registry, party=ANN, by="operator")
    token = served.token(ANN, "read")
    (first,) = list_tokens(registry)
    gone = served.token(ANN, "read")
    (last,) = set(list_tokens(registry)) - {first}
    path = f"/v1/certificates/{line.certificate}"
    private = {"Authorization": f"Bearer {str(line.link).partition('#key=')[2]}"}
    waiting = person(served, "sales")
    link = f"/desk/link/{one_time_link(served.registry, waiting.id, by='operator')}"
    with desk(served, "clerk") as at:
        back_up(served.home, served.registry.engine, runtime(), tmp_path / "backup.tar")
        cookies = dict(at.client.cookies)
    revoke_token(registry, last.id)
    home = Home(tmp_path / "again", fresh_database)
    restore(tmp_path / "backup.tar", home)
    again = Served(home, open_book(home, runtime(), passphrase=PASSPHRASE), served.app, served.own).beside()
    with visitor(again) as client:
        client.cookies.update(cookies)
        assert client.get("/desk", follow_redirects=False).status_code == 303
        assert client.get(link).status_code == 410
        for headers, status_code in ((token, 401), (gone, 401), (private, 403)):
            assert client.get(path, headers=headers).status_code == status_code
        assert held_back(home) == (2, 1, 1)
        assert deliver(again.registry, Couriers(None, ORIGIN)) == 0
        assert [(each.state, each.waiting) for each in list_hooks(again.registry)] == [("restored", 1)]
        with pytest.raises(MissingError, match="claim"):
            open_claim(again.registry, claim, claimant=BEN)
        at = sign_in(again, client, waiting)
        assert at.get("/desk").status_code == 200, "the people are still there"
        here = f"/desk/certificates/{line.certificate}"
        assert "held since the registry was restored" in at.get(here).text
        assert at.post(f"{here}/links/{line.share}/resume").status_code == 303
        resume_token(again.registry, first.id)
        for headers, status_code in ((token, 200), (gone, 401), (private, 200)):
            assert client.get(path, headers=headers).status_code == status_code
        assert held_back(home) == (1, 0, 1)
        with pytest.raises(MissingError, match="held"):
            resume_token(again.registry, first.id)


def test_the_desk_says_before_the_first_approval_that_an_approver_needs_the_operator(served: Served) -> None:
    """Hard use, second round: the invited approver learned it only from a refusal of her first approval."""
    with desk(served, "admin", name="Chen Jie") as at:
        told = "Added by one person alone: Quality."
        assert told not in at.get(PATH).text
        link = link_on(at.post(PATH, {"name": "Quality", "roles": ["quality"]}).text)
        for path in (PATH, "/desk/admin/rules"):
            assert told in at.get(path).text
        wish = {"kind": "approver", "wish": "Quality is our lab's head, telephone 12."}
        assert at.post("/desk/admin/requests", wish).status_code == 303
        made = next(each for each in list_people(served.registry, ANN) if each.name == "Quality")
        new = recover_person(served.registry, made.id, party=ANN, vouched=True)
        assert told not in at.get(PATH).text
        assert "only the operator makes another" in at.post(f"{PATH}/{made.id}/link", {}).text
        assert at.get(link).status_code == 410
        assert use(f"/desk/link/{new}", served) == 303


def test_everybody_at_the_desk_sees_what_leaves_the_plant(tmp_path: Path) -> None:
    """The page and the PDF have every member; nobody reads them without signing in."""
    served = serve(tmp_path)
    with desk(served, "auditor") as at:
        first = at.get("/desk/admin/leaving").text
        assert first.count("✓") == sum(len(rows[0].readers) for _, rows in tables())
        text = "".join(at.get("/desk/admin/leaving", params={"document": each}).text for each, _ in tables())
        assert "/desk/admin/leaving" in at.get("/desk/admin/rules").text
        made = at.get("/desk/admin/leaving.pdf")
    assert all(f"<code>{each.name}</code>" in text for each in members())
    assert made.headers["content-type"] == "application/pdf"
    pdf = PdfReader(BytesIO(made.content))
    assert pdf.attachments["what-leaves-the-plant.csv"][0].decode() == leaving_csv()
    pages = "".join(each.extract_text() for each in pdf.pages)
    assert all(document in pages for document, _ in tables())
    with visitor(served) as client:
        assert client.get("/desk/admin/leaving.pdf", follow_redirects=False).status_code in {303, 401, 403}
