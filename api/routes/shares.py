"""Private links: an issuer makes, lists and revokes what opens a certificate for one customer, who says what came."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import LinkHolder, Sharer
from api.answers import json_response
from api.app_state import AppStateDep
from api.examples import SHARE
from api.fast_route import FastRoute
from api.openapi import json_answer_of, json_body
from api.request_body import json_document
from ledger.changes.share import create_share, list_shares, revoke_share
from ledger.desk.receipt import receive
from schemas.answers.contacts import ShipmentReceipt
from schemas.answers.life import NewLink, SharedLinks
from schemas.requests import ShareRequest

router = APIRouter(prefix="/v1/shares", tags=["certificates"], route_class=FastRoute)
receipts = APIRouter(prefix="/v1/receipts", tags=["certificates"], route_class=FastRoute)
"""Of its own, because no token opens it, but the secret of a private link."""


@router.post(
    "",
    status_code=201,
    summary="A private link for one customer",
    responses=json_answer_of(NewLink, description="The link. It is shown this once.", status=201),
    openapi_extra=json_body([ShareRequest], {"share": SHARE}),
)
async def share(request: Request, server: AppStateDep, token: Sharer) -> Response:
    """Make a link that opens a certificate of the token's party for one customer, with the chain as it was granted.

    The registry keeps only a hash of the secret, so it can't repeat this answer: asking again makes another link.
    """
    wanted = await json_document(request, ShareRequest)
    made = await run_in_threadpool(
        create_share, server.registry, wanted, party=token.tenant, origin=server.parts.origin, by=token.id
    )
    return json_response(made, status=201, headers={"cache-control": "no-store"})


@router.get(
    "",
    summary="The private links that you have made",
    responses=json_answer_of(SharedLinks, description="The links, without their secrets."),
)
def shares(server: AppStateDep, token: Sharer) -> Response:
    """List the links of the token's party, the newest first, with how often each was opened."""
    return json_response(list_shares(server.registry, token.tenant))


@receipts.post(
    "",
    summary="We received it",
    responses=json_answer_of(ShipmentReceipt, description="When the sender was first told."),
)
async def received(server: AppStateDep, link: LinkHolder) -> Response:
    """Tell the sender that the goods of a shipment came, with the secret of its private link as the token.

    It is a note and moves nothing. A party accepts what was offered to it with its own token. Again is harmless.
    """
    return json_response(await run_in_threadpool(receive, server.registry, link.id))


@router.delete(
    "/{share}",
    summary="End a private link",
    responses=json_answer_of(SharedLinks, description="The links, without their secrets."),
)
def revoke(
    server: AppStateDep,
    token: Sharer,
    share: Annotated[str, Path(description="The link's `id`.", pattern="^[0-9a-f]{12}$", examples=["3f9a0c51d2e7"])],
) -> Response:
    """End a link at once and permanently. What its reader has read already can't be called back."""
    revoke_share(server.registry, share, party=token.tenant, by=token.id)
    return json_response(list_shares(server.registry, token.tenant))
