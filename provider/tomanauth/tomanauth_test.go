package tomanauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/provider/apiclient"
	"payportal/provider/tomanauth"
)

// account is the token endpoint as the documents describe it, in as much as these tests need it.
type account struct {
	mu sync.Mutex
	// password and scopes are what the account has; a test changes them.
	password string
	scopes   []string
	// expires is expires_in in seconds.
	expires int
	// refuseRefresh makes every refresh token invalid.
	refuseRefresh bool
	// broken answers 500.
	broken bool

	issued   int
	refresh  string
	requests []url.Values
	headers  []http.Header
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = r.ParseForm()
	a.requests, a.headers = append(a.requests, r.PostForm), append(a.headers, r.Header)
	w.Header().Set("Content-Type", "application/json")
	client, secret, ok := r.BasicAuth()
	if !ok {
		client, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	fail := func(status int, code string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":"password %s"}`, code, r.PostForm.Get("password"))
	}
	switch {
	case a.broken:
		fail(500, "server_error")
	case r.Method != http.MethodPost || r.URL.Path != "/base/oauth2/token/":
		fail(404, "not_found")
	case client != "id" || secret != "SECRET-CLIENT":
		fail(401, "invalid_client")
	case r.PostForm.Get("grant_type") == "refresh_token" && (a.refuseRefresh || r.PostForm.Get("refresh_token") != a.refresh):
		fail(400, "invalid_grant")
	case r.PostForm.Get("grant_type") == "password" && (r.PostForm.Get("username") != "user" || r.PostForm.Get("password") != a.password):
		fail(400, "invalid_grant")
	case slices.ContainsFunc(strings.Fields(r.PostForm.Get("scope")), func(s string) bool { return !slices.Contains(a.scopes, s) }):
		fail(400, "invalid_scope")
	default:
		a.issued++
		a.refresh = fmt.Sprintf("refresh-%d", a.issued)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": fmt.Sprintf("access-%d", a.issued), "expires_in": a.expires, "token_type": "Bearer",
			"scope": r.PostForm.Get("scope"), "refresh_token": a.refresh,
		})
	}
}

func (a *account) change(do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	do()
}

// grants gives the grant types of the requests so far.
func (a *account) grants() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var grants []string
	for _, r := range a.requests {
		grants = append(grants, r.Get("grant_type"))
	}
	return strings.Join(grants, " ")
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newAccount() *account {
	return &account{password: "SECRET-PASSWORD", scopes: []string{"a.read", "b.read"}, expires: 86400}
}

