"""Signed runs, splits and places that are asked for at once share commits: each stands alone, with what the door
keeps of it.
"""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from sqlalchemy import event

from api.batcher import Batcher
from ledger.admin.keys import end_key
from ledger.audit.everything import audit
from ledger.issuing.judge import judge
from ledger.issuing.reserve import KEPT_MS, MOST_PLACES
from ledger.issuing.submit import SentIssuance, submit
from ledger.registry.commits import GroupRequest, Receipt, RequestOutcome
from ledger.registry.idempotency import Answer, KeyedRequest
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.answers import answer_to
from ledger.store.desk_schema import RESERVED
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow
from ledger.store.events import events as stored_events
from ledger.store.places import reserve, reserved_count, reserved_for
from ledger.store.reading import latest_published
from ledger.store.whole import count, rows_of
from ledger.trust.pinned import open_trust
from schemas.door import validated
from schemas.problem import CheckError
from schemas.requests import SignedIssuance
from tests.faults.place import Place
from tests.faults.under_load import asked, wait_ready
from tests.faults.victim import victim
from tests.support.http.processes import free_port
from tests.support.http.server import ANN, CID, PASSPHRASE, Served, runtime, serve, tables
from tests.support.registries.crashes import CrashError, CrashingHeadStore, crash
from tests.support.registries.own_key import kept_places, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from sqlalchemy import Connection
    from starlette.testclient import TestClient

    from ledger.issuing.issue import IssuedRun
    from ledger.registry.registry import OpenRegistry

MANY = 16
PATIENCE_SECONDS = 20


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    """Give a client of a server whose lists have begun."""
    with served.client() as client:
        (first,) = signed(served, ["FIRST"])
        assert client.post("/v1/certificates", json=first, headers=served.token(CID)).status_code == 201
        yield client


@contextmanager
def counted(served: Served) -> Iterator[Counter[str]]:
    """Count commits."""
    found = Counter[str]()

    def look(_: Connection) -> None:
        found.update(commits=1)

    event.listen(served.registry.engine, "commit", look)
    yield found
    event.remove(served.registry.engine, "commit", look)


def send_at_once(
    served: Served,
    client: TestClient,
    bodies: list[dict[str, Any]],
    headers: list[dict[str, str]],
    path: str = "/v1/certificates",
) -> list[Response]:
    """Send all while another writer keeps the lock, so that they wait together; return their answers."""
    arrived: list[object] = []
    arrive = Batcher.__call__

    async def counted(rounds: Batcher[Any, Any], item: object) -> object:
        arrived.append(item)
        return await arrive(rounds, item)

    with ThreadPoolExecutor(len(bodies)) as pool, patch.object(Batcher, "__call__", counted):
        with writing(served.registry.engine) as connection:
            connection.begin()
            sent = [
                pool.submit(client.post, path, json=body, headers=of) for body, of in zip(bodies, headers, strict=True)
            ]
            until = time.monotonic() + PATIENCE_SECONDS
            while len(arrived) < len(bodies) and time.monotonic() < until:
                time.sleep(0.01)
            assert len(arrived) == len(bodies), "all of them wait"
        return [each.result() for each in sent]


