package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/provider/sandbox"
	"payportal/provider/sandbox/toman"
)

// badDays are what providers do on bad days, at all of the API's addresses.
var badDays = map[string]sandbox.Fault{
	"hang":          {Kind: sandbox.Hang},
	"401":           sandbox.Answer(http.StatusUnauthorized),
	"403":           sandbox.Answer(http.StatusForbidden),
	"429":           sandbox.RateLimited(time.Minute),
	"500":           sandbox.Answer(http.StatusInternalServerError),
	"502":           sandbox.Answer(http.StatusBadGateway),
	"cut JSON":      {Kind: sandbox.CutJSON},
	"cut body":      {Kind: sandbox.CutBody},
	"HTML":          {Kind: sandbox.HTML},
	"huge body":     {Kind: sandbox.HugeBody},
	"wrong shape":   {Kind: sandbox.WrongShape},
	"nulls":         {Kind: sandbox.WrongShape, Body: `{"count":null,"next":null,"previous":null,"results":null}`},
	"nothing":       {Kind: sandbox.WrongShape, Body: `{}`},
	"doubled keys":  {Kind: sandbox.WrongShape, Body: `{"count":0,"count":1,"next":null,"previous":null,"results":[],"results":[]}`},
	"reset":         {Kind: sandbox.Reset},
	"redirect":      {Kind: sandbox.Status, Status: http.StatusFound, Header: map[string]string{"Location": "http://127.0.0.1:9/"}},
	"foreign link":  {Kind: sandbox.ForeignURL, URL: "http://127.0.0.1:9"},
	"empty success": {Kind: sandbox.Status, Status: http.StatusNoContent},
}

// TestBadDays goes through the whole stack: whatever the provider does, every page answers with what was there before, says
// how old it is and why, and is well again after the provider is.
func TestBadDays(t *testing.T) {
	b := openBench(t)
	a := newAttack(t, b, 0)
	pages := a.readPages(t)
	if fresh, figures := countPages(pages); len(pages) < 15 || fresh < 5 || figures < 3 {
		t.Fatalf("of %d known pages %d say how old they are and %d have figures: what is there to compare?", len(pages), fresh, figures)
	}
	if prove {
		badDays["slow"] = sandbox.SlowBy(time.Minute)
	}
	for name, day := range badDays {
		t.Run(name, func(t *testing.T) {
			if _, err := b.provider.Engine.Inject(day.Of("psp_reporting")); err != nil {
				t.Fatal(err)
			}
			if day.Kind == sandbox.Hang || day.Kind == sandbox.Slow {
				a.checkLivePages(t, pages) // a refresh would take as long as the portal waits
			} else {
				a.askAnew(t, name != "foreign link")
				a.checkPages(t, pages, name)
			}
			b.provider.Engine.Clear(0)
			b.freshClients(t)
			a.askAnew(t, false)
			for path := range pages {
				if page := a.admin.get(t, path, http.StatusOK); isStale(page.body) {
					t.Errorf("GET %s still tells of trouble after it was over", path)
				}
			}
		})
	}
	b.said.checkLog(t)
	b.checkWhole(t)
}

// freshClients makes the portal forget its breakers, as a change of the connection does: no test waits for them but
// TestOneBreakerRests.
func (b *bench) freshClients(t *testing.T) {
	t.Helper()
	c, err := b.connections.Named(t.Context(), demoConnection)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.connections.Change(t.Context(), access.CommandLine("test").Actor, c.ID, c.Version, c.Settings); err != nil {
		t.Fatal(err)
	}
}

// readPages gives every page that shows what a provider said, with how it looks while all is well.
func (a *attack) readPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, d := range a.doors {
		if d.method != http.MethodGet || d.Stream || d.Quiet || d.Stage || d.Public || d.StepUp || strings.HasPrefix(d.pattern, "/admin") {
			continue
		}
		for _, path := range d.paths {
			page, err := a.admin.ask(t.Context(), http.MethodGet, path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if page.status == http.StatusOK {
				pages[path] = page.body
			}
		}
	}
	return pages
}

