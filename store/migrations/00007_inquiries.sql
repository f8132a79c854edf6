-- +goose Up
-- Inquiries of cards, accounts, IBANs and wages (internal/inquiry). Times are microseconds since the epoch, UTC; 0 is "not
-- yet". Whose number it was is in sealed columns only, which are emptied when their time is over; number_hash is keyed, so
-- that a number can be searched for and not read.
CREATE TABLE inquiries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: sealed values are bound to it
    connection_id INTEGER NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('card', 'account', 'iban', 'wage')),
    user_id       INTEGER NOT NULL,
    user_name     TEXT    NOT NULL,
    form_key      TEXT    UNIQUE, -- of the form that asked; NULL for a line of a file
    bulk_id       INTEGER NOT NULL DEFAULT 0,
    asked_at      INTEGER NOT NULL,
    settled_at    INTEGER NOT NULL DEFAULT 0,
    day           INTEGER NOT NULL, -- the day whose allowance it took, as a day of inquiry_usage
    outcome       TEXT    NOT NULL CHECK (outcome IN ('asking', 'answered', 'refused', 'failed', 'lost')),
    problem       TEXT    NOT NULL DEFAULT '', -- an errs kind
    bank          INTEGER NOT NULL DEFAULT 0,  -- that the number names
    number_hash   BLOB    NOT NULL CHECK (length(number_hash) = 32),
    number        BLOB,                        -- sealed; NULL once it was forgotten
    reply         BLOB,                        -- sealed; NULL before there is one and once it was forgotten
    CHECK ((outcome = 'asking') = (settled_at = 0))
) STRICT;
CREATE INDEX inquiries_by_number ON inquiries (number_hash, id);
CREATE INDEX inquiries_by_user ON inquiries (user_id, id);
CREATE INDEX inquiries_by_kind ON inquiries (kind, id);
CREATE INDEX inquiries_by_outcome ON inquiries (outcome, id);
CREATE INDEX inquiries_by_time ON inquiries (asked_at, id);
CREATE INDEX inquiries_by_bulk ON inquiries (bulk_id, id) WHERE bulk_id <> 0;
CREATE INDEX inquiries_remembered ON inquiries (asked_at) WHERE number IS NOT NULL;

-- How much of an allowance a person has used on a day: days since the epoch in the portal's zone.
CREATE TABLE inquiry_usage (
    user_id INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    asked   INTEGER NOT NULL DEFAULT 0 CHECK (asked >= 0),
    reveals INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;

-- One row: how old an answer may be, how long personal data stays, and the limits of people and roles.
CREATE TABLE inquiry_settings (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    version  INTEGER NOT NULL,
    settings TEXT    NOT NULL CHECK (json_valid(settings))
) STRICT;

-- Files of numbers. name and layout are sealed: a file's name and headings can hold personal data.
CREATE TABLE inquiry_bulks (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL,
    user_id       INTEGER NOT NULL,
    user_name     TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'cancelled', 'done')),
    name          BLOB,
    layout        BLOB,
    reuse         INTEGER NOT NULL DEFAULT 0 CHECK (reuse IN (0, 1)),
    lines         INTEGER NOT NULL,
    day           INTEGER NOT NULL DEFAULT 0, -- the day whose allowance was reserved
    created_at    INTEGER NOT NULL,
    started_at    INTEGER NOT NULL DEFAULT 0,
    ended_at      INTEGER NOT NULL DEFAULT 0,
    version       INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX inquiry_bulks_by_user ON inquiry_bulks (user_id, id);
CREATE INDEX inquiry_bulks_running ON inquiry_bulks (id) WHERE state = 'running';
CREATE INDEX inquiry_bulks_by_time ON inquiry_bulks (created_at);

-- The lines of the files, by their number in the file. A line of state duplicate has the result of the line same_as.
CREATE TABLE inquiry_lines (
    bulk_id     INTEGER NOT NULL REFERENCES inquiry_bulks (id) ON DELETE CASCADE,
    line        INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('invalid', 'duplicate', 'ready', 'asking', 'answered', 'refused', 'failed', 'lost', 'reused')),
    same_as     INTEGER NOT NULL DEFAULT 0,
    inquiry_id  INTEGER NOT NULL DEFAULT 0,
    number_hash BLOB, -- NULL for an invalid line
    content     BLOB NOT NULL, -- sealed: the cells, the number, what is wrong with it
    PRIMARY KEY (bulk_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX inquiry_lines_by_state ON inquiry_lines (bulk_id, state, line);
CREATE INDEX inquiry_lines_asking ON inquiry_lines (bulk_id, line) WHERE state = 'asking';

-- +goose Down
DROP TABLE inquiry_lines;
DROP TABLE inquiry_bulks;
DROP TABLE inquiry_settings;
DROP TABLE inquiry_usage;
DROP TABLE inquiries;