def heads(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        return count(connection, schema.HEADS)


def assert_sound(served: Served) -> None:
    assert audit(served.home, tables=tables(), progress=lambda *_: None).faults == ()


@pytest.mark.parametrize("keyed", [False, True])
def test_runs_signed_by_their_producer_that_come_at_once_share_a_commit(
    served: Served, client: TestClient, keyed: bool
) -> None:
    lots = [f"C-{number}" for number in range(MANY)]
    token, bodies, before = served.token(CID), signed(served, lots), heads(served)
    headers = [{**token, **({"Idempotency-Key": lot} if keyed else {})} for lot in lots]
    with counted(served) as commits:
        answers = send_at_once(served, client, bodies, headers)
    assert [(each.status_code, each.json()["certificates"][0]["lot"]) for each in answers] == [
        (201, lot) for lot in lots
    ]
    assert heads(served) - before <= 3, "the first alone, all others together; and a list may have been published"
    assert commits["commits"] <= 6, "what the door keeps of each stands in the same commits"
    with reading(served.registry.engine) as connection:
        told = [
            each.outcome
            for each in stored_events(connection, last=1000, tenant=CID)[1:]
            if each.action.startswith("POST")
        ]
        kept = [answer_to(connection, CID, lot) for lot in lots]
    assert told == ["201"] * (MANY + 1)
    assert [each and each.body for each in kept] == [each.content if keyed else None for each in answers]
    again = [client.post("/v1/certificates", json=body, headers=of) for body, of in zip(bodies, headers, strict=True)]
    assert {each.status_code for each in again} == {201}
    assert ([each.content for each in again] == [each.content for each in answers]) is keyed
    assert_sound(served)


def test_a_bad_one_among_good_ones_is_refused_alone(served: Served, client: TestClient) -> None:
    (one, other), (theirs,) = kept_places(served, CID, 2), kept_places(served, ANN, 1)
    rivals = [*signed(served, ["C-0"], places=[one]), *signed(served, ["c-0"], places=[other])]
    good = signed(served, [f"C-{number}" for number in range(1, 5)])
    (flipped,) = signed(served, ["C-5"])
    jws = flipped["certificates"][0]
    flipped["certificates"] = [jws[:-3] + ("A" if jws[-3] != "A" else "B") + jws[-2:]]
    (elsewhere,) = signed(served, ["C-6"], places=[theirs])
    bodies = [rivals[0], flipped, elsewhere, *good, rivals[1]]
    with reading(served.registry.engine) as connection:
        kept = reserved_count(connection, CID)
    answers = send_at_once(served, client, bodies, [served.token(CID)] * len(bodies))
    first, *codes, last = [each.json().get("code") for each in answers]
    assert codes == ["issue.unsound", "issue.place", *[None] * len(good)]
    assert {first, last} == {None, "issue.lot-taken"}, "whichever came first"
    with reading(served.registry.engine) as connection:
        assert reserved_count(connection, CID) == kept - len(good) - 1, "who was refused still has its place"
        told = Counter(each.outcome.rpartition(" ")[2] for each in stored_events(connection, last=1000, tenant=CID))
    assert [told[each] for each in ("issue.unsound", "issue.place", "issue.lot-taken")] == [1, 1, 1]
    (later,) = signed(served, ["C-7"], places=[one if first else other])
    assert client.post("/v1/certificates", json=later, headers=served.token(CID)).status_code == 201
    assert_sound(served)


def test_one_key_for_many_signed_runs_is_the_first_ones(served: Served, client: TestClient) -> None:
    first, other = signed(served, ["C-1", "C-2"])
    headers, size = {**served.token(CID), "Idempotency-Key": "k"}, heads(served)
    answers = send_at_once(served, client, [first, other] + [first] * 6, [headers] * 8)
    assert [each.status_code for each in answers] in ([201, 422, *[201] * 6], [422, 201, *[422] * 6])
    assert len({each.content for each in answers if each.status_code == 201}) == 1
    assert {each.json()["code"] for each in answers if each.status_code == 422} == {"api.key-reused"}
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.CERTIFICATES) == 2
    assert heads(served) - size <= 2
    assert_sound(served)


def test_one_key_at_two_processes_has_one_effect_and_one_answer(served: Served, client: TestClient) -> None:
    first, other = signed(served, ["C-1", "C-2"])
    headers = {**served.token(CID), "Idempotency-Key": "k"}
    with served.beside().client() as beside, ThreadPoolExecutor(MANY) as pool:
        sent = [
            pool.submit((client, beside)[number % 2].post, "/v1/certificates", json=body, headers=headers)
            for number, body in enumerate([first, first, other, other] * 4)
        ]
        answers = [each.result() for each in sent]
    assert Counter(each.status_code for each in answers) == {201: 8, 422: 8}
    assert len({each.content for each in answers if each.status_code == 201}) == 1
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.CERTIFICATES) == 2


def sent(registry: OpenRegistry, body: dict[str, Any]) -> list[RequestOutcome]:
    """Submit a run as the door does, with a key."""
    receipt: Receipt[IssuedRun] = Receipt(
        lambda _: EventRow(0, CID, "token", "POST", "it", "201"),
        lambda issued: Answer(201, issued.certificates[0].digest.encode() + bytes([issued.unchanged])),
        KeyedRequest(CID, "k", bytes(32)),
    )
    with reading(registry.engine) as connection:
        listed = latest_published(connection, "trust")
    assert listed is not None
    signed_run = validated(SignedIssuance, body)
    return submit(
        registry, [GroupRequest(SentIssuance(signed_run, CID), receipt)], trust=open_trust(listed.text), tables=tables()
    )


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_after_the_commit_of_a_round_keeps_what_was_to_be_answered(served: Served, after: bool) -> None:
    (body,) = signed(served, ["C-1"])
    dying = replace(served.registry, heads=CrashingHeadStore(served.registry.heads, after))
    with pytest.raises(CrashError):
        sent(dying, body)
    with reading(served.registry.engine) as connection:
        kept = answer_to(connection, CID, "k")
        assert len(stored_events(connection, last=1000, tenant=CID)) == 1
    assert kept is not None
    assert sent(served.registry, body) == [Answer(201, kept.body or b"")]
    assert (kept.body or b"")[-1] == 0, "as it was the first time"
    assert_sound(served)


