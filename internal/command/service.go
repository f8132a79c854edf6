package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command/failpoint"
	"payportal/internal/errs"
)

// leaseGrace is what a sender has beyond its call's timeout to write down the outcome.
const leaseGrace = time.Minute

// Check refuses an intent as things stand.
type Check func(ctx context.Context) error

// Result is a success.
type Result struct {
	// Object names the effect for the trail, such as "terminal:uuid".
	Object string
	// Answer marshals to the JSON that Command.Outcome keeps.
	Answer any
	// Effect is a domain value that the store writes in the transaction of the outcome; nil for none.
	Effect any
	// Facts are what the trail keeps of the effect: no secret, no card number, no IBAN.
	Facts map[string]any
}

// Kind is how one kind of side effect is carried out.
type Kind struct {
	// Name is the act's name, such as "terminal.create".
	Name string
	// Timeout bounds one call.
	Timeout time.Duration
	// Send makes the call, once. An error that the provider, or our side of the wire, surely gave before anything was done
	// is errs.Declined, Invalid, Forbidden, Unauthenticated, NotFound, RateLimited or Unavailable; everything else,
	// errs.Indeterminate above all, means that the effect may exist.
	Send func(ctx context.Context, c Command) (Result, error)
	// Find looks for the effect of an unknown command; nil where the provider has no way to look. Only a positive answer
	// counts: not found is not a failure, for the effect may still be on its way.
	Find func(ctx context.Context, c Command) (result Result, found bool, err error)
	// Resend is how long after the intent an unknown command may be sent again under its key, because the provider
	// promises idempotency by that key: well below the provider's window. 0 is never.
	Resend time.Duration
}

// Store keeps the commands. All writes are durable when they return.
type Store interface {
	// IntendCommand adds a command with its audit entry, or gives the one that has its key already. It fails with
	// errs.Conflict when another unsettled command holds the subject.
	IntendCommand(ctx context.Context, c Command, e audit.Entry) (Command, error)
	// UpdateCommand writes what may change of a command, with the effect of its outcome (nil for none) and an audit entry
	// (nil for none) in one transaction. It fails with errs.Conflict when the row is not at c.Version any more.
	UpdateCommand(ctx context.Context, c Command, effect any, e *audit.Entry) (Command, error)
	// Command and CommandByKey fail with errs.NotFound.
	Command(ctx context.Context, id int64) (Command, error)
	CommandByKey(ctx context.Context, key string) (Command, error)
	// UnsettledCommand finds the command that holds a subject, or fails with errs.NotFound.
	UnsettledCommand(ctx context.Context, connectionID int64, kind, subject string) (Command, error)
	// UnsettledCommands gives up to limit commands that are not final, by id, from afterID (exclusive).
	UnsettledCommands(ctx context.Context, afterID int64, limit int) ([]Command, error)
}

// Service carries commands out. It keeps nothing in memory that a second process on the same database would miss.
type Service struct {
	store Store
	kinds map[string]Kind
	now   func() time.Time
}

// New makes the service for the given kinds.
func New(store Store, kinds ...Kind) *Service {
	s := &Service{store: store, kinds: make(map[string]Kind, len(kinds)), now: time.Now}
	for _, k := range kinds {
		s.kinds[k.Name] = k
	}
	return s
}

// Do carries an intent out, once for its key, and gives its outcome: the command, and Command.Err. The same key again
// gets the first outcome, however far the first attempt came; the same key with another content or user is
// errs.Conflict. A request that is abandoned does not abandon the call.
func (s *Service) Do(ctx context.Context, in Intent) (Command, error) {
	kind, ok := s.kinds[in.Kind]
	if !ok {
		return Command{}, fmt.Errorf("no such kind of command: %q", in.Kind)
	}
	c, err := s.intend(ctx, in)
	if err != nil {
		return Command{}, err
	}
	if c.State == Intended {
		if c, err = s.carryOut(context.WithoutCancel(ctx), kind, c, in.Actor); err != nil {
			return c, err
		}
	}
	if c, err = s.await(ctx, kind, c); err != nil {
		return c, err
	}
	return c, c.Err()
}

