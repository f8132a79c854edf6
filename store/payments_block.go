package store

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"payportal/internal/psp"
	"payportal/store/engine"
)

// blockRows is how many consecutive seqs one column block covers.
const blockRows = 4096

// The columns of a block, in the order in which they are stored.
const (
	inSeq = iota // offset from the block's first seq
	inAt
	inAmount
	inConnection
	inType
	inStatus
	inID // the first eight bytes, big-endian
	inBIN
	inLast4
	inPSP      // position in the first dictionary
	inTerminal // position in the second dictionary
	blockColumns
)

const (
	blockVersion = 1
	noDigits     = -1 // a card without readable digits
	headLength   = 1 + 2 + blockColumns*(8+1)
	idHeadLength = 8
)

var errBlock = errors.New("payment block is damaged")

// blockBuilder makes a block of rows. The format: version, number of rows, then for each column its least value and the width
// in bytes of the differences from it; two dictionaries of length-prefixed texts; the columns; eight bytes of padding, so
// that a reader may load eight bytes at any value.
type blockBuilder struct {
	columns   [blockColumns][]int64
	psps      dictionary
	terminals dictionary
}

type dictionary struct {
	position map[string]int64
	encoded  []byte
}

func (d *dictionary) reset() {
	if d.position == nil {
		d.position = map[string]int64{}
	}
	clear(d.position)
	d.encoded = d.encoded[:0]
}

func (d *dictionary) add(text []byte) int64 {
	if at, ok := d.position[string(text)]; ok {
		return at
	}
	at := int64(len(d.position))
	d.position[string(text)] = at
	d.encoded = binary.AppendUvarint(d.encoded, uint64(len(text)))
	d.encoded = append(d.encoded, text...)
	return at
}

func (b *blockBuilder) reset() {
	for i := range b.columns {
		b.columns[i] = b.columns[i][:0]
	}
	b.psps.reset()
	b.terminals.reset()
}

// add takes the statement's current row into the block whose first seq is first.
func (b *blockBuilder) add(s *engine.Stmt, first int64) {
	bin, last4 := int64(noDigits), int64(noDigits)
	if six, four, ok := psp.SplitCard(string(s.Text(colCard))); ok {
		bin, last4 = digits(six), digits(four)
	}
	for i, v := range [blockColumns]int64{
		inSeq: s.Int(colSeq) - first, inAt: s.Int(colAt), inAmount: s.Int(colAmount), inConnection: s.Int(colConnection),
		inType: s.Int(colType), inStatus: s.Int(colStatus), inID: idHead(s.Text(colID)), inBIN: bin, inLast4: last4,
		inPSP: b.psps.add(s.Text(colPSP)), inTerminal: b.terminals.add(s.Text(colTerminal)),
	} {
		b.columns[i] = append(b.columns[i], v)
	}
}

// digits reads a text of at most six digits.
func digits(text string) (n int64) {
	for i := range len(text) {
		n = n*10 + int64(text[i]-'0')
	}
	return n
}

// idHead gives the first bytes of an id as one number that sorts as they do.
func idHead(id []byte) int64 {
	var head [idHeadLength]byte
	copy(head[:], id)
	return int64(binary.BigEndian.Uint64(head[:]))
}

func (b *blockBuilder) rows() int { return len(b.columns[inSeq]) }

// bounds gives the least and greatest value of a column that has rows.
func (b *blockBuilder) bounds(column int) (least, greatest int64) {
	least, greatest = math.MaxInt64, math.MinInt64
	for _, v := range b.columns[column] {
		least, greatest = min(least, v), max(greatest, v)
	}
	return least, greatest
}

// encode appends the block to to.
func (b *blockBuilder) encode(to []byte) []byte {
	to = append(to, blockVersion)
	to = binary.LittleEndian.AppendUint16(to, uint16(b.rows()))
	var least [blockColumns]int64
	var width [blockColumns]int
	for i := range b.columns {
		low, high := b.bounds(i)
		least[i], width[i] = low, (bits.Len64(uint64(high-low))+7)/8
		to = binary.LittleEndian.AppendUint64(to, uint64(low))
		to = append(to, byte(width[i]))
	}
	for _, d := range []*dictionary{&b.psps, &b.terminals} {
		to = binary.LittleEndian.AppendUint32(to, uint32(len(d.encoded)))
		to = append(to, d.encoded...)
	}
	var value [8]byte
	for i, column := range b.columns {
		for _, v := range column {
			binary.LittleEndian.PutUint64(value[:], uint64(v-least[i]))
			to = append(to, value[:width[i]]...)
		}
	}
	return append(to, make([]byte, 8)...)
}

// block is a decoded header over a block's bytes; the values are decoded where they stand.
type block struct {
	first           int64 // the block's first seq
	rows            int
	columns         [blockColumns]packed
	psps, terminals []byte // encoded dictionaries
}

