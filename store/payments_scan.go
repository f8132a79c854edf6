package store

import (
	"context"
	"database/sql"
	"math"

	"payportal/internal/psp"
	"payportal/store/engine"
)

// blockScan reads every payment that passes a filter as of one moment, in no order: the sealed blocks as columns, what is not
// sealed as rows.
type blockScan struct {
	conn    *engine.Conn
	filter  rowFilter
	onBlock func(b *block, rows []uint16) error
	onRow   func(s *engine.Stmt)
}

// run needs a connection with a snapshot, because blocks and rows must be of one moment.
func (s *blockScan) run() error {
	last, err := s.lastSeq()
	if err != nil {
		return err
	}
	blocks, err := query(s.conn, `SELECT block, CASE WHEN max_at < ? OR min_at >= ? THEN NULL ELSE data END
		FROM payment_blocks ORDER BY block`, []any{s.filter.from, s.filter.to})
	if err != nil {
		return err
	}
	defer blocks.Reset()
	var chosen selection
	var b block
	unread := int64(0) // the first seq that neither a block nor a row read so far covers
	for {
		ok, err := blocks.Step()
		if err != nil {
			return err
		}
		if !ok {
			return s.readRows(unread, last+1)
		}
		number := blocks.Int(0)
		if err := s.readRows(unread, number*blockRows); err != nil {
			return err
		}
		unread = (number + 1) * blockRows
		data := blocks.Blob(1)
		if data == nil {
			continue // outside the period
		}
		if err := b.decode(number, data); err != nil {
			return err
		}
		if err := b.filter(&s.filter, &chosen); err != nil {
			return err
		}
		if err := s.onBlock(&b, chosen.rows); err != nil {
			return err
		}
	}
}

func (s *blockScan) lastSeq() (int64, error) {
	stmt, err := s.conn.Prepare("SELECT max(seq) FROM payments")
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	_, err = stmt.Step()
	return stmt.Int(0), err
}

// readRows reads the seqs in [from, to) as rows.
func (s *blockScan) readRows(from, to int64) error {
	if from >= to {
		return nil
	}
	stmt, err := query(s.conn, "SELECT "+paymentColumns+" FROM payments WHERE seq >= ? AND seq < ?", []any{from, to})
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		ok, err := stmt.Step()
		if err != nil || !ok {
			return err
		}
		if s.filter.matches(stmt) {
			s.onRow(stmt)
		}
	}
}

// collectFromBlocks fills the batch with up to size matching rows after the key, in order, by looking at every payment.
func (p *paymentPage) collectFromBlocks(o psp.PaymentOrder, after *rowKey) (more bool, err error) {
	if err := p.conn.Snapshot(); err != nil {
		return false, err
	}
	if len(p.filter.idPrefix) > idHeadLength {
		s, _ := ids(p.filter)
		return p.collectSorted(s, o, after)
	}
	top := newTopRows(o, after, p.size+1)
	key, column := inAt, colAt
	if o.By == psp.ByAmount {
		key, column = inAmount, colAmount
	}
	scan := blockScan{conn: p.conn, filter: p.filter}
	scan.onBlock = func(b *block, rows []uint16) error {
		for _, i := range rows {
			if k := (rowKey{b.columns[key].at(int(i)), b.first + b.columns[inSeq].at(int(i))}); top.wants(k) {
				top.add(k)
			}
		}
		return nil
	}
	scan.onRow = func(s *engine.Stmt) {
		if k := (rowKey{s.Int(column), s.Int(colSeq)}); top.wants(k) {
			top.add(k)
		}
	}
	if err := scan.run(); err != nil {
		return false, err
	}
	return p.fetch(top.sorted())
}

// sealsPerWrite bounds how long sealing keeps other writers waiting: a block takes a few milliseconds.
const sealsPerWrite = 8

// SealPayments makes the column blocks that are missing of full runs of payments. Totals are right without it, and faster with
// it. The mirror calls it after a while of writing, and a periodic job for what updates have unsealed.
func (db *DB) SealPayments(ctx context.Context) error {
	const op = "seal payments"
	for {
		missing, err := db.unsealed(ctx)
		if err != nil || len(missing) == 0 {
			return mapError(op, err)
		}
		missing = missing[:min(len(missing), sealsPerWrite)]
		if err := db.write(ctx, op, func(tx *sql.Tx) error { return db.seal(ctx, tx, missing) }); err != nil {
			return err
		}
	}
}

// unsealed lists the blocks that are full, which means that all their seqs have been given out, and not sealed.
func (db *DB) unsealed(ctx context.Context) ([]int64, error) {
	var given int64
	err := db.reader.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'payments'").Scan(&given)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.QueryContext(ctx, "SELECT block FROM payment_blocks INDEXED BY payment_blocks_present ORDER BY block")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var missing []int64
	next, full := int64(0), (given+1)/blockRows
	for rows.Next() {
		var sealed int64
		if err := rows.Scan(&sealed); err != nil {
			return nil, err
		}
		for ; next < sealed; next++ {
			missing = append(missing, next)
		}
		next = sealed + 1
	}
	for ; next < full; next++ {
		missing = append(missing, next)
	}
	return missing, rows.Err()
}

// seal writes the blocks of these numbers. It reads the rows by the fast reader: the write transaction is open already, so
// that nobody else can change them before the blocks are committed.
func (db *DB) seal(ctx context.Context, tx *sql.Tx, numbers []int64) error {
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var builder blockBuilder
	var data []byte
	for _, number := range numbers {
		builder.reset()
		stmt, err := query(conn, "SELECT "+paymentColumns+" FROM payments WHERE seq >= ? AND seq < ?",
			[]any{number * blockRows, (number + 1) * blockRows})
		if err != nil {
			return err
		}
		for {
			ok, err := stmt.Step()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			builder.add(stmt, number*blockRows)
		}
		stmt.Reset()
		least, greatest := builder.bounds(inAt)
		data = data[:0]
		if builder.rows() > 0 {
			data = builder.encode(data)
		} else {
			least, greatest = math.MaxInt64, math.MinInt64 // an empty run, never read
		}
		_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO payment_blocks (block, min_at, max_at, data) VALUES (?, ?, ?, ?)",
			number, least, greatest, data)
		if err != nil {
			return err
		}
	}
	return nil
}
