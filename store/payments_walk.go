package store

import (
	"math"
	"strings"

	"payportal/internal/psp"
	"payportal/store/engine"
)

// paymentIndex is an index of payments: one column that is compared for equality, or none, then the key that orders it.
// Every index ends in the rowid, which is seq.
type paymentIndex struct {
	name   string
	column string
	key    string
}

var (
	byTime     = paymentIndex{"payments_by_time", "", "at"}
	byAmount   = paymentIndex{"payments_by_amount", "", "amount"}
	byID       = paymentIndex{"payments_by_id", "", "id"}
	byLast4    = paymentIndex{"payments_by_last4", "last4", "at"}
	byTerminal = paymentIndex{"payments_by_terminal", "terminal_number", "at"}
	byBIN      = paymentIndex{"payments_by_bin", "bin", "at"}
	byPSP      = paymentIndex{"payments_by_psp", "psp", "at"}
	byStatus   = paymentIndex{"payments_by_status", "status", "at"}
	byType     = paymentIndex{"payments_by_type", "type", "at"}
)

// span is a range of an index: rows whose column equals value (nil for an index without one) and whose key is in
// [low, high), walked from one end.
type span struct {
	index     paymentIndex
	value     any
	low, high any // nil for open; int64, or string for byID
	ascending bool
	// ties narrows the span to the rows of this very key that come after its seq in the walk.
	ties *rowKey
}

// equality gives the index of the filter's most selective equality, by rank and not by counting, and the filter without it.
func equality(f rowFilter) (span, rowFilter) {
	s := span{index: byTime}
	switch {
	case f.last != "":
		s.index, s.value, f.last = byLast4, f.last, ""
	case f.terminal != "":
		s.index, s.value, f.terminal = byTerminal, f.terminal, ""
	case f.first != "":
		s.index, s.value, f.first = byBIN, f.first, ""
	case f.psp != "":
		s.index, s.value, f.psp = byPSP, f.psp, ""
	case f.status >= 0 && f.status != int64(psp.PaymentSuccessful):
		s.index, s.value, f.status = byStatus, f.status, -1
	case f.kind >= 0:
		s.index, s.value, f.kind = byType, f.kind, -1
	case f.status >= 0:
		s.index, s.value, f.status = byStatus, f.status, -1
	}
	s.low, s.high = orNil(f.from, math.MinInt64), orNil(f.to, math.MaxInt64)
	f.from, f.to = math.MinInt64, math.MaxInt64
	return s, f
}

// amounts gives the span of the amount index and the filter without its amounts.
func amounts(f rowFilter) (span, rowFilter) {
	s := span{index: byAmount, low: orNil(f.min, math.MinInt64), high: orNil(f.max, math.MaxInt64)}
	f.min, f.max = math.MinInt64, math.MaxInt64
	return s, f
}

// ids gives the span of the ids with the filter's prefix and the filter without it.
func ids(f rowFilter) (span, rowFilter) {
	s := span{index: byID, low: f.idPrefix, high: afterPrefix(f.idPrefix)}
	f.idPrefix = ""
	return s, f
}

// afterPrefix gives the first text that is after every text with the prefix. Ids are ASCII letters and digits.
func afterPrefix(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string(prefix[last]+1)
}

// orNil gives the bound, or nil for one that bounds nothing.
func orNil(bound, none int64) any {
	if bound == none {
		return nil
	}
	return bound
}

// ordered gives the spans that, one after the other, walk the filter in order from the key (nil for the beginning), with what
// remains to be checked on each row. They are two after a key: SQLite does not start an index range at a row value whose second
// part is the rowid, it would run over all ties of the first.
func ordered(f rowFilter, o psp.PaymentOrder, after *rowKey) ([]span, rowFilter) {
	walk := equality
	if o.By == psp.ByAmount {
		walk = amounts
	}
	s, rest := walk(f)
	s.ascending = o.Ascending
	if after == nil {
		return []span{s}, rest
	}
	return s.from(*after), rest
}

