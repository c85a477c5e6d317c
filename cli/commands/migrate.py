"""`oreprint migrate`: bring the database of an earlier release to this one. No other command changes a form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import reply
from cli.parts import DatabaseOption, HomeOption, JsonOption, home_of, runtime


def command(
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    backup: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The backup made before. Default: before-FORM.tar in the home."),
    ] = None,
    *,
    only_try: Annotated[
        bool, typer.Option("--try", help="Show what changes, make every change, and undo it all. No backup is made.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the database of an earlier release to this one. Show what changes, and make a backup first.

    All changes are one transaction: after a crash the database is as it was, or done. Stop `oreprint serve` before. To
    go back, restore the backup with the earlier release; entries logged since are lost then.

    Example: oreprint migrate --try --home build/registry
    """
    from ledger.admin.backup import back_up
    from ledger.store.migrate import REVISION, changes_due, form, upgrade

    place = home_of(home, database_url)
    if not place.made:
        raise place.no_registry()
    engine = place.as_it_is()
    try:
        found, changes = form(engine), changes_due(engine)
        file = None if only_try or not changes else backup or place.path / f"before-{REVISION[:4]}-{found}.tar"
        if file is not None:
            back_up(place, engine, runtime(), file)
        if changes:
            upgrade(engine, keep=not only_try)
    finally:
        engine.dispose()
    lines = [f"The database has the form {found}. This release works with {REVISION}."]
    lines += [f"  - {each}" for each in changes] or ["Nothing is to be changed."]
    if file is not None:
        lines += [f"The backup from before is {file}.", "The database is up to date. Check it: oreprint audit"]
    elif changes:
        lines += ["Every change was tried and undone. To keep them: oreprint migrate"]
    told = {"found": found, "form": REVISION, "changes": changes, "kept": file is not None}
    reply({**told, "backup": None if file is None else str(file)}, *lines, as_json=as_json)
