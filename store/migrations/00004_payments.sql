-- +goose Up
-- The mirror of a provider's payments (PSP Reporting, P9). Amounts are whole rial: P9 knows no other currency, so there is
-- no currency column. Times are microseconds since the epoch, UTC. type and status are the provider's own numbers.
-- A rowid table whose rowid is seq: every index below ends in seq without naming it, which is what keyset paging needs.
CREATE TABLE payments (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: payment_blocks relies on it
    connection_id   INTEGER NOT NULL,
    type            INTEGER NOT NULL,
    status          INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    amount          INTEGER NOT NULL,
    id              TEXT NOT NULL,
    psp             TEXT NOT NULL,
    terminal_number TEXT NOT NULL,
    masked_card     TEXT NOT NULL,
    bin             TEXT NOT NULL, -- first six digits of the card; empty where it has none
    last4           TEXT NOT NULL, -- last four digits of the card; empty where it has none
    first_seen      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX payments_by_id ON payments (id, connection_id);
CREATE INDEX payments_by_time ON payments (at);
CREATE INDEX payments_by_psp ON payments (psp, at);
CREATE INDEX payments_by_terminal ON payments (terminal_number, at);
CREATE INDEX payments_by_status ON payments (status, at);
CREATE INDEX payments_by_type ON payments (type, at);
CREATE INDEX payments_by_last4 ON payments (last4, at);
CREATE INDEX payments_by_bin ON payments (bin, at);
CREATE INDEX payments_by_amount ON payments (amount);

-- What the provider changed about a payment after the mirror first saw it, a row a field.
CREATE TABLE payment_changes (
    id         INTEGER PRIMARY KEY,
    payment    INTEGER NOT NULL REFERENCES payments (seq) ON DELETE CASCADE,
    seen_at    INTEGER NOT NULL,
    field      TEXT NOT NULL,
    old        TEXT NOT NULL,
    new        TEXT NOT NULL
) STRICT;
CREATE INDEX payment_changes_by_payment ON payment_changes (payment);

-- Columnar copies of full runs of 4,096 seqs, for counts and totals (docs/adr/0002). A block that is not here is read from
-- payments, so that dropping blocks is always safe. Rows are added above the highest seq only, never into a sealed run.
CREATE TABLE payment_blocks (
    block  INTEGER PRIMARY KEY, -- seq / 4096
    min_at INTEGER NOT NULL,
    max_at INTEGER NOT NULL,
    data   BLOB NOT NULL -- empty for a run without payments
) STRICT;
CREATE INDEX payment_blocks_present ON payment_blocks (block); -- so that listing them reads no data
-- +goose StatementBegin
CREATE TRIGGER payments_update_unseals AFTER UPDATE ON payments
BEGIN DELETE FROM payment_blocks WHERE block = old.seq / 4096; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER payments_delete_unseals AFTER DELETE ON payments
BEGIN DELETE FROM payment_blocks WHERE block = old.seq / 4096; END;
-- +goose StatementEnd

-- How far the copy of a connection's payments of one type is (internal/mirror).
CREATE TABLE mirror_states (
    connection_id INTEGER NOT NULL,
    type          INTEGER NOT NULL,
    walk          TEXT NOT NULL,    -- fill, increment or deep while a walk is unfinished; else empty
    cursor        TEXT NOT NULL,    -- the provider's cursor of the next page of the unfinished walk
    walk_started  INTEGER NOT NULL,
    walk_until    INTEGER NOT NULL, -- the walk ends below this time; 0 for one to the end
    walk_newest   INTEGER NOT NULL, -- the newest payment that the walk has met
    newest        INTEGER NOT NULL, -- the newest payment of the complete walks
    rows_read     INTEGER NOT NULL, -- by the unfinished or last walk
    rows_total    INTEGER NOT NULL, -- as the provider counts; -1 unknown
    last_complete INTEGER NOT NULL, -- when the last complete walk began; 0 never
    last_deep     INTEGER NOT NULL, -- when the last complete deep walk or fill began; 0 never
    paused        INTEGER NOT NULL,
    problem_kind  TEXT NOT NULL,    -- empty when the last attempt went well
    problem_msg   TEXT NOT NULL,    -- catalogue key
    failed_at     INTEGER NOT NULL,
    failures      INTEGER NOT NULL, -- in a row
    next_attempt  INTEGER NOT NULL,
    PRIMARY KEY (connection_id, type)
) STRICT, WITHOUT ROWID;

-- Saved views of the payments list.
CREATE TABLE payment_views (
    id         INTEGER PRIMARY KEY,
    owner_id   INTEGER NOT NULL,
    name       TEXT NOT NULL,
    query      TEXT NOT NULL, -- the list's own query string: filters, sort, columns
    shared     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (owner_id, name)
) STRICT;
CREATE INDEX payment_views_shared ON payment_views (shared, name);

-- Which view a user's list opens with.
CREATE TABLE payment_view_defaults (
    user_id INTEGER PRIMARY KEY,
    view_id INTEGER NOT NULL REFERENCES payment_views (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX payment_view_defaults_by_view ON payment_view_defaults (view_id);

-- +goose Down
DROP TABLE payment_view_defaults;
DROP TABLE payment_views;
DROP TABLE mirror_states;
DROP TABLE payment_blocks;
DROP TABLE payment_changes;
DROP TABLE payments;
