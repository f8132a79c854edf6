package gallery

import (
	"payportal/templates/reports"
	"payportal/templates/ui"
)

// reportItems are the page of reports with a report in each state, and without any.
func reportItems(s sample) []Item {
	page := reports.Reports{
		Fresh:  s.fresh(),
		Status: ui.SelectInput{Field: ui.Field{Name: "status", Label: s.say("State", "وضعیت")}, Options: []ui.Option{{Label: s.say("All", "همه")}}},
		List:   reports.List{Label: s.say("No reports", "بدون گزارش"), Empty: ui.NothingYet(s.say("No reports yet", "هنوز گزارشی نیست"), "", ui.Button{})},
	}
	full := page
	full.List = s.reports()
	return []Item{{"reports-many", reports.Page(s.p, full)}, {"reports-empty", reports.Page(s.p, page)}}
}

func (s sample) reports() reports.List {
	row := func(id string, tone ui.Tone, english, persian, note string) reports.Row {
		return reports.Row{
			ID: id, File: "Toman_1403-06-23 03:30:00:1403-09-27 03:30:00_rIFosb6o8r.xlsx", Period: s.say("2024-09-13 03:30 to 2024-12-17 03:30", "۱۴۰۳/۰۶/۲۳ ۰۳:۳۰ تا ۱۴۰۳/۰۹/۲۷ ۰۳:۳۰"),
			Type: s.say("Type 0", "نوع ۰"), Created: s.time(), Since: s.time(), State: ui.Status{Tone: tone, Text: s.say(english, persian)}, Note: note,
		}
	}
	working := row("1", ui.Info, "In progress", "در حال تهیه", s.say("The provider is still making this report.", "ارائه‌دهنده هنوز در حال تهیهٔ این گزارش است."))
	working.File, working.Period = s.say("No file yet", "هنوز فایلی نیست"), "–"
	ready := row("2", ui.Success, "Ready", "آماده", "")
	ready.DownloadHref, ready.Made = "/reports/2/download", s.say("Made 14:04 to 14:05", "تهیه از ۱۴:۰۴ تا ۱۴:۰۵")
	return reports.List{
		Label: s.say("4 reports", "۴ گزارش"), Announce: s.say("4 reports, 1 is being made", "۴ گزارش، ۱ گزارش در حال تهیه است"),
		Working: s.say("1 report is being made", "۱ گزارش در حال تهیه است"), PollHref: "/reports/progress?seen=x",
		Columns: []ui.Column{
			{Key: "file", Label: s.say("File", "فایل")},
			{Key: "status", Label: s.say("State", "وضعیت")},
			{Key: "download", Label: s.say("Download", "دریافت فایل")},
			{Key: "period", Label: s.say("Period", "بازه")},
			{Key: "created", Label: s.say("Created", "زمان ایجاد")},
			{Key: "type", Label: s.say("Type", "نوع")},
		},
		Rows: []reports.Row{
			working, ready,
			row("3", ui.Failure, "Failed", "ناموفق", s.say("The provider could not make this report.", "ارائه‌دهنده نتوانست این گزارش را تهیه کند.")),
			row("4", ui.Neutral, "Expired", "منقضی", s.say("This file is gone.", "مهلت این فایل گذشته است.")),
		},
		Pager: ui.Pager{Text: s.say("4 reports", "۴ گزارش"), Live: true},
	}
}
