"""Statements about holdings and lots: signed by the registry that keeps the party's key, or by the party itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Speaker, check_scope
from api.answers import created
from api.app_state import AppState, AppStateDep
from api.examples import MOVE, MOVE_ANSWER
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body
from api.request_body import JSON, JWT, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.admin.tokens import Scope, Token
from ledger.changes.undo import undo, undo_signed
from ledger.changes.withdraw import lift, post_change, suspend, withdraw
from ledger.client.answers import changed, moved, undone
from ledger.registry.idempotency import Answer
from ledger.seal.statement import statement_kind
from ledger.transfers.moving import post_moves
from ledger.transfers.ship import Dispatch, accept, cancel, ship, stranger
from schemas.answers import AnswerDocument
from schemas.answers.life import MoveAnswer, StatusAnswer, UndoAnswer
from schemas.door import parse_document
from schemas.door.encoding import text_of
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError, Problem
from schemas.quantity import milligrams
from schemas.requests import (
    AcceptRequest,
    CancelRequest,
    MoveRequest,
    SignedStatements,
    StatementRequest,
    StatusRequest,
    UndoRequest,
)
from schemas.vocabulary import Audience

router = APIRouter(prefix="/v1/statements", tags=["holdings"], route_class=FastRoute)

Asked = MoveRequest | AcceptRequest | CancelRequest | StatusRequest | UndoRequest | SignedStatements
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
    responses=json_answer_of(
        MoveAnswer, StatusAnswer, UndoAnswer, description="Said and durable.", status=201, example=MOVE_ANSWER
    ),
    openapi_extra=json_body(
        [MoveRequest, AcceptRequest, CancelRequest, StatusRequest, UndoRequest, SignedStatements],
        {
            "move": MOVE,
            "signed": {"statement": "signed", "texts": ["eyJhbGciOiJFZERTQSIs...~WyJ...~"]},
            "accept": {"statement": "accept", "lot": "OX-17"},
            "cancel": {"statement": "cancel"},
            "withdraw": {"statement": "withdraw", "lot": "OX-16", "reason": "The assay was wrong."},
            "undo": {"statement": "undo", "lot": "OX-16"},
        },
        also=JWT,
    ),
)
async def statements(
    request: Request,
    server: AppStateDep,
    token: Speaker,
    audience: Annotated[
        Audience, Query(description="Of a signed move: as whom its consignee may see the certificate.")
    ] = "partner",
    key: IdempotencyKey = None,
) -> Response:
    """Say something about what the token's party holds or made; the registry signs with the key that it keeps for it.

    A party that keeps its own key has what it wants to say drafted (`POST /v1/drafts`), signs it, and sends it as
    `signed`; one statement may also be sent as `application/jwt`. A withdrawal and the like is sent as it was signed; a
    move followed by `~`, the text of the holding that it creates, and `~`; an undo by the text of each holding that
    comes back. A move is logged when its consignee accepts it, one back to its owner at once: it cancels an offer.
    """
    del key  # read by `answer_once`
    kind = media_type(request, (JSON, JWT))
    body = await whole_body(request)
    if kind == JWT:
        text = text_of(body, area="file", max_bytes=MAX_BYTES)
        sent = SignedStatements(statement="signed", texts=(text,), audience=audience)
        say, repeatable = await run_in_threadpool(_signed, server, token, sent), True
    else:
        say, repeatable = await run_in_threadpool(_asked, server, token, body)

    async def effect() -> Answer:
        return created(await server.tenants(say))

    return await answer_once(request, server, token, body, effect=effect, repeatable=repeatable)


def _asked(server: AppState, token: Token, body: bytes) -> tuple[Callable[[], AnswerDocument], bool]:
    """Return what a JSON statement does, and whether doing it twice is doing it once; check the token's scope first."""
    asked = parse_document(_REQUEST, body)
    if isinstance(asked, SignedStatements):
        return _signed(server, token, asked), True
    check_scope(token, SCOPE_OF[asked.statement])
    registry, status, party = server.registry, server.parts.status, token.tenant
    match asked:
        case MoveRequest():
            dispatch = dispatch_of(asked, party)
            return lambda: moved("offered", [ship(registry, dispatch)], strangers(server, asked.to)), False
        case AcceptRequest():
            return lambda: moved("accepted", accept(registry, consignee=party, lot=asked.lot)), False
        case CancelRequest():
            return lambda: moved("cancelled", cancel(registry, sender=party, lot=asked.lot)), False
        case StatusRequest():
            change = {"withdraw": withdraw, "suspend": suspend, "lift": lift}[asked.statement]
            return lambda: changed(change(registry, asked.lot, issuer=party, reason=asked.reason, status=status)), False
        case UndoRequest():
            return lambda: undone(undo(registry, asked.lot, producer=party, status=status)), False


def _signed(server: AppState, token: Token, sent: SignedStatements) -> Callable[[], AnswerDocument]:
    """Return what signed statements of one kind do, once it is clear that the token may say such."""
    kind = statement_kind(sent.texts[0].partition("~")[0])
    check_scope(token, SCOPE_OF[kind])
    registry, status, party = server.registry, server.parts.status, token.tenant
    match kind:
        case "move":
            return lambda: _moves(server, party, sent)
        case "withdraw" | "suspend" | "lift":
            return lambda: changed(post_change(registry, *sent.texts, kind=kind, issuer=party, status=status))
        case "undo":
            if len(sent.texts) > 1:
                raise InputError.at("life.one-run", "texts")
            return lambda: undone(undo_signed(registry, sent.texts[0], producer=party, status=status))


def _moves(server: AppState, party: str, sent: SignedStatements) -> AnswerDocument:
    made = post_moves(server.registry, *sent.texts, owner=party, audience=sent.audience)
    if made.cancelled:
        return moved("cancelled", made.shipments)
    return moved("offered", made.shipments, strangers(server, made.shipments[0].consignee))


def strangers(server: AppState, to: str) -> list[Problem]:
    """Return what the sender of an offer is to be warned of."""
    unknown = stranger(server.registry, to, place="to")
    return [] if unknown is None else [unknown]


def dispatch_of(asked: MoveRequest, sender: str) -> Dispatch:
    """Return what is to be offered."""
    mass, unit = (None, None) if asked.mass is None else (milligrams(asked.mass.amount), asked.mass.unit)
    return Dispatch(asked.lot, sender, asked.to, mass, asked.audience, unit=unit)
