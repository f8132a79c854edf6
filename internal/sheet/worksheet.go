package sheet

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	// maxRow and maxColumn are what a sheet of Excel has.
	maxRow    = 1_048_576
	maxColumn = 16_384
	// maxSpans is how many ranges of merged cells and of formulas a sheet may have: several a line of a payroll.
	maxSpans = 1 << 18
)

// worksheet reads the part with a sheet's cells.
type worksheet struct {
	x     *xmlReader
	b     *builder
	text  []byte
	row   int // the present one, from 1
	spans []span
	// shared is how many cells have their text among the shared strings.
	shared int
}

// read reads the part into the builder. Errors: *Problem, for those of the reader's that close tells.
func (w *worksheet) read() error {
	if !w.x.root("worksheet") {
		return w.damaged()
	}
	for w.x.child() {
		var err error
		switch string(w.x.name) {
		case "sheetData":
			err = w.readRows()
		case "mergeCells":
			err = w.readMerged()
		default:
			w.x.skip()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// damaged prefers what the reader of the part has to say.
func (w *worksheet) damaged() error {
	if w.x.err != nil {
		return partError(w.x.err)
	}
	return problem(Damaged)
}

func (w *worksheet) readRows() error {
	for w.x.child() {
		if string(w.x.name) != "row" {
			w.x.skip()
			continue
		}
		number, err := w.rowNumber()
		if err != nil {
			return err
		}
		w.row = number
		w.b.beginRow(number)
		if err := w.readCells(); err != nil {
			return err
		}
		if err := w.b.endRow(); err != nil {
			return err
		}
	}
	return nil
}

// rowNumber gives what the row says, and else the number after the last one.
func (w *worksheet) rowNumber() (int, error) {
	number := w.row + 1
	for {
		name, value, found := w.x.attribute()
		if !found {
			break
		}
		if string(name) == "r" {
			number = parseCount(value)
		}
	}
	if number <= w.row || number > maxRow {
		return 0, w.damaged()
	}
	return number, nil
}

func (w *worksheet) readCells() error {
	for column := -1; w.x.child(); {
		if string(w.x.name) != "c" {
			w.x.skip()
			continue
		}
		c, err := w.beginCell(column)
		if err != nil {
			return err
		}
		if err := w.readCell(&c); err != nil {
			return err
		}
		column = c.column
	}
	return nil
}

// cell is the one at hand.
type cell struct {
	column  int
	kind    string // one of the words below
	formula bool
	value   bool // whether there is one
}

// The kinds of cells, as the attribute t says.
const (
	kindNumber = ""
	kindShared = "s"
	kindInline = "inlineStr"
	kindText   = "str"
	kindBool   = "b"
	kindOther  = "other" // an error or a date, which say themselves
)

func (w *worksheet) beginCell(last int) (cell, error) {
	c := cell{column: last + 1}
	for {
		name, value, found := w.x.attribute()
		if !found {
			break
		}
		switch string(name) {
		case "r":
			row, column := parseRef(value)
			if row != w.row {
				return c, w.damaged()
			}
			c.column = column
		case "t":
			c.kind = cellKind(value)
		}
	}
	if c.column <= last || c.column >= maxColumn {
		return c, w.damaged()
	}
	return c, nil
}

func cellKind(t []byte) string {
	switch string(t) {
	case "n":
		return kindNumber
	case "s":
		return kindShared
	case "inlineStr":
		return kindInline
	case "str":
		return kindText
	case "b":
		return kindBool
	default:
		return kindOther
	}
}

func (w *worksheet) readCell(c *cell) error {
	w.text = w.text[:0]
	for w.x.child() {
		switch string(w.x.name) {
		case "v":
			w.text = w.x.text(w.text[:0], w.b.limits.CellBytes)
			c.value = true
		case "is":
			w.text = w.richText(w.text[:0])
			c.value = true
		case "f":
			c.formula = true
			if err := w.readFormula(); err != nil {
				return err
			}
		default:
			w.x.skip()
		}
		if len(w.text) > w.b.limits.CellBytes {
			return w.b.tooLong(w.row, c.column)
		}
	}
	return w.put(c)
}

// put hands the cell to the builder.
func (w *worksheet) put(c *cell) error {
	var marks packed
	if c.formula {
		marks = formula
	}
	if !c.value {
		return w.b.put(c.column, nil, marks)
	}
	switch c.kind {
	case kindShared:
		index, err := strconv.ParseUint(string(trimSpace(w.text)), 10, 32)
		if err != nil {
			return w.damaged() // err would quote the cell
		}
		w.shared++
		return w.b.putShared(c.column, uint32(index), marks)
	case kindNumber:
		at := len(w.text)
		text, numberMarks, ok := appendNumber(w.text, bytes.TrimSpace(w.text))
		if w.text = text; ok {
			return w.b.put(c.column, text[at:], marks|numberMarks)
		}
		return w.b.put(c.column, text, marks)
	case kindBool:
		return w.b.put(c.column, truth(w.text), marks)
	case kindText, kindInline:
		return w.b.put(c.column, unescape(w.text), marks)
	default:
		return w.b.put(c.column, w.text, marks)
	}
}

func truth(text []byte) []byte {
	switch string(text) {
	case "1", "true":
		return []byte("TRUE")
	case "0", "false":
		return []byte("FALSE")
	default:
		return text
	}
}

// readFormula goes past a formula. One that fills a range says so at the range's first cell; the others look like plain values.
func (w *worksheet) readFormula() error {
	fills, area := false, span{}
	for {
		name, value, found := w.x.attribute()
		if !found {
			break
		}
		switch string(name) {
		case "t":
			fills = string(value) == "array" || string(value) == "dataTable"
		case "ref":
			area, _ = parseSpan(value)
		}
	}
	w.x.skip()
	if !fills || area.bottom == 0 || area.top == area.bottom && area.left == area.right {
		return nil
	}
	area.mark = formula
	return w.addSpan(area)
}

func (w *worksheet) readMerged() error {
	for w.x.child() {
		for string(w.x.name) == "mergeCell" {
			name, value, found := w.x.attribute()
			if !found {
				break
			}
			if string(name) != "ref" {
				continue
			}
			area, ok := parseSpan(value)
			if !ok {
				return w.damaged()
			}
			area.mark = merged
			if err := w.addSpan(area); err != nil {
				return err
			}
		}
		w.x.skip()
	}
	return nil
}

func (w *worksheet) addSpan(s span) error {
	if len(w.spans) == maxSpans {
		return problem(TooManyMerged)
	}
	w.spans = append(w.spans, s)
	return nil
}

// richText appends the text of a string item: what stands in it as a whole or in runs, and not how it is pronounced.
func (w *worksheet) richText(dst []byte) []byte {
	for w.x.child() {
		switch string(w.x.name) {
		case "t":
			dst = w.x.text(dst, w.b.limits.CellBytes)
		case "r":
			for w.x.child() {
				if string(w.x.name) == "t" {
					dst = w.x.text(dst, w.b.limits.CellBytes)
				} else {
					w.x.skip()
				}
			}
		default:
			w.x.skip()
		}
	}
	return dst
}

// readShared reads the part with the shared strings and keeps those that cells name, each once.
func (w *worksheet) readShared() error {
	wanted := w.wanted()
	if !w.x.root("sst") {
		return w.damaged()
	}
	for index := uint64(0); w.x.child(); {
		if string(w.x.name) != "si" {
			w.x.skip()
			continue
		}
		if len(wanted) == 0 || wanted[0]>>32 != index {
			w.x.skip()
			index++
			continue
		}
		place, err := w.sharedText(int(uint32(wanted[0])))
		if err != nil {
			return err
		}
		for len(wanted) > 0 && wanted[0]>>32 == index {
			p := w.b.t.cells.at(int(uint32(wanted[0])))
			*p = *p&(flags&^shared) | place
			wanted = wanted[1:]
		}
		index++
	}
	if len(wanted) > 0 {
		return w.damaged()
	}
	return nil
}

// wanted lists the cells with shared strings, in the order of the strings: the string's number above, the cell's below.
func (w *worksheet) wanted() []uint64 {
	wanted := make([]uint64, 0, w.shared)
	for i := range w.b.t.cells.count {
		if p := *w.b.t.cells.at(i); p&shared != 0 {
			wanted = append(wanted, uint64(p.place())<<32|uint64(i))
		}
	}
	slices.Sort(wanted)
	return wanted
}

// sharedText reads a string item and keeps its text. The cell is the first one that names it.
func (w *worksheet) sharedText(cell int) (packed, error) {
	w.text = w.richText(w.text[:0])
	if len(w.text) > w.b.limits.CellBytes {
		byFirst := func(r row, cell int) int { return cmp.Compare(int(r.first), cell) }
		at, found := slices.BinarySearchFunc(w.b.t.rows, cell, byFirst)
		if !found {
			at--
		}
		r := w.b.t.rows[at]
		return 0, w.b.tooLong(int(r.number), cell-int(r.first))
	}
	text := unescape(w.text)
	if isBlank(text) {
		text = nil
	}
	return w.b.keep(text)
}

// unescape resolves, in place, characters that XML cannot hold and Excel writes as _x000D_.
func unescape(text []byte) []byte {
	at := bytes.Index(text, []byte("_x"))
	if at < 0 {
		return text
	}
	out := text[:at]
	for at < len(text) {
		if rest := text[at:]; len(rest) >= 7 && rest[0] == '_' && rest[1] == 'x' && rest[6] == '_' {
			if code, err := strconv.ParseUint(string(rest[2:6]), 16, 16); err == nil && utf8.ValidRune(rune(code)) {
				out = utf8.AppendRune(out, rune(code))
				at += 7
				continue
			}
		}
		out = append(out, text[at])
		at++
	}
	return out
}

// parseCount gives a row's number, or 0.
func parseCount(text []byte) int {
	number := 0
	for _, c := range text {
		if !isDigit(c) || number > maxRow {
			return 0
		}
		number = number*10 + int(c-'0')
	}
	return number
}

// parseRef takes B17 apart: the row from 1, the column from 0. What is none gives row 0.
func parseRef(text []byte) (row, column int) {
	at := 0
	for ; at < len(text) && column <= maxColumn; at++ {
		c := text[at] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	if at == 0 || column > maxColumn {
		return 0, 0
	}
	return parseCount(text[at:]), column - 1
}

// parseSpan takes B17:C18 apart, or B17.
func parseSpan(text []byte) (span, bool) {
	first, last, several := bytes.Cut(text, []byte(":"))
	if !several {
		last = first
	}
	top, left := parseRef(first)
	bottom, right := parseRef(last)
	if top == 0 || bottom < top || bottom > maxRow || right < left {
		return span{}, false
	}
	return span{top: uint32(top), bottom: uint32(bottom), left: uint16(left), right: uint16(right)}, true
}
