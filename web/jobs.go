package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/jobs"
	"payportal/templates/admin"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// jobRoutes are the background jobs.
func (s *Server) jobRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/admin/jobs", Permission: access.JobRead, handle: s.jobList,
			Nav: Nav{Group: "nav.administration", Label: "nav.jobs", Icon: icon.Progress, Letter: "j"},
		},
		{Method: "GET", Pattern: "/admin/jobs/now", Permission: access.JobRead, Quiet: true, handle: s.jobsNow},
		{Method: "GET", Pattern: "/admin/jobs/{id}", Permission: access.JobRead, handle: s.jobPage},
		{Method: "POST", Pattern: "/admin/jobs/{id}/cancel", Permission: access.JobManage, handle: s.cancelJob},
		{Method: "POST", Pattern: "/admin/jobs/{id}/retry", Permission: access.JobManage, handle: s.retryJob},
	}
}

// How many jobs a page shows, and how many of each state the part about this moment does.
const (
	jobsPage   = 50
	activeJobs = 20
)

func (s *Server) jobList(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	before, _ := in.integer("after", 1, 1<<62)
	q := jobs.Query{Kind: in.choice("kind", jobKinds...), State: jobs.State(in.choice("status", stateWords()...)), Size: jobsPage, Before: before}
	var list []jobs.Job
	var more bool
	p := page{title: v.p.T("nav.jobs")}
	wrong := in.err("list jobs")
	if wrong == nil {
		list, more, err = s.Jobs.List(r.Context(), q)
	} else {
		p, _ = invalidForm(p, wrong)
	}
	if err != nil {
		return err
	}
	now, names, err := s.readJobsNow(r)
	if err != nil {
		return err
	}
	at := newListURL("/admin/jobs", in, "kind", "status")
	view := jobsView(v.p, at, jobPageList{jobs: list, more: more, continued: before > 0, names: names, may: v.can(access.JobManage)}, wrong)
	view.Now = now
	p.content, p.fragment = admin.JobsPage(v.p, view), admin.JobsList(v.p, view.List)
	return s.respond(w, r, p)
}

// jobsNow is the part of the page that renews itself.
func (s *Server) jobsNow(w http.ResponseWriter, r *http.Request) error {
	now, _, err := s.readJobsNow(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	part := admin.JobsNowPart(v.p, now)
	return s.respond(w, r, page{title: v.p.T("nav.jobs"), content: part, fragment: part})
}

// readJobsNow reads what runs or waits, and the names of the connections that jobs are about.
func (s *Server) readJobsNow(r *http.Request) (admin.JobsNow, map[int64]string, error) {
	names, err := s.connectionNames(r.Context())
	if err != nil {
		return admin.JobsNow{}, nil, err
	}
	lists, err := s.MirrorProgress(r.Context())
	if err != nil {
		return admin.JobsNow{}, nil, err
	}
	var active []jobs.Job
	for _, state := range []jobs.State{jobs.Running, jobs.Waiting, jobs.Retrying} {
		found, _, err := s.Jobs.List(r.Context(), jobs.Query{State: state, Size: activeJobs})
		if err != nil {
			return admin.JobsNow{}, nil, err
		}
		active = append(active, found...)
	}
	v := visitOf(r)
	return jobsNowView(v.p, v.now, lists, active, names, v.can(access.JobManage)), names, nil
}

// connectionNames are the names of all connections by number.
func (s *Server) connectionNames(ctx context.Context) (map[int64]string, error) {
	all, err := s.Connections.List(ctx)
	names := make(map[int64]string, len(all))
	for _, c := range all {
		names[c.ID] = c.Name
	}
	return names, err
}

// jobOf reads the job that the path names.
func (s *Server) jobOf(r *http.Request) (jobs.Job, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return jobs.Job{}, errs.New(errs.NotFound, "read job", "", err)
	}
	return s.Jobs.Get(r.Context(), id)
}

func (s *Server) jobPage(w http.ResponseWriter, r *http.Request) error {
	job, err := s.jobOf(r)
	if err != nil {
		return err
	}
	names, err := s.connectionNames(r.Context())
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := jobView(v.p, job, names, v.can(access.JobManage))
	crumbs := []layout.Crumb{{Label: v.p.T("nav.jobs"), Href: "/admin/jobs"}}
	return s.respond(w, r, page{title: view.Title, crumbs: crumbs, content: admin.JobPage(v.p, view)})
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	return s.actOnJob(w, r, "job.cancel", s.Jobs.Cancel, "admin.job.cancelled")
}

func (s *Server) retryJob(w http.ResponseWriter, r *http.Request) error {
	return s.actOnJob(w, r, "job.retry", s.Jobs.Retry, "admin.job.retried")
}

// actOnJob does something with the job of the path. The trail comes first: there is no act without its entry, whenever the
// process ends.
func (s *Server) actOnJob(w http.ResponseWriter, r *http.Request, act string, do func(context.Context, int64) error, done string) error {
	job, err := s.jobOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	err = s.RecordAudit(r.Context(), audit.Entry{
		Actor: v.by(r).Actor, Act: act, Object: fmt.Sprintf("job:%d", job.ID), Outcome: audit.OK,
		Before: map[string]string{"kind": job.Kind, "state": string(job.State)},
	})
	if err != nil {
		return err
	}
	if err := do(r.Context(), job.ID); err != nil {
		return err
	}
	s.flash(r, ui.Success, v.p.T(done))
	s.redirect(w, r, "/admin/jobs")
	return nil
}
