"""The resolver of GS1 Digital Links: from what is printed on a box to what this registry publishes of the lot.

Rules (GS1-Conformant resolver standard 1.2; RFC 9264 for link sets):

1. A known path answers 307 to the default link, or to the link type asked for; of several links of one type, to the one
   that suits Accept-Language and Accept best. With `linkType=linkset` or Accept, all links are the answer. A link type
   that is not there is 404.
2. A lot, a piece or a part that nobody has said here leads to what the level above it has, up to the GTIN or the GLN. A
   product leads to the search field, which says that no lot was found; it lists no lots. A path whose GTIN or GLN is
   not known here is 404, one that is none 400.
3. Every target is this registry's own, written with the configured origin; no Host header and no parameter leads
   elsewhere. A Digital Link may have any query; of it only `linkType` and `lang` are read, and nothing is passed on
   (`fwqs` is false).
4. The one default link has no attribute but its title, and each one has a descriptive type too. Any site's page may ask
   (`api.sites`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import FOR_A_MINUTE, json_response
from api.app_state import AppState, AppStateDep
from api.openapi import json_answer_of
from api.web.negotiation import chosen_language, wishes
from api.web.words import LANGUAGES
from ledger.carrier.gs1 import parse_path
from ledger.changes.gs1_keys import Found, FoundLot, FoundPlant, FoundProduct, resolve
from schemas.answers.gs1 import (
    Link,
    LinkContext,
    LinkSet,
    LinkTypeDescription,
    LinkTypeNamespace,
    ResolverContact,
    ResolverDescription,
)
from schemas.problem import InputError, MissingError

router = APIRouter(tags=["resolver"])

LINK_SET: Final = "application/linkset+json"
LINKSET_CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
"""GS1's JSON-LD context, by which a link set is linked data."""
VOCABULARY: Final = "https://gs1.org/voc/"
_LINK_TYPE: Final = re.compile(r"(?:gs1:|https?://(?:ref\.|www\.)?gs1\.org/voc/)([A-Za-z]+)", re.ASCII)
"""How a link type is asked for: GS1 has published its vocabulary under three names."""
WHOLE_SET: Final = frozenset({"all", "linkset"})
CHOSEN: Final = {**FOR_A_MINUTE, "vary": "Accept, Accept-Language"}
LINK_TYPES: Final = {
    "defaultLink": ("The record's page", "What a scan opens."),
    "certificationInfo": ("Certificate", "The record's page, and the signed certificate."),
    "pip": ("Product information", "The record's page; of a product without a lot, the search field."),
    "locationInfo": ("Plant", "The signed list that says who may certify from this plant."),
    "productPassport": ("Product passport", "The certificate as a UNTP Digital Product Passport."),
    "recallStatus": ("Recall", "Whether the lot, or a batch behind it, was withdrawn."),
    "sustainabilityInfo": ("Footprint", "The footprint by stage and by gas."),
    "traceability": ("Chain", "The batches behind the lot, as far as they are shown."),
    "verificationService": ("Verification", "The report of this registry's own check."),
}
"""The link types in use, by their names in GS1's vocabulary, each with a title and what it leads to."""

LINKS: Final = json_answer_of(LinkSet, description="All links, if they are asked for.", media_type=LINK_SET)

LinkType = Annotated[
    str | None,
    Query(
        alias="linkType",
        description="A type of link, such as gs1:traceability; `all` or `linkset` for all of them.",
        max_length=200,
    ),
]
Lang = Annotated[
    str | None, Query(description="The language of the page, before what Accept-Language says.", max_length=200)
]
Gtin = Annotated[str, Path(description="A GTIN.", examples=["04006381333931"])]
Lot = Annotated[
    str, Path(description="A lot as printed; perhaps /21/ and a serial number after it.", examples=["OX-17"])
]
Serial = Annotated[str, Path(description="A serial number.", examples=["0001"])]
Gln = Annotated[str, Path(description="A GLN.", examples=["4006381000000"])]
Extension = Annotated[str, Path(description="An extension of the GLN.", examples=["1"])]


