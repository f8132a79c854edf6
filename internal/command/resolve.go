package command

import (
	"context"
	"fmt"
	"unicode/utf8"

	"payportal/internal/audit"
	"payportal/internal/command/failpoint"
	"payportal/internal/errs"
	"payportal/internal/textin"
)

const reasonRunes = 500

// SettleFound settles an unknown command as succeeded, because its effect was seen at the provider. It fails with
// errs.Conflict when the command is not unknown any more.
func (s *Service) SettleFound(ctx context.Context, actor audit.Actor, c Command, r Result) (Command, error) {
	if c.State != Unknown {
		return c, errs.New(errs.Conflict, c.Kind, "command.not_unknown", nil)
	}
	o, err := succeeded(r, ByFinding)
	if err != nil {
		return c, err
	}
	failpoint.Hit("found-before-commit")
	c, err = s.store.UpdateCommand(ctx, settle(c, o, s.now()), o.effect, entryOf(c, o, actor))
	failpoint.Hit("found-after-commit")
	return c, err
}

// ProposeNotDone is the first person's declaration, with a reason, that an unknown command had no effect. version is that
// of the command as the person saw it. It fails with errs.Invalid at the field "reason" and with errs.Conflict when the
// command changed, is not unknown, may still be answered, or has a proposal.
func (s *Service) ProposeNotDone(ctx context.Context, actor audit.Actor, id, version int64, reason string) (Command, error) {
	reason, err := textin.Text(reason)
	if err != nil {
		return Command{}, errs.InvalidField("propose", "reason", "command.reason_characters")
	}
	if n := utf8.RuneCountInString(reason); n == 0 || n > reasonRunes {
		return Command{}, &errs.Error{Kind: errs.Invalid, Op: "propose", Fields: []errs.Field{
			{Name: "reason", Msg: "command.reason_length", Args: map[string]any{"Max": reasonRunes}},
		}}
	}
	c, err := s.declarable(ctx, actor, id, version)
	if err != nil {
		return c, err
	}
	if c.Proposal.By != 0 {
		return c, errs.New(errs.Conflict, c.Kind, "command.already_proposed", nil)
	}
	c.Proposal = Proposal{By: actor.UserID, Name: actor.Name, At: s.now(), Reason: reason}
	return s.store.UpdateCommand(ctx, c, nil, &audit.Entry{
		Actor: actor, Act: c.Kind + ".propose_not_done", Object: fmt.Sprintf("command:%d", id), Outcome: "ok",
		After: map[string]any{"reason": reason},
	})
}

// ConfirmNotDone is the second person's declaration: the command becomes failed, and a new one for its subject may be
// tried. It fails with errs.Forbidden for the person who proposed, and with errs.Conflict like ProposeNotDone.
func (s *Service) ConfirmNotDone(ctx context.Context, actor audit.Actor, id, version int64) (Command, error) {
	c, err := s.declarable(ctx, actor, id, version)
	if err != nil {
		return c, err
	}
	switch c.Proposal.By {
	case 0:
		return c, errs.New(errs.Conflict, c.Kind, "command.not_proposed", nil)
	case actor.UserID:
		return c, errs.New(errs.Forbidden, c.Kind, "command.second_person", nil)
	}
	c.Proposal.ConfirmedBy, c.Proposal.ConfirmedName = actor.UserID, actor.Name
	declared := errs.New(errs.Declined, c.Kind, "command.declared_not_done", nil)
	o := outcome{state: Failed, resolution: ByPersons, value: failureJSON(declared)}
	return s.store.UpdateCommand(ctx, settle(c, o, s.now()), nil, &audit.Entry{
		Actor: actor, Act: c.Kind + ".confirm_not_done", Object: fmt.Sprintf("command:%d", id), Outcome: "ok",
		Before: map[string]any{"proposed_by": c.Proposal.By, "reason": c.Proposal.Reason},
	})
}

// declarable reads the command that a person wants to declare about, if that person may and it may be declared about.
func (s *Service) declarable(ctx context.Context, actor audit.Actor, id, version int64) (Command, error) {
	c, err := s.store.Command(ctx, id)
	if err != nil {
		return Command{}, err
	}
	if actor.UserID == 0 { // the system and the command line are not persons
		return c, errs.New(errs.Forbidden, c.Kind, "command.second_person", nil)
	}
	if msg := c.NotDeclarable(s.now()); msg != "" {
		return c, errs.New(errs.Conflict, c.Kind, msg, nil)
	}
	if c.Version != version {
		return c, errs.New(errs.Conflict, c.Kind, "command.changed", nil)
	}
	return c, nil
}
