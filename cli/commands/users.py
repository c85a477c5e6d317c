"""`oreprint users`: the people of a party who sign in to the desk, as the operator sees them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import settings
from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.terminal import printable
from ledger.desk.people import (
    Person,
    add_person,
    end_person,
    listed_people,
    named_person,
    one_time_link,
    recover_person,
)
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry

command = typer.Typer(rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the person, or its id.")]
Origin = Annotated[
    str | None, typer.Option("--origin", metavar="URL", help="Where the desk is. Default: OREPRINT_ORIGIN.")
]


@command.callback()
def users() -> None:
    """Invite, list, end and recover the people who sign in to the desk of a party.

    Example: oreprint users invite "Li Wei" --role clerk --as did:web:smelter-a.example
    """


@command.command("invite")
def invite(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name by which the person signs in.")],
    role: Annotated[
        list[str],
        typer.Option("--role", help="clerk, engineer, quality, goods-in, sales, admin or auditor. Repeat for several."),
    ],
    plant: Annotated[
        list[str] | None, typer.Option("--plant", metavar="ID", help="Only this plant. Repeat for several.")
    ] = None,
    party: AsOption = None,
    origin: Origin = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Add a person and print a link that signs it in once, within 24 hours.

    Example: oreprint users invite "Li Wei" --role clerk --role goods-in --as did:web:smelter-a.example
    """
    registry, acts = open_to_read(home), acting(party, home)
    made = add_person(registry, party=acts, name=name, roles=role, plants=plant or (), by=OPERATOR)
    _print_link(registry, made, one_time_link(registry, made.id, by=OPERATOR), origin, as_json=as_json)


@command.command("list")
def listed(party: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List the people of a party, their roles, and the ways in which they sign in.

    Example: oreprint users list --as did:web:smelter-a.example
    """
    found = listed_people(open_to_read(home), acting(party, home))
    ways = {each.person.id: sorted(each.credentials - {"recovery", "totp"}) for each in found}
    people = [each.person for each in found]
    lines = (
        f"{each.id}  {printable(each.name)}  {', '.join(each.roles)}  {', '.join(ways[each.id]) or 'invited'}"
        for each in people
    )
    document = [
        {
            "id": each.id,
            "name": each.name,
            "roles": list(each.roles),
            "plants": list(each.plants),
            "signs_in_by": ways[each.id],
        }
        for each in people
    ]
    nobody = ["There are no people. Invite the first with: oreprint users invite NAME --role admin"]
    reply(document, *(lines if people else nobody), as_json=as_json)


@command.command("end")
def end(name: Name, party: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """End a person, at once and permanently. What the person did stays in the events.

    Example: oreprint users end "Li Wei" --as did:web:smelter-a.example
    """
    registry, acts = open_to_read(home), acting(party, home)
    found = named_person(registry, name, party=acts)
    end_person(registry, found.id, party=acts, by=OPERATOR)
    reply(
        {"id": found.id, "ended": True}, f"{printable(found.name)} is ended and never signs in again.", as_json=as_json
    )


@command.command("recover")
def recover(
    name: Name,
    party: AsOption = None,
    origin: Origin = None,
    home: HomeOption = None,
    *,
    vouch: Annotated[
        bool,
        typer.Option("--vouch", help="You know the person, and give the link to nobody else. It may approve then."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take away password, app and passkeys of a person who lost them, and print a link that signs it in once.

    With --vouch the person counts as added by you. An approver whom one administrator alone added needs that.

    Example: oreprint users recover "Li Wei" --as did:web:smelter-a.example
    """
    registry, acts = open_to_read(home), acting(party, home)
    found = named_person(registry, name, party=acts)
    _print_link(registry, found, recover_person(registry, found.id, party=acts, vouched=vouch), origin, as_json=as_json)


def _print_link(registry: OpenRegistry, person: Person, secret: str, origin: str | None, *, as_json: bool) -> None:
    """Print a link that signs a person in, this once."""
    start = origin or settings.read("OREPRINT_ORIGIN") or f"https://{registry.did}"
    link = f"{start.rstrip('/')}/desk/link/{secret}"
    reply(
        {"id": person.id, "name": person.name, "roles": list(person.roles), "link": link},
        f"{printable(person.name)} ({', '.join(person.roles)}) signs in once by this link, within 24 hours.",
        "It is shown this once. Whoever has it can sign in, so send it to nobody else:",
        link,
        as_json=as_json,
    )
