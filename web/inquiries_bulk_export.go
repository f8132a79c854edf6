package web

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"payportal/internal/csvout"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/inquiry"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/internal/xlsx"
)

// textTable is a file of texts under way.
type textTable interface {
	head(cells []string)
	row(cells []string) error
	end() error
}

// newTextTable begins a file in a format of exports. Every cell is text: a spreadsheet must not take a number for one.
func newTextTable(w io.Writer, format psp.ExportFormat, p *i18n.Printer, name string) textTable {
	if format == psp.XLSX {
		return &sheetTexts{xlsx.New(w, xlsx.Options{Sheet: name, RightToLeft: p.Dir() == "rtl"})}
	}
	return &csvTexts{w: w, buf: []byte(csvout.BOM)}
}

// csvTexts writes CSV in whole buffers.
type csvTexts struct {
	w   io.Writer
	buf []byte
}

// csvTextsBuffer is how much is collected before it is sent.
const csvTextsBuffer = 32 << 10

func (t *csvTexts) head(cells []string) { t.add(cells) }

func (t *csvTexts) row(cells []string) error {
	t.add(cells)
	if len(t.buf) < csvTextsBuffer {
		return nil
	}
	return t.end()
}

func (t *csvTexts) add(cells []string) {
	for i, cell := range cells {
		if i > 0 {
			t.buf = append(t.buf, ',')
		}
		t.buf = csvout.AppendField(t.buf, cell)
	}
	t.buf = append(t.buf, csvout.LineEnd...)
}

func (t *csvTexts) end() error {
	_, err := t.w.Write(t.buf)
	t.buf = t.buf[:0]
	return err
}

// sheetTexts writes a spreadsheet.
type sheetTexts struct{ x *xlsx.Writer }

func (t *sheetTexts) head(cells []string) {
	t.x.BeginHead()
	t.cells(xlsx.Head, cells)
	_ = t.x.EndRow() // Close gives its error
}

func (t *sheetTexts) row(cells []string) error {
	t.x.BeginRow()
	t.cells(xlsx.Text, cells)
	return t.x.EndRow()
}

func (t *sheetTexts) cells(style xlsx.Style, cells []string) {
	for _, cell := range cells {
		t.x.String(style, cell)
	}
}

func (t *sheetTexts) end() error { return t.x.Close() }

// attachment sets the headers of a file that is made for saving.
func attachment(h http.Header, format psp.ExportFormat, name string) {
	h.Set("Content-Security-Policy", downloadPolicy)
	h.Set("Content-Type", format.ContentType())
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + string(format)}))
	h.Set(gzhttp.HeaderNoCompression, "1") // a long file would wait for the compression; a spreadsheet has its own
}

// bulkTemplateRows are a made-up number of each kind. The words are those of the catalogue.
var bulkTemplateRows = []struct{ number, kind, bank, name string }{
	{number: "IR760170000000000000000001", kind: "iban", name: "sara"},
	{number: "6037990000000006", kind: "card"},
	{number: "0100123456007", kind: "account", bank: "melli", name: "company"},
}

// bulkTemplate answers with a file to fill in. Its headings and words are those that the reader of files knows in both languages.
func (s *Server) bulkTemplate(format psp.ExportFormat) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p := visitOf(r).p
		attachment(w.Header(), format, "inquiries-template")
		table := newTextTable(w, format, p, p.T("bulk.template.sheet"))
		table.head([]string{p.T("bulk.head.number"), p.T("bulk.head.kind"), p.T("bulk.head.bank"), p.T("bulk.head.name")})
		for _, row := range bulkTemplateRows {
			cells := []string{row.number}
			for _, word := range []string{row.kind, row.bank, row.name} {
				if word != "" {
					word = p.T("bulk.word." + word)
				}
				cells = append(cells, word)
			}
			if err := table.row(cells); err != nil {
				return err
			}
		}
		return table.end()
	}
}

// bulkResult answers with the whole file: its own columns as they came, in its order, and what was answered beside them.
func (s *Server) bulkResult(format psp.ExportFormat) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		file, err := s.bulkOf(r)
		if err != nil {
			return err
		}
		if file.State == inquiry.Draft {
			return errs.New(errs.NotFound, "download results", "", nil)
		}
		return s.sendBulk(w, r, file, format)
	}
}

// sendBulk streams the file. The audit entry is committed before the first byte leaves.
func (s *Server) sendBulk(w http.ResponseWriter, r *http.Request, file inquiry.Bulk, format psp.ExportFormat) error {
	v := visitOf(r)
	out := &startingFile{patientWriter: patientWriter{w, http.NewResponseController(w)}, start: func() error {
		attachment(w.Header(), format, fmt.Sprintf("inquiries-bulk_%d_%s", file.ID, v.now.UTC().Format("20060102T1504Z")))
		return s.BulkInquiries.Downloaded(r.Context(), v.asker(r), file, string(format))
	}}
	err := s.writeBulk(r.Context(), newTextTable(out, format, v.p, v.p.T("bulk.result.sheet")), v.p, v.now, file)
	if err == nil || !out.started {
		return err
	}
	s.Log.WarnContext(r.Context(), "download broke off", "request_id", v.requestID, "error", err.Error())
	panic(http.ErrAbortHandler) // half a file must not look like a whole one
}

// bulkLinesAtOnce is how many lines are in memory at a time.
const bulkLinesAtOnce = 1000

