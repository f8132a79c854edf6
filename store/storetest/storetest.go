// Package storetest gives tests a migrated database of their own and fills it with payments. Tests, benchmarks and the
// demo's seed import it; it is not for serving.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"payportal/store"
)

// template is the bytes of an empty migrated database: migrating takes longer than most tests.
var template = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "template.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closing the last connection brings the WAL into the file
})

// Open gives a migrated database in a temporary folder, closed when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	file, err := template()
	if err != nil {
		t.Fatalf("migrate a database: %v", err)
	}
	path := filepath.Join(t.TempDir(), "portal.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	useKeys(t, db)
	return db
}

// OpenFile opens and migrates the database at path and closes it when the test ends.
func OpenFile(t testing.TB, path string) *store.DB {
	t.Helper()
	db := open(t, path)
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate %s: %v", path, err)
	}
	useKeys(t, db)
	return db
}

func open(t testing.TB, path string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), path)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close %s: %v", path, err)
		}
	})
	return db
}
