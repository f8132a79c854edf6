package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// readThrough waits until a demo has mirrored all payments of its provider, so that lists stand still.
func (v *visitor) readThrough() {
	v.t.Helper()
	var state map[string]int
	v.portal.order(v.t, "GET", "psp_reporting/state", nil, &state)
	want := fmt.Sprintf("%d payments", state["ipg"]+state["pos"])
	eventually(v.t, "all payments are mirrored", func() bool {
		text, err := v.get("/payments/totals", map[string]string{"HX-Request-Type": "partial"}).Text()
		v.ok(err)
		return strings.Contains(strings.ReplaceAll(text, ",", ""), want)
	})
}

// column gives the texts of a column of the list of payments, by the label of its head.
func (v *visitor) column(label string) []string {
	v.t.Helper()
	at := slices.IndexFunc(v.texts("#payments-table thead th"), func(head string) bool { return strings.HasPrefix(head, label) })
	if at < 0 {
		v.t.Fatalf("there is no column %q", label)
	}
	return v.texts(fmt.Sprintf("#payments-table tbody tr > :nth-child(%d)", at+1))
}

// firstID is the id of the first payment of the list.
func (v *visitor) firstID() string {
	v.t.Helper()
	ids := v.column("Payment ID")
	if len(ids) == 0 {
		v.t.Fatalf("there is no payment at %s", v.path())
	}
	return ids[0]
}

// search types into the search box, which applies by itself after a pause.
func (v *visitor) search(text string) {
	v.t.Helper()
	v.swap(func() { v.typeInto("q", text) })
}

// filter chooses a filter, which applies at once.
func (v *visitor) filter(name, value string) {
	v.t.Helper()
	v.swap(func() { v.choose(name, value) })
}

// TestFindPayment finds one payment by everything that people have of it.
func TestFindPayment(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments?sort=time")
	id, card, terminal := v.firstID(), v.column("Card")[0], v.column("Terminal")[0]
	last, first := card[len(card)-4:], card[:6]
	for _, tt := range []struct{ name, typed string }{
		{"last four of the card", last},
		{"last four in Persian digits", persianDigits(last)},
		{"last four in Arabic digits", arabicDigits(last)},
		{"first six of the card", first},
		{"masked card", card},
		{"id", id},
		{"id in small letters", strings.ToLower(id)},
		{"prefix of the id", id[:18]},
		{"terminal", terminal},
		{"with spaces", " " + last + " "},
	} {
		v.run(tt.name, func(t *testing.T) {
			v.open("/payments?sort=time")
			v.search(tt.typed)
			ids := v.column("Payment ID")
			if !slices.Contains(ids, id) {
				t.Errorf("the search for %q finds %v, want %s among them", tt.typed, ids, id)
			}
			if v.parameter("q") == "" {
				t.Errorf("the search is not in the address %s", v.path())
			}
		})
	}
	v.search("0000000000000000000000")
	v.see(v.role("heading", "Nothing matches these filters"))
	v.click(v.find("#payments .empty-state a"))
	v.see(v.find("#payments-table"))
	v.ok(expect.Locator(v.find("#f-q")).ToHaveValue(""))
}

func persianDigits(s string) string { return shiftDigits(s, '۰') }
func arabicDigits(s string) string  { return shiftDigits(s, '٠') }

func shiftDigits(s string, zero rune) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, s)
}

