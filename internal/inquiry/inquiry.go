// Package inquiry is what staff ask of numbers before money leaves: whose a card, an account or an IBAN is, and what a
// transfer would cost. It checks a number before anything is sent, asks exactly once and keeps the question on disk before
// it leaves, because an answer costs money; it answers from a fresh earlier answer where the asker agrees, counts what each
// person has asked, works through files of thousands of lines, and keeps a history that forgets personal data in time.
//
// It knows no HTTP, no SQL, no file format and no wire. The adapter implements Provider, the store implements Store; web and
// cmd/portal use it.
package inquiry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"payportal/internal/iban"
	"payportal/internal/money"
)

// Kind is what is asked. Its words stand in the database and in addresses.
type Kind string

// The kinds.
const (
	Card    Kind = "card"    // a card's IBAN, P10
	Account Kind = "account" // an account number's IBAN and owners, P11
	IBAN    Kind = "iban"    // an IBAN's owners and state, P12
	Wage    Kind = "wage"    // what a transfer costs and when it arrives, P13
)

// Kinds lists the kinds in the order in which screens offer them.
func Kinds() []Kind { return []Kind{Card, Account, IBAN, Wage} }

// ParseKind reads the word of a kind.
func ParseKind(word string) (Kind, bool) {
	for _, k := range Kinds() {
		if string(k) == word {
			return k, true
		}
	}
	return "", false
}

// Provider asks the inquiry API of one connection. Every call costs money and none is repeated after it may have arrived.
// Errors are those of the adapters: Declined with the provider's words, NotFound, RateLimited, Forbidden and Unauthenticated when
// the provider surely answered nothing else; Unavailable when the call was surely not made; Indeterminate when an answer may have
// been lost.
type Provider interface {
	// CardToIBAN is P10. The answer has an IBAN and nothing else.
	CardToIBAN(ctx context.Context, card iban.Card) (Answer, error)
	// AccountToIBAN is P11.
	AccountToIBAN(ctx context.Context, number iban.AccountNumber, bankID int) (Answer, error)
	// InquireIBAN is P12.
	InquireIBAN(ctx context.Context, number iban.IBAN) (Answer, error)
	// EstimateWage is P13.
	EstimateWage(ctx context.Context, q WageQuestion) (WageEstimate, error)
}

// Providers finds the inquiry API of a connection: errs.NotFound when the connection has none.
type Providers interface {
	Inquiry(ctx context.Context, connectionID int64) (Provider, error)
}

// Answer is what a provider said of a number. It holds personal data: every way to print, log or marshal it as a whole gives
// a placeholder.
type Answer struct {
	// IBAN is "IR" and 24 digits as the provider gave them. Its check digits were not verified: Verified tells.
	IBAN string
	// Deposit is the account number at the bank; empty for P10.
	Deposit string
	// State and Comment are the bank's words about the account: "حساب فعال است".
	State, Comment string
	// BankID is one of package iban's banks, 0 when it was not told or is not one of them. BankName is the bank's own word.
	BankID   int
	BankName string
	Owners   []Owner
	// Remark is the provider's error_description, unless it says that there was no error.
	Remark string
}

// Owner is one owner of an account. A company has no first name.
type Owner struct{ First, Last string }

// Company reports whether the owner is one.
func (o Owner) Company() bool { return o.First == "" }

// Name is the whole name.
func (o Owner) Name() string {
	if o.First == "" {
		return o.Last
	}
	return o.First + " " + o.Last
}

// Verified gives the answer's IBAN as a number whose check digits hold; ok is false where they do not.
func (a Answer) Verified() (number iban.IBAN, ok bool) {
	number, err := iban.ParseIBAN(a.IBAN)
	return number, err == nil
}

const redacted = "[answer]"

// String gives a placeholder.
func (a Answer) String() string { return redacted }

// GoString gives a placeholder.
func (a Answer) GoString() string { return redacted }

// Format prints a placeholder for every verb.
func (a Answer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue gives a placeholder.
func (a Answer) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives a placeholder; Reply.Seal writes the answer for the store.
func (a Answer) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// WageQuestion is a transfer whose price is asked for.
type WageQuestion struct {
	// Amount is in rial.
	Amount money.Amount
	// SourceBank and DestinationBank are ids of package iban's banks.
	SourceBank, DestinationBank int
}

// WageEstimate is the price and arrival by each way of transfer.
type WageEstimate struct{ Paya, Satna, A2A WageRoute }

// WageRoute is one way of transfer.
type WageRoute struct {
	// Possible is the document's "active".
	Possible bool
	// Wage is in rial.
	Wage money.Amount
	// Arrival is when the money arrives; zero when that was not told.
	Arrival time.Time
}
