package iban_test

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"payportal/internal/iban"
)

// A number of each kind that was not made by this package, as other programs print them in their documents.
const (
	someIBAN = "IR820540102680020817909002"
	someCard = "6219861034529007"
)

// problem is what a table row wants: a reason and what its sentence is filled with. The zero value wants none.
type problem struct {
	reason iban.Reason
	args   map[string]any
}

func (want problem) check(t *testing.T, typed string, err error) {
	t.Helper()
	var got *iban.Problem
	switch {
	case want.reason == "" && err != nil:
		t.Errorf("%+q: error = %v, want none", typed, err)
	case want.reason == "":
	case !errors.As(err, &got):
		t.Errorf("%+q: error = %v, want the reason %s", typed, err, want.reason)
	case got.Reason != want.reason || !maps.Equal(got.Args, want.args):
		t.Errorf("%+q: got %s %v, want %s %v", typed, got.Reason, got.Args, want.reason, want.args)
	}
}

func at(position int) map[string]any { return map[string]any{"Position": position} }

func length(got, want int) map[string]any { return map[string]any{"Got": got, "Want": want} }

func TestParseIBAN(t *testing.T) {
	tests := []struct {
		name, typed string
		want        problem
	}{
		{"plain", someIBAN, problem{}},
		{"in fours", "IR82 0540 1026 8002 0817 9090 02", problem{}},
		{"without the country", "820540102680020817909002", problem{}},
		{"small letters", "ir820540102680020817909002", problem{}},
		{"country apart", " I R - 82 0540102680020817909002", problem{}},
		{"Persian digits", "IR۸۲۰۵۴۰۱۰۲۶۸۰۰۲۰۸۱۷۹۰۹۰۰۲", problem{}},
		{"Arabic digits", "IR٨٢٠٥٤٠١٠٢٦٨٠٠٢٠٨١٧٩٠٩٠٠٢", problem{}},
		{"mixed digits", "IR۸٢0۵٤0102680020817909002", problem{}},
		{"full width", "ＩＲ８２０５４０１０２６８００２０８１７９０９００２", problem{}},
		{"full width, small", "ｉｒ820540102680020817909002", problem{}},
		{"dashes of all kinds", "IR82-0540–1026—8002−0817‐9090‑02", problem{}},
		{"underscores, dots, tabs", "IR82_0540.1026\t8002\n0817_9090.02", problem{}},
		{"no-break spaces", "IR82\u00a00540\u202f1026\u20078002\u30000817 9090 02", problem{}},
		{"ZWNJ and marks", "\ufeff\u202aIR82\u200c0540\u200f1026\u20688002\u2069\u200b0817909002\u202c", problem{}},
		{"nothing", "", problem{iban.Empty, nil}},
		{"white space", " \u200c\t—", problem{iban.Empty, nil}},
		{"another country", "DE89 3704 0044 0532 0130 00", problem{iban.IBANCountry, map[string]any{"Country": "DE"}}},
		{"another country with letters", "GB29 NWBK 6016 1331 9268 19", problem{iban.IBANCountry, map[string]any{"Country": "GB"}}},
		{"letters swapped", "RI820540102680020817909002", problem{iban.IBANCountry, map[string]any{"Country": "RI"}}},
		{"one short", "IR82054010268002081790900", problem{iban.IBANLength, length(23, 24)}},
		{"one long", "IR8205401026800208179090021", problem{iban.IBANLength, length(25, 24)}},
		{"the document's sample", "IR4432795460000007634516001", problem{iban.IBANLength, length(25, 24)}},
		{"country alone", "IR", problem{iban.IBANLength, length(0, 24)}},
		{"half of the country", "I820540102680020817909002", problem{iban.IBANLetters, at(1)}},
		{"country at the end", "820540102680020817909002IR", problem{iban.IBANLetters, at(25)}},
		{"country twice", "IRIR820540102680020817909002", problem{iban.IBANLetters, at(3)}},
		{"letter O for zero", "IR82O540102680020817909002", problem{iban.IBANLetters, at(5)}},
		{"position in Persian digits", "IR۸۲ ۰۵۴x", problem{iban.IBANLetters, at(9)}},
		{"slash", "IR82/0540102680020817909002", problem{iban.IBANLetters, at(5)}},
		{"masked", "IR•• 054• •••• •••• •••• ••90 02", problem{iban.IBANLetters, at(3)}},
		{"words", "شماره شبا", problem{iban.IBANLetters, at(1)}},
		{"damaged", "IR82\xff", problem{iban.IBANLetters, at(5)}},
		{"one digit changed", "IR820540102680020817909003", problem{iban.IBANCheckDigits, nil}},
		{"two digits swapped", "IR820540102680020817900902", problem{iban.IBANCheckDigits, nil}},
		{"card", "6219 8610 3452 9007", problem{iban.IBANIsCard, nil}},
		{"sixteen digits that are no card", "6219861034529008", problem{iban.IBANLength, length(16, 24)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := iban.ParseIBAN(tt.typed)
			tt.want.check(t, tt.typed, err)
			if err == nil && got.Reveal() != someIBAN {
				t.Errorf("Reveal = %s, want %s", got.Reveal(), someIBAN)
			}
			if err != nil && !got.IsZero() {
				t.Error("a number came with the error")
			}
		})
	}
}

