"""What another person approved, its author does by one click: every act that the desk knows."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from ledger.audit.everything import audit
from ledger.desk.approvals import approve, listed, set_two_persons, two_persons
from ledger.desk.drafts import find_draft
from ledger.desk.lot_view import lot_view
from ledger.desk.people import find_person
from ledger.desk.recipes import keep_recipe
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.approval import OPERATOR, Gate, RequestedAct, UnapprovedError, Verb, asking
from ledger.store.engine import writing
from tests.support.http.desk import Desk, desk, filled, send_workbook, text_of, until
from tests.support.http.server import ANN, Served, plant, serve, tables
from tests.support.registries.desk_runs import READING, recipe, typed
from tests.support.worlds.blends import blend
from tests.support.worlds.oxide_days import day, row

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(tmp_path_factory.mktemp("desk"))
    keep_recipe(made.registry, recipe(), party=ANN)
    set_two_persons(made.registry, "all", party=ANN, by=OPERATOR)
    yield made
    assert list(audit(made.home, tables=tables(), progress=lambda *_: None).faults) == []


@pytest.fixture(scope="module")
def clerk(served: Served) -> Iterator[Desk]:
    with desk(served, "clerk", name="Li Wei") as at:
        yield at


@pytest.fixture(scope="module")
def head(served: Served) -> Iterator[Desk]:
    """Somebody who asks for what quality and administrators ask for."""
    with desk(served, "quality", "admin", name="Zhang Min") as at:
        yield at


@pytest.fixture(scope="module")
def chief(served: Served) -> Iterator[Desk]:
    """Somebody who approves."""
    with desk(served, "quality", name="Chen Jie") as at:
        yield at


def certified(served: Served, lot: str) -> str:
    record = blend(lot, "10 kg", producer=ANN, plant=plant(ANN))
    (made,) = issue(served.registry, [record], tables=tables(), author=OPERATOR)
    assert isinstance(made, IssuedRun), made
    return made.certificates[0].digest


def approved(served: Served, at: Desk, chief: Desk) -> str:
    """Approve all that somebody asked for last; return the address of the approval."""
    row = listed(served.registry, ANN, "waiting", author=at.person.author)[-1]
    approve(served.registry, row.id, party=ANN, by=chief.person.author)
    return f"/desk/approvals/{row.id}"


def state(served: Served, digest: str) -> str:
    return lot_view(served.registry, ANN, digest).state


def test_a_clerks_run_waits_and_is_issued_by_one_click(served: Served, clerk: Desk, chief: Desk) -> None:
    path = clerk.post("/desk/runs/new", {"recipe": "OX", **typed("A-1")}).headers["location"]
    waits = text_of(clerk.post(f"{path}/issue", {"revision": 1, "then": "now"}, follow=True).text)
    assert "waits for an approval" in waits
    asked = listed(served.registry, ANN, "waiting")[0]
    done = chief.post(f"/desk/approvals/{asked.id}", {"decision": "approve"}, follow=True)
    assert "Now Li Wei does it" in text_of(done.text)
    assert f"/desk/approvals/{asked.id}/do" not in done.text
    assert chief.post(f"/desk/approvals/{asked.id}/do").status_code == 403
    for place in ("/desk", path, "/desk/approvals", f"/desk/approvals/{asked.id}"):
        page = clerk.get(place).text
        assert re.search(r"Approved by Chen Jie at [^.]+\. Issue now", text_of(page)), place
        assert f'action="/desk/approvals/{asked.id}/do"' in page, place
    issued = clerk.post(f"/desk/approvals/{asked.id}/do", follow=True)
    assert "The certificate is signed" in text_of(issued.text)
    assert find_draft(served.registry, ANN, path.rpartition("/")[2]).row.state == "issued"
    assert clerk.post(f"/desk/approvals/{asked.id}/do").status_code == 422  # once
    assert "Issue now" not in clerk.get("/desk").text


def test_what_changed_since_is_told_and_asked_for_again(served: Served, clerk: Desk, chief: Desk) -> None:
    path = clerk.post("/desk/runs/new", {"recipe": "OX", **typed("A-2")}).headers["location"]
    clerk.post(f"{path}/issue", {"revision": 1, "then": "now"})
    asked = approved(served, clerk, chief)
    fields = filled(clerk.get(f"{path}/edit").text)
    clerk.post(path, fields | {f"r:{READING}": "104"})
    told = text_of(clerk.post(f"{asked}/do", follow=True).text)
    assert "What was approved of A-2 is no longer what would be signed" in told
    assert "100 -> 104" in told
    clerk.post(f"{approved(served, clerk, chief)}/do")
    assert find_draft(served.registry, ANN, path.rpartition("/")[2]).row.state == "issued"


def test_a_record_that_a_program_brought_is_issued_as_it_was_approved(served: Served, clerk: Desk, chief: Desk) -> None:
    record = blend("A-3", "10 kg", producer=ANN, plant=plant(ANN))
    (outcome,) = issue(served.registry, [record], tables=tables(), author=clerk.person.author)
    assert isinstance(outcome, UnapprovedError)
    answer = clerk.post(f"{approved(served, clerk, chief)}/do", follow=True)
    assert "Lot A-3" in text_of(answer.text)


@pytest.mark.parametrize(
    ("lot", "changes", "after"),
    [("S-1", ["withdraw"], "withdrawn"), ("S-2", ["suspend", "lift"], "standing"), ("S-3", ["undo"], "undone")],
)
def test_what_ends_a_certificate(
    served: Served, head: Desk, chief: Desk, lot: str, changes: list[str], after: str
) -> None:
    digest = certified(served, lot)
    page = f"/desk/certificates/{digest}"
    for change in changes:
        sent = {} if change == "undo" else {"change": change, "reason": "a wrong assay"}
        before = state(served, digest)
        head.post(f"{page}/{'undo' if change == 'undo' else 'status'}", sent)
        asked = approved(served, head, chief)
        assert state(served, digest) == before
        assert f'action="{asked}/do"' in head.get(page).text
        answer = head.post(f"{asked}/do")
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert state(served, digest) == after


def test_what_puts_a_run_right(served: Served, head: Desk, chief: Desk) -> None:
    digest, shown = certified(served, "T-1"), ""
    for act, field, value in (("correct", "r:neodymium-oxide-bought", "10.5"), ("replace", "mass_kg", "10.1")):
        page = f"/desk/certificates/{digest}"
        path = head.post(f"{page}/put-right", {"act": act}).headers["location"].removesuffix("/edit")
        fields = filled(head.get(f"{path}/edit").text)
        assert field in fields
        head.post(path, fields | {field: value})
        sent = {"revision": 2, "then": "now", "reason": "typed wrong"}
        waits = text_of(head.post(f"{path}/issue", sent, follow=True).text)
        assert "waits for an approval" in waits
        asked = approved(served, head, chief)
        if act == "replace":
            assert "Reason: typed wrong" in text_of(chief.get(asked).text)
        assert f'action="{asked}/do"' in head.get(page).text, act
        shown = head.post(f"{asked}/do", follow=True).text
        found = re.search(r"/desk/certificates/([^\"]+)", shown)
        assert found is not None, text_of(shown)
        digest = found[1]
    assert "T-1-2" in text_of(shown)


def test_roles_and_rules(served: Served, head: Desk, chief: Desk) -> None:
    with desk(served, "clerk", name="Wang Fang") as other:
        person = other.person
        head.post(f"/desk/admin/people/{person.id}", {"roles": ["clerk", "sales"]})
        answer = head.post(f"{approved(served, head, chief)}/do")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/admin/people")
        assert find_person(served.registry, person.id, party=ANN).roles == ("clerk", "sales")
    head.post("/desk/admin/rules", {"two-persons": "warnings"})
    assert two_persons(served.registry, ANN) == "all"
    head.post(f"{approved(served, head, chief)}/do")
    assert two_persons(served.registry, ANN) == "warnings"
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)


def test_what_a_program_signs_is_sent_again_by_it(served: Served, head: Desk, chief: Desk) -> None:
    registry, said = served.registry, RequestedAct("A-1", {"run": "its digest"})
    verbs: tuple[Verb, ...] = ("attest", "issue")
    for verb in verbs:  # of a run with the producer's own key, only the digest is known
        with suppress(UnapprovedError), asking(registry), writing(registry.engine) as connection:
            gate = Gate.of(registry, connection, now_ms=registry.runtime.now_ms())
            gate.approved(verb, ANN, head.person.author, said, "all")
        _is_left_to_its_program(head, approved(served, head, chief))


def _is_left_to_its_program(head: Desk, asked: str) -> None:
    page = head.get(asked).text
    assert "Send it again from where you asked for it." in text_of(page)
    assert f"{asked}/do" not in page
    assert head.post(f"{asked}/do").status_code == 422


def test_one_click_issues_all_approved_rows_of_a_workbook(served: Served, clerk: Desk, chief: Desk) -> None:
    path = send_workbook(clerk, day([row(number) for number in (1, 2, 3)])).headers["location"]
    clerk.post(f"{path}/issue", {"rows": "all"})
    until(clerk, path, "waits for another person")
    assert "3 rows of day.xlsx: waits for another person" in text_of(clerk.get("/desk").text)
    for each in listed(served.registry, ANN, "waiting", author=clerk.person.author):
        approve(served.registry, each.id, party=ANN, by=chief.person.author)
    page = clerk.get("/desk").text
    assert "Issue all 3 now" in text_of(page)
    (do,) = re.findall(r'action="(/desk/approvals/[^"]+/do)"', page)
    answer = clerk.post(do)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "3 issued" in text_of(until(clerk, path, "3 issued"))
    assert "Issue all" not in clerk.get("/desk").text
