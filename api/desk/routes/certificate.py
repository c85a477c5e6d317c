"""One certificate: its state, the unused mass, its history, its private links, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Changer, Mover, Quality, Sharer, SignedIn, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader, posted_file
from api.desk.render import page, see_other
from api.problems import status_of
from ledger.changes.share import create_share, list_shares, resume_share, revoke_share
from ledger.changes.undo import undo
from ledger.changes.withdraw import StatusChangeKind, change_status
from ledger.desk.approvals import Approval
from ledger.desk.approved import concerns_certificate, to_do
from ledger.desk.incoming import kept_difference
from ledger.desk.listing import party_names
from ledger.desk.lot_view import LotView, lot_view
from ledger.desk.may_put_right import may
from ledger.desk.people import names_of
from ledger.desk.putting_right import Act, begin_putting_right
from ledger.desk.replace import replace_run
from ledger.issuing.correct import correct
from ledger.transfers.ship import cancel
from schemas.answers.life import NewLink
from schemas.door import JsonValue, parse_document, validated
from schemas.door.limits import MAX_BYTES
from schemas.instant import time_text
from schemas.problem import AccessError, MissingError, OreprintError, RefusedError
from schemas.quantity import kg_text
from schemas.record import ProductionRecord
from schemas.requests import MOST_SHARE_DAYS, ShareRequest

router = desk_router()
AUDIENCES: Final = ("customer", "public", "partner", "auditor")
CHANGES: Final[tuple[StatusChangeKind, ...]] = ("withdraw", "suspend", "lift")
MOST_REASON: Final = 500


@router.get("/desk/certificates/{digest}", name="certificate")
async def certificate(request: Request, server: AppStateDep, digest: str, visit: SignedIn) -> Response:
    """Return one certificate that the person's party issued, or of a lot that it received."""
    return await _shown(request, server, visit, digest)


@router.post("/desk/certificates/{digest}/share", name="share-certificate")
async def share(request: Request, server: AppStateDep, digest: str, visit: Sharer) -> Response:
    """Make a private link for one customer, and show it this once."""
    prove_first(visit, path_of(digest))
    reader = FormReader(await posted(request, visit, fields=("recipient", "audience", "days")))
    given = {"recipient": reader.text("recipient"), "audience": reader.chosen("audience", AUDIENCES)}
    days = reader.text("days", most=3)

    def make() -> NewLink:
        reader.check()
        asked: dict[str, JsonValue] = {
            "lot": digest,
            **given,
            "days": int(days) if days.isdecimal() and days.isascii() else 0,
        }
        wanted = validated(ShareRequest, asked)
        party, by = visit.party, visit.author
        return create_share(server.registry, wanted, party=party, origin=server.parts.origin, by=by)

    try:
        made = await run_in_threadpool(make)
    except OreprintError as error:
        if isinstance(error, MissingError):
            raise
        return await _shown(request, server, visit, digest, refusal=error, given={**given, "days": days})
    return await _shown(request, server, visit, digest, link=made)


@router.post("/desk/certificates/{digest}/links/{share_id}/end", name="end-link")
async def end_link(request: Request, server: AppStateDep, digest: str, share_id: str, visit: Sharer) -> Response:
    """End a private link at once."""
    prove_first(visit, path_of(digest))
    await posted(request, visit, fields=())
    await run_in_threadpool(revoke_share, server.registry, share_id, party=visit.party, by=visit.author)
    return see_other(path_of(digest))


@router.post("/desk/certificates/{digest}/links/{share_id}/resume", name="resume-link")
async def resume_link(request: Request, server: AppStateDep, digest: str, share_id: str, visit: Sharer) -> Response:
    """Let a private link open again that is held since a restore."""
    prove_first(visit, path_of(digest))
    await posted(request, visit, fields=())
    await run_in_threadpool(resume_share, server.registry, share_id, party=visit.party, by=visit.author)
    return see_other(path_of(digest))


@router.post("/desk/certificates/{digest}/status", name="change-status")
async def change(request: Request, server: AppStateDep, digest: str, visit: Quality) -> Response:
    """Withdraw or suspend the lot, or lift its suspension."""
    prove_first(visit, path_of(digest))
    reader = FormReader(await posted(request, visit, fields=("change", "reason")))
    chosen = reader.chosen("change", CHANGES)
    kind: StatusChangeKind = next((each for each in CHANGES if each == chosen), "suspend")
    reason = reader.text("reason", most=MOST_REASON)

    def do() -> None:
        reader.check()
        party = visit.party
        change_status(
            server.registry,
            digest,
            kind=kind,
            issuer=party,
            reason=reason,
            status=server.parts.status,
            author=visit.author,
        )

    return await _done(request, server, visit, digest, do, given={"change": kind, "reason": reason})


@router.post("/desk/certificates/{digest}/undo", name="undo-run")
async def undo_run(request: Request, server: AppStateDep, digest: str, visit: Quality) -> Response:
    """Undo the run that made the lot, while nothing of it has left."""
    prove_first(visit, path_of(digest))
    await posted(request, visit, fields=())

    def do() -> None:
        undo(server.registry, digest, producer=visit.party, status=server.parts.status, author=visit.author)

    return await _done(request, server, visit, digest, do)


