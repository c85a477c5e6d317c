"""Contacts: a party's customers, what its guests hold, goods that come back, and claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState
from api.desk.access import Mover, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from api.problems import status_of
from ledger.desk.contacts import (
    add_contact,
    claim_code,
    decide_claim,
    end_contact,
    goods_back,
    list_contacts,
    list_guest_requests,
    one_contact,
    open_claim,
)
from ledger.desk.shipping import list_shipments, lots_to_ship, new_id
from schemas.contact import ContactRequest, ReturnRequest
from schemas.door import validated
from schemas.problem import OreprintError, Problem

router = desk_router()
_ONCE: Final = re.compile("[0-9a-f]{12}")
"""An id that a form was given."""
_NEW: Final = ("name", "did", "email")


def _server(request: Request) -> AppState:
    server: AppState = request.app.state.server
    return server


async def _done(act: Callable[[], object], failed: Callable[..., Response], then: str) -> Response:
    """Do what a form asks and lead to a page, or show the form again with what is wrong."""
    try:
        await run_in_threadpool(act)
    except OreprintError as error:
        return await run_in_threadpool(failed, problems=error.problems, status=status_of(error))
    return see_other(then)


@router.get("/desk/contacts")
def contacts(request: Request, visit: Mover) -> Response:
    """List the contacts, with the form for a new one."""
    return _contacts(request, visit)


def _contacts(
    request: Request,
    visit: Visit,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Response:
    registry, party = _server(request).registry, visit.party
    found = list_contacts(registry, party)
    asked = list_guest_requests(registry, party)
    return page(
        request,
        visit,
        "contacts.html",
        problems=problems,
        status=status,
        contacts=found.contacts,
        requests=asked.requests,
        party=party,
        typed=dict.fromkeys(_NEW, "") | (typed or {}),
    )


@router.post("/desk/contacts")
async def add(request: Request, visit: Mover) -> Response:
    """Add a contact."""
    form = await posted(request, visit, fields=_NEW)
    typed = {name: str(form.get(name, "")).strip() for name in _NEW}
    registry = _server(request).registry

    def act() -> None:
        reader = FormReader(form)
        reader.text("name")
        reader.check()
        wanted = validated(ContactRequest, {name: value for name, value in typed.items() if value})
        add_contact(registry, wanted, party=visit.party, by=visit.author)

    return await _done(act, partial(_contacts, request, visit, typed=typed), "/desk/contacts")


@router.get("/desk/contacts/{contact}")
def contact(request: Request, visit: Mover, contact: str) -> Response:
    """Show a contact: what its guest holds, and what was shipped to it."""
    return _contact(request, visit, contact)


def _contact(
    request: Request,
    visit: Visit,
    contact: str,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
    typed: dict[str, str] | None = None,
    code: str = "",
) -> Response:
    registry, party = _server(request).registry, visit.party
    found = one_contact(registry, contact, party=party)
    shipped = list_shipments(registry, party, contact=found.id)
    held = lots_to_ship(registry, found.did) if found.kind == "guest" else []
    return page(
        request,
        visit,
        "contact.html",
        problems=problems,
        status=status,
        contact=found,
        shipments=shipped.shipments,
        held=held,
        code=code,
        typed={"once": new_id(registry), "lot": "", "mass": ""} | (typed or {}),
    )


@router.post("/desk/contacts/{contact}/end")
async def end(request: Request, visit: Mover, contact: str) -> Response:
    """End a contact."""
    await posted(request, visit, fields=())
    act = partial(end_contact, _server(request).registry, contact, party=visit.party, by=visit.author)
    return await _done(act, partial(_contact, request, visit, contact), "/desk/contacts")


@router.post("/desk/contacts/{contact}/back")
async def back(request: Request, visit: Mover, contact: str) -> Response:
    """Record that goods came back."""
    form = await posted(request, visit, fields=("once", "lot", "mass"))
    typed = {name: str(form.get(name, "")).strip() for name in ("once", "lot", "mass")}
    registry = _server(request).registry

    def act() -> None:
        mass = typed["mass"]
        told = {"mass": f"{mass} kg" if mass[-1:].isdecimal() else mass} if mass else {}
        wanted = validated(ReturnRequest, {"lot": typed["lot"], **told})
        once = typed["once"] if _ONCE.fullmatch(typed["once"]) else None
        goods_back(registry, contact, wanted, party=visit.party, by=visit.author, once=once)

    return await _done(act, partial(_contact, request, visit, contact, typed=typed), "/desk/contacts")


@router.post("/desk/contacts/{contact}/code")
async def code(request: Request, visit: Mover, contact: str) -> Response:
    """Make the code with which the customer claims what is held for it, and show it this once."""
    await posted(request, visit, fields=())
    prove_first(visit, f"/desk/contacts/{contact}")
    registry, failed = _server(request).registry, partial(_contact, request, visit, contact)
    try:
        made = await run_in_threadpool(claim_code, registry, contact, party=visit.party, by=visit.author)
    except OreprintError as error:
        return await run_in_threadpool(failed, problems=error.problems, status=status_of(error))
    return await run_in_threadpool(failed, code=made.code)


@router.post("/desk/contacts/{contact}/claims")
async def decide(request: Request, visit: Mover, contact: str) -> Response:
    """Confirm or decline a claim."""
    form = await posted(request, visit, fields=("claimant", "confirm"))
    prove_first(visit, "/desk/contacts")
    reader = FormReader(form)
    claimant, confirm = reader.text("claimant", most=2048), reader.chosen("confirm", ("yes", "no")) == "yes"
    reader.check()
    act = partial(
        decide_claim, _server(request).registry, contact, claimant, confirm=confirm, party=visit.party, by=visit.author
    )
    return await _done(act, partial(_contacts, request, visit), "/desk/contacts")


@router.get("/desk/claim")
def claim_form(request: Request, visit: Mover) -> Response:
    """Return the form for the code of a claim."""
    return _claim(request, visit)


def _claim(request: Request, visit: Visit, *, problems: Sequence[Problem] = (), status: int = 200) -> Response:
    return page(request, visit, "claim.html", problems=problems, status=status)


@router.post("/desk/claim")
async def claim(request: Request, visit: Mover) -> Response:
    """Claim what this registry holds for the person's party as a guest."""
    form = await posted(request, visit, fields=("code",))
    registry = _server(request).registry

    def act() -> None:
        reader = FormReader(form)
        given = reader.text("code")
        reader.check()
        open_claim(registry, given, claimant=visit.party, by=visit.author)

    return await _done(act, partial(_claim, request, visit), "/desk/contacts")
