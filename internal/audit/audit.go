// Package audit is the trail of what people did: its entry, its canonical form and its hash chain. The store appends
// entries in the transaction of the act that they tell of; this package knows no SQL. Domain packages and the store
// import it.
package audit

import (
	"net/netip"
	"time"
)

// Actor is who acts: a signed-in user, or the portal itself or its command line.
type Actor struct {
	// UserID is 0 for the system and the command line.
	UserID int64
	// Name is the user name, "system" or "command line (os user)".
	Name string
	// SessionID is the public id of the session, empty outside the web.
	SessionID string
	// Address is the client's address; invalid outside the web.
	Address netip.Addr
	// RequestID ties the entry to log lines.
	RequestID string
}

// System is the portal acting by itself, in a background job.
func System(job string) Actor { return Actor{Name: "system", RequestID: job} }

// The outcomes of an act.
const (
	// OK means that it was done.
	OK = "ok"
	// Refused means that the portal did not let it happen.
	Refused = "refused"
	// Failed means that it was tried and did not work.
	Failed = "failed"
	// Unknown means that it may or may not have happened.
	Unknown = "unknown"
)

// Entry is one act. Before and After are small structs or maps that marshal to JSON; they hold no secret, no card number
// and no IBAN.
type Entry struct {
	// Seq and At are given by the store when the entry is appended.
	Seq int64
	At  time.Time
	Actor
	// Act is the permission-like name of what was done: "terminal.create", "session.sign_in", "user.disable".
	Act string
	// Object names what it was done to: "terminal:uuid", "user:12", "connection:toman-staging".
	Object string
	// Outcome is one of the outcomes above.
	Outcome string
	// Before and After come back from the store as json.RawMessage; nil where there is none.
	Before any
	After  any
}
