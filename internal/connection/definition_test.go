package connection_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"payportal/internal/connection"
	"payportal/internal/errs"
)

// The documents of docs/operations.md, with their placeholders filled in.
const (
	tomanJSON = `{"name":"toman-staging","provider":"toman","environment":"staging",
 "base_urls":{"auth":"https://auth.qbitpay.org","psp_reporting":"https://repigma-staging.qcluster.org",
              "inquiry":"https://inquisitor-staging.qcluster.org/api/v1","corporate_banking":"https://dbank-staging.qcluster.org/api/v1"},
 "credentials":{"username":"SECRET-u","password":"SECRET-p","client_id":"SECRET-i","client_secret":"SECRET-s"},"client_auth":"basic"}`
	paymenticonJSON = `{"name":"paymenticon","provider":"paymenticon","environment":"production","base_urls":{"api":"https://pay.paymenticon.com"},
 "credentials":{"wallet_ref":"WLT-001","api_key":"SECRET-k"}}`
	tupayJSON = `{"name":"tupay","provider":"tupay","environment":"staging","base_urls":{"api":"https://merchants-api-stg.tupayonline.com"},
 "credentials":{"access_key":"SECRET-a","secret_key":"SECRET-s"}}`
)

func TestParseTheDocumentedConnections(t *testing.T) {
	d, err := connection.Parse([]byte(tomanJSON))
	if err != nil {
		t.Fatal(err)
	}
	s := d.Settings
	if d.Name != "toman-staging" || d.Provider != connection.Toman || d.Environment != connection.Staging || len(d.BaseURLs) != 4 ||
		s.ClientAuth != connection.Basic || s.Concurrency != 8 || !slices.Equal(s.Scopes, connection.TomanScopes(connection.PSPReporting, connection.Inquiry)) ||
		!slices.Equal(s.DownloadHosts, []string{"s3.qcluster.org"}) || d.Credentials["client_secret"].Reveal() != "SECRET-s" {
		t.Errorf("toman = %+v, want the document with the defaults", d)
	}
	reporting, inquiry := len(connection.TomanScopes(connection.PSPReporting)), len(connection.TomanScopes(connection.Inquiry))
	if reporting != 7 || inquiry != 4 {
		t.Errorf("default scopes = %d and %d, want the seven of P3 to P9 and the four of P10 to P13", reporting, inquiry)
	}
	for _, doc := range []string{paymenticonJSON, tupayJSON} {
		d, err := connection.Parse([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", doc, err)
		}
		if d.Settings.ClientAuth != "" || d.Settings.Scopes != nil || d.Settings.DownloadHosts != nil {
			t.Errorf("%s: settings = %+v, want none of Toman's", d.Name, d.Settings)
		}
	}
	if shown := fmt.Sprintf("%v %+v %#v", d, d, d); strings.Contains(shown, "SECRET") {
		t.Errorf("a definition prints its credentials: %s", shown)
	}
}

// TestDefaultScopesFitTheAPIs: one scope that a user lacks fails every token request.
func TestDefaultScopesFitTheAPIs(t *testing.T) {
	tests := []struct{ apis, want string }{
		{`"psp_reporting":"https://repigma.toman.ir"`, "repigma"},
		{`"inquiry":"https://inquisitor.toman.ir/api/v1"`, "inquiry"},
		{`"inquiry":"https://inquisitor.toman.ir/api/v1","psp_reporting":"https://repigma.toman.ir"`, "repigma inquiry"},
		{`"corporate_banking":"https://dbank.toman.ir/api/v1"`, ""},
	}
	for _, tt := range tests {
		d, err := connection.Parse([]byte(`{"name":"toman","provider":"toman","environment":"production","base_urls":{"auth":"https://accounts.qbitpay.org",` + tt.apis + `},
			"credentials":{"username":"u","password":"p","client_id":"i","client_secret":"s"}}`))
		if err != nil {
			t.Fatal(err)
		}
		var families []string
		for _, scope := range d.Settings.Scopes {
			family, _, _ := strings.Cut(scope, ".")
			if !slices.Contains(families, family) {
				families = append(families, family)
			}
		}
		if got := strings.Join(families, " "); got != tt.want {
			t.Errorf("%s: scopes of %q, want of %q", tt.apis, got, tt.want)
		}
	}
}

// problemsOf gives what an error says as "field: key", sorted as told.
func problemsOf(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid {
		t.Fatalf("error = %v, want invalid", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", err, e.Fields), "SECRET") {
		t.Errorf("error shows a credential: %v", err)
	}
	var all []string
	for _, f := range e.Fields {
		all = append(all, f.Name+": "+strings.TrimPrefix(f.Msg, "connection.error_"))
	}
	return strings.Join(all, "; ")
}

func TestParseNamesEveryProblemAtOnce(t *testing.T) {
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(tomanJSON) }
	tests := []struct{ name, doc, want string }{
		{"everything", `{}`, "name: name; environment: environment; provider: provider"},
		{
			"nothing of a provider", `{"name":"a","provider":"toman","environment":"sandbox"}`,
			"base_urls.auth: required; base_urls.psp_reporting: one_api; credentials.username: required; credentials.password: required; " +
				"credentials.client_id: required; credentials.client_secret: required",
		},
		{
			"three at once", change(`"toman-staging"`, `"Toman Staging"`, `"staging"`, `"test"`, `SECRET-p`, ``),
			"name: name; environment: environment; credentials.password: required",
		},
		{"name too long", change(`"toman-staging"`, `"`+strings.Repeat("a", 41)+`"`), "name: name"},
		{"unknown provider", change(`"toman"`, `"stripe"`), "provider: provider"},
		{"unknown fields", change(`"client_auth":"basic"`, `"client_auth":"basic","admin":true,"Base_url":{}`), "admin: unknown_field; Base_url: unknown_field"},
		{"unknown base URL", change(`"inquiry"`, `"inquiries"`), "base_urls.inquiries: not_for_provider"},
		{"unknown credential", change(`"password":"SECRET-p"`, `"password":"SECRET-p","token":"SECRET-t"`), "credentials.token: not_for_provider"},
		{"http to a host", change("https://auth.qbitpay.org", "http://auth.qbitpay.org"), "base_urls.auth: url_http"},
		{"URL with a user", change("https://auth.", "https://a:b@auth."), "base_urls.auth: url_extra"},
		{"client auth", change(`"basic"`, `"digest"`), "client_auth: client_auth"},
		{"scopes with a space", change(`"client_auth"`, `"scopes":["a b"],"client_auth"`), "scopes: scopes"},
		{"scopes twice", change(`"client_auth"`, `"scopes":["a","a"],"client_auth"`), "scopes: scopes"},
		{"hosts with a scheme", change(`"client_auth"`, `"download_hosts":["https://x.example"],"client_auth"`), "download_hosts: download_hosts"},
		{"hosts with a port", change(`"client_auth"`, `"download_hosts":["127.0.0.1:9000"],"client_auth"`), "download_hosts: download_hosts"},
		{"hosts with a wildcard", change(`"client_auth"`, `"download_hosts":["*.example"],"client_auth"`), "download_hosts: download_hosts"},
		{"hosts that are addresses", change(`"client_auth"`, `"download_hosts":["10.0.0.1"],"client_auth"`), "download_hosts: download_hosts"},
		{"concurrency", change(`"client_auth"`, `"concurrency":65,"client_auth"`), "concurrency: concurrency"},
		{
			"another provider's settings", strings.Replace(tupayJSON, `"name"`, `"client_auth":"basic","scopes":["x"],"download_hosts":["x.example"],"device":"d","name"`, 1),
			"client_auth: not_for_provider; scopes: not_for_provider; download_hosts: not_for_provider; device: not_for_provider",
		},
		{"credential with a line break", change("SECRET-p", `SECRET-p\n`), "credentials.password: credential"},
		{"credential of another type", change(`"SECRET-p"`, `5`), "credentials: json_value"},
		{"name of another type", change(`"toman-staging"`, `null`), "name: json_value"},
		{"field twice", change(`"client_auth":"basic"`, `"client_auth":"basic","Name":"x"`), "json: json"},
		{"trailing data", tomanJSON + "x", "json: json"},
		{"two documents", tomanJSON + tomanJSON, "json: json"},
		{"cut", tomanJSON[:200], "base_urls: json_value"},
		{"not an object", `[]`, "json: json"},
		{"empty", ``, "json: json"},
		{"huge", strings.Repeat(" ", 70_000) + tomanJSON, "json: json_size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := connection.Parse([]byte(tt.doc))
			if got := problemsOf(t, err); got != tt.want {
				t.Errorf("problems = %s, want %s", got, tt.want)
			}
			if d.Name != "" || d.Credentials != nil {
				t.Errorf("definition = %v, want none", d)
			}
		})
	}
}

