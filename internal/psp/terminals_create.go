package psp

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/textin"
)

// TerminalCreate is the kind of command that creates a terminal (P3).
const TerminalCreate = "terminal.create"

const (
	numberDigits      = 20
	acceptorCodeMax   = 1<<31 - 1
	descriptionRunes  = 500
	creationTimeout   = 45 * time.Second
	creationClockSkew = time.Hour
)

// earliestStart is before the provider's first payment; an earlier start is a slip of the pen (or of the calendar).
var earliestStart = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// CreateTerminal is a form that asks for a new terminal.
type CreateTerminal struct {
	ConnectionID int64
	// FormKey is the key that the server put into the form when it made it (command.NewKey).
	FormKey string
	NewTerminal
}

// Creation is the result of a creation.
type Creation struct {
	// CommandID is the command that carried it out; 0 when the input was refused before there was one.
	CommandID int64
	State     command.State
	// UUID is the terminal's, when it succeeded.
	UUID string
}

// creationRequest is the canonical form of the request that a command keeps.
type creationRequest struct {
	Type           string    `json:"type"`
	AccountUUID    string    `json:"account"`
	Number         string    `json:"number"`
	AcceptorCode   int64     `json:"acceptor_code"`
	Enabled        bool      `json:"enabled"`
	Description    string    `json:"description"`
	StartFetchTime time.Time `json:"start_fetch_time"`
}

// creationAnswer is what a command keeps of a success.
type creationAnswer struct {
	UUID string `json:"uuid"`
}

// Create asks the provider for a new terminal, once, however often the form is sent: the same form again gets the first
// result. It fails with errs.Invalid (fields), errs.Declined (the provider's refusal at its fields), errs.Conflict (the
// form was sent before with other content, is being carried out at this moment, or an earlier creation of the same
// terminal is not settled), errs.Unavailable (surely not sent: a new form may be sent) and errs.Indeterminate (not
// known: the Creation names the command to follow).
func (t *Terminals) Create(ctx context.Context, actor audit.Actor, in CreateTerminal) (Creation, error) {
	wanted, err := checkNewTerminal(in.NewTerminal, t.now())
	if err != nil {
		return Creation{}, err
	}
	done, err := t.commands.Do(ctx, command.Intent{
		Kind: TerminalCreate, ConnectionID: in.ConnectionID, Key: in.FormKey, Actor: actor,
		Subject: creationSubject(wanted.Type, wanted.AccountUUID, wanted.Number),
		Request: creationRequest{
			Type: wanted.Type.String(), AccountUUID: wanted.AccountUUID, Number: wanted.Number, AcceptorCode: wanted.AcceptorCode,
			Enabled: wanted.Enabled, Description: wanted.Description, StartFetchTime: wanted.StartFetchTime,
		},
		Check: func(ctx context.Context) error { return t.checkCreation(ctx, in.ConnectionID, wanted) },
	})
	creation := Creation{CommandID: done.ID, State: done.State}
	if err != nil {
		return creation, err
	}
	if creation.UUID = CreatedTerminal(done); creation.UUID == "" {
		return creation, fmt.Errorf("command %d succeeded without naming its terminal: %s", done.ID, done.Outcome)
	}
	return creation, nil
}

// creationSubject is what one creation locks until it is settled.
func creationSubject(t TerminalType, accountUUID, number string) string {
	return t.String() + "/" + accountUUID + "/" + number
}

