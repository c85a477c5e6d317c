"""Ship: one customer, many lots, the numbers of the papers, and the private links, in one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, get_args

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Mover, Sharer, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from api.problems import status_of
from ledger.desk.contacts import list_contacts
from ledger.desk.shipping import (
    ID_FORM,
    LINK_DAYS,
    LotAtHand,
    link_shipment,
    list_shipments,
    lots_to_ship,
    made_shipment,
    new_id,
    ship_lots,
)
from schemas.contact import ShipmentRequest
from schemas.door import JsonValue, validated
from schemas.identifier import is_trial
from schemas.problem import OreprintError, Problem
from schemas.vocabulary import Audience

router = desk_router()
_FIELDS: Final = ("once", "contact", "lot", "number", "po", "audience", "links", "q")
_EMPTY: Final = dict.fromkeys(("contact", "number", "po", "links", "q"), "") | {"audience": "customer"}
_MASS: Final = "mass."
"""Prefix of the field of a lot's mass; the rest is the digest of its certificate."""


@router.get("/desk/ship")
async def form(
    request: Request,
    server: AppStateDep,
    visit: Mover,
    to: Annotated[str, Query(max_length=12)] = "",
    lot: Annotated[list[str] | None, Query(max_length=200)] = None,
    q: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Return the form, with a customer and lots chosen if the address names them."""
    typed = {"contact": to, "audience": "customer", "q": q}
    return await _form(request, server, visit, typed, chosen=lot or ())


@router.post("/desk/ship")
async def ship(request: Request, server: AppStateDep, visit: Mover) -> Response:
    """Ship; show the private links this once."""
    given = await posted(request, visit)
    typed = {name: str(given.get(name, "")) for name in (*_FIELDS, *(key for key in given if key.startswith(_MASS)))}
    chosen = [str(each) for each in given.getlist("lot")]
    try:
        once, wanted = _wanted(given, visit)
        await server.tenants(server.sign_lots, visit.party, [each.lot for each in wanted.lots])
        made = await run_in_threadpool(
            ship_lots,
            server.registry,
            wanted,
            party=visit.party,
            origin=server.parts.origin,
            once=once,
            by=visit.author,
        )
    except OreprintError as error:
        problems = [each._replace(place=_field_of(each.place, chosen)) for each in error.problems]
        return await _form(request, server, visit, typed, chosen=chosen, problems=problems, status=status_of(error))
    if not any(each.link for each in made.lots):
        return see_other(f"/desk/shipments/{made.id}")
    # Not by redirect: the links are told once. The same form again ships nothing and leads to the page without them.
    return page(request, visit, "shipment.html", shipment=made, just_made=True, may_link=False)


@router.get("/desk/shipments")
def shipments(request: Request, server: AppStateDep, visit: Mover) -> Response:
    """List what was shipped."""
    found = list_shipments(server.registry, visit.party)
    return page(request, visit, "shipments.html", shipments=found.shipments)


@router.get("/desk/shipments/{shipment}")
def shipment(request: Request, server: AppStateDep, visit: Mover, shipment: str) -> Response:
    """Show one shipment."""
    found = made_shipment(server.registry, visit.party, shipment)
    may_link = visit.may("share") and any(each.share is None for each in found.lots)
    return page(request, visit, "shipment.html", shipment=found, just_made=False, may_link=may_link)


@router.post("/desk/shipments/{shipment}/links")
async def links(request: Request, server: AppStateDep, visit: Sharer, shipment: str) -> Response:
    """Make the private links that a shipment lacks, and show them this once."""
    await posted(request, visit, fields=())
    prove_first(visit, f"/desk/shipments/{shipment}")
    made = await run_in_threadpool(
        link_shipment, server.registry, visit.party, shipment, origin=server.parts.origin, by=visit.author
    )
    just_made = any(each.link for each in made.lots)
    return page(request, visit, "shipment.html", shipment=made, just_made=just_made, may_link=False)


async def _form(
    request: Request,
    server: AppState,
    visit: Visit,
    typed: dict[str, str],
    *,
    chosen: Sequence[str],
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    """Return the form with what was typed."""
    party = visit.party
    contacts = await run_in_threadpool(list_contacts, server.registry, party)
    lots = await run_in_threadpool(lots_to_ship, server.registry, party, name=typed.get("q", ""))
    return page(
        request,
        visit,
        "ship.html",
        status=status,
        problems=problems,
        typed={"once": new_id(server.registry), **_EMPTY, **{name: text for name, text in typed.items() if text}},
        contacts=contacts.contacts,
        lots=_chosen_first(lots, chosen),
        chosen=frozenset(chosen),
        audiences=get_args(Audience),
        may_link=visit.may("share"),
        trial=is_trial(server.registry.did),
    )


def _chosen_first(lots: Sequence[LotAtHand], chosen: Sequence[str]) -> list[LotAtHand]:
    return sorted(lots, key=lambda each: each.certificate not in chosen)


def _wanted(given: FormData, visit: Visit) -> tuple[str, ShipmentRequest]:
    """Return the shipment that a form asks for; raise InputError with all that is wrong with it."""
    reader = FormReader(given)
    once = reader.text("once", most=12)
    if not ID_FORM.fullmatch(once):
        reader.add(Problem.at("desk.form-field", "once", name="once"))
    contact = reader.text("contact", most=12)
    chosen = [str(each) for each in given.getlist("lot")]
    if not chosen:
        reader.add(Problem.at("shipment.no-lot", "lot"))
    masses = [reader.text(f"{_MASS}{each}", most=40, required=False) for each in chosen]
    number, po = (reader.text(name, most=60, required=False) for name in ("number", "po"))
    audience = reader.chosen("audience", get_args(Audience))
    links = reader.ticked("links") and visit.may("share")
    if links and not visit.fresh:
        reader.add(Problem.at("shipment.prove", "links"))
    reader.check()
    lots: list[JsonValue] = [
        {"lot": lot, "mass": _with_unit(mass) if mass else None} for lot, mass in zip(chosen, masses, strict=True)
    ]
    asked: dict[str, JsonValue] = {
        "contact": contact,
        "lots": lots,
        "number": number,
        "po": po,
        "audience": audience,
        "link_days": LINK_DAYS if links else 0,
    }
    return once, validated(ShipmentRequest, asked)


def _with_unit(mass: str) -> str:
    """Return a typed mass with the unit shown behind the field, unless one was typed."""
    return f"{mass} kg" if mass[-1:].isdecimal() else mass


def _field_of(place: str, chosen: Sequence[str]) -> str:
    """Return the field of the form that a place in the request is about: ``lots[1].mass`` is that lot's mass."""
    head = place.partition("]")[0]
    if not head.startswith("lots["):
        return "lot" if place == "lots" else place
    number = int(head.removeprefix("lots["))
    return f"{_MASS}{chosen[number]}" if number < len(chosen) else "lot"
