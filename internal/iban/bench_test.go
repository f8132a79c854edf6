package iban_test

import (
	"fmt"
	"strings"
	"testing"

	"payportal/internal/iban"
)

// mixed gives numbers of the three kinds in the spellings of a payroll file, and the function that reads each.
func mixed(tb testing.TB, count int) (texts []string, parse []func(string) bool) {
	tb.Helper()
	persian := strings.NewReplacer("0", "۰", "1", "۱", "2", "۲", "3", "۳", "4", "۴", "5", "۵", "6", "۶", "7", "۷", "8", "۸", "9", "۹")
	readers := []func(string) bool{
		func(s string) bool { n, err := iban.ParseIBAN(s); return err == nil && !n.IsZero() },
		func(s string) bool { n, err := iban.ParseCard(s); return err == nil && !n.IsZero() },
		func(s string) bool { n, err := iban.ParseAccountNumber(s); return err == nil && !n.IsZero() },
	}
	for i := range count {
		number, err := iban.MakeIBAN("054", fmt.Sprint(i))
		if err != nil {
			tb.Fatal(err)
		}
		card, err := iban.MakeCard("603799", fmt.Sprintf("%09d", i))
		if err != nil {
			tb.Fatal(err)
		}
		account := fmt.Sprintf("279.8000.%07d.1", i)
		plain := []string{number.Reveal(), card.Reveal(), strings.ReplaceAll(account, ".", "")}[i%3]
		grouped := []string{number.Grouped(), card.Grouped(), account}[i%3]
		texts = append(texts, []string{plain, grouped, persian.Replace(plain), persian.Replace(grouped)}[i%4])
		parse = append(parse, readers[i%3])
	}
	return texts, parse
}

func TestGoodNumbersAllocateNothing(t *testing.T) {
	texts, parse := mixed(t, 12)
	for i, text := range texts {
		if got := testing.AllocsPerRun(1000, func() { parse[i](text) }); got != 0 {
			t.Errorf("%s: %v allocations, want none", text, got)
		}
	}
}

// BenchmarkParse checks and normalises mixed good numbers. The budget is 1,000,000 in a second on one core: 1,000 ns each.
func BenchmarkParse(b *testing.B) {
	texts, parse := mixed(b, 30_000)
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		if !parse[at](texts[at]) {
			b.Fatalf("%s was refused", texts[at])
		}
		if at++; at == len(texts) {
			at = 0
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
