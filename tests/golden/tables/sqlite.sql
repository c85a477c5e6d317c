CREATE TABLE abroad_heads (
    registry TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_abroad_heads PRIMARY KEY (registry)
);
CREATE TABLE abroad_lists (
    registry TEXT NOT NULL,
    name TEXT NOT NULL,
    line TEXT NOT NULL,
    CONSTRAINT pk_abroad_lists PRIMARY KEY (registry, name)
);
CREATE TABLE abroad_trust (
    registry TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_abroad_trust PRIMARY KEY (registry)
);
CREATE TABLE disclosures (
    subject BLOB NOT NULL,
    texts TEXT NOT NULL,
    CONSTRAINT pk_disclosures PRIMARY KEY (subject)
);
CREATE TABLE entries (
    position INTEGER NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (position)
);
CREATE TABLE heads (
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_heads PRIMARY KEY (size)
);
CREATE TABLE parties (
    did TEXT NOT NULL,
    profile TEXT NOT NULL,
    custodial BOOLEAN NOT NULL,
    demo BOOLEAN NOT NULL,
    CONSTRAINT pk_parties PRIMARY KEY (did)
);
CREATE TABLE registry (
    id TEXT NOT NULL,
    log_key TEXT NOT NULL,
    status_kid TEXT NOT NULL,
    status_public BLOB NOT NULL,
    since_ms BIGINT NOT NULL,
    CONSTRAINT pk_registry PRIMARY KEY (id)
);
CREATE TABLE status_lists (
    number INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    CONSTRAINT pk_status_lists PRIMARY KEY (number)
);
CREATE TABLE tiles (
    level INTEGER NOT NULL,
    position BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    CONSTRAINT pk_tiles PRIMARY KEY (level, position)
)
 WITHOUT ROWID;
CREATE TABLE closed_logs (
    size INTEGER NOT NULL,
    log_key TEXT NOT NULL,
    CONSTRAINT pk_closed_logs PRIMARY KEY (size),
    CONSTRAINT fk_closed_logs_size FOREIGN KEY(size) REFERENCES heads (size)
);
CREATE TABLE facilities (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    profile TEXT NOT NULL,
    CONSTRAINT pk_facilities PRIMARY KEY (id),
    CONSTRAINT fk_facilities_party FOREIGN KEY(party) REFERENCES parties (did)
);
CREATE INDEX ix_facilities_party ON facilities (party);
CREATE TABLE marks (
    mark BLOB NOT NULL,
    entry BIGINT NOT NULL,
    CONSTRAINT pk_marks PRIMARY KEY (mark),
    CONSTRAINT fk_marks_entry FOREIGN KEY(entry) REFERENCES entries (position)
)
 WITHOUT ROWID;
