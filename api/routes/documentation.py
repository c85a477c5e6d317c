"""The OpenAPI document: made once, and the same for everybody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.fast_route import FastRoute
from api.openapi import OpenApiText, written

router = APIRouter(route_class=FastRoute, include_in_schema=False)

FOR_MINUTES = "public, max-age=300"
"""How long it may be kept without asking: it changes with a release."""


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Return the document; 304 to whoever has it."""
    state = request.app.state
    document: OpenApiText | None = getattr(state, "openapi", None)
    if document is None:  # in the one loop, so that no two threads make it
        document = state.openapi = written(request.app, origin=state.server.parts.origin)
    headers = {"cache-control": FOR_MINUTES, "etag": document.tag}
    if request.headers.get("if-none-match") == document.tag:
        return Response(status_code=304, headers=headers)
    return Response(document.content, headers=headers, media_type="application/json")
