//go:build !naive

package command

import (
	"context"

	"payportal/internal/audit"
	"payportal/internal/command/failpoint"
)

// carryOut takes an intended command through its one attempt: "sending" is durable before the call, the outcome after it.
func (s *Service) carryOut(ctx context.Context, kind Kind, c Command, actor audit.Actor) (Command, error) {
	failpoint.Hit("sending-before-commit")
	c, mine, err := s.start(ctx, kind, c)
	if err != nil || !mine {
		return c, err
	}
	failpoint.Hit("sending-after-commit")
	o, err := s.call(ctx, kind, c)
	if err != nil {
		return c, err
	}
	failpoint.Hit("outcome-before-commit")
	c, err = s.record(ctx, c, o, actor)
	failpoint.Hit("outcome-after-commit")
	return c, err
}

// recoverOne takes up one unsettled command: first give up a sender that is gone, then look the effect up, then resend
// where the provider promises that the key makes it harmless.
func (s *Service) recoverOne(ctx context.Context, c Command, occasion Occasion, done *Recovered) error {
	c, err := s.giveUp(ctx, c, occasion, done)
	if err != nil || c.State != Unknown || occasion == AfterRestore {
		return err
	}
	kind, ok := s.kinds[c.Kind]
	if !ok {
		return nil // of a kind that this program no longer has: it waits for two persons
	}
	if kind.Find != nil {
		var found bool
		if c, found, err = s.find(ctx, kind, c); found {
			done.Found++
		}
		if found || err != nil {
			return err
		}
	}
	if kind.mayResend(c, s.now()) && c.Proposal.By == 0 {
		failpoint.Hit("resend-before-sending")
		if _, err = s.carryOut(ctx, kind, c, audit.System("command.recover")); err == nil {
			done.Resent++
		}
	}
	return err
}
