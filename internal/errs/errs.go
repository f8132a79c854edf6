// Package errs is the one error vocabulary of the portal: what went wrong, in a sentence for the user and a cause for
// the log. It is a leaf: every package may import it and it imports nothing of ours. It knows nothing of HTTP; the web
// package alone turns a Kind into a status and a page.
package errs

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind says what an error means to the person who meets it, independent of where it arose.
type Kind uint8

const (
	// Internal is our own fault. The zero value, so that an unclassified error is never mistaken for anything milder.
	Internal Kind = iota
	// Invalid means that the input is wrong; Fields say where.
	Invalid
	// Unauthenticated means that there is no valid session.
	Unauthenticated
	// Forbidden means that the session lacks a permission; Permission names it.
	Forbidden
	// NotFound means that there is no such thing, or that it is not the asker's to know: the same answer.
	NotFound
	// Conflict means that the thing changed meanwhile, exists already, or is in the wrong state.
	Conflict
	// Declined means that the provider understood the request and refused it; Code carries its raw code.
	Declined
	// RateLimited means that we, or the provider, are asked too often.
	RateLimited
	// Unavailable means that a provider or the database cannot be reached or does not answer sensibly, on a read.
	Unavailable
	// Indeterminate means that a write may or may not have happened at the provider. Never retried with another key.
	Indeterminate
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not found", "conflict", "declined", "rate limited",
	"unavailable", "indeterminate",
}

// String names the kind for logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind reads the name of a kind; Internal for a name that is none.
func ParseKind(name string) Kind {
	for k, known := range kindNames {
		if known == name {
			return Kind(k)
		}
	}
	return Internal
}

// Error is an error with a meaning. Msg and Field.Msg are keys of the message catalogues, not prose, so that the page
// shows them in the user's language; Args fills their placeholders. Err is for the log and never reaches a user.
type Error struct {
	Kind Kind
	// Op names what was attempted ("create terminal"), for the log.
	Op string
	// Msg is the catalogue key of the sentence that the user reads; empty for the kind's neutral sentence.
	Msg string
	// Args are the placeholders of Msg, by name.
	Args map[string]any
	// Fields say which inputs are wrong, for Invalid and Declined.
	Fields []Field
	// Code is the provider's own error code, as received, for Declined.
	Code string
	// Permission is the missing permission, for Forbidden.
	Permission string
	// Err is the cause, for the log.
	Err error
}

// Field is one wrong input of a form or query.
type Field struct {
	// Name is the input's name attribute.
	Name string
	// Msg is the catalogue key of what is wrong with it.
	Msg string
	// Args are the placeholders of Msg, by name.
	Args map[string]any
}

// Error renders the error for the log: operation, kind, message key, fields, cause.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Kind.String())
	if e.Msg != "" {
		b.WriteString(" (" + e.Msg + ")")
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " code %q", e.Code)
	}
	if e.Permission != "" {
		b.WriteString(" permission " + e.Permission)
	}
	for _, f := range e.Fields {
		b.WriteString(" [" + f.Name + ": " + f.Msg + "]")
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a catalogue key and a cause; both may be empty.
func New(kind Kind, op, msg string, err error) *Error {
	return &Error{Kind: kind, Op: op, Msg: msg, Err: err}
}

// InvalidField makes the commonest error: one input is wrong.
func InvalidField(op, field, msg string) *Error {
	return &Error{Kind: Invalid, Op: op, Fields: []Field{{Name: field, Msg: msg}}}
}

// NotPermitted makes a Forbidden error that names the missing permission.
func NotPermitted(op, permission string) *Error {
	return &Error{Kind: Forbidden, Op: op, Permission: permission}
}

// KindOf finds the kind of the outermost Error in err's chain. An error without one is Internal, except that a
// deadline is Unavailable: a slow provider is not our bug. KindOf(nil) must not be asked; it answers Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// FieldsOf gives the wrong inputs named by err, or nil.
func FieldsOf(err error) []Field {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}