func newSource(t *testing.T, a http.Handler, change func(*tomanauth.Config)) (*tomanauth.Source, *clock) {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	client, err := apiclient.New(apiclient.Config{Connection: "toman-test", API: "auth", BaseURL: server.URL + "/base"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	cfg := tomanauth.Config{
		Client: client, Connection: "toman-test", Username: seal.NewSecret("user"), Password: seal.NewSecret("SECRET-PASSWORD"),
		ClientID: seal.NewSecret("id"), ClientSecret: seal.NewSecret("SECRET-CLIENT"), Scopes: []string{"a.read", "b.read"}, Now: c.Now,
	}
	if change != nil {
		change(&cfg)
	}
	return tomanauth.New(cfg), c
}

// authorize gives the Authorization header that a call would carry.
func authorize(t *testing.T, s *tomanauth.Source) (*http.Request, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/psps", nil)
	err := s.Authorize(t.Context(), r)
	return r, err
}

func mustAuthorize(t *testing.T, s *tomanauth.Source, want string) *http.Request {
	t.Helper()
	r, err := authorize(t, s)
	if got := r.Header.Get("Authorization"); err != nil || got != want {
		t.Fatalf("Authorization = %q, %v; want %q", got, err, want)
	}
	return r
}

func wantRefusal(t *testing.T, s *tomanauth.Source, kind errs.Kind, msg string) error {
	t.Helper()
	r, err := authorize(t, s)
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != kind || e.Msg != msg || r.Header.Get("Authorization") != "" {
		t.Fatalf("error = %v, want %v (%s) and no token", err, kind, msg)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", err, err), "SECRET") {
		t.Fatalf("error shows a secret: %v", err)
	}
	return err
}

func TestPasswordGrantAsReceived(t *testing.T) {
	tests := []struct {
		name   string
		inBody bool
		form   string
		basic  bool
	}{
		{"basic", false, "grant_type=password&password=SECRET-PASSWORD&scope=a.read+b.read&username=user", true},
		{"body", true, "client_id=id&client_secret=SECRET-CLIENT&grant_type=password&password=SECRET-PASSWORD&scope=a.read+b.read&username=user", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount()
			source, _ := newSource(t, a, func(c *tomanauth.Config) { c.InBody = tt.inBody })
			mustAuthorize(t, source, "Bearer access-1")
			mustAuthorize(t, source, "Bearer access-1")
			if len(a.requests) != 1 {
				t.Fatalf("token requests = %d, want 1", len(a.requests))
			}
			if got := a.requests[0].Encode(); got != tt.form {
				t.Errorf("form = %s, want %s", got, tt.form)
			}
			if got := strings.HasPrefix(a.headers[0].Get("Authorization"), "Basic "); got != tt.basic {
				t.Errorf("Basic header = %v, want %v", got, tt.basic)
			}
		})
	}
}

func TestRefreshRotates(t *testing.T) {
	a := newAccount()
	source, clock := newSource(t, a, nil)
	mustAuthorize(t, source, "Bearer access-1")
	clock.advance(24*time.Hour - time.Minute)
	mustAuthorize(t, source, "Bearer access-2") // a minute early
	clock.advance(24 * time.Hour)
	mustAuthorize(t, source, "Bearer access-3")
	if got, want := a.grants(), "password refresh_token refresh_token"; got != want {
		t.Errorf("grants = %s, want %s", got, want)
	}
	if got := a.requests[2].Get("refresh_token"); got != "refresh-2" {
		t.Errorf("second refresh sent %s, want the rotated refresh-2", got)
	}
	if got := a.requests[1].Get("scope"); got != "" {
		t.Errorf("refresh asked for scope %q, want none: the documents' sample has none", got)
	}
}

func TestFiveHundredCallsMakeOneRefresh(t *testing.T) {
	a := newAccount()
	source, clock := newSource(t, a, nil)
	mustAuthorize(t, source, "Bearer access-1")
	clock.advance(25 * time.Hour)
	var group sync.WaitGroup
	start := make(chan struct{})
	for range 500 {
		group.Go(func() {
			<-start
			r := httptest.NewRequest(http.MethodGet, "/psps", nil)
			if err := source.Authorize(t.Context(), r); err != nil || r.Header.Get("Authorization") != "Bearer access-2" {
				t.Errorf("Authorization = %q, %v; want the refreshed token", r.Header.Get("Authorization"), err)
			}
		})
	}
	close(start)
	group.Wait()
	if got, want := a.grants(), "password refresh_token"; got != want {
		t.Errorf("grants = %s, want %s", got, want)
	}
}

func TestFiveHundred401sMakeOneRefresh(t *testing.T) {
	a := newAccount()
	source, _ := newSource(t, a, nil)
	old := mustAuthorize(t, source, "Bearer access-1")
	var group sync.WaitGroup
	for range 500 {
		group.Go(func() {
			if !source.Rejected(old) {
				t.Error("Rejected = false, want true")
			}
			r := httptest.NewRequest(http.MethodGet, "/psps", nil)
			if err := source.Authorize(t.Context(), r); err != nil || r.Header.Get("Authorization") == "Bearer access-1" {
				t.Errorf("Authorization = %q, %v; want another token", r.Header.Get("Authorization"), err)
			}
		})
	}
	group.Wait()
	if got, want := a.grants(), "password refresh_token"; got != want {
		t.Errorf("grants = %s, want %s", got, want)
	}
}

func TestAPIThatRefusesEveryTokenMakesNoLoop(t *testing.T) {
	a := newAccount()
	source, clock := newSource(t, a, nil)
	r := mustAuthorize(t, source, "Bearer access-1")
	if !source.Rejected(r) {
		t.Error("first 401: Rejected = false, want true")
	}
	r = mustAuthorize(t, source, "Bearer access-2")
	for range 10 {
		if source.Rejected(r) {
			t.Fatal("401 with a fresh token: Rejected = true, want false")
		}
		mustAuthorize(t, source, "Bearer access-2")
	}
	clock.advance(2 * time.Minute)
	if !source.Rejected(r) {
		t.Error("401 a while later: Rejected = false, want true")
	}
}

func TestRefusedRefreshFallsBackToOneLogin(t *testing.T) {
	a := newAccount()
	source, clock := newSource(t, a, nil)
	mustAuthorize(t, source, "Bearer access-1")
	a.change(func() { a.refuseRefresh = true })
	clock.advance(25 * time.Hour)
	mustAuthorize(t, source, "Bearer access-2")
	if got, want := a.grants(), "password refresh_token password"; got != want {
		t.Errorf("grants = %s, want %s", got, want)
	}
}

func TestRefusedLoginIsNotRepeated(t *testing.T) {
	a := newAccount()
	a.password = "changed at the provider"
	source, clock := newSource(t, a, nil)
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, err := authorize(t, source); !errs.Is(err, errs.Forbidden) {
				t.Errorf("error = %v, want forbidden", err)
			}
		})
	}
	group.Wait()
	for range 50 {
		wantRefusal(t, source, errs.Forbidden, "provider.user_refused")
	}
	if got := a.grants(); got != "password" {
		t.Fatalf("grants = %s, want one login", got)
	}
	// A day of calls each minute: the pauses grow 5, 10, 20, 40, 80, 160, 240, 240 … minutes.
	for range 24 * 60 {
		clock.advance(time.Minute)
		wantRefusal(t, source, errs.Forbidden, "provider.user_refused")
	}
	if got := len(a.requests); got > 12 {
		t.Errorf("logins in a day = %d, want at most 12", got)
	}
	a.change(func() { a.password = "SECRET-PASSWORD" })
	clock.advance(5 * time.Hour)
	mustAuthorize(t, source, "Bearer access-1")
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(*tomanauth.Config)
		kind   errs.Kind
		msg    string
	}{
		{"client", func(c *tomanauth.Config) { c.ClientSecret = seal.NewSecret("SECRET-WRONG") }, errs.Forbidden, "provider.client_refused"},
		{"user", func(c *tomanauth.Config) { c.Username = seal.NewSecret("SECRET-WRONG") }, errs.Forbidden, "provider.user_refused"},
		{"scope", func(c *tomanauth.Config) { c.Scopes = []string{"a.read", "c.read"} }, errs.Forbidden, "provider.scope_refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, _ := newSource(t, newAccount(), tt.change)
			wantRefusal(t, source, tt.kind, tt.msg)
		})
	}
}