func TestSandboxConnection(t *testing.T) {
	doc := `{"name":"demo","provider":"toman","environment":"sandbox",
		"base_urls":{"auth":"http://127.0.0.1:9001/auth","psp_reporting":"http://localhost:9001"},"download_hosts":["127.0.0.1:9002","localhost:9003"],
		"credentials":{"username":"u","password":"p","client_id":"i","client_secret":"s"}}`
	d, err := connection.Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if !(connection.Connection{BaseURLs: d.BaseURLs}).Loopback() {
		t.Error("Loopback = false, want true")
	}
	mixed := connection.Connection{BaseURLs: map[string]string{"auth": "http://127.0.0.1:1", "api": "https://example.com"}}
	if mixed.Loopback() {
		t.Error("Loopback with one public base URL = true, want false")
	}
}

func TestParseCredentials(t *testing.T) {
	c, err := connection.ParseCredentials(connection.Tupay, []byte(`{"credentials":{"access_key":"a","secret_key":"b"}}`))
	if err != nil || c["secret_key"].Reveal() != "b" {
		t.Errorf("credentials = %v, %v; want both keys", c, err)
	}
	if _, err := connection.ParseCredentials(connection.Tupay, []byte(tupayJSON)); err != nil {
		t.Errorf("a whole definition: %v, want its credentials taken", err)
	}
	_, err = connection.ParseCredentials(connection.Tupay, []byte(`{"credentials":{"access_key":"SECRET","x":"SECRET"}}`))
	if got, want := problemsOf(t, err), "credentials.x: not_for_provider; credentials.secret_key: required"; got != want {
		t.Errorf("problems = %s, want %s", got, want)
	}
}

