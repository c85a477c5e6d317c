"""Drafts: what a party that keeps its own key has to sign to say something; the registry signs nothing here."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from api.access import Speaker, check_scope
from api.answers import created
from api.app_state import AppStateDep
from api.examples import MOVE
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body
from api.request_body import JSON, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from api.routes.statements import SCOPE_OF
from ledger.client.answers import Draftable, draft
from ledger.registry.idempotency import Answer
from schemas.answers.life import CorrectableRun, Drafts
from schemas.door import parse_document
from schemas.requests import CancelRequest, CorrectionRequest, DraftRequest, MoveRequest, StatusRequest, UndoRequest

router = APIRouter(prefix="/v1/drafts", tags=["holdings"], route_class=FastRoute)

_REQUEST: Final[TypeAdapter[Draftable]] = TypeAdapter(DraftRequest)


@router.post(
    "",
    status_code=201,
    summary="Statements to sign with your own key",
    responses=json_answer_of(Drafts, CorrectableRun, description="Nothing is signed or said yet.", status=201),
    openapi_extra=json_body(
        [MoveRequest, CancelRequest, StatusRequest, UndoRequest, CorrectionRequest],
        {
            "move": MOVE,
            "cancel": {"statement": "cancel"},
            "withdraw": {"statement": "withdraw", "lot": "OX-16", "reason": "The assay was wrong."},
            "undo": {"statement": "undo", "lot": "OX-16"},
            "correct": {"statement": "correct", "facility": "https://separation-a.example/plants/1", "lots": ["OX-17"]},
        },
    ),
)
async def drafts_to_sign(request: Request, server: AppStateDep, token: Speaker, key: IdempotencyKey = None) -> Response:
    """Return the statements to sign, as this registry would sign them, for a party that keeps its own key.

    Check them, sign them, keep what you signed, and send it to `POST /v1/statements`: `{"statement": "signed", "texts":
    [...]}`. Nothing changes hands and nothing is said before that; a mass is split to just what is asked for. Of a
    correction, the run that it follows is returned, all of it: its producer computes and signs the corrected run, and
    sends it to `POST /v1/corrections`.
    """
    del key  # read by `answer_once`
    media_type(request, (JSON,))
    body = await whole_body(request)
    asked = parse_document(_REQUEST, body)
    check_scope(token, "issue" if asked.statement == "correct" else SCOPE_OF[asked.statement])

    def effect() -> Answer:
        return created(draft(server.registry, asked, party=token.tenant))

    return await answer_once(request, server, token, effect)
