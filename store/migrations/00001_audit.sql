-- +goose Up
-- The trail of acts: append-only and hash-chained (internal/audit). Times are microseconds since the epoch, UTC, and
-- never decrease with seq, which has no gap. hash is the HMAC of the row and of the hash before it.
CREATE TABLE audit_entries (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    session_id TEXT NOT NULL,
    address    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    act        TEXT NOT NULL,
    object     TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    before     TEXT NOT NULL,
    after      TEXT NOT NULL,
    hash       BLOB NOT NULL
) STRICT;
CREATE INDEX audit_entries_by_act ON audit_entries (act, seq);
-- The group of an act is the part before its first dot.
CREATE INDEX audit_entries_by_group ON audit_entries (substr(act, 1, instr(act, '.')), seq);
CREATE INDEX audit_entries_by_user ON audit_entries (user_id, seq);
CREATE INDEX audit_entries_by_object ON audit_entries (object, seq);
CREATE INDEX audit_entries_by_outcome ON audit_entries (outcome, seq);
CREATE INDEX audit_entries_by_address ON audit_entries (address, seq);
CREATE INDEX audit_entries_by_time ON audit_entries (at, seq);

-- The end of the chain, so that a cut-off tail is seen. mac is keyed and covers the other two.
CREATE TABLE audit_head (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    mac   BLOB NOT NULL
) STRICT;

-- Keys that outlive the rotation of the master key, each sealed under it.
CREATE TABLE sealed_keys (
    name   TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT raise(ABORT, 'audit entries are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT raise(ABORT, 'audit entries are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT raise(ABORT, 'the audit head stays'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE sealed_keys;
DROP TABLE audit_head;
DROP TABLE audit_entries;
