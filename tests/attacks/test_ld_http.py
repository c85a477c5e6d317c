"""Load that somebody sends on purpose: LD-06, LD-07, LD-09, LD-12."""

from __future__ import annotations

import json
import resource
import socket
import time
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from api import server
from api.request_body import BUNDLE
from api.routes.holdings import PAGE
from ledger.issuing.issue import IssuedRun, issue
from ledger.lots import balance
from schemas.requests import MOST_DISCLOSURES
from schemas.run import MOST_INPUTS, MOST_OUTPUTS
from tests.support.http.server import ANN, CID, plant, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from httpx2 import Response

    from ledger.lots.balance import Balances, LotBalance, LotShelf
    from tests.support.http.door import Door

SLOW: Final = 60
FULL: Final = 500
"""Connections: of a test, and of `make soak`, as the case says."""


def test_ld_06_a_bundle_of_a_million_records_is_refused_soon(door: Door) -> None:
    head = {
        "t": "bundle/1", "audience": "public", "subject": door.digest, "registries": ["registry.example"],
        "records": 1_000_000,
    }  # fmt: skip
    line = b'{"t":"split","registry":"r.e","split":"x"}\n'
    body = json.dumps(head, separators=(",", ":")).encode() + b"\n" + line * 1_000_000
    started = time.process_time()
    answer = door.client.post("/v1/verify", content=body, headers={"content-type": BUNDLE})
    assert answer.status_code == 400, answer.text
    assert time.process_time() - started < 2


def test_ld_06_a_hundred_thousand_inputs_are_refused_soon(door: Door) -> None:
    record = door.record("A-LD06")
    for count, status in ((251, 422), (100_000, 413)):
        record["inputs"] = [{"lot": "A-1", "mass": "1 g"}] * count
        started = time.process_time()
        answer = door.client.post("/v1/certificates", json=record, headers=door.ann)
        assert answer.status_code == status
        assert time.process_time() - started < 2


@pytest.mark.parametrize("letter", ["a", "0", ".", "-", "%", "/"])
def test_ld_09_long_repetitions_cost_nothing(door: Door, letter: str) -> None:
    text = letter * (50_000 if letter != "%" else 20_000)

    def once(path: str, headers: dict[str, str], body: object) -> float:
        started = time.process_time()
        answer = door.client.request("GET" if body is None else "POST", path, headers=headers, json=body)
        assert 400 <= answer.status_code < 500, answer.text[:200]
        return time.process_time() - started

    def took(path: str, *, headers: dict[str, str] | None = None, body: object = None) -> float:
        """Return the shorter of two times, of this process: others use the machine too."""
        return min(once(path, {**door.ann, **(headers or {})}, body) for _ in range(2))

    path = text.replace("%", "%25")
    times = [
        took(f"/v1/certificates/{path}"),
        took(f"/v1/certificates/zQm{path}/verification"),
        took(f"/tile/{path}"),
        took(f"/tile/0/{path}"),
        took(f"/status/revocation-{path}"),
        took(f"/v1/holdings?lot={path}"),
        took(f"/v1/verify?at={path}", body={}),
        took("/v1/splits", body={"lot": "A-1", "mass": "1 kg"}, headers={"Idempotency-Key": text}),
        took("/v1/splits", body={"lot": text, "mass": "1 kg"}),
        took("/v1/splits", body={"lot": "A-1", "mass": text}),
        took(
            "/v1/splits",
            body={"lot": "A-1", "mass": "1 kg"},
            headers={"Content-Type": f"application/json; charset={text}"},
        ),
        took("/v1/splits", body={}, headers={"Authorization": f"Bearer {text}"}),
        took("/v1/certificates", body=door.record(text)),
        took("/v1/certificates", body=door.record("A", producer=text)),
        took("/v1/certificates", body=door.record("A", facility=text)),
        took("/v1/certificates", body=door.record("A", run=text)),
        took("/v1/certificates", body={"run": text, "disclosures": [text], "certificates": [text], "holdings": [text]}),
    ]
    assert max(times) < 0.25, [round(each, 3) for each in times]  # 100 ms of this process, where coverage counts lines


