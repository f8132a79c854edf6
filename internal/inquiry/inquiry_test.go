package inquiry_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/store"
	"payportal/store/storetest"
)

// bank answers by rules of the test and counts what it was asked, by the question's identity.
type bank struct {
	mu     sync.Mutex
	asked  map[string]int
	atOnce int // calls under way
	most   int
	// answer decides on the n-th call for a question, from 1; nil answers everything.
	answer func(ctx context.Context, q inquiry.Question, n int) error
	// turn, where it is set, is taken from before each answer.
	turn chan struct{}
}

func newBank() *bank { return &bank{asked: map[string]int{}} }

// Inquiry makes the bank the provider of every connection.
func (b *bank) Inquiry(context.Context, int64) (inquiry.Provider, error) { return b, nil }

func (b *bank) ask(ctx context.Context, q inquiry.Question) error {
	b.mu.Lock()
	b.asked[q.Identity()]++
	n := b.asked[q.Identity()]
	b.atOnce++
	b.most = max(b.most, b.atOnce)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.atOnce--
		b.mu.Unlock()
	}()
	if b.turn != nil {
		select {
		case <-b.turn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if b.answer == nil {
		return nil
	}
	return b.answer(ctx, q, n)
}

func (b *bank) total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := 0
	for _, n := range b.asked {
		sum += n
	}
	return sum
}

// twice lists questions that were asked more than once.
func (b *bank) twice() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	count := 0
	for _, n := range b.asked {
		if n > 1 {
			count++
		}
	}
	return count
}

func (b *bank) CardToIBAN(ctx context.Context, card iban.Card) (inquiry.Answer, error) {
	return inquiry.Answer{IBAN: ibanOf(1).Reveal()}, b.ask(ctx, inquiry.AskCard(card))
}

func (b *bank) AccountToIBAN(ctx context.Context, number iban.AccountNumber, bankID int) (inquiry.Answer, error) {
	return someAnswer(), b.ask(ctx, inquiry.AskAccount(number, bankID))
}

func (b *bank) InquireIBAN(ctx context.Context, number iban.IBAN) (inquiry.Answer, error) {
	return someAnswer(), b.ask(ctx, inquiry.AskIBAN(number))
}

func (b *bank) EstimateWage(ctx context.Context, q inquiry.WageQuestion) (inquiry.WageEstimate, error) {
	route := inquiry.WageRoute{Possible: true, Wage: money.Of(30_000, money.IRR), Arrival: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)}
	return inquiry.WageEstimate{Paya: route, Satna: route}, b.ask(ctx, inquiry.AskWage(q))
}

func someAnswer() inquiry.Answer {
	return inquiry.Answer{
		IBAN: ibanOf(2).Reveal(), Deposit: "0100123456", State: "حساب فعال است", BankID: 2, BankName: "بانک ملی ایران",
		Owners: []inquiry.Owner{{First: "مریم", Last: "رضایی"}},
	}
}

func ibanOf(n int) iban.IBAN {
	number, err := iban.MakeIBAN("017", fmt.Sprintf("%019d", n))
	if err != nil {
		panic(err)
	}
	return number
}

// desk is everything on one database, with a clock that the test moves.
type desk struct {
	db      *store.DB
	bank    *bank
	rules   *inquiry.Rules
	desk    *inquiry.Desk
	history *inquiry.History
	now     time.Time
}

var tehran = time.FixedZone("Tehran", 3*3600+1800)

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{db: storetest.Open(t), bank: newBank(), now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
	d.rules = inquiry.NewRules(d.db, tehran, func() time.Time { return d.now })
	d.desk, d.history = inquiry.NewDesk(d.rules, d.bank), inquiry.NewHistory(d.rules)
	return d
}

func clerk(id int64, roles ...access.RoleID) inquiry.Asker {
	return inquiry.Asker{Actor: audit.Actor{UserID: id, Name: fmt.Sprint("clerk", id)}, Roles: roles}
}

func (d *desk) ask(t *testing.T, by inquiry.Asker, a inquiry.Ask) inquiry.Result {
	t.Helper()
	if a.Key == "" {
		a.Key = command.NewKey()
	}
	if a.ConnectionID == 0 {
		a.ConnectionID = 1
	}
	result, err := d.desk.Ask(t.Context(), by, a)
	if err != nil {
		t.Fatalf("Ask: %v", err)
	}
	return result
}

