package gallery

import (
	"payportal/templates/directory"
	"payportal/templates/icon"
	"payportal/templates/ui"
)

// directoryItems are the pages of PSPs and PSP accounts with canned content.
func directoryItems(s sample) []Item {
	fresh := s.fresh()
	fresh.RefreshHref, fresh.RefreshAction = "", "/psp-accounts/refresh"
	list := directory.List{
		Title: s.say("PSP accounts", "حساب‌های PSP"), Text: s.say("As the provider lists them.", "بر پایهٔ فهرست ارائه‌دهنده."), Fresh: fresh,
		Empty: ui.NothingYet(s.say("No PSP accounts yet", "هنوز حساب PSP دریافت نشده است"), "", ui.Button{}),
	}
	full := list
	full.Table, full.Connections = s.accounts(), s.tabs()
	accounts := s.accounts()
	return []Item{
		{"directory-many", directory.ListPage(s.p, full)},
		{"directory-empty", directory.ListPage(s.p, list)},
		{"directory-detail", directory.DetailPage(s.p, directory.Detail{
			Title: "SEP", State: ui.Status{Tone: ui.Warning, Text: s.say("No longer listed", "حذف‌شده از فهرست")}, Fresh: s.stale(), BackHref: "/psps",
			Gone: s.say("No longer listed since 2025-11-20", "از ۱۴۰۴/۰۸/۲۹ دیگر در فهرست ارائه‌دهنده نیست"),
			Facts: []directory.Fact{
				{Label: s.say("Name", "نام"), Text: "SEP"},
				{Label: s.say("Number", "شماره"), Ident: ui.Ident{Text: s.p.Digits("0"), Copy: "0", What: s.say("number", "شماره")}},
				{Label: s.say("Created", "زمان ایجاد"), At: s.time()},
				{Label: s.say("Note", "توضیح")},
			},
			Actions:  []ui.Button{{Label: s.say("Terminals", "پایانه‌ها"), Icon: icon.Device, Href: "/terminals?psp=SEP"}},
			Accounts: &accounts,
		})},
	}
}

func (s sample) accounts() directory.Table {
	return directory.Table{
		ID: "accounts-table", Label: s.say("2 PSP accounts", "۲ حساب PSP"),
		Columns: []ui.Column{
			{Key: "name", Label: s.say("Name", "نام")},
			{Key: "psp", Label: s.say("PSP", "شرکت PSP")},
			{Key: "created", Label: s.say("Created", "زمان ایجاد")},
			{Key: "state", Label: s.say("State", "وضعیت")},
		},
		Rows: []directory.Row{
			{Href: "/psp-accounts/1", Name: s.say("Central shop", "فروشگاه مرکزی"), Cells: []directory.Cell{{Text: "SEP"}, {At: s.time()}}, State: s.enabled()},
			{
				Href: "/psp-accounts/2", Name: "شرکت خدمات پرداخت و تجارت الکترونیک آیندهٔ روشن خاورمیانه (سهامی خاص)", Cells: []directory.Cell{{Text: "SAD"}, {At: s.time()}},
				State: ui.Status{Tone: ui.Warning, Text: s.say("No longer listed", "حذف‌شده از فهرست")}, Gone: s.say("No longer listed since 2025-11-20", "از ۱۴۰۴/۰۸/۲۹ دیگر در فهرست نیست"),
			},
		},
	}
}
