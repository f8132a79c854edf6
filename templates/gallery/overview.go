package gallery

import (
	"payportal/templates/overview"
	"payportal/templates/ui"
)

// overviewItems are the first page as different roles and days see it.
func overviewItems(s sample) []Item {
	trouble := overview.Trouble{Text: s.say("The portal cannot read its data now.", "سامانه اکنون نمی‌تواند داده‌ها را بخواند."), RetryHref: "/?period=7d"}
	nothing := ui.NothingYet(s.say("No payments yet", "هنوز تراکنشی نیست"), "", ui.Button{})
	return []Item{
		{"overview", overview.OverviewPage(s.p, s.overview())},
		{"overview-trouble", overview.OverviewPage(s.p, overview.Page{
			Payments: &overview.Payments{Trouble: trouble}, Copies: &overview.Copies{Trouble: trouble}, Health: &overview.Connections{Trouble: trouble},
			Jobs: &overview.Jobs{Trouble: trouble},
		})},
		{"overview-empty", overview.OverviewPage(s.p, overview.Page{Empty: &nothing})},
	}
}

func (s sample) overview() overview.Page {
	share := overview.Share{
		Name: "SEP", Href: "/payments?psp=SEP&period=7d", SuccessHref: "/payments?psp=SEP&period=7d&status=successful", Count: s.p.Int(2097),
		Rate: s.p.Percent(925, 1000), Amount: s.money("43665240000", "43,665,240,000", "۴۳٬۶۶۵٬۲۴۰٬۰۰۰"),
	}
	terminal := share
	terminal.Name, terminal.LTR, terminal.Href = s.number(), true, "/payments?terminal=21400371&period=7d"
	late := ui.Status{Tone: ui.Warning, Text: s.say("Late", "با تأخیر")}
	age := s.say("2 minutes ago", "۲ دقیقه پیش")
	return overview.Page{
		Fresh:   s.fresh(),
		Periods: []ui.Tab{{Label: s.say("Today", "امروز"), Href: "/?period=today"}, {Label: s.say("Last 7 days", "۷ روز گذشته"), Href: "/?period=7d", Current: true}},
		Payments: &overview.Payments{
			Tiles: s.tiles(), Chart: s.days(), PSPs: []overview.Share{share}, Terminals: []overview.Share{terminal},
		},
		Copies: &overview.Copies{Lists: []overview.Copy{
			{Connection: "toman", Type: s.p.T("payments.type.ipg"), Status: late, At: s.time(), Age: age, Note: s.say("The provider does not answer.", "ارائه‌دهنده پاسخ نمی‌دهد.")},
			{Connection: "toman", Type: s.p.T("payments.type.pos"), Status: ui.Status{Text: s.say("Not read yet", "هنوز دریافت نشده")}},
		}},
		Health: &overview.Connections{List: []overview.Connection{{
			Name: "toman", Href: "/admin/connections", Status: ui.Status{Tone: ui.Success, Text: s.say("Answers", "پاسخ می‌دهد")}, LastGood: s.time(), Age: age,
			Calls: s.say("307 calls in 15 minutes, 0 failed", "۳۰۷ فراخوانی در ۱۵ دقیقه، ۰ ناموفق"), Latency: s.say("Typically 1 ms, rarely over 3 ms", "معمولاً ۱ و به‌ندرت بیش از ۳ میلی‌ثانیه"),
		}}},
		Jobs: &overview.Jobs{Href: "/admin/jobs", List: []overview.Job{{Label: s.say("Reading payments", "دریافت تراکنش‌ها"), Since: s.time(), Age: age}}},
	}
}

func (s sample) days() ui.Chart {
	c := ui.Chart{
		Title: s.say("Payments a day", "تعداد تراکنش در روز"), LabelHead: s.say("Day", "روز"), Highest: s.p.Int(640),
		Series: []string{s.say("Successful", "موفق"), s.say("Not successful", "ناموفق")},
	}
	for i, good := range []int64{600, 0, 410} {
		day := s.p.Digits([]string{"11/18", "11/19", "11/20"}[i])
		c.Bars = append(c.Bars, ui.Bar{Label: day, Short: day, Parts: []ui.Part{{Value: good, Text: s.p.Int(good)}, {Value: 40, Text: s.p.Int(40)}}})
	}
	return c
}
