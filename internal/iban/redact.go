package iban

import (
	"fmt"
	"io"
	"log/slog"
)

// What stands for a number wherever something would print it.
const (
	redactedIBAN    = "[iban]"
	redactedCard    = "[card]"
	redactedAccount = "[account]"
)

// String gives a placeholder.
func (n IBAN) String() string { return redactedIBAN }

// GoString gives a placeholder.
func (n IBAN) GoString() string { return redactedIBAN }

// Format prints a placeholder for every verb.
func (n IBAN) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedIBAN) }

// LogValue gives a placeholder.
func (n IBAN) LogValue() slog.Value { return slog.StringValue(redactedIBAN) }

// MarshalText gives a placeholder, to encoding/json and others alike.
func (n IBAN) MarshalText() ([]byte, error) { return []byte(redactedIBAN), nil }

// String gives a placeholder.
func (n Card) String() string { return redactedCard }

// GoString gives a placeholder.
func (n Card) GoString() string { return redactedCard }

// Format prints a placeholder for every verb.
func (n Card) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedCard) }

// LogValue gives a placeholder.
func (n Card) LogValue() slog.Value { return slog.StringValue(redactedCard) }

// MarshalText gives a placeholder, to encoding/json and others alike.
func (n Card) MarshalText() ([]byte, error) { return []byte(redactedCard), nil }

// String gives a placeholder.
func (n AccountNumber) String() string { return redactedAccount }

// GoString gives a placeholder.
func (n AccountNumber) GoString() string { return redactedAccount }

// Format prints a placeholder for every verb.
func (n AccountNumber) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedAccount) }

// LogValue gives a placeholder.
func (n AccountNumber) LogValue() slog.Value { return slog.StringValue(redactedAccount) }

// MarshalText gives a placeholder, to encoding/json and others alike.
func (n AccountNumber) MarshalText() ([]byte, error) { return []byte(redactedAccount), nil }
