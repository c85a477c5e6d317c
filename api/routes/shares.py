"""Private links: an issuer makes, lists and revokes what opens a certificate for one customer, who says what came."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import LinkHolder, Sharer
from api.answers import created, json_response
from api.app_state import AppStateDep
from api.examples import SHARE
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body, needs_no_key
from api.request_body import json_document
from api.routes.certificates import IdempotencyKey
from ledger.changes.share import create_share, list_shares, revoke_share
from ledger.desk.receipt import receive
from ledger.registry.idempotency import Answer
from schemas.answers.contacts import ShipmentReceipt
from schemas.answers.life import NewLink, SharedLinks
from schemas.patterns import SHORT_ID
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
async def share(request: Request, server: AppStateDep, token: Sharer, key: IdempotencyKey = None) -> Response:
    """Make a link that opens a certificate of the token's party for one customer, with the chain as it was granted.

    The registry keeps only a hash of the secret: asking again makes another link, unless it is with the same key.
    """
    del key  # read by `answer_once`
    wanted = await json_document(request, ShareRequest)
    origin = server.parts.origin

    def made() -> Answer:
        return created(create_share(server.registry, wanted, party=token.tenant, origin=origin, by=token.id))

    return await answer_once(request, server, token, made, has_event=True, is_secret=True)


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
    openapi_extra=needs_no_key("a receipt is noted once for each link, and again gets the time of the first."),
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
    openapi_extra=needs_no_key("the address names the link, and it ends once."),
)
def revoke(
    server: AppStateDep,
    token: Sharer,
    share: Annotated[str, Path(description="The link's `id`.", pattern=SHORT_ID, examples=["3f9a0c51d2e7"])],
) -> Response:
    """End a link at once and permanently. What its reader has read already can't be called back."""
    revoke_share(server.registry, share, party=token.tenant, by=token.id)
    return json_response(list_shares(server.registry, token.tenant))
