"""A door to a server that loses its first answer: the server has done what was asked, and nobody hears of it."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")


@contextmanager
def losing(address: str) -> Iterator[tuple[str, list[bytes]]]:
    """Give the address of a door to the server at `address`, and the heads of the requests that came by."""
    asked: list[bytes] = []
    server = urlsplit(address)

    def pass_on() -> None:
        with suppress(OSError):
            while True:
                caller, _ = listener.accept()
                with caller, socket.create_connection((server.hostname, server.port or 80)) as there:
                    request = _whole(caller)
                    there.sendall(request)
                    answer = b"".join(iter(lambda: there.recv(65536), b""))
                    asked.append(request.partition(b"\r\n\r\n")[0])
                    if len(asked) > 1:
                        caller.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=pass_on)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _whole(caller: socket.socket) -> bytes:
    """Return a request with its body, which is as long as its head says."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += caller.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    found = LENGTH.search(head)
    while found and len(body) < int(found[1]):
        body += caller.recv(65536)
    return head + b"\r\n\r\n" + body