// intend finds the command of the intent's key or commits a new one.
func (s *Service) intend(ctx context.Context, in Intent) (Command, error) {
	wanted, err := in.command(s.now())
	if err != nil {
		return Command{}, err
	}
	known, err := s.store.CommandByKey(ctx, in.Key)
	if err == nil {
		return sameIntent(known, wanted)
	}
	if !errs.Is(err, errs.NotFound) {
		return Command{}, err
	}
	if in.Check != nil {
		if refused := in.Check(ctx); refused != nil {
			// The same form, sent in parallel, may have been carried out meanwhile, and what it made is what Check ran into.
			if known, err := s.store.CommandByKey(ctx, in.Key); err == nil {
				return sameIntent(known, wanted)
			}
			return Command{}, refused
		}
	}
	failpoint.Hit("intend-before-commit")
	c, err := s.store.IntendCommand(ctx, wanted, audit.Entry{
		Actor: in.Actor, Act: in.Kind + ".intend", Object: "connection:" + fmt.Sprint(in.ConnectionID), Outcome: "ok",
		After: map[string]any{"subject": in.Subject},
	})
	if err != nil {
		return Command{}, err
	}
	failpoint.Hit("intend-after-commit")
	return sameIntent(c, wanted)
}

// sameIntent lets a key stand for one content and one user only.
func sameIntent(known, wanted Command) (Command, error) {
	if known.Hash != wanted.Hash {
		return Command{}, errs.New(errs.Conflict, wanted.Kind, "command.key_reused", nil)
	}
	return known, nil
}

// start makes the caller the one sender of the command's next attempt; ok is false when somebody else was faster.
func (s *Service) start(ctx context.Context, kind Kind, c Command) (started Command, ok bool, err error) {
	now := s.now()
	c.State, c.Fence = Sending, c.Fence+1
	c.SentAt, c.LeaseUntil = now, now.Add(kind.Timeout+leaseGrace)
	started, err = s.store.UpdateCommand(ctx, c, nil, nil)
	if errs.Is(err, errs.Conflict) {
		current, err := s.store.Command(ctx, c.ID)
		return current, false, err
	}
	return started, err == nil, err
}

// call sends and gives the command as the outcome changes it, with the effect to be written.
func (s *Service) call(ctx context.Context, kind Kind, c Command) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, kind.Timeout)
	defer cancel()
	result, err := kind.Send(ctx, c)
	if err != nil {
		return failed(err), nil
	}
	return succeeded(result, ByAnswer)
}

// outcome is what an attempt found out.
type outcome struct {
	state      State
	resolution Resolution
	object     string
	value      json.RawMessage
	effect     any
	facts      map[string]any
	cause      error
}

func succeeded(r Result, how Resolution) (outcome, error) {
	value, err := json.Marshal(r.Answer)
	return outcome{state: Succeeded, resolution: how, object: r.Object, value: value, effect: r.Effect, facts: r.Facts}, err
}

// failed tells a failure from an outcome that is not known. Only an error that says of itself that nothing was done is a
// failure: a bare deadline or an unclassified error says nothing.
func failed(err error) outcome {
	o := outcome{state: Unknown, cause: err}
	classified, ok := errors.AsType[*errs.Error](err)
	if !ok {
		classified = errs.New(errs.Indeterminate, "", "", err)
	}
	switch classified.Kind {
	case errs.Declined, errs.Invalid, errs.Forbidden, errs.Unauthenticated, errs.NotFound, errs.RateLimited, errs.Unavailable:
		o.state, o.resolution = Failed, ByAnswer
	}
	o.value, o.facts = failureJSON(classified), map[string]any{"kind": classified.Kind.String(), "code": classified.Code}
	return o
}

func failureJSON(e *errs.Error) json.RawMessage {
	msg := e.Msg
	if msg == "" && (e.Kind == errs.Unavailable || e.Kind == errs.RateLimited) {
		msg = "command.not_sent"
	}
	value, err := json.Marshal(Failure{Kind: e.Kind.String(), Msg: msg, Args: e.Args, Fields: e.Fields, Code: e.Code})
	if err != nil { // Args that do not marshal: the sentence matters more than its numbers
		value, _ = json.Marshal(Failure{Kind: e.Kind.String(), Msg: msg, Code: e.Code})
	}
	return value
}

