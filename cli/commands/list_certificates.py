"""`oreprint list`: the certificates that a party issued or received, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from cli.acting import AsOption, acting
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.remote_registry import AskedOption
from schemas.answers.certificates import CertificateState
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.desk.listing import ListFilter
    from schemas.answers.certificates import ListedCertificate

PAGE: Final = 500
"""Certificates that are read at once."""


def command(  # noqa: PLR0913, PLR0917 - every filter is one
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot. Default: all.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help=f"Only those that are {', '.join(get_args(CertificateState))}.")
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="Only those of this product of the vocabulary.")
    ] = None,
    text: Annotated[str | None, typer.Option("--find", help="Only those with this in the lot or product.")] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="DID", help="Only lots of which this party got some from you.")
    ] = None,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="At most so many, the newest first.")] = 50,
    party: AsOption = None,
    home: HomeOption = None,
    server: AskedOption = None,
    *,
    received: Annotated[bool, typer.Option("--received", help="What you received, not what you issued.")] = False,
    at_hand: Annotated[bool, typer.Option("--at-hand", help="Only lots of which you have something unused.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the certificates that you issued, the newest first: lot, amount, what is left, state, day and digest.

    Example: oreprint list --state current --at-hand
    """
    from itertools import islice

    from cli.output import print_json
    from ledger.desk.listing import ListFilter

    chosen = next((each for each in get_args(CertificateState) if each == state), None)
    if state is not None and chosen is None:
        raise InputError.at(
            "document.not-one-of", "--state", value=state, expected=", ".join(get_args(CertificateState))
        )
    wanted = ListFilter(
        lot=lot,
        product=product,
        state=chosen,
        text=text,
        customer=customer,
        at_hand=at_hand,
        whose="received" if received else "issued",
    )
    acts = acting(party, home, server=server)
    listed = _listed_here(home, acts, wanted) if server is None else _listed_there(server, home, acts, wanted)
    found = list(islice(listed, most))
    if as_json:
        print_json([each.model_dump(mode="json", exclude_none=True) for each in found])
        return
    for each in found:
        left = f"{each.left} {each.unit} left"
        print(
            f"{each.lot}  {each.amount} {each.unit} {each.kind}  {left}  {each.state}  {each.issued[:10]}  {each.digest}"
        )
    if not found:
        print("No certificate fits.")


def _listed_here(home: Path | None, party: str, wanted: ListFilter) -> Iterator[ListedCertificate]:
    """Yield the certificates page by page."""
    from ledger.desk.listing import list_certificates

    registry, cursor = open_to_read(home), None
    while True:
        page = list_certificates(registry, party, wanted, limit=PAGE, cursor=cursor, origin=f"https://{registry.did}")
        yield from page.certificates
        cursor = page.next
        if cursor is None:
            return


def _listed_there(server: str, home: Path | None, party: str, wanted: ListFilter) -> Iterator[ListedCertificate]:
    from cli.remote_registry import client_at

    client = client_at(server, home)
    client.member(party)
    names = {**wanted._asdict(), "q": wanted.text}
    del names["text"]
    yield from client.certificates({name: value for name, value in names.items() if value is not None})
