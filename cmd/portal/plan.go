package main

import (
	"sync"
	"time"
)

// plan remembers when each kind of work is next due on each connection. It starts empty: everything is due at start.
type plan struct {
	mu   sync.Mutex
	next map[planned]time.Time
}

type planned struct {
	kind         string
	connectionID int64
}

func newPlan() *plan { return &plan{next: map[planned]time.Time{}} }

// due reports whether the work is due now, and if so plans its next time.
func (p *plan) due(kind string, connectionID int64, interval time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, now := planned{kind, connectionID}, time.Now()
	if now.Before(p.next[key]) {
		return false
	}
	p.next[key] = now.Add(interval)
	return true
}

// postpone plans the next time of work that knows better than its interval.
func (p *plan) postpone(kind string, connectionID int64, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next[planned{kind, connectionID}] = time.Now().Add(pause)
}
