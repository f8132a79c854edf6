package audit

import "time"

// Filter says which entries to list, newest first. Zero fields do not filter.
type Filter struct {
	// UserID is who acted.
	UserID int64
	// Act is a whole act ("user.disable") or, ending in a dot, a group of acts ("user.").
	Act string
	// Object is what it was done to, whole: "user:12".
	Object string
	// Outcome is one of the outcomes.
	Outcome string
	// Address is the client address in its canonical text.
	Address string
	// From and Until bound the time: from ≤ at < until.
	From, Until time.Time
	// Before continues a list: only entries with a smaller Seq.
	Before int64
	// Limit is the number of entries to give.
	Limit int
}

// Head is the state of the chain's end. Kept elsewhere (in the log, say), it also shows that a whole database was put
// back to an earlier state.
type Head struct {
	// Count is the number of entries, and the Seq of the last one.
	Count int64
	// Hash is the hash of the last entry, empty when there is none.
	Hash []byte
}

// Verification is what a check of the chain found.
type Verification struct {
	Head
	// BadSeq is the Seq of the first entry that was changed, moved, added or is missing; 0 when the chain holds.
	BadSeq int64
	// Problem says in English what is wrong, for the command line and the log; empty when the chain holds.
	Problem string
}

// OK reports whether the chain holds.
func (v Verification) OK() bool { return v.BadSeq == 0 }
