"""`oreprint init`: make a registry, or add to it the parties that are new."""

from __future__ import annotations

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
    runtime,
)

if TYPE_CHECKING:
    from ledger.admin.init import Begun
    from ledger.registry.did_documents import DidAddress
    from ledger.trust.changes import TrustChange

MOST_TOLD: Final = 12
"""Addresses of DID documents that are printed; all are in the JSON."""


def command(
    parties: Annotated[
        Path, typer.Argument(metavar="PARTIES", help="The parties and plants: a parties/1 file, YAML or JSON.")
    ],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right", help="Sign even if the trust list has expired, or the clock is far from the last entry."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Create a registry with its log, keys, parties and trust list. A second run adds what is new.

    A party's names and a plant's name and place cannot change. A file that changes them is refused, and
    nothing changes.

    A trust list is valid for a year. In its last 90 days this command renews it, even if nothing is new.

    Example: oreprint init examples/bayan-obo/parties.yaml --home build/registry
    """
    from cli.files import read_document
    from cli.output import print_json
    from ledger.admin.init import init_told, is_registry, open_book
    from ledger.registry.did_documents import addresses
    from schemas.parties import Parties

    place = home_of(home, database_url, head_store)
    wanted = read_document(Parties, parties)
    again = is_registry(place)
    if again:
        look_first(place, open_book(place, runtime(), passphrase=None), wanted)
    begun = init_told(place, wanted, runtime(vouched=clock_is_right), passphrase=passphrase_of(place))
    if not again:
        cosign_at_end(place, begun.registry)
    if as_json:
        told = [{name: fact for name, fact in each._asdict().items() if fact is not None} for each in begun.changes]
        where = {"home": str(place.path), "trust": str(place.trust)}
        documents = [address._asdict() for address in addresses(begun.registry)]
        print_json(
            {
                "registry": begun.registry.did,
                **where,
                "new": begun.new,
                "changes": told,
                "renewed_until": begun.renewed_until,
                "documents": documents,
            }
        )
        return
    _tell(begun)
    print(f"The registry {begun.registry.did} is in {place.path}. Its trust list, for verifiers to pin: {place.trust}")
    _tell_addresses(addresses(begun.registry))


def _tell_addresses(found: list[DidAddress]) -> None:
    """Print where verifiers find the keys kept here. An outside verifier has no trust list, only the DID."""
    served = [each for each in found if each.served]
    elsewhere = [each for each in found if not each.served]
    if served:
        documents = f"{len(served)} DID document{'' if len(served) == 1 else 's'}"
        print(f"The server has {documents}, where verifiers outside find the keys kept here: {served[0].url}")
    if elsewhere:
        print(
            "Verifiers outside look for the keys of these parties on the parties' own domains. Write each DID document with"
            " `oreprint keys did DID`, and have the party put it at its address:"
        )
    for each in elsewhere[:MOST_TOLD]:
        print(f"  {each.url}")
    if len(elsewhere) > MOST_TOLD:
        print(f"  and {len(elsewhere) - MOST_TOLD} more; `oreprint init --json` lists all.")


def _tell(begun: Begun) -> None:
    """Print what was changed; of a registry that is new only how many parties and plants it has."""
    from cli.terminal import printable, tell

    if begun.new:
        parties, plants = (sum(each.what == what for each in begun.changes) for what in ("party", "plant"))
        print(f"Created with {_counted(parties, 'party', 'parties')} and {_counted(plants, 'plant', 'plants')}.")
        return
    tell([printable(line) for line in map(_line, begun.changes)])
    if begun.renewed_until is not None:
        print(f"Renewed: the trust list is valid until {begun.renewed_until}. Give it to those who verify.")
    elif not begun.changes:
        print("Nothing to do: the registry already matches the file.")


def _line(change: TrustChange) -> str:
    match change.kind:
        case "added":
            return f"Added: {change.what} {change.name}: {change.now}"
        case "changed":
            return f"Changed: {change.what} {change.name}: {change.now}; before: {change.was}"
        case "removed":
            return f"Removed: {change.what} {change.name}; before: {change.was}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
