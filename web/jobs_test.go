package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/htmlcheck"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/web"
)

func TestJobsAreListedCancelledAndRunAgain(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	admin := p.user(t, "admin", access.Administrator)
	c := p.connection(t, u, admin)
	id, _, err := u.Jobs.Enqueue(t.Context(), "payments.mirror", map[string]int64{"connection_id": c.ID, "type": 1})
	if err != nil {
		t.Fatal(err)
	}
	operations := p.user(t, "operations", access.Operations)
	path := fmt.Sprintf("/admin/jobs/%d", id)
	operations.get("/admin/jobs", http.StatusOK, htmlcheck.In("#jobs-now[hx-get=/admin/jobs/now]"), htmlcheck.In("#jobs-table tbody tr", htmlcheck.HasText("Point of sale (POS) · toman-staging")),
		htmlcheck.In("#active-jobs-table form[action="+path+"/cancel]"))
	operations.get("/admin/jobs?status=failed", http.StatusOK, htmlcheck.In("#jobs .empty-state"), htmlcheck.Count(".chip", 1))
	operations.get("/admin/jobs?status=odd", http.StatusUnprocessableEntity, htmlcheck.In("#f-status[aria-invalid=true]"))
	operations.get(path, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Read payments")))

	operations.post(path+"/cancel", http.StatusSeeOther, url.Values{})
	if job, err := u.Jobs.Get(t.Context(), id); err != nil || job.State != jobs.Cancelled {
		t.Errorf("after the cancelling: %+v, %v", job, err)
	}
	operations.get("/admin/jobs", http.StatusOK, htmlcheck.NotIn("#jobs-now[hx-get]"), htmlcheck.In("#jobs-table form[action="+path+"/retry]"))
	operations.post(path+"/retry", http.StatusSeeOther, url.Values{})
	if job, err := u.Jobs.Get(t.Context(), id); err != nil || job.State != jobs.Waiting {
		t.Errorf("after running it again: %+v, %v", job, err)
	}
	entries, _, err := u.Audit.Search(t.Context(), audit.Filter{Act: "job.", Limit: 10})
	if err != nil || len(entries) != 2 {
		t.Errorf("entries = %+v, %v; want two", entries, err)
	}
	for _, path := range []string{"/admin/jobs/999999", "/admin/jobs/x"} {
		operations.get(path, http.StatusNotFound, htmlcheck.In("nav"))
	}
	operations.post("/admin/jobs/999999/cancel", http.StatusNotFound, url.Values{})
	auditor := p.user(t, "auditor", access.Auditor)
	auditor.get("/admin/jobs", http.StatusOK, htmlcheck.NotIn("#jobs-table form"))
	auditor.post(path+"/cancel", http.StatusForbidden, url.Values{})
}

func TestJobsArePaged(t *testing.T) {
	var u web.UseCases
	p := newPortal(t, withConnections(&u))
	for i := range int64(60) {
		if _, _, err := u.Jobs.Enqueue(t.Context(), "directory.refresh", map[string]int64{"connection_id": i}); err != nil {
			t.Fatal(err)
		}
	}
	auditor := p.user(t, "auditor", access.Auditor)
	first := auditor.htmx().get("/admin/jobs?kind=directory.refresh", http.StatusOK, htmlcheck.Count("#jobs-table tbody tr", 50), htmlcheck.NotIn("#jobs-now"))
	if textOf(t, first, "a[rel=next]") == "" {
		t.Error("no way to the older jobs")
	}
	auditor.get("/admin/jobs?kind=directory.refresh&after=11", http.StatusOK, htmlcheck.Count("#jobs-table tbody tr", 10), htmlcheck.In("a[rel=prev][href=/admin/jobs?kind=directory.refresh]"))
}

// TestProgressOfAFill covers expectation 28: percent, rate and rest while the first fill runs.
func TestProgressOfAFill(t *testing.T) {
	var u web.UseCases
	running := mirror.Progress{
		Running: true, RowsPerSecond: 2000, Remaining: 90 * time.Second,
		State: mirror.State{Key: mirror.Key{ConnectionID: 1, Type: psp.IPG}, Walk: mirror.Fill, Read: 50_000, Total: 200_000},
	}
	p := newPortal(t, withConnections(&u), func(_ *portal, c *web.Config) { c.MirrorProgress = fixed(running) })
	admin := p.user(t, "admin", access.Administrator)
	p.connection(t, u, admin)
	for _, path := range []string{"/admin/jobs", "/admin/jobs/now"} {
		admin.get(path, http.StatusOK, htmlcheck.In("#jobs-now[hx-get=/admin/jobs/now] progress", htmlcheck.HasAttr("aria-valuenow", "25")),
			htmlcheck.In("#jobs-now", htmlcheck.HasText("2,000 a second, about 2 minutes left")), htmlcheck.In("#jobs-now form button", htmlcheck.HasText("Pause")))
	}
	admin.htmx().get("/admin/jobs/now", http.StatusOK, htmlcheck.In("#jobs-now"), htmlcheck.NotIn("h1"))
}
