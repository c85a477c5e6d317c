"""The guard of every request: early refusals, headers that every answer carries, and one line in the log.

Rules: nothing packed comes in (a packed body is small only on the way); an answer begins within the deadline or says
that it didn't, and one that has begun is taken within the time of the connection (`api.server`); whoever is not
answered to the end learns whether something may have been written; a failure of ours is told by its request id and
nothing else. The log has route templates, never paths, queries, headers or bodies: a secret can't get into it. What
this module does not do: reading bodies, or knowing who asks.
"""

from __future__ import annotations

import asyncio
import time
from secrets import token_hex
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import PUBLIC
from api.app_state import AppState
from api.problems import problem_response
from api.sites import preflight, route_of, with_sites
from schemas.problem import InputError, OreprintError, StateError

ANSWER_SECONDS: Final = 30
"""From the request's head to its answer's (limits table)."""
STANDING_HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
)
"""Headers of every answer; a page that needs others sets them itself, and they stay. `api.sites` opens public ones."""
LOG: Final = structlog.get_logger("oreprint.api")


class Guard:
    """The outermost layer around the routes of one server."""

    def __init__(self, app: ASGIApp, server: AppState) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:  # RFC 9110, 9.3.2: as GET, without the content
            scope = {**scope, "method": "GET"}
        answer = _Answer(send, scope, token_hex(16), head=head)
        started = time.perf_counter()
        try:
            await self._guarded(scope, receive, answer)
        finally:
            self._told(scope, answer, time.perf_counter() - started)

    async def _guarded(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        encoding = ", ".join(Headers(scope=scope).getlist("content-encoding"))
        if encoding.strip().lower() not in {"", "identity"}:
            scope["route"] = route_of(scope, scope["method"])
            await self._refuse(InputError.at("api.content-encoding", found=encoding), scope, receive, answer)
            return
        allowed = preflight(scope) if scope["method"] == "OPTIONS" else None
        if allowed is not None:
            await allowed(scope, receive, answer)
            return
        body = _Body(receive)
        try:
            async with asyncio.timeout(ANSWER_SECONDS) as deadline:
                answer.deadline = deadline
                await self._app(scope, body, answer)
        except TimeoutError:
            await self._refuse(_unanswered("api.no-answer", scope, body), scope, receive, answer)
        except asyncio.CancelledError:  # by uvicorn, which stops and has waited as long as it does; the task ends here
            await self._refuse(_unanswered("api.stopping", scope, body), scope, receive, answer)
        except Exception:
            LOG.exception("failed", request=answer.request_id, route=_route(scope))
            told = StateError.at("api.internal")  # the caller learns that it failed, and the log why
            await self._refuse(told, scope, receive, answer)

    async def _refuse(self, error: OreprintError, scope: Scope, receive: Receive, answer: _Answer) -> None:
        answer.deadline = None
        if answer.status is None:
            await problem_response(error, origin=self._server.parts.origin)(scope, receive, answer)

    def _told(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        method, route, status = "HEAD" if answer.head else scope["method"], _route(scope), answer.status or 0
        known = method if method in {"GET", "HEAD", "POST"} else "other"
        self._server.metrics.answered(known, route, status, seconds)
        LOG.info(
            "answered",
            request=answer.request_id,
            method=known,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            tenant=scope.get("state", {}).get("tenant"),
        )


def _unanswered(code: str, scope: Scope, body: _Body) -> StateError:
    """Return the answer to a request that was cut off: `code`, or that its changes may have been kept."""
    method, route = scope["method"], _route(scope)
    reads = method in {"GET", "OPTIONS"} or route == "none" or (method, route) in PUBLIC
    return StateError.at("api.deadline" if body.whole and not reads else code)


class _Body:
    """A `receive` that remembers whether all of the request's body came in."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.whole = message["type"] == "http.request" and not message.get("more_body", False)
        return message


class _Answer:
    """A `send` that adds the headers of every answer and remembers the status; to HEAD it sends no content.

    With the answer's begin its `deadline` is met.
    """

    def __init__(self, send: Send, scope: Scope, request_id: str, *, head: bool) -> None:
        self._send = send
        self._scope = scope
        self.head = head
        self.request_id = request_id
        self.status: int | None = None
        self.deadline: asyncio.Timeout | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.deadline is not None and not self.deadline.expired():
                self.deadline.reschedule(None)
            said = message["headers"]
            there = {name for name, _ in said}
            more = [header for header in STANDING_HEADERS if header[0] not in there]
            message["headers"] = with_sites(self._scope, [*said, *more, (b"x-request-id", self.request_id.encode())])
        elif self.head:
            message = {**message, "body": b""}
        await self._send(message)


def _route(scope: Scope) -> str:
    """Return the template of the route that answered, or a word for none."""
    route = scope.get("route")
    return getattr(route, "path", "none")