@router.post("/desk/certificates/{digest}/cancel", name="cancel-offer")
async def take_back(request: Request, server: AppStateDep, digest: str, visit: Mover) -> Response:
    """Cancel the offers of the lot."""
    await posted(request, visit, fields=())

    def do() -> None:
        cancel(server.registry, sender=visit.party, lot=digest)

    return await _done(request, server, visit, digest, do)


@router.post("/desk/certificates/{digest}/put-right", name="put-right")
async def begin(request: Request, server: AppStateDep, digest: str, visit: Changer) -> Response:
    """Open the form that corrects or replaces the run, filled in as it was issued."""
    reader = FormReader(await posted(request, visit, fields=("act",)))
    act: Act = "replace" if reader.chosen("act", ("correct", "replace")) == "replace" else "correct"
    party, tables = visit.party, server.parts.tables

    def begun() -> str:
        reader.check()
        found = lot_view(server.registry, party, digest)
        if not found.own:
            raise RefusedError.at("life.not-issuer", lot=found.lot.lot, issuer=found.record.issuer.did, did=party)
        return begin_putting_right(server.registry, digest, act, who=visit.person, tables=tables).row.id

    try:
        draft = await run_in_threadpool(begun)
    except OreprintError as error:
        if isinstance(error, MissingError | AccessError):
            raise
        return await _shown(request, server, visit, digest, refusal=error)
    return see_other(f"/desk/drafts/{draft}/edit")


@router.post("/desk/certificates/{digest}/record", name="corrected-record")
async def corrected_record(request: Request, server: AppStateDep, digest: str, visit: Quality) -> Response:
    """Correct words or lines, or replace the run, by a corrected production record."""
    prove_first(visit, path_of(digest))
    content, fields = await posted_file(request, visit, server, most=MAX_BYTES, fields=1)
    party, leads_to = visit.party, digest

    def do() -> str:
        lot_view(server.registry, party, digest)
        by_name: Literal["json", "yaml"] = "json" if content.lstrip()[:1] == b"{" else "yaml"
        record = parse_document(ProductionRecord, content, media=by_name)
        if record.producer != party:
            raise RefusedError.at("replace.other-producer", "file", producer=record.producer, party=party)
        tables, status = server.parts.tables, server.parts.status
        if fields.get("how") == "replace":
            made = replace_run(
                server.registry, digest, record, producer=party, tables=tables, status=status, author=visit.author
            )
            return made.issued[0].digest
        return (
            correct(server.registry, record, tables=tables, status=status, author=visit.author).certificates[0].digest
        )

    try:
        leads_to = await run_in_threadpool(do)
    except OreprintError as error:
        if isinstance(error, MissingError):
            raise
        return await _shown(request, server, visit, digest, refusal=error)
    return see_other(path_of(leads_to))


def path_of(digest: str) -> str:
    """Return the path of a certificate's screen."""
    return f"/desk/certificates/{digest}"


async def _done(
    request: Request,
    server: AppState,
    visit: Visit,
    digest: str,
    do: Callable[[], None],
    *,
    given: dict[str, str] | None = None,
) -> Response:
    """Do something with a lot and return to its page, or show there why it was refused."""
    await run_in_threadpool(lot_view, server.registry, visit.party, digest)  # another party's is not found
    try:
        await run_in_threadpool(do)
    except OreprintError as error:
        return await _shown(request, server, visit, digest, refusal=error, given=given)
    return see_other(path_of(digest))


async def _shown(
    request: Request,
    server: AppState,
    visit: Visit,
    digest: str,
    *,
    refusal: OreprintError | None = None,
    link: NewLink | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    """Return the page, with a refusal, or with a link that is shown this once."""
    party = visit.party
    found = await run_in_threadpool(lot_view, server.registry, party, digest)
    links = await run_in_threadpool(list_shares, server.registry, party)
    difference = await run_in_threadpool(kept_difference, server.registry, party, found.lot)
    return page(
        request,
        visit,
        "certificate.html",
        status=200 if refusal is None else status_of(refusal),
        problems=() if refusal is None else refusal.problems,
        found=found,
        batch=found.record.batch,
        masses={name: kg_text(mass) for name, mass in found.masses._asdict().items()},
        names=await run_in_threadpool(party_names, server.registry),
        links=[each for each in links.links if each.certificate in {digest, found.latest}],
        link=link,
        difference=kg_text(abs(difference)),
        short=difference > 0,
        audiences=AUDIENCES,
        approved=[row for row in await run_in_threadpool(to_do, server.registry, visit.person) if _about(row, found)],
        people=await run_in_threadpool(names_of, server.registry, party),
        clock=time_text,
        changes=_possible(found),
        may_replace=found.whole and await run_in_threadpool(may, server.registry, visit.person, digest, "replace"),
        most_days=MOST_SHARE_DAYS,
        given={"recipient": "", "audience": "customer", "days": "90", "change": "", "reason": "", **(given or {})},
    )


def _about(row: Approval, found: LotView) -> bool:
    """Return whether an approved act is about a certificate, or corrects its run."""
    lots = row.subject.split(", ") if row.verb == "correct" else ()
    return found.own and (concerns_certificate(row, found.digest) or found.lot.lot in lots)


def _possible(found: LotView) -> tuple[StatusChangeKind, ...]:
    """Return the changes that the lot's state allows."""
    if not found.own or found.state in {"withdrawn", "undone"}:
        return ()
    return ("withdraw", "lift") if found.state == "suspended" else ("withdraw", "suspend")
