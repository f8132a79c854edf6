package sheet

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// textWindow is how much text is looked at to find the separator, and read at a time.
const textWindow = 64 << 10

func readTextFile(s *source, limits Limits) (*Table, error) {
	c, err := codingOf(s)
	if err != nil {
		return nil, err
	}
	t, err := newFields(c.reader(s), limits).table()
	if err != nil {
		return nil, err
	}
	t.origin.Encoding = c.name
	return t, nil
}

// ReadText reads a table from what was pasted: rows of a spreadsheet, CSV, or one number a line. Numbers in one line with commas or
// semicolons between them are a list too, and each is a row. Errors: *Problem.
func ReadText(pasted string, limits Limits) (*Table, error) {
	limits = limits.inReach()
	switch {
	case int64(len(pasted)) > limits.Bytes:
		return nil, &Problem{Reason: TooLarge, Args: map[string]any{"Limit": limits.Bytes}}
	case !utf8.ValidString(pasted):
		return nil, problem(Encoding)
	}
	pasted = strings.TrimPrefix(pasted, "\ufeff")
	if separator := listSeparator(pasted); separator != "" {
		pasted = strings.ReplaceAll(pasted, separator, "\n")
	}
	t, err := newFields(strings.NewReader(pasted), limits).table()
	if err != nil {
		return nil, err
	}
	t.origin.Encoding = utf8Coding.name
	return t, nil
}

// fields takes text in UTF-8 apart, as RFC 4180 has it and as people write it: other separators, quotes within a field, any line
// end.
type fields struct {
	in       io.Reader
	b        *builder
	window   []byte
	pos, end int
	err      error // the end of the text, or what is wrong with it

	separator string // empty: every line is one field
	// stops are the bytes at which a field without quotes may end.
	stops [256]bool
	field []byte // one with quotes, without them
}

func newFields(in io.Reader, limits Limits) *fields {
	// The longest field and the one after it fit into the window.
	return &fields{in: in, b: newBuilder(limits), window: make([]byte, textWindow+2*limits.CellBytes)}
}

// table reads all of the text.
func (f *fields) table() (*Table, error) {
	f.want(textWindow)
	start := f.window[f.pos:f.end]
	if err := inMarkup(start); err != nil {
		return nil, err
	}
	number := 1
	if separator, line := declaredSeparator(start); line > 0 {
		f.pos += line
		f.separator = separator
		number++
	} else {
		f.separator = guessSeparator(start, f.err != nil)
	}
	f.stops['\r'], f.stops['\n'] = true, true
	if f.separator != "" {
		f.stops[f.separator[0]] = true
	}
	if err := f.rows(number); err != nil {
		return nil, err
	}
	t, err := f.b.finish(nil)
	if err != nil {
		return nil, err
	}
	t.origin = Origin{Format: Delimited, Separator: f.separator}
	return t, nil
}

func (f *fields) rows(number int) error {
	for ; f.want(1); number++ {
		f.b.beginRow(number)
		more := true
		for column := 0; more; column++ {
			var text []byte
			var err error
			text, more, err = f.next(column)
			if err != nil {
				return err
			}
			text, marks := classify(text)
			if err := f.b.put(column, text, marks); err != nil {
				return err
			}
		}
		if err := f.b.endRow(); err != nil {
			return err
		}
	}
	if errors.Is(f.err, io.EOF) {
		return nil
	}
	return f.err
}

// classify tells what spreadsheets make of a field: ="0123", which is how systems keep them from reading a number, other formulas,
// and numbers whose last digits are gone.
func classify(text []byte) ([]byte, packed) {
	switch {
	case len(text) < 2:
		return text, 0
	case text[0] == '=':
		if inner := text[2:]; text[1] == '"' && bytes.IndexByte(inner, '"') == len(inner)-1 && len(inner) > 0 {
			return inner[:len(inner)-1], 0
		}
		return text, formula
	case hasExponent(text):
		return text, rounded
	default:
		return text, 0
	}
}

