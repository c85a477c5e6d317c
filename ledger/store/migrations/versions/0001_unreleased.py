"""Start from the tables of the last version before numbers of forms were bound to their tables."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change nothing: new databases are created in the newest form (`ledger.store.migrate`)."""
