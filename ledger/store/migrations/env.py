"""Run the migrations that are due, for alembic, on the engine that the caller passes.

Rules:

1. All migrations that are due are one transaction.  It takes the write lock before it asks which are due.  So if two
   processes open a database at once, the second finds nothing left to do, and nobody sees a form in between.
2. A migration has no time limit.
3. PostgreSQL sorts text by code point, as SQLite does, whatever the collation of the database is, because audits
   compare sorted texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles

from ledger.store.desk import DESK
from ledger.store.engine import writing
from ledger.store.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import TypeCompiler


@compiles(Text, "postgresql")
def _in_code_point_order(_type: Text, _compiler: TypeCompiler, **_more: object) -> str:
    return 'TEXT COLLATE "C"'


with writing(context.config.attributes["engine"], long=True) as connection:
    connection.begin()  # before alembic looks: in a transaction of its own it would commit SQLite's migrations one by one
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    context.configure(connection=connection, target_metadata=[METADATA, DESK])
    context.run_migrations()
    connection.commit()
