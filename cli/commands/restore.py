"""`oreprint restore`: a registry made of a backup, which signs nothing until it is told the newest head.

What it does not do: bringing back what was logged after the backup.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.parts import DatabaseOption, HomeOption, JsonOption, home_of
from schemas.problem import InputError, StateError


def command(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A backup; left out where only the head is to be told.")
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(metavar="CHECKPOINT", help="The newest checkpoint that anybody has seen, as a file."),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a registry of a backup, in an empty home.

    A backup knows less than the world: a log signed on from it would have two histories. So the registry only reads
    until it is told the newest head, from what it published, from a witness or from a monitor, and that is its own.

    Example: oreprint restore registry.tar --head checkpoint --home build/again
    """
    from cli.files import read_bytes
    from cli.output import print_json
    from ledger.admin.backup import MOST_FILE_BYTES, restore, tell_head

    place = home_of(home, database_url)
    told = None if head is None else read_bytes(head, most=MOST_FILE_BYTES).decode(errors="replace")
    if file is not None:
        made, signs = restore(file, place, newest_head=told)
        size = made.size
    elif told is not None:
        if not place.made:
            raise StateError.at("home.missing", path=place.where)
        signs, size = tell_head(place, told), None
    else:
        raise InputError.at("backup.nothing")
    if as_json:
        print_json({"home": str(place.path), "size": size, "signs": signs})
        return
    print(f"{place.path} is restored." if file else f"{place.path} knows the newest head.")
    if signs:
        print("It has all that was logged, and signs again.")
    elif told is None:
        print("It only reads until you tell it the newest checkpoint: oreprint restore --head CHECKPOINT")
    else:
        print("Entries that others have seen are missing here, so it only reads: restore a newer backup.")
