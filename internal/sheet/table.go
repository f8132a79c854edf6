package sheet

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Format is the family that a file belongs to.
type Format string

// The formats.
const (
	XLSX      Format = "xlsx"
	Delimited Format = "text" // CSV, TSV and pasted text
)

// Origin says what a table was read from.
type Origin struct {
	// Name is the file's, and empty for pasted text.
	Name   string
	Format Format
	// Encoding of the text: UTF-8, UTF-16LE, UTF-16BE or Windows-1256.
	Encoding string
	// Separator stands between the fields of text, and is empty if every line is one field.
	Separator string
	// Sheet is the name of the sheet that was read of a workbook.
	Sheet string
}

// Cell is one cell. It is personal data as a rule and does not print itself.
type Cell struct {
	// Text is what stands in the cell: a number with all its digits and never with an exponent, a truth as TRUE or FALSE, an
	// error as #N/A. White space alone is nothing.
	Text string
	// Numeric means that a workbook holds a number and not a text.
	Numeric bool
	// Formula means that the text was calculated. It may be empty: nobody calculated it yet.
	Formula bool
	// Merged means that the cell is covered by a merged one, whose text stands at its first cell alone.
	Merged bool
	// Rounded means that digits are missing: spreadsheets keep 15 digits of a number, so that the last one of a card's 16 is 0, and
	// write 6.03799E+15 into a CSV.
	Rounded bool
}

const redactedCell = "sheet.Cell(redacted)"

// Format is fmt.Formatter: it prints no text.
func (c Cell) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedCell) }

// LogValue is slog.LogValuer: it logs no text.
func (c Cell) LogValue() slog.Value { return slog.StringValue(redactedCell) }

// MarshalJSON is json.Marshaler: it writes no text.
func (c Cell) MarshalJSON() ([]byte, error) { return []byte(`"` + redactedCell + `"`), nil }

// Table is what was read. It does not change and may be read by many at once.
type Table struct {
	origin  Origin
	text    texts
	cells   cells
	rows    []row
	columns int
}

type row struct {
	first  uint32 // of its cells
	number uint32 // in the file
	width  uint32
}

// Format is fmt.Formatter: it prints the size alone.
func (t *Table) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sheet.Table(%d rows, %d columns)", t.Rows(), t.columns)
}

// LogValue is slog.LogValuer: it logs the size alone.
func (t *Table) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// Origin says what the table was read from.
func (t *Table) Origin() Origin { return t.origin }

// Rows is how many rows have content; a table has one at least.
func (t *Table) Rows() int { return len(t.rows) }

// Columns is how many there are up to the last one with content.
func (t *Table) Columns() int { return t.columns }

// Number gives the row's number in the file, from 1, as spreadsheets show it. Rows without content have one too, so that numbers
// may be missing.
func (t *Table) Number(row int) int { return int(t.rows[row].number) }

// Ref gives the cell's name in the file, such as "B17".
func (t *Table) Ref(row, column int) string { return ref(t.Number(row), column) }

func ref(number, column int) string { return ColumnName(column) + strconv.Itoa(number) }

// ColumnName gives the letters of a column, counted from 0.
func ColumnName(column int) string {
	var letters [8]byte
	at := len(letters)
	for column++; column > 0; column = (column - 1) / 26 {
		at--
		letters[at] = 'A' + byte((column-1)%26)
	}
	return string(letters[at:])
}

// Cell gives a cell, without allocating. Rows may be of different lengths: what is beyond a row's end is empty.
func (t *Table) Cell(row, column int) Cell {
	r := &t.rows[row]
	if column >= int(r.width) {
		return Cell{}
	}
	p := *t.cells.at(int(r.first) + column)
	return Cell{
		Text: t.text.at(p), Numeric: p&numeric != 0, Formula: p&formula != 0, Merged: p&merged != 0, Rounded: p&rounded != 0,
	}
}

// packed is a cell as it is kept: where its text begins, how long it is, and what else is known of it.
type packed uint64

const (
	lengthShift = 32
	lengthMask  = 1<<20 - 1
)

