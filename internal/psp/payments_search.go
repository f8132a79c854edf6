package psp

import (
	"strings"

	"payportal/internal/errs"
	"payportal/internal/textin"
)

// PaymentSearch is what somebody looked for, by what it is. All given parts must match.
type PaymentSearch struct {
	// IDPrefix is the beginning of a payment's id, in capitals as ULIDs have them.
	IDPrefix string
	// FirstSix and LastFour are digits of the payer's card.
	FirstSix, LastFour string
	// Terminal is an exact terminal number.
	Terminal string
}

// IsZero reports whether nothing is looked for.
func (s PaymentSearch) IsZero() bool { return s == PaymentSearch{} }

// String gives a text that ParsePaymentSearch reads as the same search, for the list's q parameter. A whole card number that
// was pasted comes out masked: q stands in URLs.
func (s PaymentSearch) String() string {
	switch {
	case s.FirstSix != "" && s.LastFour != "":
		return s.FirstSix + "******" + s.LastFour
	case s.FirstSix != "":
		return s.FirstSix
	case s.LastFour != "":
		return s.LastFour
	case s.Terminal != "":
		return "terminal:" + s.Terminal
	case s.IDPrefix != "":
		return "id:" + s.IDPrefix
	}
	return ""
}

const maxSearch = 64

// ParsePaymentSearch reads what people paste: 4 digits are the last four of a card, 6 the first six, a masked or whole card
// number is both, other digits are a terminal number, letters and digits the beginning of an id. A prefix names the kind
// where that guess is wrong: id:, terminal:, last4:, first6:. Persian digits, spaces and hyphens between groups are fine.
// What fits nothing is errs.Invalid on field q.
func ParsePaymentSearch(text string) (PaymentSearch, error) {
	line, err := textin.Line(text)
	if err != nil || len(line) > maxSearch {
		return PaymentSearch{}, invalidSearch(err)
	}
	if line == "" {
		return PaymentSearch{}, nil
	}
	kind, value, explicit := strings.Cut(line, ":")
	if !explicit {
		kind, value = "", line
	}
	if s, ok := searchOf(strings.ToLower(strings.TrimSpace(kind)), textin.Compact(value)); ok {
		return s, nil
	}
	return PaymentSearch{}, invalidSearch(nil)
}

func invalidSearch(cause error) error {
	e := errs.InvalidField("search payments", "q", "paymentdata.error.search")
	e.Err = cause
	return e
}

func searchOf(kind, value string) (PaymentSearch, bool) {
	if value == "" {
		return PaymentSearch{}, false
	}
	switch kind {
	case "":
		return guessSearch(value)
	case "id":
		return PaymentSearch{IDPrefix: strings.ToUpper(value)}, isID(value)
	case "terminal":
		return PaymentSearch{Terminal: value}, isAlphanumeric(value)
	case "last4":
		return PaymentSearch{LastFour: value}, len(value) == 4 && isDigits(value)
	case "first6":
		return PaymentSearch{FirstSix: value}, len(value) == 6 && isDigits(value)
	}
	return PaymentSearch{}, false
}

func guessSearch(value string) (PaymentSearch, bool) {
	if first, last, ok := SplitCard(value); ok {
		return PaymentSearch{FirstSix: first, LastFour: last}, true
	}
	switch {
	case !isDigits(value):
		return PaymentSearch{IDPrefix: strings.ToUpper(value)}, isID(value)
	case len(value) == 4:
		return PaymentSearch{LastFour: value}, true
	case len(value) == 6:
		return PaymentSearch{FirstSix: value}, true
	case len(value) == 26:
		return PaymentSearch{IDPrefix: value}, true
	}
	return PaymentSearch{Terminal: value}, true
}

const cardLength = 16

// SplitCard takes the first six and the last four digits from a whole or masked card number, such as "603799******9999". It
// answers false for what has not both.
func SplitCard(card string) (firstSix, lastFour string, ok bool) {
	if len(card) < 6+1+4 {
		return "", "", false
	}
	first, middle, last := card[:6], card[6:len(card)-4], card[len(card)-4:]
	if !isDigits(first) || !isDigits(last) {
		return "", "", false
	}
	whole := len(card) == cardLength && isDigits(middle)
	masked := strings.Trim(middle, "*xX•") == ""
	return first, last, whole || masked
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}

func isID(s string) bool { return len(s) <= 26 && isAlphanumeric(s) }
