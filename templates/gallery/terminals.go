package gallery

import (
	"payportal/templates/terminals"
	"payportal/templates/ui"
)

// terminalItems are the pages of the register with canned content.
func terminalItems(s sample) []Item {
	return []Item{
		{"terminals-many", terminals.RegisterPage(s.p, s.register(s.registerRows()...))},
		{"terminals-empty", terminals.RegisterPage(s.p, s.register())},
		{"terminals-seen", terminals.SeenPage(s.p, s.seen())},
		{"terminals-new", terminals.NewForm(s.p, s.newTerminal(nil))},
		{"terminals-new-errors", terminals.NewForm(s.p, s.newTerminal(map[string]string{
			"terminal_number":  s.say("The provider says: already exists", "پاسخ ارائه‌دهنده: already exists"),
			"psp_account_uuid": s.say("Choose the PSP account that the terminal belongs to.", "حساب PSP این پایانه را انتخاب کنید."),
		}))},
		{"terminals-import", terminals.ImportForm(s.p, s.importForm())},
		{"terminals-detail", terminals.DetailPage(s.p, s.terminal())},
		{"terminals-missing", terminals.MissingPage(s.p, terminals.Missing{UUID: s.uuid(), ImportHref: "/terminals/import?uuids=" + sampleUUID})},
	}
}

const sampleUUID = "9f0041c7-66aa-4f3e-9d5e-1c2b3a4d5e6f"

func (s sample) uuid() ui.Ident { return ui.Ident{Text: sampleUUID, What: "UUID"} }

func (s sample) number() string { return s.p.Digits("21400371") }

func (s sample) enabled() ui.Status {
	return ui.Status{Tone: ui.Success, Text: s.say("Enabled", "فعال")}
}

func (s sample) registerHead(current int) terminals.Head {
	head := terminals.Head{
		CreateHref: "/terminals/new", ImportHref: "/terminals/import",
		Tabs: []ui.Tab{
			{Label: s.say("Registered", "ثبت‌شده"), Href: "/terminals"},
			{Label: s.say("Seen in payments, not registered", "دیده‌شده در تراکنش‌ها، ثبت‌نشده"), Href: "/terminals?tab=seen", Count: s.p.Digits("3")},
		},
		Undecided: terminals.Undecided{Text: s.say("The outcome of 1 creation is not known.", "سرانجام ۱ درخواست ساخت پایانه معلوم نیست."), Href: "/terminals/commands"},
	}
	head.Tabs[current].Current = true
	return head
}

func (s sample) register(rows ...terminals.Row) terminals.Register {
	choice := func(name, english, persian string) ui.SelectInput {
		return ui.SelectInput{Field: ui.Field{Name: name, Label: s.say(english, persian)}, Options: []ui.Option{{Label: s.say("All", "همه")}}}
	}
	return terminals.Register{
		Head: s.registerHead(0),
		Filter: terminals.Filter{
			Query: "21", Types: choice("type", "Type", "نوع"), PSPs: choice("psp", "PSP", "شرکت PSP"), Accounts: choice("account", "PSP account", "حساب PSP"),
			States: choice("enabled", "State", "وضعیت"), Origins: choice("origin", "Origin", "منشأ"), Keep: []ui.Hidden{{Name: "sort", Value: "number"}},
		},
		List: terminals.List{
			Label: s.say("2 terminals on this page", "۲ پایانه در این صفحه"), Rows: rows, Empty: ui.NothingMatches(s.p, "/terminals"),
			Chips: ui.Chips{Items: []ui.Chip{{Label: s.say("Search: 21", "جست‌وجو: ۲۱"), RemoveHref: "/terminals"}}, ClearHref: "/terminals", Live: true},
			Columns: []ui.Column{
				{Key: "number", Label: s.say("Terminal number", "شمارهٔ پایانه"), SortHref: "/terminals?sort=-number", Sorted: ui.Ascending},
				{Key: "label", Label: s.say("Label", "برچسب")},
				{Key: "state", Label: s.say("State", "وضعیت")},
				{Key: "type", Label: s.say("Type", "نوع")},
				{Key: "psp", Label: s.say("PSP", "شرکت PSP")},
				{Key: "account", Label: s.say("PSP account", "حساب PSP")},
				{Key: "origin", Label: s.say("Origin", "منشأ")},
				{Key: "created", Label: s.say("Created", "زمان ایجاد"), SortHref: "/terminals?sort=created"},
			},
			Pager: ui.Pager{NextHref: "/terminals?after=x", Text: s.say("2 terminals on this page", "۲ پایانه در این صفحه"), Live: true},
		},
	}
}

