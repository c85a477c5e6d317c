"""`oreprint restore`: a registry made of a backup, which signs nothing until it is told the newest head.

Entries that were logged after the backup are lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import read_bytes
from cli.output import print_json
from cli.parts import DatabaseOption, HomeOption, JsonOption, home_of
from cli.terminal import plural
from schemas.problem import InputError

if TYPE_CHECKING:
    from ledger.admin.backup import HeldBack


def command(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The backup. Leave it out to give only the head.")
    ] = None,
    head: Annotated[
        Path | None, typer.Option(metavar="CHECKPOINT", help="The newest checkpoint that anybody has, as a file.")
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Restore a registry from a backup, into an empty home.

    A backup may be older than the log that others have seen. Signing from it would make a second history. So the
    registry is read-only until you give it the newest head (from its published log, a witness or a monitor) and its
    own log has reached that head.

    The backup does not know what was ended since. So nobody is signed in, links that sign in have ended, and tokens,
    private links and hooks are held until you resume them.

    Example: oreprint restore registry.tar --head checkpoint --home build/again
    """
    from ledger.admin.backup import MOST_FILE_BYTES, held_back, restore, tell_head

    place = home_of(home, database_url)
    told = None if head is None else read_bytes(head, most=MOST_FILE_BYTES).decode(errors="replace")
    if file is not None:
        made, signs = restore(file, place, newest_head=told)
        size = made.size
    elif told is not None:
        place.check_made()
        signs, size = tell_head(place, told), None
    else:
        raise InputError.at("backup.nothing")
    held = held_back(place)
    if as_json:
        print_json({"home": str(place.path), "size": size, "signs": signs, "held": held._asdict()})
        return
    print(f"{place.path} is restored." if file else f"{place.path} has the newest head.")
    if file is not None:
        _tell_held(held)
    if signs:
        print("It has every logged entry and signs again.")
    elif told is None:
        print("It is read-only until you give it the newest checkpoint: oreprint restore --head CHECKPOINT")
    else:
        print("It is read-only: entries that others have seen are missing. Restore a newer backup.")


def _tell_held(held: HeldBack) -> None:
    """Print the number of held secrets of each kind, and how to resume them."""
    ways = (
        (held.tokens, "token", "oreprint tokens resume ID"),
        (held.links, "private link", "oreprint share --resume ID"),
        (held.hooks, "hook", "oreprint hooks resume ID"),
    )
    for number, what, way in ways:
        if number:
            print(f"{plural(number, what)} held, which may have been ended since: {way}")
    print("People, roles and passwords are those of the backup. End who has left since: oreprint users list")
