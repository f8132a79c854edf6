package psp

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvTable writes RFC 4180 with a byte order mark, by which Excel knows UTF-8. Texts that a spreadsheet would run as a formula
// get an apostrophe in front (T29). It writes whole buffers, itself: encoding/csv costs as much as reading the payments.
type csvTable struct {
	w      io.Writer
	e      PaymentExport
	labels *labels
	buf    []byte
}

const csvBuffer = 64 << 10

func newCSVTable(w io.Writer, e PaymentExport) *csvTable {
	form := func(s string) []byte { return appendCSV(nil, s) }
	return &csvTable{w: w, e: e, labels: newLabels(e.Text, form), buf: make([]byte, 0, csvBuffer+4096)}
}

func (t *csvTable) head() error {
	t.buf = append(t.buf, "\ufeff"...)
	for _, line := range t.e.Text.Preamble {
		t.buf = appendCSV(t.buf, line[0])
		t.buf = append(t.buf, ',')
		t.buf = appendCSV(t.buf, line[1])
		t.buf = append(t.buf, "\r\n"...)
	}
	if len(t.e.Text.Preamble) > 0 {
		t.buf = append(t.buf, "\r\n"...)
	}
	for i, c := range t.e.Columns {
		t.separate(i)
		t.buf = appendCSV(t.buf, t.e.Text.Head[c])
	}
	t.buf = append(t.buf, "\r\n"...)
	return t.flush()
}

func (t *csvTable) separate(column int) {
	if column > 0 {
		t.buf = append(t.buf, ',')
	}
}

func (t *csvTable) rows(batch []PaymentRecord) error {
	for i := range batch {
		for column, c := range t.e.Columns {
			t.separate(column)
			t.cell(c, &batch[i])
		}
		t.buf = append(t.buf, "\r\n"...)
		if len(t.buf) >= csvBuffer {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *csvTable) cell(c PaymentColumn, p *PaymentRecord) {
	switch c {
	case ColumnTime:
		start := len(t.buf)
		t.buf = t.e.Text.DateTime(t.buf, p.TransactedAt)
		if needsCare(t.buf[start:]) {
			t.buf = appendCSV(t.buf[:start], string(t.buf[start:]))
		}
	case ColumnAmount:
		n, decimals := amountNumber(p.Amount, t.e.Text.Unit)
		t.buf = appendDecimal(t.buf, n, decimals)
	case ColumnStatus:
		t.buf = append(t.buf, t.labels.status(p.Status)...)
	case ColumnCard:
		t.buf = appendCSV(t.buf, p.MaskedCard)
	case ColumnTerminal:
		t.buf = appendCSV(t.buf, p.TerminalNumber)
	case ColumnPSP:
		t.buf = appendCSV(t.buf, p.PSP)
	case ColumnType:
		t.buf = append(t.buf, t.labels.kind(p.Type)...)
	case ColumnID:
		t.buf = appendCSV(t.buf, p.ID)
	case ColumnConnection:
		t.buf = append(t.buf, t.labels.connection(p.ConnectionID)...)
	}
}

func (t *csvTable) flush() error {
	_, err := t.w.Write(t.buf)
	t.buf = t.buf[:0]
	return err
}

func (t *csvTable) end() error { return t.flush() }

// appendDecimal appends n divided by ten to the power of decimals, with a point and no grouping.
func appendDecimal(dst []byte, n int64, decimals int) []byte {
	if decimals == 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	if n < 0 {
		dst = append(dst, '-')
	}
	digits := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	dst = append(dst, digits[:len(digits)-decimals]...)
	dst = append(dst, '.')
	return append(dst, digits[len(digits)-decimals:]...)
}

// careless tells the bytes with which a text can begin and go on unquoted.
var careless = func() (table [256]bool) {
	for c := 0x21; c < 0x100; c++ {
		table[c] = c != '"' && c != ',' && c != 0x7f
	}
	return table
}()

// needsCare reports whether a text must be quoted or disarmed; it may say so for one that need not.
func needsCare[T string | []byte](text T) bool {
	if len(text) == 0 {
		return false
	}
	switch c := text[0]; {
	case c == ' ', c == '=', c == '+', c == '-', c == '@', c >= utf8.RuneSelf:
		return true
	}
	for i := range len(text) {
		if !careless[text[i]] && text[i] != ' ' {
			return true
		}
	}
	return false
}

// appendCSV appends a text as one field.
func appendCSV(dst []byte, text string) []byte {
	if !needsCare(text) {
		return append(dst, text...)
	}
	text = disarm(text)
	if !strings.ContainsAny(text, "\",\r\n") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for i := range len(text) {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}

// disarm puts an apostrophe before a text that begins like a formula. Spaces and invisible characters do not hide a beginning:
// some programs drop them. NUL, at which some programs end a text, is taken out.
func disarm(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	start := strings.TrimLeft(text, " \u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
	if start == "" {
		return text
	}
	first, _ := utf8.DecodeRuneInString(start)
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}
