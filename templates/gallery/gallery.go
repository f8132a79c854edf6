// Package gallery shows every component with canned content: empty, one, many, wrong, forbidden, long and Persian. It
// feeds the goldens, the accessibility checks and the screenshots, and it is where to look for how a component is used. No
// page of the portal imports it.
package gallery

import (
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"payportal/internal/i18n"
	"payportal/templates/account"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// Item is one component, or one page's content, with canned values.
type Item struct {
	// Name is a file name and an address: lower case, with hyphens.
	Name string
	// Draw is the component.
	Draw templ.Component
}

// sample gives canned texts in the printer's language.
type sample struct{ p *i18n.Printer }

// say chooses between the languages.
func (s sample) say(english, persian string) string {
	if s.p.Dir() == "rtl" {
		return persian
	}
	return english
}

// All lists every component with canned values in p's language.
func All(p *i18n.Printer) []Item {
	s := sample{p}
	components := []Item{
		{"page-header", s.header()},
		{"freshness", freshness(s)},
		{"tiles", ui.Tiles(s.tiles())},
		{"chart", s.chart()},
		{"list-many", list(s, s.rows(12))},
		{"list-one", list(s, s.rows(1))},
		{"list-empty", empty(ui.NothingYet(s.say("No terminals yet", "هنوز پایانه‌ای ثبت نشده است"),
			s.say("Register the first one, or import those that exist at the provider.", "نخستین پایانه را ثبت کنید یا پایانه‌های موجود را از سرویس‌دهنده وارد کنید."),
			ui.Button{Label: s.say("New terminal", "پایانهٔ جدید"), Icon: icon.Plus, Kind: ui.Primary, Href: "/terminals/new"}))},
		{"list-no-match", empty(ui.NothingMatches(p, "/payments"))},
		{"list-forbidden", empty(ui.NoPermission(p, "payment.list"))},
		{"details", details(s)},
		{"values", values(s)},
		{"badges", badges(s)},
		{"buttons", buttons(s)},
		{"alerts", alerts(s)},
		{"tabs", ui.Tabs(s.say("Views", "نماها"), s.tabs())},
		{"progress", progress(s)},
		{"form", form(s, false)},
		{"form-errors", form(s, true)},
		{"confirm", confirm(s)},
		{"problem-403", layout.ErrorContent(p, layout.Problem{Status: 403, Permission: "terminal.create", RequestID: "01JD3Y8Q6T", BackHref: "/terminals"})},
		{"problem-404", layout.ErrorContent(p, layout.Problem{Status: 404, RequestID: "01JD3Y8Q6T"})},
		{"problem-502", layout.ErrorContent(p, layout.Problem{Status: 502, Code: "gateway_timeout", RequestID: "01JD3Y8Q6T"})},
		{"problem-503", layout.ErrorContent(p, layout.Problem{Status: 503, RequestID: "01JD3Y8Q6T", RetryHref: "/payments"})},
		{"sign-in", account.SignInForm(p, account.SignIn{Reason: account.Expired, Return: "/payments?status=failed"})},
		{"sign-in-failed", account.SignInForm(p, account.SignIn{Username: "sara", Failed: true})},
		{"second-factor", account.SecondFactorForm(p, account.SecondFactor{Error: s.say("This code is wrong or has been used.", "این کد نادرست است یا پیش‌تر استفاده شده است.")})},
		{"new-password", account.NewPasswordForm(p, s.newPassword())},
		{"setup", account.SetupForm(p, account.Setup{Action: "/setup/k3v9", Rule: s.rule()})},
		{"step-up", account.StepUpForm(p, account.StepUp{Return: "/admin/users/7", CancelHref: "/admin/users/7"})},
		{"step-up-code", account.StepUpForm(p, account.StepUp{Code: true, Return: "/admin/users/7", CancelHref: "/admin/users/7"})},
		{"enrolment", account.EnrolmentForm(p, account.Enrolment{
			URL:    "otpauth://totp/Payportal:sara?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Payportal",
			Secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", Required: true,
		})},
		{"recovery-codes", account.RecoveryCodesList(p, account.RecoveryCodes{
			Codes:        []string{"7K2M-9QXD", "H4TN-W8PA", "2VRC-6JLE", "9BXF-3MZK", "Q5DS-T7YN", "E8GH-4CUV", "LW6P-2RKJ", "X3NA-8FQT"},
			ContinueHref: "/",
		})},
	}
	return slices.Concat(components, overviewItems(s), paymentItems(s), terminalItems(s), directoryItems(s), reportItems(s), inquiryItems(s), commandItems(s), accountItems(s), adminItems(s), bulkItems(s))
}

// Frame is the frame that the gallery and tests of the layout stand in.
func Frame(p *i18n.Printer) layout.Frame {
	s := sample{p}
	return layout.Frame{
		P: p, Title: s.say("Payments", "تراکنش‌ها"), Nonce: "n0nce", Path: "/payments?status=failed", Environment: layout.Sandbox,
		Nav: s.nav(), User: &layout.User{Name: s.say("Sara Ahmadi", "سارا احمدی"), Roles: s.say("Finance, Approver", "مالی، تأییدکننده")},
		Preferences: layout.Preferences{
			Lang: p.Lang(), Calendar: s.say("gregorian", "jalali"), Digits: s.say("latin", "persian"), Unit: "rial", Zone: "UTC",
			Theme: "auto", Density: "comfortable",
			Zones: []ui.Option{
				{Value: "Asia/Tehran", Label: s.say("Tehran", "تهران")},
				{Value: "Europe/Warsaw", Label: s.say("Warsaw", "ورشو")},
				{Value: "America/Lima", Label: s.say("Lima", "لیما")},
				{Value: "UTC", Label: "UTC"},
			},
		},
		Breadcrumbs: []layout.Crumb{{Label: s.say("PSP reporting", "گزارش‌های پرداخت"), Href: "/payments"}, {Label: s.say("Payments", "تراکنش‌ها")}},
		Flashes:     []ui.Notice{{Tone: ui.Success, Text: s.say("Terminal 21400371 was created.", "پایانهٔ ۲۱۴۰۰۳۷۱ ساخته شد."), Toast: true}},
		Session:     layout.Session{IdleSeconds: 900, WarnSeconds: 120, TouchHref: "/session", SignInHref: "/sign-in"},
		PaletteHref: "/palette", RequestID: "01JD3Y8Q6T",
	}
}

func (s sample) nav() []layout.NavGroup {
	return []layout.NavGroup{
		{Items: []layout.NavItem{{Label: s.say("Overview", "نمای کلی"), Href: "/", Icon: icon.Home, Key: "o"}}},
		{Label: s.say("PSP reporting", "گزارش‌های پرداخت"), Items: []layout.NavItem{
			{Label: s.say("Payments", "تراکنش‌ها"), Href: "/payments", Icon: icon.Receipt, Key: "p", Current: true},
			{Label: s.say("Terminals", "پایانه‌ها"), Href: "/terminals", Icon: icon.Device, Key: "t"},
			{Label: s.say("Reports", "گزارش‌ها"), Href: "/reports", Icon: icon.Report, Key: "r", Count: s.p.Digits("3")},
			{Label: s.say("PSPs", "شرکت‌های پرداخت"), Href: "/psps", Icon: icon.Store},
			{Label: s.say("PSP accounts", "حساب‌های پرداخت"), Href: "/psp-accounts", Icon: icon.Wallet},
		}},
		{Label: s.say("Administration", "مدیریت سامانه"), Items: []layout.NavItem{
			{Label: s.say("Users", "کاربران"), Href: "/admin/users", Icon: icon.Users, Key: "u"},
			{Label: s.say("Roles", "نقش‌ها"), Href: "/admin/roles", Icon: icon.Shield},
			{Label: s.say("Connections", "اتصال‌ها"), Href: "/admin/connections", Icon: icon.Plug, Key: "c"},
			{Label: s.say("Audit", "رویدادنگاری"), Href: "/admin/audit", Icon: icon.History, Key: "a"},
			{Label: s.say("Jobs", "پردازش‌ها"), Href: "/admin/jobs", Icon: icon.Progress},
		}},
	}
}

func (s sample) rule() string {
	return s.say("At least 12 characters. A sentence is good.", "دست‌کم ۱۲ نویسه. یک جمله انتخاب خوبی است.")
}

func (s sample) newPassword() account.NewPassword {
	return account.NewPassword{
		Forced: true, Username: "sara", Rule: s.rule(),
		Errors: map[string]string{"repeat_password": s.say("The two passwords differ.", "دو گذرواژه یکسان نیستند.")},
	}
}

func (s sample) time() ui.Time {
	return ui.Time{
		ISO:   "2025-11-20T10:34:00Z",
		Text:  s.say("20 Nov 2025, 14:04", "۱۴۰۴/۰۸/۲۹، ۱۴:۰۴"),
		Other: s.say("1404/08/29, Tehran", "20 November 2025, تهران"),
	}
}

func (s sample) money(minor, english, persian string) ui.Money {
	return ui.Money{Minor: minor, Text: s.say(english, persian), Unit: s.say("IRR", "ریال")}
}

func (s sample) fresh() ui.Freshness {
	return ui.Freshness{At: s.time(), Age: s.say("2 minutes ago", "۲ دقیقه پیش"), RefreshHref: "/payments?refresh=1"}
}

func (s sample) stale() ui.Freshness {
	f := s.fresh()
	f.Age, f.Stale = s.say("3 hours ago", "۳ ساعت پیش"), s.say("Toman has not answered since 11:20.", "سرویس تومن از ساعت ۱۱:۲۰ پاسخ نداده است.")
	return f
}

func (s sample) header() templ.Component {
	return pageHeader(s, ui.Header{
		Title: s.say("Terminal 21400371", "پایانهٔ ۲۱۴۰۰۳۷۱"), Status: &ui.Status{Tone: ui.Success, Text: s.say("Active", "فعال")},
		Text: s.say("Parsian, shop in Tajrish", "پارسیان، فروشگاه تجریش"), Fresh: &ui.Freshness{At: s.time(), Age: s.say("just now", "همین حالا"), RefreshHref: "/terminals/1?live=1"},
	})
}

func (s sample) tiles() []ui.Tile {
	return []ui.Tile{
		{Label: s.say("Payments yesterday", "تراکنش‌های دیروز"), Value: s.say("18,204", "۱۸٬۲۰۴"), Note: s.say("4.1% more than a week before", "۴٫۱٪ بیش از هفتهٔ پیش"), Href: "/payments?period=yesterday"},
		{Label: s.say("Success rate", "نرخ موفقیت"), Value: s.say("96.4%", "۹۶٫۴٪"), Tone: ui.Success, NoteBadge: s.say("normal", "عادی")},
		{Label: s.say("Amount", "مبلغ"), Value: s.say("48,120,500,000", "۴۸٬۱۲۰٬۵۰۰٬۰۰۰"), Unit: s.say("IRR", "ریال")},
		{Label: s.say("Connection", "اتصال"), Value: "–", Tone: ui.Warning, NoteBadge: s.say("late", "با تأخیر"), Note: s.say("last answer 3 hours ago", "آخرین پاسخ ۳ ساعت پیش")},
	}
}

func (s sample) chart() templ.Component {
	c := ui.Chart{
		Title:     s.say("Payments a day", "تعداد تراکنش در روز"),
		LabelHead: s.say("Day", "روز"),
		Highest:   s.p.Int(17_742),
		Series:    []string{s.say("Successful", "موفق"), s.say("Failed", "ناموفق")},
	}
	for i := range 30 {
		good, bad := int64(12000+(i*7919)%5200), int64(300+(i*104729)%900)
		bar := ui.Bar{
			Label: s.p.Digits(fmt.Sprintf("2025/11/%02d", i+1)),
			Parts: []ui.Part{{Value: good, Text: s.p.Int(good)}, {Value: bad, Text: s.p.Int(bad)}},
		}
		if i%5 == 0 {
			bar.Short = s.p.Digits(fmt.Sprintf("11/%02d", i+1))
		}
		c.Bars = append(c.Bars, bar)
	}
	return chartCard(s, c)
}

func (s sample) tabs() []ui.Tab {
	return []ui.Tab{
		{Label: s.say("Registered", "ثبت‌شده"), Href: "/terminals", Current: true, Count: s.p.Digits("40")},
		{Label: s.say("Seen, not registered", "دیده‌شده و ثبت‌نشده"), Href: "/terminals?seen=1", Count: s.p.Digits("3")},
		{Label: s.say("Disabled", "غیرفعال"), Href: "/terminals?disabled=1"},
	}
}

// row is a line of the canned list.
type row struct {
	id, psp, terminal string
	card              ui.CardNumber
	at                ui.Time
	amount            ui.Money
	status            ui.Status
}

func (s sample) rows(n int) []row {
	psps := []string{
		s.say("Parsian", "پارسیان"), s.say("Saman Electronic Payment", "پرداخت الکترونیک سامان"),
		s.say("Behpardakht Mellat", "به‌پرداخت ملت"), s.say("Asan Pardakht Persian", "آسان پرداخت پرشین"),
	}
	states := []ui.Status{
		{Tone: ui.Success, Text: s.say("Successful", "موفق")},
		{Tone: ui.Failure, Text: s.say("Failed", "ناموفق")},
		{Tone: ui.Warning, Text: s.say("Unknown", "نامشخص")},
		{Tone: ui.Info, Text: s.say("Reversed", "برگشت‌خورده")},
		{Text: s.say("Pending", "در انتظار")},
	}
	list := make([]row, n)
	for i := range list {
		minor := int64(i*i*917_000 + 1_250_000)
		list[i] = row{
			id: fmt.Sprintf("9f%02d41c7-66aa", i), psp: psps[i%len(psps)], terminal: s.p.Digits(fmt.Sprint(21400371 + i)),
			card: ui.CardNumber{First: s.p.Digits("621986"), Last: s.p.Digits(fmt.Sprintf("%04d", 1207+i*613))},
			at:   s.time(), amount: ui.Money{Minor: fmt.Sprint(minor), Text: s.p.Int(minor), Unit: s.say("IRR", "ریال")},
			status: states[i%len(states)],
		}
	}
	return list
}

func (s sample) columns() []ui.Column {
	return []ui.Column{
		{Key: "id", Label: s.say("Payment", "تراکنش")},
		{Key: "at", Label: s.say("Time", "زمان"), SortHref: "/payments?sort=at", Sorted: ui.Descending},
		{Key: "psp", Label: s.say("PSP", "شرکت پرداخت")},
		{Key: "terminal", Label: s.say("Terminal", "پایانه")},
		{Key: "card", Label: s.say("Card", "کارت")},
		{Key: "amount", Label: s.say("Amount", "مبلغ"), Numeric: true, SortHref: "/payments?sort=amount"},
		{Key: "status", Label: s.say("Status", "وضعیت")},
	}
}

func (s sample) chips() ui.Chips {
	return ui.Chips{ClearHref: "/payments", Live: true, Items: []ui.Chip{
		{Label: s.say("Status: failed", "وضعیت: ناموفق"), RemoveHref: "/payments?psp=parsian"},
		{Label: s.say("PSP: Parsian", "شرکت پرداخت: پارسیان"), RemoveHref: "/payments?status=failed"},
	}}
}

func (s sample) pager() ui.Pager {
	return ui.Pager{
		NextHref: "/payments?after=x", Live: true, Text: s.say("Rows 1 to 12", "سطرهای ۱ تا ۱۲"),
		Sizes: []ui.PageSize{
			{Label: s.p.Digits("25"), Href: "/payments?size=25", Current: true},
			{Label: s.p.Digits("50"), Href: "/payments?size=50"},
			{Label: s.p.Digits("100"), Href: "/payments?size=100"},
		},
	}
}

func (s sample) problems() map[string]string {
	return map[string]string{
		"name":    s.say("Give the terminal a name.", "نام پایانه را بنویسید."),
		"iban":    s.say("The check digits do not fit: one digit is wrong.", "رقم‌های کنترلی درست نیست: یکی از ارقام اشتباه است."),
		"account": s.say("Choose an account.", "یک حساب انتخاب کنید."),
		"amount":  s.say("The limit is 500,000,000.", "سقف مجاز ۵۰۰٬۰۰۰٬۰۰۰ است."),
		"terms":   s.say("Confirm this to go on.", "برای ادامه این را تأیید کنید."),
		"kind":    s.say("Choose one.", "یکی را انتخاب کنید."),
	}
}
