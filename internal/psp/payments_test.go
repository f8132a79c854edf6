package psp_test

import (
	"testing"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

func TestParsePaymentSearch(t *testing.T) {
	tests := []struct {
		name, text string
		want       psp.PaymentSearch
	}{
		{"nothing", "  ", psp.PaymentSearch{}},
		{"last four", "9999", psp.PaymentSearch{LastFour: "9999"}},
		{"last four keeps zeros", "0012", psp.PaymentSearch{LastFour: "0012"}},
		{"Persian digits", "۹۹۹۹", psp.PaymentSearch{LastFour: "9999"}},
		{"first six", "603799", psp.PaymentSearch{FirstSix: "603799"}},
		{"masked card", "603799******9999", psp.PaymentSearch{FirstSix: "603799", LastFour: "9999"}},
		{"masked in groups", "6037 99** **** 9999", psp.PaymentSearch{FirstSix: "603799", LastFour: "9999"}},
		{"whole card", "6037-9912-3456-9999", psp.PaymentSearch{FirstSix: "603799", LastFour: "9999"}},
		{"id", "01jfa14k", psp.PaymentSearch{IDPrefix: "01JFA14K"}},
		{"whole id of digits", "01234567890123456789012345", psp.PaymentSearch{IDPrefix: "01234567890123456789012345"}},
		{"terminal", "14141414", psp.PaymentSearch{Terminal: "14141414"}},
		{"terminal of four digits, named", "terminal: 1414", psp.PaymentSearch{Terminal: "1414"}},
		{"terminal keeps its case", "terminal:Ab1", psp.PaymentSearch{Terminal: "Ab1"}},
		{"id of digits, named", "id:01", psp.PaymentSearch{IDPrefix: "01"}},
		{"last four, named", "last4:0001", psp.PaymentSearch{LastFour: "0001"}},
		{"first six, named", "FIRST6:603799", psp.PaymentSearch{FirstSix: "603799"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := psp.ParsePaymentSearch(tt.text)
			if err != nil || got != tt.want {
				t.Fatalf("ParsePaymentSearch(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			}
			again, err := psp.ParsePaymentSearch(got.String())
			if err != nil || again != got {
				t.Errorf("ParsePaymentSearch(%q) = %+v, %v, want %+v as it was written", got.String(), again, err, got)
			}
		})
	}
}

func TestParsePaymentSearchRefuses(t *testing.T) {
	for _, text := range []string{
		"id:", "last4:12", "first6:60379", "card:1234", "a;b", "%", "01JFA\u202e", "\x00", "سلام", ":", "last4:12:34",
		"0123456789012345678901234567890123456789012345678901234567890123456789",
	} {
		if got, err := psp.ParsePaymentSearch(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("ParsePaymentSearch(%q) = %+v, %v, want Invalid", text, got, err)
		}
	}
}

func TestParsePaymentOrder(t *testing.T) {
	for _, text := range []string{"time", "-time", "amount", "-amount"} {
		if got, err := psp.ParsePaymentOrder(text); err != nil || got.String() != text {
			t.Errorf("ParsePaymentOrder(%q) = %v, %v, want it back", text, got, err)
		}
	}
	if got, err := psp.ParsePaymentOrder(""); err != nil || got.String() != "-time" {
		t.Errorf(`ParsePaymentOrder("") = %v, %v, want the newest first`, got, err)
	}
	if _, err := psp.ParsePaymentOrder("id; drop"); !errs.Is(err, errs.Invalid) {
		t.Errorf("ParsePaymentOrder of an unknown key = %v, want Invalid", err)
	}
}
