"""Certificates: issued from a record or taken in already signed, listed for their issuer, shown to a caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from api.access import Caller, Issuer, Reader, check_tenant, opens, reader_of, tenant_of
from api.answers import ETAG, UNCHANGED, foreseen, has_answer, json_response, tag_headers
from api.app_state import AppState, AppStateDep
from api.examples import INSTRUMENT, RECORD, SIGNED
from api.fast_route import FastRoute
from api.idempotent import answer_batched
from api.openapi import AWAITS, json_answer_of, json_body, text_answer
from api.outgoing import SpooledResponse, spooled
from api.reports import tag_of
from api.request_body import BUNDLE, JSON, media_type, whole_body
from api.web.negotiation import chosen_type
from ledger.admin.tokens import Token
from ledger.bundles.build import bundle_lines
from ledger.bundles.views import PUBLIC, shown_text, view_of
from ledger.changes.share import Share
from ledger.desk.listing import ListFilter, Whose, list_certificates
from ledger.desk.receipt import delivery_of, with_custody
from ledger.issuing.dry_run import rehearsal
from ledger.issuing.submit import SentIssuance, rehearse
from ledger.seal.sdjwt import open_certificate
from ledger.verify.graph import bundle_graph
from schemas.answers.certificates import CertificateList, CertificateState, DryRun, IssueAnswer
from schemas.certificate import CertificateDocument
from schemas.chain import ChainGraph
from schemas.door import JsonValue, parse_value, validated
from schemas.door.limits import MAX_BYTES
from schemas.identifier import Did, ProductId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.patterns import CURSOR
from schemas.problem import InputError
from schemas.record import InstrumentRecord, ProductionRecord, written_run
from schemas.report import Report
from schemas.requests import SignedIssuance
from schemas.vocabulary import Kind

router = APIRouter(prefix="/v1/certificates", tags=["certificates"], route_class=FastRoute)

Digest = Annotated[
    str,
    Path(
        description="The certificate's digest, as in links and codes.",
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
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="Tags of answers that the caller has.")]
CERTIFICATE_TYPE: Final = "application/vc+sd-jwt"
PAGE_TYPE: Final = "text/html"
FORMS: Final = (CERTIFICATE_TYPE, JSON, PAGE_TYPE)
"""Media types in which a certificate is given; the last one leads to its page."""
BY_ACCEPT: Final = {"vary": "Accept"}
SHOWN: Final = text_answer("The certificate: an SD-JWT with its disclosures.", CERTIFICATE_TYPE)
SHOWN[200]["content"] |= json_answer_of(CertificateDocument, description="")[200]["content"]
SHOWN[303] = {"description": "The address of the page is in `Location`."}
COMMITTED: Final[dict[int | str, dict[str, Any]]] = {
    **json_answer_of(DryRun, description="A dry run: what would be issued, with every note. Nothing was changed."),
    **json_answer_of(IssueAnswer, description="Issued, logged and durable.", status=201),
    **AWAITS,
}
NEXT: Final = {
    "description": 'The next page, as `<...>; rel="next"` (RFC 8288); none on the last.',
    "schema": {"type": "string"},
}
LISTED: Final = json_answer_of(CertificateList, description="A page of the list.")
LISTED[200]["headers"] = {"Link": NEXT}
VERIFIED: Final = json_answer_of(Report, description="The report, whatever its verdict.")
VERIFIED[200]["headers"] = ETAG
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
    server: AppStateDep,
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
        return json_response(await server.tenants(_foreseen, server, document, token.tenant))
    if isinstance(document, SignedIssuance):
        return await answer_batched(request, server, token, SentIssuance(document, token.tenant), server.submit)
    return await answer_batched(request, server, token, document, server.issue)


def _foreseen(server: AppState, document: ProductionRecord | SignedIssuance, tenant: str) -> DryRun:
    """Return what would be issued, judged by the code that issues."""
    tables = server.parts.tables
    if isinstance(document, SignedIssuance):
        sent = SentIssuance(document, tenant)
        return foreseen(rehearse(server.registry, sent, trust=server.verifier.trust(), tables=tables))
    with rehearsal(server.registry, tables=tables, used=()) as made_of:
        return foreseen(made_of(document))


def issued_or_signed(body: bytes) -> ProductionRecord | SignedIssuance:
    """Return what was sent: a run that is signed already has its certificates with it."""
    value: JsonValue = parse_value(body, media="json", max_string=MAX_BYTES)
    if isinstance(value, dict) and "certificates" in value:
        return validated(SignedIssuance, value)
    return written_run(value)


@router.get("", summary="What you have issued or received", responses=LISTED)
def certificates(  # noqa: PLR0913, PLR0917 - every filter is one
    request: Request,
    server: AppStateDep,
    token: Reader,
    lot: Annotated[Lot | None, Query(description="Of this lot: the first one, and those that correct it.")] = None,
    kind: Annotated[Kind | None, Query(description="Of lots of this kind.")] = None,
    product: Annotated[ProductId | None, Query(description="Of this product.")] = None,
    state: Annotated[CertificateState | None, Query(description="Only those in this state now.")] = None,
    issued_from: Annotated[Instant | None, Query(description="Issued at this time or later.")] = None,
    issued_before: Annotated[Instant | None, Query(description="Issued before this time.")] = None,
    q: Annotated[str | None, Query(description="With this in the name of lot or product.", max_length=64)] = None,
    at_hand: Annotated[bool, Query(description="Only of lots of which you have something unused.")] = False,
    shipped: Annotated[bool, Query(description="Only of lots of which you handed something on.")] = False,
    customer: Annotated[
        Did | None, Query(description="Only of lots of which this party got something from you.")
    ] = None,
    whose: Annotated[
        Whose, Query(description="Those that you issued, those of lots that you received, or all.")
    ] = "issued",
    newest: Annotated[bool, Query(description="Without the certificates that were corrected.")] = False,
    cursor: Annotated[
        str | None, Query(description="Where the page begins: `next` of the page before.", pattern=CURSOR)
    ] = None,
    limit: Annotated[int, Query(description="Certificates of one answer.", ge=1, le=PAGE)] = PAGE,
) -> Response:
    """List the certificates of the token's party, the newest first, and what became of its mass of each lot.

    A page begins where the one before ended, so what is issued meanwhile shifts nothing. Nothing of others' lots is
    listed, except of those that the party received.
    """
    wanted = ListFilter(
        lot, kind, product, state, issued_from, issued_before, q, at_hand, shipped, customer, newest, whose
    )
    page = list_certificates(
        server.registry, token.tenant, wanted, limit=limit, cursor=cursor, origin=server.parts.origin
    )
    headers = {}
    if page.next is not None:
        asked = {**dict(request.query_params), "limit": limit, "cursor": page.next}
        query = urlencode(asked)
        headers["link"] = f'<{server.parts.origin}/v1/certificates?{query}>; rel="next"'
    return json_response(page, headers=headers)


@router.get(
    "/{digest}",
    summary="A certificate, as far as you may see it",
    response_class=Response,
    responses=SHOWN,
)
def certificate(request: Request, server: AppStateDep, digest: Digest, token: Caller) -> Response:
    """Return the certificate: the public view, or with a token what its party made or was granted.

    `Accept` chooses the form: the text as it was signed (also without `Accept`), the same with its record as JSON, or
    for browsers the page, by a redirect. Any other type is answered with 406. Of a lot that came from another registry
    its holder gets the public view of what it came with.
    """
    text = shown_text(server.registry, digest, reader_of(token))
    form = chosen_type(FORMS, ", ".join(request.headers.getlist("accept")))
    if form is None:
        raise InputError.at("api.not-acceptable", known=", ".join(FORMS))
    if form == PAGE_TYPE:
        return Response(status_code=303, headers={**BY_ACCEPT, "location": f"{server.parts.origin}/c/{digest}"})
    if form == JSON:
        found = CertificateDocument(digest=digest, certificate=text, record=open_certificate(text).record)
        return Response(found.to_bytes(), headers=BY_ACCEPT, media_type=JSON)
    return Response(text, headers=BY_ACCEPT, media_type=CERTIFICATE_TYPE)


@router.get(
    "/{digest}/verification",
    summary="What this registry finds when it verifies the certificate",
    responses={**VERIFIED, **UNCHANGED},
)
async def verification(
    request: Request, server: AppStateDep, digest: Digest, token: Caller, if_none_match: IfNoneMatch = None
) -> Response:
    """Return the report (`oreprint schema report`) on what the caller may see; its verdict is never in the HTTP status.

    Of a chain of more than 500 certificates the nearest 500 are judged, and the report says that the chain is partial:
    take the bundle and verify it with `oreprint verify`.

    The tag changes when anything in the report changes but `checked_at`, `log_size`, `status_age_s` and the day as of
    which nothing was withdrawn. So 304 says that verifying now gives the report that the caller has, with these of this
    moment.
    """
    del if_none_match  # read by `has_answer`
    kept = server.reports.find(digest, PUBLIC) if token is None else None
    if kept is not None:
        tag, told = kept.kept.tag, kept.now
    else:
        tag, told = await server.lane(token)(_report, server, digest, token)
    headers = tag_headers(tag, public=token is None)
    if has_answer(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(told.to_bytes(), headers=headers, media_type=JSON)


@router.get(
    "/{digest}/chain",
    summary="The chain behind the certificate, as a graph",
    responses=json_answer_of(ChainGraph, description="Batches and branches."),
)
async def chain(server: AppStateDep, digest: Digest, token: Caller) -> Response:
    """Return the batches and branches that the caller may see; others are marked as withheld."""

    def found() -> bytes:
        view = view_of(server.registry, digest, reader_of(token))
        lines = bundle_lines(server.registry, digest, audience=view)
        return bundle_graph(lines, server.parts.tables, server.verifier.trust()).to_bytes()

    return Response(await server.lane(token)(found), media_type=JSON)


@router.get(
    "/{digest}/bundle",
    summary="One offline file for the whole chain",
    response_class=Response,
    responses=text_answer("A bundle: JSON lines.", BUNDLE),
)
async def bundle(
    server: AppStateDep,
    digest: Digest,
    token: Caller,
    own: Annotated[bool, Query(description="Also show the caller's own holding, for incoming goods.")] = False,
) -> Response:
    """Return a bundle of what the caller may see: certificates, paths, proofs and status lists."""
    holder = tenant_of(token) if own else None

    def lines() -> Iterator[bytes]:
        return bundle_lines(
            server.registry, digest, audience=view_of(server.registry, digest, reader_of(token)), holder=holder
        )

    found = await spooled(server.lane(token), server.room, lines)
    name = f'attachment; filename="{digest[:12]}.oreprint"'
    return SpooledResponse(found, media_type=BUNDLE, headers={"content-disposition": name})


def _report(server: AppState, digest: str, token: Token | Share | None) -> tuple[str, Report]:
    """Return the report on a certificate as the caller sees it, with its tag."""
    view = view_of(server.registry, digest, reader_of(token))
    found = server.reports.tell(digest, view, tenant=tenant_of(token))
    if not opens(token, digest):
        return found.kept.tag, found.now
    told = with_custody(found.now, server.registry, delivery_of(server.registry, token.id))
    return tag_of(told), told
