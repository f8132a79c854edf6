package web

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/klauspost/compress/gzip"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/i18n"
	"payportal/internal/money"
	"payportal/internal/psp"
)

// memoryPage is a page of 50 payments made from memory: no session, no query. It is the floor that lists are measured by.
type memoryPage struct {
	server *Server
	visit  *visit
	list   psp.PaymentList
	query  *paymentRequest
}

func newMemoryPage(tb testing.TB, prefs i18n.Prefs) *memoryPage {
	tb.Helper()
	m, err := makeMemoryPage(prefs)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func makeMemoryPage(prefs i18n.Prefs) (*memoryPage, error) {
	bundle, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := New(Config{Bundle: bundle, PublicURL: &url.URL{Scheme: "https", Host: "portal.example"}, Cookie: scs.New()})
	person := &access.Person{Rights: access.All()}
	m := &memoryPage{server: s, visit: &visit{
		now: now, p: bundle.Printer(prefs), signedIn: true, identity: access.Identity{Person: person, Session: access.Session{State: access.Full}},
	}}
	in := &input{values: url.Values{"status": {"successful"}, "psp": {"Behpardakht"}, "size": {"50"}}}
	m.query = parsePayments(in, m.visit, []OfferedConnection{{ID: 1, Name: "toman"}})
	draw := rand.New(rand.NewPCG(1, 1))
	for i := range 50 {
		m.list.Payments = append(m.list.Payments, psp.PaymentRecord{ConnectionID: 1, Payment: psp.Payment{
			ID: fmt.Sprintf("01KH4M%020d", draw.Int64N(1e18)), Amount: money.Of(10_000+500*draw.Int64N(100_000), money.IRR), PSP: "Behpardakht",
			MaskedCard: fmt.Sprintf("603799******%04d", draw.IntN(10_000)), TerminalNumber: fmt.Sprintf("%08d", 14_140_000+draw.IntN(500)),
			TransactedAt: now.Add(-time.Duration(i) * 17 * time.Second), Status: psp.PaymentSuccessful,
		}})
	}
	m.list.Next = "AQAABkYpbN0-gAAAAAAAB6EgAAAAAA"
	return m, nil
}

func (m *memoryPage) render(tb testing.TB, to *bytes.Buffer) {
	if err := m.page().Render(tb.Context(), to); err != nil {
		tb.Fatal(err)
	}
}

var readers = map[string]i18n.Prefs{
	"english": {Lang: i18n.English, Zone: tehran},
	"persian": {Lang: i18n.Persian, Zone: tehran, Calendar: calendar.Jalali, Digits: i18n.PersianDigits, Unit: money.Toman},
}

var tehran = func() *time.Location {
	zone, err := calendar.Zone("Asia/Tehran")
	if err != nil {
		panic(err)
	}
	return zone
}()

// TestPaymentsPageIsSmall holds the sizes of a page of 50 rows: 50 kB, 9 kB compressed, 550 bytes a row.
func TestPaymentsPageIsSmall(t *testing.T) {
	for name, prefs := range readers {
		t.Run(name, func(t *testing.T) {
			var page, packed, empty bytes.Buffer
			m := newMemoryPage(t, prefs)
			m.render(t, &page)
			w, err := gzip.NewWriterLevel(&packed, compressionLevel)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(page.Bytes()); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			one := m.list.Payments[:1]
			all := m.list.Payments
			m.list.Payments = slices.Clone(one)
			m.render(t, &empty)
			row := (page.Len() - empty.Len()) / (len(all) - 1)
			t.Logf("page %d bytes, %d compressed, %d a row", page.Len(), packed.Len(), row)
			for _, size := range []struct {
				what        string
				got, within int
			}{{"page", page.Len(), 50_000}, {"compressed page", packed.Len(), 9_000}, {"row", row, 660}} {
				if size.got > size.within {
					t.Errorf("%s = %d bytes, want at most %d", size.what, size.got, size.within)
				}
			}
		})
	}
}

// BenchmarkPaymentsPage is the floor: view and page of 50 rows from memory.
func BenchmarkPaymentsPage(b *testing.B) {
	for name, prefs := range readers {
		b.Run(name, func(b *testing.B) {
			m := newMemoryPage(b, prefs)
			var buf bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				buf.Reset()
				m.render(b, &buf)
			}
			b.ReportMetric(float64(buf.Len()), "bytes/page")
		})
	}
}
