package sheet_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"payportal/internal/sheet"
	"payportal/internal/xlsx"
)

func TestCells(t *testing.T) {
	const shared = `<si><t>علی</t></si><si/>` +
		`<si><r><rPr><b/></rPr><t>Zah</t></r><r><t xml:space="preserve">ra </t></r><rPh sb="0" eb="1"><t>no</t></rPh></si>` +
		`<si><t>a_x000D_b_x005F_x_xD83D_</t></si><si><t> </t></si>`
	tests := []struct{ name, rows, behind, want string }{
		{
			"numbers",
			`<row r="1"><c r="A1"><v>1500000</v></c><c r="B1" t="n"><v>6.03799123456789E+15</v></c><c r="C1"><v>0.10000000000000001</v></c></row>`,
			"", "1|1500000#|6037991234567890#~|0.1#\n",
		},
		{"no number", `<row r="1"><c r="A1"><v>12a</v></c></row>`, "", "1|12a\n"},
		{
			"shared strings", `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c><c r="C1" t="s"><v>0</v></c></row>`, "",
			"1|علی|Zahra |علی\n",
		},
		{"escaped characters", `<row r="1"><c r="A1" t="s"><v>3</v></c></row>`, "", "1|a\rb_x_xD83D_\n"},
		{
			"blank shared strings",
			`<row r="1"><c r="A1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>4</v></c></row>`, "",
			"2|علی\n",
		},
		{
			"inline strings",
			`<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><r><t>b</t></r><r><t>c</t></r></is></c></row>`,
			"", "1|a|bc\n",
		},
		{
			"truths and errors",
			`<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#N/A</v></c><c r="D1" t="d"><v>2026-08-01</v></c></row>`,
			"", "1|TRUE|FALSE|#N/A|2026-08-01\n",
		},
		{
			"formulas",
			`<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c><c r="C1"><f t="shared" si="0"/></c></row>`,
			"", "1|2#=|a=|=\n",
		},
		{
			"formulas that fill ranges",
			`<row r="1"><c r="A1"><f t="array" ref="A1:A2">x</f><v>1</v></c><c r="B1"><v>2</v></c></row>` +
				`<row r="2"><c r="A2"><v>3</v></c><c r="B2"><f t="array" ref="B2">x</f><v>4</v></c></row>`,
			"", "1|1#=|2#\n2|3#=|4#=\n",
		},
		{"rows and cells without names", `<row><c><v>1</v></c><c/><c><v>2</v></c></row><row/><row><c><v>3</v></c></row>`, "", "1|1#||2#\n3|3#||\n"},
		{
			"gaps",
			`<row r="3"><c r="B3"><v>1</v></c><c r="D3"><v>2</v></c><c r="F3" s="7"/></row><row r="1048576"><c r="A1048576"><v>3</v></c></row>`,
			"", "3||1#||2#\n1048576|3#|||\n",
		},
		{
			"merged down",
			`<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>5</v></c></row>` +
				`<row r="2"><c r="A2"><v>9</v></c><c r="B2"><v>6</v></c></row>` +
				`<row r="3"><c r="A3"/></row><row r="4"><c r="B4"><v>7</v></c></row>`,
			`<mergeCells><mergeCell ref="A1:A4"/></mergeCells>`, "1|1#|5#\n2|^|6#\n4|^|7#\n",
		},
		{
			"merged across",
			`<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c><c r="C2"><v>3</v></c></row>`,
			`<mergeCells count="1"><mergeCell ref="A1:H1"/></mergeCells>`, "1|1#|^|^\n2|1#|2#|3#\n",
		},
		{
			"merged columns", `<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>`,
			`<mergeCells><mergeCell ref="A1:A1048576"/></mergeCells>`, "1|1#\n",
		},
		{
			"entities and line ends",
			"<row r=\"1\"><c r=\"A1\" t=\"str\"><v>&lt;&#1593;&#x644;&#x6cc;&gt;\r\n<![CDATA[&amp;]]><!-- no --></v></c></row>", "",
			"1|<علی>\n&amp;\n",
		},
		{
			"foreign elements",
			`<row r="1"><c r="A1"><x:v xmlns:x="u">1</x:v><v>2</v><extLst><ext><v>3</v></ext></extLst></c><x:c xmlns:x="u"><v>4</v></x:c></row>`,
			"", "1|2#\n",
		},
		{"claims", `<row r="1" spans="1:16384"><c r="A1"><v>1</v></c></row>`, `<dimension ref="A1:XFD1048576"/>`, "1|1#\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := lines(mustRead(t, book(t, tt.rows, tt.behind, shared))); got != tt.want {
				t.Errorf("table =\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

// TestKindsOfWorkbooks: what different programs write around the same cells.
func TestKindsOfWorkbooks(t *testing.T) {
	const cells = `<row r="1"><c r="A1"><v>1</v></c></row>`
	inStrict := strings.NewReplacer(officeRels, "http://purl.oclc.org/ooxml/officeDocument/relationships",
		mainNS, `xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"`)
	strict := func(e entry) entry { return entry{e.name, inStrict.Replace(e.content)} }
	plain := entry{"xl/worksheets/sheet1.xml", `<worksheet ` + mainNS + `><sheetData>` + cells + `</sheetData></worksheet>`}
	tests := []struct {
		name    string
		entries []entry
		sheet   string
	}{
		{"plain", append(around(""), plain), "حقوق"},
		{"with a prefix", []entry{
			relations("_rels/.rels", relation("a", "officeDocument", "/xl/workbook.xml")),
			relations("xl/_rels/workbook.xml.rels", relation("a", "worksheet", "worksheets/sheet1.xml")),
			{"xl/workbook.xml", `<x:workbook xmlns:x="m" xmlns:r="` + officeRels + `"><x:sheets><x:sheet name="P" r:id="a"/></x:sheets></x:workbook>`},
			{plain.name, "\ufeff" + `<?xml version="1.0" encoding="UTF-8"?>` + strings.NewReplacer("</", "</x:", "<", "<x:").Replace(plain.content)},
		}, "P"},
		{"strict", []entry{
			strict(relations("_rels/.rels", relation("a", "officeDocument", "xl/workbook.xml"))),
			strict(relations("xl/_rels/workbook.xml.rels", relation("a", "worksheet", "worksheets/sheet1.xml"))),
			strict(sheetList(`<sheet name="S" r:id="a"/>`)), strict(plain),
		}, "S"},
		{"elsewhere, in other cases, with backslashes", []entry{
			relations("_rels/.rels", relation("a", "officeDocument", "Book/Main.xml")),
			relations(`book\_rels\main.xml.rels`, relation("a", "worksheet", "../Cells/One.XML")),
			{`book\main.xml`, sheetList(`<sheet name="E" r:id="a"/>`).content},
			{`cells/one.xml`, plain.content},
		}, "E"},
		{"without relations of its own", append([]entry{
			sheetList(`<sheet name="W" r:id="a"/>`), relations("xl/_rels/workbook.xml.rels", relation("a", "worksheet", "worksheets/sheet1.xml")),
		}, plain), "W"},
		{"behind hidden sheets and a chart", append([]entry{
			sheetList(`<sheet name="1" state="hidden" r:id="a"/><sheet name="2" state="veryHidden" r:id="a"/><sheet name="3" r:id="c"/>` +
				`<sheet name="4 &amp; 5" state="visible" r:id="b"/><sheet name="6" r:id="a"/>`),
			relations("xl/_rels/workbook.xml.rels", relation("a", "worksheet", "other.xml"),
				relation("b", "worksheet", "worksheets/sheet1.xml"), relation("c", "chartsheet", "other.xml")),
		}, plain), "4 & 5"},
		{"with macros", append(append(around(""), entry{"xl/vbaProject.bin", "\xd0\xcf"}), plain), "حقوق"},
		{"with names that lead out", append(append(around(""), entry{"../../etc/passwd", "x"}, entry{"/abs", "x"}), plain), "حقوق"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := mustRead(t, pack(t, tt.entries...))
			if got := lines(table); got != "1|1#\n" {
				t.Errorf("table = %q", got)
			}
			if got := table.Origin(); got.Format != sheet.XLSX || got.Sheet != tt.sheet {
				t.Errorf("Origin = %+v, want the sheet %s", got, tt.sheet)
			}
		})
	}
}

func TestBadWorkbooks(t *testing.T) {
	sheetOf := func(xml string) []byte { return pack(t, append(around(""), entry{"xl/worksheets/sheet1.xml", xml})...) }
	rows := func(rows string) []byte { return book(t, rows, "", "<si><t>x</t></si>") }
	hidden := around("")
	hidden[1].content = strings.Replace(hidden[1].content, `name=`, `state="hidden" name=`, 1)
	whole := payrollXLSX(t, 100)
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, `<row><c><v>%d</v></c></row>`, (i+1)*7_919_777)
	}
	flipped := rows(many.String())
	flipped[len(flipped)/2] ^= 0x10
	locked := bytes.Clone(whole)
	for at := 0; ; { // the flag of every entry in the index
		next := bytes.Index(locked[at:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += next + 4
		locked[at+4] |= 1
	}
	tests := []struct {
		name   string
		file   []byte
		reason sheet.Reason
	}{
		{"all sheets hidden", pack(t, hidden...), sheet.NoSheet},
		{"no cells", rows(``), sheet.Empty},
		{"cells without content", rows(`<row r="1"><c r="A1" s="1"/><c r="B1" t="inlineStr"><is><t> </t></is></c></row>`), sheet.Empty},
		{"sheet missing", pack(t, around("")...), sheet.Damaged},
		{"sheet is an archive", sheetOf(string(whole)), sheet.Damaged},
		{"sheet is another part", sheetOf(`<sst/>`), sheet.Damaged},
		{"sheet is nothing", sheetOf(``), sheet.Damaged},
		{"shared strings missing", book(t, `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`, "", ""), sheet.Damaged},
		{"beyond the shared strings", rows(`<row r="1"><c r="A1" t="s"><v>1</v></c></row>`), sheet.Damaged},
		{"far beyond the shared strings", rows(`<row r="1"><c r="A1" t="s"><v>4294967295</v></c></row>`), sheet.Damaged},
		{"no index of a shared string", rows(`<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`), sheet.Damaged},
		{"rows out of order", rows(`<row r="2"/><row r="1"/>`), sheet.Damaged},
		{"row 0", rows(`<row r="0"/>`), sheet.Damaged},
		{"row too far", rows(`<row r="1048577"/>`), sheet.Damaged},
		{"row of another world", rows(`<row r="99999999999999999999"/>`), sheet.Damaged},
		{"cells out of order", rows(`<row r="1"><c r="B1"/><c r="A1"/></row>`), sheet.Damaged},
		{"cell of another row", rows(`<row r="1"><c r="A2"><v>1</v></c></row>`), sheet.Damaged},
		{"cell too far", rows(`<row r="1"><c r="XFE1"><v>1</v></c></row>`), sheet.Damaged},
		{"cell without a name that is one", rows(`<row r="1"><c r="1A"/></row>`), sheet.Damaged},
		{"column beyond the limit", rows(`<row r="1"><c r="BM1"><v>1</v></c></row>`), sheet.TooManyColumns},
		{"merged upside down", book(t, `<row r="1"><c r="A1"><v>1</v></c></row>`, `<mergeCells><mergeCell ref="B2:A1"/></mergeCells>`, ""), sheet.Damaged},
		{
			"document type",
			sheetOf(`<!DOCTYPE worksheet [<!ENTITY a "aaaa">]><worksheet ` + mainNS + `><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>`),
			sheet.Damaged,
		},
		{"entity that nobody declared", rows(`<row r="1"><c r="A1"><v>&a;</v></c></row>`), sheet.Damaged},
		{"not UTF-8", rows("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\xe1</v></c></row>"), sheet.Damaged},
		{"another encoding", sheetOf(`<?xml version="1.0" encoding="windows-1256"?><worksheet ` + mainNS + `/>`), sheet.Damaged},
		{"NUL in a cell", rows("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\x00</v></c></row>"), sheet.Damaged},
		{"element left open", sheetOf(`<worksheet ` + mainNS + `><sheetData><row r="1"><c r="A1"><v>1`), sheet.Damaged},
		{"elements crossed", rows(`<row r="1"><c r="A1"><v>1</c></v></row>`), sheet.Damaged},
		{"two roots", sheetOf(`<worksheet ` + mainNS + `/><worksheet/>`), sheet.Damaged},
		{"twice the same part", pack(t, append(around(""), entry{"XL/workbook.xml", "x"})...), sheet.Damaged},
		{"cell too long", rows(`<row r="1"><c r="A1" t="str"><v>` + strings.Repeat("x", 40_000) + `</v></c></row>`), sheet.CellTooLong},
		{
			"shared string too long",
			book(t, `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`, "", "<si><t>"+strings.Repeat("x", 70_000)+"</t></si>"),
			sheet.CellTooLong,
		},
		{"cut off", whole[:len(whole)/2], sheet.Damaged},
		{"a bit flipped", flipped, sheet.Damaged},
		{"locked", locked, sheet.Encrypted},
	}
	for _, tt := range tests {
		if _, err := read(tt.file); reasonOf(err) != tt.reason {
			t.Errorf("%s: error = %v, want %s", tt.name, err, tt.reason)
		}
	}
	_, err := read(book(t, `<row r="7"><c r="A7"><v>1</v></c><c r="C7" t="s"><v>0</v></c></row>`, "", "<si><t>"+strings.Repeat("x", 70_000)+"</t></si>"))
	if want := "sheet: cell_too_long at C7 (limit 32768)"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// TestAsExcelizeWrites: a realistic file, cell by cell as excelize itself reads it.
func TestAsExcelizeWrites(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetSheetName("Sheet1", "پنهان"))
	index, err := f.NewSheet("حقوق")
	must(err)
	f.SetActiveSheet(index)
	must(f.SetSheetVisible("پنهان", false))
	for i, row := range payroll(200) {
		must(f.SetSheetRow("حقوق", fmt.Sprintf("A%d", i+1), &row))
	}
	const s = "حقوق"
	must(f.SetCellInt(s, "E2", 12_500_000))
	must(f.SetCellFloat(s, "E3", 1234.5, -1, 64))
	must(f.SetCellValue(s, "E4", 6037991234567890))
	must(f.SetCellBool(s, "F5", true))
	must(f.SetCellFormula(s, "G6", "SUM(E2:E3)"))
	must(f.SetCellRichText(s, "A7", []excelize.RichTextRun{{Text: "محمد", Font: &excelize.Font{Bold: true}}, {Text: " رضا"}}))
	must(f.MergeCell(s, "A8", "B8"))
	style, err := f.NewStyle(&excelize.Style{NumFmt: 3})
	must(err)
	must(f.SetColStyle(s, "E:ZZ", style))
	must(f.SetCellStr(s, "A300", "آخر"))
	must(f.SetCellStr(s, "A9", "a\tb\nc_x000D_<&>'\" ‌"))
	file, err := f.WriteToBuffer()
	must(err)

	table := mustRead(t, file.Bytes())
	if got := table.Origin().Sheet; got != s {
		t.Fatalf("the sheet is %s, want %s", got, s)
	}
	theirs, err := excelize.OpenReader(bytes.NewReader(file.Bytes()))
	must(err)
	defer theirs.Close()
	if got, want := table.Rows(), 202; got != want {
		t.Fatalf("%d rows, want %d", got, want)
	}
	for row := range table.Rows() {
		for column := range table.Columns() {
			at := table.Ref(row, column)
			want, err := theirs.GetCellValue(s, at, excelize.Options{RawCellValue: true})
			must(err)
			switch at {
			case "B8":
				want = "" // excelize gives the first cell's
			case "F5":
				want = "TRUE"
			}
			if got := table.Cell(row, column).Text; got != want {
				t.Errorf("%s = %q, want %q", at, got, want)
			}
		}
	}
	for at, want := range map[string]sheet.Cell{
		"E2": {Text: "12500000", Numeric: true}, "E3": {Text: "1234.5", Numeric: true}, "G6": {Formula: true},
		"E4": {Text: "6037991234567890", Numeric: true, Rounded: true}, "B8": {Merged: true}, "A7": {Text: "محمد رضا"},
	} {
		column, row, err := excelize.CellNameToCoordinates(at)
		must(err)
		if got := table.Cell(row-1, column-1); got != want {
			t.Errorf("%s has %q and marks that differ from those of %q", at, got.Text, want.Text)
		}
	}
}

// TestOwnExports: what package xlsx writes is read as it was.
func TestOwnExports(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ -~\n\t]{1,9}`), rapid.SampledFrom([]string{"می‌خواهم", "=1+1", "_x000D_", "a\rb"}))
		texts := rapid.SliceOfN(text, 1, 9).Draw(rt, "texts")
		number := rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(rt, "number")
		var file bytes.Buffer
		w := xlsx.New(&file, xlsx.Options{Sheet: "x"})
		for _, text := range texts {
			w.BeginRow()
			w.Number(xlsx.Whole, strconv.AppendInt(nil, number, 10))
			w.String(xlsx.Text, text)
			if err := w.EndRow(); err != nil {
				rt.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		table, err := read(file.Bytes())
		if err != nil {
			rt.Fatal(err)
		}
		var got []string
		for row := range table.Rows() {
			if n := table.Cell(row, 0); n.Text != strconv.FormatInt(number, 10) || !n.Numeric || n.Rounded {
				rt.Fatalf("%d is read as %q", number, n.Text)
			}
			text := table.Cell(row, 1)
			if text.Formula || text.Numeric {
				rt.Fatalf("%q is read as more than a text", text.Text)
			}
			got = append(got, text.Text)
		}
		for i, text := range texts {
			if strings.TrimSpace(text) == "" {
				texts[i] = ""
			}
		}
		if !slices.Equal(got, texts) {
			rt.Fatalf("%q is read as %q", texts, got)
		}
	})
}
