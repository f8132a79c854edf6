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

// hotReads are what a question asks the readers. Each connection of the pool prepares them once.
var hotReads = []string{inquiryByKeyQuery, freshInquiryQuery, readUsage}

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

// prepare fills the set, the first time.
func (h *hotSet) prepare(ctx context.Context, pool *sql.DB, queries []string) {
	h.once.Do(func() {
		prepared := make(map[string]*sql.Stmt, len(queries))
		for _, query := range queries {
			stmt, err := pool.PrepareContext(ctx, query) //nolint:sqlclosecheck // closed with the pool
			if err != nil {
				return
			}
			prepared[query] = stmt
		}
		h.prepared.Store(&prepared)
	})
}

// warm prepares the hot statements, the first time. It must not be called within a transaction: the writer has one connection.
func (db *DB) warm(ctx context.Context) {
	db.hot.prepare(ctx, db.writer, hotStatements)
}

// readRow reads one row by the readers, by a statement that is hot.
func (db *DB) readRow(ctx context.Context, query string, args ...any) *sql.Row {
	db.hotReads.prepare(ctx, db.reader, hotReads)
	if stmt := db.hotReads.of(query); stmt != nil { //nolint:sqlclosecheck // closed with the pool
		return stmt.QueryRowContext(ctx, args...)
	}
	return db.reader.QueryRowContext(ctx, query, args...)
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
