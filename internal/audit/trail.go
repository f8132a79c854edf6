package audit

import (
	"context"

	"payportal/internal/errs"
)

// Store is what reading the trail needs of the database.
type Store interface {
	// AuditEntries gives the entries of a filter, newest first.
	AuditEntries(ctx context.Context, f Filter) ([]Entry, error)
	// VerifyAudit checks every entry and the head. An error means that the trail could not be read.
	VerifyAudit(ctx context.Context) (Verification, error)
}

// Trail is what people ask of the audit trail. Whoever asks has been checked for the permission.
type Trail struct{ Store Store }

// Search gives a page of the entries of a filter, newest first, and whether there are older ones.
func (t Trail) Search(ctx context.Context, f Filter) (entries []Entry, more bool, err error) {
	limit := f.Limit
	f.Limit++
	entries, err = t.Store.AuditEntries(ctx, f)
	if len(entries) > limit {
		return entries[:limit], true, err
	}
	return entries, false, err
}

// Entry gives one entry; errs.NotFound when there is none of that number.
func (t Trail) Entry(ctx context.Context, seq int64) (Entry, error) {
	if seq <= 0 {
		return Entry{}, errs.New(errs.NotFound, "read audit entry", "", nil)
	}
	entries, err := t.Store.AuditEntries(ctx, Filter{Before: seq + 1, Limit: 1})
	if err != nil {
		return Entry{}, err
	}
	if len(entries) == 0 || entries[0].Seq != seq {
		return Entry{}, errs.New(errs.NotFound, "read audit entry", "", nil)
	}
	return entries[0], nil
}

// Verify walks the whole trail and tells whether it holds.
func (t Trail) Verify(ctx context.Context) (Verification, error) { return t.Store.VerifyAudit(ctx) }
