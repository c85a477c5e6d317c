"""Bringing a database to the form that this release knows.

Rules: every change of form is a migration, from the first day; opening asks for the version with one SELECT and loads alembic
only where there is something to do.  A database from a later release is refused, not guessed at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text

from ledger.store.engine import reading
from schemas.problem import StateError

if TYPE_CHECKING:
    from sqlalchemy import Engine

REVISION: Final = "0012"
"""The form that this release reads and writes: the last migration."""


def upgrade(engine: Engine) -> None:
    """Make or bring up to date all tables.

    Raises:
        StateError: `store.newer` for a database of a later release, `store.unreadable` for no database at all.

    """
    found = form(engine)
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise StateError.at("store.newer", found=found, known=REVISION)
    _run_migrations(engine)


def form(engine: Engine) -> str | None:
    """Return the form that a database has, or None where it has none yet; raise StateError `store.unreadable`."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _run_migrations(engine: Engine, *, to: str = "head") -> None:
    from alembic import command  # noqa: PLC0415 - 150 ms that an up-to-date database doesn't pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "ledger.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    command.upgrade(config, to)
