package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/command/failpoint"
	"payportal/internal/errs"
	"payportal/internal/psp"
)

const commandColumns = `id, kind, connection_id, idempotency_key, subject, request, request_hash, state, fence, lease_until, user_id, actor,
	intended_at, sent_at, settled_at, object, outcome, resolution,
	proposed_by, proposed_name, proposed_at, proposed_reason, confirmed_by, confirmed_name, version`

// IntendCommand implements command.Store.
func (db *DB) IntendCommand(ctx context.Context, c command.Command, e audit.Entry) (command.Command, error) {
	op := "intend " + c.Kind
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		known, err := scanCommand(tx.QueryRowContext(ctx, "SELECT "+commandColumns+" FROM commands WHERE idempotency_key = ?", c.Key))
		if err == nil {
			c = known
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := checkSubjectFree(ctx, tx, c); err != nil {
			return err
		}
		inserted, err := tx.ExecContext(ctx, `INSERT INTO commands
			(kind, connection_id, idempotency_key, subject, request, request_hash, state, user_id, actor, intended_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.Kind, c.ConnectionID, c.Key, c.Subject, string(c.Request), c.Hash[:], c.State, c.UserID, c.ActorName, c.IntendedAt.UnixMicro())
		if err != nil {
			return err
		}
		if c.ID, err = inserted.LastInsertId(); err != nil {
			return err
		}
		c.Version = 1
		failpoint.Hit("intend-within-transaction")
		return db.appendAudit(tx, e)
	})
	return c, err
}

// checkSubjectFree refuses a second command for a thing while the first one may still have its effect.
func checkSubjectFree(ctx context.Context, tx *sql.Tx, c command.Command) error {
	if c.Subject == "" {
		return nil
	}
	var holder int64
	err := tx.QueryRowContext(ctx, "SELECT id FROM commands"+holdsSubject, c.ConnectionID, c.Kind, c.Subject).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &errs.Error{Kind: errs.Conflict, Op: "intend " + c.Kind, Msg: "command.subject_unsettled", Args: map[string]any{"Command": holder}}
}

// UpdateCommand implements command.Store.
func (db *DB) UpdateCommand(ctx context.Context, c command.Command, effect any, e *audit.Entry) (command.Command, error) {
	op := fmt.Sprintf("update command %d to %s", c.ID, c.State)
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		updated, err := tx.ExecContext(ctx, `UPDATE commands SET state = ?, fence = ?, lease_until = ?, sent_at = ?, settled_at = ?, object = ?,
			outcome = ?, resolution = ?, proposed_by = ?, proposed_name = ?, proposed_at = ?, proposed_reason = ?,
			confirmed_by = ?, confirmed_name = ?, version = version + 1
			WHERE id = ? AND version = ?`,
			c.State, c.Fence, micros(c.LeaseUntil), micros(c.SentAt), micros(c.SettledAt), c.Object,
			string(c.Outcome), c.Resolution, c.Proposal.By, c.Proposal.Name, micros(c.Proposal.At), c.Proposal.Reason,
			c.Proposal.ConfirmedBy, c.Proposal.ConfirmedName, c.ID, c.Version)
		if err != nil {
			return err
		}
		if n, err := updated.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errs.New(errs.Conflict, op, "command.changed", nil))
		}
		failpoint.Hit("update-within-transaction")
		if err := applyEffect(ctx, tx, effect); err != nil {
			return err
		}
		if e == nil {
			return nil
		}
		return db.appendAudit(tx, *e)
	})
	if err != nil {
		return c, err
	}
	c.Version++
	return c, nil
}

// applyEffect writes what a command achieved, in the transaction of its outcome.
func applyEffect(ctx context.Context, tx *sql.Tx, effect any) error {
	switch effect := effect.(type) {
	case nil:
		return nil
	case psp.RegisterTerminal:
		return upsertTerminal(ctx, tx, effect)
	default:
		return fmt.Errorf("no way to write the effect %T", effect)
	}
}

// Command implements command.Store.
func (db *DB) Command(ctx context.Context, id int64) (command.Command, error) {
	c, err := scanCommand(db.reader.QueryRowContext(ctx, "SELECT "+commandColumns+" FROM commands WHERE id = ?", id))
	return c, mapError("read command", err)
}

// CommandByKey implements command.Store.
func (db *DB) CommandByKey(ctx context.Context, key string) (command.Command, error) {
	c, err := scanCommand(db.reader.QueryRowContext(ctx, "SELECT "+commandColumns+" FROM commands WHERE idempotency_key = ?", key))
	return c, mapError("read command by key", err)
}

// holdsSubject repeats the condition of the index commands_unsettled_subject, which is used only then.
const holdsSubject = ` WHERE connection_id = ? AND kind = ? AND subject = ?
	AND state IN ('intended', 'sending', 'unknown') AND subject <> ''`

const unsettledCommandQuery = "SELECT " + commandColumns + " FROM commands" + holdsSubject

// UnsettledCommand implements command.Store.
func (db *DB) UnsettledCommand(ctx context.Context, connectionID int64, kind, subject string) (command.Command, error) {
	c, err := scanCommand(db.reader.QueryRowContext(ctx, unsettledCommandQuery, connectionID, kind, subject))
	return c, mapError("read unsettled command", err)
}

const unsettledCommandsQuery = "SELECT " + commandColumns + ` FROM commands
	WHERE state IN ('intended', 'sending', 'unknown') AND id > ? ORDER BY id LIMIT ?`

// UnsettledCommands implements command.Store.
func (db *DB) UnsettledCommands(ctx context.Context, afterID int64, limit int) ([]command.Command, error) {
	rows, err := db.reader.QueryContext(ctx, unsettledCommandsQuery, afterID, limit)
	return collect("list unsettled commands", rows, err, scanCommand)
}

func scanCommand(row scanner) (command.Command, error) {
	var c command.Command
	var request, outcome string
	var hash []byte
	var lease, intended, sent, settled, proposed int64
	err := row.Scan(&c.ID, &c.Kind, &c.ConnectionID, &c.Key, &c.Subject, &request, &hash, &c.State, &c.Fence, &lease, &c.UserID, &c.ActorName,
		&intended, &sent, &settled, &c.Object, &outcome, &c.Resolution,
		&c.Proposal.By, &c.Proposal.Name, &proposed, &c.Proposal.Reason, &c.Proposal.ConfirmedBy, &c.Proposal.ConfirmedName, &c.Version)
	if err != nil {
		return command.Command{}, err
	}
	copy(c.Hash[:], hash)
	c.Request, c.Outcome = json.RawMessage(request), json.RawMessage(outcome)
	c.LeaseUntil, c.IntendedAt, c.SentAt, c.SettledAt, c.Proposal.At =
		timeAt(lease), timeAt(intended), timeAt(sent), timeAt(settled), timeAt(proposed)
	return c, nil
}

// scanner is a row or rows.
type scanner interface{ Scan(dest ...any) error }

// collect reads all rows of a query and closes it.
func collect[T any](op string, rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, mapError(op, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what went wrong
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, mapError(op, err)
		}
		all = append(all, one)
	}
	return all, mapError(op, rows.Err())
}

// micros writes a time; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// timeAt reads what micros wrote.
func timeAt(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
