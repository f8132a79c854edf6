package access

import (
	"crypto/rand"
	_ "embed"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"payportal/internal/errs"
	"payportal/internal/seal"
)

// The length of a password that somebody chooses, in characters.
const (
	MinPassword = 12
	MaxPassword = 128
)

// givenPasswordValid is how long a password that the portal gave may be used, once.
const givenPasswordValid = 7 * 24 * time.Hour

// commonPasswords holds, a line each, the words that the commonest passwords of leaked lists are made of.
//
//go:embed common_passwords.txt
var commonPasswords string

var commonWords = wordSet(commonPasswords)

func wordSet(lines string) map[string]bool {
	set := make(map[string]bool)
	for line := range strings.Lines(lines) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}

// normalPassword is the form in which passwords are hashed: NFKC, so that another keyboard types the same one.
func normalPassword(p seal.Secret) string { return norm.NFKC.String(p.Reveal()) }

// checkNewPassword applies the rules for a password that somebody chooses: 12 to 128 characters of any kind, not a common
// one, not made of the user name. No rule asks for kinds of characters. field names the input in the error.
func checkNewPassword(field string, p seal.Secret, username string) error {
	wrong := func(msg string) error {
		return &errs.Error{Kind: errs.Invalid, Op: "check new password", Fields: []errs.Field{{
			Name: field, Msg: msg, Args: map[string]any{"Min": MinPassword, "Max": MaxPassword},
		}}}
	}
	text := normalPassword(p)
	n := utf8.RuneCountInString(text)
	folded := strings.ToLower(text)
	switch {
	case !utf8.ValidString(p.Reveal()):
		return wrong("access.password.unreadable")
	case n < MinPassword:
		return wrong("access.password.short")
	case n > MaxPassword:
		return wrong("access.password.long")
	case utf8.RuneCountInString(username) > 3 && strings.Contains(folded, username):
		return wrong("access.password.username")
	case isCommon(folded):
		return wrong("access.password.common")
	}
	return nil
}

// isCommon reports whether a password is a common word with digits and signs around it, several such words, a repeated
// piece, or a run of neighbours such as 123456789012.
func isCommon(folded string) bool {
	letters := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	return letters == "" && utf8.RuneCountInString(folded) < 16 ||
		commonWords[folded] || commonWords[letters] || madeOfCommonWords(letters) || repeats(folded) || runs(folded)
}

func madeOfCommonWords(s string) bool {
	for s != "" {
		cut := 0
		for length := len(s); length >= 3 && cut == 0; length-- {
			if commonWords[s[:length]] {
				cut = length
			}
		}
		if cut == 0 {
			return false
		}
		s = s[cut:]
	}
	return true
}

// repeats reports whether s is one piece of up to a third of its length, over and over.
func repeats(s string) bool {
	for size := 1; size <= len(s)/3; size++ {
		if strings.HasPrefix(s, s[size:]) { // equal to itself moved on by size
			return true
		}
	}
	return false
}

// runs reports whether nearly every character is next to, or the same as, the one before it.
func runs(s string) bool {
	steps, near := 0, 0
	previous := rune(-10)
	for _, r := range s {
		if previous >= 0 {
			steps++
			if d := r - previous; d >= -1 && d <= 1 || (previous == '9' && r == '0') {
				near++
			}
		}
		previous = r
	}
	return steps > 0 && near*10 >= steps*8
}

// givenPassword makes a password for one use: 80 random bits, easy to read out.
func givenPassword() seal.Secret { return seal.NewSecret(groups(randomText(16))) }

// randomText gives n characters of base32 in lower case, 5 random bits each.
func randomText(n int) string {
	text := ""
	for len(text) < n {
		text += strings.ToLower(rand.Text())
	}
	return text[:n]
}

// groups puts a hyphen after every fourth character.
func groups(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), "-")
}
