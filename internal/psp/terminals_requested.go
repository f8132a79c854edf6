package psp

import (
	"encoding/json"
	"fmt"

	"payportal/internal/command"
	"payportal/internal/errs"
)

// RequestedTerminal reads what a creation asked the provider for. It fails with errs.NotFound for a command of another kind.
func RequestedTerminal(c command.Command) (NewTerminal, error) {
	const op = "read requested terminal"
	if c.Kind != TerminalCreate {
		return NewTerminal{}, errs.New(errs.NotFound, op, "", nil)
	}
	var request creationRequest
	if err := json.Unmarshal(c.Request, &request); err != nil {
		return NewTerminal{}, fmt.Errorf("%s of command %d: %w", op, c.ID, err)
	}
	kind, ok := ParseTerminalType(request.Type)
	if !ok {
		return NewTerminal{}, fmt.Errorf("%s of command %d: type %q", op, c.ID, request.Type)
	}
	return NewTerminal{
		Type: kind, AccountUUID: request.AccountUUID, Number: request.Number, AcceptorCode: request.AcceptorCode,
		Enabled: request.Enabled, Description: request.Description, StartFetchTime: request.StartFetchTime,
	}, nil
}

// CreatedTerminal reads the UUID of the terminal that a succeeded creation made, "" for any other state.
func CreatedTerminal(c command.Command) string {
	var answer creationAnswer
	if c.Kind != TerminalCreate || c.State != command.Succeeded || json.Unmarshal(c.Outcome, &answer) != nil {
		return ""
	}
	return answer.UUID
}
