"""Send one HTTP request and read its whole answer, within one deadline and one number of bytes (ADR 0016).

Rules:

1. The deadline covers everything: name look-up, connecting, TLS, sending, and head and body of the answer.
2. `most` bounds all bytes of the answer, framing included; only the head may add `HEAD_BYTES`.  Nothing is unpacked.
3. TLS is verified as by Python's default context.  No redirects, no proxies, no cookies.

This module repeats nothing, keeps no connection, and does not choose whom to ask.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import cache
from http import HTTPStatus
from io import BytesIO
from queue import Empty, SimpleQueue
from socket import SOCK_STREAM, getaddrinfo
from threading import Thread
from time import monotonic_ns, sleep
from typing import Any, Final, NamedTuple

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

from ledger.remote.origin import WebOrigin

HEAD_BYTES: Final = 64 * 1024
"""Extra bytes for the head of an answer; uvicorn, nginx and S3 send less than 8 KiB."""
PIECE_BYTES: Final = 16 * 1024
"""The size of a chunk to send; the deadline is checked before each."""
NANOSECONDS: Final = 10**9
PLAIN: Final = {"User-Agent": "oreprint", "Accept-Encoding": "identity", "Connection": "close"}


class NoAnswerError(Exception):
    """There is no complete answer; the text says why."""


class Deadline:
    """The moment when a request is given up; several exchanges may share one."""

    def __init__(self, seconds: int) -> None:
        self._until_ns = monotonic_ns() + seconds * NANOSECONDS
        self.passed = f"no whole answer within {seconds} seconds"

    def left(self) -> float:
        """Return the remaining seconds, more than 0; raise NoAnswerError if none remain."""
        left = self._until_ns - monotonic_ns()
        if left <= 0:
            raise NoAnswerError(self.passed)
        return left / NANOSECONDS

    def pause(self, ms: int) -> bool:
        """Wait before another try if there is time for it; return whether there was."""
        if self._until_ns - monotonic_ns() <= ms * 1_000_000:
            return False
        sleep(ms / 1000)
        return True


class HttpAnswer(NamedTuple):
    """A server's answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(  # noqa: PLR0913 - a request has so many parts
    origin: WebOrigin,
    method: str,
    target: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str],
    deadline: Deadline,
    most: int,
    allowed: Callable[[str, int], bool] | None = None,
    keep: Callable[[bytes], object] | None = None,
) -> HttpAnswer:
    """Send a request for `target`, a path with an optional query, and return the answer.

    `allowed` says whether an IP address and port may be connected to; one that may not ends the exchange.  The host's
    name is looked up once, and the connection goes to the addresses that were found then.  `keep` takes the body of an
    answer 200 piece by piece, so that it needs no memory, and may raise to end the exchange; the body is then empty,
    and any other answer may have `HEAD_BYTES`.

    Raises:
        NoAnswerError: if the whole answer does not arrive by the `deadline`, has more than `most` bytes, or is not
            HTTP; if an address of the host is not `allowed`.
    """
    limits = _Limits(deadline, most + HEAD_BYTES)
    scheme = b"https" if origin.secure else b"http"
    url = httpcore2.URL(scheme=scheme, host=origin.host.encode(), port=origin.port, target=target.encode())
    sent = [(name.encode(), value.encode()) for name, value in (PLAIN | dict(headers)).items()]
    connection = httpcore2.HTTPConnection(
        url.origin, ssl_context=_tls() if origin.secure else None, network_backend=_Backend(limits, allowed)
    )
    content = BytesIO()
    try:
        with closing(connection), connection.stream(method, url, headers=sent, content=body) as answer:
            take = keep if keep is not None and answer.status == HTTPStatus.OK else content.write
            left = most if keep is None or take is keep else HEAD_BYTES
            for piece in answer.iter_stream():
                left -= len(piece)
                if left < 0:
                    raise NoAnswerError(_TOO_LONG)
                take(piece)
            answer_headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return HttpAnswer(answer.status, answer_headers, content.getvalue())
    except httpcore2.TimeoutException as error:
        raise NoAnswerError(deadline.passed) from error
    except httpcore2.LocalProtocolError as error:  # its text contains the header, and so perhaps a token
        raise NoAnswerError("the request can't be written as HTTP") from error
    except httpcore2.RemoteProtocolError as error:
        raise NoAnswerError(f"the answer was cut off or is no HTTP: {error}") from error
    except (httpcore2.NetworkError, OSError) as error:
        raise NoAnswerError(_reason(error)) from error