func TestUnusableAnswers(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		status                  int
		msg                     string
	}{
		{"HTML", "text/html", "<html>", 200, "provider.failure.wrong_type"},
		{"cut", "application/json", `{"access_token":"x"`, 200, "provider.failure.unreadable"},
		{"token twice", "application/json", `{"access_token":"x","access_token":"y","expires_in":9,"token_type":"Bearer"}`, 200, "provider.failure.unreadable"},
		{"no token", "application/json", `{"expires_in":9,"token_type":"Bearer"}`, 200, "provider.failure.unreadable"},
		{"no lifetime", "application/json", `{"access_token":"x","token_type":"Bearer"}`, 200, "provider.failure.unreadable"},
		{"other type", "application/json", `{"access_token":"x","expires_in":9,"token_type":"mac"}`, 200, "provider.failure.unreadable"},
		{"500", "application/json", `{}`, 500, "provider.failure.status"},
		{"redirect", "application/json", `{}`, 307, "provider.failure.status"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, _ := newSource(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}), nil)
			wantRefusal(t, source, errs.Unavailable, tt.msg)
		})
	}
}

func TestOutageIsNotARefusal(t *testing.T) {
	a := newAccount()
	source, clock := newSource(t, a, nil)
	mustAuthorize(t, source, "Bearer access-1")
	clock.advance(25 * time.Hour)
	a.change(func() { a.broken = true })
	wantRefusal(t, source, errs.Unavailable, "provider.failure.status")
	a.change(func() { a.broken = false })
	mustAuthorize(t, source, "Bearer access-2")
	if got, want := a.grants(), "password refresh_token refresh_token"; got != want {
		t.Errorf("grants = %s, want %s: an outage must not cost a login", got, want)
	}
}

