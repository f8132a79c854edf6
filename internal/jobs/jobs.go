// Package jobs runs the portal's background work: a queue in the database (River), so that what was asked for survives a
// kill, periodic work, cancelling, and a list for the people who look after it. It knows no job; others register plain
// functions. The portal is the only process on its database, which the recovery at start relies on. web and cmd/portal may
// import it.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"payportal/internal/errs"
)

// Options say how jobs of a kind are run.
type Options struct {
	// MaxAttempts is how often a failing job is tried; 0 means once.
	MaxAttempts int
	// Timeout ends an attempt; 0 means none.
	Timeout time.Duration
}

// Registry collects the kinds of jobs and the periodic ones before a Runner is made of it.
type Registry struct {
	workers  *river.Workers
	options  map[string]Options
	periodic []*river.PeriodicJob
	running  *running
}

// NewRegistry makes an empty one.
func NewRegistry() *Registry {
	return &Registry{
		workers: river.NewWorkers(), options: map[string]Options{}, running: &running{cancels: map[int64]context.CancelCauseFunc{}},
	}
}

// running knows the jobs that run in this process, so that they can be cancelled: River v0.31 does not pass a cancellation on
// to a running job where its database has no LISTEN.
type running struct {
	mu       sync.Mutex
	cancels  map[int64]context.CancelCauseFunc
	stopping bool
}

func (r *running) begin(ctx context.Context, id int64) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancels[id] = cancel
	if r.stopping {
		cancel(errStopping)
	}
	return ctx
}

// stop ends every job, also those that begin from now on.
func (r *running) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
	for _, cancel := range r.cancels {
		cancel(errStopping)
	}
}

func (r *running) end(id int64) {
	r.cancel(id, context.Canceled)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.cancels, id)
}

func (r *running) cancel(id int64, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, ok := r.cancels[id]; ok {
		cancel(cause)
	}
}

// The causes of the contexts of jobs that were ended: by a person, and by the end of the program.
var (
	errCancelled = errors.New("the job was cancelled")
	errStopping  = errors.New("the program stops")
)

// Handle registers the function that does the jobs of a kind. The kind stands in the database: it must not change. Args must
// be JSON-able both ways. The function must return soon after its ctx ends, and must bear being run again after a kill.
func Handle[A any](r *Registry, kind string, o Options, work func(ctx context.Context, args A) error) {
	r.options[kind] = o
	river.AddWorkerArgs(r.workers, message{kind: kind}, &worker{timeout: o.Timeout, running: r.running, work: func(ctx context.Context, raw json.RawMessage) error {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return river.JobCancel(fmt.Errorf("read the arguments of %s: %w", kind, err))
		}
		return work(ctx, args)
	}})
}

// Every makes a job of a kind each interval, and one at start if atStart is set. While such a job is waiting or running no
// second one is made.
func (r *Registry) Every(interval time.Duration, atStart bool, kind string, args any) error {
	m, err := newMessage(kind, args)
	if err != nil {
		return err
	}
	o := r.insertOptions(kind)
	r.periodic = append(r.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return m, o }, &river.PeriodicJobOpts{RunOnStart: atStart}))
	return nil
}

// unfinished are the states in which a job keeps an equal one from being made.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable,
	rivertype.JobStateScheduled,
}

func (r *Registry) insertOptions(kind string) *river.InsertOpts {
	return &river.InsertOpts{
		MaxAttempts: max(r.options[kind].MaxAttempts, 1),
		UniqueOpts:  river.UniqueOpts{ByArgs: true, ByState: unfinished},
	}
}

// message is a job of any kind on its way to and from the queue.
type message struct {
	kind string
	args json.RawMessage
}

func newMessage(kind string, args any) (message, error) {
	raw, err := json.Marshal(args)
	if err != nil {
		return message{}, fmt.Errorf("write the arguments of job %s: %w", kind, err)
	}
	return message{kind: kind, args: raw}, nil
}

// Kind is River's name of the job's kind.
func (m message) Kind() string { return m.kind }

// MarshalJSON gives the arguments alone.
func (m message) MarshalJSON() ([]byte, error) { return m.args, nil }

// UnmarshalJSON keeps the arguments as they are; the handler knows their type.
func (m *message) UnmarshalJSON(raw []byte) error {
	m.args = append(json.RawMessage(nil), raw...)
	return nil
}

// worker is River's view of a registered function.
type worker struct {
	river.WorkerDefaults[message]
	timeout time.Duration
	running *running
	work    func(context.Context, json.RawMessage) error
}

// Work runs one attempt.
func (w *worker) Work(ctx context.Context, job *river.Job[message]) error {
	ctx = w.running.begin(ctx, job.ID)
	defer w.running.end(job.ID)
	err := w.work(ctx, job.Args.args)
	switch cause := context.Cause(ctx); {
	case err != nil && errors.Is(cause, errCancelled):
		return river.JobCancel(err)
	case err != nil && errors.Is(cause, errStopping):
		return river.JobSnooze(0) // as if it had not begun
	}
	return err
}

// Timeout is -1 for none, as River has it.
func (w *worker) Timeout(*river.Job[message]) time.Duration {
	if w.timeout == 0 {
		return -1
	}
	return w.timeout
}

