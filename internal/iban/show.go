package iban

import "strings"

// inFours puts a space after every four characters.
func inFours(text string) string {
	var b strings.Builder
	at := 0
	for _, r := range text {
		if at > 0 && at%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		at++
	}
	return b.String()
}

// mask puts • for the digits that may not be shown. shows is asked for every digit in order, with its place in the text and the
// text's length.
func mask(text string, shows func(at, length int) bool) string {
	var b strings.Builder
	for at, c := range []byte(text) {
		switch {
		case c < '0' || c > '9', shows(at, len(text)):
			b.WriteByte(c)
		default:
			b.WriteString("•")
		}
	}
	return b.String()
}
