"""Attestations: logged as their attestor signed them, or signed by the registry that keeps the attestor's key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Issuer, check_tenant
from api.answers import created
from api.app_state import AppState, AppStateDep
from api.examples import DIGEST
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import AWAITS, json_answer_of, json_body
from api.request_body import JSON, JWT, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.admin.tokens import Token
from ledger.changes.attest import LoggedAttestation, attest, post_attestation
from ledger.registry.idempotency import Answer
from ledger.seal.attestation import open_attestation
from schemas.answers.records import AttestationAnswer
from schemas.door import JsonValue, parse_value, validated
from schemas.door.encoding import text_of
from schemas.door.limits import MAX_BYTES
from schemas.requests import AttestationRequest, SignedAttestation

router = APIRouter(prefix="/v1/attestations", tags=["attestations"], route_class=FastRoute)

EXAMPLES: Final = {
    "figure": {
        "certificate": DIGEST,
        "of": "run",
        "scopes": ["figure", "mass-balance"],
        "level": "limited",
        "criteria": ["ISO 14064-3:2019", "ISO 14067:2018"],
        "shown": "eyJhbGciOiJFZERTQSIs...~WyJ...~",
    },
    "closed branch": {
        "certificate": DIGEST,
        "scopes": ["closed-branch"],
        "level": "reasonable",
        "criteria": ["ISO 14064-3:2019"],
        "branches": [{"input": 2, "certificates": 5}],
        "shown": "eyJhbGciOiJFZERTQSIs...~WyJ...~",
    },
    "signed": {"attestation": "eyJhbGciOiJFZERTQSIs...", "shown": "eyJhbGciOiJFZERTQSIs...~WyJ...~"},
}


@router.post(
    "",
    status_code=201,
    summary="Attest a certificate or a run",
    responses={
        **json_answer_of(AttestationAnswer, description="Logged and durable.", status=201),
        **AWAITS,
    },
    openapi_extra=json_body([AttestationRequest, SignedAttestation], EXAMPLES, also=JWT),
)
async def attestations(request: Request, server: AppStateDep, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Log what the token's party attests about somebody else's certificate; the trust list must allow it each scope.

    The registry signs with the key that it keeps for it. What an attestor signed itself, at a place of `POST
    /v1/status-entries`, is sent in `attestation`, or alone as `application/jwt`. Who attests figures, a mass balance or
    closed branches sends in `shown` the certificate with all that it was shown of its run, unless this registry shows
    it that; it is looked at and not kept. An attestation is withdrawn like a lot, by its digest.
    """
    del key  # read by `answer_once`
    kind = media_type(request, (JSON, JWT))
    body = await whole_body(request)
    asked = text_of(body, area="file", max_bytes=MAX_BYTES) if kind == JWT else _document(body)
    effect = _say(server, token, asked)
    return await answer_once(request, server, token, effect)


def _document(body: bytes) -> AttestationRequest | SignedAttestation:
    """Return what was sent as JSON: a signed attestation comes in a member of that name."""
    value: JsonValue = parse_value(body, media="json", max_string=MAX_BYTES)
    if isinstance(value, dict) and "attestation" in value:
        return validated(SignedAttestation, value)
    return validated(AttestationRequest, value)


def _say(server: AppState, token: Token, asked: AttestationRequest | SignedAttestation | str) -> Callable[[], Answer]:
    """Return the function that logs a statement: a request to sign, or a signed one."""
    if isinstance(asked, AttestationRequest):
        return lambda: _logged(attest(server.registry, asked, attestor=token.tenant, author=token.author))
    text, shown = (asked, None) if isinstance(asked, str) else (asked.attestation, asked.shown)
    check_tenant(token, open_attestation(text).record.attestor.did)
    return lambda: _logged(post_attestation(server.registry, text, shown=shown, author=token.author))


def _logged(made: LoggedAttestation) -> Answer:
    return created(AttestationAnswer(state="logged", digest=made.digest, attestation=made.text))
