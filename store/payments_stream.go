package store

import (
	"context"
	"slices"

	"payportal/internal/psp"
	"payportal/store/engine"
)

// streamBatch is how many rows an export receives at a time.
const streamBatch = 512

// StreamPayments reads all payments of a filter in order; see psp.PaymentStore. It is one statement, which sees one moment:
// a payment that is written meanwhile is not in it, and a long export holds back only the checkpoint of the WAL.
func (db *DB) StreamPayments(ctx context.Context, f psp.PaymentFilter, o psp.PaymentOrder, yield func([]psp.PaymentRecord) error) error {
	const op = "stream payments"
	filter := newRowFilter(f)
	if filter.impossible {
		return nil
	}
	select {
	case db.streams <- struct{}{}:
		defer func() { <-db.streams }()
	case <-ctx.Done():
		return readError(op, ctx.Err())
	}
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return readError(op, err)
	}
	defer conn.Release()
	s := paymentStream{ctx: ctx, conn: conn, few: db.limits.few, yield: yield, records: make([]psp.PaymentRecord, 0, streamBatch)}
	return readError(op, s.run(filter, o))
}

type paymentStream struct {
	ctx     context.Context
	conn    *engine.Conn
	few     int
	yield   func([]psp.PaymentRecord) error
	batch   rowBatch
	records []psp.PaymentRecord
}

func (s *paymentStream) run(f rowFilter, o psp.PaymentOrder) error {
	if spans := narrow(f, o); len(spans) > 0 {
		found, ok, err := narrowest(s.conn, spans, s.few)
		if err != nil {
			return err
		}
		if ok {
			return s.sorted(found, f, o)
		}
	}
	walk, rest := ordered(f, o, nil)
	err := s.each(walk[0], func(stmt *engine.Stmt) error {
		if !rest.matches(stmt) {
			return nil
		}
		s.batch.add(stmt)
		if len(s.batch.rows) < streamBatch {
			return nil
		}
		return s.flush()
	})
	if err != nil {
		return err
	}
	return s.flush()
}

// each runs over the rows of a span. The engine is interrupted when ctx ends; the look at ctx is for a statement that ended
// just then.
func (s *paymentStream) each(of span, do func(*engine.Stmt) error) error {
	sql, args := of.selectSQL()
	stmt, err := query(s.conn, sql, args)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		ok, err := stmt.Step()
		if err != nil {
			return err
		}
		if !ok {
			return s.ctx.Err()
		}
		if err := do(stmt); err != nil {
			return err
		}
	}
}

// sorted reads the few rows of a span and gives them in order.
func (s *paymentStream) sorted(of span, f rowFilter, o psp.PaymentOrder) error {
	err := s.each(of, func(stmt *engine.Stmt) error {
		if f.matches(stmt) {
			s.batch.add(stmt)
		}
		return nil
	})
	if err != nil {
		return err
	}
	records := s.batch.records(nil)
	keys := make([]rowKey, len(records))
	for i, r := range s.batch.rows {
		keys[i] = rowKey{r.at, r.seq}
		if o.By == psp.ByAmount {
			keys[i].key = r.amount
		}
	}
	places := make([]int, len(records))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return compareKeys(o, keys[a], keys[b]) })
	for chunk := range slices.Chunk(places, streamBatch) {
		s.records = s.records[:0]
		for _, place := range chunk {
			s.records = append(s.records, records[place])
		}
		if err := s.yield(s.records); err != nil {
			return err
		}
	}
	return nil
}

func (s *paymentStream) flush() error {
	if len(s.batch.rows) == 0 {
		return nil
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.records = s.batch.records(s.records[:0])
	s.batch.reset()
	return s.yield(s.records)
}
