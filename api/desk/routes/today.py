"""Today: what waits for the person, and what happened."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import SignedIn, desk_router
from api.desk.render import page
from api.desk.routes.approvals import approvals_today
from api.desk.routes.drafts import runs_today
from api.desk.routes.incoming import incoming_today
from api.desk.routes.notices import notices_today
from api.desk.routes.recipes_today import recipes_today

router = desk_router()


@router.get("/desk", name="today")
def today(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the list of everything that waits for the person."""
    parts = (runs_today, incoming_today, approvals_today, recipes_today, notices_today)
    sections = [each(request, server, visit) for each in parts]
    return page(request, visit, "today.html", sections=[each for each in sections if each is not None])
