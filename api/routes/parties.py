"""The registry's own data about the party that a token acts for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import Admin, Speaker
from api.answers import json_response
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.openapi import json_answer_of, text_answer
from api.outgoing import SpooledResponse, spooled
from ledger.desk.leaving import party_files, zipped
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


@router.get(
    "/everything",
    summary="All that you own and may see here",
    response_class=Response,
    responses=text_answer("An archive; its README.md explains each file.", "application/zip", binary=True),
)
async def everything(server: AppStateDep, token: Admin) -> Response:
    """Return an archive of all that the token's party owns and may see, in open formats, with a manifest of hashes.

    It has certificates, bundles, recipes, workbooks, shipments, people and events, as `oreprint export everything`
    writes them. Passwords, private keys and the secrets of tokens and links are not in it.
    """
    return await leaving_archive(server, token.tenant)


async def leaving_archive(server: AppState, party: str) -> Response:
    """Return the archive of all that a party owns and may see."""
    found = await spooled(server.tenants, server.room, lambda: zipped(party_files(server.registry, party)))
    headers = {"content-disposition": 'attachment; filename="everything.zip"', "cache-control": "no-store"}
    return SpooledResponse(found, media_type="application/zip", headers=headers)