const (
	numeric packed = 1 << (56 + iota)
	formula
	merged
	rounded
	// shared means that the text's place is not known yet: in its stead stands the number of a shared string.
	shared
)

const flags = numeric | formula | merged | rounded | shared

func (p packed) length() int    { return int(p >> lengthShift & lengthMask) }
func (p packed) place() uint32  { return uint32(p) }
func (p packed) hasValue() bool { return p.length() > 0 || p&(formula|shared) != 0 }

// texts holds the cells' texts one after another, in blocks, so that a text costs no allocation and growing copies nothing.
type texts struct {
	full  []string
	open  strings.Builder
	total int64
}

const (
	blockBits = 18
	blockSize = 1 << blockBits
)

// add keeps a text and gives where it is.
func (t *texts) add(text []byte) packed {
	if t.open.Len()+len(text) > blockSize {
		t.full = append(t.full, t.open.String())
		t.open = strings.Builder{}
		t.open.Grow(blockSize)
	}
	at := len(t.full)<<blockBits | t.open.Len()
	t.open.Write(text)
	t.total += int64(len(text))
	return packed(at) | packed(len(text))<<lengthShift
}

func (t *texts) at(p packed) string {
	block, from := int(p.place()>>blockBits), int(p.place()&(blockSize-1))
	if p.length() == 0 {
		return ""
	}
	if block == len(t.full) {
		return t.open.String()[from : from+p.length()]
	}
	return t.full[block][from : from+p.length()]
}

// cells is a list in blocks, of which none is copied when it grows.
type cells struct {
	blocks [][]packed
	count  int
}

const (
	cellBits  = 13
	cellBlock = 1 << cellBits
)

func (c *cells) add(p packed) {
	last := len(c.blocks) - 1
	if c.count == len(c.blocks)<<cellBits {
		size := 0 // the first block grows with a small table
		if last >= 0 {
			size = cellBlock
		}
		c.blocks = append(c.blocks, make([]packed, 0, size))
		last++
	}
	c.blocks[last] = append(c.blocks[last], p)
	c.count++
}

func (c *cells) at(i int) *packed { return &c.blocks[i>>cellBits][i&(cellBlock-1)] }

// builder makes a table row by row, within the limits.
type builder struct {
	t      *Table
	limits Limits
	row    []packed // the present row up to its last cell with a value
	number int
}

func newBuilder(limits Limits) *builder { return &builder{t: &Table{}, limits: limits} }

func (b *builder) beginRow(number int) {
	b.row = b.row[:0]
	b.number = number
}

// put sets a cell of the present row. Columns come in ascending order.
func (b *builder) put(column int, text []byte, marks packed) error {
	if isBlank(text) {
		text = nil
	}
	if len(text) == 0 && marks&formula == 0 {
		return nil
	}
	if len(text) > b.limits.CellBytes {
		return b.tooLong(b.number, column)
	}
	if err := b.reach(column); err != nil {
		return err
	}
	place, err := b.keep(text)
	b.row = append(b.row, place|marks)
	return err
}

// putShared sets a cell whose text is a shared string that is read later.
func (b *builder) putShared(column int, index uint32, marks packed) error {
	if err := b.reach(column); err != nil {
		return err
	}
	b.row = append(b.row, packed(index)|marks|shared)
	return nil
}

// reach fills the row up to a column that has a value.
func (b *builder) reach(column int) error {
	if column >= b.limits.Columns {
		return &Problem{Reason: TooManyColumns, Args: map[string]any{"Limit": b.limits.Columns, "Ref": ref(b.number, column)}}
	}
	for len(b.row) < column {
		b.row = append(b.row, 0)
	}
	return nil
}

func (b *builder) keep(text []byte) (packed, error) {
	if b.t.text.total+int64(len(text)) > b.limits.Text {
		return 0, &Problem{Reason: TooMuchText, Args: map[string]any{"Limit": b.limits.Text}}
	}
	return b.t.text.add(text), nil
}

func (b *builder) tooLong(number, column int) error {
	return &Problem{Reason: CellTooLong, Args: map[string]any{"Limit": b.limits.CellBytes, "Ref": ref(number, column)}}
}

