"""Two persons: what one asks for, another approves; once, for exactly what is logged, and by every door."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.client.issue import issue_at
from ledger.desk.approvals import (
    approve,
    compared,
    listed,
    lone_approvers,
    second_person,
    send_back,
    set_two_persons,
    two_persons,
    waiting,
)
from ledger.desk.people import (
    add_person,
    change_person,
    invite_person,
    list_people,
    one_time_link,
    recover_person,
)
from ledger.desk.replace import replace_run
from ledger.desk.sessions import link_opens
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.registry.approval import OPERATOR, Gate, RequestedAct, UnapprovedError, asking
from ledger.registry.idempotency import happened
from ledger.store.approvals import ApprovalRow, add_approval, use
from ledger.store.engine import reading, writing
from ledger.store.logs import latest_head
from schemas.problem import AccessError, InputError, MissingError, OreprintError, RefusedError
from tests.support.http.desk import person
from tests.support.http.server import ANN, BEN, CID, Served, plant, serve, status, tables
from tests.support.registries.own_key import office, own, served_later, signed
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.record import ProductionRecord

HOUR = 60 * 60 * 1000


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def strict(served: Served) -> Served:
    """A registry in which everything that Ann does needs two persons."""
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    return served


def size(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        return latest_head(connection).end


def record(lot: str, mass: str = "10 kg", **more: Any) -> ProductionRecord:  # noqa: ANN401 - members of a record
    return read({**written(lot, mass, producer=ANN, plant=plant(ANN), inputs=more.pop("inputs", None)), **more})


def issued(served: Served, wanted: ProductionRecord, author: str = OPERATOR) -> str:
    """Issue a record; return the digest of its certificate, or raise what it was refused with."""
    (outcome,) = issue(served.registry, [wanted], tables=tables(), author=author)
    if isinstance(outcome, OreprintError):
        raise outcome
    return outcome.certificates[0].digest


def asked(served: Served, wanted: ProductionRecord, author: str) -> str:
    """Ask for a run in vain; return the id of the approval that it waits for."""
    before = size(served)
    with pytest.raises(UnapprovedError) as refused:
        issued(served, wanted, author)
    assert size(served) == before
    return refused.value.row.id


def approved(served: Served, wanted: ProductionRecord, author: str, by: str) -> str:
    which = asked(served, wanted, author)
    approve(served.registry, which, party=ANN, by=by)
    return which


def test_what_one_asks_for_another_approves_and_it_counts_once(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    which = asked(strict, record("A-1"), clerk)
    assert asked(strict, record("A-1"), clerk) == which  # asking again is asking once
    with pytest.raises(AccessError) as own:
        approve(strict.registry, which, party=ANN, by=clerk)
    assert own.value.code == "approval.own"
    assert asked(strict, record("A-1"), clerk) == which
    approve(strict.registry, which, party=ANN, by=chief)
    digest = issued(strict, record("A-1"), clerk)
    assert listed(strict.registry, ANN)[0].used is not None
    assert issued(strict, record("A-1"), clerk) == digest  # the first answer, which needs no approval
    done = next(each for each in happened(strict.registry, last=20, tenant=ANN) if each.action == "issue")
    assert (done.author, done.outcome, done.subject) == (clerk, f"approved by {chief}", "A-1")
    assert done.after is not None


def test_an_approval_of_one_is_none_of_another(strict: Served) -> None:
    clerk, other, chief = (person(strict, role).author for role in ("clerk", "clerk", "quality"))
    approved(strict, record("A-1"), clerk, chief)
    asked(strict, record("A-1"), other)
    asked(strict, record("A-2"), clerk)
    with pytest.raises(MissingError):
        approve(strict.registry, listed(strict.registry, ANN)[-1].id, party=BEN, by="token:other")


def test_a_changed_record_voids_the_approval_and_says_what_changed(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    which = approved(strict, record("A-1"), clerk, chief)
    with pytest.raises(UnapprovedError) as refused:
        issued(strict, record("A-1", "11 kg"), clerk)
    assert refused.value.code == "approval.changed"
    assert "record.outputs[0].mass: 10 -> 11 (+10.0 %)" in str(refused.value)
    states = {each.id: each.state for each in listed(strict.registry, ANN)}
    assert states == {which: "void", refused.value.row.id: "waiting"}
    approve(strict.registry, refused.value.row.id, party=ANN, by=chief)
    issued(strict, record("A-1", "11 kg"), clerk)


def test_a_correction_upstream_voids_the_approval_of_the_same_record(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    issued(strict, record("UP"))
    made = record("A-1", inputs={"UP": "10 kg"})
    approved(strict, made, clerk, chief)
    better = record("UP", note="better words")
    better = better.model_copy(
        update={"outputs": (better.outputs[0].model_copy(update={"description": "neodymium oxide, sieved"}),)}
    )
    correct(strict.registry, better, tables=tables(), status=status(strict))
    before = size(strict)
    with pytest.raises(UnapprovedError) as refused:
        issued(strict, made, clerk)
    assert refused.value.code == "approval.changed"
    assert "inputs." in str(refused.value)
    assert size(strict) == before


def test_an_approval_ends_after_72_hours(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    approved(strict, record("A-1"), clerk, chief)
    with pytest.raises(UnapprovedError) as refused:
        issued(served_later(strict, 73 * HOUR), record("A-1"), clerk)
    assert refused.value.code == "approval.expired"


def test_what_is_returned_goes_back_with_a_note_until_it_differs(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    which = asked(strict, record("A-1"), clerk)
    with pytest.raises(InputError):
        send_back(strict.registry, which, party=ANN, by=chief, note=" ")
    send_back(strict.registry, which, party=ANN, by=chief, note="Weigh the drum again.")
    with pytest.raises(RefusedError) as refused:
        issued(strict, record("A-1"), clerk)
    assert refused.value.code == "approval.returned"
    assert "Weigh the drum again." in str(refused.value)
    with pytest.raises(RefusedError) as decided:
        approve(strict.registry, which, party=ANN, by=chief)
    assert decided.value.code == "approval.decided"
    assert asked(strict, record("A-1", "11 kg"), clerk) != which


def test_a_used_approval_is_no_approval_of_the_same_act_again(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    issued(strict, record("A-1"))
    act = partial(suspend, lot="A-1", issuer=ANN, reason="look again", status=status(strict), author=clerk)
    with pytest.raises(UnapprovedError) as refused:
        act(strict.registry)
    approve(strict.registry, refused.value.row.id, party=ANN, by=chief)
    act(strict.registry)
    lift(strict.registry, "A-1", issuer=ANN, reason="it is well", status=status(strict))
    later = served_later(strict, HOUR).registry
    with pytest.raises(UnapprovedError) as again:
        act(later)
    assert again.value.row.id != refused.value.row.id


def test_the_operator_stands_above_the_rule_and_leaves_an_event(strict: Served) -> None:
    issued(strict, record("A-1"))
    withdraw(strict.registry, "A-1", issuer=ANN, reason="a slip", status=status(strict))
    told = [(each.action, each.author, each.outcome) for each in happened(strict.registry, last=2, tenant=ANN)]
    above = "done above the rule of two persons"
    assert told == [("issue", OPERATOR, above), ("withdraw", OPERATOR, above)]


def test_a_server_that_cannot_say_who_acts_does_nothing(strict: Served) -> None:
    behind = strict.app.state.server.registry
    (outcome,) = issue(behind, [record("A-1")], tables=tables())
    assert isinstance(outcome, AccessError)
    assert outcome.code == "approval.author"
    with pytest.raises(AccessError):
        set_two_persons(behind, "off", party=ANN, by=OPERATOR)
    person(strict, "clerk")
    with pytest.raises(AccessError):
        set_two_persons(behind, "off", party=ANN, by=OPERATOR)


# -- who may approve ---------------------------------------------------------------------------------------------------


def test_two_puppets_of_one_giver_approve_nothing_of_each_other(served: Served) -> None:
    """Hard use, second round: one administrator invited two, waited a day, asked as one, approved as the other."""
    admin = person(served, "admin", "quality").author
    asks = add_person(served.registry, party=ANN, name="Asks", roles=["clerk"], by=admin).author
    approves = add_person(served.registry, party=ANN, name="Approves", roles=["quality"], by=admin).author
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    later = served_later(served, 25 * HOUR)
    which = asked(later, record("A-1"), asks)
    for by in (approves, admin):
        with pytest.raises(AccessError) as refused:
            approve(later.registry, which, party=ANN, by=by)
        assert refused.value.code == "approval.one-giver"
    assert lone_approvers(later.registry, ANN) == ["Approves"]
    recover_person(later.registry, approves.removeprefix("person:"), party=ANN)
    with pytest.raises(AccessError):
        approve(later.registry, which, party=ANN, by=approves)
    recover_person(later.registry, approves.removeprefix("person:"), party=ANN, vouched=True)
    assert lone_approvers(later.registry, ANN) == []
    approve(later.registry, which, party=ANN, by=approves)


def test_under_the_rule_nobody_adds_a_person_or_makes_a_link_alone(strict: Served) -> None:
    admin = person(strict, "admin").author
    chief = person(strict, "quality").author
    invite = partial(invite_person, strict.registry, party=ANN, name="New", roles=["quality"], by=admin)
    with pytest.raises(UnapprovedError) as refused:
        invite()
    assert all(each.name != "New" for each in list_people(strict.registry, ANN))
    approve(strict.registry, refused.value.row.id, party=ANN, by=chief)
    new, secret = invite()
    assert link_opens(strict.registry, secret)
    with pytest.raises(UnapprovedError) as again:
        one_time_link(strict.registry, new.id, by=admin)
    assert link_opens(strict.registry, secret)
    approve(strict.registry, again.value.row.id, party=ANN, by=chief)
    assert link_opens(strict.registry, one_time_link(strict.registry, new.id, by=admin))
    assert not link_opens(strict.registry, secret)
    later = served_later(strict, 25 * HOUR)
    approve(later.registry, asked(later, record("A-1"), admin), party=ANN, by=new.author)  # two people stand in for it


def test_a_link_of_the_operator_is_not_replaced_by_the_party(served: Served) -> None:
    """Hard use, second round: after a recovery the administrator signed in as the approver."""
    admin = person(served, "admin").author
    invited = person(served, "quality")
    own = add_person(served.registry, party=ANN, name="Own", roles=["quality"], by=admin)
    kept = recover_person(served.registry, own.id, party=ANN)
    for who in (invited, own):
        with pytest.raises(RefusedError) as refused:
            one_time_link(served.registry, who.id, by=admin)
        assert refused.value.code == "people.operator-link"
    assert link_opens(served.registry, kept)


def test_a_second_account_approves_nothing_of_who_is_behind_it(served: Served) -> None:
    admin = person(served, "admin", "clerk").author
    second = add_person(served.registry, party=ANN, name="Second", roles=["admin", "quality"], by=admin).author
    third = add_person(served.registry, party=ANN, name="Third", roles=["quality"], by=second).author
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    strict = served
    later = served_later(strict, 25 * HOUR)
    which = asked(later, record("A-1"), admin)
    for by in (second, third):
        with pytest.raises(AccessError) as refused:
            approve(later.registry, which, party=ANN, by=by)
        assert refused.value.code == "approval.inviter"
    approve(later.registry, which, party=ANN, by=person(strict, "quality").author)


def test_a_new_approver_waits_a_day(served: Served) -> None:
    admin, clerk = person(served, "admin").author, person(served, "clerk").author
    new = add_person(served.registry, party=ANN, name="New", roles=["quality"], by=admin).author
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    strict = served
    which = asked(strict, record("A-1"), clerk)
    with pytest.raises(AccessError) as refused:
        approve(strict.registry, which, party=ANN, by=new)
    assert refused.value.code == "approval.new-approver"
    approve(served_later(strict, 25 * HOUR).registry, which, party=ANN, by=new)


def test_nobody_weakens_the_rule_alone_where_there_are_two(served: Served) -> None:
    admin = person(served, "admin").author
    change = partial(set_two_persons, served.registry, party=ANN, by=admin)
    change("all")  # stricter, and nobody else is there
    change("off")
    chief = person(served, "quality").author
    change("warnings")
    with pytest.raises(UnapprovedError):
        change("withdrawals")
    with pytest.raises(UnapprovedError) as refused:
        change("off")
    assert two_persons(served.registry, ANN) == "warnings"
    with pytest.raises(AccessError):
        approve(served.registry, refused.value.row.id, party=ANN, by=admin)
    approve(served.registry, refused.value.row.id, party=ANN, by=chief)
    change("off")
    assert two_persons(served.registry, ANN) == "off"
    with pytest.raises(InputError):
        change("sometimes")


# -- which acts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "free"),
    [("off", {"issue", "withdraw", "undo", "replace"}), ("withdrawals", {"issue"}), ("all", set[str]())],
)
def test_a_rule_says_which_acts_need_two(served: Served, mode: str, free: set[str]) -> None:
    for lot in ("W", "U", "R"):
        issued(served, record(lot))
    set_two_persons(served.registry, mode, party=ANN, by=OPERATOR)
    clerk, signer = person(served, "clerk").author, status(served)
    acts: dict[str, Callable[[], object]] = {
        "issue": lambda: issued(served, record("I"), clerk),
        "withdraw": lambda: withdraw(served.registry, "W", issuer=ANN, reason="a slip", author=clerk, status=signer),
        "undo": lambda: undo(served.registry, "U", producer=ANN, author=clerk, status=signer),
        "replace": lambda: replace_run(
            served.registry, "R", record("R", "9 kg"), producer=ANN, tables=tables(), author=clerk, status=signer
        ),
    }
    for verb, act in acts.items():
        before = size(served)
        if verb in free:
            act()
        else:
            with pytest.raises(UnapprovedError):
                act()
            assert size(served) == before


def test_warnings_that_the_last_approved_run_had_need_no_second_look(served: Served) -> None:
    set_two_persons(served.registry, "warnings", party=ANN, by=OPERATOR)
    clerk, chief = person(served, "clerk").author, person(served, "quality").author
    which = asked(served, record("A-1"), clerk)
    found = compared(served.registry, which, party=ANN)
    assert found.new_findings
    assert found.effect is None
    approve(served.registry, which, party=ANN, by=chief)
    issued(served, record("A-1"), clerk)
    issued(served, record("A-2", "12 kg"), clerk)  # the same warnings, no others


def test_what_waits_is_grouped_by_difference_with_the_largest_effect_first(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    approved(strict, record("A-1"), clerk, chief)
    issued(strict, record("A-1"), clerk)
    for lot, bought in (("A-2", "10.1 kg"), ("A-3", "10.2 kg")):
        made = written(lot, "10 kg", producer=ANN, plant=plant(ANN))
        made["materials"][0]["mass"] = bought
        asked(strict, read(made), clerk)
    asked(strict, record("A-4"), clerk)
    more, same = waiting(strict.registry, ANN)
    assert [each.row.subject for each in more.acts] == ["A-3", "A-2"]
    assert more.effect is not None
    assert more.effect > 0
    assert any("materials" in place for place in more.places)
    assert [each.row.subject for each in same.acts] == ["A-4"]
    assert same.places == ()
    assert same.effect == 0


# -- races -------------------------------------------------------------------------------------------------------------


def test_of_many_who_use_an_approval_at_once_one_does(served: Served) -> None:
    beside = served.beside()
    row = ApprovalRow("0" * 12, ANN, "issue", "person:1", "A-1", "", b"\0" * 32, "{}", 1, "approved", "person:2", 2)
    with writing(served.registry.engine) as connection:
        add_approval(connection, row)
        connection.commit()
    used: list[bool] = []
    gate = threading.Barrier(6)

    def take(registry: Any) -> None:  # noqa: ANN401 - of either process
        gate.wait()
        with writing(registry.engine) as connection:
            used.append(use(connection, row.id, now_ms=3))
            connection.commit()

    threads = [threading.Thread(target=take, args=(each.registry,)) for each in (served, beside) * 3]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(used) == [False] * 5 + [True]


def test_of_two_processes_that_do_what_was_approved_one_logs_it(strict: Served) -> None:
    clerk, chief = person(strict, "clerk").author, person(strict, "quality").author
    issued(strict, record("A-1"))
    act = partial(withdraw, lot="A-1", issuer=ANN, reason="a slip", status=status(strict), author=clerk)
    with pytest.raises(UnapprovedError) as refused:
        act(strict.registry)
    approve(strict.registry, refused.value.row.id, party=ANN, by=chief)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def do(served: Served) -> None:
        gate.wait()
        try:
            act(served.registry)
        except OreprintError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=do, args=(each,)) for each in (strict, strict.beside()) * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["done", "life.withdrawn", "life.withdrawn", "life.withdrawn"]


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def test_a_token_issues_nothing_that_needs_two_persons(strict: Served) -> None:
    maker, checker = strict.token(ANN), strict.token(ANN, "read", "approve")
    body = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    before = size(strict)
    with strict.client() as client:
        answer = client.post("/v1/certificates", json=body, headers={**maker, "Idempotency-Key": "k"})
        assert answer.status_code == 202
        told = answer.json()
        assert (told["state"], told["problems"][0]["code"]) == ("awaits-approval", "approval.needed")
        assert size(strict) == before
        which = told["approval"]
        assert client.get(f"/v1/approvals/{which}", headers=maker).json()["state"] == "waiting"
        yes = {"decision": "approve"}
        assert client.post(f"/v1/approvals/{which}", json=yes, headers=maker).status_code == 403  # no scope
        own = client.post(f"/v1/approvals/{which}", json=yes, headers=strict.token(BEN, "read", "approve"))
        assert own.status_code == 404
        assert client.post(f"/v1/approvals/{which}", json=yes, headers=checker).json()["state"] == "approved"
        answer = client.post("/v1/certificates", json=body, headers={**maker, "Idempotency-Key": "k"})
        assert answer.status_code == 201, answer.text
        (used,) = client.get("/v1/approvals?state=used", headers=maker).json()["approvals"]
        assert used["id"] == which
        details = client.get(f"/v1/approvals/{which}", headers=maker).json()
        assert details["parts"]["record"]["run"] == body["run"]
        assert client.get("/v1/approvals/000000000000", headers=maker).status_code == 404


def test_no_verb_of_a_token_passes_the_gate(served: Served) -> None:
    """Every request that logs what a party says of its lots waits, whoever signed it, and logs nothing."""
    for lot in ("A-1", "A-2"):
        issued(served, record(lot))
    headers = served.token(ANN)
    (run,) = signed(served, ["C-1"])
    with served.client() as client:
        answer = client.post("/v1/certificates", json=run, headers=served.token(CID))
        assert answer.status_code == 201, answer.text
        (other,) = signed(served, ["C-2"])
        for party in (ANN, CID):
            set_two_persons(served.registry, "all", party=party, by=OPERATOR)
        correction = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
        correction["outputs"][0]["description"] = "neodymium oxide, sieved"
        before = size(served)
        for path, body, who in [
            ("/v1/certificates", written("A-3", "1 kg", producer=ANN, plant=plant(ANN)), headers),
            ("/v1/certificates", other, served.token(CID)),
            ("/v1/corrections", correction, headers),
            ("/v1/statements", {"statement": "withdraw", "lot": "A-1", "reason": "a slip"}, headers),
            ("/v1/statements", {"statement": "suspend", "lot": "A-1", "reason": "a slip"}, headers),
            ("/v1/statements", {"statement": "undo", "lot": "A-2"}, headers),
        ]:
            answer = client.post(path, json=body, headers=who)
            assert answer.status_code == 202, (path, answer.text)
            assert answer.json()["state"] == "awaits-approval"
            assert size(served) == before, path


def test_what_a_persons_token_does_that_person_does(strict: Served) -> None:
    from ledger.admin.tokens import create_token

    chief = person(strict, "quality", "clerk").author
    _, secret = create_token(strict.registry, tenant=ANN, scopes=["read", "issue", "approve"], by=chief)
    headers = {"Authorization": f"Bearer {secret}"}
    body = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    with strict.client() as client:
        which = client.post("/v1/certificates", json=body, headers=headers).json()["approval"]
        again = client.post(f"/v1/approvals/{which}", json={"decision": "approve"}, headers=headers)
        assert (again.status_code, again.json()["code"]) == (403, "approval.own")
    with pytest.raises(AccessError):
        approve(strict.registry, which, party=ANN, by=chief)
    assert any(each.author == chief for each in happened(strict.registry, last=5, tenant=ANN))


def test_a_party_without_a_rule_is_not_held_up(strict: Served) -> None:
    (outcome,) = issue(
        strict.registry, [blend("B-1", "1 kg", producer=BEN, plant=plant(BEN))], tables=tables(), author="token:1"
    )
    assert not isinstance(outcome, OreprintError)


def test_a_producer_with_its_own_key_sends_the_same_bytes_once_they_are_approved(
    served: Served, tmp_path: Path
) -> None:
    set_two_persons(served.registry, "all", party=CID, by=OPERATOR)
    with served.running() as address:
        at = office(served, address, tmp_path / "office")
        with pytest.raises(RefusedError) as refused:
            issue_at(at, own("C-1", "10 kg"))
        assert "waits for an approval" in str(refused.value)
        (row,) = listed(served.registry, CID)
        assert row.subject == "C-1"
        approve(served.registry, row.id, party=CID, by=person(served, "quality", party=CID).author)
        ((lot, _),) = issue_at(at, own("C-1", "10 kg"))
    assert lot == "C-1"


def test_a_change_of_roles_alone_waits_where_there_are_two(served: Served) -> None:
    """As the functions of people and recipes ask for it, whatever the party's rule says."""
    registry, admin = served.registry, person(served, "admin").author

    def change(by: str, role: str) -> str:
        with asking(registry), writing(registry.engine) as connection:
            gate = Gate.of(registry, connection, now_ms=registry.runtime.now_ms())
            outcome = second_person(gate, "roles", ANN, by, RequestedAct("Li Wei", {"roles": [role]}))
            connection.commit()
        return outcome

    assert change(admin, "quality") == "done"  # nobody else is there
    chief = person(served, "quality").author
    with pytest.raises(UnapprovedError) as refused:
        change(admin, "quality")
    approve(registry, refused.value.row.id, party=ANN, by=chief)
    with pytest.raises(UnapprovedError) as other:
        change(admin, "admin")  # another role than what was approved
    assert other.value.code == "approval.changed"
    approve(registry, other.value.row.id, party=ANN, by=chief)
    assert change(admin, "admin") == f"approved by {chief}"
    with pytest.raises(UnapprovedError):
        change(admin, "admin")
    assert change(OPERATOR, "quality") == "done"


def test_an_administrator_changes_nobodys_roles_alone(served: Served) -> None:
    admin, clerk, chief = (person(served, role) for role in ("admin", "clerk", "quality"))
    change = partial(change_person, served.registry, party=ANN, plants=(), by=admin.author)
    with pytest.raises(UnapprovedError):
        change(clerk.id, roles=["quality"])
    with pytest.raises(UnapprovedError) as refused:
        change(admin.id, roles=["admin", "quality"])
    approve(served.registry, refused.value.row.id, party=ANN, by=chief.author)
    assert change(admin.id, roles=["admin", "quality"]).roles == ("quality", "admin")
