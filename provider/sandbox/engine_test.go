package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"payportal/provider/sandbox"
)

// rig is an engine with one small service: POST /things/ makes an effect, all paths answer one document.
type rig struct {
	*sandbox.Engine
	t      *testing.T
	base   string
	insert atomic.Int64
}

const document = `{"count":2,"next":"http://documented.example/things/?page=2","results":[{"id":1},{"id":2}],"last":true}`

func start(t *testing.T) *rig {
	t.Helper()
	r := &rig{Engine: sandbox.New(sandbox.FrozenClock(time.Date(2026, 3, 21, 8, 0, 0, 0, time.UTC))), t: t}
	base, err := r.Serve("", sandbox.Service{
		Name: "things",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.Method == http.MethodPost {
				body, _ := io.ReadAll(req.Body)
				r.RecordEffect("things", "thing_made", string(body), nil)
				w.WriteHeader(http.StatusCreated)
			}
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, document)
		}),
		Insert: func(_ *http.Request, rows int) { r.insert.Add(int64(rows)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.base = base
	t.Cleanup(func() { r.Close() })
	return r
}

func (r *rig) inject(f sandbox.Fault) int {
	r.t.Helper()
	id, err := r.Inject(f)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// do sends on a connection of its own, so that a cut one is not silently retried.
func (r *rig) do(method, path, body string) (*http.Response, string, error) {
	r.t.Helper()
	return r.doContext(r.t.Context(), method, path, body)
}

func (r *rig) doContext(ctx context.Context, method, path, body string) (*http.Response, string, error) {
	r.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if strings.HasPrefix(path, "/_control/") {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	return resp, string(got), err
}

func (r *rig) want(status int, method, path, body string) string {
	r.t.Helper()
	resp, got, err := r.do(method, path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	if resp.StatusCode != status {
		r.t.Fatalf("%s %s: got %d %s, want %d", method, path, resp.StatusCode, got, status)
	}
	return got
}

func TestStatusFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault   sandbox.Fault
		status  int
		effects int
		kind    string
		body    string
	}{
		{sandbox.Answer(401), 401, 0, "application/json", `{"detail":"Unauthorized"}`},
		{sandbox.Answer(403), 403, 0, "application/json", `{"detail":"Forbidden"}`},
		{sandbox.Answer(500), 500, 0, "application/json", `{"detail":"Internal Server Error"}`},
		{sandbox.Answer(502), 502, 0, "text/html", "nginx"},
		{sandbox.RateLimited(7 * time.Second), 429, 0, "application/json", "Too Many"},
		{sandbox.ErrorAfterEffect(), 500, 1, "application/json", "detail"},
		{sandbox.Fault{Kind: sandbox.HTML}, 200, 0, "text/html", "<!doctype html>"},
		{sandbox.Fault{Kind: sandbox.HTML, AfterEffect: true}, 200, 1, "text/html", "<!doctype html>"},
		{sandbox.Fault{Kind: sandbox.WrongShape, Body: `[1,2]`}, 200, 0, "application/json", "[1,2]"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %d %v", tt.fault.Kind, tt.fault.Status, tt.fault.AfterEffect), func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.inject(tt.fault.For(1))
			resp, body, err := r.do("POST", "/things/", "x")
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || !strings.HasPrefix(resp.Header.Get("Content-Type"), tt.kind) || !strings.Contains(body, tt.body) {
				t.Errorf("got %d %s %q, want %d %s with %q", resp.StatusCode, resp.Header.Get("Content-Type"), body, tt.status, tt.kind, tt.body)
			}
			if tt.status == 429 && resp.Header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After: got %q, want 7", resp.Header.Get("Retry-After"))
			}
			if got := len(r.Effects("thing_made")); got != tt.effects {
				t.Errorf("got %d effects, want %d", got, tt.effects)
			}
			if got := r.want(201, "POST", "/things/", "y"); got != document {
				t.Errorf("after the fault: got %s, want the true answer", got)
			}
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		r := start(t)
		r.inject(sandbox.Fault{Kind: sandbox.Reset, AfterEffect: after}.For(1))
		_, _, err := r.do("POST", "/things/", "x")
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got error %v, want a connection reset", err)
		}
		want := map[bool]int{false: 0, true: 1}[after]
		if got := len(r.Effects("")); got != want {
			t.Errorf("after effect %v: got %d effects, want %d", after, got, want)
		}
	}
}

func TestBentAnswers(t *testing.T) {
	t.Parallel()
	half := document[:len(document)/2]
	tests := []struct {
		fault sandbox.Fault
		body  string
		err   error
	}{
		{sandbox.Fault{Kind: sandbox.CutJSON}, half, nil},
		{sandbox.Fault{Kind: sandbox.CutBody}, half, io.ErrUnexpectedEOF},
		{sandbox.Fault{Kind: sandbox.ForeignURL, URL: "http://evil.example:81"}, strings.Replace(`{"count":2,"last":true,"next":"http://documented.example/things/?page=2","results":[{"id":1},{"id":2}]}`, "documented.example", "evil.example:81", 1), nil},
		{sandbox.Fault{Kind: sandbox.ForeignURL, URL: "http://evil.example/x?y=1"}, `{"count":2,"last":true,"next":"http://evil.example/x?y=1","results":[{"id":1},{"id":2}]}`, nil},
		{sandbox.Fault{Kind: sandbox.ForeignURL, URL: "http://evil.example", Key: "url"}, document, nil},
		{sandbox.Fault{Kind: sandbox.WrongShape}, `{"count":["unexpected"],"last":["unexpected"],"next":42,"results":{"items":0}}`, nil},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind)+" "+tt.fault.URL, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.inject(tt.fault)
			resp, body, err := r.do("POST", "/things/", "x")
			if resp == nil {
				t.Fatal(err)
			}
			if body != tt.body || !errors.Is(err, tt.err) || resp.StatusCode != 201 {
				t.Errorf("got %d %s, error %v, want 201 %s, error %v", resp.StatusCode, body, err, tt.body, tt.err)
			}
			if len(r.Effects("")) != 1 {
				t.Error("the effect did not happen")
			}
		})
	}
}

