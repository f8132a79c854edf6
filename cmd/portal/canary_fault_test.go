package main

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"payportal/internal/access"
	"payportal/provider/sandbox"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
	"payportal/provider/sandbox/tomanauth"
)

// Secrets that are typed or configured. Each is found nowhere else.
const (
	canaryClientSecret  = "canary-client-secret/7f+3"
	canaryClientSecret2 = "canary-other-secret/9d+4"
	canaryProviderPass  = "canary provider pass & word"
	canaryProviderPass2 = "canary provider new & word"
	canaryWrongPass     = "canary wrong guess ?=1"
	canaryMistyped      = "canary-in-the-wrong-field"
	canaryPassword      = "canary own pass word %42"
	canaryCard          = "6219861034567891"
)

// canaries are secrets by what they are, and where each may stand in an answer: once, to the one who is to know it.
type canaries struct {
	secrets map[string][]string
	shown   map[string]func(where string) bool
}

func (c *canaries) add(kind string, secrets ...string) {
	for _, s := range secrets {
		if len(s) < 8 {
			panic("a secret so short is found anywhere: " + kind)
		}
		c.secrets[kind] = append(c.secrets[kind], s)
	}
}

// TestSecretsLeaveNoTrace is R17 with T25: unique secrets go through every door that takes or makes one, on good days, in
// errors and in panics. Then the log, the database, its WAL, a backup and every answer are searched for them, plainly and
// in five encodings.
func TestSecretsLeaveNoTrace(t *testing.T) {
	c := &canaries{secrets: map[string][]string{}, shown: map[string]func(string) bool{}}
	b := openBenchOn(t, toman.Config{Seed: benchSeed, Auth: tomanauth.Config{
		Clients: []tomanauth.Client{{ID: toman.ClientID, Secret: canaryClientSecret}, {ID: "other-client", Secret: canaryClientSecret2}},
	}})
	by := access.CommandLine("test")
	if err := b.seedUser(t.Context(), by, "admin", "Admin", "en", access.Administrator); err != nil {
		t.Fatal(err)
	}
	answers := &recordedAnswers{next: inProcess{b.handler}}
	admin := b.visitor()
	admin.client.Transport = answers
	if err := admin.signIn(t.Context(), "admin"); err != nil {
		t.Fatal(err)
	}
	b.useConnectionSecrets(t, c, admin)
	b.usePersonalSecrets(t, c, admin, answers)
	b.usePaymentSecrets(t, c, admin)
	b.useInquirySecrets(t, c, admin)
	b.panicOverSecrets(t, answers)
	b.collectTokens(c)
	b.collectAnswers(t, c)

	places := b.placesOnDisk(t)
	places["the log"] = []byte(b.said.take())
	seen := map[string]bool{}
	for kind, secrets := range c.secrets {
		for _, secret := range secrets {
			for name, place := range places {
				if how := findSecret(place, secret); how != "" {
					t.Errorf("%s stands in %s, %s", kind, name, how)
				}
			}
			for _, a := range answers.all {
				how := findSecret([]byte(a.text), secret)
				seen[kind] = seen[kind] || how != ""
				if how != "" && (c.shown[kind] == nil || !c.shown[kind](a.where)) {
					t.Errorf("%s stands in the answer to %s, %s", kind, a.where, how)
				}
			}
		}
	}
	for kind := range c.shown {
		if !seen[kind] {
			t.Errorf("%s was shown nowhere, not even to the one who is to know it: the search sees nothing", kind)
		}
	}
	count := 0
	for _, secrets := range c.secrets {
		count += len(secrets)
	}
	t.Logf("%d secrets of %d kinds, %d answers, %d places", count, len(c.secrets), len(answers.all), len(places))
	if len(c.secrets) < 12 || count < 20 {
		t.Errorf("only %d secrets of %d kinds were used", count, len(c.secrets))
	}
}

// recordedAnswers keeps every answer but for its cookies.
type recordedAnswers struct {
	next http.RoundTripper
	mu   sync.Mutex
	all  []recordedAnswer
}

type recordedAnswer struct{ where, text string }

// RoundTrip passes a request on and keeps its answer.
func (r *recordedAnswers) RoundTrip(in *http.Request) (*http.Response, error) {
	out, err := r.next.RoundTrip(in)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, err
	}
	out.Body = io.NopCloser(bytes.NewReader(body))
	header := out.Header.Clone()
	header.Del("Set-Cookie")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, recordedAnswer{in.Method + " " + in.URL.Path, fmt.Sprintf("%v\n%s", header, body)})
	return out, nil
}

