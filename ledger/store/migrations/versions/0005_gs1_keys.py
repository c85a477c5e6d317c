"""GS1 keys of lots and plants, for the resolver."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of `ledger.store.identifiers`."""
    op.create_table(
        "gs1_keys",
        sa.Column("key", sa.Text(), nullable=False, comment="<identifier>/<value>, such as 01/04006381333931"),
        sa.Column("party", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gs1_keys")),
    )
    op.create_table(
        "gs1_paths",
        sa.Column("path", sa.Text(), nullable=False, comment="in its one spelling"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=True, comment="of the lot; null for a plant"),
        sa.Column("output", sa.Integer(), nullable=True),
        sa.Column("facility", sa.Text(), nullable=True, comment="of the plant; null for a lot"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["gs1_keys.key"], name=op.f("fk_gs1_paths_key")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_gs1_paths")),
    )
    op.create_index("ix_gs1_paths_issuance_output", "gs1_paths", ["issuance", "output"])
