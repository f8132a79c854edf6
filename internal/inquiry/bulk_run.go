package inquiry

import (
	"context"
	"errors"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
)

// claimAhead is how many lines are claimed beyond those that are with the provider, so that a commit never keeps a call
// waiting. After a kill that many lines at most are marked lost although they were not asked.
const claimAhead = 8

// readyAtOnce is how many ready lines are read from the store at a time.
const readyAtOnce = 512

// bulkRun is one call of Run that is under way.
type bulkRun struct {
	cancel  context.CancelFunc
	began   time.Time
	settled int
	pace    *pace
}

// Run works on a file until every line has its outcome, or until it is paused, cancelled or ctx ends: then the questions that are
// with the provider get their answers first. It goes on where the last run ended, however it ended: a line is asked only after it
// was claimed on disk, and a claimed line is never asked by another run. errs.Conflict when the file is being worked on already.
// lanes is how many questions may be with the provider at once.
func (b *Bulks) Run(ctx context.Context, id int64, lanes int) error {
	ctx, run, err := b.begin(ctx, id, lanes)
	if err != nil {
		return err
	}
	defer b.end(id, run)
	file, err := b.store.Bulk(ctx, id)
	if err != nil || file.State != Running {
		return err
	}
	if err := b.store.LoseBulkLines(ctx, id, b.now()); err != nil { // what the last run could not write down
		return err
	}
	provider, err := b.providers.Inquiry(ctx, file.ConnectionID)
	if err != nil {
		return err
	}
	w := &bulkWork{Bulks: b, run: run, file: file, provider: provider, questions: make(chan Line, lanes+claimAhead), answers: make(chan SettledLine, lanes+claimAhead)}
	finished, err := w.work(ctx, lanes)
	if err != nil || !finished {
		return err
	}
	err = b.store.ChangeBulk(context.WithoutCancel(ctx), id, []BulkState{Running}, Done, b.now(), audit.Entry{
		Actor: audit.System("inquiry.bulk"), Act: "inquiry.bulk_done", Object: bulkObject(id), Outcome: audit.OK,
	})
	if errs.Is(err, errs.Conflict) { // paused or cancelled with the last answer
		return nil
	}
	return err
}

func (b *Bulks) begin(ctx context.Context, id int64, lanes int) (context.Context, *bulkRun, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running[id] != nil {
		return nil, nil, errs.New(errs.Conflict, "work on file", "inquiry.bulk.running_already", nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	run := &bulkRun{cancel: cancel, began: b.now(), pace: newPace(lanes, b.now)}
	b.running[id] = run
	return ctx, run, nil
}

func (b *Bulks) end(id int64, run *bulkRun) {
	run.cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, id)
}

// stop ends the run of a file, if there is one.
func (b *Bulks) stop(id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if run := b.running[id]; run != nil {
		run.cancel()
	}
}

// Progress is how a file is getting on.
type Progress struct {
	// Running says whether it is being worked on at this moment; the fields below are meaningful then alone.
	Running bool
	// PerSecond is the mean rate since this run began, Remaining the time at that rate; negative when it cannot be told.
	PerSecond float64
	Remaining time.Duration
	// Slowed says that the provider has had trouble and is asked less often.
	Slowed bool
}

// Progress tells how a file is getting on.
func (b *Bulks) Progress(file Bulk) Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	run := b.running[file.ID]
	if run == nil {
		return Progress{Remaining: -1}
	}
	p := Progress{Running: true, Remaining: -1, Slowed: run.pace.slowed()}
	if elapsed := b.now().Sub(run.began).Seconds(); elapsed > 0 && run.settled > 0 {
		p.PerSecond = float64(run.settled) / elapsed
		p.Remaining = time.Duration(float64(file.Lines-file.Settled()) / p.PerSecond * float64(time.Second))
	}
	return p
}

