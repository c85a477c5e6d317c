"""Papers to take away: the certificate, the CRMA table, the DFARS statement and the figures.

Rules: a paper is made of the very bundle that the caller may see, which is verified first and attached to it. A paper
that the record does not support is refused, and the refusal says what is missing. The day is the caller's, else
today's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from api.access import Caller, reader_of
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.openapi import text_answer
from api.rates import address_of
from api.routes.certificates import Digest
from api.web.negotiation import chosen_language
from api.web.words import LANGUAGES, words
from ledger.admin.tokens import Token
from ledger.bundles.build import bundle_lines
from ledger.bundles.recall import learn
from ledger.bundles.views import view_of
from ledger.changes.share import Share
from ledger.papers.delivery import StatedDelivery, read_delivery
from ledger.papers.make import CSV, PDF, Wish, make_figures, make_paper
from ledger.papers.paper import PaperSubject
from ledger.papers.support import PaperKind
from ledger.papers.typeset import MOST_RECORD_BYTES
from ledger.verify.chain import Policy
from ledger.verify.graph import certificate_texts
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.instant import date_of, time_text
from schemas.problem import InputError, RefusedError

router = APIRouter(prefix="/v1/certificates", tags=["certificates"], route_class=FastRoute)

Lang = Annotated[
    str | None, Query(description="The language of the paper. Default: what Accept-Language prefers.", max_length=20)
]
Day = Annotated[
    str | None, Query(description="The day on the paper. Default: today, UTC.", examples=["2026-11-29"], max_length=10)
]

Contract = Annotated[str | None, Query(description="Number of the contract. Default: a blank line.", max_length=200)]
Part = Annotated[str | None, Query(description="Part number of the goods. Default: a blank line.", max_length=200)]
Consignee = Annotated[str | None, Query(description="Who receives the goods. Default: a blank line.", max_length=200)]
Signatory = Annotated[
    str | None, Query(description="Name and position of who signs. Default: a blank line.", max_length=200)
]
DeliveryDay = Annotated[
    str | None,
    Query(
        description="The day of delivery, by which the clause covers more or less. Default: the day on the paper.",
        examples=["2027-01-15"],
        max_length=10,
    ),
]


@router.get(
    "/{digest}/certificate.pdf",
    summary="The certificate as PDF/A-3, with the record attached",
    response_class=Response,
    responses=text_answer("The paper.", PDF, binary=True),
)
async def certificate_pdf(
    request: Request, server: AppStateDep, digest: Digest, token: Caller, lang: Lang = None, date: Day = None
) -> Response:
    """Return the certificate on paper: facts, figure, claims, and what of it is proven or declared."""
    return await _answer(request, server, digest, token, _asked(server, "certificate", date), lang)


@router.get(
    "/{digest}/crma.pdf",
    summary="A magnet's information by Regulation (EU) 2024/1252, Articles 28 and 29",
    response_class=Response,
    responses=text_answer("The paper.", PDF, binary=True),
)
async def crma_pdf(
    request: Request, server: AppStateDep, digest: Digest, token: Caller, lang: Lang = None, date: Day = None
) -> Response:
    """Return type, composition and recycled share by element, each proven or declared.

    409 if the record is not that of a magnet.
    """
    return await _answer(request, server, digest, token, _asked(server, "crma", date), lang)


@router.get(
    "/{digest}/dfars.pdf",
    summary="A magnet's statement of origin for DFARS 252.225-7052",
    response_class=Response,
    responses=text_answer("The paper.", PDF, binary=True),
)
async def dfars_pdf(  # noqa: PLR0913, PLR0917 - every parameter is one
    request: Request,
    server: AppStateDep,
    digest: Digest,
    token: Caller,
    lang: Lang = None,
    date: Day = None,
    contract: Contract = None,
    part: Part = None,
    consignee: Consignee = None,
    signatory: Signatory = None,
    delivery: DeliveryDay = None,
) -> Response:
    """Return the path of origin, step by step, for a delivery. What you do not give of it is a blank line.

    409 if the path is not shown whole, or if the clause covers a step in a covered country on that day.
    """
    given = read_delivery(contract=contract, part=part, consignee=consignee, signatory=signatory, delivery=delivery)
    return await _answer(request, server, digest, token, _asked(server, "dfars", date, given), lang)


@router.get(
    "/{digest}/figures.csv",
    summary="The figures of the chain as CSV",
    response_class=Response,
    responses=text_answer("The figures.", CSV),
)
async def figures_csv(
    request: Request, server: AppStateDep, digest: Digest, token: Caller, lang: Lang = None, date: Day = None
) -> Response:
    """Return all figures that the caller may see, with all their digits, and the unit of each in its heading.

    A chain of any length has them.
    """
    return await _answer(request, server, digest, token, _asked(server, "figures", date), lang)


def _asked(server: AppState, kind: PaperKind, day: str | None, delivery: StatedDelivery | None = None) -> Wish:
    """Return the request for a paper; raise InputError `document.*` for a day that is none."""
    today = time_text(server.registry.runtime.now_ms())[:10]
    return Wish(kind, date_of(day or today), server.parts.origin, delivery or StatedDelivery())


async def _answer(
    request: Request, server: AppState, digest: str, token: Token | Share | None, wish: Wish, lang: str | None
) -> Response:
    if lang is not None and lang not in LANGUAGES:
        raise InputError.at("paper.language", "lang", value=lang, known=", ".join(LANGUAGES))
    if not isinstance(token, Token):
        server.rates.count("verify", address_of(request))
    tag = chosen_language(lang, request.headers.get("accept-language"))
    made = await server.lane(token)(_made, server, digest, token, wish, tag)
    headers = {
        "content-disposition": f'attachment; filename="{digest[:12]}-{wish.kind}.{"pdf" if isinstance(made, bytes) else "csv"}"',
        "cache-control": "no-cache" if token is None else "no-store",
        "content-language": tag,
        "vary": "Accept-Language, Authorization",
    }
    if isinstance(made, bytes):
        return Response(made, media_type=PDF, headers=headers)
    return StreamingResponse(made, media_type=CSV, headers=headers)


def _made(server: AppState, digest: str, token: Token | Share | None, wish: Wish, tag: str) -> bytes | Iterator[bytes]:
    """Return a paper of the part that the caller may see: a PDF, or figures piece by piece."""
    view = view_of(server.registry, digest, reader_of(token))
    lines = bundle_lines(server.registry, digest, audience=view)
    if wish.kind == "figures":
        return make_figures(_subject(server, lines), wish, words(tag))
    record = _bounded(lines)
    return make_paper(_subject(server, record), b"".join(record), wish, words(tag)).content


def _subject(server: AppState, lines: Iterable[bytes]) -> PaperSubject:
    """Verify a bundle, and return what papers are about; only its certificates are kept in memory."""
    texts: list[str] = []

    def read() -> Iterator[bytes]:
        for line in lines:
            texts.extend(certificate_texts([line]))
            yield line

    policy = Policy(at_ms=server.registry.runtime.now_ms())
    chain = verify_bundle(read(), trust=server.verifier.trust(), tables=server.parts.tables, policy=policy)
    learn(server.registry, chain)
    return PaperSubject.of(chain, report(chain), texts)


def _bounded(lines: Iterable[bytes]) -> list[bytes]:
    """Return the lines of a bundle that a paper can carry, or raise RefusedError `paper.record-size`."""
    found, size = [], 0
    for line in lines:
        size += len(line)
        if size > MOST_RECORD_BYTES:
            raise RefusedError.at("paper.record-size", limit=MOST_RECORD_BYTES)
        found.append(line)
    return found
