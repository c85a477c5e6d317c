"""`oreprint list`: the certificates that a party issued, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from cli.acting import AsOption, acting
from cli.parts import HomeOption, JsonOption, open_to_read
from schemas.answers.certificates import CertificateState
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.lots.certificates import IssuedFilter
    from schemas.answers.certificates import ListedCertificate

PAGE: Final = 500
"""Certificates that are read at once."""


def command(
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot. Default: all.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help=f"Only those that are {', '.join(get_args(CertificateState))}.")
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="Only those of this product of the vocabulary.")
    ] = None,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="At most so many, the newest first.")] = 50,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the certificates that you issued, the newest first: lot, amount, state, day and digest.

    Example: oreprint list --state current
    """
    from itertools import islice

    from cli.output import print_json
    from ledger.lots.certificates import IssuedFilter

    chosen = next((each for each in get_args(CertificateState) if each == state), None)
    if state is not None and chosen is None:
        raise InputError.at(
            "document.not-one-of", "--state", value=state, expected=", ".join(get_args(CertificateState))
        )
    wanted = IssuedFilter(lot=lot, product=product, state=chosen)
    found = list(islice(_issued(home, acting(party, home), wanted), most))
    if as_json:
        print_json([each.model_dump(mode="json", exclude_none=True) for each in found])
        return
    for each in found:
        print(f"{each.lot}  {each.amount} {each.unit} {each.kind}  {each.state}  {each.issued[:10]}  {each.digest}")
    if not found:
        print("No certificate fits.")


def _issued(home: Path | None, party: str, wanted: IssuedFilter) -> Iterator[ListedCertificate]:
    """Yield the certificates page by page."""
    from ledger.lots.certificates import list_issued

    registry, cursor = open_to_read(home), None
    while True:
        page = list_issued(registry, party, wanted, limit=PAGE, cursor=cursor, origin=f"https://{registry.did}")
        yield from page.certificates
        cursor = page.next
        if cursor is None:
            return
