package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/templates/admin"
	"payportal/templates/icon"
	"payportal/templates/layout"
)

// auditRoutes are the trail of what people did.
func (s *Server) auditRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/admin/audit", Permission: access.AuditRead, handle: s.auditTrail,
			Nav: Nav{Group: "nav.administration", Label: "nav.audit", Icon: icon.History, Letter: "a"},
		},
		{Method: "GET", Pattern: "/admin/audit/verify", Permission: access.AuditRead, Stream: true, Action: "admin.audit.verify", handle: s.verifyAudit},
		{Method: "GET", Pattern: "/admin/audit/{id}", Permission: access.AuditRead, handle: s.auditEntry},
	}
}

// auditParameters are the filters of the trail, in the order of their chips.
var auditParameters = []string{"user", "act", "outcome", "object", "address", "from", "to"}

// auditPage is how many entries a page shows.
const auditPage = 50

func (s *Server) auditTrail(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	filter := auditFilter(in, v)
	var entries []audit.Entry
	var more bool
	p := page{title: v.p.T("nav.audit")}
	wrong := in.err("search the audit trail")
	if wrong == nil {
		entries, more, err = s.Audit.Search(r.Context(), filter)
	} else {
		p, _ = invalidForm(p, wrong)
	}
	if err != nil {
		return err
	}
	users, err := s.Access.People.Users(r.Context(), access.UserFilter{})
	if err != nil {
		return err
	}
	at := newListURL("/admin/audit", in, auditParameters...)
	view := auditView(v.p, v.now, at, users, auditList{entries: entries, more: more, continued: filter.Before > 0, can: v.can}, wrong)
	p.content, p.fragment = admin.AuditPage(v.p, view), admin.AuditEntries(v.p, view.List)
	return s.respond(w, r, p)
}

// auditFilter reads the filter of the trail. Days are the user's: both are included.
func auditFilter(in *input, v *visit) audit.Filter {
	f := audit.Filter{
		Act: in.text("act", 100), Object: in.text("object", 200),
		Outcome: in.choice("outcome", audit.OK, audit.Refused, audit.Failed, audit.Unknown), Limit: auditPage,
	}
	f.UserID, _ = in.integer("user", 1, 1<<62)
	f.Before, _ = in.integer("after", 1, 1<<62)
	if text := in.text("address", 60); text != "" {
		address, err := netip.ParseAddr(text)
		if err != nil {
			in.wrong("address", "admin.audit.address_wrong", nil)
		}
		f.Address = address.Unmap().String()
	}
	prefs := v.p.Prefs()
	from, _ := in.date("from", prefs.Calendar, prefs.Zone)
	to, given := in.date("to", prefs.Calendar, prefs.Zone)
	f.From = from
	if given {
		f.Until = dayAfter(to, prefs.Zone)
	}
	if given && f.Until.Before(from) {
		in.wrong("to", "validate.range_order", nil)
	}
	return f
}

// dayAfter is the start of the next day in the zone.
func dayAfter(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, zone)
}

// auditCrumbs lead to the pages below the trail.
func auditCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("nav.audit"), Href: "/admin/audit"}}
}

func (s *Server) auditEntry(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "read audit entry", "", err)
	}
	entry, err := s.Audit.Entry(r.Context(), seq)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := auditEntryView(v.p, entry, v.can)
	view.BackHref = backToList("/admin/audit", in.text("list", maxListQuery))
	return s.respond(w, r, page{title: view.Title, crumbs: auditCrumbs(v), content: admin.AuditEntryPage(v.p, view)})
}

func (s *Server) verifyAudit(w http.ResponseWriter, r *http.Request) error {
	verdict, err := s.Audit.Verify(r.Context())
	if err != nil {
		return err
	}
	v := visitOf(r)
	return s.respond(w, r, page{title: v.p.T("admin.audit.verify"), crumbs: auditCrumbs(v), content: admin.VerdictPage(v.p, verdictView(v.p, verdict))})
}

// objectHref is the page of what something was done to, for those who may open it; empty where there is none.
func objectHref(object string, can func(access.Permission) bool) string {
	kind, id, _ := strings.Cut(object, ":")
	pages := map[string]struct {
		permission access.Permission
		path       string
	}{
		"user": {access.UserRead, "/admin/users/"}, "role": {access.RoleRead, "/admin/roles/"}, "connection": {access.ConnectionRead, "/admin/connections/"},
		"terminal": {access.TerminalRead, "/terminals/"}, "job": {access.JobRead, "/admin/jobs/"}, "inquiry": {access.InquiryHistory, historyPath + "/"}, "command": {access.TerminalRead, "/terminals/commands/"},
	}
	switch _, err := strconv.Atoi(id); {
	case err == nil && kind == "connection":
		return "" // commands name their connection by its number
	case err != nil && kind == "inquiry":
		return "" // the settings
	}
	if page, known := pages[kind]; known && id != "" && can(page.permission) {
		return localPath(page.path + id)
	}
	return ""
}
