package e2e

import (
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
	"github.com/pquerna/otp/totp"
)

// masterKey seals the secrets of portals that a test serves.
const masterKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// serve runs the portal as in real use, on an empty database, and gives the link that makes the first administrator.
func serve(t *testing.T, env ...string) (p *process, db, link string) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	address = "localhost" + address[strings.LastIndexByte(address, ':'):]
	db = filepath.Join(t.TempDir(), "portal.db")
	env = append(env, "PORTAL_MASTER_KEY="+masterKey)
	p, err = startProcess(env, func(_ *process, line string) bool {
		found := logged(line, "nobody can sign in yet: open this link within 24 hours to make the first administrator", "link")
		if found != "" {
			link = found
		}
		return found != ""
	}, "serve", "--db", db, "--listen", address, "--listen-checkout", "127.0.0.1:0", "--listen-hooks", "127.0.0.1:0", "--listen-metrics", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	p.url = "http://" + address
	return p, db, link
}

// addUser adds a user by the command line and gives the one-time password.
func addUser(t *testing.T, db, name, role string) string {
	t.Helper()
	cmd := exec.Command(binary, "user", "add", "--db", db, "--role", role, name)
	cmd.Env = append(cmd.Environ(), "PORTAL_MASTER_KEY="+masterKey)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("user add: %v\n%s", err, out)
	}
	_, password, ok := strings.Cut(string(out), "one-time password: ")
	if !ok {
		t.Fatalf("user add printed no password:\n%s", out)
	}
	return strings.TrimSpace(password)
}

// signOut signs out by the user menu.
func (v *visitor) signOut(label string) {
	v.t.Helper()
	v.click(v.find("button[popovertarget=user-menu]"))
	v.see(v.find("#user-menu"))
	v.click(v.role("button", label))
	v.ok(v.WaitForURL(regexp.MustCompile(`/sign-in\?reason=signed_out$`)))
}

// fillSignIn sends the sign-in form.
func (v *visitor) fillSignIn(user, password string) {
	v.t.Helper()
	v.typeInto("username", user)
	v.typeInto("password", password)
	v.submit("Sign in")
}

