package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"payportal/internal/calendar"
	"payportal/internal/i18n"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/icon"
	"payportal/templates/reports"
	"payportal/templates/ui"
)

// reportStatusWords are the values of the filter, in the order of psp.ReportStatus.
var reportStatusWords = []string{"initiated", "in_progress", "ready", "failed", "expired"}

func reportStatusNamed(word string) (psp.ReportStatus, bool) {
	i := slices.Index(reportStatusWords, word)
	return psp.ReportStatus(max(i, 0)), i >= 0
}

// reportTones are the tones of the states, in the order of psp.ReportStatus.
var reportTones = [...]ui.Tone{ui.Info, ui.Info, ui.Success, ui.Failure, ui.Neutral}

// reportState shows a state; one that the document does not know shows its number.
func reportState(p *i18n.Printer, s psp.ReportStatus) ui.Status {
	if int(s) >= len(reportTones) {
		return ui.Status{Text: p.Tf("reports.status_other", map[string]any{"Status": int(s)})}
	}
	return ui.Status{Tone: reportTones[s], Text: p.T("psp.report.status." + strconv.Itoa(int(s)))}
}

func reportsView(p *i18n.Printer, now time.Time, ask reportAsk, list psp.ReportPage, f psp.Freshness, mayDownload bool) reports.Reports {
	view := reports.Reports{
		Fresh: listFreshness(p, now, ask.at, f), Connections: connectionField(p, "reports.connection", ask.connection, ask.all),
		Status: ui.SelectInput{
			Field:   ui.Field{Name: "status", Label: p.T("psp.report.status"), Value: ask.at.values.Get("status")},
			Options: []ui.Option{{Label: p.T("reports.any")}},
		},
	}
	for i, word := range reportStatusWords {
		view.Status.Options = append(view.Status.Options, ui.Option{Value: word, Label: p.T("psp.report.status." + strconv.Itoa(i))})
	}
	if size := ask.at.values.Get("size"); size != "" {
		view.Keep = []ui.Hidden{{Name: "size", Value: size}}
	}
	view.List = reportListView(p, ask, list, mayDownload)
	return view
}

func reportListView(p *i18n.Printer, ask reportAsk, list psp.ReportPage, mayDownload bool) reports.List {
	count := p.Tf("reports.count", map[string]any{"Count": len(list.Reports)})
	view := reports.List{
		Label: count, Announce: count, Chips: reportChips(p, ask), Columns: []ui.Column{
			{Key: "file", Label: p.T("psp.report.filename")},
			{Key: "status", Label: p.T("psp.report.status")},
			{Key: "download", Label: p.T("psp.report.download")},
			{Key: "period", Label: p.T("psp.report.period")},
			{Key: "created", Label: p.T("psp.report.created_at")},
			{Key: "type", Label: p.T("psp.report.type")},
		},
		Pager: ui.Pager{NextHref: ask.at.cursor("after", list.Next), Text: count, Sizes: pageSizes(p, ask.at, ask.filter.Limit), Live: true},
		Empty: reportsEmpty(p, ask),
	}
	if ask.filter.After != "" {
		view.Pager.PrevHref = ask.at.String()
	}
	view.Errors = addressErrors(p, ask.wrong, []string{"connection", "status"})
	working := 0
	for _, r := range list.Reports {
		if !r.Status.Final() && r.GoneAt.IsZero() {
			working++
		}
		view.Rows = append(view.Rows, reportRow(p, ask, r, mayDownload))
	}
	if working > 0 {
		view.Working = p.Tf("reports.working", map[string]any{"Count": working})
		view.Announce += p.T("word.list_separator") + view.Working
		view.PollHref = listURL{"/reports/progress", ask.at.values}.with("after", ask.filter.After).with("seen", reportsMark(list)).String()
	}
	return view
}

