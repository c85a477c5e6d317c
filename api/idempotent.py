"""A write with its consequences: one effect and one answer for an idempotency key, and an event.

Rules: as `ledger.registry.idempotency`.  Every route that writes answers by one of these two functions, or says in its
documentation why it needs no key (`api.openapi.needs_no_key`); the application does not start with one that does
neither.  An answer that is a secret is sealed where it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from api.app_state import AppState, BatchedRequest, Batches
from api.problems import status_of
from api.request_body import JSON, request_digest
from ledger.admin.tokens import Token
from ledger.changes.share import Share, holder_of
from ledger.registry.idempotency import Answer, Event, KeyedRequest, do_once
from schemas.problem import InputError, OreprintError, Problem, RefusedError

MOST_KEY_CHARACTERS: Final = 255

Item = TypeVar("Item")


async def answer_once(
    request: Request,
    server: AppState,
    by: Token | Share,
    effect: Callable[[], Answer],
    *,
    is_secret: bool = False,
    has_event: bool = False,
) -> Response:
    """Carry out a request once, and answer.

    The answer to one that `is_secret` can be read by its sender alone. One that `has_event` stores its event itself.

    Raises:
        InputError: `api.key-form`, `api.key-reused`; RefusedError: `api.key-in-doubt`; what `effect` raises.
    """
    said = request_digest(request)
    whose = by.tenant if isinstance(by, Token) else holder_of(by.id)
    asked = _asked_of(request, whose, said)
    vault, now_ms = server.vault, server.registry.runtime.now_ms

    def kept_as(answer: Answer) -> Answer:
        return Answer(answer.status, vault.seal(whose, answer.body, now_ms=now_ms()) if is_secret else answer.body)

    event = None
    if isinstance(by, Token) and not has_event:
        noted = _event_of(request, server, by, said)

        def event(outcome: Answer | OreprintError) -> Event:
            if isinstance(outcome, OreprintError):
                return noted(f"{status_of(outcome)} {outcome.code}")
            return noted(str(outcome.status))

    answer, is_kept = await server.tenants(do_once, server.registry, asked, effect, event, kept_as=kept_as)
    if is_kept and is_secret:
        body = vault.open(whose, answer.body, now_ms=now_ms())
        if body is None:  # the key that it was sealed with is gone
            raise RefusedError.at("api.key-in-doubt")
        answer = Answer(answer.status, body)
    response = _response(answer)
    if is_secret:
        response.headers["cache-control"] = "no-store"
    return response


async def answer_batched(
    request: Request,
    server: AppState,
    token: Token,
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
    said = request_digest(request)
    asked = _asked_of(request, token.tenant, said)
    event = _event_of(request, server, token, said)
    told = await rounds(BatchedRequest(wanted, event, asked, token.author, recipe, warnings))
    if isinstance(told, OreprintError):
        raise told
    return _response(told)


def _event_of(request: Request, server: AppState, token: Token, said: bytes) -> Callable[[str], Event]:
    """Return the function that makes the event of a write from its outcome."""
    action = f"{request.method} {request.scope['route'].path}"
    now, author = server.registry.runtime.now_ms, token.author
    return lambda outcome: Event(now(), token.tenant, token.id, action, said.hex(), outcome, author)


def _asked_of(request: Request, whose: str, said: bytes) -> KeyedRequest | None:
    """Return a request's idempotency key with what it asks, or None; raise InputError `api.key-form`."""
    key = _key_of(request)
    return None if key is None else KeyedRequest(whose, key, said)


def _key_of(request: Request) -> str | None:
    """Return the idempotency key of a request, or None; raise InputError `api.key-form`."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    key = keys[0]
    if len(keys) > 1 or not (0 < len(key) <= MOST_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise InputError.at("api.key-form", limit=MOST_KEY_CHARACTERS)
    return key


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=JSON)
