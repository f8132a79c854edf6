package connection_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/provider/apiclient"
	"payportal/provider/pspreporting"
	"payportal/provider/tomanauth"
	"payportal/store"
	"payportal/store/storetest"
)

// toman answers tokens and empty lists; the password and the granted scopes are what a test changes.
type toman struct {
	mu       sync.Mutex
	password string
	scopes   []string
	logins   int
}

func (p *toman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/auth/oauth2/token/" {
		if r.Header.Get("Authorization") != "Bearer token-of-"+p.password {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, `{"count":0,"next":null,"previous":null,"results":[]}`)
		return
	}
	p.logins++
	_ = r.ParseForm()
	missing := func(scope string) bool { return !slices.Contains(p.scopes, scope) }
	switch {
	case r.PostForm.Get("password") != p.password:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
	case slices.ContainsFunc(strings.Fields(r.PostForm.Get("scope")), missing):
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_scope"}`)
	default:
		_, _ = fmt.Fprintf(w, `{"access_token":"token-of-%s","expires_in":86400,"token_type":"Bearer","scope":%q}`, p.password, r.PostForm.Get("scope"))
	}
}

func (p *toman) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// clients are live clients as cmd/portal wires them.
type clients struct {
	monitor *apiclient.Monitor
	tokens  *tomanauth.Source
	api     *pspreporting.Client
	closed  func()
}

func (c *clients) Checks() []connection.Check {
	return slices.Concat(c.tokens.Checks(), c.api.Checks())
}
func (c *clients) Health() connection.Health { return c.monitor.Health() }
func (c *clients) Calls() []connection.Call  { return c.monitor.Calls() }
func (c *clients) Close()                    { c.closed() }

func build(c connection.Connection, secrets connection.Credentials) (*clients, error) {
	if c.Provider != connection.Toman {
		return nil, errs.New(errs.Unavailable, "build clients", connection.NoAdapter, nil)
	}
	monitor := apiclient.NewMonitor()
	auth, err := apiclient.New(apiclient.Config{Connection: c.Name, API: "auth", BaseURL: c.BaseURLs["auth"], Monitor: monitor})
	if err != nil {
		return nil, err
	}
	tokens := tomanauth.New(tomanauth.Config{
		Client: auth, Connection: c.Name, Username: secrets["username"], Password: secrets["password"],
		ClientID: secrets["client_id"], ClientSecret: secrets["client_secret"], Scopes: c.Settings.Scopes,
	})
	api, err := apiclient.New(apiclient.Config{
		Connection: c.Name, API: "psp_reporting", BaseURL: c.BaseURLs["psp_reporting"], Monitor: monitor, Authorizer: tokens,
	})
	if err != nil {
		return nil, err
	}
	return &clients{
		monitor: monitor, tokens: tokens, api: pspreporting.New(api, nil),
		closed: func() { auth.Close(); api.Close() },
	}, nil
}

// bench is a service on a real database, with a connection to a provider that works.
type bench struct {
	db       *store.DB
	pool     *connection.Pool[*clients]
	service  *connection.Service
	provider *toman
	added    connection.Connection
}

