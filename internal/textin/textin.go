// Package textin looks at text that people typed, pasted or a provider sent, before it is stored, searched or shown: damaged
// encodings, control and direction characters, digits and letters that look alike. It knows no field and no language; what to
// tell the user is the caller's. It is a leaf: every package may import it and it imports nothing of ours.
package textin

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// ErrControl means a control or direction character: invisible, and able to make an IBAN, a name or an amount look like
	// another one.
	ErrControl = errors.New("textin: control or direction character")
	// ErrEncoding means bytes that are not UTF-8.
	ErrEncoding = errors.New("textin: not UTF-8")
)

// IsForbidden reports whether r is a C0 or C1 control, a direction mark, embedding, override or isolate, a line separator, or
// a character of no width that writes nothing. ZWNJ (U+200C) is not: Persian is misspelt without it.
func IsForbidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f: // C0, delete, C1
		return true
	case r == 0x200e, r == 0x200f, r == 0x061c: // marks
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // embeddings, overrides, isolates
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r == 0x200b, r >= 0x2060 && r <= 0x2064, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f: // invisible: spaces of no width, tags
		return true
	default:
		return false
	}
}

// Line checks a text of one line and gives it without the white space at its ends. Errors: ErrControl, ErrEncoding.
func Line(s string) (string, error) {
	return check(s, false)
}

// Text is Line for text of several lines: line feeds and tabs may stand in it, and CR LF becomes LF.
func Text(s string) (string, error) {
	return check(strings.ReplaceAll(s, "\r\n", "\n"), true)
}

func check(s string, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrEncoding
	}
	s = strings.TrimSpace(s)
	for at, r := range s {
		if IsForbidden(r) && (!lines || (r != '\n' && r != '\t')) {
			return "", fmt.Errorf("%w %U at byte %d", ErrControl, r, at)
		}
	}
	return s, nil
}

// Visible makes the text of a provider or a payer safe to look at: each forbidden character becomes a token such as
// ⟨U+202E⟩, and each damaged byte a replacement character. Clean text comes back as it is.
func Visible(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, IsForbidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if IsForbidden(r) {
			fmt.Fprintf(&b, "⟨%U⟩", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// FoldDigits turns Persian and Arabic digits to Latin ones. Everything else stays.
func FoldDigits(s string) string {
	return strings.Map(foldDigit, s)
}

func foldDigit(r rune) rune {
	switch {
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	default:
		return r
	}
}

// Search gives the form in which texts are compared in a search, of the stored text and of the typed one alike: digits folded,
// Arabic yeh and kaf as the Persian letters, lower case, forbidden characters gone, every run of white space one space. ZWNJ
// stays. Never store it in the place of the text itself.
func Search(s string) string {
	folded := strings.Map(func(r rune) rune {
		switch {
		case r == 'ي', r == 'ى':
			return 'ی'
		case r == 'ك':
			return 'ک'
		case unicode.IsSpace(r):
			return ' '
		case IsForbidden(r):
			return -1
		default:
			return unicode.ToLower(foldDigit(r))
		}
	}, s)
	return strings.Join(strings.Fields(folded), " ")
}

// Compact gives an identifier, card number or IBAN as a machine wants it: digits folded, and the white space, ZWNJ, hyphens
// and dashes gone that people put between groups.
func Compact(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u200c', r == '-', r == '‐', r == '‑', r == '–', r == '—':
			return -1
		default:
			return foldDigit(r)
		}
	}, s)
}
