package psp

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A file name has at most 120 characters, and fits the 255 bytes of common file systems.
const (
	filenameRunes = 120
	filenameBytes = 250
)

// reservedNames are device names on Windows, whatever their extension.
var reservedNames = []string{
	"con", "prn", "aux", "nul",
	"com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
}

// SafeFilename makes a provider's file name safe for every file system and for a Content-Disposition header: no path, no
// colon, no control or invisible character but ZWNJ, no leading or trailing dot, no device name, at most 120
// characters, always ending in .xlsx. Letters of every script stay. A name of which nothing is left becomes fallback.
func SafeFilename(original, fallback string) string {
	stem := strings.Map(safeFilenameRune, strings.ToValidUTF8(original, ""))
	if ext := path.Ext(stem); strings.EqualFold(ext, ".xlsx") {
		stem = strings.TrimSuffix(stem, ext)
	}
	stem = strings.Trim(strings.Join(strings.Fields(stem), " "), " ._-\u200c")
	if !strings.ContainsFunc(stem, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return fallback
	}
	if device, _, _ := strings.Cut(stem, "."); slices.Contains(reservedNames, strings.ToLower(strings.TrimSpace(device))) {
		stem = "report-" + stem
	}
	for utf8.RuneCountInString(stem) > filenameRunes-len(".xlsx") || len(stem) > filenameBytes-len(".xlsx") {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return strings.TrimRight(stem, " ._-\u200c") + ".xlsx"
}

// safeFilenameRune replaces what means something to a file system, and drops what nobody can see.
func safeFilenameRune(r rune) rune {
	switch {
	case strings.ContainsRune(`/\:*?"<>|%;'`+"`", r):
		return '-'
	case r == '\u200c': // ZWNJ: Persian is misspelt without it
		return r
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Cf, r), !unicode.IsPrint(r) && !unicode.Is(unicode.M, r):
		return -1
	}
	return r
}
