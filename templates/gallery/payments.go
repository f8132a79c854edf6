package gallery

import (
	"payportal/templates/icon"
	"payportal/templates/payments"
	"payportal/templates/ui"
)

// paymentItems are the pages of payments with canned content.
func paymentItems(s sample) []Item {
	return []Item{
		{"payments-many", payments.ListPage(s.p, s.payments(s.paymentRows(4)...))},
		{"payments-filling", payments.ListPage(s.p, s.fillingPayments())},
		{"payments-wrong", payments.ListPage(s.p, s.wrongPayments())},
		{"payments-totals", payments.TotalsPage(s.p, s.paymentTotals())},
		{"payments-detail", payments.DetailPage(s.p, s.payment())},
		{"payments-views", payments.ViewsPage(s.p, s.views())},
	}
}

func (s sample) payments(rows ...payments.Row) payments.List {
	return payments.List{Fresh: s.fresh(), Filter: s.paymentFilter(), Results: s.paymentResults(rows)}
}

func (s sample) paymentFilter() payments.Filter {
	field := func(name, english, persian string) ui.Field {
		return ui.Field{Name: name, Label: s.say(english, persian)}
	}
	choice := func(f ui.Field, options ...ui.Option) ui.SelectInput {
		return ui.SelectInput{Field: f, Options: append([]ui.Option{{Label: s.say("All", "همه")}}, options...)}
	}
	amount := func(name, english, persian string) ui.AmountInput {
		return ui.AmountInput{Field: field(name, english, persian), Unit: s.say("rial", "ریال")}
	}
	f := payments.Filter{
		Search: field("q", "Search", "جست‌وجو"), Period: choice(field("period", "Period", "بازهٔ زمانی")),
		Status:     choice(field("status", "Status", "وضعیت"), ui.Option{Value: "failed", Label: s.say("Failed", "ناموفق")}),
		Type:       choice(field("type", "Type", "نوع")),
		PSP:        choice(field("psp", "PSP", "شرکت پرداخت"), ui.Option{Value: "SEP", Label: "SEP"}),
		Connection: choice(field("connection", "Connection", "اتصال"), ui.Option{Value: "toman", Label: "toman"}),
		From:       field("from", "From", "از تاریخ"), To: field("to", "To", "تا تاریخ"), TerminalField: field("terminal", "Terminal", "پایانه"),
		Min: amount("min", "Amount from", "مبلغ از"), Max: amount("max", "Amount to", "مبلغ تا"),
		Keep: []ui.Hidden{{Name: "sort", Value: "amount"}},
	}
	f.Status.Value = "failed"
	return f
}

func (s sample) paymentResults(rows []payments.Row) payments.Results {
	var heads []ui.Column
	var choices []payments.ColumnChoice
	for _, c := range payments.Columns() {
		heads = append(heads, ui.Column{Key: c.Key(), Label: s.p.T("payments.column." + c.Key()), Numeric: c == payments.Amount})
		choices = append(choices, payments.ColumnChoice{Key: c.Key(), Label: s.p.T("payments.column." + c.Key()), Shown: c != payments.Type})
	}
	heads[0].SortHref, heads[1].SortHref, heads[1].Sorted = "/payments?sort=-time", "/payments?sort=-amount", ui.Ascending
	return payments.Results{
		Announce: s.say("4 payments on this page", "۴ تراکنش در این صفحه"), TotalsHref: "/payments/totals?status=failed",
		ViewsHref: "/payments/views?status=failed&sort=amount",
		View:      &payments.CurrentView{Name: s.say("Failed at SEP", "ناموفق‌های سپ"), Modified: true, UpdateAction: "/payments/views/3", Query: "status=failed"},
		Exports: []ui.Button{
			{Label: s.say("Export CSV", "خروجی CSV"), Icon: icon.Download, Small: true, Href: "/payments/export.csv?status=failed", Download: true},
		},
		Display: payments.Display{Columns: choices[1:], Return: "/payments?status=failed", Sizes: ui.SelectInput{
			Field:   ui.Field{Name: "size", Label: s.say("Rows per page", "تعداد سطر در هر صفحه"), Value: "25"},
			Options: []ui.Option{{Value: "25", Label: s.p.Digits("25")}, {Value: "50", Label: s.p.Digits("50")}},
		}},
		Chips: s.chips(), Heads: heads, Shown: payments.Columns(), Rows: rows, Unit: s.say("rial", "ریال"),
		Pager: ui.Pager{
			NextHref: "/payments?after=x", PrevLabel: s.say("Previous", "قبلی"), NextLabel: s.say("Next", "بعدی"), Live: true,
			SizeAction: "/payments/display", SizeReturn: "/payments?status=failed",
			Sizes: []ui.PageSize{{Label: s.p.Digits("25"), Value: "25", Current: true}, {Label: s.p.Digits("50"), Value: "50"}},
		},
		Empty: ui.NothingMatches(s.p, "/payments"),
	}
}