// checkNewTerminal checks what needs no look-up and gives the terminal as it will be sent: digits folded, spaces gone.
// The field names are the provider's own (P3), as in its refusals.
func checkNewTerminal(n NewTerminal, now time.Time) (NewTerminal, error) {
	var fields []errs.Field
	wrong := func(name, msg string, args map[string]any) {
		fields = append(fields, errs.Field{Name: name, Msg: msg, Args: args})
	}
	if n.Type != IPG && n.Type != POS {
		wrong("terminal_type", "psp.terminal.type_invalid", nil)
	}
	account, ok := ParseUUID(n.AccountUUID)
	if !ok {
		wrong("psp_account_uuid", "psp.terminal.account_required", nil)
	}
	n.AccountUUID = account
	n.Number = textin.Compact(n.Number)
	if !isNumber(n.Number) {
		wrong("terminal_number", "psp.terminal.number_digits", map[string]any{"Max": numberDigits})
	}
	if n.AcceptorCode < 1 || n.AcceptorCode > acceptorCodeMax {
		wrong("acceptor_code", "psp.terminal.acceptor_code_range", map[string]any{"Max": int64(acceptorCodeMax)})
	}
	description, err := textin.Text(n.Description)
	if err != nil {
		wrong("description", "psp.text_characters", nil)
	} else if utf8.RuneCountInString(description) > descriptionRunes {
		wrong("description", "psp.text_too_long", map[string]any{"Max": descriptionRunes})
	}
	n.Description = description
	n.StartFetchTime = n.StartFetchTime.UTC().Truncate(time.Microsecond)
	switch {
	case n.StartFetchTime.IsZero():
		wrong("start_fetch_time", "psp.terminal.start_required", nil)
	case n.StartFetchTime.Before(earliestStart):
		wrong("start_fetch_time", "psp.terminal.start_too_early", nil)
	case n.StartFetchTime.After(now.Add(24 * time.Hour)):
		wrong("start_fetch_time", "psp.terminal.start_future", nil)
	}
	if fields != nil {
		return NewTerminal{}, &errs.Error{Kind: errs.Invalid, Op: "create terminal", Fields: fields}
	}
	return n, nil
}

func isNumber(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= numberDigits
}

// checkCreation checks what depends on what the portal knows now. It runs only for a form that was not sent before.
func (t *Terminals) checkCreation(ctx context.Context, connectionID int64, n NewTerminal) error {
	const op = "create terminal"
	account, err := t.store.PSPAccount(ctx, connectionID, n.AccountUUID)
	switch {
	case errs.Is(err, errs.NotFound), err == nil && !account.GoneAt.IsZero():
		return errs.InvalidField(op, "psp_account_uuid", "psp.terminal.account_unknown")
	case err != nil:
		return err
	case !account.Enabled:
		return errs.InvalidField(op, "psp_account_uuid", "psp.terminal.account_disabled")
	}
	registered, err := t.store.TerminalRegistered(ctx, connectionID, n.Type, n.AccountUUID, n.Number)
	if err != nil {
		return err
	}
	if registered {
		return errs.InvalidField(op, "terminal_number", "psp.terminal.number_registered")
	}
	return nil
}

// TerminalCreation is the kind of command behind Create, for command.New. The provider has no idempotency key and no list
// of terminals, so it is never sent again and cannot be looked up: an unknown outcome is settled by importing the
// terminal, or by two persons.
func TerminalCreation(providers Providers) command.Kind {
	return command.Kind{
		Name:    TerminalCreate,
		Timeout: creationTimeout,
		Send: func(ctx context.Context, c command.Command) (command.Result, error) {
			return sendCreation(ctx, providers, c)
		},
	}
}

func sendCreation(ctx context.Context, providers Providers, c command.Command) (command.Result, error) {
	wanted, err := RequestedTerminal(c)
	if err != nil {
		return command.Result{}, errs.New(errs.Invalid, "create terminal", "", err)
	}
	provider, err := providers.PSPReporting(ctx, c.ConnectionID)
	if err != nil {
		return command.Result{}, err
	}
	created, err := provider.CreateTerminal(ctx, wanted)
	if err != nil {
		return command.Result{}, creationRefusal(err)
	}
	uuid, ok := ParseUUID(created.UUID)
	if !ok || created.Type != wanted.Type || created.Number != wanted.Number {
		// Something was created, but the answer does not say what: only a look at the terminal itself can tell.
		return command.Result{}, errs.New(errs.Indeterminate, "create terminal", "", fmt.Errorf("the answer is about %s %q", created.Type, created.Number))
	}
	created.UUID = uuid
	if created.AccountUUID, ok = ParseUUID(created.AccountUUID); !ok {
		created.AccountUUID = wanted.AccountUUID
	}
	return creationResult(RegisterTerminal{ConnectionID: c.ConnectionID, Terminal: created, Origin: Created, At: time.Now()}), nil
}

func creationResult(r RegisterTerminal) command.Result {
	return command.Result{
		Object: "terminal:" + r.Terminal.UUID, Answer: creationAnswer{UUID: r.Terminal.UUID}, Effect: r, Facts: r.auditFacts(),
	}
}

// creationRefusal gives a provider's refusal a sentence of our own where it has none. Its fields have the form's names.
func creationRefusal(err error) error {
	refusal, ok := errors.AsType[*errs.Error](err)
	if !ok || refusal.Kind != errs.Declined || refusal.Msg != "" {
		return err
	}
	named := *refusal
	named.Msg = "psp.terminal.refused"
	return &named
}
