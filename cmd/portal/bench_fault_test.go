package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"payportal/internal/access"
	"payportal/internal/connection"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/internal/seal"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

// prove reports whether the long form of the tests runs, as make prove does.
var prove = os.Getenv("PORTAL_PROVE") != ""

// rounds is how often a test does its thing: in CI, a quarter of that under the race detector, or to prove.
func rounds(inCI, toProve int) int {
	switch {
	case prove:
		return toProve
	case underRace:
		return (inCI + 3) / 4
	}
	return inCI
}

// bench is a portal in this process with every adapter, use-case and page, on a sandbox of its providers. Nothing works
// in the background unless a test starts it.
type bench struct {
	*app
	provider *toman.Toman
	said     *transcript
	key      string
}

// benchSeed is a small provider.
var benchSeed = pspreporting.SeedConfig{Seed: 7, Payments: 150, Days: 10, Terminals: 12}

// benchKind is a provider with it.
var benchKind = toman.Config{Seed: benchSeed}

// openBench starts the sandbox and opens the portal on it: a login for each role, the connection, first copies of
// everything.
func openBench(t *testing.T) *bench {
	t.Helper()
	return openBenchIn(t, t.TempDir())
}

// openBenchIn is the same with its database in a folder.
func openBenchIn(t *testing.T, dir string) *bench {
	t.Helper()
	b := openEmptyBench(t, dir, benchKind)
	if err := b.seedDemo(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	b.fillMirror(t)
	return b
}

// openBenchOn opens a portal without users, connections and data on a sandbox of this kind.
func openBenchOn(t *testing.T, kind toman.Config) *bench {
	t.Helper()
	return openEmptyBench(t, t.TempDir(), kind)
}

func openEmptyBench(t *testing.T, dir string, kind toman.Config) *bench {
	t.Helper()
	provider, err := toman.Start(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	b := &bench{provider: provider, said: &transcript{}, key: seal.GenerateKey()}
	b.app = b.open(t, filepath.Join(dir, "portal.db"))
	return b
}

// open opens a portal on a database file and lets it hash passwords at the least cost.
func (b *bench) open(t *testing.T, db string) *app {
	t.Helper()
	s, err := config{
		dataConfig: dataConfig{DB: db, MasterKey: b.key},
		Listen:     "127.0.0.1:0", ListenCheckout: "127.0.0.1:0", ListenHooks: "127.0.0.1:0",
		SecondFactor: "offered", SessionIdle: 15 * time.Minute, SessionLifetime: 8 * time.Hour, Language: "en",
		TimeZone: "Asia/Tehran", ShutdownTimeout: 5 * time.Second, LogLevel: slog.LevelDebug,
	}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	a, err := openApp(t.Context(), s, newLogger(b.said, slog.LevelDebug))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	if err := a.hashCheaply(); err != nil {
		t.Fatal(err)
	}
	return a
}

// hashCheaply builds sign-in and pages anew with passwords that cost nothing, for tests that sign in often.
func (a *app) hashCheaply() (err error) {
	a.access, err = access.New(access.Config{
		Store: a.db, Sessions: a.sessions, Cookie: a.cookie, Keys: a.settings.keys, Now: time.Now,
		Policy: access.Policy{SecondFactor: access.SecondFactorOffered, Absolute: a.settings.SessionLifetime, Issuer: "Payportal"},
		Cost:   access.HashCost{MemoryKiB: 64, Iterations: 1, Parallelism: 1},
	})
	if err != nil {
		return err
	}
	if err = a.buildStaff(); err == nil {
		a.handler = a.staff
	}
	return err
}

// sandboxCredentials are those of the connection that the demo makes.
func sandboxCredentials() connection.Credentials {
	return connection.Credentials{
		"username": seal.NewSecret(toman.Username), "password": seal.NewSecret(toman.Password),
		"client_id": seal.NewSecret(toman.ClientID), "client_secret": seal.NewSecret(toman.ClientSecret),
	}
}

// connectionID is the connection to the sandbox.
func (b *bench) connectionID(t *testing.T) int64 {
	t.Helper()
	found, err := b.connections.Named(t.Context(), demoConnection)
	if err != nil {
		t.Fatal(err)
	}
	return found.ID
}

// fillMirror copies all payments, as the jobs would.
func (b *bench) fillMirror(t *testing.T) {
	t.Helper()
	for _, kind := range psp.TerminalTypes {
		if err := b.mirror.Run(t.Context(), mirror.Key{ConnectionID: b.connectionID(t), Type: kind}); err != nil {
			t.Fatal(err)
		}
	}
}

// transcript is a log that tests look at.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes one line.
func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take gives what was written since the last time.
func (l *transcript) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// checkLog wants one JSON object a line and no panic, and gives the text.
func (l *transcript) checkLog(t *testing.T) string {
	t.Helper()
	text := l.take()
	for line := range strings.Lines(text) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("log line %q is no JSON object: %v", line, err)
		}
		if entry["msg"] == "panic" {
			t.Errorf("a handler panicked: %v\n%v", entry["cause"], entry["stack"])
		}
	}
	return text
}

