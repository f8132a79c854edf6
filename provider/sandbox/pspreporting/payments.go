package pspreporting

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"payportal/provider/sandbox"
)

// typeNames are the path words of P9, indexed by terminal type.
var typeNames = [2]string{TypeIPG: "ipg", TypePOS: "pos"}

// key orders payments: by transaction time (Unix seconds), then by id.
type key struct {
	at     int64
	hi, lo uint64 // the ULID: 48 bits of milliseconds, 80 random bits
}

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.at, other.at), cmp.Compare(k.hi, other.hi), cmp.Compare(k.lo, other.lo))
}

// payment is one row in 40 bytes, so that a million of them weigh as much as a photograph album.
type payment struct {
	key
	amount   int64  // rial
	terminal uint16 // index into payments.sources
	last4    uint16
	bin      uint8 // index into bins
	status   uint8 // 0 failed, 1 successful
}

// source is what a payment shows of its terminal.
type source struct {
	number, psp         string
	numberJSON, pspJSON []byte
	kind                int
}

// payments are both lists of P9, and the traffic that makes them grow.
type payments struct {
	clock *sandbox.Clock

	mu      sync.RWMutex
	sources []source
	choice  [2]choice    // sources of each type, by weight
	lists   [2][]payment // ascending by key
	random  *rand.Rand   // for rows that come after the start
	rate    int          // live rows a minute
	due     time.Time    // of the next live row
}

// choice picks an index with a probability by weight.
type choice struct {
	index      []uint16
	cumulative []int
}

func (c *choice) add(index, weight int) {
	total := weight
	if n := len(c.cumulative); n > 0 {
		total += c.cumulative[n-1]
	}
	c.index = append(c.index, uint16(index))
	c.cumulative = append(c.cumulative, total)
}

func (c *choice) pick(random *rand.Rand) uint16 {
	n := random.IntN(c.cumulative[len(c.cumulative)-1])
	return c.index[sort.SearchInts(c.cumulative, n+1)]
}

// addSource lets a terminal number take part in traffic. The caller holds the lock or is the seed.
func (p *payments) addSource(kind int, number, psp string, weight int) {
	p.sources = append(p.sources, source{number: number, psp: psp, numberJSON: quote(number), pspJSON: quote(psp), kind: kind})
	p.choice[kind].add(len(p.sources)-1, weight)
}

func quote(text string) []byte {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return b
}

// join lets an enabled terminal that was created take part in live traffic.
func (p *payments) join(t terminal) {
	if !t.Enabled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addSource(t.TerminalType, t.TerminalNumber, t.PSP, joinedWeight)
}

// insert puts a row where its key belongs. The caller holds the lock.
func (p *payments) insert(kind int, row payment) {
	list := p.lists[kind]
	if n := len(list); n == 0 || list[n-1].compare(row.key) < 0 {
		p.lists[kind] = append(list, row)
		return
	}
	i, _ := slices.BinarySearchFunc(list, row.key, func(r payment, k key) int { return r.compare(k) })
	p.lists[kind] = slices.Insert(list, i, row)
}

// come adds one row of the given type that reaches Toman at the time at and was transacted age before.
func (p *payments) come(kind int, at time.Time, age time.Duration) payment {
	row := p.newRow(p.random, kind, at.Add(-age).Unix())
	row.hi = uint64(at.UnixMilli())<<16 | row.hi&0xffff
	p.insert(kind, row)
	return row
}

// setRate turns live traffic on (rows a minute) or off (0).
func (p *payments) setRate(perMinute int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate, p.due = min(max(perMinute, 0), maxRate), p.clock.Now()
}

const (
	// maxRate bounds live traffic to 1,000 rows a second.
	maxRate = 60_000
	// maxCatchUp bounds the traffic that a jump of the clock brings.
	maxCatchUp = 24 * time.Hour
)

