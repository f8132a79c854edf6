package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// demoPassword opens every account of a demo.
const demoPassword = "look around freely"

// patience is how long a test waits for something to happen. A busy machine takes its time.
const patience = 15 * time.Second

// expect asks a page again and again until it is as wanted, or patience ends.
var expect = playwright.NewPlaywrightAssertions(float64(patience.Milliseconds()))

// visitor is somebody at a browser of their own: a context with one page. Whatever the browser complains about fails the
// test at its end.
type visitor struct {
	playwright.Page
	t       *testing.T
	portal  *process
	context playwright.BrowserContext

	mu         sync.Mutex
	complaints []string
	expected   []*regexp.Regexp
}

// watcher counts the swaps that somebody asked for, and makes violations of the content security policy complaints.
const watcher = `(() => {
  const seen = window.seen = {swaps: 0, waiting: []};
  document.addEventListener("htmx:after:swap", ({detail: {ctx}}) => {
    if (["load", "every"].includes(ctx.sourceEvent?.type)) return;
    seen.swaps++;
    seen.waiting.splice(0).forEach(go => go());
  });
  document.addEventListener("securitypolicyviolation", e => console.error("policy: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
})()`

// visit opens a browser context at a portal.
func visit(t *testing.T, portal *process, options ...playwright.BrowserNewContextOptions) *visitor {
	t.Helper()
	o := playwright.BrowserNewContextOptions{}
	if len(options) > 0 {
		o = options[0]
	}
	o.BaseURL = &portal.url
	if o.Locale == nil {
		o.Locale = playwright.String("en-GB")
	}
	if o.Viewport == nil {
		o.Viewport = &playwright.Size{Width: 1280, Height: 900}
	}
	context, err := chromium.NewContext(o)
	if err != nil {
		t.Fatal(err)
	}
	context.SetDefaultTimeout(float64(patience.Milliseconds()))
	context.SetDefaultNavigationTimeout(float64(patience.Milliseconds()))
	v := &visitor{t: t, portal: portal, context: context}
	v.ok(context.AddInitScript(playwright.Script{Content: playwright.String(watcher)}))
	context.OnConsole(func(m playwright.ConsoleMessage) {
		if m.Type() == "error" {
			v.complain("console: " + m.Text() + " at " + m.Location().URL)
		}
	})
	context.OnWebError(func(e playwright.WebError) { v.complain("script: " + e.Error().Error()) })
	v.Page, err = context.NewPage()
	v.ok(err)
	t.Cleanup(v.leave)
	return v
}

// leave closes the browser context and reports what it complained about.
func (v *visitor) leave() {
	if v.t.Failed() {
		v.t.Logf("the page was %s", v.URL())
		if text, err := v.Locator("body").InnerText(); err == nil {
			v.t.Logf("it said:\n%.1200s", text)
		}
	}
	_ = v.context.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, complaint := range v.complaints {
		v.t.Errorf("the browser complained: %s", complaint)
	}
}

func (v *visitor) complain(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range v.expected {
		if e.MatchString(text) {
			return
		}
	}
	v.complaints = append(v.complaints, text)
}

// provoke says that the test makes the browser complain in this way: a refused request is an error in its console.
func (v *visitor) provoke(pattern string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expected = append(v.expected, regexp.MustCompile(pattern))
}

// provokeStatus says that the test makes the portal refuse requests with a status.
func (v *visitor) provokeStatus(statuses ...int) {
	for _, status := range statuses {
		v.provoke(fmt.Sprintf("status of %d ", status))
	}
}

// run runs a part of the test under a name of its own, with the same browser.
func (v *visitor) run(name string, part func(t *testing.T)) {
	whole := v.t
	whole.Run(name, func(t *testing.T) {
		v.t = t
		defer func() { v.t = whole }()
		part(t)
	})
}

