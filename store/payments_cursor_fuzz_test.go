package store

import (
	"strings"
	"testing"

	"payportal/internal/psp"
)

// FuzzPaymentCursor: a cursor that is taken is one that we could have made, for the very order in which it is used.
func FuzzPaymentCursor(f *testing.F) {
	order := psp.PaymentOrder{}
	f.Add(paymentCursor{at: rowKey{1_700_000_000_000_000, 42}, order: order}.String())
	f.Add(paymentCursor{at: rowKey{-1, 0}, order: order, back: true}.String())
	f.Add("AQAABmB9e2ozgAAAAAAAAADP0l8zng")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parsePaymentCursor(text, order)
		text = strings.NewReplacer("\r", "", "\n", "").Replace(text) // the library reads over line breaks
		if err == nil && c.String() != text {
			t.Errorf("%q is taken as %q", text, c.String())
		}
	})
}
