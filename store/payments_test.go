package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

// A small world with many ties: few terminals, cards, amounts and times.
var (
	someTerminals = []string{"1414", "14141414", "20000001", "20000002", "lone"}
	somePSPs      = []string{"SEP", "Parsian", "به‌پرداخت"}
	someCards     = []string{"603799******9999", "603799******0012", "627353******9999", "", "unknown"}
	dawn          = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
)

func somePayment(draw *rand.Rand) psp.Payment {
	at := dawn.Add(time.Duration(draw.IntN(3000)) * time.Minute)
	terminal := draw.IntN(len(someTerminals) - 1)
	if draw.IntN(3000) == 0 {
		terminal = len(someTerminals) - 1
	}
	return psp.Payment{
		ID: storetest.ULID(at, draw), Type: psp.TerminalType(draw.IntN(2)), Amount: money.Of(int64(draw.IntN(40)-4)*50_000, money.IRR),
		PSP: somePSPs[draw.IntN(len(somePSPs))], MaskedCard: someCards[draw.IntN(len(someCards))],
		TerminalNumber: someTerminals[terminal], TransactedAt: at, Status: psp.PaymentStatus(min(draw.IntN(8), 1)),
	}
}

// keptRow is the model: a payment with its connection and the order in which the mirror met it.
type keptRow struct {
	psp.PaymentRecord
	met int
}

type paymentModel []keptRow

// save adds payments to the database and to the model.
func (m *paymentModel) save(t testing.TB, db *store.DB, connectionID int64, batch []psp.Payment) {
	t.Helper()
	if err := db.SaveMirror(context.Background(), mirror.State{Key: mirror.Key{ConnectionID: connectionID}}, batch); err != nil {
		t.Fatal(err)
	}
	for _, p := range batch {
		at := slices.IndexFunc(*m, func(k keptRow) bool { return k.ID == p.ID && k.ConnectionID == connectionID })
		if at < 0 {
			*m = append(*m, keptRow{psp.PaymentRecord{Payment: p, ConnectionID: connectionID}, len(*m)})
		} else {
			(*m)[at].Payment = p
		}
	}
}

func (m paymentModel) list(f psp.PaymentFilter, o psp.PaymentOrder) []psp.PaymentRecord {
	var rows []keptRow
	for _, k := range m {
		if modelMatches(f, k.PaymentRecord) {
			rows = append(rows, k)
		}
	}
	slices.SortFunc(rows, func(a, b keptRow) int {
		c := a.TransactedAt.Compare(b.TransactedAt)
		if o.By == psp.ByAmount {
			c = cmp.Compare(a.Amount.Minor, b.Amount.Minor)
		}
		c = cmp.Or(c, cmp.Compare(a.met, b.met))
		if !o.Ascending {
			c = -c
		}
		return c
	})
	records := make([]psp.PaymentRecord, len(rows))
	for i, r := range rows {
		records[i] = r.PaymentRecord
	}
	return records
}

func modelMatches(f psp.PaymentFilter, p psp.PaymentRecord) bool {
	s := f.Search
	return (f.ConnectionID == 0 || f.ConnectionID == p.ConnectionID) &&
		(f.Type == nil || *f.Type == p.Type) && (f.Status == nil || *f.Status == p.Status) &&
		(f.PSP == "" || f.PSP == p.PSP) && (f.Terminal == "" || f.Terminal == p.TerminalNumber) &&
		(f.From.IsZero() || !p.TransactedAt.Before(f.From)) && (f.To.IsZero() || p.TransactedAt.Before(f.To)) &&
		(f.MinAmount == nil || p.Amount.Minor >= f.MinAmount.Minor) && (f.MaxAmount == nil || p.Amount.Minor <= f.MaxAmount.Minor) &&
		strings.HasPrefix(p.ID, s.IDPrefix) && (s.Terminal == "" || s.Terminal == p.TerminalNumber) &&
		(s.FirstSix == "" || strings.HasPrefix(p.MaskedCard, s.FirstSix)) &&
		(s.LastFour == "" || strings.HasSuffix(p.MaskedCard, s.LastFour))
}

