"""What comes over the wire in two readings, from elsewhere, or with a token in a wrong place: AZ-06, AZ-07, AZ-11,
AZ-13.

The shared catalogue leaves these four ids open; under them stand the threats of their group that no other case takes: a
token that leaks (T45), doubled parameters, hidden second requests and foreign host names (T42).
"""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.rates import WRONG_TOKENS_A_MINUTE
from tests.support.http.server import ORIGIN, listening, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.http.door import Door

HOST: Final = b"Host: registry.example\r\n"
HIDDEN: Final = b"GET /v1/holdings HTTP/1.1\r\nHost: registry.example\r\nX-Hidden: yes\r\n\r\n"


@pytest.fixture(scope="module")
def port(door: Door) -> Iterator[int]:
    with door.served.running() as address:
        yield int(address.rpartition(":")[2])


def sent(port: int, raw: bytes) -> tuple[bytes, bool]:
    """Send bytes; return all that came back, and whether the server ended the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(raw)
        found = b""
        try:
            while piece := connection.recv(65536):
                found += piece
        except TimeoutError:
            return found, False
        except ConnectionError:
            return found, True
        return found, True


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


# -- AZ-06: where a token is, and is not -------------------------------------------------------------------------------


def test_az_06_a_token_counts_in_its_header_and_nowhere_else(door: Door) -> None:
    secret = door.ann["Authorization"].removeprefix("Bearer ")
    ask = door.client.get
    for name in ("token", "access_token", "authorization", "key", "api_key", "bearer"):
        answer = ask("/v1/holdings", params={name: secret})
        assert (answer.status_code, answer.json()["code"]) == (400, "api.unknown-parameter")
        assert secret not in answer.text
    answers = [
        ask("/v1/holdings", headers={name: value})
        for name, value in (
            ("Cookie", f"token={secret}; Authorization=Bearer {secret}"), ("X-Api-Key", secret), ("Proxy-Authorization", f"Bearer {secret}"),
            ("X-Authorization", f"Bearer {secret}"), ("Authorization", secret), ("Authorization", f"Basic {secret}"),
            ("Authorization", f"Bearer {secret} "), ("Authorization", f"Bearer  {secret}"), ("Authorization", f"Bearer {secret},{secret}"),
            ("Authorization", f"Bearer {secret.upper()}"), ("Authorization", f"Bearer {secret}="),
        )
    ]  # fmt: skip
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert ask("/v1/holdings", headers=door.ann).status_code == 200


def test_az_06_no_answer_and_no_log_line_has_the_token(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    secret = door.ann["Authorization"].removeprefix("Bearer ")
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/{secret}", None),
        ("GET", f"/c/{secret}", None),
        ("GET", f"/problems/{secret}", None),
        ("GET", "/v1/holdings?limit=0", None),
        ("POST", "/v1/splits", {"lot": "NONE", "mass": "1 kg"}),
        ("POST", "/v1/statements", {"statement": "cancel"}),
        ("PUT", "/v1/splits", {}),
    ]
    for method, path, body in asked:
        answer = door.client.request(method, path, json=body, headers=door.ann)
        assert secret not in str(answer.headers) + answer.text
    told = capsys.readouterr()
    assert "answered" in told.out + told.err
    assert secret not in told.out + told.err


def test_az_06_answers_to_a_token_are_kept_by_no_cache(door: Door) -> None:
    for path in ("", "/verification", "/chain", "/bundle"):
        answer = door.client.get(f"/v1/certificates/{door.digest}{path}", headers=door.ann)
        assert answer.headers["cache-control"] == "no-store", path
    for path in ("/v1/holdings", "/v1/party", f"/c/{door.digest}"):
        assert door.client.get(path, headers=door.ann).headers["cache-control"] == "no-store", path


# -- AZ-07: the same thing said twice ----------------------------------------------------------------------------------


def test_az_07_a_header_that_counts_once_is_refused_when_it_comes_twice(door: Door, port: int) -> None:
    ann, ben = (token["Authorization"] for token in (door.ann, door.ben))
    body = b'{"lot":"A-1","mass":"1 kg"}'
    head = b"POST /v1/splits HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: %d\r\n" % len(body)
    kind, key = b"Content-Type: application/json\r\n", b"Idempotency-Key: once\r\n"

    def outcome(*lines: bytes) -> tuple[int, str]:
        answer, _ = sent(port, head + b"".join(lines) + b"\r\n" + body)
        return statuses(answer)[0], json.loads(answer.partition(b"\r\n\r\n")[2])["code"]

    one, other = (f"Authorization: {each}\r\n".encode() for each in (ann, ben))
    assert outcome(kind, one, other) == (401, "api.token")
    assert outcome(kind, other, one) == (401, "api.token")
    assert outcome(kind, one, one) == (401, "api.token")
    assert outcome(kind, one, key, b"Idempotency-Key: twice\r\n") == (400, "api.key-form")
    assert outcome(kind, b"Content-Type: text/plain\r\n", one) == (415, "api.content-type")
    assert outcome(b"Content-Type: text/plain\r\n", kind, one) == (415, "api.content-type")
    assert outcome(kind, one, b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n") == (
        415,
        "api.content-encoding",
    )


def test_az_07_a_parameter_that_comes_twice_opens_nothing_more(door: Door) -> None:
    lots = [door.issue(f"AZ-07-{number}")["lot"] for number in range(3)]
    one = door.client.get(f"/v1/holdings?lot={lots[0]}&lot={lots[1]}&limit=1&limit=100", headers=door.ann)
    assert one.status_code == 400 or [each["lot"] for each in one.json()["holdings"]] in ([lots[0]], [lots[1]])
    for query in ("limit=1&limit=100000", "limit=100000&limit=100001", "after=0&after=-1"):
        assert door.client.get(f"/v1/holdings?{query}", headers=door.ann).status_code == 400, query
    everything = f"/v1/certificates/{door.digest}/bundle?own=false&own=true"
    assert door.client.get(everything, headers=door.ben).status_code in {400, 403, 404}


# -- AZ-11: a second request that hides in the first -------------------------------------------------------------------

POST: Final = b"POST /v1/verify HTTP/1.1\r\n" + HOST + b"Content-Type: application/vc+sd-jwt\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
SMUGGLED: Final[dict[str, bytes]] = {
    "length and chunks": POST + b"Content-Length: 6\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "chunks and length": POST + CHUNKED + b"Content-Length: 6\r\n\r\n0\r\n\r\n" + HIDDEN,
    "length that covers it, and chunks": POST + b"Content-Length: %d\r\n" % (5 + len(HIDDEN)) + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + HIDDEN,
    "length with a sign": POST + b"Content-Length: +2\r\n\r\n{}" + HIDDEN,
    "negative length": POST + b"Content-Length: -1\r\n\r\n{}" + HIDDEN,
    "length in hexadecimals": POST + b"Content-Length: 0x2\r\n\r\n{}" + HIDDEN,
    "length with a point": POST + b"Content-Length: 2.0\r\n\r\n{}" + HIDDEN,
    "space before the colon": POST + b"Content-Length : 2\r\n\r\n{}" + HIDDEN,
    "other transfer coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two transfer codings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "coding in a list": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "coding behind a tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunk size with 0x": POST + CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "negative chunk": POST + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "chunk size of 20 digits": POST + CHUNKED + b"\r\nffffffffffffffffffff2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "chunk longer than its size": POST + CHUNKED + b"\r\n1\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "NUL in a header": POST + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN,
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n" + HIDDEN,
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + HIDDEN,
    "space in the path": b"GET /healthz /v1/holdings HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "line feed in the path": b"GET /healthz\nX: y HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "an old protocol with chunks": POST.replace(b"1.1", b"1.0", 1) + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
}  # fmt: skip


@pytest.mark.parametrize("name", SMUGGLED)
def test_az_11_what_can_be_read_in_two_ways_is_answered_once_and_hung_up(port: int, name: str) -> None:
    answer, ended = sent(port, SMUGGLED[name])
    assert ended, "the connection is still open"
    assert all(400 <= status < 500 for status in statuses(answer)), answer
    assert b"api.token" not in answer, "the hidden request was answered"
    assert len(statuses(answer)) <= 2
    assert b"HTTP/1.1 500" not in answer


def test_az_11_two_honest_requests_in_a_row_are_two_answers(port: int) -> None:
    """What the case above would not see if the server never answered a second request."""
    answer, ended = sent(port, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN)
    assert statuses(answer) == [200, 401]
    assert not ended
    whole = POST + b"Content-Length: 1\r\n\r\nx"
    answer, ended = sent(port, whole + HIDDEN)
    assert statuses(answer) == [400, 401]
    chunked = POST + CHUNKED + b"\r\n1\r\nx\r\n0\r\n\r\n"
    answer, ended = sent(port, chunked + HIDDEN)
    assert (statuses(answer), ended) == ([400, 401], False)


def test_az_11_an_upgrade_is_not_taken_up(port: int) -> None:
    for words in (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
    ):
        answer, _ = sent(port, b"GET /healthz HTTP/1.1\r\n" + HOST + words + b"\r\n")
        assert statuses(answer) == [200]


# -- AZ-13: a host name that the caller chose --------------------------------------------------------------------------

FOREIGN: Final = (
    {"Host": "evil.example"},
    {"Host": "registry.example:1@evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "evil.example"},
    {"Forwarded": "host=evil.example;proto=http"},
    {"X-Original-URL": "/metrics", "X-Rewrite-URL": "/metrics", "X-Host": "evil.example"},
)


@pytest.mark.parametrize(
    "headers", FOREIGN, ids=["host", "host with a user", "forwarded host", "forwarded", "other names"]
)
def test_az_13_no_answer_follows_the_host_of_a_request(door: Door, headers: dict[str, str]) -> None:
    record = door.record(f"AZ-13-{FOREIGN.index(headers)}")
    made = door.client.post("/v1/certificates", json=record, headers={**door.ann, **headers})
    assert made.json()["certificates"][0]["url"].startswith(f"{ORIGIN}/c/zQm")
    digest = made.json()["certificates"][0]["digest"]
    paths = ["", "/verification", "/chain", "/bundle", "/label.svg"]
    found = [f"/v1/certificates/{digest}{path}" for path in paths]
    for path in (*found, f"/c/{digest}", "/", "/c/none", "/trust.json", "/.well-known/did.json", "/checkpoint", "/status/revocation-0", "/none"):  # fmt: skip
        answer = door.client.get(path, headers=headers, follow_redirects=False)
        assert answer.status_code in {200, 404}, path
        assert "evil" not in answer.text, path
        assert "evil" not in str(answer.headers), path
    looked = door.client.get("/", params={"q": digest}, headers=headers, follow_redirects=False)
    assert looked.headers["location"] == f"/c/{digest}", "a place on this very server, whatever it is called"
    refused = door.client.get("/v1/holdings", headers=headers).json()
    assert refused["type"] == f"{ORIGIN}/problems/api.token"


def test_az_13_a_request_for_another_server_is_not_passed_on(port: int) -> None:
    for target in (
        b"http://evil.example/trust.json",
        b"//evil.example/trust.json",
        b"https://127.0.0.1:1/",
        b"evil.example:443",
        b"*",
    ):
        answer, _ = sent(port, b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        assert set(statuses(answer)) <= {400, 404}, target
        assert b"evil" not in answer


def test_az_13_wrong_tokens_are_counted_for_who_connects_and_not_for_who_is_named(tmp_path: Path) -> None:
    with serve(tmp_path).running() as address:
        connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
        found = []
        for number in range(WRONG_TOKENS_A_MINUTE + 1):
            named = f"198.51.100.{number}"
            headers = {
                "Authorization": "Bearer ore_x",
                "X-Forwarded-For": named,
                "Forwarded": f"for={named}",
                "X-Real-IP": named,
            }
            connection.request("GET", "/v1/holdings", headers=headers)
            answer = connection.getresponse()
            answer.read()
            found.append(answer.status)
        connection.close()
    assert found == [401] * WRONG_TOKENS_A_MINUTE + [429]


def test_az_13_behind_a_named_proxy_callers_are_counted_for_themselves(tmp_path: Path) -> None:
    """The last address that is no proxy of ours is the caller's; what a caller writes before it counts for nothing."""
    with listening(serve(tmp_path).app, proxies=("127.0.0.1/32",)) as address:
        connection = HTTPConnection(address.removeprefix("http://"), timeout=10)

        def status(forwarded: str) -> int:
            headers = {"Authorization": "Bearer ore_x", "X-Forwarded-For": forwarded}
            connection.request("GET", "/v1/holdings", headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

        found = [status(f"203.0.113.{number}, 198.51.100.1") for number in range(WRONG_TOKENS_A_MINUTE + 1)]
        assert found == [401] * WRONG_TOKENS_A_MINUTE + [429]
        assert status("198.51.100.2") == 401
        network = [status(f"2001:db8::{number + 1}") for number in range(WRONG_TOKENS_A_MINUTE + 1)]
        assert network == [401] * WRONG_TOKENS_A_MINUTE + [429]
        assert status("2001:db8:0:1::1") == 401
        connection.close()
