package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/mirror"
	"payportal/store"
	"payportal/store/storetest"
)

// size is half of W5's last part: what is shipped.
func (f *figures) size(b *testing.B) {
	info, err := os.Stat(f.portal)
	if err != nil {
		b.Fatal(err)
	}
	f.report(b, figure{name: "W5 stripped binary", unit: "MB", value: float64(info.Size()) / 1e6, limit: 30})
}

// start is W5: from the start of the process to the last byte of its first page, and the memory of a portal in which
// somebody has looked at a few pages and left.
func (f *figures) start(b *testing.B) {
	var starts, idles []float64
	for range b.N {
		d := f.serve(b, f.db)
		starts = append(starts, milliseconds(d.ready))
		v := d.visit(f.jar)
		for _, path := range []string{"/", "/payments", "/terminals"} {
			v.get(b, path, http.StatusOK)
		}
		idles = append(idles, megabytes(d.idleMemory(b)))
		d.stop(b)
	}
	f.report(b, figure{name: "W5 start to first page", unit: "ms", value: median(starts), limit: 50})
	f.report(b, figure{name: "W5 idle memory (RssAnon)", unit: "MB", value: median(idles), limit: 30})
}

// idleMemory is the process's memory once it has been left alone for a while.
func (d *daemon) idleMemory(b *testing.B) int64 {
	b.Helper()
	lowest := d.memory(b)
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(250 * time.Millisecond) {
		lowest = d.memory(b)
	}
	return lowest
}

// totals are count and sums of the filters that cost the most: the time of an answer, one at a time.
func (f *figures) totals(b *testing.B) {
	places := f.places(b)
	v := f.serve(b, f.db).visit(f.jar)
	slowest := 0.0
	for _, filter := range []string{
		"", "status=failed", "psp=SEP", "type=pos", "terminal=" + places.row.TerminalNumber, "q=" + places.row.MaskedCard[12:],
		"q=" + places.row.MaskedCard[:6], "q=id:" + places.row.ID[:4], "min=20000&max=40000000",
		"status=successful&psp=SEP&type=ipg&min=20000&q=603799",
	} {
		var took []float64
		for range 3 + b.N {
			began := time.Now()
			v.get(b, "/payments/totals?"+filter, http.StatusOK)
			took = append(took, milliseconds(time.Since(began)))
		}
		slowest = max(slowest, median(took))
	}
	f.report(b, figure{name: "count and totals, the slowest filter", unit: "ms", value: slowest, limit: 100})
}

// export is W4: whole files over HTTP, each from a process that has just begun, so that memory is compared with an idle one.
func (f *figures) export(b *testing.B) {
	for _, file := range []struct {
		name, path          string
		rows                int
		rate, memory, first float64
	}{
		{"W4 CSV", "/payments/export.csv", f.count(b, time.Time{}), 560_000, 40, 50},
		{"W4 XLSX", "/payments/export.xlsx?from=" + fifth.Format(time.DateOnly), f.count(b, fifth), 150_000, 80, 0},
	} {
		var rates, peaks, firsts, costs []float64
		for range b.N {
			d := f.download(b, file.path)
			rates = append(rates, float64(file.rows)/d.took.Seconds())
			costs = append(costs, d.cpu.Seconds())
			peaks = append(peaks, megabytes(d.peak))
			firsts = append(firsts, milliseconds(d.first))
		}
		f.report(b, figure{name: fmt.Sprintf("%s of %d rows", file.name, file.rows), unit: "rows/s", value: median(rates), limit: file.rate, atLeast: true})
		f.report(b, figure{name: file.name, unit: "s CPU", value: median(costs)})
		f.report(b, figure{name: file.name + ", memory above idle", unit: "MB", value: median(peaks), limit: file.memory})
		f.report(b, figure{name: file.name + ", first byte", unit: "ms", value: median(firsts), limit: file.first})
	}
}

// fifth is the day, as the bench's user counts days, that a fifth of the payments are not older than.
var fifth = func() time.Time {
	zone, err := calendar.Zone("Asia/Tehran")
	if err != nil {
		panic(err)
	}
	year, month, day := storetest.Newest.AddDate(0, 0, -storetest.Days/5).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, zone)
}()

// count is how many payments an export since that time has.
func (f *figures) count(b *testing.B, since time.Time) (rows int) {
	b.Helper()
	db, err := store.Open(b.Context(), f.db)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	from := int64(0)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	if err := db.Writer().QueryRowContext(b.Context(), "SELECT count(*) FROM payments WHERE at >= ?", from).Scan(&rows); err != nil {
		b.Fatal(err)
	}
	return rows
}

// download is what one file cost.
type download struct {
	took, first, cpu time.Duration
	peak             int64 // above the memory before
}

