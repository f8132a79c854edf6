package store_test

import (
	"strings"
	"testing"
	"time"

	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

// TestPaymentPlans looks at the plan of every statement that any combination of filters, orders and cursors can run. A scan of
// the table is refused, and a sort; a walk of a whole index in its order is what an unfiltered list is, and stops by itself.
func TestPaymentPlans(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	statements := map[string]bool{
		// The fixed ones of totals, details and the mirror.
		"SELECT max(seq) FROM payments":                               true,
		"SELECT seq FROM payments WHERE seq >= ? AND seq < ?":         true,
		"SELECT seq FROM payments WHERE seq = ?":                      true,
		"SELECT data FROM payment_blocks WHERE block = ?":             true,
		"SELECT id FROM payment_changes WHERE payment = ?":            true,
		"SELECT seq FROM payments WHERE id = ? AND connection_id = ?": true,
	}
	parts := []func(*psp.PaymentFilter){
		func(f *psp.PaymentFilter) { f.ConnectionID = 1 },
		func(f *psp.PaymentFilter) { f.Type = new(psp.POS) },
		func(f *psp.PaymentFilter) { f.Status = new(psp.PaymentFailed) },
		func(f *psp.PaymentFilter) { f.Status = new(psp.PaymentSuccessful) },
		func(f *psp.PaymentFilter) { f.PSP = "SEP" },
		func(f *psp.PaymentFilter) { f.Terminal = "1" },
		func(f *psp.PaymentFilter) { f.From = dawn },
		func(f *psp.PaymentFilter) { f.To = dawn.Add(time.Hour) },
		func(f *psp.PaymentFilter) { f.MinAmount = new(money.Of(1, money.IRR)) },
		func(f *psp.PaymentFilter) { f.MaxAmount = new(money.Of(9, money.IRR)) },
		func(f *psp.PaymentFilter) { f.Search.LastFour = "9999" },
		func(f *psp.PaymentFilter) { f.Search.FirstSix = "603799" },
		func(f *psp.PaymentFilter) { f.Search.IDPrefix = "01JFA" },
		func(f *psp.PaymentFilter) { f.Search.Terminal = "1" },
	}
	for chosen := range 1 << len(parts) {
		var f psp.PaymentFilter
		for i, part := range parts {
			if chosen&(1<<i) != 0 {
				part(&f)
			}
		}
		for _, by := range []psp.PaymentSortKey{psp.ByTime, psp.ByAmount} {
			for _, ascending := range []bool{false, true} {
				for _, sql := range store.PaymentStatements(f, psp.PaymentOrder{By: by, Ascending: ascending}) {
					statements[sql] = true
				}
			}
		}
	}
	if len(statements) < 100 {
		t.Fatalf("%d statements, want the hundreds that the filters make", len(statements))
	}
	for sql := range statements {
		plan, err := db.Explain(t.Context(), sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		checkPlan(t, sql, plan)
	}
}

func checkPlan(t *testing.T, sql string, plan []string) {
	t.Helper()
	for _, step := range plan {
		scans := strings.HasPrefix(step, "SCAN payments") && !strings.Contains(step, "USING INDEX payments_by_")
		filtered := strings.Contains(sql, "WHERE ")
		switch {
		case scans, strings.Contains(step, "TEMP B-TREE"):
			t.Errorf("%s\nplan: %v", sql, plan)
		case strings.HasPrefix(step, "SCAN payments") && filtered:
			t.Errorf("%s\nhas a condition that no index range serves: %v", sql, plan)
		case strings.Contains(sql, "seq < ?") != strings.Contains(step, "rowid<?") && !strings.Contains(sql, "seq >="):
			t.Errorf("%s\ndoes not start at the cursor: %v", sql, plan)
		}
	}
}
