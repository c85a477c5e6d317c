"""What an administrator asks the operator for at the desk, and what the operator answers on the host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.admin.keys import keys_of_party
from ledger.desk.operator_requests import MOST_WAITING, answer_request, file_request, list_requests
from ledger.desk.outbox import latest_notices
from ledger.registry.idempotency import author_of, happened
from schemas.problem import RefusedError
from tests.e2e.terminal import Terminal
from tests.support.http.desk import desk
from tests.support.http.server import ANN, BEN, CID, Served, serve

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/desk/admin/requests"


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def test_a_request_goes_to_the_operator_and_the_answer_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served = serve(tmp_path)
    at, home = Terminal(monkeypatch, capsys), str(served.home.path)
    own = ("--home", home)
    assert at.run("requests", "list", *own).out == "No request waits for you.\n"
    with desk(served, "admin", name="Chen Jie") as admin:
        for kind, wish in (("printer", "Lab 2,\n10.0.0.9 <b>"), ("plant", "A second kiln in Baotou")):
            assert admin.post(PATH, {"kind": kind, "wish": wish}).headers["location"] == PATH
        shown = admin.get(PATH).text
        assert "10.0.0.9 &lt;b&gt;" in shown
        assert shown.count("waiting") == 2
        assert "2 requests wait for you: oreprint requests list" in at.run("doctor", *own).out
        waiting = json.loads(at.run("requests", "list", *own, "--json").out)["requests"]
        ids = {each["kind"]: each["id"] for each in waiting}
        assert [each["by"] for each in waiting] == [admin.person.author] * 2
        told = at.run("requests", "done", ids["printer"], "It is named lab-2.", *own)
        assert told.out == f"Request {ids['printer']} is done. {ANN} sees your answer at its desk.\n"
        assert at.run("requests", "refuse", ids["plant"], "Send its address first.", *own).code == 0
        assert at.run("requests", "done", ids["plant"], "Again.", *own).problem == "operator-request.answered"
        assert at.run("requests", "done", "none", "It is done.", *own).problem == "operator-request.unknown"
        assert at.run("requests", "list", *own).out == "No request waits for you.\n"
        assert "    -> It is named lab-2." in at.run("requests", "list", "--all", *own).out
        assert "for you" not in at.run("doctor", *own).out
        shown = admin.get(PATH).text
        for said in ("It is named lab-2.", "Send its address first.", "done", "refused"):
            assert said in shown
        assert "answered a request" in admin.get("/desk").text
        events = admin.get("/desk/admin/events").text
        assert "Ask the operator" in events
        assert "Answer a request" in events


def test_requests_are_bounded_and_of_their_party_alone(served: Served) -> None:
    with desk(served, "clerk") as clerk:
        assert clerk.get(PATH).status_code == clerk.post(PATH, {"kind": "key", "wish": "x"}).status_code == 403
    with desk(served, "admin", party=BEN) as ben, desk(served, "admin") as ann:
        for number in range(MOST_WAITING):
            file_request(served.registry, party=ANN, kind="key", wish=f"Key {number}", by=ann.person.author)
        assert "Key 1" in ann.get(PATH).text
        assert "Key 1" not in ben.get(PATH).text
        for fields, field in (({"kind": "key", "wish": " "}, "wish"), ({"kind": "king", "wish": "x"}, "kind")):
            answer = ann.post(PATH, fields)
            assert (answer.status_code, f'href="#f-{field}"' in answer.text) == (422, True), fields
        assert '<a href="#f-wish">Details: This field is empty' in ann.post(PATH, {"kind": "key", "wish": " "}).text
        full = ann.post(PATH, {"kind": "key", "wish": "One more"})
        assert (full.status_code, "wait for the operator already" in full.text) == (422, True)
        assert "One more" in full.text, "what was typed is kept"
        assert ben.post(PATH, {"kind": "key", "wish": "\x07"}).status_code == 422
        first = list_requests(served.registry, ANN)[0]
        answered = answer_request(served.registry, first.id, done=True, answer="Here it is.")
        with pytest.raises(RefusedError):
            answer_request(served.registry, first.id, done=False, answer="No.")
        assert list_requests(served.registry, ANN)[-1] == answered
        assert [each.kind for each in latest_notices(served.registry, ANN)] == ["request-answered"]
        assert latest_notices(served.registry, BEN) == []
        assert author_of(happened(served.registry, last=1)[0]) == "operator"


def test_keys_are_shown_to_administrators_who_can_ask_for_another(served: Served) -> None:
    for party, kept in ((ANN, "The registry keeps your signing keys"), (CID, "You keep your signing keys yourself")):
        with desk(served, "admin", party=party) as at:
            shown = at.get("/desk/admin/keys").text
            (key,) = keys_of_party(served.registry, party).keys
            for said in (kept, key.kid, "in force", 'href="/desk/admin/requests?kind=key"'):
                assert said in shown, said
            assert '<option value="key" selected>' in at.get("/desk/admin/requests?kind=key").text
    with desk(served, "engineer") as engineer:
        assert engineer.get("/desk/admin/keys").status_code == 403
