"""Today: what waits for the person, and what happened."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.desk.access import SignedIn
from api.desk.render import page
from api.desk.router import desk_router

router = desk_router()


@router.get("/desk", name="today")
async def today(request: Request, visit: SignedIn) -> Response:
    """Return what waits for the person."""
    return page(request, visit, "today.html", sections=())
