"""Labels: the data carrier of a certificate, to be printed; nothing is issued, and the same certificate gives the same bytes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answers import FOR_A_MINUTE
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.openapi import text_answer
from api.routes.certificates import Digest
from ledger.carrier.printing import DEFAULT_WIDTH_MM, MEDIA_TYPE, LabelOptions, print_label
from ledger.carrier.seal import make_seal
from ledger.changes.gs1_keys import gtin_of
from ledger.lots.issuance import opened
from ledger.lots.lineage import lot_of
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.desk import kept_seal
from ledger.store.engine import reading
from ledger.store.reading import certificate_jws
from schemas.problem import MissingError, RefusedError

router = APIRouter(prefix="/v1/certificates", tags=["certificates"], route_class=FastRoute)

Digital = Annotated[
    bool,
    Query(description="With GS1's link, by the GTIN that its issuer said of the lot, in place of the link by digest."),
]
Width = Annotated[int, Query(description="How wide the label is, in mm.", ge=20, le=200)]


@router.get(
    "/{digest}/label.svg",
    summary="The label as SVG",
    response_class=Response,
    responses=text_answer("The label.", MEDIA_TYPE["svg"]),
)
async def label_svg(
    desk: AppStateDep,
    digest: Digest,
    width: Width = DEFAULT_WIDTH_MM,
    gs1: Digital = False,
) -> Response:
    """Return the label with its code: with the issuer's seal where this registry keeps the issuer's key or was given it, else the link alone."""
    return await desk.strangers(_label, desk, digest, LabelOptions("svg", width), gs1=gs1)


@router.get(
    "/{digest}/label.png",
    summary="The label as PNG",
    response_class=Response,
    responses=text_answer("The label.", MEDIA_TYPE["png"], binary=True),
)
async def label_png(
    desk: AppStateDep,
    digest: Digest,
    width: Width = DEFAULT_WIDTH_MM,
    gs1: Digital = False,
) -> Response:
    """Return the same label as a picture."""
    return await desk.strangers(_label, desk, digest, LabelOptions("png", width), gs1=gs1)


def _label(desk: AppState, digest: str, wish: LabelOptions, *, gs1: bool) -> Response:
    with reading(desk.registry.engine) as connection:
        key = certificate_digest_bytes(digest)
        found = opened(certificate_jws(connection, key))
        issuer = found.record.issuer.did
        signer = None
        with suppress(RefusedError):
            signer = desk.registry.signer(connection, issuer)
        lot = lot_of(connection, key) if gs1 else None
        kept = kept_seal(connection, key)
        gtin = gtin_of(connection, lot) if lot is not None else None
    if gs1 and gtin is None:
        raise MissingError.at("api.not-found")
    seal = kept if signer is None else make_seal(found.record, found.digest, signer=signer)
    party = desk.reports.trust().parties.get(issuer)
    printed = print_label(found, replace(wish, gtin=gtin), seal=seal, demo=party is not None and party.demo)
    return Response(printed.content, headers=FOR_A_MINUTE, media_type=MEDIA_TYPE[wish.format])
