"""A small HTTP client: for a registry's API, for what a registry publishes, and for witnesses and monitors.

Rules: https, or http to this very machine; the address is what the user gave, and nothing in an answer makes it connect elsewhere: no
redirects, no links followed.  Time and size of every answer are bounded.  A refusal comes back as the code that the registry gave.
What no answer came to may have happened; who writes sends the same bytes again, with an Idempotency-Key where they aren't known by themselves.

What this module does not do: it trusts nothing that it reads.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from schemas.door import parse_json
from schemas.problem import InputError, Problem, RefusedError, Sentence, StateError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.door import JsonValue

ANSWER_SECONDS: Final = 40
"""Longer than the thirty seconds in which a registry answers."""
MOST_ANSWER_BYTES: Final = 8 * 1024 * 1024
NANOSECONDS: Final = 10**9
READ_BYTES: Final = 64 * 1024
TRIES: Final = 5
"""Of a write, with the same bytes: half a minute in all."""
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Remote:
    """A server at `host` and `port`, below `prefix`, spoken to with a token or without; `sleep` waits so many seconds.

    `seconds` and `most` bound the time and the bytes of an answer.
    """

    host: str
    port: int
    secure: bool
    token: str | None
    sleep: Callable[[int], None] = time.sleep
    prefix: str = ""
    seconds: int = ANSWER_SECONDS
    most: int = MOST_ANSWER_BYTES

    @classmethod
    def at(cls, url: str, token: str) -> Remote:
        """Return the registry at `url`, such as ``https://registry.example``.

        Raises:
            InputError: `remote.url`.

        """
        found = cls.public(url)
        if found.prefix:
            raise InputError.at("remote.url", value=url)
        return replace(found, token=token)

    @classmethod
    def public(cls, url: str, *, seconds: int = ANSWER_SECONDS, most: int = MOST_ANSWER_BYTES) -> Remote:
        """Return what everybody may ask at `url`, such as ``https://witness.example/w1``.

        Raises:
            InputError: `remote.url`.

        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InputError.at("remote.url", value=url) from error
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        plain = not (parts.query or parts.fragment or parts.username)
        if not host or not plain or not (secure or (parts.scheme == "http" and host in _HERE)):
            raise InputError.at("remote.url", value=url)
        prefix = parts.path.rstrip("/")
        return cls(host, port or (443 if secure else 80), secure, None, prefix=prefix, seconds=seconds, most=most)

    def get(self, path: str) -> bytes:
        """Return what stands at `path`.

        Raises:
            RefusedError: `remote.refused`; StateError: `remote.unreachable`, `remote.away`.

        """
        status, body = self._asked("GET", path, None, {})
        return self._accepted(status, body)

    def send(self, path: str, body: bytes, *, media: str) -> tuple[int, bytes]:
        """Send `body` once; return the status and what was answered, whatever it is.

        Raises:
            StateError: `remote.unreachable`, `remote.away`.

        """
        return self._asked("POST", path, body, {"Content-Type": media})

    def post(self, path: str, body: bytes, *, key: str | None = None, media: str = "application/json") -> JsonValue:
        """Send `body` again and again until there is an answer; return it.

        Under an idempotency key, unless sending twice is sending once anyway.

        Raises:
            RefusedError: `remote.refused`; StateError: `remote.unreachable`, when nothing is known of what became of it.

        """
        headers = {"Content-Type": media} | ({} if key is None else {"Idempotency-Key": key})
        for number in range(1, TRIES + 1):
            try:
                status, answer = self._asked("POST", path, body, headers)
            except StateError:
                if number == TRIES:
                    raise
            else:
                if status not in _AGAIN or number == TRIES:
                    return parse_json(self._accepted(status, answer), max_bytes=self.most, max_string=self.most)
            self.sleep(1 << (number - 1))
        raise StateError.at("remote.unreachable", host=self.host, reason="no answer")

    def _asked(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = (
            HTTPSConnection(self.host, self.port, timeout=self.seconds, context=ssl.create_default_context())
            if self.secure
            else HTTPConnection(self.host, self.port, timeout=self.seconds)
        )
        until_ns = time.monotonic_ns() + self.seconds * NANOSECONDS
        access = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        try:
            connection.request(method, self.prefix + path, body, headers | access)
            answer = connection.getresponse()
            content = self._content(answer, until_ns)
        except (OSError, HTTPException) as error:
            raise self._away(_reason(error)) from error
        finally:
            connection.close()
        return answer.status, content

    def _content(self, answer: HTTPResponse, until_ns: int) -> bytes:
        """Return the body of an answer that is neither too long nor too slow, and whole."""
        content = bytearray()
        while piece := answer.read1(READ_BYTES):
            content += piece
            if len(content) > self.most:
                raise self._away("the answer is too long")
            if time.monotonic_ns() > until_ns:
                raise self._away("the answer took too long")
        if answer.length:  # `read1` ends quietly where the connection does
            raise self._away("the answer was cut off")
        return bytes(content)

    def _away(self, reason: object) -> StateError:
        """Return the error of no answer; only who has a token has sent what was signed."""
        return StateError.at(
            "remote.away" if self.token is None else "remote.unreachable", host=self.host, reason=reason
        )

    def _accepted(self, status: int, body: bytes) -> bytes:
        if status in {200, 201}:
            return body
        raise RefusedError(*_told(status, body))


def _told(status: int, body: bytes) -> list[Problem]:
    """Return what a registry said of its refusal, each problem with its code and sentence as facts."""
    try:
        value = parse_json(body, max_bytes=MOST_ANSWER_BYTES)
    except InputError:
        value = None
    found = value.get("problems") if isinstance(value, dict) else None
    problems = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [
        Problem.at(
            "remote.refused",
            status=status,
            theirs=said(each.get("code")),
            reason=Sentence(said(each.get("sentence")).removesuffix(".")),
        )
        for each in problems
    ] or [Problem.at("remote.refused", status=status, theirs="?", reason="no reason was given")]


def _reason(error: OSError | HTTPException) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return told or str(error) or type(error).__name__


def said(value: object) -> str:
    """Return what another's sentence says, whole where it is no longer than ours are, in what can be shown."""
    return shown(Sentence(value)) if isinstance(value, str) else "no reason was given"
