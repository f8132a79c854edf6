package tomanauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"payportal/provider/sandbox"
	"payportal/provider/sandbox/tomanauth"
)

type endpoint struct {
	t      *testing.T
	base   string
	engine *sandbox.Engine
	server *tomanauth.Server
}

func start(t *testing.T) endpoint {
	t.Helper()
	engine := sandbox.New(sandbox.FrozenClock(time.Date(2026, 3, 21, 8, 0, 0, 0, time.UTC)))
	server := tomanauth.New(tomanauth.Config{
		Clock:   engine.Clock(),
		Clients: []tomanauth.Client{{ID: "client", Secret: "s:ecret/+"}, {ID: "other", Secret: "x"}},
		Users: []tomanauth.User{
			{Username: "wide", Password: "right", Scopes: []string{"a.read", "b.read"}},
			{Username: "narrow", Password: "right", Scopes: []string{"a.read"}},
		},
	})
	base, err := engine.Serve("", server.Service())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return endpoint{t, base, engine, server}
}

// token posts the form and wants the status; basic moves the client from the body to the header.
func (e endpoint) token(want int, basic bool, form url.Values) map[string]any {
	e.t.Helper()
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if basic {
		form.Del("client_id")
		form.Del("client_secret")
	}
	req, err := http.NewRequest(http.MethodPost, e.base+"/oauth2/token/", strings.NewReader(form.Encode()))
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		req.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		e.t.Fatal(err)
	}
	if resp.StatusCode != want {
		e.t.Fatalf("got %d %v, want %d", resp.StatusCode, out, want)
	}
	if got, want := resp.Header.Get("Date"), e.engine.Clock().Now().Format(http.TimeFormat); got != want {
		e.t.Errorf("Date: got %q, want the sandbox's %q", got, want)
	}
	return out
}

func password(user, pass, scope string) url.Values {
	return url.Values{
		"grant_type": {"password"}, "username": {user}, "password": {pass}, "scope": {scope},
		"client_id": {"client"}, "client_secret": {"s:ecret/+"},
	}
}

func refresh(token any) url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}, "client_id": {"client"}, "client_secret": {"s:ecret/+"},
	}
}

func with(form url.Values, name, value string) url.Values {
	form.Set(name, value)
	return form
}

func TestPasswordGrant(t *testing.T) {
	t.Parallel()
	for _, basic := range []bool{false, true} {
		e := start(t)
		got := e.token(200, basic, password("wide", "right", "b.read a.read"))
		if got["expires_in"] != 86400.0 || got["token_type"] != "Bearer" || got["scope"] != "b.read a.read" {
			t.Errorf("got %v, want the documented answer", got)
		}
		access, _ := got["access_token"].(string)
		if len(access) != 30 || len(got["refresh_token"].(string)) != 30 {
			t.Errorf("got tokens %v, want 30 letters each", got)
		}
		if got := e.server.Authorize(access, "a.read"); got != sandbox.Granted {
			t.Errorf("authorize: got %v, want Granted", got)
		}
		if got := e.server.Authorize(access, "c.read"); got != sandbox.NoScope {
			t.Errorf("authorize a scope that was not asked for: got %v, want NoScope", got)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		form   url.Values
		basic  bool
		status int
		code   string
	}{
		{"unknown scope", password("wide", "right", "a.read nonsense"), false, 400, "invalid_scope"},
		{"scope of somebody else", password("narrow", "right", "a.read b.read"), false, 400, "invalid_scope"},
		{"wrong password", password("wide", "wrong", "a.read"), false, 400, "invalid_grant"},
		{"unknown user", password("nobody", "right", "a.read"), false, 400, "invalid_grant"},
		{"wrong client", with(password("wide", "right", "a.read"), "client_id", "nobody"), false, 401, "invalid_client"},
		{"wrong secret", with(password("wide", "right", "a.read"), "client_secret", "wrong"), false, 401, "invalid_client"},
		{"wrong secret by Basic", with(password("wide", "right", "a.read"), "client_secret", "wrong"), true, 401, "invalid_client"},
		{"no user name", with(password("wide", "right", "a.read"), "username", ""), false, 400, "invalid_request"},
		{"no grant type", with(password("wide", "right", "a.read"), "grant_type", ""), false, 400, "invalid_request"},
		{"other grant type", with(password("wide", "right", "a.read"), "grant_type", "client_credentials"), false, 400, "unsupported_grant_type"},
		{"unknown refresh token", refresh("nonsense"), false, 400, "invalid_grant"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := start(t)
			if got := e.token(tt.status, tt.basic, tt.form); got["error"] != tt.code || got["access_token"] != nil {
				t.Errorf("got %v, want %s", got, tt.code)
			}
		})
	}
}

func TestCredentialsInTheQueryDoNotCount(t *testing.T) {
	t.Parallel()
	e := start(t)
	resp, err := http.Post(e.base+"/oauth2/token/?"+password("wide", "right", "a.read").Encode(), "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("got %d, want 401", resp.StatusCode)
	}
}

