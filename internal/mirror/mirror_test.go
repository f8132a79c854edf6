package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

var noon = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// provider is a list of payments, newest first, that pages by position like the real one: the cursor is the time and id of the
// last row, so that rows which arrive do not shift it.
type provider struct {
	psp.Provider // the other calls are not the mirror's
	mu           sync.Mutex
	rows         []psp.Payment // newest first
	size         int
	calls        int
	// onCall runs before each answer, with the mutex held; an error is the answer.
	onCall func(call int, cursor string) error
	// answer, when set, replaces the honest page.
	answer func(cursor string) psp.PaymentPage
}

// PSPReporting makes the provider its own psp.Providers.
func (p *provider) PSPReporting(context.Context, int64) (psp.Provider, error) { return p, nil }

func newestFirst(a, b psp.Payment) int {
	if c := b.TransactedAt.Compare(a.TransactedAt); c != 0 {
		return c
	}
	return strings.Compare(b.ID, a.ID)
}

func (p *provider) add(rows ...psp.Payment) {
	p.rows = append(p.rows, rows...)
	slices.SortFunc(p.rows, newestFirst)
}

func cursorOf(p psp.Payment) string {
	return strconv.FormatInt(p.TransactedAt.UnixMicro(), 10) + "/" + p.ID
}

func (p *provider) Payments(ctx context.Context, _ psp.TerminalType, cursor string) (psp.PaymentPage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return psp.PaymentPage{}, err
	}
	p.calls++
	if p.onCall != nil {
		if err := p.onCall(p.calls, cursor); err != nil {
			return psp.PaymentPage{}, err
		}
	}
	if p.answer != nil {
		return p.answer(cursor), nil
	}
	start := 0
	if cursor != "" {
		micros, id, _ := strings.Cut(cursor, "/")
		at, err := strconv.ParseInt(micros, 10, 64)
		if err != nil {
			return psp.PaymentPage{}, errs.New(errs.NotFound, "read payments", "", err)
		}
		last := psp.Payment{ID: id, TransactedAt: time.UnixMicro(at)}
		start, _ = slices.BinarySearchFunc(p.rows, last, newestFirst)
		for start < len(p.rows) && newestFirst(p.rows[start], last) <= 0 {
			start++
		}
	}
	end := min(start+p.size, len(p.rows))
	page := psp.PaymentPage{Payments: slices.Clone(p.rows[start:end]), Count: int64(len(p.rows))}
	if end < len(p.rows) {
		page.Next = cursorOf(p.rows[end-1])
	}
	return page, nil
}

func payment(at time.Time, draw *rand.Rand) psp.Payment {
	at = at.Truncate(time.Second)
	return psp.Payment{
		ID: storetest.ULID(at, draw), Type: psp.POS, Amount: money.Of(int64(draw.IntN(1000))*1000, money.IRR), PSP: "SEP",
		MaskedCard: "603799******9999", TerminalNumber: strconv.Itoa(14_140_000 + draw.IntN(20)), TransactedAt: at,
		Status: psp.PaymentStatus(draw.IntN(2)),
	}
}

func history(n int, before time.Time, draw *rand.Rand) (rows []psp.Payment) {
	for range n {
		rows = append(rows, payment(before.Add(-time.Duration(draw.Int64N(int64(20*24*time.Hour)))), draw))
	}
	return rows
}

var key = mirror.Key{ConnectionID: 3, Type: psp.POS}

func quickPolicy() mirror.Policy {
	p := mirror.DefaultPolicy
	p.Batch, p.BatchTime, p.Retry = 60, time.Millisecond, time.Second
	return p
}

func newMirror(db mirror.Store, p *provider, c *clock) *mirror.Mirror {
	return mirror.New(db, p, quickPolicy(), c.Now, slog.New(slog.DiscardHandler))
}