// want reports whether n bytes are in the window, reading on if need be; what is before pos is gone then. NUL is in no text.
func (f *fields) want(n int) bool {
	for f.end-f.pos < n {
		if f.err != nil {
			return false
		}
		if f.pos > 0 {
			f.end = copy(f.window, f.window[f.pos:f.end])
			f.pos = 0
		}
		if f.end == len(f.window) {
			return false
		}
		read, err := f.in.Read(f.window[f.end:])
		if bytes.IndexByte(f.window[f.end:f.end+read], 0) >= 0 {
			f.end = 0
			err = problem(Binary)
		} else {
			f.end += read
		}
		f.err = err
	}
	return true
}

// next gives the next field, valid until the one after it, and whether another one follows in its row.
func (f *fields) next(column int) (text []byte, more bool, err error) {
	blanks := 0
	for f.want(blanks+1) && f.window[f.pos+blanks] == ' ' && blanks < f.b.limits.CellBytes {
		blanks++
	}
	if f.want(blanks+1) && f.window[f.pos+blanks] == '"' {
		f.pos += blanks + 1
		return f.quoted(column)
	}
	length, err := f.plain(column)
	if err != nil {
		return nil, false, err
	}
	// The end of the field may have to be read, which moves the window.
	after, more := f.ending(length)
	text = f.window[f.pos : f.pos+length]
	f.pos += length + after
	return text, more, nil
}

// plain gives the length of what stands from pos on until the field ends.
func (f *fields) plain(column int) (int, error) {
	for at := 0; ; {
		text := f.window[f.pos:f.end]
		for at < len(text) && !f.stops[text[at]] {
			at++
		}
		if at < len(text) {
			if after, _ := f.ending(at); after > 0 {
				return at, nil
			}
			at++
			continue
		}
		if at > f.b.limits.CellBytes {
			return 0, f.b.tooLong(f.b.number, column)
		}
		if !f.want(at + 1) {
			return at, nil
		}
	}
}

// ending gives the length of what ends a field at a place after pos, 0 if nothing does, and whether another field follows.
func (f *fields) ending(at int) (length int, more bool) {
	if !f.want(at + 1) {
		return 0, false
	}
	switch c := f.window[f.pos+at]; {
	case c == '\n':
		return 1, false
	case c == '\r':
		if f.want(at+2) && f.window[f.pos+at+1] == '\n' {
			return 2, false
		}
		return 1, false
	case f.separator != "" && f.want(at+len(f.separator)) && string(f.window[f.pos+at:f.pos+at+len(f.separator)]) == f.separator:
		return len(f.separator), true
	default:
		return 0, false
	}
}

// quoted reads a field behind its first quote. After the second one a field ends; where it does not, whoever wrote it meant the
// quotes as text, unless lines were read in between: those must not disappear in a cell.
func (f *fields) quoted(column int) (text []byte, more bool, err error) {
	f.field = f.field[:0]
	for {
		if !f.want(1) {
			return nil, false, f.openQuote(column)
		}
		piece := f.window[f.pos:f.end]
		at := bytes.IndexByte(piece, '"')
		if at >= 0 {
			piece = piece[:at]
		}
		f.field = append(f.field, piece...)
		f.pos += len(piece)
		if len(f.field) > f.b.limits.CellBytes {
			return nil, false, f.b.tooLong(f.b.number, column)
		}
		if at < 0 {
			continue
		}
		f.pos++
		if f.want(1) && f.window[f.pos] == '"' {
			f.field = append(f.field, '"')
			f.pos++
			continue
		}
		return f.afterQuote(column)
	}
}

func (f *fields) afterQuote(column int) (text []byte, more bool, err error) {
	rest, err := f.plain(column)
	if err != nil {
		return nil, false, err
	}
	after, more := f.ending(rest)
	if tail := f.window[f.pos : f.pos+rest]; !isBlank(tail) {
		if bytes.ContainsAny(f.field, "\r\n") {
			return nil, false, f.openQuote(column)
		}
		f.field = append(f.field, tail...)
	}
	f.pos += rest + after
	return f.field, more, nil
}

