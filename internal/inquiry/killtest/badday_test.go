package killtest

import (
	"net/http"
	"testing"
	"time"

	"payportal/internal/inquiry"
	"payportal/provider/sandbox"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
)

// TestBadDayOfTheProvider goes through a file while the provider has every trouble that it can have: a line whose
// answer it spoils is lost alone, with a reason; all others are answered, those that were turned away at a later try; and no line
// is asked twice.
func TestBadDayOfTheProvider(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	for i, fault := range []sandbox.Fault{
		{Kind: sandbox.Status, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}},
		{Kind: sandbox.Status, Status: http.StatusInternalServerError},
		{Kind: sandbox.Status, Status: http.StatusBadGateway, AfterEffect: true},
		{Kind: sandbox.HTML},
		{Kind: sandbox.WrongShape},
		{Kind: sandbox.CutJSON},
		{Kind: sandbox.HugeBody},
		{Kind: sandbox.Reset, AfterEffect: true},
	} {
		fault.Service, fault.Times, fault.Skip = sandboxinquiry.ServiceName, 1, lines/20*(i+1)
		if _, err := b.provider.Engine.Inject(fault); err != nil {
			t.Fatal(err)
		}
	}
	done := b.workHere(t)
	if done.State != inquiry.Done || done.Counts[inquiry.LineLost] == 0 || done.Counts[inquiry.LineLost] > 7 ||
		done.Counts[inquiry.LineAnswered]+done.Counts[inquiry.LineLost] != lines {
		t.Errorf("%s with %v", done.State, done.Counts)
	}
	if n := b.twice(); n != 0 {
		t.Errorf("%d lines were asked twice", n)
	}
	troubled, err := b.bulks.Lines(t.Context(), done, inquiry.LineFilter{States: []inquiry.LineState{inquiry.LineFailed, inquiry.LineLost}, Limit: lines, Records: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range troubled {
		if err := line.Record.Err(); err == nil || line.Record.Reply == nil {
			t.Errorf("line %d is %s and does not say why", line.Number, line.State)
		}
	}
}

// TestExpiredTokenIsRefreshedOnce lets the token run out in the midst of a file: one refresh serves all questions that are under
// way, and no line fails for it.
func TestExpiredTokenIsRefreshedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	expired := make(chan struct{})
	go func() {
		defer close(expired)
		for b.total() < lines/2 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		b.provider.Auth.ExpireAccessTokens()
	}()
	done := b.workHere(t)
	<-expired
	if done.Counts[inquiry.LineAnswered] != lines {
		t.Errorf("%v, want %d answers", done.Counts, lines)
	}
	tokens := b.provider.Engine.Requests(sandbox.Match{Service: "auth", Method: http.MethodPost})
	if len(tokens) != 2 {
		t.Errorf("%d token requests, want the first and one refresh", len(tokens))
	}
	if n := b.twice(); n != 0 {
		t.Errorf("%d lines were asked twice", n)
	}
}

// workHere works on the file in this process.
func (b *bench) workHere(t *testing.T) inquiry.Bulk {
	t.Helper()
	provider, err := b.job.provider()
	if err != nil {
		t.Fatal(err)
	}
	bulks := inquiry.NewBulks(inquiry.NewRules(b.db, time.UTC, time.Now), provider, nil)
	if err := bulks.Run(t.Context(), b.job.Bulk, lanes); err != nil {
		t.Fatal(err)
	}
	done, err := b.bulks.Own(t.Context(), b.clerk, b.job.Bulk)
	if err != nil {
		t.Fatal(err)
	}
	return done
}
