"""Certificates: issued from a record or taken in already signed, listed for their issuer, and shown as far as the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Caller, Issuer, Reader, check_tenant
from api.answers import foreseen, listed
from api.app_state import AppState, AppStateDep
from api.examples import CERTIFICATES_ANSWER, INSTRUMENT, RECORD, SIGNED
from api.fast_route import FastRoute
from api.idempotent import answer_batched
from api.openapi import json_answer_of, json_body, text_answer
from api.outgoing import SpooledResponse, spooled
from api.request_body import BUNDLE, JSON, media_type, whole_body
from api.views import PUBLIC, arrived, view_of
from ledger.bundles.build import bundle_lines
from ledger.issuing.dry_run import rehearsal
from ledger.issuing.submit import SentIssuance, rehearse
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.presentation import present
from ledger.store.engine import reading
from ledger.store.issued import CertificateFilter, IssuedPlace, issued_by
from ledger.store.reading import certificate as stored_certificate
from ledger.verify.graph import bundle_graph
from schemas.answers.certificates import CURSOR, CertificateList, CertificateState, DryRun, IssueAnswer
from schemas.chain import ChainGraph
from schemas.door import parse_value, validated
from schemas.door.limits import MAX_BYTES
from schemas.identifier import ProductId
from schemas.instant import Instant, epoch_ms
from schemas.lot import Lot, normal_lot
from schemas.record import InstrumentRecord, ProductionRecord, written_run
from schemas.report import Report
from schemas.requests import SignedIssuance
from schemas.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.admin.tokens import Token
    from ledger.bundles.build import BundleView
    from ledger.store.issued import StoredIssued
    from schemas.door import JsonValue

router = APIRouter(prefix="/v1/certificates", tags=["certificates"], route_class=FastRoute)

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
    Header(
        alias="Idempotency-Key", description="The same request with the same key gets the first answer.", max_length=255
    ),
]
CERTIFICATE_TYPE: Final = "application/vc+sd-jwt"
COMMITTED: Final[dict[int | str, dict[str, Any]]] = {
    **json_answer_of(DryRun, description="A dry run: what would be issued, with every note. Nothing was changed."),
    **json_answer_of(IssueAnswer, description="Issued, logged and durable.", status=201, example=CERTIFICATES_ANSWER),
}
NEXT: Final = {
    "description": 'The next page, as `<...>; rel="next"` (RFC 8288); none on the last.',
    "schema": {"type": "string"},
}
LISTED: Final = json_answer_of(CertificateList, description="A page of the list.")
LISTED[200]["headers"] = {"Link": NEXT}
PAGE: Final = 100
"""Certificates of one answer (limits table)."""


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
async def issue(
    request: Request,
    desk: AppStateDep,
    token: Issuer,
    dry_run: Annotated[
        bool, Query(description="Only say what would be issued: nothing is signed or stored, and no key is used up.")
    ] = False,
    key: IdempotencyKey = None,
) -> Response:
    """Issue the certificates of a run: from a production record (the registry signs with the producer's key that it
    keeps), or from a run that its producer sealed and signed itself.

    The same record or the same signed bytes again get the first answer, proven to the log's head of the moment.
    """  # noqa: D205 - one thought
    del key  # read by `answer_batched`
    media_type(request, (JSON,))
    body = await whole_body(request)
    document = issued_or_signed(body)
    if not isinstance(document, SignedIssuance):
        check_tenant(token, document.producer)
    if dry_run:
        return Response(await desk.tenants(_foreseen, desk, document, token.tenant), media_type=JSON)
    if isinstance(document, SignedIssuance):
        return await answer_batched(request, desk, token, body, SentIssuance(document, token.tenant), desk.submit)
    return await answer_batched(request, desk, token, body, document, desk.issue)


def _foreseen(desk: AppState, document: ProductionRecord | SignedIssuance, tenant: str) -> bytes:
    """Return what would be issued, judged by the code that issues."""
    tables = desk.parts.tables
    if isinstance(document, SignedIssuance):
        sent = SentIssuance(document, tenant)
        return foreseen(rehearse(desk.registry, sent, trust=desk.reports.trust(), tables=tables))
    with rehearsal(desk.registry, tables=tables, named=()) as made_of:
        return foreseen(made_of(document))


def issued_or_signed(body: bytes) -> ProductionRecord | SignedIssuance:
    """Return what was sent: a run that is signed already has its certificates with it."""
    value: JsonValue = parse_value(body, media="json", max_string=MAX_BYTES)
    if isinstance(value, dict) and "certificates" in value:
        return validated(SignedIssuance, value)
    return written_run(value)


@router.get(
    "",
    summary="What you have issued",
    responses=LISTED,
)
async def certificates(  # noqa: PLR0913, PLR0917 - every filter is one
    desk: AppStateDep,
    token: Reader,
    lot: Annotated[Lot | None, Query(description="Of this lot: the first one, and those that correct it.")] = None,
    kind: Annotated[Kind | None, Query(description="Of lots of this kind.")] = None,
    product: Annotated[ProductId | None, Query(description="Of this product.")] = None,
    state: Annotated[CertificateState | None, Query(description="That stand like this now.")] = None,
    issued_from: Annotated[Instant | None, Query(description="Issued at this time or later.")] = None,
    issued_before: Annotated[Instant | None, Query(description="Issued before this time.")] = None,
    cursor: Annotated[
        str | None, Query(description="Where the page begins: `next` of the page before.", pattern=CURSOR)
    ] = None,
    limit: Annotated[int, Query(description="Certificates of one answer.", ge=1, le=PAGE)] = PAGE,
) -> Response:
    """List the certificates that the token's party has issued here, the newest first.

    A page begins where the one before ended, so what is issued meanwhile shifts nothing.  Of others' certificates none is listed.
    """
    wanted = CertificateFilter(
        lot_normal=None if lot is None else normal_lot(lot),
        kind=kind,
        product=product,
        state=state,
        from_ms=None if issued_from is None else epoch_ms(issued_from),
        before_ms=None if issued_before is None else epoch_ms(issued_before),
    )
    after = None if cursor is None else IssuedPlace(*map(int, cursor.split(".")))

    def found() -> list[StoredIssued]:
        with reading(desk.registry.engine) as connection:  # one more tells whether there are more
            return issued_by(connection, token.tenant, wanted, most=limit + 1, after=after)

    page = await run_in_threadpool(found)
    following = None if len(page) <= limit else "{}.{}".format(*page[limit - 1].place)
    asked = {"lot": lot, "kind": kind, "product": product, "state": state}
    asked |= {"issued_from": issued_from, "issued_before": issued_before, "limit": str(limit), "cursor": following}
    headers = {}
    if following is not None:
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        headers["link"] = f'<{desk.parts.origin}/v1/certificates?{query}>; rel="next"'
    content = await run_in_threadpool(listed, page[:limit], following=following, origin=desk.parts.origin)
    return Response(content, headers=headers, media_type=JSON)


@router.get(
    "/{digest}",
    summary="A certificate, as far as you may see it",
    response_class=Response,
    responses=text_answer("The certificate: an SD-JWT with its disclosures.", CERTIFICATE_TYPE),
)
async def certificate(desk: AppStateDep, digest: Digest, token: Caller) -> Response:
    """Return the certificate's text: the public view, or with a token what its party made or was granted.

    Of a lot that came from another registry its holder gets the public view of what it came with.
    """

    def found() -> str:
        came = arrived(desk.registry, digest, token)
        if came is not None:
            return came
        view = view_of(desk.registry, digest, token)
        with reading(desk.registry.engine) as connection:
            stored = stored_certificate(connection, certificate_digest_bytes(digest))
        return present(stored.text, show=view.audience).text

    return Response(await run_in_threadpool(found), media_type=CERTIFICATE_TYPE)


@router.get(
    "/{digest}/verification",
    summary="What this registry finds when it verifies the certificate",
    responses=json_answer_of(Report, description="The report, whatever its verdict."),
)
async def verification(desk: AppStateDep, digest: Digest, token: Caller) -> Response:
    """Return the report (`oreprint schema report`) on what the caller may see; its verdict is never in the HTTP status.

    Of a chain of more than 500 certificates the nearest 500 are judged, and the report says that the chain is partial: take the bundle
    and verify it with `oreprint verify`.
    """
    told = desk.reports.seen(digest, PUBLIC) if token is None else None
    text = told.text if told is not None else await desk.lane(token)(_report, desk, digest, token)
    return Response(text, media_type=JSON)


@router.get(
    "/{digest}/chain",
    summary="The chain behind the certificate, as a graph",
    responses=json_answer_of(ChainGraph, description="Batches and branches."),
)
async def chain(desk: AppStateDep, digest: Digest, token: Caller) -> Response:
    """Return batches and branches as far as the caller may see; what is withheld is there as withheld."""

    def found() -> bytes:
        view = view_of(desk.registry, digest, token)
        lines = bundle_lines(desk.registry, digest, audience=view)
        return bundle_graph(lines, desk.parts.tables, desk.reports.trust()).to_bytes()

    return Response(await desk.lane(token)(found), media_type=JSON)


@router.get(
    "/{digest}/bundle",
    summary="One offline file for the whole chain",
    response_class=Response,
    responses=text_answer("A bundle: JSON lines.", BUNDLE),
)
async def bundle(
    desk: AppStateDep,
    digest: Digest,
    token: Caller,
    own: Annotated[bool, Query(description="Also show the caller's own holding, for incoming goods.")] = False,
) -> Response:
    """Return a bundle of what the caller may see: certificates, paths, proofs and status lists."""
    holder = token.tenant if own and token is not None else None

    def lines() -> Iterator[bytes]:
        return bundle_lines(desk.registry, digest, audience=view_of(desk.registry, digest, token), holder=holder)

    found = await spooled(desk.lane(token), desk.room, lines)
    name = f'attachment; filename="{digest[:12]}.oreprint"'
    return SpooledResponse(found, media_type=BUNDLE, headers={"content-disposition": name})


def _report(desk: AppState, digest: str, token: Token | None) -> bytes:
    view: BundleView = view_of(desk.registry, digest, token)
    return desk.reports.tell(digest, view, tenant=token.tenant if token else None).text
