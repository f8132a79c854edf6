package web

import (
	"time"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/connection"
	"payportal/internal/i18n"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/overview"
	"payportal/templates/ui"
)

// overviewEmpty says why there is nothing to see; nil when there is something.
func overviewEmpty(v *visit, connections []OfferedConnection) *ui.Empty {
	switch {
	case !v.can(access.PaymentList) && !v.can(access.ConnectionRead) && !v.can(access.JobRead):
		return &ui.Empty{Icon: icon.Lock, Title: v.p.T("overview.nothing.title"), Text: v.p.T("overview.nothing.text")}
	case len(connections) == 0:
		empty := paymentsEmpty(v, &paymentRequest{})
		return &empty
	}
	return nil
}

func periodTabs(p *i18n.Printer, ps paymentParams, current calendar.Preset) []ui.Tab {
	var tabs []ui.Tab
	for _, preset := range calendar.Presets() {
		tabs = append(tabs, ui.Tab{
			Label: p.Preset(preset), Href: ps.with(paramPeriod, string(preset)).link("/"), Current: preset == current,
		})
	}
	return tabs
}

// overviewConnections choose between connections; there are none when there is nothing to choose.
func overviewConnections(p *i18n.Printer, ps paymentParams, all []OfferedConnection) []ui.Tab {
	if len(all) < 2 {
		return nil
	}
	tabs := []ui.Tab{{Label: p.T("word.all"), Href: ps.with(paramConnection, "").link("/"), Current: ps[paramConnection] == ""}}
	for _, c := range all {
		tabs = append(tabs, ui.Tab{Label: c.Name, Href: ps.with(paramConnection, c.Name).link("/"), Current: ps[paramConnection] == c.Name})
	}
	return tabs
}

// overviewPayments is the view of the period's payments. Each figure leads to the list that it sums up.
func overviewPayments(v *visit, ps paymentParams, all psp.Overview, failed psp.PaymentSums) overview.Payments {
	p := v.p
	successful := ps.with(paramStatus, statusSuccessful)
	view := overview.Payments{
		Nothing: all.Count == 0,
		Tiles: []ui.Tile{
			{Label: p.T("overview.tile.payments"), Value: p.Int(all.Count), Href: ps.link("/payments")},
			{
				Label: p.T("overview.tile.rate"), Value: p.Percent(all.Successful, all.Count), Href: successful.link("/payments"),
				Note: p.Tf("overview.tile.rate_note", map[string]any{"Count": all.Successful}),
			},
			{Label: p.T("overview.tile.amount"), Value: p.Money(all.SuccessfulAmount), Unit: p.UnitName(money.IRR), Href: successful.link("/payments")},
			{Label: p.T("overview.tile.failed"), Value: p.Int(failed.Count), Href: ps.with(paramStatus, statusFailed).link("/payments")},
		},
		Chart:     dayChart(v, all.Days),
		PSPs:      shareViews(p, all.PSPs, func(name string) paymentParams { return ps.with(paramPSP, name) }),
		Terminals: shareViews(p, all.Terminals, func(number string) paymentParams { return ps.with(paramTerminal, number) }),
	}
	for i := range view.Terminals {
		view.Terminals[i].Name, view.Terminals[i].LTR = p.Digits(view.Terminals[i].Name), true
	}
	return view
}

func shareViews(p *i18n.Printer, sums []psp.NamedSums, filter func(name string) paymentParams) []overview.Share {
	views := make([]overview.Share, len(sums))
	for i, s := range sums {
		ps := filter(s.Name)
		views[i] = overview.Share{
			Name: s.Name, Href: ps.link("/payments"), SuccessHref: ps.with(paramStatus, statusSuccessful).link("/payments"),
			Count: p.Int(s.Count), Rate: p.Percent(s.Successful, s.Count), Amount: moneyView(p, s.SuccessfulAmount),
		}
	}
	return views
}

// chartLabels is about how many labels stand below a chart without touching.
const chartLabels = 10

// dayChart draws a column for each day up to now. Days that have not come yet are left out: they are not days without
// payments.
func dayChart(v *visit, days []psp.DaySums) ui.Chart {
	p := v.p
	chart := ui.Chart{
		Title: p.T("overview.chart.title"), LabelHead: p.T("overview.chart.day"),
		Series: []string{p.T("payments.status.successful"), p.T("overview.chart.unsuccessful")},
	}
	highest := int64(0)
	every := max((len(days)+chartLabels-1)/chartLabels, 1)
	for i, day := range days {
		if day.Start.After(v.now) && day.Count == 0 {
			break
		}
		other := day.Count - day.Successful
		highest = max(highest, day.Count)
		bar := ui.Bar{
			Label: p.Date(day.Start),
			Parts: []ui.Part{{Value: day.Successful, Text: p.Int(day.Successful)}, {Value: other, Text: p.Int(other)}},
		}
		if i%every == 0 {
			const yearAndSeparator = len("2026-")
			bar.Short = p.Digits(dayText(day.Start, p.Prefs())[yearAndSeparator:])
		}
		chart.Bars = append(chart.Bars, bar)
	}
	chart.Highest = p.Int(highest)
	return chart
}

