package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
)

// The kinds of background jobs. They stand in the database: they must not change.
const (
	jobMirrorPayments   = "payments.mirror"
	jobRefreshDirectory = "directory.refresh"
	jobPollReports      = "reports.poll"
	jobBulkInquiry      = "inquiry.bulk"
	jobForgetInquiries  = "inquiry.forget"
)

// How often each kind is due, and how often the plan looks.
const (
	planEvery        = 5 * time.Second
	mirrorEvery      = time.Minute
	directoryEvery   = 10 * time.Minute
	recoverEvery     = 30 * time.Second
	bulksEvery       = 30 * time.Second
	forgetEvery      = time.Hour
	auditHeadEvery   = time.Hour
	directoryTimeout = 2 * time.Minute
	reportsTimeout   = 2 * time.Minute
)

// mirrorArgs say which list of payments to bring up to date.
type mirrorArgs struct {
	ConnectionID int64            `json:"connection_id"`
	Type         psp.TerminalType `json:"type"`
	// Asked says that a person wants it now, although the last attempt failed.
	Asked bool `json:"asked,omitempty"`
}

// connectionArgs say which connection a job is about.
type connectionArgs struct {
	ConnectionID int64 `json:"connection_id"`
}

// bulkArgs say which file of numbers a job works on.
type bulkArgs struct {
	BulkID int64 `json:"bulk_id"`
}

// registerJobs says how each kind of job is done.
func (a *app) registerJobs() *jobs.Registry {
	r := jobs.NewRegistry()
	jobs.Handle(r, jobBulkInquiry, jobs.Options{}, func(ctx context.Context, args bulkArgs) error { return a.workOnBulk(ctx, args.BulkID) })
	jobs.Handle(r, jobForgetInquiries, jobs.Options{}, func(ctx context.Context, _ struct{}) error {
		_, err := a.history.Forget(ctx)
		return err
	})
	jobs.Handle(r, jobMirrorPayments, jobs.Options{}, func(ctx context.Context, args mirrorArgs) error {
		read := a.mirror.Run
		if args.Asked {
			read = a.mirror.Refresh
		}
		err := read(ctx, mirror.Key{ConnectionID: args.ConnectionID, Type: args.Type})
		if errs.Is(err, errs.Conflict) {
			return nil // it is being brought up to date already
		}
		return err
	})
	jobs.Handle(r, jobRefreshDirectory, jobs.Options{Timeout: directoryTimeout}, func(ctx context.Context, args connectionArgs) error {
		return a.directory.Refresh(ctx, args.ConnectionID)
	})
	jobs.Handle(r, jobPollReports, jobs.Options{Timeout: reportsTimeout}, func(ctx context.Context, args connectionArgs) error {
		_, pause, err := a.reports.Poll(ctx, args.ConnectionID)
		a.plan.postpone(jobPollReports, args.ConnectionID, pause)
		return err
	})
	return r
}

// work does what runs beside the requests until ctx ends: jobs, their plan, recovery, and the upkeep of sessions, health
// and the audit trail's head.
func (a *app) work(ctx context.Context) error {
	if err := a.recoverAtStart(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it had begun
		}
		return err
	}
	if err := a.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	var group errgroup.Group
	group.Go(func() error { a.sessions.Run(ctx); return nil })
	group.Go(func() error { a.providers.Run(ctx, a.log); return nil })
	group.Go(func() error { return a.each(ctx, planEvery, a.enqueueDue) })
	group.Go(func() error { return a.each(ctx, recoverEvery, a.recoverCommands) })
	group.Go(func() error { return a.each(ctx, bulksEvery, a.bulks.EnqueueRunning) })
	group.Go(func() error {
		return a.each(ctx, forgetEvery, func(ctx context.Context) error { return a.enqueue(ctx, jobForgetInquiries, struct{}{}) })
	})
	group.Go(func() error { return a.each(ctx, auditHeadEvery, a.logAuditHead) })
	problem := group.Wait()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.settings.ShutdownTimeout)
	defer cancel()
	return errors.Join(problem, a.jobs.Stop(stopping))
}

