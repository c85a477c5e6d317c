"""How alembic reaches the database: by the engine that the caller hands over, in one writing transaction."""

from __future__ import annotations

from alembic import context

from ledger.store.desk import DESK
from ledger.store.engine import writing
from ledger.store.schema import METADATA

with writing(context.config.attributes["engine"]) as connection:
    context.configure(connection=connection, target_metadata=[METADATA, DESK])
    context.run_migrations()
    connection.commit()