func (f *fields) openQuote(column int) error {
	if f.err != nil && !errors.Is(f.err, io.EOF) {
		return f.err
	}
	return &Problem{Reason: OpenQuote, Args: map[string]any{"Ref": ref(f.b.number, column)}}
}

// declaredSeparator reads the line sep=; with which Excel may begin a CSV, and gives its length.
func declaredSeparator(start []byte) (separator string, line int) {
	end := bytes.IndexAny(start, "\r\n")
	if end < 5 || end > 4+utf8.UTFMax || !bytes.EqualFold(start[:4], []byte("sep=")) || utf8.RuneCount(start[4:end]) != 1 {
		return "", 0
	}
	separator = string(start[4:end])
	if line = end + 1; bytes.HasPrefix(start[end:], []byte("\r\n")) {
		line++
	}
	return separator, line
}

// separators are those that are known, and which one is meant if several do: a comma may also group digits.
var separators = []string{"\t", ";", "؛", "|", ",", "،"}

// sampleLines is how many lines decide about the separator.
const sampleLines = 200

// guessSeparator finds the separator that divides the most lines alike. whole tells that the last line is not cut off.
func guessSeparator(start []byte, whole bool) string {
	alike := make([]map[int]int, len(separators)) // how many lines have so many
	for i := range alike {
		alike[i] = make(map[int]int)
	}
	if cut := bytes.LastIndexAny(start, "\r\n"); !whole && cut >= 0 {
		start = start[:cut]
	}
	sample := 0
	for line := range bytes.FieldsFuncSeq(start, func(r rune) bool { return r == '\r' || r == '\n' }) {
		for i, n := range countSeparators(line) {
			alike[i][n]++
		}
		if sample++; sample == sampleLines {
			break
		}
	}
	best, most := "", 0
	for i, separator := range separators {
		for n, lines := range alike[i] {
			if n > 0 && lines > most {
				best, most = separator, lines
			}
		}
	}
	return best
}

// countSeparators counts each of the separators in a line, outside of quotes.
func countSeparators(line []byte) (counts [6]int) {
	begins, quoted, closed := true, false, false // closed: the quote before this byte ended the quoting, or is one of two
	for at := range line {
		switch c := line[at]; {
		case c == '"':
			quoted, closed = !quoted && (begins || closed), quoted
			begins = false
		case quoted || c == ' ':
		default:
			begins, closed = false, false
			for i, separator := range separators {
				if c == separator[0] && bytes.HasPrefix(line[at:], []byte(separator)) {
					counts[i]++
					begins = true
				}
			}
		}
	}
	return counts
}

// listSeparator gives what separates numbers of cards, accounts or IBANs in a text of one line. A tab is not asked for: it comes
// from a row of a spreadsheet.
func listSeparator(pasted string) string {
	line := strings.TrimSpace(pasted)
	if strings.ContainsAny(line, "\r\n\t") {
		return ""
	}
	for _, separator := range separators {
		if strings.Contains(line, separator) && allNumbers(strings.SplitSeq(line, separator)) {
			return separator
		}
	}
	return ""
}

func allNumbers(parts iter.Seq[string]) bool {
	for part := range parts {
		if strings.TrimSpace(part) != "" && !isNumber(part) {
			return false
		}
	}
	return true
}

// isNumber reports whether a text could be a number to inquire about: eight digits, and what stands between groups of them.
func isNumber(part string) bool {
	digits := 0
	for _, r := range part {
		switch {
		case r >= '0' && r <= '9', r >= '۰' && r <= '۹', r >= '٠' && r <= '٩':
			digits++
		case r == ' ', r == '-', r == 'I', r == 'R', r == 'i', r == 'r', r == '\u200c', r == '\u200e', r == '\u200f', r == '\u00a0':
		default:
			return false
		}
	}
	return digits >= 8
}
