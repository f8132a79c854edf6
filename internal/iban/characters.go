package iban

import (
	"strings"
	"unicode"
)

// class is what a pasted character is to a number.
type class uint8

const (
	foreign   class = iota // does not belong
	filler                 // says nothing: white space, characters of no width, underscores
	separator              // stands between groups: a dash, a dot, a slash
	letter                 // A-Z
	digit                  // 0-9
)

// classify gives what r is and its plain form: 0-9 of the Persian, Arabic and full-width digits, A-Z of small and full-width
// letters, and one of . - / of a separator.
func classify(r rune) (class, byte) {
	switch {
	case r >= '0' && r <= '9':
		return digit, byte(r)
	case r == ' ':
		return filler, 0
	case r >= '۰' && r <= '۹':
		return digit, byte(r - '۰' + '0')
	case r >= '٠' && r <= '٩':
		return digit, byte(r - '٠' + '0')
	case r >= '０' && r <= '９':
		return digit, byte(r - '０' + '0')
	case r >= 'A' && r <= 'Z':
		return letter, byte(r)
	case r >= 'a' && r <= 'z':
		return letter, byte(r - 'a' + 'A')
	case r >= 'Ａ' && r <= 'Ｚ':
		return letter, byte(r - 'Ａ' + 'A')
	case r >= 'ａ' && r <= 'ｚ':
		return letter, byte(r - 'ａ' + 'A')
	case r == '-', r == '\u2212', r == '\u2043', unicode.Is(unicode.Pd, r): // minus sign, hyphen bullet, every dash of Unicode
		return separator, '-'
	case strings.ContainsRune(".．。·۔٫", r):
		return separator, '.'
	case r == '/', r == '／', r == '⁄', r == '∕':
		return separator, '/'
	case r == '_', r == '＿', r == 'ـ', unicode.IsSpace(r), isInvisible(r):
		return filler, 0
	default:
		return foreign, 0
	}
}

// isInvisible reports whether r has no width: joiners, marks, embeddings and isolates of direction, a byte order mark, a soft
// hyphen. They come along when a number is copied from a page or a message.
func isInvisible(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0x061c || r == 0xfeff || r == 0x00ad
}
