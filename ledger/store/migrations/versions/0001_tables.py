"""Create all tables.

No release has been made yet, so the first form of the database is the schema as it stands.  The first release freezes
it: this file then holds the statements of tests/golden/tables, and each later change is a migration of its own.
"""

from __future__ import annotations

from typing import Final

from alembic import op

from ledger.store.desk_schema import DESK
from ledger.store.schema import METADATA

revision = "0001"
down_revision = None

_UNCOMPRESSED: Final = {
    "disclosures": "texts",
    "certificates": "jws",
    "records": "content",
    "arrived_lines": "line",
    "arrivals": "jws",
}
"""Long texts that PostgreSQL stores uncompressed: signatures and salts hardly shrink, and it slows every issue."""


def upgrade() -> None:
    """Create the tables of the ledger and of the HTTP service."""
    for metadata in (METADATA, DESK):
        metadata.create_all(op.get_bind(), checkfirst=False)
    if op.get_context().dialect.name == "postgresql":
        for table, column in _UNCOMPRESSED.items():
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
