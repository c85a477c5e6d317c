"""`oreprint cancel`: take back what nobody has accepted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.parts import HomeOption, JsonOption, open_to_sign
from cli.remote_registry import ServerOption, own_client
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from schemas.answers.life import MoveAnswer


def command(
    sender: Annotated[str, typer.Option("--as", metavar="DID", help="The party that made the offer.")],
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot or digest. Default: all offers.")] = None,
    home: HomeOption = None,
    server: ServerOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Cancel an offer that nobody has accepted.

    Example: oreprint cancel OX-17 --as did:web:separation-a.example
    """
    from cli.output import print_json

    back = _back_here(sender, lot, home) if server is None else _back_there(server, sender, lot, home)
    if as_json:
        print_json([{"lot": each.lot, "to": each.to, "mass_kg": each.mass_kg} for each in back.shipments])
        return
    for each in back.shipments:
        print(f"Cancelled the offer of {each.mass_kg} {unit_of(each.kind)} of {each.lot} to {each.to}.")


def _back_here(sender: str, lot: str | None, home: Path | None) -> MoveAnswer:
    from ledger.client.answers import moved
    from ledger.transfers.ship import cancel

    return moved("cancelled", cancel(open_to_sign(home), sender=sender, lot=lot))


def _back_there(server: str, sender: str, lot: str | None, home: Path | None) -> MoveAnswer:
    from ledger.client.statements import cancel_at
    from schemas.door import validated
    from schemas.requests import CancelRequest

    return cancel_at(*own_client(server, home, sender), validated(CancelRequest, {"statement": "cancel", "lot": lot}))
