"""`oreprint contact`: a party's customers, also those without a DID, for whom the registry holds as guests."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting, party_of
from cli.output import reply
from cli.parts import HomeOption, JsonOption, home_of, open_to_read, open_to_sign, passphrase_of_registry
from ledger.admin.guests import Settled
from ledger.admin.guests import settle as settle_all
from ledger.desk.contacts import (
    add_contact,
    claim_code,
    decide_claim,
    end_contact,
    goods_back,
    list_contacts,
    list_guest_requests,
    open_claim,
)
from schemas.answers.contacts import Contact, GuestRequest
from schemas.contact import ContactRequest, ReturnRequest
from schemas.door import validated
from schemas.quantity import kg_text

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The contact's name or id.")]

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def contact() -> None:
    """Keep your customers by name. For one without a DID this registry holds the goods, as a guest.

    Example: oreprint contact add "Motor Works"
    """


@command.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The customer's name. Only you read it.")],
    did: Annotated[
        str | None, typer.Option("--did", metavar="DID", help="The customer's DID. Without it, a guest is made.")
    ] = None,
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="DOMAIN", help="The customer's own registry, if not this one.")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help="The customer's e-mail address.")] = None,
    owner: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Add a customer. Without a DID the registry makes a key and holds what you ship to it, as a guest.

    Example: oreprint contact add "Motor Works" --email goods-in@motor-works.example
    """
    acts = acting(owner, home)
    wanted = validated(ContactRequest, {"name": name, "did": did, "registry": registry, "email": email})
    made = add_contact(open_to_sign(home), wanted, party=acts)
    reply(
        made.model_dump(),
        f"Added {_line(made)}",
        *(
            ["What you ship to it is held by this registry for it. Ship by name: oreprint ship LOT --to NAME"]
            if made.kind == "guest"
            else []
        ),
        as_json=as_json,
    )


@command.command("list")
def listed(owner: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List your contacts, and what is to be moved out of your guests.

    Example: oreprint contact list
    """
    acts, registry = acting(owner, home), open_to_read(home)
    found, asked = list_contacts(registry, acts).contacts, list_guest_requests(registry, acts).requests
    reply(
        {"contacts": [each.model_dump() for each in found], "requests": [each.model_dump() for each in asked]},
        *(_line(each) for each in found),
        *(_request_line(one) for one in asked),
        *([] if found else ["You have no contacts. Add one with oreprint contact add."]),
        as_json=as_json,
    )


@command.command("end")
def end(name: NameArgument, owner: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """End a contact: nothing is shipped to it any more. What a guest holds stays held.

    Example: oreprint contact end "Motor Works"
    """
    ended = end_contact(open_to_read(home), name, party=acting(owner, home))
    reply(ended.model_dump(), f"Ended {_line(ended)}", as_json=as_json)


@command.command("back")
def back(
    lot: Annotated[str, typer.Argument(metavar="LOT", help="The lot that came back, or its certificate's digest.")],
    name: Annotated[str, typer.Option("--from", metavar="NAME", help="The guest that it came from.")],
    mass: Annotated[str | None, typer.Option("--mass", help='The mass, such as "20 kg". Default: all of it.')] = None,
    owner: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say that goods came back from a guest. They are yours again once `oreprint contact settle` has run.

    Example: oreprint contact back MG-88 --from "Motor Works" --mass "20 kg"
    """
    wanted = validated(ReturnRequest, {"lot": lot, "mass": mass})
    asked = goods_back(open_to_read(home), name, wanted, party=acting(owner, home))
    _tell_request(asked, as_json=as_json)


@command.command("code")
def code(name: NameArgument, owner: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Make the code with which a guest's customer, once it is a party here, claims what is held for it.

    Example: oreprint contact code "Motor Works"
    """
    made = claim_code(open_to_read(home), name, party=acting(owner, home))
    reply(
        made.model_dump(),
        f"Give this code to {made.contact.name}, to nobody else. It is shown this once, and ends an earlier one:",
        made.code,
        as_json=as_json,
    )


@command.command("claim")
def claim(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code that the sender of the goods gave you.")],
    claimant: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Claim what this registry holds for you as a guest. The sender of the goods confirms you by name.

    Example: oreprint contact claim orec_CODE --as did:web:motor-works.example
    """
    _tell_request(open_claim(open_to_read(home), code, claimant=acting(claimant, home)), as_json=as_json)


@command.command("decide")
def decide(
    name: NameArgument,
    claimant: Annotated[
        str, typer.Option("--claimant", metavar="PARTY", help="Who claims it: a DID, or the name of a party here.")
    ],
    owner: AsOption = None,
    home: HomeOption = None,
    *,
    confirm: Annotated[bool, typer.Option("--confirm/--decline", help="Whether this party is the customer.")],
    as_json: JsonOption = False,
) -> None:
    """Confirm or decline a claim on what a guest holds. What is confirmed moves with `oreprint contact settle`.

    Example: oreprint contact decide "Motor Works" --claimant did:web:motor-works.example --confirm
    """
    who = party_of(claimant, home, "--claimant")
    asked = decide_claim(open_to_read(home), name, who, confirm=confirm, party=acting(owner, home))
    _tell_request(asked, as_json=as_json)


@command.command("settle")
def settle(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """As the operator, move what came back from guests and what was confirmed, of all parties. Again is harmless.

    It lists the guests' keys in the trust list first, so readers pin the new list to follow these moves.

    Example: oreprint contact settle --home build/demo
    """
    registry, place = open_to_sign(home), home_of(home)
    done = settle_all(place, registry, passphrase=passphrase_of_registry(place))
    told = [_told(each) for each in done]
    lines = (f"{each['request']}  {each['state']}  {', '.join(each['moved'])}".rstrip() for each in told)
    reply(told, *(lines if told else ["Nothing is to be settled."]), as_json=as_json)


def _told(each: Settled) -> dict[str, str | list[str]]:
    state = "moved" if each.refusal is None else each.refusal.problems[0].sentence()
    moved = [f"{kg_text(mass)} {unit} of {lot}" for lot, mass, unit in each.moved]
    return {"request": each.request.id, "state": state, "moved": moved}


def _tell_request(asked: GuestRequest, *, as_json: bool) -> None:
    reply(asked.model_dump(), _request_line(asked), as_json=as_json)


def _line(each: Contact) -> str:
    kind = {"guest": "guest", "here": "party here", "elsewhere": "party elsewhere"}[each.kind]
    return f"{each.id}  {each.name}  {kind}  {each.did}"


def _request_line(each: GuestRequest) -> str:
    """Return a return or a claim in one line."""
    what = (
        f"{each.claimant_name} ({each.claimant}) claims everything"
        if each.kind == "claim"
        else f"{'all' if each.mass_kg is None else f'{each.mass_kg} kg'} of {each.lot} came back"
    )
    return f"{each.id}  {each.contact or 'a guest'}: {what}  {each.state}"