// inProcess answers a client's requests by calling the handler.
type inProcess struct{ handler http.Handler }

// errAborted is what a client sees of an answer that the portal broke off.
var errAborted = errors.New("the connection was closed in the midst of the answer")

// RoundTrip calls the handler.
func (h inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr, in.Host = r.URL.RequestURI(), "127.0.0.1:4711", r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	defer func() {
		if cause := recover(); cause != nil {
			if abort, ok := cause.(error); !ok || !errors.Is(abort, http.ErrAbortHandler) {
				panic(cause)
			}
			resp, err = nil, errAborted
		}
	}()
	h.handler.ServeHTTP(w, in)
	return w.Result(), nil
}

// visitor is a browser: it keeps cookies and follows nothing by itself.
type visitor struct {
	base   string
	client *http.Client
	header http.Header
}

// newVisitor opens a browser at an address.
func newVisitor(base string, transport http.RoundTripper) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no options that could be wrong
	}
	return &visitor{base: base, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}, client: &http.Client{
		Transport: transport, Jar: jar, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// visitor opens a browser on the portal in this process.
func (b *bench) visitor() *visitor {
	return newVisitor("http://"+b.settings.publicURL.Host, inProcess{b.handler})
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) isPage() bool { return strings.HasPrefix(r.header.Get("Content-Type"), "text/html") }

// request makes a request that the browser's header is on.
func (v *visitor) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range v.header {
		r.Header[name] = values
	}
	return r, nil
}

// send makes a request and reads the answer.
func (v *visitor) send(r *http.Request) (reply, error) {
	resp, err := v.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text)}, err
}

// ask makes a request with a form, or without one when fields is nil.
func (v *visitor) ask(ctx context.Context, method, path string, fields url.Values) (reply, error) {
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	r, err := v.request(ctx, method, path, body)
	if err != nil {
		return reply{}, err
	}
	if fields != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.send(r)
}

// get and post want an answer of a status.
func (v *visitor) get(t testing.TB, path string, status int) reply {
	t.Helper()
	return v.must(t, http.MethodGet, path, status, nil)
}

func (v *visitor) post(t testing.TB, path string, status int, fields url.Values) reply {
	t.Helper()
	return v.must(t, http.MethodPost, path, status, fields)
}

func (v *visitor) must(t testing.TB, method, path string, status int, fields url.Values) reply {
	t.Helper()
	a, err := v.ask(t.Context(), method, path, fields)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		t.Fatalf("%s %s = %d, want %d; Location %q\n%s", method, path, a.status, status, a.header.Get("Location"), excerpt(a.body))
	}
	return a
}

// signIn signs a demo user in.
func (v *visitor) signIn(ctx context.Context, name string) error {
	a, err := v.ask(ctx, http.MethodPost, "/sign-in", url.Values{"username": {name}, "password": {demoPassword}})
	if err != nil {
		return err
	}
	if a.status != http.StatusSeeOther {
		return fmt.Errorf("sign in as %s: %d\n%s", name, a.status, excerpt(a.body))
	}
	return nil
}

