"""What auditors are shown: every step of every chain, whole, for who has a token for it.

Rules: a step is one issuance (`ledger.bundles.build.step_lines`). A page has whole bundles only. What is shown here is
confidential, so nothing of it is kept by anyone between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.access import Auditor
from api.app_state import AppStateDep
from api.fast_route import FastRoute
from api.openapi import text_answer
from api.outgoing import SpooledResponse, spooled
from api.request_body import BUNDLE
from ledger.bundles.build import step_lines
from schemas.identifier import MOST_INDEX

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=FastRoute)

PAGE: Final = 64
"""Steps of one answer (limits table)."""
PAGE_BYTES: Final = 4 * 1024 * 1024
"""No step begins behind so many bytes of one answer."""


@router.get(
    "/steps",
    summary="The next steps to judge",
    response_class=Response,
    responses=text_answer("Bundles, one behind the other: JSON lines.", BUNDLE),
)
async def steps(
    server: AppStateDep,
    token: Auditor,
    after: Annotated[
        int, Query(description="Entries to pass over, counted through all logs of the registry.", ge=0, le=MOST_INDEX)
    ] = 0,
    limit: Annotated[int, Query(description="Steps of one answer.", ge=1, le=PAGE)] = PAGE,
) -> Response:
    """Return a bundle of each of the next issuances: every certificate of it whole, with what it takes to judge it.

    An empty answer says that there is none yet. The next page begins behind the entry of the last step.
    """

    def lines() -> Iterator[bytes]:
        return step_lines(server.registry, after, most=limit, most_bytes=PAGE_BYTES)

    found = await spooled(server.lane(token), server.room, lines)
    return SpooledResponse(found, media_type=BUNDLE, headers={"cache-control": "no-store"})
