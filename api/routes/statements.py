"""Statements about holdings and lots: signed by the registry that keeps the party's key, or by the party itself."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Speaker, check_scope
from api.answers import created
from api.app_state import AppStateDep
from api.examples import MOVE
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import AWAITS, json_answer_of, json_body
from api.request_body import JSON, JWT, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.admin.tokens import Token
from ledger.client.answers import PartyRequest, answer, kind_of
from ledger.registry.idempotency import Answer
from schemas.answers.life import MoveAnswer, StatusAnswer, UndoAnswer
from schemas.door import parse_document
from schemas.door.encoding import text_of
from schemas.door.limits import MAX_BYTES
from schemas.person import Scope
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

_REQUEST: Final[TypeAdapter[PartyRequest]] = TypeAdapter(StatementRequest)
SCOPE_OF: Final[dict[str, Scope]] = {
    "move": "move",
    "accept": "accept",
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
    responses={
        **json_answer_of(MoveAnswer, StatusAnswer, UndoAnswer, description="Said and durable.", status=201),
        **AWAITS,
    },
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
    sent = await run_in_threadpool(_parsed, token, body, audience if kind == JWT else None)

    if isinstance(sent, MoveRequest):
        await server.tenants(server.sign_lots, token.tenant, [sent.lot])

    def effect() -> Answer:
        status = server.parts.status
        return created(answer(server.registry, sent, party=token.tenant, status=status, author=token.author))

    return await answer_once(request, server, token, effect)


def _parsed(token: Token, body: bytes, audience: Audience | None) -> PartyRequest:
    """Return the request of a body that the token may make; with an `audience`, of one signed statement.

    Doing signed statements twice is doing them once.
    """
    if audience is None:
        sent = parse_document(_REQUEST, body)
    else:
        text = text_of(body, area="file", max_bytes=MAX_BYTES)
        sent = SignedStatements(statement="signed", texts=(text,), audience=audience)
    check_scope(token, SCOPE_OF[kind_of(sent) if isinstance(sent, SignedStatements) else sent.statement])
    return sent
