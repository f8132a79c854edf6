// Package sheet reads the tables that clerks upload or paste: CSV and its relatives in the encodings that Iranian offices send,
// and XLSX. It trusts nothing of a file: what a file claims about itself is not believed, whatever it unpacks to is counted, and
// what is kept lies in few large blocks, so that 50,000 lines of ten columns take 15 MB. It decides nothing about the table: which
// row is a head, what a column holds and whether a formula may stand in it is the caller's. It writes nothing. It is a leaf:
// every package may import it and it imports nothing of ours. See docs/adr/0011.
package sheet

import (
	"errors"
	"fmt"
	"io"
)

// Limits bound what a table may be and what reading it may cost.
type Limits struct {
	// Bytes is the length of the file or of the pasted text.
	Bytes int64
	// Rows counts those with content, a head among them.
	Rows int
	// Columns counts from A to the last one with content.
	Columns int
	// Cells counts those that are kept: with content, and the gaps between them.
	Cells int
	// CellBytes is the length of one cell in UTF-8, 256 KiB at most.
	CellBytes int
	// Text is the length of all cells in UTF-8, 1 GiB at most.
	Text int64
	// Unpacked is how much may come out of the parts of an XLSX that are read.
	Unpacked int64
	// Ratio is how many times its packed length a part of more than 1 MiB may have.
	Ratio int64
}

// DefaultLimits are made for payrolls of 50,000 lines and a head.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 16 << 20, Rows: 50_001, Columns: 64, Cells: 2_000_000, CellBytes: 32 << 10, Text: 24 << 20,
		Unpacked: 200 << 20, Ratio: 200,
	}
}

// inReach gives the limits that a table can keep.
func (l Limits) inReach() Limits {
	l.CellBytes = min(l.CellBytes, blockSize)
	l.Text = min(l.Text, 1<<30)
	return l
}

// Reason says why a file is no table that can be read. Its text is the last part of a key in the catalogue: sheet.<reason>.
type Reason string

// The reasons. Args of a Problem hold what stands in brackets.
const (
	TooLarge       Reason = "too_large"        // [Limit]: bytes of the file
	TooManyRows    Reason = "too_many_rows"    // [Limit]
	TooManyColumns Reason = "too_many_columns" // [Limit, Ref]: of the first cell too far
	TooManyCells   Reason = "too_many_cells"   // [Limit]
	TooManyMerged  Reason = "too_many_merged"  // merged ranges, or ones that overlap
	TooMuchText    Reason = "too_much_text"    // [Limit]: bytes of all cells
	CellTooLong    Reason = "cell_too_long"    // [Limit, Ref]: bytes of a cell
	OpenQuote      Reason = "open_quote"       // [Ref]: a quoted field that does not end where a field can
	Bomb           Reason = "bomb"             // an archive that unpacks to far more than a table
	Encrypted      Reason = "encrypted"        // a password is needed
	OldExcel       Reason = "old_excel"        // XLS, and the XML of Excel 2003
	BinaryWorkbook Reason = "binary_workbook"  // XLSB
	OpenDocument   Reason = "opendocument"     // ODS and its relatives
	Document       Reason = "document"         // of a word processor or a presentation, or another XML
	Archive        Reason = "archive"          // ZIP, RAR, 7z or gzip without a workbook
	PDF            Reason = "pdf"
	Picture        Reason = "picture"
	WebPage        Reason = "web_page" // HTML, which some systems send under the name .xls
	Binary         Reason = "binary"   // bytes that are no text
	Encoding       Reason = "encoding" // text in an encoding that is not known, or damaged
	NoSheet        Reason = "no_sheet" // a workbook without a visible sheet of cells
	Damaged        Reason = "damaged"  // a workbook that breaks the rules of its format
	Empty          Reason = "empty"    // no cell has content
)

// Problem is what is wrong with a file. Neither its text nor its Args hold what stands in a cell.
type Problem struct {
	Reason Reason
	// Args are the values for the message in the catalogue: Limit is a whole number, Ref a cell such as "B17".
	Args map[string]any
	// Err is what the unpacker said, or nil.
	Err error
}

func (p *Problem) Error() string {
	text := "sheet: " + string(p.Reason)
	if ref, found := p.Args["Ref"]; found {
		text += fmt.Sprintf(" at %v", ref)
	}
	if limit, found := p.Args["Limit"]; found {
		text += fmt.Sprintf(" (limit %v)", limit)
	}
	if p.Err != nil {
		text += ": " + p.Err.Error()
	}
	return text
}

// Unwrap gives Err.
func (p *Problem) Unwrap() error { return p.Err }

func problem(reason Reason) *Problem { return &Problem{Reason: reason} }

// Read reads the first visible table of a file of size bytes. The name is kept for show: what the file is, its content tells.
// Errors: *Problem for whatever is wrong with the file; any other error is the reading itself.
func Read(name string, file io.ReaderAt, size int64, limits Limits) (*Table, error) {
	if size > limits.Bytes {
		return nil, &Problem{Reason: TooLarge, Args: map[string]any{"Limit": limits.Bytes}}
	}
	s := &source{file: file, size: size}
	t, err := read(s, limits.inReach())
	if s.err != nil {
		return nil, fmt.Errorf("read an uploaded table: %w", s.err)
	}
	if err != nil {
		return nil, err
	}
	t.origin.Name = name
	return t, nil
}

func read(s *source, limits Limits) (*Table, error) {
	what, err := recognise(s)
	switch {
	case err != nil:
		return nil, err
	case what == workbook:
		return readWorkbook(s, limits)
	default:
		return readTextFile(s, limits)
	}
}

// source is the file, read where it is needed. It keeps the first error that is the reading's own, which no part of the file
// explains, and the budget that is set for a while.
type source struct {
	file   io.ReaderAt
	size   int64
	budget int64 // 0 is none
	spent  int64
	err    error
}

var errBudget = errors.New("more was read than such a file needs")

// ReadAt is io.ReaderAt.
func (s *source) ReadAt(p []byte, at int64) (int, error) {
	if s.budget > 0 {
		if s.spent += int64(len(p)); s.spent > s.budget {
			return 0, errBudget
		}
	}
	n, err := io.NewSectionReader(s.file, 0, s.size).ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) && s.err == nil {
		s.err = err
	}
	return n, err
}

func (s *source) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// head gives the first bytes, at most n.
func (s *source) head(n int) []byte {
	head := make([]byte, n)
	read, _ := s.ReadAt(head, 0) // its error is kept
	return head[:read]
}
