package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/inquiries"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// bulkInquiryRoutes are files of numbers. A file is its owner's alone.
func (s *Server) bulkInquiryRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/inquiries/bulk", Permission: access.InquiryBulk, handle: s.bulkPage,
			Nav: Nav{Group: "nav.inquiries", Label: "bulk.title", Icon: icon.Upload, Letter: "b"},
		},
		{Method: "POST", Pattern: "/inquiries/bulk", Permission: access.InquiryBulk, handle: s.uploadBulk},
		{Method: "GET", Pattern: "/inquiries/bulk/template.csv", Permission: access.InquiryBulk, handle: s.bulkTemplate(psp.CSV)},
		{Method: "GET", Pattern: "/inquiries/bulk/template.xlsx", Permission: access.InquiryBulk, handle: s.bulkTemplate(psp.XLSX)},
		{Method: "GET", Pattern: "/inquiries/bulk/{id}", Permission: access.InquiryBulk, handle: s.bulkFile},
		{Method: "GET", Pattern: "/inquiries/bulk/{id}/status", Permission: access.InquiryBulk, Quiet: true, handle: s.bulkStatus},
		{Method: "POST", Pattern: "/inquiries/bulk/{id}/columns", Permission: access.InquiryBulk, handle: s.remapBulk},
		{Method: "POST", Pattern: "/inquiries/bulk/{id}/start", Permission: access.InquiryBulk, handle: s.startBulk},
		{Method: "POST", Pattern: "/inquiries/bulk/{id}/pause", Permission: access.InquiryBulk, handle: s.pauseBulk},
		{Method: "POST", Pattern: "/inquiries/bulk/{id}/resume", Permission: access.InquiryBulk, handle: s.resumeBulk},
		{Method: "POST", Pattern: "/inquiries/bulk/{id}/cancel", Permission: access.InquiryBulk, handle: s.cancelBulk},
		{Method: "POST", Pattern: "/inquiries/bulk/{id}/retry", Permission: access.InquiryBulk, handle: s.retryBulk},
		{Method: "GET", Pattern: "/inquiries/bulk/{id}/result.csv", Permission: access.InquiryBulk, Stream: true, handle: s.bulkResult(psp.CSV)},
		{Method: "GET", Pattern: "/inquiries/bulk/{id}/result.xlsx", Permission: access.InquiryBulk, Stream: true, handle: s.bulkResult(psp.XLSX)},
	}
}

const (
	// bulkFilesPage and bulkLinesPage are how many files and lines a page shows, bulkSampleRows how many rows of a draft.
	bulkFilesPage  = 25
	bulkLinesPage  = 100
	bulkSampleRows = 5
	// maxPasted is the length of pasted lines: 50,000 of 80 characters.
	maxPasted = 4 << 20
)

// mayAsk says which kinds the visitor may ask for.
func mayAsk(v *visit) func(inquiry.Kind) bool {
	return func(k inquiry.Kind) bool { return v.can(k.Permission()) }
}

func bulkHref(id int64) string { return "/inquiries/bulk/" + strconv.FormatInt(id, 10) }

// bulkCrumbs lead to the page of a file.
func bulkCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("bulk.title"), Href: "/inquiries/bulk"}}
}

func (s *Server) bulkPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	return s.showBulk(w, r, page{}, in, nil)
}

// showBulk answers with the form and the person's files; wrong is what is wrong with a form that came back.
func (s *Server) showBulk(w http.ResponseWriter, r *http.Request, p page, in *input, wrong error) error {
	v := visitOf(r)
	before, _ := in.integer("after", 1, 1<<62)
	chosen, all, err := s.chosenInquiryConnection(r, in)
	if err != nil {
		return err
	}
	if err := in.err("list files"); err != nil && wrong == nil {
		return err
	}
	by := v.asker(r)
	allowance, err := s.BulkInquiries.Allowance(r.Context(), by)
	if err != nil {
		return err
	}
	files, err := s.BulkInquiries.List(r.Context(), by, before, bulkFilesPage+1)
	if err != nil {
		return err
	}
	view := bulkView(v, bulkForm{chosen: chosen, all: all, text: in.raw("text"), wrong: wrong}, allowance)
	view.Files = bulkFilesView(v.p, files, before > 0)
	p.title, p.content = v.p.T("bulk.title"), inquiries.BulkPage(v.p, view)
	return s.respond(w, r, p)
}

// uploadBulk reads a file or pasted lines as a draft. Nothing is asked yet.
func (s *Server) uploadBulk(w http.ResponseWriter, r *http.Request) error {
	in, file, done, err := upload(w, r, uploadLimits{file: inquiry.MaxFileBytes(), fields: maxPasted})
	if err != nil {
		return err
	}
	defer done()
	chosen, _, err := s.chosenInquiryConnection(r, in)
	if err != nil {
		return err
	}
	draft, err := s.draftBulk(r, in, file, chosen)
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.showBulk(w, r, p, in, err)
	}
	s.redirect(w, r, bulkHref(draft.ID))
	return nil
}