func (v *visitor) ok(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// preferences are what the user menu keeps; a test begins with these, whatever the one before has left.
func preferences(changes map[string]string) map[string]any {
	p := map[string]any{
		"lang": "en", "calendar": "gregorian", "digits": "latin", "unit": "rial", "zone": "Asia/Tehran", "theme": "auto",
		"density": "comfortable", "return": "/",
	}
	for name, value := range changes {
		p[name] = value
	}
	return p
}

// persian are the preferences of somebody who works in Persian.
var persian = map[string]string{"lang": "fa", "calendar": "jalali", "digits": "persian"}

// signIn starts a session of a demo user with known preferences, without the forms: TestSignIn goes through those.
func (v *visitor) signIn(user string, changes map[string]string) {
	v.t.Helper()
	v.signInAs(user, demoPassword)
	v.prefer(changes)
}

func (v *visitor) signInAs(user, password string) {
	v.t.Helper()
	if status := v.post("/sign-in", map[string]any{"username": user, "password": password}); status != 303 {
		v.t.Fatalf("sign-in of %s: status %d", user, status)
	}
}

// prefer sets the preferences: the usual ones with changes.
func (v *visitor) prefer(changes map[string]string) {
	v.t.Helper()
	if status := v.post("/account/preferences", preferences(changes)); status != 303 {
		v.t.Fatalf("preferences %v: status %d", changes, status)
	}
}

// post sends a form as a page of the portal would, outside of any page, and gives the status.
func (v *visitor) post(path string, form map[string]any) int {
	v.t.Helper()
	answer, err := v.context.Request().Post(v.portal.url+path, playwright.APIRequestContextPostOptions{
		Form: form, Headers: map[string]string{"Origin": v.portal.url, "Sec-Fetch-Site": "same-origin"}, MaxRedirects: playwright.Int(0),
	})
	v.ok(err)
	defer answer.Dispose()
	return answer.Status()
}

// get asks for an address with the visitor's cookies, outside of any page.
func (v *visitor) get(path string, headers map[string]string) playwright.APIResponse {
	v.t.Helper()
	answer, err := v.context.Request().Get(v.portal.url+path, playwright.APIRequestContextGetOptions{
		Headers: headers, MaxRedirects: playwright.Int(0),
	})
	v.ok(err)
	v.t.Cleanup(func() { _ = answer.Dispose() })
	return answer
}

// open goes to a path and expects a status: 200 when none is given.
func (v *visitor) open(path string, status ...int) {
	v.t.Helper()
	want := 200
	if len(status) > 0 {
		want = status[0]
		v.provokeStatus(want)
	}
	answer, err := v.Goto(path)
	v.ok(err)
	if answer != nil && answer.Status() != want {
		v.t.Fatalf("%s: status %d, want %d", path, answer.Status(), want)
	}
}

// role finds what has a role and a name.
func (v *visitor) role(role, name string) playwright.Locator {
	return v.GetByRole(playwright.AriaRole(role), playwright.PageGetByRoleOptions{Name: name, Exact: playwright.Bool(true)})
}

// region finds what has a role and a name inside of something.
func within(place playwright.Locator, role, name string) playwright.Locator {
	return place.GetByRole(playwright.AriaRole(role), playwright.LocatorGetByRoleOptions{Name: name, Exact: playwright.Bool(true)})
}

// find finds by a CSS selector.
func (v *visitor) find(selector string) playwright.Locator { return v.Locator(selector) }

// see expects something to be visible.
func (v *visitor) see(what playwright.Locator) {
	v.t.Helper()
	v.ok(expect.Locator(what).ToBeVisible())
}

// say expects something to hold a text.
func (v *visitor) say(what playwright.Locator, text string) {
	v.t.Helper()
	v.ok(expect.Locator(what).ToContainText(text))
}

// none expects that there is nothing of the kind.
func (v *visitor) none(what playwright.Locator) {
	v.t.Helper()
	v.ok(expect.Locator(what).ToHaveCount(0))
}

// click clicks when it can be clicked.
func (v *visitor) click(what playwright.Locator) {
	v.t.Helper()
	v.ok(what.Click())
}

// typeInto replaces what stands in a field, by its name.
func (v *visitor) typeInto(name, text string) {
	v.t.Helper()
	v.ok(v.find("main [name='" + name + "']:not([type=hidden])").Fill(text))
}

// choose picks an option of a select, by its value, with the focus on it as a person would.
func (v *visitor) choose(name, value string) {
	v.t.Helper()
	field := v.find("main select[name='" + name + "']")
	v.ok(field.Focus())
	_, err := field.SelectOption(playwright.SelectOptionValues{Values: &[]string{value}})
	v.ok(err)
}

// submit presses the button that has this text.
func (v *visitor) submit(label string) {
	v.t.Helper()
	v.click(v.role("button", label))
}

// at expects to be at a path with its query.
func (v *visitor) at(path string) {
	v.t.Helper()
	v.ok(expect.Page(v.Page).ToHaveURL(regexp.MustCompile("^" + regexp.QuoteMeta(v.portal.url+path) + "$")))
}

// path is where the page is.
func (v *visitor) path() string {
	return strings.TrimPrefix(v.URL(), v.portal.url)
}

// parameter is a parameter of the page's address.
func (v *visitor) parameter(name string) string {
	u, err := url.Parse(v.URL())
	v.ok(err)
	return u.Query().Get(name)
}

// texts are the texts of all that a selector finds, without the space around them.
func (v *visitor) texts(selector string) []string {
	v.t.Helper()
	return readTexts(v.t, v.find(selector))
}

func readTexts(t *testing.T, what playwright.Locator) []string {
	t.Helper()
	texts, err := what.AllInnerTexts()
	if err != nil {
		t.Fatal(err)
	}
	for i := range texts {
		texts[i] = strings.TrimSpace(texts[i])
	}
	return texts
}

// text is the text of the one thing that a selector finds.
func (v *visitor) text(selector string) string {
	v.t.Helper()
	text, err := v.find(selector).InnerText()
	v.ok(err)
	return strings.TrimSpace(text)
}

// count is how many a selector finds.
func (v *visitor) count(selector string) int {
	v.t.Helper()
	n, err := v.find(selector).Count()
	v.ok(err)
	return n
}

// attribute is an attribute of the one thing that a selector finds.
func (v *visitor) attribute(selector, name string) string {
	v.t.Helper()
	value, err := v.find(selector).GetAttribute(name)
	v.ok(err)
	return value
}

// eval runs a function in the page.
func (v *visitor) eval(function string, arg ...any) any {
	v.t.Helper()
	value, err := v.Evaluate(function, arg...)
	v.ok(err)
	return value
}

// press presses keys one after the other.
func (v *visitor) press(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.ok(v.Keyboard().Press(key))
	}
}

