"""Load that somebody sends on purpose: LD-06, LD-07, LD-09, LD-12."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from api import server
from api.intake import BUNDLE
from api.routes.holdings import PAGE

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.attacks.conftest import Door

SLOW: Final = 60
"""Connections; `make soak` opens 500."""


def test_ld_06_a_bundle_of_a_million_records_is_refused_soon(door: Door) -> None:
    head = {
        "t": "bundle/1", "audience": "public", "subject": door.digest, "registries": ["registry.example"],
        "records": 1_000_000,
    }  # fmt: skip
    line = b'{"t":"split","registry":"r.e","split":"x"}\n'
    body = json.dumps(head, separators=(",", ":")).encode() + b"\n" + line * 1_000_000
    started = time.perf_counter()
    answer = door.client.post("/v1/verify", content=body, headers={"content-type": BUNDLE})
    assert answer.status_code == 400, answer.text
    assert time.perf_counter() - started < 2


def test_ld_06_a_hundred_thousand_inputs_are_refused_soon(door: Door) -> None:
    record = door.record("A-LD06")
    for count, status in ((251, 422), (100_000, 413)):
        record["inputs"] = [{"lot": "A-1", "mass": "1 g"}] * count
        started = time.perf_counter()
        answer = door.client.post("/v1/certificates", json=record, headers=door.ann)
        assert answer.status_code == status
        assert time.perf_counter() - started < 2


@pytest.mark.parametrize("letter", ["a", "0", ".", "-", "%", "/"])
def test_ld_09_long_repetitions_cost_nothing(door: Door, letter: str) -> None:
    text = letter * (50_000 if letter != "%" else 20_000)

    def took(path: str, *, headers: dict[str, str] | None = None, body: object = None) -> float:
        started = time.perf_counter()
        method = "GET" if body is None else "POST"
        answer = door.client.request(method, path, headers={**door.ann, **(headers or {})}, json=body)
        assert 400 <= answer.status_code < 500, answer.text[:200]
        return time.perf_counter() - started

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
    assert max(times) < 0.25, [round(each, 3) for each in times]  # 100 ms, and a machine that others use


def test_ld_12_pages_have_their_limit_and_no_more(door: Door) -> None:
    for number in range(3):
        door.issue(f"A-LD12-{number}")

    def ask(query: str) -> Response:
        return door.client.get(f"/v1/holdings?{query}", headers=door.ann)

    assert ask(f"limit={PAGE}").status_code == 200
    for query in (f"limit={PAGE + 1}", "limit=0", "limit=-1", "after=-1", "limit=1e2", "limit=", "after=99999999999"):
        assert ask(query).status_code == 400, query
    first = ask("limit=1").json()
    assert (len(first["holdings"]), first["next"]) == (1, 1)
    assert ask("limit=1&after=1").json()["holdings"] != first["holdings"]
    assert ask("after=1000000").json() == {"holdings": [], "next": None}
    assert door.client.post("/v1/status-entries", json={"count": 1000}, headers=door.ben).status_code in {201, 400}
    assert door.client.post("/v1/status-entries", json={"count": 1001}, headers=door.ben).status_code == 422


@pytest.mark.parametrize("half", [b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"BODY", b""])
def test_ld_07_half_sent_requests_are_cut_while_others_are_answered(
    door: Door, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 2)
    monkeypatch.setattr(server, "RECEIVE_SECONDS", 3)
    token = door.ann["Authorization"].encode()
    begun = half if half != b"BODY" else (
        b"POST /v1/splits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
        b"Authorization: " + token + b'\r\n\r\n{"lot":'
    )  # fmt: skip
    with door.served.running() as address:
        place = ("127.0.0.1", int(address.rpartition(":")[2]))
        slow = [socket.create_connection(place, timeout=10) for _ in range(SLOW)]
        started = time.monotonic()
        for each in slow:
            each.sendall(begun)
        times = []
        while time.monotonic() - started < 4.5:
            asked = time.monotonic()
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
            times.append(time.monotonic() - asked)
            for each in slow[: SLOW // 2]:
                dribble(each)
            time.sleep(0.2)
        assert all(map(closed, slow)), "a half-sent request is still open"
        for each in slow:
            each.close()
    assert max(times) < 1


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
