package web

import (
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/templates/inquiries"
)

// wageWordsPath answers an amount with itself in words and in the other unit. An amount alone says nothing of anybody.
const wageWordsPath = "/inquiries/wage/words"

// The field of an IBAN that names the destination's bank.
const fieldDestinationIBAN = "destination_iban"

// typedWage is the form of a wage as it was typed.
type typedWage struct {
	amount, source, destination, iban string
}

// readWage reads the form and the transfer that it asks about. All that is wrong is told at once.
func readWage(p *i18n.Printer, in *input) (typedWage, inquiry.WageQuestion, error) {
	typed := typedWage{
		amount: in.text(inquiry.FieldAmount, 60), source: in.text(inquiry.FieldSource, 100), destination: in.text(inquiry.FieldDestination, 100),
		iban: in.raw(fieldDestinationIBAN),
	}
	if utf8.RuneCountInString(typed.iban) > maxNumberText {
		in.wrong(fieldDestinationIBAN, "validate.too_long", map[string]any{"Max": maxNumberText})
		typed.iban = ""
	}
	question := inquiry.WageQuestion{SourceBank: bankIDOf(typed.source), DestinationBank: bankIDOf(typed.destination)}
	var err error
	question.Amount, err = money.ParseAmount(typed.amount, money.IRR, p.Prefs().Unit)
	switch {
	case typed.amount == "":
		in.wrong(inquiry.FieldAmount, "validate.required", nil)
	case err != nil:
		in.wrong(inquiry.FieldAmount, amountProblem(err), nil)
	}
	switch {
	case strings.TrimSpace(typed.iban) != "":
		question.DestinationBank = destinationOf(p, in, typed.iban, question.DestinationBank)
	case question.DestinationBank == 0:
		in.wrong(inquiry.FieldDestination, "inquiries.destination_missing", nil)
	}
	for _, f := range errs.FieldsOf(question.Check()) {
		told := in.isWrong(f.Name) || f.Name == inquiry.FieldDestination && in.isWrong(fieldDestinationIBAN)
		if !told {
			in.wrong(f.Name, f.Msg, f.Args)
		}
	}
	return typed, question, in.err("estimate wage")
}

// destinationOf is the bank that an IBAN names, or the chosen one when the IBAN names none that we know.
func destinationOf(p *i18n.Printer, in *input, text string, chosen int) int {
	question, err := inquiry.ReadQuestion(inquiry.IBAN, text, 0)
	if err != nil {
		for _, f := range errs.FieldsOf(err) {
			in.wrong(fieldDestinationIBAN, f.Msg, f.Args)
		}
		return chosen
	}
	bank, known := question.Bank()
	switch {
	case !known && chosen == 0:
		in.wrong(fieldDestinationIBAN, "inquiries.destination_unknown", nil)
	case known && chosen != 0 && chosen != bank.ID:
		in.wrong(fieldDestinationIBAN, "inquiries.destination_differs", map[string]any{"Bank": bankName(p, bank)})
	case known:
		return bank.ID
	}
	return chosen
}

func (s *Server) wagePage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	ask, err := s.beginInquiry(r, in, inquiry.Wage)
	if err != nil {
		return err
	}
	return s.renderWage(w, r, ask, typedWage{})
}

func (s *Server) askWage(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	ask, err := s.beginInquiry(r, in, inquiry.Wage)
	if err != nil {
		return err
	}
	typed, question, err := readWage(visitOf(r).p, in)
	switch {
	case err != nil:
		ask.wrong = err
	case ask.connection.ID != 0:
		s.askQuestion(r, in, &ask, inquiry.AskWage(question))
	}
	return s.renderWage(w, r, ask, typed)
}

func (s *Server) renderWage(w http.ResponseWriter, r *http.Request, ask inquiryAsk, typed typedWage) error {
	v := visitOf(r)
	title := v.p.T("inquiries.wage.title")
	if ask.connection.ID == 0 {
		return s.withoutInquiries(w, r, title)
	}
	p, ok, err := s.concludeInquiry(r, &ask)
	if !ok {
		return err
	}
	view := wageView(v, ask, typed, s.openInquiries(v))
	p.title, p.content, p.fragment = title, inquiries.WagePage(v.p, view), inquiries.WageContent(v.p, view)
	return s.respond(w, r, p)
}

// checkDestination says which bank an IBAN names, before anything is asked.
func (s *Server) checkDestination(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	check := inquiries.CheckContent(v.p, checkView(v.p, inquiry.IBAN, in.raw(fieldDestinationIBAN), 0))
	return s.respond(w, r, page{title: v.p.T("inquiries.wage.title"), content: check, fragment: check})
}

// wageWords answers with an amount in words and in the other unit, as plain text; with nothing for what is no amount.
func (s *Server) wageWords(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	text := ""
	if amount, err := money.ParseAmount(in.text(inquiry.FieldAmount, 60), money.IRR, v.p.Prefs().Unit); err == nil {
		text = s.otherUnit(v.p, amount) + v.p.T("word.list_separator") + v.p.Words(amount)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text) // #nosec G705 -- plain text, made of a number that was read; a client that has left is not an error of ours
	return nil
}

// otherUnit writes an amount in the unit of rial and toman that the reader did not choose.
func (s *Server) otherUnit(p *i18n.Printer, amount money.Amount) string {
	prefs := p.Prefs()
	prefs.Unit = money.Toman + money.Rial - prefs.Unit
	other := s.Bundle.Printer(prefs)
	return other.Money(amount) + " " + other.UnitName(money.IRR)
}