// fataler is what testing and rapid have in common here.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func mirrored(t fataler, db *store.DB) (rows []psp.Payment) {
	t.Helper()
	err := db.StreamPayments(context.Background(), psp.PaymentFilter{}, psp.PaymentOrder{}, func(batch []psp.PaymentRecord) error {
		for _, r := range batch {
			rows = append(rows, r.Payment)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, newestFirst)
	return rows
}

func checkSame(t fataler, db *store.DB, p *provider) {
	t.Helper()
	if got := mirrored(t, db); !slices.Equal(got, p.rows) {
		t.Fatalf("mirror has %d payments, want the provider's %d", len(got), len(p.rows))
	}
}

func state(t testing.TB, db *store.DB) mirror.State {
	t.Helper()
	s, err := db.MirrorState(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFillThenIncrements(t *testing.T) {
	t.Parallel()
	draw, c := rand.New(rand.NewPCG(1, 1)), &clock{now: noon}
	db, p := storetest.Open(t), &provider{size: 25}
	p.add(history(500, noon, draw)...)
	p.onCall = func(call int, _ string) error { // arrivals while the fill pages
		if call <= 10 {
			p.add(payment(noon.Add(time.Duration(call)*time.Second), draw))
		}
		return nil
	}
	m := newMirror(db, p, c)
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	checkSame(t, db, p)
	if s := state(t, db); s.Walk != mirror.Idle || !s.LastComplete.Equal(noon) || !s.LastDeep.Equal(noon) || s.Failures != 0 {
		t.Errorf("state = %+v, want complete as of %v", s, noon)
	}
	asOf, err := db.PaymentsAsOf(t.Context(), 3, new(psp.POS))
	if err != nil || !asOf.Equal(noon) {
		t.Errorf("PaymentsAsOf = %v, %v, want %v", asOf, err, noon)
	}
	if asOf, err := db.PaymentsAsOf(t.Context(), 4, nil); err != nil || !asOf.IsZero() {
		t.Errorf("PaymentsAsOf of a connection never copied = %v, %v, want zero", asOf, err)
	}

	before := p.calls
	c.advance(time.Minute)
	p.add(payment(noon.Add(50*time.Second), draw), payment(noon.Add(-10*time.Minute), draw)) // one behind the watermark
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	checkSame(t, db, p)
	if calls := p.calls - before; calls > 3 {
		t.Errorf("the increment read %d pages, want a few", calls)
	}

	c.advance(25 * time.Hour)
	late := payment(noon.Add(-6*24*time.Hour), draw)
	changed := slices.IndexFunc(p.rows, func(q psp.Payment) bool { return q.TransactedAt.Before(noon.Add(-3 * 24 * time.Hour)) })
	p.rows[changed].Status = 1 - p.rows[changed].Status
	p.add(late)
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	checkSame(t, db, p) // the deep walk found both
}

func TestFaultIsKeptAndRetriedLater(t *testing.T) {
	t.Parallel()
	draw, c := rand.New(rand.NewPCG(2, 1)), &clock{now: noon}
	db, p := storetest.Open(t), &provider{size: 25}
	p.add(history(200, noon, draw)...)
	m := newMirror(db, p, c)
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	down := errs.New(errs.Unavailable, "read payments", "provider.unreachable", nil)
	p.onCall = func(int, string) error { return down }
	for failure := 1; failure <= 3; failure++ {
		if err := m.Refresh(t.Context(), key); !errs.Is(err, errs.Unavailable) {
			t.Fatalf("Refresh = %v, want Unavailable", err)
		}
		s := state(t, db)
		if s.ProblemKind != "unavailable" || s.ProblemMsg != "provider.unreachable" || s.Failures != failure || !s.LastComplete.Equal(noon) {
			t.Errorf("state = %+v, want failure %d with its reason and the last good time", s, failure)
		}
		if least := c.Now().Add(time.Second << (failure - 1)); s.NextAttempt.Before(least) {
			t.Errorf("next attempt at %v, want %v or later", s.NextAttempt, least)
		}
	}
	calls := p.calls
	if err := m.Run(t.Context(), key); err != nil || p.calls != calls {
		t.Errorf("Run before the next attempt = %v with %d calls, want none", err, p.calls-calls)
	}
	p.onCall = nil
	c.advance(time.Hour)
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if s := state(t, db); s.ProblemKind != "" || s.Failures != 0 {
		t.Errorf("state after success = %+v, want no problem", s)
	}
}

func TestRefusedCursorStartsAgain(t *testing.T) {
	t.Parallel()
	draw, c := rand.New(rand.NewPCG(3, 1)), &clock{now: noon}
	db, p := storetest.Open(t), &provider{size: 25}
	p.add(history(300, noon, draw)...)
	p.onCall = func(call int, _ string) error {
		if call == 5 {
			return errs.New(errs.NotFound, "read payments", "", errors.New("Invalid cursor"))
		}
		return nil
	}
	if err := newMirror(db, p, c).Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	checkSame(t, db, p)
}

func TestEndlessListsEnd(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(4, 1))
	rows := history(500, noon, draw)
	slices.SortFunc(rows, newestFirst)
	part := func(i int) []psp.Payment { return rows[i*5 : i*5+5] }
	n := 0
	tests := map[string]func(cursor string) psp.PaymentPage{
		"same page, same cursor": func(string) psp.PaymentPage { return psp.PaymentPage{Payments: part(0), Next: "x", Count: -1} },
		"same page, new cursors": func(c string) psp.PaymentPage {
			return psp.PaymentPage{Payments: part(0), Next: c + "x", Count: -1}
		},
		"a ring of seven": func(c string) psp.PaymentPage {
			at, _ := strconv.Atoi(c)
			next := (at + 1) % 7
			return psp.PaymentPage{Payments: part(at), Next: strconv.Itoa(next) + "", Count: -1}
		},
		"empty for ever": func(c string) psp.PaymentPage { return psp.PaymentPage{Next: c + "x", Count: -1} },
		"more than it counts": func(string) psp.PaymentPage {
			n++
			return psp.PaymentPage{Payments: part(n % 90), Next: fmt.Sprint("n", n), Count: 3}
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			db, p := storetest.Open(t), &provider{answer: answer}
			err := newMirror(db, p, &clock{now: noon}).Run(t.Context(), key)
			if !errs.Is(err, errs.Unavailable) {
				t.Fatalf("Run = %v, want Unavailable", err)
			}
			s := state(t, db)
			if s.ProblemMsg != "paymentdata.mirror.repeats" || s.Cursor != "" || !s.LastComplete.IsZero() {
				t.Errorf("state = %+v, want the fault kept and no way back into the ring", s)
			}
		})
	}
}

// TestForeignOrderIsReadToItsEnd: an increment must not stop early in a list that is not newest first.
func TestForeignOrderIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	draw, c := rand.New(rand.NewPCG(5, 1)), &clock{now: noon}
	db, p := storetest.Open(t), &provider{size: 25}
	p.add(history(300, noon, draw)...)
	m := newMirror(db, p, c)
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	p.add(history(20, noon.Add(time.Minute), draw)...)
	shuffled := slices.Clone(p.rows)
	draw.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	p.answer = func(cursor string) psp.PaymentPage {
		at, _ := strconv.Atoi(cursor)
		end := min(at+25, len(shuffled))
		page := psp.PaymentPage{Payments: shuffled[at:end], Count: int64(len(shuffled))}
		if end < len(shuffled) {
			page.Next = strconv.Itoa(end)
		}
		return page
	}
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	checkSame(t, db, p)
}

func TestPauseStopsAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	draw, c := rand.New(rand.NewPCG(6, 1)), &clock{now: noon}
	db, p := storetest.Open(t), &provider{size: 25}
	p.add(history(1000, noon, draw)...)
	m := newMirror(db, p, c)
	p.onCall = func(call int, _ string) error {
		if call == 12 {
			p.onCall = nil
			if progress, err := m.Progress(t.Context()); err != nil || len(progress) > 0 && !progress[0].Running {
				t.Errorf("progress while running = %+v, %v", progress, err)
			}
			return m.Pause(context.WithoutCancel(t.Context()), key)
		}
		return nil
	}
	if err := m.Run(t.Context(), key); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run = %v, want it cancelled", err)
	}
	paused := state(t, db)
	if !paused.Paused || paused.Failures != 0 {
		t.Errorf("state = %+v, want paused and not failed", paused)
	}
	calls := p.calls
	if err := m.Refresh(t.Context(), key); err != nil || p.calls != calls {
		t.Errorf("Refresh while paused = %v with %d calls, want nothing done", err, p.calls-calls)
	}
	if err := m.Resume(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	checkSame(t, db, p)
}

func TestOneWalkAtATime(t *testing.T) {
	t.Parallel()
	draw, c := rand.New(rand.NewPCG(7, 1)), &clock{now: noon}
	db, p := storetest.Open(t), &provider{size: 25}
	p.add(history(30, noon, draw)...)
	m := newMirror(db, p, c)
	p.onCall = func(int, string) error {
		p.onCall = nil
		if err := m.Run(t.Context(), key); !errs.Is(err, errs.Conflict) {
			t.Errorf("second Run = %v, want Conflict", err)
		}
		return nil
	}
	if err := m.Run(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// killed is a store that dies: its writes fail from some moment on, before or after the commit. To what runs above it, that is
// what a kill leaves behind in the database.
type killed struct {
	*store.DB
	left      int
	committed bool
}

var errKilled = errors.New("killed")

func (k *killed) SaveMirror(ctx context.Context, s mirror.State, payments []psp.Payment) error {
	if k.left--; k.left >= 0 {
		return k.DB.SaveMirror(ctx, s, payments)
	}
	if k.left == -1 && k.committed {
		if err := k.DB.SaveMirror(ctx, s, payments); err != nil {
			return err
		}
	}
	return errKilled
}

// TestMirrorBecomesTheProvidersList is the property of the package: whatever arrives, fails or is killed, in the end the mirror
// holds exactly what the provider lists.
func TestMirrorBecomesTheProvidersList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		draw := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		c := &clock{now: noon}
		db, p := storetest.Open(t), &provider{size: rapid.IntRange(3, 20).Draw(rt, "page size")}
		p.add(history(rapid.IntRange(0, 60).Draw(rt, "payments"), noon, draw)...)
		p.onCall = func(int, string) error {
			now := c.Now()
			switch draw.IntN(16) {
			case 0:
				p.add(payment(now, draw))
			case 1: // late, within the overlap
				p.add(payment(now.Add(-time.Duration(draw.Int64N(int64(10*time.Minute)))), draw))
			case 2:
				return errs.New(errs.Unavailable, "read payments", "provider.unreachable", nil)
			case 3: // late by days: for the deep walk
				p.add(payment(now.Add(-time.Duration(draw.Int64N(int64(6*24*time.Hour)))), draw))
			case 4:
				i := draw.IntN(20)
				if i < len(p.rows) && p.rows[i].TransactedAt.After(now.Add(-5*24*time.Hour)) {
					p.rows[i].Status = 1 - p.rows[i].Status
				}
			}
			c.advance(time.Second)
			return nil
		}
		for range rapid.IntRange(1, 6).Draw(rt, "runs") {
			var s mirror.Store = db
			if rapid.Bool().Draw(rt, "kill?") {
				s = &killed{DB: db, left: rapid.IntRange(0, 8).Draw(rt, "writes left"), committed: rapid.Bool().Draw(rt, "committed")}
			}
			_ = newMirror(s, p, c).Refresh(context.Background(), key) // failures are what is tried
			c.advance(time.Duration(rapid.IntRange(1, 7200).Draw(rt, "pause")) * time.Second)
		}
		p.onCall = nil
		c.advance(25 * time.Hour)
		for attempt := 0; ; attempt++ { // an unfinished walk, then the deep one
			if err := newMirror(db, p, c).Refresh(context.Background(), key); err != nil {
				rt.Fatal(err)
			}
			if s, _ := db.MirrorState(context.Background(), key); s.LastDeep.Equal(c.Now()) {
				break
			} else if attempt > 3 {
				rt.Fatalf("no deep walk: %+v", s)
			}
		}
		checkSame(rt, db, p)
	})
}