func (d *desk) allowance(t *testing.T, by inquiry.Asker) inquiry.Allowance {
	t.Helper()
	allowance, err := d.rules.Allowance(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	return allowance
}

func TestAskGivesTheAnswerAndRemembersIt(t *testing.T) {
	d := newDesk(t)
	asked := d.ask(t, clerk(7), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))})
	if r := asked.Record; asked.Fresh || r.Outcome != inquiry.Answered || r.Reply.Answer.Owners[0].Name() != "مریم رضایی" || r.BankID != 2 || r.Err() != nil {
		t.Errorf("Ask = fresh %v, %s, bank %d; want an answer of Melli", asked.Fresh, r.Outcome, r.BankID)
	}
	stored, err := d.history.Get(t.Context(), asked.Record.ID)
	if err != nil || stored.Question.Identity() != inquiry.AskIBAN(ibanOf(1)).Identity() || stored.Reply.Answer.Deposit != "0100123456" ||
		stored.UserName != "clerk7" || stored.SettledAt != d.now {
		t.Errorf("the history has another record: %v", err)
	}
	if used := d.allowance(t, clerk(7)).Used; used != 1 {
		t.Errorf("used = %d, want 1", used)
	}
}

func TestTheSameFormAsksOnce(t *testing.T) {
	d := newDesk(t)
	key := command.NewKey()
	ask := inquiry.Ask{Key: key, ConnectionID: 1, Question: inquiry.AskIBAN(ibanOf(1))}
	var group sync.WaitGroup
	ids := make([]int64, 20)
	for i := range ids {
		group.Go(func() {
			result, err := d.desk.Ask(t.Context(), clerk(7), ask)
			if err != nil {
				t.Errorf("Ask: %v", err)
			}
			ids[i] = result.Record.ID
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("the same form got the records %d and %d", ids[0], id)
		}
	}
	if n := d.bank.total(); n != 1 {
		t.Errorf("the bank was asked %d times, want once", n)
	}
	for name, other := range map[string]inquiry.Ask{
		"another number": {Key: key, ConnectionID: 1, Question: inquiry.AskIBAN(ibanOf(2))},
		"another bank":   {Key: key, ConnectionID: 2, Question: inquiry.AskIBAN(ibanOf(1))},
	} {
		if _, err := d.desk.Ask(t.Context(), clerk(7), other); !errs.Is(err, errs.Conflict) {
			t.Errorf("%s under the same key: %v, want Conflict", name, err)
		}
	}
	if _, err := d.desk.Ask(t.Context(), clerk(8), ask); !errs.Is(err, errs.Conflict) {
		t.Error("another person got the answer of the key")
	}
	if _, err := d.desk.Ask(t.Context(), clerk(7), inquiry.Ask{Key: "made up", ConnectionID: 1, Question: ask.Question}); !errs.Is(err, errs.Invalid) {
		t.Error("a key that is none of ours was taken")
	}
}

func TestFreshAnswerIsOfferedUntilItIsOld(t *testing.T) {
	d := newDesk(t)
	question := inquiry.AskCard(cardOf(t, 1))
	first := d.ask(t, clerk(7), inquiry.Ask{Question: question})
	d.now = d.now.Add(23 * time.Hour)
	if again := d.ask(t, clerk(8), inquiry.Ask{Question: question}); !again.Fresh || again.Record.ID != first.Record.ID {
		t.Error("an answer of yesterday was not offered")
	}
	if other := d.ask(t, clerk(8), inquiry.Ask{Question: question, ConnectionID: 2}); other.Fresh {
		t.Error("the answer of another connection was offered")
	}
	if anew := d.ask(t, clerk(8), inquiry.Ask{Question: question, Again: true}); anew.Fresh || anew.Record.ID == first.Record.ID {
		t.Error("asking again gave the old answer")
	}
	d.now = d.now.Add(25 * time.Hour)
	if old := d.ask(t, clerk(8), inquiry.Ask{Question: question}); old.Fresh {
		t.Error("an answer that is too old was offered")
	}
	if n := d.bank.total(); n != 4 {
		t.Errorf("the bank was asked %d times, want 4", n)
	}
	settings := inquiry.DefaultSettings()
	settings.FreshFor = 0
	if err := d.rules.Change(t.Context(), clerk(1).Actor, settings); err != nil {
		t.Fatal(err)
	}
	if never := d.ask(t, clerk(8), inquiry.Ask{Question: question}); never.Fresh {
		t.Error("an answer was offered although none may be")
	}
}

// TestEstimateAgesFast: the arrival of an old estimate is past.
func TestEstimateAgesFast(t *testing.T) {
	d := newDesk(t)
	question := inquiry.AskWage(inquiry.WageQuestion{Amount: money.Of(700_000_000, money.IRR), SourceBank: 1, DestinationBank: 2})
	d.ask(t, clerk(7), inquiry.Ask{Question: question})
	d.now = d.now.Add(4 * time.Minute)
	if soon := d.ask(t, clerk(7), inquiry.Ask{Question: question}); !soon.Fresh {
		t.Error("an estimate of four minutes was not offered")
	}
	d.now = d.now.Add(2 * time.Minute)
	if late := d.ask(t, clerk(7), inquiry.Ask{Question: question}); late.Fresh {
		t.Error("an estimate of six minutes was offered")
	}
}

func cardOf(t *testing.T, n int) iban.Card {
	t.Helper()
	card, err := iban.MakeCard("603799", fmt.Sprintf("%09d", n))
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// TestOutcomes: what the provider's error means for the question, for the allowance and for who asked.
func TestOutcomes(t *testing.T) {
	provider := func(kind errs.Kind) error { return errs.New(kind, "inquire", "provider.declined", errors.New("cause")) }
	tests := []struct {
		name    string
		err     error
		outcome inquiry.Outcome
		kind    errs.Kind
		used    int
	}{
		{"refused", provider(errs.Declined), inquiry.Refused, errs.Declined, 1},
		{"unknown", provider(errs.NotFound), inquiry.Refused, errs.NotFound, 1},
		{"busy", provider(errs.RateLimited), inquiry.Failed, errs.RateLimited, 0},
		{"not sent", provider(errs.Unavailable), inquiry.Failed, errs.Unavailable, 0},
		{"scope missing", provider(errs.Forbidden), inquiry.Failed, errs.Forbidden, 0},
		{"answer lost", provider(errs.Indeterminate), inquiry.Lost, errs.Indeterminate, 1},
		{"bare deadline", context.DeadlineExceeded, inquiry.Lost, errs.Indeterminate, 1},
		{"unclassified", errors.New("odd"), inquiry.Lost, errs.Indeterminate, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.bank.answer = func(context.Context, inquiry.Question, int) error { return tt.err }
			r := d.ask(t, clerk(7), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))}).Record
			if r.Outcome != tt.outcome || !errs.Is(r.Err(), tt.kind) || r.Problem != tt.kind.String() {
				t.Errorf("outcome %s, %v, problem %q; want %s, %v", r.Outcome, errs.KindOf(r.Err()), r.Problem, tt.outcome, tt.kind)
			}
			if used := d.allowance(t, clerk(7)).Used; used != tt.used {
				t.Errorf("used = %d, want %d", used, tt.used)
			}
			if again := d.ask(t, clerk(7), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))}); again.Fresh {
				t.Error("a question without an answer is offered as a fresh answer")
			}
		})
	}
}

