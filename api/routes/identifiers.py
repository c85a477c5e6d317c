"""Identifiers: the GS1 keys of a party's lots and plants, so that a scan of them leads here."""

from __future__ import annotations

from typing import Final, TypeAlias

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Issuer
from api.answers import created
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body
from api.request_body import JSON, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.admin.tokens import Token
from ledger.carrier.gs1 import place_path
from ledger.changes.gs1_keys import identify_lot, identify_place
from ledger.registry.idempotency import Answer
from schemas.answers.records import Identified
from schemas.door import parse_value, validated
from schemas.requests import LotIdentifierRequest, PlaceIdentifierRequest

router = APIRouter(prefix="/v1/identifiers", tags=["resolver"], route_class=FastRoute)

Asked: TypeAlias = LotIdentifierRequest | PlaceIdentifierRequest
EXAMPLES: Final = {
    "lot": {"lot": "OX-17", "gtin": "04006381333931"},
    "plant": {"facility": "https://separation-a.example/plants/1", "gln": "4006381000000"},
}


@router.post(
    "",
    status_code=201,
    summary="Say which GS1 key a lot or a plant bears",
    responses=json_answer_of(Identified, description="Kept.", status=201),
    openapi_extra=json_body([LotIdentifierRequest, PlaceIdentifierRequest], EXAMPLES),
)
async def identifiers(request: Request, server: AppStateDep, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Keep the GTIN of a lot that the token's party made, or the GLN of its plant, for the resolver.

    Whoever knows GTIN and lot finds the public view. A key is of the party that says it first; saying it again changes
    nothing.
    """
    del key
    media_type(request, (JSON,))
    body = await whole_body(request)
    value = parse_value(body, media="json")
    asked: Asked
    if isinstance(value, dict) and "facility" in value:
        asked = validated(PlaceIdentifierRequest, value)
    else:
        asked = validated(LotIdentifierRequest, value)

    def effect() -> Answer:
        path = _said(server, token, asked)
        return created(Identified(path=path, url=f"{server.parts.origin}{path}"))

    return await answer_once(request, server, token, effect)


def _said(server: AppState, token: Token, asked: Asked) -> str:
    match asked:
        case LotIdentifierRequest():
            return identify_lot(
                server.registry, asked.lot, party=token.tenant, gtin=asked.gtin, serial=asked.serial
            ).to_text()
        case PlaceIdentifierRequest():
            path = place_path(asked.gln, extension=asked.extension)
            identify_place(server.registry, asked.facility, party=token.tenant, path=path)
            return path.to_text()
