package store

import (
	"cmp"
	"context"
	"slices"

	"payportal/internal/psp"
	"payportal/store/engine"
)

// ListPayments reads one page of the payments of a filter; see psp.PaymentStore. It costs the rows of the page in nearly
// every case: an index walk in the list's order, or a few rows read and sorted. A filter whose matches are rare along the
// order is answered from the column blocks.
func (db *DB) ListPayments(ctx context.Context, q psp.PaymentQuery) (psp.PaymentList, error) {
	const op = "list payments"
	var cursor paymentCursor
	if q.Cursor != "" {
		var err error
		if cursor, err = parsePaymentCursor(q.Cursor, q.Order); err != nil {
			return psp.PaymentList{}, err
		}
	}
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return psp.PaymentList{}, readError(op, err)
	}
	defer conn.Release()
	page := paymentPage{conn: conn, limits: db.limits, filter: newRowFilter(q.Filter), order: q.Order, size: q.Size}
	list, err := page.read(q.Cursor != "", cursor)
	return list, readError(op, err)
}

// paymentPage reads one page on one connection.
type paymentPage struct {
	conn   *engine.Conn
	limits listLimits
	filter rowFilter
	order  psp.PaymentOrder
	size   int
	batch  rowBatch
}

// read gives the page at the cursor. A page before the first full one is the first one, so that it is never short.
func (p *paymentPage) read(placed bool, cursor paymentCursor) (psp.PaymentList, error) {
	if !placed {
		more, err := p.collect(p.order, nil)
		return p.list(more, false, false), err
	}
	if !cursor.back {
		more, err := p.collect(p.order, &cursor.at)
		return p.list(more, true, false), err
	}
	reversed := p.order
	reversed.Ascending = !reversed.Ascending
	more, err := p.collect(reversed, &cursor.at)
	if err != nil {
		return psp.PaymentList{}, err
	}
	if !more {
		more, err = p.collect(p.order, nil)
		return p.list(more, false, false), err
	}
	return p.list(true, true, true), nil
}

// list makes the domain's page of the collected rows.
func (p *paymentPage) list(next, previous, reversed bool) psp.PaymentList {
	list := psp.PaymentList{Payments: p.batch.records(make([]psp.PaymentRecord, 0, len(p.batch.rows)))}
	n := len(p.batch.rows)
	if n == 0 {
		return list
	}
	first, last := p.key(p.batch.rows[0]), p.key(p.batch.rows[n-1])
	if reversed {
		slices.Reverse(list.Payments)
		first, last = last, first
	}
	if next {
		list.Next = paymentCursor{at: last, order: p.order}.String()
	}
	if previous {
		list.Previous = paymentCursor{at: first, order: p.order, back: true}.String()
	}
	return list
}

func (p *paymentPage) key(r batchRow) rowKey {
	if p.order.By == psp.ByAmount {
		return rowKey{r.amount, r.seq}
	}
	return rowKey{r.at, r.seq}
}

// collect fills the batch with up to size matching rows after the key, in order, and says whether there are more.
func (p *paymentPage) collect(o psp.PaymentOrder, after *rowKey) (more bool, err error) {
	p.batch.reset()
	if p.filter.impossible {
		return false, nil
	}
	if spans := narrow(p.filter, o); len(spans) > 0 {
		s, found, err := narrowest(p.conn, spans, p.limits.few)
		if err != nil {
			return false, err
		}
		if found {
			return p.collectSorted(s, o, after)
		}
	}
	walk, rest := ordered(p.filter, o, after)
	more, complete, err := p.collectWalk(walk, rest)
	if complete || err != nil {
		return more, err
	}
	p.batch.reset()
	return p.collectFromBlocks(o, after)
}

// collectWalk reads along the order; complete is false when patience ran out before the page was full.
func (p *paymentPage) collectWalk(walk []span, rest rowFilter) (more, complete bool, err error) {
	left := p.limits.patience
	for _, s := range walk {
		more, err := p.collectSpan(s, rest, &left)
		if more || err != nil {
			return more, true, err
		}
		if left == 0 {
			return false, false, nil
		}
	}
	return false, true, nil
}