// reportsMark stands for what a page of reports shows of their states: it changes when one of them does.
func reportsMark(list psp.ReportPage) string {
	hash := sha256.New()
	for _, r := range list.Reports {
		fmt.Fprintf(hash, "%s %d %q %t\n", r.UUID, r.Status, r.Filename, r.GoneAt.IsZero())
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func reportChips(p *i18n.Printer, ask reportAsk) ui.Chips {
	chips := ui.Chips{ClearHref: "/reports", Live: true}
	if connection := ask.at.values.Get("connection"); connection != "" {
		chips.Items = append(chips.Items, ui.Chip{Label: namedChip(p.T("reports.connection"), textin.Visible(connection)), RemoveHref: ask.at.with("connection", "").String()})
	}
	if word := ask.at.values.Get("status"); word != "" {
		text := textin.Visible(word)
		if status, ok := reportStatusNamed(word); ok {
			text = reportState(p, status).Text
		}
		chips.Items = append(chips.Items, ui.Chip{Label: namedChip(p.T("psp.report.status"), text), RemoveHref: ask.at.with("status", "").String()})
	}
	return chips
}

func reportsEmpty(p *i18n.Printer, ask reportAsk) ui.Empty {
	switch {
	case ask.wrong != nil:
		return ui.Empty{
			Icon: icon.AlertCircle, Title: p.T("reports.bad_address"), Text: p.T("reports.bad_address_text"),
			Action: ui.Button{Label: p.T("reports.show_all"), Href: "/reports"},
		}
	case ask.filter.Status != nil || ask.filter.After != "":
		return ui.NothingMatches(p, "/reports")
	}
	return ui.NothingYet(p.T("reports.none_yet"), p.T("psp.report.empty"), ui.Button{})
}

func reportRow(p *i18n.Printer, ask reportAsk, r psp.ListedReport, mayDownload bool) reports.Row {
	row := reports.Row{
		ID: r.UUID, File: textin.Visible(r.Filename), Type: p.Tf("reports.type_number", map[string]any{"Type": r.Type}), Period: reportPeriod(p, r.Filename),
		Created: momentView(p, r.CreatedAt), Made: reportMade(p, r), State: reportState(p, r.Status), Since: momentView(p, r.ChangedAt),
		Note: reportNote(p, r),
	}
	if !r.GoneAt.IsZero() {
		row.State = ui.Status{Text: p.T("reports.gone")}
	}
	if row.File == "" {
		row.File = p.T("reports.no_file")
	}
	if row.Note == "" && mayDownload {
		row.DownloadHref = listURL{"/reports/" + r.UUID + "/download", nil}.with("connection", ask.at.values.Get("connection")).String()
	}
	return row
}

// reportNote says why a report has no file; "" when it has one.
func reportNote(p *i18n.Printer, r psp.ListedReport) string {
	switch {
	case !r.GoneAt.IsZero():
		return p.T("psp.report.gone")
	case r.Status == psp.ReportSuccess:
		return ""
	case r.Status == psp.ReportInitiated, r.Status == psp.ReportInProgress:
		return p.T("psp.report.in_progress")
	case r.Status == psp.ReportFailed:
		return p.T("psp.report.failed")
	case r.Status == psp.ReportExpired:
		return p.T("psp.report.expired")
	}
	return p.T("psp.report.unknown_status")
}

// reportMade says when the provider made the report: its start_datetime and end_datetime are those of the making (P5, "the
// start date and time of the report generation process"), not of the payments in it.
func reportMade(p *i18n.Printer, r psp.ListedReport) string {
	clock := func(t time.Time) string { // the day stands above it already, unless it is another one
		if p.Date(t) == p.Date(r.CreatedAt) {
			return p.Time(t)
		}
		return p.DateTime(t)
	}
	switch {
	case r.Start.IsZero():
		return ""
	case r.End.IsZero():
		return p.Tf("reports.begun", map[string]any{"From": clock(r.Start)})
	}
	return p.Tf("reports.made", map[string]any{"From": clock(r.Start), "To": clock(r.End)})
}

// periodInName is the period that a file's name tells: "Toman_1403-06-23 03:30:00:1403-09-27 03:30:00_rIFosb6o8r.xlsx". The
// provider gives the period nowhere else; by the sample it is Jalali and in Iran's time.
var periodInName = regexp.MustCompile(`_(1[34]\d\d-\d\d-\d\d \d\d:\d\d):\d\d:(1[34]\d\d-\d\d-\d\d \d\d:\d\d):\d\d_`)

// reportPeriod writes the period that a file's name tells in the user's calendar and zone; "–" when it tells none.
func reportPeriod(p *i18n.Printer, filename string) string {
	iran, err := calendar.Zone("Asia/Tehran")
	parts := periodInName.FindStringSubmatch(filename)
	if err != nil || parts == nil {
		return p.DateTime(time.Time{})
	}
	from, fromRead := parseMoment(parts[1], calendar.Jalali, iran)
	to, toRead := parseMoment(parts[2], calendar.Jalali, iran)
	if !fromRead || !toRead {
		return p.DateTime(time.Time{})
	}
	return p.Tf("reports.period", map[string]any{"From": p.Date(from) + " " + p.Time(from), "To": p.Date(to) + " " + p.Time(to)})
}
