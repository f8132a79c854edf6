package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	sandbox "payportal/provider/sandbox/inquiry"
)

// asked is how often the provider was truly asked, by what it was asked about.
func (p *process) asked(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	p.order(t, "GET", "inquiry/asked", nil, &counts)
	return counts
}

// askedInAll is how often the provider was truly asked about anything.
func (p *process) askedInAll(t *testing.T) int {
	t.Helper()
	all := 0
	for _, n := range p.asked(t) {
		all += n
	}
	return all
}

// wasAsked expects the provider to have been asked about a number that often.
func (v *visitor) wasAsked(number string, want int) {
	v.t.Helper()
	if got := v.portal.asked(v.t)[number]; got != want {
		v.t.Errorf("the provider was asked %d times, want %d", got, want)
	}
}

// fours writes a number as pages do, in the digits of a language.
func fours(lang, number string) string {
	text := regexp.MustCompile(`.{4}`).ReplaceAllString(number, "$0 ")
	if lang == "fa" {
		text = persianDigits(text)
	}
	return strings.TrimSpace(text)
}

// languages are the preferences of somebody who works in English or in Persian.
var languages = map[string]map[string]string{"en": nil, "fa": persian}

// paste puts a text on the clipboard and pastes it where the focus is.
func (v *visitor) paste(text string) {
	v.t.Helper()
	v.eval(`text => navigator.clipboard.writeText(text)`, text)
	v.press("Control+v")
}

// arrowTo chooses an option of the select that has the focus, by its value.
func (v *visitor) arrowTo(value string) {
	v.t.Helper()
	for range 60 {
		if v.eval(`() => document.activeElement.value`) == value {
			return
		}
		v.press("ArrowDown")
	}
	v.t.Fatalf("no arrow leads to %s", value)
}

// answer is the card with the answer to an inquiry.
func (v *visitor) answer() playwright.Locator { return v.find("#inquiry [data-result]") }

// fact is what an answer says under a heading.
func (v *visitor) fact(heading string) playwright.Locator {
	return v.answer().Locator("dt:text-is(" + strconv.Quote(heading) + ") + dd")
}

// keeps gives all that the browser keeps of a page and its address.
func (v *visitor) keeps() string {
	v.t.Helper()
	return v.eval(`() => JSON.stringify([location.href, document.title, {...history.state, htmx: undefined}, {...sessionStorage}, {...localStorage}])`).(string)
}

// ask asks about a number on the page of a kind and waits for what comes of it.
func (v *visitor) ask(kind, number string) {
	v.t.Helper()
	v.open("/inquiries/" + kind)
	v.typeInto("number", number)
	v.press("Enter")
	v.see(v.find("#inquiry [data-result], #inquiry .alert").First())
}

// holds expects the field to hold a number still, in whatever groups.
func (v *visitor) holds(number string) {
	v.t.Helper()
	got, err := v.find("#f-number").InputValue()
	v.ok(err)
	if strings.ReplaceAll(got, " ", "") != number {
		v.t.Errorf("the field holds another number than was typed, of %d characters", len(got))
	}
}

