package e2e

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	sandbox "payportal/provider/sandbox/inquiry"
)

// settled waits until the late parts of a page have come.
func (v *visitor) settled() {
	v.t.Helper()
	v.none(v.find("[hx-trigger=load]"))
}

// choosePreference changes one setting in the user menu, as a user does.
func (v *visitor) choosePreference(name, value string) {
	v.t.Helper()
	v.click(v.find("button[popovertarget=user-menu]"))
	_, err := v.find("#pref-" + name).SelectOption(playwright.SelectOptionValues{Values: &[]string{value}})
	v.ok(err)
	v.click(v.find("#user-menu .prefs button[type=submit]"))
	v.ok(expect.Locator(v.find("#pref-" + name)).ToHaveValue(value))
	v.ok(expect.Locator(v.find("#user-menu")).ToBeHidden())
}

// TestLanguage turns the portal to Persian in the midst of a filtered list: nothing but the language changes, and the next
// sign-in remembers it.
func TestLanguage(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("support", nil)
	v.readThrough()
	v.open("/payments?status=failed&sort=-amount")
	v.swap(func() { v.click(v.find("#pager-next")) })
	address, ids := v.path(), v.texts("#payments-table td:last-child")
	v.choosePreference("lang", "fa")
	v.at(address)
	v.speaks("fa", "rtl")
	if got := v.texts("#payments-table td:last-child"); !slices.Equal(got, ids) {
		t.Errorf("in Persian the page shows %v, want %v", got, ids)
	}
	v.ok(expect.Locator(v.find("#f-status")).ToHaveValue("failed"))
	v.see(v.role("heading", "تراکنش‌ها"))

	later := visit(t, portal)
	later.signInAs("support", demoPassword)
	later.open("/terminals")
	later.speaks("fa", "rtl")
	later.choosePreference("lang", "en")
	later.at("/terminals")
	later.speaks("en", "ltr")
}

// speaks expects the page to be in a language and to run in a direction.
func (v *visitor) speaks(lang, dir string) {
	v.t.Helper()
	page := v.find("html")
	v.ok(expect.Locator(page).ToHaveAttribute("lang", lang))
	v.ok(expect.Locator(page).ToHaveAttribute("dir", dir))
}

// everyPage are the pages of the portal that show something, with a payment and a terminal.
func (v *visitor) everyPage() []string {
	v.t.Helper()
	v.open("/payments?status=failed")
	payment := v.attribute("#payments-table tbody tr:first-child th a", "href")
	v.open("/terminals")
	terminal := v.attribute("#terminals-table tbody tr:first-child th a", "href")
	v.ask("iban", sandbox.PersonIBAN) // so that there is a history
	return []string{
		"/", "/payments?period=90d&min=100000", payment, "/payments/views", "/terminals", terminal, "/terminals/new", "/psps", "/psp-accounts",
		"/reports", "/inquiries/iban", "/inquiries/wage", "/inquiries/bulk", "/inquiries/history", "/inquiries/settings", "/account", "/admin/users", "/admin/users/1", "/admin/roles", "/admin/connections", "/admin/audit", "/admin/jobs",
	}
}

// TestPersianNumbersAndDates looks at every page in Persian: each number is in Persian digits, each date and each time is
// what Chromium makes of the moment in the Persian calendar, and what links, forms and copy buttons hold stays Latin.
func TestPersianNumbersAndDates(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("admin", nil)
	v.readThrough()
	pages := v.everyPage()
	v.prefer(persian)
	moments := 0
	for _, page := range pages {
		v.open(page)
		v.settled()
		for _, text := range v.list(latinNumbers) {
			t.Errorf("%s shows %q in Latin digits", page, text)
		}
		for _, text := range v.list(persianValues) {
			t.Errorf("%s holds the value %s in Persian digits", page, text)
		}
		times := v.list(jalaliTimes)
		moments += len(times)
		for _, text := range times {
			if shown, chromium, _ := strings.Cut(text, " | "); shown != chromium {
				t.Errorf("%s shows %s, Chromium %s", page, shown, chromium)
			}
		}
	}
	if moments < 100 {
		t.Errorf("there were %d moments on all pages, too few to compare", moments)
	}
}

// list runs a function in the page that gives texts.
func (v *visitor) list(function string) []string {
	v.t.Helper()
	var texts []string
	for _, text := range v.eval(function).([]any) {
		texts = append(texts, text.(string))
	}
	return texts
}

// latinNumbers gives the visible texts with Latin digits. Identifiers with Latin letters, network
// addresses, keys and raw answers keep theirs.
const latinNumbers = `() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const {textContent: text, parentElement: parent} = walker.currentNode;
    if (!/[0-9]/.test(text) || !parent.checkVisibility() || parent.closest("script, template, kbd, code, pre, option")) continue;
    const ident = parent.closest("bdi")?.textContent;
    if (/[A-Za-z]|^[0-9]+(\.[0-9]+){3}$/.test(ident)) continue;
    found.push(text.trim());
  }
  return found;
}`

