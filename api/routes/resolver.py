"""The resolver of GS1 Digital Links: from what is printed on a box to what this registry publishes of the lot.

Rules (GS1-Conformant resolver standard 1.1; RFC 9264 for link sets): a known path answers 307 to the page, or to the link type asked for,
or with all links as a link set; a path that is none is 400, one that nobody has said here 404.  Every target is this registry's own,
so nothing that is asked for leads elsewhere; of a query only `linkType` and `lang` are read.  Any site's page may ask (CORS).

What this module does not do: it judges nothing; the page it leads to does, at every look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import FOR_A_MINUTE, json_answer
from api.desk import AtDesk, Desk
from api.web.words import LANGUAGES
from ledger.carrier.gs1 import parse_path
from ledger.identify import Found, resolve
from schemas.problem import InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

router = APIRouter(tags=["resolver"])

LINK_SET: Final = "application/linkset+json"
VOCABULARY: Final = "https://gs1.org/voc/"
WHOLE_SET: Final = frozenset({"all", "linkset"})
OPEN: Final = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin", "vary": "Accept"}
METHODS: Final = "GET, HEAD, OPTIONS"
LINK_TYPES: Final = {
    "defaultLink": ("The record's page", "What a scan opens."),
    "certificationInfo": ("Certificate", "The record's page, and the signed certificate."),
    "locationInfo": ("Plant", "The signed list that says who may certify from this plant."),
    "productPassport": ("Product passport", "The certificate as a UNTP Digital Product Passport."),
    "recallStatus": ("Recall", "Whether the lot, or a batch behind it, was withdrawn."),
    "sustainabilityInfo": ("Footprint", "The footprint by stage and by gas."),
    "traceability": ("Chain", "The batches behind the lot, as far as they are shown."),
    "verificationService": ("Verification", "The report of this registry's own check."),
}
"""The link types in use, by their names in GS1's vocabulary, each with a title and what it leads to."""

LinkType = Annotated[
    str | None,
    Query(
        alias="linkType",
        description="A type of link, such as gs1:traceability; `all` or `linkset` for all of them.",
        max_length=200,
    ),
]
Gtin = Annotated[str, Path(description="A GTIN.", examples=["04006381333931"])]
Lot = Annotated[
    str, Path(description="A lot as printed; perhaps /21/ and a serial number after it.", examples=["OX-17"])
]
Serial = Annotated[str, Path(description="A serial number.", examples=["0001"])]
Gln = Annotated[str, Path(description="A GLN.", examples=["4006381000000"])]
Extension = Annotated[str, Path(description="An extension of the GLN.", examples=["1"])]


class Target(NamedTuple):
    """A link of a link set: its type's name in GS1's vocabulary, where it leads, what is there, and in which language."""

    name: str
    path: str
    media_type: str
    language: str | None = None


@router.get("/01/{gtin}/10/{lot:path}", summary="The page of a lot, by GTIN and lot", response_class=Response)
async def by_lot(request: Request, desk: AtDesk, gtin: Gtin, lot: Lot, link_type: LinkType = None) -> Response:
    """Redirect to what this registry publishes of the lot; `/21/<serial>` may follow the lot."""
    del gtin, lot  # read from the path as it was sent, since a lot may hold an escaped slash
    return await _resolved(request, desk, link_type)


@router.get(
    "/01/{gtin}/21/{serial:path}", summary="The page of a lot, by a piece's serial number", response_class=Response
)
async def by_serial(request: Request, desk: AtDesk, gtin: Gtin, serial: Serial, link_type: LinkType = None) -> Response:
    """Redirect to what this registry publishes of the lot that the piece is from."""
    del gtin, serial
    return await _resolved(request, desk, link_type)


@router.get("/414/{gln}", summary="A plant, by GLN", response_class=Response)
async def by_place(request: Request, desk: AtDesk, gln: Gln, link_type: LinkType = None) -> Response:
    """Redirect to the list that says who may certify from the plant."""
    del gln
    return await _resolved(request, desk, link_type)


@router.get(
    "/414/{gln}/254/{extension:path}", summary="A part of a plant, by GLN and extension", response_class=Response
)
async def by_part(
    request: Request, desk: AtDesk, gln: Gln, extension: Extension, link_type: LinkType = None
) -> Response:
    """Redirect to the list that says who may certify from the plant."""
    del gln, extension
    return await _resolved(request, desk, link_type)


@router.get("/01/{rest:path}", include_in_schema=False)
@router.get("/414/{rest:path}", include_in_schema=False)
async def by_another_path(request: Request, desk: AtDesk, rest: str) -> Response:
    """Say of any other path of these keys what is wrong with it."""
    del rest
    return await _resolved(request, desk, None)


