package command_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/store"
	"payportal/store/storetest"
)

var (
	clerk = audit.Actor{UserID: 4, Name: "sara"}
	doubt = errs.New(errs.Indeterminate, "send", "", nil)
)

func intent(key string) command.Intent {
	return command.Intent{Kind: "test.do", ConnectionID: 1, Key: key, Subject: "thing/" + key, Request: map[string]int{"n": 1}, Actor: clerk}
}

// kind is a side effect whose sending the test writes.
func kind(send func(ctx context.Context, c command.Command) (command.Result, error)) command.Kind {
	return command.Kind{Name: "test.do", Timeout: 5 * time.Second, Send: send}
}

func done(context.Context, command.Command) (command.Result, error) {
	return command.Result{Object: "thing:1", Answer: map[string]string{"id": "1"}}, nil
}

func failing(err error) func(context.Context, command.Command) (command.Result, error) {
	return func(context.Context, command.Command) (command.Result, error) { return command.Result{}, err }
}

// unknown leaves a command in doubt and gives it.
func unknown(t *testing.T, db *store.DB) command.Command {
	t.Helper()
	c, err := command.New(db, kind(failing(doubt))).Do(t.Context(), intent(command.NewKey()))
	if !errs.Is(err, errs.Indeterminate) || c.State != command.Unknown {
		t.Fatalf("Do = %s, %v, want unknown", c.State, err)
	}
	return c
}

func stateOf(t *testing.T, db *store.DB, id int64) command.Command {
	t.Helper()
	c, err := db.Command(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// gate lets intents return only when all callers have one, so that all of them start at the same moment.
type gate struct {
	*store.DB
	all sync.WaitGroup
}

func (g *gate) CommandByKey(context.Context, string) (command.Command, error) {
	return command.Command{}, errs.New(errs.NotFound, "", "", nil)
}

func (g *gate) IntendCommand(ctx context.Context, c command.Command, e audit.Entry) (command.Command, error) {
	c, err := g.DB.IntendCommand(ctx, c, e)
	g.all.Done()
	g.all.Wait()
	return c, err
}

func TestOfManyWhoStartAtOnceOneSends(t *testing.T) {
	t.Parallel()
	const senders = 20
	g := &gate{DB: storetest.Open(t)}
	g.all.Add(senders)
	var sent atomic.Int32
	s := command.New(g, kind(func(ctx context.Context, c command.Command) (command.Result, error) {
		sent.Add(1)
		return done(ctx, c)
	}))
	in := intent(command.NewKey())
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			if c, err := s.Do(context.Background(), in); err != nil || string(c.Outcome) != `{"id":"1"}` {
				t.Errorf("Do = %s %s, %v, want the one success", c.State, c.Outcome, err)
			}
		})
	}
	group.Wait()
	if sent.Load() != 1 {
		t.Errorf("sent %d times, want once", sent.Load())
	}
}

// TestWhatAnErrorOfTheCallMeans: only an error that says so of itself means that nothing was done.
func TestWhatAnErrorOfTheCallMeans(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tests := []struct {
		err  error
		want command.State
	}{
		{nil, command.Succeeded},
		{errs.New(errs.Declined, "", "", nil), command.Failed},
		{errs.New(errs.Invalid, "", "", nil), command.Failed},
		{errs.New(errs.Forbidden, "", "", nil), command.Failed},
		{errs.New(errs.NotFound, "", "", nil), command.Failed},
		{errs.New(errs.RateLimited, "", "", nil), command.Failed},
		{errs.New(errs.Unavailable, "", "", context.DeadlineExceeded), command.Failed},
		{errs.New(errs.Unauthenticated, "", "", nil), command.Failed},
		{errs.New(errs.Indeterminate, "", "", nil), command.Unknown},
		{errs.New(errs.Conflict, "", "", nil), command.Unknown},
		{errs.New(errs.Internal, "", "", nil), command.Unknown},
		{context.DeadlineExceeded, command.Unknown},
		{context.Canceled, command.Unknown},
		{errors.New("unexpected EOF"), command.Unknown},
	}
	for _, tt := range tests {
		c, err := command.New(db, kind(func(ctx context.Context, c command.Command) (command.Result, error) {
			if tt.err != nil {
				return command.Result{}, tt.err
			}
			return done(ctx, c)
		})).Do(t.Context(), intent(command.NewKey()))
		if c.State != tt.want || (err == nil) != (tt.want == command.Succeeded) {
			t.Errorf("an error %v makes the command %s (%v), want %s", tt.err, c.State, err, tt.want)
		}
	}
}

