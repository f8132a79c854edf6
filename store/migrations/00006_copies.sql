-- +goose Up
-- A row here says that this file was written by `portal backup`: whoever serves from it has restored it, and what was on
-- its way when the copy was made may have happened since. Removed when a portal has started on the file.
CREATE TABLE copies (
    made_at INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE copies;
