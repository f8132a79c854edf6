package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/htmlcheck"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/web"
)

// tomanForm is a connection as somebody types it.
func tomanForm(change ...string) url.Values {
	v := url.Values{
		"provider": {"toman"}, "name": {"toman-staging"}, "environment": {"staging"}, "base_urls.auth": {"https://auth.example"},
		"base_urls.psp_reporting": {"https://reporting.example"}, "credentials.username": {"clerk@example"}, "credentials.password": {rightSecret},
		"credentials.client_id": {"client-7"}, "credentials.client_secret": {"client canary"}, "client_auth": {"basic"},
	}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// withConnections remembers the use-cases that the surface was built from.
func withConnections(u *web.UseCases) option {
	return func(_ *portal, c *web.Config) { *u = c.UseCases }
}

func (p *portal) connection(t testing.TB, u web.UseCases, b *browser) connection.Connection {
	t.Helper()
	b.post("/admin/connections/new", http.StatusSeeOther, tomanForm())
	c, err := u.Connections.Named(t.Context(), "toman-staging")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func versionField(c connection.Connection) url.Values {
	return url.Values{"version": {strconv.FormatInt(c.Version, 10)}}
}

func TestConnectionIsAddedAndNeverShowsItsSecrets(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	admin.get("/admin/connections", http.StatusOK, htmlcheck.In(".empty-state a[href=/admin/connections/new]"))
	admin.get("/admin/connections/new", http.StatusOK, htmlcheck.Count(".tabs a", 4), htmlcheck.In("[name=base_urls.psp_reporting]"))
	p.connection(t, u, admin)
	pages := []answer{
		admin.get("/admin/connections", http.StatusOK, htmlcheck.Count("#connections-table tbody tr", 1)),
		admin.get("/admin/connections/toman-staging", http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("toman-staging")), htmlcheck.In("textarea[name=scopes]", htmlcheck.HasText("repigma.payment.list"))),
		admin.get("/admin/connections/toman-staging/rotate", http.StatusOK),
		admin.get("/admin/audit", http.StatusOK),
	}
	for i, a := range pages {
		for _, secret := range []string{rightSecret, "client canary", "clerk@example", "client-7"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("page %d shows %q", i, secret)
			}
		}
	}
}

func TestWrongConnectionComesBackWithErrorsAtItsFields(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	a := admin.post("/admin/connections/new", http.StatusUnprocessableEntity, tomanForm("name", "Not A Name", "base_urls.auth", "http://auth.example", "credentials.client_secret", "", "concurrency", "900"),
		htmlcheck.In("title", htmlcheck.HasText("Error:")), htmlcheck.In("[id=f-name][aria-invalid=true]", htmlcheck.HasAttr("value", "Not A Name")),
		htmlcheck.In("[id=f-credentials.username]", htmlcheck.HasAttr("value", "clerk@example")))
	if strings.Contains(a.body, rightSecret) {
		t.Error("the password came back")
	}
	admin.post("/admin/connections/new", http.StatusUnprocessableEntity, tomanForm("base_urls.auth", "http://auth.example"),
		htmlcheck.In("[id=f-base_urls.auth][aria-invalid=true]"), htmlcheck.In("a[href=#f-base_urls.auth]"))
	admin.post("/admin/connections/new", http.StatusSeeOther, tomanForm())
	admin.post("/admin/connections/new", http.StatusConflict, tomanForm(), htmlcheck.In("[id=f-name-err]"))
}

const pasted = `{"name":"toman-pasted","provider":"toman","environment":"staging",
 "base_urls":{"auth":"https://auth.example","psp_reporting":"https://reporting.example"},
 "credentials":{"username":"u","password":"the right secret","client_id":"i","client_secret":"s"},"client_auth":"body"}`

