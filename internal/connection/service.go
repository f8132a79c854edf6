package connection

import (
	"context"
	"sync"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
)

// Store keeps connections. Every method that changes something appends its audit entry in the same transaction and fails
// with errs.Conflict when version is neither 0 nor the connection's; reading or changing one that is not there fails with
// errs.NotFound.
type Store interface {
	// AddConnection fails with errs.Conflict and the field "name" when there is one of that name.
	AddConnection(ctx context.Context, actor audit.Actor, d Definition) (Connection, error)
	Connections(ctx context.Context) ([]Connection, error)
	Connection(ctx context.Context, id int64) (Connection, error)
	ConnectionNamed(ctx context.Context, name string) (Connection, error)
	// ConnectionCredentials gives the connection and its opened credentials, as of one moment.
	ConnectionCredentials(ctx context.Context, id int64) (Connection, Credentials, error)
	// ConnectionVersion gives the version alone: it is asked for before each call to a provider.
	ConnectionVersion(ctx context.Context, id int64) (version int64, disabled bool, err error)
	RotateConnection(ctx context.Context, actor audit.Actor, id, version int64, c Credentials) (Connection, error)
	ChangeConnection(ctx context.Context, actor audit.Actor, id, version int64, s Settings) (Connection, error)
	SwitchConnection(ctx context.Context, actor audit.Actor, id, version int64, disabled bool) (Connection, error)
	// RemoveConnection fails with errs.Conflict when anything in the store refers to the connection.
	RemoveConnection(ctx context.Context, actor audit.Actor, id, version int64) error
	// ConnectionHealth gives what was kept of each connection's health.
	ConnectionHealth(ctx context.Context) (map[int64]Health, error)
	SaveConnectionHealth(ctx context.Context, id int64, h Health) error
	RecordAudit(ctx context.Context, e audit.Entry) error
}

// lives is what the Service needs of a Pool, whatever its live clients are.
type lives interface {
	candidate(c Connection, secrets Credentials) (Live, error)
	drop(id int64)
	health(ctx context.Context, id int64) (Health, error)
	calls(id int64) []Call
}

// Service is what administrators do with connections. Its callers have checked the permission.
type Service struct {
	store Store
	lives lives

	mu sync.Mutex
	// refused remembers, for each connection, when a test last met refused credentials.
	refused map[int64]time.Time
}

// NewService makes the use-cases on a store and the pool of live clients.
func NewService[L Live](store Store, pool *Pool[L]) *Service {
	return &Service{store: store, lives: pool, refused: map[int64]time.Time{}}
}

// Add makes a connection. It fails with errs.Invalid, naming every problem at once, and with errs.Conflict for a name
// that is taken.
func (s *Service) Add(ctx context.Context, actor audit.Actor, d Definition) (Connection, error) {
	complete, err := d.Complete()
	if err != nil {
		return Connection{}, err
	}
	return s.store.AddConnection(ctx, actor, complete)
}

// List gives all connections by name.
func (s *Service) List(ctx context.Context) ([]Connection, error) { return s.store.Connections(ctx) }

// Get gives one connection.
func (s *Service) Get(ctx context.Context, id int64) (Connection, error) {
	return s.store.Connection(ctx, id)
}

// Named gives the connection of that name.
func (s *Service) Named(ctx context.Context, name string) (Connection, error) {
	return s.store.ConnectionNamed(ctx, name)
}

// Rotate replaces the credentials; live clients change over with their next call, and calls under way end undisturbed.
// With prove the new credentials are tested first, and kept only when every step passed; else it fails with
// errs.Declined and gives the steps. Base URLs cannot change with it: whoever could change them alone could have the
// stored credentials sent to himself.
func (s *Service) Rotate(
	ctx context.Context, actor audit.Actor, id, version int64, secrets Credentials, prove bool,
) (Connection, []Step, error) {
	c, err := s.store.Connection(ctx, id)
	if err != nil {
		return Connection{}, nil, err
	}
	if version != 0 && version != c.Version {
		return Connection{}, nil, errs.New(errs.Conflict, "rotate connection", "connection.error_changed", nil)
	}
	var p problems
	if p.credentials(c.Provider, secrets); p.list != nil {
		return Connection{}, nil, p.err("rotate connection")
	}
	var steps []Step
	if prove {
		if steps, err = s.try(ctx, c, secrets, nil); err != nil {
			return Connection{}, nil, err
		}
		if !AllPassed(steps) {
			return Connection{}, steps, errs.New(errs.Declined, "rotate connection", "connection.error_not_proven", nil)
		}
	}
	rotated, err := s.store.RotateConnection(ctx, actor, id, c.Version, secrets)
	return rotated, steps, err
}

