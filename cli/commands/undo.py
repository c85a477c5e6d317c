"""`oreprint undo`: undo a run while nothing of it has left the plant."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption
from cli.remote_registry import ServerOption, say
from schemas.answers.life import UndoAnswer
from schemas.door import validated
from schemas.requests import UndoRequest


def command(
    name: Annotated[
        str,
        typer.Argument(metavar="LOT|RUN", help="A lot that the run made, its certificate's digest, or the run itself."),
    ],
    producer: AsOption = None,
    home: HomeOption = None,
    server: ServerOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Undo a run whose outputs are unused and still held. Its inputs come back and its certificates are revoked.

    The lots' names cannot be used again. Give the lots of the new run other names.

    Example: oreprint undo MG-88 --as did:web:magnet-a.example
    """
    acts = acting(producer, home, server=server)
    undone = say(server, home, acts, validated(UndoRequest, {"statement": "undo", "lot": name}), UndoAnswer)
    reply(
        {
            "run": undone.run,
            "lots": list(undone.lots),
            "certificates": list(undone.certificates),
            "returned": [{"lot": each.lot, "mass_kg": each.mass_kg} for each in undone.returned],
            "statement": undone.statements[0],
        },
        f"Undone: {undone.run}, which made {', '.join(undone.lots)}. Its certificates are revoked.",
        *(f"  {each.mass_kg} {each.unit} of {each.lot} is back." for each in undone.returned),
        as_json=as_json,
    )
