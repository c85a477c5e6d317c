"""Attestations: what a third party says of somebody's certificate or run; in JSON where the registry keeps its key, else as it signed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Issuer, check_tenant
from api.desk import AtDesk, Desk
from api.direct import Direct
from api.examples import DIGEST
from api.intake import JSON, JWT, media_type, whole_body
from api.once import once
from api.openapi import json_body
from api.routes.certificates import IdempotencyKey
from ledger.answers import Answer
from ledger.attest import attest, post_attestation
from ledger.seal.attestation import open_attestation
from schemas.door import parse_document
from schemas.door.encoding import text_of
from schemas.door.limits import MAX_BYTES
from schemas.requests import AttestationRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.attest import Attested
    from ledger.tokens import Token

router = APIRouter(prefix="/v1/attestations", tags=["attestations"], route_class=Direct)

EXAMPLES: Final = {
    "figure": {
        "certificate": DIGEST,
        "of": "run",
        "scopes": ["figure", "mass-balance"],
        "level": "limited",
        "criteria": ["ISO 14064-3:2019", "ISO 14067:2018"],
    },
    "closed branch": {
        "certificate": DIGEST,
        "scopes": ["closed-branch"],
        "level": "reasonable",
        "criteria": ["ISO 14064-3:2019"],
        "branches": [{"input": 2, "certificates": 5}],
    },
}
ANSWER: Final = {"state": "logged", "digest": DIGEST, "attestation": "eyJhbGciOiJFZERTQSIs..."}


@router.post(
    "",
    status_code=201,
    summary="Attest a certificate or a run",
    openapi_extra=json_body([AttestationRequest], EXAMPLES, also=JWT, answer=ANSWER),
)
async def attestations(request: Request, desk: AtDesk, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Log what the token's party attests of a certificate that it didn't make; the trust list must name it for all that it says.

    The registry signs with the key that it keeps for it; what an attestor signed itself, at a place of `POST /v1/status-entries`, is
    sent as `application/jwt`.  An attestation is withdrawn like a lot, by its digest.
    """
    del key  # read by `once`
    kind = media_type(request, (JSON, JWT))
    body = await whole_body(request)
    say = _signed(desk, token, body) if kind == JWT else _custodial(desk, token, body)

    async def effect() -> Answer:
        return await desk.tenants(say)

    return await once(request, desk, token, body, effect=effect, repeatable=kind == JWT)


def _custodial(desk: Desk, token: Token, body: bytes) -> Callable[[], Answer]:
    asked = parse_document(AttestationRequest, body)
    return lambda: _logged(attest(desk.book, asked, attestor=token.tenant))


def _signed(desk: Desk, token: Token, body: bytes) -> Callable[[], Answer]:
    text = text_of(body, area="file", max_bytes=MAX_BYTES)
    check_tenant(token, open_attestation(text).record.attestor.did)
    return lambda: _logged(post_attestation(desk.book, text))


def _logged(made: Attested) -> Answer:
    return Answer(201, orjson.dumps({"state": "logged", "digest": made.digest, "attestation": made.text}))
