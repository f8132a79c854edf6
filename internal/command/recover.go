package command

import (
	"context"
	"errors"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command/failpoint"
	"payportal/internal/errs"
)

// intentGrace is how long an intent may wait for its sender, who starts at once.
const intentGrace = time.Minute

// Occasion is when a recovery runs.
type Occasion int

const (
	// WhileRunning takes up what its sender has left alone for longer than its lease.
	WhileRunning Occasion = iota
	// AtStart takes up everything: the senders died with the former process. A sender of another process that still
	// lives is not harmed: an unknown command takes its answer, and a failed intent is never sent.
	AtStart
	// AfterRestore follows the restore of a backup, in which even an intent that looks unsent may have been sent after
	// the backup was made: nothing is sent, nothing is failed, all becomes unknown.
	AfterRestore
)

// Recovered counts what a recovery did.
type Recovered struct {
	// NotSent intents were failed; Unknown senders were given up; Found effects were settled; Resent ones were sent again
	// under the provider's promise.
	NotSent, Unknown, Found, Resent int
}

// Recover takes up commands that a crash or a lost answer left unsettled. It never resends by itself what the provider
// does not promise to do once. Troubles with one command do not stop the others; the error joins them.
func (s *Service) Recover(ctx context.Context, occasion Occasion) (Recovered, error) {
	var done Recovered
	var troubles []error
	for afterID := int64(0); ; {
		batch, err := s.store.UnsettledCommands(ctx, afterID, 100)
		if err != nil {
			return done, errors.Join(append(troubles, err)...)
		}
		for _, c := range batch {
			afterID = c.ID
			if err := s.recoverOne(ctx, c, occasion, &done); err != nil && !errs.Is(err, errs.Conflict) {
				troubles = append(troubles, err)
			}
		}
		if len(batch) == 0 || ctx.Err() != nil {
			return done, errors.Join(append(troubles, ctx.Err())...)
		}
	}
}

// giveUp moves a command that its sender has left; errs.Conflict means that the sender lives.
//
// An intent that is not "sending" was surely never sent, for "sending" is committed before the call. It is failed and not
// sent late: who wanted it has gone, and may not want it any more.
func (s *Service) giveUp(ctx context.Context, c Command, occasion Occasion, done *Recovered) (Command, error) {
	now, count := s.now(), &done.Unknown
	var o outcome
	switch {
	case occasion == AfterRestore && (c.State == Intended || c.State == Sending):
		o = failed(errs.New(errs.Indeterminate, c.Kind, "command.restored", nil))
	case c.State == Intended && (occasion == AtStart || now.After(c.IntendedAt.Add(intentGrace))):
		o = failed(errs.New(errs.Unavailable, c.Kind, "command.not_sent", nil))
		o.resolution, count = ByNotSent, &done.NotSent
	case c.State == Sending && (occasion == AtStart || now.After(c.LeaseUntil)):
		o = failed(errs.New(errs.Indeterminate, c.Kind, "command.interrupted", nil))
	default:
		return c, nil
	}
	failpoint.Hit("giveup-before-commit")
	recovered := audit.System("command.recover")
	c, err := s.store.UpdateCommand(ctx, settle(c, o, now), nil, entryOf(c, o, recovered))
	if err == nil {
		*count++
	}
	failpoint.Hit("giveup-after-commit")
	return c, err
}

// find settles an unknown command whose effect the provider shows.
func (s *Service) find(ctx context.Context, kind Kind, c Command) (Command, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, kind.Timeout)
	defer cancel()
	result, found, err := kind.Find(ctx, c)
	if err != nil || !found {
		return c, false, err
	}
	c, err = s.SettleFound(ctx, audit.System("command.recover"), c, result)
	return c, err == nil, err
}

// mayResend reports whether the provider's promise still covers the command's key.
func (k Kind) mayResend(c Command, now time.Time) bool {
	return k.Resend > 0 && now.Before(c.IntendedAt.Add(k.Resend))
}
