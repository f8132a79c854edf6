// Package csvout writes the fields of CSV files as RFC 4180 wants them, and so that no spreadsheet takes one for a formula
// (T29). It appends to a buffer of the caller, who separates the fields and sends the buffer away: encoding/csv costs as much
// as reading the rows. It reads nothing and knows no export. It is a leaf: every package may import it and it imports nothing
// of ours.
package csvout

import (
	"strings"
	"unicode/utf8"
)

const (
	// BOM is the byte order mark by which Excel knows UTF-8. It begins the file.
	BOM = "\ufeff"
	// LineEnd ends every row.
	LineEnd = "\r\n"
)

// AppendField appends a text as one field, quoted where it must be. A text that a spreadsheet would run as a formula gets an
// apostrophe in front, and NUL is taken out.
func AppendField(dst []byte, text string) []byte {
	if !needsCare(text) {
		return append(dst, text...)
	}
	text = disarm(text)
	if !strings.ContainsAny(text, "\",\r\n") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for i := range len(text) {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}

// EndField makes one field, as AppendField does, of what the caller appended to the buffer since it was start bytes long.
func EndField(dst []byte, start int) []byte {
	if !needsCare(dst[start:]) {
		return dst
	}
	return AppendField(dst[:start], string(dst[start:]))
}

// careless tells the bytes with which a text can begin and go on unquoted.
var careless = func() (table [256]bool) {
	for c := 0x21; c < 0x100; c++ {
		table[c] = c != '"' && c != ',' && c != 0x7f
	}
	return table
}()

// needsCare reports whether a text must be quoted or disarmed; it may say so for one that need not.
func needsCare[T string | []byte](text T) bool {
	if len(text) == 0 {
		return false
	}
	switch c := text[0]; {
	case c == ' ', c == '=', c == '+', c == '-', c == '@', c >= utf8.RuneSelf:
		return true
	}
	for i := range len(text) {
		if !careless[text[i]] && text[i] != ' ' {
			return true
		}
	}
	return false
}

// disarm puts an apostrophe before a text that begins like a formula. Spaces and invisible characters do not hide a beginning:
// some programs drop them. NUL, at which some programs end a text, is taken out.
func disarm(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	start := strings.TrimLeft(text, " \u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
	if start == "" {
		return text
	}
	first, _ := utf8.DecodeRuneInString(start)
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}
