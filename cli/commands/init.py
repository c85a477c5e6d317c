"""`oreprint init`: make a registry, or add to it the parties that are new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.parts import (
    DatabaseOption,
    HeadStoreOption,
    HomeOption,
    JsonOption,
    cosign_at_end,
    home_of,
    look_first,
    passphrase_of,
    surroundings,
)

if TYPE_CHECKING:
    from ledger.dids import Address

MOST_TOLD: Final = 12
"""Addresses of DID documents that are printed; all are in the JSON."""


def command(
    parties: Annotated[Path, typer.Argument(metavar="PARTIES", help="Who takes part: a parties/1 file, YAML or JSON.")],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right", help="Sign though the trust list has expired, or the last entry is long past or later."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a registry with its log, its keys, the parties it serves and a trust list; again adds only what is new.

    A trust list is good for a year; in its last 90 days this renews it, also when nothing is new.

    Example: oreprint init examples/bayan-obo/parties.yaml --home build/registry
    """
    from cli.files import read_document
    from ledger.dids import addresses
    from ledger.init import init, is_registry, open_book
    from schemas.parties import Parties

    place = home_of(home, database_url, head_store)
    wanted = read_document(Parties, parties)
    again = is_registry(place)
    if again:
        look_first(place, open_book(place, surroundings(), passphrase=None), wanted)
    book = init(place, wanted, surroundings(vouched=clock_is_right), passphrase=passphrase_of(place))
    if not again:
        cosign_at_end(place, book)
    if as_json:
        told = [address._asdict() for address in addresses(book)]
        print(
            json.dumps(
                {"registry": book.registry, "home": str(place.path), "trust": str(place.trust), "documents": told}
            )
        )
        return
    print(f"The registry {book.registry} is in {place.path}. Its trust list, for verifiers to pin: {place.trust}")
    _tell_addresses(addresses(book))


def _tell_addresses(found: list[Address]) -> None:
    """Say where verifiers look for the keys that are kept here: an outside one knows no trust list, only the DID."""
    served = [each for each in found if each.served]
    elsewhere = [each for each in found if not each.served]
    if served:
        documents = f"{len(served)} DID document{'' if len(served) == 1 else 's'}"
        print(
            f"The server has {documents}, by which verifiers outside find the keys that are kept here: {served[0].url}"
        )
    if elsewhere:
        print(
            "Verifiers outside look for the keys of these parties on the parties' own domains. Write each DID document with"
            " `oreprint keys did DID`, and have the party put it at its address:"
        )
    for each in elsewhere[:MOST_TOLD]:
        print(f"  {each.url}")
    if len(elsewhere) > MOST_TOLD:
        print(f"  and {len(elsewhere) - MOST_TOLD} more; `oreprint init --json` lists all.")
