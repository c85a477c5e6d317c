"""Holdings: what a party has, split to exactly what it wants to use, and places for what it is about to sign."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access import Issuer, Reader
from api.answers import json_response
from api.app_state import AppStateDep
from api.examples import SPLIT
from api.fast_route import FastRoute
from api.idempotent import answer_batched
from api.openapi import json_answer_of, json_body
from api.request_body import JSON, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.client.answers import lot_left
from ledger.issuing.reserve import ReserveRequest, StatusSlotsRequest
from ledger.lots.balance import holdings_of, holdings_page
from ledger.lots.energy_instruments import entered_statement
from schemas.answers.life import EnteredStatement, Holdings, SplitAnswer, StatusEntries
from schemas.door import parse_document
from schemas.patterns import LOT_CURSOR
from schemas.quantity import milligrams
from schemas.requests import SplitRequest, StatusEntriesRequest

router = APIRouter(prefix="/v1", tags=["holdings"], route_class=FastRoute)

PAGE: Final = 100
"""Lots of one answer (limits table)."""
MOST_WORDS: Final = 600
"""Characters of a scheme's or a statement's name in a question: as many as a record may have (`schemas.name.Words`)."""


@router.get(
    "/holdings",
    summary="What you hold, lot by lot",
    responses=json_answer_of(Holdings, description="What is left, lot by lot."),
)
def holdings(
    server: AppStateDep,
    token: Reader,
    lot: Annotated[
        str | None, Query(description="One lot, or its certificate's digest.", min_length=1, max_length=64)
    ] = None,
    limit: Annotated[int, Query(description="Lots of one answer.", ge=1, le=PAGE)] = PAGE,
    after: Annotated[
        str | None, Query(description="Where the page begins: `next` of the page before.", pattern=LOT_CURSOR)
    ] = None,
) -> Response:
    """Return the unused mass of each lot that the token's party holds or held, in total and by element.

    Pages are in a fixed order, which is not that of the log, and a page costs the same however many there are.
    """
    if lot is not None:
        return json_response(
            Holdings(holdings=tuple(map(lot_left, holdings_of(server.registry, token.tenant, lot=lot))))
        )
    page = holdings_page(server.registry, token.tenant, after=after, most=limit)
    return json_response(Holdings(holdings=tuple(map(lot_left, page.lots)), next=page.next))


@router.get(
    "/instruments",
    summary="The state of a scheme's statement for you",
    responses=json_answer_of(EnteredStatement, description="The state of the statement."),
)
def instruments(
    server: AppStateDep,
    token: Reader,
    scheme: Annotated[str, Query(description="The scheme, as lines name it.", min_length=1, max_length=MOST_WORDS)],
    statement: Annotated[str, Query(description="Its statement.", min_length=1, max_length=MOST_WORDS)],
) -> Response:
    """Return the lot and certificate of a statement whose kWh the token's party holds or held.

    If nobody has entered the statement, the answer says so. If it was entered before and freed by an undo, the answer
    names that undo (`after`).
    """
    found = entered_statement(server.registry, scheme, statement, party=token.tenant)
    return json_response(found)


@router.post(
    "/splits",
    status_code=201,
    summary="Holdings of exactly a mass",
    responses=json_answer_of(SplitAnswer, description="Split, logged and durable.", status=201),
    openapi_extra=json_body([SplitRequest], {"split": SPLIT}),
)
async def splits(request: Request, server: AppStateDep, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Split what the token's party holds of a lot until some of its holdings have exactly the mass together.

    Owner and registry stay.  Asking again gets the same holdings while they are unused, so use each answer once.
    """
    del key
    media_type(request, (JSON,))
    body = await whole_body(request)
    asked = parse_document(SplitRequest, body)

    wanted = ReserveRequest(token.tenant, asked.lot, milligrams(asked.mass.amount), asked.mass.unit)
    return await answer_batched(request, server, token, wanted, server.reserve_holdings)


@router.post(
    "/status-entries",
    status_code=201,
    summary="Places in the status lists",
    responses=json_answer_of(StatusEntries, description="Kept for you.", status=201),
    openapi_extra=json_body([StatusEntriesRequest], {"one": {"count": 1}}),
)
async def status_entries(request: Request, server: AppStateDep, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Keep places for certificates that the token's party is about to sign; each is random and nobody else's.

    Sign within a day: a place is kept for that day and the week in which what is signed may be logged, and may be
    another's after.
    """
    del key
    media_type(request, (JSON,))
    body = await whole_body(request)
    asked = parse_document(StatusEntriesRequest, body)

    return await answer_batched(
        request, server, token, StatusSlotsRequest(token.tenant, asked.count), server.reserve_slots
    )