// TestFiltersLiveInTheAddress applies filters, steps through them by Back and Forward, and opens the same address elsewhere.
func TestFiltersLiveInTheAddress(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	type step struct{ url, first, status, psp, typ string }
	look := func(v *visitor) step {
		s := step{url: v.path(), first: v.firstID()}
		for name, value := range map[string]*string{"status": &s.status, "psp": &s.psp, "type": &s.typ} {
			text, err := v.find("main [name=" + name + "]").InputValue()
			v.ok(err)
			*value = text
		}
		return s
	}
	steps := []step{look(v)}
	v.click(v.find("details.more > summary"))
	for _, f := range [][2]string{{"status", "failed"}, {"psp", "SEP"}, {"type", "ipg"}} {
		v.filter(f[0], f[1])
		if got := v.parameter(f[0]); got != f[1] {
			t.Fatalf("the parameter %s is %q, want %q", f[0], got, f[1])
		}
		if got := v.focus(); got != "f-"+f[0] {
			t.Errorf("after filtering by %s the focus is on %q", f[0], got)
		}
		steps = append(steps, look(v))
	}
	if got, want := v.count("#payments .chip"), 3; got != want {
		t.Errorf("there are %d chips, want %d", got, want)
	}
	for i := len(steps) - 2; i >= 0; i-- {
		v.swap(func() { _, err := v.GoBack(); v.ok(err) })
		v.sees(steps[i].url, func() any { return look(v) }, steps[i])
		v.see(v.find("nav.side"))
	}
	for i := 1; i < len(steps); i++ {
		v.swap(func() { _, err := v.GoForward(); v.ok(err) })
		v.sees(steps[i].url, func() any { return look(v) }, steps[i])
	}

	other := visit(t, portal)
	other.signIn("auditor", nil)
	last := steps[len(steps)-1]
	other.open(last.url)
	if got := look(other); got != last {
		t.Errorf("somebody else sees %+v at that address, want %+v", got, last)
	}

	v.swap(func() { v.click(v.find("#payments .chip a >> nth=1")) })
	if v.parameter("psp") != "" || v.parameter("status") != "failed" {
		t.Errorf("removing the second chip leads to %s", v.path())
	}
	v.ok(expect.Locator(v.find("main [name=psp]")).ToHaveValue(""))
	v.swap(func() { v.click(v.role("link", "Clear all")) })
	v.at("/payments")
	v.none(v.find("#payments .chip"))
	v.ok(expect.Locator(v.find("main [name=status]")).ToHaveValue(""))
}

// sees expects that a look at the page gives what is wanted, at once: Back has been waited for.
func (v *visitor) sees(what string, look func() any, want any) {
	v.t.Helper()
	if got := look(); got != want {
		v.t.Errorf("%s shows %+v, want %+v", what, got, want)
	}
}

// TestSortAndPages sorts by the heads of the columns and walks through pages that follow each other without gap.
func TestSortAndPages(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	sorted := func() []string {
		var sorted []string
		heads := v.find("#payments-table thead th[aria-sort]")
		for i, head := range readTexts(t, heads) {
			direction, err := heads.Nth(i).GetAttribute("aria-sort")
			v.ok(err)
			sorted = append(sorted, head+" "+direction)
		}
		return sorted
	}
	v.sees("the list at first", func() any { return fmt.Sprint(sorted()) }, "[Time descending]")
	v.swap(func() { v.click(v.find("#payments-table-sort-amount")) })
	v.sees("the list by amount", func() any { return fmt.Sprint(sorted()) }, "[Amount descending]")
	if got := v.focus(); got != "payments-table-sort-amount" {
		t.Errorf("after sorting the focus is on %q", got)
	}
	v.inOrder(-1)
	v.swap(func() { v.press("Enter") })
	v.sees("the list by amount the other way", func() any { return fmt.Sprint(sorted()) }, "[Amount ascending]")
	v.inOrder(1)

	v.open("/payments?status=failed")
	v.see(v.find("#pager-next[rel=next]"))
	seen := v.column("Payment ID")
	v.swap(func() { v.click(v.find("#pager-next")) })
	second := v.column("Payment ID")
	for _, id := range second {
		if slices.Contains(seen, id) {
			t.Errorf("%s stands on both pages", id)
		}
	}
	v.swap(func() { v.click(v.find("#pager-prev[rel=prev]")) })
	if got := v.column("Payment ID"); !slices.Equal(got, seen) {
		t.Errorf("the page before shows %v, want %v", got, seen)
	}
	v.open("/payments?status=failed&size=50")
	if got, want := v.column("Payment ID"), slices.Concat(seen, second); !slices.Equal(got, want) {
		t.Errorf("50 rows are %v, want those of two pages of 25: %v", got, want)
	}
}

// inOrder expects the amounts of the list to rise (1) or to fall (-1).
func (v *visitor) inOrder(direction int) {
	v.t.Helper()
	amounts := v.eval(`() => [...document.querySelectorAll("#payments-table [data-amount]")].map(e => Number(e.dataset.amount))`).([]any)
	for i := 1; i < len(amounts); i++ {
		if (number(amounts[i])-number(amounts[i-1]))*float64(direction) < 0 {
			v.t.Errorf("%v stands before %v", amounts[i-1], amounts[i])
		}
	}
}