func (s *Server) draftBulk(r *http.Request, in *input, file *uploadedFile, chosen OfferedConnection) (inquiry.Bulk, error) {
	if chosen.ID == 0 {
		return inquiry.Bulk{}, errs.New(errs.NotFound, "read file", "", nil)
	}
	table, err := bulkTableOf(in, file)
	if err != nil {
		return inquiry.Bulk{}, err
	}
	v := visitOf(r)
	draft, err := s.BulkInquiries.Draft(r.Context(), v.asker(r), chosen.ID, table, mayAsk(v))
	if file == nil {
		err = atField(err, inquiry.FieldFile, inquiry.FieldText)
	}
	return draft, err
}

// bulkTableOf reads the file, or the lines in its place.
func bulkTableOf(in *input, file *uploadedFile) (inquiry.File, error) {
	pasted := in.raw("text")
	if len(in.values["text"]) > 1 {
		in.wrong("text", "validate.repeated", nil)
	}
	given := strings.TrimSpace(pasted) != ""
	switch {
	case len(in.fields) > 0:
	case file != nil && given:
		in.wrong("text", "bulk.upload.both", nil)
	case file == nil && !given:
		in.wrong("file", "bulk.upload.none", nil)
	}
	if err := in.err("read upload"); err != nil {
		return inquiry.File{}, err
	}
	if file == nil {
		return inquiry.ReadPasted(pasted)
	}
	content, size := file.reader()
	return inquiry.ReadFile(file.name, content, size)
}

// atField tells what is wrong at another field of the form.
func atField(err error, from, to string) error {
	e, ok := asError(err)
	if !ok || e.Kind != errs.Invalid {
		return err
	}
	moved := *e
	moved.Fields = nil
	for _, f := range e.Fields {
		if f.Name == from {
			f.Name = to
		}
		moved.Fields = append(moved.Fields, f)
	}
	return &moved
}

// bulkOf reads the file that the path names, if it is the visitor's.
func (s *Server) bulkOf(r *http.Request) (inquiry.Bulk, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return inquiry.Bulk{}, errs.New(errs.NotFound, "read file", "", nil)
	}
	return s.BulkInquiries.Own(r.Context(), visitOf(r).asker(r), id)
}

// bulkShow says which lines of a file are looked at.
type bulkShow struct {
	// state is empty for the lines that the page shows by itself.
	state inquiry.LineState
	after int
}

// values are the parameters of the address.
func (b bulkShow) values() url.Values {
	values := url.Values{}
	if b.state != "" {
		values.Set("state", string(b.state))
	}
	return values
}

func readBulkShow(in *input) bulkShow {
	var words []string
	for _, state := range inquiry.LineStates() {
		words = append(words, string(state))
	}
	after, _ := in.integer("after", 1, 1<<31)
	return bulkShow{state: inquiry.LineState(in.choice("state", words...)), after: int(after)}
}

// askBulk reads a file and which of its lines are looked at.
func (s *Server) askBulk(r *http.Request) (inquiry.Bulk, bulkShow, error) {
	in, err := query(r)
	if err != nil {
		return inquiry.Bulk{}, bulkShow{}, err
	}
	show := readBulkShow(in)
	if err := in.err("read file"); err != nil {
		return inquiry.Bulk{}, bulkShow{}, err
	}
	file, err := s.bulkOf(r)
	return file, show, err
}

func (s *Server) bulkFile(w http.ResponseWriter, r *http.Request) error {
	file, show, err := s.askBulk(r)
	if err != nil {
		return err
	}
	return s.showBulkFile(w, r, page{}, file, bulkWish{show: show})
}

// bulkWish is what a page of a file is drawn from besides the file.
type bulkWish struct {
	show bulkShow
	// layout is the columns' form as it came back, wrong what is wrong with it or with another form.
	layout *inquiry.Layout
	wrong  error
}

// showBulkFile answers with the dry run of a draft, or with progress and results.
func (s *Server) showBulkFile(w http.ResponseWriter, r *http.Request, p page, file inquiry.Bulk, wish bulkWish) error {
	v := visitOf(r)
	// The file's name is for the page alone: titles stay in the history of browsers.
	p.title, p.crumbs = v.p.Tf("bulk.numbered", map[string]any{"Number": v.p.Digits(strconv.FormatInt(file.ID, 10))}), bulkCrumbs(v)
	if file.State == inquiry.Draft {
		view, err := s.bulkDraft(r, file, wish)
		if err != nil {
			return err
		}
		p.content, p.fragment = inquiries.BulkDraftPage(v.p, view), inquiries.BulkLinesPart(v.p, view.Lines)
		return s.respond(w, r, p)
	}
	view, err := s.bulkRun(r, file, wish)
	if err != nil {
		return err
	}
	p.content, p.fragment = inquiries.BulkRunPage(v.p, view), inquiries.BulkNowPart(v.p, view.Now)
	return s.respond(w, r, p)
}

