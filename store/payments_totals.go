package store

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"sort"

	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store/engine"
)

// PaymentTotals counts and sums the payments of a filter; see psp.PaymentStore. Every figure of the portal about payments comes
// from here, so that a tile, a list's foot and an export agree.
func (db *DB) PaymentTotals(ctx context.Context, f psp.PaymentFilter, by psp.PaymentGroups) (psp.PaymentTotals, error) {
	const op = "total payments"
	totals := newTotals(by)
	filter := newRowFilter(f)
	if filter.impossible {
		return totals.result()
	}
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return psp.PaymentTotals{}, readError(op, err)
	}
	defer conn.Release()
	if err := totals.read(conn, filter); err != nil {
		return psp.PaymentTotals{}, readError(op, err)
	}
	return totals.result()
}

// sums adds up in 128 bits: a provider's absurd amounts end in an error, not in a wrong total.
type sums struct {
	count, successful      int64
	amount, successfulWide wide
}

type wide struct {
	high int64
	low  uint64
}

func (w *wide) add(v int64) {
	low, carry := bits.Add64(w.low, uint64(v), 0)
	w.low = low
	w.high += v>>63 + int64(carry)
}

func (w wide) amount() (money.Amount, error) {
	if w.high != int64(w.low)>>63 {
		return money.Amount{}, money.ErrOverflow
	}
	return money.Of(int64(w.low), money.IRR), nil
}

func (s *sums) add(amount, status int64) {
	s.count++
	s.amount.add(amount)
	if status == int64(psp.PaymentSuccessful) {
		s.successful++
		s.successfulWide.add(amount)
	}
}

func (s *sums) result() (psp.PaymentSums, error) {
	amount, err := s.amount.amount()
	if err != nil {
		return psp.PaymentSums{}, err
	}
	successful, err := s.successfulWide.amount()
	return psp.PaymentSums{
		Count: s.count, Amount: amount, Successful: s.successful, SuccessfulAmount: successful,
	}, err
}

// paymentTotals adds up rows and blocks, whole and by groups.
type paymentTotals struct {
	by          psp.PaymentGroups
	whole       sums
	days        []int64 // boundaries
	byDay       []sums
	psps        map[string]*sums
	terminals   map[string]*sums
	inPSPs      []*sums // of the present block, by position in its dictionary
	inTerminals []*sums
}

func newTotals(by psp.PaymentGroups) *paymentTotals {
	t := &paymentTotals{by: by, psps: map[string]*sums{}, terminals: map[string]*sums{}}
	for _, day := range by.Days {
		t.days = append(t.days, ceilMicro(day))
	}
	t.byDay = make([]sums, max(len(t.days)-1, 0))
	return t
}

// read adds every payment that passes. An id prefix longer than what blocks hold is a handful of payments: the index has them.
func (t *paymentTotals) read(conn *engine.Conn, f rowFilter) error {
	if len(f.idPrefix) > idHeadLength {
		s, rest := ids(f)
		return t.readSpan(conn, s, rest)
	}
	if err := conn.Snapshot(); err != nil {
		return err
	}
	scan := blockScan{conn: conn, filter: f, onBlock: t.addBlock, onRow: t.addRow}
	return scan.run()
}

func (t *paymentTotals) readSpan(conn *engine.Conn, s span, rest rowFilter) error {
	sql, args := s.selectSQL()
	stmt, err := query(conn, sql, args)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		ok, err := stmt.Step()
		if err != nil || !ok {
			return err
		}
		if rest.matches(stmt) {
			t.addRow(stmt)
		}
	}
}

func (t *paymentTotals) addRow(s *engine.Stmt) {
	amount, status := s.Int(colAmount), s.Int(colStatus)
	t.whole.add(amount, status)
	if day := t.day(s.Int(colAt), 0); day >= 0 {
		t.byDay[day].add(amount, status)
	}
	if t.by.PSP {
		group(t.psps, s.Text(colPSP)).add(amount, status)
	}
	if t.by.Terminal {
		group(t.terminals, s.Text(colTerminal)).add(amount, status)
	}
}

