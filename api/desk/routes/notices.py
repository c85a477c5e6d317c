"""Notices: the counters of Today, which a visible page asks for again, and the addresses for notices.

Rules: counters change nothing, and asking for them does not keep a session open (`api.desk.access`). Only the operator
adds an address; an admin sees the party's own, stops one, and sends a test.
"""

from __future__ import annotations

from fastapi import Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Admin, SignedIn, Visit, desk_router, posted
from api.desk.render import FRAGMENT_HEADERS, page, part, see_other
from ledger.desk.hooks import list_hooks, send_test, stop_hook
from ledger.desk.outbox import latest_notices, news_count
from schemas.instant import time_text

router = desk_router()
SHOWN = 10
"""Notices on Today."""
HOOKS = "/desk/admin/hooks"


def notices_today(request: Request, server: AppState, visit: Visit) -> Markup:
    """Return the section of Today with the counters and the last notices."""
    party = visit.party
    return part(
        request,
        visit,
        "notices.html",
        news=news_count(server.registry, party),
        notices=[(each, time_text(each.at_ms)) for each in latest_notices(server.registry, party, last=SHOWN)],
        as_of=time_text(server.registry.runtime.now_ms())[11:16],
    )


@router.get("/desk/counters", name="counters")
def refreshed(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the section again, for a page that is visible."""
    found = notices_today(request, server, visit)
    return Response(found, 200, FRAGMENT_HEADERS, "text/html; charset=utf-8")


@router.get(HOOKS, name="hooks")
def hooks(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Return where the party's notices are sent."""
    found = list_hooks(server.registry, visit.party)
    return page(request, visit, "hooks.html", hooks=found, tested="tested" in request.query_params)


@router.post(f"{HOOKS}/test", name="test-hooks")
async def ask_test(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Send a test to all hooks of the party."""
    await posted(request, visit, fields=())
    await run_in_threadpool(send_test, server.registry, party=visit.party, by=visit.author)
    return see_other(f"{HOOKS}?tested=1")


@router.post(f"{HOOKS}/{{hook}}/stop", name="stop-hook")
async def stop(request: Request, server: AppStateDep, hook: str, visit: Admin) -> Response:
    """Send nothing more to a hook."""
    await posted(request, visit, fields=())
    await run_in_threadpool(stop_hook, server.registry, hook, party=visit.party, by=visit.author)
    return see_other(HOOKS)
