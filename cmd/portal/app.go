package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/sync/errgroup"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/connection"
	"payportal/internal/i18n"
	"payportal/internal/inquiry"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/internal/seal"
	"payportal/store"
	"payportal/web"
	"payportal/web/checkout"
	"payportal/web/hooks"
)

// app is the running portal: the database, the use-cases on it, and the surfaces in front of them. It is a value with
// open, run and close, so that serve, demo and tests start the same thing.
type app struct {
	settings settings
	log      *slog.Logger
	lock     *os.File
	db       *store.DB
	metrics  *metrics

	sessions    *store.Sessions
	cookie      *scs.SessionManager
	access      *access.UseCases
	providers   pool
	connections *connection.Service
	commands    *command.Service
	terminals   *psp.Terminals
	directory   *psp.Directory
	reports     *psp.Reports
	payments    *psp.Payments
	mirror      *mirror.Mirror
	rules       *inquiry.Rules
	bulks       *inquiry.Bulks
	history     *inquiry.History
	jobs        *jobs.Runner
	plan        *plan
	cache       offeredCache

	staff *web.Server
	// handler is staff, inside what traces it where tracing is on.
	handler  http.Handler
	surfaces []*surface
	// stopTracing flushes what has not been sent yet.
	stopTracing func(context.Context) error
}

