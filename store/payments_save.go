package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"payportal/internal/psp"
)

// savePayments brings the mirror's copy up to what the provider says, in the caller's transaction. A payment is known by its
// id and connection. One that is the same already is not written, so that reading a page again costs no writes; a change is
// written and recorded. A payment that comes twice in the batch counts as its last occurrence.
func (db *DB) savePayments(ctx context.Context, tx *sql.Tx, connectionID int64, batch []psp.Payment, now time.Time) error {
	batch = lastOccurrences(batch)
	known, err := db.knownPayments(ctx, connectionID, batch)
	if err != nil {
		return err
	}
	added := make([]psp.Payment, 0, len(batch))
	for i, p := range batch {
		switch k := known[i]; {
		case k.seq == 0:
			added = append(added, p)
		case changedFields(k.payment, p) != nil:
			if err := updatePayment(ctx, tx, connectionID, k, p, now); err != nil {
				return err
			}
		}
	}
	if err := insertPayments(ctx, tx, connectionID, added, now); err != nil {
		return err
	}
	return countSightings(ctx, tx, connectionID, added)
}

func lastOccurrences(batch []psp.Payment) []psp.Payment {
	at := make(map[string]int, len(batch))
	unique := make([]psp.Payment, 0, len(batch))
	for _, p := range batch {
		if i, twice := at[p.ID]; twice {
			unique[i] = p
			continue
		}
		at[p.ID] = len(unique)
		unique = append(unique, p)
	}
	return unique
}

type knownPayment struct {
	seq     int64 // 0 for one that the mirror has not
	payment psp.Payment
}

// knownPayments looks the batch up by the fast reader. It sees what is committed; the caller's transaction holds the writer
// and has not written payments yet, so that is everything.
func (db *DB) knownPayments(ctx context.Context, connectionID int64, batch []psp.Payment) ([]knownPayment, error) {
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	known := make([]knownPayment, len(batch))
	stmt, err := conn.Prepare("SELECT " + paymentColumns + " FROM payments INDEXED BY payments_by_id WHERE id = ? AND connection_id = ?")
	if err != nil {
		return nil, err
	}
	var found rowBatch
	for i, p := range batch {
		if err := stmt.Bind(p.ID, connectionID); err != nil {
			return nil, err
		}
		ok, err := stmt.Step()
		if err != nil {
			return nil, err
		}
		if ok {
			found.reset()
			found.add(stmt)
			known[i] = knownPayment{found.rows[0].seq, found.records(nil)[0].Payment}
		}
		stmt.Reset()
	}
	return known, nil
}

// fieldChange is one column that the provider changed, as the record of changes has it.
type fieldChange struct{ field, old, new string }

// changedFields lists what differs between two readings of one payment, to the microsecond that the store keeps.
func changedFields(old, new psp.Payment) (changes []fieldChange) {
	for _, f := range []struct {
		field    string
		differs  bool
		old, new func() string
	}{
		{"amount", old.Amount.Minor != new.Amount.Minor, decimal(old.Amount.Minor), decimal(new.Amount.Minor)},
		{"status", old.Status != new.Status, decimal(int64(old.Status)), decimal(int64(new.Status))},
		{"type", old.Type != new.Type, text(old.Type.String()), text(new.Type.String())},
		{"psp", old.PSP != new.PSP, text(old.PSP), text(new.PSP)},
		{"terminal_number", old.TerminalNumber != new.TerminalNumber, text(old.TerminalNumber), text(new.TerminalNumber)},
		{"masked_card", old.MaskedCard != new.MaskedCard, text(old.MaskedCard), text(new.MaskedCard)},
		{"time", old.TransactedAt.UnixMicro() != new.TransactedAt.UnixMicro(), moment(old.TransactedAt), moment(new.TransactedAt)},
	} {
		if f.differs {
			changes = append(changes, fieldChange{f.field, f.old(), f.new()})
		}
	}
	return changes
}

func decimal(n int64) func() string { return func() string { return strconv.FormatInt(n, 10) } }
func text(s string) func() string   { return func() string { return s } }
func moment(t time.Time) func() string {
	return func() string { return t.UTC().Format(time.RFC3339Nano) }
}

