package i18n

import (
	"math/bits"
	"strconv"

	"payportal/internal/money"
)

// none stands where there is no value to show: a rate of nothing, a time that never was. It is never a zero.
const none = "–"

// Digits turns the Latin digits of s to the user's; anything else stays.
func (p *Printer) Digits(s string) string {
	if p.prefs.Digits == Latin {
		return s
	}
	var buf [64]byte
	return string(appendPersianDigits(buf[:0], s))
}

// Int writes a whole number, thousands grouped.
func (p *Printer) Int(n int64) string {
	// Rial has no decimals: its format is that of a whole number.
	var buf [64]byte
	return string(p.appendNumber(buf[:0], money.Of(n, money.IRR), money.Rial))
}

// Percent writes num of den in hundredths with one decimal, rounded half up; "–" when den is not positive or num negative.
func (p *Printer) Percent(num, den int64) string {
	if den <= 0 || num < 0 {
		return none
	}
	hi, lo := bits.Mul64(uint64(num), 2000)
	lo, carry := bits.Add64(lo, uint64(den), 0)
	hi += carry
	if hi >= 2*uint64(den) {
		return none
	}
	tenths, _ := bits.Div64(hi, lo, 2*uint64(den))
	var buf, out [64]byte
	dst := strconv.AppendUint(buf[:0], tenths/10, 10)
	dst = append(dst, '.', byte('0'+tenths%10), '%')
	if p.prefs.Digits == Latin {
		return string(dst)
	}
	return string(appendPersianNumber(out[:0], dst))
}

// Money writes the number of an amount in the display unit, without the unit's name.
func (p *Printer) Money(a money.Amount) string {
	var buf [64]byte
	return string(p.AppendMoney(buf[:0], a))
}

// AppendMoney appends what Money writes, for exports.
func (p *Printer) AppendMoney(dst []byte, a money.Amount) []byte {
	return p.appendNumber(dst, a, p.prefs.Unit)
}

func (p *Printer) appendNumber(dst []byte, a money.Amount, u money.Unit) []byte {
	if p.prefs.Digits == Latin {
		return money.AppendMinor(dst, a, u)
	}
	var buf [32]byte
	return appendPersianNumber(dst, money.AppendMinor(buf[:0], a, u))
}

// Words writes an amount out in words with its unit.
func (p *Printer) Words(a money.Amount) string {
	return money.Words(a, p.prefs.Unit, string(p.prefs.Lang))
}

// UnitName names the unit in which Money writes amounts of c.
func (p *Printer) UnitName(c money.Currency) string {
	if c == money.IRR && p.prefs.Unit == money.Toman {
		return p.T("unit.toman")
	}
	return p.T("unit." + string(c))
}

// appendPersianDigits appends s with its Latin digits turned to Persian ones.
func appendPersianDigits[T string | []byte](dst []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' {
			dst = append(dst, 0xdb, 0xb0+c-'0') // U+06F0 and on, in UTF-8
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendPersianNumber appends a formatted number with Persian digits and marks.
func appendPersianNumber(dst, number []byte) []byte {
	for i, c := range number {
		switch c {
		case ',':
			dst = append(dst, "٬"...)
		case '.':
			dst = append(dst, "٫"...)
		case '%':
			dst = append(dst, "٪"...)
		default:
			dst = appendPersianDigits(dst, number[i:i+1])
		}
	}
	return dst
}
