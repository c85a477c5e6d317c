"""Bring a database to the form that this release reads and writes.

Rules: every change of a released form is a migration.  Opening a database asks for its form with one SELECT, and loads
alembic only if there is something to do.  A database in a form that this release does not know is refused.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, text

from ledger.store.engine import reading
from schemas.problem import StateError

REVISION: Final = "0001"
"""The form that this release reads and writes: the last migration."""
_SCRIPTS: Final = "ledger.store:migrations"
"""The place of alembic's scripts, as `package:folder`."""
_HAS_FORM: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}
"""The question whether a database has alembic's table. SQLAlchemy's own takes as long as a new connection."""


def upgrade(engine: Engine) -> None:
    """Create all tables, or bring those of an earlier release up to date.

    Raises:
        StateError: `store.newer` if this release does not know the form of the database, `store.unreadable` if it is no
            database, `store.unwritable`.
    """
    if not upgrade_made(engine):
        _run_migrations(engine, None)


def upgrade_made(engine: Engine) -> bool:
    """Bring up to date what tables there are; return whether there are any. Raise as `upgrade` does."""
    current = form(engine)
    if current is not None and current != REVISION:
        _run_migrations(engine, current)
    return current is not None


def form(engine: Engine) -> str | None:
    """Return the form of a database, or None if it has no tables yet; raise StateError `store.unreadable`."""
    with reading(engine) as connection:
        if connection.scalar(text(_HAS_FORM[engine.dialect.name])) is None:
            return None
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if version is None else str(version)


def _run_migrations(engine: Engine, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - 150 ms that an up-to-date database doesn't pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    released = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if found is not None and found not in released:
        raise StateError.at("store.newer", found=found, known=REVISION)
    command.upgrade(config, "head")
