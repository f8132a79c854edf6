package store

import (
	"context"

	"payportal/internal/psp"
)

// UnregisteredSightings implements psp.TerminalStore.
func (db *DB) UnregisteredSightings(ctx context.Context, connectionID int64, after *psp.Sighting, limit int) ([]psp.Sighting, error) {
	query, args := unregisteredQuery(connectionID, after, limit)
	rows, err := db.reader.QueryContext(ctx, query, args...)
	return collect("list unregistered terminals", rows, err, func(row scanner) (psp.Sighting, error) {
		var s psp.Sighting
		var first, last int64
		err := row.Scan(&s.Type, &s.Number, &s.PSP, &first, &last, &s.Payments)
		s.FirstAt, s.LastAt = timeAt(first), timeAt(last)
		return s, err
	})
}

func unregisteredQuery(connectionID int64, after *psp.Sighting, limit int) (string, []any) {
	query, args := `SELECT s.type, s.number, s.psp, s.first_at, s.last_at, s.payments FROM terminal_sightings s
		WHERE s.connection_id = ?`, []any{connectionID}
	if after != nil {
		query += " AND (s.last_at, s.type, s.number, s.psp) < (?, ?, ?, ?)"
		args = append(args, after.LastAt.UnixMicro(), after.Type, after.Number, after.PSP)
	}
	query += ` AND NOT EXISTS (SELECT 1 FROM terminals t
			WHERE t.connection_id = s.connection_id AND t.type = s.type AND t.number = s.number AND t.psp = s.psp)
		ORDER BY s.last_at DESC, s.type DESC, s.number DESC, s.psp DESC LIMIT ?`
	return query, append(args, limit)
}
