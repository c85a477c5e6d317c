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
    from ledger.admin.migrate import Migration, migrate

    def show(plan: Migration) -> None:
        if not as_json:
            print(f"The database has the form {plan.found}. This release works with {plan.form}.")
            for each in plan.changes or ["Nothing is to be changed."]:
                print(f"  - {each}" if plan.changes else each, flush=True)

    done = migrate(home_of(home, database_url), runtime(), backup=backup, keep=not only_try, planned=show)
    kept = done.backup is not None
    lines = []
    if kept:
        lines = [f"The backup from before is {done.backup}.", "The database is up to date. Check it: oreprint audit"]
    elif done.changes:
        lines = ["Every change was tried and undone. To keep them: oreprint migrate"]
    reply({**done._asdict(), "kept": kept, "backup": str(done.backup) if kept else None}, *lines, as_json=as_json)