class Target(NamedTuple):
    """A link of a link set: the name of its type in GS1's vocabulary, its path, its media type and its language."""

    name: str
    path: str
    media_type: str
    language: str | None = None


@router.get("/01/{gtin}", summary="A product, by GTIN", response_class=Response, responses=LINKS)
async def by_product(
    request: Request, server: AppStateDep, gtin: Gtin, link_type: LinkType = None, lang: Lang = None
) -> Response:
    """Redirect to the search field: every certificate is about a lot, and none is listed here."""
    del gtin  # read from the path as it was sent, since a lot may hold an escaped slash
    return await _resolved(request, server, link_type, lang)


@router.get(
    "/01/{gtin}/10/{lot:path}", summary="The page of a lot, by GTIN and lot", response_class=Response, responses=LINKS
)
async def by_lot(
    request: Request, server: AppStateDep, gtin: Gtin, lot: Lot, link_type: LinkType = None, lang: Lang = None
) -> Response:
    """Redirect to what this registry publishes of the lot; `/21/<serial>` may follow the lot."""
    del gtin, lot
    return await _resolved(request, server, link_type, lang)


@router.get(
    "/01/{gtin}/21/{serial:path}",
    summary="The page of a lot, by a piece's serial number",
    response_class=Response,
    responses=LINKS,
)
async def by_serial(
    request: Request, server: AppStateDep, gtin: Gtin, serial: Serial, link_type: LinkType = None, lang: Lang = None
) -> Response:
    """Redirect to what this registry publishes of the lot that the piece is from."""
    del gtin, serial
    return await _resolved(request, server, link_type, lang)


@router.get("/414/{gln}", summary="A plant, by GLN", response_class=Response, responses=LINKS)
async def by_place(
    request: Request, server: AppStateDep, gln: Gln, link_type: LinkType = None, lang: Lang = None
) -> Response:
    """Redirect to the list that says who may certify from the plant."""
    del gln
    return await _resolved(request, server, link_type, lang)


@router.get(
    "/414/{gln}/254/{extension:path}",
    summary="A part of a plant, by GLN and extension",
    response_class=Response,
    responses=LINKS,
)
async def by_part(
    request: Request, server: AppStateDep, gln: Gln, extension: Extension, link_type: LinkType = None, lang: Lang = None
) -> Response:
    """Redirect to the list that says who may certify from the plant."""
    del gln, extension
    return await _resolved(request, server, link_type, lang)


@router.get("/01/{rest:path}", include_in_schema=False)
@router.get("/414/{rest:path}", include_in_schema=False)
async def by_another_path(
    request: Request, server: AppStateDep, rest: str, link_type: LinkType = None, lang: Lang = None
) -> Response:
    """Answer for any other path of these keys: with other qualifiers, with a slash at the end, or wrong."""
    del rest
    return await _resolved(request, server, link_type, lang)


@router.get(
    "/.well-known/gs1resolver",
    summary="What this resolver can do",
    responses=json_answer_of(ResolverDescription, description="The description file."),
)
async def described(server: AppStateDep) -> Response:
    """Return the resolver's description file, as the GS1-Conformant resolver standard has it."""
    types = {
        f"gs1:{name}": LinkTypeDescription(title=title, description=description, url=f"{VOCABULARY}{name}")
        for name, (title, description) in LINK_TYPES.items()
    }
    found = ResolverDescription(
        name=f"Oreprint registry {server.registry.did}",
        resolver_root=server.parts.origin,
        supported_link_type=(LinkTypeNamespace(namespace=VOCABULARY, prefix="gs1:"),),
        supported_primary_keys=("01", "414"),
        default_can_be_linkset=False,
        default_can_be_all=False,
        json_ld_context_location=LINKSET_CONTEXT,
        supports_language_variants=True,
        supports_semantic_interpretation=False,
        validates_ai_combinations=True,
        contact=ResolverContact(name=server.registry.did),
        active_link_types={"en": types},
    )
    return json_response(found, headers=FOR_A_MINUTE)


