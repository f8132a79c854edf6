package store

import (
	"errors"
	"math"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"payportal/internal/errs"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store/engine"
)

// readError maps an error of the engine to an errs kind, as mapError does for database/sql.
func readError(op string, err error) error {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		switch e.Code & 0xff { // the primary code of an extended one
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return errs.New(errs.Unavailable, op, "errs.database", err)
		}
	}
	return mapError(op, err)
}

// The columns of a payment as every reading query has them.
const paymentColumns = "seq, at, amount, connection_id, type, status, id, psp, terminal_number, masked_card"

const (
	colSeq = iota
	colAt
	colAmount
	colConnection
	colType
	colStatus
	colID
	colPSP
	colTerminal
	colCard
)

// rowFilter is a psp.PaymentFilter in the terms of the rows. It is evaluated in Go on rows that an index was chosen to
// find, and on column blocks; see docs/adr/0002.
type rowFilter struct {
	connection   int64 // 0 for all
	kind, status int64 // -1 for all
	psp          string
	terminal     string
	first, last  string // digits of the card
	idPrefix     string
	from, to     int64 // half-open
	min, max     int64 // half-open
	impossible   bool  // two conditions exclude each other
}

func newRowFilter(f psp.PaymentFilter) rowFilter {
	r := rowFilter{
		connection: f.ConnectionID, kind: -1, status: -1, psp: f.PSP, terminal: f.Terminal,
		first: f.Search.FirstSix, last: f.Search.LastFour, idPrefix: f.Search.IDPrefix,
		from: math.MinInt64, to: math.MaxInt64, min: math.MinInt64, max: math.MaxInt64,
	}
	if f.Type != nil {
		r.kind = int64(*f.Type)
	}
	if f.Status != nil {
		r.status = int64(*f.Status)
	}
	if wanted := f.Search.Terminal; wanted != "" {
		r.impossible = r.terminal != "" && r.terminal != wanted
		r.terminal = wanted
	}
	if !f.From.IsZero() {
		r.from = ceilMicro(f.From)
	}
	if !f.To.IsZero() {
		r.to = ceilMicro(f.To)
	}
	if f.MinAmount != nil {
		r.min = f.MinAmount.Minor
	}
	if f.MaxAmount != nil && f.MaxAmount.Minor < math.MaxInt64 {
		r.max = f.MaxAmount.Minor + 1
	}
	return r
}

// ceilMicro gives the first stored moment that is not before t.
func ceilMicro(t time.Time) int64 {
	micros := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		micros++
	}
	return micros
}

// matches reports whether the statement's current row passes.
func (f *rowFilter) matches(s *engine.Stmt) bool {
	if f.connection != 0 && s.Int(colConnection) != f.connection ||
		f.kind >= 0 && s.Int(colType) != f.kind ||
		f.status >= 0 && s.Int(colStatus) != f.status {
		return false
	}
	if f.from != math.MinInt64 || f.to != math.MaxInt64 {
		if at := s.Int(colAt); at < f.from || at >= f.to {
			return false
		}
	}
	if f.min != math.MinInt64 || f.max != math.MaxInt64 {
		if amount := s.Int(colAmount); amount < f.min || amount >= f.max {
			return false
		}
	}
	if f.psp != "" && string(s.Text(colPSP)) != f.psp || f.terminal != "" && string(s.Text(colTerminal)) != f.terminal {
		return false
	}
	return f.matchesText(s)
}

func (f *rowFilter) matchesText(s *engine.Stmt) bool {
	if f.first != "" || f.last != "" {
		first, last, _ := psp.SplitCard(string(s.Text(colCard)))
		if f.first != "" && first != f.first || f.last != "" && last != f.last {
			return false
		}
	}
	if f.idPrefix != "" {
		id := s.Text(colID)
		return len(id) >= len(f.idPrefix) && string(id[:len(f.idPrefix)]) == f.idPrefix
	}
	return true
}

// rowKey is a row's place in an order: the sort key (time or amount) and the seq that breaks ties.
type rowKey struct{ key, seq int64 }

// rowBatch collects rows of a statement. Their texts stand in one buffer, so that a page or a batch of an export costs two
// allocations however many rows it has.
type rowBatch struct {
	rows []batchRow
	text []byte
}

type batchRow struct {
	seq, at, amount, connection int64
	kind, status                uint8
	id, psp, terminal, card     uint32 // where each text ends in the buffer
}

func (b *rowBatch) reset() { b.rows, b.text = b.rows[:0], b.text[:0] }

// add copies the statement's current row.
func (b *rowBatch) add(s *engine.Stmt) {
	r := batchRow{
		seq: s.Int(colSeq), at: s.Int(colAt), amount: s.Int(colAmount), connection: s.Int(colConnection),
		kind: uint8(s.Int(colType)), status: uint8(s.Int(colStatus)),
	}
	r.id = b.copyText(s.Text(colID))
	r.psp = b.copyText(s.Text(colPSP))
	r.terminal = b.copyText(s.Text(colTerminal))
	r.card = b.copyText(s.Text(colCard))
	b.rows = append(b.rows, r)
}

func (b *rowBatch) copyText(text []byte) (end uint32) {
	b.text = append(b.text, text...)
	return uint32(len(b.text))
}

// records appends the collected rows to to.
func (b *rowBatch) records(to []psp.PaymentRecord) []psp.PaymentRecord {
	text := string(b.text)
	start := uint32(0)
	for i := range b.rows {
		r := &b.rows[i]
		to = append(to, psp.PaymentRecord{
			ConnectionID: r.connection,
			Payment: psp.Payment{
				ID: text[start:r.id], Type: psp.TerminalType(r.kind), Amount: money.Of(r.amount, money.IRR),
				PSP: text[r.id:r.psp], TerminalNumber: text[r.psp:r.terminal], MaskedCard: text[r.terminal:r.card],
				TransactedAt: time.UnixMicro(r.at).UTC(), Status: psp.PaymentStatus(r.status),
			},
		})
		start = r.card
	}
	return to
}