// openApp opens the database, brings it up to date, and builds everything that runs on it. Nothing listens yet.
func openApp(ctx context.Context, s settings, log *slog.Logger) (_ *app, err error) {
	a := &app{settings: s, log: log, metrics: newMetrics(), stopTracing: func(context.Context) error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.lock, err = lockDatabase(s.DB); err != nil {
		return nil, err
	}
	if a.db, err = openStore(ctx, s.DB, s.keys); err != nil {
		return nil, err
	}
	tracing := false
	if a.stopTracing, tracing, err = startTracing(ctx); err != nil {
		return nil, err
	}
	if err := a.buildAccess(); err != nil {
		return nil, err
	}
	if err := a.buildUseCases(tracing); err != nil {
		return nil, err
	}
	if err := a.buildStaff(); err != nil {
		return nil, err
	}
	if tracing {
		a.handler = traced(a.staff)
	} else {
		a.handler = a.staff
	}
	return a, nil
}

// openStore opens and migrates the database and gives it its keys.
func openStore(ctx context.Context, path string, keys *seal.Keyring) (*store.DB, error) {
	db, err := store.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := jobs.Migrate(ctx, db.Writer()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.UseKeys(ctx, keys); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// buildAccess wires sessions, sign-in and people.
func (a *app) buildAccess() error {
	a.sessions = store.NewSessions(a.db, store.SessionLimits{Idle: a.settings.SessionIdle}, time.Now)
	// Not scs.New, which starts a goroutine for a store in memory that nobody uses.
	cookie := &scs.SessionManager{
		Store: a.sessions, Codec: access.SessionCodec{}, HashTokenInStore: true, Lifetime: a.settings.SessionLifetime,
		Cookie: scs.SessionCookie{Name: "sid", Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode},
	}
	if a.settings.publicURL.Scheme == "https" {
		cookie.Cookie.Name = "__Host-sid"
		cookie.Cookie.Secure = true
	}
	policy := access.Policy{SecondFactor: access.SecondFactorRequired, Absolute: a.settings.SessionLifetime, Issuer: "Payportal"}
	if a.settings.SecondFactor == "offered" {
		policy.SecondFactor = access.SecondFactorOffered
	}
	a.cookie = cookie
	var err error
	a.access, err = access.New(access.Config{
		Store: a.db, Sessions: a.sessions, Cookie: cookie, Keys: a.settings.keys, Policy: policy, Now: time.Now,
	})
	return err
}

// buildUseCases wires providers, domain and background work.
func (a *app) buildUseCases(tracing bool) (err error) {
	builder := clientBuilder{log: a.log, observer: a.metrics, traced: tracing}
	a.providers = pool{connection.NewPool(a.db, builder.build)}
	a.connections = connection.NewService(a.db, a.providers.Pool)
	a.commands = command.New(a.db, psp.TerminalCreation(a.providers))
	a.terminals = psp.NewTerminals(a.db, a.providers, a.commands)
	a.directory = psp.NewDirectory(a.db, a.providers)
	a.reports = psp.NewReports(a.db, a.providers)
	a.payments = &psp.Payments{Store: a.db}
	a.mirror = mirror.New(a.db, a.providers, mirror.DefaultPolicy, time.Now, a.log)
	a.rules = inquiry.NewRules(a.db, a.settings.zone, time.Now)
	a.history = inquiry.NewHistory(a.rules)
	a.bulks = inquiry.NewBulks(a.rules, a.providers, a.enqueueBulk)
	a.plan = newPlan()
	a.jobs, err = jobs.New(a.db.Writer(), a.registerJobs(), a.log)
	return err
}

// buildStaff wires the pages.
func (a *app) buildStaff() error {
	bundle, err := i18n.Load()
	if err != nil {
		return err
	}
	a.staff = web.New(web.Config{
		Log: a.log, Bundle: bundle, PublicURL: a.settings.publicURL, TrustedProxies: a.settings.trustedProxies,
		Language: i18n.Lang(a.settings.Language), Zone: a.settings.zone, Idle: a.settings.SessionIdle,
		Environment: a.environment, Ready: a.db.Ready, Observe: a.metrics.ObserveRequest, Now: time.Now,
		Cookie: a.cookie, Access: a.access,
		UseCases: web.UseCases{
			Connections: a.connections, Audit: audit.Trail{Store: a.db}, Jobs: a.jobs, Mirror: a.mirror,
			Payments: a.payments, Terminals: a.terminals, Directory: a.directory, Reports: a.reports, Commands: a.commands,
			ReportingConnections: a.reportingConnections, InquiryConnections: a.having(connection.Inquiry),
			Inquiries: inquiry.NewDesk(a.rules, a.providers), InquiryRules: a.rules, InquiryHistory: a.history, BulkInquiries: a.bulks,
			MirrorProgress: a.mirror.Progress, RefreshPayments: a.refreshPayments, RecordAudit: a.db.RecordAudit,
			ConnectionHealth: a.connections.Health, RunningJobs: a.runningJobs, Views: &psp.Views{Store: a.db},
		},
	})
	return nil
}

// listen opens all surfaces. From here on requests are answered as soon as run is called.
func (a *app) listen(ctx context.Context) error {
	secure := a.settings.publicURL.Scheme == "https"
	for _, want := range []struct {
		name, address string
		handler       http.Handler
	}{
		{"staff", a.settings.Listen, a.handler},
		{"checkout", a.settings.ListenCheckout, checkout.Handler(secure)},
		{"hooks", a.settings.ListenHooks, hooks.Handler(secure)},
		{"metrics", a.settings.ListenMetrics, a.metrics.handler()},
	} {
		if want.address == "" {
			continue
		}
		opened, err := listen(ctx, want.name, want.address, want.handler, a.log)
		if err != nil {
			return err
		}
		a.surfaces = append(a.surfaces, opened)
		a.log.Info("listening", "surface", opened.name, "address", opened.address())
	}
	return nil
}

// run answers requests and works in the background until ctx ends, then stops gracefully: no new connections, answers
// under way are finished, background work is told to stop at a safe point.
func (a *app) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range a.surfaces {
		group.Go(s.serve)
	}
	group.Go(func() error { return a.work(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		return a.shutdown(context.WithoutCancel(ctx))
	})
	return group.Wait()
}

// shutdown drains the surfaces within the time that the settings allow.
func (a *app) shutdown(ctx context.Context) error {
	a.log.Info("stopping")
	ctx, cancel := context.WithTimeout(ctx, a.settings.ShutdownTimeout)
	defer cancel()
	var drains errgroup.Group
	for _, s := range a.surfaces {
		drains.Go(func() error {
			if err := s.server.Shutdown(ctx); err != nil {
				return errors.Join(err, s.server.Close())
			}
			return nil
		})
	}
	return errors.Join(drains.Wait(), a.stopTracing(ctx))
}

// close releases the database. It is safe on an app that was opened halfway.
func (a *app) close() error {
	var problems []error
	for _, s := range a.surfaces {
		if err := s.server.Close(); err != nil {
			problems = append(problems, err)
		}
	}
	if a.providers.Pool != nil {
		a.providers.Close()
	}
	if a.db != nil {
		problems = append(problems, a.db.Close())
	}
	if a.lock != nil {
		problems = append(problems, a.lock.Close())
	}
	return errors.Join(problems...)
}
