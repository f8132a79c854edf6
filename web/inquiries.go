package web

import (
	"net/http"
	"unicode/utf8"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
	"payportal/templates/icon"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// inquiryRoutes are the single inquiries. Whatever holds a number is posted, so that none stands in an address. A question lifts
// the limit on writing the answer: the provider may take longer, and an answer that nobody sees was paid for.
func (s *Server) inquiryRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/inquiries/card", Permission: access.InquiryCard, handle: s.numberPage(inquiry.Card),
			Nav: Nav{Group: "nav.inquiries", Label: "nav.inquiry_card", Icon: icon.CreditCard, Letter: "k"},
		},
		{Method: "POST", Pattern: "/inquiries/card", Permission: access.InquiryCard, Stream: true, handle: s.askNumber(inquiry.Card)},
		{Method: "POST", Pattern: "/inquiries/card/check", Permission: access.InquiryCard, handle: s.checkNumber(inquiry.Card)},
		{
			Method: "GET", Pattern: "/inquiries/account", Permission: access.InquiryAccount, handle: s.numberPage(inquiry.Account),
			Nav: Nav{Group: "nav.inquiries", Label: "nav.inquiry_account", Icon: icon.Wallet, Letter: "n"},
		},
		{Method: "POST", Pattern: "/inquiries/account", Permission: access.InquiryAccount, Stream: true, handle: s.askNumber(inquiry.Account)},
		{Method: "POST", Pattern: "/inquiries/account/check", Permission: access.InquiryAccount, handle: s.checkNumber(inquiry.Account)},
		{
			Method: "GET", Pattern: "/inquiries/iban", Permission: access.InquiryIBAN, handle: s.numberPage(inquiry.IBAN),
			Nav: Nav{Group: "nav.inquiries", Label: "nav.inquiry_iban", Icon: icon.Bank, Letter: "i"},
		},
		{Method: "POST", Pattern: "/inquiries/iban", Permission: access.InquiryIBAN, Stream: true, handle: s.askNumber(inquiry.IBAN)},
		{Method: "POST", Pattern: "/inquiries/iban/check", Permission: access.InquiryIBAN, handle: s.checkNumber(inquiry.IBAN)},
		{
			Method: "GET", Pattern: "/inquiries/wage", Permission: access.InquiryWage, handle: s.wagePage,
			Nav: Nav{Group: "nav.inquiries", Label: "nav.inquiry_wage", Icon: icon.Exchange, Letter: "w"},
		},
		{Method: "POST", Pattern: "/inquiries/wage", Permission: access.InquiryWage, Stream: true, handle: s.askWage},
		{Method: "POST", Pattern: "/inquiries/wage/check", Permission: access.InquiryWage, handle: s.checkDestination},
		{Method: "GET", Pattern: wageWordsPath, Permission: access.InquiryWage, handle: s.wageWords},
	}
}

// inquiryAsk is what a request about an inquiry is about, and what came of it.
type inquiryAsk struct {
	kind       inquiry.Kind
	connection OfferedConnection
	all        []OfferedConnection
	allowance  inquiry.Allowance
	settings   inquiry.Settings
	// wrong is why nothing was asked. result is what was, and nil before.
	wrong  error
	result *inquiry.Result
}

// asker is the visitor as the limits know them.
func (v *visit) asker(r *http.Request) inquiry.Asker {
	by := inquiry.Asker{Actor: v.by(r).Actor}
	for _, role := range v.identity.Roles {
		by.Roles = append(by.Roles, role.ID)
	}
	return by
}

// inquiryPath is the page of a kind.
func inquiryPath(kind inquiry.Kind) string { return "/inquiries/" + string(kind) }

// beginInquiry finds the connection that is asked. Its id is 0 where there is none.
func (s *Server) beginInquiry(r *http.Request, in *input, kind inquiry.Kind) (inquiryAsk, error) {
	ask := inquiryAsk{kind: kind}
	var err error
	ask.connection, ask.all, err = s.chosenInquiryConnection(r, in)
	return ask, err
}

// withoutInquiries answers for a portal without a connection that can be asked.
func (s *Server) withoutInquiries(w http.ResponseWriter, r *http.Request, title string) error {
	v := visitOf(r)
	nothing := ui.NothingYet(v.p.T("inquiries.no_connection"), v.p.T("inquiries.no_connection_text"), ui.Button{})
	if v.can(access.ConnectionManage) {
		nothing.Action = ui.Button{Label: v.p.T("inquiries.no_connection_action"), Href: "/admin/connections", Kind: ui.Primary}
	}
	return s.respond(w, r, page{title: title, content: inquiries.NothingPage(v.p, title, nothing)})
}

// askQuestion asks, once for the form's key.
func (s *Server) askQuestion(r *http.Request, in *input, ask *inquiryAsk, question inquiry.Question) {
	result, err := s.Inquiries.Ask(r.Context(), visitOf(r).asker(r), inquiry.Ask{
		Key: in.raw("key"), ConnectionID: ask.connection.ID, Question: question, Again: in.flag("again"),
	})
	if err != nil {
		ask.wrong = err
		return
	}
	ask.result = &result
}