// record commits an outcome with its effect and audit entry. A command that was given up as unknown meanwhile still
// takes the answer of its own attempt; one that was sent again or is final does not.
func (s *Service) record(ctx context.Context, c Command, o outcome, actor audit.Actor) (Command, error) {
	fence := c.Fence
	var err error
	for range 5 {
		var recorded Command
		if recorded, err = s.store.UpdateCommand(ctx, settle(c, o, s.now()), o.effect, entryOf(c, o, actor)); err == nil {
			return recorded, nil
		}
		if !errs.Is(err, errs.Conflict) {
			break
		}
		current, readErr := s.store.Command(ctx, c.ID)
		if readErr != nil {
			err = readErr
			break
		}
		if current.State.Final() || current.Fence != fence || o.state == Unknown && current.State == Unknown {
			s.warnContradiction(ctx, current, o)
			return current, nil
		}
		c, o.resolution = current, late(o.resolution)
	}
	// The answer is lost with this error, the doubt is not: the row says "sending", and recovery makes it unknown.
	slog.ErrorContext(ctx, "outcome of a command is not recorded", "command", c.ID, "kind", c.Kind, "object", o.object, "error", err)
	return c, &errs.Error{Kind: errs.Indeterminate, Op: c.Kind, Msg: "command.not_recorded", Err: err}
}

func late(r Resolution) Resolution {
	if r == ByAnswer {
		return ByLateAnswer
	}
	return r
}

// warnContradiction calls for a person when an answer came too late and says something else than what was settled.
func (s *Service) warnContradiction(ctx context.Context, current Command, o outcome) {
	if current.State != o.state && o.state != Unknown {
		slog.ErrorContext(ctx, "an answer contradicts a settled command",
			"command", current.ID, "kind", current.Kind, "settled", current.State, "answer", o.state, "object", o.object)
	}
}

// settle gives the command as an outcome changes it.
func settle(c Command, o outcome, now time.Time) Command {
	c.State, c.Resolution, c.Outcome = o.state, o.resolution, o.value
	if o.object != "" {
		c.Object = o.object
	}
	if c.State.Final() {
		c.SettledAt = now
	}
	return c
}

// entryOf is the trail of an outcome.
func entryOf(c Command, o outcome, actor audit.Actor) *audit.Entry {
	e := audit.Entry{Actor: actor, Act: c.Kind, Object: o.object, Outcome: "unknown", After: o.facts}
	if e.Object == "" {
		e.Object = fmt.Sprintf("command:%d", c.ID)
	}
	switch o.state {
	case Succeeded:
		e.Outcome = "ok"
	case Failed:
		e.Outcome = "failed"
	}
	return &e
}

// await follows a command that somebody else is sending, until it is settled, unknown, or the caller's patience ends.
func (s *Service) await(ctx context.Context, kind Kind, c Command) (Command, error) {
	ctx, cancel := context.WithTimeout(ctx, kind.Timeout+time.Second)
	defer cancel()
	for pause := 5 * time.Millisecond; c.State == Intended || c.State == Sending; pause = min(2*pause, 250*time.Millisecond) {
		select {
		case <-ctx.Done():
			return c, nil
		case <-time.After(pause):
		}
		current, err := s.store.Command(ctx, c.ID)
		if err != nil {
			if ctx.Err() != nil {
				return c, nil
			}
			return c, err
		}
		c = current
	}
	return c, nil
}

// Command gives one command, for the page that follows it; it fails with errs.NotFound.
func (s *Service) Command(ctx context.Context, id int64) (Command, error) {
	return s.store.Command(ctx, id)
}

// Unsettled gives up to limit commands that are not final, by id, from afterID (exclusive).
func (s *Service) Unsettled(ctx context.Context, afterID int64, limit int) ([]Command, error) {
	return s.store.UnsettledCommands(ctx, afterID, limit)
}

// UnsettledFor finds the command that holds a subject, or fails with errs.NotFound.
func (s *Service) UnsettledFor(ctx context.Context, kind string, connectionID int64, subject string) (Command, error) {
	return s.store.UnsettledCommand(ctx, connectionID, kind, subject)
}
