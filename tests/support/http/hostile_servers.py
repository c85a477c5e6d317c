"""Servers that nobody should have to wait for: slow ones, silent ones, and those whose answers never end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OK: Final = b"HTTP/1.1 200 OK\r\n"
HEAD: Final = OK + b'Content-Type: application/octet-stream\r\nETag: "1"\r\n'
MEGABYTE: Final = 1 << 20
SLOW_SECONDS: Final = 1
"""Between two bytes."""


class Stranger:
    """A server that answers each connection in its own way, and counts who connected and what they sent first."""

    def __init__(self, answer: Callable[[socket.socket, threading.Event], None]) -> None:
        self.asked: list[bytes] = []
        self._answer, self._over, self._kept = answer, threading.Event(), list[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._kept.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            self.asked.append(connection.recv(65536))
            self._answer(connection, self._over)

    def close(self) -> None:
        """End every connection and every thread."""
        self._over.set()
        for each in (self._listener, *self._kept):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._listener, *self._kept):
            each.close()


@contextmanager
def stranger(way: str) -> Iterator[Stranger]:
    """Give a server that answers in one of the `WAYS`."""
    server = Stranger(WAYS[way])
    try:
        yield server
    finally:
        server.close()


def _slowly(begun: bytes, told: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Send the beginning at once and the rest byte by byte, again and again."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(begun)
        for byte in _again(told):
            if over.wait(SLOW_SECONDS):
                return
            connection.sendall(bytes([byte]))

    return answer


def _endlessly(begun: bytes, told: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Send the beginning, and then the same as fast as it is taken."""
    much = told * max(1, MEGABYTE // len(told))

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(begun)
        while not over.is_set():
            connection.sendall(much)

    return answer


def _again(told: bytes) -> Iterable[int]:
    while True:
        yield from told


def _silently(_connection: socket.socket, over: threading.Event) -> None:
    over.wait()


WAYS: Final = {
    "silent": _silently,
    "slow status line": _slowly(b"", b"HTTP/1.1 200 OK" + b"K" * 900),
    "slow headers": _slowly(OK, b"X-Slow: 1\r\n"),
    "slow body": _slowly(HEAD + b"Content-Length: 900\r\n\r\n", b"{"),
    "slow chunks": _slowly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n"),
    "slow to the end": _slowly(HEAD + b"Connection: close\r\n\r\n", b"{"),
    "endless headers": _endlessly(OK, b"X-Much: 1\r\n"),
    "endless header": _endlessly(OK + b"X-Much: ", b"1"),
    "endless interim answers": _endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless body": _endlessly(HEAD + b"Content-Length: 1000000000000\r\n\r\n", b"{"),
    "endless chunks": _endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n"),
    "endless chunk": _endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", b"{"),
    "endless to the end": _endlessly(HEAD + b"Connection: close\r\n\r\n", b"{"),
    "endless bundle": _endlessly(HEAD + b'Content-Length: 1000000000000\r\n\r\n{"t":"bundle/1"', b"\n"),
    "endless refusal": _endlessly(b"HTTP/1.1 403 No\r\nContent-Length: 1000000000000\r\n\r\n", b"{"),
}
"""How a server may answer, by name."""


PLAIN_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@contextmanager
def saying(raw: bytes, *, ends: bool = True) -> Iterator[str]:
    """Give the address of a server that answers each request with these bytes, and then ends the connection or keeps
    it.
    """
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