func (b *builder) endRow() error {
	switch {
	case len(b.row) == 0:
		return nil
	case len(b.t.rows) >= b.limits.Rows:
		return &Problem{Reason: TooManyRows, Args: map[string]any{"Limit": b.limits.Rows}}
	}
	r := row{first: uint32(b.t.cells.count), number: uint32(b.number), width: uint32(len(b.row))}
	b.t.rows = append(b.t.rows, r)
	for _, p := range b.row {
		b.t.cells.add(p)
	}
	return b.countCells()
}

func (b *builder) countCells() error {
	if b.t.cells.count > b.limits.Cells {
		return &Problem{Reason: TooManyCells, Args: map[string]any{"Limit": b.limits.Cells}}
	}
	return nil
}

// finish ends the table, when every text is known: covered cells lose theirs, and rows without content go.
func (b *builder) finish(covers []span) (*Table, error) {
	work := len(b.t.rows)*b.limits.Columns + cellBlock // more than this only ranges that overlap can ask for
	for _, s := range covers {
		if work -= b.cover(s); work < 0 {
			return nil, problem(TooManyMerged)
		}
	}
	b.trim()
	if len(b.t.rows) == 0 {
		return nil, problem(Empty)
	}
	for _, s := range covers {
		b.widen(s)
		b.cover(s)
	}
	return b.t, b.countCells()
}

// trim cuts the rows behind their last value and takes out those that have none.
func (b *builder) trim() {
	kept := b.t.rows[:0]
	for _, r := range b.t.rows {
		for r.width > 0 && !b.t.cells.at(int(r.first+r.width-1)).hasValue() {
			r.width--
		}
		if r.width > 0 {
			kept = append(kept, r)
			b.t.columns = max(b.t.columns, int(r.width))
		}
	}
	b.t.rows = kept
}

// span is a range of cells, its ends included: rows by their number in the file, columns from 0.
type span struct {
	top, bottom uint32
	left, right uint16
	// mark is merged, or formula for cells that one formula fills.
	mark packed
}

// rowsOf gives the rows of a range that are in the table.
func (b *builder) rowsOf(s span) []row {
	byNumber := func(r row, number uint32) int { return cmp.Compare(r.number, number) }
	from, _ := slices.BinarySearchFunc(b.t.rows, s.top, byNumber)
	to, _ := slices.BinarySearchFunc(b.t.rows, s.bottom+1, byNumber)
	return b.t.rows[from:max(from, to)]
}

// cover marks the cells of a range, but for the first of a merged one, and says how much work it was.
func (b *builder) cover(s span) (work int) {
	for _, r := range b.rowsOf(s) {
		for column := uint32(s.left); column <= min(uint32(s.right), r.width-1); column++ {
			work++
			switch p := b.t.cells.at(int(r.first + column)); {
			case s.mark != merged:
				*p |= s.mark
			case r.number != s.top || column != uint32(s.left):
				*p = merged
			}
		}
		work++
	}
	return work + 1
}

// widen lengthens the rows of a merged range as far as the table has columns, so that its cells can be marked.
func (b *builder) widen(s span) {
	width := min(uint32(s.right)+1, uint32(b.t.columns))
	rows := b.rowsOf(s)
	for i := range rows {
		r := &rows[i]
		if s.mark != merged || r.width >= width || uint32(s.left) >= width {
			continue
		}
		first := b.t.cells.count
		for column := range width {
			if column < r.width {
				b.t.cells.add(*b.t.cells.at(int(r.first + column)))
			} else {
				b.t.cells.add(0)
			}
		}
		r.first, r.width = uint32(first), width
	}
}

// isBlank reports whether a text is white space alone, or characters that show nothing.
func isBlank(text []byte) bool {
	if len(text) > 0 && text[0] > ' ' && text[0] < 0x80 {
		return false
	}
	for _, r := range string(text) {
		if !unicode.IsSpace(r) && r != '\u200b' && r != '\u200c' && r != '\u200e' && r != '\u200f' && r != '\ufeff' {
			return false
		}
	}
	return true
}
