package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"payportal/internal/psp"
)

const selectReports = `SELECT uuid, status, type, filename, coalesce(start_at, 0), coalesce(end_at, 0), created_at, changed_at, gone_at
	FROM psp_reports`

// Reports implements psp.ReportStore.
func (db *DB) Reports(ctx context.Context, f psp.ReportFilter, after *psp.Position, limit int) ([]psp.ListedReport, error) {
	query, args := reportsQuery(f, after, limit)
	rows, err := db.reader.QueryContext(ctx, query, args...)
	return collect("list reports", rows, err, scanReport)
}

func reportsQuery(f psp.ReportFilter, after *psp.Position, limit int) (string, []any) {
	query, args := selectReports+" WHERE connection_id = ?", []any{f.ConnectionID}
	if f.Status != nil {
		query, args = query+" AND status = ?", append(args, *f.Status)
	}
	if after != nil {
		query, args = query+" AND (created_at, uuid) < (?, ?)", append(args, after.At, after.ID)
	}
	return query + " ORDER BY created_at DESC, uuid DESC LIMIT ?", append(args, limit)
}

// Report implements psp.ReportStore.
func (db *DB) Report(ctx context.Context, connectionID int64, uuid string) (psp.ListedReport, error) {
	r, err := scanReport(db.reader.QueryRowContext(ctx, selectReports+" WHERE connection_id = ? AND uuid = ?", connectionID, uuid))
	return r, mapError("read report", err)
}

// ReportConnections implements psp.ReportStore.
func (db *DB) ReportConnections(ctx context.Context, uuid string) ([]int64, error) {
	rows, err := db.reader.QueryContext(ctx, "SELECT connection_id FROM psp_reports WHERE uuid = ? ORDER BY connection_id", uuid)
	return collect("list connections of a report", rows, err, func(row scanner) (id int64, err error) {
		return id, row.Scan(&id)
	})
}

func scanReport(row scanner) (psp.ListedReport, error) {
	var r psp.ListedReport
	var start, end, created, changed, gone int64
	err := row.Scan(&r.UUID, &r.Status, &r.Type, &r.Filename, &start, &end, &created, &changed, &gone)
	r.Start, r.End, r.CreatedAt, r.ChangedAt, r.GoneAt = timeAt(start), timeAt(end), timeAt(created), timeAt(changed), timeAt(gone)
	return r, err
}

// ReportsUnfinished implements psp.ReportStore.
func (db *DB) ReportsUnfinished(ctx context.Context, connectionID int64) (bool, error) {
	var found bool
	err := db.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM psp_reports
		WHERE connection_id = ? AND status < ? AND gone_at = 0)`, connectionID, psp.ReportSuccess).Scan(&found)
	return found, mapError("look for unfinished reports", err)
}

// MergeReports implements psp.ReportStore.
func (db *DB) MergeReports(ctx context.Context, connectionID int64, reports []psp.Report, whole bool, at time.Time) ([]psp.ReportChange, error) {
	var changes []psp.ReportChange
	err := db.write(ctx, "merge reports", func(tx *sql.Tx) error {
		if err := reportsGone(ctx, tx, connectionID, reports, whole, at); err != nil {
			return err
		}
		for _, r := range reports {
			change, changed, err := mergeReport(ctx, tx, connectionID, r, at)
			if err != nil {
				return err
			}
			if changed {
				changes = append(changes, change)
			}
		}
		return noteCopied(ctx, tx, connectionID, psp.ReportList, at)
	})
	return changes, err
}

// reportsGone marks the copies that a list should hold as gone; merging brings back what it does hold.
func reportsGone(ctx context.Context, tx *sql.Tx, connectionID int64, reports []psp.Report, whole bool, at time.Time) error {
	oldest := int64(-1 << 63)
	if !whole {
		oldest = 1<<63 - 1
		for _, r := range reports {
			oldest = min(oldest, r.CreatedAt.UnixMicro())
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE psp_reports SET gone_at = ? WHERE connection_id = ? AND gone_at = 0 AND created_at > ?",
		at.UnixMicro(), connectionID, oldest)
	return err
}

func mergeReport(ctx context.Context, tx *sql.Tx, connectionID int64, r psp.Report, at time.Time) (psp.ReportChange, bool, error) {
	change := psp.ReportChange{Report: psp.ListedReport{Report: r, ChangedAt: at}, Before: r.Status}
	known, err := scanReport(tx.QueryRowContext(ctx, selectReports+" WHERE connection_id = ? AND uuid = ?", connectionID, r.UUID))
	isNew := errors.Is(err, sql.ErrNoRows)
	switch {
	case isNew:
	case err != nil:
		return change, false, err
	default:
		change.Before = known.Status
		if known.Status == r.Status {
			change.Report.ChangedAt = known.ChangedAt
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO psp_reports (connection_id, uuid, status, type, filename, start_at, end_at, created_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (connection_id, uuid) DO UPDATE SET status = excluded.status, type = excluded.type, filename = excluded.filename,
		start_at = excluded.start_at, end_at = excluded.end_at, created_at = excluded.created_at, changed_at = excluded.changed_at, gone_at = 0`,
		connectionID, r.UUID, r.Status, r.Type, r.Filename, optionalMicros(r.Start), optionalMicros(r.End), r.CreatedAt.UnixMicro(),
		change.Report.ChangedAt.UnixMicro())
	return change, isNew || change.Before != r.Status, err
}

func optionalMicros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: micros(t), Valid: !t.IsZero()}
}
