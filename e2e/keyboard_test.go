package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestKeys walks through the portal by single keys, which do nothing inside of inputs.
func TestKeys(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	v.press("/")
	v.ok(expect.Locator(v.find("#f-q")).ToBeFocused())
	v.ok(v.Keyboard().Type("?j/"))
	v.ok(expect.Locator(v.find("#f-q")).ToHaveValue("?j/"))
	v.none(v.find("dialog"))

	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	v.press("Shift+Slash")
	help := v.role("dialog", "Keyboard shortcuts")
	v.see(help)
	v.say(help, "Search on this page")
	v.press("j") // a key for the list does nothing while a dialog is open
	v.see(help)
	v.press("Escape")
	v.none(help)

	row := func(n int) {
		v.ok(expect.Locator(v.find(fmt.Sprintf("#payments-table tbody tr:nth-child(%d) th a", n))).ToBeFocused())
	}
	v.press("j")
	row(1)
	v.press("j", "j")
	row(3)
	v.press("k")
	row(2)
	href := v.attribute("#payments-table tbody tr:nth-child(2) th a", "href")
	v.press("Enter")
	v.at(strings.ReplaceAll(href, "&amp;", "&"))
	v.press("g", "t")
	v.at("/terminals")
	v.press("g", "o")
	v.at("/")
	v.press("g", "p")
	v.at("/payments")
}

// palette opens the command palette and gives its input.
func (v *visitor) palette() {
	v.t.Helper()
	v.press("Control+k")
	v.ok(expect.Locator(v.find("dialog.palette input[role=combobox]")).ToBeFocused())
	v.see(v.find("#palette-list li").First())
}

// TestPalette goes to pages, to actions and to things by their ids, offers what was open before, and only what one may do.
func TestPalette(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("operations", nil)
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	id := v.firstID()
	v.palette()
	v.ok(v.Keyboard().Type("new term"))
	v.ok(expect.Locator(v.find("#palette-list li")).ToHaveCount(1))
	v.press("Enter")
	v.at("/terminals/new")

	v.palette()
	v.say(v.find("#palette-list"), "Recent")
	v.ok(v.Keyboard().Type(id))
	v.press("Enter")
	v.ok(v.WaitForURL(regexp.MustCompile(`/payments/(?i)` + id)))
	v.palette()
	v.press("ArrowDown", "ArrowDown", "ArrowUp")
	active := v.attribute("dialog.palette input", "aria-activedescendant")
	v.ok(expect.Locator(v.find("#"+active)).ToHaveAttribute("aria-selected", "true"))
	v.ok(v.Keyboard().Type("zzzzz"))
	v.see(v.GetByText("Nothing found"))
	v.press("Escape")
	v.none(v.find("dialog"))

	auditor := visit(t, v.portal)
	auditor.signIn("auditor", nil)
	auditor.open("/")
	auditor.palette()
	auditor.ok(auditor.Keyboard().Type("new terminal"))
	auditor.see(auditor.GetByText("Nothing found"))
}

// TestPersianKeyboard uses a keyboard whose keys write Persian: shortcuts follow the place of a key, not its letter.
func TestPersianKeyboard(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", persian)
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	press := func(key, code string, control bool) {
		v.eval(`([key, code, ctrlKey]) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, code, ctrlKey, bubbles: true, cancelable: true}))`,
			[]any{key, code, control})
	}
	press("ت", "KeyJ", false)
	v.ok(expect.Locator(v.find("#payments-table tbody tr:first-child th a")).ToBeFocused())
	press("ن", "KeyK", true)
	v.see(v.find("dialog.palette"))
	v.ok(expect.Locator(v.find("dialog.palette input")).ToBeFocused())
	v.see(v.find("#palette-list li").First())
	v.ok(v.Keyboard().InsertText("پايانه")) // with the Arabic letter that some keyboards write
	v.see(v.find("#palette-list li[data-href='/terminals']"))
	v.press("Escape")
	press("؟", "Slash", false)
	v.see(v.find("dialog"))
	v.press("Escape")
	press("ل", "KeyG", false)
	press("ف", "KeyT", false)
	v.at("/terminals")
}

// TestKeysCanBeSwitchedOff turns the single keys off; the palette stays.
func TestKeysCanBeSwitchedOff(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("approver", nil)
	v.open("/account")
	v.choose("shortcuts", "off")
	v.click(v.find("main form:has(#f-shortcuts) button[type=submit]"))
	v.open("/payments")
	v.see(v.find("#payments-totals strong"))
	v.press("j", "?", "g", "t")
	v.none(v.find("dialog"))
	v.at("/payments")
	v.palette()
	v.press("Escape")
	v.open("/account")
	v.choose("shortcuts", "on")
	v.click(v.find("main form:has(#f-shortcuts) button[type=submit]"))
	v.open("/payments")
	v.press("g", "t")
	v.at("/terminals")
}
