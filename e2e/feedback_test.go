package e2e

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestCopyButtons copies by keyboard: what lands on the clipboard has no spaces and Latin digits, and it is announced.
func TestCopyButtons(t *testing.T) {
	v := visit(t, demo(t), playwright.BrowserNewContextOptions{Permissions: []string{"clipboard-write"}})
	v.signIn("finance", nil)
	v.readThrough()
	v.prefer(persian)
	v.open("/payments")
	v.click(v.find("#payments-table tbody tr:first-child th a"))
	button := v.find("main .ident [data-copy]").First()
	want, err := button.GetAttribute("data-copy")
	v.ok(err)
	v.ok(button.Focus())
	v.press("Enter")
	v.say(v.find("#live[role=status]"), "رونوشت برداشته شد")
	v.ok(expect.Locator(button).ToBeFocused())
	// Pages may not read the clipboard, so what is on it is pasted.
	v.open("/payments/views")
	v.ok(v.find("#f-name").Focus())
	v.press("Control+v")
	v.ok(expect.Locator(v.find("#f-name")).ToHaveValue(want))
	if !regexp.MustCompile(`^[0-9A-Z]{26}$`).MatchString(want) {
		t.Errorf("the button copies %q, want an id", want)
	}
}

// gate holds requests back until it is opened.
type gate struct {
	open chan struct{}
	once sync.Once
}

