package connection

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"payportal/internal/errs"
)

// Live is the set of clients of one connection: what cmd/portal builds of a row and its credentials.
type Live interface {
	// Checks are the steps of a connection test.
	Checks() []Check
	// Health and Calls are of all its clients together.
	Health() Health
	Calls() []Call
	// Close lets go of idle connections; calls under way end undisturbed.
	Close()
}

// Pool keeps the live clients of each connection and replaces them when its row has changed. It is safe for concurrent
// use.
type Pool[L Live] struct {
	store Store
	build func(Connection, Credentials) (L, error)

	mu      sync.Mutex
	entries map[int64]*entry[L]
}

// entry is a connection's place in the pool. It outlives its clients, so that health does.
type entry[L Live] struct {
	live    L
	version int64 // 0 for no clients
	// kept is the health from before these clients, and saved what the store has.
	kept, saved Health
}

// NewPool makes an empty pool. build makes the clients of a connection without calling anybody; it fails with
// errs.Unavailable and NoAdapter for a provider that this program has no adapter for.
func NewPool[L Live](store Store, build func(Connection, Credentials) (L, error)) *Pool[L] {
	return &Pool[L]{store: store, build: build, entries: map[int64]*entry[L]{}}
}

// Get gives the live clients of a connection, built anew when the row has changed since. It fails with errs.NotFound for
// an unknown or disabled connection. Ask for each use: what is kept longer misses a rotation.
func (p *Pool[L]) Get(ctx context.Context, id int64) (L, error) {
	var none L
	version, disabled, err := p.store.ConnectionVersion(ctx, id)
	if err != nil {
		return none, err
	}
	if disabled {
		return none, errs.New(errs.NotFound, "find connection", "connection.error_disabled", nil)
	}
	if live, ok := p.current(id, version); ok {
		return live, nil
	}
	return p.renew(ctx, id)
}

func (p *Pool[L]) current(id, version int64) (L, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[id]; e != nil && e.version == version {
		return e.live, true
	}
	var none L
	return none, false
}

func (p *Pool[L]) renew(ctx context.Context, id int64) (L, error) {
	var none L
	c, secrets, err := p.store.ConnectionCredentials(ctx, id)
	if err != nil {
		return none, err
	}
	kept, err := p.store.ConnectionHealth(ctx)
	if err != nil {
		return none, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[id]
	if e == nil {
		e = &entry[L]{kept: kept[id], saved: kept[id]}
		p.entries[id] = e
	}
	if e.version >= c.Version {
		return e.live, nil // somebody else was faster
	}
	live, err := p.build(c, secrets)
	if err != nil {
		return none, err
	}
	e.retire()
	e.live, e.version = live, c.Version
	return live, nil
}

// retire keeps the health of the clients that go.
func (e *entry[L]) retire() {
	if e.version == 0 {
		return
	}
	e.kept = e.live.Health().since(e.kept)
	e.live.Close()
	var none L
	e.live, e.version = none, 0
}

// drop makes the next Get build anew.
func (p *Pool[L]) drop(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[id]; e != nil {
		e.retire()
	}
}

func (p *Pool[L]) candidate(c Connection, secrets Credentials) (Live, error) {
	return p.build(c, secrets)
}

func (p *Pool[L]) health(ctx context.Context, id int64) (Health, error) {
	p.mu.Lock()
	e := p.entries[id]
	var h Health
	if e != nil {
		h = e.health()
	}
	p.mu.Unlock()
	if e != nil {
		return h, nil
	}
	kept, err := p.store.ConnectionHealth(ctx)
	return kept[id], err
}

func (e *entry[L]) health() Health {
	if e.version == 0 {
		return Health{}.since(e.kept)
	}
	return e.live.Health().since(e.kept)
}

func (p *Pool[L]) calls(id int64) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[id]; e != nil && e.version != 0 {
		return e.live.Calls()
	}
	return nil
}

// saveEvery is how often what has changed of a connection's health is kept, at most.
const saveEvery = time.Minute

// Run keeps the health of the connections in the store until the context ends, and once more then, so that a restart
// does not say "never". It is a loop for a goroutine; a failure is logged and tried again.
func (p *Pool[L]) Run(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			p.logSave(last, log)
			return
		}
		p.logSave(ctx, log)
	}
}

func (p *Pool[L]) logSave(ctx context.Context, log *slog.Logger) {
	if err := p.SaveHealth(ctx); err != nil {
		log.WarnContext(ctx, "health of connections not kept", slog.Any("error", err))
	}
}

// SaveHealth keeps the health of each connection that has been called since the last time.
func (p *Pool[L]) SaveHealth(ctx context.Context) error {
	var all error
	for id, h := range p.unsaved() {
		err := p.store.SaveConnectionHealth(ctx, id, h)
		all = errors.Join(all, err)
		if err == nil {
			p.markSaved(id, h)
		}
	}
	return all
}

func (p *Pool[L]) unsaved() map[int64]Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := map[int64]Health{}
	for id, e := range p.entries {
		if h := e.health(); !h.LastGood.Equal(e.saved.LastGood) || !h.LastBad.Equal(e.saved.LastBad) {
			changed[id] = h
		}
	}
	return changed
}

func (p *Pool[L]) markSaved(id int64, h Health) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[id]; e != nil {
		e.saved = h
	}
}

// Close lets go of all clients.
func (p *Pool[L]) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		e.retire()
	}
}