// swap does something that replaces a part of the page, waits until it has been replaced, and expects the focus to be on
// something then: no act leaves it on nothing.
func (v *visitor) swap(act func()) {
	v.t.Helper()
	before := v.eval(`() => seen.swaps`)
	act()
	v.eval(`before => new Promise((done, late) => {
	  if (seen.swaps > before) return done();
	  seen.waiting.push(done);
	  setTimeout(() => late(new Error("nothing was swapped")), 15000);
	})`, before)
	v.focused()
}

// focused expects the focus to be on something.
func (v *visitor) focused() {
	v.t.Helper()
	if v.eval(`() => document.activeElement === document.body || !document.activeElement`).(bool) {
		v.t.Errorf("the focus is on nothing at %s", v.path())
	}
}

// focus names what has the focus: its id, else its tag and its text.
func (v *visitor) focus() string {
	v.t.Helper()
	return v.eval(`() => { const e = document.activeElement; return e.id || e.tagName + " " + e.textContent.trim().slice(0, 60) }`).(string)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(4 * patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("it took too long until %s", what)
		}
		<-tick.C
	}
}

// row is a row of a table by what its head says.
func (v *visitor) row(table, head string) playwright.Locator {
	return v.find("#" + table + " tbody tr").Filter(playwright.LocatorFilterOptions{
		Has: v.find("th").Filter(playwright.LocatorFilterOptions{HasText: head}),
	})
}
