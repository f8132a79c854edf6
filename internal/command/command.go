// Package command performs side effects at a provider exactly once: an intent is committed before the call, one sender
// makes the call, and its outcome is committed with its effects and its audit entry. What cannot be known (a timeout, a
// crash) is a state of its own, unknown, that is never resent unless the provider promises idempotency by key.
//
//	intended → sending → succeeded | failed | unknown → succeeded | failed
//
// A kind of command registers how it is sent and, where the provider allows, how it is looked up and resent; the package
// knows no provider, no SQL and no permission: the route has checked it. Domain packages, the store and cmd/portal import
// it.
package command

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
)

// State is where a command stands.
type State string

// The states. Succeeded and Failed are final.
const (
	Intended  State = "intended"  // committed, surely not sent
	Sending   State = "sending"   // may have reached the provider
	Succeeded State = "succeeded" // the effect exists
	Failed    State = "failed"    // the effect does not exist
	Unknown   State = "unknown"   // the effect may exist: look up, or two persons decide
)

// Final reports whether the state never changes again.
func (s State) Final() bool { return s == Succeeded || s == Failed }

// Resolution says how a command became final.
type Resolution string

// The resolutions.
const (
	ByAnswer     Resolution = "answer"      // the provider answered the call
	ByLateAnswer Resolution = "late_answer" // it answered after the command had been given up as unknown
	ByNotSent    Resolution = "not_sent"    // the process died before the call
	ByFinding    Resolution = "found"       // the effect was found at the provider
	ByPersons    Resolution = "persons"     // two persons declared that there is no effect
)

// Command is one side effect that somebody wanted.
type Command struct {
	ID           int64
	Kind         string
	ConnectionID int64
	// Key is the idempotency key, made by the server with the form.
	Key string
	// Subject is what the command locks until it is final: one unsettled command for a connection, kind and subject.
	// Empty locks nothing.
	Subject string
	// Request is canonical JSON; Hash covers it with the kind, the connection and the user.
	Request json.RawMessage
	Hash    [sha256.Size]byte
	State   State
	// Fence counts the attempts; an answer is taken from the attempt with the present number only.
	Fence int64
	// LeaseUntil is until when the sender of the present attempt has the command to itself.
	LeaseUntil time.Time
	// UserID and ActorName are who wanted it.
	UserID    int64
	ActorName string
	// IntendedAt, SentAt (of the last attempt) and SettledAt; zero for "not yet".
	IntendedAt, SentAt, SettledAt time.Time
	// Object names the effect for the trail ("terminal:uuid"), empty until it is known.
	Object string
	// Outcome is the kind's answer when it succeeded, a Failure when it failed or is unknown, else null.
	Outcome    json.RawMessage
	Resolution Resolution
	Proposal   Proposal
	// Version counts the changes of the row; the store refuses to change another one than was read.
	Version int64
}

// Proposal is one person's declaration that the effect of an unknown command does not exist.
type Proposal struct {
	// By is the user id of who proposed, 0 for none.
	By     int64
	Name   string
	At     time.Time
	Reason string
	// ConfirmedBy is the user id of the second person, 0 until there is one.
	ConfirmedBy   int64
	ConfirmedName string
}

// Failure is an outcome that is not a success, as it is kept: the error's kind and what the user is told.
type Failure struct {
	Kind   string         `json:"kind"`
	Msg    string         `json:"msg,omitempty"`
	Args   map[string]any `json:"args,omitempty"`
	Fields []errs.Field   `json:"fields,omitempty"`
	Code   string         `json:"code,omitempty"`
}

// Intent is what somebody wants done.
type Intent struct {
	Kind         string
	ConnectionID int64
	// Key is the form's idempotency key, from NewKey.
	Key     string
	Subject string
	// Request marshals to the same JSON each time: a struct, no map of mixed types, no time with a monotonic part.
	Request any
	Actor   audit.Actor
	// Check refuses what cannot be done as things stand, for a key that was not used before; nil for nothing to check.
	Check Check
}

// NewKey makes an idempotency key for a form: 130 random bits in base 32.
func NewKey() string { return rand.Text() }

// ValidKey reports whether a key may come from NewKey.
func ValidKey(key string) bool {
	if len(key) != 26 {
		return false
	}
	for _, r := range key {
		if (r < 'A' || r > 'Z') && (r < '2' || r > '7') {
			return false
		}
	}
	return true
}

// command makes the row of an intent. It fails with errs.Invalid for a key that this server cannot have made.
func (in Intent) command(now time.Time) (Command, error) {
	if !ValidKey(in.Key) {
		return Command{}, errs.New(errs.Invalid, in.Kind, "command.key_invalid", nil)
	}
	request, err := json.Marshal(in.Request)
	if err != nil {
		return Command{}, fmt.Errorf("%s: write request: %w", in.Kind, err)
	}
	var signed bytes.Buffer
	fmt.Fprintf(&signed, "%q %d %d ", in.Kind, in.ConnectionID, in.Actor.UserID)
	signed.Write(request)
	return Command{
		Kind: in.Kind, ConnectionID: in.ConnectionID, Key: in.Key, Subject: in.Subject, Request: request,
		Hash: sha256.Sum256(signed.Bytes()), State: Intended, UserID: in.Actor.UserID, ActorName: in.Actor.Name,
		IntendedAt: now, Outcome: json.RawMessage("null"),
	}, nil
}

// Err is what the command's state means to who sent it: nil for a success, the provider's refusal again for a failure,
// errs.Indeterminate for unknown and errs.Conflict while it is being carried out.
func (c Command) Err() error {
	switch c.State {
	case Succeeded:
		return nil
	case Failed:
		return c.failure()
	case Unknown:
		return errs.New(errs.Indeterminate, c.Kind, "command.unknown", nil)
	default:
		return errs.New(errs.Conflict, c.Kind, "command.in_progress", nil)
	}
}

func (c Command) failure() error {
	var f Failure
	if err := json.Unmarshal(c.Outcome, &f); err != nil {
		return fmt.Errorf("read outcome of command %d: %w", c.ID, err)
	}
	return &errs.Error{Kind: errs.ParseKind(f.Kind), Op: c.Kind, Msg: f.Msg, Args: f.Args, Fields: f.Fields, Code: f.Code}
}

// NotDeclarable says why nobody may declare now that the command had no effect, as a catalogue key; empty when one may.
func (c Command) NotDeclarable(now time.Time) string {
	switch {
	case c.State != Unknown:
		return "command.not_unknown"
	case now.Before(c.LeaseUntil): // its sender may still get an answer
		return "command.lease_running"
	}
	return ""
}
