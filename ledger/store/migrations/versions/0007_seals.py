"""Seals of producers who keep their own key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table of seals."""
    op.create_table(
        "seals",
        sa.Column("certificate", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False, comment="base64url, as its producer made it with its own key"),
        sa.PrimaryKeyConstraint("certificate", name=op.f("pk_seals")),
    )
