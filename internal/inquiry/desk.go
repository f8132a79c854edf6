package inquiry

import (
	"context"
	"fmt"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
)

// askTimeout bounds one question: longer than the adapter's own limit, so that its error comes first.
const askTimeout = 40 * time.Second

// Desk answers one question at a time.
type Desk struct {
	*Rules
	providers Providers
}

// NewDesk makes the desk.
func NewDesk(rules *Rules, providers Providers) *Desk {
	return &Desk{Rules: rules, providers: providers}
}

// Ask is one question of a form.
type Ask struct {
	// Key is the form's, from command.NewKey: sent twice, the form asks once.
	Key          string
	ConnectionID int64
	Question     Question
	// Again asks the provider although there is a fresh answer.
	Again bool
}

// Result is what became of a question.
type Result struct {
	Record Record
	// Fresh says that the answer is an earlier one, as old as Record.SettledAt, and cost nothing.
	Fresh bool
}

// Ask gives a fresh earlier answer, or asks the provider: once for the key, whoever sends the form again. What the provider
// refused or did not answer is a result too, whose Record.Err tells. Errors: errs.RateLimited when today's allowance is used up,
// errs.Conflict for a key that stands for another question, errs.NotFound for a connection without inquiries.
func (d *Desk) Ask(ctx context.Context, by Asker, a Ask) (Result, error) {
	if !command.ValidKey(a.Key) {
		return Result{}, errs.New(errs.Invalid, "inquire", "command.key_invalid", nil)
	}
	if known, err := d.store.InquiryByKey(ctx, a.Key); !errs.Is(err, errs.NotFound) {
		if err != nil {
			return Result{}, err
		}
		return d.again(ctx, by, a, known)
	}
	settings, err := d.store.InquirySettings(ctx)
	if err != nil {
		return Result{}, err
	}
	if age := freshFor(a.Question.Kind, settings); !a.Again && age > 0 {
		if fresh, ok, err := d.fresh(ctx, by, a, age); ok || err != nil {
			return fresh, err
		}
	}
	return d.ask(ctx, by, a, settings.Of(by).PerDay)
}

// wageFreshFor bounds the age of an estimate: the arrival that it tells is counted from its own moment.
const wageFreshFor = 5 * time.Minute

// freshFor is how old an answer of a kind may be to be offered.
func freshFor(kind Kind, s Settings) time.Duration {
	if kind == Wage {
		return min(s.FreshFor, wageFreshFor)
	}
	return s.FreshFor
}

// again gives what became of the form when it was sent before.
func (d *Desk) again(ctx context.Context, by Asker, a Ask, known Record) (Result, error) {
	same := known.UserID == by.UserID && known.ConnectionID == a.ConnectionID && known.Question != nil &&
		known.Question.Identity() == a.Question.Identity()
	if !same {
		return Result{}, errs.New(errs.Conflict, "inquire", "command.key_reused", nil)
	}
	settled, err := d.await(ctx, known)
	return Result{Record: settled}, err
}

// awaitEvery is how often a question that another request asks is looked at.
const awaitEvery = 50 * time.Millisecond

// await waits for the outcome of a question that another request asks.
func (d *Desk) await(ctx context.Context, r Record) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	for r.Outcome == Asking {
		select {
		case <-ctx.Done():
			return r, nil // still asking: its page says so
		case <-tick.C:
		}
		var err error
		if r, err = d.store.Inquiry(context.WithoutCancel(ctx), r.ID); err != nil {
			return r, err
		}
	}
	return r, nil
}

// fresh finds an answer that is not too old. Whoever is shown it is in the trail.
func (d *Desk) fresh(ctx context.Context, by Asker, a Ask, age time.Duration) (Result, bool, error) {
	found, err := d.store.FreshInquiry(ctx, a.ConnectionID, a.Question, d.now().Add(-age))
	if errs.Is(err, errs.NotFound) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, err
	}
	err = d.store.RecordAudit(ctx, audit.Entry{Actor: by.Actor, Act: "inquiry.reuse", Object: object(found.ID), Outcome: audit.OK})
	return Result{Record: found, Fresh: true}, true, err
}

// ask writes the question down, asks it and writes down what came of it. A request that is abandoned does not abandon the call.
func (d *Desk) ask(ctx context.Context, by Asker, a Ask, perDay int) (Result, error) {
	provider, err := d.providers.Inquiry(ctx, a.ConnectionID)
	if err != nil {
		return Result{}, err
	}
	r := newRecord(a.Question, a.ConnectionID, by.Actor, d.now(), d.today())
	r.Key = a.Key
	r, err = d.store.IntendInquiry(ctx, r, perDay, audit.Entry{
		Actor: by.Actor, Act: "inquiry." + string(a.Question.Kind), Outcome: audit.OK, After: map[string]any{"connection": a.ConnectionID, "bank": r.BankID},
	})
	if errs.Is(err, errs.Conflict) { // the same form in parallel was faster
		known, err := d.store.InquiryByKey(ctx, a.Key)
		if err != nil {
			return Result{}, err
		}
		return d.again(ctx, by, a, known)
	}
	if err != nil {
		return Result{}, err
	}
	ctx = context.WithoutCancel(ctx)
	outcome, reply := askProvider(ctx, provider, a.Question)
	settledAt := d.now()
	if err := d.store.SettleInquiry(ctx, r.ID, outcome, reply, settledAt); err != nil {
		return Result{}, err
	}
	return Result{Record: r.settled(outcome, reply, settledAt)}, nil
}

// newRecord is a question on its way.
func newRecord(q Question, connectionID int64, actor audit.Actor, at time.Time, day Day) Record {
	r := Record{
		ConnectionID: connectionID, Kind: q.Kind, UserID: actor.UserID, UserName: actor.Name, AskedAt: at, Day: day, Outcome: Asking, Question: &q,
	}
	if bank, ok := q.Bank(); ok {
		r.BankID = bank.ID
	}
	return r
}

// askProvider asks, and says what came of it.
func askProvider(ctx context.Context, p Provider, q Question) (Outcome, Reply) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var answer Answer
	var err error
	switch q.Kind {
	case Card:
		answer, err = p.CardToIBAN(ctx, q.Card)
	case Account:
		answer, err = p.AccountToIBAN(ctx, q.Number, q.BankID)
	case IBAN:
		answer, err = p.InquireIBAN(ctx, q.IBAN)
	case Wage:
		var estimate WageEstimate
		if estimate, err = p.EstimateWage(ctx, q.Wage); err == nil {
			return Answered, Reply{Wage: &estimate}
		}
	}
	if err != nil {
		return outcomeOf(err)
	}
	return Answered, Reply{Answer: &answer}
}

// object names a question in the trail.
func object(id int64) string { return fmt.Sprintf("inquiry:%d", id) }
