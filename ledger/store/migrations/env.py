"""Run the migrations that are due, for alembic, on the engine that the caller passes.

Rules:

1. All migrations that are due are one transaction.  It takes the write lock before it asks which are due.  So if two
   processes open a database at once, the second finds nothing left to do, and nobody sees a form in between.
2. A migration has no time limit.
3. What they made is kept only if the tables are then as the stamp says, and the caller wants to keep it.
"""

from __future__ import annotations

from alembic import context

from ledger.store.desk_schema import DESK
from ledger.store.engine import writing
from ledger.store.forms import check_known
from ledger.store.schema import METADATA

with writing(context.config.attributes["engine"], long=True) as connection:
    connection.begin()  # before alembic looks: in a transaction of its own it would commit SQLite's migrations one by one
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    context.configure(connection=connection, target_metadata=[METADATA, DESK])
    context.run_migrations()
    check_known(connection)
    if context.config.attributes["keep"]:
        connection.commit()
