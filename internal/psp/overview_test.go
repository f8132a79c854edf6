package psp_test

import (
	"testing"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/store/storetest"
)

func TestOverviewEqualsTheListsTotals(t *testing.T) {
	t.Parallel()
	payments, _ := seeded(t)
	var days []time.Time
	for day := range 8 {
		days = append(days, time.Date(2026, 2, 20+day, 0, 0, 0, 0, tehran))
	}
	got, err := payments.Overview(t.Context(), 0, days, 5)
	if err != nil {
		t.Fatal(err)
	}
	totals := func(f psp.PaymentFilter) psp.PaymentSums {
		t.Helper()
		sums, err := payments.Totals(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		return sums.PaymentSums
	}
	if want := totals(psp.PaymentFilter{From: days[0], To: days[7]}); got.PaymentSums != want || want.Count == 0 {
		t.Errorf("overview = %+v, want the list's %+v", got.PaymentSums, want)
	}
	if len(got.Days) != 7 || len(got.Terminals) != 5 || len(got.PSPs) == 0 {
		t.Fatalf("overview has %d days, %d terminals, %d PSPs", len(got.Days), len(got.Terminals), len(got.PSPs))
	}
	for i, day := range got.Days {
		if want := totals(psp.PaymentFilter{From: days[i], To: days[i+1]}); day.PaymentSums != want {
			t.Errorf("day %d = %+v, want the list's %+v", i, day.PaymentSums, want)
		}
	}
	busiest := got.Terminals[0]
	if want := totals(psp.PaymentFilter{From: days[0], To: days[7], Terminal: busiest.Name}); busiest.PaymentSums != want {
		t.Errorf("busiest terminal = %+v, want the list's %+v", busiest.PaymentSums, want)
	}
	if rate, ok := got.SuccessRate(); !ok || rate != got.Successful*1000/got.Count {
		t.Errorf("success rate = %d, %v", rate, ok)
	}
	if _, ok := (psp.PaymentSums{}).SuccessRate(); ok {
		t.Error("success rate of nothing is told")
	}
}

func TestOverviewRefusesDaysThatDoNotRise(t *testing.T) {
	t.Parallel()
	payments := &psp.Payments{}
	for _, days := range [][]time.Time{nil, {storetest.Newest}, {storetest.Newest, storetest.Newest}, make([]time.Time, 500)} {
		if _, err := payments.Overview(t.Context(), 0, days, 5); !errs.Is(err, errs.Invalid) {
			t.Errorf("Overview of %d boundaries = %v, want Invalid", len(days), err)
		}
	}
}
