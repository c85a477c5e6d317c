"""Approvals: what waits for a second person, how it differs from the last approved one, and the decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Approver, SignedIn, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, part, see_other
from api.desk.routes.uploads import issue_rows
from ledger.desk.approvals import (
    MOST_NOTE,
    Approval,
    Group,
    approval_refusal,
    approve,
    compared,
    figures,
    listed,
    send_back,
    waiting,
)
from ledger.desk.approved import Place, check_may_do, do_approved, place_of, requests_of, rows_to_issue, to_do
from ledger.desk.people import names_of
from ledger.desk.uploads import IssueWish
from ledger.registry.approval import APPROVED_MS, UnapprovedError
from schemas.instant import time_text
from schemas.patterns import SHORT_ID
from schemas.problem import AccessError, MissingError, OreprintError, StateError

router = desk_router()

ApprovalId = Annotated[str, Path(pattern=SHORT_ID)]
_SHOWN: Final = 20
"""Own requests that the page shows."""


def approvals_today(request: Request, server: AppState, visit: Visit) -> Markup | None:
    """Return the section of Today: acts that the person may decide about, and the state of its own requests."""
    party, own = visit.party, visit.author
    waits = listed(server.registry, party, "waiting") if visit.may("approve") else []
    due = [each for each in waits if each.author != own]
    mine = requests_of(server.registry, visit.person)
    if not due and not mine:
        return None
    names = names_of(server.registry, party)
    return part(request, visit, "approvals-today.html", due=len(due), mine=mine, names=names, at=time_text)


@router.get("/desk/approvals")
def approvals(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Show what waits, grouped by difference, the largest effect on the footprint first; and the person's requests."""
    registry, person = server.registry, visit.person

    def found() -> Mapping[str, Any]:
        groups = [each for group in waiting(registry, person.party) if (each := _of_others(group, person.author)).acts]
        mine = listed(registry, person.party, author=person.author)
        done = [each for each in mine if each.used is not None or each.state == "void"]
        open_ones = requests_of(registry, person)
        return {
            "groups": groups,
            "mine": open_ones,
            "done": done[: -_SHOWN - 1 : -1],
            "names": names_of(registry, person.party),
        }

    return page(request, visit, "approvals.html", at=time_text, **found())


def _of_others(group: Group, author: str) -> Group:
    """Return a group without the person's own requests, which it can't approve."""
    return group._replace(acts=tuple(each for each in group.acts if each.row.author != author))


@router.get("/desk/approvals/{approval}")
def approval(request: Request, server: AppStateDep, visit: SignedIn, approval: ApprovalId) -> Response:
    """Show all that an approval binds, and what differs from the last approved one."""
    return _shown(request, server, visit, approval)


@router.post("/desk/approvals/{approval}")
async def decide(request: Request, server: AppStateDep, visit: Approver, approval: ApprovalId) -> Response:
    """Approve exactly this, or return it with a note."""
    form = FormReader(await posted(request, visit, fields={"decision", "note"}))
    prove_first(visit, f"/desk/approvals/{approval}")
    wanted = form.chosen("decision", ("approve", "return"))
    note = form.text("note", most=MOST_NOTE, required=wanted == "return")
    party, by = visit.party, visit.author

    def decided() -> Response:
        try:
            form.check()
            if wanted == "approve":
                approve(server.registry, approval, party=party, by=by)
            else:
                send_back(server.registry, approval, party=party, by=by, note=note)
        except OreprintError as error:
            return _shown(request, server, visit, approval, error=error, note=note)
        return see_other(f"/desk/approvals/{approval}")  # which says who acts now

    return await run_in_threadpool(decided)


@router.post("/desk/approvals/{approval}/do", name="do-approved")
async def do(request: Request, server: AppStateDep, visit: SignedIn, approval: ApprovalId) -> Response:
    """Carry out an approved act as it was requested. If something differs by now, it needs another approval."""
    await posted(request, visit, fields=())
    registry, person = server.registry, visit.person

    def where() -> tuple[Approval, Place | None]:
        row = compared(registry, approval, party=person.party).row
        check_may_do(person, row)
        return row, place_of(registry, row)

    try:
        row, place = await run_in_threadpool(where)
        if row.verb != "issue":
            prove_first(visit, f"/desk/approvals/{approval}")
        if place is not None and place.kind == "upload":
            rows = await run_in_threadpool(rows_to_issue, registry, row, person, place.id)
            wish = IssueWish("ready", confirmed=True, by=person.author, may_ship=visit.may("move"), rows=rows)
            return await issue_rows(request, server, visit, place.id, wish)
        found = await run_in_threadpool(
            do_approved, registry, row, person, tables=server.parts.tables, status=server.parts.status
        )
    except UnapprovedError as error:
        return await run_in_threadpool(_shown, request, server, visit, error.row.id, error=error)
    except OreprintError as error:
        if isinstance(error, MissingError | StateError):
            raise
        return await run_in_threadpool(_shown, request, server, visit, approval, error=error)
    await run_in_threadpool(server.publish_new)
    return see_other(_PATHS[found.kind].format(found.id))


_PATHS: Final[Mapping[str, str]] = {
    "draft": "/desk/drafts/{}",
    "upload": "/desk/uploads/{}",
    "certificate": "/desk/certificates/{}",
    "people": "/desk/admin/people",
    "rules": "/desk/admin/rules",
}
"""The screen of each kind of place."""


def _shown(
    request: Request, server: AppState, visit: Visit, which: str, *, error: OreprintError | None = None, note: str = ""
) -> Response:
    registry, party = server.registry, visit.party
    found = compared(registry, which, party=party)
    status = 200 if error is None else 403 if isinstance(error, AccessError) else 422
    waits = listed(registry, party, "waiting") if visit.may("approve") else []
    others = [each for each in waits if each.author != visit.author and each.id != which]
    refusal = approval_refusal(registry, found.row, visit.author)
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
        decides=_decides(visit, found.row) and refusal is None,
        refusal=refusal.problems[0] if refusal and _decides(visit, found.row) else None,
        doable=found.row in to_do(registry, visit.person),
        own=found.row.author == visit.author,
        until="" if found.row.decided_ms is None else time_text(found.row.decided_ms + APPROVED_MS),
        next=others[0].id if others else None,
        note=note,
        at=time_text,
    )


def _decides(visit: Visit, row: Approval) -> bool:
    """Return whether the page offers the person a decision; whether it may decide, the ledger says."""
    return row.state == "waiting" and visit.may("approve") and row.author != visit.author
