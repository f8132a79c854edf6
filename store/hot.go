package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// hotStatements are run by the hundred a second, or within a person's waiting time: parsing them costs as much as running them.
// They are prepared once, on the writer's one connection.
var hotStatements = []string{
	readAuditHead, insertAuditEntry, moveAuditHead,
	readUsage, addUsage, insertInquiryRow, sealInquiryNumber, settleInquiryRow, settleLine, claimLineRow, readWorkedBulk,
}

// hotSet holds the prepared statements; none until warm, and when preparing failed: then statements are parsed each time.
type hotSet struct {
	once     sync.Once
	prepared atomic.Pointer[map[string]*sql.Stmt]
}

// of gives the prepared statement of a text, or nil.
func (h *hotSet) of(query string) *sql.Stmt {
	if prepared := h.prepared.Load(); prepared != nil {
		return (*prepared)[query]
	}
	return nil
}

// warm prepares the hot statements, the first time. It must not be called within a transaction: the writer has one connection.
func (db *DB) warm(ctx context.Context) {
	db.hot.once.Do(func() {
		prepared := make(map[string]*sql.Stmt, len(hotStatements))
		for _, query := range hotStatements {
			stmt, err := db.writer.PrepareContext(ctx, query) //nolint:sqlclosecheck // closed with the writer
			if err != nil {
				return
			}
			prepared[query] = stmt
		}
		db.hot.prepared.Store(&prepared)
	})
}

// exec runs a statement of a write transaction, prepared where it is hot.
func (db *DB) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (sql.Result, error) {
	if stmt := db.hot.of(query); stmt != nil {
		return tx.StmtContext(ctx, stmt).ExecContext(ctx, args...) //nolint:sqlclosecheck // the transaction closes it
	}
	return tx.ExecContext(ctx, query, args...)
}

// queryRow is exec for a statement that gives a row.
func (db *DB) queryRow(ctx context.Context, tx *sql.Tx, query string, args ...any) *sql.Row {
	if stmt := db.hot.of(query); stmt != nil {
		return tx.StmtContext(ctx, stmt).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // the transaction closes it
	}
	return tx.QueryRowContext(ctx, query, args...)
}
