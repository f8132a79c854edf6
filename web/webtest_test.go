package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"payportal/internal/access"
	"payportal/internal/command"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/internal/i18n"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/internal/seal"
	"payportal/store"
	"payportal/store/storetest"
	"payportal/web"
)

// portal is the staff surface on a real database, without sockets.
type portal struct {
	*web.Server
	db     *store.DB
	access *access.UseCases
	log    *lines
}

// password is the one of every user of these tests.
const password = "a long password for tests"

// option changes what a portal is built from.
type option func(p *portal, c *web.Config)

// newPortal builds the surface, with every use-case and a provider that cannot be reached. Passwords are hashed at the least cost and second factors are offered, not required.
func newPortal(t testing.TB, options ...option) *portal {
	t.Helper()
	db := storetest.Open(t)
	keys := storetest.Keys(t)
	sessions := store.NewSessions(db, store.SessionLimits{Idle: 15 * time.Minute}, time.Now)
	cookie := scs.New()
	cookie.Store, cookie.Codec, cookie.HashTokenInStore = sessions, access.SessionCodec{}, true
	cookie.Lifetime, cookie.Cookie.Name, cookie.Cookie.Persist = 8*time.Hour, "__Host-sid", false
	cookie.Cookie.Secure, cookie.Cookie.SameSite = true, http.SameSiteStrictMode
	useCases, err := access.New(access.Config{
		Store: db, Sessions: sessions, Cookie: cookie, Keys: keys, Now: time.Now, Cost: access.HashCost{MemoryKiB: 64, Iterations: 1, Parallelism: 1},
		Policy: access.Policy{SecondFactor: access.SecondFactorOffered, Absolute: 8 * time.Hour, Issuer: "Payportal"},
	})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Tehran")
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{db: db, access: useCases, log: &lines{}}
	config := web.Config{
		Log: slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Bundle: bundle,
		PublicURL: &url.URL{Scheme: "https", Host: "portal.example"}, Language: i18n.English, Zone: zone,
		Idle: 15 * time.Minute, Environment: func(context.Context) string { return "sandbox" }, Ready: db.Ready,
		Observe: func(string, int, time.Duration) {}, Now: time.Now, Cookie: cookie, Access: useCases,
	}
	commands := command.New(db, psp.TerminalCreation(nowhere{}))
	config.UseCases = web.UseCases{
		Payments:  &psp.Payments{Store: db},
		Terminals: psp.NewTerminals(db, nowhere{}, commands),
		Directory: psp.NewDirectory(db, nowhere{}),
		Reports:   psp.NewReports(db, nowhere{}),
		Commands:  commands,
		ReportingConnections: func(context.Context) ([]web.OfferedConnection, error) {
			return []web.OfferedConnection{{ID: 1, Name: "toman", Environment: "sandbox"}}, nil
		},
		MirrorProgress: func(context.Context) ([]mirror.Progress, error) { return nil, nil },
		RefreshPayments: func(ctx context.Context, id int64) error {
			_, err := nowhere{}.PSPReporting(ctx, id)
			return err
		},
		RecordAudit:      db.RecordAudit,
		Views:            &psp.Views{Store: db},
		ConnectionHealth: func(context.Context, int64) (connection.Health, error) { return connection.Health{}, nil },
		RunningJobs:      func(context.Context) ([]jobs.Job, error) { return nil, nil },
	}
	administration(t, db, &config.UseCases)
	inquiring(db, &config.UseCases, nowhere{})
	for _, change := range options {
		change(p, &config)
	}
	p.Server = web.New(config)
	return p
}

// nowhere is a connection whose provider cannot be reached.
type nowhere struct{}

// PSPReporting fails as a dead line does.
func (nowhere) PSPReporting(context.Context, int64) (psp.Provider, error) {
	return nil, errs.New(errs.Unavailable, "reach the provider", "provider.failure.refused", nil)
}

// lines collects the log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write takes one line of the log.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// browser is somebody with a cookie jar.
type browser struct {
	t       testing.TB
	portal  *portal
	cookies map[string]*http.Cookie
	header  http.Header
}

// visitor is a browser that has not signed in.
func (p *portal) visitor(t testing.TB) *browser {
	return &browser{t: t, portal: p, cookies: map[string]*http.Cookie{}, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}}
}

// user makes a user with roles and signs them in.
func (p *portal) user(t testing.TB, name string, roles ...access.RoleID) *browser {
	t.Helper()
	by := access.By{Rights: access.All()}
	by.Name = "test"
	_, err := p.access.People.CreateWithPassword(t.Context(), by,
		access.NewUser{Username: name, DisplayName: name, Roles: roles}, seal.NewSecret(password))
	if err != nil {
		t.Fatal(err)
	}
	b := p.visitor(t)
	b.post("/sign-in", http.StatusSeeOther, url.Values{"username": {name}, "password": {password}})
	return b
}

// htmx makes the browser ask for fragments from here on.
func (b *browser) htmx() *browser {
	copied := *b
	copied.header = b.header.Clone()
	copied.header.Set("HX-Request", "true")
	copied.header.Set("HX-Request-Type", "partial")
	return &copied
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for a page; the status is part of what is expected.
func (b *browser) get(path string, status int, checks ...htmlcheck.Check) answer {
	b.t.Helper()
	return b.ask(http.MethodGet, path, status, nil, checks...)
}

// post sends a form.
func (b *browser) post(path string, status int, fields url.Values, checks ...htmlcheck.Check) answer {
	b.t.Helper()
	return b.ask(http.MethodPost, path, status, fields, checks...)
}

func (b *browser) ask(method, path string, status int, fields url.Values, checks ...htmlcheck.Check) answer {
	b.t.Helper()
	a := b.send(method, path, fields)
	if a.status != status {
		b.t.Fatalf("%s %s = %d, want %d; Location %q\n%s", method, path, a.status, status, a.header.Get("Location"), a.body[:min(len(a.body), 1500)])
	}
	if len(checks) > 0 {
		htmlcheck.Run(b.t, a.body, checks...)
	}
	return a
}

// send makes the request without judging its status.
func (b *browser) send(method, path string, fields url.Values) answer {
	b.t.Helper()
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, "https://portal.example"+path, body)
	for name, values := range b.header {
		r.Header[name] = values
	}
	if fields != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.portal.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return answer{status: w.Code, header: w.Header(), body: w.Body.String()}
}
