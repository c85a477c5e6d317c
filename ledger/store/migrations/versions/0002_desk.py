"""The second form: what the HTTP door keeps for itself, and the newest status bit found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of `ledger.store.desk`, and an index."""
    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the token"),
        sa.Column("id", sa.Text(), nullable=False, comment="what people call it; no secret"),
        sa.Column("tenant", sa.Text(), nullable=False, comment="DID of the party it acts for"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False, comment="joined by spaces"),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tokens")),
        sa.UniqueConstraint("id", name=op.f("uq_tokens_id")),
    )
    op.create_index(op.f("ix_tokens_tenant"), "tokens", ["tenant"])
    op.create_table(
        "answers",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Idempotency-Key"),
        sa.Column("request", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of method, path and body"),
        sa.Column(
            "status", sa.Integer(), nullable=True, comment="null while the first try is under way, or was cut off"
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_answers")),
    )
    op.create_table(
        "reserved_places",
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list", "position", name=op.f("pk_reserved_places")),
    )
    op.create_index(op.f("ix_reserved_places_tenant"), "reserved_places", ["tenant"])
    op.create_table(
        "events",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, comment="id of the token, or `local` for the command line"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="SHA-256 of the request, or what it was about"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="HTTP status, or code of a refusal"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
    )
    op.create_index("ix_events_tenant_at", "events", ["tenant", "at_ms"])
    op.create_index("ix_status_bits_entry", "status_bits", ["entry"])
