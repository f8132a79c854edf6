package money

// FormatMinor writes the number of an amount without its unit: Latin digits, thousands grouped with commas, a point before the
// decimals. PLN 150050 is "1,500.50", IRR 15000 is "15,000" in Rial and "1,500" in Toman. A toman amount shows its single
// rial as one decimal only when there is one: IRR 15 is "1.5".
func FormatMinor(a Amount, u Unit) string {
	var buf [32]byte
	return string(AppendMinor(buf[:0], a, u))
}

// AppendMinor appends what FormatMinor writes, for callers that format many amounts.
func AppendMinor(dst []byte, a Amount, u Unit) []byte {
	if a.Minor < 0 {
		dst = append(dst, '-')
	}
	n := magnitude(a.Minor)
	places := decimals(a.Currency, u)
	if places == 1 && n%10 == 0 {
		n, places = n/10, 0
	}

	// The longest amount is 19 digits, 6 commas and a point; it is written from its end.
	var rev [32]byte
	i := len(rev)
	for range places {
		i--
		rev[i] = byte('0' + n%10)
		n /= 10
	}
	if places > 0 {
		i--
		rev[i] = '.'
	}
	for written := 0; n > 0 || written == 0; written++ {
		if written > 0 && written%3 == 0 {
			i--
			rev[i] = ','
		}
		i--
		rev[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, rev[i:]...)
}