func (s sample) registerRows() []terminals.Row {
	return []terminals.Row{
		{
			Href: "/terminals/" + sampleUUID, Number: s.number(), Label: s.say("Till by the door", "صندوق کنار در"), Type: s.say("Point of sale (POS)", "کارتخوان (POS)"), PSP: "SEP",
			Account: s.say("Central shop", "فروشگاه مرکزی"), State: s.enabled(), Origin: s.say("Created here", "ساخته‌شده در سامانه"), Created: s.time(),
		},
		{
			Href: "/terminals/x", Number: s.p.Digits("21400372"), Type: s.say("Internet gateway (IPG)", "درگاه اینترنتی (IPG)"), PSP: "PEC",
			Account: "شرکت خدمات پرداخت و تجارت الکترونیک آیندهٔ روشن خاورمیانه (سهامی خاص)", State: ui.Status{Text: s.say("Disabled", "غیرفعال")},
			Origin: s.say("Imported", "واردشده"), Created: s.time(),
		},
	}
}

func (s sample) seen() terminals.Seen {
	return terminals.Seen{
		Head: s.registerHead(1), Label: s.say("1 number on this page", "۱ شماره در این صفحه"), Pager: ui.Pager{Text: s.say("1 number on this page", "۱ شماره در این صفحه")},
		Rows: []terminals.SeenRow{{
			Number: s.p.Digits("35369414"), Copy: "35369414", Type: s.say("Point of sale (POS)", "کارتخوان (POS)"), PSP: "BEH", Payments: s.p.Int(1244),
			First: s.time(), Last: s.time(), PaymentsHref: "/payments?terminal=35369414", CreateHref: "/terminals/new?number=35369414",
		}},
	}
}

func (s sample) newTerminal(problems map[string]string) terminals.New {
	field := func(name, english, persian, value string) ui.Field {
		return ui.Field{Name: name, Label: s.say(english, persian), Value: value, Required: true, Error: problems[name]}
	}
	view := terminals.New{
		Key: "KEY", Connection: "toman", CancelHref: "/terminals",
		Account: ui.SelectInput{Field: field("psp_account_uuid", "PSP account", "حساب PSP", ""), Options: []ui.Option{
			{Label: s.say("Choose an account", "یک حساب انتخاب کنید")},
			{Value: "1", Label: "Shop – SEP"},
			{Value: "2", Label: s.say("Closed – SEP – Disabled", "بسته – SEP – غیرفعال"), Disabled: true},
		}},
		Type: ui.ChoiceInput{
			Field: ui.Field{Name: "terminal_type", Label: s.say("Type", "نوع")}, Chosen: []string{"pos"},
			Options: []ui.Option{{Value: "ipg", Label: s.say("Internet gateway (IPG)", "درگاه اینترنتی (IPG)")}, {Value: "pos", Label: s.say("Point of sale (POS)", "کارتخوان (POS)")}},
		},
		Number:       field("terminal_number", "Terminal number", "شمارهٔ پایانه", s.number()),
		AcceptorCode: field("acceptor_code", "Acceptor code", "کد پذیرنده", s.p.Digits("213")),
		Enabled:      ui.CheckInput{Field: ui.Field{Name: "enabled", Label: s.say("Enabled", "فعال")}, Checked: true},
		Description:  ui.Field{Name: "description", Label: s.say("Description", "شرح"), Optional: s.p.T("ui.optional")},
		Start:        field("start_fetch_time", "Fetch payments from", "دریافت تراکنش‌ها از", s.say("2025-11-20", "۱۴۰۴/۰۸/۲۹")),
	}
	for _, name := range []string{"psp_account_uuid", "terminal_number"} {
		if message := problems[name]; message != "" {
			view.Errors = append(view.Errors, ui.FormError{Field: name, Message: message})
		}
	}
	if problems != nil {
		view.Open = terminals.Undecided{Text: s.say("An earlier request for the same thing is not settled yet.", "درخواست پیشین برای همین مورد هنوز تعیین تکلیف نشده است."), Href: "/terminals/commands/5"}
	}
	return view
}