func updatePayment(ctx context.Context, tx *sql.Tx, connectionID int64, known knownPayment, p psp.Payment, now time.Time) error {
	first, last, _ := psp.SplitCard(p.MaskedCard)
	_, err := tx.ExecContext(ctx, `UPDATE payments SET type = ?, status = ?, at = ?, amount = ?, psp = ?, terminal_number = ?,
		masked_card = ?, bin = ?, last4 = ? WHERE seq = ?`, int64(p.Type), int64(p.Status), p.TransactedAt.UnixMicro(),
		p.Amount.Minor, p.PSP, p.TerminalNumber, p.MaskedCard, first, last, known.seq)
	if err != nil {
		return err
	}
	for _, c := range changedFields(known.payment, p) {
		_, err := tx.ExecContext(ctx, "INSERT INTO payment_changes (payment, seen_at, field, old, new) VALUES (?, ?, ?, ?, ?)",
			known.seq, now.UnixMicro(), c.field, c.old, c.new)
		if err != nil {
			return err
		}
	}
	if sightingOf(known.payment) == sightingOf(p) {
		return nil
	}
	return countSightings(ctx, tx, connectionID, []psp.Payment{p})
}

// insertRows is how many rows one statement adds.
const insertRows = 64

// insertPayments adds rows. OR FAIL spares SQLite the journal by which it would take back the rows of one statement: a failure
// takes the whole transaction back.
func insertPayments(ctx context.Context, tx *sql.Tx, connectionID int64, batch []psp.Payment, now time.Time) error {
	const columns = `INSERT OR FAIL INTO payments (connection_id, type, status, at, amount, id, psp, terminal_number, masked_card, bin,
		last4, first_seen) VALUES `
	const row = "(?,?,?,?,?,?,?,?,?,?,?,?)"
	var full *sql.Stmt
	args := make([]any, 0, insertRows*12)
	for len(batch) > 0 {
		n := min(len(batch), insertRows)
		args = args[:0]
		for _, p := range batch[:n] {
			first, last, _ := psp.SplitCard(p.MaskedCard)
			args = append(args, connectionID, int64(p.Type), int64(p.Status), p.TransactedAt.UnixMicro(), p.Amount.Minor, p.ID,
				p.PSP, p.TerminalNumber, p.MaskedCard, first, last, now.UnixMicro())
		}
		batch = batch[n:]
		if n < insertRows {
			_, err := tx.ExecContext(ctx, columns+strings.Repeat(row+",", n-1)+row, args...)
			return err
		}
		if full == nil {
			var err error
			if full, err = tx.PrepareContext(ctx, columns+strings.Repeat(row+",", insertRows-1)+row); err != nil {
				return err
			}
			defer full.Close()
		}
		if _, err := full.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// sighting is a terminal as payments name it.
type sighting struct {
	kind        psp.TerminalType
	number, psp string
}

func sightingOf(p psp.Payment) sighting { return sighting{p.Type, p.TerminalNumber, p.PSP} }

// countSightings keeps the register of terminals seen in payments. A payment that moves to another terminal is counted at both:
// it was seen there.
func countSightings(ctx context.Context, tx *sql.Tx, connectionID int64, batch []psp.Payment) error {
	type seen struct{ first, last, payments int64 }
	sightings := map[sighting]seen{}
	for _, p := range batch {
		at := p.TransactedAt.UnixMicro()
		s, ok := sightings[sightingOf(p)]
		if !ok {
			s.first, s.last = at, at
		}
		sightings[sightingOf(p)] = seen{min(s.first, at), max(s.last, at), s.payments + 1}
	}
	if len(sightings) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, `INSERT INTO terminal_sightings (connection_id, type, number, psp, first_at, last_at, payments)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET first_at = min(first_at, excluded.first_at),
		last_at = max(last_at, excluded.last_at), payments = payments + excluded.payments`)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for s, n := range sightings {
		if _, err := stmt.ExecContext(ctx, connectionID, int64(s.kind), s.number, s.psp, n.first, n.last, n.payments); err != nil {
			return err
		}
	}
	return nil
}
