package sheet_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"payportal/internal/csvout"
	"payportal/internal/sheet"
)

func TestReadText(t *testing.T) {
	tests := []struct{ name, pasted, want string }{
		{
			"one number a line", "6037991234567893\n۶۲۱۹۸۶۱۰۱۲۳۴۵۶۷۸\r\nIR820540102680020817909002",
			"1|6037991234567893\n2|۶۲۱۹۸۶۱۰۱۲۳۴۵۶۷۸\n3|IR820540102680020817909002\n",
		},
		{"groups stay together", "6037 9912 3456 7893\n6037-9912-3456-7893", "1|6037 9912 3456 7893\n2|6037-9912-3456-7893\n"},
		{
			"rows of a spreadsheet", "علی\t6037991234567893\t1,500,000\nزهرا\t6219861012345678\t2,500,000\n",
			"1|علی|6037991234567893|1,500,000\n2|زهرا|6219861012345678|2,500,000\n",
		},
		{"comma", "a,b\nc,d", "1|a|b\n2|c|d\n"},
		{"semicolon with decimal commas", "a;1,5\nb;2,5", "1|a|1,5\n2|b|2,5\n"},
		{"Persian comma", "علی، 6037991234567893\nزهرا، 6219861012345678", "1|علی| 6037991234567893\n2|زهرا| 6219861012345678\n"},
		{"Persian semicolon", "علی؛6037991234567893", "1|علی|6037991234567893\n"},
		{"pipe", "a|b", "1|a|b\n"},
		{
			"a list in one line", "6037991234567893، 6219861012345678 ،IR820540102680020817909002",
			"1|6037991234567893\n2| 6219861012345678 \n3|IR820540102680020817909002\n",
		},
		{"a row with a name in one line", "Ali, 6037991234567893", "1|Ali| 6037991234567893\n"},
		{"a row of a spreadsheet in one line", "6037991234567893\t6219861012345678", "1|6037991234567893|6219861012345678\n"},
		{"old Mac", "a,b\rc,d\r", "1|a|b\n2|c|d\n"},
		{"byte order mark", "\ufeffa,b", "1|a|b\n"},
		{"declared separator", "sep=|\r\na,b|c", "2|a,b|c\n"},
		{"quotes", "\"a,b\",\"c\"\"d\",\"e\nf\"\ng,h", "1|a,b|c\"d|e\nf\n2|g|h|\n"},
		{"quotes behind a space", `a, "b,c"` + "\n" + `d,e`, "1|a|b,c\n2|d|e\n"},
		{"quotes within", `a"b,"c"d,"e" ,f`, "1|a\"b|cd|e|f\n"},
		{"an inch is no quote", "12\" pipe,1\n14\" pipe,2", "1|12\" pipe|1\n2|14\" pipe|2\n"},
		{"digits forced to be text", `="0123",="1""2",1` + "\n", "1|0123|=\"1\"\"2\"=|1\n"},
		{"formula", "=A1+1,2", "1|=A1+1=|2\n"},
		{
			"rounded", "6.03799E+15,6,1\n\"6,03799E+15\",1e15,-1.5E+9\n1E-5,12E4x,IR1E5",
			"1|6.03799E+15~|6|1\n2|6,03799E+15~|1e15~|-1.5E+9~\n3|1E-5|12E4x|IR1E5\n",
		},
		{"blank rows keep their numbers", "\n\na,\n , \n\u200c\nb", "3|a\n6|b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := sheet.ReadText(tt.pasted, sheet.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(table); got != tt.want {
				t.Errorf("ReadText(%q) =\n%s, want\n%s", tt.pasted, got, tt.want)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	const text = "نام,شماره\r\nعلي رضايي,6037991234567893\r\nپگاه ژاله‌چي,6219861012345678\r\n"
	const want = "1|نام|شماره\n2|علي رضايي|6037991234567893\n3|پگاه ژاله‌چي|6219861012345678\n"
	tests := []struct {
		name, mark, encoding string
		coding               encoding.Encoding
	}{
		{"UTF-8", "", "UTF-8", encoding.Nop},
		{"UTF-8 with a mark", "\xef\xbb\xbf", "UTF-8", encoding.Nop},
		{"UTF-16 little-endian", "", "UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"UTF-16 little-endian with a mark", "\xff\xfe", "UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"UTF-16 big-endian", "", "UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"UTF-16 big-endian with a mark", "\xfe\xff", "UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"Windows-1256", "", "Windows-1256", charmap.Windows1256},
	}
	for _, tt := range tests {
		for _, lead := range []int{0, 20_000} { // lines of ASCII before the first Persian letter
			encoded, err := tt.coding.NewEncoder().String(strings.Repeat("a,b\r\n", lead) + text)
			if err != nil {
				t.Fatal(err)
			}
			table, err := read([]byte(tt.mark + encoded))
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			if got := table.Origin(); got.Encoding != tt.encoding || got.Separator != "," || table.Rows() != lead+3 {
				t.Errorf("%s: %+v, %v, want %s and %d rows", tt.name, got, table, tt.encoding, lead+3)
			}
			if got := lines(table); lead == 0 && got != want {
				t.Errorf("%s: table =\n%s, want\n%s", tt.name, got, want)
			}
		}
	}
}

func TestBadText(t *testing.T) {
	persian := "نام,شماره\nعلی رضایی,6037991234567893\n"
	tests := []struct {
		name, file string
		reason     sheet.Reason
	}{
		{"NUL in UTF-8", persian + "\x00", sheet.Binary},
		{"NUL in UTF-16", "\xff\xfea\x00\n\x00b\x00\x00\x00", sheet.Binary},
		{"random bytes", "\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11", sheet.Binary},
		{"bytes and NUL", "\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00", sheet.Binary},
		{"damaged UTF-8", persian + persian[:len(persian)-40] + "\xd8\n" + persian, sheet.Encoding},
		{"Latin-1", "caf\xe9,M\xfcller\n", sheet.Encoding},
		{"UTF-32", "\xff\xfe\x00\x00a\x00\x00\x00", sheet.Encoding},
		{"damaged behind a mark", "\xef\xbb\xbf\xe4\xe1\xed", sheet.Encoding},
		{"a quote that swallows lines", "a,\"b\nc,d\ne,\"f\n", sheet.OpenQuote},
		{"a quote that never ends", "a,\"b\nc,d\n", sheet.OpenQuote},
	}
	for _, tt := range tests {
		if _, err := read([]byte(tt.file)); reasonOf(err) != tt.reason {
			t.Errorf("%s: error = %v, want %s", tt.name, err, tt.reason)
		}
	}
	if _, err := sheet.ReadText("caf\xe9", sheet.DefaultLimits()); reasonOf(err) != sheet.Encoding {
		t.Errorf("pasted: error = %v, want %s", err, sheet.Encoding)
	}
	if _, err := sheet.ReadText("a\x00b", sheet.DefaultLimits()); reasonOf(err) != sheet.Binary {
		t.Errorf("pasted: error = %v, want %s", err, sheet.Binary)
	}
}

func TestWhatIsNoTable(t *testing.T) {
	wide := func(s string) string {
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	far := strings.Repeat("\x00", 200_000)
	zipped := func(names ...string) string {
		var entries []entry
		for _, name := range names {
			entries = append(entries, entry{name, "<x/>"})
		}
		return string(pack(t, entries...))
	}
	tests := []struct {
		name, file string
		reason     sheet.Reason
	}{
		{"nothing", "", sheet.Empty},
		{"XLS", compound + far + "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", sheet.OldExcel},
		{"XLS of 1992", "\x09\x04\x06\x00\x00\x00\x10\x00", sheet.OldExcel},
		{"XML of Excel 2003", `<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>`, sheet.OldExcel},
		{"XLSX with a password", compound + far[:65_510] + wide("EncryptedPackage")[2:], sheet.Encrypted},
		{"DOC", compound + far + wide("WordDocument")[2:], sheet.Document},
		{
			"DOCX",
			string(pack(t, relations("_rels/.rels", relation("a", "officeDocument", "word/document.xml")), entry{"word/document.xml", "<w/>"})),
			sheet.Document,
		},
		{"RTF", `{\rtf1\ansi`, sheet.Document},
		{"XML", `<?xml version="1.0"?><invoice/>`, sheet.Document},
		{"ODS", zipped("mimetype", "content.xml", "META-INF/manifest.xml"), sheet.OpenDocument},
		{"flat ODS", `<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>`, sheet.OpenDocument},
		{"XLSB", zipped("xl/workbook.bin"), sheet.BinaryWorkbook},
		{"ZIP", zipped("a.csv"), sheet.Archive},
		{"empty ZIP", string(pack(t)), sheet.Archive},
		{"7z", "7z\xbc\xaf\x27\x1c", sheet.Archive},
		{"RAR", "Rar!\x1a\x07\x01\x00", sheet.Archive},
		{"gzip", "\x1f\x8b\x08\x00", sheet.Archive},
		{"PDF", "%PDF-1.7\n", sheet.PDF},
		{"PNG", "\x89PNG\r\n\x1a\n", sheet.Picture},
		{"JPEG", "\xff\xd8\xff\xe0", sheet.Picture},
		{"HEIC", "\x00\x00\x00\x24ftypheic", sheet.Picture},
		{"WebP", "RIFF\x00\x00\x00\x00WEBPVP8 ", sheet.Picture},
		{"BMP", "BM\x36\x00\x0c\x00\x00\x00\x00\x00", sheet.Picture},
		{"HTML named .xls", "\r\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>", sheet.WebPage},
		{"HTML in UTF-16", wide("<!DOCTYPE HTML><table>"), sheet.WebPage},
		{"HTML with a mark", "\ufeff<TABLE border=1>", sheet.WebPage},
		{"web archive", "MIME-Version: 1.0\r\n", sheet.WebPage},
	}
	for _, tt := range tests {
		if _, err := read([]byte(tt.file)); reasonOf(err) != tt.reason {
			t.Errorf("%s: error = %v, want %s", tt.name, err, tt.reason)
		}
	}
}

// TestLongFields: fields that are longer than what is read at a time, up to the limit and one byte beyond, wherever they begin.
func TestLongFields(t *testing.T) {
	limits := sheet.DefaultLimits()
	long := strings.Repeat("x", limits.CellBytes)
	for _, lead := range []int{0, 1, 30_000, 65_535, 98_303} {
		before := strings.Repeat("1,2\n", lead/4)
		for _, field := range []string{long, `"` + long + `"`, `"` + strings.Repeat(`""`, limits.CellBytes) + `"`} {
			table, err := sheet.ReadText(before+"a,"+field+",b\r\nc", limits)
			if err != nil {
				t.Fatal(err)
			}
			last := table.Rows() - 2
			if got := len(table.Cell(last, 1).Text); got != limits.CellBytes || table.Cell(last, 2).Text != "b" || table.Cell(last+1, 0).Text != "c" {
				t.Errorf("behind %d bytes: %d bytes were read, want %d and what follows", lead, got, limits.CellBytes)
			}
			_, err = sheet.ReadText(before+"a,"+strings.Replace(field, "x", "xx", 1)+",b", limits)
			if field[1] == 'x' && reasonOf(err) != sheet.CellTooLong {
				t.Errorf("behind %d bytes: error = %v, want %s", lead, err, sheet.CellTooLong)
			}
		}
	}
}

// TestCSVRoundTrip: what encoding/csv and our own exports write is read as it was, whatever stands in it.
func TestCSVRoundTrip(t *testing.T) {
	cell := rapid.OneOf(rapid.StringMatching(`[a-z0-9 ,;"'\n\r|=\t]{0,12}`), rapid.SampledFrom([]string{"علی", "،", "؛", `"`, "\r\n", "", " "}))
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 6), 1, 6).Draw(rt, "rows")
		checkRoundTrip(rt, rows)
	})
}

