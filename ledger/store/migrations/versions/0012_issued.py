"""What each issuer has issued, in the order of the log; filled from the certificates that are there."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

from schemas.instant import epoch_ms
from schemas.lot import normal_lot

if TYPE_CHECKING:
    from collections.abc import Sequence

revision = "0012"
down_revision = "0011"

AT_ONCE = 1000
"""Certificates that are held in memory."""


def upgrade() -> None:
    """Make the table of `ledger.store.issued`, and read into it what is signed in each certificate."""
    issued = op.create_table(
        "issued",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(length=32), nullable=False),
        sa.Column("lot_normal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True, comment="null where the certificate names none"),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.digest"], name=op.f("fk_issued_certificate")),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_issued_entry")),
        sa.PrimaryKeyConstraint("issuer", "entry", "output", name=op.f("pk_issued")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_issued_issuer_lot_normal", "issued", ["issuer", "lot_normal"])
    connection = op.get_bind()
    asked = sa.text(
        "SELECT certificates.digest, records.entry, certificates.jws FROM certificates"
        " JOIN records ON records.digest = certificates.issuance"
    )
    with connection.execute(asked, execution_options={"yield_per": AT_ONCE}) as rows:
        for some in rows.partitions():
            connection.execute(sa.insert(issued), list(map(_row, some)))


def _row(stored: Sequence[Any]) -> dict[str, object]:
    """Return the row of a certificate by what is signed in it."""
    digest, entry, jws = stored
    payload = jws.split(".")[1]
    record = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["oreprint"]
    batch = record["batch"]
    return {
        "issuer": record["issuer"]["did"],
        "entry": entry,
        "output": record["output"],
        "certificate": digest,
        "lot_normal": normal_lot(batch["lot"]),
        "kind": batch["kind"],
        "product": batch.get("product"),
        "issued_ms": epoch_ms(record["issued"]),
    }
