"""A bucket of a store that speaks S3: its client finds the keys and signs addresses, and `ledger.remote.exchange` asks them.

The store's client sends no object itself: it reads the body of every error whole, and gives memory to whatever length an answer
announces, so that a hostile store would end the process (ADR 0016).

Rules: the store is where the client's settings say; http only where they begin the address with it.  A question is tried again while its time lasts.  An object
is put conditionally by ``If-None-Match`` and ``If-Match``.

What this module does not do: it lists and deletes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store, from_url

from ledger.remote.origin import WebOrigin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from ledger.remote.exchange import HttpAnswer

SIGNED_FOR: Final = timedelta(minutes=15)
"""How long a signed address holds: as far as S3 lets a clock be wrong."""
TRIES: Final = 5
WAIT_MS: Final = 100
"""Before the second try; before each further one twice as long."""
_AGAIN: Final = frozenset({409, 429, 500, 502, 503, 504})
"""409: another conditional write of the object was under way."""
_TOLD: Final = re.compile(rb"<(Code|Message)>([^<]{1,500})</")


class UnusableError(Exception):
    """A store can't be used; the text says why."""


class Tagged(NamedTuple):
    """An object's content, and the entity tag by which the store knows this version of it."""

    content: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, by its client; a question takes `seconds` at most, and its answer has `most` bytes."""

    client: S3Store
    seconds: int
    most: int

    @classmethod
    def at(cls, address: str, options: Mapping[str, object], *, seconds: int, most: int) -> Self:
        """Return the bucket at an address such as ``s3://bucket/prefix``; `options` are of the client.

        Raises:
            UnusableError: where it is the address of no such store.

        """
        asked = options.get("client_options")
        own = dict(asked) if isinstance(asked, dict) else {}
        # the client itself asks only where keys are to be had, such as the cloud's own service for its machines
        hurried = {"retry_config": {"retry_timeout": timedelta(seconds=seconds)}}
        timed = {"client_options": {"timeout": f"{seconds}s", **own}}
        try:
            client = from_url(address, **(hurried | dict(options) | timed))  # type: ignore[call-overload]
        except (BaseError, ValueError) as error:
            raise UnusableError(first_line(error)) from error
        if not isinstance(client, S3Store):
            raise UnusableError("only stores that speak S3 are used")
        return cls(client, seconds, most)

    def get(self, path: str) -> Tagged | None:
        """Return an object, or None where there is none; raise UnusableError."""
        answer = self._asked("GET", path, None, {})
        match answer.status:
            case 200:
                return Tagged(answer.body, answer.headers.get("etag", ""))
            case 404:
                return None
            case _:
                raise _refused(answer)

    def put(self, path: str, content: bytes, *, new: bool = False, instead_of: str | None = None) -> str | None:
        """Put an object and return its tag; None where one is there that should be `new`, or another one than `instead_of` says.

        Raises:
            FileNotFoundError: there is no such bucket, or nothing with that tag; UnusableError.

        """
        condition = {"If-None-Match": "*"} if new else {} if instead_of is None else {"If-Match": instead_of}
        answer = self._asked("PUT", path, content, condition)
        match answer.status:
            case 200 | 201 | 204:
                return answer.headers.get("etag", "")
            case 412 if condition:
                return None
            case 404:
                raise FileNotFoundError(path)
            case _:
                raise _refused(answer)

    def _asked(
        self, method: Literal["GET", "PUT"], path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> HttpAnswer:
        """Ask until there is an answer, `TRIES` times at most and within `seconds`."""
        from ledger.remote.exchange import Deadline, NoAnswerError, exchange  # noqa: PLC0415 - only who asks pays for the library

        deadline = Deadline(self.seconds)
        origin, target = self._signed(method, path)
        answer: HttpAnswer | NoAnswerError
        for number in range(TRIES):
            try:
                answer = exchange(
                    origin, method, target, body=content, headers=headers, deadline=deadline, most=self.most
                )
            except NoAnswerError as error:
                answer = error
            final = not isinstance(answer, NoAnswerError) and answer.status not in _AGAIN
            if final or number == TRIES - 1 or not deadline.pause(WAIT_MS << number):
                break
        if isinstance(answer, NoAnswerError):
            raise UnusableError(str(answer)) from answer
        return answer

    def _signed(self, method: Literal["GET", "PUT"], path: str) -> tuple[WebOrigin, str]:
        """Return whom to ask, and the path and query that carry the signature."""
        try:
            signed = urlsplit(obstore.sign(self.client, method, path, SIGNED_FOR))
        except (BaseError, OSError, ValueError) as error:
            raise UnusableError(first_line(error)) from error
        secure = signed.scheme == "https"
        origin = WebOrigin(secure, signed.hostname or "", signed.port or (443 if secure else 80))
        return origin, f"{signed.path}?{signed.query}"


def _refused(answer: HttpAnswer) -> UnusableError:
    """Return what a store said of its refusal."""
    said = [text.decode(errors="replace") for _, text in _TOLD.findall(answer.body)]
    return UnusableError(f"it answers {answer.status}" + (f": {', '.join(said)}" if said else ""))


def first_line(error: Exception) -> str:
    """Return the first line of what a library says of an error."""
    return str(error).partition("\n")[0].strip() or type(error).__name__
