package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/internal/textin"
)

const terminalColumns = ` AS raw, t.connection_id, t.uuid, t.type, t.account_uuid, coalesce(a.name, ''), t.psp, t.number, t.acceptor_code,
	t.enabled, t.description, t.created_at, t.start_fetch_time, t.origin, t.registered_at, t.fetched_at, t.label, t.notes, t.version
	FROM terminals t LEFT JOIN psp_accounts a ON a.connection_id = t.connection_id AND a.uuid = t.account_uuid`

// A list does without the raw answers, which can be a thousand times the rest.
const (
	selectTerminal  = "SELECT t.raw" + terminalColumns
	selectTerminals = "SELECT x''" + terminalColumns
)

// Terminals implements psp.TerminalStore.
func (db *DB) Terminals(ctx context.Context, q psp.TerminalQuery) ([]psp.RegisteredTerminal, error) {
	query, args := terminalsQuery(q)
	rows, err := db.reader.QueryContext(ctx, query, args...)
	return collect("list terminals", rows, err, scanTerminal)
}

// terminalsQuery writes the query of a list: one index range in the order of the list, the filters checked on its rows.
func terminalsQuery(q psp.TerminalQuery) (string, []any) {
	column, descending := "t.created_at", q.Sort == psp.NewestFirst
	if q.Sort == psp.ByNumber || q.Sort == psp.ByNumberAbove {
		column, descending = "t.number", q.Sort == psp.ByNumberAbove
	}
	if q.Backward {
		descending = !descending
	}
	order, beyond := "ASC", ">"
	if descending {
		order, beyond = "DESC", "<"
	}
	where, args := []string{"t.connection_id = ?"}, []any{q.ConnectionID}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if q.Type != nil {
		add("t.type = ?", *q.Type)
	}
	if q.PSP != "" {
		add("t.psp = ?", q.PSP)
	}
	if q.AccountUUID != "" {
		add("t.account_uuid = ?", q.AccountUUID)
	}
	if q.Enabled != nil {
		add("t.enabled = ?", *q.Enabled)
	}
	if q.Origin != "" {
		add("t.origin = ?", q.Origin)
	}
	if q.Query != "" {
		add("(instr(t.search, ?) > 0 OR substr(t.uuid, 1, length(?)) = ?)", q.Query, q.Query, q.Query)
	}
	if q.From != nil {
		value := any(q.From.At)
		if column == "t.number" {
			value = q.From.Text
		}
		add("("+column+", t.uuid) "+beyond+" (?, ?)", value, q.From.ID)
	}
	return selectTerminals + " WHERE " + strings.Join(where, " AND ") +
		" ORDER BY " + column + " " + order + ", t.uuid " + order + " LIMIT ?", append(args, q.Limit)
}

// Terminal implements psp.TerminalStore.
func (db *DB) Terminal(ctx context.Context, connectionID int64, uuid string) (psp.RegisteredTerminal, error) {
	t, err := scanTerminal(db.reader.QueryRowContext(ctx, selectTerminal+" WHERE t.connection_id = ? AND t.uuid = ?", connectionID, uuid))
	return t, mapError("read terminal", err)
}

func scanTerminal(row scanner) (psp.RegisteredTerminal, error) {
	var t psp.RegisteredTerminal
	var created, start, registered, fetched int64
	err := row.Scan(&t.Raw, &t.ConnectionID, &t.UUID, &t.Type, &t.AccountUUID, &t.AccountName, &t.PSP, &t.Number, &t.AcceptorCode,
		&t.Enabled, &t.Description, &created, &start, &t.Origin, &registered, &fetched, &t.Label, &t.Notes, &t.Version)
	t.CreatedAt, t.StartFetchTime, t.RegisteredAt, t.FetchedAt = timeAt(created), timeAt(start), timeAt(registered), timeAt(fetched)
	return t, err
}

// TerminalConnections implements psp.TerminalStore.
func (db *DB) TerminalConnections(ctx context.Context, uuid string) ([]int64, error) {
	rows, err := db.reader.QueryContext(ctx, "SELECT connection_id FROM terminals WHERE uuid = ? ORDER BY connection_id", uuid)
	return collect("list connections of a terminal", rows, err, func(row scanner) (id int64, err error) {
		return id, row.Scan(&id)
	})
}

