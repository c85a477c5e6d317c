"""`oreprint forget`: replace the names of people and customers that ended by their numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.terminal import plural
from ledger.desk.forgetting import forget_days, forget_names, read_days
from ledger.registry.approval import OPERATOR
from schemas.problem import InputError


def command(
    party: AsOption = None,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="DAYS", help="Days since they ended. Default: those of `oreprint rules`."),
    ] = None,
    home: HomeOption = None,
    *,
    only_try: Annotated[bool, typer.Option("--try", help="Count, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Replace the names of a party's ended people, customers and private links by their numbers.

    Events, approvals and shipments stay, with the numbers. Backups keep the names: remove old ones. A server does this
    each hour where `oreprint rules --forget-after` is set.

    Example: oreprint forget --as did:web:metal-a.example --after 365
    """
    acts, registry = acting(party, home), open_to_read(home)
    days = forget_days(registry, acts) if after is None else read_days(after)
    if days is None:
        raise InputError.at("forget.no-time", "--after")
    erased = forget_names(registry, acts, days=days, by=OPERATOR, keep=not only_try)
    told = (
        f"{plural(erased.people, 'person', 'people')}, {plural(erased.contacts, 'customer')} and "
        f"{plural(erased.links, 'recipient')} of private links"
    )
    reply(
        {"party": acts, "days": days, **erased._asdict(), "kept": not only_try},
        f"{'To be replaced by numbers' if only_try else 'Replaced by numbers'}: the names of {told}.",
        as_json=as_json,
    )
