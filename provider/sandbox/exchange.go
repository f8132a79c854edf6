package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxRequestBody bounds what a service accepts; all documented requests are far smaller.
const maxRequestBody = 1 << 20

// handler puts the control API, the journal and the faults around a service.
func (e *Engine) handler(s Service) http.Handler {
	control := e.controlHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPrefix) {
			control.ServeHTTP(w, r)
			return
		}
		e.exchange(s, w, r)
	})
}

// exchange is one request at a service: noted on arrival, so that one which hangs is seen, and completed when it ended.
func (e *Engine) exchange(s Service, w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	w.Header().Set("Date", e.clock.Now().Format(http.TimeFormat))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	// The whole body is read first: only then does net/http notice that a client went away during a hang.
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault := e.faults.take(s.Name, r)
	seq := e.journal.open(s.Name, r, body, fault, e.clock.Now())
	watched := &statusWriter{ResponseWriter: w}
	defer func() { e.journal.close(seq, watched.status, time.Since(started)) }()
	switch {
	case err != nil:
		WriteDetail(watched, http.StatusRequestEntityTooLarge, "Request body exceeded the limit.")
	case fault != nil:
		e.misbehave(fault, s, watched, r)
	default:
		s.Handler.ServeHTTP(watched, r)
	}
}

// statusWriter notes the status that left.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answer holds what a service answered, for a fault that loses or bends it.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// perform lets the service do its work and keeps the answer back.
func perform(h http.Handler, r *http.Request) *answer {
	a := &answer{header: http.Header{}}
	h.ServeHTTP(a, r)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a
}

// Header, Write and WriteHeader make an answer a http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.body.Write(p)
}

func (a *answer) WriteHeader(status int) { a.status = status }

// send writes the answer with body in place of its own.
func (a *answer) send(w http.ResponseWriter, body []byte) {
	for name, values := range a.header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(a.status)
	w.Write(body) //nolint:errcheck // a client that went away is its own affair
}