func TestCheckDigitsThatAreNeverGivenOut(t *testing.T) {
	for _, pair := range [][2]string{{"97", "00"}, {"98", "01"}, {"02", "99"}} {
		number := madeWithCheckDigits(t, pair[0])
		wrong := "IR" + pair[1] + number[4:]
		if remainderOf(wrong) != 1 {
			t.Fatalf("%s has the remainder %d, want 1: the test shows nothing", wrong, remainderOf(wrong))
		}
		_, err := iban.ParseIBAN(wrong)
		problem{iban.IBANCheckDigits, nil}.check(t, wrong, err)
	}
}

// madeWithCheckDigits finds an IBAN with the given check digits.
func madeWithCheckDigits(t *testing.T, check string) string {
	t.Helper()
	for account := range 1000 {
		number, err := iban.MakeIBAN("017", fmt.Sprint(account))
		if err != nil {
			t.Fatal(err)
		}
		if text := number.Reveal(); text[2:4] == check {
			return text
		}
	}
	t.Fatalf("no account has the check digits %s", check)
	return ""
}

// remainderOf is mod 97 by long division, apart from the code: the account, IR as 18 27, the check digits.
func remainderOf(number string) int64 {
	n, _ := new(big.Int).SetString(number[4:]+"1827"+number[2:4], 10)
	return n.Mod(n, big.NewInt(97)).Int64()
}

func TestMadeNumbersAreGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made, err := iban.MakeIBAN(rapid.StringMatching(`[0-9]{3}`).Draw(t, "bank"), rapid.StringMatching(`[0-9]{0,19}`).Draw(t, "account"))
		if err != nil {
			t.Fatal(err)
		}
		if got := remainderOf(made.Reveal()); got != 1 {
			t.Errorf("%s has the remainder %d, want 1", made.Reveal(), got)
		}
		if parsed, err := iban.ParseIBAN(made.Reveal()); err != nil || parsed != made {
			t.Errorf("ParseIBAN(%s) = %v, want the number", made.Reveal(), err)
		}
		card, err := iban.MakeCard(rapid.StringMatching(`[0-9]{6}`).Draw(t, "prefix"), rapid.StringMatching(`[0-9]{9}`).Draw(t, "rest"))
		if err != nil {
			t.Fatal(err)
		}
		if parsed, err := iban.ParseCard(card.Reveal()); err != nil || parsed != card {
			t.Errorf("ParseCard(%s) = %v, want the number", card.Reveal(), err)
		}
	})
}

func TestMakeRefuses(t *testing.T) {
	for _, tt := range [][2]string{{"17", "1"}, {"0170", "1"}, {"01x", "1"}, {"017", "12345678901234567890"}, {"017", "-1"}} {
		if number, err := iban.MakeIBAN(tt[0], tt[1]); err == nil || !number.IsZero() {
			t.Errorf("MakeIBAN(%q, %q) made a number, want an error", tt[0], tt[1])
		}
	}
	for _, tt := range [][2]string{{"603799", "12345678"}, {"603799", "1234567890"}, {"60379x", "123456789"}} {
		if number, err := iban.MakeCard(tt[0], tt[1]); err == nil || !number.IsZero() {
			t.Errorf("MakeCard(%q, %q) made a number, want an error", tt[0], tt[1])
		}
	}
}

