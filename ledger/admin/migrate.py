"""Bring the database of an earlier release to this one's form, after a backup. Nothing else changes a form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ledger.admin.backup import back_up
from ledger.files.atomic import locked
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.store.forms import REVISION
from ledger.store.migrate import changes_due, form, upgrade


class Migration(NamedTuple):
    """The form that was there and this release's, a sentence for each change, and the backup if one was made."""

    found: str
    form: str
    changes: list[str]
    backup: Path | None


def migrate(
    home: Home,
    runtime: Runtime,
    *,
    backup: Path | None,
    keep: bool,
    planned: Callable[[Migration], None] = lambda _: None,
) -> Migration:
    """Back a registry up and change its form; unless `keep`, make no backup and undo every change at the end.

    The backup is `backup`, else a file in the home that is named by both forms. `planned` is told what is to be done
    before anything is.

    Raises:
        StateError: `home.missing`, `home.emptied`; `store.newer`, `store.unknown-form`, `store.half-made`,
            `store.unreadable`, `store.unwritable`; as `back_up`.
    """
    if not home.made:
        raise home.no_registry()
    with locked(home.path / "migrate.lock"):  # a second one would back up what the first has changed
        engine = home.as_it_is()
        try:
            found, changes = form(engine) or REVISION, changes_due(engine)
            file = backup or home.path / f"before-{REVISION[:4]}-{found}.tar" if keep and changes else None
            plan = Migration(found, REVISION, changes, file)
            planned(plan)
            if file is not None:
                back_up(home, engine, runtime, file)
            upgrade(engine, keep=keep)
        finally:
            engine.dispose()
    return plan