// TestInquiriesByKeyboard asks each question in both languages without a pointer: the answer stands below the form and is
// said, the next number can be typed at once, and nothing that the browser keeps has a number in it.
func TestInquiriesByKeyboard(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("finance", nil)
	type spoken struct{ bank, announced, answer string }
	for n, lang := range []string{"en", "fa"} {
		card, account := sandbox.Card(2, sandbox.Person, 100+n), sandbox.AccountNumber(sandbox.Company, 100+n)
		number := sandbox.IBAN(7, sandbox.Person, 100+n)
		for _, tt := range []struct {
			kind, asked, field string
			// stops are what is typed, or the bank that is chosen, at each stop of Tab before the button.
			stops []string
			says  spoken
			// emptied says that the field is empty for the next number.
			emptied bool
		}{
			{
				kind: "card", asked: card, field: "f-number", stops: []string{card}, emptied: true,
				says: map[string]spoken{"en": {"Melli", "The answer has arrived", fours(lang, card)}, "fa": {"ملی", "پاسخ رسید", fours(lang, card)}}[lang],
			},
			{
				kind: "account", asked: "7/" + account, field: "f-number", stops: []string{"bank 7", account, ""},
				emptied: true,
				says: map[string]spoken{
					"en": {"Pasargad", "The answer has arrived: ", fours(lang, sandbox.IBAN(7, sandbox.Company, 100+n))},
					"fa": {"پاسارگاد", "پاسخ رسید: ", fours(lang, sandbox.IBAN(7, sandbox.Company, 100+n))},
				}[lang],
			},
			{
				kind: "iban", asked: number, field: "f-number", stops: []string{number, ""}, emptied: true,
				says: map[string]spoken{"en": {"Pasargad", "The answer has arrived: ", fours(lang, number)}, "fa": {"پاسارگاد", "پاسخ رسید: ", fours(lang, number)}}[lang],
			},
			{
				kind: "wage", asked: fmt.Sprintf("%d/2/7", 1_000_000+n), field: "f-amount",
				stops: []string{fmt.Sprint(1_000_000 + n), "bank 2", "bank 7", ""},
				says:  map[string]spoken{"en": {"Pasargad", "The answer has arrived", "Paya"}, "fa": {"پاسارگاد", "پاسخ رسید", "پایا"}}[lang],
			},
		} {
			v.run(lang+"/"+tt.kind, func(t *testing.T) {
				v.prefer(languages[lang])
				v.open("/inquiries/" + tt.kind)
				v.ok(expect.Locator(v.find("#" + tt.field)).ToBeFocused())
				before, entries := v.keeps(), v.eval(`() => history.length`)
				if tt.kind == "account" {
					v.press("Shift+Tab") // the bank stands before the number
				}
				for _, text := range tt.stops {
					if bank, ok := strings.CutPrefix(text, "bank "); ok {
						v.arrowTo(bank)
					} else {
						v.ok(v.Keyboard().Type(text))
					}
					v.press("Tab")
				}
				v.press("Enter")
				v.say(v.answer(), tt.says.answer)
				v.say(v.answer(), tt.says.bank)
				v.say(v.find("#live[role=status]"), tt.says.announced)
				v.ok(expect.Locator(v.find("#" + tt.field)).ToBeFocused())
				if tt.emptied {
					v.ok(expect.Locator(v.find("#" + tt.field)).ToHaveValue(""))
					v.ok(expect.Locator(v.find("#inquiry-check")).ToBeEmpty())
				}
				v.wasAsked(tt.asked, 1)
				if got := v.keeps(); got != before {
					t.Errorf("the browser keeps %s, want what it kept before: %s", got, before)
				}
				if got := v.eval(`() => history.length`); got != entries {
					t.Errorf("the history has %v entries, want %v", got, entries)
				}
			})
		}
	}
}

// TestLateCheckSaysNothing sends a number as soon as it is typed, and lets the look at it come back after the answer: the empty
// field stays without a verdict, and a wrong number has its error alone.
func TestLateCheckSaysNothing(t *testing.T) {
	v := visit(t, demo(t))
	v.provokeStatus(422)
	v.signIn("finance", nil)
	const checks = "**/inquiries/iban/check"
	v.run("late", func(*testing.T) {
		v.open("/inquiries/iban")
		late := v.hold(checks)
		asked, err := v.ExpectRequest(checks, func() error { return v.Keyboard().Type(sandbox.IBAN(7, sandbox.Person, 110)) })
		v.ok(err)
		v.press("Enter")
		v.see(v.answer())
		late.release()
		if answer, err := asked.Response(); err == nil && answer != nil { // else the page has given the look up
			v.ok(answer.Finished())
		}
		v.eval(`() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))`)
		v.ok(expect.Locator(v.find("#f-number")).ToHaveValue(""))
		v.ok(expect.Locator(v.find("#inquiry-check")).ToBeEmpty())
		v.ok(v.Unroute(checks))
	})
	v.ok(v.Clock().Install())
	for name, number := range map[string]string{"good": sandbox.IBAN(7, sandbox.Person, 111), "wrong": "IR480120000000004519087613"} {
		v.run("at once, "+name, func(*testing.T) {
			v.open("/inquiries/iban")
			v.typeInto("number", number)
			v.press("Enter")
			v.see(v.find("#inquiry [data-result], #form-errors"))
			v.ok(v.Clock().RunFor(2000))
			v.eval(`() => fetch(location.href).then(answer => answer.text())`) // whatever was asked before has its answer now
			v.ok(expect.Locator(v.find("#inquiry-check")).ToBeEmpty())
		})
	}
}