// someFilter draws a filter whose parts mostly exist.
func someFilter(t *rapid.T, rows paymentModel) psp.PaymentFilter {
	var f psp.PaymentFilter
	maybe := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	if maybe("connection?") {
		f.ConnectionID = rapid.Int64Range(1, 3).Draw(t, "connection")
	}
	if maybe("type?") {
		f.Type = new(rapid.SampledFrom(psp.TerminalTypes).Draw(t, "type"))
	}
	if maybe("status?") {
		f.Status = new(psp.PaymentStatus(rapid.IntRange(0, 2).Draw(t, "status")))
	}
	if maybe("psp?") {
		f.PSP = rapid.SampledFrom(append(somePSPs, "nobody")).Draw(t, "psp")
	}
	if maybe("terminal?") {
		f.Terminal = rapid.SampledFrom(someTerminals).Draw(t, "terminal")
	}
	if maybe("from?") {
		f.From = someMoment(t, "from")
	}
	if maybe("to?") {
		f.To = someMoment(t, "to")
	}
	if maybe("min?") {
		f.MinAmount = new(money.Of(int64(rapid.IntRange(-5, 40).Draw(t, "min"))*50_000, money.IRR))
	}
	if maybe("max?") {
		f.MaxAmount = new(money.Of(int64(rapid.IntRange(-5, 40).Draw(t, "max"))*50_000, money.IRR))
	}
	switch rapid.IntRange(0, 7).Draw(t, "search") {
	case 0:
		f.Search.LastFour = rapid.SampledFrom([]string{"9999", "0012", "0000"}).Draw(t, "last four")
	case 1:
		f.Search.FirstSix = rapid.SampledFrom([]string{"603799", "627353", "000000"}).Draw(t, "first six")
	case 2:
		f.Search.FirstSix, f.Search.LastFour = "603799", "9999"
	case 3:
		id := rapid.SampledFrom(rows).Draw(t, "row").ID
		f.Search.IDPrefix = id[:rapid.SampledFrom([]int{1, 4, 5, 6, 7, 8, 9, 10, 26}).Draw(t, "length")]
	case 4:
		f.Search.Terminal = rapid.SampledFrom(someTerminals).Draw(t, "search terminal")
	}
	return f
}

// someMoment is a moment at which there are payments, mostly the first or last, or just after.
func someMoment(t *rapid.T, label string) time.Time {
	minute := rapid.OneOf(rapid.SampledFrom([]int{-1, 0, 1, 2998, 2999, 3000}), rapid.IntRange(-1, 3000)).Draw(t, label)
	just := rapid.SampledFrom([]time.Duration{0, 1, time.Microsecond}).Draw(t, "just after")
	return dawn.Add(time.Duration(minute)*time.Minute + just)
}

func someOrder(t *rapid.T) psp.PaymentOrder {
	return psp.PaymentOrder{
		By: rapid.SampledFrom([]psp.PaymentSortKey{psp.ByTime, psp.ByAmount}).Draw(t, "by"), Ascending: rapid.Bool().Draw(t, "ascending"),
	}
}

// TestPaymentsAgreeWithModel pages, streams and totals random filters over rows enough for a sealed block, for orders in which
// matches are rare, and for filters with more rows than are sorted.
func TestPaymentsAgreeWithModel(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	db.LimitLists()
	draw := rand.New(rand.NewPCG(1, 2))
	var model paymentModel
	for connection := range int64(2) {
		batch := make([]psp.Payment, 2200)
		for i := range batch {
			batch[i] = somePayment(draw)
		}
		if err := db.SaveMirror(t.Context(), mirror.State{Key: mirror.Key{ConnectionID: connection + 1}}, batch); err != nil {
			t.Fatal(err)
		}
		for _, p := range batch {
			model = append(model, keptRow{psp.PaymentRecord{Payment: p, ConnectionID: connection + 1}, len(model)})
		}
	}
	if err := db.SealPayments(t.Context()); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 9).Draw(rt, "change?") == 0 { // unseals a block
			k := rapid.SampledFrom(model).Draw(rt, "changed")
			p := k.Payment
			p.Status, p.Amount.Minor = 1-p.Status, p.Amount.Minor+1
			model.save(t, db, k.ConnectionID, []psp.Payment{p})
		} else if err := db.SealPayments(t.Context()); err != nil {
			rt.Fatal(err)
		}
		f, o := someFilter(rt, model), someOrder(rt)
		want := model.list(f, o)
		comparePages(rt, db, f, o, want)
		compareStream(rt, db, f, o, want)
		compareTotals(rt, db, f, want)
	})
}