// TerminalRegistered implements psp.TerminalStore.
func (db *DB) TerminalRegistered(ctx context.Context, connectionID int64, t psp.TerminalType, accountUUID, number string) (bool, error) {
	var found bool
	err := db.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM terminals
		WHERE connection_id = ? AND type = ? AND number = ? AND account_uuid = ?)`, connectionID, t, number, accountUUID).Scan(&found)
	return found, mapError("look for terminal", err)
}

// RegisterTerminal implements psp.TerminalStore.
func (db *DB) RegisterTerminal(ctx context.Context, r psp.RegisterTerminal, e audit.Entry) error {
	return db.write(ctx, "register terminal", func(tx *sql.Tx) error {
		var there bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM terminals WHERE connection_id = ? AND uuid = ?)",
			r.ConnectionID, r.Terminal.UUID).Scan(&there)
		if err != nil {
			return err
		}
		if there {
			return errs.New(errs.Conflict, "register terminal", "", nil)
		}
		if err := upsertTerminal(ctx, tx, r); err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
}

// upsertTerminal adds a terminal, or renews the provider's part of one that is registered already: the answer to a creation
// may have been imported before it was known to be one. Label and notes stay.
func upsertTerminal(ctx context.Context, tx *sql.Tx, r psp.RegisterTerminal) error {
	t, at := r.Terminal, r.At.UnixMicro()
	_, err := tx.ExecContext(ctx, `INSERT INTO terminals (connection_id, uuid, type, account_uuid, psp, number, acceptor_code, enabled,
		description, created_at, start_fetch_time, origin, registered_at, fetched_at, raw, search)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (connection_id, uuid) DO UPDATE SET type = excluded.type, account_uuid = excluded.account_uuid, psp = excluded.psp,
		number = excluded.number, acceptor_code = excluded.acceptor_code, enabled = excluded.enabled, description = excluded.description,
		created_at = excluded.created_at, start_fetch_time = excluded.start_fetch_time, origin = excluded.origin,
		fetched_at = excluded.fetched_at, raw = iif(length(excluded.raw) > 0, excluded.raw, raw)`,
		r.ConnectionID, t.UUID, t.Type, t.AccountUUID, t.PSP, t.Number, t.AcceptorCode, t.Enabled,
		t.Description, micros(t.CreatedAt), micros(t.StartFetchTime), r.Origin, at, at, blob(r.Raw), terminalSearch(t, ""))
	return err
}

// RenewTerminal implements psp.TerminalStore.
func (db *DB) RenewTerminal(ctx context.Context, connectionID int64, t psp.Terminal, raw []byte, at time.Time) error {
	return db.write(ctx, "renew terminal", func(tx *sql.Tx) error {
		label, err := terminalLabel(ctx, tx, connectionID, t.UUID)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE terminals SET type = ?, account_uuid = ?, psp = ?, number = ?, acceptor_code = ?, enabled = ?,
			description = ?, created_at = ?, start_fetch_time = ?, fetched_at = ?, raw = ?, search = ? WHERE connection_id = ? AND uuid = ?`,
			t.Type, t.AccountUUID, t.PSP, t.Number, t.AcceptorCode, t.Enabled, t.Description, micros(t.CreatedAt), micros(t.StartFetchTime),
			at.UnixMicro(), blob(raw), terminalSearch(t, label), connectionID, t.UUID)
		return err
	})
}

// AnnotateTerminal implements psp.TerminalStore.
func (db *DB) AnnotateTerminal(ctx context.Context, a psp.Annotation, e audit.Entry) error {
	return db.write(ctx, "annotate terminal", func(tx *sql.Tx) error {
		t, err := scanTerminal(tx.QueryRowContext(ctx, selectTerminal+" WHERE t.connection_id = ? AND t.uuid = ?", a.ConnectionID, a.UUID))
		if err != nil {
			return err
		}
		if t.Version != a.Version {
			return errs.New(errs.Conflict, "annotate terminal", "", nil)
		}
		_, err = tx.ExecContext(ctx, `UPDATE terminals SET label = ?, notes = ?, search = ?, version = version + 1
			WHERE connection_id = ? AND uuid = ?`, a.Label, a.Notes, terminalSearch(t.Terminal, a.Label), a.ConnectionID, a.UUID)
		if err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
}

func terminalLabel(ctx context.Context, tx *sql.Tx, connectionID int64, uuid string) (label string, err error) {
	err = tx.QueryRowContext(ctx, "SELECT label FROM terminals WHERE connection_id = ? AND uuid = ?", connectionID, uuid).Scan(&label)
	return label, err
}

// terminalSearch is the text that a search looks in, a line for each thing so that none matches across two. A UUID is
// searched from its beginning only: three digits occur somewhere in most of them.
func terminalSearch(t psp.Terminal, label string) string {
	return textin.Search(t.Number) + "\n" + textin.Search(label) + "\n" + textin.Search(t.Description)
}

// blob keeps an empty answer out of the NULLs.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
