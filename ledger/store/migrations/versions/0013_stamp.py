"""Stamp the database with the number of its form and the digest of its tables. No row changes."""

from __future__ import annotations

revision = "0013_930a68d1d64e"
down_revision = "0001"


def upgrade() -> None:
    """Change no table: alembic writes the stamp."""
