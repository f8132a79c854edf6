package sandbox

import (
	"sync"
	"time"
)

// Clock is the time that a sandbox believes in: the Date header, token lives, link expiry and new rows follow it.
// The delays of faults do not: they are spent in real time.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
	frozen time.Time
}

// WallClock runs with the machine's clock until it is advanced.
func WallClock() *Clock { return &Clock{} }

// FrozenClock stands at t and moves only when it is advanced.
func FrozenClock(t time.Time) *Clock { return &Clock{frozen: t.UTC()} }

// Now is the sandbox's time in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen.Add(c.offset)
	}
	return time.Now().UTC().Add(c.offset)
}

// Advance moves the clock by d; a negative d makes a provider whose clock is behind.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
