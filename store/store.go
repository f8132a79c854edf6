// Package store keeps the portal's data in one SQLite file. It maps rows to domain types and driver codes to
// errs kinds; it knows no HTTP and no provider. Only cmd/portal and tests import it; everybody else sees the small
// interfaces that the domain packages declare.
//
// One file a table group. Reads use the reader pool; every write goes through DB.write, one immediate transaction on
// the single writer connection, with synchronous=FULL, so that what is committed survives a power cut.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
	"payportal/internal/seal"
	"payportal/store/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the database: a writer pool of one connection and a pool of read-only connections on the same file.
type DB struct {
	writer *sql.DB
	reader *sql.DB
	rows   *engine.Pool // for the lists, totals and exports of payments alone
	limits listLimits   // of payments
	// streams has a place for each export that may run at once: fewer than rows has connections, so that slow downloads never
	// keep a list waiting.
	streams chan struct{}
	path    string

	// ring, chain and numbers, the key under which inquired numbers are hashed, are given by UseKeys, once, before the first
	// write.
	ring          *seal.Keyring
	chain         audit.Chain
	numbers       []byte
	hot, hotReads hotSet // statements of the writer and of the readers
	// inquirySettings are those of the database, once they were read.
	inquirySettings atomic.Pointer[inquiry.Settings]
	// accessGeneration grows with each change of users, roles and sessions: caches of rights compare it.
	accessGeneration atomic.Uint64
}

// readers is the size of the reader pool: more than the cores of the machine we plan for, so that a long export does
// not hold up a list page.
const readers = 8

// Open opens or creates the database file, without migrating it.
func Open(ctx context.Context, path string) (*DB, error) {
	// A first fill touches some ten thousand index pages in each commit: room to keep them until it, so that each is written
	// once, and checkpoints of many commits at once.
	writer, err := sql.Open("sqlite", dsn(path, "_txlock=immediate", "_pragma=synchronous(FULL)",
		"_pragma=cache_size(-64000)", "_pragma=wal_autocheckpoint(20000)"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		_ = writer.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	db := &DB{writer: writer, reader: reader, rows: engine.NewPool(path, readers), limits: defaultLimits, streams: make(chan struct{}, readers/2), path: path}
	if err := db.checkEngine(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dsn writes all settings into the connection string: an Exec would reach one pooled connection only.
func dsn(path string, extra ...string) string {
	settings := append([]string{
		"_pragma=busy_timeout(5000)", "_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)",
		"_pragma=temp_store(MEMORY)", "_time_format=sqlite",
	}, extra...)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(settings, "&")
}

// checkEngine refuses SQLite versions with the WAL corruption bug that 3.51.3 fixed and 3.52.0 brought back.
func (db *DB) checkEngine(ctx context.Context) error {
	var version string
	if err := db.writer.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("open database %s: %w", db.path, err)
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return fmt.Errorf("read SQLite version %q: %w", version, err)
	}
	number := major*1_000_000 + minor*1_000 + patch
	if number < 3_051_003 || number == 3_052_000 {
		return fmt.Errorf("SQLite %s can corrupt a WAL; 3.51.3 or newer, and not 3.52.0, is needed", version)
	}
	return nil
}

// Migrate brings the schema up to this binary's version. It refuses a database that a newer binary has migrated.
func (db *DB) Migrate(ctx context.Context) error {
	provider, err := db.migrator()
	if err != nil {
		return err
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if known := latestMigration(provider); current > known {
		return fmt.Errorf("the database has schema version %d, this program knows %d: use a newer program", current, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

func (db *DB) migrator() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.writer, dir)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

func latestMigration(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

// Ready reports why the database cannot serve, or nil: it answers, and its schema is this binary's.
func (db *DB) Ready(ctx context.Context) error {
	provider, err := db.migrator()
	if err != nil {
		return err
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return mapError("check database", err)
	}
	if want := latestMigration(provider); current != want {
		return fmt.Errorf("schema version is %d, want %d", current, want)
	}
	return nil
}

// Close closes both pools.
func (db *DB) Close() error {
	return errors.Join(db.rows.Close(), db.reader.Close(), db.writer.Close())
}

// Writer is the writer pool, for the job queue, which brings its own SQL.
func (db *DB) Writer() *sql.DB { return db.writer }

// write runs one write transaction: committed when do returns nil, rolled back otherwise. op names the act for the log.
func (db *DB) write(ctx context.Context, op string, do func(tx *sql.Tx) error) error {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return mapError(op, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it answers ErrTxDone: nothing left to undo
	if err := do(tx); err != nil {
		return mapError(op, err)
	}
	if err := tx.Commit(); err != nil {
		return mapError(op, err)
	}
	return nil
}

// mapError turns driver errors into errs kinds; an error that has a kind already passes unchanged.
func mapError(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return errs.New(errs.NotFound, op, "", nil)
	}
	if driver, ok := errors.AsType[*sqlite.Error](err); ok {
		switch driver.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return errs.New(errs.Conflict, op, "", err)
		}
		switch driver.Code() & 0xff { // the primary code of an extended one
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
			sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
			return errs.New(errs.Unavailable, op, "errs.database", err)
		}
	}
	return fmt.Errorf("%s: %w", op, err)
}
