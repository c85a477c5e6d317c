"""Incoming: what is offered to the party, with the verdict of its chain and the scale's mass; and files brought in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from fastapi import Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import GoodsIn, Visit, desk_router, posted
from api.desk.forms import FormReader, posted_file
from api.desk.render import page, part, see_other
from api.desk.routes.certificate import path_of
from api.desk.words import desk_words
from api.problems import status_of
from api.web.page import headline
from ledger.bundles.views import view_of
from ledger.desk.incoming import (
    IncomingOffer,
    accept_incoming,
    list_incoming,
    reopen_incoming,
    scale_tolerance,
    shut_incoming,
)
from ledger.desk.listing import party_names
from ledger.seal.digest import certificate_digest_text
from ledger.transfers.receive import receive
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from schemas.bundle import BUNDLE_BEGINS, HoldingLine, read_line
from schemas.problem import InputError, MissingError, OreprintError
from schemas.quantity import milligrams, plain, read_quantity
from schemas.report import Report
from schemas.sentences import REPLIES

router = desk_router()
PATH: Final = "/desk/incoming"
MOST_FILE_BYTES: Final = 16 * 1024 * 1024
MOST_JUDGED: Final = 20
"""Offers whose chains are verified for one page."""


class JudgedOffer(NamedTuple):
    """An offer with the report on its certificate; None for a lot of another registry, and beyond `MOST_JUDGED`."""

    offer: IncomingOffer
    report: Report | None


@router.get(PATH, name="incoming")
async def incoming(request: Request, server: AppStateDep, visit: GoodsIn) -> Response:
    """Return the list of everything that waits for the person's party."""
    return await _shown(request, server, visit)


@router.post(f"{PATH}/{{offer}}/accept", name="accept-offer")
async def accept(request: Request, server: AppStateDep, offer: str, visit: GoodsIn) -> Response:
    """Accept an offer whose mass the scale confirms."""
    reader = FormReader(await posted(request, visit, fields=("scale",)))
    typed = reader.text("scale", required=False)

    def do() -> str:
        read = scale_reading(typed) if typed else None
        party, by = visit.party, visit.author
        found, _ = accept_incoming(server.registry, party, offer, read_mg=read, by=by)
        return path_of(found.certificate) if found.certificate else PATH

    return await _done(request, server, visit, offer, do, {"scale": typed})


@router.post(f"{PATH}/{{offer}}/shut", name="shut-offer")
async def shut(request: Request, server: AppStateDep, offer: str, visit: GoodsIn) -> Response:
    """Don't take an offer, and tell its sender why."""
    reader = FormReader(await posted(request, visit, fields=("reason",)))
    reason = reader.text("reason")

    def do() -> str:
        reader.check()
        shut_incoming(server.registry, visit.party, offer, reason=reason, by=visit.author)
        return PATH

    return await _done(request, server, visit, offer, do, {"reason": reason})


@router.post(f"{PATH}/{{offer}}/open", name="open-offer")
async def reopen(request: Request, server: AppStateDep, offer: str, visit: GoodsIn) -> Response:
    """Open an offer again that was shut."""
    await posted(request, visit, fields=())

    def do() -> str:
        reopen_incoming(server.registry, visit.party, offer, by=visit.author)
        return PATH

    return await _done(request, server, visit, offer, do, {})


@router.post(f"{PATH}/file", name="incoming-file")
async def file(request: Request, server: AppStateDep, visit: GoodsIn) -> Response:
    """Take in a transfer from another registry, or judge a certificate or bundle that somebody sent."""
    content, _ = await posted_file(request, visit, server, most=MOST_FILE_BYTES)
    try:
        brought = await server.tenants(_brought, server, visit.party, content)
    except OreprintError as error:
        return await _shown(request, server, visit, refusal=error)
    return see_other(brought) if isinstance(brought, str) else await _shown(request, server, visit, brought=brought)


def incoming_today(request: Request, server: AppState, visit: Visit) -> Markup | None:
    """Return the open offers to the person's party for Today; None for who accepts nothing, and where there is none."""
    if not visit.may("accept"):
        return None
    offers = [each for each in list_incoming(server.registry, visit.party) if each.reason is None]
    names = party_names(server.registry)
    return part(request, visit, "today-incoming.html", offers=offers, names=names) if offers else None


def scale_reading(text: str) -> int:
    """Return the reading of a scale in mg, in kg unless it names another unit; raise InputError at ``scale``."""
    try:
        return milligrams(read_quantity(text if text[-1:].isalpha() else f"{text} kg", dimension="mass").amount)
    except InputError as error:
        raise InputError(*(each._replace(place="scale") for each in error.problems)) from error


def _brought(server: AppState, party: str, content: bytes) -> Report | str:
    """Take in a transfer and return the path to go on at, or return the report on any other file."""
    lines = content.splitlines(keepends=True) if content.startswith(BUNDLE_BEGINS) else []
    if not any(isinstance(read_line(line, f"line {number}"), HoldingLine) for number, line in enumerate(lines, 1)):
        return _judged(server, content)
    certificate = receive(server.registry, lines, consignee=party, tables=server.parts.tables).lot.certificate
    return PATH if certificate is None else path_of(certificate_digest_text(certificate))


def _judged(server: AppState, content: bytes) -> Report:
    policy = Policy(at_ms=server.registry.runtime.now_ms())
    return report(server.verifier.judge_file(content, policy).chain)


def _judged_offers(server: AppState, party: str) -> list[JudgedOffer]:
    """Return the offers to a party, each with the report on its chain as the party may see it."""
    found = []
    for number, offer in enumerate(list_incoming(server.registry, party)):
        report = None
        if number < MOST_JUDGED and offer.certificate and offer.lot.home is None:
            view = view_of(server.registry, offer.certificate, party)
            report = server.reports.tell(offer.certificate, view, tenant=party).report
        found.append(JudgedOffer(offer, report))
    return found


async def _done(
    request: Request, server: AppState, visit: Visit, offer: str, do: Callable[[], str], given: dict[str, str]
) -> Response:
    """Do something with an offer and go on, or show at the offer why it was refused."""
    try:
        return see_other(await run_in_threadpool(do))
    except MissingError:
        raise
    except OreprintError as error:
        return await _shown(request, server, visit, refusal=error, at=offer, given=given)


async def _shown(
    request: Request,
    server: AppState,
    visit: Visit,
    *,
    refusal: OreprintError | None = None,
    brought: Report | None = None,
    at: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    """Return the page: at the offer `at` with what was typed there and why it was refused."""
    said = desk_words(visit.language)
    problems = () if refusal is None else refusal.problems
    placed = [each._replace(place=f"{each.place}-{at}") if each.place and at else each for each in problems]
    return page(
        request,
        visit,
        "incoming.html",
        status=200 if refusal is None else status_of(refusal),
        problems=placed,
        offers=await server.tenants(_judged_offers, server, visit.party),
        names=await run_in_threadpool(party_names, server.registry),
        tolerance=plain(await run_in_threadpool(scale_tolerance, server.registry, visit.party)),
        verdict=lambda report: said(REPLIES[report.replies.genuine.code].answer),
        headline=lambda report: headline(report, said),
        brought=brought,
        at=at,
        given=given or {},
    )
