package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	if err := checkFile(ctx, part); err != nil {
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

// checkFile opens a database file by itself and runs CheckIntegrity on it.
func checkFile(ctx context.Context, path string) (err error) {
	copied, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	return copied.CheckIntegrity(ctx)
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
