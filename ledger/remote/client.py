"""A client for a registry's API, for published files, and for witnesses and monitors.

Rules: https, or http to this very machine.  The user gives the address, and no answer makes the client connect
elsewhere.  Time and size of each answer are bounded (`ledger.remote.exchange`).  A refusal has the code that the
registry gave.  A write without an answer may have happened: the client sends the same bytes again, under an
Idempotency-Key unless the bytes identify themselves.

This module trusts nothing that it reads.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.remote.origin import WebOrigin
from schemas.door import parse_json
from schemas.identifier import DOMAIN
from schemas.problem import InputError, Problem, RefusedError, Sentence, StateError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.door import JsonValue

ANSWER_SECONDS: Final = 10
"""The time from the name look-up to the last byte of an answer, unless `OREPRINT_REMOTE_SECONDS` sets another."""
MOST_ANSWER_BYTES: Final = 8 * 1024 * 1024
TRIES: Final = 5
"""The tries of a write, with the same bytes."""
RETRY_SECONDS: Final = 30
"""The time after which a write is not sent again."""
HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""This very machine: the only host that may be asked without TLS."""
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_URL: Final = re.compile(
    rf"(https?)://({DOMAIN}|\[[0-9a-f:.]{{2,45}}\])(?::([1-9][0-9]{{0,4}}))?((?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)"
)
"""An address in its one spelling: no user, query or fragment, no upper case in the host, only ASCII."""
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A server at `host` and `port`, below `prefix`; `sleep` waits so many seconds.

    `seconds` and `most` bound the time and the bytes of an answer.  `token` is None for public requests.
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
    def at(cls, url: str, token: str | None, *, seconds: int = ANSWER_SECONDS) -> RemoteServer:
        """Return the registry at `url`, such as ``https://registry.example``; without a token for public requests.

        Raises:
            InputError: `remote.url`.
        """
        server = cls.public(url, seconds=seconds)
        if server.prefix:
            raise InputError.at("remote.url", value=url)
        return replace(server, token=token)

    @classmethod
    def public(cls, url: str, *, seconds: int = ANSWER_SECONDS, most: int = MOST_ANSWER_BYTES) -> RemoteServer:
        """Return the server at `url`, such as ``https://witness.example/w1``, for public requests.

        Raises:
            InputError: `remote.url`.
        """
        if not (parts := _URL.fullmatch(url)):
            raise InputError.at("remote.url", value=url)
        secure, host = parts[1] == "https", parts[2].strip("[]")
        port = int(parts[3] or (443 if secure else 80))
        if port > _MOST_PORT or not (secure or host in HERE):
            raise InputError.at("remote.url", value=url)
        return cls(host, port, secure, None, prefix=parts[4].rstrip("/"), seconds=seconds, most=most)

    @property
    def origin(self) -> WebOrigin:
        """The server's scheme, host and port."""
        return WebOrigin(self.secure, self.host, self.port)

    def get(self, path: str) -> bytes:
        """Return the content at `path`.

        Raises:
            RefusedError: `remote.refused`.
            StateError: `remote.unreachable`, `remote.away`.
        """
        status, body = self._asked("GET", path, None, {})
        return self._accepted(status, body)

    def download(self, path: str, keep: Callable[[bytes], object]) -> None:
        """Hand the content at `path` to `keep`, piece by piece.  Errors: as `get`, and what `keep` raises."""
        self._accepted(*self._asked("GET", path, None, {}, keep))

    def delete(self, path: str) -> bytes:
        """Return the answer to a DELETE request, which has the same effect however often it is sent.

        Raises:
            RefusedError: `remote.refused`; StateError: `remote.unreachable`, `remote.away`.
        """
        status, body = self._asked("DELETE", path, None, {})
        return self._accepted(status, body)

    def send(self, path: str, body: bytes, *, media: str) -> tuple[int, bytes]:
        """Send `body` once; return the status and the body of the answer, whatever they are.

        Raises:
            StateError: `remote.unreachable`, `remote.away`.
        """
        return self._asked("POST", path, body, {"Content-Type": media})

    def post(self, path: str, body: bytes, *, key: str | None = None, media: str = "application/json") -> JsonValue:
        """Send `body` until there is an answer, and return the answer.

        `key` is the idempotency key; None if sending twice has the same effect as sending once.

        Raises:
            RefusedError: `remote.refused`.
            StateError: `remote.unreachable` if the fate of the write is unknown.
        """
        headers = {"Content-Type": media} | ({} if key is None else {"Idempotency-Key": key})
        begun = time.monotonic()
        for number in range(1, TRIES + 1):
            last = number == TRIES or time.monotonic() - begun > RETRY_SECONDS
            try:
                status, answer = self._asked("POST", path, body, headers)
            except StateError:
                if last:
                    raise
            else:
                if status not in _AGAIN or last:
                    return parse_json(self._accepted(status, answer), max_bytes=self.most, max_string=self.most)
            self.sleep(1 << (number - 1))
        raise StateError.at("remote.unreachable", host=self.host, reason="no answer")

    def _asked(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        keep: Callable[[bytes], object] | None = None,
    ) -> tuple[int, bytes]:
        from ledger.remote.exchange import Deadline, NoAnswerError, exchange  # noqa: PLC0415 - only who asks pays for the library

        access = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        try:
            answer = exchange(
                self.origin,
                method,
                f"{self.prefix}{path}" or "/",
                body=body,
                headers=headers | access,
                deadline=Deadline(self.seconds),
                most=self.most,
                keep=keep,
            )
        except NoAnswerError as error:
            raise self._away(str(error)) from error
        return answer.status, answer.body

    def _away(self, reason: object) -> StateError:
        """Return the error of a missing answer; only a client with a token has sent a signed record."""
        return StateError.at(
            "remote.away" if self.token is None else "remote.unreachable", host=self.host, reason=reason
        )

    def _accepted(self, status: int, body: bytes) -> bytes:
        if status in {200, 201}:
            return body
        raise RefusedError(*_told(status, body))


def _told(status: int, body: bytes) -> list[Problem]:
    """Return the problems of a registry's refusal, each with its code and sentence as facts."""
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
            theirs=foreign_text(each.get("code")),
            reason=Sentence(foreign_text(each.get("sentence")).removesuffix(".")),
        )
        for each in problems
    ] or [Problem.at("remote.refused", status=status, theirs="?", reason="no reason was given")]


def foreign_text(value: object) -> str:
    """Return another server's sentence with printable characters only, cut to the length of our own sentences."""
    return shown(Sentence(value)) if isinstance(value, str) else "no reason was given"