func TestLimitsOfPersonsAndRoles(t *testing.T) {
	settings := inquiry.DefaultSettings()
	settings.Default = inquiry.Limits{PerDay: 5, LinesPerFile: 50}
	settings.Roles = map[access.RoleID]inquiry.Limits{"finance": {PerDay: 10, LinesPerFile: 20}, "support": {PerDay: 2, LinesPerFile: 30}}
	settings.Users = map[int64]inquiry.Limits{9: {PerDay: 1, LinesPerFile: 1}}
	for _, tt := range []struct {
		name string
		by   inquiry.Asker
		want inquiry.Limits
	}{
		{"nobody's", clerk(1, "operations"), settings.Default},
		{"a role's", clerk(1, "support"), inquiry.Limits{PerDay: 2, LinesPerFile: 30}},
		{"the highest of roles", clerk(1, "support", "finance"), inquiry.Limits{PerDay: 10, LinesPerFile: 30}},
		{"the own", clerk(9, "finance"), inquiry.Limits{PerDay: 1, LinesPerFile: 1}},
	} {
		if got := settings.Of(tt.by); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	d := newDesk(t)
	if err := d.rules.Change(t.Context(), clerk(1).Actor, settings); err != nil {
		t.Fatal(err)
	}
	by := clerk(2, "support")
	for n := range 2 {
		d.ask(t, by, inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(n))})
	}
	_, err := d.desk.Ask(t.Context(), by, inquiry.Ask{Key: command.NewKey(), ConnectionID: 1, Question: inquiry.AskIBAN(ibanOf(3))})
	if !errs.Is(err, errs.RateLimited) {
		t.Errorf("the third question of a day of two: %v, want RateLimited", err)
	}
	if n := d.bank.total(); n != 2 {
		t.Errorf("the bank was asked %d times, want 2", n)
	}
	if fresh := d.ask(t, by, inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))}); !fresh.Fresh {
		t.Error("a fresh answer costs nothing and is to be had")
	}
	d.now = time.Date(2026, 11, 27, 20, 30, 0, 0, time.UTC) // midnight in Tehran
	d.ask(t, by, inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(3))})
	if left := d.allowance(t, by).Left(); left != 1 {
		t.Errorf("left on the next day = %d, want 1", left)
	}
}