// persianValues gives what must stay Latin and does not.
const persianValues = `() => {
  const found = [];
  for (const element of document.querySelectorAll("*"))
    for (const {name, value} of element.attributes)
      if (["href", "value", "datetime", "data-copy", "data-amount", "hx-get", "action", "name"].includes(name) && /[۰-۹٠-٩]/.test(decodeURI(value)))
        found.push(element.tagName + " " + name + "=" + value);
  return found;
}`

// jalaliTimes gives what each moment shows and what it ought to, parted by a bar: the day, the time where it is shown, and
// the Gregorian day and year of the title.
const jalaliTimes = `() => {
  const zone = {timeZone: "Asia/Tehran"};
  const day = new Intl.DateTimeFormat("fa-IR-u-ca-persian", {...zone, year: "numeric", month: "2-digit", day: "2-digit"});
  const clock = new Intl.DateTimeFormat("fa-IR", {...zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
  const gregorian = (part, at) => new Intl.DateTimeFormat("fa-IR-u-ca-gregory", {...zone, [part]: "numeric"}).format(at);
  return [...document.querySelectorAll("time")].map(e => {
    const at = new Date(e.dateTime), shown = e.textContent.trim();
    const [, time] = shown.split(" ");
    const [otherDay, , otherYear] = e.title.split(" ");
    return shown + " " + otherDay + " " + otherYear + " | " + day.format(at) +
      (time === undefined ? "" : " " + clock.format(at).slice(0, time.length)) + " " + gregorian("day", at) + " " + gregorian("year", at);
  });
}`

// TestLatinValues copies what a page shows in Persian digits, and types Persian digits into a filter: what is copied and
// what is sent is Latin.
func TestLatinValues(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.prefer(persian)
	v.open("/payments?type=pos")
	v.click(v.find("#payments-table tbody tr:first-child th a"))
	v.see(v.find("main .copy >> nth=0"))
	idents := v.find("main .ident:has(.copy)")
	count, err := idents.Count()
	v.ok(err)
	if count < 3 {
		t.Fatalf("there are %d copy buttons, want those of id, card and terminal", count)
	}
	for i := range count {
		ident := idents.Nth(i)
		shown, err := ident.Locator("bdi").InnerText()
		v.ok(err)
		v.ok(ident.Locator(".copy").Press("Enter"))
		v.say(v.find("#live"), "رونوشت برداشته شد")
		v.press("Control+k", "Control+v")
		v.ok(expect.Locator(v.role("combobox", "جست‌وجو یا رفتن به")).ToHaveValue(strings.ReplaceAll(latinDigits(shown), " ", "")))
		v.press("Escape")
		v.ok(expect.Locator(ident.Locator(".copy")).ToBeFocused())
	}

	v.open("/payments?type=pos")
	for name, tt := range map[string]struct{ typed, sent string }{
		"min":  {"۱۵۰۰۰۰۰", "1500000"},
		"from": {"۱۴۰۵/۰۱/۰۵", "1405/01/05"},
	} {
		v.swap(func() {
			v.typeInto(name, tt.typed)
			v.press("Tab")
		})
		if got := v.parameter(name); got != tt.sent {
			t.Errorf("%q in the field %s is sent as %q, want %q", tt.typed, name, got, tt.sent)
		}
	}
	v.ok(expect.Locator(v.find("#f-min")).ToHaveValue("1,500,000"))
	v.swap(func() { v.typeInto("q", "۶۰۳۷") })
	if got := v.parameter("q"); got != "6037" {
		t.Errorf("a search in Persian digits is sent as %q", got)
	}
}

// TestLeapDay takes the last day of a leap year and refuses it in a common one, at its field.
func TestLeapDay(t *testing.T) {
	v := visit(t, demo(t))
	v.provokeStatus(422)
	v.signIn("finance", persian)
	v.open("/payments?from=1403/12/30")
	v.say(v.find("#payments .chip"), "۳۰ اسفند ۱۴۰۳")
	v.swap(func() {
		v.typeInto("from", "۱۴۰۴/۱۲/۳۰")
		v.press("Tab")
	})
	v.see(v.find("#form-errors a[href='#f-from']"))
	if got := v.focus(); got != "form-errors" {
		t.Errorf("the focus is on %q, want the summary of errors", got)
	}
	v.click(v.find("#form-errors a"))
	if got := v.focus(); got != "f-from" {
		t.Errorf("the summary's link leads to %q, want the field", got)
	}
	wrong := func() {
		t.Helper()
		v.ok(expect.Locator(v.find("#f-from")).ToHaveAttribute("aria-invalid", "true"))
		v.ok(expect.Locator(v.find("#f-from")).ToHaveAttribute("aria-describedby", "f-from-err"))
		v.see(v.find("#f-from-err"))
		v.none(v.find("#payments-table"))
	}
	wrong()
	v.open("/payments?from=1404/12/30", 422)
	v.titleBegins("خطا:")
	v.ok(expect.Locator(v.find("#f-from")).ToHaveValue("1404/12/30"))
	wrong()
	v.swap(func() {
		v.typeInto("from", "1404/12/29")
		v.press("Tab")
	})
	v.see(v.find("#payments-table"))
	v.none(v.find("#f-from-err, [aria-invalid]"))
}

