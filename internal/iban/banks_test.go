package iban_test

import (
	"regexp"
	"testing"

	"payportal/internal/iban"
)

func TestBanksAreCompleteAndUnique(t *testing.T) {
	banks := iban.Banks()
	if len(banks) != 38 {
		t.Fatalf("got %d banks, want 38", len(banks))
	}
	sign, code, prefix := regexp.MustCompile(`^[A-Z]{1,3}$`), regexp.MustCompile(`^[0-9]{3}$`), regexp.MustCompile(`^[0-9]{6}$`)
	seen := make(map[string]string)
	once := func(kind, word string, b iban.Bank) {
		t.Helper()
		if other, twice := seen[kind+word]; twice {
			t.Errorf("%s and %s have one %s %s", other, b.English, kind, word)
		}
		seen[kind+word] = b.English
	}
	for i, b := range banks {
		if b.ID != i+1 {
			t.Errorf("%s has the id %d, want %d", b.English, b.ID, i+1)
		}
		if !sign.MatchString(b.Sign()) {
			t.Errorf("%s has the sign %q, want one to three capitals", b.English, b.Sign())
		}
		once("name", b.English, b)
		once("name", b.Persian, b)
		once("sign", b.Sign(), b)
		if b.IBANCode() != "" {
			once("code", b.IBANCode(), b)
			if !code.MatchString(b.IBANCode()) {
				t.Errorf("%s has the code %q, want three digits", b.English, b.IBANCode())
			}
		}
		for _, p := range b.CardPrefixes() {
			once("prefix", p, b)
			if !prefix.MatchString(p) {
				t.Errorf("%s has the prefix %q, want six digits", b.English, p)
			}
		}
		if got, ok := iban.BankByID(b.ID); !ok || got != b {
			t.Errorf("BankByID(%d) = %v, %v, want %s", b.ID, got, ok, b.English)
		}
	}
	for _, id := range []int{-1, 0, 39} {
		if got, ok := iban.BankByID(id); ok {
			t.Errorf("BankByID(%d) = %s, want none", id, got.English)
		}
	}
	banks[0].English = "changed"
	if got, _ := iban.BankByID(1); got.English == "changed" {
		t.Error("a caller of Banks can change the table")
	}
}

func TestNumbersNameTheirBank(t *testing.T) {
	for _, b := range iban.Banks() {
		if code := b.IBANCode(); code != "" {
			number, err := iban.MakeIBAN(code, "17909002")
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := number.Bank(); !ok || got != b {
				t.Errorf("the code %s names %q, want %s", code, got.English, b.English)
			}
		}
		for _, prefix := range b.CardPrefixes() {
			card, err := iban.MakeCard(prefix, "034529001")
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := card.Bank(); !ok || got != b {
				t.Errorf("the prefix %s names %q, want %s", prefix, got.English, b.English)
			}
		}
	}

	// Spot checks by numbers that people know, apart from the table.
	parsian, _ := iban.ParseIBAN(someIBAN)
	if got, _ := parsian.Bank(); got.ID != 18 {
		t.Errorf("an IBAN of 054 names %q, want Parsian", got.English)
	}
	saman, _ := iban.ParseCard(someCard)
	if got, _ := saman.Bank(); got.ID != 15 {
		t.Errorf("a card of 621986 names %q, want Saman", got.English)
	}

	unknownCode, err := iban.MakeIBAN("999", "1")
	if err != nil {
		t.Fatal(err)
	}
	unknownPrefix, err := iban.MakeCard("400000", "000000000")
	if err != nil {
		t.Fatal(err)
	}
	for name, bank := range map[string]func() (iban.Bank, bool){
		"the code 999": unknownCode.Bank, "the prefix 400000": unknownPrefix.Bank, "no IBAN": iban.IBAN{}.Bank, "no card": iban.Card{}.Bank,
	} {
		if got, ok := bank(); ok {
			t.Errorf("%s names %s, want none", name, got.English)
		}
	}
}

func TestStartsNameTheirBank(t *testing.T) {
	for _, tt := range []struct {
		name, start string
		find        func(string) (iban.Bank, bool)
		want        int
	}{
		{"an IBAN up to its bank", "IR82054", iban.BankOfIBANStart, 18},
		{"without IR, in Persian digits and groups", "۸۲ ۰۵۴۰ ۱", iban.BankOfIBANStart, 18},
		{"a whole IBAN", "ir82-0540-1026-8002-0817-9090-02", iban.BankOfIBANStart, 18},
		{"an IBAN before its bank ends", "IR8205", iban.BankOfIBANStart, 0},
		{"an IBAN of no bank", "IR82999", iban.BankOfIBANStart, 0},
		{"a card up to its bank", "6219 86", iban.BankOfCardStart, 15},
		{"a card in Arabic digits", "٦٢١٩-٨٦١٠", iban.BankOfCardStart, 15},
		{"a card before its bank ends", "62198", iban.BankOfCardStart, 0},
		{"a card of no bank", "999999", iban.BankOfCardStart, 0},
		{"nothing", "", iban.BankOfCardStart, 0},
	} {
		if got, ok := tt.find(tt.start); got.ID != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: got bank %d, %t, want %d", tt.name, got.ID, ok, tt.want)
		}
	}
}
