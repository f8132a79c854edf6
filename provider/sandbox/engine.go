package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// closeGrace is how long Close waits for answers in flight before it cuts them.
const closeGrace = 2 * time.Second

// Service is one imitated API behind a listener of its own.
type Service struct {
	// Name scopes faults and journal entries ("auth", "psp_reporting").
	Name string
	// Handler is the API itself. It must make an effect durable in the ledger before it answers.
	Handler http.Handler
	// Insert adds rows to the list that r asks for, as traffic of other people would; nil where nothing grows.
	Insert func(r *http.Request, rows int)
	// Control is the service's own part of the control API, served under /_control/{Name}/; may be nil.
	Control http.Handler
}

// Engine runs services and everything that tests do to them. Safe for concurrent use.
type Engine struct {
	clock   *Clock
	faults  faults
	journal journal
	effects effects

	mu       sync.Mutex
	services []Service
	servers  []*http.Server
	done     chan struct{}
	close    func() error
}

// New makes an engine without listeners. A nil clock is the wall clock.
func New(clock *Clock) *Engine {
	if clock == nil {
		clock = WallClock()
	}
	e := &Engine{clock: clock, done: make(chan struct{})}
	e.close = sync.OnceValue(e.stop)
	return e
}

// Clock is the time of all services of this engine.
func (e *Engine) Clock() *Clock { return e.clock }

// Serve starts s on addr ("host:port"; empty for a free port on 127.0.0.1) and returns its base URL without a slash at
// the end. The control API of the whole engine is reachable on every listener.
func (e *Engine) Serve(addr string, s Service) (string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen for sandbox %s: %w", s.Name, err)
	}
	server := &http.Server{Handler: e.handler(s), ReadHeaderTimeout: 10 * time.Second}
	e.mu.Lock()
	e.services = append(e.services, s)
	e.servers = append(e.servers, server)
	e.mu.Unlock()
	go server.Serve(listener) //nolint:errcheck // ends with ErrServerClosed when the engine closes
	return "http://" + listener.Addr().String(), nil
}

// Close releases hanging requests, lets answers in flight end and closes all listeners. It may be called again.
func (e *Engine) Close() error { return e.close() }

func (e *Engine) stop() error {
	close(e.done)
	e.mu.Lock()
	servers := slices.Clone(e.servers)
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	var errs []error
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, server.Close())
		}
	}
	return errors.Join(errs...)
}

func (e *Engine) service(name string) (Service, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Service{}, false
	}
	return e.services[i], true
}