func TestConnectionIsPastedAsJSON(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	admin.get("/admin/connections/new?as=json", http.StatusOK, htmlcheck.In("textarea#f-json"))
	admin.post("/admin/connections/new", http.StatusSeeOther, url.Values{"json": {pasted}})
	admin.get("/admin/connections/toman-pasted", http.StatusOK, htmlcheck.In("select option[value=body][selected]"))

	// What can be read and not used becomes the form, each problem at its field.
	a := admin.post("/admin/connections/new", http.StatusUnprocessableEntity, url.Values{"json": {strings.Replace(pasted, "https://auth", "http://auth", 1)}},
		htmlcheck.In("[id=f-base_urls.auth][aria-invalid=true]"), htmlcheck.In("[id=f-name]", htmlcheck.HasAttr("value", "toman-pasted")))
	if strings.Contains(a.body, rightSecret) {
		t.Error("the password came back")
	}
	admin.post("/admin/connections/new", http.StatusUnprocessableEntity, url.Values{"json": {`{"name":`}}, htmlcheck.In("#f-json-err"))
	admin.post("/admin/connections/new", http.StatusUnprocessableEntity, url.Values{"json": {`{"name":"x","colour":"red"}`}},
		htmlcheck.In("#form-errors a[href=#f-json]"), htmlcheck.In("#form-errors", htmlcheck.HasText("environment")))
}

func TestConnectionTestSaysWhatFailed(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	p.connection(t, u, admin)
	admin.post("/admin/connections/toman-staging/test", http.StatusOK, url.Values{}, htmlcheck.Count("#steps-table tbody tr", 3), htmlcheck.In(".alert[data-tone=success]"))
	admin.post("/admin/connections/new", http.StatusSeeOther, tomanForm("name", "wrong", "credentials.password", "another"))
	admin.post("/admin/connections/wrong/test", http.StatusOK, url.Values{}, htmlcheck.In(".alert[data-tone=danger]", htmlcheck.HasText("1 step failed")),
		htmlcheck.In("#steps-table", htmlcheck.HasText("Not reached")), htmlcheck.In("#steps-table .badge[data-tone=danger]"))
	admin.post("/admin/connections/wrong/test", http.StatusServiceUnavailable, url.Values{}, htmlcheck.In(".alert", htmlcheck.HasText("30 seconds")))
	p.user(t, "auditor", access.Auditor).post("/admin/connections/wrong/test", http.StatusForbidden, url.Values{})
}

func TestRotationIsProvenFirst(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	c := p.connection(t, u, admin)
	fields := tomanForm("credentials.password", "another")
	fields.Set("version", strconv.FormatInt(c.Version, 10))
	admin.post("/admin/connections/toman-staging/rotate", http.StatusUnprocessableEntity, fields, htmlcheck.In("#form-errors"), htmlcheck.In("#steps-table"))
	if now, err := u.Connections.Get(t.Context(), c.ID); err != nil || now.Version != c.Version {
		t.Errorf("after a rotation that failed: version %d, %v; want %d", now.Version, err, c.Version)
	}
	fields.Set("untested", "on")
	admin.post("/admin/connections/toman-staging/rotate", http.StatusSeeOther, fields)
	admin.post("/admin/connections/toman-staging/rotate", http.StatusConflict, fields, htmlcheck.In("#form-errors", htmlcheck.HasText("changed this connection meanwhile")))
}

