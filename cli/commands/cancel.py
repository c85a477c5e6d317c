"""`oreprint cancel`: take back what nobody has accepted."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption
from cli.remote_registry import ServerOption, say
from schemas.answers.life import MoveAnswer
from schemas.door import validated
from schemas.requests import CancelRequest
from schemas.vocabulary import unit_of


def command(
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot or digest. Default: all offers.")] = None,
    sender: AsOption = None,
    home: HomeOption = None,
    server: ServerOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Cancel an offer that nobody has accepted.

    Example: oreprint cancel OX-17 --as did:web:separation-a.example
    """
    asked = validated(CancelRequest, {"statement": "cancel", "lot": lot})
    back = say(server, home, acting(sender, home, server=server), asked, MoveAnswer)
    reply(
        [{"lot": each.lot, "to": each.to, "mass_kg": each.mass_kg} for each in back.shipments],
        *(
            f"Cancelled the offer of {each.mass_kg} {unit_of(each.kind)} of {each.lot} to {each.to}."
            for each in back.shipments
        ),
        as_json=as_json,
    )
