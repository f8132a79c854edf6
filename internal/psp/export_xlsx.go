package psp

import (
	"io"

	"payportal/internal/xlsx"
)

// sheetTable writes a spreadsheet: amounts as numbers, everything else as text.
type sheetTable struct {
	x      *xlsx.Writer
	e      PaymentExport
	labels *labels
	buf    []byte
}

var columnWidths = map[PaymentColumn]int{
	ColumnTime: 22, ColumnAmount: 18, ColumnStatus: 14, ColumnCard: 20, ColumnTerminal: 16, ColumnPSP: 18, ColumnType: 10,
	ColumnID: 32, ColumnConnection: 20,
}

func newSheetTable(w io.Writer, e PaymentExport) *sheetTable {
	o := xlsx.Options{Sheet: e.Text.Sheet, RightToLeft: e.Text.RightToLeft}
	for _, c := range e.Columns {
		o.Widths = append(o.Widths, columnWidths[c])
	}
	form := func(s string) []byte { return []byte(s) }
	return &sheetTable{x: xlsx.New(w, o), e: e, labels: newLabels(e.Text, form)}
}

func (t *sheetTable) head() error {
	for _, line := range t.e.Text.Preamble {
		t.x.BeginRow()
		t.x.String(xlsx.Head, line[0])
		t.x.String(xlsx.Text, line[1])
		if err := t.x.EndRow(); err != nil {
			return err
		}
	}
	if len(t.e.Text.Preamble) > 0 {
		t.x.BeginRow()
		if err := t.x.EndRow(); err != nil {
			return err
		}
	}
	t.x.BeginHead()
	for _, c := range t.e.Columns {
		t.x.String(xlsx.Head, t.e.Text.Head[c])
	}
	if err := t.x.EndRow(); err != nil {
		return err
	}
	return t.x.Flush()
}

func (t *sheetTable) rows(batch []PaymentRecord) error {
	for i := range batch {
		t.x.BeginRow()
		for _, c := range t.e.Columns {
			t.cell(c, &batch[i])
		}
		if err := t.x.EndRow(); err != nil {
			return err
		}
	}
	return nil
}

func (t *sheetTable) cell(c PaymentColumn, p *PaymentRecord) {
	switch c {
	case ColumnTime:
		t.buf = t.e.Text.DateTime(t.buf[:0], p.TransactedAt)
		t.x.Bytes(xlsx.Text, t.buf)
	case ColumnAmount:
		n, decimals := amountNumber(p.Amount, t.e.Text.Unit)
		style := xlsx.Whole
		if decimals > 0 {
			style = xlsx.Decimal
		}
		t.buf = appendDecimal(t.buf[:0], n, decimals)
		t.x.Number(style, t.buf)
	case ColumnStatus:
		t.x.Bytes(xlsx.Text, t.labels.status(p.Status))
	case ColumnCard:
		t.x.String(xlsx.Text, p.MaskedCard)
	case ColumnTerminal:
		t.x.String(xlsx.Text, p.TerminalNumber)
	case ColumnPSP:
		t.x.String(xlsx.Text, p.PSP)
	case ColumnType:
		t.x.Bytes(xlsx.Text, t.labels.kind(p.Type))
	case ColumnID:
		t.x.String(xlsx.Text, p.ID)
	case ColumnConnection:
		t.x.Bytes(xlsx.Text, t.labels.connection(p.ConnectionID))
	}
}

func (t *sheetTable) end() error { return t.x.Close() }
