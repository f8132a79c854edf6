package apiclient

import (
	"slices"
	"sync"
	"time"

	"payportal/internal/connection"
)

const (
	// traced is how many calls the trace of a connection keeps.
	traced = 50
	// sampled is how many calls the health figures look at, at most: a first fill makes hundreds a second.
	sampled = 512
)

// Monitor keeps the health and the trace of one connection; all its clients share it. It is safe for concurrent use.
type Monitor struct {
	mu     sync.Mutex
	health connection.Health
	// calls is a ring of the newest calls; next is where the following one goes.
	calls [sampled]connection.Call
	next  int
	count int
}

// NewMonitor makes an empty monitor.
func NewMonitor() *Monitor { return &Monitor{} }

func (m *Monitor) record(call connection.Call, clock *time.Duration) {
	if call.Failure == "cancelled" { // the caller went away: it says nothing about the provider
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[m.next] = call
	m.next = (m.next + 1) % sampled
	m.count = min(m.count+1, sampled)
	if call.OK() {
		m.health.LastGood = call.At
	} else {
		m.health.LastBad = call.At
	}
	if clock != nil {
		m.health.Clock, m.health.ClockAt = *clock, call.At
	}
}

// Health gives the figures as of now.
func (m *Monitor) Health() connection.Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	health := m.health
	from := time.Now().Add(-connection.HealthWindow)
	good := make([]time.Duration, 0, m.count)
	for i := range m.count {
		call := m.newest(i)
		if call.At.Before(from) {
			break
		}
		health.Calls++
		if call.OK() {
			good = append(good, call.Duration)
		} else {
			health.Errors++
		}
	}
	if len(good) > 0 {
		slices.Sort(good)
		health.P50, health.P95 = good[len(good)*50/100], good[len(good)*95/100]
	}
	return health
}

// Calls gives the last calls, newest first.
func (m *Monitor) Calls() []connection.Call {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := make([]connection.Call, 0, traced)
	for i := range min(m.count, traced) {
		calls = append(calls, m.newest(i))
	}
	return calls
}

func (m *Monitor) newest(i int) connection.Call { return m.calls[(m.next-1-i+2*sampled)%sampled] }
