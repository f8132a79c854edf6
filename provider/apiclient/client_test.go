package apiclient_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/provider/apiclient"
)

// quick are limits that keep faults short.
var quick = apiclient.Limits{
	Call: 10 * time.Second, Dial: 2 * time.Second, Header: 500 * time.Millisecond, Body: 4 << 10, Backoff: time.Millisecond,
	RetryAfter: 20 * time.Millisecond, Rest: time.Hour,
}

// bearer is an Authorizer with a fixed list of tokens.
type bearer struct {
	mu       sync.Mutex
	tokens   []string
	rejected int
}

func (b *bearer) Authorize(_ context.Context, r *http.Request) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Header.Set("Authorization", "Bearer "+b.tokens[0])
	return nil
}

func (b *bearer) Rejected(*http.Request) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rejected++
	if len(b.tokens) == 1 {
		return false
	}
	b.tokens = b.tokens[1:]
	return true
}

func newClient(t *testing.T, base string, change func(*apiclient.Config)) *apiclient.Client {
	t.Helper()
	cfg := apiclient.Config{Connection: "toman-test", API: "psp_reporting", BaseURL: base, Limits: quick}
	if change != nil {
		change(&cfg)
	}
	client, err := apiclient.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestRequestAsReceived(t *testing.T) {
	tests := []struct {
		name, base string
		call       apiclient.Call
		want       string
	}{
		{
			"prefix without a slash", "/api/v1",
			apiclient.Call{Method: "GET", Pattern: "/terminals/{uuid}", Args: []string{"a/b c?#"}},
			"GET /api/v1/terminals/a%2Fb%20c%3F%23 Bearer t1 application/json  ",
		},
		{
			"prefix with a slash", "/api/v1/",
			apiclient.Call{Method: "GET", Pattern: "/reports/", Query: url.Values{"page": {"2"}}},
			"GET /api/v1/reports/?page=2 Bearer t1 application/json  ",
		},
		{
			"no prefix", "",
			apiclient.Call{Method: "GET", Pattern: "/psps"},
			"GET /psps Bearer t1 application/json  ",
		},
		{
			"body", "/x",
			apiclient.Call{Method: "POST", Pattern: "/terminals/", Body: map[string]any{"description": nil}},
			`POST /x/terminals/ Bearer t1 application/json application/json {"description":null}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				h := r.Header
				got = fmt.Sprintf("%s %s %s %s %s %s", r.Method, r.RequestURI, h.Get("Authorization"), h.Get("Accept"), h.Get("Content-Type"), body)
				answerJSON(w, 200, `{}`)
			})
			client := newClient(t, server.URL+tt.base, func(c *apiclient.Config) {
				c.Authorizer = &bearer{tokens: []string{"t1"}}
			})
			if _, err := client.Do(t.Context(), tt.call); err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("received %q, want %q", got, tt.want)
			}
		})
	}
}

func TestArgumentsStaySegments(t *testing.T) {
	var calls atomic.Int32
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { calls.Add(1); answerJSON(w, 200, `{}`) })
	client := newClient(t, server.URL, nil)
	for _, arg := range []string{"", ".", "..", "..."} {
		_, err := client.Do(t.Context(), apiclient.Call{Method: "GET", Pattern: "/terminals/{uuid}", Args: []string{arg}})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("argument %q: error = %v, want NotFound", arg, err)
		}
	}
	if got := calls.Load(); got != 0 {
		t.Errorf("calls = %d, want 0", got)
	}
}

// hijack takes the connection over, to break it.
func hijack(w http.ResponseWriter, bytes string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, bytes)
	if tcp, ok := conn.(*net.TCPConn); ok && bytes == "" {
		_ = tcp.SetLinger(0) // reset instead of a polite end
	}
	_ = conn.Close()
}

func TestFaultMatrix(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(bytes.Repeat([]byte(" "), 1<<20))
		_ = z.Close()
		return b.Bytes()
	}()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, code, `{"detail":"no"}`) }
	}
	tests := []struct {
		name        string
		handler     http.HandlerFunc
		read, write errs.Kind
		msg         string // of the read
		reads       int32  // how often a read is sent
	}{
		{"hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, errs.Unavailable, errs.Indeterminate, "provider.failure.timeout", 3},
		{"reset before the answer", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") }, errs.Unavailable, errs.Indeterminate, "provider.failure.broken", 3},
		{"closed before the answer", func(w http.ResponseWriter, _ *http.Request) { hijack(w, " ") }, errs.Unavailable, errs.Indeterminate, "provider.failure.broken", 3},
		{"cut body", func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":")
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.broken", 3},
		{"body that stops coming", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"a":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.timeout", 1},
		{"HTML with 200", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>")
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.wrong_type", 1},
		{"no content type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "{}")
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.wrong_type", 1},
		{"huge, announced", func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `"`+strings.Repeat("x", 8<<10)+`"`)
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.too_large", 1},
		{"huge, chunked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 100 {
				_, _ = io.WriteString(w, strings.Repeat(" ", 1<<10))
				_ = http.NewResponseController(w).Flush()
			}
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.too_large", 1},
		{"gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.too_large", 1},
		{"not HTTP", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "220 smtp ready\r\n") }, errs.Unavailable, errs.Indeterminate, "provider.failure.broken", 3},
		{"500", status(500), errs.Unavailable, errs.Indeterminate, "provider.failure.status", 3},
		{"502", status(502), errs.Unavailable, errs.Indeterminate, "provider.failure.status", 3},
		{"408", status(408), errs.Unavailable, errs.Indeterminate, "provider.failure.status", 3},
		{"302", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(302)
		}, errs.Unavailable, errs.Indeterminate, "provider.failure.redirect", 1},
		{"400", status(400), errs.Declined, errs.Declined, "provider.declined", 1},
		{"401", status(401), errs.Forbidden, errs.Forbidden, "provider.unauthorized", 1},
		{"403", status(403), errs.Forbidden, errs.Forbidden, "provider.forbidden_scope", 1},
		{"404", status(404), errs.NotFound, errs.NotFound, "provider.not_found", 1},
		{"409", status(409), errs.Declined, errs.Declined, "provider.declined", 1},
		{"429", status(429), errs.RateLimited, errs.RateLimited, "provider.rate_limited", 3},
		{"429 with a long Retry-After", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			answerJSON(w, 429, `{}`)
		}, errs.RateLimited, errs.RateLimited, "provider.rate_limited", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				calls.Add(1)
				tt.handler(w, r)
			})
			client := newClient(t, server.URL+"/base", func(c *apiclient.Config) {
				if tt.name == "body that stops coming" {
					c.Limits.Call = 500 * time.Millisecond // only the time for the whole call ends it
				}
			})
			call := apiclient.Call{Op: "try", Method: "GET", Pattern: "/things", Scope: "s"}
			_, err := client.Do(t.Context(), call)
			if got := errs.KindOf(err); err == nil || got != tt.read {
				t.Errorf("read error = %v, want kind %v", err, tt.read)
			}
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Msg != tt.msg {
				t.Errorf("read error = %v, want message %s", err, tt.msg)
			}
			if got := calls.Swap(0); got != tt.reads {
				t.Errorf("read was sent %d times, want %d", got, tt.reads)
			}
			call.Method, call.Body = "POST", map[string]int{"a": 1}
			_, err = client.Do(t.Context(), call)
			if got := errs.KindOf(err); err == nil || got != tt.write {
				t.Errorf("write error = %v, want kind %v", err, tt.write)
			}
			if got := calls.Load(); got != 1 {
				t.Errorf("write was sent %d times, want 1", got)
			}
		})
	}
}

func TestWriteThatNeverLeftIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := listener.Addr().String()
	_ = listener.Close()
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	defer tlsServer.Close()
	tlsServer.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	post := apiclient.Call{Op: "try", Method: "POST", Pattern: "/x", Body: 1}
	tests := []struct{ name, base, msg string }{
		{"refused", "http://" + dead, "provider.failure.refused"},
		{"self-signed", tlsServer.URL, "provider.failure.tls"},
		{"not TLS", "https://" + serve(t, nil).Listener.Addr().String(), "provider.failure.tls"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newClient(t, tt.base, nil).Do(t.Context(), post)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Kind != errs.Unavailable || e.Msg != tt.msg {
				t.Errorf("error = %v, want unavailable (%s)", err, tt.msg)
			}
		})
	}
}

func TestCallerWhoGoesAwayLeavesAWriteIndeterminate(t *testing.T) {
	arrived := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := newClient(t, server.URL, func(c *apiclient.Config) { c.Limits.Header = time.Minute }).
		Do(ctx, apiclient.Call{Method: "POST", Pattern: "/x", Body: 1})
	if !errs.Is(err, errs.Indeterminate) {
		t.Errorf("error = %v, want indeterminate", err)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	var times []time.Time
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		times = append(times, time.Now())
		if len(times) == 1 {
			w.Header().Set("Retry-After", "1")
			answerJSON(w, 429, `{}`)
			return
		}
		answerJSON(w, 200, `{}`)
	})
	client := newClient(t, server.URL, func(c *apiclient.Config) {
		c.Limits.RetryAfter, c.Limits.Call = 2*time.Second, 5*time.Second
	})
	if _, err := client.Do(t.Context(), apiclient.Call{Method: "GET", Pattern: "/x"}); err != nil {
		t.Fatal(err)
	}
	if pause := times[1].Sub(times[0]); pause < 750*time.Millisecond {
		t.Errorf("second attempt after %s, want a second or so", pause)
	}
}

func TestUnauthorizedIsRepeatedOnceWhenAllowed(t *testing.T) {
	tests := []struct {
		name, method string
		repeat       bool
		tokens       []string
		calls        int32
		kind         errs.Kind
		msg          string
	}{
		{"read, new token is good", "GET", false, []string{"old", "good"}, 2, 0, ""},
		{"read, new token is bad", "GET", false, []string{"old", "older", "oldest"}, 2, errs.Forbidden, "provider.unauthorized"},
		{"read, no new token", "GET", false, []string{"old"}, 1, errs.Forbidden, "provider.unauthorized"},
		{"write is not repeated", "POST", false, []string{"old", "good"}, 1, errs.Unavailable, "provider.token_expired"},
		{"refused write, new token is good", "POST", true, []string{"old", "good"}, 2, 0, ""},
		{"refused write, new token is bad", "POST", true, []string{"old", "older", "oldest"}, 2, errs.Forbidden, "provider.unauthorized"},
		{"refused write, no new token", "POST", true, []string{"old"}, 1, errs.Forbidden, "provider.unauthorized"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				if body, _ := io.ReadAll(r.Body); string(body) != `"number"` {
					t.Errorf("body = %s, want the number each time", body)
				}
				if r.Header.Get("Authorization") != "Bearer good" {
					answerJSON(w, 401, `{}`)
					return
				}
				answerJSON(w, 200, `{}`)
			})
			client := newClient(t, server.URL, func(c *apiclient.Config) { c.Authorizer = &bearer{tokens: tt.tokens} })
			_, err := client.Do(t.Context(), apiclient.Call{Method: tt.method, Pattern: "/x", Body: "number", RepeatRefused: tt.repeat})
			e, _ := errors.AsType[*errs.Error](err)
			if (tt.msg == "") != (err == nil) || (e != nil && (e.Kind != tt.kind || e.Msg != tt.msg)) {
				t.Errorf("error = %v, want %v (%s)", err, tt.kind, tt.msg)
			}
			if got := calls.Load(); got != tt.calls {
				t.Errorf("sent %d times, want %d", got, tt.calls)
			}
		})
	}
}

// TestWriteThatMayRepeatARefusalRepeatsNothingElse holds what the field promises of calls that cost money.
func TestWriteThatMayRepeatARefusalRepeatsNothingElse(t *testing.T) {
	tests := []struct {
		name string
		do   http.HandlerFunc
		kind errs.Kind
	}{
		{"500", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 500, `{}`) }, errs.Indeterminate},
		{"429", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 429, `{}`) }, errs.RateLimited},
		{"403", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 403, `{}`) }, errs.Forbidden},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, errs.Indeterminate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) == 1 {
					answerJSON(w, 401, `{}`)
					return
				}
				tt.do(w, r)
			})
			client := newClient(t, server.URL, func(c *apiclient.Config) { c.Authorizer = &bearer{tokens: []string{"a", "b", "c"}} })
			if _, err := client.Do(t.Context(), apiclient.Call{Method: "POST", Pattern: "/x", RepeatRefused: true}); !errs.Is(err, tt.kind) {
				t.Errorf("error = %v, want %v", err, tt.kind)
			}
			if got := calls.Load(); got != 2 {
				t.Errorf("sent %d times, want 2", got)
			}
		})
	}
}

func TestRedirectCarriesNoTokenAway(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	client := newClient(t, server.URL, func(c *apiclient.Config) { c.Authorizer = &bearer{tokens: []string{"t"}} })
	for _, method := range []string{"GET", "POST"} {
		if _, err := client.Do(t.Context(), apiclient.Call{Method: method, Pattern: "/x"}); err == nil {
			t.Errorf("%s: no error, want one", method)
		}
	}
	if resp, err := client.HTTPClient().Get(client.URL("/token/")); err == nil {
		_ = resp.Body.Close()
	}
	if _, err := client.HTTPClient().Get(other.URL); err == nil {
		t.Error("HTTPClient asked a foreign address, want an error")
	}
	if got := elsewhere.Load(); got != 0 {
		t.Errorf("the other host got %d requests, want 0", got)
	}
}

func TestBreakerRestsAndRecovers(t *testing.T) {
	var calls atomic.Int32
	var healthy atomic.Bool
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		if !healthy.Load() {
			answerJSON(w, 500, `{}`)
			return
		}
		answerJSON(w, 200, `{}`)
	})
	client := newClient(t, server.URL, func(c *apiclient.Config) { c.Limits.Rest = 100 * time.Millisecond })
	call := apiclient.Call{Method: "GET", Pattern: "/x"}
	for range 20 {
		if _, err := client.Do(t.Context(), call); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("error = %v, want unavailable", err)
		}
	}
	if got := calls.Load(); got > 12 {
		t.Errorf("a provider that is down was called %d times for 60 attempts, want at most 12", got)
	}
	_, err := client.Do(t.Context(), apiclient.Call{Method: "POST", Pattern: "/x"})
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Unavailable || e.Msg != "provider.failure.resting" {
		t.Errorf("write while resting: %v, want unavailable (provider.failure.resting): it was not sent", err)
	}
	healthy.Store(true)
	deadline := time.Now().Add(5 * time.Second)
	for _, err = client.Do(t.Context(), call); err != nil && time.Now().Before(deadline); {
		_, err = client.Do(t.Context(), call)
	}
	if err != nil {
		t.Errorf("after healing: %v, want nil", err)
	}
}

func TestConcurrencyCap(t *testing.T) {
	var now, most atomic.Int32
	release := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		now.Add(-1)
		answerJSON(w, 200, `{}`)
	})
	client := newClient(t, server.URL, func(c *apiclient.Config) { c.Limits.Concurrency, c.Limits.Header = 3, 5*time.Second })
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			if _, err := client.Do(t.Context(), apiclient.Call{Method: "GET", Pattern: "/x"}); err != nil {
				t.Error(err)
			}
		})
	}
	for now.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	group.Wait()
	if got := most.Load(); got != 3 {
		t.Errorf("at most %d calls at a time, want 3", got)
	}
}

func TestTraceAndLogHoldNoSecrets(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 400, `{"x":"BODYSECRET"}`) })
	var log bytes.Buffer
	monitor := apiclient.NewMonitor()
	client := newClient(t, server.URL, func(c *apiclient.Config) {
		c.Authorizer = &bearer{tokens: []string{"TOKENSECRET"}}
		c.Monitor = monitor
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := client.Do(t.Context(), apiclient.Call{
		Op: "try", Method: "POST", Pattern: "/things/{id}", Args: []string{"PATHSECRET"},
		Query: url.Values{"q": {"QUERYSECRET"}}, Body: map[string]string{"p": "SENTSECRET"},
	})
	cause, _ := errors.AsType[*apiclient.StatusError](err)
	seen := log.String() + fmt.Sprintf("%+v %v %+v %#v", monitor.Calls(), err, cause, *cause)
	if strings.Contains(seen, "SECRET") || !strings.Contains(seen, "/things/{id}") {
		t.Errorf("log, trace or error shows a secret or no pattern: %s", seen)
	}
	if !bytes.Contains(cause.Body, []byte("BODYSECRET")) {
		t.Error("the adapter cannot read the refusal's body")
	}
}

func TestMonitor(t *testing.T) {
	ahead := 90 * time.Second
	var fail atomic.Bool
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		if fail.Load() {
			answerJSON(w, 500, `{}`)
			return
		}
		answerJSON(w, 200, `{}`)
	})
	monitor := apiclient.NewMonitor()
	if h := monitor.Health(); h != (connection.Health{}) {
		t.Errorf("health of no calls = %+v, want zero", h)
	}
	client := newClient(t, server.URL, func(c *apiclient.Config) { c.Monitor = monitor; c.Limits.Attempts = 1 })
	for i := range 60 {
		fail.Store(i%20 == 19)
		_, _ = client.Do(t.Context(), apiclient.Call{Method: "GET", Pattern: "/x"})
	}
	h := monitor.Health()
	if h.Calls != 60 || h.Errors != 3 || h.P50 <= 0 || h.P95 < h.P50 || h.LastGood.IsZero() || !h.LastBad.After(h.LastGood) {
		t.Errorf("health = %+v, want 60 calls, 3 errors, latencies, the bad call last", h)
	}
	if off := (h.Clock - ahead).Abs(); off > 2*time.Second {
		t.Errorf("clock difference = %s, want about %s", h.Clock, ahead)
	}
	calls := monitor.Calls()
	if len(calls) != 50 || calls[0].Status != 500 || calls[0].At.Before(calls[1].At) {
		t.Errorf("trace = %d calls, first %+v, want 50 with the newest first", len(calls), calls[0])
	}
}

func TestBaseURLRules(t *testing.T) {
	for _, base := range []string{"http://example.com", "ftp://127.0.0.1", "https://u:p@example.com", "https://example.com?x=1", "", "https://"} {
		if _, err := apiclient.New(apiclient.Config{API: "auth", BaseURL: base}); !errs.Is(err, errs.Invalid) {
			t.Errorf("New with base URL %q: error = %v, want invalid", base, err)
		}
	}
}

func TestSlowTokenDoesNotHoldPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := apiclient.New(apiclient.Config{API: "x", BaseURL: "http://127.0.0.1:1", Authorizer: never{}, Limits: quick})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(t.Context(), apiclient.Call{Method: "POST", Pattern: "/x"})
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("error = %v, want unavailable: without a token nothing is sent", err)
		}
	})
}

// never has no token until the caller's time is over.
type never struct{}

func (never) Authorize(ctx context.Context, _ *http.Request) error {
	<-ctx.Done()
	return errs.New(errs.Unavailable, "get token", "", ctx.Err())
}

func (never) Rejected(*http.Request) bool { return false }