func (s *Server) bulkDraft(r *http.Request, file inquiry.Bulk, wish bulkWish) (inquiries.BulkDraft, error) {
	v := visitOf(r)
	cost, err := s.BulkInquiries.Cost(r.Context(), v.asker(r), file)
	if err != nil {
		return inquiries.BulkDraft{}, err
	}
	sample, err := s.BulkInquiries.Lines(r.Context(), file, inquiry.LineFilter{Limit: bulkSampleRows})
	if err != nil {
		return inquiries.BulkDraft{}, err
	}
	if wish.show.state == "" && file.Counts[inquiry.Invalid] > 0 {
		wish.show.state = inquiry.Invalid
	}
	lines, err := s.bulkLines(r, file, wish.show, false)
	if err != nil {
		return inquiries.BulkDraft{}, err
	}
	view := bulkDraftView(v.p, file, cost, wish)
	view.Sample = bulkSampleView(v.p, file, sample)
	view.Lines = bulkLinesView(v.p, file, lines)
	return view, nil
}

func (s *Server) bulkRun(r *http.Request, file inquiry.Bulk, wish bulkWish) (inquiries.BulkRun, error) {
	v := visitOf(r)
	lines, err := s.bulkLines(r, file, wish.show, true)
	if err != nil {
		return inquiries.BulkRun{}, err
	}
	allowance, err := s.BulkInquiries.Allowance(r.Context(), v.asker(r))
	if err != nil {
		return inquiries.BulkRun{}, err
	}
	names, err := s.connectionNames(r.Context())
	if err != nil {
		return inquiries.BulkRun{}, err
	}
	return bulkRunView(v.p, file, bulkState{
		progress: s.BulkInquiries.Progress(file), lines: lines, left: allowance.Left(), connection: names[file.ConnectionID],
	}, wish.wrong), nil
}

// bulkList is a page of lines.
type bulkList struct {
	show  bulkShow
	lines []inquiry.Line
	more  bool
}

func (s *Server) bulkLines(r *http.Request, file inquiry.Bulk, show bulkShow, results bool) (bulkList, error) {
	f := inquiry.LineFilter{After: show.after, Limit: bulkLinesPage + 1, Records: results}
	if show.state != "" {
		f.States = []inquiry.LineState{show.state}
	}
	lines, err := s.BulkInquiries.Lines(r.Context(), file, f)
	list := bulkList{show: show, lines: lines, more: len(lines) > bulkLinesPage}
	list.lines = lines[:min(len(lines), bulkLinesPage)]
	return list, err
}

// bulkStatus is what the page asks for while the file is worked on. Nothing new is 204.
func (s *Server) bulkStatus(w http.ResponseWriter, r *http.Request) error {
	file, show, err := s.askBulk(r)
	if err != nil {
		return err
	}
	if !wantsFragment(r) || file.State == inquiry.Draft {
		s.redirect(w, r, bulkLinesHref(file.ID, show, show.after))
		return nil
	}
	if r.URL.Query().Get("seen") == bulkMark(file, s.BulkInquiries.Progress(file)) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.showBulkFile(w, r, page{}, file, bulkWish{show: show})
}

// remapBulk reads the lines of a draft by other columns.
func (s *Server) remapBulk(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	file, err := s.bulkOf(r)
	if err != nil {
		return err
	}
	version, _ := in.integer("version", 1, 1<<62)
	chosen := readLayout(in, file.Layout)
	v := visitOf(r)
	if err = in.err("choose columns"); err == nil {
		_, err = s.BulkInquiries.Remap(r.Context(), v.asker(r), file.ID, version, func(inquiry.Layout) inquiry.Layout { return chosen }, mayAsk(v))
	}
	return s.afterBulk(w, r, file, bulkWish{layout: &chosen, wrong: err}, "bulk.columns.applied")
}

// The words of the choice of a kind beside those of the kinds.
const (
	kindByNumber = "number"
	kindByColumn = "column"
)

// readLayout reads the form of the columns. What it does not say stays.
func readLayout(in *input, l inquiry.Layout) inquiry.Layout {
	kind := in.choice("kind", kindByNumber, kindByColumn, string(inquiry.Card), string(inquiry.Account), string(inquiry.IBAN))
	l.Kind, l.Kinds = "", readColumn(in, "column_kind")
	switch kind {
	case kindByColumn:
		if l.Kinds == inquiry.NoColumn && len(in.fields) == 0 {
			in.wrong("column_kind", "bulk.columns.kind_missing", nil)
		}
	case "", kindByNumber:
		l.Kinds = inquiry.NoColumn
	default:
		l.Kind, l.Kinds = inquiry.Kind(kind), inquiry.NoColumn
	}
	l.Numbers, l.Banks, l.Names = readColumn(in, "column_number"), readColumn(in, "column_bank"), readColumn(in, "column_name")
	bank, _ := in.integer("bank", 0, 1<<31)
	l.BankID = int(bank)
	return l
}

