"""Contacts of the token's party, what its guests hold, and shipments of several lots to one customer."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.access import Mover, Sharer
from api.answers import created, done, json_response
from api.app_state import AppStateDep
from api.examples import CONTACT, SHIPMENT
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body, needs_no_key
from api.request_body import json_document
from api.routes.certificates import IdempotencyKey
from ledger.desk.contacts import (
    add_contact,
    claim_code,
    decide_claim,
    end_contact,
    goods_back,
    list_contacts,
    list_guest_requests,
    open_claim,
)
from ledger.desk.shipping import link_shipment, list_shipments, ship_lots
from ledger.registry.idempotency import Answer
from schemas.answers.contacts import (
    ClaimCode,
    Contact,
    Contacts,
    GuestRequest,
    GuestRequests,
    MadeShipment,
    MadeShipments,
)
from schemas.contact import ClaimDecision, ClaimRequest, ContactRequest, ReturnRequest, ShipmentRequest
from schemas.patterns import SHORT_ID

router = APIRouter(prefix="/v1", tags=["contacts"], route_class=FastRoute)

_DID: Final = "did:web:metal-a.example"
ContactId = Annotated[str, Path(description="The contact's `id`.", pattern=SHORT_ID, examples=["3f9a0c51d2e7"])]


@router.get(
    "/contacts",
    summary="Your customers, by name",
    responses=json_answer_of(Contacts, description="The contacts that have not ended."),
)
def contacts(server: AppStateDep, token: Mover) -> Response:
    """List the contacts of the token's party."""
    return json_response(list_contacts(server.registry, token.tenant))


@router.post(
    "/contacts",
    status_code=201,
    summary="Add a customer",
    responses=json_answer_of(Contact, description="The contact.", status=201),
    openapi_extra=json_body([ContactRequest], {"guest": CONTACT, "party": {**CONTACT, "did": _DID}}),
)
async def add(request: Request, server: AppStateDep, token: Mover, key: IdempotencyKey = None) -> Response:
    """Add a contact. One without a DID is a guest: the registry makes a key and holds for it."""
    del key  # read by `answer_once`, as below
    wanted = await json_document(request, ContactRequest)

    def added() -> Answer:
        return created(add_contact(server.registry, wanted, party=token.tenant, by=token.id))

    return await answer_once(request, server, token, added, has_event=True)


@router.delete(
    "/contacts/{contact}",
    summary="End a contact",
    responses=json_answer_of(Contact, description="The contact as it was."),
    openapi_extra=needs_no_key("the address names the contact, and it ends once."),
)
def end(server: AppStateDep, token: Mover, contact: ContactId) -> Response:
    """End a contact: nothing is shipped to it any more. What a guest holds stays held."""
    return json_response(end_contact(server.registry, contact, party=token.tenant, by=token.id))


@router.post(
    "/contacts/{contact}/claim-code",
    status_code=201,
    summary="A code with which a guest's customer claims its goods",
    responses=json_answer_of(ClaimCode, description="The code. It is shown this once.", status=201),
)
async def code(
    request: Request, server: AppStateDep, token: Mover, contact: ContactId, key: IdempotencyKey = None
) -> Response:
    """Make the code with which the customer, once it is a party here, claims what the guest holds."""
    del key

    def made() -> Answer:
        return created(claim_code(server.registry, contact, party=token.tenant, by=token.id))

    return await answer_once(request, server, token, made, has_event=True, is_secret=True)


@router.post(
    "/contacts/{contact}/claims",
    status_code=201,
    summary="Confirm or decline a claim",
    responses=json_answer_of(GuestRequest, description="The claim.", status=201),
    openapi_extra=json_body([ClaimDecision], {"confirm": {"claimant": _DID, "confirm": True}}),
)
async def answer_claim(
    request: Request, server: AppStateDep, token: Mover, contact: ContactId, key: IdempotencyKey = None
) -> Response:
    """Say whether the party that claims a guest's goods is the customer. The operator settles what is confirmed."""
    del key
    wanted = await json_document(request, ClaimDecision)

    def decided() -> Answer:
        registry, claimant = server.registry, wanted.claimant
        return created(
            decide_claim(registry, contact, claimant, confirm=wanted.confirm, party=token.tenant, by=token.id)
        )

    return await answer_once(request, server, token, decided, has_event=True)


