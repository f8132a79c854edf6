package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"payportal/internal/iban"
	"payportal/internal/inquiry"
)

// TestPlansOfInquiries reads the plan of every query of the history and of files: an index range and no scan, and no sort but that
// of the few rows that a search for a number finds.
func TestPlansOfInquiries(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "plans.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	number, err := iban.MakeIBAN("017", "0000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	parts := []func(*inquiry.HistoryFilter){
		func(f *inquiry.HistoryFilter) { f.Kind = inquiry.Card },
		func(f *inquiry.HistoryFilter) { f.Outcome = inquiry.Lost },
		func(f *inquiry.HistoryFilter) { f.UserID = 1 },
		func(f *inquiry.HistoryFilter) { f.BulkID = 1 },
		func(f *inquiry.HistoryFilter) { f.From = time.Unix(1, 0) },
		func(f *inquiry.HistoryFilter) { f.To = time.Unix(9, 0) },
		func(f *inquiry.HistoryFilter) { f.Before = 5 },
		func(f *inquiry.HistoryFilter) {
			f.Questions = []inquiry.Question{inquiry.AskIBAN(number), inquiry.AskIBAN(number)}
		},
	}
	for chosen := range 1 << len(parts) {
		f := inquiry.HistoryFilter{Limit: 50}
		for i, part := range parts {
			if chosen&(1<<i) != 0 {
				part(&f)
			}
		}
		query, args := db.inquiriesQuery(f)
		plan := planOf(t, db, query, args)
		if strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") && f.Questions == nil {
			t.Errorf("history %b: plan is %q", chosen, plan)
		}
	}
	for _, q := range []struct {
		name, index, query string
		args               []any
	}{
		{"files", "inquiry_bulks_by_user", ownBulksQuery, []any{1, 9, 10}},
		{"running files", "inquiry_bulks_running", runningBulksQuery, nil},
		{"a fresh answer", "inquiries_by_number", freshInquiryQuery, []any{[]byte{1}, 1, 0}},
		{"ready lines", "inquiry_lines_by_state", linesOfStateQuery, []any{1, "ready", 0, 100}},
		{"counts", "inquiry_lines_by_state", "SELECT state, count(*) FROM inquiry_lines WHERE bulk_id = ? GROUP BY state", []any{1}},
		{"lines with fresh answers", "inquiries_by_number", "SELECT count(*)" + freshLinesQuery, []any{1, 1, 0}},
	} {
		plan := planOf(t, db, q.query, q.args)
		if !strings.Contains(plan, q.index) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN inquiries") || strings.Contains(plan, "SCAN l") {
			t.Errorf("%s: plan is %q, want index %s", q.name, plan, q.index)
		}
	}
}

// planOf gives the plan of a query as one line.
func planOf(t *testing.T, db *DB, query string, args []any) string {
	t.Helper()
	rows, err := db.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	plan, err := collect("explain", rows, nil, func(row scanner) (line string, err error) {
		var id, parent, unused int
		return line, row.Scan(&id, &parent, &unused, &line)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}
