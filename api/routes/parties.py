"""What a registry knows of the party that a token acts for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Issuer
from api.answers import json_answer
from api.desk import AtDesk
from api.direct import Direct
from ledger.store.engine import reading
from ledger.store.parties import facilities, issuers
from schemas.struct import plain

router = APIRouter(prefix="/v1/party", tags=["holdings"], route_class=Direct)


@router.get("", summary="Who you are here")
async def party(desk: AtDesk, token: Issuer) -> Response:
    """Return the registry's name, and names and plants of the token's party as they must stand on what it signs."""

    def found() -> dict[str, object]:
        with reading(desk.book.engine) as connection:
            issuer = issuers(connection)[token.tenant]
            plants = [plant for owner, plant in facilities(connection).values() if owner == token.tenant]
        return {
            "registry": desk.book.registry,
            "issuer": plain(issuer),
            "facilities": [plain(plant) for plant in plants],
        }

    return json_answer(await run_in_threadpool(found))