// collectSpan adds the matching rows of a span, as long as there is room and something left of patience; more says that there
// was no room for another.
func (p *paymentPage) collectSpan(s span, rest rowFilter, left *int) (more bool, err error) {
	sql, args := s.selectSQL()
	stmt, err := query(p.conn, sql, args)
	if err != nil {
		return false, err
	}
	defer stmt.Reset()
	for ; *left > 0; *left-- {
		ok, err := stmt.Step()
		if err != nil || !ok {
			return false, err
		}
		if !rest.matches(stmt) {
			continue
		}
		if len(p.batch.rows) == p.size {
			return true, nil
		}
		p.batch.add(stmt)
	}
	return false, nil
}

// collectSorted reads the few rows of a span and sorts them.
func (p *paymentPage) collectSorted(s span, o psp.PaymentOrder, after *rowKey) (more bool, err error) {
	top := newTopRows(o, after, p.size+1)
	sql, args := s.selectSQL()
	stmt, err := query(p.conn, sql, args)
	if err != nil {
		return false, err
	}
	defer stmt.Reset()
	column := colAt
	if o.By == psp.ByAmount {
		column = colAmount
	}
	for {
		ok, err := stmt.Step()
		if err != nil {
			return false, err
		}
		if !ok {
			break
		}
		if k := (rowKey{stmt.Int(column), stmt.Int(colSeq)}); top.wants(k) && p.filter.matches(stmt) {
			top.add(k)
		}
	}
	return p.fetch(top.sorted())
}

// fetch fills the batch with the rows of these keys, in their order.
func (p *paymentPage) fetch(keys []rowKey) (more bool, err error) {
	more = len(keys) > p.size
	stmt, err := p.conn.Prepare("SELECT " + paymentColumns + " FROM payments WHERE seq = ?")
	if err != nil {
		return false, err
	}
	for _, k := range keys[:min(len(keys), p.size)] {
		if err := stmt.Bind(k.seq); err != nil {
			return false, err
		}
		ok, err := stmt.Step()
		if err == nil && ok {
			p.batch.add(stmt)
		}
		stmt.Reset()
		if err != nil {
			return false, err
		}
	}
	return more, nil
}

// topRows keeps the first n rows of an order among those offered, after a place in it.
type topRows struct {
	order psp.PaymentOrder
	after *rowKey
	n     int
	keys  []rowKey
	worst rowKey // the last of the first n, once there are so many
	full  bool
}

func newTopRows(o psp.PaymentOrder, after *rowKey, n int) *topRows {
	return &topRows{order: o, after: after, n: n, keys: make([]rowKey, 0, 4*n)}
}

// compareKeys is the order of a list: a comes before b when it is negative.
func compareKeys(o psp.PaymentOrder, a, b rowKey) int {
	c := cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
	if o.Ascending {
		return c
	}
	return -c
}

func (t *topRows) compare(a, b rowKey) int { return compareKeys(t.order, a, b) }

// wants reports whether a row with this key could be among the first n.
func (t *topRows) wants(k rowKey) bool {
	return (t.after == nil || t.compare(k, *t.after) > 0) && (!t.full || t.compare(k, t.worst) < 0)
}

// add takes a row that is wanted. It sorts when its room is used up, not for each row.
func (t *topRows) add(k rowKey) {
	t.keys = append(t.keys, k)
	if len(t.keys) == cap(t.keys) {
		t.cut()
	}
}

func (t *topRows) cut() {
	slices.SortFunc(t.keys, t.compare)
	if len(t.keys) >= t.n {
		t.keys = t.keys[:t.n]
		t.worst, t.full = t.keys[t.n-1], true
	}
}

func (t *topRows) sorted() []rowKey {
	t.cut()
	return t.keys
}