// comparePages looks at the first pages, comes back, and looks at a page in the middle by way of a stream of next links.
func comparePages(t *rapid.T, db *store.DB, f psp.PaymentFilter, o psp.PaymentOrder, want []psp.PaymentRecord) {
	size := rapid.SampledFrom(psp.PaymentPageSizes).Draw(t, "size")
	q := psp.PaymentQuery{Filter: f, Order: o, Size: size}
	steps := rapid.IntRange(0, 6).Draw(t, "pages")
	at := 0
	page := comparePage(t, db, q, want, at)
	for ; steps > 0 && page.Next != ""; steps-- {
		at += size
		q.Cursor = page.Next
		page = comparePage(t, db, q, want, at)
	}
	for ; page.Previous != ""; at -= size {
		q.Cursor = page.Previous
		page = comparePage(t, db, q, want, at-size)
	}
	if at != 0 {
		t.Fatalf("no previous page at row %d of %+v", at, f)
	}
}

func comparePage(t *rapid.T, db *store.DB, q psp.PaymentQuery, want []psp.PaymentRecord, at int) psp.PaymentList {
	got, err := db.ListPayments(context.Background(), q)
	if err != nil {
		t.Fatalf("list %+v: %v", q, err)
	}
	end := min(at+q.Size, len(want))
	if !slices.Equal(got.Payments, want[at:end]) {
		t.Fatalf("rows from %d of %+v\n got %v\nwant %v", at, q, ids(got.Payments), ids(want[at:end]))
	}
	if (got.Next != "") != (end < len(want)) || (got.Previous != "") != (at > 0) {
		t.Fatalf("rows from %d to %d of %d: next %q, previous %q", at, end, len(want), got.Next, got.Previous)
	}
	return got
}

func compareStream(t *rapid.T, db *store.DB, f psp.PaymentFilter, o psp.PaymentOrder, want []psp.PaymentRecord) {
	var got []psp.PaymentRecord
	err := db.StreamPayments(context.Background(), f, o, func(batch []psp.PaymentRecord) error {
		got = append(got, batch...)
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("stream of %+v: %d rows, %v, want %d", f, len(got), err, len(want))
	}
}

func compareTotals(t *rapid.T, db *store.DB, f psp.PaymentFilter, want []psp.PaymentRecord) {
	groups := psp.PaymentGroups{PSP: true, Terminal: true}
	for day := range 3 {
		groups.Days = append(groups.Days, dawn.Add(time.Duration(day)*24*time.Hour-210*time.Minute))
	}
	got, err := db.PaymentTotals(context.Background(), f, groups)
	if err != nil {
		t.Fatalf("totals of %+v: %v", f, err)
	}
	sum := psp.PaymentTotals{PaymentSums: sumOf(want, func(psp.PaymentRecord) bool { return true })}
	for i, start := range groups.Days[:len(groups.Days)-1] {
		end := groups.Days[i+1]
		sum.ByDay = append(sum.ByDay, psp.DaySums{Start: start, PaymentSums: sumOf(want, func(p psp.PaymentRecord) bool {
			return !p.TransactedAt.Before(start) && p.TransactedAt.Before(end)
		})})
	}
	sum.ByPSP = namedSums(want, func(p psp.PaymentRecord) string { return p.PSP })
	sum.ByTerminal = namedSums(want, func(p psp.PaymentRecord) string { return p.TerminalNumber })
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", sum); g != w {
		t.Fatalf("totals of %+v\n got %s\nwant %s", f, g, w)
	}
}

