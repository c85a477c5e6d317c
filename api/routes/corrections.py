"""Corrections: certificates that follow others, from a record or already signed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Issuer, check_tenant
from api.answers import issued
from api.app_state import AppStateDep
from api.examples import CERTIFICATES_ANSWER, RECORD, SIGNED
from api.fast_route import FastRoute
from api.idempotent import answer_batched, answer_once
from api.openapi import json_answer_of, json_body
from api.request_body import JSON, media_type, whole_body
from api.routes.certificates import IdempotencyKey, issued_or_signed
from ledger.issuing.correct import correct
from ledger.issuing.submit import SentIssuance
from ledger.registry.idempotency import Answer
from schemas.answers.certificates import IssueAnswer
from schemas.record import InstrumentRecord, ProductionRecord
from schemas.requests import SignedIssuance

router = APIRouter(prefix="/v1/corrections", tags=["certificates"], route_class=FastRoute)


@router.post(
    "",
    status_code=201,
    summary="Correct certificates",
    responses=json_answer_of(
        IssueAnswer, description="Corrected, logged and durable.", status=201, example=CERTIFICATES_ANSWER
    ),
    openapi_extra=json_body(
        [ProductionRecord, InstrumentRecord, SignedIssuance],
        {"record": RECORD, "signed": {name: value for name, value in SIGNED.items() if name != "holdings"}},
    ),
)
async def corrections(request: Request, desk: AppStateDep, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Correct the certificates of a run: from the corrected production record (the registry signs with the producer's key that it
    keeps), or from a run that its producer sealed and signed itself, on what `POST /v1/drafts` returned.

    Words and inventory lines may change, nothing else. The certificates before are superseded at once.
    """  # noqa: D205 - one thought
    del key  # read by `answer_once`
    media_type(request, (JSON,))
    body = await whole_body(request)
    document = issued_or_signed(body)
    if isinstance(document, SignedIssuance):
        wanted = SentIssuance(document, token.tenant, corrects=True)
        answer = await answer_batched(request, desk, token, body, wanted, desk.submit)
        await desk.tenants(desk.publish)  # a crash before leaves lists that the next publication brings up to date
        return answer
    check_tenant(token, document.producer)

    def corrected() -> Answer:
        made = correct(desk.registry, document, tables=desk.parts.tables, status=desk.parts.status)
        proof = made.proof()
        state = desk.registry.state(proof.index, made.head) if made.unchanged else "logged"
        return Answer(201, issued(made, proof, state=state, origin=desk.parts.origin))

    async def effect() -> Answer:
        return await desk.tenants(corrected)

    return await answer_once(request, desk, token, body, effect=effect, repeatable=True)
