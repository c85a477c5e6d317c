"""The server itself: uvicorn, with a deadline for whoever sends slowly.

Rules: a head is held to `api.framing`, and what isn't HTTP is refused as a problem. A request's head must be there
within `HEAD_SECONDS`, all of it within `RECEIVE_SECONDS`, and its answer taken within `TAKE_SECONDS` more; then the
connection is cut. uvicorn alone keeps half-sent requests open for ever, since its keep-alive timer starts only after an
answer. On SIGTERM and SIGINT running requests are finished, for `GRACE_SECONDS` at most.
uvicorn does TLS where it is given files for it; else a proxy in front does. Of proxies that are named, and of nobody
else, the address of the caller is taken (`X-Forwarded-For`, from its end to the first that is no such proxy).
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)
from __future__ import annotations

import asyncio
import ctypes
import resource
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from api.framing import MOST_FIELDS, MOST_HEAD_BYTES, TOO_LARGE, StrictConnection
from api.problems import MEDIA_TYPE, problem_body
from schemas.problem import InputError

HEAD_SECONDS: Final = 10
RECEIVE_SECONDS: Final = 25
"""Below the thirty seconds in which an answer must come."""
TAKE_SECONDS: Final = 60
LINGER_SECONDS: Final = 2
"""How long what follows a refused head is read and dropped: closing at once makes the kernel reset the connection, and
the client may lose the refusal (RFC 9112 section 9.6)."""
GRACE_SECONDS: Final = 10
MOST_CONNECTIONS: Final = 900
"""Below the usual 1,024 open files of a process; beyond it a request is answered 503 at once."""
MOST_OPEN_FILES: Final = 4096
"""Connections, requests on disk (two files each while a form is read) and the database's own, with room to spare."""
SWITCH_SECONDS: Final = 0.001
"""How long a thread that computes keeps others waiting: a short answer takes turns with bundles some ten times."""
LARGE_BLOCK: Final = 256 * 1024
"""Bytes from which on a block of memory is given back to the system as soon as it is free."""
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""Of glibc's malloc.h."""
TWO_LENGTHS: Final = frozenset({b"content-length", b"transfer-encoding"})
"""In one head they may hide a second request from a proxy: such a connection ends with its answer (RFC 9112 section
6.1)."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 for a client that may be slow, but not for ever."""

    conn: StrictConnection
    _deadline: asyncio.TimerHandle | None = None
    _head_seen: bool = False
    _refused: bool = False

    def __init__(self, *told: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*told, **named)
        self.conn = StrictConnection()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client time for its first request."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take what came in; from a new request's first bytes its own time runs."""
        if self._refused:
            return
        if self._deadline is None:
            self._wait(HEAD_SECONDS)
        super().data_received(data)
        if not self._refused:
            self._watch()

    def on_response_complete(self) -> None:
        """Let a kept-alive connection rest; end one whose framing can be read in two ways."""
        self._rest()
        if {name for name, _ in self.scope["headers"]} >= TWO_LENGTHS:
            self.transport.close()
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._rest()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no HTTP, or too large a head, and end the connection."""
        del msg
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:  # its application is told that the client is gone
            cycle.disconnected = True
            cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            for event in _refusal(self.conn.hint):
                self.transport.write(self.conn.send(event) or b"")
        self._close_once_read()

    def _close_once_read(self) -> None:
        """End our side, and the connection when the client ends its own or `LINGER_SECONDS` are over."""
        self._refused = True
        self.flow.resume_reading()
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
            self._wait(LINGER_SECONDS)
        else:
            self.transport.close()

    def _watch(self) -> None:
        """Set the clock for what the client owes next."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn types it as never None
        if cycle is None or cycle.response_complete:
            return
        if not cycle.more_body:
            self._wait(TAKE_SECONDS)
        elif not self._head_seen:
            self._head_seen = True
            self._wait(RECEIVE_SECONDS)

    def _wait(self, seconds: int) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._cut)

    def _rest(self) -> None:
        self._head_seen = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        self.transport.abort()


def _refusal(status: int) -> tuple[h11.Event, ...]:
    """Return the answer to bytes that are no request; the server is not known then, so its `type` is relative."""
    if status == TOO_LARGE:
        error = InputError.at("api.head-size", bytes=MOST_HEAD_BYTES, fields=MOST_FIELDS)
    else:
        error = InputError.at("api.framing")
    body = problem_body(error, origin="", status=status)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "cache-control": "no-store"}
    reason = HTTPStatus(status).phrase.encode()
    begun = h11.Response(status_code=status, headers=[*headers.items(), ("connection", "close")], reason=reason)
    return begun, h11.Data(data=body), h11.EndOfMessage()


def config(app: Starlette, *, host: str, port: int, proxies: Sequence[str] = (), **more: Any) -> uvicorn.Config:  # noqa: ANN401 - uvicorn's own
    """Return how uvicorn is to serve `app`, behind the addresses and networks of these proxies."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        **more,
    )


def serve(app: Starlette, *, host: str, port: int, proxies: Sequence[str] = (), **more: str) -> None:
    """Serve until told to stop; `more` is for uvicorn, such as files for TLS."""
    _allow_files()
    bound_arenas()
    sys.setswitchinterval(SWITCH_SECONDS)
    uvicorn.Server(config(app, host=host, port=port, proxies=proxies, **more)).run()


def _allow_files() -> None:
    """Let the process open as many files as its connections, requests on disk and database need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MOST_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def bound_arenas() -> None:
    """Let all threads share a few heaps, and give large blocks back at once; of another C library than glibc, nothing.

    By default each thread gets a heap of its own, eight for each core, and what a large answer took stays in it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 2)
        mallopt(_MMAP_THRESHOLD, LARGE_BLOCK)


def serve_sockets(served: Sequence[tuple[Starlette, socket.socket]]) -> None:
    """Serve applications, each on its socket, until told to stop; the others end with the first."""
    _allow_files()
    (first, listener), *others = ((uvicorn.Server(config(app, host="", port=0)), each) for app, each in served)
    threads = [threading.Thread(target=server.run, kwargs={"sockets": [each]}) for server, each in others]
    for thread in threads:
        thread.start()
    try:
        with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped in good order
            first.run(sockets=[listener])
    finally:
        for server, _ in others:
            server.should_exit = True
        for thread in threads:
            thread.join()