// packed is one column: rows values of width bytes, each the difference from least.
type packed struct {
	least int64
	width int
	mask  uint64
	data  []byte
}

func (p *packed) at(i int) int64 {
	return p.least + int64(binary.LittleEndian.Uint64(p.data[i*p.width:])&p.mask)
}

func (b *block) decode(number int64, data []byte) error {
	if len(data) < headLength+8+8 || data[0] != blockVersion {
		return errBlock
	}
	b.first = number * blockRows
	b.rows = int(binary.LittleEndian.Uint16(data[1:]))
	head, rest := data[3:headLength], data[headLength:]
	for _, d := range []*[]byte{&b.psps, &b.terminals} {
		if len(rest) < 4 || uint64(len(rest)-4) < uint64(binary.LittleEndian.Uint32(rest)) {
			return errBlock
		}
		n := 4 + int(binary.LittleEndian.Uint32(rest))
		*d, rest = rest[4:n], rest[n:]
	}
	for i := range b.columns {
		width := int(head[8])
		size := b.rows * width
		if width > 8 || len(rest) < size+8 {
			return errBlock
		}
		b.columns[i] = packed{int64(binary.LittleEndian.Uint64(head)), width, 1<<(8*width) - 1, rest[:size+8]}
		head, rest = head[9:], rest[size:]
	}
	return nil
}

// eachText calls do with every text of an encoded dictionary, in order of position, until it answers false.
func eachText(encoded []byte, do func(position int64, text []byte) bool) error {
	for at := int64(0); len(encoded) > 0; at++ {
		size, n := binary.Uvarint(encoded)
		if n <= 0 || uint64(len(encoded)-n) < size {
			return errBlock
		}
		if !do(at, encoded[n:n+int(size)]) {
			return nil
		}
		encoded = encoded[n+int(size):]
	}
	return nil
}

// position finds a text in an encoded dictionary; -1 when it is not there.
func position(encoded []byte, wanted string) (found int64, err error) {
	found = -1
	err = eachText(encoded, func(at int64, text []byte) bool {
		if string(text) == wanted {
			found = at
		}
		return found < 0
	})
	return found, err
}

// selection holds the positions of a block's rows that are still in.
type selection struct {
	room [blockRows]uint16
	rows []uint16
}

func (s *selection) all(n int) {
	s.rows = s.room[:n]
	for i := range s.rows {
		s.rows[i] = uint16(i)
	}
}

// keep drops the rows whose value is outside [low, high].
func (s *selection) keep(p *packed, low, high int64) {
	if p.width == 0 {
		if p.least < low || p.least > high {
			s.rows = s.rows[:0]
		}
		return
	}
	kept := s.rows[:0]
	span := uint64(high - low)
	for _, i := range s.rows {
		if uint64(p.at(int(i))-low) <= span {
			kept = append(kept, i)
		}
	}
	s.rows = kept
}

// filter selects the block's rows that pass. The filter's id prefix is no longer than idHeadLength.
func (b *block) filter(f *rowFilter, s *selection) error {
	s.all(b.rows)
	equal := func(column int, value int64) { s.keep(&b.columns[column], value, value) }
	if f.from != math.MinInt64 || f.to != math.MaxInt64 {
		s.keepHalfOpen(&b.columns[inAt], f.from, f.to)
	}
	if f.last != "" {
		equal(inLast4, digits(f.last))
	}
	if f.first != "" {
		equal(inBIN, digits(f.first))
	}
	for _, d := range []struct {
		wanted  string
		encoded []byte
		column  int
	}{{f.terminal, b.terminals, inTerminal}, {f.psp, b.psps, inPSP}} {
		if d.wanted == "" {
			continue
		}
		at, err := position(d.encoded, d.wanted)
		if err != nil {
			return err
		}
		equal(d.column, at)
	}
	if f.kind >= 0 {
		equal(inType, f.kind)
	}
	if f.status >= 0 {
		equal(inStatus, f.status)
	}
	if f.connection != 0 {
		equal(inConnection, f.connection)
	}
	if f.min != math.MinInt64 || f.max != math.MaxInt64 {
		s.keepHalfOpen(&b.columns[inAmount], f.min, f.max)
	}
	if f.idPrefix != "" {
		low := idHead([]byte(f.idPrefix))
		s.keep(&b.columns[inID], low, low|int64(uint64(math.MaxUint64)>>(8*len(f.idPrefix))))
	}
	return nil
}

// keepHalfOpen drops the rows whose value is outside [low, high); MaxInt64 as high bounds nothing.
func (s *selection) keepHalfOpen(p *packed, low, high int64) {
	switch {
	case high == math.MaxInt64:
		s.keep(p, low, high)
	case low >= high:
		s.rows = s.rows[:0]
	default:
		s.keep(p, low, high-1)
	}
}
