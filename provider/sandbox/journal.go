package sandbox

import (
	"context"
	"net/http"
	"path"
	"sync"
	"time"
)

// journalSize is how many requests are remembered; older ones are forgotten first.
const journalSize = 10_000

// Request is one request as it arrived at a service.
type Request struct {
	// Seq counts from 1 in the order of arrival.
	Seq int `json:"seq"`
	// At is the arrival in the sandbox's time.
	At      time.Time   `json:"at"`
	Service string      `json:"service"`
	Method  string      `json:"method"`
	Host    string      `json:"host"`
	Path    string      `json:"path"`
	Query   string      `json:"query,omitempty"`
	Header  http.Header `json:"header"`
	Body    string      `json:"body,omitempty"`
	// Fault is the kind of the fault that it met, if any.
	Fault FaultKind `json:"fault,omitempty"`
	// Done says that the exchange ended; Status is what was answered then, 0 for a connection cut without an answer.
	Done   bool `json:"done"`
	Status int  `json:"status,omitempty"`
	// DurationMS is real time in milliseconds.
	DurationMS int64 `json:"duration_ms"`
}

// Match selects requests of the journal; empty fields match all. Path is a pattern of path.Match.
type Match struct {
	Service, Method, Path string
	// After leaves out the requests up to this Seq.
	After int
	// Done leaves out the requests that are still going on.
	Done bool
}

func (m Match) fits(r Request) bool {
	if m.Done && !r.Done || r.Seq <= m.After || m.Service != "" && m.Service != r.Service || m.Method != "" && m.Method != r.Method {
		return false
	}
	if m.Path == "" {
		return true
	}
	ok, err := path.Match(m.Path, r.Path)
	return err == nil && ok
}

// journal is a ring of the last requests.
type journal struct {
	mu      sync.Mutex
	last    int
	ring    []Request
	changed chan struct{}
}

func (j *journal) open(service string, r *http.Request, body []byte, f *armed, at time.Time) int {
	request := Request{
		At: at, Service: service, Method: r.Method, Host: r.Host, Path: r.URL.Path, Query: r.URL.RawQuery,
		Header: r.Header.Clone(), Body: string(body),
	}
	if f != nil {
		request.Fault = f.Kind
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	request.Seq = j.last
	if len(j.ring) < journalSize {
		j.ring = append(j.ring, request)
	} else {
		j.ring[(request.Seq-1)%journalSize] = request
	}
	j.announce()
	return request.Seq
}

func (j *journal) close(seq, status int, took time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	request := &j.ring[(seq-1)%journalSize]
	if request.Seq != seq {
		return
	}
	request.Done, request.Status, request.DurationMS = true, status, took.Milliseconds()
	j.announce()
}

// announce wakes those who wait for a change; the caller holds the lock.
func (j *journal) announce() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

func (j *journal) find(m Match) ([]Request, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := []Request{}
	for i := max(0, j.last-journalSize); i < j.last; i++ {
		if r := j.ring[i%journalSize]; m.fits(r) {
			out = append(out, r)
		}
	}
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return out, j.changed
}

// Requests lists the remembered requests that match, in the order of arrival.
func (e *Engine) Requests(m Match) []Request {
	found, _ := e.journal.find(m)
	return found
}

// AwaitRequests waits until at least n requests that match have arrived (with m.Done, have ended) and returns them; on the end of ctx it returns those that came, and the cause.
func (e *Engine) AwaitRequests(ctx context.Context, m Match, n int) ([]Request, error) {
	for {
		found, changed := e.journal.find(m)
		if len(found) >= n {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found, context.Cause(ctx)
		}
	}
}
