"""Approvals, rules and events at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.approvals import approve, listed, set_two_persons, two_persons
from ledger.issuing.issue import issue
from ledger.registry.approval import OPERATOR, UnapprovedError
from schemas.problem import OreprintError
from tests.support.http.desk import Desk, desk, person, sign_in, text_of, visitor
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    made = serve(tmp_path, database)
    set_two_persons(made.registry, "all", party=ANN, by=OPERATOR)
    return made


def asked(served: Served, lot: str, author: str) -> str:
    """Ask for a run in vain; return the path of the approval that it waits for."""
    record = blend(lot, "10 kg", producer=ANN, plant=plant(ANN))
    (outcome,) = issue(served.registry, [record], tables=tables(), author=author)
    assert isinstance(outcome, UnapprovedError)
    return f"/desk/approvals/{outcome.row.id}"


def done(served: Served, lot: str, author: str) -> bool:
    record = blend(lot, "10 kg", producer=ANN, plant=plant(ANN))
    (outcome,) = issue(served.registry, [record], tables=tables(), author=author)
    return not isinstance(outcome, OreprintError)


def test_another_person_approves_what_a_clerk_asked_for(served: Served) -> None:
    clerk, chief = person(served, "clerk", name="Li Wei"), person(served, "quality", name="Chen Jie")
    path = asked(served, "A-1", clerk.author)
    with visitor(served) as client:
        at = sign_in(served, client, clerk)
        assert "waits for another person" in at.get("/desk").text
        page = at.get(path)
        assert "Your decision" not in page.text
        assert at.post(path, {"decision": "approve"}).status_code == 403  # not the role
    with visitor(served) as client:
        at = sign_in(served, client, chief)
        assert "1 request waits for your decision" in at.get("/desk").text
        assert "asked by Li Wei" in at.get("/desk/approvals").text
        page = at.get(path)
        assert "kg CO2e/kg" in page.text
        assert "Warnings" in page.text
        answer = at.post(path, {"decision": "approve"})
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        assert "Now Li Wei does it" in text_of(at.get(path).text)
        assert at.post(path, {"decision": "approve"}).status_code == 422  # decided already
        assert "Approve all" not in at.get("/desk/approvals").text
    assert done(served, "A-1", clerk.author)
    with desk(served, "auditor") as at:
        told = at.get("/desk/admin/events").text
        assert "approved by Chen Jie" in told
        assert "Li Wei" in told
        assert "the registry's operator" in told


def test_what_waits_is_told_however_much_was_decided_since(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, chief = person(served, "clerk", name="Li Wei"), person(served, "quality", name="Chen Jie")
    asked(served, "A-1", clerk.author)
    later = asked(served, "A-2", clerk.author).rpartition("/")[2]
    approve(served.registry, later, party=ANN, by=chief.author)
    monkeypatch.setattr("ledger.store.approvals.MOST_LISTED", 1)
    with visitor(served) as client:
        assert "1 request waits for your decision" in sign_in(served, client, chief).get("/desk").text
    headers = served.token(ANN, "read")
    with served.client() as client:
        (waits,) = client.get("/v1/approvals?state=waiting", headers=headers).json()["approvals"]
    assert waits["subject"] == "A-1"


def test_nobody_approves_its_own_even_with_the_role(served: Served) -> None:
    both = person(served, "clerk", "quality")
    path = asked(served, "A-1", both.author)
    with visitor(served) as client:
        at = sign_in(served, client, both)
        assert "Your decision" not in at.get(path).text
        answer = at.post(path, {"decision": "approve"})
        assert answer.status_code == 403
        assert "You asked for this yourself" in answer.text
    assert not done(served, "A-1", both.author)


def test_what_is_returned_has_a_note(served: Served) -> None:
    clerk = person(served, "clerk")
    path = asked(served, "A-1", clerk.author)
    with desk(served, "quality") as at:
        empty = at.post(path, {"decision": "return", "note": " "})
        assert empty.status_code == 422
        assert '<a href="#f-note">What has to change: This field is empty. Fill it in.</a>' in empty.text
        script = "<script>alert(1)</script>"
        assert at.post(path, {"decision": "return", "note": script}).status_code == 303
        assert script not in at.get(path).text
        assert "&lt;script&gt;" in at.get(path).text
    (row,) = listed(served.registry, ANN)
    assert (row.state, row.note) == ("returned", script)


def test_another_partys_approval_is_not_there(served: Served) -> None:
    path = asked(served, "A-1", person(served, "clerk").author)
    with desk(served, "quality", party=BEN) as at:
        assert at.get(path).status_code == 404
        assert at.post(path, {"decision": "approve"}).status_code == 404
        assert "A-1" not in at.get("/desk/approvals").text


def test_an_admin_changes_the_rule_and_weakens_it_only_with_another(served: Served) -> None:
    set_two_persons(served.registry, "withdrawals", party=ANN, by=OPERATOR)
    chief = person(served, "quality")
    with desk(served, "clerk") as at:
        assert at.post("/desk/admin/rules", {"two-persons": "off"}).status_code == 403
        assert "An administrator can change it" in at.get("/desk/admin/rules").text
    with desk(served, "admin") as at:
        assert at.post("/desk/admin/rules", {"two-persons": "never"}).status_code == 422
        assert at.post("/desk/admin/rules", {"two-persons": "all"}).status_code == 303
        assert two_persons(served.registry, ANN) == "all"
        waits = at.post("/desk/admin/rules", {"two-persons": "off"})
        assert waits.status_code == 422
        assert "waits for an approval" in waits.text
        assert two_persons(served.registry, ANN) == "all"
        admin: Desk = at
        (row,) = listed(served.registry, ANN)
        with visitor(served) as client:
            sign_in(served, client, chief).post(f"/desk/approvals/{row.id}", {"decision": "approve"})
        assert admin.post("/desk/admin/rules", {"two-persons": "off"}).status_code == 303
    assert two_persons(served.registry, ANN) == "off"


def test_approving_takes_a_fresh_proof(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    path = asked(served, "A-1", person(served, "clerk").author)
    with desk(served, "quality") as at:
        token = at.token()
        now = served.registry.runtime.now_ms
        monkeypatch.setattr("api.desk.access.find_session", _stale(now))
        answer = at.post(path, {"decision": "approve"}, token=token)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk/prove?next=")
    assert listed(served.registry, ANN)[0].state == "waiting"


def _stale(now: object) -> object:
    from ledger.desk.sessions import find_session

    def found(*args: object, **named: object) -> object:
        session = find_session(*args, **named)  # type: ignore[arg-type]
        return None if session is None else session._replace(fresh_until_ms=0)

    return found
