"""`oreprint backup`: one file with all of a registry but its passphrase, made while it runs.

A backup is no mirror: entries that are logged after it are in the next one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import reply
from cli.parts import DatabaseOption, HomeOption, JsonOption, home_of, runtime
from cli.terminal import plural
from schemas.struct import plain


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup file. An existing file is replaced.")],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a backup: database, encrypted keys, trust list and factor tables, as of one moment. It holds no passphrase.

    Example: oreprint backup registry.tar --home build/registry
    """
    from ledger.admin.backup import back_up

    place = home_of(home, database_url)
    place.check_made()
    made = back_up(place, place.engine(), runtime(), file)
    reply(
        {"file": str(file), **{name: each for name, each in plain(made).items() if name != "head"}},
        f"Wrote {file}: {made.registry} with {plural(made.size, 'entry', 'entries')} of its log, as of {made.taken}.",
        "Keep the passphrase and the newest checkpoint somewhere else. A restored registry needs both to sign.",
        as_json=as_json,
    )
