package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestWithoutJavaScript does a day's work in a browser that runs no scripts: sign in, list, filter, page, detail, create,
// import, export, preferences, sign out.
func TestWithoutJavaScript(t *testing.T) {
	portal := ownDemo(t, "--payments", "1500")
	scripted := visit(t, portal)
	scripted.signIn("operations", nil)
	scripted.readThrough()
	v := visit(t, portal, playwright.BrowserNewContextOptions{JavaScriptEnabled: playwright.Bool(false)})
	v.provokeStatus(422)

	v.open("/payments")
	v.fillSignIn("operations", "wrong")
	v.see(v.find("#form-errors"))
	v.fillSignIn("operations", demoPassword)
	v.at("/payments")
	v.none(v.role("button", "Find or go to"))

	v.choose("status", "successful")
	v.typeInto("q", "")
	v.submit("Apply")
	if v.parameter("status") != "successful" {
		t.Errorf("the filter leads to %s", v.path())
	}
	v.see(v.find("#payments .chip"))
	v.ok(expect.Locator(v.find("main [name=status]")).ToHaveValue("successful"))
	v.click(v.role("link", "Show count and totals"))
	v.see(v.find("#payments-totals strong"))
	v.click(v.role("link", "Back to list"))
	v.click(v.find("#payments-table-sort-amount"))
	v.ok(expect.Locator(v.find("th[aria-sort=descending]")).ToContainText("Amount"))
	first := v.text("#payments-table tbody tr:first-child th")
	v.click(v.find("a#pager-next"))
	if got := v.text("#payments-table tbody tr:first-child th"); got == first {
		t.Error("the next page begins with the same payment")
	}
	v.click(v.find("a#pager-prev"))
	v.click(v.find("#payments-table tbody tr:first-child th a"))
	v.ok(expect.Page(v.Page).ToHaveTitle(regexp.MustCompile(`^Payment of`)))
	v.click(v.role("link", "Back to list"))
	content, _ := v.download(v.role("link", "Export CSV"))
	if lines := strings.Count(string(content), "\n"); lines < 100 {
		t.Errorf("the export has %d lines", lines)
	}
	v.submit("Columns")
	v.ok(v.find("#payments-display input[name=column-psp]").Uncheck())
	v.submit("Save")
	v.none(v.find("#payments-table thead th").Filter(playwright.LocatorFilterOptions{HasText: "PSP"}))

	v.open("/terminals")
	v.choose("type", "pos")
	v.submit("Apply")
	v.see(v.find("#terminals-table"))
	v.click(v.role("link", "New terminal"))
	v.fillTerminal(newTerminal{kind: "pos", number: "7x", acceptor: "45678", start: "2026-01-05"})
	v.submit("Create terminal")
	v.titleBegins("Error:")
	v.see(v.find("#f-terminal_number-err"))
	v.fillTerminal(newTerminal{number: "77009901"})
	v.submit("Create terminal")
	v.say(v.find("main h1"), "Terminal 77009901")
	if got := createdWith(t, portal, "77009901"); got != 1 {
		t.Errorf("the provider created %d terminals, want 1", got)
	}
	v.open("/terminals/import")
	v.typeInto("uuids", "nonsense")
	v.submit("Import")
	v.say(v.row("import-table", "nonsense"), "Not a UUID")

	v.click(v.find("button[popovertarget=user-menu]"))
	_, err := v.find("#pref-lang").SelectOption(playwright.SelectOptionValues{Values: &[]string{"fa"}})
	v.ok(err)
	v.submit("Apply")
	v.ok(expect.Locator(v.find("html")).ToHaveAttribute("dir", "rtl"))
	v.click(v.find("button[popovertarget=user-menu]"))
	v.click(v.find("#user-menu form[action='/sign-out'] button"))
	v.ok(v.WaitForURL(regexp.MustCompile(`/sign-in`)))
}