// TestWrongCheckDigit types a number with a wrong digit: while it is typed the page says what can be said, and sending it says
// at the field which part is wrong, keeps it, and asks nobody, with JavaScript and without.
func TestWrongCheckDigit(t *testing.T) {
	portal := demo(t)
	const wrongIBAN, wrongCard = "IR480120000000004519087613", "6104330451908762" // the last digit of each is wrong
	for _, scripted := range []bool{true, false} {
		v := visit(t, portal, playwright.BrowserNewContextOptions{JavaScriptEnabled: playwright.Bool(scripted)})
		v.provokeStatus(422)
		v.signIn("operations", nil)
		for lang, says := range map[string]map[string]string{
			"en": {"iban": "The check digits (the two after IR) do not fit", "card": "The last digit, which checks the others, does not fit", "good": "Check digits fit", "bank": "Mellat"},
			"fa": {"iban": "کنترلی", "card": "کنترل", "good": "رقم‌های کنترلی درست است", "bank": "ملت"},
		} {
			for kind, number := range map[string]string{"iban": wrongIBAN, "card": wrongCard} {
				v.run(fmt.Sprintf("%s/%s/scripted=%t", lang, kind, scripted), func(t *testing.T) {
					v.prefer(languages[lang])
					before := portal.askedInAll(t)
					v.open("/inquiries/" + kind)
					v.ok(expect.Locator(v.find("#f-number")).ToBeFocused())
					check := v.find("#inquiry-check[aria-live]")
					if scripted {
						right := map[string]string{"iban": sandbox.PersonIBAN, "card": sandbox.PersonCard}[kind]
						v.ok(v.Keyboard().Type(right[:12]))
						v.say(check, says["bank"])
						v.ok(v.Keyboard().Type(right[12:]))
						v.say(check, says["good"])
						v.say(check, says["bank"])
						v.typeInto("number", number)
						v.say(check, says[kind])
					}
					v.typeInto("number", number)
					v.press("Enter")
					v.say(v.find("#f-number-err"), says[kind])
					v.ok(expect.Locator(v.find("#f-number")).ToHaveAttribute("aria-invalid", "true"))
					v.holds(number)
					if scripted {
						v.ok(expect.Locator(v.find("#form-errors")).ToBeFocused())
					} else {
						v.titleBegins(map[string]string{"en": "Error:", "fa": "خطا:"}[lang])
					}
					if got := portal.askedInAll(t); got != before {
						t.Errorf("the provider was asked %d times", got-before)
					}
				})
			}
		}
	}
}