// TestSetUpAndSignInWithCode is the first day of a portal: the link from the log, the first administrator, the second
// factor that the role demands, and signing in with it.
func TestSetUpAndSignInWithCode(t *testing.T) {
	portal, _, link := serve(t)
	v := visit(t, portal)
	v.provokeStatus(422)

	v.open(strings.TrimPrefix(link, portal.url))
	v.typeInto("username", "mina")
	v.typeInto("new_password", "three old bridges")
	v.typeInto("repeat_password", "three new bridges")
	v.submit("Create administrator")
	v.see(v.find("#form-errors a[href='#f-repeat_password']"))
	v.titleBegins("Error:")
	v.typeInto("new_password", "three old bridges")
	v.typeInto("repeat_password", "three old bridges")
	v.submit("Create administrator")
	v.at("/sign-in")

	v.fillSignIn("mina", "three old bridges")
	v.ok(v.WaitForURL(regexp.MustCompile(`/account/totp`)))
	v.see(v.role("heading", "Set up two-step sign-in"))
	v.submit("Set it up")
	v.see(v.role("img", "QR code for the authenticator app"))
	secret := v.attribute("main [data-copy]", "data-copy")
	now := time.Now()
	v.typeInto("code", codeAt(t, secret, now.Add(-time.Hour)))
	v.submit("Turn on")
	v.see(v.find("#form-errors a[href='#f-code']"))
	v.typeInto("code", codeAt(t, secret, now))
	v.submit("Turn on")
	v.see(v.role("heading", "Your recovery codes"))
	recovery := v.texts("main .codes li")
	if len(recovery) < 8 {
		t.Fatalf("there are %d recovery codes, want 8 at least", len(recovery))
	}
	v.click(v.role("link", "I have kept them"))
	v.at("/")

	v.signOut("Sign out")
	v.see(v.GetByText("You have signed out."))
	v.fillSignIn("mina", "three old bridges")
	v.see(v.role("heading", "Enter your code"))
	v.open("/admin/users")
	v.see(v.role("heading", "Enter your code")) // a password alone opens nothing
	v.typeInto("code", codeAt(t, secret, now))
	v.submit("Continue")
	v.see(v.find("#form-errors")) // the code that was used before
	v.typeInto("code", codeAt(t, secret, now.Add(30*time.Second)))
	v.submit("Continue")
	v.at("/admin/users")
	v.see(v.role("heading", "Users"))

	v.signOut("Sign out")
	v.fillSignIn("mina", "three old bridges")
	v.typeInto("code", recovery[0])
	v.submit("Continue")
	v.at("/")
	other := visit(t, portal)
	other.open(strings.TrimPrefix(link, portal.url))
	other.provokeStatus(404, 422)
	other.typeInto("username", "intruder")
	other.typeInto("new_password", "three old bridges")
	other.typeInto("repeat_password", "three old bridges")
	other.submit("Create administrator")
	other.see(other.GetByText("This set-up link is wrong, used or more than a day old."))
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// titleBegins expects the page's title to begin with a text.
func (v *visitor) titleBegins(text string) {
	v.t.Helper()
	v.ok(expect.Page(v.Page).ToHaveTitle(regexp.MustCompile("^" + regexp.QuoteMeta(text))))
}

// TestGivenPasswordMustBeChanged shows that a password that somebody else knows opens nothing but its own change.
func TestGivenPasswordMustBeChanged(t *testing.T) {
	portal, db, _ := serve(t)
	given := addUser(t, db, "farhad", "finance")
	v := visit(t, portal)
	v.provokeStatus(422)

	v.open("/payments?status=failed")
	v.ok(v.WaitForURL(regexp.MustCompile(`/sign-in\?return=`)))
	v.fillSignIn("farhad", given)
	v.see(v.role("heading", "Choose a new password"))
	v.open("/payments")
	v.see(v.role("heading", "Choose a new password"))

	change := func(next, repeat string) {
		v.typeInto("new_password", next)
		v.typeInto("repeat_password", repeat)
		v.submit("Change password")
	}
	change("short", "short")
	v.see(v.find("#form-errors a[href='#f-new_password']"))
	if got := v.focus(); got != "form-errors" {
		t.Errorf("the focus is on %q, want the summary of errors", got)
	}
	v.click(v.find("#form-errors a[href='#f-new_password']"))
	if got := v.focus(); got != "f-new_password" {
		t.Errorf("a link of the summary leads to %q, want its field", got)
	}
	if got := v.attribute("#f-new_password", "aria-invalid"); got != "true" {
		t.Errorf("aria-invalid of the wrong field is %q", got)
	}
	change("four quiet rivers", "four quiet rivers")
	v.ok(v.WaitForURL(regexp.MustCompile(`/payments$`)))
	v.see(v.GetByText("No provider is connected yet"))

	again := visit(t, portal)
	again.provokeStatus(422)
	again.open("/sign-in")
	again.fillSignIn("farhad", given)
	again.say(again.find("#form-errors"), "do not match")
	again.fillSignIn("farhad", "four quiet rivers")
	again.at("/")
}

// TestSessionEnds shows what happens when nothing happens: a warning, a way to stay, the sign-in page with the reason, and
// the way back.
func TestSessionEnds(t *testing.T) {
	v := visit(t, demo(t))
	v.ok(v.Clock().Install())
	v.signIn("finance", nil)
	v.open("/payments?status=failed")
	warning := v.role("alertdialog", "Are you still there?")
	v.none(warning)
	v.ok(v.Clock().FastForward("13:05"))
	v.see(warning)
	v.say(warning, "1:5")
	if got := v.focus(); !strings.Contains(got, "Stay signed in") {
		t.Errorf("the focus is on %q, want the button that stays", got)
	}
	kept := v.awaitPost("/account/session", func() { v.submit("Stay signed in") })
	if kept != 204 {
		t.Errorf("staying signed in was answered with %d, want 204", kept)
	}
	v.none(warning)
	v.ok(v.Clock().FastForward("13:05"))
	v.see(warning)
	v.endSession()
	v.ok(v.Clock().FastForward("02:00"))
	v.ok(v.WaitForURL(regexp.MustCompile(`/sign-in\?`)))
	v.see(v.GetByText("You were signed out because nothing happened for a while."))
	v.fillSignIn("finance", demoPassword)
	v.at("/payments?status=failed")
}

// TestLostSessionUnderHtmx shows that a click on a page whose session is gone leads to the sign-in page, not into the table.
func TestLostSessionUnderHtmx(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.open("/payments?type=pos")
	v.see(v.find("#payments-totals strong")) // the last request of the page itself
	v.endSession()
	v.provokeStatus(401)
	v.choose("status", "failed")
	v.ok(v.WaitForURL(regexp.MustCompile(`/sign-in\?`)))
	v.see(v.GetByText("You were signed out because nothing happened for a while."))
	v.none(v.find("#payments"))
	v.fillSignIn("finance", demoPassword)
	v.at("/payments?type=pos")
	v.see(v.find("#payments-table"))
}

// TestSignOutReachesAllTabs signs out in one tab and looks at another.
func TestSignOutReachesAllTabs(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.open("/")
	other, err := v.context.NewPage()
	v.ok(err)
	_, err = other.Goto("/terminals")
	v.ok(err)
	v.signOut("Sign out")
	v.ok(other.WaitForURL(regexp.MustCompile(`/sign-in\?reason=signed_out`)))
	v.ok(expect.Locator(other.GetByText("You have signed out.")).ToBeVisible())
	_, err = other.Goto("/terminals")
	v.ok(err)
	if !strings.Contains(other.URL(), "/sign-in") {
		t.Errorf("after signing out in another tab, /terminals leads to %s, want the sign-in page", other.URL())
	}
}

// endSession ends the session on the server while the browser still believes in it.
func (v *visitor) endSession() {
	v.t.Helper()
	cookies, err := v.context.Cookies(v.portal.url)
	v.ok(err)
	elsewhere, err := chromium.NewContext()
	v.ok(err)
	defer elsewhere.Close()
	copies := make([]playwright.OptionalCookie, len(cookies))
	for i, c := range cookies {
		copies[i] = c.ToOptionalCookie()
	}
	v.ok(elsewhere.AddCookies(copies))
	answer, err := elsewhere.Request().Post(v.portal.url+"/sign-out", playwright.APIRequestContextPostOptions{
		Headers: map[string]string{"Origin": v.portal.url, "Sec-Fetch-Site": "same-origin"}, MaxRedirects: playwright.Int(0),
	})
	v.ok(err)
	if answer.Status() != 303 {
		v.t.Fatalf("sign-out: status %d", answer.Status())
	}
}

// awaitPost does something that posts to a path, and gives the status of the answer.
func (v *visitor) awaitPost(path string, act func()) int {
	v.t.Helper()
	answer, err := v.ExpectResponse(func(address string) bool {
		u, err := url.Parse(address)
		return err == nil && u.Path == path
	}, func() error {
		act()
		return nil
	})
	if err != nil {
		v.t.Fatal(fmt.Errorf("wait for the answer of %s: %w", path, err))
	}
	return answer.Status()
}