func TestCallerWhoGivesUpLeavesTheOthersTheirToken(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{})
	a := newAccount()
	source, _ := newSource(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		a.ServeHTTP(w, r)
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- source.Authorize(ctx, httptest.NewRequest(http.MethodGet, "/", nil)) }()
	<-arrived
	cancel()
	if err := <-first; !errs.Is(err, errs.Unavailable) {
		t.Errorf("caller who gave up: %v, want unavailable", err)
	}
	close(release)
	mustAuthorize(t, source, "Bearer access-1")
}

// outcomes runs checks as a connection test does, by their order and After.
func outcomes(t *testing.T, checks []connection.Check) string {
	t.Helper()
	var lines []string
	for _, step := range connection.Run(t.Context(), checks, nil) {
		line := step.Name
		if step.Subject != "" {
			line += " " + step.Subject
		}
		line += " " + step.Outcome.String()
		if step.Outcome == connection.Failed {
			line += " " + step.Advice
		}
		lines = append(lines, line)
		if strings.Contains(fmt.Sprintf("%+v", step), "SECRET") {
			t.Errorf("step shows a secret: %+v", step)
		}
	}
	return strings.Join(lines, "\n")
}

func TestChecks(t *testing.T) {
	tests := []struct {
		name   string
		change func(*account, *tomanauth.Config)
		want   string
		logins int
	}{
		{
			"all well", func(*account, *tomanauth.Config) {},
			"address passed\ntls passed\nclient passed\nuser passed\nscope a.read passed\nscope b.read passed", 1,
		},
		{
			"client refused", func(_ *account, c *tomanauth.Config) { c.ClientSecret = seal.NewSecret("SECRET-WRONG") },
			"address passed\ntls passed\nclient failed provider.client_refused\nuser not_reached\nscope a.read not_reached\nscope b.read not_reached", 1,
		},
		{
			"user refused", func(a *account, _ *tomanauth.Config) { a.password = "SECRET-OTHER" },
			"address passed\ntls passed\nclient passed\nuser failed provider.user_refused\nscope a.read not_reached\nscope b.read not_reached", 1,
		},
		{
			"one scope missing", func(a *account, _ *tomanauth.Config) { a.scopes = []string{"b.read"} },
			"address passed\ntls passed\nclient passed\nuser passed\nscope a.read failed provider.scope_missing\nscope b.read passed", 3,
		},
		{
			"server fails", func(a *account, _ *tomanauth.Config) { a.broken = true },
			"address passed\ntls passed\nclient failed provider.failure.status\nuser not_reached\nscope a.read not_reached\nscope b.read not_reached", 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccount()
			source, _ := newSource(t, a, func(c *tomanauth.Config) { tt.change(a, c) })
			if got := outcomes(t, source.Checks()); got != tt.want {
				t.Errorf("steps:\n%s\nwant:\n%s", got, tt.want)
			}
			if got := len(a.requests); got != tt.logins {
				t.Errorf("logins = %d, want %d", got, tt.logins)
			}
		})
	}
}

func TestReadsAfterATestUseTheScopesThatThereAre(t *testing.T) {
	a := newAccount()
	a.scopes = []string{"b.read"}
	source, _ := newSource(t, a, nil)
	connection.Run(t.Context(), source.Checks(), nil)
	if _, err := authorize(t, source); err != nil {
		t.Errorf("authorize after a test with a missing scope: %v, want nil", err)
	}
	if got := a.requests[len(a.requests)-1].Get("scope"); got != "b.read" {
		t.Errorf("asked for scope %q, want b.read", got)
	}
}
