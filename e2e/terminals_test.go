package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// newTerminal is what the form of a new terminal is filled with; empty texts are left as they are.
type newTerminal struct{ kind, number, acceptor, start, description string }

// fillTerminal fills in the form, with the first account that can be chosen.
func (v *visitor) fillTerminal(n newTerminal) {
	v.t.Helper()
	account := v.attribute("#f-psp_account_uuid option:not([value='']):not([disabled]) >> nth=0", "value")
	v.choose("psp_account_uuid", account)
	if n.kind != "" {
		v.ok(v.find("main [name=terminal_type][value=" + n.kind + "]").Check())
	}
	for name, text := range map[string]string{
		"terminal_number": n.number, "acceptor_code": n.acceptor, "start_fetch_time": n.start, "description": n.description,
	} {
		if text != "" {
			v.typeInto(name, text)
		}
	}
}

// createdWith counts the terminals of a number that the provider has truly created.
func createdWith(t *testing.T, p *process, number string) int {
	t.Helper()
	n := 0
	for _, effect := range p.created(t) {
		detail, _ := effect["detail"].(map[string]any)
		if detail["terminal_number"] == number {
			n++
		}
	}
	return n
}

// TestCreateTerminal registers a terminal: errors stand at their fields and nothing typed is lost, and two clicks make one
// terminal.
func TestCreateTerminal(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.provokeStatus(422)
	v.signIn("operations", nil)
	v.open("/terminals")
	v.click(v.role("link", "New terminal"))
	v.at("/terminals/new")

	v.fillTerminal(newTerminal{kind: "pos", number: "12x4", acceptor: "0", start: "2031-01-01", description: "پایانهٔ فروشگاه"})
	v.submit("Create terminal")
	v.titleBegins("Error:")
	if got := v.focus(); got != "form-errors" {
		t.Errorf("the focus is on %q, want the summary of errors", got)
	}
	for _, field := range []string{"f-terminal_number", "f-acceptor_code", "f-start_fetch_time"} {
		v.click(v.find("#form-errors a[href='#" + field + "']"))
		if got := v.focus(); got != field {
			t.Errorf("the summary's link of %s leads to %q", field, got)
		}
		if v.attribute("#"+field, "aria-invalid") != "true" || !strings.Contains(v.attribute("#"+field, "aria-describedby"), field+"-err") {
			t.Errorf("%s does not tell that it is wrong and why", field)
		}
	}
	for name, want := range map[string]string{"terminal_number": "12x4", "acceptor_code": "0", "description": "پایانهٔ فروشگاه"} {
		v.ok(expect.Locator(v.find("main [name=" + name + "]")).ToHaveValue(want))
	}
	v.ok(expect.Locator(v.find("main [name=terminal_type][value=pos]")).ToBeChecked())

	v.fillTerminal(newTerminal{number: "۷۷۰۰۱۱۲۲", acceptor: "۴۵۶۷۸", start: "2026-01-05"})
	v.ok(v.role("button", "Create terminal").Dblclick())
	v.ok(v.WaitForURL(regexp.MustCompile(`/terminals/[0-9a-f-]{36}$`)))
	v.say(v.find("main h1"), "Terminal 77001122")
	v.say(v.find("main .alert[data-tone=success]"), "Terminal 77001122 was created.")
	if got := createdWith(t, portal, "77001122"); got != 1 {
		t.Errorf("the provider created %d terminals, want 1", got)
	}
}

// TestBackToSentForm goes back to a form that was sent: its button works, and sending the same again makes no second one.
func TestBackToSentForm(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.provokeStatus(422)
	v.signIn("operations", nil)
	same := newTerminal{kind: "pos", number: "77002201", acceptor: "45678", start: "2026-01-05"}
	v.open("/terminals/new")
	v.fillTerminal(same)
	v.submit("Create terminal")
	v.say(v.find("main h1"), "Terminal 77002201")
	_, err := v.GoBack()
	v.ok(err)
	v.at("/terminals/new")
	v.fillTerminal(same)
	v.submit("Create terminal")
	v.say(v.find("#f-terminal_number-err"), "already registered under this account")
	if got := createdWith(t, portal, "77002201"); got != 1 {
		t.Errorf("the provider has created %d terminals, want 1", got)
	}
	v.typeInto("terminal_number", "77002202")
	v.submit("Create terminal")
	v.say(v.find("main h1"), "Terminal 77002202")
}

// TestRefusalOfProvider shows a provider's refusal at the field that it is about.
func TestRefusalOfProvider(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.provokeStatus(422)
	v.signIn("operations", nil)
	portal.inject(t, fault{
		Kind: "status", Service: "psp_reporting", Method: "POST", Path: "/terminals/", Status: 400, Times: 1,
		Body: `{"acceptor_code":["Ensure this value is greater than or equal to 100."]}`,
	})
	v.open("/terminals/new")
	v.fillTerminal(newTerminal{kind: "ipg", number: "77003301", acceptor: "45678", start: "2026-01-05"})
	v.submit("Create terminal")
	v.see(v.find("#f-acceptor_code-err"))
	if got := createdWith(t, portal, "77003301"); got != 0 {
		t.Errorf("the provider created %d terminals, want none", got)
	}
	v.submit("Create terminal")
	v.say(v.find("main h1"), "Terminal 77003301")
}