def test_a_key_that_ends_while_what_it_signed_is_judged_signs_nothing_more(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    (body,) = signed(served, ["C-1"])

    def judged_and_ended(*words: Any, **named: Any) -> None:  # noqa: ANN401 - as they come
        judge(*words, **named)
        ended = end_key(served.home, served.registry, f"{CID}#key-1", passphrase=PASSPHRASE)
        time.sleep(max(0, (ended.until_ms or 0) / 1000 - time.time() + 0.01))

    monkeypatch.setattr("ledger.issuing.submit.judge", judged_and_ended)
    (refused,) = sent(served.registry, body)
    assert isinstance(refused, CheckError)
    assert refused.code == "trust.key-time"
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.CERTIFICATES) == 0
    assert_sound(served)


def test_a_crash_before_the_commit_of_a_round_leaves_neither_effect_nor_answer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    (body,), size = signed(served, ["C-1"]), heads(served)
    with monkeypatch.context() as patched:
        patched.setattr("ledger.registry.idempotency.add_events", crash)
        with pytest.raises(CrashError):
            sent(served.registry, body)
    with reading(served.registry.engine) as connection:
        assert (answer_to(connection, CID, "k"), reserved_count(connection, CID)) == (None, 1)
        assert count(connection, schema.CERTIFICATES) == 0
    assert heads(served) == size
    assert isinstance(sent(served.registry, body)[0], Answer)
    assert_sound(served)


def test_splits_asked_for_at_once_share_a_commit_and_give_what_they_would_one_after_the_other(
    served: Served, client: TestClient
) -> None:
    headers, size = served.token(CID), heads(served)
    for masses in ([2, 2, 2, 11, 2, 2], [1, 2, 3, 12, 4, 10]):
        bodies = [{"lot": "FIRST", "mass": f"{mass} kg"} for mass in masses]
        answers = send_at_once(served, client, bodies, [headers] * len(bodies), "/v1/splits")
        assert [each.status_code for each in answers] == [409 if mass > 10 else 201 for mass in masses]
        assert answers[3].json()["code"] == "holding.too-little", "and keeps no other back"
        given = [each.json()["holdings"] for each in answers if each.status_code == 201]
        assert [sum(int(held["mass_kg"]) for held in holdings) for holdings in given] == [m for m in masses if m <= 10]
        if masses[0] == masses[1]:
            assert all(holdings == given[0] for holdings in given), "nobody has used it yet"
    left = client.get("/v1/holdings", headers=headers).json()["holdings"][0]["left_kg"]
    assert left == "10"
    assert heads(served) - size <= 5, "each time the first alone, then all others; and a list may have been published"
    assert_sound(served)


def test_places_asked_for_at_once_share_a_commit_and_are_nobody_elses(served: Served, client: TestClient) -> None:
    kept_places(served, CID, MOST_PLACES - 100)
    bodies = [{"count": count} for count in (3, 1, 101, 2, 5)]
    with counted(served) as commits:
        answers = send_at_once(served, client, bodies, [served.token(CID)] * len(bodies), "/v1/status-entries")
    assert [each.status_code for each in answers] == [201, 201, 400, 201, 201]
    assert answers[2].json()["code"] == "api.places"
    given = [(each["list"], each["index"]) for one in answers for each in one.json().get("entries", ())]
    assert (len(given), len(set(given))) == (11, 11)
    assert commits["commits"] <= 5, "two rounds; and lists may have been published, and old answers forgotten"
    with reading(served.registry.engine) as connection:
        assert reserved_count(connection, CID) == MOST_PLACES - 100 + 11


