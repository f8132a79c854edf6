-- +goose Up
-- Connections to providers (internal/connection). Times are microseconds since the epoch, UTC; 0 is "never".
CREATE TABLE connections (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: sealed values and copies are bound to it
    name        TEXT NOT NULL UNIQUE CHECK (name <> '' AND name NOT GLOB '*[^a-z0-9-]*'),
    provider    TEXT NOT NULL,
    environment TEXT NOT NULL,
    base_urls   TEXT NOT NULL CHECK (json_valid(base_urls)),
    settings    TEXT NOT NULL CHECK (json_valid(settings)),
    disabled    INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at  INTEGER NOT NULL,
    rotated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1
) STRICT;

-- One sealed value a row, bound to connection and key (T35): "connection_credentials", "sealed", "<id>/<key>".
CREATE TABLE connection_credentials (
    connection_id INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    key           TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    PRIMARY KEY (connection_id, key)
) STRICT, WITHOUT ROWID;

-- The last known health, so that a restart does not say "never". Differences are microseconds.
CREATE TABLE connection_health (
    connection_id INTEGER PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    last_good     INTEGER NOT NULL,
    last_bad      INTEGER NOT NULL,
    clock         INTEGER NOT NULL,
    clock_at      INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE connection_health;
DROP TABLE connection_credentials;
DROP TABLE connections;
