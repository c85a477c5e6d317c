"""The form of a database: its number, and the digest of its tables.

Rules:

1. Two forms never share a number. A stamp holds number and digest, as ``0013_5c0e1fab12cd``, so tables that an
   unfinished version of the program made under the same number are told apart. Numbers 0002 to 0012 were used before
   the first release.
2. The digest is of the tables themselves: names, columns, which may be null, and indexes. It is the same for SQLite and
   PostgreSQL.
3. A database is compared with its stamp whenever it is opened. Tables of others beside ours do not count.

This module changes nothing (`ledger.store.migrate` does).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, Table, text

from ledger.store.desk_schema import DESK
from ledger.store.engine import reading
from ledger.store.schema import METADATA
from schemas.problem import StateError

FORMS: Final = ("0001", "0013_930a68d1d64e")
"""The stamps of all forms, in their order; the last is what this release reads and writes."""
REVISION: Final = FORMS[-1]
TABLES_OF: Final = {"0001": "930a68d1d64e"}
"""The digests of tables of forms whose stamps do not hold them."""
OUR_SCHEMAS: Final = (METADATA, DESK)
DIGITS: Final = 12
"""Hexadecimal digits of a digest in a stamp: it tells forms apart and proves nothing."""
UNSTATED: Final = "unstated"
"""The form of a database whose stamp is missing. A change of form is one transaction, so somebody took it away."""
_HAS_STAMP: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}
"""The question whether a database has a stamp. SQLAlchemy's own takes as long as a new connection."""
_COLUMNS: Final = {
    "sqlite": (
        "SELECT t.name, c.name, c.\"notnull\" FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    ),
    "postgresql": (
        "SELECT t.relname, c.attname, c.attnotnull FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid WHERE t.relkind = 'r' "
        "AND c.attnum > 0 AND NOT c.attisdropped AND t.relnamespace = current_schema()::regnamespace"
    ),
}
_INDEXES: Final = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": (
        "SELECT t.relname, i.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid "
        "WHERE t.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)"
    ),
}


def form(engine: Engine) -> str | None:
    """Return the stamp of a database, or None if it has no tables yet; raise StateError `store.unreadable`."""
    with reading(engine) as connection:
        return form_in(connection)


def form_in(connection: Connection) -> str | None:
    """Return the stamp, as `form` does."""
    if connection.scalar(text(_HAS_STAMP[connection.dialect.name])) is None:
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return UNSTATED if version is None else str(version)


def check_form(engine: Engine) -> str | None:
    """Return the stamp of a database in this release's form; None if it has no tables.

    Raises:
        StateError: `store.older`, `store.newer`, `store.unknown-form`, `store.half-made`, `store.unreadable`.
    """
    with reading(engine) as connection:
        found = check_known(connection)
    if found is not None and found != REVISION:
        raise StateError.at("store.older", found=found, known=REVISION)
    return found


def check_known(connection: Connection) -> str | None:
    """Return the stamp of a database whose tables are as it says, of any known form; None if it has no tables.

    Raises:
        StateError: as `check_form`, without `store.older`.
    """
    found = form_in(connection)
    if found is None:
        return None
    check_stamp(found)
    lines = _lines_in(connection)
    if found == REVISION:
        ours = declared()
        differing = sorted(ours ^ {line for line in lines if line[0] in {table for table, _ in ours}})
        if differing:
            raise StateError.at("store.half-made", found=found, place=f"{differing[0][0]}: {differing[0][1]}")
    elif digest_of(lines) != TABLES_OF.get(found, found.partition("_")[2]):
        raise StateError.at("store.half-made", found=found, place="its tables are not those of this form")
    return found


def check_stamp(found: str) -> None:
    """Check that this release knows a stamp.

    Raises:
        StateError: `store.unreadable`, `store.newer`, `store.unknown-form`.
    """
    if found in FORMS:
        return
    if found == UNSTATED:
        raise StateError.at("store.unreadable", reason="its table alembic_version is empty")
    number, digest = found[:4], found[5:]
    stamped = len(found) == len(REVISION) and number.isdecimal() and found[4] == "_" and digest.isalnum()
    raise StateError.at(
        "store.newer" if stamped and number > REVISION[:4] else "store.unknown-form", found=found, known=REVISION
    )


def declared() -> set[tuple[str, str]]:
    """Return table and line for each column and index that this release's tables have."""
    return {line for schema in OUR_SCHEMAS for table in schema.sorted_tables for line in _lines_of(table)}


def digest_of(lines: Iterable[tuple[str, str]]) -> str:
    """Return the digest of tables, from their lines."""
    return sha256("\n".join(f"{table} {line}" for table, line in sorted(lines)).encode()).hexdigest()[:DIGITS]


def _lines_of(table: Table) -> Iterable[tuple[str, str]]:
    for column in table.columns:
        yield table.name, _line(column.name, needed=not column.nullable)
    for index in table.indexes:
        yield table.name, f"index {index.name}"


def _lines_in(connection: Connection) -> set[tuple[str, str]]:
    kind = connection.dialect.name
    found = {
        (table, _line(column, needed=bool(needed)))
        for table, column, needed in connection.exec_driver_sql(_COLUMNS[kind])
        if table != "alembic_version" and not table.startswith("sqlite_")
    }
    return found | {
        (table, f"index {index}")
        for table, index in connection.exec_driver_sql(_INDEXES[kind])
        if table != "alembic_version"
    }


def _line(column: str, *, needed: bool) -> str:
    return f"{column} not null" if needed else column
