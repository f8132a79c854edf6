package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"payportal/internal/access"
	"payportal/internal/htmlcheck"
)

func TestSignInAnswersTheSameWhetherTheAccountExists(t *testing.T) {
	p := newPortal(t)
	p.user(t, "nasrin", access.Finance)
	var pages []string
	for _, name := range []string{"nasrin", "nobody"} {
		a := p.visitor(t).post("/sign-in", http.StatusUnprocessableEntity, url.Values{"username": {name}, "password": {"wrong password"}},
			htmlcheck.In("title", htmlcheck.HasText("Error:")), htmlcheck.In("#form-errors"))
		page := strings.ReplaceAll(a.body, name, "NAME")
		for _, volatile := range []string{a.header.Get("X-Request-Id"), nonceOf(t, a)} {
			page = strings.ReplaceAll(page, volatile, "")
		}
		pages = append(pages, page)
	}
	if pages[0] != pages[1] {
		t.Errorf("the pages of a known and an unknown user differ:\n%s\n\n%s", pages[0], pages[1])
	}
}

func TestSignInReturnsToThePageThatWasAskedFor(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Finance)
	stranger := p.visitor(t)
	a := stranger.get("/account/password?x=1", http.StatusSeeOther)
	if got, want := a.header.Get("Location"), "/sign-in?return=%2Faccount%2Fpassword%3Fx%3D1"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	a = stranger.post("/sign-in", http.StatusSeeOther,
		url.Values{"username": {"nasrin"}, "password": {password}, "return": {"/account/password?x=1"}})
	if got, want := a.header.Get("Location"), "/account/password?x=1"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	_ = b
}

func TestNobodyIsLedToAnotherSite(t *testing.T) {
	p := newPortal(t)
	p.user(t, "nasrin", access.Finance)
	for _, target := range []string{"https://evil.example/", "//evil.example/x", `/\evil.example`, "evil", "javascript:alert(1)", "/%2Fevil"} {
		a := p.visitor(t).post("/sign-in", http.StatusSeeOther,
			url.Values{"username": {"nasrin"}, "password": {password}, "return": {target}})
		got := a.header.Get("Location")
		u, err := url.Parse(got)
		if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.Contains(got, `\`) {
			t.Errorf("return=%q leads to %q", target, got)
		}
	}
}

func TestLostSessionUnderHtmxLeadsTheWholePageToSignIn(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Finance)
	b.cookies["__Host-sid"].Value = "gone"
	b = b.htmx()
	b.header.Set("HX-Current-URL", "https://portal.example/payments?status=failed")
	a := b.get("/account/password", http.StatusUnauthorized)
	if got, want := a.header.Get("HX-Redirect"), "/sign-in?reason=expired&return=%2Fpayments%3Fstatus%3Dfailed"; got != want {
		t.Errorf("HX-Redirect = %q, want %q", got, want)
	}
	if a.body != "" {
		t.Errorf("body = %q, want none: a sign-in form must not land in a table", a.body)
	}
}

func TestSignOutEndsTheSessionForGood(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Finance)
	stolen := *b.cookies["__Host-sid"]
	a := b.post("/sign-out", http.StatusSeeOther, url.Values{})
	if got := a.header.Get("Clear-Site-Data"); !strings.Contains(got, `"storage"`) {
		t.Errorf("Clear-Site-Data = %q, want storage in it", got)
	}
	thief := p.visitor(t)
	thief.cookies["__Host-sid"] = &stolen
	thief.get("/account/password", http.StatusSeeOther)
}

func TestSessionTokenChangesAtSignIn(t *testing.T) {
	p := newPortal(t)
	p.user(t, "nasrin", access.Finance)
	b := p.visitor(t)
	b.cookies["__Host-sid"] = &http.Cookie{Name: "__Host-sid", Value: "chosen-by-an-attacker-chosen-by-an-attacker"}
	b.post("/sign-in", http.StatusSeeOther, url.Values{"username": {"nasrin"}, "password": {password}})
	if got := b.cookies["__Host-sid"].Value; got == "chosen-by-an-attacker-chosen-by-an-attacker" {
		t.Error("the token from before the sign-in is still in use")
	}
}

func TestSecondFactorFromEnrolmentToSignIn(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Finance)
	b.get("/account/totp", http.StatusOK, htmlcheck.NotIn("svg.qr"))
	b.post("/account/totp/begin", http.StatusSeeOther, url.Values{})
	page := b.get("/account/totp", http.StatusOK, htmlcheck.In("svg.qr path"))
	secret, _ := htmlcheck.Attr(htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(page.body)), "button[data-copy]")[0], "data-copy")
	code := func(at time.Time) string {
		code, err := totp.GenerateCode(secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	b.post("/account/totp", http.StatusUnprocessableEntity, url.Values{"code": {"000000"}}, htmlcheck.In("#form-errors"))
	b.post("/account/totp", http.StatusOK, url.Values{"code": {code(time.Now())}}, htmlcheck.Count(".codes li", 10))

	again := p.visitor(t)
	a := again.post("/sign-in", http.StatusSeeOther, url.Values{"username": {"nasrin"}, "password": {password}})
	if got, want := a.header.Get("Location"), "/sign-in/code"; got != want {
		t.Fatalf("Location = %q, want %q", got, want)
	}
	again.get("/account/session", http.StatusMethodNotAllowed)
	again.post("/account/session", http.StatusSeeOther, url.Values{})
	again.post("/sign-in/code", http.StatusUnprocessableEntity, url.Values{"code": {code(time.Now())}}) // its step is used
	again.post("/sign-in/code", http.StatusSeeOther, url.Values{"code": {code(time.Now().Add(30 * time.Second))}})
	again.post("/account/session", http.StatusNoContent, url.Values{})
}

// nonceOf reads the response's script nonce from its policy.
func nonceOf(t *testing.T, a answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.header.Get("Content-Security-Policy"), "'nonce-")
	nonce, _, closed := strings.Cut(rest, "'")
	if !ok || !closed {
		t.Fatalf("no nonce in %q", a.header.Get("Content-Security-Policy"))
	}
	return nonce
}