CREATE TABLE party_keys (
    kid TEXT NOT NULL,
    party TEXT NOT NULL,
    public BLOB NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT,
    compromised_ms BIGINT,
    CONSTRAINT pk_party_keys PRIMARY KEY (kid),
    CONSTRAINT fk_party_keys_party FOREIGN KEY(party) REFERENCES parties (did)
);
CREATE INDEX ix_party_keys_party ON party_keys (party);
CREATE TABLE records (
    digest BLOB NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    entry BIGINT NOT NULL,
    CONSTRAINT pk_records PRIMARY KEY (digest),
    CONSTRAINT uq_records_entry UNIQUE (entry),
    CONSTRAINT fk_records_entry FOREIGN KEY(entry) REFERENCES entries (position)
);
CREATE INDEX ix_records_attesting ON records (entry) WHERE kind IN ('attestation', 'audit');
CREATE TABLE status_bits (
    list INTEGER NOT NULL,
    position INTEGER NOT NULL,
    purpose INTEGER NOT NULL,
    value INTEGER NOT NULL,
    entry BIGINT NOT NULL,
    CONSTRAINT pk_status_bits PRIMARY KEY (list, position, purpose, entry),
    CONSTRAINT fk_status_bits_entry FOREIGN KEY(entry) REFERENCES entries (position)
);
CREATE INDEX ix_status_bits_entry ON status_bits (entry);
CREATE TABLE arrivals (
    move BLOB NOT NULL,
    issuance BLOB NOT NULL,
    output INTEGER NOT NULL,
    facility TEXT NOT NULL,
    lot TEXT NOT NULL,
    lot_normal TEXT NOT NULL,
    kind TEXT NOT NULL,
    net_mass_mg BIGINT NOT NULL,
    certificate BLOB NOT NULL,
    id TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    jws TEXT NOT NULL,
    registry TEXT NOT NULL,
    transfer BLOB NOT NULL,
    CONSTRAINT pk_arrivals PRIMARY KEY (move),
    CONSTRAINT fk_arrivals_move FOREIGN KEY(move) REFERENCES records (digest)
);
CREATE INDEX ix_arrivals_certificate ON arrivals (certificate);
CREATE INDEX ix_arrivals_issuance ON arrivals (issuance, output);
CREATE INDEX ix_arrivals_lot_normal ON arrivals (lot_normal);
CREATE TABLE attestations (
    digest BLOB NOT NULL,
    record BLOB NOT NULL,
    attestor TEXT NOT NULL,
    certificate BLOB NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    CONSTRAINT pk_attestations PRIMARY KEY (digest),
    CONSTRAINT uq_attestations_record UNIQUE (record),
    CONSTRAINT uq_attestations_status_list_status_index UNIQUE (status_list, status_index),
    CONSTRAINT fk_attestations_record FOREIGN KEY(record) REFERENCES records (digest)
);
CREATE INDEX ix_attestations_certificate ON attestations (certificate);
CREATE TABLE batches (
    issuance BLOB NOT NULL,
    output INTEGER NOT NULL,
    facility TEXT NOT NULL,
    lot TEXT NOT NULL,
    lot_normal TEXT NOT NULL,
    kind TEXT NOT NULL,
    net_mass_mg BIGINT NOT NULL CONSTRAINT ck_batches_mass CHECK (net_mass_mg > 0),
    CONSTRAINT pk_batches PRIMARY KEY (issuance, output),
    CONSTRAINT uq_batches_facility_lot_normal UNIQUE (facility, lot_normal),
    CONSTRAINT fk_batches_issuance FOREIGN KEY(issuance) REFERENCES records (digest),
    CONSTRAINT fk_batches_facility FOREIGN KEY(facility) REFERENCES facilities (id)
);
CREATE INDEX ix_batches_lot_normal ON batches (lot_normal);
CREATE TABLE certificates (
    digest BLOB NOT NULL,
    issuance BLOB NOT NULL,
    output INTEGER NOT NULL,
    id TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    jws TEXT NOT NULL,
    CONSTRAINT pk_certificates PRIMARY KEY (digest),
    CONSTRAINT uq_certificates_issuance_output UNIQUE (issuance, output),
    CONSTRAINT uq_certificates_status_list_status_index UNIQUE (status_list, status_index),
    CONSTRAINT fk_certificates_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE TABLE holdings (
    commitment BLOB NOT NULL,
    text TEXT NOT NULL,
    creator BLOB NOT NULL,
    parent BLOB,
    mass_mg BIGINT NOT NULL CONSTRAINT ck_holdings_mass CHECK (mass_mg > 0),
    owner TEXT NOT NULL,
    registry TEXT NOT NULL,
    issuance BLOB NOT NULL,
    output INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    used BIGINT,
    CONSTRAINT pk_holdings PRIMARY KEY (commitment),
    CONSTRAINT fk_holdings_creator FOREIGN KEY(creator) REFERENCES records (digest),
    CONSTRAINT fk_holdings_parent FOREIGN KEY(parent) REFERENCES holdings (commitment),
    CONSTRAINT fk_holdings_used FOREIGN KEY(used) REFERENCES entries (position)
);
CREATE INDEX ix_holdings_owner ON holdings (owner, issuance, output);
CREATE INDEX ix_holdings_unused ON holdings (issuance, output, owner) WHERE used IS NULL;
CREATE INDEX ix_holdings_used ON holdings (used) WHERE used IS NOT NULL;
CREATE TABLE instruments (
    scheme TEXT NOT NULL,
    statement TEXT NOT NULL,
    issuance BLOB NOT NULL,
    CONSTRAINT pk_instruments PRIMARY KEY (scheme, statement, issuance),
    CONSTRAINT fk_instruments_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE TABLE leans (
    issuance BLOB NOT NULL,
    place TEXT NOT NULL,
    run BLOB NOT NULL,
    on_run BLOB,
    pool TEXT NOT NULL,
    need BIGINT NOT NULL,
    usual BIGINT NOT NULL,
    CONSTRAINT pk_leans PRIMARY KEY (issuance, place),
    CONSTRAINT fk_leans_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE INDEX ix_leans_on_run ON leans (on_run);
CREATE TABLE published (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    record BLOB NOT NULL,
    CONSTRAINT pk_published PRIMARY KEY (kind, name, number),
    CONSTRAINT fk_published_record FOREIGN KEY(record) REFERENCES records (digest)
);
CREATE TABLE requests (
    digest BLOB NOT NULL,
    issuance BLOB NOT NULL,
    CONSTRAINT pk_requests PRIMARY KEY (digest),
    CONSTRAINT fk_requests_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
)
 WITHOUT ROWID;
CREATE TABLE runs (
    facility TEXT NOT NULL,
    run TEXT NOT NULL,
    issuance BLOB NOT NULL,
    producer TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    feed TEXT NOT NULL,
    year TEXT NOT NULL,
    shared_by TEXT,
    CONSTRAINT pk_runs PRIMARY KEY (facility, run, issuance),
    CONSTRAINT fk_runs_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
)
 WITHOUT ROWID;
CREATE INDEX ix_runs_producer_feed_year ON runs (producer, feed, year, shared_by) WHERE shared_by IS NOT NULL;
CREATE TABLE arrived_lines (
    move BLOB NOT NULL,
    number INTEGER NOT NULL,
    registry TEXT NOT NULL,
    line TEXT NOT NULL,
    CONSTRAINT pk_arrived_lines PRIMARY KEY (move, number),
    CONSTRAINT fk_arrived_lines_move FOREIGN KEY(move) REFERENCES arrivals (move)
);
CREATE INDEX ix_arrived_lines_registry ON arrived_lines (registry);
CREATE TABLE grants (
    certificate BLOB NOT NULL,
    party TEXT NOT NULL,
    audience TEXT NOT NULL,
    CONSTRAINT pk_grants PRIMARY KEY (certificate, party),
    CONSTRAINT fk_grants_certificate FOREIGN KEY(certificate) REFERENCES certificates (digest)
);
CREATE TABLE issued (
    issuer TEXT NOT NULL,
    entry BIGINT NOT NULL,
    output INTEGER NOT NULL,
    certificate BLOB NOT NULL,
    lot_normal TEXT NOT NULL,
    kind TEXT NOT NULL,
    product TEXT,
    issued_ms BIGINT NOT NULL,
    facility TEXT NOT NULL,
    month TEXT NOT NULL,
    co2e_micro BIGINT NOT NULL,
    CONSTRAINT pk_issued PRIMARY KEY (issuer, entry, output),
    CONSTRAINT fk_issued_entry FOREIGN KEY(entry) REFERENCES entries (position),
    CONSTRAINT fk_issued_certificate FOREIGN KEY(certificate) REFERENCES certificates (digest)
)
 WITHOUT ROWID;
CREATE INDEX ix_issued_facility_product_month ON issued (facility, product, month) WHERE product IS NOT NULL;
CREATE INDEX ix_issued_issuer_lot_normal ON issued (issuer, lot_normal);
CREATE TABLE offers (
    holding BLOB NOT NULL,
    digest BLOB NOT NULL,
    statement TEXT NOT NULL,
    text TEXT NOT NULL,
    owner TEXT NOT NULL,
    registry TEXT NOT NULL,
    audience TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    CONSTRAINT pk_offers PRIMARY KEY (holding),
    CONSTRAINT uq_offers_digest UNIQUE (digest),
    CONSTRAINT fk_offers_holding FOREIGN KEY(holding) REFERENCES holdings (commitment)
);
CREATE INDEX ix_offers_owner ON offers (owner);
CREATE TABLE answers (
    tenant TEXT NOT NULL,
    "key" TEXT NOT NULL,
    request BLOB NOT NULL,
    status INTEGER,
    body BLOB,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_answers PRIMARY KEY (tenant, "key")
);
CREATE TABLE approvals (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    verb TEXT NOT NULL,
    author TEXT NOT NULL,
    subject TEXT NOT NULL,
    series TEXT NOT NULL,
    bound BLOB NOT NULL,
    parts TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    approver TEXT,
    decided_ms BIGINT,
    note TEXT NOT NULL,
    used BIGINT,
    CONSTRAINT pk_approvals PRIMARY KEY (id)
);
CREATE INDEX ix_approvals_party_series ON approvals (party, series);
CREATE INDEX ix_approvals_party_state ON approvals (party, state);
CREATE TABLE audit_insides (
    digest BLOB NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_audit_insides PRIMARY KEY (digest)
)
 WITHOUT ROWID;
CREATE TABLE audit_leaves (
    record BLOB NOT NULL,
    certificate BLOB NOT NULL,
    position INTEGER NOT NULL,
    leaf BLOB NOT NULL,
    CONSTRAINT pk_audit_leaves PRIMARY KEY (record, certificate)
)
 WITHOUT ROWID;
CREATE TABLE audit_tiles (
    record BLOB NOT NULL,
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    CONSTRAINT pk_audit_tiles PRIMARY KEY (record, level, position)
)
 WITHOUT ROWID;
CREATE TABLE audits (
    record BLOB NOT NULL,
    auditor TEXT NOT NULL,
    number BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    depth INTEGER NOT NULL,
    jws TEXT NOT NULL,
    CONSTRAINT pk_audits PRIMARY KEY (record),
    CONSTRAINT uq_audits_auditor_number UNIQUE (auditor, number),
    CONSTRAINT uq_audits_entry UNIQUE (entry)
);
CREATE TABLE challenges (
    challenge BLOB NOT NULL,
    browser BLOB NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_challenges PRIMARY KEY (challenge)
);
CREATE TABLE contacts (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    name TEXT NOT NULL,
    looks TEXT NOT NULL,
    kind TEXT NOT NULL,
    did TEXT NOT NULL,
    registry TEXT,
    email TEXT,
    created_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    CONSTRAINT pk_contacts PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_contacts_party_looks ON contacts (party, looks) WHERE ended_ms IS NULL;
CREATE TABLE deliveries (
    notice BIGINT NOT NULL,
    hook TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_ms BIGINT NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (notice, hook)
);
CREATE INDEX ix_deliveries_due_ms ON deliveries (due_ms);
CREATE TABLE drafts (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    recipe TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    typed TEXT NOT NULL,
    record TEXT,
    notice TEXT,
    author TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    due_ms BIGINT,
    issuance BLOB,
    act TEXT NOT NULL,
    about BLOB,
    reason TEXT NOT NULL,
    CONSTRAINT pk_drafts PRIMARY KEY (id)
);
CREATE INDEX ix_drafts_party_state ON drafts (party, state);
CREATE INDEX ix_drafts_state_due ON drafts (state, due_ms);
CREATE TABLE events (
    number INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    token TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    author TEXT NOT NULL,
    "before" BLOB,
    "after" BLOB,
    CONSTRAINT pk_events PRIMARY KEY (number)
);
CREATE INDEX ix_events_tenant_at ON events (tenant, at_ms);
CREATE TABLE gs1_keys (
    "key" TEXT NOT NULL,
    party TEXT NOT NULL,
    CONSTRAINT pk_gs1_keys PRIMARY KEY ("key")
);
CREATE TABLE hooks (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    address TEXT NOT NULL,
    kinds TEXT NOT NULL,
    private BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    last_ms BIGINT,
    off_ms BIGINT,
    off_reason TEXT,
    CONSTRAINT pk_hooks PRIMARY KEY (id)
);
CREATE INDEX ix_hooks_party ON hooks (party);
CREATE TABLE operator_requests (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    kind TEXT NOT NULL,
    wish TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_ms BIGINT,
    CONSTRAINT pk_operator_requests PRIMARY KEY (id)
);
CREATE INDEX ix_operator_requests_party ON operator_requests (party);
CREATE TABLE outbox (
    number INTEGER NOT NULL,
    party TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    facts TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    planned_ms BIGINT,
    digest BLOB,
    CONSTRAINT pk_outbox PRIMARY KEY (number)
);
CREATE INDEX ix_outbox_party_at ON outbox (party, at_ms);
CREATE INDEX ix_outbox_unplanned ON outbox (number) WHERE planned_ms IS NULL;
CREATE TABLE party_rules (
    party TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    CONSTRAINT pk_party_rules PRIMARY KEY (party, name)
)
 WITHOUT ROWID;
CREATE TABLE people (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    roles TEXT NOT NULL,
    plants TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    roles_ms BIGINT NOT NULL,
    roles_author TEXT NOT NULL,
    ended_ms BIGINT,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT uq_people_folded UNIQUE (folded)
);
CREATE INDEX ix_people_party ON people (party);
CREATE TABLE received_lots (
    party TEXT NOT NULL,
    entry BIGINT NOT NULL,
    issuance BLOB NOT NULL,
    output INTEGER NOT NULL,
    CONSTRAINT pk_received_lots PRIMARY KEY (party, entry)
)
 WITHOUT ROWID;
CREATE TABLE recipes (
    party TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    digest BLOB NOT NULL,
    at_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    author TEXT NOT NULL,
    approver TEXT,
    note TEXT,
    CONSTRAINT pk_recipes PRIMARY KEY (party, name, version)
)
 WITHOUT ROWID;
CREATE TABLE replacements (
    certificate BLOB NOT NULL,
    successor BLOB NOT NULL,
    lot TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_replacements PRIMARY KEY (certificate)
)
 WITHOUT ROWID;
CREATE TABLE reserved_places (
    list INTEGER NOT NULL,
    position INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_reserved_places PRIMARY KEY (list, position)
);
CREATE INDEX ix_reserved_places_tenant ON reserved_places (tenant);
CREATE TABLE scale_readings (
    offer BLOB NOT NULL,
    party TEXT NOT NULL,
    issuance BLOB NOT NULL,
    output INTEGER NOT NULL,
    offered_mg BIGINT NOT NULL,
    read_mg BIGINT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_scale_readings PRIMARY KEY (offer)
);
CREATE INDEX ix_scale_readings_party_issuance ON scale_readings (party, issuance);
CREATE TABLE seals (
    certificate BLOB NOT NULL,
    seal TEXT NOT NULL,
    CONSTRAINT pk_seals PRIMARY KEY (certificate)
);
CREATE TABLE shares (
    digest BLOB NOT NULL,
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    certificate BLOB NOT NULL,
    audience TEXT NOT NULL,
    recipient TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    opened INTEGER NOT NULL,
    last_ms BIGINT,
    held_ms BIGINT,
    CONSTRAINT pk_shares PRIMARY KEY (digest),
    CONSTRAINT uq_shares_id UNIQUE (id)
);
CREATE INDEX ix_shares_party_created ON shares (party, created_ms);
CREATE TABLE shut_offers (
    offer BLOB NOT NULL,
    party TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_shut_offers PRIMARY KEY (offer)
);
CREATE TABLE tokens (
    digest BLOB NOT NULL,
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    author TEXT NOT NULL,
    expires_ms BIGINT,
    rotated_ms BIGINT,
    used_ms BIGINT,
    held_ms BIGINT,
    CONSTRAINT pk_tokens PRIMARY KEY (digest),
    CONSTRAINT uq_tokens_id UNIQUE (id)
);
CREATE INDEX ix_tokens_tenant ON tokens (tenant);
CREATE TABLE upload_rows (
    party TEXT NOT NULL,
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    run TEXT NOT NULL,
    state TEXT NOT NULL,
    request BLOB,
    record TEXT,
    facts TEXT NOT NULL,
    certificates TEXT NOT NULL,
    due_ms BIGINT,
    author TEXT,
    lots TEXT,
    CONSTRAINT pk_upload_rows PRIMARY KEY (party, upload, number)
)
 WITHOUT ROWID;
CREATE INDEX ix_upload_rows_due ON upload_rows (due_ms);
CREATE INDEX ix_upload_rows_party_run ON upload_rows (party, run);
CREATE TABLE uploads (
    party TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    told TEXT NOT NULL,
    chosen TEXT,
    CONSTRAINT pk_uploads PRIMARY KEY (party, id),
    CONSTRAINT uq_uploads_party_digest UNIQUE (party, digest)
);
CREATE TABLE credentials (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    secret BLOB NOT NULL,
    counter BIGINT NOT NULL,
    label TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms BIGINT,
    CONSTRAINT pk_credentials PRIMARY KEY (id),
    CONSTRAINT fk_credentials_person FOREIGN KEY(person) REFERENCES people (id)
);
CREATE INDEX ix_credentials_person ON credentials (person);
CREATE TABLE gs1_paths (
    path TEXT NOT NULL,
    "key" TEXT NOT NULL,
    issuance BLOB,
    output INTEGER,
    facility TEXT,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_gs1_paths PRIMARY KEY (path),
    CONSTRAINT fk_gs1_paths_key FOREIGN KEY("key") REFERENCES gs1_keys ("key")
);
CREATE INDEX ix_gs1_paths_issuance_output ON gs1_paths (issuance, output);
CREATE TABLE guests (
    did TEXT NOT NULL,
    party TEXT NOT NULL,
    contact TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    listed_ms BIGINT,
    ended_ms BIGINT,
    claim BLOB,
    CONSTRAINT pk_guests PRIMARY KEY (did),
    CONSTRAINT fk_guests_contact FOREIGN KEY(contact) REFERENCES contacts (id),
    CONSTRAINT uq_guests_claim UNIQUE (claim)
);
CREATE INDEX ix_guests_contact ON guests (contact);
CREATE TABLE invitations (
    digest BLOB NOT NULL,
    person TEXT NOT NULL,
    author TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    CONSTRAINT pk_invitations PRIMARY KEY (digest),
    CONSTRAINT fk_invitations_person FOREIGN KEY(person) REFERENCES people (id)
);
CREATE INDEX ix_invitations_person ON invitations (person);
CREATE TABLE sessions (
    digest BLOB NOT NULL,
    person TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    proved_ms BIGINT NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (digest),
    CONSTRAINT fk_sessions_person FOREIGN KEY(person) REFERENCES people (id)
);
CREATE INDEX ix_sessions_person ON sessions (person);
CREATE TABLE shipments (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    contact TEXT NOT NULL,
    consignee TEXT NOT NULL,
    number TEXT NOT NULL,
    po TEXT NOT NULL,
    audience TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    received_ms BIGINT,
    CONSTRAINT pk_shipments PRIMARY KEY (id),
    CONSTRAINT fk_shipments_contact FOREIGN KEY(contact) REFERENCES contacts (id)
);
CREATE INDEX ix_shipments_party_at ON shipments (party, at_ms);
CREATE TABLE guest_requests (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    guest TEXT NOT NULL,
    claimant TEXT,
    lot TEXT,
    mass_mg BIGINT,
    state TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_guest_requests PRIMARY KEY (id),
    CONSTRAINT fk_guest_requests_guest FOREIGN KEY(guest) REFERENCES guests (did)
);
CREATE INDEX ix_guest_requests_guest ON guest_requests (guest);
CREATE INDEX ix_guest_requests_party ON guest_requests (party);
CREATE TABLE shipment_lots (
    shipment TEXT NOT NULL,
    line INTEGER NOT NULL,
    lot TEXT NOT NULL,
    kind TEXT NOT NULL,
    certificate BLOB NOT NULL,
    mass_mg BIGINT NOT NULL,
    share TEXT,
    CONSTRAINT pk_shipment_lots PRIMARY KEY (shipment, line),
    CONSTRAINT fk_shipment_lots_shipment FOREIGN KEY(shipment) REFERENCES shipments (id)
);
CREATE INDEX ix_shipment_lots_share ON shipment_lots (share);
