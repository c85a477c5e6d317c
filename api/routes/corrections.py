"""Corrections: certificates that follow others, from a record or already signed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Issuer, check_tenant
from api.answers import created, issued
from api.app_state import AppStateDep
from api.examples import RECORD, SIGNED
from api.fast_route import FastRoute
from api.idempotent import answer_batched, answer_once
from api.openapi import AWAITS, json_answer_of, json_body
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
    responses={
        **json_answer_of(IssueAnswer, description="Corrected, logged and durable.", status=201),
        **AWAITS,
    },
    openapi_extra=json_body(
        [ProductionRecord, InstrumentRecord, SignedIssuance],
        {"record": RECORD, "signed": {name: value for name, value in SIGNED.items() if name != "holdings"}},
    ),
)
async def corrections(request: Request, server: AppStateDep, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Correct the certificates of a run, from its record or from a run that its producer sealed and signed itself.

    With a record, the registry signs with the producer's key that it keeps. A signed run follows what `POST /v1/drafts`
    returned. Words and inventory lines may change, nothing else. The certificates before are superseded at once.
    """
    del key  # read by `answer_once`
    media_type(request, (JSON,))
    body = await whole_body(request)
    document = issued_or_signed(body)
    if isinstance(document, SignedIssuance):
        wanted = SentIssuance(document, token.tenant, corrects=True)
        answer = await answer_batched(request, server, token, wanted, server.submit)
        # a crash before this leaves lists that the next publication brings up to date
        await server.tenants(server.publish_changed)
        return answer
    check_tenant(token, document.producer)

    def corrected() -> Answer:
        made = correct(
            server.registry, document, tables=server.parts.tables, status=server.parts.status, author=token.author
        )
        proof = made.proof()
        state = server.registry.state(proof.index, made.head) if made.unchanged else "logged"
        return created(issued(made, proof, state=state, origin=server.parts.origin))

    return await answer_once(request, server, token, corrected)
