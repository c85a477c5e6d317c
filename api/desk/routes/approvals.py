"""Approvals: what waits for a second person, how it differs from the last approved one, and the decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import SignedIn, Visit, needs, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, part, see_other
from api.desk.router import desk_router
from ledger.desk.approvals import MOST_NOTE, Approval, approve, compared, figures, listed, send_back, waiting
from ledger.desk.people import names_of
from schemas.instant import instant_text, whole_second
from schemas.problem import AccessError, OreprintError

router = desk_router()

Approver = Annotated[Visit, Depends(needs("approve"))]
ApprovalId = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]
_SHOWN: Final = 20
"""Own requests that the page shows."""


def approvals_today(request: Request, server: AppState, visit: Visit) -> Markup | None:
    """Return the section of Today: what the person may decide about, and what became of what it asked for."""
    party, own = visit.person.party, visit.person.author
    waits = listed(server.registry, party, "waiting") if visit.may("approve") else []
    due = [each for each in waits if each.author != own]
    asked = listed(server.registry, party, author=own)
    mine = [each for each in asked if each.used is None and each.state != "void"]
    if not due and not mine:
        return None
    return part(request, visit, "approvals-today.html", due=len(due), mine=mine)


@router.get("/desk/approvals")
async def approvals(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Show what waits, grouped by difference, the largest effect on the footprint first; and the person's requests."""
    registry, person = server.registry, visit.person

    def found() -> Mapping[str, Any]:
        groups = waiting(registry, person.party)
        mine = listed(registry, person.party, author=person.author)
        return {"groups": groups, "mine": mine[: -_SHOWN - 1 : -1], "names": names_of(registry, person.party)}

    return page(request, visit, "approvals.html", at=_at, **await run_in_threadpool(found))


@router.get("/desk/approvals/{approval}")
async def approval(request: Request, server: AppStateDep, visit: SignedIn, approval: ApprovalId) -> Response:
    """Show all that an approval binds, and what differs from the last approved one."""
    return await run_in_threadpool(_shown, request, server, visit, approval)


@router.post("/desk/approvals/{approval}")
async def decide(request: Request, server: AppStateDep, visit: Approver, approval: ApprovalId) -> Response:
    """Approve exactly this, or return it with a note."""
    form = FormReader(await posted(request, visit, fields={"decision", "note"}))
    prove_first(visit, f"/desk/approvals/{approval}")
    wanted = form.chosen("decision", ("approve", "return"))
    note = form.text("note", most=MOST_NOTE, required=wanted == "return")
    party, by = visit.person.party, visit.person.author

    def decided() -> Response:
        try:
            form.check()
            if wanted == "approve":
                approve(server.registry, approval, party=party, by=by)
            else:
                send_back(server.registry, approval, party=party, by=by, note=note)
        except OreprintError as error:
            return _shown(request, server, visit, approval, error=error, note=note)
        return see_other("/desk/approvals")

    return await run_in_threadpool(decided)


def _shown(
    request: Request, server: AppState, visit: Visit, which: str, *, error: OreprintError | None = None, note: str = ""
) -> Response:
    registry, party = server.registry, visit.person.party
    found = compared(registry, which, party=party)
    status = 200 if error is None else 403 if isinstance(error, AccessError) else 422
    return page(
        request,
        visit,
        "approval.html",
        status=status,
        problems=() if error is None else error.problems,
        found=found,
        row=found.row,
        parts=json.loads(found.row.parts),
        figures=figures(found.row),
        names=names_of(registry, party),
        decides=_decides(visit, found.row),
        note=note,
        at=_at,
    )


def _decides(visit: Visit, row: Approval) -> bool:
    """Tell whether the page offers the person a decision; whether it may decide, the ledger says."""
    return row.state == "waiting" and visit.may("approve") and row.author != visit.person.author


def _at(ms: int) -> str:
    return instant_text(whole_second(ms))