// TestAnAnswerAfterTheCommandWasGivenUp: a sender that was only slow, not dead, tells the truth in the end.
func TestAnAnswerAfterTheCommandWasGivenUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want command.State
	}{
		"success": {nil, command.Succeeded},
		"refusal": {errs.New(errs.Declined, "", "", nil), command.Failed},
		"doubt":   {doubt, command.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t)
			var s *command.Service
			s = command.New(db, kind(func(ctx context.Context, c command.Command) (command.Result, error) {
				if r, err := s.Recover(ctx, command.AtStart); err != nil || r.Unknown != 1 {
					t.Errorf("recover = %+v, %v, want one given up", r, err)
				}
				if got := stateOf(t, db, c.ID); got.State != command.Unknown {
					t.Errorf("given up it is %s, want unknown", got.State)
				}
				if tt.err != nil {
					return command.Result{}, tt.err
				}
				return done(ctx, c)
			}))
			c, _ := s.Do(t.Context(), intent(command.NewKey()))
			if got := stateOf(t, db, c.ID); got.State != tt.want || got.State.Final() != (got.Resolution == command.ByLateAnswer) {
				t.Errorf("in the end it is %s by %q, want %s by a late answer", got.State, got.Resolution, tt.want)
			}
		})
	}
}

// TestAnAnswerOfAnEarlierAttemptIsNotTaken: the fence. The second attempt's answer counts, the first one's comes too late.
func TestAnAnswerOfAnEarlierAttemptIsNotTaken(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var s *command.Service
	k := kind(func(ctx context.Context, c command.Command) (command.Result, error) {
		if c.Fence == 1 {
			if r, err := s.Recover(ctx, command.AtStart); err != nil || r.Resent != 1 {
				t.Errorf("recover = %+v, %v, want one resent", r, err)
			}
			return command.Result{Object: "thing:first", Answer: "first"}, nil
		}
		return command.Result{}, doubt
	})
	k.Resend = time.Hour
	s = command.New(db, k)
	c, err := s.Do(t.Context(), intent(command.NewKey()))
	if c.State != command.Unknown || c.Fence != 2 || !errs.Is(err, errs.Indeterminate) {
		t.Errorf("Do = %s at attempt %d, %v, want the second attempt's doubt", c.State, c.Fence, err)
	}
}

func TestRecoveryLeavesALivingSenderAlone(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var s *command.Service
	s = command.New(db, kind(func(ctx context.Context, c command.Command) (command.Result, error) {
		if r, err := s.Recover(ctx, command.WhileRunning); err != nil || r != (command.Recovered{}) {
			t.Errorf("recover while sending = %+v, %v, want nothing done", r, err)
		}
		if _, err := s.At(time.Now().Add(10*time.Minute)).Recover(ctx, command.WhileRunning); err != nil {
			t.Error(err)
		}
		if got := stateOf(t, db, c.ID); got.State != command.Unknown {
			t.Errorf("after its lease it is %s, want unknown", got.State)
		}
		return done(ctx, c)
	}))
	if c, err := s.Do(t.Context(), intent(command.NewKey())); err != nil || c.State != command.Succeeded {
		t.Errorf("Do = %s, %v, want a success", c.State, err)
	}
}

