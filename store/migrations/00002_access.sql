-- +goose Up
-- People, roles, sessions and guesses (internal/access). Times are microseconds since the epoch, UTC; 0 is "never".
-- Users are disabled and not deleted: the trail refers to them.
CREATE TABLE users (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: sealed values are bound to it
    username             TEXT NOT NULL UNIQUE,              -- in its normal form, access.NormalUsername
    display_name         TEXT NOT NULL,
    search               TEXT NOT NULL,                     -- both names, folded
    password_hash        TEXT NOT NULL,                     -- argon2id
    password_until       INTEGER NOT NULL DEFAULT 0,        -- when a given password ends
    must_change_password INTEGER NOT NULL DEFAULT 0 CHECK (must_change_password IN (0, 1)),
    disabled             INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    totp_secret          BLOB,                              -- sealed
    totp_pending         BLOB,                              -- sealed
    totp_last_step       INTEGER NOT NULL DEFAULT 0,
    preferences          TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(preferences)),
    rights_epoch         INTEGER NOT NULL DEFAULT 1,
    version              INTEGER NOT NULL DEFAULT 1,
    created_at           INTEGER NOT NULL,
    last_sign_in_at      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The built-in roles stand here for the sake of the references; what they may do is in the program.
CREATE TABLE roles (
    id                    TEXT PRIMARY KEY,
    built_in              INTEGER NOT NULL DEFAULT 0 CHECK (built_in IN (0, 1)),
    name                  TEXT NOT NULL,
    name_key              TEXT NOT NULL UNIQUE, -- the name, folded
    description           TEXT NOT NULL DEFAULT '',
    permissions           TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(permissions)),
    require_second_factor INTEGER NOT NULL DEFAULT 0 CHECK (require_second_factor IN (0, 1)),
    version               INTEGER NOT NULL DEFAULT 1,
    created_at            INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO roles (id, built_in, name, name_key) VALUES
    ('administrator', 1, '', 'administrator'), ('finance', 1, '', 'finance'), ('operations', 1, '', 'operations'),
    ('approver', 1, '', 'approver'), ('auditor', 1, '', 'auditor'), ('support', 1, '', 'support');

CREATE TABLE user_roles (
    user_id INTEGER NOT NULL REFERENCES users (id),
    role_id TEXT NOT NULL REFERENCES roles (id),
    PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_roles_by_role ON user_roles (role_id, user_id);

-- SHA-256 of codes of 80 random bits; a used code is deleted.
CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id),
    hash    BLOB NOT NULL,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- A row a sign-in. token_hash is the hash of the cookie's token, NULL once the token was given up; a row with ended_at
-- stays until its end, so that a request under way cannot bring the session back.
CREATE TABLE sessions (
    public_id    TEXT PRIMARY KEY,
    token_hash   TEXT UNIQUE,
    generation   INTEGER NOT NULL,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    state        TEXT NOT NULL,
    data         BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL DEFAULT 0,
    address      TEXT NOT NULL,
    user_agent   TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, last_seen_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Guesses at passwords and codes, a row a guess and bucket. bucket is a keyed hash. refusal marks the first refusal of a
-- window.
CREATE TABLE sign_in_attempts (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket  BLOB NOT NULL,
    at      INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    refusal INTEGER NOT NULL DEFAULT 0 CHECK (refusal IN (0, 1))
) STRICT;
CREATE INDEX sign_in_attempts_by_bucket ON sign_in_attempts (bucket, refusal, at);
CREATE INDEX sign_in_attempts_by_end ON sign_in_attempts (until);

-- The way in for the first administrator.
CREATE TABLE setup_token (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    hash       BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE setup_token;
DROP TABLE sign_in_attempts;
DROP TABLE sessions;
DROP TABLE recovery_codes;
DROP TABLE user_roles;
DROP TABLE roles;
DROP TABLE users;