def test_places_across_the_end_of_a_list_count_once_a_certificate_has_them(
    served: Served, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.places.FILLED", 4)
    bodies = [{"count": count} for count in (2, 3, 4)]  # the last two in one commit, or all three
    answers = send_at_once(served, client, bodies, [served.token(CID)] * 3, "/v1/status-entries")
    places = [(each["list"], each["index"]) for one in answers for each in one.json()["entries"]]
    assert (len(places), len(set(places))) == (9, 9)
    lists = {number for number, _ in places}
    assert lists in ({0, 1}, {0, 1, 2}), "beyond the end of the list that has one certificate"
    assert_sound(served)
    runs = signed(served, [f"C-{number}" for number in range(9)], places=places)
    assert {each.status_code for each in send_at_once(served, client, runs, [served.token(CID)] * 9)} == {201}
    with reading(served.registry.engine) as connection:
        taken = {row[0]: row[1] for row in rows_of(connection, schema.STATUS_LISTS)}
    assert taken == Counter([0, *(number for number, _ in places)])
    assert_sound(served)


def keep_since(served: Served, at_ms: int) -> None:
    """Let all places that are kept have been asked for at a time."""
    with writing(served.registry.engine) as connection:
        connection.execute(RESERVED.update().values(at_ms=at_ms))
        connection.commit()


def test_places_are_free_again_once_nothing_that_was_signed_at_them_can_be_logged(
    served: Served, client: TestClient
) -> None:
    given: set[tuple[int, int]] = set()

    def asked(party: str, number: int) -> int:
        nonlocal given
        answer = client.post("/v1/status-entries", json={"count": number}, headers=served.token(party))
        given = {(each["list"], each["index"]) for each in answer.json().get("entries", ())}
        return answer.status_code

    late, before = signed(served, ["C-1"])[0], kept_places(served, CID, MOST_PLACES - 1)
    (theirs,) = kept_places(served, ANN, 1)
    assert asked(CID, 1) == 400
    keep_since(served, runtime().now_ms() - KEPT_MS + 60_000)
    assert asked(CID, 1) == 400, "what was signed at them may yet come"
    keep_since(served, runtime().now_ms() - KEPT_MS - 60_000)
    assert asked(CID, 2) == 201
    with reading(served.registry.engine) as connection:
        assert reserved_count(connection, CID) == 2
        kept = {place for place in before if reserved_for(connection, *place)}
        assert kept <= given, "places are given at random: one that became free may be given at once"
        assert reserved_for(connection, *theirs) == ANN, "she has asked for nothing since"
    assert client.post("/v1/certificates", json=late, headers=served.token(CID)).json()["code"] == "issue.place"
    place = open_certificate(f"{late['certificates'][0]}~").record.status
    with writing(served.registry.engine) as connection:
        reserve(connection, [(place.list, place.index)], tenant=ANN, now_ms=runtime().now_ms())
        connection.commit()
    assert client.post("/v1/certificates", json=late, headers=served.token(CID)).json()["code"] == "issue.place"
    assert_sound(served)


@pytest.mark.slow
def test_a_server_killed_in_a_round_of_signed_runs_has_lost_nothing_that_it_acknowledged(
    tmp_path: Path, database: str | None
) -> None:
    served, place = serve(tmp_path, database), Place(tmp_path, database)
    bodies = signed(served, [f"C-{number}" for number in range(5 * MANY)])
    secret = served.token(CID)["Authorization"].removeprefix("Bearer ")
    told: dict[int, str] = {}
    port = free_port()

    def send(numbers: range) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            for number in numbers:
                try:
                    status, answer = asked(connection, "/v1/certificates", secret, bodies[number])
                except (OSError, http.client.HTTPException, json.JSONDecodeError):
                    return
                assert status == 201, answer
                told[number] = answer["certificates"][0]["digest"]

    with victim(["serve", "--port", str(port)], place.environment(), tmp_path / "said") as process:
        process.go()
        wait_ready(process, port)
        threads = [Thread(target=send, args=(range(first, len(bodies), MANY),)) for first in range(MANY)]
        for each in threads:
            each.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not told and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.1)
        process.kill()
        for each in threads:
            each.join()
    assert told
    with served.client() as client:
        for number in range(len(bodies)):
            again = client.post("/v1/certificates", json=bodies[number], headers=served.token(CID))
            assert again.status_code == 201, again.text
            assert told.get(number) in {None, again.json()["certificates"][0]["digest"]}
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.CERTIFICATES) == len(bodies)
    assert_sound(served)
