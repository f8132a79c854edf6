// Package psp is the domain of PSP reporting: terminals, PSPs, PSP accounts, payments and reports of a provider
// connection, and what staff do with them. It holds the types, the small interfaces that it needs of a provider and of
// the store, and the use-cases. It knows no HTTP, no SQL and no wire format.
//
// web, the adapter provider/pspreporting and the store may import it.
package psp

import (
	"context"
	"io"
	"time"

	"payportal/internal/money"
)

// TerminalType says how a terminal takes payments. The numbers are the provider's own (PSP Reporting, "Terminal Type").
type TerminalType uint8

// The documented terminal types.
const (
	IPG TerminalType = 0 // internet payment gateway
	POS TerminalType = 1 // point of sale
)

// TerminalTypes lists the types in the order in which screens offer them.
var TerminalTypes = []TerminalType{IPG, POS}

// String gives the provider's word in lower case, as its paths have it: "ipg" or "pos".
func (t TerminalType) String() string {
	if t == POS {
		return "pos"
	}
	return "ipg"
}

// ParseTerminalType reads "ipg" or "pos".
func ParseTerminalType(s string) (TerminalType, bool) {
	switch s {
	case "ipg":
		return IPG, true
	case "pos":
		return POS, true
	}
	return 0, false
}

// PSP is a payment service provider as the connection's provider lists it (P7).
type PSP struct {
	// ID is the provider's number; 0 is a valid one.
	ID      int64
	Name    string
	Enabled bool
}

// Account is a PSP account, the thing a terminal is created under (P8).
type Account struct {
	UUID string
	Name string
	// PSP is the name of the PSP that the account belongs to.
	PSP       string
	Enabled   bool
	CreatedAt time.Time
}

// Terminal is a terminal as the provider knows it (P3, P4).
type Terminal struct {
	UUID        string
	Type        TerminalType
	AccountUUID string
	// PSP is the name of the PSP.
	PSP          string
	Number       string
	AcceptorCode int64
	Enabled      bool
	// Description is empty where the provider has null.
	Description    string
	CreatedAt      time.Time
	StartFetchTime time.Time
}

// NewTerminal is what staff ask the provider to create (P3).
type NewTerminal struct {
	Type           TerminalType
	AccountUUID    string
	Number         string
	AcceptorCode   int64
	Enabled        bool
	Description    string
	StartFetchTime time.Time
}

// PaymentStatus is the outcome of a payment: the provider's own numbers (P9). An unknown number is kept and shown as
// it came.
type PaymentStatus uint8

// The documented payment statuses.
const (
	PaymentFailed     PaymentStatus = 0
	PaymentSuccessful PaymentStatus = 1
)

// Payment is one payment at a terminal (P9).
type Payment struct {
	// ID is the provider's ULID.
	ID     string
	Type   TerminalType
	Amount money.Amount
	// PSP is the name of the PSP.
	PSP string
	// MaskedCard is the payer's card as the provider masks it: six digits, stars, four digits ("603799******9999").
	MaskedCard     string
	TerminalNumber string
	TransactedAt   time.Time
	Status         PaymentStatus
}

// ReportStatus is the state of a report: the provider's own numbers (P5).
type ReportStatus uint8

// The documented report states.
const (
	ReportInitiated  ReportStatus = 0
	ReportInProgress ReportStatus = 1
	ReportSuccess    ReportStatus = 2
	ReportFailed     ReportStatus = 3
	ReportExpired    ReportStatus = 4
)

// Final reports whether the state no longer changes by itself, apart from a success that expires.
func (s ReportStatus) Final() bool { return s >= ReportSuccess }

// Report is an Excel report that the provider made (P5).
type Report struct {
	UUID   string
	Status ReportStatus
	// Type is the provider's report_type number; its document gives it no names.
	Type int64
	// Filename is the provider's storage_filename, empty until there is a file. It holds colons and spaces.
	Filename string
	// Start and End are when the provider began and ended making the report; zero where it has null.
	Start, End time.Time
	CreatedAt  time.Time
}

// PaymentPage is one page of the provider's cursor pagination (P9).
type PaymentPage struct {
	Payments []Payment
	// Count is the provider's total; -1 when it gave none.
	Count int64
	// Next is the cursor of the following (older) page, empty at the end.
	Next string
}

// Provider is what the use-cases need of a PSP reporting API; provider/pspreporting implements it. Reads fail with
// errs.Unavailable, errs.RateLimited, errs.Forbidden (a missing scope) or errs.NotFound. CreateTerminal fails with
// errs.Declined when the provider refused it (Fields name the inputs), and with errs.Indeterminate when it is not
// known whether the terminal exists.
type Provider interface {
	CreateTerminal(ctx context.Context, t NewTerminal) (Terminal, error)
	// Terminal gives the terminal and the provider's answer as received.
	Terminal(ctx context.Context, uuid string) (Terminal, []byte, error)
	PSPs(ctx context.Context) ([]PSP, error)
	PSP(ctx context.Context, id int64) (PSP, error)
	Accounts(ctx context.Context) ([]Account, error)
	Account(ctx context.Context, uuid string) (Account, error)
	// Payments reads one page, newest first; an empty cursor asks for the newest.
	Payments(ctx context.Context, t TerminalType, cursor string) (PaymentPage, error)
	// Reports reads all pages of the report list, newest first, up to limit reports.
	Reports(ctx context.Context, limit int) ([]Report, error)
	// OpenReport streams the report's file; the caller closes it. It fails with errs.Declined when the provider has no
	// file (yet, or any more).
	OpenReport(ctx context.Context, uuid string) (ReportFile, error)
}

// ReportFile is a report's content on its way through the portal.
type ReportFile struct {
	Body io.ReadCloser
	// Size is the content length in bytes, or -1 when the storage did not say.
	Size int64
	// ContentType is what the object storage said.
	ContentType string
}

// Providers finds the live provider of a connection; it fails with errs.NotFound for an unknown or disabled connection.
type Providers interface {
	PSPReporting(ctx context.Context, connectionID int64) (Provider, error)
}