func TestPathAndMethod(t *testing.T) {
	t.Parallel()
	e := start(t)
	for path, want := range map[string]int{"/oauth2/token": 404, "/oauth2/token/": 405} {
		resp, err := http.Get(e.base + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s: got %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	e := start(t)
	first := e.token(200, false, password("wide", "right", "a.read"))
	second := e.token(200, true, refresh(first["refresh_token"]))
	if second["refresh_token"] == first["refresh_token"] || second["access_token"] == first["access_token"] || second["scope"] != "a.read" {
		t.Errorf("got %v after %v, want new tokens of the same scope", second, first)
	}
	if got := e.token(400, false, refresh(first["refresh_token"])); got["error"] != "invalid_grant" {
		t.Errorf("second use: got %v, want invalid_grant", got)
	}
	if got := e.server.Authorize(first["access_token"].(string), ""); got != sandbox.NoToken {
		t.Errorf("old access token: got %v, want NoToken", got)
	}
	if got := e.server.Authorize(second["access_token"].(string), "a.read"); got != sandbox.Granted {
		t.Errorf("new access token: got %v, want Granted", got)
	}
	foreign := refresh(second["refresh_token"])
	foreign.Set("client_id", "other")
	foreign.Set("client_secret", "x")
	if got := e.token(400, false, foreign); got["error"] != "invalid_grant" {
		t.Errorf("refresh by another client: got %v, want invalid_grant", got)
	}
	e.token(200, false, refresh(second["refresh_token"]))
}

func TestLives(t *testing.T) {
	t.Parallel()
	e := start(t)
	got := e.token(200, false, password("wide", "right", "a.read"))
	access := got["access_token"].(string)
	e.engine.Clock().Advance(86399 * time.Second)
	if got := e.server.Authorize(access, "a.read"); got != sandbox.Granted {
		t.Errorf("a second before its end: got %v, want Granted", got)
	}
	e.engine.Clock().Advance(time.Second)
	if got := e.server.Authorize(access, "a.read"); got != sandbox.NoToken {
		t.Errorf("at its end: got %v, want NoToken", got)
	}
	e.engine.Clock().Advance(6*24*time.Hour - time.Second)
	got = e.token(200, false, refresh(got["refresh_token"]))
	e.engine.Clock().Advance(7 * 24 * time.Hour)
	e.token(400, false, refresh(got["refresh_token"]))

	e.server.SetTokenLife(time.Minute)
	if got := e.token(200, false, password("wide", "right", "a.read")); got["expires_in"] != 60.0 {
		t.Errorf("expires_in: got %v, want 60", got["expires_in"])
	}
}

func TestFiveWrongPasswordsLockTheAccount(t *testing.T) {
	t.Parallel()
	e := start(t)
	for range 4 {
		e.token(400, false, password("wide", "wrong", "a.read"))
	}
	e.token(200, false, password("wide", "right", "a.read")) // forgets the four
	for range 5 {
		if e.server.Locked("wide") {
			t.Fatal("locked too early")
		}
		e.token(400, false, password("wide", "wrong", "a.read"))
	}
	if got := e.token(400, false, password("wide", "right", "a.read")); got["error"] != "invalid_grant" || !e.server.Locked("wide") {
		t.Errorf("right password on a locked account: got %v", got)
	}
	e.token(200, false, password("narrow", "right", "a.read"))
	e.control(204, "/users/wide/unlock", "{}")
	e.token(200, false, password("wide", "right", "a.read"))
}

func TestControl(t *testing.T) {
	t.Parallel()
	e := start(t)
	got := e.token(200, false, password("wide", "right", "a.read"))
	e.control(204, "/expire", "{}")
	if got := e.server.Authorize(got["access_token"].(string), ""); got != sandbox.NoToken {
		t.Errorf("after expire: got %v, want NoToken", got)
	}
	got = e.token(200, false, refresh(got["refresh_token"]))
	e.control(204, "/revoke", "{}")
	e.token(400, false, refresh(got["refresh_token"]))
	e.control(204, "/users", `{"username":"new","password":"p","scopes":["a.read"]}`)
	e.control(204, "/token-life", `{"seconds":5}`)
	if got := e.token(200, false, password("new", "p", "")); got["scope"] != "a.read" || got["expires_in"] != 5.0 {
		t.Errorf("no scope asked: got %v, want all that the user has, for 5 s", got)
	}
	e.control(404, "/users/nobody/unlock", "{}")
	e.control(400, "/token-life", `{"hours":5}`)
}

func (e endpoint) control(want int, path, body string) {
	e.t.Helper()
	resp, err := http.Post(e.base+"/_control/auth"+path, "application/json", strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		e.t.Errorf("control %s: got %d, want %d", path, resp.StatusCode, want)
	}
}