// readColumn reads the number of a column; an empty field is none.
func readColumn(in *input, name string) int {
	column, ok := in.integer(name, inquiry.NoColumn, 1<<20)
	if !ok {
		return inquiry.NoColumn
	}
	return int(column)
}

// startBulk begins a draft. Sent twice, it begins once: the version of the draft is gone then, and the page shows what is.
func (s *Server) startBulk(w http.ResponseWriter, r *http.Request) error {
	in, file, err := s.bulkForm(w, r)
	if err != nil {
		return err
	}
	version, _ := in.integer("version", 1, 1<<62)
	reuse := in.flag("reuse")
	if err = in.err("start file"); err == nil {
		_, err = s.BulkInquiries.Start(r.Context(), visitOf(r).asker(r), file.ID, version, reuse)
	}
	return s.afterBulk(w, r, file, bulkWish{wrong: err}, "bulk.started")
}

// retryBulk asks failures again, and lost lines where the form says so.
func (s *Server) retryBulk(w http.ResponseWriter, r *http.Request) error {
	in, file, err := s.bulkForm(w, r)
	if err != nil {
		return err
	}
	version, _ := in.integer("version", 1, 1<<62)
	lost := in.flag("lost")
	if !lost && file.Failures() == 0 && len(in.fields) == 0 {
		in.wrong("lost", "bulk.retry.nothing", nil)
	}
	if err = in.err("retry file"); err == nil {
		_, err = s.BulkInquiries.Retry(r.Context(), visitOf(r).asker(r), file.ID, version, lost)
	}
	return s.afterBulk(w, r, file, bulkWish{wrong: err}, "bulk.started")
}

// bulkForm reads a form that is posted to a file of the visitor's.
func (s *Server) bulkForm(w http.ResponseWriter, r *http.Request) (*input, inquiry.Bulk, error) {
	in, err := form(w, r)
	if err != nil {
		return nil, inquiry.Bulk{}, err
	}
	file, err := s.bulkOf(r)
	return in, file, err
}

func (s *Server) pauseBulk(w http.ResponseWriter, r *http.Request) error {
	_, file, err := s.bulkForm(w, r)
	if err != nil {
		return err
	}
	err = s.BulkInquiries.Pause(r.Context(), visitOf(r).asker(r), file.ID)
	return s.afterBulk(w, r, file, bulkWish{wrong: err}, "bulk.paused")
}

func (s *Server) resumeBulk(w http.ResponseWriter, r *http.Request) error {
	_, file, err := s.bulkForm(w, r)
	if err != nil {
		return err
	}
	err = s.BulkInquiries.Resume(r.Context(), visitOf(r).asker(r), file.ID)
	return s.afterBulk(w, r, file, bulkWish{wrong: err}, "bulk.resumed")
}

// cancelBulk throws a draft away, or stops the work on a file for good.
func (s *Server) cancelBulk(w http.ResponseWriter, r *http.Request) error {
	_, file, err := s.bulkForm(w, r)
	if err != nil {
		return err
	}
	err = s.BulkInquiries.Cancel(r.Context(), visitOf(r).asker(r), file.ID)
	if err == nil && file.State == inquiry.Draft {
		s.flash(r, ui.Success, visitOf(r).p.T("bulk.discarded"))
		s.redirect(w, r, "/inquiries/bulk")
		return nil
	}
	return s.afterBulk(w, r, file, bulkWish{wrong: err}, "bulk.cancelled")
}

// afterBulk leads back to the file after an act. What changed meanwhile, or was done already, is shown as it is now; another
// refusal is shown with the form.
func (s *Server) afterBulk(w http.ResponseWriter, r *http.Request, file inquiry.Bulk, wish bulkWish, done string) error {
	v := visitOf(r)
	switch {
	case wish.wrong == nil:
		s.flash(r, ui.Success, v.p.T(done))
	case errs.Is(wish.wrong, errs.Conflict):
		s.flash(r, ui.Warning, v.p.T("bulk.changed"))
	default:
		p, ok := invalidForm(page{}, wish.wrong)
		if !ok {
			return wish.wrong
		}
		if errs.Is(wish.wrong, errs.RateLimited) {
			p.status = http.StatusTooManyRequests // one's own allowance is one's own to mend
		}
		return s.showBulkFile(w, r, p, file, wish)
	}
	s.redirect(w, r, bulkHref(file.ID))
	return nil
}
