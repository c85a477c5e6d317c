"""Bring a database to the form that this release reads and writes.

Rules: every change of a released form is a migration.  Opening a database asks for its form with one SELECT, and loads
alembic only if there is something to do.  A database in a form that this release does not know is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, text

from ledger.store.engine import reading
from schemas.problem import StateError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION: Final = "0001"
"""The form that this release reads and writes: the last migration."""
_SCRIPTS: Final = "ledger.store:migrations"
"""The place of alembic's scripts, as `package:folder`."""
_HAS_FORM: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}
"""The question whether a database has alembic's table. SQLAlchemy's own takes as long as a new connection."""
_UNSTATED: Final = "unstated"
"""The form of a database whose alembic table is empty. Migrations are one transaction, so somebody emptied it."""


def upgrade(engine: Engine) -> None:
    """Create all tables, or bring those of an earlier release up to date.

    Raises:
        StateError: `store.newer` if this release does not know the form of the database, `store.unreadable` if it is no
            database or states no form, `store.unwritable`.
    """
    if not upgrade_made(engine):
        _run_migrations(engine, None)


def upgrade_made(engine: Engine) -> bool:
    """Bring up to date what tables there are; return whether there are any. Raise as `upgrade` does."""
    current = form(engine)
    if current is not None and current != REVISION:
        _run_migrations(engine, current)
    return current is not None


def is_current(engine: Engine) -> bool:
    """Return whether no migration is due; raise StateError `store.newer`, `store.unreadable`."""
    current = form(engine)
    if current is not None and current != REVISION:
        _check_released(current, _scripts())
    return current == REVISION


def form(engine: Engine) -> str | None:
    """Return the form of a database, or None if it has no tables yet; raise StateError `store.unreadable`."""
    with reading(engine) as connection:
        if connection.scalar(text(_HAS_FORM[engine.dialect.name])) is None:
            return None
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return _UNSTATED if version is None else str(version)


def _run_migrations(engine: Engine, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - 150 ms that an up-to-date database doesn't pay

    config = _scripts()
    if found is not None:
        _check_released(found, config)
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def _scripts() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def _check_released(found: str, scripts: Config) -> None:
    if found == _UNSTATED:
        raise StateError.at("store.unreadable", reason="its table alembic_version is empty")
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    if found not in [script.revision for script in ScriptDirectory.from_config(scripts).walk_revisions()]:
        raise StateError.at("store.newer", found=found, known=REVISION)
