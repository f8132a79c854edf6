package money

import (
	"errors"
	"math"
	"strings"
)

var (
	// ErrSyntax means that the text is not a number, or that its groups are not groups of three: "1500,50" is refused
	// rather than read as 150050, because a Polish reader means fifteen hundred by it.
	ErrSyntax = errors.New("money: not an amount")
	// ErrDecimals means more digits after the decimal mark than the currency, or the display unit, has.
	ErrDecimals = errors.New("money: too many decimals")
	// ErrSign means that a sign stands where only an unsigned amount is asked.
	ErrSign = errors.New("money: a sign is not accepted here")
)

// maxTyped bounds the input in bytes: far more than 19 digits of three bytes with their separators.
const maxTyped = 128

// ParseAmount reads what a person typed or pasted as an amount of c in the display unit u: Latin, Persian and Arabic digits, also
// mixed; groups of three separated by one of , ٬ ، space, no-break space or ZWNJ; a decimal mark . or ٫. It accepts all
// that FormatMinor writes for amounts that are not negative. Errors: ErrSyntax, ErrSign, ErrDecimals, ErrOverflow, ErrCurrency.
func ParseAmount(s string, c Currency, u Unit) (Amount, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") || strings.HasPrefix(s, "+") {
		return Amount{}, ErrSign
	}
	n, err := parseMagnitude(s, c, u)
	if err != nil {
		return Amount{}, err
	}
	if n > math.MaxInt64 {
		return Amount{}, ErrOverflow
	}
	return Amount{Minor: int64(n), Currency: c}, nil
}

// ParseSignedAmount is ParseAmount for the few places that take a negative amount, a correction or a balance: one minus sign,
// U+002D or U+2212, may stand in front.
func ParseSignedAmount(s string, c Currency, u Unit) (Amount, error) {
	s = strings.TrimSpace(s)
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest, negative = strings.CutPrefix(s, "−")
	}
	if !negative {
		return ParseAmount(s, c, u)
	}
	n, err := parseMagnitude(rest, c, u)
	if err != nil {
		return Amount{}, err
	}
	if n > 1<<63 {
		return Amount{}, ErrOverflow
	}
	return Amount{Minor: -int64(n), Currency: c}, nil //nolint:gosec // 1<<63 wraps to MinInt64, whose negation is itself
}

// parseMagnitude reads an unsigned amount to minor units.
func parseMagnitude(s string, c Currency, u Unit) (uint64, error) {
	if !c.Known() {
		return 0, ErrCurrency
	}
	if s == "" || len(s) > maxTyped {
		return 0, ErrSyntax
	}
	whole, fraction, marked := cutDecimal(s)
	digits, err := ungroup(whole)
	if err != nil {
		return 0, err
	}
	places := decimals(c, u)
	if marked {
		part, err := plainDigits(fraction)
		if err != nil {
			return 0, err
		}
		if len(part) > places {
			return 0, ErrDecimals
		}
		digits = append(digits, part...)
		places -= len(part)
	}
	n, err := number(digits)
	if err != nil {
		return 0, err
	}
	for range places {
		if n > math.MaxUint64/10 {
			return 0, ErrOverflow
		}
		n *= 10
	}
	return n, nil
}

// cutDecimal splits at the first decimal mark; a second one is then found as junk among the fraction's digits.
func cutDecimal(s string) (whole, fraction string, marked bool) {
	i := strings.IndexAny(s, ".٫")
	if i < 0 {
		return s, "", false
	}
	return s[:i], strings.TrimPrefix(strings.TrimPrefix(s[i:], "."), "٫"), true
}

// ungroup gives the digits 0-9 of the whole part as numbers, and insists that groups, if any, are of three digits and all
// parted by the same separator.
func ungroup(s string) ([]byte, error) {
	var digits []byte
	var separator rune
	run := 0 // digits since the last separator
	for _, r := range s {
		if d, ok := digit(r); ok {
			digits = append(digits, d)
			run++
			continue
		}
		switch {
		case !isGroupSeparator(r), run == 0:
			return nil, ErrSyntax
		case separator == 0 && run > 3, separator != 0 && (r != separator || run != 3):
			return nil, ErrSyntax
		}
		separator, run = r, 0
	}
	if run == 0 || (separator != 0 && run != 3) {
		return nil, ErrSyntax
	}
	return digits, nil
}

// plainDigits gives the digits of a fraction, which has no groups.
func plainDigits(s string) ([]byte, error) {
	var digits []byte
	for _, r := range s {
		d, ok := digit(r)
		if !ok {
			return nil, ErrSyntax
		}
		digits = append(digits, d)
	}
	if len(digits) == 0 {
		return nil, ErrSyntax
	}
	return digits, nil
}

func number(digits []byte) (uint64, error) {
	var n uint64
	for _, d := range digits {
		if n > (math.MaxUint64-uint64(d))/10 {
			return 0, ErrOverflow
		}
		n = n*10 + uint64(d)
	}
	return n, nil
}

// digit reads a Latin, Persian (U+06F0) or Arabic (U+0660) digit.
func digit(r rune) (byte, bool) {
	switch {
	case r >= '0' && r <= '9':
		return byte(r - '0'), true
	case r >= '۰' && r <= '۹':
		return byte(r - '۰'), true
	case r >= '٠' && r <= '٩':
		return byte(r - '٠'), true
	default:
		return 0, false
	}
}

func isGroupSeparator(r rune) bool {
	switch r {
	case ',', '٬', '،', ' ', '\u00a0', '\u202f', '\u200c':
		return true
	default:
		return false
	}
}
