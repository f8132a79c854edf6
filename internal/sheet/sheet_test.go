package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"payportal/internal/sheet"
)

func read(file []byte) (*sheet.Table, error) {
	return sheet.Read("payroll.xlsx", bytes.NewReader(file), int64(len(file)), sheet.DefaultLimits())
}

func mustRead(tb testing.TB, file []byte) *sheet.Table {
	tb.Helper()
	table, err := read(file)
	if err != nil {
		tb.Fatal(err)
	}
	return table
}

// reasonOf gives the reason of a Problem, and "" for any other error and for none.
func reasonOf(err error) sheet.Reason {
	var p *sheet.Problem
	if errors.As(err, &p) {
		return p.Reason
	}
	return ""
}

// lines writes a table down: a line for each row with its number, its cells with their marks.
func lines(table *sheet.Table) string {
	var out strings.Builder
	for row := range table.Rows() {
		fmt.Fprintf(&out, "%d", table.Number(row))
		for column := range table.Columns() {
			cell := table.Cell(row, column)
			out.WriteString("|" + cell.Text)
			for _, mark := range []struct {
				set  bool
				name string
			}{{cell.Numeric, "#"}, {cell.Formula, "="}, {cell.Merged, "^"}, {cell.Rounded, "~"}} {
				if mark.set {
					out.WriteString(mark.name)
				}
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

type entry struct{ name, content string }

// pack makes an archive.
func pack(tb testing.TB, entries ...entry) []byte { return archive(tb, zip.Deflate, entries) }

// stored makes one without packing, which a fuzzer sees through.
func stored(tb testing.TB, entries ...entry) []byte { return archive(tb, zip.Store, entries) }

func archive(tb testing.TB, method uint16, entries []entry) []byte {
	tb.Helper()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for _, e := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err == nil {
			_, err = io.WriteString(w, e.content)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

const (
	mainNS     = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	officeRels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	relsStart  = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
)

func relation(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="` + officeRels + `/` + kind + `" Target="` + target + `"/>`
}

func relations(name string, list ...string) entry {
	return entry{name, relsStart + strings.Join(list, "") + `</Relationships>`}
}

func sheetList(sheets string) entry {
	return entry{"xl/workbook.xml", `<workbook ` + mainNS + ` xmlns:r="` + officeRels + `"><sheets>` + sheets + `</sheets></workbook>`}
}

// around gives the parts around a sheet, and shared strings if there are any.
func around(shared string) []entry {
	named := []string{relation("rId1", "worksheet", "worksheets/sheet1.xml")}
	entries := []entry{
		relations("_rels/.rels", relation("rId1", "officeDocument", "xl/workbook.xml")),
		sheetList(`<sheet name="حقوق" sheetId="1" r:id="rId1"/>`),
	}
	if shared != "" {
		named = append(named, relation("rId2", "sharedStrings", "/xl/sharedStrings.xml"))
		entries = append(entries, entry{"xl/sharedStrings.xml", `<sst ` + mainNS + `>` + shared + `</sst>`})
	}
	return append(entries, relations("xl/_rels/workbook.xml.rels", named...))
}

// book makes a workbook of the rows of its only sheet, what stands behind them, and shared strings.
func book(tb testing.TB, rows, behind, shared string) []byte {
	tb.Helper()
	return pack(tb, append(around(shared), sheetEntry(rows, behind))...)
}

func sheetEntry(rows, behind string) entry {
	return entry{"xl/worksheets/sheet1.xml", `<worksheet ` + mainNS + `><sheetData>` + rows + `</sheetData>` + behind + `</worksheet>`}
}

func TestTable(t *testing.T) {
	table := mustRead(t, []byte("name,card\n\nAli,6037991234567893,,\n  ,\nZahra\n"))
	if got, want := lines(table), "1|name|card\n3|Ali|6037991234567893\n5|Zahra|\n"; got != want {
		t.Errorf("table = %q, want %q", got, want)
	}
	if got := table.Ref(1, 1); got != "B3" {
		t.Errorf("Ref(1, 1) = %s, want B3", got)
	}
	if got := table.Cell(2, 40); got != (sheet.Cell{}) {
		t.Errorf("a cell beyond its row has %q, want nothing", got.Text)
	}
	want := sheet.Origin{Name: "payroll.xlsx", Format: sheet.Delimited, Encoding: "UTF-8", Separator: ","}
	if got := table.Origin(); got != want {
		t.Errorf("Origin = %+v, want %+v", got, want)
	}
}

func TestColumnName(t *testing.T) {
	for column, want := range map[int]string{0: "A", 1: "B", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16_383: "XFD"} {
		if got := sheet.ColumnName(column); got != want {
			t.Errorf("ColumnName(%d) = %s, want %s", column, got, want)
		}
	}
}

// TestNothingPrintsACell: neither a table, nor a cell, nor a problem tells what stands in a file.
func TestNothingPrintsACell(t *testing.T) {
	const secret = "6037991234567893"
	table := mustRead(t, []byte("a,"+secret))
	_, err := sheet.ReadText(secret+",\""+secret, sheet.DefaultLimits())
	if reasonOf(err) != sheet.OpenQuote {
		t.Fatalf("error = %v, want %s", err, sheet.OpenQuote)
	}
	for _, v := range []any{table, table.Cell(0, 1), []sheet.Cell{table.Cell(0, 1)}, err} {
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "v", v)
		for _, printed := range []string{fmt.Sprintf("%v %+v %s %q", v, v, v, v), logged.String()} {
			if strings.Contains(printed, secret) {
				t.Errorf("a %T is printed with its text", v)
			}
		}
	}
}

// TestProblemsHaveTheirArguments: what the messages in the catalogue are made with.
func TestProblemsHaveTheirArguments(t *testing.T) {
	limits := sheet.Limits{Bytes: 100, Rows: 2, Columns: 2, Cells: 3, CellBytes: 4, Text: 8, Unpacked: 1 << 20, Ratio: 100}
	tests := []struct {
		text   string
		reason sheet.Reason
		ref    any
		limit  any
	}{
		{strings.Repeat("x", 101), sheet.TooLarge, nil, int64(100)},
		{"1\n2\n\n3\n", sheet.TooManyRows, nil, 2},
		{"1,2\n1,2,3\n", sheet.TooManyColumns, "C2", 2},
		{"1,2\n3,4\n", sheet.TooManyCells, nil, 3},
		{"1,12345\n", sheet.CellTooLong, "B1", 4},
		{"1,\"12345\"\n", sheet.CellTooLong, "B1", 4},
		{"1234,1234\n1\n", sheet.TooMuchText, nil, int64(8)},
		{"1,2\n3,\"4\n", sheet.OpenQuote, "B2", nil},
		{" \n, ,\n", sheet.Empty, nil, nil},
		{"", sheet.Empty, nil, nil},
	}
	for _, tt := range tests {
		_, err := sheet.Read("x", strings.NewReader(tt.text), int64(len(tt.text)), limits)
		_, pasted := sheet.ReadText(tt.text, limits)
		for _, err := range []error{err, pasted} {
			var p *sheet.Problem
			if !errors.As(err, &p) || p.Reason != tt.reason || p.Args["Ref"] != tt.ref || p.Args["Limit"] != tt.limit {
				t.Errorf("%.20q: %v, want %s at %v (limit %v)", tt.text, err, tt.reason, tt.ref, tt.limit)
			}
		}
	}
}

// brokenDisk fails after some bytes.
type brokenDisk struct {
	*bytes.Reader
	from int64
}

func (d brokenDisk) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > d.from {
		return 0, io.ErrClosedPipe
	}
	return d.Reader.ReadAt(p, at)
}

// TestReadingFails: an error of the disk is no problem of the file.
func TestReadingFails(t *testing.T) {
	for name, file := range map[string][]byte{"csv": payrollCSV(t, 5000), "xlsx": payrollXLSX(t, 500)} {
		for _, from := range []int64{0, 5000, int64(len(file)) - 5} {
			_, err := sheet.Read("x", brokenDisk{bytes.NewReader(file), from}, int64(len(file)), sheet.DefaultLimits())
			if !errors.Is(err, io.ErrClosedPipe) || reasonOf(err) != "" {
				t.Errorf("%s that breaks at %d: error = %v, want the disk's", name, from, err)
			}
		}
	}
}

// TestTableIsThrifty: 50,000 lines of ten columns take 15 MB at most.
func TestTableIsThrifty(t *testing.T) {
	var file bytes.Buffer
	for _, row := range payroll(50_000) {
		file.WriteString(strings.Join(row, ",") + "," + strings.Join(row[2:], ",") + "\n")
	}
	before := live()
	table := mustRead(t, file.Bytes())
	if table.Rows() != 50_001 || table.Columns() != 10 {
		t.Fatalf("%v, want 50,001 rows of 10 columns", table)
	}
	if took := live() - before; took > 15_000_000 {
		t.Errorf("the table takes %d bytes, want 15 MB at most", took)
	} else {
		t.Logf("50,000 lines of ten columns take %.1f MB", float64(took)/1e6)
	}
	runtime.KeepAlive(table)
	runtime.KeepAlive(file)
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
