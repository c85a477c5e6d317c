"""What auditors are shown, every step of every chain whole, and what they say of all certificates at once.

Rules: a step is one issuance (`ledger.bundles.build.step_lines`). A page has whole bundles only. What is shown here is
confidential, so nothing of it is kept by anyone between.  A token's scope alone opens nothing here: its party must be
an auditor that the trust list names now.  A record comes with all leaves of its tree (`schemas.sent_audit`), as bytes.
What lies inside leaves is for who knows a holding of the batch, and needs no token: the auditors of the registry that
the goods went to have none here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Auditor
from api.answers import created, json_response
from api.app_state import AppStateDep
from api.examples import DIGEST
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import LIMITED, binary_body, json_answer_of, json_body, needs_no_key, text_answer
from api.outgoing import SpooledResponse, spooled
from api.rates import address_of
from api.request_body import AUDIT, BUNDLE, JSON, media_type, whole_body
from api.request_body import spooled as received
from api.routes.certificates import IdempotencyKey
from ledger.bundles.build import step_lines
from ledger.changes.audited import check_auditor, insides, post_audit
from ledger.registry.idempotency import Answer
from schemas.answers.records import AuditAnswer, InsideAnswer
from schemas.door import parse_document
from schemas.identifier import MOST_INDEX
from schemas.requests import InsideRequest
from schemas.sent_audit import MOST_SENT_BYTES, SentAudit

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=FastRoute)

PAGE: Final = 64
"""Steps of one answer (limits table)."""
PAGE_BYTES: Final = 4 * 1024 * 1024
"""No step begins behind so many bytes of one answer."""


@router.get(
    "/steps",
    summary="The next steps to judge",
    response_class=Response,
    responses=text_answer("Bundles, one behind the other: JSON lines.", BUNDLE),
)
async def steps(
    server: AppStateDep,
    token: Auditor,
    after: Annotated[
        int, Query(description="Entries to pass over, counted through all logs of the registry.", ge=0, le=MOST_INDEX)
    ] = 0,
    limit: Annotated[int, Query(description="Steps of one answer.", ge=1, le=PAGE)] = PAGE,
) -> Response:
    """Return a bundle of each of the next issuances: every certificate of it whole, with what it takes to judge it.

    The token's party must be an auditor that the trust list names. An empty answer says that there is none yet. The
    next page begins behind the entry of the last step.
    """
    await run_in_threadpool(check_auditor, server.registry, token.tenant)

    def lines() -> Iterator[bytes]:
        return step_lines(server.registry, after, most=limit, most_bytes=PAGE_BYTES)

    found = await spooled(server.lane(token), server.room, lines)
    return SpooledResponse(found, media_type=BUNDLE, headers={"cache-control": "no-store"})


@router.post(
    "/records",
    status_code=201,
    summary="Log an auditor's record",
    responses=json_answer_of(AuditAnswer, description="Logged and durable.", status=201),
    openapi_extra=binary_body(AUDIT),
)
async def records(request: Request, server: AppStateDep, token: Auditor, key: IdempotencyKey = None) -> Response:
    """Log the record of the token's party, an auditor that the trust list names, with the leaves of its tree.

    The body has the signed text on a line, a line for each text of what lies inside leaves, an empty line, the bytes
    of each leaf, and the random leaves that fill the tree. The
    same record again gets the same answer. From now on its leaves are shown with the certificates that they are about.
    """
    del key  # read by `answer_once`
    media_type(request, (AUDIT,))
    # a record is held in memory, so only an auditor's is read
    await run_in_threadpool(check_auditor, server.registry, token.tenant)
    async with received(request, server.room, most=MOST_SENT_BYTES) as body:
        raw = await run_in_threadpool(body.read)

    def logged() -> Answer:
        made = post_audit(server.registry, SentAudit.parse(raw), auditor=token.tenant)
        return created(AuditAnswer(state="logged", digest=made.digest, number=made.number))

    return await answer_once(request, server, token, logged)


@router.post(
    "/inside",
    summary="What lies inside the auditors' leaves about a certificate",
    openapi_extra=json_body([InsideRequest], {"one": {"certificate": DIGEST, "holding": "W" * 60}})
    | needs_no_key("it changes nothing."),
    responses={**json_answer_of(InsideAnswer, description="As auditors sent it."), **LIMITED},
)
async def inside(request: Request, server: AppStateDep) -> Response:
    """Return what auditors found of a batch, to who names a holding of it.

    An auditor of another registry needs it where goods went there, since it is not shown the steps of this one. Who
    knows the text of a holding, used or not, was shown the way of these goods.
    """
    media_type(request, (JSON,))
    server.rates.count("verify", address_of(request))
    asked = parse_document(InsideRequest, await whole_body(request))
    found = await server.strangers(insides, server.registry, asked.certificate, asked.holding)
    return json_response(InsideAnswer(insides=found), headers={"cache-control": "no-store"})
