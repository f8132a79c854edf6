package money

import "strings"

// Words writes an amount out with its unit, for the confirmation of a payment: "one hundred fifty thousand tomans",
// «صد و پنجاه هزار تومان». lang is "fa" for Persian; any other is English. Decimals are named too: "twelve zlotys and fifty
// grosz".
func Words(a Amount, u Unit, lang string) string {
	w := english
	if lang == "fa" {
		w = persian
	}
	n := magnitude(a.Minor)
	scale := uint64(1)
	for range decimals(a.Currency, u) {
		scale *= 10
	}
	unit := w.unit(a.Currency, u)

	var b strings.Builder
	if a.Minor < 0 {
		b.WriteString(w.minus)
		b.WriteByte(' ')
	}
	whole, part := n/scale, n%scale
	if whole > 0 || part == 0 {
		b.WriteString(w.number(whole))
		b.WriteByte(' ')
		b.WriteString(unit.whole.form(whole))
	}
	if part > 0 {
		if whole > 0 {
			b.WriteString(w.and)
		}
		b.WriteString(w.number(part))
		b.WriteByte(' ')
		b.WriteString(unit.part.form(part))
	}
	return b.String()
}

// noun is a word for one thing and for several. Persian counts with the singular: there they are equal.
type noun struct{ one, many string }

func (n noun) form(count uint64) string {
	if count == 1 {
		return n.one
	}
	return n.many
}

func invariable(word string) noun { return noun{word, word} }

// unitWords names a unit and its hundredth (for toman, its tenth).
type unitWords struct{ whole, part noun }

// language is what writing numbers in words needs to know of one.
type language struct {
	minus, and, join string // join stands between thousands
	hundredJoin      string // between hundreds and the rest
	tenJoin          string // between tens and ones
	small            [20]string
	tens             [10]string
	hundreds         [10]string
	powers           [7]string // of a thousand; 2^64 is below 1000^7
	units            map[Currency]unitWords
	toman            unitWords
}

func (w *language) unit(c Currency, u Unit) unitWords {
	if c == IRR && u == Toman {
		return w.toman
	}
	return w.units[c]
}

// number writes n out.
func (w *language) number(n uint64) string {
	if n == 0 {
		return w.small[0]
	}
	var groups []string
	for power := 0; n > 0; power++ {
		if g := n % 1000; g > 0 {
			text := w.belowThousand(int(g)) //nolint:gosec // below 1000
			if power > 0 {
				text += " " + w.powers[power]
			}
			groups = append(groups, text)
		}
		n /= 1000
	}
	for i, j := 0, len(groups)-1; i < j; i, j = i+1, j-1 {
		groups[i], groups[j] = groups[j], groups[i]
	}
	return strings.Join(groups, w.join)
}

func (w *language) belowThousand(n int) string {
	var b strings.Builder
	if n >= 100 {
		b.WriteString(w.hundreds[n/100])
		n %= 100
		if n == 0 {
			return b.String()
		}
		b.WriteString(w.hundredJoin)
	}
	if n < 20 {
		b.WriteString(w.small[n])
		return b.String()
	}
	b.WriteString(w.tens[n/10])
	if n%10 > 0 {
		b.WriteString(w.tenJoin)
		b.WriteString(w.small[n%10])
	}
	return b.String()
}

var english = &language{
	minus: "minus", and: " and ", join: " ", hundredJoin: " ", tenJoin: "-",
	small: [20]string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
		"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	},
	tens: [10]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"},
	hundreds: [10]string{
		"", "one hundred", "two hundred", "three hundred", "four hundred", "five hundred", "six hundred", "seven hundred",
		"eight hundred", "nine hundred",
	},
	powers: [7]string{"", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"},
	units: map[Currency]unitWords{
		IRR: {whole: noun{"rial", "rials"}},
		PLN: {noun{"zloty", "zlotys"}, invariable("grosz")},
		EUR: {noun{"euro", "euros"}, noun{"cent", "cents"}},
		USD: {noun{"US dollar", "US dollars"}, noun{"cent", "cents"}},
		PEN: {noun{"sol", "soles"}, noun{"céntimo", "céntimos"}},
	},
	toman: unitWords{noun{"toman", "tomans"}, noun{"rial", "rials"}},
}

var persian = &language{
	minus: "منفی", and: " و ", join: " و ", hundredJoin: " و ", tenJoin: " و ",
	small: [20]string{
		"صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه", "ده", "یازده", "دوازده", "سیزده", "چهارده", "پانزده",
		"شانزده", "هفده", "هجده", "نوزده",
	},
	tens:     [10]string{"", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود"},
	hundreds: [10]string{"", "صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد"},
	powers:   [7]string{"", "هزار", "میلیون", "میلیارد", "تریلیون", "کوادریلیون", "کوینتیلیون"},
	units: map[Currency]unitWords{
		IRR: {whole: invariable("ریال")},
		PLN: {invariable("زلوتی"), invariable("گروش")},
		EUR: {invariable("یورو"), invariable("سنت")},
		USD: {invariable("دلار آمریکا"), invariable("سنت")},
		PEN: {invariable("سول"), invariable("سنتیمو")},
	},
	toman: unitWords{invariable("تومان"), invariable("ریال")},
}
