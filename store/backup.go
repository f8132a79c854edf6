package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"payportal/internal/audit"
)

// Backup writes a consistent copy of the database to a new file while a portal runs in another process, checks it, and flushes it to the
// disk. It fails when the file exists. The copy is complete or not there at all: it is written under another name first.
func (db *DB) Backup(ctx context.Context, file string) (err error) {
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("backup: %s exists already", file)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(part))
		}
	}()
	// A copy in one read transaction: other programs go on writing meanwhile, in the WAL. The readers of this one refuse
	// every statement that writes anywhere, hence the writer's connection.
	if _, err := db.writer.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := markCopy(ctx, part); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := flush(part); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(part, file); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return flush(filepath.Dir(file))
}

// markCopy checks a copied file and writes into it that it is one.
func markCopy(ctx context.Context, path string) (err error) {
	copied, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.Close(), removeIfThere(path+"-wal"), removeIfThere(path+"-shm")) }()
	if err := copied.CheckIntegrity(ctx); err != nil {
		return err
	}
	_, err = copied.writer.ExecContext(ctx, "INSERT INTO copies (made_at) VALUES (?)", time.Now().UnixMicro())
	return err
}

// IsRestored reports whether the file is a copy that no portal has started on yet.
func (db *DB) IsRestored(ctx context.Context) (restored bool, err error) {
	err = db.reader.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM copies)").Scan(&restored)
	return restored, mapError("read copy mark", err)
}

// AcceptRestored forgets that the file was a copy: what must be done after a restore has been done.
func (db *DB) AcceptRestored(ctx context.Context, e audit.Entry) error {
	return db.write(ctx, "accept restored copy", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM copies"); err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
}

// CheckIntegrity reads the whole file: its pages, its indexes, and its references between tables.
func (db *DB) CheckIntegrity(ctx context.Context) (err error) {
	var verdict string
	if err := db.reader.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check integrity: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("check integrity: %s", verdict)
	}
	rows, err := db.reader.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("check references: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if rows.Next() {
		return errors.New("check references: a row refers to one that does not exist")
	}
	return rows.Err()
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// flush makes sure that a file, or the entries of a folder, are on the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
