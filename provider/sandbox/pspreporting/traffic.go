package pspreporting

import (
	"math/rand/v2"
	"slices"
	"time"
)

// bin is the first six digits of a bank's cards, with its share of the market in thousandths.
type bin struct {
	digits string
	weight int
}

var bins = []bin{
	{"603799", 190}, // Melli
	{"610433", 150}, // Mellat
	{"603769", 95},  // Saderat
	{"627353", 75},  // Tejarat
	{"589210", 70},  // Sepah
	{"621986", 60},  // Saman
	{"502229", 55},  // Pasargad
	{"622106", 45},  // Parsian
	{"589463", 45},  // Refah
	{"603770", 40},  // Keshavarzi
	{"628023", 35},  // Maskan
	{"502806", 30},  // Shahr
	{"627412", 25},  // Eghtesad Novin
	{"636214", 20},  // Ayandeh
	{"639607", 15},  // Sarmayeh
	{"627760", 15},  // Post
	{"502938", 10},  // Dey
	{"627488", 10},  // Karafarin
	{"639346", 8},   // Sina
	{"505416", 7},   // Gardeshgari
}

// Shares of a day's payments by the hour in Tehran: quiet nights, a hump at noon, a high evening.
var hourWeights = [24]int{14, 7, 4, 3, 2, 4, 9, 18, 32, 45, 56, 62, 60, 52, 46, 46, 52, 64, 78, 88, 90, 76, 52, 28}

// Weight of a weekday in percent of an average day; the week ends on Friday.
var weekdayPercent = [7]int{
	time.Saturday: 116, time.Sunday: 108, time.Monday: 106, time.Tuesday: 107, time.Wednesday: 112, time.Thursday: 99, time.Friday: 52,
}

// Shares in percent.
const (
	ipgPercent    = 42
	failedPercent = 7
)

// tier is a range of amounts in rial.
type tier struct {
	percent, low, high, step int64
}

var tiers = [2][]tier{
	TypeIPG: {{18, 100_000, 1_000_000, 10_000}, {42, 1_000_000, 8_000_000, 10_000}, {27, 8_000_000, 40_000_000, 50_000}, {11, 40_000_000, 200_000_000, 500_000}, {2, 200_000_000, 1_000_000_000, 1_000_000}},
	TypePOS: {{34, 80_000, 1_500_000, 5_000}, {40, 1_500_000, 6_000_000, 10_000}, {18, 6_000_000, 25_000_000, 50_000}, {7, 25_000_000, 150_000_000, 100_000}, {1, 150_000_000, 500_000_000, 1_000_000}},
}

var (
	hourChoice = weigh(len(hourWeights), func(i int) int { return hourWeights[i] })
	binChoice  = weigh(len(bins), func(i int) int { return bins[i].weight })
)

func weigh(n int, weight func(int) int) *choice {
	c := &choice{}
	for i := range n {
		c.add(i, weight(i))
	}
	return c
}

// seed fills both lists with the newest n rows before now, day by day backwards. What a day holds depends on the seed
// and the day alone; only where the oldest day is cut off, and today, depend on now.
func (p *payments) seed(seed uint64, now time.Time, n, days int) {
	mean := max(1, n/days)
	today := now.In(tehran)
	midnight := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, tehran)
	var batches [][]payment
	for left := n; left > 0; midnight = midnight.AddDate(0, 0, -1) {
		day := p.day(seed, midnight, mean)
		day = slices.DeleteFunc(day, func(r payment) bool { return r.hi>>16 > uint64(now.UnixMilli()) })
		day = day[max(0, len(day)-left):]
		left -= len(day)
		batches = append(batches, day)
	}
	rows := make([]payment, 0, n)
	for _, batch := range slices.Backward(batches) {
		rows = append(rows, batch...)
	}
	p.split(rows)
}

func (p *payments) split(rows []payment) {
	var count [2]int
	for _, r := range rows {
		count[p.sources[r.terminal].kind]++
	}
	for kind := range p.lists {
		p.lists[kind] = make([]payment, 0, count[kind]+count[kind]/64)
	}
	for _, r := range rows {
		kind := p.sources[r.terminal].kind
		p.lists[kind] = append(p.lists[kind], r)
	}
}

// day makes the rows of one day in Tehran, ascending.
func (p *payments) day(seed uint64, midnight time.Time, mean int) []payment {
	random := rand.New(rand.NewPCG(seed, uint64(midnight.Unix())))
	count := mean * weekdayPercent[midnight.Weekday()] * (93 + random.IntN(15)) / 10_000
	rows := make([]payment, max(1, count))
	for i := range rows {
		second := int64(hourChoice.pick(random))*3600 + random.Int64N(3600)
		rows[i] = p.newRow(random, p.anyKind(random), midnight.Unix()+second)
	}
	slices.SortFunc(rows, func(a, b payment) int { return a.compare(b.key) })
	return rows
}

func (p *payments) anyKind(random *rand.Rand) int {
	if random.IntN(100) < ipgPercent {
		return TypeIPG
	}
	return TypePOS
}

// lag is how long a payment needs from the terminal to Toman; in the document's example it is 14 seconds.
func (p *payments) lag(random *rand.Rand) time.Duration {
	return 2*time.Second + time.Duration(random.Int64N(int64(20*time.Second)))
}

// newRow makes a payment of the given type that was transacted at the Unix second at.
func (p *payments) newRow(random *rand.Rand, kind int, at int64) payment {
	row := payment{
		terminal: p.choice[kind].pick(random),
		amount:   newAmount(random, kind),
		bin:      uint8(binChoice.pick(random)),
		last4:    uint16(random.IntN(10_000)),
		status:   1,
	}
	if random.IntN(100) < failedPercent {
		row.status = 0
	}
	reached := time.Unix(at, 0).Add(p.lag(random)).UnixMilli()
	row.key = key{at: at, hi: uint64(reached)<<16 | random.Uint64()&0xffff, lo: random.Uint64()}
	return row
}

func newAmount(random *rand.Rand, kind int) int64 {
	n := random.Int64N(100)
	for _, t := range tiers[kind] {
		if n < t.percent {
			return t.low + random.Int64N((t.high-t.low)/t.step+1)*t.step
		}
		n -= t.percent
	}
	panic("sandbox: the tiers of amounts do not add up to 100 percent")
}