// countPages counts the pages that say how old they are, and those with figures.
func countPages(pages map[string]string) (fresh, figures int) {
	for _, page := range pages {
		if strings.Contains(page, `class="fresh"`) {
			fresh++
		}
		if figuresOf(page) != "" {
			figures++
		}
	}
	return fresh, figures
}

// askAnew presses every refresh, and brings the mirror up to date. On a bad day that is told on the page that follows.
func (a *attack) askAnew(t *testing.T, bad bool) {
	t.Helper()
	for _, d := range a.doors {
		if d.method != http.MethodPost || !strings.HasSuffix(d.pattern, "/refresh") {
			continue
		}
		if answer, err := a.admin.ask(t.Context(), http.MethodPost, d.pattern, url.Values{}); err != nil || answer.status != http.StatusSeeOther {
			t.Errorf("POST %s = %d, %v, want to be led back", d.pattern, answer.status, err)
		}
	}
	if _, err := a.b.db.Writer().Exec("UPDATE mirror_states SET next_attempt = 0"); err != nil {
		t.Fatal(err)
	}
	id := a.b.connectionID(t)
	for _, kind := range psp.TerminalTypes {
		err := a.b.mirror.Run(t.Context(), mirror.Key{ConnectionID: id, Type: kind})
		if (err != nil) != bad {
			t.Errorf("copying %s payments: %v, want an error: %v", kind, err, bad)
		}
	}
}

// checkPages wants every page as it was, with its age and the reason why it is not younger.
func (a *attack) checkPages(t *testing.T, pages map[string]string, day string) {
	t.Helper()
	for path, before := range pages {
		page := a.admin.get(t, path, http.StatusOK)
		if got, want := rowsOf(page.body), rowsOf(before); got != want {
			t.Errorf("GET %s has %d rows, had %d", path, got, want)
		}
		if got, want := figuresOf(page.body), figuresOf(before); got != want {
			t.Errorf("GET %s shows the figures %s, showed %s", path, got, want)
		}
		if strings.Contains(page.body, `class="fresh"`) && day != "foreign link" && !isStale(page.body) {
			t.Errorf("GET %s does not say that it is old", path)
		}
	}
}

// checkLivePages asks the pages that ask the provider, at the same time, and wants the copy within the time that a page may take.
func (a *attack) checkLivePages(t *testing.T, pages map[string]string) {
	var asked sync.WaitGroup
	for path, before := range pages {
		if !strings.HasPrefix(path, "/terminals/") && path != "/terminals" {
			continue
		}
		asked.Go(func() {
			began := time.Now()
			page, err := a.admin.ask(t.Context(), http.MethodGet, path, nil)
			if err != nil || page.status != http.StatusOK || rowsOf(page.body) != rowsOf(before) || time.Since(began) > 15*time.Second {
				t.Errorf("GET %s = %d with %d rows (had %d) after %s, %v", path, page.status, rowsOf(page.body), rowsOf(before), time.Since(began), err)
			}
		})
	}
	asked.Wait()
}

// isStale reports whether a page says that it is older than it should be.
func isStale(page string) bool { return strings.Contains(page, "data-stale") }

func rowsOf(page string) int { return strings.Count(page, "<tr") }

// figuresOf gives the texts of the cells of numbers.
func figuresOf(page string) string {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return err.Error()
	}
	var figures []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "td" && slices.Contains(strings.Fields(attr(n, "class")), "num") {
			for text := range n.Descendants() {
				if text.Type == html.TextNode {
					figures = append(figures, strings.TrimSpace(text.Data))
				}
			}
		}
	}
	return strings.Join(figures, " ")
}

