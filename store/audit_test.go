package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/seal"
)

// trail gives a migrated database with n entries of mixed acts.
func trail(t *testing.T, n int) *DB {
	t.Helper()
	db := openMigrated(t, filepath.Join(t.TempDir(), "portal.db"))
	ring, err := seal.ParseKeys(seal.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.UseKeys(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	err = db.write(t.Context(), "fill", func(tx *sql.Tx) error {
		for i := range n {
			e := audit.Entry{
				Actor: audit.Actor{UserID: int64(i % 3), Name: fmt.Sprintf("user%d", i%3), SessionID: "s", RequestID: fmt.Sprint("r", i), Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 4)})},
				Act:   []string{"user.create", "user.disable", "role.update", "username.x"}[i%4], Object: fmt.Sprintf("user:%d", i%5),
				Outcome: []string{audit.OK, audit.OK, audit.Refused}[i%3], Before: map[string]int{"n": i}, After: map[string]int{"n": i + 1},
			}
			if err := db.appendAudit(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func openMigrated(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestVerifyAuditOfAnUntouchedTrail(t *testing.T) {
	for _, n := range []int{0, 1, 40} {
		db := trail(t, n)
		v, err := db.VerifyAudit(t.Context())
		if err != nil || !v.OK() || v.Count != int64(n) {
			t.Errorf("VerifyAudit of %d entries = %+v, %v; want OK", n, v, err)
		}
	}
}

// TestEveryTamperIsFound changes one byte of any column, deletes, swaps, inserts or cuts off, 1,000 times, each in a
// transaction that is rolled back.
func TestEveryTamperIsFound(t *testing.T) {
	const entries = 40
	db := trail(t, entries)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		tx, err := db.writer.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, trigger := range []string{"audit_entries_no_update", "audit_entries_no_delete", "audit_head_no_delete"} {
			mustExec(t, tx, "DROP TRIGGER "+trigger)
		}
		seq, what := tamper(t, tx, random, entries)
		v, err := db.verifyAudit(t.Context(), tx)
		if err != nil || v.OK() {
			t.Errorf("tamper %d (%s): VerifyAudit = %+v, %v; want it found", i, what, v, err)
		}
		if seq != 0 && v.BadSeq != seq {
			t.Errorf("tamper %d (%s): BadSeq = %d, want %d", i, what, v.BadSeq, seq)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := db.VerifyAudit(t.Context()); err != nil || !v.OK() {
		t.Errorf("VerifyAudit after all = %+v, %v; want OK", v, err)
	}
}

// TestAnEntryOfAnotherHistoryIsFound puts an entry that the portal did write, before the file was put back to an earlier
// state, in the place of the one that it wrote afterwards.
func TestAnEntryOfAnotherHistoryIsFound(t *testing.T) {
	db := trail(t, 3)
	tx, err := db.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	appendNow := func(act string) {
		t.Helper()
		if err := db.appendAudit(tx, audit.Entry{Act: act}); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, tx, "DROP TRIGGER audit_entries_no_delete")
	mustExec(t, tx, "CREATE TEMP TABLE before AS SELECT * FROM audit_head")
	appendNow("user.create")
	mustExec(t, tx, "CREATE TEMP TABLE other AS SELECT * FROM audit_entries WHERE seq = 4")
	mustExec(t, tx, "DELETE FROM audit_entries WHERE seq = 4")
	mustExec(t, tx, "UPDATE audit_head SET (count, hash, mac) = (SELECT count, hash, mac FROM before)")
	appendNow("user.disable")
	appendNow("user.enable")
	if v, err := db.verifyAudit(t.Context(), tx); err != nil || !v.OK() {
		t.Fatalf("VerifyAudit before the change = %+v, %v; want OK", v, err)
	}
	mustExec(t, tx, "DELETE FROM audit_entries WHERE seq = 4")
	mustExec(t, tx, "INSERT INTO audit_entries SELECT * FROM other")
	if v, err := db.verifyAudit(t.Context(), tx); err != nil || v.BadSeq != 5 {
		t.Errorf("VerifyAudit = %+v, %v; want BadSeq 5", v, err)
	}
}

// tamper does one change and gives the first seq that is no longer true, 0 where the head is what was changed.
func tamper(t *testing.T, tx *sql.Tx, random *rand.Rand, entries int64) (int64, string) {
	t.Helper()
	seq := 1 + random.Int64N(entries)
	switch random.IntN(8) {
	case 0:
		mustExec(t, tx, "DELETE FROM audit_entries WHERE seq = ?", seq)
		return seq, "delete"
	case 1:
		mustExec(t, tx, "DELETE FROM audit_entries WHERE seq >= ?", seq)
		return seq, "cut off"
	case 2: // cut off, and make the head agree with what is left, as far as it can be without the key
		mustExec(t, tx, "DELETE FROM audit_entries WHERE seq >= ?", seq)
		mustExec(t, tx, "UPDATE audit_head SET count = ?, hash = coalesce((SELECT hash FROM audit_entries WHERE seq = ?), x'')", seq-1, seq-1)
		return seq, "cut off with head"
	case 3:
		other := seq%entries + 1
		mustExec(t, tx, "UPDATE audit_entries SET seq = -1 WHERE seq = ?", seq)
		mustExec(t, tx, "UPDATE audit_entries SET seq = ? WHERE seq = ?", seq, other)
		mustExec(t, tx, "UPDATE audit_entries SET seq = ? WHERE seq = -1", other)
		return min(seq, other), "swap"
	case 4:
		mustExec(t, tx, "INSERT INTO audit_entries SELECT ?, at, user_id, actor, session_id, address, request_id, act, object, outcome, before, after, hash FROM audit_entries WHERE seq = ?", entries+1, seq)
		return entries + 1, "insert"
	case 5:
		column := []string{"count", "hash", "mac"}[random.IntN(3)]
		flipByte(t, tx, random, "audit_head", column, "id", 1)
		return 0, "head " + column
	default:
		column := strings.Split(auditColumns, ", ")[random.IntN(13)]
		flipByte(t, tx, random, "audit_entries", column, "seq", seq)
		return 0, fmt.Sprintf("byte of %s in %d", column, seq)
	}
}

// flipByte changes one byte of a value: of its bytes where it is a text or blob, of its number else.
func flipByte(t *testing.T, tx *sql.Tx, random *rand.Rand, table, column, key string, row int64) {
	t.Helper()
	var value any
	if err := tx.QueryRow(fmt.Sprintf("SELECT %s FROM %s WHERE %s = ?", column, table, key), row).Scan(&value); err != nil {
		t.Fatal(err)
	}
	switch v := value.(type) {
	case int64:
		value = v ^ 1<<(8*random.IntN(7)+random.IntN(7))
	case string:
		value = string(flipped([]byte(v), random))
	case []byte:
		value = flipped(v, random)
	}
	mustExec(t, tx, fmt.Sprintf("UPDATE OR REPLACE %s SET %s = ? WHERE %s = ?", table, column, key), value, row)
}

func flipped(b []byte, random *rand.Rand) []byte {
	if len(b) == 0 {
		return []byte("x")
	}
	b[random.IntN(len(b))] ^= byte(1 + random.IntN(255))
	return b
}

func mustExec(t *testing.T, tx *sql.Tx, query string, args ...any) {
	t.Helper()
	if _, err := tx.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestTheTrailIsAppendOnly(t *testing.T) {
	db := trail(t, 3)
	for _, statement := range []string{"UPDATE audit_entries SET act = 'x'", "DELETE FROM audit_entries", "DELETE FROM audit_head"} {
		if _, err := db.writer.Exec(statement); err == nil {
			t.Errorf("%s = nil, want an error", statement)
		}
	}
}

func TestAuditRollsBackWithItsAct(t *testing.T) {
	db := trail(t, 2)
	refuse := errors.New("no")
	err := db.write(t.Context(), "x", func(tx *sql.Tx) error {
		if err := db.appendAudit(tx, audit.Entry{Act: "user.create"}); err != nil {
			return err
		}
		return refuse
	})
	if !errors.Is(err, refuse) {
		t.Fatalf("write = %v, want %v", err, refuse)
	}
	if head, err := db.AuditHead(t.Context()); err != nil || head.Count != 2 {
		t.Errorf("AuditHead = %+v, %v; want 2 entries", head, err)
	}
}

func TestNoActWithoutKeys(t *testing.T) {
	db := openMigrated(t, filepath.Join(t.TempDir(), "portal.db"))
	if err := db.RecordAudit(t.Context(), audit.Entry{Act: "x"}); !errors.Is(err, errNoKeys) {
		t.Errorf("RecordAudit before UseKeys = %v, want errNoKeys", err)
	}
}

func TestUseKeysRefusesAnotherMasterKeyAndALostChainKey(t *testing.T) {
	db := trail(t, 2)
	other, err := seal.ParseKeys(seal.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.UseKeys(t.Context(), other); err == nil {
		t.Error("UseKeys with another master key = nil, want an error")
	}
	if _, err := db.writer.Exec("DELETE FROM sealed_keys"); err != nil {
		t.Fatal(err)
	}
	if err := db.UseKeys(t.Context(), other); err == nil {
		t.Error("UseKeys after the chain's key was deleted = nil, want an error")
	}
}

func TestAuditEntriesFilters(t *testing.T) {
	const entries = 60
	db := trail(t, entries)
	tests := []struct {
		name   string
		filter audit.Filter
		want   func(i int) bool
	}{
		{"all", audit.Filter{}, func(int) bool { return true }},
		{"user", audit.Filter{UserID: 2}, func(i int) bool { return i%3 == 2 }},
		{"act", audit.Filter{Act: "user.disable"}, func(i int) bool { return i%4 == 1 }},
		{"group", audit.Filter{Act: "user."}, func(i int) bool { return i%4 < 2 }},
		{"object", audit.Filter{Object: "user:3"}, func(i int) bool { return i%5 == 3 }},
		{"outcome", audit.Filter{Outcome: audit.Refused}, func(i int) bool { return i%3 == 2 }},
		{"address", audit.Filter{Address: "10.0.0.1"}, func(i int) bool { return i%4 == 1 }},
		{"several", audit.Filter{Act: "user.", UserID: 1}, func(i int) bool { return i%4 < 2 && i%3 == 1 }},
		{"future", audit.Filter{From: time.Now().Add(time.Hour)}, func(int) bool { return false }},
		{"past", audit.Filter{Until: time.Now().Add(-time.Hour)}, func(int) bool { return false }},
		{"period", audit.Filter{From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, func(int) bool { return true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []int64
			for i := entries - 1; i >= 0; i-- {
				if tt.want(i) {
					want = append(want, int64(i+1))
				}
			}
			if got := allSeqs(t, db, tt.filter); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// allSeqs pages through a list, seven at a time.
func allSeqs(t *testing.T, db *DB, f audit.Filter) []int64 {
	t.Helper()
	var seqs []int64
	f.Limit = 7
	for {
		page, err := db.AuditEntries(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			seqs = append(seqs, e.Seq)
		}
		if len(page) < f.Limit {
			return seqs
		}
		f.Before = page[len(page)-1].Seq
	}
}

func TestAuditPlansNeverScan(t *testing.T) {
	db := trail(t, 5)
	for _, f := range []audit.Filter{
		{},
		{UserID: 1},
		{Act: "user."},
		{Act: "user.create"},
		{Object: "x"},
		{Outcome: "ok"},
		{Address: "x"},
		{Before: 9},
		{From: time.Now()},
		{Until: time.Now()},
		{From: time.Now(), Until: time.Now(), Act: "user.", UserID: 1},
	} {
		query, args := auditQuery(f)
		if plan := queryPlan(t, db, query, args...); strings.Contains(plan, "SCAN audit") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("plan of %+v:\n%s", f, plan)
		}
	}
}

func queryPlan(t *testing.T, db *DB, query string, args ...any) string {
	t.Helper()
	rows, err := db.reader.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
