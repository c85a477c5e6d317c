"""Heads that are too large, and requests that two readers take for different ones, over real sockets."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Final

import pytest

from api.framing import MOST_FIELDS, MOST_HEAD_BYTES
from tests.support.http.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

GET: Final = b"GET /healthz HTTP/1.1\r\nHost: registry.example\r\n"
POST: Final = (  # a form, which the server reads to its end before it answers
    b"POST /check HTTP/1.1\r\nHost: registry.example\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
)
NEXT: Final = b"GET /v1/holdings HTTP/1.1\r\nHost: registry.example\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serve(tmp_path_factory.mktemp("framing")).running() as address:
        yield int(address.rpartition(":")[2])


def all_of(connection: socket.socket) -> bytes:
    """Return all that comes until the server hangs up, also on what it did not read."""
    found = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


def answered(port: int, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send a request in pieces; return status, headers and body of the one answer, after which the server hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):  # the rest came after the refusal
            for piece in pieces:
                connection.sendall(piece)
        found = all_of(connection)
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert found.count(b"HTTP/1.1 ") == 1, found
    return (
        int(first.split()[1]),
        {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)},
        body,
    )


TOO_LARGE: Final[dict[str, bytes]] = {
    "10,000 fields": GET + b"X: y\r\n" * 10_000 + b"\r\n",
    "one field more than may be": GET + b"X: y\r\n" * MOST_FIELDS + b"\r\n",
    "one long field": GET + b"X: " + b"y" * MOST_HEAD_BYTES + b"\r\n\r\n",
    "a long path": b"GET /" + b"y" * MOST_HEAD_BYTES + b" HTTP/1.1\r\nHost: registry.example\r\n\r\n",
    "10,000 trailers": POST + b"0\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_head_beyond_the_documented_limits_is_refused_however_fast_it_comes(port: int, name: str) -> None:
    """Hard use 4: 10,000 headers in one segment are 431, and so is anything else beyond the table of limits."""
    raw = TOO_LARGE[name]
    for pieces in ((raw,), (raw[:100], raw[100:])):
        status, headers, body = answered(port, *pieces)
        told = json.loads(body)
        assert (status, told["code"], told["type"]) == (431, "api.head-size", "/problems/api.head-size")
        assert (headers["content-type"], headers["connection"]) == ("application/problem+json", "close")
        assert f"{MOST_HEAD_BYTES} bytes" in told["detail"]


TWO_READINGS: Final[dict[str, bytes]] = {
    "bare LF everywhere": GET.replace(b"\r\n", b"\n") + b"\n",
    "bare LF after a field": GET + b"X: y\nZ: z\r\n\r\n",
    "bare LF after the request line": GET.replace(b"\r\n", b"\n", 1) + b"\r\n",
    "an end of bare LF": GET + b"\n",
    "half an end of bare LF": GET[:-2] + b"\n\r\n",
    "a field folded by a blank": GET + b"X: y\r\n z\r\n\r\n",
    "a field folded by a tab": GET + b"X: y\r\n\tz\r\n\r\n",
    "a first field that is folded": b"GET /healthz HTTP/1.1\r\n Host: registry.example\r\n\r\n",
    "a body that a bare LF ends": POST + b"0\r\n\n" + NEXT,
    "a trailer that a bare LF ends": POST + b"0\r\nX: y\n\n" + NEXT + b"\r\n",
    "a trailer that is folded": POST + b"0\r\nX: y\r\n z\r\n\r\n" + NEXT,
}


@pytest.mark.parametrize("name", TWO_READINGS)
def test_what_two_readers_take_for_different_requests_is_refused(port: int, name: str) -> None:
    """Hard use 4: a bare LF and a folded field are 400, in a head and in what follows a body, whole or byte by byte."""
    raw = TWO_READINGS[name]
    for pieces in ((raw,), tuple(raw[at : at + 1] for at in range(len(raw)))):
        status, headers, body = answered(port, *pieces)
        assert (status, json.loads(body)["code"]) == (400, "api.framing")
        assert (headers["content-type"], headers["connection"]) == ("application/problem+json", "close")


def test_what_is_just_within_the_limits_is_answered(port: int) -> None:
    """Hard use 4: the last head that may be is answered, also in pieces, and the connection goes on."""
    fields = GET + b"X: y\r\n" * (MOST_FIELDS - 1)
    longest = GET + b"X: " + b"y" * (MOST_HEAD_BYTES - len(GET) - len(b"X: \r\n\r\n")) + b"\r\n"
    trailer = POST + b"1\r\nx\r\n0\r\nX: y\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for head, status in ((fields, 200), (longest, 200), (trailer, 400), (GET, 200)):
            for piece in (head, b"\r", b"\n"):
                connection.sendall(piece)
            answer = HTTPResponse(connection)
            answer.begin()
            assert (answer.status, bool(answer.read())) == (status, True)
