package psp

import (
	"encoding/csv"
	"strings"
	"testing"
)

// FuzzCSVField: whatever a field holds, a spreadsheet reads back one field, and it is no formula (T29).
func FuzzCSVField(f *testing.F) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "a,b", `a"b`, "a\nb", " =1", "\x00=1", "'", `"=1"`, "‌-1", "SEP"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := appendCSV([]byte("before,"), text)
		line = append(line, ",after\r\n"...)
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
	})
}
