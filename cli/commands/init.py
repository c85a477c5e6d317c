"""`oreprint init`: make a registry, or add to it the parties that are new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.parts import (
    DatabaseOption,
    HeadStoreOption,
    HomeOption,
    JsonOption,
    home_of,
    look_first,
    passphrase_of,
    surroundings,
)

if TYPE_CHECKING:
    from ledger.init import Begun
    from ledger.trust.changes import Change


def command(
    parties: Annotated[Path, typer.Argument(metavar="PARTIES", help="Who takes part: a parties/1 file, YAML or JSON.")],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a registry with its log, its keys, the parties it serves and a trust list; again adds what is new and says what it changed.

    What stays as it is registered (a party's names, a plant's name and place) and is written otherwise is refused, and nothing is changed.

    Example: oreprint init examples/bayan-obo/parties.yaml --home build/registry
    """
    from cli.files import read_document
    from cli.output import print_json
    from ledger.init import init_told, is_registry, open_book
    from schemas.parties import Parties

    place = home_of(home, database_url, head_store)
    wanted = read_document(Parties, parties)
    if is_registry(place):
        look_first(place, open_book(place, surroundings(), passphrase=None), wanted)
    begun = init_told(place, wanted, surroundings(), passphrase=passphrase_of(place))
    if as_json:
        told = [{name: fact for name, fact in each._asdict().items() if fact is not None} for each in begun.changes]
        where = {"home": str(place.path), "trust": str(place.trust)}
        print_json({"registry": begun.book.registry, **where, "new": begun.new, "changes": told})
        return
    _tell(begun)
    print(f"The registry {begun.book.registry} is in {place.path}. Its trust list, for verifiers to pin: {place.trust}")


def _tell(begun: Begun) -> None:
    """Print what was changed; of a registry that is new only how many parties and plants it has."""
    from cli.terminal import printable, tell

    if begun.new:
        parties, plants = (sum(each.what == what for each in begun.changes) for what in ("party", "plant"))
        print(f"Made with {_counted(parties, 'party', 'parties')} and {_counted(plants, 'plant', 'plants')}.")
        return
    tell([printable(line) for line in map(_line, begun.changes)])
    if not begun.changes:
        print("Nothing is new: the registry has all that the file says.")


def _line(change: Change) -> str:
    match change.kind:
        case "added":
            return f"Added: {change.what} {change.name}: {change.now}"
        case "changed":
            return f"Changed: {change.what} {change.name}: {change.now}; before: {change.was}"
        case "removed":
            return f"Removed: {change.what} {change.name}; before: {change.was}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
