"""A witness or a monitor over HTTP: ``POST add-checkpoint`` of c2sp.org/tlog-witness, and nothing else.

Rules: the body is bounded while it is read; the answer is the one that the protocol has.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledger.log.witness import MOST_REQUEST_BYTES, WitnessReply


def create_cosigner(add: Callable[[bytes], WitnessReply]) -> Starlette:
    """Return the application that answers requests to cosign by `add`."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_REQUEST_BYTES:
                break  # long enough to be refused
        reply = await run_in_threadpool(add, bytes(body))
        return Response(reply.body, reply.status, headers={"content-type": reply.media})

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])
