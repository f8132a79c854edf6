-- +goose Up
-- Side effects at providers, exactly once (internal/command). Times are microseconds since the epoch, UTC; 0 is "not yet".
CREATE TABLE commands (
    id                   INTEGER PRIMARY KEY,
    kind                 TEXT    NOT NULL,
    connection_id        INTEGER NOT NULL,
    idempotency_key      TEXT    NOT NULL UNIQUE,
    subject              TEXT    NOT NULL,
    request              TEXT    NOT NULL CHECK (json_valid(request)),
    request_hash         BLOB    NOT NULL CHECK (length(request_hash) = 32),
    state                TEXT    NOT NULL CHECK (state IN ('intended', 'sending', 'succeeded', 'failed', 'unknown')),
    fence                INTEGER NOT NULL DEFAULT 0,
    lease_until          INTEGER NOT NULL DEFAULT 0,
    user_id              INTEGER NOT NULL,
    actor                TEXT    NOT NULL,
    intended_at          INTEGER NOT NULL,
    sent_at              INTEGER NOT NULL DEFAULT 0,
    settled_at           INTEGER NOT NULL DEFAULT 0,
    object               TEXT    NOT NULL DEFAULT '',
    outcome              TEXT    NOT NULL DEFAULT 'null' CHECK (json_valid(outcome)),
    resolution           TEXT    NOT NULL DEFAULT '' CHECK (resolution IN ('', 'answer', 'late_answer', 'not_sent', 'found', 'persons')),
    proposed_by          INTEGER NOT NULL DEFAULT 0,
    proposed_name        TEXT    NOT NULL DEFAULT '',
    proposed_at          INTEGER NOT NULL DEFAULT 0,
    proposed_reason      TEXT    NOT NULL DEFAULT '',
    confirmed_by         INTEGER NOT NULL DEFAULT 0,
    confirmed_name       TEXT    NOT NULL DEFAULT '',
    version              INTEGER NOT NULL DEFAULT 1,
    CHECK ((state IN ('succeeded', 'failed')) = (resolution <> '')),
    -- Two persons: whoever proposes that nothing happened never confirms it.
    CHECK (resolution <> 'persons' OR (proposed_by > 0 AND confirmed_by > 0 AND proposed_by <> confirmed_by))
) STRICT;
-- The lock: one unsettled command for a thing. An empty subject locks nothing.
CREATE UNIQUE INDEX commands_unsettled_subject ON commands (connection_id, kind, subject)
    WHERE state IN ('intended', 'sending', 'unknown') AND subject <> '';
CREATE INDEX commands_unsettled ON commands (id) WHERE state IN ('intended', 'sending', 'unknown');
-- +goose StatementBegin
CREATE TRIGGER commands_final BEFORE UPDATE ON commands WHEN OLD.state IN ('succeeded', 'failed')
BEGIN SELECT raise(ABORT, 'a settled command never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER commands_no_delete BEFORE DELETE ON commands
BEGIN SELECT raise(ABORT, 'commands are kept'); END;
-- +goose StatementEnd

-- The register of terminals: created here or imported by UUID. search holds what a search looks in, folded.
CREATE TABLE terminals (
    connection_id    INTEGER NOT NULL,
    uuid             TEXT    NOT NULL,
    type             INTEGER NOT NULL,
    account_uuid     TEXT    NOT NULL,
    psp              TEXT    NOT NULL,
    number           TEXT    NOT NULL,
    acceptor_code    INTEGER NOT NULL,
    enabled          INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    description      TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    start_fetch_time INTEGER NOT NULL,
    origin           TEXT    NOT NULL CHECK (origin IN ('created', 'imported')),
    registered_at    INTEGER NOT NULL,
    fetched_at       INTEGER NOT NULL,
    raw              BLOB    NOT NULL CHECK (length(raw) <= 65536), -- the provider's answer, byte for byte
    label            TEXT    NOT NULL DEFAULT '',
    notes            TEXT    NOT NULL DEFAULT '',
    search           TEXT    NOT NULL,
    version          INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (connection_id, uuid)
) STRICT;
CREATE INDEX terminals_by_uuid ON terminals (uuid);
CREATE INDEX terminals_by_number ON terminals (connection_id, number, uuid);
CREATE INDEX terminals_by_creation ON terminals (connection_id, created_at, uuid);
CREATE INDEX terminals_by_sighting ON terminals (connection_id, type, number, psp);

-- Terminal numbers seen in mirrored payments, kept by the payments upsert so that no list has to scan payments.
CREATE TABLE terminal_sightings (
    connection_id INTEGER NOT NULL,
    type          INTEGER NOT NULL,
    number        TEXT    NOT NULL,
    psp           TEXT    NOT NULL,
    first_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    payments      INTEGER NOT NULL,
    PRIMARY KEY (connection_id, type, number, psp)
) STRICT, WITHOUT ROWID;
CREATE INDEX terminal_sightings_by_last ON terminal_sightings (connection_id, last_at, type, number, psp);

-- Copies of the provider's directory. gone_at is when the provider stopped listing a row; 0 while it lists it.
CREATE TABLE psps (
    connection_id INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    gone_at       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX psps_by_name ON psps (connection_id, name, id);

CREATE TABLE psp_accounts (
    connection_id INTEGER NOT NULL,
    uuid          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    psp           TEXT    NOT NULL,
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at    INTEGER NOT NULL,
    gone_at       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX psp_accounts_by_name ON psp_accounts (connection_id, name, uuid);

CREATE TABLE psp_reports (
    connection_id INTEGER NOT NULL,
    uuid          TEXT    NOT NULL,
    status        INTEGER NOT NULL,
    type          INTEGER NOT NULL,
    filename      TEXT    NOT NULL,
    start_at      INTEGER, -- null where the provider has null
    end_at        INTEGER,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL, -- when the portal first saw the present status
    gone_at       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX psp_reports_by_creation ON psp_reports (connection_id, created_at, uuid);
CREATE INDEX psp_reports_by_uuid ON psp_reports (uuid);

-- How fresh a copied list is, and why the last refresh failed, if it did.
CREATE TABLE psp_copies (
    connection_id INTEGER NOT NULL,
    list          TEXT    NOT NULL CHECK (list IN ('psps', 'accounts', 'reports')),
    fetched_at    INTEGER NOT NULL,
    attempted_at  INTEGER NOT NULL,
    problem       TEXT    NOT NULL, -- a catalogue key, empty after a success
    PRIMARY KEY (connection_id, list)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE psp_copies;
DROP TABLE psp_reports;
DROP TABLE psp_accounts;
DROP TABLE psps;
DROP TABLE terminal_sightings;
DROP TABLE terminals;
DROP TABLE commands;
