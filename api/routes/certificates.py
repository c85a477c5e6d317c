"""Certificates: issued from a record or taken in already signed, and shown as far as the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Caller, Issuer, check_tenant
from api.desk import AtDesk, Desk
from api.direct import Direct
from api.examples import CERTIFICATES_ANSWER, INSTRUMENT, RECORD, SIGNED
from api.intake import BUNDLE, JSON, media_type, whole_body
from api.once import in_round
from api.openapi import json_body
from api.outgoing import SpooledResponse, spooled
from api.views import PUBLIC, arrived, view_of
from ledger.bundle import bundle_lines
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.presentation import present
from ledger.store.engine import reading
from ledger.store.reading import certificate as stored_certificate
from ledger.submit import Submission
from ledger.verify.graph import bundle_graph
from schemas.door import parse_value, validated
from schemas.door.limits import MAX_BYTES
from schemas.record import InstrumentRecord, ProductionRecord, written_run
from schemas.requests import SignedIssuance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.bundle import View
    from ledger.tokens import Token
    from schemas.door import JsonValue

router = APIRouter(prefix="/v1/certificates", tags=["certificates"], route_class=Direct)

Digest = Annotated[
    str,
    Path(
        description="The certificate's digest, as it stands in links and codes.",
        examples=["zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"],
        min_length=47,
        max_length=47,
        pattern="^zQm[1-9A-HJ-NP-Za-km-z]{44}$",
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same key and body get the same answer.", max_length=255),
]
CERTIFICATE_TYPE: Final = "application/vc+sd-jwt"
COMMITTED: Final[dict[int | str, dict[str, Any]]] = {
    201: {"description": "Issued, logged and durable.", "content": {JSON: {"example": CERTIFICATES_ANSWER}}}
}


@router.post(
    "",
    status_code=201,
    summary="Issue certificates",
    responses=COMMITTED,
    openapi_extra=json_body(
        [ProductionRecord, InstrumentRecord, SignedIssuance],
        {"record": RECORD, "instrument": INSTRUMENT, "signed": SIGNED},
    ),
)
async def issue(request: Request, desk: AtDesk, token: Issuer, key: IdempotencyKey = None) -> Response:
    """Issue the certificates of a run: from a production record (the registry signs with the producer's key that it
    keeps), or from a run that its producer sealed and signed itself.

    The same record or the same signed bytes again get the first answer, proven to the log's head of the moment.
    """  # noqa: D205 - one thought
    del key  # read by `in_round`
    media_type(request, (JSON,))
    body = await whole_body(request)
    document = issued_or_signed(body)
    if isinstance(document, SignedIssuance):
        return await in_round(request, desk, token, body, Submission(document, token.tenant), desk.submit)
    check_tenant(token, document.producer)
    return await in_round(request, desk, token, body, document, desk.issue)


def issued_or_signed(body: bytes) -> ProductionRecord | SignedIssuance:
    """Return what was sent: a run that is signed already has its certificates with it."""
    value: JsonValue = parse_value(body, media="json", max_string=MAX_BYTES)
    if isinstance(value, dict) and "certificates" in value:
        return validated(SignedIssuance, value)
    return written_run(value)


@router.get("/{digest}", summary="A certificate, as far as you may see it", response_class=Response)
async def certificate(desk: AtDesk, digest: Digest, token: Caller) -> Response:
    """Return the certificate's text: the public view, or with a token what its party made or was granted.

    Of a lot that came from another registry its holder gets the public view of what it came with.
    """

    def found() -> str:
        came = arrived(desk.book, digest, token)
        if came is not None:
            return came
        view = view_of(desk.book, digest, token)
        with reading(desk.book.engine) as connection:
            stored = stored_certificate(connection, certificate_digest_bytes(digest))
        return present(stored.text, show=view.audience).text

    return Response(await run_in_threadpool(found), media_type=CERTIFICATE_TYPE)


@router.get("/{digest}/verification", summary="What this registry finds when it verifies the certificate")
async def verification(desk: AtDesk, digest: Digest, token: Caller) -> Response:
    """Return the report (`oreprint schema report`) on what the caller may see; its verdict is never in the HTTP status.

    Of a chain of more than 500 certificates the nearest 500 are judged, and the report says that the chain is partial: take the bundle
    and verify it with `oreprint verify`.
    """
    told = desk.reports.seen(digest, PUBLIC) if token is None else None
    text = told.text if told is not None else await desk.lane(token)(_report, desk, digest, token)
    return Response(text, media_type=JSON)


@router.get("/{digest}/chain", summary="The chain behind the certificate, as a graph")
async def chain(desk: AtDesk, digest: Digest, token: Caller) -> Response:
    """Return batches and branches as far as the caller may see; what is withheld is there as withheld."""

    def found() -> bytes:
        view = view_of(desk.book, digest, token)
        lines = bundle_lines(desk.book, digest, audience=view)
        return bundle_graph(lines, desk.parts.tables, desk.reports.trust()).to_bytes()

    return Response(await desk.lane(token)(found), media_type=JSON)


@router.get("/{digest}/bundle", summary="One offline file for the whole chain", response_class=Response)
async def bundle(
    desk: AtDesk,
    digest: Digest,
    token: Caller,
    own: Annotated[bool, Query(description="Also show the caller's own holding, for incoming goods.")] = False,
) -> Response:
    """Return a bundle of what the caller may see: certificates, paths, proofs and status lists."""
    holder = token.tenant if own and token is not None else None

    def lines() -> Iterator[bytes]:
        return bundle_lines(desk.book, digest, audience=view_of(desk.book, digest, token), holder=holder)

    found = await spooled(desk.lane(token), desk.room, lines)
    name = f'attachment; filename="{digest[:12]}.oreprint"'
    return SpooledResponse(found, media_type=BUNDLE, headers={"content-disposition": name})


def _report(desk: Desk, digest: str, token: Token | None) -> bytes:
    view: View = view_of(desk.book, digest, token)
    return desk.reports.tell(digest, view, tenant=token.tenant if token else None).text
