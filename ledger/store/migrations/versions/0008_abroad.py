"""Holdings that came from other registries, what they stand on, and the trust lists of those registries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of `ledger.store.abroad`."""
    op.create_table(
        "arrivals",
        sa.Column("move", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output", sa.Integer(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("lot_normal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("net_mass_mg", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False, comment="home of the certificate"),
        sa.Column(
            "transfer", sa.LargeBinary(length=32), nullable=False, comment="the move whose lines show this one too"
        ),
        sa.ForeignKeyConstraint(["move"], ["records.digest"], name=op.f("fk_arrivals_move")),
        sa.PrimaryKeyConstraint("move", name=op.f("pk_arrivals")),
    )
    op.create_index(op.f("ix_arrivals_lot_normal"), "arrivals", ["lot_normal"])
    op.create_index("ix_arrivals_issuance", "arrivals", ["issuance", "output"])
    op.create_index(op.f("ix_arrivals_certificate"), "arrivals", ["certificate"])
    op.create_table(
        "arrived_lines",
        sa.Column("move", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column(
            "line", sa.Text(), nullable=False, comment="a line of a bundle, proven to the head in `abroad_heads`"
        ),
        sa.ForeignKeyConstraint(["move"], ["arrivals.move"], name=op.f("fk_arrived_lines_move")),
        sa.PrimaryKeyConstraint("move", "number", name=op.f("pk_arrived_lines")),
    )
    op.create_index(op.f("ix_arrived_lines_registry"), "arrived_lines", ["registry"])
    op.create_table(
        "abroad_heads",
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("registry", name=op.f("pk_abroad_heads")),
    )
    op.create_table(
        "abroad_lists",
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="<purpose>/<list>"),
        sa.Column("line", sa.Text(), nullable=False, comment="a status line of a bundle"),
        sa.PrimaryKeyConstraint("registry", "name", name=op.f("pk_abroad_lists")),
    )
    op.create_table(
        "abroad_trust",
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="its own trust list, pinned"),
        sa.PrimaryKeyConstraint("registry", name=op.f("pk_abroad_trust")),
    )
    if op.get_context().dialect.name == "postgresql":
        for table, column in (("arrived_lines", "line"), ("arrivals", "jws")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