async def _resolved(request: Request, server: AppState, link_type: str | None, lang: str | None) -> Response:
    """Answer for a path: with a redirect, or with all links."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    try:
        path = parse_path(raw.decode("ascii"))
    except (InputError, UnicodeDecodeError) as error:
        raise InputError.at("api.gs1-path") from error
    levels = await run_in_threadpool(resolve, server.registry, path)
    origin = server.parts.origin
    links = f'<{origin}{path.to_text()}?linkType=linkset>; rel="linkset"; type="{LINK_SET}"; title="All known links"'
    headers = {**CHOSEN, "link": links}
    accept = request.headers.get("accept", "")
    if link_type in WHOLE_SET or (link_type is None and LINK_SET in accept):
        context = f'<{LINKSET_CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
        every = LinkSet(linkset=tuple(_links_of(origin, level) for level in levels))
        return json_response(every, headers={**headers, "link": f"{links}, {context}"}, media_type=LINK_SET)
    tag = chosen_language(lang, request.headers.get("accept-language"))
    where = _chosen(levels, link_type, accept, tag).path
    if lang and where.startswith("/c/"):
        where = f"{where.partition('?')[0]}?lang={tag}"
    return Response(status_code=307, headers={**headers, "location": f"{origin}{where}"})


def _chosen(levels: Sequence[Found], link_type: str | None, accept: str, tag: str) -> Target:
    """Return the best link of a type, of the most exact level that has one; raise MissingError `api.not-found`."""
    asked = _LINK_TYPE.fullmatch(link_type or "gs1:defaultLink")
    for level in levels:
        named = [target for target in _targets(level) if asked is not None and target.name == asked[1]]
        told = [target for target in named if target.language in {None, tag}] or named
        for wish in wishes(accept):
            for target in told:
                if fnmatchcase(target.media_type, wish):
                    return target
        if told:
            return told[0]
    raise MissingError.at("api.not-found")


def _targets(found: Found) -> tuple[Target, ...]:
    """Return all links of what one level names."""
    html, json = "text/html", "application/json"
    match found:
        case FoundPlant():
            return tuple(Target(name, "/trust.json", json) for name in ("defaultLink", "locationInfo"))
        case FoundProduct(_, gtin):
            return tuple(Target(name, f"/?gtin={gtin}", html) for name in ("defaultLink", "pip"))
        case FoundLot(_, _, certificate):
            page, about = f"/c/{certificate}", f"/v1/certificates/{certificate}"
            english, *others = LANGUAGES
            return (
                Target("defaultLink", page, html),
                Target("pip", page, html),
                Target("certificationInfo", page, html, english),
                *(Target("certificationInfo", f"{page}?lang={tag}", html, tag) for tag in others),
                Target("certificationInfo", about, "application/vc+sd-jwt"),
                Target("productPassport", about, "application/vc+sd-jwt"),
                Target("recallStatus", page, html),
                Target("sustainabilityInfo", page, html),
                Target("traceability", f"{about}/chain", json),
                Target("verificationService", f"{about}/verification", json),
            )


def _links_of(origin: str, found: Found) -> LinkContext:
    """Return the links of one level, by their types (rule 4)."""
    links: dict[str, list[Link]] = {}
    for target in _targets(found):
        default = target.name == "defaultLink"
        link = Link(
            href=f"{origin}{target.path}",
            title=LINK_TYPES[target.name][0],
            type=None if default else target.media_type,
            fwqs=None if default else False,
            hreflang=None if target.language is None else (target.language[:2],),
        )
        links.setdefault(f"{VOCABULARY}{target.name}", []).append(link)
    listed = {name: tuple(each) for name, each in links.items()}
    return LinkContext(anchor=f"{origin}{found.path}", item_description=_described(found), **listed)


def _described(found: Found) -> str:
    """Return the meaning of a level, in words."""
    match found:
        case FoundLot(_, lot, _):
            return f"Lot {lot}"
        case FoundPlant(_, facility):
            return f"Plant {facility}"
        case FoundProduct(_, gtin):
            return f"Product {gtin}"
