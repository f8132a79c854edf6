package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"payportal/internal/errs"
)

// State is what becomes of a job.
type State string

// The states, River's own words but for those that mean "will run".
const (
	Waiting   State = "waiting" // will run as soon as a worker is free, or at ScheduledAt
	Running   State = "running"
	Retrying  State = "retrying" // failed, will be tried again at ScheduledAt
	Completed State = "completed"
	Cancelled State = "cancelled"
	Failed    State = "failed" // given up after its last attempt
)

var riverStates = map[State][]rivertype.JobState{
	Waiting:   {rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled},
	Running:   {rivertype.JobStateRunning},
	Retrying:  {rivertype.JobStateRetryable},
	Completed: {rivertype.JobStateCompleted},
	Cancelled: {rivertype.JobStateCancelled},
	Failed:    {rivertype.JobStateDiscarded},
}

// States lists the states in the order in which they are offered.
func States() []State { return []State{Waiting, Running, Retrying, Completed, Cancelled, Failed} }

// Job is one job as the list shows it.
type Job struct {
	ID   int64
	Kind string
	// Args are the arguments as JSON.
	Args                 json.RawMessage
	State                State
	Attempt, MaxAttempts int
	CreatedAt            time.Time
	ScheduledAt          time.Time
	// StartedAt and FinishedAt are zero before.
	StartedAt, FinishedAt time.Time
	// Errors are those of the failed attempts, oldest first: for the log reader, not in the user's language.
	Errors []AttemptError
}

// AttemptError is why an attempt failed.
type AttemptError struct {
	At      time.Time
	Attempt int
	Text    string
}

// Query asks for a page of jobs, newest first.
type Query struct {
	// Kind and State narrow the list; empty for all.
	Kind  string
	State State
	// Size is the number of jobs, 1 to 100.
	Size int
	// Before is the id that the page follows; 0 for the newest.
	Before int64
}

// List gives one page of jobs and whether there are older ones. It fails with errs.Invalid for an unknown state or size.
func (r *Runner) List(ctx context.Context, q Query) (page []Job, more bool, err error) {
	if q.Size < 1 || q.Size > 100 {
		return nil, false, errs.InvalidField("list jobs", "size", "paymentdata.error.page_size")
	}
	params := river.NewJobListParams().First(q.Size+1).OrderBy(river.JobListOrderByID, river.SortOrderDesc)
	if q.Kind != "" {
		params = params.Kinds(q.Kind)
	}
	if q.State != "" {
		states, ok := riverStates[q.State]
		if !ok {
			return nil, false, errs.InvalidField("list jobs", "status", "paymentdata.error.job_state")
		}
		params = params.States(states...)
	}
	if q.Before > 0 {
		params = params.Where("id < @before", river.NamedArgs{"before": q.Before})
	}
	result, err := r.client.JobList(ctx, params)
	if err != nil {
		return nil, false, fmt.Errorf("list jobs: %w", err)
	}
	for _, row := range result.Jobs {
		page = append(page, jobOf(row))
	}
	if len(page) > q.Size {
		return page[:q.Size], true, nil
	}
	return page, false, nil
}

// Get gives one job; errs.NotFound when there is none, or none any more.
func (r *Runner) Get(ctx context.Context, id int64) (Job, error) {
	row, err := r.client.JobGet(ctx, id)
	if err != nil {
		return Job{}, mapError("read job", err)
	}
	return jobOf(row), nil
}

func jobOf(row *rivertype.JobRow) Job {
	job := Job{
		ID: row.ID, Kind: row.Kind, Args: row.EncodedArgs, State: stateOf(row.State), Attempt: row.Attempt,
		MaxAttempts: row.MaxAttempts, CreatedAt: row.CreatedAt, ScheduledAt: row.ScheduledAt,
	}
	if row.AttemptedAt != nil {
		job.StartedAt = *row.AttemptedAt
	}
	if row.FinalizedAt != nil {
		job.FinishedAt = *row.FinalizedAt
	}
	for _, e := range row.Errors {
		job.Errors = append(job.Errors, AttemptError{At: e.At, Attempt: e.Attempt, Text: e.Error})
	}
	return job
}

func stateOf(s rivertype.JobState) State {
	for state, rivers := range riverStates {
		for _, candidate := range rivers {
			if candidate == s {
				return state
			}
		}
	}
	return Waiting
}
