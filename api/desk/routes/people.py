"""People: an administrator invites, changes and ends the people of its own party."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Admin, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from ledger.desk.approvals import lone_approvers
from ledger.desk.people import (
    MOST_NAME,
    Person,
    change_person,
    end_person,
    find_person,
    invite_person,
    listed_people,
    one_time_link,
    plants_of,
)
from schemas.instant import time_text
from schemas.person import ROLES, Role
from schemas.problem import OreprintError, Problem

router = desk_router()
PATH: Final = "/desk/admin/people"
ROLE_WORDS: Final[dict[Role, tuple[str, str]]] = {
    "clerk": ("Clerk", "issues certificates and ships"),
    "engineer": ("Engineer", "writes recipes"),
    "quality": ("Quality", "approves, corrects and withdraws"),
    "goods-in": ("Goods in", "accepts what arrives"),
    "sales": ("Sales", "shares certificates and ships"),
    "admin": ("Administrator", "invites people and makes tokens"),
    "auditor": ("Auditor", "reads"),
}
"""Each role, and what it is for."""


class Line(NamedTuple):
    """A person as the list shows it."""

    id: str
    name: str
    roles: tuple[Role, ...]
    credentials: frozenset[str]
    seen: str | None


@router.get(PATH, name="people")
async def people(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Return the people of the party, and the form that invites another."""
    return await _people(request, server, visit)


@router.post(PATH, name="invite")
async def invite(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Add a person, and show the link that signs it in once."""
    prove_first(visit, PATH)
    reader = FormReader(await posted(request, visit, fields=("name", "roles", "plants")))
    plants = await run_in_threadpool(plants_of, server.registry, visit.party)
    name, roles = reader.text("name", most=MOST_NAME), reader.several("roles", ROLES)
    chosen = reader.several("plants", plants)
    try:
        reader.check()
        made, secret = await run_in_threadpool(
            invite_person, server.registry, party=visit.party, name=name, roles=roles, plants=chosen, by=visit.author
        )
    except OreprintError as error:
        typed = {"name": name, "roles": roles, "plants": chosen}
        return await _people(request, server, visit, problems=error.problems, typed=typed)
    return _invited(request, server, visit, made, secret)


@router.get(f"{PATH}/{{person}}", name="person")
async def one(request: Request, server: AppStateDep, visit: Admin, person: str) -> Response:
    """Return the form that changes or ends a person."""
    prove_first(visit, f"{PATH}/{person}")
    return await _one(request, server, visit, person)


@router.post(f"{PATH}/{{person}}", name="change-person")
async def change(request: Request, server: AppStateDep, visit: Admin, person: str) -> Response:
    """Give a person other roles and plants."""
    prove_first(visit, f"{PATH}/{person}")
    reader = FormReader(await posted(request, visit, fields=("roles", "plants")))
    plants = await run_in_threadpool(plants_of, server.registry, visit.party)
    roles, chosen = reader.several("roles", ROLES), reader.several("plants", plants)
    try:
        reader.check()
        await run_in_threadpool(
            change_person, server.registry, person, party=visit.party, roles=roles, plants=chosen, by=visit.author
        )
    except OreprintError as error:
        return await _one(request, server, visit, person, problems=error.problems)
    return see_other(PATH)


@router.post(f"{PATH}/{{person}}/link", name="person-link")
async def link(request: Request, server: AppStateDep, visit: Admin, person: str) -> Response:
    """Make a new link for a person who can't sign in yet."""
    prove_first(visit, f"{PATH}/{person}")
    await posted(request, visit, fields=())
    try:
        return await _linked(request, server, visit, person)
    except OreprintError as error:
        return await _one(request, server, visit, person, problems=error.problems)


@router.post(f"{PATH}/{{person}}/end", name="end-person")
async def end(request: Request, server: AppStateDep, visit: Admin, person: str) -> Response:
    """End a person."""
    prove_first(visit, f"{PATH}/{person}")
    await posted(request, visit, fields=())
    try:
        await run_in_threadpool(end_person, server.registry, person, party=visit.party, by=visit.author)
    except OreprintError as error:
        return await _one(request, server, visit, person, problems=error.problems)
    return see_other(PATH)


async def _people(
    request: Request,
    server: AppState,
    visit: Visit,
    *,
    problems: tuple[Problem, ...] = (),
    typed: dict[str, Any] | None = None,
) -> Response:
    found = await run_in_threadpool(listed_people, server.registry, visit.party)
    lines = [
        Line(each.person.id, each.person.name, each.person.roles, each.credentials, time_text(each.seen_ms))
        for each in found
    ]
    values = {
        "lines": lines,
        "plants": await run_in_threadpool(plants_of, server.registry, visit.party),
        "role_words": ROLE_WORDS,
        "lone_approvers": await run_in_threadpool(lone_approvers, server.registry, visit.party),
        "typed": typed or {"name": "", "roles": (), "plants": ()},
    }
    return page(request, visit, "people.html", status=422 if problems else 200, problems=problems, **values)


async def _one(
    request: Request, server: AppState, visit: Visit, person: str, *, problems: tuple[Problem, ...] = ()
) -> Response:
    party = visit.party
    found = await run_in_threadpool(find_person, server.registry, person, party=party)
    values = {
        "person": found,
        "plants": await run_in_threadpool(plants_of, server.registry, party),
        "role_words": ROLE_WORDS,
    }
    return page(request, visit, "person.html", status=422 if problems else 200, problems=problems, **values)


async def _linked(request: Request, server: AppState, visit: Visit, person: str) -> Response:
    found = await run_in_threadpool(find_person, server.registry, person, party=visit.party)
    secret = await run_in_threadpool(one_time_link, server.registry, person, by=visit.author)
    return _invited(request, server, visit, found, secret)


def _invited(request: Request, server: AppState, visit: Visit, person: Person, secret: str) -> Response:
    """Show a link, this once."""
    return page(request, visit, "invited.html", person=person, link=f"{server.parts.origin}/desk/link/{secret}")
