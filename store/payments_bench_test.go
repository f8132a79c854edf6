package store_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

// openMillion gives a database of a million payments.
func openMillion(b *testing.B) *store.DB {
	b.Helper()
	path, err := storetest.MillionFile(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return storetest.OpenFile(b, path)
}

// someOfMillion finds a payment in the middle, to search for.
func someOfMillion(b *testing.B, db *store.DB) psp.PaymentRecord {
	b.Helper()
	list, err := db.ListPayments(b.Context(), psp.PaymentQuery{Filter: psp.PaymentFilter{To: middle()}, Size: 25})
	if err != nil {
		b.Fatal(err)
	}
	return list.Payments[0]
}

// cpu gives the processor time that this process has used. It is the steady figure on a shared machine.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// reportCPU reports the processor time since began for each operation.
func reportCPU(b *testing.B, began time.Duration, operations int64, unit string) {
	b.Helper()
	b.ReportMetric(float64((cpu(b)-began).Nanoseconds())/float64(max(operations, 1))/1000, "cpu-µs/"+unit)
}

func middle() time.Time { return storetest.Newest.AddDate(0, 0, -storetest.Days/2) }

func BenchmarkListPayments(b *testing.B) {
	db := openMillion(b)
	one := someOfMillion(b, db)
	deep, err := db.ListPayments(b.Context(), psp.PaymentQuery{Filter: psp.PaymentFilter{To: middle()}, Size: 50})
	if err != nil {
		b.Fatal(err)
	}
	byAmount := psp.PaymentOrder{By: psp.ByAmount}
	benchmarks := []struct {
		name string
		q    psp.PaymentQuery
	}{
		{"W1 first page", psp.PaymentQuery{}},
		{"W1 psp", psp.PaymentQuery{Filter: psp.PaymentFilter{PSP: "SEP"}}},
		{"W1 failed", psp.PaymentQuery{Filter: psp.PaymentFilter{Status: new(psp.PaymentFailed)}}},
		{"W1 terminal", psp.PaymentQuery{Filter: psp.PaymentFilter{Terminal: one.TerminalNumber}}},
		{"W1 period and status", psp.PaymentQuery{Filter: psp.PaymentFilter{Status: new(psp.PaymentSuccessful), To: middle()}}},
		{"W2 row 500,000", psp.PaymentQuery{Cursor: deep.Next}},
		{"W3 last four", psp.PaymentQuery{Filter: psp.PaymentFilter{Search: psp.PaymentSearch{LastFour: one.MaskedCard[12:]}}}},
		{"W3 first six", psp.PaymentQuery{Filter: psp.PaymentFilter{Search: psp.PaymentSearch{FirstSix: one.MaskedCard[:6]}}}},
		{"W3 id prefix", psp.PaymentQuery{Filter: psp.PaymentFilter{Search: psp.PaymentSearch{IDPrefix: one.ID[:7]}}}},
		{"W3 whole id", psp.PaymentQuery{Filter: psp.PaymentFilter{Search: psp.PaymentSearch{IDPrefix: one.ID}}}},
		{"amount", psp.PaymentQuery{Order: byAmount}},
		{"amount, psp", psp.PaymentQuery{Order: byAmount, Filter: psp.PaymentFilter{PSP: "SEP"}}},
		{"amount, terminal", psp.PaymentQuery{Order: byAmount, Filter: psp.PaymentFilter{Terminal: one.TerminalNumber}}},
		{"amount, one day", psp.PaymentQuery{Order: byAmount, Filter: psp.PaymentFilter{From: middle(), To: middle().AddDate(0, 0, 1)}}},
		{"amount, one month", psp.PaymentQuery{Order: byAmount, Filter: psp.PaymentFilter{From: middle(), To: middle().AddDate(0, 1, 0)}}},
		{"amount range", psp.PaymentQuery{Filter: psp.PaymentFilter{MinAmount: new(money.Of(50_000_000, money.IRR))}}},
		{"nothing matches", psp.PaymentQuery{Filter: psp.PaymentFilter{ConnectionID: 9}}},
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			bm.q.Size = 50
			b.ReportAllocs()
			began := cpu(b)
			for b.Loop() {
				if _, err := db.ListPayments(b.Context(), bm.q); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, began, int64(b.N), "page")
		})
	}
}

