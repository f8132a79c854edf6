package store

import (
	"context"
	"database/sql"
	"time"

	"payportal/internal/mirror"
	"payportal/internal/psp"
)

const mirrorColumns = `connection_id, type, walk, cursor, walk_started, walk_until, walk_newest, newest, rows_read, rows_total,
	last_complete, last_deep, paused, problem_kind, problem_msg, failed_at, failures, next_attempt`

// MirrorState gives a list's state; see mirror.Store.
func (db *DB) MirrorState(ctx context.Context, k mirror.Key) (mirror.State, error) {
	states, err := db.mirrorStates(ctx, "WHERE connection_id = ? AND type = ?", k.ConnectionID, int64(k.Type))
	if err != nil || len(states) == 0 {
		return mirror.State{Key: k, Total: -1}, mapError("read mirror state", err)
	}
	return states[0], nil
}

// MirrorStates gives every known list's state, by connection and type.
func (db *DB) MirrorStates(ctx context.Context) ([]mirror.State, error) {
	states, err := db.mirrorStates(ctx, "ORDER BY connection_id, type")
	return states, mapError("read mirror states", err)
}

func (db *DB) mirrorStates(ctx context.Context, where string, args ...any) ([]mirror.State, error) {
	rows, err := db.reader.QueryContext(ctx, "SELECT "+mirrorColumns+" FROM mirror_states "+where, args...) // #nosec G202 -- constants of this file
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var states []mirror.State
	for rows.Next() {
		var s mirror.State
		var started, until, walkNewest, newest, complete, deep, failed, next int64
		err := rows.Scan(&s.ConnectionID, &s.Type, &s.Walk, &s.Cursor, &started, &until, &walkNewest, &newest, &s.Read, &s.Total,
			&complete, &deep, &s.Paused, &s.ProblemKind, &s.ProblemMsg, &failed, &s.Failures, &next)
		if err != nil {
			return nil, err
		}
		s.Started, s.Until, s.WalkNewest, s.Newest = fromMicros(started), fromMicros(until), fromMicros(walkNewest), fromMicros(newest)
		s.LastComplete, s.LastDeep = fromMicros(complete), fromMicros(deep)
		s.FailedAt, s.NextAttempt = fromMicros(failed), fromMicros(next)
		states = append(states, s)
	}
	return states, rows.Err()
}

// SaveMirror writes payments and the state behind them in one transaction; see mirror.Store.
func (db *DB) SaveMirror(ctx context.Context, s mirror.State, payments []psp.Payment) error {
	return db.write(ctx, "save mirrored payments", func(tx *sql.Tx) error {
		if err := db.savePayments(ctx, tx, s.ConnectionID, payments, time.Now()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO mirror_states (`+mirrorColumns+`)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET walk = excluded.walk, cursor = excluded.cursor, walk_started = excluded.walk_started,
			walk_until = excluded.walk_until, walk_newest = excluded.walk_newest, newest = excluded.newest,
			rows_read = excluded.rows_read, rows_total = excluded.rows_total, last_complete = excluded.last_complete,
			last_deep = excluded.last_deep, problem_kind = excluded.problem_kind, problem_msg = excluded.problem_msg,
			failed_at = excluded.failed_at, failures = excluded.failures, next_attempt = excluded.next_attempt`,
			s.ConnectionID, int64(s.Type), s.Walk, s.Cursor, toMicros(s.Started), toMicros(s.Until), toMicros(s.WalkNewest),
			toMicros(s.Newest), s.Read, s.Total, toMicros(s.LastComplete), toMicros(s.LastDeep), s.ProblemKind, s.ProblemMsg,
			toMicros(s.FailedAt), s.Failures, toMicros(s.NextAttempt))
		return err
	})
}

// PauseMirror sets or clears a list's pause; see mirror.Store.
func (db *DB) PauseMirror(ctx context.Context, k mirror.Key, paused bool) error {
	return db.write(ctx, "pause mirror", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO mirror_states (`+mirrorColumns+`)
			VALUES (?, ?, '', '', 0, 0, 0, 0, 0, -1, 0, 0, ?, '', '', 0, 0, 0)
			ON CONFLICT DO UPDATE SET paused = excluded.paused`, k.ConnectionID, int64(k.Type), paused)
		return err
	})
}

// PaymentsAsOf says when the mirrored lists of a connection and type were last complete; see psp.PaymentStore.
func (db *DB) PaymentsAsOf(ctx context.Context, connectionID int64, t *psp.TerminalType) (time.Time, error) {
	kind := int64(-1)
	if t != nil {
		kind = int64(*t)
	}
	var asOf int64
	err := db.reader.QueryRowContext(ctx, `SELECT coalesce(min(last_complete), 0) FROM mirror_states
		WHERE (?1 = 0 OR connection_id = ?1) AND (?2 < 0 OR type = ?2)`, connectionID, kind).Scan(&asOf)
	return fromMicros(asOf), mapError("read freshness of payments", err)
}

var (
	_ mirror.Store     = (*DB)(nil)
	_ psp.PaymentStore = (*DB)(nil)
	_ psp.ViewStore    = (*DB)(nil)
)
