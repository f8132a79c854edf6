package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"testing"
	"time"

	"payportal/internal/errs"
	"payportal/internal/jobs"
	"payportal/store/storetest"
)

type parcel struct {
	Number int `json:"number"`
}

func database(t testing.TB) *sql.DB {
	t.Helper()
	db := storetest.Open(t).Writer()
	for range 2 { // the second finds nothing to do
		if err := jobs.Migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func start(t testing.TB, db *sql.DB, registry *jobs.Registry) *jobs.Runner {
	t.Helper()
	runner, err := jobs.New(db, registry, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return runner
}

// waitFor waits until a job is in a state.
func waitFor(t testing.TB, runner *jobs.Runner, id int64, want jobs.State) jobs.Job {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	late := time.After(10 * time.Second)
	for {
		job, err := runner.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if job.State == want {
			return job
		}
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("job %d is %s, want %s", id, job.State, want)
		}
	}
}

func receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestJobRunsWithItsArguments(t *testing.T) {
	t.Parallel()
	registry, got := jobs.NewRegistry(), make(chan parcel, 1)
	jobs.Handle(registry, "deliver", jobs.Options{}, func(_ context.Context, p parcel) error {
		got <- p
		return nil
	})
	runner := start(t, database(t), registry)
	id, added, err := runner.Enqueue(t.Context(), "deliver", parcel{7})
	if err != nil || !added {
		t.Fatalf("Enqueue = %v, %v, want it added", added, err)
	}
	if p := receive(t, got); p != (parcel{7}) {
		t.Errorf("arguments = %+v, want number 7", p)
	}
	if job := waitFor(t, runner, id, jobs.Completed); job.Kind != "deliver" || string(job.Args) != `{"number":7}` || job.Attempt != 1 {
		t.Errorf("job = %+v, want the first attempt of deliver 7", job)
	}
}

func TestEqualJobsRunOnce(t *testing.T) {
	t.Parallel()
	registry, release, began := jobs.NewRegistry(), make(chan struct{}), make(chan parcel, 4)
	jobs.Handle(registry, "deliver", jobs.Options{}, func(_ context.Context, p parcel) error {
		began <- p
		<-release
		return nil
	})
	runner := start(t, database(t), registry)
	first, _, err := runner.Enqueue(t.Context(), "deliver", parcel{1})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, began)
	if again, added, err := runner.Enqueue(t.Context(), "deliver", parcel{1}); err != nil || added || again != first {
		t.Errorf("second Enqueue = %d, %v, %v, want %d and not added", again, added, err, first)
	}
	other, added, err := runner.Enqueue(t.Context(), "deliver", parcel{2})
	if err != nil || !added {
		t.Errorf("Enqueue of another = %v, %v, want it added", added, err)
	}
	receive(t, began)
	close(release)
	waitFor(t, runner, first, jobs.Completed)
	waitFor(t, runner, other, jobs.Completed)
	if _, added, err := runner.Enqueue(t.Context(), "deliver", parcel{1}); err != nil || !added {
		t.Errorf("Enqueue after the first is over = %v, %v, want it added", added, err)
	}
	receive(t, began)
}

func TestFailedJobKeepsItsReason(t *testing.T) {
	t.Parallel()
	registry := jobs.NewRegistry()
	jobs.Handle(registry, "deliver", jobs.Options{}, func(context.Context, parcel) error { return errors.New("nobody home") })
	jobs.Handle(registry, "explode", jobs.Options{}, func(context.Context, parcel) error { panic("boom") })
	runner := start(t, database(t), registry)
	for kind, want := range map[string]string{"deliver": "nobody home", "explode": "boom"} {
		id, _, err := runner.Enqueue(t.Context(), kind, parcel{1})
		if err != nil {
			t.Fatal(err)
		}
		job := waitFor(t, runner, id, jobs.Failed)
		if len(job.Errors) != 1 || job.Errors[0].Text != want {
			t.Errorf("errors of %s = %+v, want one: %s", kind, job.Errors, want)
		}
	}
	page, more, err := runner.List(t.Context(), jobs.Query{State: jobs.Failed, Size: 1})
	if err != nil || len(page) != 1 || !more {
		t.Fatalf("List = %d, %v, %v, want one of two", len(page), more, err)
	}
	page, more, err = runner.List(t.Context(), jobs.Query{State: jobs.Failed, Size: 1, Before: page[0].ID})
	if err != nil || len(page) != 1 || more {
		t.Errorf("List of the rest = %d, %v, %v, want the last", len(page), more, err)
	}
	if page, _, err = runner.List(t.Context(), jobs.Query{Kind: "nothing", Size: 10}); err != nil || len(page) != 0 {
		t.Errorf("List of another kind = %d, %v, want none", len(page), err)
	}
	if _, _, err = runner.List(t.Context(), jobs.Query{State: "odd", Size: 10}); !errs.Is(err, errs.Invalid) {
		t.Errorf("List of an unknown state = %v, want Invalid", err)
	}
}

func TestCancelEndsARunningJob(t *testing.T) {
	t.Parallel()
	registry, began := jobs.NewRegistry(), make(chan struct{})
	jobs.Handle(registry, "wait", jobs.Options{}, func(ctx context.Context, _ parcel) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	runner := start(t, database(t), registry)
	id, _, err := runner.Enqueue(t.Context(), "wait", parcel{})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, began)
	if err := runner.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	waitFor(t, runner, id, jobs.Cancelled)
	if err := runner.Cancel(t.Context(), 12345); !errs.Is(err, errs.NotFound) {
		t.Errorf("Cancel of an unknown job = %v, want NotFound", err)
	}
}

// TestStopEndsJobsSoonAndTheNextStartGoesOn: a restart does not wait for a long job, and does not fail it.
func TestStopEndsJobsSoonAndTheNextStartGoesOn(t *testing.T) {
	t.Parallel()
	db := database(t)
	long, began := jobs.NewRegistry(), make(chan struct{}, 1)
	jobs.Handle(long, "long", jobs.Options{}, func(ctx context.Context, _ parcel) error {
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	first, err := jobs.New(db, long, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	id, _, err := first.Enqueue(t.Context(), "long", parcel{})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, began)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := first.Stop(ctx); err != nil {
		t.Fatalf("Stop = %v, want the job ended in time", err)
	}
	short := jobs.NewRegistry()
	jobs.Handle(short, "long", jobs.Options{}, func(context.Context, parcel) error { return nil })
	if job := waitFor(t, start(t, db, short), id, jobs.Completed); len(job.Errors) != 0 {
		t.Errorf("job = %+v, want it completed without a failure", job)
	}
}

// TestKilledJobRunsAgainAtOnce leaves a job in the state in which a kill leaves it, and another process's leadership.
func TestKilledJobRunsAgainAtOnce(t *testing.T) {
	t.Parallel()
	db := database(t)
	idle := jobs.NewRegistry()
	jobs.Handle(idle, "deliver", jobs.Options{}, func(context.Context, parcel) error { return nil })
	killed, err := jobs.New(db, idle, slog.New(slog.DiscardHandler)) // never started
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := killed.Enqueue(t.Context(), "deliver", parcel{3})
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP",
		"INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES ('2026-01-01 00:00:00', '2999-01-01 00:00:00', 'x', 'default')",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	registry, got, tick := jobs.NewRegistry(), make(chan parcel, 1), make(chan struct{}, 9)
	jobs.Handle(registry, "deliver", jobs.Options{}, func(_ context.Context, p parcel) error {
		got <- p
		return nil
	})
	jobs.Handle(registry, "tick", jobs.Options{}, func(context.Context, struct{}) error {
		tick <- struct{}{}
		return nil
	})
	if err := registry.Every(time.Hour, true, "tick", struct{}{}); err != nil {
		t.Fatal(err)
	}
	runner := start(t, db, registry)
	if p := receive(t, got); p.Number != 3 {
		t.Errorf("job after the kill = %+v, want number 3", p)
	}
	if job := waitFor(t, runner, id, jobs.Completed); job.Attempt != 1 {
		t.Errorf("attempt = %d, want 1: the cut one does not count", job.Attempt)
	}
	receive(t, tick) // the periodic job at start needs the leadership
}
