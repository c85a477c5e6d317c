"""Labels: a sheet to print from the browser, a PDF, ZPL to take away, and ZPL to a printer that the operator named."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import Query, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import HANDLING, Handler, SignedIn, Visit, desk_router, posted
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from api.web.routes import PAGE_HEADERS
from ledger.carrier.link import resolver_of
from ledger.carrier.pages import labels_pdf
from ledger.carrier.printing import DEFAULT_WIDTH_MM, MEDIA_TYPE, LabelOptions, LabelParts
from ledger.carrier.sheets import SHEETS, fitting, sheet_named, sheets
from ledger.carrier.zpl import label_zpl
from ledger.desk.lot_view import lot_view
from ledger.issuing.labels import parts_of
from ledger.remote.printer import print_labels
from schemas.problem import InputError, MissingError, OreprintError, Problem

router = desk_router()
PATH: Final = "/desk/labels"
MOST_LABELS: Final = 200
"""Labels of one sheet or file."""
DEFAULT_SHEET: Final = "a4-4"
Digests = Annotated[list[str], Query(alias="d", max_length=MOST_LABELS)]
Width = Annotated[int, Query(ge=20, le=200)]


class _Sheet(NamedTuple):
    """The pages that were made, or why they could not be."""

    pages: tuple[Markup, ...]
    problems: tuple[Problem, ...]


@router.get(PATH, name="labels")
async def labels(  # noqa: PLR0913, PLR0917 - every wish is one
    request: Request,
    server: AppStateDep,
    visit: SignedIn,
    d: Digests = [],  # noqa: B006 - read only
    lot: Annotated[list[str], Query(max_length=MOST_LABELS)] = [],  # noqa: B006 - as above
    sheet: Annotated[str, Query(max_length=20)] = DEFAULT_SHEET,
    start: Annotated[str, Query(max_length=4)] = "1",
    printed: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Return the sheets with the labels of some certificates, as the browser prints them.

    They are named by ``d``; the list of lots, whose choice also goes to Ship, calls them ``lot``.
    """
    d = [*d, *lot]
    return await _shown(request, server, visit, d, sheet=sheet, start=start, printed=printed)


@router.get(f"{PATH}/file", name="label-file")
async def file(
    server: AppStateDep,
    visit: SignedIn,
    d: Digests,
    form: Annotated[Literal["pdf", "zpl"], Query(alias="format")] = "pdf",
    width: Width = DEFAULT_WIDTH_MM,
) -> Response:
    """Return the labels of some certificates as one file, to print or to give to a printer."""
    content = await server.tenants(_content, server, visit, d, form, width)
    headers = {
        **PAGE_HEADERS,
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="labels.{form}"',
    }
    return Response(content, headers=headers, media_type=MEDIA_TYPE[form])


@router.post(f"{PATH}/print", name="print-labels")
async def send(request: Request, server: AppStateDep, visit: Handler) -> Response:
    """Send labels to a printer."""
    form = await posted(request, visit, fields=("d", "printer", "width"))
    digests = [each for each in form.getlist("d") if isinstance(each, str)][:MOST_LABELS]
    reader = FormReader(form)
    printer, width = reader.text("printer"), reader.text("width", most=3)
    query = urlencode([("d", each) for each in digests])
    if not width.isdecimal():
        reader.add(Problem.at("carrier.label-size", "width", value=width, least=20, most=200))
    try:
        reader.check()
        content = await server.tenants(_content, server, visit, digests, "zpl", int(width))
        await run_in_threadpool(print_labels, server.parts.printers, printer, content)
    except MissingError as error:
        if error.code != "label.no-printer":
            raise
        return await _shown(request, server, visit, digests, refusal=error)
    except OreprintError as error:
        return await _shown(request, server, visit, digests, refusal=error)
    return see_other(f"{PATH}?{query}&{urlencode({'printed': printer})}")


async def _shown(  # noqa: PLR0913 - what the page shows
    request: Request,
    server: AppState,
    visit: Visit,
    digests: list[str],
    *,
    sheet: str = DEFAULT_SHEET,
    start: str = "1",
    printed: str = "",
    refusal: OreprintError | None = None,
) -> Response:
    """Return the sheets, with the problems of the request, or why the printer got nothing."""
    made = await server.tenants(_pages, server, visit, digests, sheet, start)
    problems = made.problems if refusal is None else refusal.problems
    return page(
        request,
        visit,
        "labels.html",
        status=400 if problems else 200,
        problems=problems,
        digests=digests,
        sheet=sheet,
        start=start,
        pages=made.pages,
        sheets=SHEETS,
        printers=[] if visit.person.scopes.isdisjoint(HANDLING) else list(server.parts.printers),
        query=urlencode([("d", each) for each in digests]),
        printed=printed if printed in server.parts.printers else "",
    )


def _pages(server: AppState, visit: Visit, digests: list[str], name: str, start: str) -> _Sheet:
    """Return the sheets, or the problems of the request."""
    try:
        sheet = sheet_named(name)
        if not start.isdecimal():
            raise InputError.at("label.start", "start", value=start, limit=sheet.cells)
        labels = [fitting(_parts(server, visit, digest, LabelOptions("svg")).at, sheet) for digest in digests]
        made = sheets(labels, sheet, start=int(start))
        return _Sheet(tuple(Markup(each) for each in made), ())  # noqa: S704 - drawn by us, texts escaped
    except InputError as error:
        return _Sheet((), error.problems)


def _content(server: AppState, visit: Visit, digests: list[str], form: Literal["pdf", "zpl"], width: int) -> bytes:
    wish = LabelOptions("png" if form == "pdf" else "zpl", width)
    made = [_parts(server, visit, digest, wish).at(width) for digest in digests]
    if not made:
        raise MissingError.at("store.record-missing")
    return labels_pdf(made) if form == "pdf" else b"".join(map(label_zpl, made))


def _parts(server: AppState, visit: Visit, digest: str, wish: LabelOptions) -> LabelParts:
    """Return the label of a certificate that the person's party issued or received."""
    lot_view(server.registry, visit.party, digest)
    here = replace(wish, resolver=resolver_of(server.parts.origin))
    return parts_of(server.registry, digest, here, server.verifier.trust(), tables=server.parts.tables)