// TestUnknownOutcomeAndImport cuts the connection after the provider has created a terminal: nothing is sent again, and
// importing the terminal settles it. The same import tells of each line what became of it.
func TestUnknownOutcomeAndImport(t *testing.T) {
	portal := ownDemo(t, "--payments", "500")
	v := visit(t, portal)
	v.provokeStatus(502)
	v.signIn("operations", nil)
	known := portal.providerTerminals(t)[0]["uuid"].(string)
	portal.inject(t, fault{Kind: "reset", Service: "psp_reporting", Method: "POST", Path: "/terminals/", AfterEffect: true, Times: 1})
	v.open("/terminals/new")
	v.fillTerminal(newTerminal{kind: "pos", number: "77005501", acceptor: "45678", start: "2026-01-05"})
	v.submit("Create terminal")
	v.ok(v.WaitForURL(regexp.MustCompile(`/terminals/commands/\d+$`)))
	v.say(v.find("main h1"), "Outcome not known")
	v.open("/terminals/new")
	v.fillTerminal(newTerminal{kind: "pos", number: "77005501", acceptor: "45678", start: "2026-01-05"})
	v.provokeStatus(409, 422)
	v.submit("Create terminal")
	v.see(v.find("#form-errors"))
	if got := createdWith(t, portal, "77005501"); got != 1 {
		t.Errorf("the provider created %d terminals, want 1", got)
	}

	all := portal.providerTerminals(t)
	lost := all[len(all)-1]["uuid"].(string)
	const strange = "0d6ae4dc-95e3-4d02-a2c2-0d8c0c0c7a11"
	v.open("/terminals")
	v.say(v.find("main .alert[data-tone=warning]"), "A decision is needed")
	v.click(v.role("link", "Import terminals"))
	v.typeInto("uuids", strings.Join([]string{lost, known, "not-a-uuid", strange}, "\n"))
	v.submit("Import")
	v.see(v.role("heading", "Result of the import"))
	for entry, want := range map[string]string{
		lost: "Imported", known: "Already registered", "not-a-uuid": "Not a UUID", strange: "Unknown to the provider",
	} {
		v.say(v.row("import-table", entry), want)
	}
	v.ok(expect.Locator(v.find("#import-table tbody tr")).ToHaveCount(4))
	v.click(within(v.row("import-table", lost), "link", lost))
	v.say(v.find("main h1"), "Terminal 77005501")
	v.open("/terminals")
	v.none(v.GetByText("A decision is needed"))
}

// TestImportRetriesWhatFailed shows that lines which the provider did not answer can be tried again, and they alone.
func TestImportRetriesWhatFailed(t *testing.T) {
	portal := ownDemo(t, "--payments", "500")
	v := visit(t, portal)
	v.provokeStatus(503)
	v.signIn("operations", nil)
	known := portal.providerTerminals(t)[1]["uuid"].(string)
	portal.inject(t, fault{Kind: "status", Service: "psp_reporting", Method: "GET", Path: "/terminals/*", Status: 503})
	const strange = "0d6ae4dc-95e3-4d02-a2c2-0d8c0c0c7a11"
	v.open("/terminals/import")
	v.typeInto("uuids", strange+", "+known)
	v.submit("Import")
	v.say(v.row("import-table", strange), "Not imported")
	v.say(v.row("import-table", known), "Already registered")
	portal.mend(t)
	v.submit("Try 1 line again")
	v.say(v.row("import-table", strange), "Unknown to the provider")
	v.ok(expect.Locator(v.find("#import-table tbody tr")).ToHaveCount(1))
}

// TestNoteOnTerminal writes a label, warns before it is lost, and refuses to overwrite what somebody else wrote meanwhile.
func TestNoteOnTerminal(t *testing.T) {
	portal := demo(t)
	uuid := portal.providerTerminals(t)[2]["uuid"].(string)
	first, second := visit(t, portal), visit(t, portal)
	first.signIn("operations", nil)
	second.signIn("support", nil)
	first.open("/terminals/" + uuid)
	second.open("/terminals/" + uuid)

	first.typeInto("label", "Front desk")
	asked := 0
	first.OnDialog(func(d playwright.Dialog) {
		asked++
		_ = d.Dismiss()
	})
	first.click(first.role("link", "Reports"))
	eventually(t, "the browser asked about what was typed", func() bool { return asked == 1 })
	first.at("/terminals/" + uuid)
	first.submit("Save label and notes")
	first.say(first.find("main .alert[data-tone=success]"), "Label and notes were saved.")

	second.provokeStatus(409)
	second.typeInto("label", "Cash desk 2")
	second.submit("Save label and notes")
	second.say(second.find("main .alert[data-tone=warning]"), "Front desk")
	second.ok(expect.Locator(second.find("#f-label")).ToHaveValue("Cash desk 2"))
	second.submit("Save label and notes")
	second.say(second.find("main .alert[data-tone=success]"), "Label and notes were saved.")
	first.open("/terminals?q=cash+desk+2")
	first.say(first.find("#terminals-table tbody"), "Cash desk 2")
}