func sumOf(rows []psp.PaymentRecord, in func(psp.PaymentRecord) bool) psp.PaymentSums {
	s := psp.PaymentSums{Amount: money.Of(0, money.IRR), SuccessfulAmount: money.Of(0, money.IRR)}
	for _, p := range rows {
		if !in(p) {
			continue
		}
		s.Count++
		s.Amount.Minor += p.Amount.Minor
		if p.Status == psp.PaymentSuccessful {
			s.Successful++
			s.SuccessfulAmount.Minor += p.Amount.Minor
		}
	}
	return s
}

func namedSums(rows []psp.PaymentRecord, name func(psp.PaymentRecord) string) (all []psp.NamedSums) {
	var names []string
	for _, p := range rows {
		names = append(names, name(p))
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		all = append(all, psp.NamedSums{Name: n, PaymentSums: sumOf(rows, func(p psp.PaymentRecord) bool { return name(p) == n })})
	}
	slices.SortStableFunc(all, func(a, b psp.NamedSums) int {
		return cmp.Compare(b.SuccessfulAmount.Minor, a.SuccessfulAmount.Minor)
	})
	return all
}

func ids(rows []psp.PaymentRecord) (all []string) {
	for _, p := range rows {
		all = append(all, p.ID)
	}
	return all
}

