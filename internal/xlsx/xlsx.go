// Package xlsx writes spreadsheets as a stream: rows leave as they come, in memory that does not grow, onto as many sheets as
// they need. It knows text, whole and decimal numbers, bold heads and column widths, and it cannot write a formula: text
// that looks like one stays text. It reads nothing; the tests read its files with excelize. It is a leaf: every package may
// import it and it imports nothing of ours. See docs/adr/0008.
package xlsx

import (
	"archive/zip"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

// MaxRows is how many rows a sheet holds; further ones go onto the next sheet.
const MaxRows = 1_048_576

// maxText is how many characters a cell holds.
const maxText = 32_767

// Style is how a cell looks.
type Style byte

// The styles. Text has the format that keeps Excel from reading digits as a number when the cell is edited.
const (
	Text    Style = 1
	Whole   Style = 2 // 1,234
	Decimal Style = 3 // 1,234.5
	Head    Style = 4 // bold text
)

// Options describe the workbook.
type Options struct {
	// Sheet is the name of the first sheet; the next ones are numbered. Excel's forbidden characters become spaces.
	Sheet string
	// RightToLeft puts the first column on the right.
	RightToLeft bool
	// Widths are the columns' widths in characters.
	Widths []int
	// RowsPerSheet is MaxRows if it is 0.
	RowsPerSheet int
}

// Writer writes one workbook. After an error every call does nothing; Close gives the error.
type Writer struct {
	zip    *zip.Writer
	out    io.Writer // the present sheet
	o      Options
	buf    []byte
	repeat []byte // the head row, which begins every sheet
	inHead bool
	start  int // where the present row begins in buf
	rows   int // on the present sheet
	sheets int
	err    error
}

// flushAt is how much XML is collected before it is compressed.
const flushAt = 64 << 10

// New begins a workbook on w. Nothing needs to be read back or sought: w may be a network connection.
func New(w io.Writer, o Options) *Writer {
	if o.RowsPerSheet == 0 {
		o.RowsPerSheet = MaxRows
	}
	x := &Writer{zip: zip.NewWriter(w), o: o, buf: make([]byte, 0, flushAt+4096)}
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 1) })
	x.beginSheet()
	return x
}

func (x *Writer) beginSheet() {
	x.sheets++
	x.rows = 0
	x.create(fmt.Sprintf("xl/worksheets/sheet%d.xml", x.sheets))
	x.buf = append(x.buf, prolog+`<worksheet xmlns="`+mainNS+`"><sheetViews><sheetView workbookViewId="0"`...)
	if x.o.RightToLeft {
		x.buf = append(x.buf, ` rightToLeft="1"`...)
	}
	x.buf = append(x.buf, `/></sheetViews>`...)
	if len(x.o.Widths) > 0 {
		x.buf = append(x.buf, `<cols>`...)
		for i, width := range x.o.Widths {
			x.buf = fmt.Appendf(x.buf, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, width)
		}
		x.buf = append(x.buf, `</cols>`...)
	}
	x.buf = append(x.buf, `<sheetData>`...)
}

func (x *Writer) endSheet() {
	x.buf = append(x.buf, `</sheetData></worksheet>`...)
	x.flush()
}

// create opens the next file of the archive.
func (x *Writer) create(name string) {
	if x.err == nil {
		x.out, x.err = x.zip.Create(name)
	}
}

func (x *Writer) flush() {
	if x.err == nil && len(x.buf) > 0 {
		_, x.err = x.out.Write(x.buf)
	}
	x.buf = x.buf[:0]
}

// Flush sends what was written so far towards the reader, as far as the compressor lets it.
func (x *Writer) Flush() error {
	x.flush()
	if x.err == nil {
		x.err = x.zip.Flush()
	}
	return x.err
}

// BeginRow begins a row, on the next sheet if this one is full.
func (x *Writer) BeginRow() {
	if x.rows == x.o.RowsPerSheet {
		x.endSheet()
		x.beginSheet()
		if len(x.repeat) > 0 {
			x.buf = append(x.buf, x.repeat...)
			x.rows++
		}
	}
	x.start = len(x.buf)
	x.buf = append(x.buf, `<row>`...)
}

// BeginHead begins the row that is repeated at the top of every further sheet.
func (x *Writer) BeginHead() {
	x.BeginRow()
	x.inHead = true
}

// EndRow ends the row.
func (x *Writer) EndRow() error {
	x.buf = append(x.buf, `</row>`...)
	x.rows++
	if x.inHead {
		x.repeat, x.inHead = append([]byte(nil), x.buf[x.start:]...), false
	}
	if len(x.buf) >= flushAt {
		x.flush()
	}
	return x.err
}

// String adds a cell of text. Characters that XML cannot hold become replacement characters, and what is longer than a cell is
// cut.
func (x *Writer) String(s Style, text string) { x.buf = appendCell(x.buf, s, text) }

// Bytes is String for text in a buffer.
func (x *Writer) Bytes(s Style, text []byte) { x.buf = appendCell(x.buf, s, text) }

func appendCell[T string | []byte](dst []byte, s Style, text T) []byte {
	dst = append(dst, `<c s="`...)
	dst = append(dst, '0'+byte(s))
	dst = append(dst, `" t="inlineStr"><is><t xml:space="preserve">`...)
	simple := len(text) <= maxText
	for i := 0; simple && i < len(text); i++ {
		simple = plain[text[i]]
	}
	if simple {
		dst = append(dst, text...)
	} else {
		dst = appendText(dst, string(text))
	}
	return append(dst, `</t></is></c>`...)
}

// Number adds a cell with a number, given in Latin digits with a point, such as -12.5; the caller vouches for its form.
func (x *Writer) Number(s Style, decimal []byte) {
	x.buf = append(x.buf, `<c s="`...)
	x.buf = append(x.buf, '0'+byte(s))
	x.buf = append(x.buf, `"><v>`...)
	x.buf = append(x.buf, decimal...)
	x.buf = append(x.buf, `</v></c>`...)
}

// Close ends the workbook. It does not close the writer below.
func (x *Writer) Close() error {
	x.endSheet()
	for _, part := range x.parts() {
		x.create(part.name)
		x.buf = append(x.buf, part.content...)
		x.flush()
	}
	if x.err != nil {
		return x.err
	}
	return x.zip.Close()
}

// plain tells the bytes that need no care in a text.
var plain = func() (table [256]bool) {
	for c := 0x20; c < 0x7f; c++ {
		table[c] = c != '&' && c != '<' && c != '>' && c != '_'
	}
	return table
}()

// appendText escapes a text and cuts it to what a cell holds.
func appendText(dst []byte, text string) []byte {
	length := 0
	for i, r := range text {
		if length++; length > maxText {
			break
		}
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '_' && isEscape(text[i:]):
			dst = append(dst, "_x005F_"...)
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r', r == 0xfffe, r == 0xffff:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case r == '\r':
			dst = append(dst, "&#13;"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// isEscape reports whether the text begins with what Excel reads as an escaped character: _x000D_ and the like.
func isEscape(text string) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(text[2:6], 16, 16)
	return err == nil
}
