"""Today: what waits for the person, and what happened."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import SignedIn
from api.desk.render import page
from api.desk.router import desk_router
from api.desk.routes.incoming import incoming_today

router = desk_router()


@router.get("/desk", name="today")
async def today(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return what waits for the person."""
    sections = [
        await run_in_threadpool(incoming_today, request, server, visit),
    ]
    return page(request, visit, "today.html", sections=[each for each in sections if each is not None])
