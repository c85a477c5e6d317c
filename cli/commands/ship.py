"""`oreprint ship`: offer a lot, or part of it, to somebody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.acting import AsOption, acting, consignee_of
from cli.files import written
from cli.output import reply, warn_of
from cli.parts import (
    HomeOption,
    JsonOption,
    ask_cosigners,
    home_of,
    open_to_read,
    open_to_sign,
    passphrase_of,
    tables_of,
)
from cli.remote_registry import ServerOption, say
from cli.source import check_id, known_audience
from cli.unused_options import refuse_unused
from ledger.admin.init import refresh_status
from ledger.desk.held import sign_lots
from ledger.desk.held_runs import HeldRuns
from ledger.registry.registry import OpenRegistry
from ledger.transfers.export import transfer_lines
from ledger.transfers.moving import Shipment
from ledger.transfers.ship import Dispatch, send
from schemas.answers.life import MoveAnswer
from schemas.door import JsonValue, validated
from schemas.problem import InputError, OreprintError, Problem, StateError
from schemas.quantity import kg_text, milligrams, read_lot_amount
from schemas.requests import MoveRequest
from schemas.vocabulary import unit_of


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    lot: Annotated[str, typer.Argument(metavar="LOT", help="The lot's name, or its certificate's digest.")],
    to: Annotated[
        str, typer.Option("--to", metavar="WHOM", help="A contact of yours or a party here, by name, or a DID.")
    ],
    mass: Annotated[
        str | None, typer.Option("--mass", help='The mass, such as "500 kg". Default: all that is left.')
    ] = None,
    audience: Annotated[
        str, typer.Option("--for", help="The audience for the consignee: public, customer, partner or auditor.")
    ] = "partner",
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="DOMAIN", help="Move it to this registry now. Needs -o.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The transfer file that the other side accepts."),
    ] = None,
    sender: AsOption = None,
    home: HomeOption = None,
    server: ServerOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Offer a lot, or part of it, to another party. It is yours until they accept it. To a guest it moves at once.

    If they are not a party of this registry, it warns you: check the name.

    With --registry it is moved to another registry. From then on only that registry can log its use. The transfer
    file is for the consignee alone. If it is lost, do not ship again: oreprint export transfers writes it
    again.

    Example: oreprint ship OX-17 --as did:web:separation-a.example --to did:web:metal-a.example --mass "855.9 kg"
    """
    acts = acting(sender, home, server=server)
    receiver = consignee_of(to, home, sender=acts, server=server)
    shown_to = known_audience(audience)
    if server is not None:
        refuse_unused(context, "with --server", "registry", "output")
    elif HeldRuns.of(open_to_read(home), acts).runs:  # signed before their lots are shipped
        sign_lots(open_to_sign(home), acts, [lot], tables=tables_of(home))
    amount = None if mass is None else read_lot_amount(mass)
    if registry is None or output is None:
        if (registry is None) != (output is None):
            raise InputError.at("abroad.file", "--registry")
        asked: dict[str, JsonValue] = {
            "statement": "move",
            "lot": lot,
            "to": receiver,
            "mass": mass,
            "audience": audience,
        }
        _tell(_offered(server, home, acts, asked), as_json=as_json)
        return
    check_id(registry, "--registry", "registry")
    dispatch = Dispatch(
        lot,
        acts,
        receiver,
        None if amount is None else milligrams(amount.amount),
        shown_to,
        registry,
        None if amount is None else amount.unit,
    )
    _send(home, open_to_sign(home), dispatch, output, as_json=as_json)


def _offered(server: str | None, home: Path | None, sender: str, asked: dict[str, JsonValue]) -> MoveAnswer:
    """Offer a mass, in the home or at another registry."""
    request = validated(MoveRequest, asked)
    try:
        return say(server, home, sender, request, MoveAnswer)
    except StateError as error:
        told = {"store.in-doubt": "holding.in-doubt", "store.logged": "holding.logged"}.get(error.code)
        if told is None:
            raise
        facts = error.problems[0].facts
        raise StateError.at(told, lot=request.lot, sender=sender, **facts) from error


def _tell(made: MoveAnswer, *, as_json: bool) -> None:
    """Print an offer with its warnings."""
    (shipment,) = made.shipments
    warnings = warn_of(
        {"code": each.code, "place": "--to", "sentence": f"--to: {each.sentence}"} for each in made.warnings
    )
    mass = f"{shipment.mass_kg} {unit_of(shipment.kind)} of {shipment.lot}"
    reply(
        {"lot": shipment.lot, "to": shipment.to, "mass_kg": shipment.mass_kg, "warnings": warnings},
        f"Moved {mass}. This registry now holds it for your customer, who has no DID."
        if made.state == "delivered"
        else f"Offered {mass} to {shipment.to}. It is theirs once they accept it.",
        as_json=as_json,
    )


def _send(home: Path | None, registry: OpenRegistry, dispatch: Dispatch, output: Path, *, as_json: bool) -> None:
    """Move a mass to another registry, and write the transfer file."""
    place = home_of(home)
    ask_cosigners(place, registry)  # what nobody has looked at doesn't leave
    made: Shipment | None = None
    try:
        with written(output) as file:  # before anything moves: who can't write it moves nothing
            made = send(registry, dispatch)
            # A crash from here on: the mass has left, and `oreprint export transfers` writes its file.
            refresh_status(place, registry, passphrase=passphrase_of(place))
            ask_cosigners(place, registry)
            file.writelines(transfer_lines(registry, made.texts, audience=dispatch.audience))
    except OreprintError as error:
        raise _with_remedy(error, dispatch, moved=made is not None) from error
    kg = kg_text(made.mass_mg)
    where = {"lot": made.lot.lot, "to": made.consignee, "registry": dispatch.registry}
    reply(
        {**where, "mass_kg": kg, "file": str(output)},
        f"Moved {kg} {unit_of(made.lot.kind)} of {made.lot.lot} to {made.consignee} in {dispatch.registry}.",
        f"Give them {output}. Whoever has this file can accept the mass there in their name.",
        as_json=as_json,
    )


def _with_remedy(error: OreprintError, dispatch: Dispatch, *, moved: bool) -> OreprintError:
    """Return the error, and how to get the file if the mass has moved, or may have."""
    found = {"lot": dispatch.lot, "owner": dispatch.to, "registry": dispatch.registry or ""}
    if moved:
        return type(error)(*error.problems, Problem.at("abroad.moved", **found))
    if error.code == "store.logged":
        return StateError.at("abroad.moved", **found)
    if error.code == "store.in-doubt":  # its own remedy is to ask again, which would move as much once more
        reason = error.problems[0].facts["reason"]
        return StateError.at("abroad.in-doubt", **found, sender=dispatch.sender, reason=reason)
    return error
