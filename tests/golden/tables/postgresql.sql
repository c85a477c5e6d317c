CREATE TABLE abroad_heads (
    registry TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_abroad_heads PRIMARY KEY (registry)
);
CREATE TABLE abroad_lists (
    registry TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_abroad_lists PRIMARY KEY (registry, name)
);
CREATE TABLE abroad_trust (
    registry TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_abroad_trust PRIMARY KEY (registry)
);
CREATE TABLE disclosures (
    subject BYTEA NOT NULL,
    texts TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_disclosures PRIMARY KEY (subject)
);
CREATE TABLE entries (
    position BIGINT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (position)
);
CREATE TABLE heads (
    size BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_heads PRIMARY KEY (size)
);
CREATE TABLE parties (
    did TEXT COLLATE "C" NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    custodial BOOLEAN NOT NULL,
    demo BOOLEAN NOT NULL,
    CONSTRAINT pk_parties PRIMARY KEY (did)
);
CREATE TABLE registry (
    id TEXT COLLATE "C" NOT NULL,
    log_key TEXT COLLATE "C" NOT NULL,
    status_kid TEXT COLLATE "C" NOT NULL,
    status_public BYTEA NOT NULL,
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
    hashes BYTEA NOT NULL,
    CONSTRAINT pk_tiles PRIMARY KEY (level, position)
);
CREATE TABLE closed_logs (
    size BIGINT NOT NULL,
    log_key TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_closed_logs PRIMARY KEY (size),
    CONSTRAINT fk_closed_logs_size FOREIGN KEY(size) REFERENCES heads (size)
);
CREATE TABLE facilities (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_facilities PRIMARY KEY (id),
    CONSTRAINT fk_facilities_party FOREIGN KEY(party) REFERENCES parties (did)
);
CREATE INDEX ix_facilities_party ON facilities (party);
CREATE TABLE marks (
    mark BYTEA NOT NULL,
    entry BIGINT NOT NULL,
    CONSTRAINT pk_marks PRIMARY KEY (mark),
    CONSTRAINT fk_marks_entry FOREIGN KEY(entry) REFERENCES entries (position)
);
CREATE TABLE party_keys (
    kid TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    public BYTEA NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT,
    compromised_ms BIGINT,
    CONSTRAINT pk_party_keys PRIMARY KEY (kid),
    CONSTRAINT fk_party_keys_party FOREIGN KEY(party) REFERENCES parties (did)
);
CREATE INDEX ix_party_keys_party ON party_keys (party);
CREATE TABLE records (
    digest BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    content BYTEA NOT NULL,
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
    move BYTEA NOT NULL,
    issuance BYTEA NOT NULL,
    output INTEGER NOT NULL,
    facility TEXT COLLATE "C" NOT NULL,
    lot TEXT COLLATE "C" NOT NULL,
    lot_normal TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    net_mass_mg BIGINT NOT NULL,
    certificate BYTEA NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    jws TEXT COLLATE "C" NOT NULL,
    registry TEXT COLLATE "C" NOT NULL,
    transfer BYTEA NOT NULL,
    CONSTRAINT pk_arrivals PRIMARY KEY (move),
    CONSTRAINT fk_arrivals_move FOREIGN KEY(move) REFERENCES records (digest)
);
CREATE INDEX ix_arrivals_certificate ON arrivals (certificate);
CREATE INDEX ix_arrivals_issuance ON arrivals (issuance, output);
CREATE INDEX ix_arrivals_lot_normal ON arrivals (lot_normal);
CREATE TABLE attestations (
    digest BYTEA NOT NULL,
    record BYTEA NOT NULL,
    attestor TEXT COLLATE "C" NOT NULL,
    certificate BYTEA NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    CONSTRAINT pk_attestations PRIMARY KEY (digest),
    CONSTRAINT uq_attestations_record UNIQUE (record),
    CONSTRAINT uq_attestations_status_list_status_index UNIQUE (status_list, status_index),
    CONSTRAINT fk_attestations_record FOREIGN KEY(record) REFERENCES records (digest)
);
CREATE INDEX ix_attestations_certificate ON attestations (certificate);
CREATE TABLE batches (
    issuance BYTEA NOT NULL,
    output INTEGER NOT NULL,
    facility TEXT COLLATE "C" NOT NULL,
    lot TEXT COLLATE "C" NOT NULL,
    lot_normal TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    net_mass_mg BIGINT NOT NULL CONSTRAINT ck_batches_mass CHECK (net_mass_mg > 0),
    CONSTRAINT pk_batches PRIMARY KEY (issuance, output),
    CONSTRAINT uq_batches_facility_lot_normal UNIQUE (facility, lot_normal),
    CONSTRAINT fk_batches_issuance FOREIGN KEY(issuance) REFERENCES records (digest),
    CONSTRAINT fk_batches_facility FOREIGN KEY(facility) REFERENCES facilities (id)
);
CREATE INDEX ix_batches_lot_normal ON batches (lot_normal);
CREATE TABLE certificates (
    digest BYTEA NOT NULL,
    issuance BYTEA NOT NULL,
    output INTEGER NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    jws TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_certificates PRIMARY KEY (digest),
    CONSTRAINT uq_certificates_issuance_output UNIQUE (issuance, output),
    CONSTRAINT uq_certificates_status_list_status_index UNIQUE (status_list, status_index),
    CONSTRAINT fk_certificates_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE TABLE holdings (
    commitment BYTEA NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    creator BYTEA NOT NULL,
    parent BYTEA,
    mass_mg BIGINT NOT NULL CONSTRAINT ck_holdings_mass CHECK (mass_mg > 0),
    owner TEXT COLLATE "C" NOT NULL,
    registry TEXT COLLATE "C" NOT NULL,
    issuance BYTEA NOT NULL,
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
    scheme TEXT COLLATE "C" NOT NULL,
    statement TEXT COLLATE "C" NOT NULL,
    issuance BYTEA NOT NULL,
    CONSTRAINT pk_instruments PRIMARY KEY (scheme, statement, issuance),
    CONSTRAINT fk_instruments_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE TABLE leans (
    issuance BYTEA NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    run BYTEA NOT NULL,
    on_run BYTEA,
    pool TEXT COLLATE "C" NOT NULL,
    need BIGINT NOT NULL,
    usual BIGINT NOT NULL,
    CONSTRAINT pk_leans PRIMARY KEY (issuance, place),
    CONSTRAINT fk_leans_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE INDEX ix_leans_on_run ON leans (on_run);
CREATE TABLE published (
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    record BYTEA NOT NULL,
    CONSTRAINT pk_published PRIMARY KEY (kind, name, number),
    CONSTRAINT fk_published_record FOREIGN KEY(record) REFERENCES records (digest)
);
CREATE TABLE requests (
    digest BYTEA NOT NULL,
    issuance BYTEA NOT NULL,
    CONSTRAINT pk_requests PRIMARY KEY (digest),
    CONSTRAINT fk_requests_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE TABLE runs (
    facility TEXT COLLATE "C" NOT NULL,
    run TEXT COLLATE "C" NOT NULL,
    issuance BYTEA NOT NULL,
    producer TEXT COLLATE "C" NOT NULL,
    first_day TEXT COLLATE "C" NOT NULL,
    last_day TEXT COLLATE "C" NOT NULL,
    feed TEXT COLLATE "C" NOT NULL,
    year TEXT COLLATE "C" NOT NULL,
    shared_by TEXT COLLATE "C",
    CONSTRAINT pk_runs PRIMARY KEY (facility, run, issuance),
    CONSTRAINT fk_runs_issuance FOREIGN KEY(issuance) REFERENCES records (digest)
);
CREATE INDEX ix_runs_producer_feed_year ON runs (producer, feed, year, shared_by) WHERE shared_by IS NOT NULL;
CREATE TABLE arrived_lines (
    move BYTEA NOT NULL,
    number INTEGER NOT NULL,
    registry TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_arrived_lines PRIMARY KEY (move, number),
    CONSTRAINT fk_arrived_lines_move FOREIGN KEY(move) REFERENCES arrivals (move)
);
CREATE INDEX ix_arrived_lines_registry ON arrived_lines (registry);
CREATE TABLE grants (
    certificate BYTEA NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_grants PRIMARY KEY (certificate, party),
    CONSTRAINT fk_grants_certificate FOREIGN KEY(certificate) REFERENCES certificates (digest)
);
CREATE TABLE issued (
    issuer TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL,
    output INTEGER NOT NULL,
    certificate BYTEA NOT NULL,
    lot_normal TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    product TEXT COLLATE "C",
    issued_ms BIGINT NOT NULL,
    facility TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    co2e_micro BIGINT NOT NULL,
    CONSTRAINT pk_issued PRIMARY KEY (issuer, entry, output),
    CONSTRAINT fk_issued_entry FOREIGN KEY(entry) REFERENCES entries (position),
    CONSTRAINT fk_issued_certificate FOREIGN KEY(certificate) REFERENCES certificates (digest)
);
CREATE INDEX ix_issued_facility_product_month ON issued (facility, product, month) WHERE product IS NOT NULL;
CREATE INDEX ix_issued_issuer_lot_normal ON issued (issuer, lot_normal);
CREATE TABLE offers (
    holding BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    statement TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    registry TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    expires_ms BIGINT NOT NULL,
    CONSTRAINT pk_offers PRIMARY KEY (holding),
    CONSTRAINT uq_offers_digest UNIQUE (digest),
    CONSTRAINT fk_offers_holding FOREIGN KEY(holding) REFERENCES holdings (commitment)
);
CREATE INDEX ix_offers_owner ON offers (owner);
CREATE TABLE answers (
    tenant TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    request BYTEA NOT NULL,
    status INTEGER,
    body BYTEA,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_answers PRIMARY KEY (tenant, key)
);
CREATE TABLE approvals (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    verb TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    series TEXT COLLATE "C" NOT NULL,
    bound BYTEA NOT NULL,
    parts TEXT COLLATE "C" NOT NULL,
    asked_ms BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    approver TEXT COLLATE "C",
    decided_ms BIGINT,
    note TEXT COLLATE "C" NOT NULL,
    used BIGINT,
    CONSTRAINT pk_approvals PRIMARY KEY (id)
);
CREATE INDEX ix_approvals_party_series ON approvals (party, series);
CREATE INDEX ix_approvals_party_state ON approvals (party, state);
CREATE TABLE audit_insides (
    digest BYTEA NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_audit_insides PRIMARY KEY (digest)
);
CREATE TABLE audit_leaves (
    record BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    position INTEGER NOT NULL,
    leaf BYTEA NOT NULL,
    CONSTRAINT pk_audit_leaves PRIMARY KEY (record, certificate)
);
CREATE TABLE audit_tiles (
    record BYTEA NOT NULL,
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hashes BYTEA NOT NULL,
    CONSTRAINT pk_audit_tiles PRIMARY KEY (record, level, position)
);
CREATE TABLE audits (
    record BYTEA NOT NULL,
    auditor TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    depth INTEGER NOT NULL,
    jws TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_audits PRIMARY KEY (record),
    CONSTRAINT uq_audits_auditor_number UNIQUE (auditor, number),
    CONSTRAINT uq_audits_entry UNIQUE (entry)
);
CREATE TABLE challenges (
    challenge BYTEA NOT NULL,
    browser BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_challenges PRIMARY KEY (challenge)
);
CREATE TABLE contacts (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    looks TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    did TEXT COLLATE "C" NOT NULL,
    registry TEXT COLLATE "C",
    email TEXT COLLATE "C",
    created_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    CONSTRAINT pk_contacts PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_contacts_party_looks ON contacts (party, looks) WHERE ended_ms IS NULL;
CREATE TABLE deliveries (
    notice BIGINT NOT NULL,
    hook TEXT COLLATE "C" NOT NULL,
    tries INTEGER NOT NULL,
    due_ms BIGINT NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (notice, hook)
);
CREATE INDEX ix_deliveries_due_ms ON deliveries (due_ms);
CREATE TABLE drafts (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    recipe TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    revision INTEGER NOT NULL,
    typed TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C",
    notice TEXT COLLATE "C",
    author TEXT COLLATE "C" NOT NULL,
    changed_ms BIGINT NOT NULL,
    due_ms BIGINT,
    issuance BYTEA,
    act TEXT COLLATE "C" NOT NULL,
    about BYTEA,
    reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_drafts PRIMARY KEY (id)
);
CREATE INDEX ix_drafts_party_state ON drafts (party, state);
CREATE INDEX ix_drafts_state_due ON drafts (state, due_ms);
CREATE TABLE events (
    number BIGSERIAL NOT NULL,
    at_ms BIGINT NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    token TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    before BYTEA,
    after BYTEA,
    CONSTRAINT pk_events PRIMARY KEY (number)
);
CREATE INDEX ix_events_tenant_at ON events (tenant, at_ms);
CREATE TABLE gs1_keys (
    key TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_gs1_keys PRIMARY KEY (key)
);
CREATE TABLE hooks (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    kinds TEXT COLLATE "C" NOT NULL,
    private BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    last_ms BIGINT,
    off_ms BIGINT,
    off_reason TEXT COLLATE "C",
    CONSTRAINT pk_hooks PRIMARY KEY (id)
);
CREATE INDEX ix_hooks_party ON hooks (party);
CREATE TABLE operator_requests (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    wish TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C" NOT NULL,
    answered_ms BIGINT,
    CONSTRAINT pk_operator_requests PRIMARY KEY (id)
);
CREATE INDEX ix_operator_requests_party ON operator_requests (party);
CREATE TABLE outbox (
    number BIGSERIAL NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    planned_ms BIGINT,
    digest BYTEA,
    CONSTRAINT pk_outbox PRIMARY KEY (number)
);
CREATE INDEX ix_outbox_party_at ON outbox (party, at_ms);
CREATE INDEX ix_outbox_unplanned ON outbox (number) WHERE planned_ms IS NULL;
CREATE TABLE party_rules (
    party TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_party_rules PRIMARY KEY (party, name)
);
CREATE TABLE people (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL,
    roles TEXT COLLATE "C" NOT NULL,
    plants TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    roles_ms BIGINT NOT NULL,
    roles_author TEXT COLLATE "C" NOT NULL,
    ended_ms BIGINT,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT uq_people_folded UNIQUE (folded)
);
CREATE INDEX ix_people_party ON people (party);
CREATE TABLE received_lots (
    party TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL,
    issuance BYTEA NOT NULL,
    output INTEGER NOT NULL,
    CONSTRAINT pk_received_lots PRIMARY KEY (party, entry)
);
CREATE TABLE recipes (
    party TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    approver TEXT COLLATE "C",
    note TEXT COLLATE "C",
    CONSTRAINT pk_recipes PRIMARY KEY (party, name, version)
);
CREATE TABLE replacements (
    certificate BYTEA NOT NULL,
    successor BYTEA NOT NULL,
    lot TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_replacements PRIMARY KEY (certificate)
);
CREATE TABLE reserved_places (
    list INTEGER NOT NULL,
    position INTEGER NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_reserved_places PRIMARY KEY (list, position)
);
CREATE INDEX ix_reserved_places_tenant ON reserved_places (tenant);
CREATE TABLE scale_readings (
    offer BYTEA NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    issuance BYTEA NOT NULL,
    output INTEGER NOT NULL,
    offered_mg BIGINT NOT NULL,
    read_mg BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_scale_readings PRIMARY KEY (offer)
);
CREATE INDEX ix_scale_readings_party_issuance ON scale_readings (party, issuance);
CREATE TABLE seals (
    certificate BYTEA NOT NULL,
    seal TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_seals PRIMARY KEY (certificate)
);
CREATE TABLE shares (
    digest BYTEA NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    certificate BYTEA NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
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
    offer BYTEA NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_shut_offers PRIMARY KEY (offer)
);
CREATE TABLE tokens (
    digest BYTEA NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    author TEXT COLLATE "C" NOT NULL,
    expires_ms BIGINT,
    rotated_ms BIGINT,
    used_ms BIGINT,
    held_ms BIGINT,
    CONSTRAINT pk_tokens PRIMARY KEY (digest),
    CONSTRAINT uq_tokens_id UNIQUE (id)
);
CREATE INDEX ix_tokens_tenant ON tokens (tenant);
CREATE TABLE upload_rows (
    party TEXT COLLATE "C" NOT NULL,
    upload TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    run TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    request BYTEA,
    record TEXT COLLATE "C",
    facts TEXT COLLATE "C" NOT NULL,
    certificates TEXT COLLATE "C" NOT NULL,
    due_ms BIGINT,
    author TEXT COLLATE "C",
    lots TEXT COLLATE "C",
    CONSTRAINT pk_upload_rows PRIMARY KEY (party, upload, number)
);
CREATE INDEX ix_upload_rows_due ON upload_rows (due_ms);
CREATE INDEX ix_upload_rows_party_run ON upload_rows (party, run);
CREATE TABLE uploads (
    party TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    content BYTEA NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    told TEXT COLLATE "C" NOT NULL,
    chosen TEXT COLLATE "C",
    CONSTRAINT pk_uploads PRIMARY KEY (party, id),
    CONSTRAINT uq_uploads_party_digest UNIQUE (party, digest)
);
CREATE TABLE credentials (
    id TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    secret BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms BIGINT,
    CONSTRAINT pk_credentials PRIMARY KEY (id),
    CONSTRAINT fk_credentials_person FOREIGN KEY(person) REFERENCES people (id)
);
CREATE INDEX ix_credentials_person ON credentials (person);
CREATE TABLE gs1_paths (
    path TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    issuance BYTEA,
    output INTEGER,
    facility TEXT COLLATE "C",
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_gs1_paths PRIMARY KEY (path),
    CONSTRAINT fk_gs1_paths_key FOREIGN KEY(key) REFERENCES gs1_keys (key)
);
CREATE INDEX ix_gs1_paths_issuance_output ON gs1_paths (issuance, output);
CREATE TABLE guests (
    did TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    made_ms BIGINT NOT NULL,
    listed_ms BIGINT,
    ended_ms BIGINT,
    claim BYTEA,
    CONSTRAINT pk_guests PRIMARY KEY (did),
    CONSTRAINT fk_guests_contact FOREIGN KEY(contact) REFERENCES contacts (id),
    CONSTRAINT uq_guests_claim UNIQUE (claim)
);
CREATE INDEX ix_guests_contact ON guests (contact);
CREATE TABLE invitations (
    digest BYTEA NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    CONSTRAINT pk_invitations PRIMARY KEY (digest),
    CONSTRAINT fk_invitations_person FOREIGN KEY(person) REFERENCES people (id)
);
CREATE INDEX ix_invitations_person ON invitations (person);
CREATE TABLE sessions (
    digest BYTEA NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    csrf TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    proved_ms BIGINT NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (digest),
    CONSTRAINT fk_sessions_person FOREIGN KEY(person) REFERENCES people (id)
);
CREATE INDEX ix_sessions_person ON sessions (person);
CREATE TABLE shipments (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    consignee TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    po TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    received_ms BIGINT,
    CONSTRAINT pk_shipments PRIMARY KEY (id),
    CONSTRAINT fk_shipments_contact FOREIGN KEY(contact) REFERENCES contacts (id)
);
CREATE INDEX ix_shipments_party_at ON shipments (party, at_ms);
CREATE TABLE guest_requests (
    id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    guest TEXT COLLATE "C" NOT NULL,
    claimant TEXT COLLATE "C",
    lot TEXT COLLATE "C",
    mass_mg BIGINT,
    state TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT pk_guest_requests PRIMARY KEY (id),
    CONSTRAINT fk_guest_requests_guest FOREIGN KEY(guest) REFERENCES guests (did)
);
CREATE INDEX ix_guest_requests_guest ON guest_requests (guest);
CREATE INDEX ix_guest_requests_party ON guest_requests (party);
CREATE TABLE shipment_lots (
    shipment TEXT COLLATE "C" NOT NULL,
    line INTEGER NOT NULL,
    lot TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    certificate BYTEA NOT NULL,
    mass_mg BIGINT NOT NULL,
    share TEXT COLLATE "C",
    CONSTRAINT pk_shipment_lots PRIMARY KEY (shipment, line),
    CONSTRAINT fk_shipment_lots_shipment FOREIGN KEY(shipment) REFERENCES shipments (id)
);
CREATE INDEX ix_shipment_lots_share ON shipment_lots (share);
