"""The routes of the pages: a record's page, the search field, a file that is brought, and the page's own files.

Rules: the language is what the address asks for, else what the browser prefers; nothing that a caller wrote comes back
in a page, and no redirect leaves this server; a refusal is a calm page, never a stack trace. What this module does not
do: judging (`ledger.verify`) and rendering (`api.web.page`).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import IO, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.access import caller, opens
from api.app_state import AppState, AppStateDep
from api.rates import address_of
from api.request_body import form_with_file
from api.room import Room
from api.web.assets import ASSETS, VERSION
from api.web.negotiation import chosen_language
from api.web.offline import render_offline, worker_script
from api.web.pages import Pages
from api.web.template import render_docs, render_meaning, render_problem, render_search
from api.web.words import words
from ledger.carrier.gs1 import product_path
from ledger.carrier.link import CertificateLink, GivenCode, GivenDigest, ProductLink, origin_of, parse_subject
from ledger.changes.gs1_keys import find_code, resolve_lot
from ledger.changes.share import count_share
from schemas.meaning import Meaning
from schemas.problem import InputError, MissingError, OreprintError, StateError

router = APIRouter(include_in_schema=False)

MOST_FILE_BYTES: Final = 16 * 1024 * 1024
"""A file brought to the page; a longer bundle is for the command line."""
PAGE_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "vary": "Accept-Encoding, Accept-Language, Authorization",
}
DOCS_POLICY: Final = PAGE_HEADERS["content-security-policy"].replace("img-src 'self'", "img-src 'self' data:")
"""Swagger UI's own style draws its arrows from `data:` addresses; nothing else is wider than on any page."""
CAMERA: Final = "camera=(self), geolocation=(), microphone=()"
_DIGEST: Final = re.compile("zQm[1-9A-HJ-NP-Za-km-z]{44}")
_FOR_EVER: Final = "public, max-age=31536000, immutable"

MOST_ASKED: Final = 4096
"""Characters of a search that are looked at."""
NO_MATCH: Final = "This code is mistyped. Compare each character with the label: capital and small letters differ, and 0, O, I and l never occur."
NO_DIGEST: Final = "This is not a link, digest or code of a label. A digest begins with zQm and has 47 characters. A code has thirteen, with capital and small letters."
NO_LOT: Final = "This link names a product, but no lot with a certificate here. Each certificate is about one lot. Compare the lot with the label, or drop the file that you received."
NO_FILE: Final = "No file was sent. Choose a certificate or a bundle."
NO_RECORD: Final = "The file is not a certificate or a bundle, or it is larger than 16 MB. Your browser reads photos and PDFs by itself, if JavaScript is on. Else type the code under the symbol."
LED_ASTRAY: Final = frozenset({400, 404})
"""Statuses of refusals that say that a link leads to nothing: so are a GTIN or a digest that can't be one."""
MISSING: Final = (
    "There is no such record here",
    "This registry has no certificate under this address. Compare it with the label, or drop the file that you received.",
)
UNKNOWN_CODE: Final = (
    "No record here has this code",
    "The code is typed correctly, but no certificate of this registry has it. It may be of another registry: look for the registry's name under the symbol.",
)
ELSEWHERE: Final = (
    "Not known to this verifier",
    "This label is of another registry, and this registry does not have its record. That is no sign that anybody changed it. Follow the label's own link, or ask your supplier for the bundle.",
)
MISTYPED: Final = (
    "This address is mistyped",
    "It names no certificate and no product. A digest begins with zQm and has 47 characters. The last digit of a product's number must fit the others. Copy it again from the label or the link.",
)
NOT_RIGHT: Final = (
    "This address is not valid",
    "This registry cannot read a part of it. Compare it with the link that you followed, or look for your record from the start page.",
)
NO_PAGE: Final = (
    "There is no such page",
    "This registry has no page at this address. Compare it with the link that you followed, or look for your record from the start page.",
)
NOT_PUBLISHED: Final = (
    "There is nothing at this address",
    "Nothing is published under this name. Compare it with its source. If it was there before, ask the operator of this registry.",
)
NO_CODE: Final = (
    "There is no such code",
    "No problem of this registry has this code. Compare it with the answer that you got.",
)
_ASTRAY: Final[dict[str, tuple[str, str]]] = {
    "store.record-missing": MISSING,
    "api.no-route": NO_PAGE,
    "api.no-code": NO_CODE,
    "api.not-found": NOT_PUBLISHED,
}
"""The page for a link that leads to nothing, by the code of the refusal."""
_NAMES: Final = ("seal.", "carrier.", "api.gs1")
"""Prefixes of codes for an address that names no certificate and no product."""

LOST: Final = (
    "This registry cannot answer now",
    "Some of its records are missing after a fault. Try again later, or drop the file that you received.",
)