func (s *Server) writeBulk(ctx context.Context, table textTable, p *i18n.Printer, now time.Time, file inquiry.Bulk) error {
	table.head(resultHead(p, now, file.Layout))
	cells := make([]string, 0, file.Layout.Columns+len(resultColumns))
	for after, more := 0, true; more; {
		lines, err := s.BulkInquiries.Lines(ctx, file, inquiry.LineFilter{After: after, Limit: bulkLinesAtOnce, Records: true})
		if err != nil {
			return err
		}
		for i := range lines {
			cells = appendResult(cells[:0], p, file, lines[i])
			if err := table.row(cells); err != nil {
				return err
			}
			after = lines[i].Number
		}
		more = len(lines) == bulkLinesAtOnce
	}
	return table.end()
}

// resultColumn is a column beside those of the file. Its heading is bulk.result.<key>.
type resultColumn struct {
	key  string
	text func(p *i18n.Printer, file inquiry.Bulk, line inquiry.Line) string
}

// ofQuestion and ofAnswer are columns that are empty without a question and without an answer.
func ofQuestion(text func(*i18n.Printer, inquiry.Question) string) func(*i18n.Printer, inquiry.Bulk, inquiry.Line) string {
	return func(p *i18n.Printer, _ inquiry.Bulk, line inquiry.Line) string {
		if line.Question == nil {
			return ""
		}
		return text(p, *line.Question)
	}
}

func ofAnswer(text func(inquiry.Answer) string) func(*i18n.Printer, inquiry.Bulk, inquiry.Line) string {
	return func(_ *i18n.Printer, _ inquiry.Bulk, line inquiry.Line) string {
		if answer := answerOf(line); answer != nil {
			return textin.Visible(text(*answer))
		}
		return ""
	}
}

// resultColumns stand behind the columns of the file.
var resultColumns = []resultColumn{
	{"kind", ofQuestion(func(p *i18n.Printer, q inquiry.Question) string { return inquiryKind(p, q.Kind) })},
	{"number", ofQuestion(func(_ *i18n.Printer, q inquiry.Question) string { return wholeNumber(q) })},
	{"bank", ofQuestion(func(p *i18n.Printer, q inquiry.Question) string {
		bank, ok := q.Bank()
		return namedBank(p, bank, ok).Name
	})},
	{"outcome", func(p *i18n.Printer, _ inquiry.Bulk, line inquiry.Line) string {
		return lineStateView(p, line.State).Text
	}},
	{"iban", ofAnswer(func(a inquiry.Answer) string { return a.IBAN })},
	{"deposit", ofAnswer(func(a inquiry.Answer) string { return a.Deposit })},
	{"owners", ofAnswer(ownersText)},
	{"name", func(p *i18n.Printer, _ inquiry.Bulk, line inquiry.Line) string {
		if answer := answerOf(line); answer != nil {
			if verdict := verdictOfName(p, line.Name, answer.Owners); verdict != nil {
				return verdict.Text
			}
		}
		return ""
	}},
	{"state", ofAnswer(func(a inquiry.Answer) string { return a.State })},
	{"comment", ofAnswer(func(a inquiry.Answer) string { return a.Comment })},
	{"reason", func(p *i18n.Printer, _ inquiry.Bulk, line inquiry.Line) string { return lineReason(p, line) }},
	{"asked", func(p *i18n.Printer, _ inquiry.Bulk, line inquiry.Line) string {
		if record := settledRecord(line); record != nil {
			return p.DateTime(record.AskedAt)
		}
		return ""
	}},
	{"age", func(p *i18n.Printer, file inquiry.Bulk, line inquiry.Line) string {
		if record := settledRecord(line); record != nil && line.State == inquiry.Reused {
			return answerAge(p, file.StartedAt.Sub(record.SettledAt))
		}
		return ""
	}},
}

// wholeNumber is the number of a question in its normal form, without spaces.
func wholeNumber(q inquiry.Question) string {
	switch q.Kind {
	case inquiry.Card:
		return q.Card.Reveal()
	case inquiry.IBAN:
		return q.IBAN.Reveal()
	case inquiry.Account:
		return q.Number.Reveal()
	}
	return ""
}

func ownersText(a inquiry.Answer) string {
	names := make([]string, len(a.Owners))
	for i, owner := range a.Owners {
		names[i] = owner.Name()
	}
	return strings.Join(names, "; ")
}

// answerAge says how old an answer was when it was taken over.
func answerAge(p *i18n.Printer, age time.Duration) string {
	if age < time.Hour {
		return p.Tf("bulk.age_minutes", map[string]any{"Count": int64(age / time.Minute)})
	}
	return p.Tf("bulk.age_hours", map[string]any{"Count": int64(age / time.Hour)})
}

// lineReason is why a line has no answer, with the cell that is wrong.
func lineReason(p *i18n.Printer, line inquiry.Line) string {
	note := lineNote(p, line)
	if line.Problem != nil && line.Problem.Cell != "" {
		note += " (" + line.Problem.Cell + ")"
	}
	return note
}

// resultHead names the file's own columns as it does, or by their letters, and those of the result.
func resultHead(p *i18n.Printer, now time.Time, l inquiry.Layout) []string {
	head := make([]string, 0, l.Columns+len(resultColumns))
	for i := range l.Columns {
		name := inquiry.ColumnName(i)
		if i < len(l.Headings) {
			name = l.Headings[i]
		}
		head = append(head, name)
	}
	for _, c := range resultColumns {
		name := p.T("bulk.result." + c.key)
		if c.key == "asked" {
			name += " (" + p.ZoneAt(now) + ")"
		}
		head = append(head, name)
	}
	return head
}

func appendResult(cells []string, p *i18n.Printer, file inquiry.Bulk, line inquiry.Line) []string {
	for i := range file.Layout.Columns {
		text := ""
		if i < len(line.Cells) {
			text = line.Cells[i].Text
		}
		cells = append(cells, text)
	}
	for _, c := range resultColumns {
		cells = append(cells, c.text(p, file, line))
	}
	return cells
}