// useConnectionSecrets adds, tests, breaks and rotates a connection in the browser.
func (b *bench) useConnectionSecrets(t *testing.T, c *canaries, admin *visitor) {
	t.Helper()
	c.add("a client secret", canaryClientSecret, canaryClientSecret2)
	c.add("a provider's password", canaryProviderPass, canaryProviderPass2)
	b.provider.Auth.PutUser(tomanauth.User{Username: "canary-user", Password: canaryProviderPass, Scopes: slices.Concat(pspreporting.Scopes(), sandboxinquiry.Scopes())})
	document := func(name string) url.Values {
		text, err := json.Marshal(map[string]any{
			"name": name, "provider": "toman", "environment": "sandbox", "client_auth": "body",
			"base_urls":      map[string]string{"auth": b.provider.AuthURL, "psp_reporting": b.provider.PSPReportingURL, "inquiry": b.provider.InquiryURL},
			"download_hosts": []string{strings.TrimPrefix(b.provider.ObjectStorageURL, "http://")},
			"credentials": map[string]string{
				"username": "canary-user", "password": canaryProviderPass,
				"client_id": toman.ClientID, "client_secret": canaryClientSecret,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"json": {string(text)}}
	}
	admin.post(t, "/admin/connections/new", http.StatusUnprocessableEntity, document("NOT A NAME"))
	admin.post(t, "/admin/connections/new", http.StatusUnprocessableEntity, url.Values{"json": {document("x").Get("json")[1:]}})
	admin.post(t, "/admin/connections/new", http.StatusSeeOther, document(demoConnection))
	page := "/admin/connections/" + demoConnection
	test := func() {
		a, err := admin.ask(t.Context(), http.MethodPost, page+"/test", b.formAt(t, admin, page, page+"/test"))
		if err != nil || a.status >= http.StatusBadRequest {
			t.Errorf("testing the connection = %d, %v", a.status, err)
		}
	}
	test()
	b.fillMirror(t)

	// The provider repeats in its error what it was sent.
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.Status, Status: 400, Service: "auth", Times: 3, Body: `{"error":"invalid_grant","error_description":"no user with ` + canaryProviderPass + ` and ` + canaryClientSecret + `"}`},
		{Kind: sandbox.Status, Status: 500, Service: "auth", Times: 3, Body: "Traceback: password=" + url.QueryEscape(canaryProviderPass)},
	} {
		if _, err := b.provider.Engine.Inject(f); err != nil {
			t.Fatal(err)
		}
		b.provider.Auth.RevokeAll()
		b.freshClients(t)
		_ = b.directory.Refresh(t.Context(), b.connectionID(t)) // it fails, and its reason is what is looked for
		admin.get(t, page, http.StatusOK)
		b.provider.Engine.Clear(0)
	}
	b.freshClients(t)

	rotation := url.Values{
		"credentials.username": {"canary-user"}, "credentials.password": {canaryProviderPass2},
		"credentials.client_id": {"other-client"}, "credentials.client_secret": {canaryClientSecret2},
	}
	admin.post(t, page+"/rotate", http.StatusUnprocessableEntity, merged(b.formAt(t, admin, page+"/rotate", page+"/rotate"), rotation))
	b.provider.Auth.PutUser(tomanauth.User{Username: "canary-user", Password: canaryProviderPass2, Scopes: slices.Concat(pspreporting.Scopes(), sandboxinquiry.Scopes())})
	admin.post(t, page+"/rotate", http.StatusSeeOther, merged(b.formAt(t, admin, page+"/rotate", page+"/rotate"), rotation))
	for range 2 {
		if err := b.directory.Refresh(t.Context(), b.connectionID(t)); err != nil {
			t.Fatal(err)
		}
		b.provider.Auth.ExpireAccessTokens()
	}
	test()
	for _, path := range []string{"/admin/connections", page, page + "/rotate", "/admin/audit", "/admin/jobs"} {
		admin.get(t, path, http.StatusOK)
	}
}

// formAt is the form of a page that posts to a path.
func (b *bench) formAt(t *testing.T, v *visitor, page, action string) url.Values {
	t.Helper()
	for _, f := range formsOf(v.get(t, page, http.StatusOK).body, page) {
		if f.method == http.MethodPost && f.action == action {
			return f.fields
		}
	}
	t.Fatalf("%s has no form that posts to %s", page, action)
	return nil
}

func merged(form, fields url.Values) url.Values { return pageForm{fields: form}.with(fields) }

var (
	copyable = regexp.MustCompile(`data-copy="([^"]+)"`)
	codeItem = regexp.MustCompile(`<li><code>([^<]+)</code></li>`)
)

