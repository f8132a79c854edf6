package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

// errRepeats means that the provider's list goes in circles.
var errRepeats = errors.New("the provider's list of payments repeats itself")

// page is one page on its way from the provider to the store.
type page struct {
	payments []psp.Payment
	next     string
	total    int64
	newest   time.Time
	// disordered says that the list was found out of order.
	disordered bool
	last       bool
	err        error
}

// pagesAhead is how many pages are fetched while a batch is written: more than a full batch has, so that the next one is there
// when the store is free.
const pagesAhead = 256

// walk reads the unfinished walk of s to its end. Pages are fetched while earlier ones are being written; each commit has the
// cursor behind its last page.
func (m *Mirror) walk(ctx context.Context, provider psp.Provider, s *State, r *run) error {
	fetching, stop := context.WithCancel(ctx)
	pages := make(chan page, pagesAhead)
	go func() {
		defer close(pages)
		newPager(provider, *s, m.policy.Overlap).fetch(fetching, pages)
	}()
	defer func() { // the fetcher is gone when walk returns
		stop()
		for range pages {
		}
	}()
	for unsealed := 0; ; {
		batch := m.collect(ctx, pages)
		if err := m.save(ctx, s, batch, r); err != nil {
			return err
		}
		if batch.err != nil || batch.last {
			return batch.err
		}
		if unsealed += len(batch.payments); unsealed >= sealEvery {
			unsealed = 0
			if err := m.store.SealPayments(ctx); err != nil {
				return err
			}
		}
	}
}

// sealEvery is how many rows a walk reads between two tidyings of the store.
const sealEvery = 16384

// collect joins pages to one batch: as many as are there in time.
func (m *Mirror) collect(ctx context.Context, pages <-chan page) page {
	var batch page
	var full <-chan time.Time
	for len(batch.payments) < m.policy.Batch {
		select {
		case <-ctx.Done():
			batch.err = ctx.Err()
			return batch
		case <-full:
			return batch
		case p, ok := <-pages:
			if !ok {
				batch.err = ctx.Err()
				return batch
			}
			if p.err != nil {
				batch.err = p.err
				return batch
			}
			p.payments = append(batch.payments, p.payments...)
			p.disordered = p.disordered || batch.disordered
			if batch.newest.After(p.newest) {
				p.newest = batch.newest
			}
			batch = p
			if p.last {
				return batch
			}
			if full == nil {
				full = time.After(m.policy.BatchTime)
			}
		}
	}
	return batch
}

// save commits a batch. One that ended in an error holds the pages before it, and a cancelled one is given up: it is read again.
func (m *Mirror) save(ctx context.Context, s *State, batch page, r *run) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if batch.err != nil && len(batch.payments) == 0 {
		return nil // the walk returns the error
	}
	next := *s
	next.Cursor, next.Total = batch.next, batch.total
	next.Read += int64(len(batch.payments))
	if batch.newest.After(next.WalkNewest) {
		next.WalkNewest = batch.newest
	}
	if batch.disordered {
		next.Until = time.Time{}
	}
	if batch.last {
		next.finish()
	}
	if err := m.store.SaveMirror(ctx, next, batch.payments); err != nil {
		return err
	}
	*s = next
	m.mu.Lock()
	r.read += int64(len(batch.payments))
	m.mu.Unlock()
	return nil
}

// pager fetches the pages of one walk and looks for lists that do not end where they should.
type pager struct {
	provider psp.Provider
	walk     State
	slack    time.Duration // payments may be out of order by so much
	read     int64
	lowest   time.Time // of all rows so far
	firstID  string    // of the page before
	// Brent's way to see a cycle without remembering every cursor: a cursor is kept for twice as many pages each time.
	kept          string
	steps, period int
	empty         int
	disordered    bool
}

func newPager(provider psp.Provider, s State, slack time.Duration) *pager {
	return &pager{provider: provider, walk: s, slack: slack, read: s.Read, kept: s.Cursor, period: 1}
}

// fetch sends pages until the walk's end, an error, or the end of ctx.
func (p *pager) fetch(ctx context.Context, pages chan<- page) {
	cursor := p.walk.Cursor
	for {
		next := p.page(ctx, cursor)
		select {
		case pages <- next:
		case <-ctx.Done():
			return
		}
		if next.err != nil || next.last {
			return
		}
		cursor = next.next
	}
}

func (p *pager) page(ctx context.Context, cursor string) page {
	got, err := p.provider.Payments(ctx, p.walk.Type, cursor)
	if err != nil {
		return page{err: fmt.Errorf("read payments of connection %d, %s: %w", p.walk.ConnectionID, p.walk.Type, err)}
	}
	if err := p.inspect(got); err != nil {
		return page{err: errs.New(errs.Unavailable, "mirror payments", "paymentdata.mirror.repeats", err)}
	}
	result := page{payments: got.Payments, next: got.Next, total: got.Count}
	for _, payment := range got.Payments {
		if payment.TransactedAt.After(result.newest) {
			result.newest = payment.TransactedAt
		}
		if !p.lowest.IsZero() && payment.TransactedAt.After(p.lowest.Add(p.slack)) {
			p.disordered = true
		}
		if p.lowest.IsZero() || payment.TransactedAt.Before(p.lowest) {
			p.lowest = payment.TransactedAt
		}
	}
	result.disordered = p.disordered
	past := len(got.Payments) > 0 && result.newest.Before(p.walk.Until) && !p.disordered
	result.last = got.Next == "" || past
	return result
}

// A list may grow while it is read, and its count may be an estimate: only far more rows than it says are a fault.
const (
	emptyPages    = 10
	excessFactor  = 2
	excessAllowed = 2_000
)

// inspect fails with errRepeats on a page that shows that the list has no end.
func (p *pager) inspect(got psp.PaymentPage) error {
	p.read += int64(len(got.Payments))
	if len(got.Payments) == 0 {
		p.empty++
	} else {
		p.empty = 0
		id := got.Payments[0].ID
		if id == p.firstID {
			return fmt.Errorf("%w: payment %s begins two pages in a row", errRepeats, id)
		}
		p.firstID = id
	}
	if got.Next != "" && got.Next == p.kept {
		return fmt.Errorf("%w: a cursor came again", errRepeats)
	}
	if p.steps++; p.steps == p.period {
		p.kept, p.steps, p.period = got.Next, 0, p.period*2
	}
	switch {
	case p.empty > emptyPages:
		return fmt.Errorf("%w: %d empty pages in a row", errRepeats, p.empty)
	case got.Count >= 0 && p.read > excessFactor*got.Count+excessAllowed:
		return fmt.Errorf("%w: %d rows read of %d", errRepeats, p.read, got.Count)
	}
	return nil
}
