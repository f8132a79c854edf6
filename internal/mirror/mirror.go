// Package mirror keeps local copies of the providers' payment lists, so that lists, totals and exports are queries of our own.
// It decides what to read when, and how far the copy is; it does not know how payments are stored, asked for over the wire
// or shown. web and the job runner use it; the store implements Store.
//
// # Policy
//
// The provider lists newest first, a page at a time by cursor (P9). A list is copied by walks:
//
//   - A fill reads everything, once. Each commit holds pages and the cursor behind them, so that after a kill it goes on there.
//   - An increment reads from the newest down to Overlap before the newest payment that is known, which catches payments that
//     appear late, and status changes of recent ones.
//   - A deep walk, once every DeepEvery, is an increment that goes down by Deep, for what appears or changes later still.
//
// A cursor that the provider refuses restarts the walk from the newest; rows that are known already cost no writes. A list
// that is not in order is read to its end, because an early stop could miss payments. A list that repeats itself is a fault
// of the provider and ends the walk. After a fault the next attempt waits, longer each time.
package mirror

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

// Key names a list: the payments of one type of one connection.
type Key struct {
	ConnectionID int64
	Type         psp.TerminalType
}

// Walk is what an unfinished reading of a list is for.
type Walk string

// The walks of the policy; Idle is none.
const (
	Idle      Walk = ""
	Fill      Walk = "fill"
	Increment Walk = "increment"
	Deep      Walk = "deep"
)

// State is how far the copy of a list is.
type State struct {
	Key
	// Walk, and the fields up to Newest, describe the unfinished walk.
	Walk    Walk
	Cursor  string
	Started time.Time
	// Until is where the walk ends; zero for one that goes to the end of the list.
	Until      time.Time
	WalkNewest time.Time
	// Newest is the newest payment of the complete walks.
	Newest time.Time
	// Read counts the rows of the unfinished or last walk; Total is the provider's count, -1 unknown.
	Read, Total int64
	// LastComplete and LastDeep are when the last complete walk, and the last deep one or fill, began: the copy holds what
	// the provider had then. Zero for never.
	LastComplete, LastDeep time.Time
	// Paused means that a person stopped the copying.
	Paused bool
	// ProblemKind and ProblemMsg say why the last attempt failed: an errs kind and a catalogue key. Empty when it did not.
	ProblemKind, ProblemMsg string
	FailedAt                time.Time
	// Failures counts failed attempts in a row; NextAttempt is when the next may be made.
	Failures    int
	NextAttempt time.Time
}

// Store keeps the copies and their states; the store package implements it.
type Store interface {
	// MirrorState gives a list's state; the zero state with the key for one that is not known yet.
	MirrorState(ctx context.Context, k Key) (State, error)
	MirrorStates(ctx context.Context) ([]State, error)
	// SaveMirror writes payments and the state behind them in one transaction.
	SaveMirror(ctx context.Context, s State, payments []psp.Payment) error
	// PauseMirror sets Paused alone; a running walk never writes it.
	PauseMirror(ctx context.Context, k Key, paused bool) error
	// SealPayments tidies up after a while of writing, for fast totals.
	SealPayments(ctx context.Context) error
}

// Policy is how often and how far lists are read again; see the package comment.
type Policy struct {
	Overlap, Deep, DeepEvery time.Duration
	// Batch bounds the rows, and BatchTime the waiting, of one commit. A commit writes each index page that it touched once:
	// the more rows, the fewer pages a row. It also keeps other writers waiting, for half a second when it is full.
	Batch     int
	BatchTime time.Duration
	// Retry is the wait after the first failure; it doubles up to MaxRetry.
	Retry, MaxRetry time.Duration
}

// DefaultPolicy is what the portal runs with.
var DefaultPolicy = Policy{
	Overlap: 15 * time.Minute, Deep: 7 * 24 * time.Hour, DeepEvery: 24 * time.Hour,
	Batch: 16_000, BatchTime: 200 * time.Millisecond,
	Retry: 5 * time.Second, MaxRetry: 15 * time.Minute,
}

// Mirror runs walks. Its methods may be called by many goroutines; one list is walked by one at a time.
type Mirror struct {
	store     Store
	providers psp.Providers
	policy    Policy
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	running map[Key]*run
}

// run is one call of Run that is under way.
type run struct {
	cancel context.CancelFunc
	began  time.Time
	read   int64 // rows read by this call
}

// New makes a Mirror. now is time.Now but in tests.
func New(store Store, providers psp.Providers, policy Policy, now func() time.Time, log *slog.Logger) *Mirror {
	return &Mirror{store: store, providers: providers, policy: policy, now: now, log: log, running: map[Key]*run{}}
}

// Run brings one list up to date: it ends an unfinished walk, or makes the one that is due. It does nothing for a paused list and
// before the next attempt is due. It fails with errs.Conflict when the list is being walked already, and with the
// provider's or the store's error; the state keeps the reason.
func (m *Mirror) Run(ctx context.Context, k Key) error {
	return m.run(ctx, k, false)
}

// Refresh is Run without waiting for the next attempt after a failure: somebody asked.
func (m *Mirror) Refresh(ctx context.Context, k Key) error {
	return m.run(ctx, k, true)
}

func (m *Mirror) run(ctx context.Context, k Key, asked bool) error {
	ctx, r, err := m.begin(ctx, k)
	if err != nil {
		return err
	}
	defer m.end(k, r)
	s, err := m.store.MirrorState(ctx, k)
	if err != nil {
		return err
	}
	if s.Paused || !asked && m.now().Before(s.NextAttempt) {
		return nil
	}
	if err := m.catchUp(ctx, &s, r); err != nil {
		return m.failed(ctx, s, err)
	}
	return m.store.SealPayments(ctx)
}