def asks_for_page(request: Request) -> bool:
    """Return whether somebody's browser follows a link, and not one of the API."""
    page = "text/html" in request.headers.get("accept", "")
    return page and request.method == "GET" and not request.url.path.startswith("/v1/")


def page_of_nothing(request: Request, error: OreprintError, status: int) -> Response:
    """Return the page for a browser whose link leads nowhere: the reason, and what to do."""
    told = _ASTRAY.get(error.code) or (MISTYPED if error.code.startswith(_NAMES) else NOT_RIGHT)
    answer = _astray(_language(request, None), told, status=status)
    answer.headers["vary"] = f"{PAGE_HEADERS['vary']}, Accept"
    return answer


def meaning_page(request: Request, found: Meaning) -> Response:
    """Return the page that says what a problem's code means, and what to do about it."""
    tag = _language(request, None)
    answer = _page(render_meaning(tag, found), tag)
    answer.headers["vary"] = f"{PAGE_HEADERS['vary']}, Accept"
    return answer


def page_of_loss(request: Request) -> Response:
    """Return the page for a browser that asks for what may be among lost records."""
    title, message = LOST
    tag = _language(request, None)
    answer = _page(render_problem(tag, title=title, message=message), tag, status=503, cache="no-store")
    answer.headers["retry-after"] = "5"
    answer.headers["vary"] = f"{PAGE_HEADERS['vary']}, Accept"
    return answer


async def record_page(request: Request) -> Response:
    """Return the page of a certificate, judged now. A plain route, without FastAPI's parameters (hot path)."""
    server: AppState = request.app.state.server
    token = await caller(request, server)
    digest, tag = request.path_params["digest"], _language(request, None)
    if not _DIGEST.fullmatch(digest):
        return _astray(tag, MISTYPED)
    packed, pages = _takes_gzip(request), _pages(request)
    try:
        content = pages.seen(digest, tag, packed=packed) if token is None else None
        if content is None:
            content = await server.lane(token)(pages.tell, digest, token, tag, packed=packed)
        if opens(token, digest):
            await run_in_threadpool(count_share, server.registry, token.id)
    except InputError:
        return _astray(tag, MISTYPED)
    except MissingError:
        await run_in_threadpool(server.watch.check_whole)
        return _astray(tag, MISSING)
    cache = "no-cache" if token is None else "no-store"
    return _page(content, tag, packed=packed, cache=cache)


class PageRoute(Route):
    """A plain route that names itself to the guard, as FastAPI's routes do."""

    def matches(  # type: ignore[explicit-override] # `typing.override` is there from Python 3.12 on
        self, scope: Scope
    ) -> tuple[Match, Scope]:
        """Return whether a request is for this route."""
        match, child = super().matches(scope)
        return match, child if match is Match.NONE else {**child, "route": self}


router.routes.append(PageRoute("/c/{digest:path}", record_page, methods=["GET"], name="page", include_in_schema=False))


@router.get("/", name="search")
async def search(
    request: Request, server: AppStateDep, q: str | None = None, lang: str | None = None, gtin: str | None = None
) -> Response:
    """Return the search field; with a link, a digest or a label's code in `q`, lead to its page on this server.

    The resolver leads here with a `gtin` where it knows the product, but no lot was named that has a certificate.
    """
    tag = _language(request, lang)
    if q is None:
        return _search_page(tag) if gtin is None else _search_page(tag, problem=NO_LOT)
    try:
        digest = await run_in_threadpool(_named, server, q[:MOST_ASKED])
    except InputError as error:
        return _search_page(tag, problem=NO_MATCH if error.code == "carrier.code-typed" else NO_DIGEST, status=400)
    except MissingError:
        await run_in_threadpool(server.watch.check_whole)
        return _astray(tag, _unknown(server, q[:MOST_ASKED]))
    asked = f"?lang={tag}" if lang else ""
    return RedirectResponse(f"/c/{digest}{asked}", status_code=303, headers=PAGE_HEADERS)


@router.post("/check", name="check")
async def check(request: Request, server: AppStateDep) -> Response:
    """Judge a file that was brought, and return its page; nothing of it is kept."""
    tag = _language(request, None)
    server.rates.count("verify", address_of(request))
    packed = _takes_gzip(request)
    try:
        async with _brought(request, server.room) as (file, asked):
            tag, printed = _language(request, asked.get("lang")), "printed" in asked
            content = await server.strangers(_judged, _pages(request), file, tag, packed=packed, printed=printed)
    except MultiPartException:
        return _page(render_search(tag, problem=NO_FILE), tag, status=400)
    except StateError:
        raise  # which says nothing of the file
    except OreprintError as error:
        too_long = error.code == "api.body-size"
        told = words(tag).problem(error.problems[0]) if error.code.startswith("pdf.") else NO_RECORD
        return _page(render_search(tag, problem=told), tag, status=413 if too_long else 400)
    return _page(content, tag, packed=packed, cache="no-store")


