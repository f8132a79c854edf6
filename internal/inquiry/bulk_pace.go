package inquiry

import (
	"sync"
	"time"

	"payportal/internal/errs"
)

// The pauses after trouble: the first, and the longest.
const (
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second
)

// pace decides how hard a provider is asked. It begins with all lanes. Trouble halves what may be under way at once, and trouble
// without an answer in between puts pauses before the next question, each twice as long. Answers bring lanes back one by one.
type pace struct {
	now   func() time.Time
	lanes int

	mu sync.Mutex
	// limit is how many questions may be under way, credit the answers since it last grew.
	limit, credit int
	// pausing is the present pause, 0 for none, until is its end.
	pausing time.Duration
	until   time.Time
}

func newPace(lanes int, now func() time.Time) *pace {
	return &pace{now: now, lanes: lanes, limit: lanes}
}

// note learns from an outcome. A refusal is an answer like others: the provider is well.
func (p *pace) note(o Outcome, r Reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o == Answered || o == Refused {
		p.pausing, p.until = 0, time.Time{}
		if p.credit++; p.limit < p.lanes && p.credit >= p.limit {
			p.limit, p.credit = p.limit+1, 0
		}
		return
	}
	now := p.now()
	if now.Before(p.until) && !limited(r) {
		return // one trouble is told by many questions that were under way together
	}
	p.limit, p.credit = max(p.limit/2, 1), 0
	p.pausing = min(max(2*p.pausing, firstPause), maxPause)
	p.until = now.Add(p.pausing)
}

func limited(r Reply) bool { return r.Failure != nil && r.Failure.Kind == errs.RateLimited }

// room is how many questions may be claimed while that many are claimed.
func (p *pace) room(claimed int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now().Before(p.until) {
		return 0
	}
	ahead := 0
	if p.limit == p.lanes {
		ahead = claimAhead
	}
	return max(p.limit+ahead-claimed, 0)
}

// pause is how long nothing may be claimed from now on.
func (p *pace) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.until.Sub(p.now()), 0)
}

// slowed reports whether the provider is asked less than it could be.
func (p *pace) slowed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit < p.lanes || p.pausing > 0
}
