package store

import (
	"context"
	"database/sql"
	"time"

	"payportal/internal/connection"
)

// ConnectionHealth gives what was kept of each connection's health: the last good and bad calls and the clock.
func (db *DB) ConnectionHealth(ctx context.Context) (map[int64]connection.Health, error) {
	const op = "read connection health"
	rows, err := db.reader.QueryContext(ctx, "SELECT connection_id, last_good, last_bad, clock, clock_at FROM connection_health")
	if err != nil {
		return nil, mapError(op, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells of what matters
	all := map[int64]connection.Health{}
	for rows.Next() {
		var id, good, bad, clock, clockAt int64
		if err := rows.Scan(&id, &good, &bad, &clock, &clockAt); err != nil {
			return nil, mapError(op, err)
		}
		all[id] = connection.Health{
			LastGood: fromMicros(good), LastBad: fromMicros(bad), Clock: time.Duration(clock) * time.Microsecond, ClockAt: fromMicros(clockAt),
		}
	}
	return all, mapError(op, rows.Err())
}

// SaveConnectionHealth keeps a connection's health. A connection that has been removed meanwhile keeps none.
func (db *DB) SaveConnectionHealth(ctx context.Context, id int64, h connection.Health) error {
	return db.write(ctx, "keep connection health", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO connection_health (connection_id, last_good, last_bad, clock, clock_at)
			SELECT id, ?, ?, ?, ? FROM connections WHERE id = ?
			ON CONFLICT (connection_id) DO UPDATE SET last_good = excluded.last_good, last_bad = excluded.last_bad,
				clock = excluded.clock, clock_at = excluded.clock_at`,
			toMicros(h.LastGood), toMicros(h.LastBad), h.Clock.Microseconds(), toMicros(h.ClockAt), id)
		return err
	})
}
