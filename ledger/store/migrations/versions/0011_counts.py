"""The counts of the status lists anew: places of records that were refused, or only reserved, had been counted, too."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Count the certificates and attestations of each list."""
    op.execute("DELETE FROM status_lists")
    op.execute(
        "INSERT INTO status_lists (number, taken) SELECT status_list, count(*) FROM"
        " (SELECT status_list FROM certificates UNION ALL SELECT status_list FROM attestations) AS placed"
        " GROUP BY status_list"
    )
