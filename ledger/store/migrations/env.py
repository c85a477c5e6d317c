"""How alembic reaches the database: by the engine that the caller hands over, in one writing transaction.

Rules: all migrations that are due are one transaction, which takes the write lock before it asks what is due: of two processes that open
one database at once, the second finds nothing left to do, and nobody sees a form between.  A migration takes the time it takes; on PostgreSQL text is in the order of its code points, as in SQLite, whatever the
database's own collation is: audits compare what it sorts.
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
