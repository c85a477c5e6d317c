"""Attestations: what others say of certificates and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table of `ledger.store.attested`."""
    op.create_table(
        "attestations",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("record", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attestor", sa.Text(), nullable=False),
        sa.Column(
            "certificate",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="the one it names; it may be of another registry",
        ),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["records.digest"], name=op.f("fk_attestations_record")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_attestations")),
        sa.UniqueConstraint("record", name=op.f("uq_attestations_record")),
        sa.UniqueConstraint("status_list", "status_index", name=op.f("uq_attestations_status_list_status_index")),
    )
    op.create_index(op.f("ix_attestations_certificate"), "attestations", ["certificate"])
    attesting = sa.text("kind = 'attestation'")
    op.create_index("ix_records_attesting", "records", ["entry"], sqlite_where=attesting, postgresql_where=attesting)
