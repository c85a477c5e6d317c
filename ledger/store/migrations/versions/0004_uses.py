"""What an issuance used is found by its entry: how a registry follows a lot that has ended down to what was made of it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make an index of the holdings that were used, by the entry that used them."""
    used = text("used IS NOT NULL")
    op.create_index("ix_holdings_used", "holdings", ["used"], sqlite_where=used, postgresql_where=used)
