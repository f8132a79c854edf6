package psp

import (
	"io"
	"strconv"
	"strings"

	"payportal/internal/csvout"
)

// csvTable writes CSV in whole buffers.
type csvTable struct {
	w      io.Writer
	e      PaymentExport
	labels *labels
	buf    []byte
}

const csvBuffer = 64 << 10

func newCSVTable(w io.Writer, e PaymentExport) *csvTable {
	form := func(s string) []byte { return csvout.AppendField(nil, s) }
	return &csvTable{w: w, e: e, labels: newLabels(e.Text, form), buf: make([]byte, 0, csvBuffer+4096)}
}

func (t *csvTable) head() error {
	t.buf = append(t.buf, csvout.BOM...)
	for _, line := range t.e.Text.Preamble {
		t.buf = csvout.AppendField(t.buf, line[0])
		t.buf = append(t.buf, ',')
		t.buf = csvout.AppendField(t.buf, line[1])
		t.buf = append(t.buf, csvout.LineEnd...)
	}
	if len(t.e.Text.Preamble) > 0 {
		t.buf = append(t.buf, csvout.LineEnd...)
	}
	for i, c := range t.e.Columns {
		t.separate(i)
		t.buf = csvout.AppendField(t.buf, t.e.Text.Head[c])
	}
	t.buf = append(t.buf, csvout.LineEnd...)
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
		t.buf = append(t.buf, csvout.LineEnd...)
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
		t.buf = csvout.EndField(t.e.Text.DateTime(t.buf, p.TransactedAt), start)
	case ColumnAmount:
		n, decimals := amountNumber(p.Amount, t.e.Text.Unit)
		t.buf = appendDecimal(t.buf, n, decimals)
	case ColumnStatus:
		t.buf = append(t.buf, t.labels.status(p.Status)...)
	case ColumnCard:
		t.buf = csvout.AppendField(t.buf, p.MaskedCard)
	case ColumnTerminal:
		t.buf = csvout.AppendField(t.buf, p.TerminalNumber)
	case ColumnPSP:
		t.buf = csvout.AppendField(t.buf, p.PSP)
	case ColumnType:
		t.buf = append(t.buf, t.labels.kind(p.Type)...)
	case ColumnID:
		t.buf = csvout.AppendField(t.buf, p.ID)
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
