package textin_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"payportal/internal/textin"
)

// forbidden is threat T28's list, written out apart from the code.
func forbidden() []rune {
	var all []rune
	for r := rune(0); r < 0x20; r++ {
		all = append(all, r)
	}
	for r := rune(0x7f); r <= 0x9f; r++ {
		all = append(all, r)
	}
	return append(all, 0x200b, 0x200e, 0x200f, 0x061c, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
		0x2028, 0x2029, 0x2060, 0xfeff, 0xe0041)
}

func TestForbiddenCharactersAreFoundAnywhere(t *testing.T) {
	for _, r := range forbidden() {
		typed := "IR82" + string(r) + "0540"
		if _, err := textin.Line(typed); !errors.Is(err, textin.ErrControl) {
			t.Errorf("Line(%+q) error = %v, want %v", typed, err, textin.ErrControl)
		}
		if got := textin.Visible(typed); strings.ContainsRune(got, r) || !strings.HasPrefix(got, "IR82⟨U+") {
			t.Errorf("Visible(%+q) = %+q, want a token in place of %U", typed, got, r)
		}
	}
}

func TestLine(t *testing.T) {
	tests := []struct {
		name, typed, want string
		err               error
	}{
		{"plain", "  Main shop ", "Main shop", nil},
		{"ZWNJ is spelling", "می‌خواهم", "می‌خواهم", nil},
		{"Arabic letters are kept as typed", "علي", "علي", nil},
		{"Polish", "Zażółć gęślą jaźń", "Zażółć gęślą jaźń", nil},
		{"empty", "", "", nil},
		{"two lines", "one\ntwo", "", textin.ErrControl},
		{"tab", "one\ttwo", "", textin.ErrControl},
		{"damaged", "caf\xe9", "", textin.ErrEncoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := textin.Line(tt.typed)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Line(%q) = %q, %v, want %q, %v", tt.typed, got, err, tt.want, tt.err)
			}
		})
	}
}

func TestTextKeepsLines(t *testing.T) {
	if got, err := textin.Text("one\r\n\ttwo\n"); got != "one\n\ttwo" || err != nil {
		t.Errorf("Text = %q, %v, want two lines", got, err)
	}
	if _, err := textin.Text("one\x00two"); !errors.Is(err, textin.ErrControl) {
		t.Errorf("Text with NUL: error = %v, want %v", err, textin.ErrControl)
	}
}

func TestSearch(t *testing.T) {
	tests := []struct{ name, stored, typed string }{
		{"Arabic yeh and kaf", "شرکت علی", "شركت علي"},
		{"alef maksura", "علی", "على"},
		{"digits", "تراکنش 1403", "تراکنش ۱۴۰۳"},
		{"Arabic digits", "1403", "١٤٠٣"},
		{"case", "Main Shop", "main shop"},
		{"white space", "Main Shop", " main\u00a0  shop "},
		{"pasted marks", "Main Shop", "\u200fmain shop\u200e"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := textin.Search(tt.typed), textin.Search(tt.stored); got != want {
				t.Errorf("Search(%q) = %q, want %q as of %q", tt.typed, got, want, tt.stored)
			}
		})
	}
	if textin.Search("می‌خواهم") == textin.Search("میخواهم") {
		t.Error("ZWNJ was dropped, want it kept")
	}
}

func TestCompact(t *testing.T) {
	if got, want := textin.Compact(" IR۸۲ ۰۵۴۰-١٠٢\u200c6\u00a08–0 "), "IR82054010268"+"0"; got != want {
		t.Errorf("Compact = %q, want %q", got, want)
	}
}

func TestSearchIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := textin.Search(s)
		if twice := textin.Search(once); twice != once {
			t.Fatalf("Search(Search(%q)) = %q, want %q", s, twice, once)
		}
		if strings.ContainsFunc(once, textin.IsForbidden) {
			t.Fatalf("Search(%q) = %q has a forbidden character", s, once)
		}
	})
}

func FuzzVisible(f *testing.F) {
	f.Add("IR\u202e82\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := textin.Visible(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, textin.IsForbidden) {
			t.Fatalf("Visible(%q) = %q, want clean UTF-8", s, got)
		}
	})
}
