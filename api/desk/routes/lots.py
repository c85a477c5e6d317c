"""Lots: what a party issued, received, has at hand and shipped; filtered, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal, get_args
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import Admin, Reader, SignedIn, desk_router
from api.desk.render import page
from api.routes.parties import leaving_archive
from api.routes.uploads import XLSX, attached
from ledger.desk.contacts import list_contacts
from ledger.desk.export import export_file
from ledger.desk.listing import ListFilter, Whose, list_certificates, party_names
from schemas.answers.certificates import CertificateState
from schemas.identifier import is_trial
from schemas.instant import date_of
from schemas.patterns import CURSOR
from schemas.problem import InputError, Problem

router = desk_router()
PAGE: Final = 50
VIEWS: Final = ("at-hand", "issued", "received", "shipped", "all")
_WHOSE: Final[Mapping[str, Whose]] = {"issued": "issued", "received": "received"}
Word = Annotated[str, Query(max_length=200)]


def _filters(  # noqa: PLR0917 - every filter is one
    show: Word = "at-hand",
    q: Word = "",
    state: Word = "",
    product: Word = "",
    customer: Word = "",
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
) -> dict[str, str]:
    """Return the filters of an address as they were typed."""
    return {"show": show, "q": q, "state": state, "product": product, "customer": customer, "from": first, "to": last}


Filters = Annotated[dict[str, str], Depends(_filters)]


@router.get("/desk/lots", name="lots")
def lots(
    request: Request,
    server: AppStateDep,
    visit: SignedIn,
    given: Filters,
    after: Annotated[str | None, Query(pattern=CURSOR)] = None,
) -> Response:
    """Return the lots of the person's party."""
    problems: list[Problem] = []
    wanted = _wanted(given, problems)
    party = visit.party
    found = list_certificates(server.registry, party, wanted, limit=PAGE, cursor=after, origin=server.parts.origin)
    kept = {name: value for name, value in given.items() if value}
    following = None if found.next is None else "/desk/lots?" + urlencode({**kept, "after": found.next})
    products = server.parts.tables.products.values()
    names = party_names(server.registry)
    contacts = list_contacts(server.registry, party)
    return page(
        request,
        visit,
        "lots.html",
        problems=problems,
        status=400 if problems else 200,
        given=given,
        found=found.certificates,
        following=following,
        query=urlencode(kept),
        products=[(each.id, each.named(visit.language)) for each in products],
        customers={**names, **{each.did: each.name for each in contacts.contacts}},
        names=names,
        own=party,
        trial=is_trial(server.registry.did),
    )


@router.get("/desk/export.{form}", name="export")
async def export(server: AppStateDep, visit: Reader, given: Filters, form: Literal["xlsx", "zip"]) -> Response:
    """Return the lots of the list that the party issued as a workbook, or as comma-separated files, that read back."""
    problems: list[Problem] = []
    wanted = _wanted(given, problems)
    if problems:
        raise InputError(*problems)
    made = await server.tenants(export_file, server.registry, visit.party, form, visit.language, wanted)
    return attached(f"certificates.{form}", made, XLSX if form == "xlsx" else "application/zip")


@router.get("/desk/everything.zip", name="everything")
async def everything(server: AppStateDep, visit: Admin) -> Response:
    """Return all that the party owns and may see here, to take away."""
    return await leaving_archive(server, visit.party)


def _wanted(given: dict[str, str], problems: list[Problem]) -> ListFilter:
    """Return the filters; a wrong one is a problem at its field, and filters nothing."""
    show, state = given["show"], given["state"]
    if show not in VIEWS:
        problems.append(Problem.at("desk.field-unknown", "show", value=show))
        show = "at-hand"
    chosen: CertificateState | None = next((each for each in get_args(CertificateState) if each == state), None)
    if state and chosen is None:
        problems.append(Problem.at("desk.field-unknown", "state", value=state))
    return ListFilter(
        product=given["product"] or None,
        state=chosen,
        issued_from=_day(given["from"], "from", problems),
        issued_before=_day(given["to"], "to", problems, after=1),
        text=given["q"].strip() or None,
        at_hand=show == "at-hand",
        shipped=show == "shipped",
        customer=given["customer"] or None,
        newest=True,
        whose=_WHOSE.get(show, "all"),
    )


def _day(text: str, place: str, problems: list[Problem], *, after: int = 0) -> str | None:
    """Return the instant at which a day begins, or the day after it."""
    if not text:
        return None
    try:
        return f"{date_of(text) + timedelta(days=after)}T00:00:00Z"
    except InputError as error:
        problems += [each._replace(place=place) for each in error.problems]
        return None
