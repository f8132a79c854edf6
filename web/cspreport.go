package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"payportal/internal/errs"
)

// cspReportPath takes the browser's reports on the content security policy. Browsers send them without Origin.
const cspReportPath = "/csp-report"

// maxReport bounds a report, in bytes.
const maxReport = 8 << 10

// cspReport logs that a page tried what its policy forbids: the directive, and the path's pattern, not the address.
func (s *Server) cspReport(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		return errs.New(errs.Invalid, "read report", "errs.too_large", err)
	}
	if s.reports.Allow() {
		directive, path := readReport(body)
		s.Log.WarnContext(r.Context(), "content security policy violated", "directive", directive, "page", s.patternOf(path))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// patternOf turns a reported page into its route's pattern, which holds no id.
func (s *Server) patternOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "unknown"
	}
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: u.Path}})
	if pattern == "" {
		return "unknown"
	}
	return pattern
}

// readReport finds the violated directive and the page in either form of a report: the older report-uri object, or the
// list of the Reporting API. What it cannot read gives empty words.
func readReport(body []byte) (directive, page string) {
	var old struct {
		Report struct {
			Directive string `json:"effective-directive"`
			Violated  string `json:"violated-directive"`
			Page      string `json:"document-uri"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(body, &old) == nil && old.Report.Page != "" {
		if old.Report.Directive == "" {
			old.Report.Directive = old.Report.Violated
		}
		return clip(old.Report.Directive), old.Report.Page
	}
	var list []struct {
		Body struct {
			Directive string `json:"effectiveDirective"`
			Page      string `json:"documentURL"`
		} `json:"body"`
	}
	if json.Unmarshal(body, &list) == nil && len(list) > 0 {
		return clip(list[0].Body.Directive), list[0].Body.Page
	}
	return "", ""
}

// clip bounds a word of a stranger's before it goes into the log.
func clip(s string) string {
	const longest = 60
	if len(s) > longest {
		return s[:longest]
	}
	return s
}