func (s sample) importForm() terminals.Import {
	return terminals.Import{
		Connection: "toman", CancelHref: "/terminals", UUIDs: ui.Field{Name: "uuids", Label: s.say("Terminal UUIDs", "UUID پایانه‌ها"), Required: true, LTR: true},
		Result: &terminals.ImportResult{
			Label:  s.say("3 lines", "۳ سطر"),
			Counts: []ui.Status{{Tone: ui.Success, Text: s.say("Imported: 1", "وارد شد: ۱")}, {Tone: ui.Failure, Text: s.say("Not imported: 1", "وارد نشد: ۱")}},
			Retry:  sampleUUID, RetryLabel: s.say("Try 1 line again", "تلاش دوباره برای ۱ سطر"),
			Lines: []terminals.ImportLine{
				{Input: sampleUUID, Href: "/terminals/" + sampleUUID, Status: ui.Status{Tone: ui.Success, Text: s.say("Imported", "وارد شد")}, SettledHref: "/terminals/commands/5"},
				{Input: "3fa85f64", Status: ui.Status{Tone: ui.Warning, Text: s.say("Not a UUID", "UUID معتبر نیست")}},
				{
					Input: sampleUUID, Status: ui.Status{Tone: ui.Failure, Text: s.say("Not imported", "وارد نشد")},
					Note: s.say("The provider cannot be reached.", "دسترسی به ارائه‌دهنده ممکن نیست."),
				},
			},
		},
	}
}

func (s sample) terminal() terminals.Detail {
	return terminals.Detail{
		Title: s.say("Terminal 21400371", "پایانهٔ ۲۱۴۰۰۳۷۱"), State: s.enabled(), Fresh: s.stale(), BackHref: "/terminals?type=pos",
		Number: ui.Ident{Text: s.number(), Copy: "21400371", What: s.say("terminal number", "شمارهٔ پایانه")}, UUID: s.uuid(),
		AcceptorCode: ui.Ident{Text: s.p.Digits("213"), Copy: "213", What: s.say("acceptor code", "کد پذیرنده")},
		Type:         s.say("Point of sale (POS)", "کارتخوان (POS)"), PSP: "SEP", Origin: s.say("Created here", "ساخته‌شده در سامانه"),
		Account: terminals.Link{Text: s.say("Central shop", "فروشگاه مرکزی"), Href: "/psp-accounts/1"}, StartFetchTime: s.time(), Created: s.time(), Registered: s.time(),
		Note: terminals.Note{
			Action: "/terminals/" + sampleUUID, Version: "2", List: "type=pos",
			Errors: []ui.FormError{{Message: s.say("Somebody else changed the label or the notes.", "شخص دیگری برچسب یا یادداشت را تغییر داده است.")}},
			Label:  ui.Field{Name: "label", Label: s.say("Label", "برچسب"), Value: s.say("Till 2", "صندوق ۲")}, Text: ui.Field{Name: "notes", Label: s.say("Notes", "یادداشت")},
			Theirs: &terminals.Theirs{Label: s.say("Till by the door", "صندوق کنار در")},
		},
		Payments: &terminals.Payments{Href: "/payments?terminal=21400371", Label: s.say("Latest payments", "آخرین تراکنش‌ها"), Rows: []terminals.Payment{{
			Href: "/payments/01JD3Y8Q6T", ID: "01JD3Y8Q6T", At: s.time(), Amount: s.money("1250000", "1,250,000", "۱٬۲۵۰٬۰۰۰"),
			Card: ui.CardNumber{First: s.p.Digits("603799"), Last: s.p.Digits("1207")}, State: ui.Status{Tone: ui.Success, Text: s.say("Successful", "موفق")},
		}}},
		Raw: "{\n  \"uuid\": \"" + sampleUUID + "\",\n  \"terminal_number\": \"21400371\"\n}",
	}
}
