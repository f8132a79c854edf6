package gallery

import (
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// inquiryItems are the pages of single inquiries in each state, and their settings.
func inquiryItems(s sample) []Item {
	return []Item{
		{"inquiry-card", inquiries.AskPage(s.p, s.askCard())},
		{"inquiry-iban-wrong", inquiries.AskPage(s.p, s.wrongIBAN())},
		{"inquiry-check-so-far", inquiries.CheckContent(s.p, inquiries.Check{Verdict: &ui.Status{Text: s.say("12 of 24 digits", "۱۲ رقم از ۲۴ رقم")}})},
		{"inquiry-check-wrong", inquiries.CheckContent(s.p, inquiries.Check{Problem: s.checkDigits()})},
		{"inquiry-iban-answer", inquiries.AskPage(s.p, s.answered(s.fullAnswer()))},
		{"inquiry-iban-fresh", inquiries.AskPage(s.p, s.answered(s.freshAnswer()))},
		{"inquiry-iban-doubtful", inquiries.AskPage(s.p, s.answered(s.doubtfulAnswer()))},
		{"inquiry-account-bare", inquiries.AskPage(s.p, s.bareAccount())},
		{"inquiry-refused", inquiries.AskPage(s.p, s.troubled(inquiries.Trouble{
			Notice: ui.Notice{
				Tone: ui.Warning, Title: s.say("The provider has no answer", "ارائه‌دهنده پاسخی ندارد"),
				Text: s.say("“toman” refused the request and said: کارت یافت نشد", "«toman» درخواست را نپذیرفت و این پاسخ را داد: کارت یافت نشد"),
			}, Note: s.say("The question was asked and counts.", "این پرسش انجام شد و به حساب می‌آید."),
		}))},
		{"inquiry-failed", inquiries.AskPage(s.p, s.troubled(inquiries.Trouble{
			Notice: ui.Notice{
				Tone: ui.Failure, Title: s.say("Nothing was asked", "چیزی پرسیده نشد"),
				Text: s.say("Nothing answers at the address of “toman”.", "در نشانی «toman» سرویسی پاسخ نمی‌دهد."),
			}, Note: s.say("The question does not count.", "این پرسش به حساب نمی‌آید."),
			RequestID: ui.Ident{Text: "01JD3Y8Q6T", What: s.say("Request id", "شناسهٔ درخواست")}, Retry: s.say("Try again", "تلاش دوباره"),
		}))},
		{"inquiry-lost", inquiries.AskPage(s.p, s.troubled(inquiries.Trouble{
			Notice: ui.Notice{
				Tone: ui.Failure, Title: s.say("The answer was lost", "پاسخ نرسید"), Text: s.say("The provider may charge for it.", "شاید هزینهٔ آن حساب شود."),
			},
			RequestID: ui.Ident{Text: "01JD3Y8Q6T", What: s.say("Request id", "شناسهٔ درخواست")},
			Retry:     s.say("Ask again (is charged)", "استعلام دوباره (با هزینه)"), HistoryHref: "/inquiries/history",
		}))},
		{"inquiry-used-up", inquiries.AskPage(s.p, s.usedUp())},
		{"inquiry-wage", inquiries.WagePage(s.p, s.wage(nil))},
		{"inquiry-wage-estimate", inquiries.WagePage(s.p, s.wage(s.estimate()))},
		{"inquiry-wage-impossible", inquiries.WagePage(s.p, s.wage(s.impossible()))},
		{"inquiry-none", inquiries.NothingPage(s.p, s.say("Card to IBAN", "کارت به شبا"), ui.NothingYet(
			s.say("No connection for inquiries", "اتصالی برای استعلام نیست"), s.say("An administrator adds it once.", "مدیر سامانه یک بار آن را اضافه می‌کند."), ui.Button{},
		))},
		{"inquiry-settings", inquiries.SettingsPage(s.p, s.inquirySettings(false))},
		{"inquiry-settings-changed", inquiries.SettingsPage(s.p, s.inquirySettings(true))},
	}
}

func (s sample) checkDigits() string {
	return s.say("The check digits (the two after IR) do not fit the rest.", "رقم‌های کنترلی (دو رقم پس از IR) با بقیه نمی‌خواند.")
}

func (s sample) inquiryForm(path string) inquiries.Form {
	return inquiries.Form{
		Action: path, CheckAction: path + "/check", Key: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Connection: "toman", Submit: s.say("Ask", "استعلام"),
		Allowance: s.say("12 of 500 used today; 488 left", "امروز ۱۲ از ۵۰۰ استعلام انجام شده؛ ۴۸۸ مانده"),
	}
}

func (s sample) melli() inquiries.Bank {
	return inquiries.Bank{Sign: "MLI", Name: s.say("Melli", "ملی")}
}

func (s sample) askCard() inquiries.Ask {
	bank := s.melli()
	return inquiries.Ask{
		Form: s.inquiryForm("/inquiries/card"), Title: s.say("Card to IBAN", "کارت به شبا"), Text: s.say("Which IBAN a card belongs to.", "کارت به کدام شبا وصل است."),
		Number: ui.Field{
			Name: "number", Label: s.say("Card number", "شمارهٔ کارت"), Value: "6037 9973 2456 7321", Required: true, Autofocus: true, InputMode: "numeric",
			Hint: s.say("Paste it in any form.", "به هر شکلی که هست بچسبانید."),
		},
		Check: inquiries.Check{Bank: &bank, Verdict: &ui.Status{Tone: ui.Success, Text: s.say("Check digits fit", "رقم‌های کنترلی درست است")}},
	}
}

func (s sample) askIBAN() inquiries.Ask {
	return inquiries.Ask{
		Form: s.inquiryForm("/inquiries/iban"), Title: s.say("IBAN", "استعلام شبا"), Text: s.say("Whose an IBAN is.", "شبا به نام کیست."),
		Number: ui.Field{Name: "number", Label: s.say("IBAN", "شبا"), Required: true, Autofocus: true},
		Name:   &ui.Field{Name: "name", Label: s.say("Name to compare", "نام برای مقایسه"), Optional: s.say("optional", "اختیاری")},
	}
}

func (s sample) wrongIBAN() inquiries.Ask {
	v := s.askIBAN()
	v.Number.Value, v.Number.Error, v.Number.Autofocus = "IR91 0170 0000 0073 2456 7321 47", s.checkDigits(), false
	v.Errors = []ui.FormError{{Field: "number", Message: s.checkDigits()}}
	v.Connections = ui.SelectInput{
		Field:   ui.Field{Name: "connection", Label: s.say("Connection", "اتصال"), Value: "toman"},
		Options: []ui.Option{{Value: "toman", Label: "toman"}, {Value: "toman-second", Label: "toman-second"}},
	}
	return v
}

func (s sample) answered(a *inquiries.Answer) inquiries.Ask {
	v := s.askIBAN()
	v.Announce, v.Answer = s.say("The answer has arrived.", "پاسخ رسید."), a
	return v
}

func (s sample) fullAnswer() *inquiries.Answer {
	bank := s.melli()
	number := s.p.Digits("IR90 0170 0000 0073 2456 7321 47")
	return &inquiries.Answer{
		Bank: &bank, Holds: true, Owned: true,
		IBAN:    ui.Ident{Text: number, Copy: "IR900170000000732456732147", What: s.say("IBAN", "شبا")},
		Deposit: ui.Ident{Text: s.p.Digits("732456732147"), Copy: "732456732147", What: s.say("Account number", "شمارهٔ حساب")},
		State:   ui.Status{Tone: ui.Success, Text: "حساب فعال است"},
		Owners:  []inquiries.Owner{{Name: "الکام توسعه آماد", Company: true}, {Name: "مریم رضایی"}},
		Compared: &inquiries.Compared{
			Status: ui.Status{Tone: ui.Success, Text: s.say("Match", "یکسان")}, Text: s.say("The typed name is that of an owner.", "نام نوشته‌شده نام یکی از صاحبان حساب است."),
			Typed: []inquiries.NamePart{{Text: "الکام توسعه آماد"}}, Owner: []inquiries.NamePart{{Text: "الکام توسعه آماد"}},
		},
		Asked: s.askedBy(), UseHref: "/bank/transfers/new?inquiry=4711",
	}
}

func (s sample) askedBy() inquiries.Asked {
	return inquiries.Asked{At: s.time(), By: s.say("by sara, inquiry 4711", "توسط sara، استعلام ۴۷۱۱")}
}

func (s sample) freshAnswer() *inquiries.Answer {
	a := s.fullAnswer()
	a.Fresh, a.UseHref, a.Compared = s.freshInquiry(), "", nil
	return a
}

func (s sample) freshInquiry() *inquiries.Fresh {
	return &inquiries.Fresh{
		Title: s.say("Earlier answer (3 hours ago), not charged", "پاسخ ۳ ساعت پیش، بدون هزینه"), Text: s.say("This is an earlier answer to the same question.", "این پاسخ پیشین همین پرسش است."),
		Again: []ui.Hidden{{Name: "key", Value: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {Name: "again", Value: "1"}, {Name: "number", Value: "IR900170000000732456732147"}},
	}
}

// doubtfulAnswer has everything that warns: check digits, state, name, and long texts.
func (s sample) doubtfulAnswer() *inquiries.Answer {
	a := s.fullAnswer()
	a.Holds, a.UseHref = false, ""
	a.State = ui.Status{Tone: ui.Warning, Text: "حساب غیرفعال است"}
	a.Inactive = s.say("Its bank says: حساب غیرفعال است", "اعلام بانک: حساب غیرفعال است")
	a.Comment = "این حساب بنا به درخواست صاحب آن تا اطلاع بعدی امکان واریز ندارد و برای فعال شدن باید به شعبه مراجعه شود"
	a.Remark = "پاسخ از آخرین به‌روزرسانی بانک"
	a.Owners = []inquiries.Owner{{Name: "شرکت خدمات پرداخت و تجارت الکترونیک آیندهٔ روشن خاورمیانه (سهامی خاص)", Company: true}}
	a.Compared = &inquiries.Compared{
		Status: ui.Status{Tone: ui.Warning, Text: s.say("Near", "نزدیک")},
		Text:   s.say("Nearly the name of an owner. Only in the typed name: ا. Only in the bank's name: ه.", "به نام یکی از صاحبان حساب نزدیک است. فقط در نام نوشته‌شده: ا. فقط در نام بانک: ه."),
		Typed:  []inquiries.NamePart{{Text: "خدمات پرداخت آیند"}, {Text: "ا", Differs: true}},
		Owner:  []inquiries.NamePart{{Text: "خدمات پرداخت آیند"}, {Text: "ه", Differs: true}},
	}
	return a
}

func (s sample) bareAccount() inquiries.Ask {
	v := s.answered(&inquiries.Answer{
		Number: s.p.Digits("732456732147"), Owned: true, State: ui.Status{Text: "نامشخص"}, Asked: s.askedBy(),
		Compared: &inquiries.Compared{Status: ui.Status{Text: s.say("Unknown", "نامعلوم")}, Text: s.say("There is no owner to compare with.", "نام صاحبی برای مقایسه نیست.")},
	})
	v.Title, v.Bank = s.say("Account to IBAN", "حساب به شبا"), &ui.SelectInput{Field: ui.Field{Name: "bank", Label: s.say("Bank", "بانک"), Value: "2"}, Options: s.bankOptions()}
	return v
}

func (s sample) bankOptions() []ui.Option {
	return []ui.Option{{Label: s.say("Choose a bank", "بانک را انتخاب کنید")}, {Value: "2", Label: s.say("Melli", "ملی")}, {Value: "3", Label: s.say("Mellat", "ملت")}}
}

func (s sample) troubled(t inquiries.Trouble) inquiries.Ask {
	v := s.askCard()
	v.Trouble = &t
	return v
}

func (s sample) usedUp() inquiries.Ask {
	v := s.troubled(inquiries.Trouble{Notice: ui.Notice{
		Tone: ui.Warning, Title: s.say("Today's allowance is used up", "سقف امروز پر شده است"),
		Text: s.say("Your allowance for today does not suffice: 0 left, 1 needed.", "سقف امروز شما کافی نیست: ۰ استعلام مانده و ۱ استعلام لازم است."),
	}})
	v.UsedUp, v.Allowance = true, s.say("Nothing is left of today's 500.", "از ۵۰۰ استعلام امروز چیزی نمانده است.")
	return v
}

func (s sample) wage(e *inquiries.Estimate) inquiries.Wage {
	return inquiries.Wage{
		Form: s.inquiryForm("/inquiries/wage"), Title: s.say("Transfer wages", "کارمزد انتقال"), Text: s.say("What a transfer costs.", "انتقال چقدر هزینه دارد."),
		Amount: ui.AmountInput{
			Field: ui.Field{Name: "amount", Label: s.say("Amount", "مبلغ"), Value: "700,000,000", Required: true, Autofocus: true}, Unit: s.say("rial", "ریال"),
			WordsHref: "/inquiries/wage/words",
		},
		Source:      ui.SelectInput{Field: ui.Field{Name: "source", Label: s.say("From bank", "از بانک"), Value: "3", Required: true}, Options: s.bankOptions()},
		Destination: ui.SelectInput{Field: ui.Field{Name: "destination", Label: s.say("To bank", "به بانک"), Value: "2"}, Options: s.bankOptions()},
		IBAN:        ui.Field{Name: "destination_iban", Label: s.say("Or the IBAN that it goes to", "یا شبای مقصد"), Optional: s.say("optional", "اختیاری")},
		Estimate:    e,
	}
}

func (s sample) estimate() *inquiries.Estimate {
	possible := ui.Status{Tone: ui.Success, Text: s.say("Possible", "ممکن")}
	impossible := s.impossible().Routes[2]
	return &inquiries.Estimate{
		Fresh: s.freshInquiry(), Amount: s.money("700000000", "700,000,000", "۷۰۰٬۰۰۰٬۰۰۰"), Words: s.say("seven hundred million rial", "هفتصد میلیون ریال"),
		Source: inquiries.Bank{Sign: "MLT", Name: s.say("Mellat", "ملت")}, Destination: s.melli(), Asked: s.askedBy(),
		Routes: []inquiries.Route{
			{
				Name: s.say("Paya", "پایا"), Text: s.say("Several times a day, between banks", "چند بار در روز، میان بانک‌ها"), Status: possible,
				Wage: s.money("30000", "30,000", "۳۰٬۰۰۰"), Arrival: s.time(), In: s.say("in 2 hours", "۲ ساعت دیگر"), Marks: []string{s.say("Cheapest", "ارزان‌ترین"), s.say("Fastest", "سریع‌ترین")},
			},
			{
				Name: s.say("Satna", "ساتنا"), Text: s.say("Large amounts, between banks", "مبلغ‌های بزرگ، میان بانک‌ها"), Status: possible,
				Wage: s.money("140000", "140,000", "۱۴۰٬۰۰۰"),
			},
			impossible,
		},
	}
}

func (s sample) impossible() *inquiries.Estimate {
	e := &inquiries.Estimate{
		Amount: s.money("700000000", "700,000,000", "۷۰۰٬۰۰۰٬۰۰۰"), Words: s.say("seven hundred million rial", "هفتصد میلیون ریال"),
		Source: s.melli(), Destination: s.melli(), Asked: s.askedBy(), Impossible: true,
	}
	for _, name := range []string{s.say("Paya", "پایا"), s.say("Satna", "ساتنا"), s.say("Account to account", "حساب به حساب")} {
		e.Routes = append(e.Routes, inquiries.Route{
			Name: name, Status: ui.Status{Text: s.say("Not possible", "ناممکن")},
			Why: s.say("The provider does not offer it for this transfer.", "ارائه‌دهنده این راه را برای این انتقال ندارد."),
		})
	}
	return e
}

func (s sample) inquirySettings(changed bool) inquiries.Settings {
	limits := func(whose, name, perDay, lines string) inquiries.Limits {
		return inquiries.Limits{
			Name:   name,
			PerDay: ui.Field{Name: "per_day." + whose, Label: s.say("Inquiries a day", "استعلام در روز"), Value: perDay},
			Lines:  ui.Field{Name: "lines." + whose, Label: s.say("Lines a file", "سطر در هر فایل"), Value: lines},
		}
	}
	person := limits("user.7", s.say("Sara Ahmadi (sara)", "سارا احمدی (sara)"), "1000", "50000")
	person.Remove = ui.CheckInput{Field: ui.Field{Name: "remove.7", Label: s.say("Remove the limits of Sara Ahmadi", "حذف سقف سارا احمدی")}}
	v := inquiries.Settings{
		Version: "3", StepUpHref: "/step-up?return=/inquiries/settings",
		FreshFor: ui.Field{
			Name: "fresh_for", Label: s.say("Offer an earlier answer up to this age, in hours", "پیشنهاد پاسخ پیشین تا این عمر، به ساعت"), Value: "24",
			Hint: s.say("0 asks the provider every time.", "با ۰ هر بار از ارائه‌دهنده پرسیده می‌شود."),
		},
		Retention: ui.Field{Name: "retention", Label: s.say("Keep numbers and answers, in days", "نگه‌داری شماره‌ها و پاسخ‌ها، به روز"), Value: "90"},
		Default:   limits("default", s.say("Everybody", "همه"), "500", "50000"),
		Roles:     []inquiries.Limits{limits("role.finance", s.say("Finance", "مالی"), "2000", "50000"), limits("role.support", s.say("Support", "پشتیبانی"), "", "")},
		People:    []inquiries.Limits{person},
		Person: ui.SelectInput{
			Field:   ui.Field{Name: "person", Label: s.say("Add limits for", "افزودن سقف برای")},
			Options: []ui.Option{{Label: s.say("Nobody", "هیچ‌کس")}, {Value: "8", Label: s.say("Reza Karimi (reza)", "رضا کریمی (reza)")}},
		},
		New: limits("new", "", "", ""),
	}
	if changed {
		v.StepUpHref, v.Changed = "", s.say("Somebody else changed these settings after you opened them.", "پس از باز کردن این صفحه، شخص دیگری این تنظیمات را تغییر داده است.")
		v.FreshFor.Value, v.FreshFor.Hint = "12", s.say("Now: 24", "اکنون: ۲۴")
		v.Retention.Value, v.Retention.Error = "0", s.say("Enter days from 1 to 1,825.", "عددی از ۱ تا ۱٬۸۲۵ روز وارد کنید.")
		v.Errors = []ui.FormError{{Field: "retention", Message: v.Retention.Error}}
	}
	return v
}
