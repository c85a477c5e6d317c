"""`oreprint undo`: undo a run while nothing of it has left the plant."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.parts import HomeOption, JsonOption
from schemas.quantity import kg_text


def command(
    name: Annotated[
        str,
        typer.Argument(metavar="LOT|RUN", help="A lot that the run made, its certificate's digest, or the run itself."),
    ],
    producer: Annotated[str, typer.Option("--as", metavar="DID", help="Who made it.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Undo a run while all that it made is whole and at hand: every input comes back, its certificates are revoked.

    The lots' names stay taken for ever; the run that comes instead gives its lots other names.

    Example: oreprint undo MG-88 --as did:web:magnet-a.example
    """
    from cli.output import print_json
    from cli.status import open_with_status
    from ledger.undo import undo

    book, status = open_with_status(home)
    made = undo(book, name, producer=producer, status=status)
    if as_json:
        print_json(
            {
                "run": made.run,
                "lots": list(made.lots),
                "certificates": list(made.certificates),
                "returned": [{"lot": each.lot, "mass_kg": kg_text(each.held.mass_mg)} for each in made.returned],
                "statement": made.statement,
            }
        )
        return
    print(f"Undone: {made.run}, which made {', '.join(made.lots)}; its certificates are revoked.")
    for each in made.returned:
        print(f"  {kg_text(each.held.mass_mg)} {each.unit} of {each.lot} is back.")
