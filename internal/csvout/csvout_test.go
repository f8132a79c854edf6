package csvout_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"payportal/internal/csvout"
)

func TestAppendField(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "SEP", "SEP"},
		{"empty", "", ""},
		{"space inside", "Main shop", "Main shop"},
		{"Persian", "فروشگاه", "فروشگاه"},
		{"comma", "a,b", `"a,b"`},
		{"quote", `a"b`, `"a""b"`},
		{"lines", "a\r\nb", "\"a\r\nb\""},
		{"formula", "=1+1", "'=1+1"},
		{"formula behind a space", " @SUM(1)", "' @SUM(1)"},
		{"formula behind ZWNJ", "\u200c-1", "'\u200c-1"},
		{"formula of full width", "＝1", "'＝1"},
		{"formula that must be quoted", "=A1,B1", `"'=A1,B1"`},
		{"formula behind NUL", "\x00=1", "'=1"},
		{"minus inside", "6037-9912", "6037-9912"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(csvout.AppendField([]byte("x,"), tt.text)); got != "x,"+tt.want {
				t.Errorf("AppendField(%q) = %q, want %q", tt.text, got, "x,"+tt.want)
			}
			if got := string(csvout.EndField([]byte("x,"+tt.text), 2)); got != "x,"+tt.want {
				t.Errorf("EndField(%q) = %q, want %q", tt.text, got, "x,"+tt.want)
			}
		})
	}
}

// FuzzField: whatever a field holds, a spreadsheet reads back one field, and it is no formula (T29).
func FuzzField(f *testing.F) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "a,b", `a"b`, "a\nb", " =1", "\x00=1", "'", `"=1"`, "‌-1", "SEP"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := csvout.AppendField([]byte("before,"), text)
		line = append(line, ",after"+csvout.LineEnd...)
		rows, err := csv.NewReader(strings.NewReader(string(line))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 3 || rows[0][0] != "before" || rows[0][2] != "after" {
			t.Fatalf("%q is read back as %q, %v", text, rows, err)
		}
		field := rows[0][1]
		if strings.ContainsRune(field, 0) {
			t.Errorf("%q is read back with a NUL", text)
		}
		for _, start := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
			if strings.HasPrefix(strings.TrimLeft(field, " \u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), start) {
				t.Errorf("%q is read back as %q, which begins like a formula", text, field)
			}
		}
		// The library reads CR LF inside of a field as LF.
		got := strings.TrimPrefix(field, "'")
		want := strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "\r\n", "\n")
		if got != want && field != want {
			t.Errorf("%q is read back as %q", want, field)
		}
		if ended := csvout.EndField([]byte("before,"+text), len("before,")); string(ended)+",after"+csvout.LineEnd != string(line) {
			t.Errorf("EndField(%q) = %q, want what AppendField gives: %q", text, ended, line)
		}
	})
}
