"""Create the tables of a database, and bring those of an earlier form to this release's form.

Rules: every change of form is a migration with a stamp of its own (`ledger.store.forms`). Only `oreprint migrate`
changes a registry's form; everything else refuses an older one. All migrations that are due are one transaction, and
are kept only if the tables are then as the stamp says. alembic is loaded only if there is something to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, text

from ledger.store.engine import reading, writing
from ledger.store.forms import OUR_SCHEMAS, REVISION, UNSTATED, check_form, check_known, form, form_in

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["REVISION", "UNSTATED", "changes_due", "check_form", "form", "upgrade"]

_SCRIPTS: Final = "ledger.store:migrations"
"""The place of alembic's scripts, as `package:folder`."""
_STAMP: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
)
_UNCOMPRESSED: Final = {
    "disclosures": "texts",
    "certificates": "jws",
    "records": "content",
    "arrived_lines": "line",
    "arrivals": "jws",
}
"""Long texts that PostgreSQL stores uncompressed: signatures and salts hardly shrink, and it slows every issue."""


def upgrade(engine: Engine, *, keep: bool = True) -> None:
    """Create all tables, or bring those of an earlier form up to date; unless `keep`, undo it all at the end.

    Raises:
        StateError: `store.newer`, `store.unknown-form`, `store.half-made`, `store.unreadable`, `store.unwritable`.
    """
    with reading(engine) as connection:
        found = check_known(connection)
    if found is None:
        _create(engine)
    elif found != REVISION:
        _run_migrations(engine, keep=keep)


def changes_due(engine: Engine) -> list[str]:
    """Return what the migrations that are due change, a sentence each; raise as `upgrade` does."""
    with reading(engine) as connection:
        found = check_known(connection)
    if found is None or found == REVISION:
        return []
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - 150 ms that an up-to-date database doesn't pay

    steps = ScriptDirectory.from_config(_scripts()).iterate_revisions(REVISION, found)
    return [(step.doc or "").partition("\n")[0] for step in reversed(list(steps))]


def _create(engine: Engine) -> None:
    """Create all tables; of several who do it at once, the first does."""
    with writing(engine, long=True) as connection:
        if form_in(connection) is not None:
            return
        for schema in OUR_SCHEMAS:
            schema.create_all(connection, checkfirst=False)
        if connection.dialect.name == "postgresql":
            for table, column in _UNCOMPRESSED.items():
                connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL"))
        connection.execute(text(_STAMP))
        connection.execute(text("INSERT INTO alembic_version VALUES (:form)"), {"form": REVISION})
        connection.commit()


def _run_migrations(engine: Engine, *, keep: bool) -> None:
    from alembic import command  # noqa: PLC0415 - as above

    config = _scripts()
    config.attributes["engine"], config.attributes["keep"] = engine, keep
    command.upgrade(config, "head")


def _scripts() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config