_NOT_ALLOWED: Final = "its address may not be connected to"
_TOO_LONG: Final = "the answer is too long"


class _Limits:
    """The remaining time and bytes of one exchange."""

    def __init__(self, deadline: Deadline, most: int) -> None:
        self.deadline, self._bytes = deadline, most

    def seconds(self) -> float:
        """Return the remaining seconds; raise NoAnswerError if none remain."""
        return self.deadline.left()

    def take(self, number: int) -> None:
        """Count received bytes; raise NoAnswerError if there are too many."""
        self._bytes -= number
        if self._bytes < 0:
            raise NoAnswerError(_TOO_LONG)


class _Backend(NetworkBackend):
    """Open connections; each address of a name gets a fair share of the remaining time."""

    def __init__(self, limits: _Limits, allowed: Callable[[str, int], bool] | None) -> None:
        self._limits, self._allowed = limits, allowed

    def connect_tcp(  # type: ignore[explicit-override]
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """Return a connection to the first address that accepts one; `timeout`, the library's own, is not used."""
        del timeout
        addresses = _addresses(host, port, self._limits)
        if self._allowed is not None and not all(self._allowed(address, port) for address in addresses):
            raise NoAnswerError(_NOT_ALLOWED)
        refused: Exception = httpcore2.ConnectError("no address")
        for number, address in enumerate(addresses):
            share = self._limits.seconds() / (len(addresses) - number)
            try:
                stream = httpcore2.SyncBackend().connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                refused = error
            else:
                return _Stream(stream, self._limits)
        raise refused


class _Stream(NetworkStream):
    """A connection with each step held to the limits of its exchange; the library's own time-outs are not used."""

    def __init__(self, under: NetworkStream, limits: _Limits) -> None:
        self._under, self._limits = under, limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # type: ignore[explicit-override]
        """Return received bytes, and count them."""
        del timeout
        came = self._under.read(max_bytes, self._limits.seconds())
        self._limits.take(len(came))
        return came

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # type: ignore[explicit-override]
        """Send bytes."""
        del timeout
        for start in range(0, len(buffer), PIECE_BYTES):
            self._under.write(buffer[start : start + PIECE_BYTES], self._limits.seconds())

    def close(self) -> None:  # type: ignore[explicit-override]
        """Close the connection."""
        self._under.close()

    def start_tls(  # type: ignore[explicit-override]
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        """Return the connection with TLS."""
        del timeout
        try:
            left = self._limits.seconds()
        except NoAnswerError:
            self.close()  # the library closes connections only for its own errors
            raise
        return _Stream(self._under.start_tls(ssl_context, server_hostname, left), self._limits)

    def get_extra_info(self, info: str) -> object:  # type: ignore[explicit-override]
        """Return information about the connection."""
        return self._under.get_extra_info(info)


def _addresses(host: str, port: int, limits: _Limits) -> list[str]:
    """Return the addresses of a host; the system's resolver knows no deadline, so a thread waits for it."""
    found: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            found.put([str(place[0]) for *_, place in getaddrinfo(host, port, type=SOCK_STREAM)])
        except OSError as error:
            found.put(error)

    Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        outcome = found.get(timeout=limits.seconds())
    except Empty as error:
        raise NoAnswerError(limits.deadline.passed) from error
    if isinstance(outcome, OSError):
        raise NoAnswerError(_reason(outcome)) from outcome
    return outcome


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _reason(error: BaseException) -> str:
    """Return the system's reason for a failure, without the library's own words."""
    cause = error if isinstance(error, OSError) else error.__cause__
    text = cause.strerror if isinstance(cause, OSError) else None
    return text or str(cause or error) or type(error).__name__
