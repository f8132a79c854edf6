package psp

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"payportal/internal/errs"
	"payportal/internal/money"
)

// PaymentColumn is a column of the payments list and of its exports.
type PaymentColumn string

// The columns.
const (
	ColumnTime       PaymentColumn = "time"
	ColumnAmount     PaymentColumn = "amount"
	ColumnStatus     PaymentColumn = "status"
	ColumnCard       PaymentColumn = "card"
	ColumnTerminal   PaymentColumn = "terminal"
	ColumnPSP        PaymentColumn = "psp"
	ColumnType       PaymentColumn = "type"
	ColumnID         PaymentColumn = "id"
	ColumnConnection PaymentColumn = "connection"
)

// PaymentColumns lists every column in the order in which the list offers them.
var PaymentColumns = []PaymentColumn{
	ColumnTime, ColumnAmount, ColumnStatus, ColumnCard, ColumnTerminal, ColumnPSP, ColumnType, ColumnID, ColumnConnection,
}

// ExportFormat is a file format of exports; its value is the file's extension.
type ExportFormat string

// The formats.
const (
	CSV  ExportFormat = "csv"
	XLSX ExportFormat = "xlsx"
)

// ContentType is the format's media type.
func (f ExportFormat) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// PaymentExport asks for a file with exactly the payments that a list with this filter and order pages through.
type PaymentExport struct {
	Filter PaymentFilter
	Order  PaymentOrder
	// Columns are those of the screen, in its order.
	Columns []PaymentColumn
	Format  ExportFormat
	Text    ExportText
}

// ExportText is what an export says in the user's language, calendar, digits, zone and unit. The domain has no language; web
// fills it from the same printer as the screen.
type ExportText struct {
	// Sheet names the sheet of a spreadsheet.
	Sheet string
	// RightToLeft turns the sheet round.
	RightToLeft bool
	// Preamble stands above the table, a line each: what it is, what was filtered, the time zone, as of when, by whom, when.
	Preamble [][2]string
	// Head names the columns; that of the amount has the unit.
	Head map[PaymentColumn]string
	// Type, Status and Connection name values.
	Type       func(TerminalType) string
	Status     func(PaymentStatus) string
	Connection func(id int64) string
	// DateTime appends a moment.
	DateTime func(dst []byte, t time.Time) []byte
	// Unit is that in which amounts are written, as numbers.
	Unit money.Unit
}

// Export writes the file to w, row by row as the mirror is read, and gives the number of payments in it. What it fails with after
// the first bytes, the reader can only see as a file that is cut off. Invalid input fails before.
func (p *Payments) Export(ctx context.Context, w io.Writer, e PaymentExport) (rows int64, err error) {
	if err := e.validate(); err != nil {
		return 0, err
	}
	var table paymentTable
	switch e.Format {
	case XLSX:
		table = newSheetTable(w, e)
	default:
		table = newCSVTable(w, e)
	}
	if err := table.head(); err != nil {
		return 0, fmt.Errorf("export payments: %w", err)
	}
	err = p.Store.StreamPayments(ctx, e.Filter, e.Order, func(batch []PaymentRecord) error {
		rows += int64(len(batch))
		return table.rows(batch)
	})
	if err != nil {
		return rows, fmt.Errorf("export payments: %w", err)
	}
	if err := table.end(); err != nil {
		return rows, fmt.Errorf("export payments: %w", err)
	}
	return rows, nil
}

// paymentTable is a file format under way.
type paymentTable interface {
	// head writes the preamble and the head of the table, and lets the reader have them.
	head() error
	rows(batch []PaymentRecord) error
	end() error
}

func (e PaymentExport) validate() error {
	const op = "export payments"
	if err := e.Filter.validate(op); err != nil {
		return err
	}
	if e.Format != CSV && e.Format != XLSX {
		return errs.InvalidField(op, "format", "paymentdata.error.format")
	}
	if len(e.Columns) == 0 {
		return errs.InvalidField(op, "columns", "paymentdata.error.columns")
	}
	for _, c := range e.Columns {
		if _, known := e.Text.Head[c]; !known {
			return errs.InvalidField(op, "columns", "paymentdata.error.columns")
		}
	}
	return nil
}

// ExportName gives the name of an export's file, in ASCII: what it is, what was filtered, when it was made.
func (e PaymentExport) ExportName(now time.Time) string {
	parts := []string{"payments"}
	f := e.Filter
	if f.ConnectionID != 0 {
		parts = append(parts, fmt.Sprintf("connection-%d", f.ConnectionID))
	}
	if f.Type != nil {
		parts = append(parts, f.Type.String())
	}
	if f.Status != nil {
		parts = append(parts, fmt.Sprintf("status-%d", *f.Status))
	}
	parts = append(parts, f.PSP, f.Terminal, f.Search.Terminal, f.Search.FirstSix, f.Search.LastFour, f.Search.IDPrefix)
	if f.MinAmount != nil {
		parts = append(parts, fmt.Sprintf("from-%d", f.MinAmount.Minor))
	}
	if f.MaxAmount != nil {
		parts = append(parts, fmt.Sprintf("to-%d", f.MaxAmount.Minor))
	}
	const stamp = "20060102T1504"
	if !f.From.IsZero() {
		parts = append(parts, "since-"+f.From.UTC().Format(stamp+"Z"))
	}
	if !f.To.IsZero() {
		parts = append(parts, "until-"+f.To.UTC().Format(stamp+"Z"))
	}
	parts = append(parts, now.UTC().Format(stamp+"Z"))
	return fileName(parts) + "." + string(e.Format)
}

// fileName joins what of the parts is safe in a file name.
func fileName(parts []string) string {
	var kept []string
	for _, part := range parts {
		part = strings.Map(func(r rune) rune {
			if r == '-' || r < 0x80 && isAlphanumeric(string(r)) {
				return r
			}
			return -1
		}, part)
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "_")
}

// amountNumber gives an amount as a number in the unit: n divided by ten to the power of decimals.
func amountNumber(a money.Amount, unit money.Unit) (n int64, decimals int) {
	decimals = a.Currency.MinorDigits()
	if a.Currency == money.IRR && unit == money.Toman {
		decimals = 1
	}
	for n = a.Minor; decimals > 0 && n%10 == 0; decimals-- {
		n /= 10
	}
	return n, decimals
}

// labels remembers the names of the few types, statuses and connections, in the form that a file has them.
type labels struct {
	form        func(string) []byte
	types       [256][]byte
	statuses    [256][]byte
	connections map[int64][]byte
	text        ExportText
}

func newLabels(text ExportText, form func(string) []byte) *labels {
	return &labels{form: form, connections: map[int64][]byte{}, text: text}
}

func (l *labels) kind(t TerminalType) []byte {
	if l.types[t] == nil {
		l.types[t] = l.form(l.text.Type(t))
	}
	return l.types[t]
}

func (l *labels) status(s PaymentStatus) []byte {
	if l.statuses[s] == nil {
		l.statuses[s] = l.form(l.text.Status(s))
	}
	return l.statuses[s]
}

func (l *labels) connection(id int64) []byte {
	label, ok := l.connections[id]
	if !ok {
		label = l.form(l.text.Connection(id))
		l.connections[id] = label
	}
	return label
}
