package connection

import "time"

// Call is one HTTP call to a provider as the trace keeps it: enough to see what happened, and nothing that is secret or
// personal (no query values, no ids in paths, no headers, no bodies).
type Call struct {
	At time.Time
	// API is the key of the base URL that was called, such as "auth" or "psp_reporting".
	API    string
	Method string
	// Pattern is the path with placeholders: "/terminals/{uuid}".
	Pattern string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Failure says in one word of the log why a call without a usable answer failed ("timeout", "refused", "tls"); empty
	// for an answered call.
	Failure  string
	Duration time.Duration
	// Size is the length of the answer's body in bytes, after decompression.
	Size int64
}

// OK reports whether the provider answered and was not at fault: a 404 or a refusal is an answer too.
func (c Call) OK() bool { return c.Status != 0 && c.Status < 500 && c.Failure == "" }

// Health is how a connection has been doing. Calls, Errors and the latencies are of the last HealthWindow in this
// process; LastGood, LastBad and the clock difference survive a restart.
type Health struct {
	// LastGood and LastBad are the ends of the last good and the last bad call, zero for none ever.
	LastGood, LastBad time.Time
	// Calls and Errors count the window's calls.
	Calls, Errors int
	// P50 and P95 are latencies of the window's good calls, 0 without any.
	P50, P95 time.Duration
	// Clock is the provider's clock minus ours, from the Date header, which has whole seconds; a difference under two
	// seconds means nothing.
	Clock time.Duration
	// ClockAt is when Clock was seen, zero for never.
	ClockAt time.Time
}

// HealthWindow is the time that the counts and latencies of Health look back.
const HealthWindow = 15 * time.Minute

// since lays what this process has seen over what was kept from before: later moments win.
func (h Health) since(kept Health) Health {
	if h.LastGood.Before(kept.LastGood) {
		h.LastGood = kept.LastGood
	}
	if h.LastBad.Before(kept.LastBad) {
		h.LastBad = kept.LastBad
	}
	if h.ClockAt.Before(kept.ClockAt) {
		h.Clock, h.ClockAt = kept.Clock, kept.ClockAt
	}
	return h
}
