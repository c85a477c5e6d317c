"""`oreprint holdings`: what somebody holds, of which lots, and how much is left."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.parts import HomeOption, JsonOption, open_to_read
from schemas.quantity import kg_text
from schemas.vocabulary import unit_of


def command(
    owner: Annotated[str, typer.Option("--as", metavar="DID", help="Whose holdings.")],
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot or digest; all if not said.")] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what is left of each lot that you hold, in total and by rare earth and claimed element.

    Example: oreprint holdings OX-17 --as did:web:metal-a.example
    """
    from cli.given import check_did
    from cli.output import print_json
    from ledger.stock import left_of
    from ledger.store.engine import reading

    check_did(owner, "--as")
    book = open_to_read(home)
    with reading(book.engine) as connection:
        found = left_of(connection, book.registry, owner=owner, now_ms=book.around.now_ms(), lot=lot)
    if as_json:
        print_json([{"lot": each.lot.lot, **each.told(), "state": each.state} for each in found])
        return
    for each in found:
        unit = unit_of(each.lot.kind)
        offered = f" ({kg_text(each.offered_mg)} {unit} offered)" if each.offered_mg else ""
        elements = ", ".join(f"{element} {mass} kg" for element, mass in each.elements)
        state = "" if each.state == "standing" else f" ({each.state})"
        left = f"{each.lot.lot}{state}: {kg_text(each.left_mg)} {unit} left{offered}"
        print(left + (f": {elements}" if elements else ""))
    if not found:
        print(f"{owner} holds nothing here.")
