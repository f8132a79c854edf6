package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
	"payportal/templates/icon"
	"payportal/templates/inquiries"
	"payportal/templates/layout"
)

// inquiryHistoryRoutes are what was asked. A number is searched for by POST, so that it never stands in an address.
func (s *Server) inquiryHistoryRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: historyPath, Permission: access.InquiryHistory, handle: s.inquiryList,
			Nav: Nav{Group: "nav.inquiries", Label: "inquiryhistory.title", Icon: icon.History, Letter: "h"},
		},
		{Method: "GET", Pattern: historySearchPath, Permission: access.InquiryHistory, handle: s.leaveSearch},
		{Method: "POST", Pattern: historySearchPath, Permission: access.InquiryHistory, handle: s.searchInquiries},
		{Method: "GET", Pattern: "/inquiries/history/{id}", Permission: access.InquiryHistory, handle: s.inquiryEntry},
		{Method: "POST", Pattern: "/inquiries/history/{id}/reveal", Permission: access.InquiryReveal, handle: s.revealInquiry},
	}
}

const (
	historyPath       = "/inquiries/history"
	historySearchPath = "/inquiries/history/search"
	// historyPage is how many questions a page shows.
	historyPage = 50
)

// historyParameters are the filters that stand in addresses, in the order of their chips.
var historyParameters = []string{"kind", "outcome", "user", "from", "to"}

// historyAsk is a list of questions as it was asked for.
type historyAsk struct {
	filter inquiry.HistoryFilter
	at     listURL
	// number is what was typed to search for; empty for no search.
	number string
	wrong  error
}

func (s *Server) inquiryList(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	ask := readHistory(in, visitOf(r))
	ask.filter.Before, _ = in.integer("after", 1, 1<<62)
	ask.wrong = in.err("list inquiries")
	return s.showHistory(w, r, ask)
}

// leaveSearch leads on whoever opens the address of a search: what was searched for is not in it.
func (s *Server) leaveSearch(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	s.redirect(w, r, newListURL(historyPath, in, historyParameters...).String())
	return nil
}

// searchInquiries lists the questions about one number. The other filters are in the address.
func (s *Server) searchInquiries(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	typed, err := form(w, r)
	if err != nil {
		return err
	}
	ask := readHistory(in, visitOf(r))
	ask.number = readSearch(typed)
	ask.filter.Before, _ = typed.integer("after", 1, 1<<62)
	if ask.wrong = typed.err("search inquiries"); ask.wrong == nil {
		ask.filter.Questions, ask.wrong = inquiry.NumberSearch(ask.number)
	}
	if wrong := in.err("search inquiries"); wrong != nil {
		ask.wrong = wrong
	}
	return s.showHistory(w, r, ask)
}

// readSearch reads the number that is searched for, with whatever was pasted around its digits.
func readSearch(in *input) string {
	number := in.raw(inquiry.FieldNumber)
	switch {
	case len(in.values[inquiry.FieldNumber]) > 1:
		in.wrong(inquiry.FieldNumber, "validate.repeated", nil)
	case strings.TrimSpace(number) == "":
		in.wrong(inquiry.FieldNumber, "validate.required", nil)
	case utf8.RuneCountInString(number) > maxNumberText:
		in.wrong(inquiry.FieldNumber, "validate.too_long", map[string]any{"Max": maxNumberText})
		return ""
	}
	return number
}