@router.options("/01/{rest:path}", include_in_schema=False)
@router.options("/414/{rest:path}", include_in_schema=False)
@router.options("/.well-known/gs1resolver", include_in_schema=False)
async def allowed(rest: str = "") -> Response:
    """Say what other sites' pages may ask for."""
    del rest
    return Response(status_code=204, headers={**OPEN, "allow": METHODS, "access-control-allow-methods": METHODS})


@router.get("/.well-known/gs1resolver", summary="What this resolver can do")
async def described(desk: AtDesk) -> Response:
    """Return the resolver's description file, as the GS1-Conformant resolver standard has it."""
    types = {
        f"gs1:{name}": {"title": title, "description": description, "url": f"{VOCABULARY}{name}"}
        for name, (title, description) in LINK_TYPES.items()
    }
    told = {
        "name": f"Oreprint registry {desk.book.registry}",
        "resolverRoot": desk.parts.origin,
        "supportedLinkType": [{"namespace": "http://gs1.org/voc/", "prefix": "gs1:"}],
        "supportedPrimaryKeys": ["01", "414"],
        "linkTypeDefaultCanBeLinkset": False,
        "linkTypeDefaultCanBeAll": False,
        "supportsLanguageVariants": True,
        "supportsSemanticInterpretation": False,
        "validatesAIcombinations": True,
        "contact": {"fn": desk.book.registry},
        "activeLinkTypes": {"en": types},
    }
    return json_answer(told, headers={**FOR_A_MINUTE, **OPEN})


async def _resolved(request: Request, desk: Desk, link_type: str | None) -> Response:
    """Answer for a path: with a redirect, or with all links."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    try:
        path = parse_path(raw.decode("ascii"))
    except (InputError, UnicodeDecodeError) as error:
        raise InputError.at("api.gs1-path") from error
    found = await run_in_threadpool(resolve, desk.book, path)
    targets = _targets(found)
    about = f"{desk.parts.origin}{path.to_text()}"
    headers = {
        **FOR_A_MINUTE,
        **OPEN,
        "link": f'<{about}?linkType=linkset>; rel="linkset"; type="{LINK_SET}"; title="All that is known here"',
    }
    if link_type in WHOLE_SET or (link_type is None and LINK_SET in request.headers.get("accept", "")):
        described = f"{'Plant' if found.certificate is None else 'Lot'} {found.name}"
        answer = json_answer(_link_set(desk.parts.origin, about, described, targets), headers=headers)
        answer.headers["content-type"] = LINK_SET
        return answer
    where = _chosen(targets, link_type)
    tag = request.query_params.get("lang")
    query = f"?lang={tag}" if tag in LANGUAGES and where.path.startswith("/c/") else ""
    return Response(status_code=307, headers={**headers, "location": f"{where.path}{query}"})


def _chosen(targets: tuple[Target, ...], link_type: str | None) -> Target:
    """Return the first link of the type asked for; raise MissingError `api.not-found` where there is none."""
    asked = link_type or "gs1:defaultLink"
    for target in targets:
        if asked in {f"gs1:{target.name}", f"{VOCABULARY}{target.name}"}:
            return target
    raise MissingError.at("api.not-found")


def _targets(found: Found) -> tuple[Target, ...]:
    """Return all links of what a path names; the first of each type is where a redirect leads."""
    if found.certificate is None:
        return tuple(Target(name, "/trust.json", "application/json") for name in ("defaultLink", "locationInfo"))
    page, about = f"/c/{found.certificate}", f"/v1/certificates/{found.certificate}"
    html = "text/html"
    return (
        Target("defaultLink", page, html),
        Target("certificationInfo", page, html, "en"),
        *(Target("certificationInfo", f"{page}?lang={tag}", html, tag[:2]) for tag in list(LANGUAGES)[1:]),
        Target("certificationInfo", about, "application/vc+sd-jwt"),
        Target("productPassport", about, "application/vc+sd-jwt"),
        Target("recallStatus", page, html),
        Target("sustainabilityInfo", page, html),
        Target("traceability", f"{about}/chain", "application/json"),
        Target("verificationService", f"{about}/verification", "application/json"),
    )


def _link_set(origin: str, about: str, described: str, targets: tuple[Target, ...]) -> Mapping[str, object]:
    """Return all links as RFC 9264 and GS1's schema have them."""
    links: dict[str, list[dict[str, object]]] = {}
    for target in targets:
        told: dict[str, object] = {"href": f"{origin}{target.path}", "title": LINK_TYPES[target.name][0]}
        told["type"] = target.media_type
        if target.language is not None:
            told["hreflang"] = [target.language]
        links.setdefault(f"{VOCABULARY}{target.name}", []).append(told)
    return {"linkset": [{"anchor": about, "itemDescription": described, **links}]}
