package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"payportal/provider/sandbox/pspreporting"
)

// listening opens the surfaces of the bench and answers on them; url is the address of the staff surface.
func (b *bench) listening(t *testing.T) (url string) {
	t.Helper()
	if err := b.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range b.surfaces {
		go s.serve() //nolint:errcheck // it ends when the bench is closed
	}
	return "http://" + b.surfaces[0].address()
}

// TestDribblers is R19: clients that send their request a letter at a time are shown the door, and hold nobody up.
func TestDribblers(t *testing.T) {
	b := openBench(t)
	address := b.listening(t)
	finance := b.signedIn(t, "finance").at(address)
	var dribbling sync.WaitGroup
	var longest atomic.Int64
	for range rounds(200, 1_000) {
		dribbling.Go(func() {
			held, err := dribble(strings.TrimPrefix(address, "http://"))
			if err != nil {
				t.Error(err)
			}
			for old := longest.Load(); held > time.Duration(old) && !longest.CompareAndSwap(old, int64(held)); old = longest.Load() {
			}
		})
	}
	closed := make(chan struct{})
	go func() { dribbling.Wait(); close(closed) }()
	honest, slowest := 0, time.Duration(0)
	for open := true; open; honest++ {
		began := time.Now()
		finance.get(t, "/payments", http.StatusOK)
		slowest = max(slowest, time.Since(began))
		select {
		case <-closed:
			open = false
		default:
		}
	}
	t.Logf("the last dribbler was closed after %s; %d honest pages, the slowest in %s", time.Duration(longest.Load()), honest, slowest)
	if held := time.Duration(longest.Load()); held > 8*time.Second {
		t.Errorf("a dribbler held its connection for %s, want at most 8 s", held)
	}
	if slowest > 3*time.Second {
		t.Errorf("an honest page took %s", slowest)
	}
}

// dribble sends a request that never ends, a letter every 200 ms, until the server closes the connection.
func dribble(address string) (held time.Duration, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	began := time.Now()
	if _, err := io.WriteString(c, "GET /sign-in HTTP/1.1\r\nHost: portal\r\nX-Slow: "); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, c) // how the server ends it does not matter
	}()
	letters := time.NewTicker(200 * time.Millisecond)
	defer letters.Stop()
	for {
		select {
		case <-ended:
			return time.Since(began), nil
		case <-letters.C:
			if _, err := io.WriteString(c, "a"); err != nil {
				<-ended
				return time.Since(began), nil
			}
		}
		if time.Since(began) > 30*time.Second {
			return time.Since(began), nil
		}
	}
}

// TestDoubleSubmit is R18: the same form, sent a hundred times at the same moment, creates one terminal and gets one answer.
func TestDoubleSubmit(t *testing.T) {
	b := openBench(t)
	v := b.signedIn(t, "operations")
	for round := range rounds(2, 100) {
		before := len(b.provider.Engine.Effects(pspreporting.EffectTerminalCreated))
		page := v.get(t, "/terminals/new", http.StatusOK)
		var fields url.Values
		for _, f := range formsOf(page.body, "/terminals/new") {
			if f.fields.Has("key") {
				fields = f.with(b.newTerminal(t, fmt.Sprint(6_000_000+round)))
			}
		}
		var mu sync.Mutex
		answers := map[string]int{}
		var sending sync.WaitGroup
		for range 100 {
			sending.Go(func() {
				a, err := v.ask(t.Context(), http.MethodPost, "/terminals/new", fields)
				mu.Lock()
				defer mu.Unlock()
				answers[fmt.Sprint(a.status, " ", a.header.Get("Location"), err)]++
			})
		}
		sending.Wait()
		if got := len(b.provider.Engine.Effects(pspreporting.EffectTerminalCreated)) - before; got != 1 {
			t.Errorf("%d terminals were created, want 1", got)
		}
		if len(answers) != 1 {
			t.Errorf("the same form got the answers %v, want one", answers)
		}
		again := v.post(t, "/terminals/new", http.StatusSeeOther, fields)
		if _, known := answers["303 "+again.header.Get("Location")+"<nil>"]; !known {
			t.Errorf("the same form later leads to %q, before it got %v", again.header.Get("Location"), answers)
		}
	}
	b.checkWhole(t)
}

// TestLoginFlood is T33: sign-ins beyond the queue are sent away at once, and nobody else waits for them.
func TestLoginFlood(t *testing.T) {
	b := openBench(t)
	finance := b.signedIn(t, "finance")
	// From here on passwords cost what they cost, and each attempt comes from another address.
	b.settings.trustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	if err := b.buildAccess(); err != nil {
		t.Fatal(err)
	}
	if err := b.buildStaff(); err != nil {
		t.Fatal(err)
	}
	b.handler = b.staff
	finance.client.Transport = inProcess{b.handler}
	flood := b.visitor()
	var mu sync.Mutex
	statuses := map[int]int{}
	var trying sync.WaitGroup
	for n := range rounds(120, 2_000) {
		trying.Go(func() {
			v := *flood
			v.header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "X-Forwarded-For": {fmt.Sprintf("10.%d.%d.9", n/250, n%250)}}
			a, err := v.ask(t.Context(), http.MethodPost, "/sign-in", url.Values{"username": {fmt.Sprint("nobody", n)}, "password": {"guess"}})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	done := make(chan struct{})
	go func() { trying.Wait(); close(done) }()
	slowest := time.Duration(0)
	for flooded := true; flooded; {
		began := time.Now()
		finance.get(t, "/payments", http.StatusOK)
		slowest = max(slowest, time.Since(began))
		select {
		case <-done:
			flooded = false
		default:
		}
	}
	t.Logf("answers by status %v; the slowest page of somebody else took %s", statuses, slowest)
	if statuses[http.StatusTooManyRequests] == 0 || statuses[http.StatusUnprocessableEntity] == 0 || len(statuses) != 2 {
		t.Errorf("answers by status %v, want 422 for some and 429 for the others", statuses)
	}
	if slowest > 5*time.Second {
		t.Errorf("a page took %s during the flood", slowest)
	}
}