// readHistory reads the filters. Days are the user's: both are included.
func readHistory(in *input, v *visit) historyAsk {
	var kinds, outcomes []string
	for _, k := range inquiry.Kinds() {
		kinds = append(kinds, string(k))
	}
	for _, o := range inquiry.Outcomes() {
		outcomes = append(outcomes, string(o))
	}
	f := inquiry.HistoryFilter{
		Kind: inquiry.Kind(in.choice("kind", kinds...)), Outcome: inquiry.Outcome(in.choice("outcome", outcomes...)), Limit: historyPage,
	}
	f.UserID, _ = in.integer("user", 1, 1<<62)
	prefs := v.p.Prefs()
	from, hasFrom := readDay(in, "from", prefs)
	to, hasTo := readDay(in, "to", prefs)
	if hasFrom {
		f.From = from.Start
	}
	if hasTo {
		f.To = to.End
	}
	if hasFrom && hasTo && to.Start.Before(from.Start) {
		in.wrong("to", "validate.range_order", nil)
	}
	return historyAsk{filter: f, at: newListURL(historyPath, in, historyParameters...)}
}

func (s *Server) showHistory(w http.ResponseWriter, r *http.Request, ask historyAsk) error {
	v := visitOf(r)
	p := page{title: v.p.T("inquiryhistory.title")}
	list := historyRecords{}
	var err error
	if ask.wrong == nil {
		list.records, list.more, err = s.InquiryHistory.List(r.Context(), ask.filter)
	} else {
		p, _ = invalidForm(p, ask.wrong)
	}
	if err != nil {
		return err
	}
	if list.users, err = s.Access.People.Users(r.Context(), access.UserFilter{}); err != nil {
		return err
	}
	view := historyView(v, ask, list)
	p.content, p.fragment = inquiries.HistoryPage(v.p, view), inquiries.HistoryPart(v.p, view.List)
	return s.respond(w, r, p)
}

// historyCrumbs lead to the page of a question.
func historyCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("inquiryhistory.title"), Href: historyPath}}
}

// inquiryID reads the question that the path names.
func inquiryID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errs.New(errs.NotFound, "read inquiry", "", nil)
	}
	return id, nil
}

func (s *Server) inquiryEntry(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	id, err := inquiryID(r)
	if err != nil {
		return err
	}
	record, err := s.InquiryHistory.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return s.showInquiry(w, r, page{}, record, entryWish{list: in.text("list", maxListQuery)})
}

// entryWish is what the page of a question is drawn from besides the question.
type entryWish struct {
	// list is the query of the list that the reader came from.
	list string
	// opened shows number and answer.
	opened bool
	// reason is the form as it came back, wrong what is wrong with it.
	reason string
	wrong  error
}

func (s *Server) showInquiry(w http.ResponseWriter, r *http.Request, p page, record inquiry.Record, wish entryWish) error {
	v := visitOf(r)
	names, err := s.connectionNames(r.Context())
	if err != nil {
		return err
	}
	settings, err := s.InquiryHistory.Settings(r.Context())
	if err != nil {
		return err
	}
	view := inquiryEntryView(v, record, settings, names[record.ConnectionID], wish)
	p.title, p.crumbs, p.content = view.Title, historyCrumbs(v), inquiries.HistoryEntryPage(v.p, view)
	return s.respond(w, r, p)
}

// revealInquiry shows number and answer to somebody who says why. The trail has the reason before the page has the answer.
func (s *Server) revealInquiry(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	id, err := inquiryID(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	wish := entryWish{list: in.text("list", maxListQuery), reason: in.raw("reason")}
	reason := in.text("reason", 4*inquiry.MaxReason)
	var record inquiry.Record
	if err = in.err("reveal inquiry"); err == nil {
		record, err = s.InquiryHistory.Reveal(r.Context(), v.by(r).Actor, id, reason)
	}
	if err == nil {
		wish.opened = true
		return s.showInquiry(w, r, page{}, record, wish)
	}
	p, ok := invalidForm(page{}, err)
	if !ok {
		return err
	}
	if record, err2 := s.InquiryHistory.Get(r.Context(), id); err2 == nil {
		wish.wrong = err
		return s.showInquiry(w, r, p, record, wish)
	}
	return err
}

// entryHref is the page of a question, with the way back to a list.
func entryHref(id int64, list url.Values) string {
	return withList(historyPath+"/"+strconv.FormatInt(id, 10), list.Encode())
}
