package connection

import (
	"context"
	"errors"
	"time"

	"payportal/internal/errs"
)

// Outcome of a step of a connection test.
type Outcome uint8

// The outcomes of a step.
const (
	// NotReached means that an earlier step failed without which this one makes no sense.
	NotReached Outcome = iota
	Passed
	Failed
)

// String gives the word that logs, the command line and the catalogue keys use.
func (o Outcome) String() string { return [...]string{"not_reached", "passed", "failed"}[o] }

// The names of steps; the catalogue has each as "connection.step.<name>".
const (
	StepAddress = "address" // the name resolves and something listens
	StepTLS     = "tls"     // the certificate is good; plain http on loopback has none and passes
	StepClient  = "client"  // the client's credentials are accepted
	StepUser    = "user"    // the user's credentials are accepted
	StepScope   = "scope"   // one scope is granted; Subject names it
	StepRead    = "read"    // one harmless call is answered; Subject is its method and path
)

// Step is one line of a connection test.
type Step struct {
	// Name is one of the Step constants.
	Name string
	// API is the key of the base URL that is tried, such as "auth".
	API string
	// Subject is a scope, or a method and path; empty for the other steps.
	Subject string
	Outcome Outcome
	// Advice is the catalogue key of what happened and what to do about it, with its Args; empty unless Failed.
	Advice string
	Args   map[string]any
	// Err is the cause, for the log and the command line. It holds no secret.
	Err  error
	Took time.Duration
}

// NameKey is the catalogue key of what was tried.
func (s Step) NameKey() string { return "connection.step." + s.Name }

// OutcomeKey is the catalogue key of how it went.
func (s Step) OutcomeKey() string { return "connection.outcome." + s.Outcome.String() }

// Check is a step before it is run.
type Check struct {
	// Name, API and Subject are as in Step.
	Name, API, Subject string
	// After names the checks, by ID, that must have passed; one that is not in the list counts as passed.
	After []string
	// Run makes the attempt; its errs.Error says what to do.
	Run func(ctx context.Context) error
}

// ID is what After refers to: name, API and subject.
func (c Check) ID() string { return c.Name + " " + c.API + " " + c.Subject }

// Run makes the checks in order and tells of each as soon as it is done.
func Run(ctx context.Context, checks []Check, done func(Step)) []Step {
	steps := make([]Step, 0, len(checks))
	missed := map[string]bool{}
	for _, check := range checks {
		step := Step{Name: check.Name, API: check.API, Subject: check.Subject}
		if !missesOne(check.After, missed) {
			step = attempt(ctx, check, step)
		}
		missed[check.ID()] = step.Outcome != Passed
		steps = append(steps, step)
		if done != nil {
			done(step)
		}
	}
	return steps
}

func missesOne(after []string, missed map[string]bool) bool {
	for _, id := range after {
		if missed[id] {
			return true
		}
	}
	return false
}

func attempt(ctx context.Context, check Check, step Step) Step {
	start := time.Now()
	step.Err = check.Run(ctx)
	step.Took = time.Since(start)
	step.Outcome = Passed
	if step.Err != nil {
		step.Outcome, step.Advice = Failed, "connection.error_unknown_failure"
		if e, ok := errors.AsType[*errs.Error](step.Err); ok && e.Msg != "" {
			step.Advice, step.Args = e.Msg, e.Args
		}
	}
	return step
}

// AllPassed reports whether every step of a test went well.
func AllPassed(steps []Step) bool {
	for _, s := range steps {
		if s.Outcome != Passed {
			return false
		}
	}
	return len(steps) > 0
}
