package gallery

import (
	"payportal/templates/commands"
	"payportal/templates/ui"
)

// commandItems are the pages of a request whose outcome is open.
func commandItems(s sample) []Item {
	unknown := ui.Status{Tone: ui.Warning, Text: s.say("Outcome not known", "سرانجام نامعلوم")}
	asked := []commands.Fact{{Label: s.say("Terminal number", "شمارهٔ پایانه"), Value: s.number()}, {Label: s.say("Description", "شرح")}}
	first := commands.Declare{
		Title: s.say("Declare as not carried out", "اعلام اجرا نشدن"), Text: s.say("Do this only when the terminal is not there.", "این کار را فقط وقتی انجام دهید که پایانه وجود ندارد."),
		Action: "/terminals/commands/5/declare", Act: "propose", Version: "3", Asked: asked, Submit: s.say("Declare as not carried out", "اعلام اجرا نشدن"), CancelHref: "/terminals/commands/5",
		Reason: ui.Field{Name: "reason", Label: s.say("Reason", "دلیل"), Required: true, Error: s.say("Write why you are sure.", "دلیل اطمینان خود را بنویسید.")},
		Errors: []ui.FormError{{Field: "reason", Message: s.say("Write why you are sure.", "دلیل اطمینان خود را بنویسید.")}},
	}
	second := first
	second.Act, second.Errors, second.Submit = "confirm", nil, s.say("Confirm as second person", "تأیید به‌عنوان نفر دوم")
	second.Proposal = &commands.Proposal{
		Text:  s.say("Sara declared that this was not carried out:", "سارا اعلام کرد که این درخواست اجرا نشده است:"),
		Label: s.say("Reason of Sara", "دلیل سارا"), Reason: s.say("It is not in the provider's panel.", "در پنل ارائه‌دهنده نیست."),
	}
	return []Item{
		{"commands-list", commands.ListPage(s.p, commands.List{Label: s.say("1 unsettled request", "۱ درخواست بلاتکلیف"), BackHref: "/terminals", Rows: []commands.Row{
			{Href: "/terminals/commands/5", Number: s.say("Request no. 5", "درخواست شمارهٔ ۵"), Subject: s.say("POS: 21400371", "کارتخوان: ۲۱۴۰۰۳۷۱"), By: "sara", State: unknown, At: s.time()},
		}})},
		{"commands-empty", commands.ListPage(s.p, commands.List{BackHref: "/terminals"})},
		{"commands-unknown", commands.CommandPage(s.p, commands.Command{
			Title: s.say("Request no. 5", "درخواست شمارهٔ ۵"), State: unknown, Asked: asked,
			Meaning: ui.Notice{Tone: ui.Warning, Title: unknown.Text, Text: s.say("Do not send it again.", "آن را دوباره نفرستید.")},
			Steps: []commands.Step{
				{Text: s.say("Asked for and written down", "درخواست و ثبت شد"), At: s.time(), By: "sara"},
				{Text: s.say("Sent to the provider", "برای ارائه‌دهنده فرستاده شد"), At: s.time(), Note: s.say("1 attempt", "۱ بار تلاش")},
				{Text: unknown.Text},
			},
			Found: &commands.Way{
				Title: s.say("It exists at the provider", "نزد ارائه‌دهنده وجود دارد"), Text: s.say("Importing it settles this request.", "با وارد کردن آن تعیین تکلیف می‌شود."),
				Action: ui.Button{Label: s.say("Import by UUID", "وارد کردن با UUID"), Kind: ui.Primary, Href: "/terminals/import"},
			},
			Absent: &commands.Way{
				Title: s.say("It surely does not exist", "قطعاً وجود ندارد"), Text: s.say("Two different persons declare this.", "دو نفر متفاوت این را اعلام می‌کنند."),
				Hindrance: s.say("The provider may still answer.", "ممکن است ارائه‌دهنده هنوز پاسخ بدهد."),
			},
		})},
		{"commands-declare", commands.DeclareForm(s.p, first)},
		{"commands-confirm", commands.DeclareForm(s.p, second)},
	}
}