func TestLimitHoldsInParallel(t *testing.T) {
	d := newDesk(t)
	settings := inquiry.DefaultSettings()
	settings.Default.PerDay = 5
	if err := d.rules.Change(t.Context(), clerk(1).Actor, settings); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range 40 {
		group.Go(func() {
			_, err := d.desk.Ask(t.Context(), clerk(7), inquiry.Ask{Key: command.NewKey(), ConnectionID: 1, Question: inquiry.AskIBAN(ibanOf(n))})
			if err != nil && !errs.Is(err, errs.RateLimited) {
				t.Errorf("Ask: %v", err)
			}
		})
	}
	group.Wait()
	if n := d.bank.total(); n != 5 {
		t.Errorf("the bank was asked %d times, want 5", n)
	}
}

func TestSettingsAreCheckedAndNotOverwritten(t *testing.T) {
	d := newDesk(t)
	for field, change := range map[string]func(*inquiry.Settings){
		"fresh_for":       func(s *inquiry.Settings) { s.FreshFor = -1 },
		"retention":       func(s *inquiry.Settings) { s.Retention = time.Hour },
		"per_day.default": func(s *inquiry.Settings) { s.Default.PerDay = -1 },
		"lines.role.x":    func(s *inquiry.Settings) { s.Roles["x"] = inquiry.Limits{LinesPerFile: 50_001} },
		"per_day.user.3":  func(s *inquiry.Settings) { s.Users[3] = inquiry.Limits{PerDay: inquiry.MaxPerDay + 1} },
	} {
		s := inquiry.DefaultSettings()
		change(&s)
		err := d.rules.Change(t.Context(), clerk(1).Actor, s)
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	s := inquiry.DefaultSettings()
	s.Retention = 30 * 24 * time.Hour
	if err := d.rules.Change(t.Context(), clerk(1).Actor, s); err != nil {
		t.Fatal(err)
	}
	if err := d.rules.Change(t.Context(), clerk(1).Actor, s); !errs.Is(err, errs.Conflict) {
		t.Errorf("a change of what had changed: %v, want Conflict", err)
	}
	stored, err := d.rules.Settings(t.Context())
	if err != nil || stored.Retention != s.Retention || stored.Version != 1 {
		t.Errorf("settings = %+v, %v", stored, err)
	}
	stored.FreshFor = time.Hour
	if err := d.rules.Change(t.Context(), clerk(1).Actor, stored); err != nil {
		t.Errorf("a change of the present settings: %v", err)
	}
}

func TestHistoryFindsAndForgets(t *testing.T) {
	d := newDesk(t)
	account, err := iban.ParseAccountNumber("0100-123456-001")
	if err != nil {
		t.Fatal(err)
	}
	d.ask(t, clerk(7), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))})
	d.ask(t, clerk(8), inquiry.Ask{Question: inquiry.AskCard(cardOf(t, 5))})
	d.ask(t, clerk(8), inquiry.Ask{Question: inquiry.AskAccount(account, 17)})
	d.ask(t, clerk(8), inquiry.Ask{Question: inquiry.AskWage(inquiry.WageQuestion{Amount: money.Of(700_000_000, money.IRR), SourceBank: 1, DestinationBank: 2})})
	list := func(f inquiry.HistoryFilter) []inquiry.Record {
		t.Helper()
		f.Limit = 10
		records, more, err := d.history.List(t.Context(), f)
		if err != nil || more {
			t.Fatalf("List: more %v, %v", more, err)
		}
		return records
	}
	search := func(text string) []inquiry.Record {
		t.Helper()
		questions, err := inquiry.NumberSearch(text)
		if err != nil {
			t.Fatal(err)
		}
		return list(inquiry.HistoryFilter{Questions: questions})
	}
	for name, got := range map[string][]inquiry.Record{
		"IBAN in fours": search(ibanOf(1).Grouped()), "account": search("0100 - 123456 - 001"), "card": search(cardOf(t, 5).Grouped()),
		"person": list(inquiry.HistoryFilter{UserID: 7}), "kind": list(inquiry.HistoryFilter{Kind: inquiry.Wage}),
	} {
		if len(got) != 1 {
			t.Errorf("%s: %d records, want 1", name, len(got))
		}
	}
	if all := list(inquiry.HistoryFilter{From: d.now, To: d.now.Add(time.Second), Outcome: inquiry.Answered}); len(all) != 4 {
		t.Errorf("the period has %d records, want 4", len(all))
	}
	if none := list(inquiry.HistoryFilter{From: d.now.Add(time.Second)}); len(none) != 0 {
		t.Errorf("the time after has %d records", len(none))
	}
	if _, err := inquiry.NumberSearch("not a number"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a search for words: %v", err)
	}

	d.now = d.now.Add(91 * 24 * time.Hour)
	if n, err := d.history.Forget(t.Context()); err != nil || n != 4 {
		t.Errorf("Forget = %d, %v; want 4", n, err)
	}
	found := search(ibanOf(1).Reveal())
	if len(found) != 1 || found[0].Question != nil || found[0].Reply != nil || found[0].Outcome != inquiry.Answered || found[0].BankID != 2 {
		t.Error("after the retention a search must find hash and outcome, and nothing else")
	}
	if again := d.ask(t, clerk(7), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))}); again.Fresh {
		t.Error("a forgotten answer was offered")
	}
	if _, err := d.history.Reveal(t.Context(), clerk(9).Actor, found[0].ID, "somebody asked"); !errs.Is(err, errs.NotFound) {
		t.Errorf("revealing what was forgotten: %v, want NotFound", err)
	}
}

