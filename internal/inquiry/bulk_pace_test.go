package inquiry

import (
	"testing"
	"time"

	"payportal/internal/errs"
)

// TestPaceSlowsDownAndRecovers walks through a provider's bad hour by a clock of its own.
func TestPaceSlowsDownAndRecovers(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	p := newPace(32, func() time.Time { return now })
	if room := p.room(0); room != 32+claimAhead || p.slowed() {
		t.Errorf("at first there is room for %d, want all lanes and what is claimed ahead", room)
	}
	trouble := Reply{Failure: &Failure{Kind: errs.Unavailable}}
	for range 32 { // what was under way together tells of one trouble
		p.note(Failed, trouble)
	}
	if p.limit != 16 || p.room(0) != 0 || p.pause() != firstPause {
		t.Errorf("after a trouble: limit %d, room %d, pause %s", p.limit, p.room(0), p.pause())
	}
	var asked int
	for began := now; now.Sub(began) < time.Hour; asked++ {
		now = now.Add(p.pause())
		if p.room(0) == 0 {
			t.Fatal("nothing may be asked after a pause")
		}
		p.note(Lost, trouble)
	}
	if asked > 140 || p.limit != 1 || p.pause() != maxPause {
		t.Errorf("%d questions in an hour of trouble, limit %d, pause %s", asked, p.limit, p.pause())
	}
	now = now.Add(maxPause)
	for n := 0; p.slowed(); n++ {
		if p.note(Answered, Reply{}); n > 600 {
			t.Fatal("the provider is well and is still spared")
		}
	}
	if room := p.room(10); room != 32+claimAhead-10 {
		t.Errorf("after recovery there is room for %d beside 10", room)
	}
	p.note(Refused, Reply{Failure: &Failure{Kind: errs.Declined}})
	if p.slowed() {
		t.Error("a refusal is an answer and slows nothing")
	}
}
