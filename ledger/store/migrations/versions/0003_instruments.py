"""An electricity instrument may stand in a run, in the run that corrects it, and again after that was undone."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the issuance a part of the key of an instrument's use."""
    with op.batch_alter_table("instruments") as table:
        table.drop_constraint(op.f("pk_instruments"), type_="primary")
        table.create_primary_key(op.f("pk_instruments"), ["scheme", "statement", "issuance"])
