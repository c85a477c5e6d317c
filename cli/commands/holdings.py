"""`oreprint holdings`: list the lots that a party holds, and how much is left of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.remote_registry import AskedOption, client_at
from ledger.client.answers import lot_left
from ledger.lots.balance import holdings_of
from schemas.answers.life import LotLeft
from schemas.sentences import for_people
from schemas.vocabulary import unit_of


def command(
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot or digest. Default: all.")] = None,
    owner: AsOption = None,
    home: HomeOption = None,
    server: AskedOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List what is left of each lot that you hold, in total and by rare earth and claimed element.

    Example: oreprint holdings OX-17 --as did:web:metal-a.example
    """
    acts = acting(owner, home, server=server)
    found = _held_here(acts, lot, home) if server is None else _held_there(server, acts, lot, home)
    reply(
        [{"lot": each.lot, **each.amounts(), "state": each.state} for each in found],
        *(_line(each) for each in found),
        *([] if found else [f"{acts} holds nothing here."]),
        as_json=as_json,
    )


def _held_here(owner: str, lot: str | None, home: Path | None) -> list[LotLeft]:
    return list(map(lot_left, holdings_of(open_to_read(home), owner, lot=lot)))


def _held_there(server: str, owner: str, lot: str | None, home: Path | None) -> list[LotLeft]:
    client = client_at(server, home)
    client.member(owner)
    return list(client.holdings(lot))


def _line(each: LotLeft) -> str:
    """Return the unused mass of a lot, in one line."""
    unit = unit_of(each.kind)
    left, waiting = each.left_kg or each.left_kwh, each.offered_kg or each.offered_kwh
    offered = f" ({waiting} {unit} offered)" if waiting != "0" else ""
    masses = for_people({element: f"{mass} kg" for element, mass in (each.elements_kg or {}).items()})
    elements = ", ".join(f"{element} {mass}" for element, mass in masses.items())
    state = "" if each.state == "standing" else f" ({each.state})"
    return f"{each.lot}{state}: {left} {unit} left{offered}" + (f": {elements}" if elements else "")
