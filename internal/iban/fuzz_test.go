package iban_test

import (
	"fmt"
	"strings"
	"testing"

	"payportal/internal/iban"
)

// digitsOf counts the digits that a text shows.
func digitsOf(text string) int {
	count := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	return count
}

// flipped gives a number with another digit at a place, both chosen by the fuzzer.
func flipped(number string, first int, at, by uint8) string {
	place := first + int(at)%(len(number)-first)
	changed := '0' + (number[place]-'0'+1+by%9)%10
	return number[:place] + string(changed) + number[place+1:]
}

func FuzzParseIBAN(f *testing.F) {
	for _, seed := range []string{
		someIBAN, "ir82 ۰۵۴۰-١٠٢٦\u200c8002 0817 9090 02", someIBAN[2:], someIBAN + "IR", "DE89370400440532013000", someCard, "I8", "\xff\u202e", "ＩＲ８２",
	} {
		f.Add(seed, uint64(17909002), uint8(3), uint8(1))
	}
	f.Fuzz(func(t *testing.T, typed string, account uint64, at, by uint8) {
		made, err := iban.MakeIBAN("054", fmt.Sprint(account%1e19))
		if err != nil {
			t.Fatal(err)
		}
		checkIBAN(t, made, at, by)
		if number, err := iban.ParseIBAN(typed); err == nil {
			checkIBAN(t, number, at, by)
		}
	})
}

func checkIBAN(t *testing.T, number iban.IBAN, at, by uint8) {
	t.Helper()
	text := number.Reveal()
	for _, shown := range []string{text, number.Grouped(), strings.ToLower(text), text[2:]} {
		if again, err := iban.ParseIBAN(shown); err != nil || again != number {
			t.Fatalf("%s reads as another number, %v", shown, err)
		}
	}
	wrong := flipped(text, 2, at, by)
	if _, err := iban.ParseIBAN(wrong); err == nil {
		t.Fatalf("%s and %s are both good", text, wrong)
	}
	if masked := number.Masked(); digitsOf(masked) != 7 || !strings.HasPrefix(masked, "IR•• ") || len([]rune(masked)) != len(number.Grouped()) {
		t.Fatalf("Masked = %s, want bank and last four digits alone", masked)
	}
	number.Bank()
}

func FuzzParseCard(f *testing.F) {
	for _, seed := range []string{someCard, "6219-8610 ۳۴۵۲\u200c٩٠٠٧", someIBAN, "6219 86•• •••• 9007", "0000000000000000", "\xff", "6.2E15"} {
		f.Add(seed, uint64(219861034529007), uint8(3), uint8(1))
	}
	f.Fuzz(func(t *testing.T, typed string, rest uint64, at, by uint8) {
		made, err := iban.MakeCard("6", fmt.Sprintf("%014d", rest%1e14))
		if err != nil {
			t.Fatal(err)
		}
		checkCard(t, made, at, by)
		if number, err := iban.ParseCard(typed); err == nil {
			checkCard(t, number, at, by)
		}
	})
}

func checkCard(t *testing.T, number iban.Card, at, by uint8) {
	t.Helper()
	text := number.Reveal()
	for _, shown := range []string{text, number.Grouped()} {
		if again, err := iban.ParseCard(shown); err != nil || again != number {
			t.Fatalf("%s reads as another number, %v", shown, err)
		}
	}
	wrong := flipped(text, 0, at, by)
	if _, err := iban.ParseCard(wrong); err == nil {
		t.Fatalf("%s and %s are both good", text, wrong)
	}
	if masked := number.Masked(); digitsOf(masked) != 10 || len([]rune(masked)) != len(number.Grouped()) {
		t.Fatalf("Masked = %s, want the first six and the last four digits alone", masked)
	}
	number.Bank()
}

func FuzzParseAccountNumber(f *testing.F) {
	for _, seed := range []string{"0101234567003", "۲۷۹٫۸۰۰۰-۱۲۳۴۵۶۷/۱", someCard, someIBAN, "-1.-2", "12345\xff", strings.Repeat("1.", 20) + "1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		number, err := iban.ParseAccountNumber(typed)
		if err != nil {
			return
		}
		for _, shown := range []string{number.Reveal(), number.Grouped()} {
			if again, err := iban.ParseAccountNumber(shown); err != nil || again != number {
				t.Fatalf("%q is shown as %q, which reads as another number, %v", typed, shown, err)
			}
		}
		all, masked := digitsOf(number.Reveal()), number.Masked()
		if shown := digitsOf(masked); shown > 4 || shown > all/2 || len([]rune(masked)) != len(number.Reveal()) {
			t.Fatalf("Masked = %s shows %d of %d digits, want four at most and never more than half", masked, shown, all)
		}
	})
}