// usePersonalSecrets lets a new user sign in with a given password, choose their own, enrol a second factor and use it.
func (b *bench) usePersonalSecrets(t *testing.T, c *canaries, admin *visitor, answers *recordedAnswers) {
	t.Helper()
	c.shown["a given password"] = func(where string) bool { return where == "POST /admin/users/new" }
	c.shown["a TOTP seed"] = func(where string) bool { return where == "GET /account/totp" || where == "POST /account/totp" }
	c.shown["a recovery code"] = func(where string) bool { return where == "POST /account/totp" }
	page := admin.post(t, "/admin/users/new", http.StatusOK, url.Values{"username": {"sara"}, "display_name": {"Sara"}, "roles": {"operations", "finance"}})
	given := lastMatch(t, copyable, page.body)
	c.add("a given password", given)
	c.add("a password", canaryPassword, canaryWrongPass)
	c.add("a password typed as a user name", canaryMistyped)
	c.shown["a password typed as a user name"] = func(where string) bool { return where == "POST /sign-in" }

	v := b.visitor()
	v.client.Transport = answers
	v.post(t, "/sign-in", http.StatusUnprocessableEntity, url.Values{"username": {"sara"}, "password": {canaryWrongPass}})
	v.post(t, "/sign-in", http.StatusUnprocessableEntity, url.Values{"username": {canaryMistyped}, "password": {canaryWrongPass}})
	v.post(t, "/sign-in", http.StatusSeeOther, url.Values{"username": {"sara"}, "password": {given}})
	v.post(t, "/account/password", http.StatusUnprocessableEntity,
		url.Values{"password": {given}, "new_password": {canaryPassword}, "repeat_password": {canaryWrongPass}, "new_password_again": {canaryWrongPass}})
	form := b.formAt(t, v, "/account/password", "/account/password")
	for name := range form {
		if strings.Contains(name, "password") {
			form.Set(name, canaryPassword)
		}
	}
	v.post(t, "/account/password", http.StatusSeeOther, merged(form, url.Values{"password": {given}}))

	v.post(t, "/account/totp/begin", http.StatusSeeOther, url.Values{})
	seed := strings.ReplaceAll(lastMatch(t, copyable, v.get(t, "/account/totp", http.StatusOK).body), " ", "")
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
	if err != nil {
		t.Fatalf("%q is no seed: %v", seed, err)
	}
	c.add("a TOTP seed", seed, string(raw))
	v.post(t, "/account/totp", http.StatusUnprocessableEntity, url.Values{"code": {"000000"}})
	code, err := totp.GenerateCode(seed, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	codes := codeItem.FindAllStringSubmatch(v.post(t, "/account/totp", http.StatusOK, url.Values{"code": {code}}).body, -1)
	if len(codes) < 5 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	for _, found := range codes {
		c.add("a recovery code", found[1], strings.ReplaceAll(found[1], "-", ""))
	}
	c.add("a session's token", b.tokenOf(t, v)...)
	v.post(t, "/sign-out", http.StatusSeeOther, url.Values{})
	v.post(t, "/sign-in", http.StatusSeeOther, url.Values{"username": {"sara"}, "password": {canaryPassword}})
	v.post(t, "/sign-in/code", http.StatusSeeOther, url.Values{"code": {codes[0][1]}})
	v.get(t, "/account", http.StatusOK)
	c.add("a session's token", b.tokenOf(t, v)...)
}

func lastMatch(t *testing.T, pattern *regexp.Regexp, page string) string {
	t.Helper()
	main := page[max(strings.Index(page, "<main"), 0):max(strings.Index(page, "</main"), 0)]
	found := pattern.FindAllStringSubmatch(main, -1)
	if len(found) == 0 {
		t.Fatalf("no %s in\n%s", pattern, main)
	}
	return found[len(found)-1][1]
}

// tokenOf are the values of a browser's cookies.
func (b *bench) tokenOf(t *testing.T, v *visitor) (tokens []string) {
	t.Helper()
	base, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range v.client.Jar.Cookies(base) {
		if len(cookie.Value) > 16 {
			tokens = append(tokens, cookie.Value)
		}
	}
	return tokens
}

// usePaymentSecrets searches for a whole card number, exports what was found, and downloads a report.
func (b *bench) usePaymentSecrets(t *testing.T, c *canaries, admin *visitor) {
	t.Helper()
	c.add("a card number", canaryCard, canaryCard[:4]+" "+canaryCard[4:8]+" "+canaryCard[8:12]+" "+canaryCard[12:])
	// Somebody who writes a card number into an address of their own gets that page's address back, and nobody else does.
	c.shown["a card number"] = func(where string) bool {
		return where == "GET /payments/totals" || where == "GET /terminals" || where == "GET /no/such/page"
	}
	for _, card := range c.secrets["a card number"] {
		for _, path := range []string{"/payments", "/payments/totals", "/payments/export.csv", "/payments/export.xlsx", "/terminals", "/no/such/page"} {
			if _, err := admin.ask(t.Context(), http.MethodGet, path+"?q="+url.QueryEscape(card), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := b.reports.Poll(t.Context(), b.connectionID(t)); err != nil {
		t.Fatal(err)
	}
	report := b.provider.PSPReporting.Reports(pspreporting.ReportSuccess)[0]
	admin.get(t, "/reports/"+report+"/download", http.StatusOK)
	if _, err := b.provider.Engine.Inject(sandbox.Answer(http.StatusForbidden).Of("object_storage")); err != nil {
		t.Fatal(err)
	}
	if a, err := admin.ask(t.Context(), http.MethodGet, "/reports/"+report+"/download", nil); err != nil || a.status < 400 {
		t.Errorf("a download that the storage refused = %d, %v", a.status, err)
	}
	b.provider.Engine.Clear(0)
}

// panicOverSecrets breaks the program behind the forms that take secrets.
func (b *bench) panicOverSecrets(t *testing.T, answers *recordedAnswers) {
	t.Helper()
	v := b.visitor()
	v.client.Transport = answers
	kept := b.access.SignIn
	b.access.SignIn = nil
	v.post(t, "/sign-in", http.StatusInternalServerError, url.Values{"username": {"sara"}, "password": {canaryPassword}})
	b.access.SignIn = kept
}

// collectTokens adds what the portal and its providers told each other.
func (b *bench) collectTokens(c *canaries) {
	for _, r := range b.provider.Engine.Requests(sandbox.Match{}) {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && !slices.Contains(c.secrets["an access token"], token) {
			c.add("an access token", token)
		}
		if form, err := url.ParseQuery(r.Body); err == nil && form.Get("refresh_token") != "" {
			c.add("a refresh token", form.Get("refresh_token"))
		}
		if query, err := url.ParseQuery(r.Query); err == nil && query.Get("X-Amz-Signature") != "" && !slices.Contains(c.secrets["a presigned link"], query.Get("X-Amz-Signature")) {
			c.add("a presigned link", query.Get("X-Amz-Signature"))
		}
	}
}

// placesOnDisk are the files that may be stolen.
func (b *bench) placesOnDisk(t *testing.T) map[string][]byte {
	t.Helper()
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := b.db.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	places := map[string][]byte{}
	for name, path := range map[string]string{"the database": b.settings.DB, "the WAL": b.settings.DB + "-wal", "the backup": backup} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		places[name] = content
	}
	return places
}

// findSecret searches a text for a secret and says how it stands there; empty when it does not.
func findSecret(text []byte, secret string) string {
	escaped, _ := json.Marshal(secret) // a string always encodes
	for how, form := range map[string]string{
		"plainly": secret, "escaped for a URL": url.QueryEscape(secret), "escaped for a path": url.PathEscape(secret),
		"in hexadecimal": hex.EncodeToString([]byte(secret)), "in capital hexadecimal": strings.ToUpper(hex.EncodeToString([]byte(secret))), "in JSON": strings.Trim(string(escaped), `"`),
		"escaped for HTML": strings.NewReplacer("&", "&amp;", `"`, "&#34;").Replace(secret),
	} {
		if bytes.Contains(text, []byte(form)) {
			return how
		}
	}
	for shift := range 3 {
		// What stands before shifts the bits; its own characters and those it shares with what follows are cut off.
		whole := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		part := whole[(shift*8+5)/6 : (shift+len(secret))*8/6]
		if len(part) > 8 && (bytes.Contains(text, []byte(part)) || bytes.Contains(text, []byte(strings.NewReplacer("+", "-", "/", "_").Replace(part)))) {
			return "in base64"
		}
	}
	return ""
}

// TestFindSecretFinds: a search that finds nothing anywhere proves nothing.
func TestFindSecretFinds(t *testing.T) {
	const secret = `pass & word/"42"+`
	quoted, _ := json.Marshal(secret)
	for name, text := range map[string]string{
		"plain": "a " + secret + " b", "URL": "?p=" + url.QueryEscape(secret), "hex": fmt.Sprintf("%x", "a"+secret), "HEX": fmt.Sprintf("%X", secret),
		"JSON": string(quoted), "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64 in the midst": base64.URLEncoding.EncodeToString([]byte("user:" + secret + "!")),
		"base64 after two": base64.StdEncoding.EncodeToString([]byte("ab" + secret + "cd")),
	} {
		if findSecret([]byte(text), secret) == "" {
			t.Errorf("%s: not found in %q", name, text)
		}
	}
	if how := findSecret([]byte("pass & word/42"), secret); how != "" {
		t.Errorf("found what is not there, %s", how)
	}
}
