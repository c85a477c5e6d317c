"""The first form: parties, log, records, holdings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "disclosures",
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "texts",
            sa.Text(),
            nullable=False,
            comment="of a run (by issuance) or of a certificate's details, joined by ~",
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_disclosures")),
    )
    op.create_table(
        "entries",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_entries")),
    )
    op.create_table(
        "heads",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_heads")),
    )
    op.create_table(
        "parties",
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False, comment="the `Issuer` document"),
        sa.Column("custodial", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("did", name=op.f("pk_parties")),
    )
    op.create_table(
        "registry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("log_key", sa.Text(), nullable=False, comment="vkey of the open log; its name is the log's origin"),
        sa.Column("status_kid", sa.Text(), nullable=False),
        sa.Column("status_public", sa.LargeBinary(length=32), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry")),
    )
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False, comment="places handed out"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_lists")),
    )
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_tiles")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "facilities",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False, comment="the `Facility` document"),
        sa.ForeignKeyConstraint(["party"], ["parties.did"], name=op.f("fk_facilities_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facilities")),
    )
    op.create_index(op.f("ix_facilities_party"), "facilities", ["party"], unique=False)
    op.create_table(
        "marks",
        sa.Column("mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_marks_entry")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_marks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "party_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("public", sa.LargeBinary(length=32), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("compromised_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.did"], name=op.f("fk_party_keys_party")),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_party_keys")),
    )
    op.create_index(op.f("ix_party_keys_party"), "party_keys", ["party"], unique=False)
    op.create_table(
        "records",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="what is hashed, without its tag"),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_records_entry")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_records")),
        sa.UniqueConstraint("entry", name=op.f("uq_records_entry")),
    )
    op.create_table(
        "status_bits",
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.position"], name=op.f("fk_status_bits_entry")),
        sa.PrimaryKeyConstraint("list", "position", "purpose", "entry", name=op.f("pk_status_bits")),
    )
    op.create_table(
        "batches",
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output", sa.Integer(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("lot_normal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("net_mass_mg", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["facility"], ["facilities.id"], name=op.f("fk_batches_facility")),
        sa.ForeignKeyConstraint(["issuance"], ["records.digest"], name=op.f("fk_batches_issuance")),
        sa.PrimaryKeyConstraint("issuance", "output", name=op.f("pk_batches")),
        sa.CheckConstraint("net_mass_mg > 0", name=op.f("ck_batches_mass")),
        sa.UniqueConstraint("facility", "lot_normal", name=op.f("uq_batches_facility_lot_normal")),
    )
    op.create_index(op.f("ix_batches_lot_normal"), "batches", ["lot_normal"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issuance"], ["records.digest"], name=op.f("fk_certificates_issuance")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_certificates")),
        sa.UniqueConstraint("issuance", "output", name=op.f("uq_certificates_issuance_output")),
        sa.UniqueConstraint("status_list", "status_index", name=op.f("uq_certificates_status_list_status_index")),
    )
    op.create_table(
        "holdings",
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("creator", sa.LargeBinary(length=32), nullable=False),
        sa.Column("parent", sa.LargeBinary(length=32), nullable=True),
        sa.Column("mass_mg", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False, comment="records between the root issuance and this holding"),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["creator"], ["records.digest"], name=op.f("fk_holdings_creator")),
        sa.ForeignKeyConstraint(["parent"], ["holdings.commitment"], name=op.f("fk_holdings_parent")),
        sa.ForeignKeyConstraint(["used"], ["entries.position"], name=op.f("fk_holdings_used")),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_holdings")),
        sa.CheckConstraint("mass_mg > 0", name=op.f("ck_holdings_mass")),
    )
    op.create_index("ix_holdings_owner", "holdings", ["owner", "issuance", "output"], unique=False)
    op.create_index(
        "ix_holdings_unused",
        "holdings",
        ["issuance", "output", "owner"],
        unique=False,
        sqlite_where=sa.text("used IS NULL"),
        postgresql_where=sa.text("used IS NULL"),
    )
    op.create_table(
        "instruments",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["issuance"], ["records.digest"], name=op.f("fk_instruments_issuance")),
        sa.PrimaryKeyConstraint("scheme", "statement", name=op.f("pk_instruments")),
    )
    op.create_table(
        "published",
        sa.Column("kind", sa.Text(), nullable=False, comment="status or trust"),
        sa.Column(
            "name", sa.Text(), nullable=False, comment="<purpose>/<list> for a status list, empty for the trust list"
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["records.digest"], name=op.f("fk_published_record")),
        sa.PrimaryKeyConstraint("kind", "name", "number", name=op.f("pk_published")),
    )
    op.create_table(
        "requests",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuance", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["issuance"], ["records.digest"], name=op.f("fk_requests_issuance")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_requests")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grants",
        sa.Column("certificate", sa.LargeBinary(length=32), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.digest"], name=op.f("fk_grants_certificate")),
        sa.PrimaryKeyConstraint("certificate", "party", name=op.f("pk_grants")),
    )
    op.create_table(
        "offers",
        sa.Column("holding", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False, comment="the owner's signed move, not logged"),
        sa.Column("text", sa.Text(), nullable=False, comment="of the holding it would create"),
        sa.Column("owner", sa.Text(), nullable=False, comment="the consignee"),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["holding"], ["holdings.commitment"], name=op.f("fk_offers_holding")),
        sa.PrimaryKeyConstraint("holding", name=op.f("pk_offers")),
        sa.UniqueConstraint("digest", name=op.f("uq_offers_digest")),
    )
    op.create_index(op.f("ix_offers_owner"), "offers", ["owner"], unique=False)
