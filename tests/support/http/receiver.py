"""A program that receives webhooks, on a real socket: it keeps what came, and answers as it is told."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS: Final = 0.05
"""How often a receiver asks whether it shall end."""


class Receiver(ThreadingHTTPServer):
    """The server: `came` are headers and body of each message; `status` is its answer; `silent` keeps it waiting."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.location = ""
        self.silent: Event | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?from=oreprint"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
        if self.server.silent is not None:
            self.server.silent.wait(60)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # type: ignore[explicit-override]  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Give a receiver that runs."""
    with Receiver() as server:
        Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        try:
            yield server
        finally:
            if server.silent is not None:
                server.silent.set()
            server.shutdown()