@router.get("/docs", name="docs")
async def docs() -> Response:
    """Return the documentation of the API: Swagger UI over `/openapi.json`, all of it from this package."""
    answer = _page(render_docs(), "en")
    answer.headers["content-security-policy"] = DOCS_POLICY
    return answer


@router.get("/offline", name="offline")
async def offline(request: Request) -> Response:
    """Return the empty check page, which a browser keeps for times without a connection."""
    tag = _language(request, None)
    answer = _page(render_offline(tag), tag)
    answer.headers["permissions-policy"] = CAMERA
    return answer


@router.get("/worker.js", name="worker")
async def worker(request: Request) -> Response:
    """Return the service worker; a browser asks for it again at each visit."""
    del request
    return Response(
        worker_script(),
        media_type=ASSETS["worker.js"].media_type,
        headers={**PAGE_HEADERS, "cache-control": "no-cache"},
    )


@router.get("/static/{version}/{name:path}", name="static")
async def static(request: Request, version: str, name: str) -> Response:
    """Return a file of the page."""
    asset = ASSETS.get(name)
    if asset is None or version != VERSION:
        raise MissingError.at("api.not-found")
    packed = _takes_gzip(request)
    return Response(
        asset.packed if packed else asset.plain,
        media_type=asset.media_type,
        headers={**PAGE_HEADERS, "cache-control": _FOR_EVER, **({"content-encoding": "gzip"} if packed else {})},
    )


def _named(server: AppState, text: str) -> str:
    """Return the digest in a text, or of what a label's code or a GS1 link names here.

    Raises:
        InputError: `carrier.*`; MissingError: `store.record-missing`.
    """
    try:
        subject = parse_subject(text)
    except InputError:
        found = _DIGEST.search(text)
        if found is None:
            raise
        return found[0]
    match subject:
        case GivenCode(start):
            return find_code(server.registry, start)
        case ProductLink(_, gtin, lot):
            return resolve_lot(server.registry, product_path(gtin, lot=lot)).certificate
        case CertificateLink(resolver, digest) if origin_of(resolver) != server.parts.origin:
            return find_code(server.registry, digest)
        case CertificateLink(digest=digest) | GivenDigest(digest):
            return digest


def _unknown(server: AppState, text: str) -> tuple[str, str]:
    """Return the page for well-formed text that names nothing here."""
    match parse_subject(text):
        case GivenCode():
            return UNKNOWN_CODE
        case CertificateLink(resolver=resolver) | ProductLink(resolver=resolver) if (
            origin_of(resolver) != server.parts.origin
        ):
            return ELSEWHERE
    return MISSING


def _language(request: Request, asked: str | None) -> str:
    return chosen_language(asked or request.query_params.get("lang"), request.headers.get("accept-language"))


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _search_page(tag: str, *, problem: str | None = None, status: int = 200) -> Response:
    """Return the search field: the one page that may ask its reader for the camera."""
    answer = _page(render_search(tag, problem=problem), tag, status=status)
    answer.headers["permissions-policy"] = CAMERA
    return answer


def _astray(tag: str, told: tuple[str, str], *, status: int = 404) -> Response:
    title, message = told
    return _page(render_problem(tag, title=title, message=message), tag, status=status)


def _page(content: bytes, tag: str, *, status: int = 200, packed: bool = False, cache: str = "no-cache") -> Response:
    answer = Response(content, status_code=status)
    answer.raw_headers = [*_headers(tag, cache, packed=packed), (b"content-length", b"%d" % len(content))]
    return answer


@lru_cache(maxsize=64)
def _headers(tag: str, cache: str, *, packed: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers of a page as bytes, cached (hot path)."""
    more = {"content-type": "text/html; charset=utf-8", "cache-control": cache, "content-language": tag}
    more |= {"content-encoding": "gzip"} if packed else {}
    return [(name.encode(), value.encode()) for name, value in (PAGE_HEADERS | more).items()]


@asynccontextmanager
async def _brought(request: Request, room: Room) -> AsyncIterator[tuple[IO[bytes], dict[str, str]]]:
    """Give the file of a form, and its fields: `lang`, and `printed` where the page took the file out of a PDF.

    Raises:
        InputError: `api.body-size`; StateError: `api.busy`; MultiPartException when there is no file.
    """
    async with form_with_file(request, room, most=MOST_FILE_BYTES, fields=2) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise MultiPartException("no file")
        yield file.file, {name: value for name, value in form.items() if isinstance(value, str)}


def _judged(pages: Pages, file: IO[bytes], tag: str, *, packed: bool, printed: bool) -> bytes:
    return pages.judge(file.read(), tag, packed=packed, printed=printed)
