"""Ship and contacts at the desk: one form for many lots, goods back, and claims that the producer confirms by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ledger.admin.guests import settle
from ledger.desk.drafts import find_draft
from ledger.desk.recipes import keep_recipe
from ledger.issuing.issue import issue
from ledger.lots.balance import holdings_of
from ledger.store.engine import reading
from ledger.store.shipments import shipment_rows
from tests.support.http.desk import desk, form_token, text_of
from tests.support.http.server import ANN, BEN, PASSPHRASE, Served, plant, serve, tables
from tests.support.registries.desk_runs import held, recipe
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response

    from tests.support.http.desk import Desk


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    served = serve(tmp_path, database)
    for lot in ("A-1", "A-2"):
        record = blend(lot, "100 kg", producer=ANN, plant=plant(ANN))
        (made,) = issue(served.registry, [record], tables=tables())
        assert not isinstance(made, Exception), made
    return served


def left(served: Served, owner: str) -> dict[str, int]:
    return {each.lot.lot: each.left_mg // 10**6 for each in holdings_of(served.registry, owner)}


def customer(at: Desk, name: str = "Motor Works") -> str:
    """Add a guest; return its id."""
    assert at.post("/desk/contacts", {"name": name, "did": "", "email": ""}).status_code == 303
    return str(re.findall(r'/desk/contacts/([0-9a-f]{12})"><b>' + name, at.get("/desk/contacts").text)[0])


def lots_in(html: str) -> dict[str, str]:
    """Return the digest of each lot in the form, by its name."""
    return {lot: digest for digest, lot in re.findall(r'value="(zQm\w+)"[^>]*> <span><b>([^<]+)</b>', html)}


def shipped(at: Desk, contact: str, masses: dict[str, str], **more: object) -> Response:
    page = at.get("/desk/ship").text
    known = lots_in(page)
    once = re.findall(r'name="once" value="([0-9a-f]{12})"', page)[0]
    form = {"once": once, "contact": contact, "audience": "customer", "po": "PO-7", "number": "DN-1"}
    form |= {"lot": [known[lot] for lot in masses]} | {f"mass.{known[lot]}": mass for lot, mass in masses.items()}
    return at.post("/desk/ship", {**form, **more}, token=form_token(page))


def test_a_held_lot_is_signed_before_it_is_shipped(served: Served) -> None:
    keep_recipe(served.registry, recipe(), party=ANN)
    first, second = held(served, "H-1"), held(served, "H-2")
    with desk(served, "sales", party=ANN) as at:
        contact = customer(at)
        page = at.get("/desk/ship").text
        assert 'value="H-1"' in page
        assert "H-1" not in at.get("/desk/ship?q=a-2").text
        once = re.findall(r'name="once" value="([0-9a-f]{12})"', page)[0]
        form = {"once": once, "contact": contact, "audience": "customer", "lot": ["H-1"], "mass.H-1": "30"}
        answer = at.post("/desk/ship", form, token=form_token(page))
        assert answer.status_code == 303, answer.text
    with served.client() as client:
        sent = {"contact": contact, "lots": [{"lot": "h-2"}]}
        made = client.post("/v1/shipments", json=sent, headers=served.token(ANN))
        assert made.status_code == 201, made.text
    states = [find_draft(served.registry, ANN, each.row.id).row.state for each in (first, second)]
    assert states == ["issued", "issued"]
    assert left(served, ANN) == {"A-1": 100, "A-2": 100, "H-1": 70, "H-2": 0}


def test_many_lots_go_to_one_customer_and_some_come_back(served: Served) -> None:
    with desk(served, "sales", party=ANN) as at:
        contact = customer(at)
        answer = shipped(at, contact, {"A-1": "30.5", "A-2": ""})
        assert answer.status_code == 303, answer.text
        page = at.get(answer.headers["location"]).text
        for told in ("Motor Works", "PO-7", "DN-1", "30.5 kg", "100 kg", "holds the goods for the customer"):
            assert told in page
        assert left(served, ANN) == {"A-1": 69, "A-2": 0}
        page = at.get(f"/desk/contacts/{contact}").text
        lot = next(
            digest for digest, name in re.findall(r'<option value="(zQm\w+)"[^>]*>([^<]+)<', page) if name == "A-2"
        )
        assert at.post(f"/desk/contacts/{contact}/back", {"lot": lot, "mass": "200"}).status_code == 409
        once = re.findall(r'name="once" value="([0-9a-f]{12})"', page)[0]
        for _ in range(2):  # a second click
            form = {"once": once, "lot": lot, "mass": "40"}
            assert at.post(f"/desk/contacts/{contact}/back", form).status_code == 303
        told = text_of(at.get("/desk/contacts").text)
        assert told.count("waits for the operator") == 1
        assert "A-2 40 kg came back from Motor Works" in told, "the lot, not the digest that the form sends"
        settle(served.home, served.registry, passphrase=PASSPHRASE)
        assert left(served, ANN) == {"A-1": 69, "A-2": 40}
        assert "waits for the operator" not in at.get("/desk/contacts").text


def test_what_was_typed_stays_and_each_problem_stands_at_its_field(served: Served) -> None:
    with desk(served, "sales", party=ANN) as at:
        contact = customer(at)
        answer = shipped(at, contact, {"A-1": "30", "A-2": "100.1"})
        assert answer.status_code == 409
        digest = lots_in(answer.text)["A-2"]
        assert f'href="#f-mass.{digest}"' in answer.text
        assert 'value="100.1"' in answer.text
        assert 'value="PO-7"' in answer.text
        assert left(served, ANN) == {"A-1": 100, "A-2": 100}
        none = shipped(at, contact, {})
        assert (none.status_code, 'href="#f-lot"' in none.text) == (422, True)
        same = at.post("/desk/contacts", {"name": "motor  works", "did": "", "email": ""})
        assert (same.status_code, "never merged" in same.text) == (409, True)
        odd = at.post("/desk/contacts", {"name": "Drives", "did": "", "email": "nobody@"})
        assert "an e-mail address, such as" in odd.text, "no regular expression"


def test_the_links_are_shown_once_and_the_same_form_again_ships_nothing(served: Served) -> None:
    with desk(served, "sales", party=ANN) as at:
        contact = customer(at)
        page = at.get("/desk/ship").text
        digest = lots_in(page)["A-1"]
        form = {
            "once": re.findall(r'name="once" value="([0-9a-f]{12})"', page)[0],
            "contact": contact,
            "audience": "customer",
            "lot": digest,
            f"mass.{digest}": "10",
            "links": "1",
        }
        made = at.post("/desk/ship", form)
        assert (made.status_code, made.headers["cache-control"]) == (200, "no-store"), made.text
        assert f"/c/{digest}#key=orev_" in made.text
        again = at.post("/desk/ship", form)
        assert again.status_code == 303
        assert "#key=orev_" not in at.get(again.headers["location"]).text
        assert left(served, ANN) == {"A-1": 90, "A-2": 100}


def test_links_need_a_fresh_proof_and_the_scope(served: Served) -> None:
    with desk(served, "clerk", party=ANN) as at:
        contact = customer(at)
        assert 'name="links"' not in at.get("/desk/ship").text  # a clerk may ship, and not share
        assert shipped(at, contact, {"A-1": "1"}, links="1").status_code == 303
    with desk(served, "goods-in", party=ANN) as at:
        assert at.get("/desk/ship").status_code == 403
        assert at.get("/desk/contacts").status_code == 403


def test_two_claims_and_the_producers_word(served: Served) -> None:
    with desk(served, "sales", party=ANN) as at:
        contact = customer(at)
        shipped(at, contact, {"A-1": "30"})
        code = re.findall(r'value="(orec_[\w-]+)"', at.post(f"/desk/contacts/{contact}/code").text)[0]
        with desk(served, "sales", party=BEN) as other:
            assert other.post("/desk/claim", {"code": "orec_wrong"}).status_code == 404
            assert other.post("/desk/claim", {"code": code}).status_code == 303
            told = other.get("/desk/contacts").text
            assert "waits for the sender" in told
            assert "Motor Works" not in told
            second = other.post("/desk/claim", {"code": code})
            assert (second.status_code, "has already claimed" in second.text) == (409, True)
            assert other.get(f"/desk/contacts/{contact}").status_code == 404
            assert (
                other.post(f"/desk/contacts/{contact}/claims", {"claimant": BEN, "confirm": "yes"}).status_code == 404
            )
        page = at.get("/desk/contacts").text
        assert "Ben says that it is Motor Works." in page
        done = at.post(f"/desk/contacts/{contact}/claims", {"claimant": BEN, "confirm": "yes"})
        assert done.status_code == 303
        settle(served.home, served.registry, passphrase=PASSPHRASE)
        assert left(served, BEN) == {"A-1": 30}
        assert "party here" in at.get("/desk/contacts").text


def test_nothing_of_another_party_is_seen(served: Served) -> None:
    with desk(served, "sales", party=ANN) as at:
        contact = customer(at)
        where = shipped(at, contact, {"A-1": "30"}).headers["location"]
    with desk(served, "sales", party=BEN) as other:
        assert other.get(where).status_code == 404
        assert other.get(f"/desk/contacts/{contact}").status_code == 404
        assert "A-1" not in other.get("/desk/ship").text
        for act in ("end", "back", "code"):
            form = {"lot": "A-1", "mass": "1"} if act == "back" else {}
            assert other.post(f"/desk/contacts/{contact}/{act}", form).status_code == 404
        customer(other, "Works")
        answer = shipped(other, contact, {})
        assert answer.status_code == 422
    with reading(served.registry.engine) as connection:
        assert len(shipment_rows(connection, ANN)) == 1


def test_a_stored_script_is_only_text(served: Served) -> None:
    with desk(served, "sales", party=ANN) as at:
        name = "<script>alert(1)</script>"
        assert at.post("/desk/contacts", {"name": name, "did": "", "email": ""}).status_code == 303
        contact = re.findall(r"/desk/contacts/([0-9a-f]{12})", at.get("/desk/contacts").text)[0]
        shipped(at, contact, {"A-1": "1"}, po="<b>x</b>", number='"><img src=x>')
        for path in ("/desk/contacts", f"/desk/contacts/{contact}", "/desk/ship", "/desk/shipments"):
            page = at.get(path).text
            assert "<script>alert" not in page
            assert "<b>x</b>" not in page
            assert "<img src=x" not in page