func TestParseCard(t *testing.T) {
	tests := []struct {
		name, typed string
		want        problem
	}{
		{"plain", someCard, problem{}},
		{"in fours", "6219-8610-3452-9007", problem{}},
		{"Persian digits", "۶۲۱۹ ۸۶۱۰ ۳۴۵۲ ۹۰۰۷", problem{}},
		{"Arabic digits", "٦٢١٩٨٦١٠٣٤٥٢٩٠٠٧", problem{}},
		{"full width", "６２１９８６１０３４５２９００７", problem{}},
		{"from a message", "\u2067۶۲۱۹\u200c۸۶۱۰_۳۴۵۲ـ۹۰۰۷\u2069\n", problem{}},
		{"nothing", "", problem{iban.Empty, nil}},
		{"one short", "621986103452900", problem{iban.CardLength, length(15, 16)}},
		{"twice", someCard + someCard, problem{iban.CardLength, length(32, 16)}},
		{"masked", "6219 86•• •••• 9007", problem{iban.CardLetters, at(8)}},
		{"starred", "621986******9007", problem{iban.CardLetters, at(7)}},
		{"slash", "6219/8610/3452/9007", problem{iban.CardLetters, at(5)}},
		{"as Excel shows it", "6.21986E+15", problem{iban.CardLetters, at(8)}},
		{"one digit changed", "6219861034529006", problem{iban.CardCheckDigit, nil}},
		{"two digits swapped", "6219861034529070", problem{iban.CardCheckDigit, nil}},
		{"IBAN", someIBAN, problem{iban.CardIsIBAN, nil}},
		{"IBAN without the country", someIBAN[2:], problem{iban.CardIsIBAN, nil}},
		{"IBAN with a fault", "ir82 0540 1026", problem{iban.CardIsIBAN, nil}},
		{"24 digits that are no IBAN", "820540102680020817909003", problem{iban.CardLength, length(24, 16)}},
		{"a word", "irrelevant", problem{iban.CardLetters, at(1)}},
		{"the country alone", "IR", problem{iban.CardLetters, at(1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := iban.ParseCard(tt.typed)
			tt.want.check(t, tt.typed, err)
			if err == nil && got.Reveal() != someCard {
				t.Errorf("Reveal = %s, want %s", got.Reveal(), someCard)
			}
		})
	}
}

func TestParseAccountNumber(t *testing.T) {
	sizes := func(got int) map[string]any { return map[string]any{"Got": got, "Min": 5, "Max": 22} }
	tests := []struct {
		name, typed, number string
		want                problem
	}{
		{"plain", "0101234567003", "0101234567003", problem{}},
		{"dots", "279.8000.1234567.1", "279.8000.1234567.1", problem{}},
		{"dashes", " 849–10—1234567 - 1 ", "849-10-1234567-1", problem{}},
		{"slash", "12345／67", "12345/67", problem{}},
		{"Persian digits and separators", "۲۷۹٫۸۰۰۰٫۱۲۳۴۵۶۷٫۱", "279.8000.1234567.1", problem{}},
		{"spaces and marks", "\u200f٧٣٢ ٤٥٦_٧٣٢\u200c١٤٧", "732456732147", problem{}},
		{"separators at the ends", "-.12345.", "12345", problem{}},
		{"sixteen digits of no bank", "2798000123456711", "2798000123456711", problem{}},
		{"a card's digits with an account's dots", "621.986.10345290.07", "621.986.10345290.07", problem{}},
		{"longest", "1234567890123456789012", "1234567890123456789012", problem{}},
		{"nothing", " - ", "", problem{iban.Empty, nil}},
		{"four digits", "12-34", "", problem{iban.AccountLength, sizes(4)}},
		{"too long", "12345678901234567890123", "", problem{iban.AccountLength, sizes(23)}},
		{"letters", "12345A", "", problem{iban.AccountLetters, at(6)}},
		{"two separators together", "123.-45", "", problem{iban.AccountLetters, at(5)}},
		{"more separators than any bank has", strings.Repeat("1.", 21) + "1", "", problem{iban.AccountLetters, at(33)}},
		{"IBAN", someIBAN, "", problem{iban.AccountIsIBAN, nil}},
		{"IBAN without the country", someIBAN[2:], "", problem{iban.AccountIsIBAN, nil}},
		{"IBAN cut off", "IR82 0540", "", problem{iban.AccountIsIBAN, nil}},
		{"card", someCard, "", problem{iban.AccountIsCard, nil}},
		{"card in fours", "6219-8610-3452-9007", "", problem{iban.AccountIsCard, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := iban.ParseAccountNumber(tt.typed)
			tt.want.check(t, tt.typed, err)
			if got.Reveal() != tt.number {
				t.Errorf("Reveal = %s, want %s", got.Reveal(), tt.number)
			}
		})
	}
}

func TestShown(t *testing.T) {
	type number interface {
		Grouped() string
		Masked() string
	}
	parsed := func(n number, err error) number {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	account := func(text string) number {
		n, err := iban.ParseAccountNumber(text)
		return parsed(n, err)
	}
	someIBAN, err := iban.ParseIBAN(someIBAN)
	first := parsed(someIBAN, err)
	someCard, err := iban.ParseCard(someCard)
	second := parsed(someCard, err)
	tests := []struct {
		name            string
		number          number
		grouped, masked string
	}{
		{"IBAN", first, "IR82 0540 1026 8002 0817 9090 02", "IR•• 054• •••• •••• •••• ••90 02"},
		{"no IBAN", iban.IBAN{}, "", ""},
		{"card", second, "6219 8610 3452 9007", "6219 86•• •••• 9007"},
		{"no card", iban.Card{}, "", ""},
		{"account", account("0101234567003"), "0101234567003", "•••••••••7003"},
		{"account with separators", account("279.8000.1234567/1"), "279.8000.1234567/1", "•••.••••.••••567/1"},
		{"seven digits", account("1234-567"), "1234-567", "••••-567"},
		{"five digits", account("12345"), "12345", "•••45"},
		{"no account", iban.AccountNumber{}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.number.Grouped(); got != tt.grouped {
				t.Errorf("Grouped = %q, want %q", got, tt.grouped)
			}
			if got := tt.number.Masked(); got != tt.masked {
				t.Errorf("Masked = %q, want %q", got, tt.masked)
			}
		})
	}
}

func TestEqualNumbersAreOneKey(t *testing.T) {
	a, _ := iban.ParseIBAN(someIBAN)
	b, _ := iban.ParseIBAN("۸۲ ۰۵۴۰ ۱۰۲۶ ۸۰۰۲ ۰۸۱۷ ۹۰۹۰ ۰۲")
	other, _ := iban.MakeIBAN("054", "1")
	seen := map[iban.IBAN]int{a: 1}
	seen[b]++
	seen[other]++
	if seen[a] != 2 || len(seen) != 2 {
		t.Errorf("a number in two spellings counts %d among %d numbers, want 2 among 2", seen[a], len(seen))
	}
	if a.IsZero() || !(iban.IBAN{}).IsZero() || (iban.IBAN{}).Reveal() != "" {
		t.Error("the zero value is taken for a number, or a number for none")
	}
}

func TestProblemsTellNoNumber(t *testing.T) {
	seen := make(map[iban.Reason]bool)
	for _, typed := range []string{
		"", someIBAN, someIBAN + "1", "x" + someIBAN, "DE" + someIBAN[2:], "IR13" + someIBAN[4:], someCard, someCard + "1", "6219861034529006", someIBAN[2:],
		someCard[:8] + "*", someIBAN[2:14] + "*", "1234", someCard[:6],
	} {
		_, ofIBAN := iban.ParseIBAN(typed)
		_, ofCard := iban.ParseCard(typed)
		_, ofAccount := iban.ParseAccountNumber(typed)
		for _, err := range []error{ofIBAN, ofCard, ofAccount} {
			var p *iban.Problem
			if !errors.As(err, &p) {
				continue
			}
			seen[p.Reason] = true
			if told := fmt.Sprintf("%v %+v %#v %v", err, err, *p, p.Args); strings.Contains(told, typed) && len(typed) > 2 {
				t.Errorf("the problem %s tells the number", p.Reason)
			}
		}
	}
	for _, reason := range iban.Reasons() {
		if !seen[reason] {
			t.Errorf("no number was refused for %s", reason)
		}
	}
	if len(seen) != len(iban.Reasons()) {
		t.Errorf("met %d reasons, Reasons has %d", len(seen), len(iban.Reasons()))
	}
}
