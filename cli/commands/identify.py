"""`oreprint identify`: enter the GTIN of a lot, so that the registry's resolver finds it by GTIN and lot."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.commands.status import LotArgument
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.source import pages_origin
from ledger.carrier.link import origin_of
from ledger.changes.gs1_keys import identify_lot


def command(
    lot: LotArgument,
    gtin: Annotated[str, typer.Option("--gtin", help="The product's GTIN, 8 to 14 digits.")],
    serial: Annotated[
        str | None, typer.Option("--serial", help="The serial number of one piece, instead of the lot.")
    ] = None,
    issuer: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Record the GTIN of a lot, so that its GS1 Digital Link, /01/<gtin>/10/<lot>, leads to its page.

    Example: oreprint identify OX-17 --as did:web:separation-a.example --gtin 04006381333931
    """
    registry = open_to_read(home)
    path = identify_lot(registry, lot, party=acting(issuer, home), gtin=gtin, serial=serial).to_text()
    link = f"{origin_of(pages_origin() or registry.did)}{path}"
    reply({"lot": lot, "path": path, "link": link}, f"{lot} is now at {link}", as_json=as_json)
