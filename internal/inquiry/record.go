package inquiry

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"payportal/internal/errs"
	"payportal/internal/money"
)

// Outcome is what became of a question.
type Outcome string

// The outcomes. Asking is the only one that changes.
const (
	Asking   Outcome = "asking"   // on disk, perhaps with the provider
	Answered Outcome = "answered" // the provider answered
	Refused  Outcome = "refused"  // the provider understood and has no answer: an unknown card
	Failed   Outcome = "failed"   // the provider was surely not asked, or surely did nothing
	Lost     Outcome = "lost"     // the provider may have answered, and may charge for it; the answer did not arrive
)

// Outcomes lists the outcomes in the order in which screens offer them.
func Outcomes() []Outcome { return []Outcome{Answered, Refused, Failed, Lost, Asking} }

// ParseOutcome reads the word of an outcome.
func ParseOutcome(word string) (Outcome, bool) {
	for _, o := range Outcomes() {
		if string(o) == word {
			return o, true
		}
	}
	return "", false
}

// Record is a question that somebody asked, and what became of it.
type Record struct {
	ID           int64
	ConnectionID int64
	Kind         Kind
	// UserID and UserName are who asked.
	UserID   int64
	UserName string
	// Key is the form's, so that a form that is sent twice asks once; empty for a line of a file.
	Key string
	// BulkID is the file whose line it was, 0 for a single question.
	BulkID int64
	// AskedAt is when the question was written down; SettledAt when its outcome was, zero while it is Asking.
	AskedAt, SettledAt time.Time
	// Day is the day of the asker's allowance that it counts on.
	Day     Day
	Outcome Outcome
	// Problem is the errs kind of why there is no answer, as errs.Kind.String has it; empty for an answer.
	Problem string
	// BankID is the bank that the number names, 0 for none that we know.
	BankID int
	// Question and Reply are nil once they were forgotten; Reply also before there is one.
	Question *Question
	Reply    *Reply
}

// settled is the record with its outcome.
func (r Record) settled(o Outcome, reply Reply, at time.Time) Record {
	r.Outcome, r.Reply, r.SettledAt = o, &reply, at
	if reply.Failure != nil {
		r.Problem = reply.Failure.Kind.String()
	}
	return r
}

// Err is what a record without an answer means to who asked: the provider's refusal or trouble again, errs.Indeterminate for a
// lost answer and errs.Conflict while the question is with the provider. nil for an answer.
func (r Record) Err() error {
	op := "inquire " + string(r.Kind)
	switch {
	case r.Outcome == Answered:
		return nil
	case r.Outcome == Asking:
		return errs.New(errs.Conflict, op, "inquiry.outcome.asking_text", nil)
	case r.Reply == nil || r.Reply.Failure == nil:
		return errs.New(errs.Indeterminate, op, "inquiry.outcome.lost_text", nil)
	}
	return r.Reply.Failure.err(op)
}

// Reply is what came back: exactly one of its fields is set.
type Reply struct {
	Answer  *Answer
	Wage    *WageEstimate
	Failure *Failure
}

// Failure is why there is no answer, as it is kept.
type Failure struct {
	Kind errs.Kind
	// Msg is a catalogue key and Args its placeholders. The provider's own words are among them: they can hold personal data.
	Msg  string
	Args map[string]any
	Code string
}

func (f *Failure) err(op string) error {
	return &errs.Error{Kind: f.Kind, Op: op, Msg: f.Msg, Args: f.Args, Code: f.Code}
}

// outcomeOf tells what an error of the provider's means for the question. Only an error that says of itself that nothing was
// done is a failure: a bare deadline or an unclassified error says nothing.
func outcomeOf(err error) (Outcome, Reply) {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return Lost, Reply{Failure: &Failure{Kind: errs.Indeterminate, Msg: "inquiry.outcome.lost_text"}}
	}
	reply := Reply{Failure: &Failure{Kind: e.Kind, Msg: e.Msg, Args: maps.Clone(e.Args), Code: e.Code}}
	switch e.Kind {
	case errs.Declined, errs.NotFound, errs.Invalid:
		return Refused, reply
	case errs.Forbidden, errs.Unauthenticated, errs.RateLimited, errs.Unavailable:
		return Failed, reply
	}
	return Lost, reply
}