func TestSlowComesLateEvenWhenTheClientGaveUp(t *testing.T) {
	t.Parallel()
	r := start(t)
	id := r.inject(sandbox.SlowBy(time.Hour).At("POST", "/things/"))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r.AwaitRequests(ctx, sandbox.Match{Method: "POST"}, 1)
		cancel()
	}()
	if _, _, err := r.doContext(ctx, "POST", "/things/", "x"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got error %v, want the client's own cancellation", err)
	}
	if got := len(r.Effects("")); got != 0 {
		t.Fatalf("got %d effects during the delay, want 0", got)
	}
	r.Clear(id) // ends the delay
	r.awaitDone(sandbox.Match{Method: "POST"})
	if got := len(r.Effects("")); got != 1 {
		t.Errorf("got %d effects after the delay, want 1", got)
	}
}

func TestSlowWaits(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		r := start(t)
		r.inject(sandbox.Fault{Kind: sandbox.Slow, DelayMS: 60, AfterEffect: after})
		begun := time.Now()
		r.want(201, "POST", "/things/", "x")
		if took := time.Since(begun); took < 60*time.Millisecond {
			t.Errorf("answered after %v, want 60 ms or more", took)
		}
	}
}

func TestHangIsReleased(t *testing.T) {
	t.Parallel()
	releases := map[string]func(r *rig, id int, cancel func()){
		"by clearing": func(r *rig, id int, _ func()) { r.Clear(id) },
		"by closing":  func(r *rig, _ int, _ func()) { r.Close() },
		"by leaving":  func(_ *rig, _ int, cancel func()) { cancel() },
	}
	for name, release := range releases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			id := r.inject(sandbox.Fault{Kind: sandbox.Hang, AfterEffect: true}.For(1)) // used up, and still to be cleared
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			failed := make(chan error, 1)
			go func() {
				_, _, err := r.doContext(ctx, "POST", "/things/", "x")
				failed <- err
			}()
			if _, err := r.AwaitRequests(t.Context(), sandbox.Match{Method: "POST"}, 1); err != nil {
				t.Fatal(err)
			}
			release(r, id, cancel)
			if err := <-failed; err == nil {
				t.Error("the hanging request was answered")
			}
			r.awaitDone(sandbox.Match{Method: "POST"})
			if got := r.Requests(sandbox.Match{})[0]; got.Status != 0 || got.Fault != sandbox.Hang {
				t.Errorf("journal: got status %d and fault %q, want 0 and hang", got.Status, got.Fault)
			}
		})
	}
}