// paymentRows are rows with names as providers give them, one of them hostile.
func (s sample) paymentRows(n int) []payments.Row {
	rows := make([]payments.Row, n)
	for i, r := range s.rows(n) {
		rows[i] = payments.Row{
			Href: "/payments/01KH4M0000000000000000000A?return=/payments?status=failed%26sort=amount", At: r.at, Amount: r.amount, Status: r.status,
			Card: s.p.Digits("603799******1207"), Terminal: r.terminal, PSP: r.psp, Type: s.p.T("payments.type.pos"),
			ID: "01KH4M0000000000000000000A", Connection: "toman",
		}
	}
	rows[n-1].PSP = `<b>"Ali's" & Co</b>`
	return rows
}

func (s sample) fillingPayments() payments.List {
	list := s.payments()
	list.Fresh = ui.Freshness{RefreshAction: "/payments/refresh"}
	list.Filling = &ui.Progress{
		Label: s.say("Reading all payments for the first time", "نخستین دریافت همهٔ تراکنش‌ها"), Percent: 25,
		Text: s.say("3,000 of 12,000 payments read", "۳٬۰۰۰ از ۱۲٬۰۰۰ تراکنش دریافت شده"), Rest: s.say("about 2 minutes left", "حدود ۲ دقیقه مانده"),
	}
	return list
}

func (s sample) wrongPayments() payments.List {
	list := s.payments()
	wrong := s.say("Enter a date that exists, as year/month/day.", "تاریخی درست به شکل سال/ماه/روز وارد کنید.")
	list.Filter.From.Value, list.Filter.From.Error, list.Filter.Open = "1404/12/30", wrong, true
	list.Results = payments.Results{
		Errors: []ui.FormError{{Field: "from", Message: wrong}}, FirstHref: "/payments", FirstLabel: s.say("List without the wrong entries", "نمایش فهرست بدون موارد نادرست"),
	}
	return list
}

func (s sample) paymentTotals() payments.Totals {
	return payments.Totals{
		Count: s.say("1,340 payments", "۱٬۳۴۰ تراکنش"), Sum: s.money("162510000", "162,510,000", "۱۶۲٬۵۱۰٬۰۰۰"),
		Successful:    s.say("1,300 successful (97.0%):", "۱٬۳۰۰ تراکنش موفق (۹۷٫۰٪):"),
		SuccessfulSum: s.money("160000000", "160,000,000", "۱۶۰٬۰۰۰٬۰۰۰"), BackHref: "/payments?status=failed",
	}
}

func (s sample) payment() payments.Detail {
	return payments.Detail{
		Title: s.say("Payment of 1,250,000 rial", "تراکنش ۱٬۲۵۰٬۰۰۰ ریال"), BackHref: "/payments?status=failed",
		ID:     ui.Ident{Text: "01KH4M0000000000000000000A", What: s.say("payment ID", "شناسهٔ تراکنش")},
		Status: ui.Status{Tone: ui.Success, Text: s.say("Successful", "موفق")}, Amount: s.money("1250000", "1,250,000", "۱٬۲۵۰٬۰۰۰"),
		Words: s.say("one million two hundred fifty thousand rial", "یک میلیون و دویست و پنجاه هزار ریال"), At: s.time(), Zone: s.say("Tehran", "تهران"),
		Type: s.p.T("payments.type.pos"), PSP: "SEP", PSPHref: "/payments?psp=SEP",
		Card: ui.Ident{Text: s.p.Digits("603799******1207"), Copy: "603799******1207", What: s.say("card", "کارت")}, CardHref: "/payments?q=603799******1207",
		Terminal: ui.Ident{Text: s.number(), Copy: "21400371", What: s.say("terminal", "پایانه")}, TerminalHref: "/terminals?q=21400371",
		PaymentsHref: "/payments?terminal=21400371", Connection: "toman", FirstSeen: s.time(),
		Changes: []payments.Change{{At: s.time(), Field: s.say("Status", "وضعیت"), Old: s.say("Failed", "ناموفق"), New: s.say("Successful", "موفق")}},
	}
}

func (s sample) views() payments.Views {
	return payments.Views{
		BackHref: "/payments?status=failed", Filters: []string{s.say("Status: Failed", "وضعیت: ناموفق")}, Query: "status=failed", MayShare: true,
		Name: ui.Field{Name: "name", Label: s.say("Name", "نام"), Required: true},
		List: []payments.View{
			{Name: s.say("Failed at SEP", "ناموفق‌های سپ"), Href: "/payments?psp=SEP&status=failed&view=3", Action: "/payments/views/3", Own: true, IsDefault: true},
			{Name: s.say("Large amounts", "مبلغ‌های بزرگ"), Href: "/payments?min=100000000&view=4", Action: "/payments/views/4", Shared: true},
		},
	}
}
