"""Statements with one's own key: what a crash, a lost answer, a race and a lying registry may do, and what they may
not.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from ledger.admin.init import first_kid, key_name
from ledger.client.issue import issue_at
from ledger.client.registry import in_doubt
from ledger.client.registry import theirs as theirs_of
from ledger.client.statements import accept_at, say_at
from ledger.holdings.mark import holding_text, statement_digest
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.issuing.issue import issue
from ledger.lots.balance import balances_of
from ledger.remote.client import RemoteServer
from ledger.seal.statement import open_sent
from ledger.store.engine import reading
from ledger.transfers.ship import accept
from schemas.answers.life import MoveAnswer, StatusAnswer, UndoAnswer
from schemas.door import validated
from schemas.holding import Holder
from schemas.problem import CheckError, RefusedError, StateError
from schemas.requests import AcceptRequest, CancelRequest, MoveRequest, StatusRequest, UndoRequest
from tests.support.http.server import ANN, BEN, CID, PASSPHRASE, Served, plant, runtime, serve, tables
from tests.support.registries.both_ways import client_of
from tests.support.registries.own_key import office, own, served_later
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.client.registry import RegistryClient
    from ledger.seal.signer import SoftwareSigner

MOVE = validated(MoveRequest, {"statement": "move", "lot": "C-1", "to": ANN, "mass": "30 kg"})
SMALL_MOVE = validated(MoveRequest, {"statement": "move", "lot": "C-1", "to": ANN, "mass": "1 kg"})
CANCEL = validated(CancelRequest, {"statement": "cancel"})
WITHDRAW = validated(StatusRequest, {"statement": "withdraw", "lot": "C-1", "reason": "wrong assay"})
UNDO = validated(UndoRequest, {"statement": "undo", "lot": "C-2"})


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


@pytest.fixture
def address(served: Served, tmp_path: Path) -> Iterator[str]:
    """A server at which Cid has made C-1 of 100 kg, and C-2 of 40 kg of that."""
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        issue_at(desk, own("C-1", "100 kg"))
        issue_at(desk, own("C-2", "40 kg", {"C-1": "40 kg"}))
        yield address


def client(served: Served, address: str, outbox: dict[str, bytes], did: str = CID) -> RegistryClient:
    secret = served.token(did)["Authorization"].removeprefix("Bearer ")
    return client_of(RemoteServer.at(address, secret), outbox)


def key(served: Served) -> SoftwareSigner:
    kid = first_kid(CID)
    return served.own.read_key(key_name(kid), kid=kid, passphrase=PASSPHRASE)


def held(served: Served, owner: str) -> dict[str, int]:
    """Return what somebody has left of each lot, in kg."""
    with reading(served.registry.engine) as connection:
        found = balances_of(connection, served.registry.did, owner=owner, now_ms=runtime().now_ms())
    return {each.lot.lot: each.left_mg // 10**6 for each in found}


def cut_off(client: RegistryClient) -> RegistryClient:
    """Return a client whose machine falls over as soon as what it signed is on disk."""

    def keep(name: str, content: bytes) -> None:
        client.keep(name, content)
        raise StateError.at("remote.unreachable", host="here", reason="the machine fell over")

    return replace(client, keep=keep)


def posted(served: Served, outbox: dict[str, bytes], did: str = CID) -> int:
    """Send what is kept as the client would have, and lose the answer."""
    (kept,) = outbox.values()
    with served.client() as http:
        return http.post("/v1/statements", json=orjson.loads(kept)["send"], headers=served.token(did)).status_code


def test_what_was_signed_before_a_crash_is_sent_and_nothing_is_signed_again(served: Served, address: str) -> None:
    """Hard use 31: signed bytes are on disk first, and in any doubt the same bytes are sent again."""
    outbox: dict[str, bytes] = {}
    at = client(served, address, outbox)
    with pytest.raises(StateError):
        say_at(cut_off(at), key(served), MOVE, MoveAnswer)
    (kept,) = outbox.values()
    assert held(served, CID)["C-1"] == 60, "nothing was offered yet"
    made = say_at(at, key(served), MOVE, MoveAnswer)
    assert (made.shipments[0].mass_kg, outbox) == ("30", {})
    assert held(served, CID)["C-1"] == 30
    signed = [open_sent(each, kind="move") for each in orjson.loads(kept)["send"]["texts"]]
    (accepted,) = accept(served.registry, consignee=ANN)
    assert accepted.moves == tuple(statement_digest(each.jws) for each in signed), "what was logged is what was on disk"


@pytest.mark.parametrize("taken", [False, True])
def test_an_offer_whose_answer_was_lost_is_not_made_twice(served: Served, address: str, *, taken: bool) -> None:
    """Hard use 31: also where the consignee has accepted meanwhile."""
    outbox: dict[str, bytes] = {}
    at = client(served, address, outbox)
    with pytest.raises(StateError):
        say_at(cut_off(at), key(served), MOVE, MoveAnswer)
    assert posted(served, outbox) == 201
    if taken:
        accept(served.registry, consignee=ANN)
    assert say_at(at, key(served), MOVE, MoveAnswer).shipments[0].to == ANN
    assert (held(served, CID)["C-1"], outbox) == (30, {})
    assert held(served, ANN) == ({"C-1": 30} if taken else {})


def test_a_cancel_an_undo_and_a_withdrawal_whose_answers_were_lost_are_answered_again(
    served: Served, address: str
) -> None:
    """Hard use 31: the same bytes again get the same answer, with the consignee that it had been offered to."""
    outbox: dict[str, bytes] = {}
    at = client(served, address, outbox)
    say_at(at, key(served), MOVE, MoveAnswer)
    with pytest.raises(StateError):
        say_at(cut_off(at), key(served), CANCEL, MoveAnswer)
    assert posted(served, outbox) == 201
    assert [each.to for each in say_at(at, key(served), CANCEL, MoveAnswer).shipments] == [ANN]
    with pytest.raises(StateError):
        say_at(cut_off(at), key(served), UNDO, UndoAnswer)
    assert posted(served, outbox) == 201
    undone = say_at(at, key(served), UNDO, UndoAnswer)
    assert (undone.lots, [each.mass_kg for each in undone.returned]) == (("C-2",), ["40"])
    with pytest.raises(StateError):
        say_at(cut_off(at), key(served), WITHDRAW, StatusAnswer)
    assert posted(served, outbox) == 201
    assert say_at(at, key(served), WITHDRAW, StatusAnswer).lot == "C-1"
    assert (outbox, held(served, CID)) == ({}, {"C-1": 100, "C-2": 0})


def test_an_acceptance_whose_answer_was_lost_is_answered_again(served: Served, address: str) -> None:
    """Hard use 31: accepting is signed by nobody; its key is kept until it is answered."""
    issue(served.registry, [blend("B-1", "100 kg", producer=BEN, plant=plant(BEN))], tables=tables())
    with served.client() as http:
        move = {"statement": "move", "lot": "B-1", "to": CID}
        assert http.post("/v1/statements", json=move, headers=served.token(BEN)).status_code == 201
    outbox: dict[str, bytes] = {}
    at, asked = client(served, address, outbox), validated(AcceptRequest, {"statement": "accept"})
    with pytest.raises(StateError):
        accept_at(cut_off(at), CID, asked)
    (number,) = outbox.values()
    at.remote.post("/v1/statements", asked.model_dump_json(exclude_none=True).encode(), key=number.decode())
    assert [each.sender for each in accept_at(at, CID, asked).shipments] == [BEN]
    assert (held(served, CID)["B-1"], outbox) == (100, {})
    with pytest.raises(RefusedError, match="offer-unknown"):
        accept_at(at, CID, asked)
    assert outbox == {}


def test_what_ran_out_before_it_was_sent_is_signed_anew(served: Served, address: str) -> None:
    """Hard use 31: what was signed and not logged for a week can't be logged any more."""
    outbox: dict[str, bytes] = {}
    with pytest.raises(StateError):
        say_at(cut_off(client(served, address, outbox)), key(served), MOVE, MoveAnswer)
    (before,) = outbox.values()
    later = served_later(served, TIME_TO_LOG_MS + 60_000)
    with later.running() as now:
        at = replace(client(later, now, outbox), runtime=later.registry.runtime)
        outbox.clear()
        outbox[at.name_of(MOVE.model_dump_json(exclude_none=True).encode(), "statements.json")] = before
        made = say_at(at, key(served), MOVE, MoveAnswer)
    assert (made.shipments[0].mass_kg, outbox) == ("30", {})


