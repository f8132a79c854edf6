package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/payments"
	"payportal/templates/ui"
)

// paymentRoutes are the pages of mirrored payments.
func (s *Server) paymentRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/payments", Permission: access.PaymentList, handle: s.paymentList,
			Nav: Nav{Group: "nav.reporting", Label: "nav.payments", Icon: icon.Receipt, Letter: "p"},
		},
		{Method: "GET", Pattern: "/payments/totals", Permission: access.PaymentList, Quiet: true, handle: s.paymentTotals},
		{Method: "GET", Pattern: "/payments/export.csv", Permission: access.PaymentExport, Stream: true, handle: s.paymentExport(psp.CSV)},
		{Method: "GET", Pattern: "/payments/export.xlsx", Permission: access.PaymentExport, Stream: true, handle: s.paymentExport(psp.XLSX)},
		{Method: "POST", Pattern: "/payments/display", Permission: access.PaymentList, handle: s.paymentDisplay},
		{Method: "POST", Pattern: "/payments/refresh", Permission: access.PaymentList, handle: s.refreshPayments},
		{Method: "GET", Pattern: "/payments/views", Permission: access.PaymentList, handle: s.paymentViews},
		{Method: "POST", Pattern: "/payments/views", Permission: access.PaymentList, handle: s.createView},
		{Method: "POST", Pattern: "/payments/views/{id}", Permission: access.PaymentList, handle: s.updateView},
		{Method: "POST", Pattern: "/payments/views/{id}/default", Permission: access.PaymentList, handle: s.defaultView},
		{Method: "POST", Pattern: "/payments/views/{id}/share", Permission: access.ViewShare, handle: s.shareView},
		{Method: "POST", Pattern: "/payments/views/{id}/delete", Permission: access.PaymentList, handle: s.deleteView},
		{Method: "GET", Pattern: "/payments/{id}", Permission: access.PaymentList, handle: s.paymentDetail},
	}
}

func (s *Server) paymentList(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	q, err := s.readPayments(r, in)
	if err != nil {
		return err
	}
	if q.masked && len(q.wrong) == 0 {
		s.redirect(w, r, q.params.link("/payments"))
		return nil
	}
	if opened, err := s.openView(w, r, q); opened || err != nil {
		return err
	}
	var list psp.PaymentList
	if len(q.wrong) == 0 {
		list, err = s.Payments.List(r.Context(), q.PaymentQuery)
		if err != nil && !q.refuse(err) {
			return err
		}
	}
	return s.showPayments(w, r, q, list)
}

// showPayments answers with the list, or with what is wrong with its address.
func (s *Server) showPayments(w http.ResponseWriter, r *http.Request, q *paymentRequest, list psp.PaymentList) error {
	v := visitOf(r)
	p := page{title: v.p.T("payments.title")}
	if err := q.err(); err != nil {
		p, _ = invalidForm(p, err)
	}
	results := paymentResults(v, q, list)
	p.fragment = payments.ResultsPart(v.p, results)
	if !wantsFragment(r) {
		names, err := s.pspNames(r.Context(), q)
		if err != nil {
			return err
		}
		progress, err := s.MirrorProgress(r.Context())
		if err != nil {
			return err
		}
		view := payments.List{Filter: paymentFilter(v, q, names), Results: results}
		view.Fresh, view.Filling = mirrorView(v.p, v.now, q.Filter, progress)
		if len(q.connections) > 0 {
			view.Fresh.RefreshAction = paymentParams{paramConnection: q.params[paramConnection]}.link("/payments/refresh")
		}
		p.content = payments.ListPage(v.p, view)
	}
	return s.respond(w, r, p)
}

func (s *Server) paymentTotals(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	q, err := s.readPayments(r, in)
	if err != nil {
		return err
	}
	if err := q.err(); err != nil {
		return err
	}
	totals, err := s.Payments.Totals(r.Context(), q.Filter)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := paymentTotalsView(v.p, q, totals)
	return s.respond(w, r, page{
		title: v.p.T("payments.totals.title"), crumbs: paymentCrumbs(v),
		content: payments.TotalsPage(v.p, view), fragment: payments.TotalsPart(v.p, view),
	})
}

// paymentCrumbs lead to a page below the list.
func paymentCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("payments.title"), Href: "/payments"}}
}

func (s *Server) paymentDetail(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	chosen, connections, err := s.namedConnection(r, in)
	if err != nil {
		return err
	}
	detail, err := s.Payments.Detail(r.Context(), chosen, strings.ToUpper(r.PathValue("id")))
	if err != nil {
		return err
	}
	v := visitOf(r)
	back := "/payments"
	if in.has("return") {
		back = localPath(in.raw("return"))
	}
	view := paymentDetailView(v, detail, connections, back)
	return s.respond(w, r, page{
		title: view.Title, crumbs: []layout.Crumb{{Label: v.p.T("payments.title"), Href: back}}, content: payments.DetailPage(v.p, view),
	})
}

