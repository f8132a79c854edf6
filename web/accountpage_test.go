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
	"payportal/web"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func TestAccountShowsWhoOneIsAndWhatOneMay(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Support)
	b.get("/account", http.StatusOK, htmlcheck.In("dl", htmlcheck.HasText("nasrin")), htmlcheck.In("main", htmlcheck.HasText("Support")),
		htmlcheck.In("main", htmlcheck.HasText("Write labels and notes on terminals")), htmlcheck.In("main", htmlcheck.NoText("Export payments")),
		htmlcheck.In("a[href=/account/totp?return=%2Faccount]"), htmlcheck.NotIn("a[href=/account/recovery-codes]"))
	b.post("/account/name", http.StatusSeeOther, url.Values{"display_name": {"Nasrin R."}})
	b.get("/account", http.StatusOK, htmlcheck.In("#f-display_name", htmlcheck.HasAttr("value", "Nasrin R.")))
	b.post("/account/name", http.StatusUnprocessableEntity, url.Values{"display_name": {""}}, htmlcheck.In("#form-errors a[href=#f-display_name]"))
}

func TestPreferencesOfTheAccountPage(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Support)
	page := htmlcheck.Parse(t, strings.NewReader(b.get("/account", http.StatusOK).body))
	fields := url.Values{"return": {"/account"}, "shortcuts": {"off"}, "lang": {"fa"}, "zone": {"Europe/Warsaw"}, "theme": {"dark"}}
	for _, name := range []string{"lang", "calendar", "digits", "unit", "zone", "theme", "density", "shortcuts"} {
		if len(htmlcheck.All(page, "main select[name="+name+"]")) != 1 {
			t.Errorf("there is no choice of %s", name)
		}
	}
	b.post("/account/preferences", http.StatusSeeOther, fields)
	b.get("/account", http.StatusOK, htmlcheck.In("html[lang=fa]", htmlcheck.HasAttr("dir", "rtl")), htmlcheck.In("[data-shortcuts-off]"),
		htmlcheck.In("main select[name=zone] option[selected]", htmlcheck.HasAttr("value", "Europe/Warsaw")),
		htmlcheck.In("main select[name=calendar] option[selected]", htmlcheck.HasAttr("value", "jalali")),
		htmlcheck.In("main select[name=shortcuts] option[selected]", htmlcheck.HasAttr("value", "off")))
	b.post("/account/preferences", http.StatusSeeOther, url.Values{"return": {"/account"}, "shortcuts": {"on"}})
	b.get("/account", http.StatusOK, htmlcheck.NotIn("[data-shortcuts-off]"), htmlcheck.In("html[lang=fa]"))
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	p := newPortal(t)
	here := p.user(t, "nasrin", access.Support)
	signIn := func() *browser {
		b := p.visitor(t)
		b.header.Set("User-Agent", firefox)
		b.post("/sign-in", http.StatusSeeOther, url.Values{"username": {"nasrin"}, "password": {password}})
		return b
	}
	phone, office := signIn(), signIn()
	a := here.get("/account", http.StatusOK, htmlcheck.Count("#sessions-table tbody tr", 3), htmlcheck.Count("#sessions-table .badge", 1),
		htmlcheck.In("#sessions-table", htmlcheck.HasText("Firefox on Linux")))
	phonePage := phone.get("/account", http.StatusOK)
	own := map[string]bool{}
	for _, action := range actions(t, phonePage) {
		own[action] = true
	}
	ended := ""
	for _, action := range actions(t, a) {
		if !own[action] {
			ended = action // not offered on the phone: it is the phone's own
		}
	}
	stranger := p.user(t, "reza", access.Support)
	stranger.post(ended, http.StatusNotFound, url.Values{})
	phone.get("/account", http.StatusOK)
	here.post(ended, http.StatusSeeOther, url.Values{})
	phone.get("/account", http.StatusSeeOther)
	office.get("/account", http.StatusOK)
	here.post("/account/sessions/end-others", http.StatusSeeOther, url.Values{})
	office.get("/account", http.StatusSeeOther)
	here.get("/account", http.StatusOK, htmlcheck.Count("#sessions-table tbody tr", 1), htmlcheck.NotIn("form[action=/account/sessions/end-others]"))
	stranger.get("/account", http.StatusOK)
}

// actions are where the forms of the table of sessions are posted.
func actions(t *testing.T, a answer) []string {
	t.Helper()
	var list []string
	for _, form := range htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(a.body)), "#sessions-table form") {
		action, _ := htmlcheck.Attr(form, "action")
		list = append(list, action)
	}
	return list
}

func TestSecondFactorOnTheAccountPage(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Support)
	enrol(t, b)
	b.get("/account", http.StatusOK, htmlcheck.In("a[href=/account/recovery-codes]"), htmlcheck.In("a[href=/account/totp/remove]"), htmlcheck.In("main", htmlcheck.HasText("10 left")))
	b.get("/account/recovery-codes", http.StatusOK, htmlcheck.In("main form[action=/account/recovery-codes]"))
	b.post("/account/recovery-codes", http.StatusOK, url.Values{}, htmlcheck.In(".codes"))
	b.get("/account/totp/remove", http.StatusOK, htmlcheck.In("main form[action=/account/totp/remove]"))
	b.post("/account/totp/remove", http.StatusSeeOther, url.Values{})
	b.get("/account", http.StatusOK, htmlcheck.NotIn("a[href=/account/totp/remove]"), htmlcheck.In("main", htmlcheck.HasText("Not set up")))
}

func TestBrowserNames(t *testing.T) {
	p := newPortal(t)
	for agent, want := range map[string]string{
		firefox: "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0":            "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36":                         "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1": "Safari on iPhone",
		"curl/8.0": "curl/8.0", "": "Unknown",
	} {
		if got := web.BrowserName(p.printer(t, "en"), agent); got != want {
			t.Errorf("browserName(%q) = %q, want %q", agent, got, want)
		}
	}
}

// enrol sets up a second factor for whoever is signed in.
func enrol(t *testing.T, b *browser) {
	t.Helper()
	b.post("/account/totp/begin", http.StatusSeeOther, url.Values{})
	page := htmlcheck.Parse(t, strings.NewReader(b.get("/account/totp", http.StatusOK).body))
	secret, _ := htmlcheck.Attr(htmlcheck.All(page, "button[data-copy]")[0], "data-copy")
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.post("/account/totp", http.StatusOK, url.Values{"code": {code}})
}
