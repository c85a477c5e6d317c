"""The registry's own data about the party that a token acts for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import Speaker
from api.answers import json_response
from api.app_state import AppStateDep
from api.fast_route import FastRoute
from api.openapi import json_answer_of
from ledger.registry.parties import membership
from schemas.answers.life import Membership

router = APIRouter(prefix="/v1/party", tags=["holdings"], route_class=FastRoute)


@router.get(
    "", summary="Who you are here", responses=json_answer_of(Membership, description="Who your token acts for.")
)
def party(server: AppStateDep, token: Speaker) -> Response:
    """Return the registry's name, and the names and plants that the token's party puts on what it signs."""
    found = membership(server.registry, token.tenant)
    return json_response(found)