func TestConnectionSettingsAndItsEnd(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	c := p.connection(t, u, admin)
	path := "/admin/connections/toman-staging"
	read := func() connection.Connection {
		t.Helper()
		now, err := u.Connections.Get(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	fields := versionField(c)
	fields["client_auth"], fields["scopes"], fields["concurrency"] = []string{"body"}, []string{"one\r\ntwo"}, []string{"۱۲"}
	admin.post(path, http.StatusSeeOther, fields)
	if got := read().Settings; got.ClientAuth != connection.Body || len(got.Scopes) != 2 || got.Concurrency != 12 {
		t.Errorf("settings = %+v", got)
	}
	admin.post(path, http.StatusConflict, fields, htmlcheck.In("#form-errors"))
	wrong := versionField(read())
	wrong.Set("download_hosts", "https://files.example/x")
	admin.post(path, http.StatusUnprocessableEntity, wrong, htmlcheck.In("[id=f-download_hosts-err]"))

	admin.get(path+"/disable", http.StatusOK, htmlcheck.In("form[action="+path+"/disable]"))
	admin.post(path+"/disable", http.StatusSeeOther, versionField(read()))
	admin.get(path, http.StatusOK, htmlcheck.In("form[action="+path+"/enable]"), htmlcheck.NotIn("form[action="+path+"/test]"))
	admin.post(path+"/enable", http.StatusSeeOther, versionField(read()))
	admin.post(path+"/remove", http.StatusUnprocessableEntity, versionField(read()), htmlcheck.In("#f-confirm-err"))
	fields = versionField(read())
	fields.Set("confirm", "toman-staging")
	admin.post(path+"/remove", http.StatusSeeOther, fields)
	admin.get(path, http.StatusNotFound, htmlcheck.In("nav"))
}

func TestHealthAndTraceOfAConnection(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	p.connection(t, u, admin)
	admin.get("/admin/connections/toman-staging", http.StatusOK, htmlcheck.NotIn("#calls-table"), htmlcheck.In("h1", htmlcheck.HasText("Not called yet")))
	now := time.Now()
	view := web.HealthView(p.printer(t, "en"), now, connection.Connection{}, (&line{}).Health())
	if view.ErrorRate != "2.5% (1 of 40)" || view.Latency != "120 ms, slowest 900 ms" || view.Clock != "3 seconds ahead" || view.State.Text != "Working" {
		t.Errorf("health = %+v", view)
	}
	failing := web.HealthView(p.printer(t, "fa"), now, connection.Connection{}, connection.Health{LastBad: now, Clock: -90 * time.Second, ClockAt: now, Calls: 4, Errors: 4})
	if failing.State.Text != "دچار خطا" || failing.Clock != "۹۰ ثانیه عقب‌تر" || failing.ErrorRate != "۱۰۰٫۰٪ (۴ از ۴)" || failing.Latency != "–" {
		t.Errorf("health = %+v", failing)
	}
	calls := web.CallsView(p.printer(t, "en"), (&line{}).Calls())
	if calls[0].Call != "GET /terminals/{uuid}" || calls[0].Outcome.Text != "200" || calls[1].Outcome.Text != "timeout" || calls[1].Took != "10 s" {
		t.Errorf("calls = %+v", calls)
	}
}

func TestMirrorIsPausedAndResumed(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	operations := p.user(t, "operations", access.Operations)
	c := p.connection(t, u, admin)
	key := mirror.Key{ConnectionID: c.ID, Type: psp.POS}
	if err := p.db.SaveMirror(t.Context(), mirror.State{Key: key, Walk: mirror.Fill, Read: 500, Total: 2000, Failures: 1, ProblemKind: "unavailable", ProblemMsg: "provider.rate_limited"}, nil); err != nil {
		t.Fatal(err)
	}
	path := "/admin/connections/toman-staging"
	operations.get(path, http.StatusOK, htmlcheck.In("main", htmlcheck.HasText("toman-staging is asked too often")), htmlcheck.NotIn("form[action="+path+"]"))
	for _, step := range []struct {
		act    string
		paused bool
	}{{"pause", true}, {"resume", false}} {
		a := operations.post(path+"/payments", http.StatusSeeOther, url.Values{"type": {"pos"}, "act": {step.act}, "return": {"/admin/jobs"}})
		if got := a.header.Get("Location"); got != "/admin/jobs" {
			t.Errorf("Location = %q, want /admin/jobs", got)
		}
		states, err := p.db.MirrorStates(t.Context())
		if err != nil || len(states) != 1 || states[0].Paused != step.paused {
			t.Errorf("after %s: %+v, %v", step.act, states, err)
		}
	}
	operations.post(path+"/payments", http.StatusUnprocessableEntity, url.Values{"act": {"pause"}})
	operations.post(path+"/payments", http.StatusServiceUnavailable, url.Values{"act": {"refresh"}}) // the provider is nowhere
	entries, _, err := u.Audit.Search(t.Context(), audit.Filter{Act: "mirror.", Limit: 10})
	if err != nil || len(entries) != 3 || entries[0].Object != "connection:toman-staging" {
		t.Errorf("entries = %+v, %v; want three of the connection", entries, err)
	}
	auditor := p.user(t, "auditor", access.Auditor)
	auditor.get(path, http.StatusOK, htmlcheck.NotIn("main form"))
	auditor.post(path+"/payments", http.StatusForbidden, url.Values{"act": {"refresh"}})
}

func TestConnectionsNeedAFreshProof(t *testing.T) {
	p := newPortal(t, func(_ *portal, c *web.Config) {
		c.Now = func() time.Time { return time.Now().Add(access.StepUpValid + time.Minute) }
	})
	admin := p.user(t, "admin", access.Administrator)
	a := admin.get("/admin/connections/new", http.StatusSeeOther)
	if got, want := a.header.Get("Location"), "/step-up?return=%2Fadmin%2Fconnections%2Fnew"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
}
