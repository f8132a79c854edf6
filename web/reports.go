package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/reports"
)

// reportRoutes are the reports that the provider makes.
func (s *Server) reportRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/reports", Permission: access.ReportList, handle: s.reportList,
			Nav: Nav{Group: "nav.reporting", Label: "nav.reports", Icon: icon.Report, Letter: "r"},
		},
		{Method: "GET", Pattern: "/reports/progress", Permission: access.ReportList, Quiet: true, handle: s.reportProgress},
		{Method: "POST", Pattern: "/reports/refresh", Permission: access.ReportList, handle: s.refreshReports},
		{Method: "GET", Pattern: "/reports/{uuid}/download", Permission: access.ReportDownload, Stream: true, handle: s.downloadReport},
	}
}

// reportAsk is a page of the list of reports as it was asked for.
type reportAsk struct {
	connection OfferedConnection
	all        []OfferedConnection
	at         listURL
	filter     psp.ReportFilter
	// wrong is what the query has wrong; the page then shows no rows.
	wrong error
}

func (s *Server) askReports(r *http.Request) (*input, reportAsk, error) {
	in, err := query(r)
	if err != nil {
		return nil, reportAsk{}, err
	}
	connection, all, err := s.chosenConnection(r, in)
	if err != nil {
		return nil, reportAsk{}, err
	}
	ask := reportAsk{connection: connection, all: all, at: newListURL("/reports", in, "connection", "status", "size")}
	ask.filter = psp.ReportFilter{ConnectionID: connection.ID, After: in.text("after", 1000), Limit: pageLimit(in)}
	if status, ok := reportStatusNamed(in.choice("status", reportStatusWords...)); ok {
		ask.filter.Status = &status
	}
	ask.wrong = in.err("list reports")
	return in, ask, nil
}

func (s *Server) reportList(w http.ResponseWriter, r *http.Request) error {
	_, ask, err := s.askReports(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	p := page{title: v.p.T("psp.report.title")}
	if ask.connection.ID == 0 {
		return s.withoutConnection(w, r, p.title)
	}
	list, fresh, wrong := psp.ReportPage{}, psp.Freshness{}, ask.wrong
	if wrong == nil {
		list, fresh, wrong = s.Reports.List(r.Context(), ask.filter)
	}
	if wrong != nil {
		var ok bool
		if p, ok = invalidForm(p, wrong); !ok {
			return wrong
		}
		ask.wrong = wrong
	}
	view := reportsView(v.p, v.now, ask, list, fresh, v.can(access.ReportDownload))
	p.content, p.fragment = reports.Page(v.p, view), reports.Rows(v.p, view.List)
	return s.respond(w, r, p)
}

// reportProgress answers the poll of the list: the same part of the page, or 204 while nothing has changed, so that nothing
// is drawn or said again without news.
func (s *Server) reportProgress(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.askReports(r)
	if err != nil {
		return err
	}
	seen := in.text("seen", 64)
	if err := in.err("list reports"); err != nil {
		return err
	}
	if !wantsFragment(r) {
		s.redirect(w, r, ask.at.with("after", ask.filter.After).String())
		return nil
	}
	list, fresh, err := s.Reports.List(r.Context(), ask.filter)
	if err != nil {
		return err
	}
	if seen == reportsMark(list) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	v := visitOf(r)
	view := reportsView(v.p, v.now, ask, list, fresh, v.can(access.ReportDownload))
	return s.respond(w, r, page{title: v.p.T("psp.report.title"), content: reports.Page(v.p, view), fragment: reports.Rows(v.p, view.List)})
}

// refreshReports asks the provider for the list now.
func (s *Server) refreshReports(w http.ResponseWriter, r *http.Request) error {
	_, ask, err := s.askReports(r)
	if err != nil {
		return err
	}
	if ask.wrong != nil {
		return ask.wrong
	}
	if ask.connection.ID != 0 {
		_, _, err := s.Reports.Poll(r.Context(), ask.connection.ID)
		if err := s.flashRefresh(r, err, "reports.refreshed", "reports.refresh_failed"); err != nil {
			return err
		}
	}
	s.redirect(w, r, ask.at.String())
	return nil
}

// spreadsheet is the type of every report. What the object storage said is not passed on: it could be anything.
const spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// downloadReport passes a report's file through. The audit entry is committed before the first byte.
func (s *Server) downloadReport(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	connectionID, err := s.reportConnection(r, in)
	if err != nil {
		return err
	}
	file, err := s.Reports.Download(r.Context(), visitOf(r).by(r).Actor, connectionID, r.PathValue("uuid"))
	if err != nil {
		return ofProvider(err)
	}
	defer func() { _ = file.Body.Close() }() // read to its end or given up: closing says nothing new
	h := w.Header()
	h.Set("Content-Security-Policy", downloadPolicy)
	h.Set("Content-Type", spreadsheet)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set(gzhttp.HeaderNoCompression, "1") // a spreadsheet is compressed already, and has a length to show
	if file.Size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return s.passThrough(w, r, file)
}

// reportConnection finds the connection that lists the report of the path: the one that the query names, else the first.
func (s *Server) reportConnection(r *http.Request, in *input) (int64, error) {
	ids, err := s.Reports.Connections(r.Context(), r.PathValue("uuid"))
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, errs.New(errs.NotFound, "download report", "", nil)
	}
	if !in.has("connection") {
		return ids[0], nil
	}
	connection, _, err := s.chosenConnection(r, in)
	if err == nil && !slices.Contains(ids, connection.ID) {
		err = errs.New(errs.NotFound, "download report", "", nil)
	}
	return connection.ID, err
}

// passThrough copies a file to the client. What breaks in the middle ends the connection, so that nobody takes half a
// file for the whole.
func (s *Server) passThrough(w http.ResponseWriter, r *http.Request, file psp.ReportDownload) error {
	_, err := io.Copy(&patientWriter{w, http.NewResponseController(w)}, file.Body)
	switch {
	case err == nil:
		return nil
	case r.Context().Err() != nil && errors.Is(r.Context().Err(), context.Canceled):
		return err // the client has left
	}
	v := visitOf(r)
	s.Log.Warn("download broke off", "request_id", v.requestID, "error", err.Error())
	panic(http.ErrAbortHandler)
}

// patientWriter gives each piece its own time to be written: a large file over a slow line may take as long as it moves.
type patientWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// Write puts the deadline off and writes.
func (p *patientWriter) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(b)
}
