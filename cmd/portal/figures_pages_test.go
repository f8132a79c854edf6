package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

const (
	// connections is how many keep-alive connections ask at once.
	connections = 8
	// window is how long each page is asked for in a round: long enough for the clock ticks of /proc.
	window = 5 * time.Second
)

// pageKind is a page that is measured, with its costs in microseconds of the server's processor time, one for each round.
type pageKind struct {
	path  string
	gzip  bool
	costs []float64
}

func (k *pageKind) cost() float64 { return median(k.costs) }

// pages measures W1, W2 and W3 against the floor. The rounds go through all kinds in turn, so that a busy moment of the
// machine hits each of them alike.
func (f *figures) pages(b *testing.B) {
	places := f.places(b)
	const list = "/payments?size=50&"
	filtered := list + "psp=Behpardakht&status=successful"
	first, packed := &pageKind{path: filtered}, &pageKind{path: filtered, gzip: true}
	deep := &pageKind{path: list + "status=successful&after=" + url.QueryEscape(places.deep)}
	lastFour := &pageKind{path: list + "q=" + places.row.MaskedCard[12:]}
	firstSix := &pageKind{path: list + "q=" + places.row.MaskedCard[:6]}
	prefix := &pageKind{path: list + "q=id:" + places.row.ID[:7]}
	floor, view := &pageKind{path: "/"}, &pageKind{path: "/view"}

	portal, bare := f.serve(b, f.db), f.serveFloor(b)
	user, nobody := portal.visit(f.jar), newVisitor(bare.url, bare.network)
	f.checkSize(b, user, nobody, filtered)
	for range b.N {
		for _, kind := range []*pageKind{floor, view} {
			kind.measure(b, bare, nobody)
		}
		for _, kind := range []*pageKind{first, deep, lastFour, firstSix, prefix, packed} {
			kind.measure(b, portal, user)
		}
	}
	ratio := func(name string, a, of *pageKind, unit string, limit float64) {
		f.report(b, figure{name: name, unit: unit, value: a.cost() / of.cost(), limit: limit})
	}
	f.report(b, figure{name: "floor: the page's templates", unit: "µs CPU", value: floor.cost()})
	f.report(b, figure{name: "floor with the page's texts", unit: "µs CPU", value: view.cost()})
	f.report(b, figure{name: "W1 filtered list", unit: "µs CPU", value: first.cost()})
	ratio("W1 filtered list", first, floor, "× floor", 4.5)
	ratio("W2 the 500,000th row", deep, first, "× W1", 1.15)
	ratio("W3 last four", lastFour, first, "× W1", 1.25)
	ratio("W3 first six", firstSix, first, "× W1", 1.25)
	ratio("W3 id prefix", prefix, first, "× W1", 1.25)
	f.report(b, figure{name: "W1 filtered list, gzip", unit: "µs CPU", value: packed.cost()})
}

// places are where the measured lists begin.
type places struct {
	row  psp.PaymentRecord // somewhere in the middle
	deep string            // the cursor of the 500,000th successful payment
}

func (f *figures) places(b *testing.B) places {
	b.Helper()
	db, err := store.Open(b.Context(), f.db)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var at int64
	err = db.Writer().QueryRowContext(b.Context(), "SELECT at FROM payments WHERE status = 1 ORDER BY at DESC LIMIT 1 OFFSET ?", storetest.Million/2-50).Scan(&at)
	if err != nil {
		b.Fatal(err)
	}
	list, err := db.ListPayments(b.Context(), psp.PaymentQuery{
		Filter: psp.PaymentFilter{Status: new(psp.PaymentSuccessful), To: time.UnixMicro(at)}, Size: 50,
	})
	if err != nil {
		b.Fatal(err)
	}
	return places{row: list.Payments[0], deep: list.Next}
}

// checkSize reports the sizes of the page, and wants the floor to draw the same one.
func (f *figures) checkSize(b *testing.B, user, nobody *visitor, path string) {
	b.Helper()
	page, floor := user.get(b, path, http.StatusOK).body, nobody.get(b, "/", http.StatusOK).body
	if difference := len(page) - len(floor); difference < -len(page)/30 || difference > len(page)/30 {
		b.Fatalf("the page has %d bytes and its floor %d: it is not the same page", len(page), len(floor))
	}
	f.report(b, figure{name: "page of 50 rows", unit: "bytes", value: float64(len(page)), limit: 50_000})
	packed, err := user.discard(user.asked(b, path, true))
	if err != nil {
		b.Fatal(err)
	}
	f.report(b, figure{name: "page of 50 rows, gzip", unit: "bytes", value: float64(packed), limit: 9_000})
}

// asked makes a request for a page; packed as browsers want it, or plain.
func (v *visitor) asked(b *testing.B, path string, packed bool) *http.Request {
	r, err := v.request(b.Context(), http.MethodGet, path, nil)
	if err != nil {
		panic(err) // a path of ours that is none
	}
	if packed {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	return r
}

// discard sends a request and counts the bytes of the answer, which must be a success.
func (v *visitor) discard(r *http.Request) (int64, error) {
	resp, err := v.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s", resp.Status)
	}
	return n, err
}

func keepAlive() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}
}

// measure asks for the page over all connections for a window and notes what a request costs the server.
func (k *pageKind) measure(b *testing.B, d *daemon, v *visitor) {
	b.Helper()
	var answered atomic.Int64
	before := d.cpu(b)
	deadline := time.Now().Add(window)
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			for time.Now().Before(deadline) {
				if _, err := v.discard(v.asked(b, k.path, k.gzip)); err != nil {
					b.Errorf("GET %s: %v", k.path, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	group.Wait()
	used := d.cpu(b) - before
	k.costs = append(k.costs, float64(used.Microseconds())/float64(answered.Load()))
}