// awaitDone waits until a request that matches has ended at the sandbox.
func (r *rig) awaitDone(m sandbox.Match) {
	r.t.Helper()
	m.Done = true
	ctx, cancel := context.WithTimeout(r.t.Context(), 5*time.Second)
	defer cancel()
	if _, err := r.AwaitRequests(ctx, m, 1); err != nil {
		r.t.Fatal("the request did not end at the sandbox")
	}
}

func TestHugeBodyHasNoEnd(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.inject(sandbox.Fault{Kind: sandbox.HugeBody})
	got := r.want(200, "GET", "/things/", "")
	if len(got) != 8<<20 || !strings.HasPrefix(got, `{"count":1,"next":null,"previous":null,"results":[{"id":`) {
		t.Errorf("got %d bytes beginning %.60q, want as many as were read", len(got), got)
	}
	r.awaitDone(sandbox.Match{})
}

func TestScopeCountAndOrder(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.inject(sandbox.Answer(500).At("GET", "/things/*").For(2))
	r.inject(sandbox.Answer(503).At("GET", "/things/*").For(1))
	r.inject(sandbox.Answer(418).Of("elsewhere"))
	late := sandbox.Answer(409).At("POST", "")
	late.Skip = 1
	id := r.inject(late)
	for _, step := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/other", 200},
		{"GET", "/things/1/2", 200}, // a star does not cross a slash
		{"GET", "/things/1", 500},
		{"POST", "/things/1", 201},
		{"GET", "/things/2", 500},
		{"GET", "/things/3", 503},
		{"GET", "/things/4", 200},
		{"POST", "/things/1", 409},
		{"POST", "/x", 409},
	} {
		r.want(step.want, step.method, step.path, "")
	}
	if got := r.Faults(); len(got) != 2 || got[1].ID != id {
		t.Errorf("armed: got %v, want the two that are not used up", got)
	}
	if !r.Clear(id) || r.Clear(id) {
		t.Error("Clear must report true once")
	}
	r.want(201, "POST", "/x", "")
}

func TestPercentStrikesSome(t *testing.T) {
	t.Parallel()
	r := start(t)
	half := sandbox.Answer(500)
	half.Percent = 50
	r.inject(half)
	struck := 0
	for range 100 {
		resp, _, err := r.do("GET", "/", "")
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == 500 {
			struck++
		}
	}
	if struck == 0 || struck == 100 {
		t.Errorf("struck %d of 100, want some", struck)
	}
}

func TestInsertRows(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.inject(sandbox.Fault{Kind: sandbox.InsertRows, Rows: 3}.For(1))
	r.inject(sandbox.Fault{Kind: sandbox.InsertRows}.For(1))
	for range 3 {
		if got := r.want(200, "GET", "/things/", ""); got != document {
			t.Errorf("got %s, want the true answer", got)
		}
	}
	if got := r.insert.Load(); got != 4 {
		t.Errorf("got %d rows inserted, want 4", got)
	}
}