func TestCheckBaseURL(t *testing.T) {
	good := []string{
		"https://repigma.toman.ir", "https://inquisitor.toman.ir/api/v1/", "https://example.com:8443/x", "http://127.0.0.1:8080", "http://127.9.9.9/x",
		"http://localhost:1/api", "http://[::1]:80/", "https://[2001:db8::1]/",
	}
	for _, s := range good {
		if problem := connection.CheckBaseURL(s); problem != "" {
			t.Errorf("CheckBaseURL(%q) = %s, want nothing", s, problem)
		}
	}
	bad := []string{
		"", " ", "example.com", "//example.com", "https:", "https://", "https:///x", "ftp://example.com", "javascript:alert(1)", "https://a@example.com", "https://a:b@example.com",
		"https://example.com?x=1", "https://example.com?", "https://example.com#x", "https://example.com#", "https://example.com/a b", "https://example.com\\x", "https://exa\tmple.com",
		" https://example.com", "https://example.com ", "https://example.com\n", "https://example.com:", "https://example.com:x", "http://example.com", "http://10.0.0.1", "http://0.0.0.0",
		"http://localhost.example.com", "http://127.0.0.1.nip.io", "http://2130706433", "http://[::]", "http://[::ffff:10.0.0.1]", "https://\u202eexample.com", "https://" + strings.Repeat("a", 200),
		"HTTP://example.com", "https:example.com",
	}
	for _, s := range bad {
		if problem := connection.CheckBaseURL(s); problem == "" {
			t.Errorf("CheckBaseURL(%q) = nothing, want a problem", s)
		}
	}
}
