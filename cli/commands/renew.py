"""`oreprint renew`: prove another registry's records to its newest head."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import settings
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.terminal import plural
from ledger.registry.pinned import trusted
from ledger.remote.objects import ObjectStore
from ledger.transfers.refresh import refresh


def command(
    registry: Annotated[str, typer.Argument(metavar="DOMAIN", help="The other registry.")],
    place: Annotated[str, typer.Argument(metavar="PLACE", help="The folder or address where it publishes its log.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Prove all records from another registry to its newest head, and store its status lists.

    Run it at least daily while lots of that registry are used here: a status list is valid for a day.

    Example: oreprint renew other.example s3://other-example
    """
    this_registry = open_to_read(home)
    size = refresh(
        this_registry,
        registry,
        ObjectStore.to_read(place, seconds=settings.remote_seconds()),
        trust=trusted(this_registry),
    )
    reply(
        {"registry": registry, "size": size},
        f"Every record from {registry} is proven to its head of {plural(size, 'entry', 'entries')}.",
        as_json=as_json,
    )
