package gallery

import (
	"fmt"
	"slices"

	"payportal/templates/icon"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// bulkItems are the pages of files of numbers and of the history of inquiries.
func bulkItems(s sample) []Item {
	return []Item{
		{"bulk", inquiries.BulkPage(s.p, s.bulk(3))},
		{"bulk-none", inquiries.BulkPage(s.p, s.bulk(0))},
		{"bulk-errors", inquiries.BulkPage(s.p, s.bulkErrors())},
		{"bulk-no-connection", inquiries.BulkPage(s.p, s.bulkNoConnection())},
		{"bulk-draft", inquiries.BulkDraftPage(s.p, s.bulkDraft())},
		{"bulk-draft-blocked", inquiries.BulkDraftPage(s.p, s.bulkDraftBlocked())},
		{"bulk-running", inquiries.BulkRunPage(s.p, s.bulkRunning())},
		{"bulk-paused", inquiries.BulkRunPage(s.p, s.bulkPaused())},
		{"bulk-done", inquiries.BulkRunPage(s.p, s.bulkDone())},
		{"inquiry-history", inquiries.HistoryPage(s.p, s.history(5))},
		{"inquiry-history-none", inquiries.HistoryPage(s.p, s.history(0))},
		{"inquiry-history-search", inquiries.HistoryPage(s.p, s.historySearch())},
		{"inquiry-history-errors", inquiries.HistoryPage(s.p, s.historyErrors())},
		{"inquiry-entry", inquiries.HistoryEntryPage(s.p, s.historyEntry(""))},
		{"inquiry-entry-errors", inquiries.HistoryEntryPage(s.p, s.historyEntry(s.say("Say why you need to see it, in 5 to 200 characters.", "دلیل نیاز به دیدن آن را در ۵ تا ۲۰۰ نویسه بنویسید.")))},
		{"inquiry-entry-opened", inquiries.HistoryEntryPage(s.p, s.historyOpened())},
		{"inquiry-entry-lost", inquiries.HistoryEntryPage(s.p, s.historyLost())},
		{"inquiry-entry-forgotten", inquiries.HistoryEntryPage(s.p, s.historyForgotten())},
	}
}

func (s sample) bulk(n int) inquiries.Bulk {
	v := inquiries.Bulk{
		Connection: "toman",
		File:       ui.Field{Name: "file", Label: s.say("File", "فایل"), Hint: s.say("CSV or Excel (.xlsx), up to 50,000 lines and 16 MB.", "CSV یا اکسل، تا ۵۰٬۰۰۰ سطر و ۱۶ مگابایت.")},
		Text:       ui.Field{Name: "text", Label: s.say("Or paste the lines", "یا سطرها را بچسبانید"), Hint: s.say("One number a line.", "هر شماره در یک سطر.")},
		Limits: []ui.Tile{
			{Label: s.say("Inquiries left today", "استعلام ماندهٔ امروز"), Value: s.p.Int(49_520), Note: s.say("of 50,000 a day", "از ۵۰٬۰۰۰ در روز")},
			{Label: s.say("Lines a file may have", "سطر مجاز در هر فایل"), Value: s.p.Int(50_000)},
		},
		Files: inquiries.BulkFiles{
			Label: s.say("3 files", "۳ فایل"), Empty: ui.NothingYet(s.say("No file yet", "هنوز فایلی نیست"), s.say("Files that you bring stand here.", "فایل‌هایی که می‌آورید اینجا می‌آیند."), ui.Button{}),
			Pager: ui.Pager{Text: s.say("3 files", "۳ فایل"), NextHref: "/inquiries/bulk?after=4"},
		},
	}
	files := []inquiries.BulkFile{
		{Href: "/inquiries/bulk/7", Name: s.say("payroll-november.xlsx", "حقوق آبان.xlsx"), State: s.bulkState(ui.Info), Done: s.say("1,240 of 4,800 lines", "۱٬۲۴۰ از ۴٬۸۰۰ سطر"), Created: s.time()},
		{Href: "/inquiries/bulk/6", Name: s.say("Pasted lines", "سطرهای چسبانده"), State: s.bulkState(ui.Neutral), Done: s.say("12 lines", "۱۲ سطر"), Created: s.time()},
		{
			Href: "/inquiries/bulk/5", Name: s.say("a-name-of-a-file-that-somebody-made-so-long-that-no-column-was-ever-made-for-it.csv", "نام پرونده‌ای چنان بلند که هیچ ستونی برای آن ساخته نشده و هرگز ساخته نخواهد شد.csv"),
			State: s.bulkState(ui.Success), Done: s.say("500 of 500 lines", "۵۰۰ از ۵۰۰ سطر"), Created: s.time(),
		},
	}
	v.Files.Rows = files[:n]
	if n == 0 {
		v.Files.Pager = ui.Pager{}
	}
	return v
}

func (s sample) bulkState(tone ui.Tone) ui.Status {
	text := map[ui.Tone]string{
		ui.Neutral: s.say("Not started", "شروع نشده"), ui.Info: s.say("Running", "در حال انجام"), ui.Warning: s.say("Paused", "متوقف"), ui.Success: s.say("Finished", "تمام‌شده"),
	}
	return ui.Status{Tone: tone, Text: text[tone]}
}

func (s sample) bulkErrors() inquiries.Bulk {
	v := s.bulk(1)
	wrong := s.say("The file is protected by a password. Save it without one.", "فایل رمز دارد. آن را بدون رمز ذخیره کنید.")
	v.Errors, v.File.Error = []ui.FormError{{Field: "file", Message: wrong}}, wrong
	v.Connections = ui.SelectInput{Field: ui.Field{Name: "connection", Label: s.say("Connection", "اتصال"), Value: "toman"}, Options: []ui.Option{
		{Value: "toman", Label: "toman"}, {Value: "toman-staging", Label: "toman-staging"},
	}}
	return v
}

func (s sample) bulkNoConnection() inquiries.Bulk {
	v := s.bulk(0)
	empty := ui.NothingYet(s.say("No connection for inquiries", "اتصالی برای استعلام نیست"), s.say("An administrator adds it once.", "مدیر سامانه یک بار آن را اضافه می‌کند."),
		ui.Button{Label: s.say("Go to connections", "رفتن به اتصال‌ها"), Kind: ui.Primary, Href: "/admin/connections"})
	v.NoConnection = &empty
	return v
}

func (s sample) bulkTiles(pairs ...string) []ui.Tile {
	var tiles []ui.Tile
	for pair := range slices.Chunk(pairs, 3) {
		tiles = append(tiles, ui.Tile{Label: s.say(pair[0], pair[1]), Value: s.p.Digits(pair[2]), Href: "/inquiries/bulk/7?state=x"})
	}
	return tiles
}

func (s sample) bulkDraft() inquiries.BulkDraft {
	column := func(name, label, value string) ui.SelectInput {
		return ui.SelectInput{Field: ui.Field{Name: name, Label: label, Value: value}, Options: []ui.Option{
			{Label: s.say("None", "هیچ‌کدام")}, {Value: "0", Label: s.say("A · Name", "A · نام")}, {Value: "1", Label: s.say("B · Number", "B · شماره")},
		}}
	}
	v := inquiries.BulkDraft{
		Title: s.say("payroll-november.xlsx", "حقوق آبان.xlsx"), Text: s.say("Excel · sheet November · 500 lines", "اکسل · برگهٔ آبان · ۵۰۰ سطر"), State: s.bulkState(ui.Neutral),
		Action: "/inquiries/bulk/7", Version: "1",
		Tiles: s.bulkTiles("To be asked", "آمادهٔ پرسش", "462", "Repeated, asked once", "تکراری، یک بار پرسیده می‌شود", "18", "Cannot be sent", "فرستادنی نیست", "20"),
		Cost: inquiries.BulkCost{
			Text: s.say("462 different numbers are to be asked.", "۴۶۲ شمارهٔ متفاوت پرسیده می‌شود."),
			Facts: []inquiries.BulkFact{
				{Label: s.say("Have an answer of the last 24 hours, at no cost", "پاسخی از ۲۴ ساعت گذشته دارند، بی‌هزینه"), Text: s.p.Int(40)},
				{Label: s.say("Left of your 50,000 for today", "ماندهٔ امروز از ۵۰٬۰۰۰ استعلام شما"), Text: s.p.Int(49_520)},
				{Label: s.say("Left after this file", "مانده پس از این فایل"), Text: s.p.Int(49_098)},
			},
			Starts: []ui.Button{
				{Label: s.say("Earlier answers: 40. Ask 422 paid inquiries", "کاربرد ۴۰ پاسخ پیشین و پرسیدن ۴۲۲ استعلام پولی"), Kind: ui.Primary, Name: "reuse", Value: "1"},
				{Label: s.say("Ask all anew: 462 paid inquiries", "پرسیدن دوبارهٔ همه: ۴۶۲ استعلام پولی"), Name: "reuse", Value: "0"},
			},
		},
		Sample: inquiries.BulkSample{
			Label: s.say("The first rows as they were read", "نخستین سطرها، چنان‌که خوانده شدند"),
			Columns: []inquiries.BulkColumn{
				{Name: "A", Heading: s.say("Name", "نام"), Role: s.say("Name to compare", "نام برای مقایسه")},
				{Name: "B", Heading: s.say("Number", "شماره"), Role: s.say("Number", "شماره")},
				{Name: "C", Heading: s.say("Salary", "حقوق")},
			},
		},
		Columns: inquiries.BulkColumns{
			Number: column("column_number", s.say("Numbers are in column", "شماره‌ها در ستون"), "1"), Kind: s.anyOf("kind", s.say("Kind of the numbers", "نوع شماره‌ها"), "card"),
			KindColumn: column("column_kind", s.say("The kind is in column", "نوع در ستون"), ""), BankColumn: column("column_bank", s.say("The bank is in column", "بانک در ستون"), ""),
			Bank: s.anyOf("bank", s.say("Bank of account numbers without one", "بانک شماره‌های حساب بی‌بانک"), "Melli"), Name: column("column_name", s.say("Compare owners with column", "مقایسهٔ صاحبان حساب با ستون"), "0"),
		},
		Lines: inquiries.BulkLines{
			Title: s.say("Cannot be sent", "فرستادنی نیست"), Label: s.say("2 lines on this page", "۲ سطر در این صفحه"), Pager: ui.Pager{Text: s.say("2 lines on this page", "۲ سطر در این صفحه"), Live: true},
			Rows: []inquiries.BulkLine{
				{
					Row: s.p.Digits("3"), Cell: "B3", Number: "IR76 0170 0000 0000 0000 0000 02", State: s.invalidLine(),
					Note: s.say("The check digits do not fit the rest: a digit is wrong, or two have changed places.", "رقم‌های کنترلی با بقیه نمی‌خواند: یک رقم اشتباه است یا دو رقم جابه‌جا شده‌اند."),
				},
				{Row: s.p.Digits("5"), Cell: "B5", State: s.invalidLine(), Note: s.say("The number is missing.", "شماره وارد نشده است.")},
			},
		},
	}
	for i := range 3 {
		v.Sample.Rows = append(v.Sample.Rows, inquiries.BulkSampleRow{Number: s.p.Digits(fmt.Sprint(i + 2)), Cells: []inquiries.BulkCell{
			{Text: s.say("Sara Ahmadi", "سارا احمدی")}, {Text: "6037990000000006", Note: []string{"", s.say("rounded", "گردشده"), ""}[i]}, {Text: "12500000"},
		}})
	}
	return v
}

func (s sample) invalidLine() ui.Status {
	return ui.Status{Tone: ui.Failure, Text: s.say("Cannot be sent", "فرستادنی نیست")}
}

func (s sample) bulkDraftBlocked() inquiries.BulkDraft {
	v := s.bulkDraft()
	v.Cost.Starts, v.Cost.Blocked = nil, &ui.Notice{
		Tone: ui.Warning, Title: s.say("Not enough is left for today", "سقف امروز کافی نیست"), Text: s.say("This file needs 462 paid inquiries and 100 are left.", "این فایل ۴۶۲ استعلام پولی می‌خواهد و ۱۰۰ استعلام مانده است."),
	}
	wrong := s.say("Choose the column that tells the kind.", "ستونی را که نوع در آن است انتخاب کنید.")
	v.Errors, v.Columns.Open, v.Columns.KindColumn.Error = []ui.FormError{{Field: "column_kind", Message: wrong}}, true, wrong
	v.Lines.Rows, v.Lines.Pager, v.Lines.Empty = nil, ui.Pager{}, ui.NothingMatches(s.p, "/inquiries/bulk/7")
	return v
}

func (s sample) bulkLines() inquiries.BulkLines {
	bank := inquiries.Bank{Sign: "MLI", Name: s.say("Melli", "ملی")}
	status := func(tone ui.Tone, english, persian string) ui.Status {
		return ui.Status{Tone: tone, Text: s.say(english, persian)}
	}
	match, near := status(ui.Success, "Match", "یکسان"), status(ui.Warning, "Near", "نزدیک")
	card, number := s.say("Card number", "شمارهٔ کارت"), s.p.Digits("6037 99•• •••• 0006")
	answer := s.p.Digits("IR•• 017• •••• •••• •••• ••00 01")
	return inquiries.BulkLines{
		Title: s.say("Results", "نتیجه‌ها"), Label: s.say("6 lines on this page", "۶ سطر در این صفحه"), Read: true, Results: true, Names: true, Pager: ui.Pager{Text: s.say("6 lines on this page", "۶ سطر در این صفحه"), Live: true, NextHref: "/inquiries/bulk/7?after=6"},
		Rows: []inquiries.BulkLine{
			{Row: s.p.Digits("2"), Number: number, Kind: card, Bank: bank, State: status(ui.Success, "Answered", "پاسخ داده شد"), IBAN: answer, Name: &match},
			{Row: s.p.Digits("3"), Number: number, Kind: card, Bank: bank, State: status(ui.Success, "Earlier answer", "پاسخ پیشین"), IBAN: answer, Name: &near},
			{Row: s.p.Digits("4"), Number: number, Kind: card, State: status(ui.Warning, "No answer", "بی‌پاسخ"), Note: s.say("The provider does not know this card.", "ارائه‌دهنده این کارت را نمی‌شناسد.")},
			{Row: s.p.Digits("5"), Number: number, Kind: card, Bank: bank, State: status(ui.Failure, "Failed", "ناموفق"), Note: s.say("The provider cannot be reached.", "ارائه‌دهنده در دسترس نیست.")},
			{Row: s.p.Digits("6"), Number: number, Kind: card, Bank: bank, State: status(ui.Neutral, "Repeated", "تکراری"), IBAN: answer, Note: s.say("The same number as in row 2.", "همان شمارهٔ سطر ۲ است.")},
			{Row: s.p.Digits("7"), Cell: "B7", Number: "6037 99", State: s.invalidLine(), Note: s.say("This has 6 digits. A card number has 16.", "این شماره ۶ رقم دارد. شمارهٔ کارت ۱۶ رقم است.")},
		},
	}
}

func (s sample) bulkRunning() inquiries.BulkRun {
	return inquiries.BulkRun{
		Title: s.say("payroll-november.xlsx", "حقوق آبان.xlsx"), Text: s.say("Excel · 4,800 lines · toman", "اکسل · ۴٬۸۰۰ سطر · toman"),
		Downloads: []ui.Button{{Label: s.say("Results (Excel)", "نتیجه‌ها (اکسل)"), Icon: icon.Spreadsheet, Href: "/inquiries/bulk/7/result.xlsx", Download: true}},
		Stop: &inquiries.BulkAct{
			Button: ui.Button{Label: s.say("Cancel the file", "لغو فایل"), Kind: ui.Danger}, Action: "/inquiries/bulk/7/cancel",
			Text: s.say("3,560 lines that were not asked will not be asked.", "۳٬۵۶۰ سطر پرسیده‌نشده دیگر پرسیده نمی‌شوند."),
		},
		Now: inquiries.BulkNow{
			Announce: s.say("Running, 1,240 of 4,800 lines", "در حال انجام، ۱٬۲۴۰ از ۴٬۸۰۰ سطر"), PollHref: "/inquiries/bulk/7/status?seen=x", State: s.bulkState(ui.Info),
			Progress: ui.Progress{
				Label: s.say("Progress", "پیشرفت"), Percent: 25, Text: s.say("1,240 of 4,800 lines", "۱٬۲۴۰ از ۴٬۸۰۰ سطر"),
				Rest: s.say("20 lines a second, about 3 minutes left", "۲۰ سطر در ثانیه، نزدیک ۳ دقیقه مانده"),
			},
			Notices: []ui.Notice{{Tone: ui.Warning, Text: s.say("The provider has trouble, so it is asked less often.", "ارائه‌دهنده دچار مشکل است و کمتر از آن پرسیده می‌شود.")}},
			Tiles:   s.bulkTiles("Answered", "پاسخ‌داده", "1100", "No answer", "بی‌پاسخ", "80", "Being asked", "در حال پرسش", "32"),
			Acts:    []inquiries.BulkAct{{Button: ui.Button{Label: s.say("Pause", "مکث")}, Action: "/inquiries/bulk/7/pause"}}, CanStop: true,
			Lines: s.bulkLines(),
		},
	}
}

func (s sample) bulkPaused() inquiries.BulkRun {
	v := s.bulkRunning()
	v.Now.State, v.Now.PollHref, v.Now.Notices, v.Now.Progress.Rest = s.bulkState(ui.Warning), "", nil, ""
	v.Now.Acts = []inquiries.BulkAct{{Button: ui.Button{Label: s.say("Go on", "ادامه"), Kind: ui.Primary}, Action: "/inquiries/bulk/7/resume"}}
	v.Now.Lines.Rows, v.Now.Lines.Pager, v.Now.Lines.Empty = nil, ui.Pager{}, ui.NothingMatches(s.p, "/inquiries/bulk/7")
	v.Now.Lines.Chips = ui.Chips{ClearHref: "/inquiries/bulk/7", Live: true, Items: []ui.Chip{{Label: s.say("Outcome: Failed", "سرانجام: ناموفق"), RemoveHref: "/inquiries/bulk/7"}}}
	return v
}

func (s sample) bulkDone() inquiries.BulkRun {
	v := s.bulkRunning()
	v.Stop, v.Now.CanStop, v.Now.Acts, v.Now.PollHref, v.Now.State = nil, false, nil, "", s.bulkState(ui.Success)
	v.Now.Progress.Percent, v.Now.Progress.Rest = 100, ""
	v.Now.Notices = []ui.Notice{{
		Tone: ui.Warning, Title: s.say("3 answers were lost", "۳ پاسخ نرسید"), Text: s.say("These questions may have been charged. They are not repeated by themselves.", "شاید هزینهٔ این پرسش‌ها حساب شده باشد. خودبه‌خود تکرار نمی‌شوند."),
	}}
	v.Now.Retry = &inquiries.BulkRetry{
		Action: "/inquiries/bulk/7/retry", Version: "4", Text: s.say("45,000 paid inquiries are left for today.", "امروز ۴۵٬۰۰۰ استعلام پولی مانده است."),
		Lost:   &ui.CheckInput{Field: ui.Field{Name: "lost", Label: s.say("Ask 3 lines whose answers were lost too: they may be paid for twice", "۳ سطری هم که پاسخشان نرسید پرسیده شوند: شاید دو بار هزینه داشته باشند")}},
		Button: ui.Button{Label: s.say("Ask 12 failures again", "پرسیدن دوبارهٔ ۱۲ سطر ناموفق"), Icon: icon.Refresh},
	}
	return v
}

func (s sample) history(n int) inquiries.History {
	v := inquiries.History{
		Filter: inquiries.HistoryFilter{
			Kind: s.anyOf("kind", s.say("Kind", "نوع"), "iban"), Outcome: s.anyOf("outcome", s.say("Outcome", "سرانجام"), "answered"), User: s.anyOf("user", s.say("Asked by", "پرسنده"), "7"),
			From: ui.Field{Name: "from", Label: s.say("From", "از تاریخ")}, To: ui.Field{Name: "to", Label: s.say("To", "تا تاریخ")},
		},
		Search: inquiries.HistorySearch{Action: "/inquiries/history/search", Number: ui.Field{Name: "number", Label: s.say("Search for a number", "جست‌وجوی شماره"), Grow: true}},
		List: inquiries.HistoryList{
			Label: s.say("5 inquiries on this page", "۵ استعلام در این صفحه"), Pager: ui.Pager{Text: s.say("5 inquiries on this page", "۵ استعلام در این صفحه"), Live: true, NextHref: "/inquiries/history?after=9"},
			Empty: ui.NothingYet(s.say("Nothing was asked yet", "هنوز چیزی پرسیده نشده است"), s.say("Every inquiry stands here.", "هر استعلام اینجا می‌آید."), ui.Button{}),
		},
	}
	outcomes := []ui.Status{
		{Tone: ui.Success, Text: s.say("Answered", "پاسخ داده شد")},
		{Tone: ui.Warning, Text: s.say("No answer", "بی‌پاسخ")},
		{Tone: ui.Failure, Text: s.say("Not asked", "پرسیده نشد")},
		{Tone: ui.Warning, Text: s.say("Answer lost", "پاسخ نرسید")},
		{Tone: ui.Info, Text: s.say("Being asked", "در حال پرسش")},
	}
	for i := range n {
		row := inquiries.HistoryRow{
			Href: fmt.Sprintf("/inquiries/history/%d", i+1), At: s.time(), Who: "sara", Kind: "IBAN", Bank: inquiries.Bank{Sign: "MLI", Name: s.say("Melli", "ملی")},
			Number: s.p.Digits("IR•• 017• •••• •••• •••• ••00 01"), Outcome: outcomes[i], Source: s.say("Single inquiry", "استعلام تکی"),
		}
		switch i {
		case 2:
			row.Kind, row.Number, row.Source = s.say("Transfer wages", "کارمزد انتقال"), "", s.say("File 7", "فایل ۷")
		case 4:
			row.Forgotten, row.Number, row.Bank = true, "", inquiries.Bank{}
		}
		v.List.Rows = append(v.List.Rows, row)
	}
	if n == 0 {
		v.List.Pager = ui.Pager{}
	}
	return v
}

func (s sample) historySearch() inquiries.History {
	v := s.history(1)
	v.Search.Number.Value, v.List.Pager = "IR760170000000000000000001", ui.Pager{}
	v.List.Chips = ui.Chips{ClearHref: "/inquiries/history", Items: []ui.Chip{{Label: s.say("Number: IR•• 017• •••• •••• •••• ••00 01", "شماره: IR•• ۰۱۷• •••• •••• •••• ••۰۰ ۰۱"), RemoveHref: "/inquiries/history"}}}
	v.List.Older = &inquiries.HistoryOlder{Action: "/inquiries/history/search", Hidden: []ui.Hidden{{Name: "number", Value: "IR760170000000000000000001"}, {Name: "after", Value: "9"}}}
	return v
}

func (s sample) historyErrors() inquiries.History {
	v := s.history(0)
	wrong := s.say("This is no complete card, account or IBAN.", "این شمارهٔ کامل کارت، حساب یا شبا نیست.")
	v.Search.Number.Value, v.Search.Number.Error, v.List.Errors = "6037", wrong, []ui.FormError{{Field: "number", Message: wrong}}
	v.List.Empty = ui.NothingMatches(s.p, "/inquiries/history")
	return v
}

func (s sample) historyEntry(wrong string) inquiries.HistoryEntry {
	v := inquiries.HistoryEntry{
		Title: s.say("Inquiry 12", "استعلام ۱۲"), BackHref: "/inquiries/history?kind=iban", Outcome: ui.Status{Tone: ui.Success, Text: s.say("Answered", "پاسخ داده شد")},
		Who: "sara", Kind: "IBAN", Bank: inquiries.Bank{Sign: "MLI", Name: s.say("Melli", "ملی")}, Number: s.p.Digits("IR•• 017• •••• •••• •••• ••00 01"),
		Asked: s.time(), Settled: s.time(), Source: s.say("File 7", "فایل ۷"), SourceHref: "/inquiries/bulk/7", Connection: "toman",
		Reveal: &inquiries.HistoryReveal{Action: "/inquiries/history/12/reveal", List: "kind=iban", Reason: ui.Field{Name: "reason", Label: s.say("Reason", "دلیل"), Required: true, Error: wrong}},
	}
	if wrong != "" {
		v.Errors = []ui.FormError{{Field: "reason", Message: wrong}}
	}
	return v
}

func (s sample) historyOpened() inquiries.HistoryEntry {
	v := s.historyEntry("")
	v.Reveal, v.Opened = nil, &inquiries.HistoryOpened{Answer: &inquiries.Answer{
		Number: "IR76 0170 0000 0000 0000 0000 01", Bank: &v.Bank, Holds: true, Owned: true, Owners: []inquiries.Owner{{Name: s.say("Sara Ahmadi", "سارا احمدی")}},
		IBAN:    ui.Ident{Text: "IR76 0170 0000 0000 0000 0000 01", Copy: "IR760170000000000000000001", What: "IBAN"},
		Deposit: ui.Ident{Text: "0100123456007", What: s.say("account number", "شمارهٔ حساب")}, State: ui.Status{Tone: ui.Success, Text: "حساب فعال است"},
		Asked: inquiries.Asked{At: s.time(), By: s.say("by sara, inquiry 12", "توسط sara، استعلام ۱۲")},
	}}
	return v
}

func (s sample) historyLost() inquiries.HistoryEntry {
	v := s.historyEntry("")
	v.Outcome = ui.Status{Tone: ui.Warning, Text: s.say("Answer lost", "پاسخ نرسید")}
	v.Explained = &ui.Notice{Tone: ui.Warning, Text: s.say("The question reached the provider, but its answer did not arrive.", "پرسش به ارائه‌دهنده رسید ولی پاسخ آن نرسید.")}
	v.Reveal, v.Opened = nil, &inquiries.HistoryOpened{Unanswered: &inquiries.HistoryUnanswered{
		Number: ui.Ident{Text: "IR76 0170 0000 0000 0000 0000 01", Copy: "IR760170000000000000000001", What: "IBAN"}, Reason: v.Explained.Text,
	}}
	return v
}

func (s sample) historyForgotten() inquiries.HistoryEntry {
	v := s.historyEntry("")
	v.Reveal, v.Number, v.SourceHref = nil, "–", ""
	v.Forgotten = &ui.Notice{
		Tone: ui.Info, Title: s.say("Number and answer were deleted when their time was over.", "مهلت نگه‌داری تمام شده و شماره و پاسخ پاک شده‌اند."),
		Text: s.say("Numbers and answers are kept for 90 days.", "شماره‌ها و پاسخ‌ها ۹۰ روز نگه‌داری می‌شوند."),
	}
	return v
}
