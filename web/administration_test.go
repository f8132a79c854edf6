package web_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/calendar"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/store"
	"payportal/web"
)

// administration gives the surface the use-cases of administration on the database: connections to line, and jobs that
// wait for ever, since nothing starts them.
func administration(t testing.TB, db *store.DB, u *web.UseCases) {
	t.Helper()
	pool := connection.NewPool(db, newLine)
	t.Cleanup(pool.Close)
	u.Connections = connection.NewService(db, pool)
	u.Audit = audit.Trail{Store: db}
	u.Mirror = mirror.New(db, nowhere{}, mirror.DefaultPolicy, time.Now, slog.New(slog.DiscardHandler))
	u.MirrorProgress = u.Mirror.Progress
	if err := jobs.Migrate(t.Context(), db.Writer()); err != nil {
		t.Fatal(err)
	}
	registry := jobs.NewRegistry()
	for _, kind := range []string{"payments.mirror", "directory.refresh"} {
		jobs.Handle(registry, kind, jobs.Options{MaxAttempts: 3}, func(context.Context, map[string]int64) error { return nil })
	}
	var err error
	if u.Jobs, err = jobs.New(db.Writer(), registry, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
}

// rightSecret is the password that line's provider takes.
const rightSecret = "the right secret"

// line is a connection to a provider that takes rightSecret, and nothing else, as the password.
type line struct{ password string }

func newLine(c connection.Connection, secrets connection.Credentials) (*line, error) {
	if c.Provider != connection.Toman {
		return nil, errs.New(errs.Unavailable, "build clients", connection.NoAdapter, nil)
	}
	return &line{secrets["password"].Reveal()}, nil
}

// Checks are an address that answers, a user who must have the right password, and a scope behind that.
func (l *line) Checks() []connection.Check {
	user := connection.Check{Name: connection.StepUser, API: "auth", Run: func(context.Context) error {
		if l.password != rightSecret {
			return errs.New(errs.Forbidden, "sign in", "provider.user_refused", nil)
		}
		return nil
	}}
	return []connection.Check{
		{Name: connection.StepAddress, API: "auth", Run: func(context.Context) error { return nil }},
		user,
		{Name: connection.StepScope, API: "auth", Subject: "repigma.payment.list", After: []string{user.ID()}, Run: func(context.Context) error { return nil }},
	}
}

// Health is that of a provider that fails sometimes and whose clock is ahead.
func (l *line) Health() connection.Health {
	return connection.Health{
		LastGood: time.Now().Add(-time.Minute), LastBad: time.Now().Add(-time.Hour), Calls: 40, Errors: 1,
		P50: 120 * time.Millisecond, P95: 900 * time.Millisecond, Clock: 3 * time.Second, ClockAt: time.Now(),
	}
}

// Calls are a good one and one that failed.
func (l *line) Calls() []connection.Call {
	return []connection.Call{
		{At: time.Now(), API: "psp_reporting", Method: "GET", Pattern: "/terminals/{uuid}", Status: 200, Duration: 80 * time.Millisecond, Size: 5120},
		{At: time.Now(), API: "auth", Method: "POST", Pattern: "/oauth2/token/", Failure: "timeout", Duration: 10 * time.Second},
	}
}

// Close has nothing to let go of.
func (l *line) Close() {}

// printer is that of a language, with its digits.
func (p *portal) printer(t testing.TB, lang i18n.Lang) *i18n.Printer {
	t.Helper()
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	prefs := i18n.Prefs{Lang: lang}
	if lang == i18n.Persian {
		prefs.Digits, prefs.Calendar = i18n.PersianDigits, calendar.Jalali
	}
	return bundle.Printer(prefs)
}

// fixed is a progress that does not change.
func fixed(lists ...mirror.Progress) func(context.Context) ([]mirror.Progress, error) {
	return func(context.Context) ([]mirror.Progress, error) { return lists, nil }
}
