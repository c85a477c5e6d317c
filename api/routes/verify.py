"""Verification of what somebody brings: a certificate, a presentation, a bundle, or a PDF with one of them attached."""

from __future__ import annotations

from typing import IO, Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.openapi import LIMITED, json_answer_of, needs_no_key, text_body
from api.rates import address_of
from api.request_body import BUNDLE, CERTIFICATES, JSON, PDF_TYPE, lines, media_type, spooled, whole_body
from ledger.files.attached import MOST_PDF_BYTES, attached_record
from ledger.seal.sdjwt import MOST_TEXT_BYTES
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from schemas.instant import epoch_ms
from schemas.report import Report

router = APIRouter(prefix="/v1/verify", tags=["verification"], route_class=FastRoute)


@router.post(
    "",
    summary="Verify a certificate, a presentation, a bundle, or the record attached to a PDF",
    openapi_extra=text_body(*CERTIFICATES, BUNDLE, PDF_TYPE) | needs_no_key("it changes nothing."),
    responses={**json_answer_of(Report, description="The report, whatever its verdict."), **LIMITED},
)
async def verify(
    request: Request,
    server: AppStateDep,
    at: Annotated[
        str | None,
        Query(description="Judge as of this time.", examples=["2026-03-31T17:05:00Z"], min_length=20, max_length=20),
    ] = None,
    require_chain: Annotated[bool, Query(description="Less than the whole chain is not enough.")] = False,
    require_audit: Annotated[
        bool, Query(description="Fewer auditors of the chain than the trust list requires are not enough.")
    ] = False,
) -> Response:
    """Judge what is in the body and answer 200 with the report; 4xx only if it is no such document.

    Everything is judged by this registry's trust list, and with what this registry knows today of withdrawn lots, also
    of hidden ones.  A lone certificate of this registry is completed from its log. Another one is judged alone, which
    is never enough. Of a PDF the attached record is judged, and not what it prints.
    """
    kind = media_type(request, (*CERTIFICATES, BUNDLE, PDF_TYPE))
    server.rates.count("verify", address_of(request))
    at_ms = server.registry.runtime.now_ms() if at is None else epoch_ms(at)
    policy = Policy(at_ms=at_ms, require_chain=require_chain, require_audit=require_audit)
    if kind == BUNDLE:
        async with spooled(request, server.room) as file:
            return Response(await server.strangers(_bundle, server, file, policy), media_type=JSON)
    if kind == PDF_TYPE:
        return Response(
            await server.strangers(_printed, server, await whole_body(request, most=MOST_PDF_BYTES), policy),
            media_type=JSON,
        )
    body = await whole_body(request, most=MOST_TEXT_BYTES)
    return Response(await server.strangers(_certificate, server, body, policy), media_type=JSON)


def _bundle(server: AppState, file: IO[bytes], policy: Policy) -> bytes:
    return report(server.verifier.judge(lines(file), policy)).to_bytes()


def _printed(server: AppState, body: bytes, policy: Policy) -> bytes:
    """Return the report on the record that is attached to a PDF."""
    chain = server.verifier.judge_file(attached_record(body), policy).chain
    chain.printed = True
    return report(chain).to_bytes()


def _certificate(server: AppState, body: bytes, policy: Policy) -> bytes:
    return report(server.verifier.judge_file(body, policy).chain).to_bytes()
