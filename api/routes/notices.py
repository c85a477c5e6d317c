"""Notices for programs that ask: what their webhooks are sent, in the order in which it happened."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.access import Reader
from api.answers import json_response
from api.app_state import AppStateDep
from api.fast_route import FastRoute
from api.openapi import json_answer_of
from ledger.desk.outbox import list_notices
from schemas.answers.notices import NoticeList

router = APIRouter(prefix="/v1/notices", tags=["notices"], route_class=FastRoute)

PAGE: Final = 100
"""Notices of one answer (limits table)."""


@router.get(
    "",
    summary="What happened that you want to know",
    responses=json_answer_of(NoticeList, description="A page of notices."),
)
def notices(
    server: AppStateDep,
    token: Reader,
    after: Annotated[
        int, Query(description="Only those after this one: the last `number` that you read.", ge=0, le=2**53)
    ] = 0,
    limit: Annotated[int, Query(description="Notices of one answer.", ge=1, le=PAGE)] = PAGE,
) -> Response:
    """Return the notices of the token's party, the oldest first: those that its webhooks are sent, with or without one.

    Nothing is marked as read: ask again with the same `after` and get the same answer, with what came since.
    """
    return json_response(list_notices(server.registry, token.tenant, after=after, limit=limit))