// bulkWork is the work of one run. One goroutine, step by step, claims lines and writes outcomes; lanes of others ask.
type bulkWork struct {
	*Bulks
	run      *bulkRun
	file     Bulk
	provider Provider
	// questions are claimed lines on their way to a lane, answers what the lanes bring back.
	questions chan Line
	answers   chan SettledLine
	// ready are lines that can be claimed, and last is the number of the last one read; exhausted says that there are no more.
	ready     []Line
	last      int
	exhausted bool
	// claimed counts lines that are on disk as being asked and have no outcome there yet.
	claimed int
	// refusals counts questions in a row for which the provider refused the portal itself.
	refusals int
}

// work is finished when every line has its outcome.
func (w *bulkWork) work(ctx context.Context, lanes int) (finished bool, err error) {
	for range lanes {
		go w.lane(ctx.Done()) //nolint:gosec // a question that left is answered, whatever becomes of the run
	}
	defer close(w.questions)
	for {
		settled := w.collect(ctx)
		stopping := ctx.Err() != nil
		claim := []Line(nil)
		if !stopping {
			if claim, err = w.next(ctx); err != nil {
				return false, w.abandon(settled, err)
			}
		}
		if len(settled)+len(claim) == 0 {
			if w.claimed == 0 && (stopping || w.nothingReady()) {
				return !stopping, nil
			}
			continue
		}
		stopped, err := w.advance(settled, claim)
		if err != nil {
			return false, w.abandon(settled, err)
		}
		if stopped {
			w.run.cancel()
		}
		if w.turnedAway(settled) {
			if err := w.pauseItself(); err != nil {
				return false, w.abandon(nil, err)
			}
		}
	}
}

// advance takes one step on disk, and hands the claimed lines to the lanes.
func (w *bulkWork) advance(settled []SettledLine, claim []Line) (stopped bool, err error) {
	claimed, stopped, err := w.record(Advance{Settled: settled, Claim: claim, At: w.now()})
	if err != nil {
		return false, err
	}
	w.claimed += len(claimed) - len(settled)
	w.mu.Lock()
	w.run.settled += len(settled)
	w.mu.Unlock()
	for _, line := range claimed {
		w.questions <- line
	}
	return stopped, nil
}

// lane asks one question after the other.
func (w *bulkWork) lane(stop <-chan struct{}) {
	for line := range w.questions {
		w.answers <- w.ask(line, stop)
	}
}

// patience is how long a question that was surely not asked, because the provider rests or is asked too often, is tried again
// before its line fails: twice as long as a client lets a provider rest.
const patience = 10 * time.Second

// ask asks a line's question. What was surely not asked may be tried again; whatever may have been asked never is.
func (w *bulkWork) ask(line Line, stop <-chan struct{}) SettledLine {
	for waited := time.Duration(0); ; {
		outcome, reply := askProvider(context.Background(), w.provider, *line.Question)
		w.run.pace.note(outcome, reply)
		pause := max(w.run.pace.pause(), firstPause)
		if !again(outcome, reply) || waited+pause > patience {
			return SettledLine{Line: line, Outcome: outcome, Reply: reply}
		}
		waited += pause
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-stop:
			timer.Stop()
			return SettledLine{Line: line, Outcome: outcome, Reply: reply}
		}
	}
}

// again reports whether a question that surely was not asked may fare better in a moment.
func again(o Outcome, r Reply) bool {
	return o == Failed && r.Failure != nil && (r.Failure.Kind == errs.Unavailable || r.Failure.Kind == errs.RateLimited)
}

// gather is how long a step waits for more answers after the first: the lines that were claimed ahead keep the lanes busy
// meanwhile, and one commit serves several answers.
const gather = 6 * time.Millisecond

// collect gives the answers that are there, and those that come within a moment. It waits for the first when nothing can be
// claimed meanwhile, or for the pace.
func (w *bulkWork) collect(ctx context.Context) []SettledLine {
	var settled []SettledLine
	if !w.mayClaim(ctx) {
		wait, stop := w.until(ctx)
		defer stop()
		select {
		case answer := <-w.answers:
			settled = append(settled, answer)
		case <-wait:
			return nil
		}
	}
	full := time.NewTimer(gather)
	defer full.Stop()
	for len(settled) < min(w.claimed, claimAhead) {
		select {
		case answer := <-w.answers:
			settled = append(settled, answer)
		case <-full.C:
			return settled
		}
	}
	return settled
}