func TestInjectRefusesNonsense(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, f := range []sandbox.Fault{
		{},
		{Kind: "explode"},
		{Kind: sandbox.Status},
		{Kind: sandbox.Status, Status: 99},
		{Kind: sandbox.Hang, Path: "["},
		{Kind: sandbox.ForeignURL},
		{Kind: sandbox.Hang, Percent: 101},
		{Kind: sandbox.Hang, Times: -1},
	} {
		if _, err := r.Inject(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
}

func TestControlOverHTTP(t *testing.T) {
	t.Parallel()
	r := start(t)
	if got := r.want(201, "POST", "/_control/faults", `{"kind":"status","status":503,"method":"GET","path":"/things/","times":1}`); got != `{"id":1}` {
		t.Errorf("got %s, want the id", got)
	}
	var armed []sandbox.Fault
	r.json("/_control/faults", &armed)
	if len(armed) != 1 || armed[0].Status != 503 || armed[0].Times != 1 {
		t.Errorf("faults: got %+v", armed)
	}
	r.want(503, "GET", "/things/", "")
	r.want(201, "POST", "/things/", "body & soul")

	var requests []sandbox.Request
	r.json("/_control/requests?await=2&done=1&path=/things/", &requests)
	if len(requests) != 2 || requests[0].Status != 503 || requests[1].Status != 201 || requests[1].Body != "body & soul" || requests[1].Method != "POST" {
		t.Errorf("requests: got %+v", requests)
	}
	r.json("/_control/requests?after=1", &requests)
	if len(requests) != 1 || requests[0].Seq != 2 {
		t.Errorf("requests after the first: got %+v", requests)
	}
	var effects []sandbox.Effect
	r.json("/_control/effects?kind=thing_made", &effects)
	if len(effects) != 1 || effects[0].Key != "body & soul" || !effects[0].At.Equal(r.Clock().Now()) {
		t.Errorf("effects: got %+v", effects)
	}
	before := r.Clock().Now()
	r.want(200, "POST", "/_control/clock", `{"advance_ms":1500}`)
	if got := r.Clock().Now().Sub(before); got != 1500*time.Millisecond {
		t.Errorf("clock moved %v, want 1.5 s", got)
	}
	r.inject(sandbox.Answer(500))
	r.inject(sandbox.Answer(500))
	r.want(204, "DELETE", "/_control/faults/2", "")
	r.want(404, "DELETE", "/_control/faults/2", "")
	r.want(204, "DELETE", "/_control/faults", "")
	r.want(200, "GET", "/things/", "")
}

func (r *rig) json(path string, v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.want(200, "GET", path, "")), v); err != nil {
		r.t.Fatal(err)
	}
}

func TestControlRefusesNonsense(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.want(400, "POST", "/_control/faults", `{"kind":"explode"}`)
	r.want(400, "POST", "/_control/faults", `{"kind":"hang","colour":"red"}`)
	r.want(400, "POST", "/_control/faults", `{`)
	r.want(400, "GET", "/_control/requests?await=x", "")
	r.want(504, "GET", "/_control/requests?await=1&timeout_ms=1", "")
	r.want(404, "GET", "/_control/things/", "")
	r.want(404, "GET", "/_control/nothing/", "")
	resp, err := http.Post(r.base+"/_control/faults", "text/plain", bytes.NewReader([]byte(`{"kind":"hang"}`)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnsupportedMediaType || len(r.Faults()) != 0 {
		t.Errorf("an order from a web form: got %d and faults %v, want 415 and none", resp.StatusCode, r.Faults())
	}
}

func TestJournalForgetsTheOldest(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	for range 10_001 {
		resp, err := client.Get(r.base + "/")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	got := r.Requests(sandbox.Match{})
	if len(got) != 10_000 || got[0].Seq != 2 || got[9_999].Seq != 10_001 {
		t.Errorf("got %d requests, %d to %d, want the last 10000", len(got), got[0].Seq, got[len(got)-1].Seq)
	}
}

func TestTooLargeARequestIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.want(413, "POST", "/things/", strings.Repeat("x", 1<<20+1))
	if got := len(r.Effects("")); got != 0 {
		t.Errorf("got %d effects, want 0", got)
	}
}

func TestFollowsTheInjectedClock(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.Clock().Advance(-15 * time.Minute)
	resp, _, err := r.do("GET", "/", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Date"); got != "Sat, 21 Mar 2026 07:45:00 GMT" {
		t.Errorf("Date: got %q", got)
	}
	if now := time.Since(sandbox.WallClock().Now()); now > time.Second {
		t.Errorf("the wall clock is %v off", now)
	}
}