// catchUp adds the live rows that have come since the list was last asked for: the same as if a worker had added them
// in time, but without a worker, and obedient to a frozen clock.
func (p *payments) catchUp() {
	p.mu.RLock()
	behind := p.behind(p.clock.Now())
	p.mu.RUnlock()
	if !behind {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if earliest := now.Add(-maxCatchUp); p.due.Before(earliest) {
		p.due = earliest
	}
	for p.behind(now) {
		p.come(p.anyKind(p.random), p.due, p.lag(p.random))
		step := time.Minute / time.Duration(p.rate)
		p.due = p.due.Add(step/2 + time.Duration(p.random.Int64N(int64(step)+1)))
	}
}

// behind reports whether live rows should have come by now. The caller holds the lock.
func (p *payments) behind(now time.Time) bool { return p.rate > 0 && !p.due.After(now) }

// page is one answer of P9, encoded.
func (p *payments) page(kind int, at *cursor, size int, base string) []byte {
	p.catchUp()
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := p.lists[kind]
	from, to := bounds(list, at, size)
	link := func(c cursor) []byte {
		return fmt.Appendf(nil, `"%s/payments/%s?cursor=%s"`, base, typeNames[kind], url.QueryEscape(c.String()))
	}
	next, previous := []byte("null"), []byte("null")
	if from > 0 && from < to {
		next = link(cursor{key: list[from].key})
	}
	if to < len(list) && from < to {
		previous = link(cursor{key: list[to-1].key, reverse: true})
	}
	b := make([]byte, 0, 512+220*(to-from))
	b = fmt.Appendf(b, `{"count":%d,"next":%s,"previous":%s,"results":[`, len(list), next, previous)
	for i := to - 1; i >= from; i-- {
		b = p.appendRow(b, list[i])
		if i > from {
			b = append(b, ',')
		}
	}
	return append(b, "]}"...)
}

// bounds is the half-open range of the ascending list that a page shows, newest first.
func bounds(list []payment, at *cursor, size int) (from, to int) {
	if at == nil {
		return max(0, len(list)-size), len(list)
	}
	i, found := slices.BinarySearchFunc(list, at.key, func(r payment, k key) int { return r.compare(k) })
	if !at.reverse {
		return max(0, i-size), i
	}
	if found {
		i++
	}
	return i, min(len(list), i+size)
}

func (p *payments) appendRow(b []byte, row payment) []byte {
	s := p.sources[row.terminal]
	b = append(b, `{"id":"`...)
	b = appendULID(b, row.hi, row.lo)
	b = append(b, `","amount":`...)
	b = strconv.AppendInt(b, row.amount, 10)
	b = append(b, `,"masked_paid_card_number":"`...)
	b = append(b, bins[row.bin].digits...)
	b = append(b, "******"...)
	b = appendLast4(b, row.last4)
	b = append(b, `","terminal_number":`...)
	b = append(b, s.numberJSON...)
	b = append(b, `,"transaction_datetime":"`...)
	b = time.Unix(row.at, 0).UTC().AppendFormat(b, "2006-01-02T15:04:05Z")
	b = append(b, `","status":`...)
	b = strconv.AppendInt(b, int64(row.status), 10)
	b = append(b, `,"psp":`...)
	b = append(b, s.pspJSON...)
	return append(b, '}')
}

func appendLast4(b []byte, n uint16) []byte {
	return append(b, byte('0'+n/1000), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
}

// crockford is the alphabet of ULIDs.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// appendULID writes 128 bits as 26 letters, five bits each, the first one only three.
func appendULID(b []byte, hi, lo uint64) []byte {
	for i := 25; i >= 0; i-- {
		shift := 5 * i
		var five uint64
		switch {
		case shift >= 64:
			five = hi >> (shift - 64)
		case shift > 59:
			five = lo>>shift | hi<<(64-shift)
		default:
			five = lo >> shift
		}
		b = append(b, crockford[five&31])
	}
	return b
}

// cursor is a place between rows: after the row with this key or, in reverse, before it. Rows that come while a client
// pages do not move it, because it names a row and not a number of rows.
type cursor struct {
	key
	reverse bool
}

const positionLayout = "2006-01-02 15:04:05-07:00"

// String is opaque to clients, in base64 as the framework makes it, with its names p and r.
func (c cursor) String() string {
	values := url.Values{"p": {time.Unix(c.at, 0).UTC().Format(positionLayout) + "|" + string(appendULID(nil, c.hi, c.lo))}}
	if c.reverse {
		values.Set("r", "1")
	}
	return base64.StdEncoding.EncodeToString([]byte(values.Encode()))
}

func parseCursor(text string) (*cursor, bool) {
	if text == "" {
		return nil, true
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	values, err := url.ParseQuery(string(decoded))
	if err != nil {
		return nil, false
	}
	at, id, _ := strings.Cut(values.Get("p"), "|")
	t, err := time.Parse(positionLayout, at)
	hi, lo, ok := parseULID(id)
	if err != nil || !ok {
		return nil, false
	}
	return &cursor{key: key{at: t.Unix(), hi: hi, lo: lo}, reverse: values.Get("r") == "1"}, true
}

func parseULID(text string) (hi, lo uint64, ok bool) {
	if len(text) != 26 {
		return 0, 0, false
	}
	for i := range text {
		five := strings.IndexByte(crockford, text[i])
		if five < 0 {
			return 0, 0, false
		}
		hi, lo = hi<<5|lo>>59, lo<<5|uint64(five)
	}
	return hi, lo, true
}

func (s *Server) listPayments(w http.ResponseWriter, r *http.Request, segment string) {
	kind := slices.Index(typeNames[:], segment)
	if kind < 0 {
		sandbox.WriteDetail(w, http.StatusNotFound, "Not found.")
		return
	}
	at, ok := parseCursor(r.URL.Query().Get("cursor"))
	if !ok {
		sandbox.WriteDetail(w, http.StatusNotFound, "Invalid cursor")
		return
	}
	s.mu.Lock()
	size := s.paymentPageSize
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Write(s.payments.page(kind, at, size, s.publicBase)) //nolint:errcheck // a client that went away is its own affair
}

// insertRows is what happens while somebody pages: rows come to the list that r asks for.
func (s *Server) insertRows(r *http.Request, rows int) {
	kind := slices.Index(typeNames[:], strings.TrimPrefix(r.URL.Path, "/payments/"))
	if kind >= 0 {
		s.AddPayments(kind, rows, 0)
	}
}

// AddPayments adds rows of a terminal type that reach Toman now and were transacted age before; with an age they
// appear in the midst of the list, as the payments of a PSP that reports late. It returns their ids in that order.
func (s *Server) AddPayments(kind, rows int, age time.Duration) []string {
	p := s.payments
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := make([]string, rows)
	for i := range ids {
		row := p.come(kind, p.clock.Now(), age)
		ids[i] = string(appendULID(nil, row.hi, row.lo))
	}
	return ids
}

// SetLive turns traffic of about that many payments a minute on, or off with 0.
func (s *Server) SetLive(perMinute int) { s.payments.setRate(perMinute) }

// CountPayments is the true number of payments of a terminal type.
func (s *Server) CountPayments(kind int) int {
	s.payments.catchUp()
	s.payments.mu.RLock()
	defer s.payments.mu.RUnlock()
	return len(s.payments.lists[kind])
}

// PaymentIDs lists the true ids of a terminal type, newest first, to compare a mirror with.
func (s *Server) PaymentIDs(kind int) []string {
	s.payments.mu.RLock()
	defer s.payments.mu.RUnlock()
	list := s.payments.lists[kind]
	ids := make([]string, 0, len(list))
	for _, row := range slices.Backward(list) {
		ids = append(ids, string(appendULID(nil, row.hi, row.lo)))
	}
	return ids
}