// until is the moment at which something can be claimed again without an answer: when the pace allows. While nothing but answers
// is awaited there is no such moment.
func (w *bulkWork) until(ctx context.Context) (<-chan time.Time, func()) {
	if w.claimed > 0 && (ctx.Err() != nil || w.nothingReady()) {
		return nil, func() {}
	}
	pause := w.run.pace.pause()
	if w.claimed > 0 && pause <= 0 {
		return nil, func() {} // all lanes are busy
	}
	timer := time.NewTimer(min(pause, maxWait))
	return timer.C, func() { timer.Stop() }
}

// maxWait is how long a pause may keep a run from noticing that it was stopped.
const maxWait = 200 * time.Millisecond

func (w *bulkWork) nothingReady() bool { return w.exhausted && len(w.ready) == 0 }

// mayClaim reports whether a step could claim a line at once.
func (w *bulkWork) mayClaim(ctx context.Context) bool {
	return ctx.Err() == nil && !w.nothingReady() && w.room() > 0
}

// room is how many lines the pace lets be claimed now.
func (w *bulkWork) room() int { return w.run.pace.room(w.claimed) }

// next gives the lines to claim in this step.
func (w *bulkWork) next(ctx context.Context) ([]Line, error) {
	room := w.room()
	if room <= 0 {
		return nil, nil
	}
	if len(w.ready) == 0 && !w.exhausted {
		lines, err := w.store.BulkLines(ctx, w.file.ID, LineFilter{States: []LineState{Ready}, After: w.last, Limit: readyAtOnce})
		if err != nil {
			return nil, err
		}
		w.exhausted = len(lines) < readyAtOnce
		w.ready = lines
		if len(lines) > 0 {
			w.last = lines[len(lines)-1].Number
		}
	}
	n := min(room, len(w.ready))
	claim := w.ready[:n]
	w.ready = w.ready[n:]
	return claim, nil
}

// turnedAwayLimit is after how many refusals of the portal's own credentials a file is paused: a user's account at the provider
// can be locked, and no line fares better than the one before.
const turnedAwayLimit = 3

// turnedAway counts refusals of the portal itself, one after the other.
func (w *bulkWork) turnedAway(settled []SettledLine) bool {
	for _, s := range settled {
		w.refusals++
		if f := s.Reply.Failure; f == nil || f.Kind != errs.Forbidden && f.Kind != errs.Unauthenticated {
			w.refusals = 0
		}
	}
	return w.refusals >= turnedAwayLimit
}

// pauseItself stops the work until a person goes on with it.
func (w *bulkWork) pauseItself() error {
	w.refusals = 0
	err := w.store.ChangeBulk(context.Background(), w.file.ID, []BulkState{Running}, Paused, w.now(), audit.Entry{
		Actor: audit.System("inquiry.bulk"), Act: "inquiry.bulk_pause", Object: bulkObject(w.file.ID), Outcome: audit.OK,
		After: map[string]any{"cause": "the provider refuses the connection"},
	})
	if errs.Is(err, errs.Conflict) { // stopped by a person meanwhile
		return nil
	}
	w.run.cancel()
	return err
}

// abandon ends a run after trouble with the store: it waits for the answers that are on their way and tries once more to write
// down what is known. What cannot be written is lost, and marked so by the next run.
func (w *bulkWork) abandon(settled []SettledLine, cause error) error {
	for missing := w.claimed - len(settled); missing > 0; missing-- {
		settled = append(settled, <-w.answers)
	}
	if len(settled) == 0 {
		return cause
	}
	_, err := w.advance(settled, nil)
	return errors.Join(cause, err)
}
