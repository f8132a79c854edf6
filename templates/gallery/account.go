package gallery

import (
	"payportal/templates/account"
	"payportal/templates/ui"
)

// accountItems are the page of the own account.
func accountItems(s sample) []Item {
	plain := s.account()
	proven := s.account()
	proven.SecondFactor, proven.Codes, proven.RemoveHref = ui.Status{Tone: ui.Success, Text: s.say("Set up", "دارد")}, s.say("8 left", "۸ کد باقی مانده"), "/account/totp/remove"
	required := proven
	required.RemoveHref, required.KeepText = "", s.say("One of your roles asks for a second factor.", "یکی از نقش‌های شما ورود دومرحله‌ای را الزامی کرده است.")
	required.Sessions.Rows, required.Sessions.Others = required.Sessions.Rows[:1], false
	return []Item{
		{"account", account.OverviewPage(s.p, plain)},
		{"account-second-factor", account.OverviewPage(s.p, proven)},
		{"account-second-factor-required", account.OverviewPage(s.p, required)},
		{"account-confirm", account.ConfirmPage(s.p, ui.Confirmation{
			Title: s.say("Remove second factor", "حذف ورود دومرحله‌ای"), Action: "/account/totp/remove",
			Confirm: s.say("Remove", "حذف"), Dangerous: true, CancelHref: "/account",
		})},
	}
}

func (s sample) account() account.Overview {
	return account.Overview{
		Username: ui.Ident{Text: "sara", What: s.say("User name", "نام کاربری")}, Name: ui.Field{Name: "display_name", Label: s.say("Name", "نام"), Value: s.say("Sara Ahmadi", "سارا احمدی")},
		Roles:        s.say("Finance, Approver", "مالی، تأییدکننده"),
		Permissions:  []account.Allowed{{Group: s.say("Payments", "تراکنش‌ها"), Text: s.say("See payments, Export payments", "دیدن تراکنش‌ها، خروجی گرفتن از تراکنش‌ها")}},
		Preferences:  []ui.SelectInput{s.anyOf("lang", s.say("Language", "زبان"), "en", "fa"), s.anyOf("shortcuts", s.say("Single-key shortcuts", "میان‌برهای تک‌کلیدی"), "on", "off")},
		SecondFactor: ui.Status{Text: s.say("Not set up", "ندارد")},
		Sessions: account.Sessions{Label: s.say("2 sessions", "۲ نشست"), Others: true, Rows: []account.SessionRow{
			{Browser: s.say("Firefox on Linux", "Firefox در Linux"), Address: "192.0.2.7", Agent: "Mozilla/5.0", Since: s.time(), LastSeen: s.time(), Age: s.say("just now", "همین حالا"), This: true},
			{Browser: s.say("Chrome on Android", "Chrome در Android"), Address: "2001:db8::7", Agent: "Mozilla/5.0", Since: s.time(), LastSeen: s.time(), Age: s.say("3 hours ago", "۳ ساعت پیش"), EndAction: "/account/sessions/k3v9/end"},
		}},
	}
}
