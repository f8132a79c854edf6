package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

func somePayments(n int, draw *rand.Rand) []psp.Payment {
	batch := make([]psp.Payment, n)
	for i := range batch {
		batch[i] = somePayment(draw)
	}
	return batch
}

// TestTornWALKeepsACommittedPrefix copies the database with a WAL that was cut or damaged at random, as a power cut leaves it:
// what opens is sound, and it has as many payments as the cursor beside them says.
func TestTornWALKeepsACommittedPrefix(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	draw := rand.New(rand.NewPCG(11, 12))
	const commits, each = 20, 10
	for n := range int64(commits) {
		s := mirror.State{Key: mirror.Key{ConnectionID: 1}, Walk: mirror.Fill, Cursor: fmt.Sprint(n + 1), Read: (n + 1) * each}
		if err := db.SaveMirror(t.Context(), s, somePayments(each, draw)); err != nil {
			t.Fatal(err)
		}
	}
	path := db.Path()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	prefixes := map[int64]bool{}
	for range 40 {
		torn := append([]byte(nil), wal...)
		if at := draw.IntN(len(torn)); draw.IntN(2) == 0 {
			torn = torn[:at]
		} else {
			torn[at] ^= 1 << draw.IntN(8)
		}
		prefixes[openTorn(t, file, torn, each)] = true
	}
	if len(prefixes) < 5 {
		t.Errorf("only %d different prefixes: the damage did not reach the commits", len(prefixes))
	}
}

// openTorn gives the number of payments, having compared it with the state.
func openTorn(t *testing.T, file, wal []byte, each int64) int64 {
	t.Helper()
	path := t.TempDir() + "/torn.db"
	for name, content := range map[string][]byte{path: file, path + "-wal": wal} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var check string
	if err := db.Writer().QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Fatalf("integrity = %s, %v", check, err)
	}
	s, err := db.MirrorState(t.Context(), mirror.Key{ConnectionID: 1})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := db.PaymentTotals(t.Context(), psp.PaymentFilter{}, psp.PaymentGroups{})
	if err != nil {
		t.Fatal(err)
	}
	if totals.Count != s.Read || s.Read%each != 0 {
		t.Fatalf("%d payments, want the %d that the cursor says", totals.Count, s.Read)
	}
	return totals.Count
}

// TestFullDiskIsUnavailable: a save that finds no room changes nothing, says so honestly, and works again when there is room.
func TestFullDiskIsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	limit := func(pages string) {
		t.Helper()
		if _, err := db.Writer().ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	draw := rand.New(rand.NewPCG(13, 14))
	first, more := somePayments(50, draw), somePayments(1500, draw)
	s := mirror.State{Key: mirror.Key{ConnectionID: 1}, Cursor: "first"}
	if err := db.SaveMirror(t.Context(), s, first); err != nil {
		t.Fatal(err)
	}
	limit("1") // the size that the file has
	s.Cursor = "more"
	if err := db.SaveMirror(t.Context(), s, more); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("save on a full disk = %v, want Unavailable", err)
	}
	count := func() int64 {
		t.Helper()
		totals, err := db.PaymentTotals(t.Context(), psp.PaymentFilter{}, psp.PaymentGroups{})
		if err != nil {
			t.Fatal(err)
		}
		return totals.Count
	}
	kept, err := db.MirrorState(t.Context(), s.Key)
	if err != nil || kept.Cursor != "first" || count() != 50 {
		t.Errorf("after the full disk: cursor %q, %d payments, %v, want the first save alone", kept.Cursor, count(), err)
	}
	limit("1000000")
	if err := db.SaveMirror(t.Context(), s, more); err != nil || count() != 1550 {
		t.Errorf("save with room again = %v, %d payments, want 1550", err, count())
	}
}

func TestSightingsCountNewPayments(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	batch := somePayments(200, rand.New(rand.NewPCG(15, 16)))
	want := map[string]int64{}
	for _, p := range batch {
		want[fmt.Sprint(p.Type, p.TerminalNumber, p.PSP)]++
	}
	for range 2 { // known payments are not counted again
		if err := db.SaveMirror(t.Context(), mirror.State{Key: mirror.Key{ConnectionID: 1}}, batch); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := db.Writer().QueryContext(t.Context(), "SELECT type, number, psp, payments FROM terminal_sightings WHERE connection_id = 1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	got := map[string]int64{}
	for rows.Next() {
		var kind psp.TerminalType
		var number, name string
		var n int64
		if err := rows.Scan(&kind, &number, &name, &n); err != nil {
			t.Fatal(err)
		}
		got[fmt.Sprint(kind, number, name)] = n
	}
	if err := rows.Err(); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sightings = %v, %v, want %v", got, err, want)
	}
}
