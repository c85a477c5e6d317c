"""`oreprint accept`: accept an offer of goods."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import settings
from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_sign, tables_of
from cli.remote_registry import AskedOption, say
from cli.source import open_source
from cli.unused_options import refuse_unused
from ledger.files.source import SourceBundle
from ledger.remote.objects import ObjectStore
from ledger.transfers.receive import receive
from schemas.answers.life import MoveAnswer
from schemas.door import validated
from schemas.problem import InputError
from schemas.quantity import kg_text
from schemas.requests import AcceptRequest
from schemas.vocabulary import unit_of


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    lot: Annotated[
        str | None, typer.Argument(metavar="[LOT]", help="One lot or digest. Default: all offers to you.")
    ] = None,
    transfer: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Accept a transfer file from another registry.")
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log", metavar="PLACE", help="With --from: the folder or address where that registry publishes."
        ),
    ] = None,
    consignee: AsOption = None,
    home: HomeOption = None,
    server: AskedOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Accept an offer to you. From then on the mass is yours. The log does not show who had it before.

    With --from, accept a transfer file. All of it must verify by the trust lists pinned here (oreprint pin).

    Example: oreprint accept OX-17 --as did:web:metal-a.example
    """
    acts = acting(consignee, home, server=server)
    if transfer is not None:
        refuse_unused(context, "with --from", "lot", "server")
        _take_in(home, transfer, acts, log, as_json=as_json)
        return
    refuse_unused(context, "without --from", "log")
    asked = validated(AcceptRequest, {"statement": "accept", "lot": lot})
    taken = say(server, home, acts, asked, MoveAnswer)
    reply(
        [{"lot": each.lot, "from": each.sender, "mass_kg": each.mass_kg} for each in taken.shipments],
        *(
            f"Accepted {each.mass_kg} {unit_of(each.kind)} of {each.lot} from {each.sender}."
            for each in taken.shipments
        ),
        as_json=as_json,
    )


def _take_in(home: Path | None, transfer: Path, consignee: str, log: str | None, *, as_json: bool) -> None:
    """Accept goods that were moved here from another registry."""
    with open_source(str(transfer), home=home) as found:
        if not isinstance(found, SourceBundle):
            raise InputError.at("bundle.header", str(transfer))
        lines = list(found.lines)
    place = None if log is None else ObjectStore.to_read(log, seconds=settings.remote_seconds())
    done = receive(open_to_sign(home), lines, consignee=consignee, tables=tables_of(home), log=place)
    reply(
        [{"lot": done.lot.lot, "from": done.registry, "mass_kg": kg_text(done.mass_mg)}],
        f"Accepted {kg_text(done.mass_mg)} {unit_of(done.lot.kind)} of {done.lot.lot} from {done.registry}.",
        as_json=as_json,
    )
