"""Statements are compiled once for all engines of a test process.

An engine keeps what it compiled, and every test opens engines of its own: compiling the same statements again for each
took a quarter of the time of tests that use a database. One test process sees one version of each database, so what
was compiled for one engine fits all of its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from sqlalchemy import Connection

STATEMENTS: Final = 4096


def share_compiled_statements() -> None:
    """Let all engines of this process share what they compile, from now on."""
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        # a dialect is a part of the key of a compiled statement, and each engine has one of its own
        dialect.__eq__ = _same_kind  # type: ignore[method-assign]
        dialect.__hash__ = _hash_of_kind  # type: ignore[assignment,method-assign]

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)


def _same_kind(dialect: object, other: object) -> bool:
    return type(dialect) is type(other)


def _hash_of_kind(dialect: object) -> int:
    return hash(type(dialect))
