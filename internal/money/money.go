// Package money holds amounts as whole minor units of a currency, reads what people type and writes what they read.
// It has no floats and no exchange rates, and it never adds two currencies. Toman is a way of showing rial (10 rial), never
// a currency of its own. It is a leaf: every package may import it and it imports nothing of ours.
package money

import (
	"cmp"
	"errors"
	"fmt"
	"math"
)

var (
	// ErrOverflow means that an amount does not fit 63 bits of minor units.
	ErrOverflow = errors.New("money: amount is too large")
	// ErrCurrency means that two amounts of different currencies met, or that a currency is not one of ours.
	ErrCurrency = errors.New("money: currency mismatch or unknown currency")
)

// Currency is an ISO 4217 code in capitals.
type Currency string

// The currencies that the portal's providers settle in.
const (
	IRR Currency = "IRR"
	PLN Currency = "PLN"
	EUR Currency = "EUR"
	USD Currency = "USD"
	PEN Currency = "PEN"
)

// Currencies lists every currency of the portal, in the order in which they are offered.
func Currencies() []Currency { return []Currency{IRR, PLN, EUR, USD, PEN} }

// ParseCurrency accepts exactly one of Currencies, else ErrCurrency.
func ParseCurrency(code string) (Currency, error) {
	for _, c := range Currencies() {
		if string(c) == code {
			return c, nil
		}
	}
	return "", fmt.Errorf("%w: %q", ErrCurrency, code)
}

// Known reports whether c is one of Currencies.
func (c Currency) Known() bool {
	switch c {
	case IRR, PLN, EUR, USD, PEN:
		return true
	default:
		return false
	}
}

// MinorDigits is the number of decimals of the currency as the portal handles it: 0 for IRR (ISO 4217 says 2, but no provider
// and no bank in Iran has dinars), 2 for the others.
func (c Currency) MinorDigits() int {
	if c == IRR {
		return 0
	}
	return 2
}

// Unit says how rial amounts are shown and typed. It has no meaning for other currencies.
type Unit uint8

const (
	// Rial shows IRR as it is stored.
	Rial Unit = iota
	// Toman shows IRR divided by ten.
	Toman
)

// Amount is a number of minor units (grosz, cent, céntimo; for IRR whole rial) of one currency.
type Amount struct {
	Minor    int64
	Currency Currency
}

// Of makes an amount of minor units.
func Of(minor int64, c Currency) Amount { return Amount{Minor: minor, Currency: c} }

// Add gives a+b, ErrCurrency for different currencies, ErrOverflow when the sum does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, mismatch(a, b)
	}
	sum := a.Minor + b.Minor
	if (b.Minor > 0 && sum < a.Minor) || (b.Minor < 0 && sum > a.Minor) {
		return Amount{}, ErrOverflow
	}
	return Amount{Minor: sum, Currency: a.Currency}, nil
}

// Sub gives a-b, ErrCurrency for different currencies, ErrOverflow when the difference does not fit.
func (a Amount) Sub(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, mismatch(a, b)
	}
	diff := a.Minor - b.Minor
	if (b.Minor > 0 && diff > a.Minor) || (b.Minor < 0 && diff < a.Minor) {
		return Amount{}, ErrOverflow
	}
	return Amount{Minor: diff, Currency: a.Currency}, nil
}

// Cmp gives -1, 0 or +1 as a is less than, equal to or greater than b, and ErrCurrency for different currencies.
func (a Amount) Cmp(b Amount) (int, error) {
	if a.Currency != b.Currency {
		return 0, mismatch(a, b)
	}
	return cmp.Compare(a.Minor, b.Minor), nil
}

// IsZero reports whether the amount is nothing, of whatever currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// String is for logs: minor units with the currency, so that no reader takes a display unit for granted.
func (a Amount) String() string {
	return fmt.Sprintf("%d %s (minor units)", a.Minor, a.Currency)
}

func mismatch(a, b Amount) error {
	return fmt.Errorf("%w: %q and %q", ErrCurrency, a.Currency, b.Currency)
}

// decimals is how many digits stand after the decimal mark when an amount of c is shown or typed in u. A toman has one: the
// single rial.
func decimals(c Currency, u Unit) int {
	if c == IRR && u == Toman {
		return 1
	}
	return c.MinorDigits()
}

// magnitude is |n| without the overflow of -math.MinInt64.
func magnitude(n int64) uint64 {
	if n == math.MinInt64 {
		return 1 << 63
	}
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}
