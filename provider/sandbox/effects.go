package sandbox

import (
	"slices"
	"sync"
	"time"
)

// Effect is something that truly happened at the imitated provider, whatever its client was told.
type Effect struct {
	// Seq counts from 1.
	Seq     int       `json:"seq"`
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	// Kind names the act ("terminal_created").
	Kind string `json:"kind"`
	// Key identifies the thing at the provider.
	Key string `json:"key"`
	// Detail is the thing as JSON would show it.
	Detail any `json:"detail"`
}

type effects struct {
	mu   sync.Mutex
	list []Effect
}

// RecordEffect writes an effect into the ledger. Services call it before they answer.
func (e *Engine) RecordEffect(service, kind, key string, detail any) {
	at := e.clock.Now()
	e.effects.mu.Lock()
	defer e.effects.mu.Unlock()
	e.effects.list = append(e.effects.list, Effect{
		Seq: len(e.effects.list) + 1, At: at, Service: service, Kind: kind, Key: key, Detail: detail,
	})
}

// Effects lists the ledger in order; an empty kind lists all.
func (e *Engine) Effects(kind string) []Effect {
	e.effects.mu.Lock()
	defer e.effects.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.effects.list), func(x Effect) bool { return kind != "" && x.Kind != kind })
}