func TestRevealNeedsAReasonAndLeavesATrace(t *testing.T) {
	d := newDesk(t)
	asked := d.ask(t, clerk(7), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(1))}).Record
	for _, reason := range []string{"", "why", "\u202ereversed reason"} {
		if _, err := d.history.Reveal(t.Context(), clerk(9).Actor, asked.ID, reason); errs.FieldsOf(err) == nil {
			t.Errorf("the reason %q was taken: %v", reason, err)
		}
	}
	for n := range 300 {
		if _, err := d.history.Reveal(t.Context(), clerk(9).Actor, asked.ID, "the payee called"); err != nil {
			t.Fatalf("reveal %d: %v", n, err)
		}
	}
	if _, err := d.history.Reveal(t.Context(), clerk(9).Actor, asked.ID, "the payee called"); !errs.Is(err, errs.RateLimited) {
		t.Errorf("the 301st reveal of a day: %v, want RateLimited", err)
	}
	entries, err := d.db.AuditEntries(t.Context(), audit.Filter{Act: "inquiry.reveal", Limit: 500})
	if err != nil || len(entries) != 300 || entries[0].UserID != 9 || entries[0].Object != fmt.Sprintf("inquiry:%d", asked.ID) {
		t.Errorf("the trail has %d entries, %v; want 300 of clerk 9", len(entries), err)
	}
}

// TestKilledQuestionIsLost: a question that was on its way when the program was killed.
func TestKilledQuestionIsLost(t *testing.T) {
	d := newDesk(t)
	d.bank.turn = make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = d.desk.Ask(t.Context(), clerk(7), inquiry.Ask{Key: command.NewKey(), ConnectionID: 1, Question: inquiry.AskIBAN(ibanOf(1))})
	}()
	for d.bank.total() == 0 {
		time.Sleep(time.Millisecond)
	}
	if n, err := d.history.RecoverAtStart(t.Context()); err != nil || n != 1 {
		t.Fatalf("RecoverAtStart = %d, %v; want 1", n, err)
	}
	list, _, err := d.history.List(t.Context(), inquiry.HistoryFilter{Limit: 5})
	if err != nil || len(list) != 1 || list[0].Outcome != inquiry.Lost || !errs.Is(list[0].Err(), errs.Indeterminate) {
		t.Errorf("the history has %d records, %v; want a lost one", len(list), err)
	}
	close(d.bank.turn)
	<-done
	if again, err := d.history.Get(t.Context(), list[0].ID); err != nil || again.Outcome != inquiry.Lost {
		t.Errorf("a late answer changed what is settled: %s, %v", again.Outcome, err)
	}
}