func TestPaymentsRandomUpsertsKeepTotals(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	draw := rand.New(rand.NewPCG(3, 4))
	var model paymentModel
	for range 10 {
		batch := make([]psp.Payment, 0, 600)
		for range 450 {
			batch = append(batch, somePayment(draw))
		}
		for range min(len(model), 100) { // seen before: some changed, some not
			p := model[draw.IntN(len(model))].Payment
			p.Status = psp.PaymentStatus(draw.IntN(2))
			batch = append(batch, p)
		}
		model.save(t, db, 1, batch)
		if draw.IntN(2) == 0 {
			if err := db.SealPayments(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.PaymentTotals(t.Context(), psp.PaymentFilter{}, psp.PaymentGroups{})
		if err != nil {
			t.Fatal(err)
		}
		if want := sumOf(model.list(psp.PaymentFilter{}, psp.PaymentOrder{}), func(psp.PaymentRecord) bool { return true }); got.PaymentSums != want {
			t.Fatalf("totals = %+v, want %+v", got.PaymentSums, want)
		}
	}
}

func TestPaymentDetailKeepsChanges(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	p := somePayment(rand.New(rand.NewPCG(5, 6)))
	p.Status = psp.PaymentFailed
	var model paymentModel
	model.save(t, db, 7, []psp.Payment{p})
	model.save(t, db, 7, []psp.Payment{p}) // the same again: not written
	changed := p
	changed.Status, changed.Amount.Minor = psp.PaymentSuccessful, p.Amount.Minor+5
	model.save(t, db, 7, []psp.Payment{p, changed}) // the last occurrence counts
	got, err := db.PaymentDetail(t.Context(), 0, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Payment != changed || got.ConnectionID != 7 || got.FirstSeen.IsZero() {
		t.Errorf("detail = %+v, want %+v of connection 7", got, changed)
	}
	var fields []string
	for _, c := range got.Changes {
		fields = append(fields, c.Field+" "+c.Old+"→"+c.New)
	}
	want := []string{fmt.Sprintf("amount %d→%d", p.Amount.Minor, changed.Amount.Minor), "status 0→1"}
	if !slices.Equal(fields, want) {
		t.Errorf("changes = %v, want %v", fields, want)
	}
	for _, connection := range []int64{1, 8} {
		if _, err := db.PaymentDetail(t.Context(), connection, p.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("detail for connection %d = %v, want NotFound", connection, err)
		}
	}
}

func TestListPaymentsRefusesForeignCursors(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := storetest.FillPayments(t.Context(), db, 200, 1); err != nil {
		t.Fatal(err)
	}
	q := psp.PaymentQuery{Size: 25}
	first, err := db.ListPayments(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	garbled := []byte(first.Next)
	garbled[9] ^= 1
	for _, cursor := range []string{string(garbled), first.Next + "A", first.Next[1:], "x", "' OR 1=1 --", "AAAA", strings.Repeat("A", 10_000)} {
		q.Cursor = cursor
		if _, err := db.ListPayments(t.Context(), q); !errs.Is(err, errs.Invalid) {
			t.Errorf("cursor %.40q = %v, want Invalid", cursor, err)
		}
	}
	q.Cursor, q.Order = first.Next, psp.PaymentOrder{By: psp.ByAmount}
	if _, err := db.ListPayments(t.Context(), q); !errs.Is(err, errs.Invalid) {
		t.Errorf("cursor of another order = %v, want Invalid", err)
	}
}

func TestPaymentTotalsReportOverflow(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	draw := rand.New(rand.NewPCG(7, 8))
	a, b := somePayment(draw), somePayment(draw)
	a.Amount.Minor, b.Amount.Minor = 1<<62, 1<<62
	var model paymentModel
	model.save(t, db, 1, []psp.Payment{a, b})
	if got, err := db.PaymentTotals(t.Context(), psp.PaymentFilter{}, psp.PaymentGroups{}); err == nil {
		t.Errorf("totals of two absurd amounts = %+v, want an error", got.PaymentSums)
	}
}

// TestTotalsAreHalfOpenInBlocks looks at the edges of the one sealed block: its newest and its oldest payment.
func TestTotalsAreHalfOpenInBlocks(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	const rows, sealed = 4200, 4095 // seq 0 does not exist
	if err := storetest.FillPayments(t.Context(), db, rows, 1); err != nil {
		t.Fatal(err)
	}
	if err := db.SealPayments(t.Context()); err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	err := db.StreamPayments(t.Context(), psp.PaymentFilter{}, psp.PaymentOrder{}, func(batch []psp.PaymentRecord) error {
		for _, p := range batch {
			times = append(times, p.TransactedAt)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	newest, oldest := times[0], times[sealed-1]
	tests := []struct {
		name string
		f    psp.PaymentFilter
		want int64
	}{
		{"from the newest", psp.PaymentFilter{From: newest}, 1},
		{"to the newest", psp.PaymentFilter{To: newest}, rows - 1},
		{"from the block's oldest", psp.PaymentFilter{From: oldest}, sealed},
		{"from just after it", psp.PaymentFilter{From: oldest.Add(1)}, sealed - 1},
		{"to the block's oldest", psp.PaymentFilter{To: oldest}, rows - sealed},
		{"to just after it", psp.PaymentFilter{To: oldest.Add(1)}, rows - sealed + 1},
		{"the block's oldest alone", psp.PaymentFilter{From: oldest, To: oldest.Add(time.Microsecond)}, 1},
		{"an empty period", psp.PaymentFilter{From: oldest, To: oldest}, 0},
	}
	for _, tt := range tests {
		got, err := db.PaymentTotals(t.Context(), tt.f, psp.PaymentGroups{})
		if err != nil || got.Count != tt.want {
			t.Errorf("%s: %d payments, %v, want %d", tt.name, got.Count, err, tt.want)
		}
	}
}

// TestSlowDownloadsLeaveListsAlone: as many exports as may run wait for their readers; pages still come.
func TestSlowDownloadsLeaveListsAlone(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := storetest.FillPayments(t.Context(), db, 100, 1); err != nil {
		t.Fatal(err)
	}
	const running = 4
	began, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	for range running {
		go func() {
			ended <- db.StreamPayments(context.Background(), psp.PaymentFilter{}, psp.PaymentOrder{}, func([]psp.PaymentRecord) error {
				began <- struct{}{}
				<-finish
				return nil
			})
		}()
	}
	for range running {
		<-began
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	none := func([]psp.PaymentRecord) error { return nil }
	if err := db.StreamPayments(ctx, psp.PaymentFilter{}, psp.PaymentOrder{}, none); !errs.Is(err, errs.Unavailable) {
		t.Errorf("another export = %v, want it to wait for its deadline", err)
	}
	for range 20 { // more than there are connections, one after the other
		if _, err := db.ListPayments(t.Context(), psp.PaymentQuery{Size: 25}); err != nil {
			t.Fatal(err)
		}
	}
	close(finish)
	for range running {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := db.StreamPayments(t.Context(), psp.PaymentFilter{}, psp.PaymentOrder{}, none); err != nil {
		t.Errorf("export after the others = %v", err)
	}
}