// TestPastedNumbers pastes numbers as people keep them: each is understood, shown in fours, and copied without spaces and in
// Latin digits.
func TestPastedNumbers(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal, playwright.BrowserNewContextOptions{Permissions: []string{"clipboard-write"}})
	v.signIn("finance", nil)
	spellings := map[string]func(string) string{
		"Persian digits, spaces, lower case": func(n string) string { return strings.ToLower(persianDigits(fours("en", n))) },
		"Arabic digits, dashes, missing IR": func(n string) string {
			digits := strings.Map(func(r rune) rune { return r - '0' + '٠' }, n[2:])
			return regexp.MustCompile(`.{6}`).ReplaceAllString(digits, "$0-")
		},
		"ZWNJ and marks of direction": func(n string) string { return "\u202a" + n[:4] + "\u200c" + n[4:10] + "\u200f " + n[10:] + "\u202c\n" },
	}
	n := 200
	for _, lang := range []string{"en", "fa"} {
		for name, spell := range spellings {
			n++
			number := sandbox.IBAN(3, sandbox.Person, n)
			v.run(lang+"/"+name, func(*testing.T) {
				v.prefer(languages[lang])
				v.open("/inquiries/iban")
				v.ok(expect.Locator(v.find("#f-number")).ToBeFocused())
				v.paste(spell(number))
				v.press("Enter")
				shown := v.answer().Locator(".number .ident bdi")
				v.ok(expect.Locator(shown).ToHaveText(fours(lang, number)))
				v.wasAsked(number, 1)
				v.click(v.answer().Locator(".number [data-copy]"))
				v.say(v.find("#live[role=status]"), map[string]string{"en": "Copied", "fa": "رونوشت برداشته شد"}[lang])
				v.press("Control+k", "Control+v")
				v.ok(expect.Locator(v.find("dialog.palette input")).ToHaveValue(number))
				v.press("Escape")
			})
		}
	}
}

// TestAccountsInTheBanksWords shows what a bank says of accounts: a warning of one that is inactive, a company without a first
// name, two owners.
func TestAccountsInTheBanksWords(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	for lang, says := range map[string]map[string]string{
		"en": {"inactive": "This account may not take a transfer", "company": "Company", "owners": "Owners", "comment": "Bank's comment", "state": "State of the account"},
		"fa": {"inactive": "شاید این حساب واریز را نپذیرد", "company": "شخص حقوقی", "owners": "صاحبان حساب", "comment": "توضیح بانک", "state": "وضعیت حساب"},
	} {
		v.run(lang, func(t *testing.T) {
			v.prefer(languages[lang])
			v.ask("iban", sandbox.InactiveIBAN)
			warning := v.answer().Locator(".alert[data-tone=warning]")
			v.say(warning, says["inactive"])
			v.say(warning, "حساب غیرفعال است")
			v.say(v.fact(says["state"]).Locator("[data-tone=warning]"), "حساب غیرفعال است")
			v.say(v.fact(says["comment"]), "صاحب حساب باید به شعبه مراجعه کند")

			v.ask("iban", sandbox.CompanyIBAN)
			v.none(v.answer().Locator(".alert[data-tone=warning]"))
			if got, want := readTexts(t, v.fact(says["owners"]).Locator("li bdi")), []string{"الکام توسعه آماد"}; !slices.Equal(got, want) {
				t.Errorf("the owners are %q, want %q", got, want)
			}
			v.say(v.fact(says["owners"]), says["company"])

			v.ask("iban", sandbox.JointIBAN)
			if got, want := readTexts(t, v.fact(says["owners"]).Locator("li")), []string{"علی رضایی", "مریم رضایی"}; !slices.Equal(got, want) {
				t.Errorf("the owners are %q, want %q", got, want)
			}

			v.ask("card", sandbox.CompanyCard)
			v.say(v.answer(), fours(lang, sandbox.CompanyIBAN))

			v.ask("iban", sandbox.UnknownIBAN)
			v.say(v.find("#inquiry .alert[data-tone=warning]"), "حساب با این مشخصات یافت نشد")
			v.none(v.answer())
		})
	}
}

