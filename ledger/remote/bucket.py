"""A bucket of an S3-compatible store.

The store's client finds the keys and signs addresses; `ledger.remote.exchange` sends the requests.  The client does not
transfer objects itself: it reads the body of every error whole, and allocates whatever length an answer announces, so a
hostile store could end the process (ADR 0016).

Rules: the client's settings name the store; http only if they name it with http.  A request is repeated while its time
lasts.  Conditional writes use ``If-None-Match`` and ``If-Match``.

This module lists and deletes nothing.
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
"""The lifetime of a signed address: the clock error that S3 allows."""
TRIES: Final = 5
WAIT_MS: Final = 100
"""The pause before the second try; it doubles before each further one."""
_AGAIN: Final = frozenset({409, 429, 500, 502, 503, 504})
"""409: another conditional write of the object was in progress."""
_TOLD: Final = re.compile(rb"<(Code|Message)>([^<]{1,500})</")


class UnusableError(Exception):
    """A store that cannot be used; the text says why."""


class TaggedObject(NamedTuple):
    """An object's content, and the entity tag of this version."""

    content: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket; a request takes at most `seconds`, and its answer has at most `most` bytes."""

    client: S3Store
    seconds: int
    most: int

    @classmethod
    def at(cls, address: str, options: Mapping[str, object], *, seconds: int, most: int) -> Self:
        """Return the bucket at an address such as ``s3://bucket/prefix``; `options` are those of the client.

        Raises:
            UnusableError: if no such store can have this address.
        """
        client_options = options.get("client_options")
        own = dict(client_options) if isinstance(client_options, dict) else {}
        # the client itself connects only to sources of keys, such as the cloud's own metadata service
        hurried = {"retry_config": {"retry_timeout": timedelta(seconds=seconds)}}
        timed = {"client_options": {"timeout": f"{seconds}s", **own}}
        try:
            client = from_url(address, **(hurried | dict(options) | timed))  # type: ignore[call-overload]
        except (BaseError, ValueError) as error:
            raise UnusableError(first_line(error)) from error
        if not isinstance(client, S3Store):
            raise UnusableError("only stores that speak S3 are used")
        return cls(client, seconds, most)

    def get(self, path: str) -> TaggedObject | None:
        """Return an object, or None if there is none; raise UnusableError."""
        answer = self._asked("GET", path, None, {})
        match answer.status:
            case 200:
                return TaggedObject(answer.body, answer.headers.get("etag", ""))
            case 404:
                return None
            case _:
                raise _refused(answer)

    def put(self, path: str, content: bytes, *, new: bool = False, instead_of: str | None = None) -> str | None:
        """Put an object and return its tag; None if a `new` object exists already, or the tag is not `instead_of`.

        Raises:
            FileNotFoundError: there is no such bucket, or nothing with that tag.
            UnusableError: the store cannot be used.
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
        """Send a request until there is an answer, at most `TRIES` times and within `seconds`."""
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
        """Return the origin to ask, and the path and query with the signature."""
        try:
            signed = urlsplit(obstore.sign(self.client, method, path, SIGNED_FOR))
        except (BaseError, OSError, ValueError) as error:
            raise UnusableError(first_line(error)) from error
        secure = signed.scheme == "https"
        origin = WebOrigin(secure, signed.hostname or "", signed.port or (443 if secure else 80))
        return origin, f"{signed.path}?{signed.query}"


def _refused(answer: HttpAnswer) -> UnusableError:
    """Return the error with the store's own reason."""
    texts = [text.decode(errors="replace") for _, text in _TOLD.findall(answer.body)]
    return UnusableError(f"it answers {answer.status}" + (f": {', '.join(texts)}" if texts else ""))


def first_line(error: Exception) -> str:
    """Return the first line of a library's error message."""
    return str(error).partition("\n")[0].strip() or type(error).__name__