def test_ld_12_pages_have_their_limit_and_no_more(door: Door) -> None:
    for number in range(3):
        door.issue(f"A-LD12-{number}")

    def ask(query: str) -> Response:
        return door.client.get(f"/v1/holdings?{query}", headers=door.ann)

    assert ask(f"limit={PAGE}").status_code == 200
    for query in (f"limit={PAGE + 1}", "limit=0", "limit=-1", "after=-1", "limit=1e2", "limit=", f"after={'0' * 64}"):
        assert ask(query).status_code == 400, query
    first = ask("limit=1").json()
    assert len(first["holdings"]) == 1
    assert ask(f"limit=1&after={first['next']}").json()["holdings"] != first["holdings"]
    assert ask(f"after={'f' * 64}.99999").json() == {"holdings": [], "next": None}
    every: list[str] = []
    at: str | None = ""
    while at is not None:
        page = ask(f"limit=2{at}").json()
        assert len(page["holdings"]) <= 2
        every += [each["lot"] for each in page["holdings"]]
        at = None if page["next"] is None else f"&after={page['next']}"
    whole = [each["lot"] for each in ask("").json()["holdings"]]
    assert every[: len(whole)] == whole
    assert len(set(every)) == len(every)


def test_ld_12_a_short_page_costs_little_however_many_lots_there_are(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [blend(f"LD-12-P{number}", "1 g", producer=ANN, plant=plant(ANN)) for number in range(PAGE)]
    assert all(isinstance(each, IssuedRun) for each in issue(door.served.registry, records, tables=tables()))

    looked_at, left = [], balance._left

    def noted(stock: Balances, found: LotShelf) -> LotBalance:
        looked_at.append(found.lot)
        return left(stock, found)

    monkeypatch.setattr(balance, "_left", noted)
    for limit in (1, PAGE):
        answer = door.client.get(f"/v1/holdings?limit={limit}", headers=door.ann)
        assert len(answer.json()["holdings"]) == limit
        assert len(looked_at) == limit
        looked_at.clear()


def test_ld_12_what_is_asked_for_many_at_once_is_taken_up_to_its_limit(door: Door) -> None:
    cid = door.served.token(CID)

    def places(count: int) -> int:
        return door.client.post("/v1/status-entries", json={"count": count}, headers=cid).status_code

    assert [places(count) for count in (1001, 0, -1, 1000)] == [422, 422, 422, 201]
    assert places(1000) in {201, 400}, "a party keeps so many and no more"
    door.issue("LD-12", "10 kg")

    def outputs(count: int) -> Response:
        record = door.record(f"LD-12-{count}", "0.001 kg")
        record["materials"][0]["mass"] = f"{count} g"
        record["outputs"] = [{**record["outputs"][0], "lot": f"LD-12-{count}-{at}"} for at in range(count)]
        return door.client.post("/v1/certificates", json=record, headers=door.ann)

    assert outputs(MOST_OUTPUTS).json()["code"] == "rule.a-sum-price", "read, and refused for another reason"
    assert outputs(MOST_OUTPUTS + 1).status_code == 422

    def inputs(count: int) -> Response:
        record = door.record(f"LD-12-{count}-IN", f"{count} mg")
        record["inputs"] = [{"lot": "LD-12", "mass": "1 mg"}] * count
        record["materials"] = []
        return door.client.post("/v1/certificates", json=record, headers=door.ann)

    assert inputs(MOST_INPUTS + 1).status_code == 422
    assert inputs(MOST_INPUTS).json()["code"] == "rule.x-double", "read, and refused for another reason"
    many = {"run": "x", "disclosures": ["x"] * (MOST_DISCLOSURES + 1), "certificates": ["x"], "holdings": ["x"]}
    assert door.client.post("/v1/certificates", json=many, headers=door.ann).status_code == 422


def begun(token: dict[str, str]) -> tuple[bytes, ...]:
    """Return what a slow client sends at first: half a line, half a head, half a body, nothing."""
    body = b"POST /v1/splits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    whole_head = body + b"Authorization: " + token["Authorization"].encode() + b'\r\n\r\n{"lot":'
    return b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", whole_head, b""


@dataclass(frozen=True)
class Seen:
    """What became of slow clients: how many the server hung up on, and how long others waited meanwhile, in seconds."""

    closed: int
    waited: list[float]


def beset(address: str, starts: tuple[bytes, ...], *, seconds: float, every: float) -> Seen:
    """Open a connection for each start, send one more byte on half of them `every` so many seconds, and ask honestly
    beside them.
    """
    place = ("127.0.0.1", int(address.rpartition(":")[2]))
    with (
        ExitStack() as kept
    ):  # also where this fails: an open socket would fail the test that runs when it is collected
        slow = [kept.enter_context(socket.create_connection(place, timeout=10)) for _ in starts]
        started, waited = time.monotonic(), []
        for connection, start in zip(slow, starts, strict=True):
            with suppress(OSError):  # of a busy machine the server may have hung up by now
                connection.sendall(start)
        dribbled = 0
        while time.monotonic() - started < seconds:
            asked = time.monotonic()
            with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
            waited.append(time.monotonic() - asked)
            if time.monotonic() - started > dribbled * every:
                dribbled += 1
                for each in slow[::2]:
                    dribble(each)
            time.sleep(0.1)
        return Seen(sum(map(closed, slow)), waited)


@pytest.mark.parametrize("kind", [0, 1, 2, 3], ids=["half a line", "half a head", "half a body", "nothing"])
def test_ld_07_half_sent_requests_are_cut_while_others_are_answered(
    door: Door, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 2)
    monkeypatch.setattr(server, "RECEIVE_SECONDS", 3)
    print(f"N = {SLOW} of 500")  # noqa: T201 - the size is told
    with door.served.running() as address:
        found = beset(address, (begun(door.ann)[kind],) * SLOW, seconds=4.5, every=0.2)
    assert found.closed == SLOW, "a half-sent request is still open"
    assert max(found.waited) < server.HEAD_SECONDS, "who asked waited until the slow ones were cut"


def test_ld_07_the_deadlines_are_below_the_thirty_seconds_of_the_case() -> None:
    assert server.HEAD_SECONDS <= server.RECEIVE_SECONDS < 30


@pytest.mark.soak
def test_ld_07_five_hundred_slow_connections_are_closed_within_thirty_seconds(door: Door) -> None:
    """The case at its size: a quarter of each kind, one byte per five seconds on half of them, with the deadlines
    that are shipped.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip(f"this process may open {hard} files; both ends of 500 connections need more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, hard))
    try:
        with door.served.running() as address:
            quiet = beset(address, (), seconds=5, every=5).waited
            found = beset(address, begun(door.ann) * (FULL // 4), seconds=30, every=5)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    usual, beside = (sorted(each)[int(len(each) * 0.99)] for each in (quiet, found.waited))
    print(f"{found.closed} of {FULL} closed; p99 of others {beside * 1000:.1f} ms, before {usual * 1000:.1f} ms")  # noqa: T201
    assert found.closed == FULL
    assert beside < max(2 * usual, 0.1)


def dribble(connection: socket.socket) -> None:
    """Send one more byte to a server that may have hung up."""
    with suppress(OSError):
        connection.sendall(b" ")


def closed(connection: socket.socket) -> bool:
    """Tell whether the server has ended a connection, with or without an answer."""
    connection.settimeout(1)
    try:
        while True:
            if not connection.recv(4096):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
