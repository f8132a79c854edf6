package access

import (
	"context"
	"sync"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
)

// StepUpValid is how long a proof of identity lasts for administrative acts.
const StepUpValid = 5 * time.Minute

// Person is what a request knows about its user. It is shared between requests and never changed.
type Person struct {
	UserID int64
	User
	// Rights are the permissions of the roles.
	Rights Set
}

// Identity is who makes a request: the user as the store has it now, and the session.
type Identity struct {
	*Person
	Session Session
}

// Can reports whether the user may do what the permission names. Before the session is Full, nothing.
func (id Identity) Can(p Permission) bool {
	return id.Person != nil && id.Session.State == Full && id.Rights.Has(p)
}

// Require is Can as an error: Forbidden, naming the permission. op is what was attempted.
func (id Identity) Require(op string, p Permission) error {
	if id.Can(p) {
		return nil
	}
	return errs.NotPermitted(op, p.String())
}

// SteppedUp reports whether the user has proved who they are within StepUpValid before now.
func (id Identity) SteppedUp(now time.Time) bool {
	return !id.Session.StepUpAt.IsZero() && now.Before(id.Session.StepUpAt.Add(StepUpValid))
}

// Actor is the user as the audit trail names who acts.
func (id Identity) Actor(c Client) audit.Actor {
	return audit.Actor{UserID: id.UserID, Name: id.Username, SessionID: id.Session.PublicID, Address: c.Address, RequestID: c.RequestID}
}

// By is the user as who does an administrative act.
func (id Identity) By(c Client) By { return By{Actor: id.Actor(c), Rights: id.Rights} }

// personTTL is how long a change by another process, the command line, may go unseen. Changes by this process are seen
// at once.
const personTTL = time.Second

// directory reads people for requests through a short-lived cache.
type directory struct {
	store UserStore
	now   func() time.Time

	mu     sync.RWMutex
	people map[int64]cachedPerson
}

type cachedPerson struct {
	person     *Person
	readAt     time.Time
	generation uint64
}

func newDirectory(store UserStore, now func() time.Time) *directory {
	return &directory{store: store, now: now, people: make(map[int64]cachedPerson)}
}

// person gives the user as of at most personTTL ago; never older than the last change by this process.
func (d *directory) person(ctx context.Context, id int64) (*Person, error) {
	now, generation := d.now(), d.store.Generation() // read before the user, so that a change meanwhile makes this entry stale
	d.mu.RLock()
	cached, ok := d.people[id]
	d.mu.RUnlock()
	if age := now.Sub(cached.readAt); ok && cached.generation == generation && age >= 0 && age < personTTL {
		return cached.person, nil
	}
	user, err := d.store.User(ctx, id)
	if err != nil {
		return nil, err
	}
	person := &Person{UserID: user.ID, User: user, Rights: user.Rights()}
	d.mu.Lock()
	d.people[id] = cachedPerson{person: person, readAt: now, generation: generation}
	d.mu.Unlock()
	return person, nil
}