// from cuts the span to what follows the key. A key outside of the span leaves all of it, or nothing.
func (s span) from(after rowKey) []span {
	ahead := s.high != nil && after.key >= s.high.(int64)
	behind := s.low != nil && after.key < s.low.(int64)
	if s.ascending {
		ahead, behind = behind, ahead
	}
	switch {
	case ahead:
		return []span{s}
	case behind:
		return nil
	}
	ties := s
	ties.low, ties.high, ties.ties = nil, nil, &after
	switch {
	case !s.ascending:
		s.high = after.key
	case after.key == math.MaxInt64:
		return []span{ties}
	default:
		s.low = after.key + 1
	}
	return []span{ties, s}
}

// narrow lists the spans that may hold so few rows that reading and sorting them beats walking the order.
func narrow(f rowFilter, o psp.PaymentOrder) []span {
	var spans []span
	if f.idPrefix != "" {
		s, _ := ids(f)
		spans = append(spans, s)
	}
	if o.By == psp.ByAmount {
		if s, _ := equality(f); s.index != byTime || s.low != nil || s.high != nil {
			spans = append(spans, s)
		}
	} else if f.min != math.MinInt64 || f.max != math.MaxInt64 {
		s, _ := amounts(f)
		spans = append(spans, s)
	}
	return spans
}

// where writes the condition of the span and its arguments.
func (s span) where(b *strings.Builder, args []any) []any {
	glue := " WHERE "
	add := func(condition string, value any) {
		b.WriteString(glue)
		b.WriteString(condition)
		glue = " AND "
		args = append(args, value)
	}
	if s.index.column != "" {
		add(s.index.column+" = ?", s.value)
	}
	if s.ties != nil {
		add(s.index.key+" = ?", s.ties.key)
		if s.ascending {
			add("seq > ?", s.ties.seq)
		} else {
			add("seq < ?", s.ties.seq)
		}
	}
	if s.low != nil {
		add(s.index.key+" >= ?", s.low)
	}
	if s.high != nil {
		add(s.index.key+" < ?", s.high)
	}
	return args
}

// selectSQL gives the statement that reads the span in its order.
func (s span) selectSQL() (string, []any) {
	var b strings.Builder
	b.Grow(300)
	b.WriteString("SELECT " + paymentColumns + " FROM payments INDEXED BY ")
	b.WriteString(s.index.name)
	args := s.where(&b, make([]any, 0, 5))
	direction := " DESC"
	if s.ascending {
		direction = ""
	}
	b.WriteString(" ORDER BY " + s.index.key + direction + ", ")
	if s.index == byID {
		b.WriteString("connection_id" + direction)
	} else {
		b.WriteString("seq" + direction)
	}
	return b.String(), args
}

// listLimits bound what a page of payments may cost; tests lower them.
type listLimits struct {
	// few is how many rows are read and sorted rather than looked for along the order.
	few int
	// patience is how many rows along the order are looked at before the column blocks are asked.
	patience int
}

// defaultLimits: each bound is a few milliseconds, about what the column blocks of a million payments cost.
var defaultLimits = listLimits{few: 4000, patience: 8000}

// probeSQL gives the statement that counts the rows of the span, no further than one more than few.
func (s span) probeSQL(few int) (string, []any) {
	var b strings.Builder
	b.WriteString("SELECT count(*) FROM (SELECT 1 FROM payments INDEXED BY ")
	b.WriteString(s.index.name)
	args := s.where(&b, nil)
	b.WriteString(" LIMIT ?)")
	return b.String(), append(args, int64(few+1))
}

// query starts a cached statement.
func query(c *engine.Conn, sql string, args []any) (*engine.Stmt, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	if err := s.Bind(args...); err != nil {
		s.Reset()
		return nil, err
	}
	return s, nil
}

// narrowest gives the first of the spans that holds few rows.
func narrowest(c *engine.Conn, spans []span, few int) (span, bool, error) {
	for _, s := range spans {
		sql, args := s.probeSQL(few)
		stmt, err := query(c, sql, args)
		if err != nil {
			return span{}, false, err
		}
		_, err = stmt.Step()
		n := int(stmt.Int(0))
		stmt.Reset()
		if err != nil {
			return span{}, false, err
		}
		if n <= few {
			return s, true, nil
		}
	}
	return span{}, false, nil
}
