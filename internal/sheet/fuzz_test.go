package sheet_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"payportal/internal/sheet"
)

// narrow are limits that a short file can reach.
func narrow() sheet.Limits {
	return sheet.Limits{
		Bytes: 1 << 20, Rows: 100, Columns: 20, Cells: 1000, CellBytes: 1000, Text: 10_000, Unpacked: 1 << 20, Ratio: 100,
	}
}

// checkBounds: a table keeps the limits and what it promises, an error is a Problem.
func checkBounds(t *testing.T, table *sheet.Table, err error) {
	t.Helper()
	if err != nil {
		if reasonOf(err) == "" {
			t.Fatalf("error = %v, want a Problem", err)
		}
		if _, own := errors.AsType[*sheet.Problem](err); !own {
			t.Fatalf("error = %v, want a Problem", err)
		}
		return
	}
	limits, bytes, cells, number := narrow(), 0, 0, 0
	if table.Rows() < 1 || table.Rows() > limits.Rows || table.Columns() < 1 || table.Columns() > limits.Columns {
		t.Fatalf("%v, want one within %+v", table, limits)
	}
	last := false // whether the last column has content
	for row := range table.Rows() {
		content := false
		if table.Number(row) <= number {
			t.Fatalf("row %d follows row %d", table.Number(row), number)
		}
		number = table.Number(row)
		for column := range table.Columns() {
			cell := table.Cell(row, column)
			if len(cell.Text) > limits.CellBytes || !utf8.ValidString(cell.Text) || cell.Text != "" && strings.TrimSpace(cell.Text) == "" {
				t.Fatalf("%s = %q", table.Ref(row, column), cell.Text)
			}
			if cell.Numeric && strings.ContainsAny(cell.Text, "eE") {
				t.Fatalf("%s = %q, want no exponent", table.Ref(row, column), cell.Text)
			}
			bytes += len(cell.Text)
			if cell.Text != "" || cell.Formula {
				content, cells = true, cells+1
				last = last || column == table.Columns()-1
			}
		}
		if !content {
			t.Fatalf("row %d has no content", number)
		}
	}
	if cells > limits.Cells || !last {
		t.Fatalf("%d cells in %v, last column filled: %v", cells, table, last)
	}
}

// FuzzRead: any bytes are a table within the limits, or a problem.
func FuzzRead(f *testing.F) {
	cells := `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>1</f><v>1E+20</v></c><c r="C1" t="inlineStr"><is><r><t>a</t></r></is></c></row>` +
		`<row r="9"><c r="B9" t="b"><v>1</v></c></row>`
	f.Add(stored(f, append(around(`<si><t>علی</t></si>`), sheetEntry(cells, `<mergeCells><mergeCell ref="A1:A9"/></mergeCells>`))...))
	f.Add(book(f, cells, `<mergeCells><mergeCell ref="A1:A9"/></mergeCells>`, `<si><t>علی</t></si>`))
	f.Add(book(f, `<row><c t="str"><v>a_x000D_</v></c><c><f t="array" ref="A1:B2"/></c></row>`, "", ""))
	for _, text := range []string{
		"a,b\n1,\"2\"\n", "\xff\xfea\x00,\x00b\x00", "\xfe\xff\x00a\x00\n", "\xc7\xe1\xdd,1\n", "\ufeffa;b", "sep=|\na|b", "%PDF-", "<html>",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PK\x03\x04", "6.03E+15\t=\"1\"", "\"a\nb\"c",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		table, err := sheet.Read("x", bytes.NewReader(file), int64(len(file)), narrow())
		checkBounds(t, table, err)
	})
}

// FuzzSheet is FuzzRead for the XML within a workbook, which a fuzzer does not find through the ZIP.
func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>1</f><v>1E+20</v></c></row>`,
		`<mergeCells><mergeCell ref="A1:A9"/></mergeCells>`, `<si><t>a</t></si>`)
	f.Add(`<row r="2"><c t="inlineStr"><is><r><t>a</t></r></is></c><c t="b"><v>1</v></c></row><row><c><f t="array" ref="A1:B2"/></c></row>`,
		``, `<si/>`)
	f.Add(`<row><c t="str"><v>&lt;_x000D_</v></c><c r="T1" t="e"><v>#N/A</v></c></row>`,
		`<mergeCells><mergeCell ref="A1:T1"/><mergeCell ref="A1:B2"/></mergeCells>`, ``)
	f.Fuzz(func(t *testing.T, rows, behind, shared string) {
		file := stored(t, append(around(shared), sheetEntry(rows, behind))...)
		table, err := sheet.Read("x", bytes.NewReader(file), int64(len(file)), narrow())
		checkBounds(t, table, err)
	})
}

// FuzzReadText: any paste is a table within the limits, or a problem.
func FuzzReadText(f *testing.F) {
	for _, text := range []string{
		"6037991234567893\n6219861012345678", "6037991234567893، 6219861012345678", "a\tb\r\nc\td", "\"a\"\"b\";c\n", "\"", "a\x00", "\xff", "sep=؛\r\n",
		"12\" x,\"y\" z,\n", "IR82 0540 1026 8002 0817 9090 02; 6037-9912-3456-7893",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, pasted string) {
		table, err := sheet.ReadText(pasted, narrow())
		checkBounds(t, table, err)
	})
}

// FuzzCSVRoundTrip: whatever stands in two fields and two rows, it is read back from what encoding/csv and our exports write.
func FuzzCSVRoundTrip(f *testing.F) {
	f.Add("a", "b", "c", "d")
	f.Add(`"`, ",", "\r\n", "")
	f.Add("=1+1", " x ", "علی،", "\t")
	f.Add(`=""`, "\n\"\n", "'", "6.03E+15")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		for _, text := range []string{a, b, c, d} {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || tooManyControls(text) {
				return // no text, and refused
			}
		}
		checkRoundTrip(t, [][]string{{a, b}, {c, d}})
	})
}

func tooManyControls(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\v\f\r", r) })
}