type fataler interface{ Fatalf(string, ...any) }

// checkRoundTrip writes rows behind a head that settles the separator, and reads them.
func checkRoundTrip(t fataler, rows [][]string) {
	written := [][]string{{"h", "h", "h", "h", "h", "h"}}
	var own []byte
	own = append(own, csvout.BOM+"h,h,h,h,h,h"+csvout.LineEnd...)
	for _, row := range rows {
		written = append(written, append([]string{"#"}, row...)) // no row is blank
		own = append(own, '#')
		for _, text := range row {
			own = csvout.AppendField(append(own, ','), text)
		}
		own = append(own, csvout.LineEnd...)
	}
	var file strings.Builder
	if err := csv.NewWriter(&file).WriteAll(written); err != nil {
		t.Fatalf("write: %v", err)
	}
	for writer, text := range map[string]string{
		"encoding/csv": "sep=,\n" + file.String(),
		"csvout":       strings.Replace(string(own), csvout.BOM, csvout.BOM+"sep=,\r\n", 1),
	} {
		table, err := read([]byte(text))
		if err != nil {
			t.Fatalf("%s: %q is not read: %v", writer, rows, err)
		}
		if table.Rows() != len(rows)+1 {
			t.Fatalf("%s: %q is read as\n%s", writer, rows, lines(table))
		}
		for i, row := range rows {
			for j, want := range row {
				got := table.Cell(i+1, j+1).Text
				if writer == "csvout" {
					got = strings.TrimPrefix(got, "'")
					want = strings.TrimPrefix(want, "'")
				}
				if got != want && strings.TrimSpace(want) != "" && !strings.HasPrefix(want, `="`) {
					t.Fatalf("%s: %q is read as %q", writer, want, got)
				}
			}
		}
	}
}