func BenchmarkPaymentTotals(b *testing.B) {
	db := openMillion(b)
	one := someOfMillion(b, db)
	var days []time.Time
	for day := range 91 {
		days = append(days, storetest.Newest.AddDate(0, 0, day-90))
	}
	benchmarks := []struct {
		name string
		f    psp.PaymentFilter
		by   psp.PaymentGroups
	}{
		{"all", psp.PaymentFilter{}, psp.PaymentGroups{}},
		{"failed", psp.PaymentFilter{Status: new(psp.PaymentFailed)}, psp.PaymentGroups{}},
		{"psp", psp.PaymentFilter{PSP: "SEP"}, psp.PaymentGroups{}},
		{"terminal", psp.PaymentFilter{Terminal: one.TerminalNumber}, psp.PaymentGroups{}},
		{"last four", psp.PaymentFilter{Search: psp.PaymentSearch{LastFour: "1234"}}, psp.PaymentGroups{}},
		{"id prefix", psp.PaymentFilter{Search: psp.PaymentSearch{IDPrefix: one.ID[:6]}}, psp.PaymentGroups{}},
		{"month", psp.PaymentFilter{From: middle(), To: middle().AddDate(0, 1, 0)}, psp.PaymentGroups{}},
		{"everything at once", psp.PaymentFilter{
			ConnectionID: 1, Type: new(psp.IPG), Status: new(psp.PaymentSuccessful), PSP: "SEP", From: storetest.Newest.AddDate(-1, 0, 0),
			To: storetest.Newest, MinAmount: new(money.Of(20_000, money.IRR)), MaxAmount: new(money.Of(40_000_000, money.IRR)),
			Search: psp.PaymentSearch{FirstSix: "603799"},
		}, psp.PaymentGroups{}},
		{"overview", psp.PaymentFilter{From: days[0]}, psp.PaymentGroups{Days: days, PSP: true, Terminal: true}},
		{"overview of all", psp.PaymentFilter{}, psp.PaymentGroups{Days: days, PSP: true, Terminal: true}},
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			began := cpu(b)
			for b.Loop() {
				if _, err := db.PaymentTotals(b.Context(), bm.f, bm.by); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, began, int64(b.N), "total")
		})
	}
}

func BenchmarkStreamPayments(b *testing.B) {
	db := openMillion(b)
	for name, o := range map[string]psp.PaymentOrder{"time": {}, "amount": {By: psp.ByAmount}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			rows, began := 0, cpu(b)
			for b.Loop() {
				err := db.StreamPayments(b.Context(), psp.PaymentFilter{}, o, func(batch []psp.PaymentRecord) error {
					rows += len(batch)
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			reportCPU(b, began, int64(rows), "row")
		})
	}
}

// BenchmarkSavePayments is the writing half of a first fill: commits of 2,000 new rows into a growing database.
func BenchmarkSavePayments(b *testing.B) {
	db := storetest.Open(b)
	draw := rand.New(rand.NewPCG(9, 9))
	at := storetest.Newest
	batch := make([]psp.Payment, 2000)
	rows, began := 0, cpu(b)
	for b.Loop() {
		for i := range batch {
			at = at.Add(-time.Duration(draw.Int64N(int64(time.Minute))))
			batch[i] = psp.Payment{
				ID: storetest.ULID(at, draw), Amount: money.Of(int64(draw.IntN(50_000_000)), money.IRR), PSP: "SEP",
				MaskedCard: fmt.Sprintf("603799******%04d", draw.IntN(10_000)), TerminalNumber: fmt.Sprint(14_140_000 + draw.IntN(500)),
				TransactedAt: at, Status: psp.PaymentStatus(draw.IntN(2)),
			}
		}
		if err := db.SaveMirror(b.Context(), mirror.State{Key: mirror.Key{ConnectionID: 1}}, batch); err != nil {
			b.Fatal(err)
		}
		rows += len(batch)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	reportCPU(b, began, int64(rows), "row")
}

// BenchmarkExportPayments measures W4 without the network: rows a second, the time to the first byte, and the heap that an
// export adds at its peak.
func BenchmarkExportPayments(b *testing.B) {
	db := openMillion(b)
	head := map[psp.PaymentColumn]string{}
	for _, c := range psp.PaymentColumns {
		head[c] = string(c)
	}
	for _, bm := range []struct {
		format psp.ExportFormat
		filter psp.PaymentFilter
	}{{psp.CSV, psp.PaymentFilter{}}, {psp.XLSX, psp.PaymentFilter{From: storetest.Newest.AddDate(0, 0, -storetest.Days/5)}}} {
		b.Run(string(bm.format), func(b *testing.B) {
			e := psp.PaymentExport{
				Filter: bm.filter, Columns: psp.PaymentColumns, Format: bm.format,
				Text: psp.ExportText{
					Head: head, Type: psp.TerminalType.String, Status: func(s psp.PaymentStatus) string { return fmt.Sprint(s) },
					Connection: func(id int64) string { return fmt.Sprint(id) },
					DateTime:   func(dst []byte, t time.Time) []byte { return t.AppendFormat(dst, time.DateTime) },
				},
			}
			payments, rows := &psp.Payments{Store: db}, int64(0)
			w, began := &watchedWriter{}, cpu(b)
			for b.Loop() {
				w.begin()
				n, err := payments.Export(b.Context(), w, e)
				if err != nil {
					b.Fatal(err)
				}
				rows += n
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			reportCPU(b, began, rows, "row")
			b.ReportMetric(float64(w.first.Microseconds())/1000, "first-byte-ms")
			b.ReportMetric(float64(w.peak-w.base)/(1<<20), "peak-MB")
			b.ReportMetric(float64(w.bytes)/(1<<20), "file-MB")
		})
	}
}

// watchedWriter notes when the first byte comes, and the memory from time to time.
type watchedWriter struct {
	began             time.Time
	first             time.Duration
	bytes, base, peak int64
	next              int64
}

func (w *watchedWriter) begin() {
	runtime.GC()
	*w = watchedWriter{base: heap(), peak: heap(), began: time.Now()}
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	if w.bytes == 0 {
		w.first = time.Since(w.began)
	}
	if w.bytes += int64(len(b)); w.bytes > w.next {
		w.next = w.bytes + 4<<20
		w.peak = max(w.peak, heap())
	}
	return len(b), nil
}

func heap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() + sample[1].Value.Uint64())
}