// recoverAtStart settles what the last run left open. A question that was with a provider is lost: it may have been answered. On a
// restored backup nothing is taken to have been left undone: what
// was on its way may have happened since the copy was made, and becomes unknown.
func (a *app) recoverAtStart(ctx context.Context) error {
	if _, err := a.history.RecoverAtStart(ctx); err != nil {
		return err
	}
	restored, err := a.db.IsRestored(ctx)
	if err != nil {
		return err
	}
	occasion := command.AtStart
	if restored {
		occasion = command.AfterRestore
	}
	if _, err := a.commands.Recover(ctx, occasion); err != nil || !restored {
		return err
	}
	a.log.WarnContext(ctx, "the database is a restored copy: what was on its way when it was made is unknown now")
	return a.db.AcceptRestored(ctx, audit.Entry{Actor: audit.System("start"), Act: "database.restored", Object: "database", Outcome: audit.OK})
}

// each does something at once and then in intervals until ctx ends. What fails is logged and tried again at its next turn.
func (a *app) each(ctx context.Context, interval time.Duration, do func(context.Context) error) error {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "background work failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// enqueueDue asks for the work that is due on each connection.
func (a *app) enqueueDue(ctx context.Context) error {
	connections, err := a.reportingConnections(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, c := range connections {
		if a.plan.due(jobRefreshDirectory, c.ID, directoryEvery) {
			problems = append(problems, a.enqueue(ctx, jobRefreshDirectory, connectionArgs{c.ID}))
		}
		if a.plan.due(jobPollReports, c.ID, directoryEvery) {
			problems = append(problems, a.enqueue(ctx, jobPollReports, connectionArgs{c.ID}))
		}
		if a.plan.due(jobMirrorPayments, c.ID, mirrorEvery) {
			for _, t := range psp.TerminalTypes {
				problems = append(problems, a.enqueue(ctx, jobMirrorPayments, mirrorArgs{ConnectionID: c.ID, Type: t}))
			}
		}
	}
	return errors.Join(problems...)
}

func (a *app) enqueue(ctx context.Context, kind string, args any) error {
	_, _, err := a.jobs.Enqueue(ctx, kind, args)
	return err
}

// refreshPayments asks for the newest payments of a connection now.
func (a *app) refreshPayments(ctx context.Context, connectionID int64) error {
	var problems []error
	for _, t := range psp.TerminalTypes {
		problems = append(problems, a.enqueue(ctx, jobMirrorPayments, mirrorArgs{ConnectionID: connectionID, Type: t, Asked: true}))
	}
	return errors.Join(problems...)
}

// enqueueBulk asks for the work on a file of numbers.
func (a *app) enqueueBulk(ctx context.Context, id int64) error {
	return a.enqueue(ctx, jobBulkInquiry, bulkArgs{BulkID: id})
}

// workOnBulk works on a file of numbers, with as many questions at once as its connection bears.
func (a *app) workOnBulk(ctx context.Context, id int64) error {
	file, err := a.db.Bulk(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil // forgotten meanwhile
	}
	if err != nil {
		return err
	}
	c, err := a.connections.Get(ctx, file.ConnectionID)
	if err != nil {
		return err
	}
	err = a.bulks.Run(ctx, id, c.Settings.Concurrency)
	if errs.Is(err, errs.Conflict) {
		return nil // it is being worked on already
	}
	return err
}

// mostRunning is more jobs than ever run at once.
const mostRunning = 100

// runningJobs lists the jobs that are under way.
func (a *app) runningJobs(ctx context.Context) ([]jobs.Job, error) {
	running, _, err := a.jobs.List(ctx, jobs.Query{State: jobs.Running, Size: mostRunning})
	return running, err
}

func (a *app) recoverCommands(ctx context.Context) error {
	_, err := a.commands.Recover(ctx, command.WhileRunning)
	return err
}

// logAuditHead puts the head of the audit chain into the log, which should be kept on another machine.
func (a *app) logAuditHead(ctx context.Context) error {
	head, err := a.db.AuditHead(ctx)
	if err != nil {
		return err
	}
	a.log.InfoContext(ctx, "audit head", "count", head.Count, "hash", head.Hash)
	return nil
}
