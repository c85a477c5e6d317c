"""Labels to print: the data carrier of a certificate. The same certificate gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answers import FOR_A_MINUTE
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.openapi import text_answer
from api.routes.certificates import Digest
from ledger.carrier.link import resolver_of
from ledger.carrier.printing import DEFAULT_WIDTH_MM, MEDIA_TYPE, LabelOptions
from ledger.issuing.labels import make_label

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
    server: AppStateDep, digest: Digest, width: Width = DEFAULT_WIDTH_MM, gs1: Digital = False
) -> Response:
    """Return the label: with the issuer's seal if the registry can make it or was given it, else the link alone."""
    return await server.strangers(_label, server, digest, LabelOptions("svg", width), gs1=gs1)


@router.get(
    "/{digest}/label.png",
    summary="The label as PNG",
    response_class=Response,
    responses=text_answer("The label.", MEDIA_TYPE["png"], binary=True),
)
async def label_png(
    server: AppStateDep, digest: Digest, width: Width = DEFAULT_WIDTH_MM, gs1: Digital = False
) -> Response:
    """Return the same label as a picture."""
    return await server.strangers(_label, server, digest, LabelOptions("png", width), gs1=gs1)


def _label(server: AppState, digest: str, wish: LabelOptions, *, gs1: bool) -> Response:
    trust, tables = server.verifier.trust(), server.parts.tables
    here = replace(wish, resolver=resolver_of(server.parts.origin))
    content = make_label(server.registry, digest, here, trust, tables=tables, gs1=gs1)
    return Response(content, headers=FOR_A_MINUTE, media_type=MEDIA_TYPE[wish.format])