// TestNamesCompared types names beside an IBAN: what is the same but for its spelling matches, what is like it is near, and
// of another one the differing part is marked.
func TestNamesCompared(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	verdicts := map[string]map[string]string{
		"en": {"match": "Match", "near": "Near", "differs": "Differs"},
		"fa": {"match": "یکسان", "near": "نزدیک", "differs": "متفاوت"},
	}
	for lang, says := range verdicts {
		for _, tt := range []struct {
			iban, typed, verdict string
			// marked are the parts of the typed name and of the owner's that differ.
			marked []string
		}{
			{iban: sandbox.PersonIBAN, typed: "سرکار خانم زهرا محمدي", verdict: "match"},
			{iban: sandbox.ArabicIBAN, typed: "سید علی کریمی", verdict: "match"},
			{iban: sandbox.CompanyIBAN, typed: "شركت الكام توسعه آماد", verdict: "match"},
			{iban: sandbox.PersonIBAN, typed: "محمدی زهرا", verdict: "near"},
			{iban: sandbox.PersonIBAN, typed: "ملیكا محمدي", verdict: "differs", marked: []string{"ملیكا", "زهرا"}},
		} {
			v.run(lang+"/"+tt.typed, func(t *testing.T) {
				v.prefer(languages[lang])
				v.open("/inquiries/iban")
				v.typeInto("number", tt.iban)
				v.typeInto("name", tt.typed)
				v.press("Enter")
				compared := v.answer().Locator("dd:has(> dl.names)")
				v.say(compared.Locator("> .badge"), says[tt.verdict])
				v.ok(expect.Locator(compared.Locator("dl.names dd").First()).ToHaveText(tt.typed))
				if got := readTexts(t, compared.Locator("mark")); !slices.Equal(got, tt.marked) {
					t.Errorf("what differs is %q, want %q", got, tt.marked)
				}
				for _, part := range tt.marked {
					v.say(compared.Locator("p.hint"), part) // for those who do not see the marks
				}
			})
		}
	}
}

// TestFreshAnswers asks the same again: the answer is offered with its age and costs nothing, one key asks once more, and
// neither a second click nor a look at the page asks anything.
func TestFreshAnswers(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("finance", nil)
	for n, lang := range []string{"en", "fa"} {
		number := sandbox.IBAN(5, sandbox.Person, 300+n)
		v.run(lang, func(*testing.T) {
			v.prefer(languages[lang])
			v.ask("iban", number)
			v.none(v.answer().Locator(".alert"))
			left := v.text(".ask-actions .hint")
			v.typeInto("number", fours("en", number))
			v.press("Enter")
			fresh := v.answer().Locator(".alert[data-tone=info]")
			v.say(fresh, map[string]string{"en": "not charged", "fa": "بدون هزینه"}[lang])
			v.ok(expect.Locator(fresh).ToContainText(regexp.MustCompile(`just now|seconds? ago|همین حالا|ثانیه پیش`)))
			v.ok(expect.Locator(v.find("#f-number")).ToBeFocused())
			v.wasAsked(number, 1)
			v.ok(expect.Locator(v.find(".ask-actions .hint")).ToHaveText(left))

			v.press("Alt+r") // the focus is in the field, where letters are text
			v.none(fresh)
			v.see(v.answer())
			v.wasAsked(number, 2)

			_, err := v.Reload()
			v.ok(err)
			v.none(v.answer())
			v.ok(expect.Locator(v.find("#f-number")).ToHaveValue(""))
			v.wasAsked(number, 2)

			twice := sandbox.IBAN(5, sandbox.Person, 310+n)
			v.typeInto("number", twice)
			v.ok(v.find("#inquiry-form button[type=submit], #inquiry-form button:not([type])").Dblclick())
			v.see(v.answer())
			v.wasAsked(twice, 1)
		})
	}
}

