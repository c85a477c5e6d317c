"""`oreprint cancel`: take back what nobody has accepted."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.parts import HomeOption, JsonOption, open_to_sign
from schemas.quantity import kg_text
from schemas.vocabulary import unit_of


def command(
    sender: Annotated[str, typer.Option("--as", metavar="DID", help="Who offered it.")],
    lot: Annotated[
        str | None, typer.Argument(metavar="[LOT]", help="One lot or digest; all offers if not said.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take back what you offered and nobody has accepted.

    Example: oreprint cancel OX-17 --as did:web:separation-a.example
    """
    from cli.output import print_json
    from ledger.ship import cancel

    back = cancel(open_to_sign(home), sender=sender, lot=lot)
    if as_json:
        print_json([{"lot": each.lot.lot, "to": each.consignee, "mass_kg": kg_text(each.mass_mg)} for each in back])
        return
    for each in back:
        print(
            f"Took back {kg_text(each.mass_mg)} {unit_of(each.lot.kind)} of {each.lot.lot}, offered to {each.consignee}."
        )
