"""`oreprint accept`: take what was offered."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.parts import HomeOption, JsonOption, open_to_sign
from schemas.quantity import kg_text


def command(
    consignee: Annotated[str, typer.Option("--as", metavar="DID", help="Who accepts.")],
    lot: Annotated[
        str | None, typer.Argument(metavar="[LOT]", help="One lot or digest; all that waits if not said.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take what was offered to you; from then on it is yours, and the log says so without saying whose it was.

    Example: oreprint accept OX-17 --as did:web:metal-a.example
    """
    from cli.output import print_json
    from ledger.ship import accept

    taken = accept(open_to_sign(home), consignee=consignee, lot=lot)
    if as_json:
        print_json([{"lot": each.lot.lot, "from": each.sender, "mass_kg": kg_text(each.mass_mg)} for each in taken])
        return
    for each in taken:
        print(f"Accepted {kg_text(each.mass_mg)} kg of {each.lot.lot} from {each.sender}.")
