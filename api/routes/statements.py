"""Statements: what a party says about what it holds; in JSON where the registry keeps its key, else as it signed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Speaker, check_scope, check_tenant
from api.desk import AtDesk, Desk
from api.direct import Direct
from api.examples import MOVE, MOVE_ANSWER
from api.intake import JSON, JWT, media_type, whole_body
from api.once import once
from api.openapi import json_body
from api.routes.certificates import IdempotencyKey
from ledger.answers import Answer
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.seal.statement import open_statement, statement_kind
from ledger.ship import Dispatch, accept, cancel, offer_signed, ship
from ledger.undo import undo, undo_signed
from ledger.withdraw import lift, post_change, suspend, withdraw
from schemas.door import parse_document
from schemas.door.encoding import text_of
from schemas.door.limits import MAX_BYTES
from schemas.quantity import kg_text, milligrams
from schemas.requests import (
    AcceptRequest,
    CancelRequest,
    MoveRequest,
    StatementRequest,
    StatusRequest,
    UndoRequest,
)
from schemas.vocabulary import Audience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.ship import Shipment
    from ledger.tokens import Scope, Token
    from ledger.undo import Undone
    from ledger.withdraw import Changed

router = APIRouter(prefix="/v1/statements", tags=["holdings"], route_class=Direct)

Asked = MoveRequest | AcceptRequest | CancelRequest | StatusRequest | UndoRequest
_REQUEST: Final[TypeAdapter[Asked]] = TypeAdapter(StatementRequest)
SCOPE_OF: Final[dict[str, Scope]] = {
    "move": "move",
    "accept": "move",
    "cancel": "move",
    "withdraw": "withdraw",
    "suspend": "withdraw",
    "lift": "withdraw",
    "undo": "withdraw",
}
"""The scope that a token needs to say something."""


@router.post(
    "",
    status_code=201,
    summary="Move, accept, cancel, withdraw, suspend, lift, undo",
    openapi_extra=json_body(
        [MoveRequest, AcceptRequest, CancelRequest, StatusRequest, UndoRequest],
        {
            "move": MOVE,
            "accept": {"statement": "accept", "lot": "OX-17"},
            "cancel": {"statement": "cancel"},
            "withdraw": {"statement": "withdraw", "lot": "OX-16", "reason": "The assay was wrong."},
            "undo": {"statement": "undo", "lot": "OX-16"},
        },
        also=JWT,
        answer=MOVE_ANSWER,
    ),
)
async def statements(
    request: Request,
    desk: AtDesk,
    token: Speaker,
    audience: Annotated[
        Audience, Query(description="Of a signed move: as whom its consignee may see the certificate.")
    ] = "partner",
    key: IdempotencyKey = None,
) -> Response:
    """Say something about what the token's party holds or made; the registry signs with the key that it keeps for it.

    What a party signed itself is sent as `application/jwt`: a withdrawal and the like as it is; a move followed by `~`, the
    text of the holding that it creates, and `~`; an undo by the text of each holding that comes back.  A move is logged when its
    consignee accepts it.
    """
    del key  # read by `once`
    kind = media_type(request, (JSON, JWT))
    body = await whole_body(request)
    if kind == JWT:
        say = await run_in_threadpool(_signed, desk, token, body, audience)
    else:
        say = await run_in_threadpool(_custodial, desk, token, body)

    async def effect() -> Answer:
        return await desk.tenants(say)

    return await once(request, desk, token, body, effect=effect, repeatable=kind == JWT)


def _custodial(desk: Desk, token: Token, body: bytes) -> Callable[[], Answer]:
    """Return what a JSON statement does, once it is clear that the token may say it."""
    asked = parse_document(_REQUEST, body)
    check_scope(token, SCOPE_OF[asked.statement])
    book, status, party = desk.book, desk.parts.status, token.tenant
    match asked:
        case MoveRequest():
            mass, unit = (None, None) if asked.mass is None else (milligrams(asked.mass.amount), asked.mass.unit)
            wanted = Dispatch(asked.lot, party, asked.to, mass, asked.audience, unit=unit)
            return lambda: _moved("offered", [ship(book, wanted)])
        case AcceptRequest():
            return lambda: _moved("accepted", accept(book, consignee=party, lot=asked.lot))
        case CancelRequest():
            return lambda: _moved("cancelled", cancel(book, sender=party, lot=asked.lot))
        case StatusRequest():
            change = {"withdraw": withdraw, "suspend": suspend, "lift": lift}[asked.statement]
            return lambda: _changed(change(book, asked.lot, issuer=party, reason=asked.reason, status=status))
        case UndoRequest():
            return lambda: _undone(undo(book, asked.lot, producer=party, status=status))


def _signed(desk: Desk, token: Token, body: bytes, audience: Audience) -> Callable[[], Answer]:
    """Return what a signed statement does, once it is clear that the token's party signed it."""
    text = text_of(body, area="file", max_bytes=MAX_BYTES)
    kind = statement_kind(text.partition("~")[0])
    check_scope(token, SCOPE_OF[kind])
    book, status = desk.book, desk.parts.status
    match kind:
        case "move":
            return lambda: _moved("offered", [offer_signed(book, text, owner=token.tenant, audience=audience)])
        case "withdraw" | "suspend" | "lift":
            check_tenant(token, open_statement(text, kind=kind).jws.did)
            return lambda: _changed(post_change(book, text, kind=kind, status=status))
        case "undo":
            return lambda: _undone(undo_signed(book, text, producer=token.tenant, status=status))


def _moved(state: str, made: Sequence[Shipment]) -> Answer:
    shipments = [
        {
            "lot": each.lot.lot,
            "certificate": None if each.lot.certificate is None else certificate_digest_text(each.lot.certificate),
            "from": each.sender,
            "to": each.consignee,
            "mass_kg": kg_text(each.mass_mg),
            "moves": [to_base64url(digest) for digest in each.moves],
        }
        for each in made
    ]
    return Answer(201, orjson.dumps({"state": state, "shipments": shipments}))


def _changed(made: Changed) -> Answer:
    told = {"state": made.kind, "lot": made.name, "certificates": made.certificates, "statements": made.statements}
    return Answer(201, orjson.dumps(told))


def _undone(made: Undone) -> Answer:
    told = {"state": "undo", "run": made.run, "lots": made.lots, "certificates": made.certificates}
    back = [{"lot": each.lot, "mass_kg": kg_text(each.held.mass_mg)} for each in made.returned]
    return Answer(201, orjson.dumps({**told, "returned": back, "statements": [made.statement]}))