def test_a_cancel_and_an_acceptance_at_once_are_settled_by_the_mark(served: Served, address: str) -> None:
    """Hard use 31: exactly one of them happens, whichever is first."""
    outbox: dict[str, bytes] = {}
    at, ann = client(served, address, outbox), client(served, address, {}, ANN)
    asked = validated(AcceptRequest, {"statement": "accept"})
    ours, theirs = 60, 0
    for _ in range(6):
        say_at(at, key(served), SMALL_MOVE, MoveAnswer)
        done: list[str] = []
        verbs: list[Callable[[], object]] = [
            lambda: say_at(at, key(served), CANCEL, MoveAnswer),
            lambda: accept_at(ann, ANN, asked),
        ]

        def attempt(verb: Callable[[], object], name: str, done: list[str] = done) -> None:
            try:
                verb()
            except RefusedError as refused:
                done.extend(theirs_of(refused))
            else:
                done.append(name)

        threads = [
            threading.Thread(target=attempt, args=pair) for pair in zip(verbs, ("cancel", "accept"), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(done)[1:] == ["holding.offer-unknown"], done
        if "accept" in done:
            ours, theirs = ours - 1, theirs + 1
        assert (held(served, CID)["C-1"], held(served, ANN).get("C-1", 0)) == (ours, theirs)
    assert outbox == {}


def test_a_refusal_that_leaves_a_doubt_lets_go_of_nothing() -> None:
    """Hard use 31: 429 and 500 and above say nothing of what became of what was sent."""
    for status, doubt in ((400, False), (409, False), (422, False), (429, True), (500, True), (503, True)):
        refusal = RefusedError.at("remote.refused", status=status, theirs="x", reason="y")
        assert in_doubt(refusal) is doubt, status


def elsewhere(drafts: Any, **members: Any) -> Any:  # noqa: ANN401
    """Return drafts whose first statement says something else."""
    said = orjson.loads(orjson.dumps(drafts))
    said["drafts"][0]["statement"] |= members
    return said


def somebodys(owner: str) -> str:
    return holding_text(runtime().random(32), Holder(owner=owner, registry="registry.example"))


LIES: dict[str, tuple[Any, Callable[[Any], Any] | None]] = {
    "another consignee": (MOVE, lambda d: d | {"drafts": [d["drafts"][0] | {"texts": [somebodys(BEN)]}]}),
    "another mass": (MOVE, lambda d: elsewhere(d, creates=d["drafts"][0]["statement"]["creates"] | {"mass_kg": "31"})),
    "another registry": (MOVE, lambda d: elsewhere(d, to_registry="other.example")),
    "a holding of somebody else": (
        MOVE,
        lambda d: elsewhere(d, uses=d["drafts"][0]["statement"]["uses"] | {"holding": somebodys(BEN)}),
    ),
    "for years": (MOVE, lambda d: elsewhere(d, not_logged_after="2099-01-01T00:00:00Z")),
    "twice": (MOVE, lambda d: d | {"drafts": d["drafts"] * 2}),
    "another reason": (WITHDRAW, lambda d: elsewhere(d, reason="fraud")),
    "for ever": (
        validated(StatusRequest, {"statement": "suspend", "lot": "C-1", "reason": "wrong assay"}),
        lambda d: elsewhere(d, oreprint="withdraw/1"),
    ),
    "another place": (WITHDRAW, lambda d: elsewhere(d, ends=d["drafts"][0]["statement"]["ends"] | {"index": 1})),
    "another lot": (WITHDRAW, None),
    "less mass back": (
        UNDO,
        lambda d: elsewhere(d, returns=[d["drafts"][0]["statement"]["returns"][0] | {"mass_kg": "39"}]),
    ),
    "back to somebody else": (UNDO, lambda d: d | {"drafts": [d["drafts"][0] | {"texts": [somebodys(BEN)]}]}),
    "nothing ended": (UNDO, lambda d: elsewhere(d, ends=[])),
}
"""What is asked for, and how a registry drafts something else; None for the same about another lot."""
KINDS: dict[str, Any] = {"move": MoveAnswer, "withdraw": StatusAnswer, "suspend": StatusAnswer, "undo": UndoAnswer}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_registry_drafts_otherwise_is_not_signed(
    served: Served, address: str, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 31: a party signs what it asked for, and nothing else."""
    asked, change = LIES[lie]
    outbox: dict[str, bytes] = {}
    at, post = client(served, address, outbox), RemoteServer.post
    other = at.remote.post("/v1/drafts", asked.model_copy(update={"lot": "C-2"}).model_dump_json().encode())

    def lying(remote: RemoteServer, path: str, body: bytes, **more: Any) -> Any:  # noqa: ANN401
        answer = post(remote, path, body, **more)
        if path != "/v1/drafts":
            return answer
        return change(answer) if change else other

    monkeypatch.setattr(RemoteServer, "post", lying)
    kind = KINDS[asked.statement]
    with pytest.raises(CheckError) as refused:
        say_at(at, key(served), asked, kind)
    assert (refused.value.code, outbox) == ("remote.drafted", {})
    monkeypatch.undo()
    say_at(at, key(served), asked, kind)