// hold makes a gate for the requests that match a pattern.
func (v *visitor) hold(pattern string) *gate {
	v.t.Helper()
	g := &gate{open: make(chan struct{})}
	v.ok(v.Route(pattern, func(r playwright.Route) {
		go func() {
			<-g.open
			_ = r.Continue() // the page may have given the request up
		}()
	}))
	v.t.Cleanup(g.release)
	return g
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

// TestProgress shows what a slow answer looks like: a bar and a busy table soon, an offer to cancel after ten seconds, and
// nothing of it left behind.
func TestProgress(t *testing.T) {
	v := visit(t, demo(t))
	v.ok(v.Clock().Install())
	v.signIn("finance", nil)
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	slow := v.hold("**/payments?*status=failed*")
	v.choose("status", "failed")
	v.see(v.find(".bar-top[role=progressbar]"))
	v.ok(expect.Locator(v.find("#payments")).ToHaveAttribute("aria-busy", "true"))
	v.none(v.find(".note.slow"))
	v.ok(v.Clock().FastForward(11_000))
	v.say(v.find(".note.slow[role=status]"), "Still working")
	slow.release()
	v.see(v.find("#payments .chip"))
	v.none(v.find(".bar-top"))
	v.none(v.find(".note.slow"))
	v.none(v.find("#payments[aria-busy]"))
	v.focused()

	v.provoke(`aborted|Abort`)
	v.hold("**/payments?*psp=*")
	v.choose("psp", "SEP")
	v.see(v.find(".bar-top"))
	v.ok(v.Clock().FastForward(11_000))
	v.click(v.find(".note.slow button"))
	v.none(v.find(".bar-top"))
	v.none(v.find("#payments[aria-busy]"))
	v.see(v.find("#payments-table"))
}

// TestPartThatFails answers a filter with an error and then with nothing: the list stays, what happened is said beside it
// with the request id, and a click asks again.
func TestPartThatFails(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	before := v.firstID()
	v.provokeStatus(500)
	v.provoke(`Failed to (load resource|fetch)`)
	const filtered = "**/payments?*status=failed*"
	v.ok(v.Route(filtered, func(r playwright.Route) {
		_ = r.Fulfill(playwright.RouteFulfillOptions{
			Status: playwright.Int(500), ContentType: playwright.String("text/html"), Headers: map[string]string{"X-Request-Id": "abcdefgh12345678"},
			Body: `<div><p data-problem>The portal could not do this.</p></div>`,
		})
	}))
	v.choose("status", "failed")
	failure := v.find("[data-failure][role=alert]")
	v.say(failure, "The portal could not do this.")
	v.say(failure, "abcdefgh12345678")
	v.ok(expect.Locator(failure.Locator("[data-copy]")).ToHaveAttribute("data-copy", "abcdefgh12345678"))
	if got := v.firstID(); got != before {
		t.Errorf("the list shows %s, want what it showed before: %s", got, before)
	}
	v.ok(v.Unroute(filtered))
	v.ok(v.Route(filtered, func(r playwright.Route) { _ = r.Abort() }))
	v.click(within(failure, "button", "Try again"))
	v.say(failure, "The portal cannot be reached.")
	v.ok(v.Unroute(filtered))
	v.swap(func() { v.click(within(failure, "button", "Try again")) })
	v.none(failure)
	v.see(v.find("#payments .chip"))
	if v.parameter("status") != "failed" {
		t.Errorf("after the retry the address is %s", v.path())
	}
}

// TestToasts shows that the message of success stays for six seconds at least, waits while the pointer is on it, and stands
// on the page as well.
func TestToasts(t *testing.T) {
	v := visit(t, demo(t))
	v.ok(v.Clock().Install())
	v.signIn("support", nil)
	uuid := v.portal.providerTerminals(t)[5]["uuid"].(string)
	v.open("/terminals/" + uuid)
	v.typeInto("label", "Window 5")
	v.submit("Save label and notes")
	toast := v.find("#toasts [role=status]")
	v.say(toast, "Label and notes were saved.")
	v.say(v.find("main .alert[data-tone=success]"), "Label and notes were saved.")
	v.ok(v.Clock().RunFor(6000))
	v.see(toast)
	v.ok(toast.Hover())
	v.ok(v.Clock().RunFor(20_000))
	v.see(toast)
	v.ok(v.find("main h1").Hover())
	v.ok(v.Clock().RunFor(9000))
	v.none(toast)
	v.see(v.find("main .alert[data-tone=success]"))

	v.open("/terminals/" + uuid)
	v.typeInto("label", "Window 6")
	v.submit("Save label and notes")
	v.see(toast)
	v.click(within(toast, "button", "Close"))
	v.none(toast)
}

// TestChangesAreAnnounced listens to what a person hears who does not see the page: the count after each change of the list.
func TestChangesAreAnnounced(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	live := v.find("#live[role=status]")
	v.filter("status", "failed")
	v.say(live, "payments")
	v.search("0000000000000000000000")
	v.say(live, "0 payments")
	v.open("/terminals")
	v.swap(func() { v.typeInto("q", "no such terminal") })
	v.say(live, "0 terminals")
	v.see(v.find("#terminals .empty-state"))
}

// TestTitlesFollow expects each page to have a title of its own and its place in the navigation to be marked.
func TestTitlesFollow(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	titles := map[string]string{}
	for _, path := range []string{"/", "/payments", "/terminals", "/psps", "/psp-accounts", "/reports"} {
		v.open("/")
		v.click(v.find("nav.side a[href='" + path + "'][data-key]"))
		v.at(path)
		title, err := v.Title()
		v.ok(err)
		if other, taken := titles[title]; taken {
			t.Errorf("%s and %s have the same title %q", path, other, title)
		}
		titles[title] = path
		current := v.find("nav.side [aria-current=page]")
		v.ok(expect.Locator(current).ToHaveCount(1))
		v.ok(expect.Locator(current).ToHaveAttribute("href", path))
	}
}

// TestThemeAtFirstPaint shows that a theme of one's own is in the page as it arrives, before any script, and that without
// one the page follows the system.
func TestThemeAtFirstPaint(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal, playwright.BrowserNewContextOptions{ColorScheme: playwright.ColorSchemeLight})
	v.signIn("finance", map[string]string{"theme": "dark"})
	text, err := v.get("/payments", nil).Text()
	v.ok(err)
	if !strings.Contains(text[:300], `data-bs-theme="dark"`) {
		t.Errorf("the page begins without the chosen theme: %.300s", text)
	}
	background := func() string {
		return v.eval(`() => getComputedStyle(document.body).backgroundColor`).(string)
	}
	v.open("/payments")
	dark := background()
	v.prefer(nil)
	v.open("/payments")
	light := background()
	if dark == light {
		t.Errorf("dark and light have the same background %s", dark)
	}
	v.ok(v.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeDark, ReducedMotion: playwright.ReducedMotionReduce}))
	if got := background(); got != dark {
		t.Errorf("with a dark system the background is %s, want %s", got, dark)
	}
	v.prefer(map[string]string{"theme": "light"})
	v.open("/payments")
	if got := background(); got != light {
		t.Errorf("with the light theme on a dark system the background is %s, want %s", got, light)
	}
}