func group(groups map[string]*sums, name []byte) *sums {
	g, ok := groups[string(name)]
	if !ok {
		g = &sums{}
		groups[string(name)] = g
	}
	return g
}

// day finds the day of a moment, looking at the guess first; -1 when it is in none.
func (t *paymentTotals) day(at int64, guess int) int {
	if len(t.byDay) == 0 || at < t.days[0] || at >= t.days[len(t.days)-1] {
		return -1
	}
	if guess >= 0 && guess < len(t.byDay) && at >= t.days[guess] && at < t.days[guess+1] {
		return guess
	}
	return sort.Search(len(t.days), func(i int) bool { return t.days[i] > at }) - 1
}

// addBlock goes over the chosen rows once for the whole and once for each way of grouping: tight loops over single columns.
func (t *paymentTotals) addBlock(b *block, rows []uint16) error {
	if len(rows) == 0 {
		return nil
	}
	amounts, statuses := &b.columns[inAmount], &b.columns[inStatus]
	for _, i := range rows {
		t.whole.add(amounts.at(int(i)), statuses.at(int(i)))
	}
	if len(t.byDay) > 0 {
		day := -1
		for _, i := range rows {
			if day = t.day(b.columns[inAt].at(int(i)), day); day >= 0 {
				t.byDay[day].add(amounts.at(int(i)), statuses.at(int(i)))
			}
		}
	}
	var err error
	if t.by.PSP {
		t.inPSPs, err = addGroups(b, rows, inPSP, b.psps, t.psps, t.inPSPs)
	}
	if t.by.Terminal && err == nil {
		t.inTerminals, err = addGroups(b, rows, inTerminal, b.terminals, t.terminals, t.inTerminals)
	}
	return err
}

// addGroups adds the rows to their groups. A text without a chosen row makes no group.
func addGroups(b *block, rows []uint16, column int, encoded []byte, groups map[string]*sums, local []*sums) ([]*sums, error) {
	texts := make([][]byte, 0, len(local))
	err := eachText(encoded, func(_ int64, text []byte) bool {
		texts = append(texts, text)
		return true
	})
	if err != nil {
		return local, err
	}
	local = append(local[:0], make([]*sums, len(texts))...)
	values, amounts, statuses := &b.columns[column], &b.columns[inAmount], &b.columns[inStatus]
	for _, i := range rows {
		at := values.at(int(i))
		if uint64(at) >= uint64(len(local)) {
			return local, errBlock
		}
		if local[at] == nil {
			local[at] = group(groups, texts[at])
		}
		local[at].add(amounts.at(int(i)), statuses.at(int(i)))
	}
	return local, nil
}

func (t *paymentTotals) result() (psp.PaymentTotals, error) {
	var r psp.PaymentTotals
	var err error
	if r.PaymentSums, err = t.whole.result(); err != nil {
		return r, mapError("total payments", err)
	}
	for i := range t.byDay {
		day, err := t.byDay[i].result()
		if err != nil {
			return r, mapError("total payments", err)
		}
		r.ByDay = append(r.ByDay, psp.DaySums{Start: t.by.Days[i], PaymentSums: day})
	}
	if r.ByPSP, err = named(t.psps); err != nil {
		return r, mapError("total payments", err)
	}
	r.ByTerminal, err = named(t.terminals)
	return r, mapError("total payments", err)
}

func named(groups map[string]*sums) ([]psp.NamedSums, error) {
	var all []psp.NamedSums
	for name, g := range groups {
		s, err := g.result()
		if err != nil {
			return nil, err
		}
		all = append(all, psp.NamedSums{Name: name, PaymentSums: s})
	}
	slices.SortFunc(all, func(a, b psp.NamedSums) int {
		return cmp.Or(cmp.Compare(b.SuccessfulAmount.Minor, a.SuccessfulAmount.Minor), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}
