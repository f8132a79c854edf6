package inquiry

import (
	"context"
	"time"
	"unicode/utf8"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/iban"
	"payportal/internal/textin"
)

// HistoryFilter asks for a page of the history. Zero fields ask for everything.
type HistoryFilter struct {
	Kind    Kind
	Outcome Outcome
	UserID  int64
	BulkID  int64
	// From is inclusive and To exclusive, of the time of asking.
	From, To time.Time
	// Questions are what a search for a number may mean; nil for no search. See NumberSearch.
	Questions []Question
	// Before is the id above the page, 0 for the newest.
	Before int64
	Limit  int
}

// NumberSearch reads a number to search the history for, in any of its forms: an account number is looked for at every bank.
// errs.Invalid at the field number.
func NumberSearch(text string) ([]Question, error) {
	if number, err := iban.ParseIBAN(text); err == nil {
		return []Question{AskIBAN(number)}, nil
	}
	if card, err := iban.ParseCard(text); err == nil {
		return []Question{AskCard(card)}, nil
	}
	number, err := iban.ParseAccountNumber(text)
	if err != nil {
		return nil, errs.InvalidField("search inquiries", FieldNumber, "inquiry.history.number_wrong")
	}
	var all []Question
	for _, bank := range iban.Banks() {
		all = append(all, AskAccount(number, bank.ID))
	}
	return all, nil
}

// revealsPerDay bounds what one person can open: far above honest work, far below copying the history by hand.
const revealsPerDay = 300

// The length of a reason, in characters.
const (
	MinReason = 5
	MaxReason = 200
)

// History is what was asked.
type History struct{ *Rules }

// NewHistory makes the history.
func NewHistory(rules *Rules) *History { return &History{Rules: rules} }

// List gives a page, newest first, and whether there is more.
func (h *History) List(ctx context.Context, f HistoryFilter) (list []Record, more bool, err error) {
	limit := f.Limit
	f.Limit++
	list, err = h.store.Inquiries(ctx, f)
	if len(list) > limit {
		return list[:limit], true, err
	}
	return list, false, err
}

// Get gives one question. errs.NotFound.
func (h *History) Get(ctx context.Context, id int64) (Record, error) { return h.store.Inquiry(ctx, id) }

// Reveal opens the number and the answer of a question for somebody who says why. errs.Invalid at the field reason,
// errs.NotFound when there is no such question or it was forgotten, errs.RateLimited after too many on a day.
func (h *History) Reveal(ctx context.Context, actor audit.Actor, id int64, reason string) (Record, error) {
	reason, err := textin.Line(reason)
	if n := utf8.RuneCountInString(reason); err != nil || n < MinReason || n > MaxReason {
		return Record{}, &errs.Error{Kind: errs.Invalid, Op: "reveal inquiry", Fields: []errs.Field{{
			Name: "reason", Msg: "inquiry.history.reason_length", Args: map[string]any{"Min": MinReason, "Max": MaxReason},
		}}}
	}
	r, err := h.store.Inquiry(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if r.Question == nil {
		return Record{}, errs.New(errs.NotFound, "reveal inquiry", "inquiry.history.forgotten", nil)
	}
	err = h.store.RevealInquiry(ctx, actor.UserID, h.today(), revealsPerDay, audit.Entry{
		Actor: actor, Act: "inquiry.reveal", Object: object(id), Outcome: audit.OK, After: map[string]any{"reason": reason},
	})
	if err != nil {
		return Record{}, err
	}
	return r, nil
}

// forgetAtOnce bounds one transaction of Forget.
const forgetAtOnce = 1000

// Forget empties what is older than the retention. It tells how many questions and files there were.
func (h *History) Forget(ctx context.Context) (total int, err error) {
	settings, err := h.store.InquirySettings(ctx)
	if err != nil {
		return 0, err
	}
	for {
		n, err := h.store.ForgetInquiries(ctx, h.now().Add(-settings.Retention), forgetAtOnce)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// RecoverAtStart makes questions whose answers a kill has taken Lost. To be called before anything is asked. It tells how many.
func (h *History) RecoverAtStart(ctx context.Context) (int, error) {
	return h.store.LoseInquiries(ctx, h.now())
}