// signedIn opens a browser in which a demo user has signed in.
func (b *bench) signedIn(t testing.TB, name string) *visitor {
	t.Helper()
	v := b.visitor()
	if err := v.signIn(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	return v
}

func excerpt(page string) string {
	if at := strings.Index(page, "<main"); at > 0 {
		page = page[at:]
	}
	return page[:min(len(page), 1500)]
}

// pageForm is a form as a page offers it.
type pageForm struct {
	method, action string
	fields         url.Values
	// boxes are those that are not ticked.
	boxes url.Values
}

// with gives the form's fields with some filled in.
func (f pageForm) with(fields url.Values) url.Values {
	all := url.Values{}
	for name, values := range f.fields {
		all[name] = values
	}
	for name, values := range fields {
		all[name] = values
	}
	return all
}

// formsOf reads the forms of a page; an action that is not told is the page itself.
func formsOf(body, page string) []pageForm {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return nil
	}
	var forms []pageForm
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		f := pageForm{method: strings.ToUpper(attr(n, "method")), action: attr(n, "action"), fields: url.Values{}, boxes: url.Values{}}
		if f.method == "" {
			f.method = http.MethodGet
		}
		if f.action == "" {
			f.action = page
		}
		for field := range n.Descendants() {
			f.add(field)
		}
		forms = append(forms, f)
	}
	return forms
}

// add reads one field of a form.
func (f pageForm) add(n *html.Node) {
	name := attr(n, "name")
	if n.Type != html.ElementNode || name == "" {
		return
	}
	switch n.Data {
	case "input", "button":
		if kind := attr(n, "type"); (kind == "checkbox" || kind == "radio") && !hasAttr(n, "checked") {
			f.boxes.Add(name, attr(n, "value"))
			return
		}
		f.fields.Add(name, attr(n, "value"))
	case "textarea":
		text := ""
		if n.FirstChild != nil {
			text = n.FirstChild.Data
		}
		f.fields.Add(name, text)
	case "select":
		for option := range n.Descendants() {
			if option.Data == "option" && (hasAttr(option, "selected") || !f.fields.Has(name)) {
				f.fields.Set(name, attr(option, "value"))
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// fingerprint is a hash of every row of each table.
type fingerprint map[string]uint64

// copied are the tables that keep what the provider said last, with the columns that are the portal's own. A page that
// asks live renews the others.
var copied = map[string]string{
	"terminals": "connection_id, uuid, origin, registered_at, label, notes", "psps": "connection_id, id",
	"psp_accounts": "connection_id, uuid", "psp_reports": "connection_id, uuid",
}

var fingerprintSeed = maphash.MakeSeed()

// fingerprint reads the whole database but for some tables.
func (b *bench) fingerprint(t testing.TB, without ...string) fingerprint {
	t.Helper()
	skip := map[string]bool{}
	for _, name := range without {
		skip[name] = true
	}
	f := fingerprint{}
	for _, table := range tablesOf(t, b.db.Writer()) {
		if !skip[table] {
			f[table] = hashTable(t, b.db.Writer(), table)
		}
	}
	return f
}

// differ names the tables in which two fingerprints differ.
func (f fingerprint) differ(other fingerprint) (tables []string) {
	for table, hash := range f {
		if other[table] != hash {
			tables = append(tables, table)
		}
	}
	return tables
}

func tablesOf(t testing.TB, db *sql.DB) (tables []string) {
	t.Helper()
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	return tables
}

func hashTable(t testing.TB, db *sql.DB, table string) uint64 {
	t.Helper()
	rows, err := db.Query("SELECT " + cmp.Or(copied[table], "*") + " FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var hash maphash.Hash
	hash.SetSeed(fingerprintSeed)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&hash, "%v\n", values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return hash.Sum64()
}

// writes counts the rows that were ever written to the file through the portal's writer.
func (b *bench) writes(t testing.TB) (n int64) {
	t.Helper()
	if err := b.db.Writer().QueryRow("SELECT total_changes()").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// checkWhole wants a database without damage and an audit trail without gap.
func (b *bench) checkWhole(t testing.TB) {
	t.Helper()
	if err := b.db.CheckIntegrity(t.Context()); err != nil {
		t.Errorf("integrity: %v", err)
	}
	if v, err := b.db.VerifyAudit(t.Context()); err != nil || !v.OK() {
		t.Errorf("audit trail: %+v, %v", v, err)
	}
}