var actor = audit.Actor{UserID: 7, Name: "admin"}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{db: storetest.Open(t), provider: &toman{password: "first", scopes: connection.TomanScopes(connection.PSPReporting)}}
	server := httptest.NewServer(b.provider)
	t.Cleanup(server.Close)
	b.pool = connection.NewPool(b.db, build)
	t.Cleanup(b.pool.Close)
	b.service = connection.NewService(b.db, b.pool)
	var err error
	b.added, err = b.service.Add(t.Context(), actor, connection.Definition{
		Name: "toman-test", Provider: connection.Toman, Environment: connection.Sandbox,
		BaseURLs:    map[string]string{"auth": server.URL + "/auth", "psp_reporting": server.URL + "/api"},
		Credentials: secrets("first"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func secrets(password string) connection.Credentials {
	return connection.Credentials{
		"username": seal.NewSecret("user"), "password": seal.NewSecret(password),
		"client_id": seal.NewSecret("id"), "client_secret": seal.NewSecret("SECRET-client"),
	}
}

// read makes a call of the connection as a use-case would.
func (b *bench) read(t *testing.T) error {
	t.Helper()
	live, err := b.pool.Get(t.Context(), b.added.ID)
	if err != nil {
		return err
	}
	_, err = live.api.PSPs(t.Context())
	return err
}

// acts gives the acts and outcomes in the trail, oldest first.
func (b *bench) acts(t *testing.T) string {
	t.Helper()
	rows, err := b.db.Writer().QueryContext(t.Context(), "SELECT act || ' ' || object || ' ' || outcome FROM audit_entries ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var acts []string
	for rows.Next() {
		var act string
		if err := rows.Scan(&act); err != nil {
			t.Fatal(err)
		}
		acts = append(acts, act)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(acts, "\n")
}

func TestTestTellsEachStep(t *testing.T) {
	b := newBench(t)
	lines := func(steps []connection.Step) string {
		var all []string
		for _, s := range steps {
			all = append(all, strings.TrimSpace(s.Name+" "+s.API+" "+s.Subject)+": "+s.Outcome.String())
		}
		return strings.Join(all, "\n")
	}
	b.provider.change(func() { b.provider.scopes = b.provider.scopes[1:6] })
	var told []connection.Step
	steps, err := b.service.Test(t.Context(), actor, b.added.ID, func(s connection.Step) { told = append(told, s) })
	if err != nil {
		t.Fatal(err)
	}
	want := `address auth: passed
tls auth: passed
client auth: passed
user auth: passed
scope auth repigma.terminal.create: failed
scope auth repigma.terminal.read: passed
scope auth repigma.report.list: passed
scope auth repigma.report.download: passed
scope auth repigma.psp.read: passed
scope auth repigma.psp_account.read: passed
scope auth repigma.payment.list: failed
address psp_reporting: passed
tls psp_reporting: passed
read psp_reporting GET /psps: passed
read psp_reporting GET /psp-accounts: passed
read psp_reporting GET /reports/: passed
read psp_reporting GET /payments/{terminal_type}: not_reached`
	if got := lines(steps); got != want || lines(told) != want || connection.AllPassed(steps) {
		t.Errorf("steps:\n%s\nwant:\n%s", got, want)
	}
	b.provider.change(func() { b.provider.scopes = connection.TomanScopes(connection.PSPReporting) })
	if steps, err = b.service.Test(t.Context(), actor, b.added.ID, nil); err != nil || !connection.AllPassed(steps) {
		t.Errorf("with all scopes: %s, %v; want all passed", lines(steps), err)
	}
	if got, want := b.acts(t), "connection.add connection:toman-test ok\nconnection.test connection:toman-test failed\nconnection.test connection:toman-test ok"; got != want {
		t.Errorf("trail:\n%s\nwant:\n%s", got, want)
	}
}

func TestRefusedTestIsNotRepeatedAtOnce(t *testing.T) {
	b := newBench(t)
	b.provider.change(func() { b.provider.password = "other" })
	if _, err := b.service.Test(t.Context(), actor, b.added.ID, nil); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := b.service.Test(t.Context(), actor, b.added.ID, nil); !errs.Is(err, errs.RateLimited) {
			t.Errorf("another test at once: %v, want rate limited", err)
		}
	}
	if b.provider.logins != 1 {
		t.Errorf("logins = %d, want 1", b.provider.logins)
	}
	if _, _, err := b.service.Rotate(t.Context(), actor, b.added.ID, 0, secrets("other"), false); err != nil {
		t.Fatal(err)
	}
	if steps, err := b.service.Test(t.Context(), actor, b.added.ID, nil); err != nil || !connection.AllPassed(steps) {
		t.Errorf("after new credentials: %+v, %v; want all passed", steps, err)
	}
}

func TestRotationWithoutDowntime(t *testing.T) {
	b := newBench(t)
	if err := b.read(t); err != nil {
		t.Fatal(err)
	}
	_, steps, err := b.service.Rotate(t.Context(), actor, b.added.ID, b.added.Version, secrets("second"), true)
	if !errs.Is(err, errs.Declined) || connection.AllPassed(steps) || len(steps) == 0 {
		t.Errorf("credentials that the provider refuses: %v, %d steps; want declined with the steps", err, len(steps))
	}
	if err := b.read(t); err != nil {
		t.Errorf("after a refused rotation: %v, want the old credentials in use", err)
	}
	b.provider.change(func() { b.provider.password = "second" })
	rotated, steps, err := b.service.Rotate(t.Context(), actor, b.added.ID, b.added.Version, secrets("second"), true)
	if err != nil || !connection.AllPassed(steps) || rotated.Version != b.added.Version+1 || !rotated.RotatedAt.After(b.added.RotatedAt) {
		t.Fatalf("rotate = %+v, %v; want a new version", rotated, err)
	}
	if err := b.read(t); err != nil {
		t.Errorf("after the rotation: %v, want the new credentials in use at once", err)
	}
	if _, _, err := b.service.Rotate(t.Context(), actor, b.added.ID, b.added.Version, secrets("third"), false); !errs.Is(err, errs.Conflict) {
		t.Errorf("rotation of an old version: %v, want conflict", err)
	}
	if _, _, err := b.service.Rotate(t.Context(), actor, b.added.ID, 0, connection.Credentials{}, false); !errs.Is(err, errs.Invalid) {
		t.Errorf("rotation without credentials: %v, want invalid", err)
	}
}

func TestSuccessfulTestEndsARememberedRefusal(t *testing.T) {
	b := newBench(t)
	b.provider.change(func() { b.provider.password = "locked" })
	if err := b.read(t); !errs.Is(err, errs.Forbidden) {
		t.Fatalf("read with refused credentials: %v, want forbidden", err)
	}
	b.provider.change(func() { b.provider.password = "first" })
	if err := b.read(t); !errs.Is(err, errs.Forbidden) {
		t.Fatalf("read soon after: %v, want the remembered refusal", err)
	}
	if _, err := b.service.Test(t.Context(), actor, b.added.ID, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.read(t); err != nil {
		t.Errorf("after a successful test: %v, want nil", err)
	}
}

func TestDisabledConnectionIsNotCalled(t *testing.T) {
	b := newBench(t)
	if err := b.read(t); err != nil {
		t.Fatal(err)
	}
	disabled, err := b.service.Disable(t.Context(), actor, b.added.ID, b.added.Version)
	if err != nil || !disabled.Disabled {
		t.Fatalf("disable = %+v, %v", disabled, err)
	}
	if err := b.read(t); !errs.Is(err, errs.NotFound) {
		t.Errorf("read of a disabled connection: %v, want not found", err)
	}
	if _, err := b.service.Disable(t.Context(), actor, b.added.ID, 0); !errs.Is(err, errs.Conflict) {
		t.Errorf("disable twice: %v, want conflict", err)
	}
	if _, err := b.service.Enable(t.Context(), actor, b.added.ID, disabled.Version); err != nil {
		t.Fatal(err)
	}
	if err := b.read(t); err != nil {
		t.Errorf("read after enable: %v, want nil", err)
	}
	if _, err := b.pool.Get(t.Context(), 999); !errs.Is(err, errs.NotFound) {
		t.Errorf("unknown connection: %v, want not found", err)
	}
}

func TestAddRefusesATakenName(t *testing.T) {
	b := newBench(t)
	_, err := b.service.Add(t.Context(), actor, connection.Definition{
		Name: "toman-test", Provider: connection.Tupay, Environment: connection.Staging, BaseURLs: map[string]string{"api": "https://x.example"},
		Credentials: connection.Credentials{"access_key": seal.NewSecret("a"), "secret_key": seal.NewSecret("b")},
	})
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Conflict || len(e.Fields) != 1 || e.Fields[0].Name != "name" {
		t.Errorf("error = %v, want conflict at the name", err)
	}
}

func TestProviderWithoutAnAdapterCanBeKept(t *testing.T) {
	b := newBench(t)
	d, err := connection.Parse([]byte(paymenticonJSON))
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.service.Add(t.Context(), actor, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.Test(t.Context(), actor, c.ID, nil); !errs.Is(err, errs.Unavailable) {
		t.Errorf("test: %v, want unavailable", err)
	}
	if err := b.service.Remove(t.Context(), actor, c.ID, c.Version); err != nil {
		t.Errorf("remove: %v, want nil", err)
	}
	if _, err := b.service.Get(t.Context(), c.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("get after remove: %v, want not found", err)
	}
}

func TestChangeOfSettings(t *testing.T) {
	b := newBench(t)
	settings := b.added.Settings
	settings.Scopes, settings.ClientAuth, settings.Concurrency = []string{"repigma.psp.read"}, connection.Body, 2
	changed, err := b.service.Change(t.Context(), actor, b.added.ID, b.added.Version, settings)
	if err != nil || changed.Settings.Concurrency != 2 || changed.Version != 2 {
		t.Fatalf("change = %+v, %v", changed, err)
	}
	if !changed.RotatedAt.Equal(b.added.RotatedAt) {
		t.Error("a change of settings counts as a rotation")
	}
	settings.DownloadHosts = []string{"bad host"}
	if _, err := b.service.Change(t.Context(), actor, b.added.ID, 0, settings); !errs.Is(err, errs.Invalid) {
		t.Errorf("bad settings: %v, want invalid", err)
	}
}

func TestHealthSurvivesARestart(t *testing.T) {
	b := newBench(t)
	if h, err := b.service.Health(t.Context(), b.added.ID); err != nil || !h.LastGood.IsZero() {
		t.Errorf("health of a new connection = %+v, %v; want zero", h, err)
	}
	if err := b.read(t); err != nil {
		t.Fatal(err)
	}
	h, err := b.service.Health(t.Context(), b.added.ID)
	if err != nil || h.Calls != 2 || h.Errors != 0 || h.P95 <= 0 || h.LastGood.IsZero() || h.ClockAt.IsZero() {
		t.Errorf("health = %+v, %v; want two good calls", h, err)
	}
	if calls := b.service.Calls(b.added.ID); len(calls) != 2 || calls[0].Pattern != "/psps" || calls[1].API != "auth" {
		t.Errorf("trace = %+v, want the token and the list, newest first", calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.pool.Run(ctx, slog.New(slog.DiscardHandler)) // an end keeps once more
	restarted := connection.NewService(b.db, connection.NewPool(b.db, build))
	kept, err := restarted.Health(t.Context(), b.added.ID)
	if err != nil || !kept.LastGood.Equal(h.LastGood.Truncate(time.Microsecond)) || kept.Calls != 0 {
		t.Errorf("health after a restart = %+v, %v; want the last good call of %s", kept, err, h.LastGood)
	}
}

func TestHealthSurvivesARotation(t *testing.T) {
	b := newBench(t)
	if err := b.read(t); err != nil {
		t.Fatal(err)
	}
	before, _ := b.service.Health(t.Context(), b.added.ID)
	if _, _, err := b.service.Rotate(t.Context(), actor, b.added.ID, 0, secrets("first"), false); err != nil {
		t.Fatal(err)
	}
	if _, err := b.pool.Get(t.Context(), b.added.ID); err != nil {
		t.Fatal(err)
	}
	if after, _ := b.service.Health(t.Context(), b.added.ID); !after.LastGood.Equal(before.LastGood) {
		t.Errorf("last good call = %s, want %s from before the rotation", after.LastGood, before.LastGood)
	}
}

func TestParallelCallersShareOneSetOfClients(t *testing.T) {
	b := newBench(t)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := b.read(t); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if b.provider.logins != 1 {
		t.Errorf("logins = %d, want 1: each set of clients would log in", b.provider.logins)
	}
}
