"""The tables of the HTTP service and the desk, apart from the records of the ledger (`ledger.store.schema`).

Rules: a seal is signed, and a leaf leads to a signed record, so every reader judges them by itself.  No certificate,
mark or mass depends on these tables.  `ledger.audit.served` checks those from which answers are made.  The secrets of
tokens, sessions and links are stored as SHA-256 only.  Events are added and never changed, but for names that are
taken out (`ledger.store.forgetting`).

The queries of each subject have a file of their own, named by the subject.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from ledger.store.schema import METADATA

DESK: Final = MetaData(naming_convention=METADATA.naming_convention)
"""The tables of operations, apart from the records in `ledger.store.schema.METADATA`."""

TOKENS: Final = Table(
    "tokens",
    DESK,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the token"),
    Column("id", Text, nullable=False, unique=True, comment="what people call it; no secret"),
    Column("tenant", Text, nullable=False, index=True, comment="DID of the party it acts for"),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False, comment="joined by spaces"),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("author", Text, nullable=False, comment="who made it or gave it its last secret, such as operator"),
    Column("expires_ms", BigInteger, comment="null for one without an end"),
    Column("rotated_ms", BigInteger, comment="when it got its last secret; null for the first"),
    Column("used_ms", BigInteger, comment="last request with it, to a minute"),
    Column("held_ms", BigInteger, comment="taken when the backup was that it was restored from; null while it acts"),
)
SHARES: Final = Table(
    "shares",
    DESK,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the secret in the link"),
    Column("id", Text, nullable=False, unique=True, comment="what people call it; no secret"),
    Column("party", Text, nullable=False, comment="DID of the issuer that made the link"),
    Column("certificate", LargeBinary(32), nullable=False, comment="the only one that the link opens"),
    Column("audience", Text, nullable=False),
    Column("recipient", Text, nullable=False, comment="whom the link is for, in the issuer's words"),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("opened", Integer, nullable=False, comment="how often its page was opened"),
    Column("last_ms", BigInteger, comment="when it was last opened"),
    Column("held_ms", BigInteger, comment="taken when the backup was that it was restored from; null while it opens"),
)
Index("ix_shares_party_created", SHARES.c.party, SHARES.c.created_ms)
ANSWERS: Final = Table(
    "answers",
    DESK,
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False, comment="Idempotency-Key"),
    Column("request", LargeBinary(32), nullable=False, comment="SHA-256 of method, path and body"),
    Column("status", Integer, comment="null while the first try is under way, or was cut off"),
    Column("body", LargeBinary),
    Column("at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
)
RESERVED: Final = Table(
    "reserved_places",
    DESK,
    Column("list", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("tenant", Text, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("list", "position"),
)
SEALS: Final = Table(
    "seals",
    DESK,
    Column("certificate", LargeBinary(32), primary_key=True),
    Column("seal", Text, nullable=False, comment="base64url, as its producer made it with its own key"),
)
EVENTS: Final = Table(
    "events",
    DESK,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("token", Text, nullable=False, comment="id of the token, or `local` for the command line"),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="SHA-256 of the request, or what it was about"),
    Column("outcome", Text, nullable=False, comment="HTTP status, or code of a refusal"),
    Column("author", Text, nullable=False, comment="who did it, where that is more than the token"),
    Column("before", LargeBinary, comment="digest of what was there before"),
    Column("after", LargeBinary, comment="digest of what is there now"),
)
Index("ix_events_tenant_at", EVENTS.c.tenant, EVENTS.c.at_ms)
GS1_KEYS: Final = Table(
    "gs1_keys",
    DESK,
    Column("key", Text, primary_key=True, comment="<identifier>/<value>, such as 01/04006381333931"),
    Column("party", Text, nullable=False),
)
GS1_PATHS: Final = Table(
    "gs1_paths",
    DESK,
    Column("path", Text, primary_key=True, comment="in its one spelling"),
    Column("key", Text, ForeignKey(GS1_KEYS.c.key), nullable=False),
    Column("issuance", LargeBinary(32), comment="of the lot; null for a plant"),
    Column("output", Integer),
    Column("facility", Text, comment="of the plant; null for a lot"),
    Column("at_ms", BigInteger, nullable=False),
)
Index("ix_gs1_paths_issuance_output", GS1_PATHS.c.issuance, GS1_PATHS.c.output)
AUDITS: Final = Table(
    "audits",
    DESK,
    Column("record", LargeBinary(32), primary_key=True, comment="digest of the record, which the log has"),
    Column("auditor", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("entry", BigInteger, nullable=False, unique=True),
    Column("depth", Integer, nullable=False),
    Column("jws", Text, nullable=False),
    UniqueConstraint("auditor", "number"),
)
AUDIT_LEAVES: Final = Table(
    "audit_leaves",
    DESK,
    Column("record", LargeBinary(32), nullable=False),
    Column("certificate", LargeBinary(32), nullable=False),
    Column("position", Integer, nullable=False, comment="index of the leaf in the tree"),
    Column("leaf", LargeBinary, nullable=False),
    PrimaryKeyConstraint("record", "certificate"),
    sqlite_with_rowid=False,
)
REPLACEMENTS: Final = Table(
    "replacements",
    DESK,
    Column("certificate", LargeBinary(32), primary_key=True, comment="of the run that was undone"),
    Column("successor", LargeBinary(32), nullable=False, comment="certificate of the same goods, under their new name"),
    Column("lot", Text, nullable=False, comment="the new name"),
    Column("at_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
RECIPES: Final = Table(
    "recipes",
    DESK,
    Column("party", Text, nullable=False, comment="DID of the producer that wrote it"),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="from 1, without gaps"),
    Column("content", Text, nullable=False, comment="the recipe as JSON; never changed once it is approved"),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of the content, its members sorted"),
    Column("at_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False, comment="draft, sent or approved"),
    Column("author", Text, nullable=False, comment="who wrote the content"),
    Column("approver", Text, comment="who approved it"),
    Column("note", Text, comment="why it was returned"),
    PrimaryKeyConstraint("party", "name", "version"),
    sqlite_with_rowid=False,
)
AUDIT_INSIDES: Final = Table(
    "audit_insides",
    DESK,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the text; stands in leaves"),
    Column("text", Text, nullable=False, comment="what lies inside a leaf, as auditors sent it"),
    sqlite_with_rowid=False,
)
AUDIT_TILES: Final = Table(
    "audit_tiles",
    DESK,
    Column("record", LargeBinary(32), nullable=False),
    Column("level", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("record", "level", "position"),
    sqlite_with_rowid=False,
)
CONTACTS: Final = Table(
    "contacts",
    DESK,
    Column("id", Text, primary_key=True, comment="what people call it; no secret"),
    Column("party", Text, nullable=False, comment="DID of the party whose customer it is"),
    Column("name", Text, nullable=False, comment="in that party's words; nobody else reads it"),
    Column("looks", Text, nullable=False, comment="the name without what the eye may miss"),
    Column("kind", Text, nullable=False, comment="here, elsewhere or guest"),
    Column("did", Text, nullable=False, comment="who takes what is shipped; of a guest its key"),
    Column("registry", Text, comment="domain of its own registry; null where unknown"),
    Column("email", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
)
Index(
    "ix_contacts_party_looks",
    CONTACTS.c.party,
    CONTACTS.c.looks,
    unique=True,
    sqlite_where=text("ended_ms IS NULL"),
    postgresql_where=text("ended_ms IS NULL"),
)
GUESTS: Final = Table(
    "guests",
    DESK,
    Column("did", Text, primary_key=True, comment="did:key; the registry keeps its key"),
    Column("party", Text, nullable=False),
    Column("contact", Text, ForeignKey(CONTACTS.c.id), nullable=False, index=True),
    Column("made_ms", BigInteger, nullable=False),
    Column("listed_ms", BigInteger, comment="since when the trust list names its key; null before its first move"),
    Column("ended_ms", BigInteger, comment="from when its key signs nothing more"),
    Column("claim", LargeBinary(32), unique=True, comment="SHA-256 of the secret that claims it, while one is out"),
)
GUEST_REQUESTS: Final = Table(
    "guest_requests",
    DESK,
    Column("id", Text, primary_key=True),
    Column("party", Text, nullable=False, index=True),
    Column("guest", Text, ForeignKey(GUESTS.c.did), nullable=False, index=True),
    Column("claimant", Text, comment="DID of who claims everything; null where goods come back"),
    Column("lot", Text, comment="what comes back; null for a claim"),
    Column("mass_mg", BigInteger, comment="how much of it; null for all"),
    Column("state", Text, nullable=False, comment="waiting, confirmed, done, declined, or the code of a refusal"),
    Column("by", Text, nullable=False, comment="who asked for it"),
    Column("at_ms", BigInteger, nullable=False),
)
SHIPMENTS: Final = Table(
    "shipments",
    DESK,
    Column("id", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("contact", Text, ForeignKey(CONTACTS.c.id), nullable=False),
    Column("consignee", Text, nullable=False, comment="DID that took it, or was offered it"),
    Column("number", Text, nullable=False, comment="of the delivery note, in the sender's words; may be empty"),
    Column("po", Text, nullable=False, comment="the customer's purchase order; may be empty"),
    Column("audience", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, comment="when somebody with the link said that it came; moves nothing"),
)
Index("ix_shipments_party_at", SHIPMENTS.c.party, SHIPMENTS.c.at_ms)
SHIPMENT_LOTS: Final = Table(
    "shipment_lots",
    DESK,
    Column("shipment", Text, ForeignKey(SHIPMENTS.c.id), nullable=False),
    Column("line", Integer, nullable=False, comment="from 1"),
    Column("lot", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("certificate", LargeBinary(32), nullable=False),
    Column("mass_mg", BigInteger, nullable=False),
    Column("share", Text, index=True, comment="id of the private link to the certificate; null where there is none"),
    PrimaryKeyConstraint("shipment", "line"),
)
OPERATOR_REQUESTS: Final = Table(
    "operator_requests",
    DESK,
    Column("id", Text, primary_key=True),
    Column("party", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="plant, product-kind, key, printer or hook"),
    Column("wish", Text, nullable=False, comment="in the words of who asks"),
    Column("by", Text, nullable=False, comment="who asked for it"),
    Column("at_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False, comment="waiting, done or refused"),
    Column("answer", Text, nullable=False, comment="of the operator; empty while it waits"),
    Column("answered_ms", BigInteger),
)
HOOKS: Final = Table(
    "hooks",
    DESK,
    Column("id", Text, primary_key=True, comment="what people call it; its secret comes of it and a key"),
    Column("party", Text, nullable=False, index=True),
    Column("address", Text, nullable=False, comment="https://, or mailto:"),
    Column("kinds", Text, nullable=False, comment="of notices, joined by spaces; empty for all"),
    Column("private", Boolean, nullable=False, comment="whether it may lie in a private network"),
    Column("created_ms", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False, comment="since the last delivery that succeeded"),
    Column("last_ms", BigInteger, comment="when it was last tried"),
    Column("off_ms", BigInteger, comment="since when nothing is sent to it"),
    Column("off_reason", Text, comment="failures, restored, or stopped"),
)
OUTBOX: Final = Table(
    "outbox",
    DESK,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column(
        "party", Text, nullable=False, comment="who is told; empty for a change whose readers are still to be found"
    ),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("facts", Text, nullable=False, comment="JSON object of texts"),
    Column("at_ms", BigInteger, nullable=False),
    Column("planned_ms", BigInteger, comment="when its deliveries were written down"),
    Column("digest", LargeBinary(32), comment="SHA-256 of the notice, so that an audit sees damage; null once emptied"),
)
Index("ix_outbox_party_at", OUTBOX.c.party, OUTBOX.c.at_ms)
Index(
    "ix_outbox_unplanned",
    OUTBOX.c.number,
    sqlite_where=text("planned_ms IS NULL"),
    postgresql_where=text("planned_ms IS NULL"),
)
DELIVERIES: Final = Table(
    "deliveries",
    DESK,
    Column("notice", BigInteger, nullable=False),
    Column("hook", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column(
        "due_ms", BigInteger, nullable=False, index=True, comment="of the next try; a try that is under way moves it on"
    ),
    PrimaryKeyConstraint("notice", "hook"),
)
DRAFTS: Final = Table(
    "drafts",
    DESK,
    Column("id", Text, primary_key=True, comment="what addresses call it; no secret"),
    Column("party", Text, nullable=False, comment="DID of the producer whose run it is"),
    Column("recipe", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="of the recipe, when it was typed"),
    Column("state", Text, nullable=False, comment="draft, held or issued"),
    Column("revision", Integer, nullable=False, comment="counts changes, for compare and swap"),
    Column("typed", Text, nullable=False, comment="what was typed, by field, as JSON"),
    Column("record", Text, comment="the record of a held or issued run, as JSON"),
    Column("notice", Text, comment="why it could not be signed, as JSON"),
    Column("author", Text, nullable=False, comment="who changed it last"),
    Column("changed_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, comment="when a held run is signed"),
    Column("issuance", LargeBinary(32), comment="of an issued run"),
    Column("act", Text, nullable=False, comment="issue, correct or replace"),
    Column("about", LargeBinary(32), comment="the certificate whose run is corrected or replaced"),
    Column("reason", Text, nullable=False, comment="why a run is replaced"),
)
Index("ix_drafts_party_state", DRAFTS.c.party, DRAFTS.c.state)
Index("ix_drafts_state_due", DRAFTS.c.state, DRAFTS.c.due_ms)
PARTY_RULES: Final = Table(
    "party_rules",
    DESK,
    Column("party", Text, nullable=False),
    Column("name", Text, nullable=False, comment="such as two-persons"),
    Column("value", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    PrimaryKeyConstraint("party", "name"),
    sqlite_with_rowid=False,
)
APPROVALS: Final = Table(
    "approvals",
    DESK,
    Column("id", Text, primary_key=True, comment="no secret"),
    Column("party", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("author", Text, nullable=False, comment="who wants to do it"),
    Column("subject", Text, nullable=False, comment="what it is about, such as the lots"),
    Column("series", Text, nullable=False, comment="what it is compared with: runs of one recipe, or of one step"),
    Column("bound", LargeBinary(32), nullable=False, comment="SHA-256 of the parts"),
    Column("parts", Text, nullable=False, comment="all that is approved, as JSON"),
    Column("asked_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False, comment="waiting, approved, returned or void"),
    Column("approver", Text),
    Column("decided_ms", BigInteger),
    Column("note", Text, nullable=False, comment="of who returned it, to the author"),
    Column("used", BigInteger, comment="when it was used"),
)
Index("ix_approvals_party_state", APPROVALS.c.party, APPROVALS.c.state)
Index("ix_approvals_party_series", APPROVALS.c.party, APPROVALS.c.series)
UPLOADS: Final = Table(
    "uploads",
    DESK,
    Column("party", Text, nullable=False, comment="DID of the producer whose runs they are"),
    Column("id", Text, nullable=False, comment="what links and people call it"),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of the file"),
    Column("name", Text, nullable=False, comment="name of the file"),
    Column("content", LargeBinary, nullable=False, comment="the file, for its annotated copy"),
    Column("author", Text, nullable=False, comment="who uploaded it last"),
    Column("at_ms", BigInteger, nullable=False),
    Column("told", Text, nullable=False, comment="JSON: what the whole file says, and what is wrong with it"),
    Column("chosen", Text, comment="all or ready: what was to be issued; null before that"),
    PrimaryKeyConstraint("party", "id"),
    UniqueConstraint("party", "digest"),
)
UPLOAD_ROWS: Final = Table(
    "upload_rows",
    DESK,
    Column("party", Text, nullable=False),
    Column("upload", Text, nullable=False),
    Column("number", Integer, nullable=False, comment="from 0, in the order of the file"),
    Column("run", Text, nullable=False, comment="the plant's own name for the run, in normal form"),
    Column("state", Text, nullable=False, comment="such as ready, held or issued"),
    Column("request", LargeBinary(32), comment="digest of the record; null where none could be made"),
    Column("record", Text, comment="JSON of the record to be issued; null once it is issued, and where there is none"),
    Column("facts", Text, nullable=False, comment="JSON: what was typed, where it stands, and what is wrong with it"),
    Column("certificates", Text, nullable=False, comment="JSON: lot and digest of each certificate"),
    Column("due_ms", BigInteger, comment="when a held row is signed; null of any other"),
    Column("author", Text, comment="who held it"),
    Column("lots", Text, comment="JSON: the lots that a held row makes and uses"),
    PrimaryKeyConstraint("party", "upload", "number"),
    sqlite_with_rowid=False,
)
Index("ix_upload_rows_party_run", UPLOAD_ROWS.c.party, UPLOAD_ROWS.c.run)
Index("ix_upload_rows_due", UPLOAD_ROWS.c.due_ms)


PEOPLE: Final = Table(
    "people",
    DESK,
    Column("id", Text, primary_key=True, comment="no secret"),
    Column("party", Text, nullable=False, index=True, comment="DID of the party that the person acts for"),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True, comment="the name in small letters, by which people sign in"),
    Column("roles", Text, nullable=False, comment="joined by spaces"),
    Column("plants", Text, nullable=False, comment="ids of plants, joined by spaces; empty for all of the party"),
    Column("created_ms", BigInteger, nullable=False),
    Column("author", Text, nullable=False, comment="who added the person"),
    Column("roles_ms", BigInteger, nullable=False, comment="since when the person has these roles"),
    Column("roles_author", Text, nullable=False, comment="who gave them"),
    Column("ended_ms", BigInteger),
)
CREDENTIALS: Final = Table(
    "credentials",
    DESK,
    Column("id", Text, primary_key=True, comment="of a passkey as its authenticator named it"),
    Column("person", Text, ForeignKey(PEOPLE.c.id), nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="password, totp, recovery or passkey"),
    Column(
        "secret",
        LargeBinary,
        nullable=False,
        comment="Argon2 hash, sealed secret, SHA-256 of a recovery code or public key of a passkey",
    ),
    Column("counter", BigInteger, nullable=False, comment="last step of a TOTP, last count of a passkey"),
    Column("label", Text, nullable=False, comment="what its owner calls it"),
    Column("created_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
)
SESSIONS: Final = Table(
    "sessions",
    DESK,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the cookie"),
    Column("person", Text, ForeignKey(PEOPLE.c.id), nullable=False, index=True),
    Column("csrf", Text, nullable=False, comment="what each form of this session carries"),
    Column("created_ms", BigInteger, nullable=False, comment="when the person signed in"),
    Column("seen_ms", BigInteger, nullable=False, comment="last request that a person made, to a minute"),
    Column("proved_ms", BigInteger, nullable=False, comment="when the person last proved who it is"),
)
CHALLENGES: Final = Table(
    "challenges",
    DESK,
    Column("challenge", LargeBinary(32), primary_key=True, comment="of a passkey; used once"),
    Column("browser", LargeBinary(32), nullable=False, comment="SHA-256 of the cookie that asked for it"),
    Column("at_ms", BigInteger, nullable=False),
)
INVITATIONS: Final = Table(
    "invitations",
    DESK,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the secret in the link"),
    Column("person", Text, ForeignKey(PEOPLE.c.id), nullable=False, index=True),
    Column("author", Text, nullable=False, comment="who made the link"),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
)

RECEIVED: Final = Table(
    "received_lots",
    DESK,
    Column("party", Text, nullable=False),
    Column("entry", BigInteger, nullable=False, comment="the move that brought it the first of the lot"),
    Column("issuance", LargeBinary(32), nullable=False, comment="the lot's first"),
    Column("output", Integer, nullable=False),
    PrimaryKeyConstraint("party", "entry"),
    sqlite_with_rowid=False,
)
SHUT_OFFERS: Final = Table(
    "shut_offers",
    DESK,
    Column("offer", LargeBinary(32), primary_key=True, comment="digest of the signed move"),
    Column("party", Text, nullable=False, comment="who doesn't take it"),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
SCALE_READINGS: Final = Table(
    "scale_readings",
    DESK,
    Column("offer", LargeBinary(32), primary_key=True, comment="digest of the move that was accepted"),
    Column("party", Text, nullable=False),
    Column("issuance", LargeBinary(32), nullable=False, comment="of the lot"),
    Column("output", Integer, nullable=False),
    Column("offered_mg", BigInteger, nullable=False),
    Column("read_mg", BigInteger, nullable=False, comment="what the party's scale showed"),
    Column("author", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
Index("ix_scale_readings_party_issuance", SCALE_READINGS.c.party, SCALE_READINGS.c.issuance)
