//go:build naive

package command

import (
	"context"

	"payportal/internal/audit"
	"payportal/internal/command/failpoint"
)

// This build does it the obvious way: call, then write down; when in doubt, send again. It exists so that the kill test can
// show that its checker finds what goes wrong then. It is never shipped.

func (s *Service) carryOut(ctx context.Context, kind Kind, c Command, actor audit.Actor) (Command, error) {
	o, err := s.call(ctx, kind, c)
	for attempt := 0; err == nil && o.state == Unknown && attempt < 2; attempt++ {
		o, err = s.call(ctx, kind, c)
	}
	if err != nil {
		return c, err
	}
	failpoint.Hit("outcome-before-commit")
	c, err = s.record(ctx, c, o, actor)
	failpoint.Hit("outcome-after-commit")
	return c, err
}

func (s *Service) recoverOne(ctx context.Context, c Command, _ Occasion, done *Recovered) error {
	_, err := s.carryOut(ctx, s.kinds[c.Kind], c, audit.System("command.recover"))
	done.Resent++
	return err
}