// TestFirstFillGoesOnAfterABadDay breaks a fill in its midst: it goes on from there, not from the beginning.
func TestFirstFillGoesOnAfterABadDay(t *testing.T) {
	seed := benchSeed
	seed.Payments = 4_000
	b := openBenchOn(t, toman.Config{Seed: seed})
	if err := b.seedDemo(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	key := mirror.Key{ConnectionID: b.connectionID(t), Type: psp.POS}
	fault := sandbox.Fault{Kind: sandbox.CutJSON, Path: "/payments/pos", Skip: 8}
	if _, err := b.provider.Engine.Inject(fault); err != nil {
		t.Fatal(err)
	}
	if err := b.mirror.Run(t.Context(), key); err == nil {
		t.Fatal("the fill went through a document that was cut in half")
	}
	v := b.signedIn(t, "finance")
	page := v.get(t, "/payments", http.StatusOK)
	if !isStale(page.body) || rowsOf(page.body) < 20 {
		t.Errorf("the list has %d rows and says that it is old: %v; want the first pages, and why there are no more", rowsOf(page.body), isStale(page.body))
	}
	asked := b.provider.Engine.Requests(sandbox.Match{Path: "/payments/pos"})
	b.provider.Engine.Clear(0)
	b.freshClients(t)
	if _, err := b.db.Writer().Exec("UPDATE mirror_states SET next_attempt = 0"); err != nil {
		t.Fatal(err)
	}
	if err := b.mirror.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	after := b.provider.Engine.Requests(sandbox.Match{Path: "/payments/pos", After: asked[len(asked)-1].Seq})
	if after[0].Query == "" {
		t.Error("the fill began anew in place of going on")
	}
	for _, wrong := range b.checkMirror(t) {
		t.Error(wrong)
	}
}

// TestOneTokenForAll is T44: calls that find their token expired get one new one between them, and a refused login is not
// tried again and again.
func TestOneTokenForAll(t *testing.T) {
	b := openBench(t)
	id := b.connectionID(t)
	uuid := b.provider.PSPReporting.Terminals()[0].UUID
	asked := len(b.provider.Engine.Requests(sandbox.Match{Service: "auth"}))
	b.provider.Auth.ExpireAccessTokens()
	var calls sync.WaitGroup
	for range rounds(100, 500) {
		calls.Go(func() {
			if _, fresh, err := b.terminals.Get(t.Context(), id, uuid); err != nil || fresh.Problem != "" {
				t.Errorf("a call with an expired token: %v, %s", err, fresh.Problem)
			}
		})
	}
	calls.Wait()
	if got := len(b.provider.Engine.Requests(sandbox.Match{Service: "auth"})) - asked; got != 1 {
		t.Errorf("the calls asked for %d tokens, want 1", got)
	}

	b.provider.Auth.RevokeAll()
	if _, err := b.provider.Engine.Inject(sandbox.Fault{Kind: sandbox.Status, Status: 400, Body: `{"error":"invalid_grant"}`, Service: "auth"}); err != nil {
		t.Fatal(err)
	}
	asked = len(b.provider.Engine.Requests(sandbox.Match{Service: "auth"}))
	for range 20 {
		if _, fresh, err := b.terminals.Get(t.Context(), id, uuid); err != nil || fresh.Problem == "" {
			t.Errorf("a call without a login: %v, problem %q, want the copy and why", err, fresh.Problem)
		}
	}
	if got := len(b.provider.Engine.Requests(sandbox.Match{Service: "auth"})) - asked; got > 3 {
		t.Errorf("a refused login was tried %d times: the account would be locked", got)
	}
}

// TestOneBreakerRests waits once for what the other tests shorten: after a bad day the portal finds by itself that it is over.
func TestOneBreakerRests(t *testing.T) {
	b := openBench(t)
	id := b.connectionID(t)
	if _, err := b.provider.Engine.Inject(sandbox.Answer(http.StatusInternalServerError).Of("psp_reporting")); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := b.directory.Refresh(t.Context(), id); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("Refresh on a bad day = %v, want Unavailable", err)
		}
	}
	reached := len(b.provider.Engine.Requests(sandbox.Match{Service: "psp_reporting"}))
	for range 50 {
		_ = b.directory.Refresh(t.Context(), id) // it fails, as above
	}
	if got := len(b.provider.Engine.Requests(sandbox.Match{Service: "psp_reporting"})) - reached; got > 20 {
		t.Errorf("100 calls on a bad day reached the provider %d times", got)
	}
	b.provider.Engine.Clear(0)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	err := errors.New("not tried")
	for err != nil && ctx.Err() == nil {
		err = b.directory.Refresh(ctx, id)
	}
	if err != nil {
		t.Errorf("15 s after the bad day: %v", err)
	}
}