func (f *figures) download(b *testing.B, path string) (d download) {
	b.Helper()
	p := f.serve(b, f.db)
	defer p.stop(b)
	v := p.visit(f.jar)
	v.get(b, "/payments", http.StatusOK)
	idle, cpu, began := p.memory(b), p.cpu(b), time.Now()
	resp, err := v.client.Do(v.asked(b, path, false))
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Fatalf("GET %s = %s", path, resp.Status)
	}
	buffer := make([]byte, 256<<10)
	looked := began
	for err == nil {
		_, err = resp.Body.Read(buffer)
		if d.first == 0 {
			d.first = time.Since(began)
		}
		if time.Since(looked) > 10*time.Millisecond {
			looked = time.Now()
			d.peak = max(d.peak, p.memory(b)-idle)
		}
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
	d.took, d.cpu = time.Since(began), p.cpu(b)-cpu
	return d
}

// signIn is W6: what a sign-in in a new browser costs the server, against the hash alone, which this process makes in turn
// with it.
func (f *figures) signIn(b *testing.B) {
	const times = 60
	p := f.serve(b, f.db)
	var hashes, signIns []float64
	for range b.N {
		before := ownCPU(b)
		for range times {
			hash := access.DefaultCost
			argon2.IDKey([]byte(f.password), make([]byte, 16), hash.Iterations, hash.MemoryKiB, hash.Parallelism, 32)
		}
		hashes = append(hashes, milliseconds(ownCPU(b)-before)/times)
		before = p.cpu(b)
		for range times {
			newVisitor(p.url, p.network).post(b, "/sign-in", http.StatusSeeOther, url.Values{"username": {benchUser}, "password": {f.password}})
		}
		signIns = append(signIns, milliseconds(p.cpu(b)-before)/times)
	}
	f.report(b, figure{name: "the hash", unit: "ms CPU", value: median(hashes)})
	f.report(b, figure{name: "W6 sign-in", unit: "ms CPU", value: median(signIns)})
	f.report(b, figure{name: "W6 sign-in above the hash", unit: "ms CPU", value: median(signIns) - median(hashes), limit: 2})
}

func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// firstFill copies a whole provider into an empty mirror while somebody looks at pages. There is one fill, however many
// rounds are asked for.
func (f *figures) firstFill(b *testing.B) {
	if f.filled == nil {
		f.filled = f.fill(b)
	}
	for _, line := range f.filled {
		f.report(b, line)
	}
}

func (f *figures) fill(b *testing.B) []figure {
	b.Helper()
	db := filepath.Join(b.TempDir(), "portal.db")
	provider, addresses := f.provide(b, storetest.Million)
	jar := f.prepare(b, db, addresses)
	began, before := time.Now(), provider.cpu(b)
	p := f.serve(b, db)
	v := p.visit(jar)
	states, err := store.Open(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	defer states.Close()

	var busy, quiet []float64
	for !filled(b, states) {
		busy = append(busy, pageTime(b, v))
	}
	took, cost, asked := time.Since(began), p.cpu(b), provider.cpu(b)-before
	for range 200 {
		quiet = append(quiet, pageTime(b, v))
	}
	perRow := func(cpu time.Duration) float64 { return float64(cpu.Microseconds()) / storetest.Million }
	return []figure{
		{name: fmt.Sprintf("first fill of %d payments", storetest.Million), unit: "rows/s", value: storetest.Million / took.Seconds(), limit: 20_000, atLeast: true},
		{name: "first fill, portal with its pages", unit: "µs CPU a row", value: perRow(cost)},
		{name: "first fill, provider", unit: "µs CPU a row", value: perRow(asked)},
		{name: "W1 quiet, one user", unit: "ms", value: median(quiet)},
		{name: "W1 during the fill, one user", unit: "ms", value: median(busy)},
		{name: "W1 during the fill, 95 of 100", unit: "ms", value: percentile(busy, 95)},
		{name: "W1 during the fill", unit: "× quiet", value: median(busy) / median(quiet), limit: 2},
	}
}

// pageTime is how long a user waits for a filtered list. Between two pages a user reads.
func pageTime(b *testing.B, v *visitor) float64 {
	b.Helper()
	for paused := time.Now().Add(20 * time.Millisecond); time.Now().Before(paused); {
		time.Sleep(time.Until(paused))
	}
	began := time.Now()
	v.get(b, "/payments?size=50&status=successful&psp=SEP", http.StatusOK)
	return milliseconds(time.Since(began))
}

func percentile(values []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// filled reports whether both lists of the connection were read to their ends.
func filled(b *testing.B, db *store.DB) bool {
	b.Helper()
	states, err := db.MirrorStates(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return len(states) == 2 && !slices.ContainsFunc(states, func(s mirror.State) bool { return s.LastComplete.IsZero() })
}