// intended leaves a command as a crash before its sending does.
func intended(t *testing.T, db *store.DB, key string) command.Command {
	t.Helper()
	c, err := db.IntendCommand(t.Context(), command.Command{
		Kind: "test.do", ConnectionID: 1, Key: key, Subject: key, Request: []byte("{}"), State: command.Intended, UserID: 4, IntendedAt: time.Now(),
	}, audit.Entry{Actor: clerk, Act: "test.do.intend", Outcome: "ok"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnIntentThatWasNotSentFails(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	c := intended(t, db, command.NewKey())
	s := command.New(db, kind(done))
	if r, err := s.Recover(t.Context(), command.WhileRunning); err != nil || r.NotSent != 0 {
		t.Errorf("recover at once = %+v, %v: its sender may be on the way", r, err)
	}
	if r, err := s.Recover(t.Context(), command.AtStart); err != nil || r.NotSent != 1 {
		t.Errorf("recover at start = %+v, %v, want one not sent", r, err)
	}
	got := stateOf(t, db, c.ID)
	if got.State != command.Failed || got.Resolution != command.ByNotSent || !errs.Is(got.Err(), errs.Unavailable) {
		t.Errorf("it is %s by %q (%v), want failed, not sent", got.State, got.Resolution, got.Err())
	}
}

func TestAfterARestoreNothingIsSentAndNothingFails(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	doubted, unsent := unknown(t, db), intended(t, db, command.NewKey())
	k := kind(func(context.Context, command.Command) (command.Result, error) {
		t.Error("sent after a restore")
		return command.Result{}, doubt
	})
	k.Resend = time.Hour
	if _, err := command.New(db, k).Recover(t.Context(), command.AfterRestore); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{doubted.ID, unsent.ID} {
		if got := stateOf(t, db, id); got.State != command.Unknown {
			t.Errorf("command %d is %s, want unknown", id, got.State)
		}
	}
}

func TestResendingEndsWellBeforeTheProvidersWindow(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	c := unknown(t, db)
	var sent int
	k := kind(func(ctx context.Context, c command.Command) (command.Result, error) {
		sent++
		return done(ctx, c)
	})
	k.Resend = time.Hour
	late := command.New(db, k).At(time.Now().Add(61 * time.Minute))
	if r, err := late.Recover(t.Context(), command.AtStart); err != nil || r.Resent != 0 || sent != 0 {
		t.Errorf("after the window: %+v, %v, sent %d times, want none", r, err, sent)
	}
	if r, err := command.New(db, k).Recover(t.Context(), command.AtStart); err != nil || r.Resent != 1 || sent != 1 {
		t.Errorf("within the window: %+v, %v, sent %d times, want once", r, err, sent)
	}
	if got := stateOf(t, db, c.ID); got.State != command.Succeeded || got.Fence != 2 {
		t.Errorf("it is %s at attempt %d, want succeeded at 2", got.State, got.Fence)
	}
}

func TestLookingUpCountsWhenPositiveOnly(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	c := unknown(t, db)
	found, trouble := false, error(nil)
	k := kind(done)
	k.Find = func(context.Context, command.Command) (command.Result, bool, error) {
		return command.Result{Object: "thing:9", Answer: 9}, found, trouble
	}
	s := command.New(db, k)
	if _, err := s.Recover(t.Context(), command.WhileRunning); err != nil {
		t.Fatal(err)
	}
	trouble = errs.New(errs.Unavailable, "look", "", nil)
	if _, err := s.Recover(t.Context(), command.WhileRunning); !errs.Is(err, errs.Unavailable) {
		t.Errorf("recover = %v, want the trouble of the look-up", err)
	}
	if got := stateOf(t, db, c.ID); got.State != command.Unknown {
		t.Fatalf("not found it is %s, want unknown", got.State)
	}
	found, trouble = true, nil
	if r, err := s.Recover(t.Context(), command.WhileRunning); err != nil || r.Found != 1 {
		t.Errorf("recover = %+v, %v, want one found", r, err)
	}
	if got := stateOf(t, db, c.ID); got.State != command.Succeeded || got.Object != "thing:9" || got.Resolution != command.ByFinding {
		t.Errorf("found it is %+v, want succeeded by finding", got)
	}
}

func TestASubjectIsLockedUntilItsCommandIsFinal(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := command.New(db, kind(failing(doubt)))
	first, second, other := intent(command.NewKey()), intent(command.NewKey()), intent(command.NewKey())
	second.Subject = first.Subject
	other.Subject, other.ConnectionID = first.Subject, 2
	c, _ := s.Do(t.Context(), first)
	_, err := s.Do(t.Context(), second)
	if locked, ok := errors.AsType[*errs.Error](err); !ok || locked.Msg != "command.subject_unsettled" || locked.Args["Command"] != c.ID {
		t.Errorf("second = %v, want it refused because of command %d", err, c.ID)
	}
	if _, err := s.Do(t.Context(), other); !errs.Is(err, errs.Indeterminate) {
		t.Errorf("another connection = %v, want it sent", err)
	}
	for range 2 {
		free := intent(command.NewKey())
		free.Subject = ""
		if _, err := s.Do(t.Context(), free); !errs.Is(err, errs.Indeterminate) {
			t.Errorf("without a subject = %v, want it sent", err)
		}
	}
	if _, err := s.SettleFound(t.Context(), clerk, c, command.Result{Object: "thing:1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(t.Context(), second); !errs.Is(err, errs.Indeterminate) {
		t.Errorf("after it was settled = %v, want it sent", err)
	}
	if _, err := s.SettleFound(t.Context(), clerk, c, command.Result{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("settled twice = %v, want a conflict", err)
	}
}

// TestAnEffectThatCannotBeWrittenLeavesTheDoubt: the call was made, so nothing may say that it failed.
func TestAnEffectThatCannotBeWrittenLeavesTheDoubt(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := command.New(db, kind(func(context.Context, command.Command) (command.Result, error) {
		return command.Result{Object: "thing:1", Effect: struct{ Alien bool }{true}}, nil
	}))
	in := intent(command.NewKey())
	c, err := s.Do(t.Context(), in)
	if !errs.Is(err, errs.Indeterminate) || stateOf(t, db, c.ID).State != command.Sending {
		t.Fatalf("Do = %v, state %s, want indeterminate and sending", err, stateOf(t, db, c.ID).State)
	}
	if _, err := s.Recover(t.Context(), command.AtStart); err != nil || stateOf(t, db, c.ID).State != command.Unknown {
		t.Errorf("recovered = %v, state %s, want unknown", err, stateOf(t, db, c.ID).State)
	}
}

func TestWhoWaitsForAnotherSenderMayLeave(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	in := intent(command.NewKey())
	var s *command.Service
	s = command.New(db, kind(func(ctx context.Context, c command.Command) (command.Result, error) {
		impatient, leave := context.WithTimeout(ctx, 30*time.Millisecond)
		defer leave()
		if _, err := s.Do(impatient, in); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "command.in_progress") {
			t.Errorf("the same form meanwhile = %v, want that it is in progress", err)
		}
		return done(ctx, c)
	}))
	if _, err := s.Do(t.Context(), in); err != nil {
		t.Error(err)
	}
}

func TestACheckRunsForANewKeyOnly(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	in := intent(command.NewKey())
	if _, err := command.New(db, kind(done)).Do(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	in.Check = func(context.Context) error { return errs.InvalidField("check", "n", "taken") }
	if c, err := command.New(db, kind(done)).Do(t.Context(), in); err != nil || c.State != command.Succeeded {
		t.Errorf("the same form = %s, %v, want the first result", c.State, err)
	}
	in.Key = command.NewKey()
	if c, err := command.New(db, kind(done)).Do(t.Context(), in); !errs.Is(err, errs.Invalid) || c.ID != 0 {
		t.Errorf("a new form = command %d, %v, want it refused without a command", c.ID, err)
	}
}

// TestACheckThatRanIntoTheSameFormsEffect: two tabs, the second one checks after the first one has succeeded.
func TestACheckThatRanIntoTheSameFormsEffect(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := command.New(db, kind(done))
	in := intent(command.NewKey())
	slow := in
	slow.Check = func(ctx context.Context) error {
		if _, err := s.Do(ctx, in); err != nil {
			t.Error(err)
		}
		return errs.InvalidField("check", "n", "taken")
	}
	if c, err := s.Do(t.Context(), slow); err != nil || c.State != command.Succeeded {
		t.Errorf("Do = %s, %v, want the first tab's success", c.State, err)
	}
}

func TestSettledCommandsNeverChange(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	c, err := command.New(db, kind(done)).Do(t.Context(), intent(command.NewKey()))
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"UPDATE commands SET state = 'unknown', resolution = ''", "DELETE FROM commands"} {
		if _, err := db.Writer().Exec(forbidden); err == nil {
			t.Errorf("%s: no error", forbidden)
		}
	}
	open := unknown(t, db)
	// One person twice is refused by the table itself.
	_, err = db.Writer().Exec(`UPDATE commands SET state = 'failed', resolution = 'persons', proposed_by = 4, confirmed_by = 4 WHERE id = ?`, open.ID)
	if err == nil {
		t.Error("one person declared alone: no error")
	}
	if got := stateOf(t, db, c.ID); got.State != command.Succeeded {
		t.Errorf("it is %s, want succeeded", got.State)
	}
}
