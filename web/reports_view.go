package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

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
		Status: ui.SelectInput{Field: ui.Field{Name: "status", Label: p.T("psp.report.status"), Value: ask.at.values.Get("status")},
			Options: []ui.Option{{Label: p.T("reports.any")}}},
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
			{Key: "file", Label: p.T("psp.report.filename")}, {Key: "period", Label: p.T("psp.report.period")}, {Key: "type", Label: p.T("psp.report.type")},
			{Key: "created", Label: p.T("psp.report.created_at")}, {Key: "status", Label: p.T("psp.report.status")}, {Key: "download", Label: p.T("psp.report.download")},
		},
		Pager: ui.Pager{NextHref: ask.at.cursor("after", list.Next), Text: count, Sizes: pageSizes(p, ask.at, ask.filter.Limit), Live: true},
		Empty: reportsEmpty(p, ask),
	}
	if ask.filter.After != "" {
		view.Pager.PrevHref = ask.at.String()
	}
	_, view.Errors = fieldErrors(p, ask.wrong)
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
		return ui.Empty{Icon: icon.AlertCircle, Title: p.T("reports.bad_address"), Text: p.T("reports.bad_address_text"),
			Action: ui.Button{Label: p.T("reports.show_all"), Href: "/reports"}}
	case ask.filter.Status != nil || ask.filter.After != "":
		return ui.NothingMatches(p, "/reports")
	}
	return ui.NothingYet(p.T("reports.none_yet"), p.T("psp.report.empty"), ui.Button{})
}

func reportRow(p *i18n.Printer, ask reportAsk, r psp.ListedReport, mayDownload bool) reports.Row {
	row := reports.Row{
		ID: r.UUID, File: textin.Visible(r.Filename), Type: p.Tf("reports.type_number", map[string]any{"Type": r.Type}), Period: p.T("psp.report.period_none"),
		Created: momentView(p, r.CreatedAt), State: reportState(p, r.Status), Since: momentView(p, r.ChangedAt),
	}
	if row.File == "" {
		row.File = p.T("reports.no_file")
	}
	if !r.Start.IsZero() || !r.End.IsZero() {
		row.Period = p.Tf("reports.period", map[string]any{"From": p.DateTime(r.Start), "To": p.DateTime(r.End)})
	}
	switch {
	case !r.GoneAt.IsZero():
		row.Note = p.T("psp.report.gone")
	case r.Status == psp.ReportSuccess && mayDownload:
		row.DownloadHref = listURL{"/reports/" + r.UUID + "/download", nil}.with("connection", ask.at.values.Get("connection")).String()
	case r.Status == psp.ReportInitiated, r.Status == psp.ReportInProgress:
		row.Note = p.T("psp.report.in_progress")
	case r.Status == psp.ReportFailed:
		row.Note = p.T("psp.report.failed")
	case r.Status == psp.ReportExpired:
		row.Note = p.T("psp.report.expired")
	case r.Status != psp.ReportSuccess:
		row.Note = p.T("psp.report.unknown_status")
	}
	return row
}
