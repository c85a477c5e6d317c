"""A write with its consequences: one effect and one answer for an idempotency key, and an event.

Rules: as `ledger.registry.idempotency`, for effects that don't keep their answers themselves, as those in rounds do
(`ledger.registry.commits`); a second request with a key that is being answered waits for that answer, in this process
by a lock, for another by looking again. Refusals that changed nothing aren't kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import Response

from api.app_state import AppState, BatchedRequest, Batches
from api.problems import status_of
from api.query import query_text
from api.request_body import JSON
from ledger.admin.tokens import Token
from ledger.registry.idempotency import Answer, Done, Event, KeyedRequest, Turn
from schemas.problem import InputError, OreprintError, Problem

MOST_KEY_CHARACTERS: Final = 255
LOOK_SECONDS: Final = 0.05
"""Between two looks for the answer that another process gives."""

Item = TypeVar("Item")
_LOCKS: Final[WeakValueDictionary[tuple[int, str, str], asyncio.Lock]] = WeakValueDictionary()


async def answer_once(
    request: Request, server: AppState, token: Token, body: bytes, *, effect: Callable[[], Answer], repeatable: bool
) -> Response:
    """Carry out a request once, and answer. It is `repeatable` if doing it twice is the same as once.

    Raises:
        InputError: `api.key-form`, `api.key-reused`; RefusedError: `api.key-in-doubt`; what `effect` raises.
    """
    said = _digest_of(request, body)
    asked = _asked_of(request, token, said, repeatable=repeatable)
    if asked is None:
        return _response(await _done(request, server, token, said, None, effect))
    lock = _LOCKS.setdefault((id(server), *asked.place), asyncio.Lock())
    async with lock:
        while (found := await server.begin(asked)) is Turn.OF_ANOTHER:  # noqa: ASYNC110 - no event crosses processes
            await asyncio.sleep(LOOK_SECONDS)
        if isinstance(found, OreprintError):
            raise found
        if isinstance(found, Answer):
            return _response(found)
        return _response(await _done(request, server, token, said, asked, effect))


async def answer_batched(  # noqa: PLR0913 - as `BatchedRequest`
    request: Request,
    server: AppState,
    token: Token,
    body: bytes,
    wanted: Item,
    rounds: Batches[Item],
    *,
    recipe: str = "",
    warnings: tuple[Problem, ...] | None = None,
) -> Response:
    """Carry out a request in a group commit, which stores its answer and event itself, and answer.

    `recipe` is the name and version of the recipe that it was made by, if any, `warnings` what that finds odd.

    Raises:
        InputError: `api.key-form`, `api.key-reused`; what it is refused with.
    """
    said = _digest_of(request, body)
    asked = _asked_of(request, token, said, repeatable=True)
    event = _event_of(request, server, token, said)
    told = await rounds(BatchedRequest(wanted, event, asked, token.author, recipe, warnings))
    if isinstance(told, OreprintError):
        raise told
    return _response(told)


def _digest_of(request: Request, body: bytes) -> bytes:
    """Return the SHA-256 of all that a request says: method, path, query and body."""
    query = query_text(request)
    target = request.scope["path"] + (f"?{query}" if query else "")
    return sha256(b"\n".join((request.method.encode(), target.encode(), body))).digest()


def _event_of(request: Request, server: AppState, token: Token, said: bytes) -> Callable[[str], Event]:
    """Return the function that makes the event of a write from its outcome."""
    action = f"{request.method} {request.scope['route'].path}"
    now, author = server.registry.runtime.now_ms, token.author
    return lambda outcome: Event(now(), token.tenant, token.id, action, said.hex(), outcome, author)


def _asked_of(request: Request, token: Token, said: bytes, *, repeatable: bool) -> KeyedRequest | None:
    """Return a request's idempotency key with what it asks, or None; raise InputError `api.key-form`."""
    key = _key_of(request)
    return None if key is None else KeyedRequest(token.tenant, key, said, repeatable)


def _key_of(request: Request) -> str | None:
    """Return the idempotency key of a request, or None; raise InputError `api.key-form`."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    key = keys[0]
    if len(keys) > 1 or not (0 < len(key) <= MOST_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise InputError.at("api.key-form", limit=MOST_KEY_CHARACTERS)
    return key


async def _done(
    request: Request,
    server: AppState,
    token: Token,
    said: bytes,
    asked: KeyedRequest | None,
    effect: Callable[[], Answer],
) -> Answer:
    """Carry out the request and store its outcome."""
    event = _event_of(request, server, token, said)
    try:
        answer = await server.tenants(effect)
    except OreprintError as error:
        in_doubt = error.code == "store.in-doubt"
        await server.finish(Done(event(f"{status_of(error)} {error.code}"), asked, in_doubt=in_doubt))
        raise
    await server.finish(Done(event(str(answer.status)), asked, answer))
    return answer


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=JSON)
