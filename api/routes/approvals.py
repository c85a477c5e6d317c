"""Approvals: what waits for a second person, and that person's decision."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.access import Approver, Reader
from api.answers import done, json_response
from api.app_state import AppStateDep
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body
from api.request_body import json_document
from api.routes.certificates import IdempotencyKey
from ledger.desk.approvals import Approval, Compared, approve, compared, listed, send_back
from ledger.registry.approval import APPROVED_MS
from schemas.answers.approvals import ApprovalAnswer, ApprovalDetails, ApprovalDifference, ApprovalList, ApprovalState
from schemas.instant import time_text
from schemas.patterns import SHORT_ID
from schemas.requests import ApprovalDecision

router = APIRouter(prefix="/v1/approvals", tags=["approvals"], route_class=FastRoute)

ApprovalId = Annotated[str, Path(description="The approval's `id`.", pattern=SHORT_ID, examples=["3f9a0c51d2e7"])]


@router.get("", summary="What needs two persons", responses=json_answer_of(ApprovalList, description="The approvals."))
def approvals(
    server: AppStateDep,
    token: Reader,
    state: Annotated[ApprovalState | None, Query(description="Only those in this state.")] = None,
) -> Response:
    """List the approvals of the token's party, the oldest of them first."""
    rows = listed(server.registry, token.tenant, state)
    return json_response(ApprovalList(approvals=tuple(map(_told, rows))))


@router.get(
    "/{approval}", summary="All that an approval binds", responses=json_answer_of(ApprovalDetails, description="It.")
)
def approval(server: AppStateDep, token: Reader, approval: ApprovalId) -> Response:
    """Return an approval with the record and figures that it binds, and what differs from the last approved one."""
    found = compared(server.registry, approval, party=token.tenant)
    return json_response(_details(found))


@router.post(
    "/{approval}",
    summary="Approve it, or return it with a note",
    responses=json_answer_of(ApprovalAnswer, description="Decided. Who asked for it now sends it again."),
    openapi_extra=json_body([ApprovalDecision], {"approve": {"decision": "approve"}}),
)
async def decide_approval(
    request: Request, server: AppStateDep, token: Approver, approval: ApprovalId, key: IdempotencyKey = None
) -> Response:
    """Decide about what somebody else asked for. An approval counts once, for exactly this, for 72 hours."""
    del key  # read by `answer_once`
    wanted = await json_document(request, ApprovalDecision)

    def decided() -> Approval:
        if wanted.decision == "approve":
            return approve(server.registry, approval, party=token.tenant, by=token.author)
        return send_back(server.registry, approval, party=token.tenant, by=token.author, note=wanted.note or "")

    return await answer_once(request, server, token, lambda: done(_told(decided())), has_event=True)


def _told(row: Approval) -> ApprovalAnswer:
    decided = row.decided_ms
    return ApprovalAnswer(
        id=row.id,
        state=row.state if row.used is None else "used",
        verb=row.verb,
        subject=row.subject,
        author=row.author,
        asked=time_text(row.asked_ms),
        approver=row.approver,
        decided=None if decided is None else time_text(decided),
        expires=time_text(decided + APPROVED_MS) if decided is not None and row.state == "approved" else None,
        note=row.note,
    )


def _details(found: Compared) -> ApprovalDetails:
    return ApprovalDetails(
        **_told(found.row).model_dump(),
        parts=json.loads(found.row.parts),
        differences=tuple(ApprovalDifference(place=each.place, was=each.was, now=each.now) for each in found.changes),
        new_findings=found.new_findings,
        kg_co2e_per_kg_more=None if found.effect is None else f"{found.effect:+f}",
    )
