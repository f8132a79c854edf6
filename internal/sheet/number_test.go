package sheet

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAppendNumber(t *testing.T) {
	tests := []struct {
		raw, want string
		rounded   bool
	}{
		{"1500000", "1500000", false},
		{"0", "0", false},
		{"-0", "0", false},
		{"007", "7", false},
		{"+5", "5", false},
		{"-12.50", "-12.5", false},
		{".5", "0.5", false},
		{"5.", "5", false},
		{"0.1", "0.1", false},
		{"0.10000000000000001", "0.1", false},
		{"0.30000000000000004", "0.3", false},
		{"1234567.8900000001", "1234567.89", false},
		{"999999999999999.96", "1000000000000000", true},
		{"123456789012345", "123456789012345", false},
		{"6.0379912345678E+14", "603799123456780", false},
		{"6.03799123456789E+15", "6037991234567890", true},
		{"6037991234567890", "6037991234567890", true},
		{"6037991234567893", "6037991234567893", true},
		{"6.0379912345678904e+15", "6037991234567890.4", true},
		{"1E+20", "100000000000000000000", true},
		{"1e-7", "0.0000001", false},
		{"1.5e3", "1500", false},
		{"-2.5E-3", "-0.0025", false},
	}
	for _, tt := range tests {
		got, marks, ok := appendNumber(nil, []byte(tt.raw))
		if string(got) != tt.want || !ok || marks&rounded != 0 != tt.rounded || marks&numeric == 0 {
			t.Errorf("appendNumber(%s) = %s, rounded %v, %v, want %s, rounded %v", tt.raw, got, marks&rounded != 0, ok, tt.want, tt.rounded)
		}
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	for _, raw := range []string{
		"", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "NaN", "Inf", "1_000", "1,5", "12a", "1e99999", "1e400", "1e-400", "۱۲",
		"1 2", strings.Repeat("1", 401),
	} {
		if got, _, ok := appendNumber([]byte("x"), []byte(raw)); ok || string(got) != "x" {
			t.Errorf("appendNumber(%q) = %q, %v, want no number", raw, got, ok)
		}
	}
}

// TestNumbersKeepTheirValue: any number that a workbook can hold is written without an exponent and, up to the 15 digits that are
// kept, with its value.
func TestNumbersKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Float64().Draw(rt, "n")
		raw := strconv.FormatFloat(n, "eEfg"[rapid.IntRange(0, 3).Draw(rt, "form")], -1, 64)
		got, marks, ok := appendNumber(nil, []byte(raw))
		if !ok {
			if n == 0 || len(raw) <= maxNumber && n > 1e-300 && n < 1e300 {
				rt.Fatalf("%s is no number", raw)
			}
			return
		}
		if strings.ContainsAny(string(got), "eE") {
			rt.Fatalf("%s is written as %s", raw, got)
		}
		want, valid := new(big.Rat).SetString(raw)
		have, written := new(big.Rat).SetString(string(got))
		if !valid || !written {
			rt.Fatalf("%s is written as %s", raw, got)
		}
		off := new(big.Rat).Sub(want, have)
		if bound := new(big.Rat).Mul(want, big.NewRat(5, 1_000_000_000_000_000)); off.Abs(off).Cmp(bound.Abs(bound)) > 0 {
			rt.Fatalf("%s is written as %s", raw, got)
		}
		whole, _, _ := strings.Cut(strings.TrimPrefix(string(got), "-"), ".")
		if long := len(whole) > keptDigits; long != (marks&rounded != 0) {
			rt.Fatalf("%s is written as %s, rounded %v", raw, got, marks&rounded != 0)
		}
	})
}
