package inquiry_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"payportal/internal/errs"
	"payportal/internal/inquiry"
)

// office is a desk with files.
type office struct {
	*desk
	bulks *inquiry.Bulks
}

func newOffice(t testing.TB) *office {
	t.Helper()
	d := newDesk(t)
	d.rules = inquiry.NewRules(d.db, tehran, time.Now) // files work in real time
	d.desk = inquiry.NewDesk(d.rules, d.bank)
	return &office{desk: d, bulks: inquiry.NewBulks(d.rules, d.bank, func(context.Context, int64) error { return nil })}
}

func everyKind(inquiry.Kind) bool { return true }

// fileOf makes a file of texts, a row each, with headings.
func fileOf(headings []string, rows ...[]string) inquiry.File {
	all := append([][]string{headings}, rows...)
	return inquiry.File{
		Name: "payroll.csv", Format: "csv", Columns: len(headings), Len: len(all),
		Rows: func(yield func(int, []inquiry.LineCell) bool) {
			for i, row := range all {
				cells := make([]inquiry.LineCell, len(row))
				for c, text := range row {
					cells[c].Text = text
				}
				if !yield(i+1, cells) {
					return
				}
			}
		},
	}
}

// ibansFile is a file of n different IBANs.
func ibansFile(n int) inquiry.File {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{fmt.Sprint("person ", i), ibanOf(i).Grouped()}
	}
	return fileOf([]string{"نام", "شبا"}, rows...)
}

func (o *office) draft(t *testing.T, f inquiry.File) inquiry.Bulk {
	t.Helper()
	draft, err := o.bulks.Draft(t.Context(), clerk(7), 1, f, everyKind)
	if err != nil {
		t.Fatalf("Draft: %v", err)
	}
	return draft
}

func (o *office) start(t *testing.T, draft inquiry.Bulk) inquiry.Bulk {
	t.Helper()
	started, err := o.bulks.Start(t.Context(), clerk(7), draft.ID, draft.Version, true)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	return started
}

func (o *office) run(t *testing.T, id int64) inquiry.Bulk {
	t.Helper()
	if err := o.bulks.Run(t.Context(), id, 8); err != nil {
		t.Fatalf("Run: %v", err)
	}
	return o.own(t, id)
}

