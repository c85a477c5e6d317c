"""Requests that are not answered to their end: what their clients are told, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from api import guard, server
from api.lanes import Lane
from api.room import Room
from ledger.issuing.issue import issue
from tests.support.http.server import ANN, Served, plant, serve, tables
from tests.support.worlds.blends import blend, written

if TYPE_CHECKING:
    from pathlib import Path

    from api.app_state import AppState

ISSUE = "POST /v1/certificates HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


def asked(
    address: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str]]:
    """Return the status of an answer, and the problem that it is."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def test_an_upload_that_still_dribbles_when_the_server_stops_is_told_so(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Hard use 18: it ends with a problem document that says that nothing was changed, without a traceback in the
    log.
    """
    monkeypatch.setattr(server, "GRACE_SECONDS", 1)
    head = ISSUE + f"Authorization: {served.token(ANN)['Authorization']}\r\n\r\n"
    with socket.socket() as dribbling:
        with served.running() as address:
            dribbling.connect(("127.0.0.1", int(address.rpartition(":")[2])))
            dribbling.settimeout(60)
            dribbling.sendall(head.encode() + b'{"lot":')
            time.sleep(0.5)  # until it is being read
        answer = HTTPResponse(dribbling)
        answer.begin()
        told = json.loads(answer.read())
    assert (answer.status, told["code"], answer.headers["retry-after"]) == (503, "api.stopping", "5")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Nothing was changed" in told["detail"]
    assert "Traceback" not in caplog.text
    assert not [each for each in caplog.records if each.exc_info]


def test_a_write_that_still_runs_when_the_server_stops_is_told_that_it_may_have_happened(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Hard use 18: of what came in whole nobody knows yet whether it was done."""
    monkeypatch.setattr(server, "GRACE_SECONDS", 1)
    found: list[tuple[int, dict[str, str]]] = []
    record = json.dumps(written("A-1", "10 kg", producer=ANN, plant=plant(ANN))).encode()
    headers = {"Content-Type": "application/json", **served.token(ANN)}
    held = threading.Event()
    monkeypatch.setattr(served.app.state.server.issue, "run", lambda _: held.wait(60))
    with served.running() as address:
        client = threading.Thread(
            target=lambda: found.append(asked(address, "POST", "/v1/certificates", record, **headers))
        )
        client.start()
        time.sleep(0.5)
        threading.Timer(3, held.set).start()
    client.join()
    ((status, told),) = found
    assert (status, told["code"]) == (503, "api.deadline")
    assert "may have" in told["detail"]
    assert "Traceback" not in caplog.text


def test_a_read_that_takes_too_long_says_nothing_of_writes(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 15: of a GET, and of a POST that only reads, a timeout says that nothing was changed; of a write that
    it may have
    happened.
    """
    monkeypatch.setattr(guard, "ANSWER_SECONDS", 1)
    desk = served.app.state.server
    held = threading.Event()
    monkeypatch.setattr(type(desk.reports), "tell", lambda *_, **__: held.wait(60))
    monkeypatch.setattr(type(desk.verifier), "trust", lambda _: held.wait(60))
    monkeypatch.setattr(desk.issue, "run", lambda _: held.wait(60))
    digest = "zQm" + "1" * 44
    kind = {"Content-Type": "application/vc+sd-jwt"}
    record = json.dumps(written("A-1", "10 kg", producer=ANN, plant=plant(ANN))).encode()
    with served.running() as address:
        for method, path, body, headers in (
            ("GET", f"/v1/certificates/{digest}/verification", None, {}),
            ("GET", f"/c/{digest}", None, {}),
            ("POST", "/v1/verify", b"e30.e30.e30~", kind),
        ):
            status, told = asked(address, method, path, body, **headers)
            assert (status, told["code"]) == (503, "api.no-answer"), path
            assert "Nothing was changed" in told["detail"]
        headers = {"Content-Type": "application/json", **served.token(ANN)}
        status, told = asked(address, "POST", "/v1/certificates", record, **headers)
        assert (status, told["code"]) == (503, "api.deadline")
        assert "Idempotency-Key" in told["detail"]
        held.set()


def test_an_answer_that_has_begun_is_taken_within_its_own_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 2: the time within which an answer comes ends where it begins; a slow reader gets all of it."""
    monkeypatch.setattr(guard, "ANSWER_SECONDS", 1)
    answering = guard.Guard(_slowly, served.app.state.server)
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {}}
    asyncio.run(answering(scope, receive, send))  # type: ignore[arg-type]
    assert [each.get("body") for each in sent] == [None, b"whole"]


async def _slowly(scope: object, receive: object, send: object) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
    await asyncio.sleep(1.5)
    await send({"type": "http.response.body", "body": b"whole"})  # type: ignore[operator]


def test_whoever_comes_beyond_the_bound_is_told_to_come_again(served: Served) -> None:
    """Hard use 2: the refusal is a problem with a time to wait; what is short goes on, and so do those who have a
    token.
    """
    desk = served.app.state.server
    desk.strangers = Lane(1, waiting=0)
    held = threading.Event()
    with served.running() as address:
        holding = threading.Thread(target=taken, args=(desk, held))
        holding.start()
        time.sleep(0.3)
        digest = "zQm" + "1" * 44
        for method, path, body in (
            ("GET", f"/v1/certificates/{digest}/bundle", None),
            ("GET", f"/v1/certificates/{digest}/chain", None),
            ("GET", f"/v1/certificates/{digest}/label.svg", None),
            ("GET", f"/c/{digest}", None),
            ("POST", "/check", FORM),
        ):
            headers = {"Content-Type": "multipart/form-data; boundary=x"} if body else {}
            status, told = asked(address, method, path, body, **headers)
            assert (status, told["code"]) == (503, "api.busy"), path
            assert "Nothing was changed" in told["detail"]
        assert asked(address, "GET", f"/v1/certificates/{digest}/bundle", None, **served.token(ANN))[0] == 404
        with urlopen(f"{address}/checkpoint", timeout=10) as answer:  # noqa: S310 - our own server
            assert answer.status == 200
        held.set()
        holding.join()


FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--\r\n'


def taken(desk: AppState, held: threading.Event) -> None:
    """Take the one place of the lane for strangers, until `held` is set."""
    asyncio.run(desk.strangers(held.wait, 60))


def test_a_disk_without_room_is_told_as_such_and_gives_the_room_back(served: Served) -> None:
    """Hard use 2: a bundle that finds no room is refused before its first byte, and what it took is there for the
    next.
    """
    desk = served.app.state.server
    (made,) = issue(served.registry, [blend("A-1", "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    path = f"/v1/certificates/{made.certificates[0].digest}/bundle"  # type: ignore[union-attr] # it is issued
    desk.room.bytes_left = 1000
    with served.client() as client:
        refused = client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (503, "api.busy")
        assert desk.room == Room(bytes_left=1000)
        desk.room.bytes_left = 100_000
        for given in (client.get(path), client.get(path)):
            assert given.status_code == 200
            assert given.content.endswith(b"\n")
            assert int(given.headers["content-length"]) == len(given.content)
            assert client.head(path).headers["content-length"] == str(len(given.content))
    assert desk.room == Room(bytes_left=100_000)
