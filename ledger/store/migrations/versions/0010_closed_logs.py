"""Logs that were closed before the open one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table of `ledger.store.logs`."""
    op.create_table(
        "closed_logs",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="how many entries there are up to its end, in all logs",
        ),
        sa.Column("log_key", sa.Text(), nullable=False, comment="its vkey; its name is the log's origin"),
        sa.ForeignKeyConstraint(["size"], ["heads.size"], name=op.f("fk_closed_logs_size")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_closed_logs")),
    )