func (o *office) own(t *testing.T, id int64) inquiry.Bulk {
	t.Helper()
	file, err := o.bulks.Own(t.Context(), clerk(7), id)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func (o *office) lines(t *testing.T, file inquiry.Bulk, states ...inquiry.LineState) []inquiry.Line {
	t.Helper()
	lines, err := o.bulks.Lines(t.Context(), file, inquiry.LineFilter{States: states, Limit: 100_000, Records: true})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestDraftIsADryRun(t *testing.T) {
	o := newOffice(t)
	bad := []byte(ibanOf(3).Reveal())
	bad[10] ^= 1
	draft := o.draft(t, fileOf([]string{"نام", "شماره", "بانک"},
		[]string{"a", ibanOf(1).Grouped(), ""},
		[]string{"b", string(bad), ""},
		[]string{"c", cardOf(t, 1).Reveal(), ""},
		[]string{"d", ibanOf(1).Reveal(), ""},
		[]string{"e", "", ""},
		[]string{"f", "0100123456", "ملی"},
		[]string{"g", "0100123457", "no such bank"},
		[]string{"h", "0100123458", ""},
	))
	want := map[inquiry.LineState]int{inquiry.Ready: 3, inquiry.Duplicate: 1, inquiry.Invalid: 4}
	for state, n := range want {
		if draft.Counts[state] != n {
			t.Errorf("%d lines are %s, want %d", draft.Counts[state], state, n)
		}
	}
	if l := draft.Layout; l.Numbers != 1 || l.Names != 0 || l.Banks != 2 || len(l.Headings) != 3 {
		t.Errorf("columns were guessed wrong: %+v", l)
	}
	problems := map[int]string{
		3: "inquiry.number.iban_check_digits B3", 6: "inquiry.line.empty B6", 8: "inquiry.line.bank_unknown C8", 9: "inquiry.number.bank_missing C9",
	}
	for _, line := range o.lines(t, draft, inquiry.Invalid) {
		if got := line.Problem.Msg + " " + line.Problem.Cell; got != problems[line.Number] {
			t.Errorf("line %d: %s, want %s", line.Number, got, problems[line.Number])
		}
	}
	if twice := o.lines(t, draft, inquiry.Duplicate); twice[0].Number != 5 || twice[0].SameAs != 2 {
		t.Errorf("line %d repeats %d, want 5 and 2", twice[0].Number, twice[0].SameAs)
	}
	if n := o.bank.total(); n != 0 {
		t.Errorf("a dry run asked %d questions", n)
	}
	if _, err := o.bulks.Own(t.Context(), clerk(8), draft.ID); !errs.Is(err, errs.NotFound) {
		t.Error("another person sees the file")
	}
}

func TestSuspiciousCellsAreNotSent(t *testing.T) {
	o := newOffice(t)
	file := fileOf([]string{"card"}, []string{cardOf(t, 1).Reveal()}, []string{cardOf(t, 2).Reveal()}, []string{""})
	plain := file.Rows
	file.Rows = func(yield func(int, []inquiry.LineCell) bool) {
		for number, cells := range plain {
			switch number {
			case 2:
				cells[0].Numeric, cells[0].Rounded = true, true
			case 3:
				cells[0].Formula = true
			case 4:
				cells[0].Merged = true
			}
			if !yield(number, cells) {
				return
			}
		}
	}
	draft := o.draft(t, file)
	var msgs []string
	for _, line := range o.lines(t, draft) {
		if line.Problem == nil {
			t.Fatalf("line %d may be sent", line.Number)
		}
		msgs = append(msgs, line.Problem.Msg)
	}
	if want := []string{"inquiry.line.rounded", "inquiry.line.formula", "inquiry.line.merged"}; !slices.Equal(msgs, want) {
		t.Errorf("problems %v, want %v", msgs, want)
	}
}

func TestOtherColumnsReadTheLinesAnew(t *testing.T) {
	o := newOffice(t)
	draft := o.draft(t, fileOf([]string{"x", "y"}, []string{ibanOf(1).Reveal(), cardOf(t, 1).Reveal()}, []string{ibanOf(2).Reveal(), "no number"}))
	remap := func(version int64, choose func(*inquiry.Layout)) (inquiry.Bulk, error) {
		return o.bulks.Remap(t.Context(), clerk(7), draft.ID, version, func(l inquiry.Layout) inquiry.Layout {
			choose(&l)
			return l
		}, everyKind)
	}
	changed, err := remap(draft.Version, func(l *inquiry.Layout) { l.Numbers = 1 })
	if err != nil || changed.Counts[inquiry.Ready] != 1 || changed.Counts[inquiry.Invalid] != 1 {
		t.Errorf("Remap: %v, %v", changed.Counts, err)
	}
	if _, err := remap(draft.Version, func(l *inquiry.Layout) { l.Numbers = 0 }); !errs.Is(err, errs.Conflict) {
		t.Errorf("a change of what had changed: %v, want Conflict", err)
	}
	if _, err := remap(changed.Version, func(l *inquiry.Layout) { l.Numbers = 2 }); errs.FieldsOf(err) == nil {
		t.Errorf("a column that is not there: %v", err)
	}
	if only, err := o.bulks.Remap(t.Context(), clerk(7), draft.ID, changed.Version, func(l inquiry.Layout) inquiry.Layout {
		l.Numbers = 0
		return l
	}, func(k inquiry.Kind) bool { return k == inquiry.Card }); err != nil || only.Counts[inquiry.Invalid] != 2 {
		t.Errorf("kinds that the person may not ask for: %v, %v; want no line", only.Counts, err)
	}
}

func TestFileIsAskedToItsEnd(t *testing.T) {
	o := newOffice(t)
	o.bank.answer = func(_ context.Context, q inquiry.Question, _ int) error {
		if q.Identity() == inquiry.AskIBAN(ibanOf(3)).Identity() {
			return errs.New(errs.Declined, "inquire", "provider.declined", nil)
		}
		return nil
	}
	draft := o.draft(t, ibansFile(1500)) // more than is read from the store at a time
	file := o.run(t, o.start(t, draft).ID)
	if file.State != inquiry.Done || file.Counts[inquiry.LineAnswered] != 1499 || file.Counts[inquiry.LineRefused] != 1 {
		t.Errorf("%s with %v", file.State, file.Counts)
	}
	if o.bank.total() != 1500 || o.bank.twice() != 0 {
		t.Errorf("the bank was asked %d times, %d questions twice", o.bank.total(), o.bank.twice())
	}
	if o.bank.most > 8 {
		t.Errorf("%d questions at once, want 8 at most", o.bank.most)
	}
	if used := o.allowance(t, clerk(7)).Used; used != 1500 {
		t.Errorf("used %d, want 1500", used)
	}
	lines := o.lines(t, file, inquiry.LineAnswered)
	if r := lines[0].Record; r == nil || r.Reply.Answer == nil || r.BulkID != file.ID || lines[0].Cells[0].Text != "person 0" {
		t.Error("a line has lost its cells or its answer")
	}
}

func TestFreshAnswersAreTakenOver(t *testing.T) {
	o := newOffice(t)
	for n := range 3 {
		o.ask(t, clerk(8), inquiry.Ask{Question: inquiry.AskIBAN(ibanOf(n))})
	}
	draft := o.draft(t, ibansFile(10))
	cost, err := o.bulks.Cost(t.Context(), clerk(7), draft)
	if err != nil || cost.Questions != 10 || cost.Fresh != 3 || cost.Paid(true) != 7 || cost.Paid(false) != 10 {
		t.Errorf("Cost = %+v, %v", cost, err)
	}
	file := o.run(t, o.start(t, draft).ID)
	if file.Counts[inquiry.Reused] != 3 || file.Counts[inquiry.LineAnswered] != 7 || o.bank.total() != 10 {
		t.Errorf("%v, %d questions", file.Counts, o.bank.total())
	}
	if used := o.allowance(t, clerk(7)).Used; used != 7 {
		t.Errorf("used %d, want 7", used)
	}
	if reused := o.lines(t, file, inquiry.Reused); reused[0].Record == nil || reused[0].Record.UserID != 8 {
		t.Error("a line that was taken over has not the earlier answer")
	}
}

func TestStartIsOnceAndWithinTheAllowance(t *testing.T) {
	o := newOffice(t)
	settings := inquiry.DefaultSettings()
	settings.Default = inquiry.Limits{PerDay: 12, LinesPerFile: 10}
	if err := o.rules.Change(t.Context(), clerk(1).Actor, settings); err != nil {
		t.Fatal(err)
	}
	if _, err := o.bulks.Draft(t.Context(), clerk(7), 1, ibansFile(11), everyKind); errs.FieldsOf(err) == nil {
		t.Errorf("a file of too many lines: %v", err)
	}
	first := o.draft(t, ibansFile(10))
	o.start(t, first)
	if _, err := o.bulks.Start(t.Context(), clerk(7), first.ID, first.Version, true); !errs.Is(err, errs.Conflict) {
		t.Errorf("begun twice: %v, want Conflict", err)
	}
	second := o.draft(t, fileOf([]string{"iban"}, []string{ibanOf(20).Reveal()}, []string{ibanOf(21).Reveal()}, []string{ibanOf(22).Reveal()}))
	if _, err := o.bulks.Start(t.Context(), clerk(7), second.ID, second.Version, true); !errs.Is(err, errs.RateLimited) {
		t.Errorf("more than is left: %v, want RateLimited", err)
	}
	if err := o.bulks.Cancel(t.Context(), clerk(7), first.ID); err != nil {
		t.Fatal(err)
	}
	if used := o.allowance(t, clerk(7)).Used; used != 0 {
		t.Errorf("used %d after a file was cancelled before its first question, want 0", used)
	}
	o.start(t, second)
}

// TestPauseFinishesWhatIsOut: pausing and cancelling in the midst lose no answer and ask nothing twice.
func TestPauseFinishesWhatIsOut(t *testing.T) {
	o := newOffice(t)
	o.bank.turn = make(chan struct{})
	file := o.start(t, o.draft(t, ibansFile(100)))
	done := make(chan error, 1)
	go func() { done <- o.bulks.Run(t.Context(), file.ID, 4) }()
	for range 20 {
		o.bank.turn <- struct{}{}
	}
	if err := o.bulks.Run(t.Context(), file.ID, 4); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second run at the same time: %v, want Conflict", err)
	}
	if err := o.bulks.Pause(t.Context(), clerk(7), file.ID); err != nil {
		t.Fatal(err)
	}
	close(o.bank.turn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	paused := o.own(t, file.ID)
	if paused.State != inquiry.Paused || paused.Counts[inquiry.LineAsking] != 0 || paused.Counts[inquiry.LineAnswered] != o.bank.total() || o.bank.total() >= 100 {
		t.Errorf("%s with %v after %d questions", paused.State, paused.Counts, o.bank.total())
	}
	if err := o.bulks.Resume(t.Context(), clerk(7), file.ID); err != nil {
		t.Fatal(err)
	}
	if over := o.run(t, file.ID); over.State != inquiry.Done || over.Counts[inquiry.LineAnswered] != 100 || o.bank.twice() != 0 {
		t.Errorf("%s with %v, %d asked twice", over.State, over.Counts, o.bank.twice())
	}
}

// TestTroubleHitsLinesAlone: what was surely not asked is tried again, a lost answer is not, the others go on, and a retry asks
// the lost ones when it is told to.
func TestTroubleHitsLinesAlone(t *testing.T) {
	o := newOffice(t)
	kinds := map[string]errs.Kind{
		inquiry.AskIBAN(ibanOf(10)).Identity(): errs.RateLimited, inquiry.AskIBAN(ibanOf(20)).Identity(): errs.Unavailable,
		inquiry.AskIBAN(ibanOf(30)).Identity(): errs.Indeterminate,
	}
	o.bank.answer = func(_ context.Context, q inquiry.Question, n int) error {
		if kind, ok := kinds[q.Identity()]; ok && n == 1 {
			return errs.New(kind, "inquire", "provider.failure.status", errors.New("trouble"))
		}
		return nil
	}
	file := o.run(t, o.start(t, o.draft(t, ibansFile(40))).ID)
	if file.State != inquiry.Done || file.Counts[inquiry.LineAnswered] != 39 || file.Counts[inquiry.LineLost] != 1 {
		t.Fatalf("%s with %v", file.State, file.Counts)
	}
	if used := o.allowance(t, clerk(7)).Used; used != 40 {
		t.Errorf("used %d, want 40", used)
	}
	if _, err := o.bulks.Retry(t.Context(), clerk(7), file.ID, file.Version, true); err != nil {
		t.Fatal(err)
	}
	if file = o.run(t, file.ID); file.Counts[inquiry.LineAnswered] != 40 || o.bank.total() != 43 {
		t.Errorf("after the retry of the lost one: %v, %d questions", file.Counts, o.bank.total())
	}
}

// TestRetryAsksFailuresAlone: a line that the provider turns away without end fails with its reason, and a retry asks it alone.
func TestRetryAsksFailuresAlone(t *testing.T) {
	o := newOffice(t)
	o.bank.answer = func(_ context.Context, q inquiry.Question, n int) error {
		if q.Identity() == inquiry.AskIBAN(ibanOf(10)).Identity() && n == 1 {
			return errs.New(errs.Forbidden, "inquire", "provider.forbidden", nil)
		}
		return nil
	}
	file := o.run(t, o.start(t, o.draft(t, ibansFile(40))).ID)
	if file.Counts[inquiry.LineFailed] != 1 || file.Counts[inquiry.LineAnswered] != 39 || o.allowance(t, clerk(7)).Used != 39 {
		t.Fatalf("%v, used %d", file.Counts, o.allowance(t, clerk(7)).Used)
	}
	if failed := o.lines(t, file, inquiry.LineFailed); !errs.Is(failed[0].Record.Err(), errs.Forbidden) {
		t.Errorf("the failed line does not say why: %v", failed[0].Record.Err())
	}
	if _, err := o.bulks.Retry(t.Context(), clerk(7), file.ID, file.Version, false); err != nil {
		t.Fatal(err)
	}
	if file = o.run(t, file.ID); file.Counts[inquiry.LineAnswered] != 40 || o.bank.total() != 41 {
		t.Errorf("after the retry: %v, %d questions", file.Counts, o.bank.total())
	}
}

func TestFilePausesWhenThePortalIsTurnedAway(t *testing.T) {
	o := newOffice(t)
	o.bank.answer = func(context.Context, inquiry.Question, int) error {
		return errs.New(errs.Forbidden, "inquire", "provider.unauthorized", nil)
	}
	file := o.run(t, o.start(t, o.draft(t, ibansFile(200))).ID)
	if file.State != inquiry.Paused || o.bank.total() > 30 {
		t.Errorf("%s after %d refusals of the credentials", file.State, o.bank.total())
	}
}

func TestEvaluateByKindColumn(t *testing.T) {
	rows := func(yield func(int, []inquiry.LineCell) bool) {
		for i, row := range [][]string{{"کارت", cardOf(t, 1).Reveal()}, {"IBAN", cardOf(t, 1).Reveal()}, {"شبا", ibanOf(1).Reveal()}, {"شمارهٔ تلفن", "1"}} {
			if !yield(i+1, []inquiry.LineCell{{Text: row[0]}, {Text: row[1]}}) {
				return
			}
		}
	}
	layout := inquiry.Layout{Columns: 2, Numbers: 1, Kinds: 0, Banks: inquiry.NoColumn, Names: inquiry.NoColumn}
	want := []string{"ready", "invalid inquiry.number.iban_is_card B2", "ready", "invalid inquiry.line.kind_unknown A4"}
	var got []string
	for line := range inquiry.Evaluate(iter.Seq2[int, []inquiry.LineCell](rows), layout, everyKind) {
		said := string(line.State)
		if p := line.Problem; p != nil {
			said += " " + p.Msg + " " + p.Cell
		}
		got = append(got, said)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
