"""The form of a database: its number, and the digest of its tables.

Rules:

1. Two forms never share a number. A stamp holds number and digest, as ``0013_5c0e1fab12cd``, so tables that an
   unfinished version of the program made under the same number are told apart. Numbers 0002 to 0012 were used before
   the first release.
2. The digest is of the tables themselves: columns with their types, keys, indexes and references. It is the same for
   SQLite and PostgreSQL.
3. A database is compared with its stamp whenever it is opened. Tables of others beside ours do not count.

This module changes nothing (`ledger.store.migrate` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table, UniqueConstraint, text

from ledger.store.desk_schema import DESK
from ledger.store.engine import reading
from ledger.store.schema import METADATA
from schemas.problem import StateError

FORMS: Final = ("0001", "0013_e8b0d2cf3462")
"""The stamps of all forms, in their order; the last is what this release reads and writes."""
REVISION: Final = FORMS[-1]
TABLES_OF: Final = {"0001": "cb87875f6150"}
"""The digests of tables of forms whose stamps do not hold them."""
OUR_SCHEMAS: Final = (METADATA, DESK)
GONE: Final[frozenset[str]] = frozenset()
"""Tables that earlier forms have and this one has not."""
OUR_TABLES: Final = GONE.union(*(schema.tables for schema in OUR_SCHEMAS))
STAMP: Final = "alembic_version"
"""The table that holds the stamp."""
DIGITS: Final = 12
"""Hexadecimal digits of a digest in a stamp: it tells forms apart and proves nothing."""
UNSTATED: Final = "unstated"
"""The form of tables without a stamp. A change of form is one transaction, so somebody took the stamp away."""
_HAS_STAMP: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}
"""The question whether a database has a stamp. SQLAlchemy's own takes as long as a new connection."""
_LINES: Final = {
    "sqlite": (
        """SELECT t.name, c.name || CASE c.type WHEN 'TEXT' THEN ' str' WHEN 'BLOB' THEN ' bytes' WHEN 'BOOLEAN' THEN ' bool'
        WHEN 'BIGINT' THEN ' int' WHEN 'INTEGER' THEN ' int' ELSE ' ' || c.type END || CASE WHEN c."notnull" THEN ' not null' ELSE '' END
        FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'""",
        """SELECT name, 'primary ' || group_concat(part, ', ') FROM (SELECT t.name, c.name AS part FROM sqlite_master t
        JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.pk ORDER BY t.name, c.pk) GROUP BY name""",
        """SELECT name, CASE WHEN one THEN 'unique ' ELSE 'index ' END || group_concat(part, ', ') FROM (SELECT t.name, i.name AS own,
        i."unique" AS one, c.name AS part FROM sqlite_master t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
        WHERE t.type = 'table' AND i.origin <> 'pk' ORDER BY i.name, c.seqno) GROUP BY own""",
        """SELECT t.name, f."from" || ' of ' || f."table" || '.' || f."to" FROM sqlite_master t
        JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'""",
    ),
    "postgresql": (
        """SELECT t.relname, a.attname || CASE format_type(a.atttypid, NULL) WHEN 'text' THEN ' str' WHEN 'bytea' THEN ' bytes'
        WHEN 'boolean' THEN ' bool' WHEN 'bigint' THEN ' int' WHEN 'integer' THEN ' int'
        ELSE ' ' || format_type(a.atttypid, NULL) END || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid WHERE t.relkind = 'r' AND a.attnum > 0
        AND NOT a.attisdropped AND t.relnamespace = current_schema()::regnamespace""",
        """SELECT t.relname, CASE WHEN x.indisprimary THEN 'primary ' WHEN x.indisunique THEN 'unique ' ELSE 'index ' END
        || string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_attribute a ON a.attrelid = x.indexrelid WHERE t.relnamespace = current_schema()::regnamespace
        GROUP BY t.relname, x.indexrelid, x.indisprimary, x.indisunique""",
        """SELECT t.relname, a.attname || ' of ' || r.relname || '.' || b.attname FROM pg_constraint k
        JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND t.relnamespace = current_schema()::regnamespace""",
    ),
}
"""Table and line of each column, primary key, index or rule of unique values, and reference (of one column)."""


def form(engine: Engine) -> str | None:
    """Return the stamp of a database, or None if it has no tables yet; raise StateError `store.unreadable`."""
    with reading(engine) as connection:
        return form_in(connection)


def form_in(connection: Connection) -> str | None:
    """Return the stamp, as `form` does."""
    if connection.scalar(text(_HAS_STAMP[connection.dialect.name])) is None:
        return UNSTATED if _lines_in(connection) else None
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
        if differing := sorted(declared() ^ lines):
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
        raise StateError.at("store.unreadable", reason="its table alembic_version is empty or missing")
    number, digest = found[:4], found[5:]
    stamped = len(found) == len(REVISION) and number.isdecimal() and found[4] == "_" and digest.isalnum()
    raise StateError.at(
        "store.newer" if stamped and number > REVISION[:4] else "store.unknown-form", found=found, known=REVISION
    )


def declared() -> set[tuple[str, str]]:
    """Return table and line for each column, key, index and reference that this release's tables have."""
    return {(table.name, line) for schema in OUR_SCHEMAS for table in schema.sorted_tables for line in _lines_of(table)}


def digest_of(lines: Iterable[tuple[str, str]]) -> str:
    """Return the digest of tables, from their lines."""
    return sha256("\n".join(f"{table} {line}" for table, line in sorted(lines)).encode()).hexdigest()[:DIGITS]


def _lines_of(table: Table) -> Iterator[str]:
    for column in table.columns:
        yield f"{column.name} {column.type.python_type.__name__}{'' if column.nullable else ' not null'}"
        for key in column.foreign_keys:
            yield f"{column.name} of {key.target_fullname}"
        if column.unique:
            yield f"unique {column.name}"
    yield f"primary {_names(table.primary_key.columns)}"
    for index in table.indexes:
        yield f"{'unique' if index.unique else 'index'} {_names(index.columns)}"
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint):
            yield f"unique {_names(rule.columns)}"


def _names(columns: Iterable[Column[Any]]) -> str:
    return ", ".join(column.name for column in columns)


def _lines_in(connection: Connection) -> set[tuple[str, str]]:
    found = (row for query in _LINES[connection.dialect.name] for row in connection.exec_driver_sql(query))
    return {(table, line) for table, line in found if table in OUR_TABLES}
