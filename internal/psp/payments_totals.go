package psp

import (
	"time"

	"payportal/internal/money"
)

// PaymentGroups says by what totals are divided, besides the whole. The zero value asks for the whole alone.
type PaymentGroups struct {
	// Days are the boundaries of the days of the user's zone, ascending: n+1 boundaries make n days. Payments outside them
	// are in the whole and in no day.
	Days []time.Time
	// PSP and Terminal ask for a group for each name or number.
	PSP, Terminal bool
}

// PaymentSums are the count and the amounts of a set of payments, in rial: P9 knows no other currency.
type PaymentSums struct {
	Count int64
	// Amount is the sum over all of them, whatever their status.
	Amount money.Amount
	// Successful and SuccessfulAmount are those with PaymentSuccessful alone.
	Successful       int64
	SuccessfulAmount money.Amount
}

// PaymentTotals are the sums of a filter's payments.
type PaymentTotals struct {
	PaymentSums
	// ByDay has one entry for each day asked for, in order, also where there was no payment.
	ByDay []DaySums
	// ByPSP and ByTerminal are ordered by successful amount, the largest first, then by name.
	ByPSP, ByTerminal []NamedSums
}

// DaySums are the sums of one day, which begins at Start.
type DaySums struct {
	Start time.Time
	PaymentSums
}

// NamedSums are the sums of one PSP or terminal.
type NamedSums struct {
	Name string
	PaymentSums
}
