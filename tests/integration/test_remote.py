"""The client of other servers, against servers that break off, send without end, or say nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.remote.client import RemoteServer
from schemas.problem import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@contextmanager
def saying(raw: bytes, *, ends: bool = True) -> Iterator[str]:
    """Give the address of a server that answers each request with these bytes, and then ends the connection or keeps it."""
    kept: list[socket.socket] = []

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                kept.append(connection)
                connection.recv(65536)
                connection.sendall(raw)
                if ends:
                    connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in kept:
                each.close()


def test_a_whole_answer_is_taken() -> None:
    with saying(HEAD + b"Content-Length: 3\r\n\r\n42\n") as address:
        assert RemoteServer.public(address).send("/add-checkpoint", b"", media="text/plain") == (200, b"42\n")


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Length: 3\r\n\r\n",
        HEAD + b"Content-Length: 3\r\n\r\n42",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n42",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n42\r\n",
        b"",
    ],
    ids=["no body", "half a body", "half a chunk", "no last chunk", "nothing"],
)
def test_an_answer_that_is_cut_off_is_none(raw: bytes) -> None:
    with saying(raw) as address, pytest.raises(StateError) as refused:
        RemoteServer.public(address).send("/add-checkpoint", b"", media="text/plain")
    assert refused.value.code.startswith("remote.")


def test_an_answer_that_is_too_long_or_never_ends_is_given_up() -> None:
    with saying(HEAD + b"Content-Length: 300000\r\n\r\n" + bytes(300_000)) as address, pytest.raises(StateError):
        replace(RemoteServer.public(address), most=200_000).send("/add-checkpoint", b"", media="text/plain")
    with saying(HEAD + b"Content-Length: 3\r\n\r\n4", ends=False) as address, pytest.raises(StateError):
        RemoteServer.public(address, seconds=1).send("/add-checkpoint", b"", media="text/plain")