// TestWages compares the ways of a transfer: the amount is typed in the person's unit and said in the other one, an IBAN names
// the bank that it goes to, and the cheapest and the fastest way are marked.
func TestWages(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	for _, tt := range []struct {
		lang                      string
		words, cheapest, fastest  string
		paya, satna, a2a, twoBank string
		day                       *regexp.Regexp
	}{
		{
			lang: "en", words: "700,000,000 rial", cheapest: "Cheapest", fastest: "Fastest", paya: "3,000", satna: "14,000", a2a: "Account to account",
			twoBank: "It works within one bank only", day: regexp.MustCompile(`^20\d\d-\d\d-\d\d \d\d:\d\d`),
		},
		{
			lang: "fa", words: "۷۰۰٬۰۰۰٬۰۰۰ ریال", cheapest: "ارزان‌ترین", fastest: "سریع‌ترین", paya: "۳٬۰۰۰", satna: "۱۴٬۰۰۰", a2a: "حساب به حساب",
			twoBank: "فقط درون یک بانک", day: regexp.MustCompile(`^۱[۰-۹]{3}/[۰-۹]{2}/[۰-۹]{2} `),
		},
	} {
		v.run(tt.lang, func(t *testing.T) {
			v.signIn("finance", merged(languages[tt.lang], map[string]string{"unit": "toman"}))
			before := portal.asked(t)["700000000/2/3"]
			v.open("/inquiries/wage")
			v.ok(v.Keyboard().Type("70000000"))
			v.ok(expect.Locator(v.find("#f-amount")).ToHaveValue("70,000,000"))
			v.say(v.find("#f-amount-words[aria-live]"), tt.words)
			v.choose("source", "2")
			v.typeInto("destination_iban", sandbox.PersonIBAN)
			v.say(v.find("#inquiry-check"), map[string]string{"en": "Mellat", "fa": "ملت"}[tt.lang])
			v.submit(map[string]string{"en": "Ask", "fa": "استعلام"}[tt.lang])
			v.see(v.answer())
			if before == 0 {
				v.wasAsked("700000000/2/3", 1)
			}
			routes := v.answer().Locator(".routes > li")
			v.ok(expect.Locator(routes).ToHaveCount(3))
			v.say(routes.Nth(0), tt.paya)
			v.say(routes.Nth(1), tt.satna)
			v.say(routes.Nth(2), tt.a2a)
			v.say(routes.Nth(2), tt.twoBank)
			v.say(routes.Nth(0), tt.cheapest)
			v.none(routes.Nth(1).GetByText(tt.cheapest))
			arrivals := make([]time.Time, 2)
			for i := range arrivals {
				at := routes.Nth(i).Locator("time")
				v.ok(expect.Locator(at).ToHaveText(tt.day))
				title, err := at.GetAttribute("title")
				v.ok(err)
				if title == "" {
					t.Error("the arrival is not told in the other calendar")
				}
				stamp, err := at.GetAttribute("datetime")
				v.ok(err)
				arrivals[i], err = time.Parse(time.RFC3339, stamp)
				v.ok(err)
			}
			for i, other := range []int{1, 0} {
				marked, err := routes.Nth(i).GetByText(tt.fastest).Count()
				v.ok(err)
				if want := !arrivals[i].After(arrivals[other]); (marked == 1) != want {
					t.Errorf("way %d is marked as the fastest %d times; arrivals %v", i, marked, arrivals)
				}
			}
		})
	}
}

// TestLimitOfInquiries lets a role ask twice a day: what is left is said before each question, and the third is refused before
// anybody is asked.
func TestLimitOfInquiries(t *testing.T) {
	portal := demo(t)
	admin := visit(t, portal)
	admin.signIn("admin", nil)
	limit := func(perDay, lines string) {
		admin.open("/step-up?return=/inquiries/settings")
		admin.typeInto("password", demoPassword)
		admin.submit("Confirm")
		admin.at("/inquiries/settings")
		admin.typeInto("per_day.role.approver", perDay)
		admin.typeInto("lines.role.approver", lines)
		admin.submit("Save")
		admin.say(admin.find("main .alert[data-tone=success]"), "The settings were saved.")
	}
	limit("2", "10")
	t.Cleanup(func() { limit("", "") })
	admin.open("/inquiries/settings")
	admin.ok(expect.Locator(admin.find("[name='per_day.role.approver']")).ToHaveValue("2"))

	v := visit(t, portal)
	v.provokeStatus(429)
	v.signIn("approver", nil)
	v.open("/inquiries/iban")
	v.say(v.find(".ask-actions .hint"), "0 of 2 used today; 2 left")
	for n, left := range []string{"1 of 2 used today; 1 left", "Nothing is left of today's 2."} {
		v.typeInto("number", sandbox.IBAN(6, sandbox.Person, 400+n))
		v.press("Enter")
		v.see(v.answer())
		v.say(v.find(".ask-actions .hint"), left)
	}
	refused := sandbox.IBAN(6, sandbox.Person, 402)
	for lang, says := range map[string][]string{
		"en": {"Today's allowance is used up", "0 left, 1 needed", "an administrator can raise it"},
		"fa": {"سقف امروز پر شده است", "۰", "مدیر"},
	} {
		v.prefer(languages[lang])
		v.ask("iban", refused)
		for _, text := range says {
			v.say(v.find("#inquiry .alert[data-tone=warning]"), text)
		}
		v.holds(refused)
	}
	v.wasAsked(refused, 0)
	v.prefer(nil)
	v.ask("iban", sandbox.IBAN(6, sandbox.Person, 400)) // a fresh answer costs nothing
	v.say(v.answer(), "not charged")
}