// number is a number of a script.
func number(value any) float64 {
	switch n := value.(type) {
	case int:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// TestSavedView keeps filters under a name, tells that they were changed since, and shows them to others when it is shared.
func TestSavedView(t *testing.T) {
	portal := ownDemo(t, "--payments", "800")
	v := visit(t, portal)
	v.signIn("admin", nil)
	v.readThrough()
	v.open("/payments?status=failed&sort=-amount")
	v.click(v.role("link", "Saved views"))
	v.typeInto("name", "Failed, largest first")
	v.submit("Save")
	v.say(v.find("main .alert[data-tone=success]"), "Failed, largest first")
	v.open("/payments/views")
	v.click(v.role("link", "Failed, largest first"))
	v.see(v.find("#payments-table"))
	if v.parameter("status") != "failed" || v.parameter("sort") != "-amount" {
		t.Errorf("the view leads to %s, want its filter and its order", v.path())
	}
	v.see(v.GetByText("View: Failed, largest first"))
	v.none(v.GetByText("Modified"))
	v.filter("psp", "SEP")
	v.see(v.GetByText("Modified"))
	v.submit("Update view")
	v.open("/payments/views")
	v.click(v.role("link", "Failed, largest first"))
	v.see(v.find("#payments-table"))
	if v.parameter("psp") != "SEP" {
		t.Errorf("the updated view leads to %s, want psp=SEP", v.path())
	}

	other := visit(t, portal)
	other.signIn("support", nil)
	other.open("/payments/views")
	other.none(other.role("link", "Failed, largest first"))
	v.open("/payments/views")
	v.submit("Share")
	v.see(v.find("#payment-views .badge"))
	other.open("/payments/views")
	other.click(other.role("link", "Failed, largest first"))
	if got := other.parameter("psp"); got != "SEP" {
		t.Errorf("the shared view leads to %s", other.path())
	}
	other.open("/payments/views")
	other.submit("Make default")
	other.open("/payments")
	if got := other.parameter("psp"); got != "SEP" {
		t.Errorf("/payments opens at %s, want the default view", other.path())
	}
}

// TestColumnsPersist hides a column for a user, in every browser.
func TestColumnsPersist(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("approver", nil)
	v.open("/payments?status=failed")
	v.submit("Columns")
	v.ok(v.GetByLabel("PSP", playwright.PageGetByLabelOptions{Exact: playwright.Bool(true)}).And(v.find("#payments-display input")).Uncheck())
	v.submit("Save")
	v.at("/payments?status=failed&size=25")
	hidden := func(v *visitor) bool {
		return !slices.Contains(v.texts("#payments-table thead th"), "PSP")
	}
	if !hidden(v) {
		t.Error("the column is still there")
	}
	other := visit(t, portal)
	other.signIn("approver", nil)
	other.open("/payments")
	if !hidden(other) {
		t.Error("in another browser the column is still there")
	}
	other.submit("Columns")
	other.ok(other.find("#payments-display input[name=column-psp]").Check())
	other.submit("Save")
	other.see(other.find("#payments-table thead th").Filter(playwright.LocatorFilterOptions{HasText: "PSP"}))
}

// TestTableStaysInItsRegion looks at the list on a phone: the page does not scroll sideways, the table does inside of a
// region that the keyboard reaches, and its head and its first column stay in view.
func TestTableStaysInItsRegion(t *testing.T) {
	v := visit(t, demo(t), playwright.BrowserNewContextOptions{Viewport: &playwright.Size{Width: 360, Height: 740}})
	v.signIn("finance", map[string]string{"density": "compact"})
	v.readThrough()
	v.open("/payments?size=100")
	if got := v.attribute("html", "data-density"); got != "compact" {
		t.Errorf("the rows are %q, want compact as chosen", got)
	}
	region := v.role("region", "Payments")
	v.ok(expect.Locator(region).ToHaveAttribute("tabindex", "0"))
	v.ok(region.Focus())
	v.press("ArrowRight")
	edges := v.eval(`() => {
	  const region = document.querySelector("#payments-table"), box = region.getBoundingClientRect();
	  region.scrollTo({left: 200, top: 600, behavior: "instant"});
	  const head = region.querySelector("thead th:nth-child(2)").getBoundingClientRect(), first = region.querySelector("tbody tr:nth-child(60) > :first-child").getBoundingClientRect();
	  return {page: document.documentElement.scrollWidth - document.documentElement.clientWidth, moved: region.scrollLeft,
	    head: region.scrollTop ? head.top - box.top : 0, first: first.left - box.left};
	}`).(map[string]any)
	if number(edges["page"]) > 0 {
		t.Errorf("the page is %v pixels wider than the window", edges["page"])
	}
	if number(edges["moved"]) == 0 {
		t.Error("the table does not scroll in its region")
	}
	for _, edge := range []string{"head", "first"} {
		if at := number(edges[edge]); at < -2 || at > 2 {
			t.Errorf("after scrolling the %s stands %v pixels from the region's edge", edge, at)
		}
	}
	for i, text := range v.texts("#payments-table tbody tr:nth-child(-n+3) > :first-child") {
		cut := v.eval(`i => { const e = document.querySelectorAll("#payments-table tbody tr > :first-child")[i]; return e.scrollWidth > e.clientWidth + 1 }`, i).(bool)
		if cut {
			t.Errorf("the time %q is cut off", text)
		}
	}
}

// TestSavingLeadsBackToTheFilteredList saves something on a page that was opened from a filtered list.
func TestSavingLeadsBackToTheFilteredList(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("operations", nil)
	v.open("/terminals?type=pos")
	v.click(v.find("#terminals-table tbody tr:nth-child(2) th a"))
	v.see(v.find("#f-label"))
	back, err := v.role("link", "Back to list").GetAttribute("href")
	v.ok(err)
	if !sameAddress(back, "/terminals?type=pos") {
		t.Errorf("the way back leads to %s", back)
	}
	v.typeInto("notes", "Paper roll changed in November.")
	v.submit("Save label and notes")
	v.see(v.find("main .alert[data-tone=success]"))
	if !sameAddress(v.path(), "/terminals?type=pos") {
		t.Errorf("after saving the page is %s, want the filtered list", v.path())
	}
	v.ok(expect.Locator(v.find("main [name=type]")).ToHaveValue("pos"))
}

// TestEmptyListsDiffer shows three lists without rows, each with its own reason and its own way on.
func TestEmptyListsDiffer(t *testing.T) {
	portal, _, link := serve(t, "PORTAL_SECOND_FACTOR=offered")
	admin := visit(t, portal)
	admin.open(strings.TrimPrefix(link, portal.url))
	admin.typeInto("username", "mina")
	admin.typeInto("new_password", "three old bridges")
	admin.typeInto("repeat_password", "three old bridges")
	admin.submit("Create administrator")
	admin.at("/sign-in")
	admin.fillSignIn("mina", "three old bridges")
	admin.at("/")
	admin.open("/payments")
	admin.say(admin.find("#payments .empty-state"), "No provider is connected yet")
	admin.ok(expect.Locator(admin.find("#payments .empty-state a.btn")).ToHaveAttribute("href", "/admin/connections"))

	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments?q=0000000000000000000000")
	v.say(v.find("#payments .empty-state"), "Nothing matches these filters")
	v.click(within(v.find("#payments .empty-state"), "link", "Clear all"))
	v.see(v.find("#payments-table"))
	v.open("/admin/audit", 403)
	v.say(v.find("main .error-page"), "audit.read")
}

// TestDetailAndBack opens a payment and comes back to the same place: page, filter, scroll position and row.
func TestDetailAndBack(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments?status=successful&sort=-amount")
	v.swap(func() { v.click(v.find("#pager-next")) })
	from := v.path()
	link := v.find("#payments-table tbody tr:nth-child(20) th a")
	href, err := link.GetAttribute("href")
	v.ok(err)
	v.ok(link.ScrollIntoViewIfNeeded())
	v.click(link)
	v.ok(v.WaitForURL(func(address string) bool { return strings.Contains(address, "/payments/") }))
	v.ok(expect.Page(v.Page).ToHaveTitle(regexp.MustCompile(`^Payment of`)))
	v.ok(expect.Locator(v.find("nav.side a[aria-current=page]")).ToHaveText(regexp.MustCompile(`Payments`)))
	back, err := v.role("link", "Back to list").GetAttribute("href")
	v.ok(err)
	if !sameAddress(back, from) {
		t.Errorf("the way back leads to %s, want %s", back, from)
	}
	_, err = v.GoBack()
	v.ok(err)
	v.at(from)
	row := v.find("#payments-table tbody tr[aria-current=true] th a")
	v.ok(expect.Locator(row).ToHaveAttribute("href", href))
	v.ok(expect.Locator(row).ToBeFocused())
	v.ok(expect.Locator(row).ToBeInViewport())
	v.click(row)
	v.click(v.role("link", "Back to list"))
	v.ok(v.WaitForURL(func(address string) bool { return sameAddress(strings.TrimPrefix(address, v.portal.url), from) }))
}

// sameAddress compares path and parameters, whatever their order and their escapes.
func sameAddress(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Path == y.Path && x.Query().Encode() == y.Query().Encode()
}