@router.post(
    "/contacts/{contact}/returns",
    status_code=201,
    summary="Goods came back from a guest",
    responses=json_answer_of(GuestRequest, description="The return. The operator settles it.", status=201),
    openapi_extra=json_body([ReturnRequest], {"return": {"lot": "OX-17", "mass": "20 kg"}}),
)
async def returned(
    request: Request, server: AppStateDep, token: Mover, contact: ContactId, key: IdempotencyKey = None
) -> Response:
    """Say that goods came back. They are yours again once the operator has settled it."""
    del key
    wanted = await json_document(request, ReturnRequest)

    def noted() -> Answer:
        return created(goods_back(server.registry, contact, wanted, party=token.tenant, by=token.id))

    return await answer_once(request, server, token, noted, has_event=True)


@router.get(
    "/guest-requests",
    summary="Returns and claims",
    responses=json_answer_of(GuestRequests, description="Yours, the oldest first."),
)
def guest_requests(server: AppStateDep, token: Mover) -> Response:
    """List the returns and claims of the token's party: those out of its guests, then those that it opened."""
    return json_response(list_guest_requests(server.registry, token.tenant))


@router.post(
    "/claims",
    status_code=201,
    summary="Claim what is held for you as a guest",
    responses=json_answer_of(GuestRequest, description="The claim. It waits for the sender's word.", status=201),
    openapi_extra=json_body([ClaimRequest], {"claim": {"code": "orec_..."}}),
)
async def claim(request: Request, server: AppStateDep, token: Mover, key: IdempotencyKey = None) -> Response:
    """Claim with the code that the sender of the goods gave you. It counts once; the sender confirms you by name."""
    del key
    wanted = await json_document(request, ClaimRequest)

    def opened() -> Answer:
        return created(open_claim(server.registry, wanted.code, claimant=token.tenant, by=token.id))

    return await answer_once(request, server, token, opened, has_event=True)


@router.post(
    "/shipments",
    status_code=201,
    summary="Ship lots to one customer",
    responses=json_answer_of(MadeShipment, description="Shipped and durable. Links are shown this once.", status=201),
    openapi_extra=json_body([ShipmentRequest], {"shipment": SHIPMENT}),
)
async def ship(request: Request, server: AppStateDep, token: Mover, key: IdempotencyKey = None) -> Response:
    """Ship lots to a contact, all or none, with private links to their certificates.

    To a guest they are moved at once, to anybody else they are offered.
    """
    del key
    wanted = await json_document(request, ShipmentRequest)
    origin = server.parts.origin
    await server.tenants(server.sign_lots, token.tenant, [each.lot for each in wanted.lots])

    def shipped() -> Answer:
        return created(ship_lots(server.registry, wanted, party=token.tenant, origin=origin, by=token.id))

    return await answer_once(request, server, token, shipped, has_event=True, is_secret=True)


@router.get(
    "/shipments",
    summary="Your shipments",
    responses=json_answer_of(MadeShipments, description="The newest shipments, without the secrets of their links."),
)
def shipments(
    server: AppStateDep,
    token: Mover,
    contact: Annotated[
        str | None, Query(description="Only those to this contact, by its `id`.", pattern=SHORT_ID)
    ] = None,
) -> Response:
    """List the shipments of the token's party, the newest first."""
    return json_response(list_shipments(server.registry, token.tenant, contact=contact))


@router.post(
    "/shipments/{shipment}/links",
    summary="Make the private links of a shipment",
    responses=json_answer_of(MadeShipment, description="The shipment. Links are shown this once."),
)
async def shipment_links(
    request: Request,
    server: AppStateDep,
    token: Sharer,
    shipment: Annotated[str, Path(description="The shipment's `id`.", pattern=SHORT_ID)],
    key: IdempotencyKey = None,
) -> Response:
    """Make private links to the lots of a shipment that have none, such as one that a workbook made."""
    del key
    origin = server.parts.origin

    def linked() -> Answer:
        return done(link_shipment(server.registry, token.tenant, shipment, origin=origin, by=token.id))

    return await answer_once(request, server, token, linked, has_event=True, is_secret=True)
