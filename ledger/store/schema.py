"""The tables, one schema for SQLite and PostgreSQL.

Rules:

1. A digest, mark or commitment is a blob of 32 bytes; a mass is an integer of mg; a time is an integer of ms.
2. ``PRIMARY KEY (mark)`` is the only balance rule: a holding is unused as long as its mark (nullifier) is not there.
   `holdings.used` repeats that as an index of unused holdings; it never decides whether something may be used.
3. Rows are written once.  Exceptions: `holdings.used`, the last tile of each level, the count of a status list, and an
   offer, which is deleted when it is settled.
4. Entries are counted through all logs of the registry: those of a log follow those of the closed one before it.  The
   tiles of a log begin at the position of its first entry.
5. Public tables (entries, tiles, heads, marks) are apart from confidential ones (disclosures, holdings, offers).
6. PostgreSQL sorts text by code point, as SQLite does, whatever the collation of the database is, because audits
   compare sorted texts.

This module creates no table (`ledger.store.migrate` does; a test compares the two).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import TypeCompiler


@compiles(Text, "postgresql")
def _in_code_point_order(_type: Text, _compiler: TypeCompiler, **_more: object) -> str:
    return 'TEXT COLLATE "C"'


METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _digest(
    name: str, *rules: ForeignKey | CheckConstraint, nullable: bool = False, key: bool = False
) -> Column[bytes]:
    return Column(name, LargeBinary(32), *rules, nullable=nullable, primary_key=key)


# -- who -----------------------------------------------------------------------------------------------------------

REGISTRY: Final = Table(
    "registry",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("log_key", Text, nullable=False, comment="vkey of the open log; its name is the log's origin"),
    Column("status_kid", Text, nullable=False),
    Column("status_public", LargeBinary(32), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
PARTIES: Final = Table(
    "parties",
    METADATA,
    Column("did", Text, primary_key=True),
    Column("profile", Text, nullable=False, comment="the `Issuer` document"),
    Column("custodial", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
)
FACILITIES: Final = Table(
    "facilities",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("party", Text, ForeignKey(PARTIES.c.did), nullable=False, index=True),
    Column("profile", Text, nullable=False, comment="the `Facility` document"),
)
PARTY_KEYS: Final = Table(
    "party_keys",
    METADATA,
    Column("kid", Text, primary_key=True),
    Column("party", Text, ForeignKey(PARTIES.c.did), nullable=False, index=True),
    Column("public", LargeBinary(32), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),
    Column("compromised_ms", BigInteger),
)

# -- the log: public -----------------------------------------------------------------------------------------------

ENTRIES: Final = Table(
    "entries",
    METADATA,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
TILES: Final = Table(
    "tiles",
    METADATA,
    Column("level", Integer),
    Column("position", BigInteger),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "position"),
    sqlite_with_rowid=False,
)
HEADS: Final = Table(
    "heads",
    METADATA,
    # entries up to it, in all logs
    Column("size", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
CLOSED_LOGS: Final = Table(
    "closed_logs",
    METADATA,
    Column(
        "size",
        BigInteger().with_variant(Integer, "sqlite"),
        ForeignKey(HEADS.c.size),
        primary_key=True,
        autoincrement=False,
        comment="how many entries there are up to its end, in all logs",
    ),
    Column("log_key", Text, nullable=False, comment="its vkey; its name is the log's origin"),
)
MARKS: Final = Table(
    "marks",
    METADATA,
    _digest("mark", key=True),
    Column("entry", BigInteger, ForeignKey(ENTRIES.c.position), nullable=False),
    sqlite_with_rowid=False,
)
STATUS_BITS: Final = Table(
    "status_bits",
    METADATA,
    Column("list", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("purpose", Integer, nullable=False),
    Column("value", Integer, nullable=False),
    Column("entry", BigInteger, ForeignKey(ENTRIES.c.position), nullable=False),
    PrimaryKeyConstraint("list", "position", "purpose", "entry"),
)
Index("ix_status_bits_entry", STATUS_BITS.c.entry)

# -- records -------------------------------------------------------------------------------------------------------

RECORDS: Final = Table(
    "records",
    METADATA,
    _digest("digest", key=True),
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False, comment="what is hashed, without its tag"),
    Column("entry", BigInteger, ForeignKey(ENTRIES.c.position), nullable=False, unique=True),
)
ATTESTING: Final = text("records.kind IN ('attestation', 'audit')")
"""The condition of records that vouch for others, as literal text: databases use the partial index only then."""
Index(
    "ix_records_attesting",
    RECORDS.c.entry,
    sqlite_where=text("kind IN ('attestation', 'audit')"),
    postgresql_where=text("kind IN ('attestation', 'audit')"),
)
PUBLISHED: Final = Table(
    "published",
    METADATA,
    Column("kind", Text, nullable=False, comment="status or trust"),
    Column("name", Text, nullable=False, comment="<purpose>/<list> for a status list, empty for the trust list"),
    Column("number", BigInteger, nullable=False),
    _digest("record", ForeignKey(RECORDS.c.digest)),
    PrimaryKeyConstraint("kind", "name", "number"),
)
BATCHES: Final = Table(
    "batches",
    METADATA,
    _digest("issuance", ForeignKey(RECORDS.c.digest)),
    Column("output", Integer, nullable=False),
    Column("facility", Text, ForeignKey(FACILITIES.c.id), nullable=False),
    Column("lot", Text, nullable=False),
    Column("lot_normal", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("net_mass_mg", BigInteger, CheckConstraint("net_mass_mg > 0", name="mass"), nullable=False),
    PrimaryKeyConstraint("issuance", "output"),
    UniqueConstraint("facility", "lot_normal"),
)
CERTIFICATES: Final = Table(
    "certificates",
    METADATA,
    _digest("digest", key=True),
    _digest("issuance", ForeignKey(RECORDS.c.digest)),
    Column("output", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("status_list", Integer, nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("jws", Text, nullable=False),
    UniqueConstraint("issuance", "output"),
    UniqueConstraint("status_list", "status_index"),
)
ISSUED: Final = Table(
    "issued",
    METADATA,
    Column("issuer", Text, nullable=False),
    Column("entry", BigInteger, ForeignKey(ENTRIES.c.position), nullable=False),
    Column("output", Integer, nullable=False),
    _digest("certificate", ForeignKey(CERTIFICATES.c.digest)),
    Column("lot_normal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("product", Text, comment="null where the certificate names none"),
    Column("issued_ms", BigInteger, nullable=False),
    Column("facility", Text, nullable=False),
    Column("month", Text, nullable=False, comment="in which its production ended, as 2026-03"),
    Column("co2e_micro", BigInteger, nullable=False, comment="millionths of a kg CO2e for one kg, location-based"),
    PrimaryKeyConstraint("issuer", "entry", "output"),
    sqlite_with_rowid=False,
)
Index("ix_issued_issuer_lot_normal", ISSUED.c.issuer, ISSUED.c.lot_normal)
Index(
    "ix_issued_facility_product_month",
    ISSUED.c.facility,
    ISSUED.c.product,
    ISSUED.c.month,
    sqlite_where=text("product IS NOT NULL"),
    postgresql_where=text("product IS NOT NULL"),
)
ATTESTATIONS: Final = Table(
    "attestations",
    METADATA,
    _digest("digest", key=True),
    _digest("record", ForeignKey(RECORDS.c.digest)),
    Column("attestor", Text, nullable=False),
    Column(
        "certificate",
        LargeBinary(32),
        nullable=False,
        index=True,
        comment="the one it names; it may be of another registry",
    ),
    Column("status_list", Integer, nullable=False),
    Column("status_index", Integer, nullable=False),
    UniqueConstraint("record"),
    UniqueConstraint("status_list", "status_index"),
)
STATUS_LISTS: Final = Table(
    "status_lists",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("taken", Integer, nullable=False, comment="places handed out"),
)
REQUESTS: Final = Table(
    "requests",
    METADATA,
    _digest("digest", key=True),
    _digest("issuance", ForeignKey(RECORDS.c.digest)),
    sqlite_with_rowid=False,
)
INSTRUMENTS: Final = Table(
    "instruments",
    METADATA,
    Column("scheme", Text, nullable=False),
    Column("statement", Text, nullable=False),
    _digest("issuance", ForeignKey(RECORDS.c.digest)),
    PrimaryKeyConstraint("scheme", "statement", "issuance"),
)

# -- what the registry remembers of runs: confidential -------------------------------------------------------------

RUNS: Final = Table(
    "runs",
    METADATA,
    Column("facility", Text, nullable=False),
    Column("run", Text, nullable=False, comment="the producer's own name for it, in normal form"),
    _digest("issuance", ForeignKey(RECORDS.c.digest)),
    Column("producer", Text, nullable=False),
    Column("first_day", Text, nullable=False),
    Column("last_day", Text, nullable=False),
    Column("feed", Text, nullable=False, comment="kind of the largest certified input, or the step without one"),
    Column("year", Text, nullable=False, comment="of the last day"),
    Column("shared_by", Text, comment="method and years of prices; null where nothing is shared out"),
    PrimaryKeyConstraint("facility", "run", "issuance"),
    sqlite_with_rowid=False,
)
Index(
    "ix_runs_producer_feed_year",
    RUNS.c.producer,
    RUNS.c.feed,
    RUNS.c.year,
    RUNS.c.shared_by,
    sqlite_where=text("shared_by IS NOT NULL"),
    postgresql_where=text("shared_by IS NOT NULL"),
)
LEANS: Final = Table(
    "leans",
    METADATA,
    _digest("issuance", ForeignKey(RECORDS.c.digest)),
    Column("place", Text, nullable=False, comment="of the declaration in the record"),
    _digest("run"),
    _digest("on_run", nullable=True),
    Column("pool", Text, nullable=False, comment="what of the other run it takes"),
    Column("need", BigInteger, nullable=False, comment="the least that it takes, in millionths of the pool's unit"),
    Column("usual", BigInteger, nullable=False, comment="what is usual, in the same unit"),
    PrimaryKeyConstraint("issuance", "place"),
)
Index("ix_leans_on_run", LEANS.c.on_run)

# -- confidential --------------------------------------------------------------------------------------------------

DISCLOSURES: Final = Table(
    "disclosures",
    METADATA,
    _digest("subject", key=True),
    Column("texts", Text, nullable=False, comment="of a run (by issuance) or of a certificate's details, joined by ~"),
)
HOLDINGS: Final = Table(
    "holdings",
    METADATA,
    _digest("commitment", key=True),
    Column("text", Text, nullable=False),
    _digest("creator", ForeignKey(RECORDS.c.digest)),
    _digest("parent", ForeignKey("holdings.commitment"), nullable=True),
    Column("mass_mg", BigInteger, CheckConstraint("mass_mg > 0", name="mass"), nullable=False),
    Column("owner", Text, nullable=False),
    Column("registry", Text, nullable=False),
    _digest("issuance"),
    Column("output", Integer, nullable=False),
    Column("steps", Integer, nullable=False, comment="records between the root issuance and this holding"),
    Column("used", BigInteger, ForeignKey(ENTRIES.c.position)),
)
Index(
    "ix_holdings_unused",
    HOLDINGS.c.issuance,
    HOLDINGS.c.output,
    HOLDINGS.c.owner,
    sqlite_where=text("used IS NULL"),
    postgresql_where=text("used IS NULL"),
)
Index(
    "ix_holdings_used",
    HOLDINGS.c.used,
    sqlite_where=text("used IS NOT NULL"),
    postgresql_where=text("used IS NOT NULL"),
)
Index("ix_holdings_owner", HOLDINGS.c.owner, HOLDINGS.c.issuance, HOLDINGS.c.output)
OFFERS: Final = Table(
    "offers",
    METADATA,
    _digest("holding", ForeignKey(HOLDINGS.c.commitment), key=True),
    _digest("digest"),
    Column("statement", Text, nullable=False, comment="the owner's signed move, not logged"),
    Column("text", Text, nullable=False, comment="of the holding it would create"),
    Column("owner", Text, nullable=False, index=True, comment="the consignee"),
    Column("registry", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    UniqueConstraint("digest"),
)
GRANTS: Final = Table(
    "grants",
    METADATA,
    _digest("certificate", ForeignKey(CERTIFICATES.c.digest)),
    Column("party", Text, nullable=False),
    Column("audience", Text, nullable=False),
    PrimaryKeyConstraint("certificate", "party"),
)

# -- from other registries -----------------------------------------------------------------------------------------

ARRIVALS: Final = Table(
    "arrivals",
    METADATA,
    _digest("move", ForeignKey(RECORDS.c.digest), key=True),
    _digest("issuance"),
    Column("output", Integer, nullable=False),
    Column("facility", Text, nullable=False),
    Column("lot", Text, nullable=False),
    Column("lot_normal", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("net_mass_mg", BigInteger, nullable=False),
    _digest("certificate"),
    Column("id", Text, nullable=False),
    Column("status_list", Integer, nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("jws", Text, nullable=False),
    Column("registry", Text, nullable=False, comment="home of the certificate"),
    Column("transfer", LargeBinary(32), nullable=False, comment="the move whose lines show this one too"),
)
Index("ix_arrivals_issuance", ARRIVALS.c.issuance, ARRIVALS.c.output)
Index("ix_arrivals_certificate", ARRIVALS.c.certificate)
ARRIVED_LINES: Final = Table(
    "arrived_lines",
    METADATA,
    _digest("move", ForeignKey(ARRIVALS.c.move)),
    Column("number", Integer, nullable=False),
    Column("registry", Text, nullable=False, index=True),
    Column("line", Text, nullable=False, comment="a line of a bundle, proven to the head in `abroad_heads`"),
    PrimaryKeyConstraint("move", "number"),
)
ABROAD_HEADS: Final = Table(
    "abroad_heads",
    METADATA,
    Column("registry", Text, primary_key=True),
    Column("note", Text, nullable=False),
)
ABROAD_LISTS: Final = Table(
    "abroad_lists",
    METADATA,
    Column("registry", Text, nullable=False),
    Column("name", Text, nullable=False, comment="<purpose>/<list>"),
    Column("line", Text, nullable=False, comment="a status line of a bundle"),
    PrimaryKeyConstraint("registry", "name"),
)
ABROAD_TRUST: Final = Table(
    "abroad_trust",
    METADATA,
    Column("registry", Text, primary_key=True),
    Column("note", Text, nullable=False, comment="its own trust list, pinned"),
)
