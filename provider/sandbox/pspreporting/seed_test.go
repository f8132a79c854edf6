package pspreporting

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"payportal/provider/sandbox"
)

var noon = time.Date(2026, 3, 25, 8, 30, 0, 0, time.UTC)

func seeded(now time.Time, n int) *Dataset {
	return Seed(SeedConfig{Clock: sandbox.FrozenClock(now), Payments: n})
}

func TestSeedSizes(t *testing.T) {
	t.Parallel()
	d := Seed(SeedConfig{Clock: sandbox.FrozenClock(noon)})
	total := len(d.payments.lists[TypeIPG]) + len(d.payments.lists[TypePOS])
	if total != DefaultPayments || total < 20_000 || len(d.terminals) != 40 || len(d.psps) != 6 || len(d.accounts) != 12 {
		t.Errorf("got %d payments, %d terminals, %d PSPs, %d accounts", total, len(d.terminals), len(d.psps), len(d.accounts))
	}
	for kind, list := range d.payments.lists {
		if !slices.IsSortedFunc(list, func(a, b payment) int { return a.compare(b.key) }) {
			t.Errorf("type %d is not in order", kind)
		}
		newest, oldest := time.Unix(list[len(list)-1].at, 0), time.Unix(list[0].at, 0)
		if age := noon.Sub(newest); age < 0 || age > 4*time.Hour {
			t.Errorf("type %d: the newest payment is %v old", kind, age)
		}
		if days := noon.Sub(oldest).Hours() / 24; days < 84 || days > 97 {
			t.Errorf("type %d: the oldest payment is %.0f days old, want about 90", kind, days)
		}
	}
}

func TestSeedShares(t *testing.T) {
	t.Parallel()
	d := seeded(noon, 100_000)
	known := map[string]bool{}
	for _, terminal := range d.terminals {
		known[terminal.TerminalNumber] = true
	}
	var total, failed, unknown, friday, evening, night int
	banks, ids := map[uint8]int{}, map[key]bool{}
	for kind, list := range d.payments.lists {
		for _, row := range list {
			s := d.payments.sources[row.terminal]
			local := time.Unix(row.at, 0).In(tehran)
			total++
			failed += 1 - int(row.status)
			banks[row.bin]++
			ids[key{hi: row.hi, lo: row.lo}] = true
			if s.kind != kind {
				t.Fatalf("a payment of terminal %s is in the wrong list", s.number)
			}
			if !known[s.number] {
				unknown++
			}
			if local.Weekday() == time.Friday {
				friday++
			}
			if h := local.Hour(); h >= 18 && h < 22 {
				evening++
			} else if h >= 2 && h < 6 {
				night++
			}
		}
	}
	if len(ids) != total || total != 100_000 {
		t.Errorf("got %d different ids of %d", len(ids), total)
	}
	for name, share := range map[string]struct{ got, low, high int }{
		"failed, per mille":   {failed * 1000 / total, 60, 80},
		"unlisted, per mille": {unknown * 1000 / total, 5, 80},
		"Friday, per mille":   {friday * 1000 / total, 50, 110},
		"evening per night":   {evening / night, 8, 40},
		"banks":               {len(banks), 20, 20},
	} {
		if share.got < share.low || share.got > share.high {
			t.Errorf("%s: got %d, want %d to %d", name, share.got, share.low, share.high)
		}
	}
}

// The portal's mirror holds rows of an earlier start: the same day must hold the same rows again.
func TestSeedIsTheSameAtALaterStart(t *testing.T) {
	t.Parallel()
	first, again, later := seeded(noon, 20_000), seeded(noon, 20_000), seeded(noon.Add(30*time.Hour), 20_000)
	for kind := range first.payments.lists {
		if !slices.Equal(first.payments.lists[kind], again.payments.lists[kind]) {
			t.Errorf("type %d differs at the same time", kind)
		}
		held := map[payment]bool{}
		for _, row := range later.payments.lists[kind] {
			held[row] = true
		}
		oldest := later.payments.lists[kind][0].at
		for _, row := range first.payments.lists[kind] {
			if row.at > oldest && !held[row] {
				t.Fatalf("type %d: the row of %v is gone 30 hours later", kind, time.Unix(row.at, 0))
			}
		}
	}
	if fmt.Sprint(first.accounts) != fmt.Sprint(later.accounts) {
		t.Error("accounts differ")
	}
	for i := range first.terminals {
		if first.terminals[i].UUID != later.terminals[i].UUID {
			t.Errorf("terminal %d has another UUID", i)
		}
	}
	other := Seed(SeedConfig{Clock: sandbox.FrozenClock(noon), Payments: 20_000, Seed: 7})
	if slices.Equal(first.payments.lists[0], other.payments.lists[0]) {
		t.Error("another seed gives the same rows")
	}
}

func TestAmountTiersAddUp(t *testing.T) {
	t.Parallel()
	for kind := range tiers {
		var percent int64
		for _, one := range tiers[kind] {
			percent += one.percent
		}
		if percent != 100 {
			t.Errorf("type %d: got %d percent", kind, percent)
		}
	}
}

func TestULIDLetters(t *testing.T) {
	t.Parallel()
	const id = "01JFA14K25Z6JM78KNT0000ZFD" // of the document
	hi, lo, ok := parseULID(id)
	if !ok || string(appendULID(nil, hi, lo)) != id {
		t.Errorf("got %s, want %s", appendULID(nil, hi, lo), id)
	}
	// The document's payment was transacted at 10:02:55.
	if got := time.UnixMilli(int64(hi >> 16)).UTC().Format(time.RFC3339); got != "2024-12-17T10:03:09Z" {
		t.Errorf("time: got %s", got)
	}
	if got := string(appendULID(nil, 1<<64-1, 1<<64-1)); got != "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" {
		t.Errorf("greatest: got %s", got)
	}
	if _, _, ok := parseULID("01JFA14K25Z6JM78KNT0000ZFU"); ok {
		t.Error("U is no letter of a ULID")
	}
}

func TestDocumentedFileName(t *testing.T) {
	t.Parallel()
	if got := jalaliStamp(time.Date(2024, 9, 13, 0, 0, 0, 0, time.UTC)); got != "1403-06-23 03:30:00" {
		t.Errorf("got %s, want the document's 1403-06-23 03:30:00", got)
	}
}

// The benchmark of the first fill needs pages that cost next to nothing.
func BenchmarkPageOfAMillion(b *testing.B) {
	d := seeded(noon, 1_000_000)
	middle := &cursor{key: d.payments.lists[TypePOS][300_000].key}
	for b.Loop() {
		d.payments.page(TypePOS, middle, 100, DefaultPublicBase)
	}
}

func BenchmarkSeedAMillion(b *testing.B) {
	for b.Loop() {
		seeded(noon, 1_000_000)
	}
}