// Migrate brings the queue's tables up to this binary's version.
func Migrate(ctx context.Context, db *sql.DB) error {
	migrator, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

// Runner runs jobs. Its methods may be called by many goroutines.
type Runner struct {
	db       *sql.DB
	registry *Registry
	client   *river.Client[*sql.Tx]
}

const (
	// workers is how many jobs run at once: most of them wait for a provider.
	workers = 8
	// idlePoll is how often a resting queue is looked at. Jobs added by Enqueue are noticed at once; periodic ones and those
	// of EnqueueTx are not.
	idlePoll = 2 * time.Second
	// retention is how long finished jobs stay in the list; those that were given up stay twice as long.
	retention = 7 * 24 * time.Hour
)

// New makes a runner on the writer pool of a migrated database. It runs nothing before Start.
func New(db *sql.DB, r *Registry, log *slog.Logger) (*Runner, error) {
	client, err := river.NewClient(riversqlite.New(db), &river.Config{
		Logger: slog.New(warnings{log.Handler()}), Workers: r.workers, PeriodicJobs: r.periodic,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}, FetchPollInterval: idlePoll,
		FetchCooldown: 50 * time.Millisecond, JobTimeout: -1, RescueStuckJobsAfter: 365 * 24 * time.Hour,
		CompletedJobRetentionPeriod: retention, CancelledJobRetentionPeriod: retention, DiscardedJobRetentionPeriod: 2 * retention,
		ReindexerSchedule: river.NeverSchedule(), ErrorHandler: errorLog{log},
	})
	if err != nil {
		return nil, fmt.Errorf("make job queue: %w", err)
	}
	return &Runner{db: db, registry: r, client: client}, nil
}

// Start frees what a kill left running and begins to run jobs, until Stop or the end of ctx.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.recover(ctx); err != nil {
		return fmt.Errorf("recover jobs: %w", err)
	}
	if err := r.client.Start(ctx); err != nil {
		return fmt.Errorf("start job queue: %w", err)
	}
	return nil
}

// recover makes the jobs of a killed process available again, without counting the attempt that was cut off, and takes over its
// leadership, for whose end River would wait otherwise: no other process can be running them.
func (r *Runner) recover(ctx context.Context) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo after the commit
	freed, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0),
		metadata = json_remove(metadata, '$.cancel_attempted_at') WHERE state = 'running'`)
	if err != nil {
		return err
	}
	led, err := tx.ExecContext(ctx, "DELETE FROM river_leader")
	if err != nil {
		return err
	}
	if rows(freed)+rows(led) == 0 {
		return nil // no commit, no sync
	}
	return tx.Commit()
}

func rows(r sql.Result) int64 {
	n, _ := r.RowsAffected() // the driver always knows
	return n
}

// Stop ends the contexts of running jobs and waits for them for as long as ctx allows. A job that ended for that runs again at the
// next start, and its attempt does not count.
func (r *Runner) Stop(ctx context.Context) error {
	r.registry.running.stop()
	if err := r.client.Stop(ctx); err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return r.client.StopAndCancel(last)
}

// Enqueue adds a job. An equal one that is waiting or running already is taken in its place: added is false and id its own.
func (r *Runner) Enqueue(ctx context.Context, kind string, args any) (id int64, added bool, err error) {
	m, err := newMessage(kind, args)
	if err != nil {
		return 0, false, err
	}
	result, err := r.client.Insert(ctx, m, r.registry.insertOptions(kind))
	if err != nil {
		return 0, false, fmt.Errorf("add job %s: %w", kind, err)
	}
	return result.Job.ID, !result.UniqueSkippedAsDuplicate, nil
}

// EnqueueTx is Enqueue as a part of the caller's transaction. The job is noticed within idlePoll after the commit.
func (r *Runner) EnqueueTx(ctx context.Context, tx *sql.Tx, kind string, args any) (id int64, added bool, err error) {
	m, err := newMessage(kind, args)
	if err != nil {
		return 0, false, err
	}
	result, err := r.client.InsertTx(ctx, tx, m, r.registry.insertOptions(kind))
	if err != nil {
		return 0, false, fmt.Errorf("add job %s: %w", kind, err)
	}
	return result.Job.ID, !result.UniqueSkippedAsDuplicate, nil
}

// Cancel keeps a waiting job from running and ends the context of a running one. It fails with errs.NotFound; a job that
// is over already stays as it is.
func (r *Runner) Cancel(ctx context.Context, id int64) error {
	_, err := r.client.JobCancel(ctx, id)
	r.registry.running.cancel(id, errCancelled)
	return mapError("cancel job", err)
}

// Retry makes a waiting, failed or cancelled job run now. It fails with errs.NotFound.
func (r *Runner) Retry(ctx context.Context, id int64) error {
	_, err := r.client.JobRetry(ctx, id)
	return mapError("retry job", err)
}

func mapError(op string, err error) error {
	if errors.Is(err, rivertype.ErrNotFound) {
		return errs.New(errs.NotFound, op, "", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// errorLog writes failed attempts to the log.
type errorLog struct{ log *slog.Logger }

// HandleError logs an attempt that returned an error.
func (l errorLog) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	l.log.WarnContext(ctx, "job failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "err", err)
	return nil
}

// HandlePanic logs an attempt that panicked.
func (l errorLog) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	l.log.ErrorContext(ctx, "job panicked", "job", job.ID, "kind", job.Kind, "panic", panicked, "stack", trace)
	return nil
}

// warnings lets River's own warnings and errors pass: it tells every start and stop of its parts otherwise.
type warnings struct{ slog.Handler }

// Enabled is true from warnings upwards.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
