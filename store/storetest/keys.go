package storetest

import (
	"context"
	"testing"

	"payportal/internal/seal"
	"payportal/store"
)

// MasterKey is the key of the test databases as the portal's configuration has it.
const MasterKey = "dGVzdCBrZXkgb2YgMzIgYnl0ZXMsIG5vdCBzZWNyZXQ="

// Keys gives the ring of the test databases. It is always the same, so that a test may open a file twice.
func Keys(t testing.TB) *seal.Keyring {
	t.Helper()
	ring, err := seal.ParseKeys(MasterKey)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// useKeys makes the database ready for acts: none happens without its entry in the audit trail.
func useKeys(t testing.TB, db *store.DB) {
	t.Helper()
	if err := db.UseKeys(context.Background(), Keys(t)); err != nil {
		t.Fatalf("use the test keys: %v", err)
	}
}
