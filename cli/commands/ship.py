"""`oreprint ship`: offer a lot, or part of it, to somebody."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from cli.parts import HomeOption, JsonOption, open_to_sign
from schemas.problem import InputError
from schemas.quantity import kg_text, milligrams, read_quantity
from schemas.vocabulary import Audience


def command(
    lot: Annotated[str, typer.Argument(metavar="LOT", help="The lot as you know it, or its certificate's digest.")],
    sender: Annotated[str, typer.Option("--as", metavar="DID", help="Whose lot it is.")],
    to: Annotated[str, typer.Option("--to", metavar="DID", help="Who is to get it.")],
    mass: Annotated[
        str | None, typer.Option("--mass", help='How much, such as "500 kg"; all that is left if not said.')
    ] = None,
    audience: Annotated[
        str, typer.Option("--for", help="What they may see: public, customer, partner or auditor.")
    ] = "partner",
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Offer a lot, or part of it; nothing changes hands before it is accepted.

    Example: oreprint ship OX-17 --as did:web:separation-a.example --to did:web:metal-a.example --mass "855.9 kg"
    """
    from cli.output import print_json
    from ledger.ship import Dispatch, ship

    if audience not in get_args(Audience):
        raise InputError.at("seal.audience", "--for", audience=audience, audiences=", ".join(get_args(Audience)))
    asked = None if mass is None else milligrams(read_quantity(mass, dimension="mass").amount)
    book = open_to_sign(home)
    made = ship(book, Dispatch(lot, sender, to, asked, cast("Audience", audience)))
    if as_json:
        print_json({"lot": made.lot.lot, "to": to, "mass_kg": kg_text(made.mass_mg)})
        return
    print(f"Offered {kg_text(made.mass_mg)} kg of {made.lot.lot} to {to}; it is theirs when they accept it.")
