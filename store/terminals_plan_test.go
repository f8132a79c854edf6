package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"payportal/internal/psp"
)

// TestPlansOfTerminalsAndTheirLists reads the plan of every list query, in every order, with every filter, on the first page
// and on a later one: an index range in the order of the list, no scan and no sort.
func TestPlansOfTerminalsAndTheirLists(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "plans.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	pos, enabled, ready := psp.POS, true, psp.ReportSuccess
	filtered := psp.TerminalFilter{
		ConnectionID: 1, Type: &pos, PSP: "SEP", AccountUUID: "a", Enabled: &enabled, Origin: psp.Created, Query: "1",
	}
	for _, sort := range psp.TerminalSorts {
		index := "terminals_by_creation"
		if strings.HasSuffix(string(sort), "number") {
			index = "terminals_by_number"
		}
		for _, f := range []psp.TerminalFilter{{ConnectionID: 1}, filtered} {
			f.Sort, f.Limit = sort, 51
			for _, from := range []*psp.Position{nil, {At: 5, Text: "5", ID: "u"}} {
				for _, backward := range []bool{false, true} {
					query, args := terminalsQuery(psp.TerminalQuery{TerminalFilter: f, From: from, Backward: backward})
					wantIndexed(t, db, fmt.Sprintf("terminals %s from %v backward %v", sort, from, backward), index, query, args)
				}
			}
		}
	}
	for _, after := range []*psp.Sighting{nil, {LastAt: time.UnixMicro(9), Number: "1"}} {
		query, args := unregisteredQuery(1, after, 51)
		wantIndexed(t, db, "sightings", "terminal_sightings_by_last", query, args)
		wantIndexed(t, db, "sightings' terminals", "terminals_by_sighting", query, args)
	}
	for _, after := range []*psp.Position{nil, {At: 5, ID: "u"}} {
		for _, status := range []*psp.ReportStatus{nil, &ready} {
			query, args := reportsQuery(psp.ReportFilter{ConnectionID: 1, Status: status}, after, 51)
			wantIndexed(t, db, "reports", "psp_reports_by_creation", query, args)
		}
	}
	wantIndexed(t, db, "unsettled commands", "commands_unsettled", unsettledCommandsQuery, []any{0, 100})
	wantIndexed(t, db, "unsettled command of a subject", "commands_unsettled_subject", unsettledCommandQuery, []any{1, "k", "s"})
}

// wantIndexed wants the named index in the plan: another one that happens to begin alike reads too many rows.
func wantIndexed(t *testing.T, db *DB, name, index, query string, args []any) {
	t.Helper()
	text := planOf(t, db, query, args)
	if !strings.Contains(text, "INDEX "+index+" (") || strings.Contains(text, "SCAN") || strings.Contains(text, "TEMP B-TREE") {
		t.Errorf("%s: plan is %q, want index %s", name, text, index)
	}
}
