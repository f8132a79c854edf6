package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/connection"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/overview"
)

// overviewRoutes is the first page.
func (s *Server) overviewRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/{$}", Permission: access.SignedIn, handle: s.overview,
			Nav: Nav{Label: "nav.overview", Icon: icon.Home, Letter: "o"},
		},
	}
}

// overviewPeriod is what the overview is about until another period is chosen.
const overviewPeriod = calendar.Last30

// busiest is how many terminals the overview names.
const busiest = 8

// overview shows each part that the user may see. A part that cannot be had says so; the others stand.
func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	chosen, connections, err := s.namedConnection(r, in)
	if err != nil {
		return err
	}
	period := calendar.Preset(in.choice("period", presetNames...))
	if err := in.err("choose period"); err != nil {
		return err
	}
	if period == "" {
		period = overviewPeriod
	}
	v := visitOf(r)
	o := overviewParts{server: s, r: r, visit: v, period: period, chosen: chosen, connections: connections}
	return s.respond(w, r, page{title: v.p.T("overview.title"), content: overview.OverviewPage(v.p, o.page())})
}

// overviewParts asks for the parts of the overview.
type overviewParts struct {
	server      *Server
	r           *http.Request
	visit       *visit
	period      calendar.Preset
	chosen      int64
	connections []OfferedConnection
}

func (o *overviewParts) page() overview.Page {
	v := o.visit
	page := overview.Page{Empty: overviewEmpty(v, o.connections)}
	if v.can(access.PaymentList) && len(o.connections) > 0 {
		o.payments(&page)
	}
	if v.can(access.ConnectionRead) && len(o.connections) > 0 {
		page.Health = &overview.Connections{}
		health, err := o.health()
		if !o.trouble(&page.Health.Trouble, err) {
			page.Health.List = overviewHealths(v, o.connections, health)
		}
	}
	if v.can(access.JobRead) {
		page.Jobs = &overview.Jobs{Href: "/admin/jobs"}
		running, err := o.server.RunningJobs(o.r.Context())
		if !o.trouble(&page.Jobs.Trouble, err) {
			page.Jobs.List = overviewJobs(v, running)
		}
	}
	return page
}

// payments fills in what there is about payments and their copies.
func (o *overviewParts) payments(page *overview.Page) {
	v, ps := o.visit, o.params()
	page.Periods = periodTabs(v.p, ps, o.period)
	page.Connections = overviewConnections(v.p, ps, o.connections)
	page.Payments = &overview.Payments{}
	sums, failed, err := o.sums()
	if !o.trouble(&page.Payments.Trouble, err) {
		ps[paramPeriod] = string(o.period)
		*page.Payments = overviewPayments(v, ps, sums, failed)
	}
	page.Copies = &overview.Copies{}
	progress, err := o.server.MirrorProgress(o.r.Context())
	if !o.trouble(&page.Copies.Trouble, err) {
		page.Fresh, page.Filling = mirrorView(v.p, v.now, psp.PaymentFilter{ConnectionID: o.chosen}, progress)
		page.Copies.Lists = copyViews(v, o.connections, progress)
	}
}

// params are the parameters that all links of the page have.
func (o *overviewParts) params() paymentParams {
	var ps paymentParams
	if o.chosen != 0 {
		q := paymentRequest{connections: o.connections}
		ps[paramConnection] = q.connectionName(o.chosen)
	}
	return ps
}

// sums asks for the figures of the period. They are those of the list with the same filter.
func (o *overviewParts) sums() (all psp.Overview, failed psp.PaymentSums, err error) {
	prefs := o.visit.p.Prefs()
	period, _ := o.period.Period(o.visit.now, prefs.Calendar, prefs.Zone)
	all, err = o.server.Payments.Overview(o.r.Context(), o.chosen, daysOf(period, prefs.Zone), busiest)
	if err != nil {
		return all, failed, err
	}
	totals, err := o.server.Payments.Totals(o.r.Context(), psp.PaymentFilter{
		ConnectionID: o.chosen, From: period.Start, To: period.End, Status: new(psp.PaymentFailed),
	})
	return all, totals.PaymentSums, err
}

// daysOf gives the boundaries of the days of a period.
func daysOf(period calendar.Period, zone *time.Location) []time.Time {
	days := []time.Time{period.Start}
	for day := period.Start; day.Before(period.End); {
		day = calendar.Day(day, zone).End
		days = append(days, day)
	}
	return days
}

func (o *overviewParts) health() ([]connection.Health, error) {
	all := make([]connection.Health, len(o.connections))
	for i, c := range o.connections {
		var err error
		if all[i], err = o.server.ConnectionHealth(o.r.Context(), c.ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// trouble notes why a part could not be had, for the user and for the log.
func (o *overviewParts) trouble(t *overview.Trouble, err error) bool {
	if err == nil {
		return false
	}
	if !errors.Is(err, context.Canceled) {
		o.server.Log.ErrorContext(o.r.Context(), "part of the overview", "request_id", o.visit.requestID, "error", err.Error())
	}
	*t = overview.Trouble{Text: firstMessage(o.visit.p, err), RetryHref: localPath(o.r.URL.RequestURI())}
	return true
}