// TestProviderOfInquiriesDown asks while the provider fails: the form stays as it was typed, what happened is said with the id
// of the request, and one press asks again.
func TestProviderOfInquiriesDown(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.provokeStatus(502, 503)
	v.signIn("finance", nil)
	for n, tt := range []struct {
		name  string
		fault fault
		// says is the title of what happened, retry the button, and asked how often the number was asked about in the end.
		says, retry string
		asked       int
	}{
		{"500", fault{Kind: "status", Status: 500, Service: "inquiry"}, "The answer was lost", "Ask again (is charged)", 1},
		{"HTML", fault{Kind: "html", Service: "inquiry"}, "The answer was lost", "Ask again (is charged)", 1},
		{"reset after the effect", fault{Kind: "reset", Service: "inquiry", AfterEffect: true}, "The answer was lost", "Ask again (is charged)", 2},
		{"busy", fault{Kind: "status", Status: 429, Service: "inquiry"}, "Nothing was asked", "Try again", 1},
		{"forbidden", fault{Kind: "status", Status: 403, Service: "inquiry"}, "Nothing was asked", "Try again", 1},
	} {
		v.run(tt.name, func(t *testing.T) {
			number := sandbox.IBAN(4, sandbox.Person, 500+n)
			portal.inject(t, tt.fault)
			v.open("/inquiries/iban")
			v.typeInto("number", number)
			v.typeInto("name", "زهرا محمدی")
			v.press("Enter")
			trouble := v.find("#inquiry .alert[role=alert]")
			v.say(trouble, tt.says)
			id, err := trouble.Locator("[data-copy]").GetAttribute("data-copy")
			v.ok(err)
			if !regexp.MustCompile(`^[a-z0-9]{16}$`).MatchString(id) {
				t.Errorf("the id of the request is %q", id)
			}
			v.holds(number)
			v.ok(expect.Locator(v.find("#f-name")).ToHaveValue("زهرا محمدی"))
			v.see(v.find("nav.side"))
			portal.mend(t)
			v.click(within(trouble, "button", tt.retry))
			v.see(v.answer())
			v.none(trouble)
			v.wasAsked(number, tt.asked)
		})
	}
}

// TestHangingInquiry asks a provider that does not answer: the page says that it waits, other pages answer meanwhile, and when
// the line breaks the form is as it was.
func TestHangingInquiry(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.provokeStatus(502)
	v.ok(v.Clock().Install())
	v.signIn("finance", nil)
	number := sandbox.IBAN(4, sandbox.Person, 520)
	portal.inject(t, fault{Kind: "hang", Service: "inquiry"})
	v.open("/inquiries/iban")
	v.typeInto("number", number)
	v.press("Enter")
	v.ok(expect.Locator(v.find("#inquiry-form button[data-busy]")).ToBeVisible())
	v.ok(v.Clock().FastForward(11_000))
	v.say(v.find(".note.slow[role=status]"), "Still working")
	other := visit(t, portal)
	other.signIn("operations", nil)
	other.open("/inquiries/iban")
	other.see(other.find("#f-number"))
	portal.mend(t)
	v.say(v.find("#inquiry .alert[role=alert]"), "The answer was lost")
	v.none(v.find(".note.slow"))
	v.holds(number)
	v.wasAsked(number, 0)
}