// lateAfter is how old a copy may be before it counts as late: lists are read every minute.
const lateAfter = 10 * time.Minute

// copyViews are the copied lists of every connection.
func copyViews(v *visit, connections []OfferedConnection, progress []mirror.Progress) []overview.Copy {
	known := map[mirror.Key]mirror.Progress{}
	for _, l := range progress {
		known[l.Key] = l
	}
	var views []overview.Copy
	for _, c := range connections {
		for _, t := range psp.TerminalTypes {
			view := copyView(v, known[mirror.Key{ConnectionID: c.ID, Type: t}])
			view.Connection, view.Type = c.Name, v.p.T("payments.type."+t.String())
			views = append(views, view)
		}
	}
	return views
}

func copyView(v *visit, l mirror.Progress) overview.Copy {
	p := v.p
	view := overview.Copy{At: momentView(p, l.LastComplete), Note: staleReason(p, l)}
	if !l.LastComplete.IsZero() {
		view.Age = p.Age(l.LastComplete, v.now)
	}
	switch {
	case l.Paused:
		view.Status = ui.Status{Text: p.T("overview.copies.paused")}
	case l.Failures > 0, !l.LastComplete.IsZero() && v.now.Sub(l.LastComplete) > lateAfter:
		view.Status = ui.Status{Tone: ui.Warning, Text: p.T("overview.copies.late")}
	case l.Walk == mirror.Fill:
		view.Status, view.Note = ui.Status{Tone: ui.Info, Text: p.T("overview.copies.filling")}, fillView(p, l).Text
	case l.LastComplete.IsZero():
		view.Status = ui.Status{Text: p.T("overview.copies.never")}
	default:
		view.Status = ui.Status{Tone: ui.Success, Text: p.T("overview.copies.fresh")}
	}
	return view
}

func overviewHealths(v *visit, connections []OfferedConnection, health []connection.Health) []overview.Connection {
	views := make([]overview.Connection, len(connections))
	for i, c := range connections {
		views[i] = overviewHealth(v, health[i])
		views[i].Name, views[i].Href = c.Name, "/admin/connections"
	}
	return views
}

func overviewHealth(v *visit, h connection.Health) overview.Connection {
	p := v.p
	view := overview.Connection{
		Status: healthStatus(p, h), LastGood: momentView(p, h.LastGood),
		Calls: p.Tf("overview.health.calls", map[string]any{
			"Count": h.Calls, "Errors": h.Errors, "Minutes": int64(connection.HealthWindow / time.Minute),
		}),
	}
	if !h.LastGood.IsZero() {
		view.Age = p.Age(h.LastGood, v.now)
	}
	if h.P95 > 0 {
		view.Latency = p.Tf("overview.health.latency", map[string]any{"Half": milliseconds(h.P50), "Most": milliseconds(h.P95)})
	}
	return view
}

// milliseconds rounds up: nothing takes no time.
func milliseconds(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

func healthStatus(p *i18n.Printer, h connection.Health) ui.Status {
	switch {
	case h.LastGood.IsZero() && h.LastBad.IsZero():
		return ui.Status{Text: p.T("overview.health.unknown")}
	case h.LastBad.After(h.LastGood):
		return ui.Status{Tone: ui.Failure, Text: p.T("overview.health.bad")}
	case h.Errors > 0:
		return ui.Status{Tone: ui.Warning, Text: p.T("overview.health.unsteady")}
	}
	return ui.Status{Tone: ui.Success, Text: p.T("overview.health.good")}
}

// jobLabels are the catalogue keys of the kinds of jobs.
var jobLabels = map[string]string{
	"payments.mirror": "overview.job.payments.mirror", "directory.refresh": "overview.job.directory.refresh",
	"reports.poll": "overview.job.reports.poll",
}

func overviewJobs(v *visit, running []jobs.Job) []overview.Job {
	views := make([]overview.Job, len(running))
	for i, j := range running {
		views[i] = overview.Job{Label: j.Kind, Since: momentView(v.p, j.StartedAt), Age: v.p.Age(j.StartedAt, v.now)}
		if key, ok := jobLabels[j.Kind]; ok {
			views[i].Label = v.p.T(key)
		}
	}
	return views
}
