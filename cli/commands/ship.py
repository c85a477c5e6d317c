"""`oreprint ship`: offer a lot, or part of it, to somebody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from cli.parts import HomeOption, JsonOption, ask_cosigners, home_of, open_to_sign, passphrase_of
from schemas.problem import InputError, OreprintError, Problem, StateError
from schemas.quantity import kg_text, milligrams, read_lot_amount
from schemas.vocabulary import Audience, unit_of

if TYPE_CHECKING:
    from ledger.book import Book
    from ledger.ship import Dispatch, Shipment


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    lot: Annotated[str, typer.Argument(metavar="LOT", help="The lot as you know it, or its certificate's digest.")],
    sender: Annotated[str, typer.Option("--as", metavar="DID", help="Whose lot it is.")],
    to: Annotated[str, typer.Option("--to", metavar="DID", help="Who is to get it.")],
    mass: Annotated[
        str | None, typer.Option("--mass", help='How much, such as "500 kg"; all that is left if not said.')
    ] = None,
    audience: Annotated[
        str, typer.Option("--for", help="What they may see: public, customer, partner or auditor.")
    ] = "partner",
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="DOMAIN", help="Move it to this registry, at once; with -o.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The transfer file that the other side accepts."),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Offer a lot, or part of it; nothing changes hands before it is accepted.

    To somebody who is no party of this registry it is offered with a warning, since the name may be another's.

    With --registry it is moved to another registry, and only that one can log its use from then on; what the transfer file holds is the
    consignee's alone. If that file is lost, don't ship once more: oreprint export transfers writes it again.

    Example: oreprint ship OX-17 --as did:web:separation-a.example --to did:web:metal-a.example --mass "855.9 kg"
    """
    from cli.given import check_did, check_registry
    from cli.output import print_json, warn
    from ledger.ship import Dispatch, ship, stranger

    check_did(to, "--to")
    if audience not in get_args(Audience):
        raise InputError.at("seal.audience", "--for", audience=audience, audiences=", ".join(get_args(Audience)))
    asked = None if mass is None else read_lot_amount(mass)
    if (registry is None) != (output is None):
        raise InputError.at("abroad.file", "--registry")
    if registry is not None:
        check_registry(registry, "--registry")
    book = open_to_sign(home)
    dispatch = Dispatch(
        lot,
        sender,
        to,
        None if asked is None else milligrams(asked.amount),
        cast("Audience", audience),
        registry,
        None if asked is None else asked.unit,
    )
    if output is not None:
        _send(home, book, dispatch, output, as_json=as_json)
        return
    try:
        made = ship(book, dispatch)
    except StateError as error:
        if error.code != "store.in-doubt":
            raise
        raise StateError.at("holding.in-doubt", lot=lot, sender=sender, **error.problems[0].facts) from error
    unknown = stranger(book, to, place="--to")
    warnings = warn([] if unknown is None else [unknown])
    if as_json:
        print_json({"lot": made.lot.lot, "to": to, "mass_kg": kg_text(made.mass_mg), "warnings": warnings})
        return
    print(
        f"Offered {kg_text(made.mass_mg)} {unit_of(made.lot.kind)} of {made.lot.lot} to {to}; it is theirs when they accept it."
    )


def _send(home: Path | None, book: Book, dispatch: Dispatch, output: Path, *, as_json: bool) -> None:
    """Move a mass to another registry, and write the transfer file."""
    from cli.files import SECRET, written
    from cli.output import print_json
    from ledger.init import refresh_status
    from ledger.ship import send
    from ledger.transfer import transfer_lines

    place = home_of(home)
    ask_cosigners(place, book)  # what nobody has looked at doesn't leave
    made: Shipment | None = None
    try:
        with written(output, mode=SECRET) as file:  # before anything moves: who can't write it moves nothing
            made = send(book, dispatch)
            # A crash from here on: the mass has left, and `oreprint export transfers` writes its file.
            refresh_status(place, book, passphrase=passphrase_of(place))
            ask_cosigners(place, book)
            file.writelines(transfer_lines(book, made.texts, audience=dispatch.audience))
    except OreprintError as error:
        raise _with_remedy(error, dispatch, moved=made is not None) from error
    if as_json:
        told = {
            "lot": made.lot.lot,
            "to": made.consignee,
            "registry": dispatch.registry,
            "mass_kg": kg_text(made.mass_mg),
        }
        print_json({**told, "file": str(output)})
        return
    print(
        f"Moved {kg_text(made.mass_mg)} {unit_of(made.lot.kind)} of {made.lot.lot} to {made.consignee} in {dispatch.registry}."
    )
    print(f"Give them {output}: whoever has it can take the mass in there in their name.")


def _with_remedy(error: OreprintError, dispatch: Dispatch, *, moved: bool) -> OreprintError:
    """Return what went wrong, and how the file is got where the mass has moved, or may have."""
    found = {"lot": dispatch.lot, "owner": dispatch.to, "registry": dispatch.registry or ""}
    if moved:
        return type(error)(*error.problems, Problem.at("abroad.moved", **found))
    if error.code == "store.in-doubt":  # its own remedy is to ask again, which would move as much once more
        reason = error.problems[0].facts["reason"]
        return StateError.at("abroad.in-doubt", **found, sender=dispatch.sender, reason=reason)
    return error
