"""A request's body, as bytes that were bounded while they came in.

Rules: the declared type is one that the route reads, without a charset other than UTF-8; nothing is unpacked; what is
longer than the limit is refused before it is read where its length is declared, and at the limit where not. A long one
goes to disk and is read line by line, so that its length costs no memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from api.query import query_text
from api.room import Room, Spooled
from schemas.bundle import MOST_LINE_BYTES
from schemas.door import parse_document
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

JSON: Final = "application/json"
JWT: Final = "application/jwt"
BUNDLE: Final = "application/vnd.oreprint.bundle+jsonl"
AUDIT: Final = "application/vnd.oreprint.audit"
PDF_TYPE: Final = "application/pdf"
CERTIFICATES: Final = ("application/vc+sd-jwt", "application/vc+jwt")
MOST_STREAMED_BYTES: Final = 64 * 1024 * 1024
"""A bundle over HTTP (limits table): what thirty seconds bring over a slow line, and thousands of certificates."""
_PIECE_BYTES: Final = 64 * 1024
_SAID: Final = "said"
"""The digest of a request, in its state."""
Document = TypeVar("Document", bound=BaseModel)


def media_type(request: Request, known: tuple[str, ...]) -> str:
    """Return the declared type of a body, which is one of `known`; raise InputError `api.content-type`."""
    declared = ", ".join(request.headers.getlist("content-type"))
    name, _, parameters = declared.partition(";")
    if name.strip().lower() not in known or parameters.strip().lower() not in {"", "charset=utf-8"}:
        raise InputError.at("api.content-type", found=declared or "nothing", known=", ".join(known))
    return name.strip().lower()


async def json_document(request: Request, kind: type[Document]) -> Document:
    """Return the document of a JSON body; raise InputError ``api.*``, `document.*`."""
    media_type(request, (JSON,))
    return parse_document(kind, await whole_body(request))


async def whole_body(request: Request, *, most: int = MAX_BYTES) -> bytes:
    """Return a body of at most `most` bytes; raise InputError `api.body-size`, `api.body-cut-off`."""
    return b"".join([chunk async for chunk in _bounded(request, most)])


def request_digest(request: Request) -> bytes:
    """Return the SHA-256 of all that a request says: method, path, query, and the body as far as it was read."""
    said = getattr(request.state, _SAID, None) or _begun(request)
    return said.digest()


def _begun(request: Request) -> Hash:
    query = query_text(request)
    target = request.scope["path"] + (f"?{query}" if query else "")
    return sha256(b"\n".join((request.method.encode(), target.encode(), b"")))


@asynccontextmanager
async def spooled(request: Request, room: Room, *, most: int = MOST_STREAMED_BYTES) -> AsyncIterator[IO[bytes]]:
    """Give a body of at most `most` bytes as a file in the room of all requests, to be read by a worker thread.

    A slow sender so holds no thread and no memory while it sends.

    Raises:
        InputError: `api.body-size`, `api.body-cut-off`; StateError: `api.busy`.
    """
    with Spooled(room) as found:
        async for chunk in _bounded(request, most):
            found.write(chunk)
        found.file.seek(0)
        yield found.file


@asynccontextmanager
async def form_with_file(request: Request, room: Room, *, most: int, fields: int) -> AsyncIterator[FormData]:
    """Give a form of at most `most` bytes with one file and so many other fields; it is closed at the end.

    Raises:
        MultiPartException: for any other body; InputError, StateError: as `spooled`.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MultiPartException("no form")
    async with spooled(request, room, most=most) as body:

        async def pieces() -> AsyncGenerator[bytes, None]:
            while piece := body.read(_PIECE_BYTES):
                yield piece

        form = await MultiPartParser(request.headers, pieces(), max_files=1, max_fields=fields).parse()
        try:
            yield form
        finally:
            await form.close()


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file with their newlines; raise InputError `bundle.line-size`."""
    while line := file.readline(MOST_LINE_BYTES + 1):
        if len(line) > MOST_LINE_BYTES:
            raise InputError.at("bundle.line-size", size=len(line), limit=MOST_LINE_BYTES)
        yield line


async def _bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    _check_length(request, most)
    size, said = 0, _begun(request)
    setattr(request.state, _SAID, said)
    try:
        async for chunk in request.stream():
            size += len(chunk)
            said.update(chunk)
            if size > most:
                raise InputError.at("api.body-size", limit=most)
            yield chunk
    except ClientDisconnect as error:
        raise InputError.at("api.body-cut-off") from error


def _check_length(request: Request, most: int) -> None:
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 18 or int(declared) > most:
        raise InputError.at("api.body-size", limit=most)