// Change replaces the settings. It fails with errs.Invalid, naming every problem at once.
func (s *Service) Change(ctx context.Context, actor audit.Actor, id, version int64, settings Settings) (Connection, error) {
	c, err := s.store.Connection(ctx, id)
	if err != nil {
		return Connection{}, err
	}
	complete, err := settings.complete(c)
	if err != nil {
		return Connection{}, err
	}
	return s.store.ChangeConnection(ctx, actor, id, version, complete)
}

// Disable stops all calls of the connection with the next one.
func (s *Service) Disable(ctx context.Context, actor audit.Actor, id, version int64) (Connection, error) {
	return s.store.SwitchConnection(ctx, actor, id, version, true)
}

// Enable lets the connection be called again.
func (s *Service) Enable(ctx context.Context, actor audit.Actor, id, version int64) (Connection, error) {
	return s.store.SwitchConnection(ctx, actor, id, version, false)
}

// Remove deletes a connection that nothing refers to: no terminal, payment, report or command. Else it fails with
// errs.Conflict, and the connection can be disabled.
func (s *Service) Remove(ctx context.Context, actor audit.Actor, id, version int64) error {
	if err := s.store.RemoveConnection(ctx, actor, id, version); err != nil {
		return err
	}
	s.lives.drop(id)
	return nil
}

// again is how soon after refused credentials another test may send them: an account can be locked.
const again = 30 * time.Second

// Test tries the connection step by step, with clients of its own, and tells done of each step; done may be nil. Failed
// steps are no error: it fails with errs.RateLimited soon after a test that met refused credentials, and when there is
// nothing to test.
func (s *Service) Test(ctx context.Context, actor audit.Actor, id int64, done func(Step)) ([]Step, error) {
	c, secrets, err := s.store.ConnectionCredentials(ctx, id)
	if err != nil {
		return nil, err
	}
	if s.refusedLately(c) {
		return nil, &errs.Error{
			Kind: errs.RateLimited, Op: "test connection", Msg: "connection.error_test_again",
			Args: map[string]any{"Seconds": int64(again / time.Second)},
		}
	}
	steps, err := s.try(ctx, c, secrets, done)
	if err != nil {
		return nil, err
	}
	s.remember(c, steps)
	entry := audit.Entry{Actor: actor, Act: "connection.test", Object: "connection:" + c.Name, Outcome: "failed", After: summary(steps)}
	if AllPassed(steps) {
		entry.Outcome = "ok"
		s.lives.drop(id) // the live clients may remember a refusal that is over
	}
	return steps, s.store.RecordAudit(ctx, entry)
}

// try runs the checks of clients that nobody else uses.
func (s *Service) try(ctx context.Context, c Connection, secrets Credentials, done func(Step)) ([]Step, error) {
	live, err := s.lives.candidate(c, secrets)
	if err != nil {
		return nil, err
	}
	defer live.Close()
	return Run(ctx, live.Checks(), done), nil
}

func (s *Service) refusedLately(c Connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, known := s.refused[c.ID]
	return known && at.After(c.RotatedAt) && time.Since(at) < again
}

func (s *Service) remember(c Connection, steps []Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refused, c.ID)
	for _, step := range steps {
		if step.Outcome == Failed && (step.Name == StepClient || step.Name == StepUser) && errs.Is(step.Err, errs.Forbidden) {
			s.refused[c.ID] = time.Now()
		}
	}
}

// summary is what the audit entry of a test says: the failed steps.
func summary(steps []Step) map[string][]string {
	failed := []string{}
	for _, step := range steps {
		if step.Outcome == Failed {
			line := step.Name + " " + step.API
			if step.Subject != "" {
				line += " " + step.Subject
			}
			failed = append(failed, line)
		}
	}
	return map[string][]string{"failed": failed}
}

// Health gives how a connection has been doing: its live figures, or what was kept from before the last start.
func (s *Service) Health(ctx context.Context, id int64) (Health, error) {
	return s.lives.health(ctx, id)
}

// Calls gives the last calls of a connection in this process, newest first.
func (s *Service) Calls(id int64) []Call { return s.lives.calls(id) }
