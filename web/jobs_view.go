package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/i18n"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/admin"
	"payportal/templates/ui"
)

// jobKinds are the kinds of jobs that this program makes. Each has its name in the catalogues.
var jobKinds = []string{"payments.mirror", "directory.refresh", "reports.poll"}

// kindName names a kind; one of another version of the program keeps its technical name.
func kindName(p *i18n.Printer, kind string) string {
	if slices.Contains(jobKinds, kind) {
		return p.T("admin.job_kind." + strings.ReplaceAll(kind, ".", "_"))
	}
	return textin.Visible(kind)
}

func stateWords() []string {
	var words []string
	for _, state := range jobs.States() {
		words = append(words, string(state))
	}
	return words
}

func jobState(p *i18n.Printer, state jobs.State) ui.Status {
	tones := map[jobs.State]ui.Tone{jobs.Running: ui.Info, jobs.Retrying: ui.Warning, jobs.Completed: ui.Success, jobs.Failed: ui.Failure}
	return ui.Status{Tone: tones[state], Text: p.T("admin.job_state." + string(state))}
}

// jobPageList is a page of jobs.
type jobPageList struct {
	jobs            []jobs.Job
	more, continued bool
	names           map[int64]string
	// may says that the asker can cancel and retry.
	may bool
}

func jobsView(p *i18n.Printer, at listURL, list jobPageList, wrong error) admin.Jobs {
	byField, summary := fieldErrors(p, wrong)
	kinds, states := []ui.Option{{Label: p.T("filter.any")}}, []ui.Option{{Label: p.T("filter.any")}}
	for _, kind := range jobKinds {
		kinds = append(kinds, ui.Option{Value: kind, Label: kindName(p, kind)})
	}
	for _, state := range jobs.States() {
		states = append(states, ui.Option{Value: string(state), Label: jobState(p, state).Text})
	}
	choice := func(name, label string, options []ui.Option) ui.SelectInput {
		value := at.values.Get(name)
		return ui.SelectInput{Field: ui.Field{Name: name, Label: p.T(label), Value: value, Error: byField[name]}, Options: withChosen(options, value)}
	}
	view := admin.Jobs{Kind: choice("kind", "admin.job.kind", kinds), Status: choice("status", "word.status", states)}
	view.List = admin.JobList{
		Label: p.Tf("admin.jobs.count", map[string]any{"Count": len(list.jobs)}), Errors: summary,
		Chips: filterChips(at, chipOf{"kind", view.Kind.Label, kinds}, chipOf{"status", view.Status.Label, states}), Empty: ui.NothingMatches(p, at.path),
	}
	if len(at.values) == 0 {
		view.List.Empty = ui.NothingYet(p.T("admin.jobs.none"), p.T("admin.jobs.none_text"), ui.Button{})
	}
	view.List.Pager = ui.Pager{Text: view.List.Label, Live: true, PrevLabel: p.T("admin.first_page"), NextLabel: p.T("ui.pager.older")}
	if list.continued {
		view.List.Pager.PrevHref = at.String()
	}
	if list.more {
		view.List.Pager.NextHref = at.with("after", strconv.FormatInt(list.jobs[len(list.jobs)-1].ID, 10)).String()
	}
	for _, j := range list.jobs {
		view.List.Rows = append(view.List.Rows, jobRow(p, j, list.names, list.may))
	}
	return view
}

func jobRow(p *i18n.Printer, j jobs.Job, names map[int64]string, may bool) admin.JobRow {
	row := admin.JobRow{
		Href: jobHref(j.ID), Kind: kindName(p, j.Kind), Subject: jobSubject(p, j, names), State: jobState(p, j.State),
		Attempts: attemptsText(p, j), Created: momentView(p, j.CreatedAt), Finished: momentView(p, j.FinishedAt), Act: jobAct(p, j, may),
	}
	if n := len(j.Errors); n > 0 {
		row.Problem = textin.Visible(j.Errors[n-1].Text)
	}
	return row
}

// jobHref is the page of a job.
func jobHref(id int64) string { return "/admin/jobs/" + strconv.FormatInt(id, 10) }

func attemptsText(p *i18n.Printer, j jobs.Job) string {
	return p.Tf("admin.job.attempts_of", map[string]any{"Attempt": j.Attempt, "Max": j.MaxAttempts})
}

// jobSubject says what a job is about, as far as its arguments name a connection and a list.
func jobSubject(p *i18n.Printer, j jobs.Job, names map[int64]string) string {
	var args struct {
		ConnectionID int64             `json:"connection_id"`
		Type         *psp.TerminalType `json:"type"`
	}
	if json.Unmarshal(j.Args, &args) != nil || args.ConnectionID == 0 {
		return ""
	}
	subject := names[args.ConnectionID]
	if subject == "" {
		subject = strconv.FormatInt(args.ConnectionID, 10)
	}
	if args.Type != nil {
		subject = mirrorName(p, *args.Type, subject)
	}
	return subject
}

// mirrorName names a list of payments where lists of several connections stand together. The reader's own language comes
// first: it decides the direction of the whole.
func mirrorName(p *i18n.Printer, t psp.TerminalType, connection string) string {
	return p.T("psp.terminal.type."+t.String()) + " · " + connection
}

func jobAct(p *i18n.Printer, j jobs.Job, may bool) *admin.JobAct {
	if !may {
		return nil
	}
	switch j.State {
	case jobs.Waiting, jobs.Running:
		return &admin.JobAct{Label: p.T("admin.job.cancel"), Action: jobHref(j.ID) + "/cancel"}
	case jobs.Retrying, jobs.Failed, jobs.Cancelled:
		return &admin.JobAct{Label: p.T("admin.job.retry"), Action: jobHref(j.ID) + "/retry"}
	}
	return nil
}

func jobsNowView(p *i18n.Printer, now time.Time, lists []mirror.Progress, active []jobs.Job, names map[int64]string, may bool) admin.JobsNow {
	var view admin.JobsNow
	for _, l := range lists {
		if names[l.ConnectionID] == "" {
			continue // its connection is gone
		}
		name := mirrorName(p, l.Type, names[l.ConnectionID])
		view.Lists = append(view.Lists, copyingView(p, now, names[l.ConnectionID], name, l, may, "/admin/jobs"))
		view.Running = view.Running || l.Running
	}
	for _, j := range active {
		view.Active = append(view.Active, jobRow(p, j, names, may))
	}
	view.Running = view.Running || len(active) > 0
	return view
}

func jobView(p *i18n.Printer, j jobs.Job, names map[int64]string, may bool) admin.Job {
	view := admin.Job{
		Title: kindName(p, j.Kind), State: jobState(p, j.State), Number: p.Int(j.ID), Subject: jobSubject(p, j, names), Attempts: attemptsText(p, j),
		Created: momentView(p, j.CreatedAt), Due: momentView(p, j.ScheduledAt), Started: momentView(p, j.StartedAt), Finished: momentView(p, j.FinishedAt),
		Args: textin.Visible(string(j.Args)), Act: jobAct(p, j, may),
	}
	for _, e := range j.Errors {
		view.Errors = append(view.Errors, admin.Attempt{Number: p.Int(int64(e.Attempt)), At: momentView(p, e.At), Text: textin.Visible(e.Text)})
	}
	return view
}