// namedConnection is the id of the connection that the address names, 0 for none.
func (s *Server) namedConnection(r *http.Request, in *input) (int64, []OfferedConnection, error) {
	connections, err := s.ReportingConnections(r.Context())
	if err != nil {
		return 0, nil, err
	}
	q := paymentRequest{connections: connections}
	q.readConnection(in)
	if in.err("choose connection") != nil {
		return 0, nil, errs.New(errs.NotFound, "choose connection", "", nil)
	}
	return q.Filter.ConnectionID, connections, nil
}

// refreshPayments asks for new payments of the connections that the list is about. The work is a background job; asking
// again while one is waiting changes nothing.
func (s *Server) refreshPayments(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	chosen, connections, err := s.namedConnection(r, in)
	if err != nil {
		return err
	}
	progress, err := s.MirrorProgress(r.Context())
	if err != nil {
		return err
	}
	v := visitOf(r)
	asked := 0
	for _, c := range connections {
		if chosen != 0 && chosen != c.ID || readJustNow(progress, c.ID, v.now) {
			continue
		}
		if err := s.RefreshPayments(r.Context(), c.ID); err != nil {
			return err
		}
		asked++
	}
	text := v.p.T("payments.fresh.asked")
	if asked == 0 {
		text = v.p.T("payments.fresh.just_now")
	}
	s.flash(r, ui.Success, text)
	s.redirect(w, r, returnPath(r))
	return nil
}

// refreshPause is how soon after the last reading a provider may be asked again by hand.
const refreshPause = 15 * time.Second

// readJustNow reports whether every list of a connection was read, or tried, within the pause.
func readJustNow(progress []mirror.Progress, connectionID int64, now time.Time) bool {
	known := false
	for _, l := range progress {
		if l.ConnectionID != connectionID {
			continue
		}
		known = true
		if now.Sub(l.LastComplete) > refreshPause && now.Sub(l.FailedAt) > refreshPause {
			return false
		}
	}
	return known
}

// paymentDisplay keeps which columns the user wants to see and how many rows. The form of the columns has all of them; that
// of the page size has the size alone.
func (s *Server) paymentDisplay(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	size := in.choice("size", pageSizeNames...)
	columns := chosenColumns(in)
	if err := in.err("choose columns"); err != nil {
		return err
	}
	v := visitOf(r)
	prefs := v.identity.Preferences
	prefs.Tables = maps.Clone(prefs.Tables)
	if prefs.Tables == nil {
		prefs.Tables = map[string]access.TablePreferences{}
	}
	table := prefs.Tables[paymentsTable]
	if len(columns) > 0 {
		table.Columns = columns
	}
	if size != "" {
		table.PageSize, _ = strconv.Atoi(size)
	}
	prefs.Tables[paymentsTable] = table
	if err := s.Access.Account.SavePreferences(r.Context(), v.identity, v.client(r), prefs); err != nil {
		return err
	}
	s.redirect(w, r, withPageSize(localPath(in.raw("return")), size))
	return nil
}

// withPageSize adds the number of rows to the address of a list, which was given without one.
func withPageSize(back, size string) string {
	switch {
	case size == "":
		return back
	case strings.Contains(back, "?"):
		return back + "&size=" + size
	}
	return back + "?size=" + size
}

// chosenColumns are the columns whose boxes were ticked, with the first, which is always there; nil when the form had none.
func chosenColumns(in *input) []string {
	if !in.flag("columns") {
		return nil
	}
	chosen := []string{payments.Time.Key()}
	for _, c := range payments.Columns()[1:] {
		if in.flag("column-" + c.Key()) {
			chosen = append(chosen, c.Key())
		}
	}
	return chosen
}

// shownColumns are the columns that the user sees, in the table's order.
func shownColumns(prefs access.TablePreferences, connections int) []payments.Column {
	var shown []payments.Column
	for _, c := range payments.Columns() {
		switch {
		case c == payments.Connection && connections < 2:
		case c == payments.Time, len(prefs.Columns) == 0, slices.Contains(prefs.Columns, c.Key()):
			shown = append(shown, c)
		}
	}
	return shown
}

// rowsOnOffer are the page sizes as a choice.
func rowsOnOffer(v *visit) []ui.Option {
	options := make([]ui.Option, len(pageSizeNames))
	for i, size := range pageSizeNames {
		options[i] = ui.Option{Value: size, Label: v.p.Digits(size)}
	}
	return options
}