func (m *Mirror) begin(ctx context.Context, k Key) (context.Context, *run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running[k] != nil {
		return nil, nil, errs.New(errs.Conflict, "mirror payments", "paymentdata.mirror.running", nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &run{cancel: cancel, began: m.now()}
	m.running[k] = r
	return ctx, r, nil
}

func (m *Mirror) end(k Key, r *run) {
	r.cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.running, k)
}

// catchUp makes walks until one that ends at what is known: a fill is followed by an increment, for what arrived meanwhile.
func (m *Mirror) catchUp(ctx context.Context, s *State, r *run) error {
	provider, err := m.providers.PSPReporting(ctx, s.ConnectionID)
	if err != nil {
		return err
	}
	restarted := false
	for {
		if s.Walk == Idle {
			m.start(s)
		}
		kind := s.Walk
		err := m.walk(ctx, provider, s, r)
		switch {
		case err == nil && kind != Fill:
			return nil
		case err == nil:
		case isRefusedCursor(err) && s.Cursor != "" && !restarted:
			m.log.WarnContext(ctx, "payments cursor refused, walking again from the newest", "connection", s.ConnectionID, "type", s.Type, "err", err)
			restarted = true
			m.restart(s)
		default:
			return err
		}
	}
}

// start chooses the walk that is due.
func (m *Mirror) start(s *State) {
	now := m.now()
	switch {
	case s.LastComplete.IsZero():
		s.Walk, s.Until = Fill, time.Time{}
	case now.Sub(s.LastDeep) >= m.policy.DeepEvery:
		s.Walk, s.Until = Deep, before(s.Newest, m.policy.Deep)
	default:
		s.Walk, s.Until = Increment, before(s.Newest, m.policy.Overlap)
	}
	m.restart(s)
}

// before gives the moment that much before t, or zero for a list that was empty: then all of it is new.
func before(t time.Time, by time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-by)
}

// restart sets the walk to its beginning.
func (m *Mirror) restart(s *State) {
	s.Cursor, s.Started, s.WalkNewest, s.Read, s.Total = "", m.now(), time.Time{}, 0, -1
}

// finish records a complete walk.
func (s *State) finish() {
	s.LastComplete = s.Started
	if s.Walk != Increment {
		s.LastDeep = s.Started
	}
	if s.WalkNewest.After(s.Newest) {
		s.Newest = s.WalkNewest
	}
	s.Walk, s.Cursor = Idle, ""
	s.ProblemKind, s.ProblemMsg, s.Failures = "", "", 0
	s.FailedAt, s.NextAttempt = time.Time{}, time.Time{}
}

// isRefusedCursor reports whether the provider may have refused the cursor, rather than us or everything.
func isRefusedCursor(err error) bool {
	return errs.Is(err, errs.Invalid) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Declined)
}

// failed keeps the reason and sets the next attempt. A walk that was cancelled, by a person or by the end of the program, has
// not failed: it goes on where it was.
func (m *Mirror) failed(ctx context.Context, s State, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	now := m.now()
	if isRefusedCursor(cause) || errors.Is(cause, errRepeats) {
		s.Cursor = "" // what led here is no way on
	}
	s.ProblemKind, s.ProblemMsg, s.FailedAt = errs.KindOf(cause).String(), messageOf(cause), now
	wait := min(m.policy.Retry<<min(s.Failures, 16), m.policy.MaxRetry)
	s.Failures++
	s.NextAttempt = now.Add(wait + time.Duration(rand.Int64N(int64(wait)/4+1))) // jitter: lists that failed together part
	return errors.Join(cause, m.store.SaveMirror(ctx, s, nil))
}

func messageOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Msg
	}
	return ""
}

// Pause stops a list's walk and keeps it from being walked until Resume.
func (m *Mirror) Pause(ctx context.Context, k Key) error {
	if err := m.store.PauseMirror(ctx, k, true); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.running[k]; r != nil {
		r.cancel()
	}
	return nil
}

// Resume lets a paused list be walked again, from where it was.
func (m *Mirror) Resume(ctx context.Context, k Key) error {
	return m.store.PauseMirror(ctx, k, false)
}

// Progress is a list's state with what is known of the walk under way.
type Progress struct {
	State
	// Running says whether the list is being walked now; the fields below are meaningful then alone.
	Running bool
	// RowsPerSecond is the mean rate since this run began.
	RowsPerSecond float64
	// Remaining is how long the walk will take at that rate; negative when it cannot be told.
	Remaining time.Duration
}

// Progress lists every known list with its progress, by connection and type.
func (m *Mirror) Progress(ctx context.Context) ([]Progress, error) {
	states, err := m.store.MirrorStates(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Progress, len(states))
	for i, s := range states {
		all[i] = Progress{State: s, Remaining: -1}
		if r := m.running[s.Key]; r != nil {
			all[i].Running = true
			all[i].measure(m.now().Sub(r.began), r.read)
		}
	}
	return all, nil
}

func (p *Progress) measure(elapsed time.Duration, read int64) {
	if elapsed <= 0 || read == 0 {
		return
	}
	p.RowsPerSecond = float64(read) / elapsed.Seconds()
	if p.Walk == Fill && p.Total >= p.Read {
		p.Remaining = time.Duration(float64(p.Total-p.Read) / p.RowsPerSecond * float64(time.Second))
	}
}