// TestPaper looks at a list as paper would: no navigation, no buttons, and the heads of the table on every sheet.
func TestPaper(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	v.ok(v.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaPrint}))
	for _, gone := range []string{"nav.side", "header.head .top", "form.filters", ".pager nav", "main .actions .btn >> nth=0", ".skip"} {
		v.ok(expect.Locator(v.find(gone)).ToBeHidden())
	}
	v.see(v.find("#payments-table tbody tr").First())
	if got := v.eval(`() => getComputedStyle(document.querySelector("#payments-table thead")).display`); got != "table-header-group" {
		t.Errorf("the heads are displayed as %v, want table-header-group", got)
	}
	if got := v.eval(`() => getComputedStyle(document.querySelector("#payments-table")).overflowX`); got != "visible" {
		t.Errorf("the table's region is cut: overflow %v", got)
	}
	if got := v.eval(`() => getComputedStyle(document.querySelector("#payments-table thead th")).position`); got != "static" {
		t.Errorf("the heads are %v on paper", got)
	}
}

// TestHistoryGetsWholePages shows that Back after leaving the portal's script behind gets a page and never a bare fragment.
func TestHistoryGetsWholePages(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	v.filter("status", "failed")
	v.open("/terminals")
	_, err := v.GoBack()
	v.ok(err)
	v.at("/payments?status=failed")
	v.see(v.find("nav.side"))
	v.see(v.find("#payments-table"))
	v.ok(expect.Locator(v.find("main [name=status]")).ToHaveValue("failed"))
	_, err = v.Reload()
	v.ok(err)
	v.see(v.find("nav.side"))

	for headers, whole := range map[[2]string]bool{
		{"", ""}: true, {"HX-Request", "true"}: true, {"HX-Request-Type", "full"}: true, {"HX-Request-Type", "partial"}: false,
	} {
		sent := map[string]string{}
		if headers[0] != "" {
			sent[headers[0]] = headers[1]
		}
		answer := v.get("/payments?status=failed", sent)
		text, err := answer.Text()
		v.ok(err)
		if got := strings.Contains(text, "<html"); got != whole {
			t.Errorf("with %v the answer is a whole page: %v, want %v", headers, got, whole)
		}
		got := answer.Headers()
		if got["cache-control"] != "no-store" || !strings.Contains(got["vary"], "HX-Request") || !strings.Contains(got["vary"], "HX-Request-Type") {
			t.Errorf("with %v: Cache-Control %q, Vary %q", headers, got["cache-control"], got["vary"])
		}
	}
}

// TestAttributesThatNeedEval looks for what the content security policy would break or, worse, let through.
func TestAttributesThatNeedEval(t *testing.T) {
	portal := furnishedDemo(t)
	v := visit(t, portal)
	v.signIn("admin", nil)
	banned := regexp.MustCompile(`hx-on|hx-boost|hx-vals="js:|hx-trigger="[^"]*\[|="javascript:| on[a-z]+="| style="`)
	for _, page := range pages(t, portal) {
		if page.user != "admin" || page.status != 0 {
			continue
		}
		text, err := v.get(page.path, nil).Text()
		v.ok(err)
		if found := banned.FindString(text); found != "" {
			t.Errorf("%s has %q", page.path, found)
		}
	}
}

// TestAmountsWhileTyping groups what is typed into an amount, whatever the digits, and sends plain Latin ones.
func TestAmountsWhileTyping(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.open("/payments")
	v.click(v.find("details.more > summary"))
	min := v.find("#f-min")
	v.ok(min.Focus())
	v.ok(min.PressSequentially("۱۵۰۰۰۰۰"))
	v.ok(expect.Locator(min).ToHaveValue("1,500,000"))
	v.swap(func() { v.press("Tab") })
	if got := v.parameter("min"); got != "1500000" {
		t.Errorf("the address has min=%q, want 1500000", got)
	}
	v.say(v.find("#payments .chip"), "1,500,000")
}

// TestLastRequestWins types faster than the portal answers: the list shows what was asked for last.
func TestLastRequestWins(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	v.provoke(`aborted|Abort`)
	slow := v.hold("**/payments?status=failed")
	v.choose("status", "failed")
	v.swap(func() { v.choose("status", "successful") })
	slow.release()
	if v.parameter("status") != "successful" {
		t.Errorf("the address is %s, want the last filter", v.path())
	}
	for _, status := range v.column("Status") {
		if status != "Successful" {
			t.Errorf("the list shows a payment that is %s", status)
		}
	}
}
