// Package storetest gives tests a migrated database of their own and fills it with payments. Tests, benchmarks and the
// demo's seed import it; it is not for serving.
package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"payportal/internal/seal"
	"payportal/store"
)

// Open gives a migrated database in a temporary folder, closed when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return OpenFile(t, filepath.Join(t.TempDir(), "portal.db"))
}

// OpenFile opens and migrates the database at path and closes it when the test ends.
func OpenFile(t testing.TB, path string) *store.DB {
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
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate %s: %v", path, err)
	}
	if err := db.UseKeys(context.Background(), Keys(t)); err != nil {
		t.Fatalf("use keys for %s: %v", path, err)
	}
	return db
}

// Keys gives the ring of the test databases. It is always the same, so that a test may open a file twice.
func Keys(t testing.TB) *seal.Keyring {
	t.Helper()
	ring, err := seal.ParseKeys("dGVzdCBrZXkgb2YgMzIgYnl0ZXMsIG5vdCBzZWNyZXQ=")
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
