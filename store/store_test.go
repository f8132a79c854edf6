package store_test

import (
	"path/filepath"
	"testing"

	"payportal/store"
)

func TestMigrateTwiceIsReady(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "a ? b%.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ready(t.Context()); err == nil {
		t.Error("Ready before Migrate = nil, want an error")
	}
	for range 2 {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v, want nil", err)
	}
}