// TestToman shows every amount of a page in both units: the one is ten times the other.
func TestToman(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments")
	payment := v.attribute("#payments-table tbody tr:first-child th a", "href")
	amounts := func(page string) (minor, shown []string) {
		v.open(page)
		v.settled()
		for _, text := range v.list(`() => [...document.querySelectorAll("[data-amount]")].map(e => e.dataset.amount + " " + e.innerText)`) {
			number, rest, _ := strings.Cut(text, " ")
			minor, shown = append(minor, number), append(shown, rest)
		}
		return minor, shown
	}
	for _, page := range []string{"/payments?sort=amount", payment, "/"} {
		v.prefer(nil)
		minor, rial := amounts(page)
		v.prefer(map[string]string{"unit": "toman"})
		again, toman := amounts(page)
		if !slices.Equal(minor, again) || len(minor) == 0 {
			t.Fatalf("%s has the amounts %v, and %v in toman", page, minor, again)
		}
		for i, n := range minor {
			if got := strings.ReplaceAll(rial[i], ",", ""); got != n+" rial" {
				t.Errorf("%s shows %s of %s rial", page, rial[i], n)
			}
			want := strings.TrimSuffix(n[:len(n)-1]+"."+n[len(n)-1:], ".0") + " toman"
			if got := strings.ReplaceAll(toman[i], ",", ""); got != want {
				t.Errorf("%s shows %s of %s rial, want %s", page, toman[i], n, want)
			}
		}
	}
}

// TestTimeZones moves the border of a day with the user's zone, on the screen, in filters and in files: what was paid
// after half past eight in the evening, UTC, is the next day's in Tehran, and the same day's in Warsaw and in Lima.
func TestTimeZones(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", map[string]string{"zone": "UTC"})
	v.readThrough()
	v.open("/payments?type=pos") // fewer than a page of 100 on each day
	all := v.exportedTimes()
	late := slices.IndexFunc(all, func(at time.Time) bool {
		return at.Hour() == 20 && at.Minute() >= 30 || at.Hour() == 21
	})
	if late < 0 {
		t.Fatal("no payment of the demo was made between 20:30 and 22:00, UTC")
	}
	for name, next := range map[string]int{"Asia/Tehran": 1, "Europe/Warsaw": 0, "America/Lima": 0} {
		zone, err := time.LoadLocation(name)
		v.ok(err)
		v.prefer(map[string]string{"zone": name})
		day := time.Date(all[late].Year(), all[late].Month(), all[late].Day()+next, 0, 0, 0, 0, zone)
		var want []string
		for _, at := range all {
			if !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
				want = append(want, at.In(zone).Format(time.DateTime))
			}
		}
		if !slices.Contains(want, all[late].In(zone).Format(time.DateTime)) {
			t.Fatalf("in %s, %s is not on %s", name, all[late], day)
		}
		v.open(fmt.Sprintf("/payments?type=pos&from=%[1]s&to=%[1]s&size=100", day.Format(time.DateOnly)))
		v.say(v.find(".foot"), zoneLabel[name])
		if got := v.column("Time"); !slices.Equal(got, want) {
			t.Errorf("in %s the day %s has %v, want %v", name, day.Format(time.DateOnly), got, want)
		}
		var exported []string
		for _, at := range v.exportedTimes() {
			exported = append(exported, at.Format(time.DateTime))
		}
		if !slices.Equal(exported, want) {
			t.Errorf("in %s the file has %v, want %v", name, exported, want)
		}
	}
}

var zoneLabel = map[string]string{"Asia/Tehran": "Tehran (UTC+03:30)", "Europe/Warsaw": "Warsaw (UTC+0", "America/Lima": "Lima (UTC-05:00)"}

// exportedTimes downloads the list and gives the times in the file, as if they were UTC.
func (v *visitor) exportedTimes() []time.Time {
	v.t.Helper()
	file, _ := v.download(v.role("link", "Export CSV"))
	reader := csv.NewReader(strings.NewReader(string(file)))
	reader.FieldsPerRecord = -1
	lines, err := reader.ReadAll()
	v.ok(err)
	isTime := regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
	var times []time.Time
	for _, line := range lines {
		if !isTime.MatchString(line[0]) {
			continue
		}
		at, err := time.Parse(time.DateTime, line[0])
		v.ok(err)
		times = append(times, at)
	}
	return times
}
