"""Party rules: what needs a second person, how long runs are held, how far a scale may differ, and when names go."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Admin, SignedIn, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from ledger.desk.approvals import lone_approvers, set_two_persons, two_persons
from ledger.desk.forgetting import NEVER, forget_days, set_forget_days
from ledger.desk.held import hold_minutes, set_hold_minutes
from ledger.desk.incoming import scale_tolerance, set_scale_tolerance
from ledger.registry.approval import MODES
from schemas.problem import OreprintError
from schemas.quantity import plain

router = desk_router()
_MOST_DIGITS = 9


@router.get("/desk/admin/rules")
def rules(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Show the rule of two persons; an admin may change it."""
    return _shown(request, server, visit)


@router.post("/desk/admin/rules")
async def change(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Change the rule of two persons; a weaker one may wait for a second person."""
    form = FormReader(await posted(request, visit, fields={"two-persons"}))
    mode = form.chosen("two-persons", MODES)
    return await _changed(request, server, visit, form, lambda: set_two_persons(server.registry, mode, **_by(visit)))


@router.post("/desk/admin/rules/hold")
async def change_hold(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Change how long runs are held before they are signed."""
    form = FormReader(await posted(request, visit, fields={"minutes"}))
    text = form.text("minutes", most=_MOST_DIGITS)
    minutes = int(text) if text.isascii() and text.isdecimal() else -1
    return await _changed(
        request, server, visit, form, lambda: set_hold_minutes(server.registry, minutes, **_by(visit))
    )


@router.post("/desk/admin/rules/tolerance")
async def change_tolerance(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Change by how many percent the scale may differ from the mass of an offer."""
    form = FormReader(await posted(request, visit, fields={"tolerance"}))
    percent = form.text("tolerance", most=_MOST_DIGITS)
    return await _changed(
        request, server, visit, form, lambda: set_scale_tolerance(server.registry, percent, **_by(visit))
    )


@router.post("/desk/admin/rules/forget")
async def change_forgetting(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Change after how many days the names of ended people and customers go."""
    form = FormReader(await posted(request, visit, fields={"days"}))
    days = form.text("days", most=_MOST_DIGITS, required=False)
    return await _changed(
        request, server, visit, form, lambda: set_forget_days(server.registry, days or NEVER, **_by(visit))
    )


def _by(visit: Visit) -> dict[str, str]:
    """Return whose rule is changed, and by whom."""
    return {"party": visit.party, "by": visit.author}


async def _changed(
    request: Request, server: AppState, visit: Visit, form: FormReader, change: Callable[[], object]
) -> Response:
    """Change a rule after a fresh proof, and show the rules again: with the problem, if it was refused."""
    prove_first(visit, "/desk/admin/rules")

    def done() -> Response:
        try:
            form.check()
            change()
        except OreprintError as error:
            return _shown(request, server, visit, error=error)
        return see_other("/desk/admin/rules")

    return await run_in_threadpool(done)


def _shown(request: Request, server: AppState, visit: Visit, *, error: OreprintError | None = None) -> Response:
    registry, party = server.registry, visit.party
    return page(
        request,
        visit,
        "party-rules.html",
        status=200 if error is None else 422,
        problems=() if error is None else error.problems,
        mode=two_persons(registry, party),
        lone_approvers=lone_approvers(registry, party),
        minutes=hold_minutes(registry, party),
        tolerance=plain(scale_tolerance(registry, party)),
        days=forget_days(registry, party),
    )