// concludeInquiry reads what the page says of limits and fresh answers, and begins the page of what came of the question: ok is
// false when the error has a page of its own.
func (s *Server) concludeInquiry(r *http.Request, ask *inquiryAsk) (p page, ok bool, err error) {
	v := visitOf(r)
	if ask.settings, err = s.InquiryRules.Settings(r.Context()); err != nil {
		return p, false, err
	}
	if ask.allowance, err = s.InquiryRules.Allowance(r.Context(), v.asker(r)); err != nil {
		return p, false, err
	}
	failure := ask.failure()
	if failure == nil {
		return p, true, nil
	}
	v.err = failure
	if p, ok = invalidForm(p, failure); !ok && errs.KindOf(failure) != errs.Indeterminate && errs.KindOf(failure) != errs.NotFound {
		return p, false, failure
	}
	p.status, p.invalid = ask.status(failure), errs.Is(failure, errs.Invalid)
	return p, true, nil
}

// failure is why there is no answer, or nil.
func (a inquiryAsk) failure() error {
	switch {
	case a.wrong != nil:
		return a.wrong
	case a.result != nil:
		return ofProvider(a.result.Record.Err())
	}
	return nil
}

// status is the HTTP status of a question without an answer. What the provider has no answer to was answered; one's own
// allowance is one's own to mend; all else is as everywhere.
func (a inquiryAsk) status(failure error) int {
	switch {
	case a.result != nil && a.result.Record.Outcome == inquiry.Refused:
		return http.StatusOK
	case a.wrong != nil && errs.Is(failure, errs.RateLimited):
		return http.StatusTooManyRequests
	}
	return statusOf[errs.KindOf(failure)]
}

// answered reports whether there is an answer to show.
func (a inquiryAsk) answered() bool {
	return a.result != nil && a.result.Record.Outcome == inquiry.Answered && a.result.Record.Reply != nil && a.result.Record.Question != nil
}

// typedNumber is the form of a number as it was typed.
type typedNumber struct {
	number, name, bank string
}

// The longest number that a field takes, in characters: far more than one with everything that people put between its digits.
const maxNumberText = 200

// readNumber reads the form of a kind and what it asks.
func readNumber(in *input, kind inquiry.Kind) (typedNumber, inquiry.Question, error) {
	typed := typedNumber{number: in.raw("number"), name: in.text("name", maxNumberText), bank: in.text("bank", 100)}
	if utf8.RuneCountInString(typed.number) > maxNumberText {
		in.wrong("number", "validate.too_long", map[string]any{"Max": maxNumberText})
		typed.number = ""
	}
	if err := in.err("inquire"); err != nil {
		return typed, inquiry.Question{}, err
	}
	question, err := inquiry.ReadQuestion(kind, typed.number, bankIDOf(typed.bank))
	return typed, question, err
}

// bankIDOf reads a chosen bank: its id, or its name; 0 for none.
func bankIDOf(text string) int {
	bank, _ := inquiry.FindBank(text)
	return bank.ID
}

func (s *Server) numberPage(kind inquiry.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := query(r)
		if err != nil {
			return err
		}
		ask, err := s.beginInquiry(r, in, kind)
		if err != nil {
			return err
		}
		return s.renderNumber(w, r, ask, typedNumber{})
	}
}

func (s *Server) askNumber(kind inquiry.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := form(w, r)
		if err != nil {
			return err
		}
		ask, err := s.beginInquiry(r, in, kind)
		if err != nil {
			return err
		}
		typed, question, err := readNumber(in, kind)
		switch {
		case err != nil:
			ask.wrong = err
		case ask.connection.ID != 0:
			s.askQuestion(r, in, &ask, question)
		}
		return s.renderNumber(w, r, ask, typed)
	}
}

func (s *Server) renderNumber(w http.ResponseWriter, r *http.Request, ask inquiryAsk, typed typedNumber) error {
	v := visitOf(r)
	title := v.p.T("inquiries." + string(ask.kind) + ".title")
	if ask.connection.ID == 0 {
		return s.withoutInquiries(w, r, title)
	}
	p, ok, err := s.concludeInquiry(r, &ask)
	if !ok {
		return err
	}
	view := numberView(v, ask, typed, s.openInquiries(v))
	p.title, p.content, p.fragment = title, inquiries.AskPage(v.p, view), inquiries.AskContent(v.p, view)
	return s.respond(w, r, p)
}

// checkNumber says what can be said of a number before it is asked about: nothing leaves the portal.
func (s *Server) checkNumber(kind inquiry.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := form(w, r)
		if err != nil {
			return err
		}
		v := visitOf(r)
		check := inquiries.CheckContent(v.p, checkView(v.p, kind, in.raw("number"), bankIDOf(in.text("bank", 100))))
		return s.respond(w, r, page{title: v.p.T("inquiries." + string(kind) + ".title"), content: check, fragment: check})
	}
}

// inquiryLinks are where an answer can lead on to.
type inquiryLinks struct{ transfer, history string }

// openInquiries gives the links that there are for this visitor.
func (s *Server) openInquiries(v *visit) inquiryLinks {
	return inquiryLinks{transfer: s.openTo(v, "/bank/transfers/new"), history: s.openTo(v, "/inquiries/history")}
}

// openTo gives a page's address if there is such a page and the visitor may open it.
func (s *Server) openTo(v *visit, pattern string) string {
	for _, route := range s.routes {
		if route.Method == http.MethodGet && route.Pattern == pattern && v.can(route.Permission) {
			return pattern
		}
	}
	return ""
}