// stored is a Reply in the form in which it is sealed.
type stored struct {
	Answer  *storedAnswer  `json:"answer,omitempty"`
	Wage    []storedRoute  `json:"wage,omitempty"` // Paya, Satna, A2A
	Failure *storedFailure `json:"failure,omitempty"`
}

type storedAnswer struct {
	IBAN     string     `json:"iban,omitempty"`
	Deposit  string     `json:"deposit,omitempty"`
	State    string     `json:"state,omitempty"`
	Comment  string     `json:"comment,omitempty"`
	BankID   int        `json:"bank_id,omitempty"`
	BankName string     `json:"bank_name,omitempty"`
	Owners   [][]string `json:"owners,omitempty"` // first, last
	Remark   string     `json:"remark,omitempty"`
}

type storedRoute struct {
	Possible bool   `json:"possible"`
	Wage     int64  `json:"wage"` // rial
	Arrival  string `json:"arrival,omitempty"`
}

type storedFailure struct {
	Kind string         `json:"kind"`
	Msg  string         `json:"msg,omitempty"`
	Args map[string]any `json:"args,omitempty"`
	Code string         `json:"code,omitempty"`
}

// Seal writes the reply for the store, which encrypts it. OpenReply reads it.
func (r Reply) Seal() ([]byte, error) {
	var s stored
	switch {
	case r.Answer != nil:
		a := r.Answer
		s.Answer = &storedAnswer{
			IBAN: a.IBAN, Deposit: a.Deposit, State: a.State, Comment: a.Comment, BankID: a.BankID, BankName: a.BankName, Remark: a.Remark,
		}
		for _, owner := range a.Owners {
			s.Answer.Owners = append(s.Answer.Owners, []string{owner.First, owner.Last})
		}
	case r.Wage != nil:
		for _, route := range []WageRoute{r.Wage.Paya, r.Wage.Satna, r.Wage.A2A} {
			s.Wage = append(s.Wage, storeRoute(route))
		}
	case r.Failure != nil:
		f := r.Failure
		s.Failure = &storedFailure{Kind: f.Kind.String(), Msg: f.Msg, Args: f.Args, Code: f.Code}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write a reply: %w", err)
	}
	return text, nil
}

func storeRoute(r WageRoute) storedRoute {
	s := storedRoute{Possible: r.Possible, Wage: r.Wage.Minor}
	if !r.Arrival.IsZero() {
		s.Arrival = r.Arrival.UTC().Format(time.RFC3339)
	}
	return s
}

// errReply means that a stored reply is not one of ours. Its text does not hold the reply.
var errReply = errors.New("inquiry: not a stored reply")

// OpenReply reads what Seal wrote.
func OpenReply(text []byte) (Reply, error) {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return Reply{}, errReply
	}
	switch {
	case s.Answer != nil:
		return openAnswer(s.Answer)
	case len(s.Wage) == 3:
		var routes [3]WageRoute
		for i, route := range s.Wage {
			var err error
			if routes[i], err = openRoute(route); err != nil {
				return Reply{}, err
			}
		}
		return Reply{Wage: &WageEstimate{Paya: routes[0], Satna: routes[1], A2A: routes[2]}}, nil
	case s.Failure != nil:
		f := s.Failure
		return Reply{Failure: &Failure{Kind: errs.ParseKind(f.Kind), Msg: f.Msg, Args: f.Args, Code: f.Code}}, nil
	}
	return Reply{}, errReply
}

func openAnswer(s *storedAnswer) (Reply, error) {
	a := &Answer{
		IBAN: s.IBAN, Deposit: s.Deposit, State: s.State, Comment: s.Comment, BankID: s.BankID, BankName: s.BankName, Remark: s.Remark,
	}
	for _, owner := range s.Owners {
		if len(owner) != 2 {
			return Reply{}, errReply
		}
		a.Owners = append(a.Owners, Owner{First: owner[0], Last: owner[1]})
	}
	return Reply{Answer: a}, nil
}

func openRoute(s storedRoute) (WageRoute, error) {
	r := WageRoute{Possible: s.Possible, Wage: money.Of(s.Wage, money.IRR)}
	if s.Arrival == "" {
		return r, nil
	}
	var err error
	if r.Arrival, err = time.Parse(time.RFC3339, s.Arrival); err != nil {
		return WageRoute{}, errReply
	}
	return r, nil
}
