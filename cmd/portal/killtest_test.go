package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"payportal/internal/command"
	"payportal/internal/psp"
	"payportal/provider/sandbox"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

// TestKilledAtAnyMoment is R1: the program is killed at random moments while it fills its mirror, creates terminals and
// writes exports, and is started again on the same file. In the end the checker compares what people were told with what
// the portal believes and with what the provider did.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := max(rounds(20, 500), 15)
	b := openKillBench(t, kills)
	d := newDriver(t, b)
	before := b.provider.PSPReporting.CountPayments(pspreporting.TypeIPG) + b.provider.PSPReporting.CountPayments(pspreporting.TypePOS)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	began := time.Now()
	fastest, slowest := time.Minute, time.Duration(0)
	for n := range kills {
		spawned := time.Now()
		p := b.serve(t)
		start := time.Since(spawned)
		fastest, slowest = min(fastest, start), max(slowest, start)
		// A life is some times as long as a start, on a slow machine as on a fast one.
		d.live(t, p, 10*time.Millisecond+time.Duration(random.Int64N(starts*int64(fastest))), func() {
			if n == 0 {
				awaitRows(t, b.settings.DB, "SELECT count(*) FROM payments", 1)
			}
			p.kill()
		})
		if n%5 == 0 {
			b.provider.PSPReporting.AddPayments(pspreporting.TypePOS, 3, 0)
		}
	}
	b.provider.Engine.Clear(0)
	filled := rowsIn(t, b.settings.DB, "SELECT count(*) FROM payments")
	d.finish(t)
	t.Logf("%d kills in %s, slowest start %s; %s; %d payments were copied by then", kills, time.Since(began).Round(time.Millisecond),
		slowest.Round(time.Millisecond), d, filled)

	b.app = b.open(t, b.settings.DB)
	for _, wrong := range d.check(t, b.app) {
		t.Error(wrong)
	}
	for _, wrong := range b.checkMirror(t) {
		t.Error(wrong)
	}
	b.checkWhole(t)
	if d.acked.Load() == 0 || d.cut.Load() == 0 || d.exported.Load() == 0 || filled == 0 || filled >= before {
		t.Errorf("%s; %d of %d payments: the kills did not hit what they are meant for", d, filled, before)
	}
}

// starts is how many times as long as a start a life may be.
var starts = int64(max(rounds(8, 8), 4))

// openKillBench prepares a file as the first start would leave it, with an empty mirror, and a provider that is slow and
// loses answers.
func openKillBench(t *testing.T, kills int) *bench {
	t.Helper()
	seed := benchSeed
	seed.Payments = 900 * kills
	b := openBenchOn(t, toman.Config{Seed: seed})
	if err := b.seedDemo(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.InsertRows, Rows: 2, Percent: 5, Path: "/payments/*"},
		{Kind: sandbox.Status, Status: http.StatusBadGateway, Percent: 2, Path: "/payments/*"},
		{Kind: sandbox.Slow, DelayMS: 60, Path: "/payments/*"},
		{Kind: sandbox.Reset, AfterEffect: true, Percent: 6, Method: http.MethodPost, Path: "/terminals/"},
		{Kind: sandbox.Status, Status: http.StatusInternalServerError, AfterEffect: true, Percent: 4, Method: http.MethodPost, Path: "/terminals/"},
		{Kind: sandbox.Slow, DelayMS: 300, Percent: 10, Method: http.MethodPost, Path: "/terminals/"},
		{Kind: sandbox.Status, Status: http.StatusBadRequest, Body: `{"terminal_number":["Not this one."]}`, Percent: 4, Method: http.MethodPost, Path: "/terminals/"},
	} {
		if _, err := b.provider.Engine.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// operation is a terminal that somebody wanted, and what they were told.
type operation struct {
	number string
	fields url.Values
	// uuid is what the portal said it had created; refused that it had not, for good; open that it did not know.
	uuid          string
	refused, open bool
	// busy is set while somebody sends it.
	busy bool
}

func (o *operation) settled() bool { return o.uuid != "" || o.refused || o.open }

// driver is the people: each sends a form, and the same form again when no answer came.
type driver struct {
	bench   *bench
	who     *visitor
	account string

	mu         sync.Mutex
	operations []*operation

	acked, refused, open, cut, exported, torn atomic.Int64
}

// clerks is how many people create terminals at the same time.
const clerks = 3

func newDriver(t *testing.T, b *bench) *driver {
	t.Helper()
	accounts, _, err := b.directory.Accounts(t.Context(), b.connectionID(t))
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{bench: b, who: b.signedIn(t, "admin")}
	for _, account := range accounts {
		if account.Enabled {
			d.account = account.UUID
		}
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *driver) String() string {
	return fmt.Sprintf("%d terminals acknowledged, %d refused, %d unknown, %d answers cut; %d exports whole, %d torn",
		d.acked.Load(), d.refused.Load(), d.open.Load(), d.cut.Load(), d.exported.Load(), d.torn.Load())
}

// live works on a portal until its end, which comes after a while.
func (d *driver) live(t *testing.T, p *process, while time.Duration, end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var people sync.WaitGroup
	for range clerks {
		people.Go(func() { d.create(ctx, t, d.who.at(p.url)) })
	}
	people.Go(func() { d.export(ctx, t, d.who.at(p.url)) })
	select {
	case <-time.After(while):
	case <-p.gone:
		t.Errorf("the portal ended by itself: %v\n%s", p.err, p.text())
	}
	end()
	cancel()
	people.Wait()
}

// next is an operation to send: one that got no answer before, or a new one.
func (d *driver) next() *operation {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.operations {
		if !o.settled() && !o.busy {
			o.busy = true
			return o
		}
	}
	o := &operation{number: fmt.Sprint(7_000_000 + len(d.operations)), fields: url.Values{}, busy: true}
	d.operations = append(d.operations, o)
	return o
}

// create sends forms until the portal dies.
func (d *driver) create(ctx context.Context, t *testing.T, v *visitor) {
	for ctx.Err() == nil {
		o := d.next()
		err := d.send(ctx, t, v, o)
		d.mu.Lock()
		o.busy = false
		d.mu.Unlock()
		if err != nil {
			d.cut.Add(1)
			return
		}
	}
}

// send fills in the form, once, and posts it.
func (d *driver) send(ctx context.Context, t *testing.T, v *visitor, o *operation) error {
	if !o.fields.Has("key") {
		page, err := v.ask(ctx, http.MethodGet, "/terminals/new", nil)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(formsOf(page.body, "/terminals/new"), func(f pageForm) bool { return f.fields.Has("key") })
		if page.status != http.StatusOK || i < 0 {
			t.Errorf("GET /terminals/new = %d\n%s", page.status, excerpt(page.body))
			return errors.New("no form")
		}
		maps.Copy(o.fields, formsOf(page.body, "/terminals/new")[i].with(url.Values{
			"terminal_type": {"pos"}, "psp_account_uuid": {d.account}, "terminal_number": {o.number}, "acceptor_code": {"213"},
			"start_fetch_time": {"2026-01-02"}, "enabled": {"1"},
		}))
	}
	answer, err := v.ask(ctx, http.MethodPost, "/terminals/new", o.fields)
	if err != nil {
		return err
	}
	return d.note(t, o, answer)
}

// note keeps what the person was told.
func (d *driver) note(t *testing.T, o *operation, answer reply) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	to := answer.header.Get("Location")
	switch {
	case answer.status == http.StatusSeeOther && strings.HasPrefix(to, "/terminals/commands/"):
		o.open = true
		d.open.Add(1)
	case answer.status == http.StatusSeeOther && strings.HasPrefix(to, "/terminals/"):
		o.uuid = strings.TrimPrefix(to, "/terminals/")
		d.acked.Add(1)
	case answer.status == http.StatusUnprocessableEntity || answer.status == http.StatusServiceUnavailable:
		o.refused = true
		d.refused.Add(1)
	default:
		t.Errorf("POST /terminals/new = %d, Location %q\n%s", answer.status, to, excerpt(answer.body))
	}
	return nil
}

// export downloads everything again and again. A file that ended well must be whole: no row twice.
func (d *driver) export(ctx context.Context, t *testing.T, v *visitor) {
	for ctx.Err() == nil {
		answer, err := v.ask(ctx, http.MethodGet, "/payments/export.csv", nil)
		if err != nil {
			d.torn.Add(1)
			return
		}
		if answer.status != http.StatusOK {
			t.Errorf("GET /payments/export.csv = %d\n%s", answer.status, excerpt(answer.body))
			return
		}
		if twice := repeatedRow(answer.body); twice != "" {
			t.Errorf("an export has a row twice: %s", twice)
		}
		d.exported.Add(1)
	}
}

// repeatedRow finds a row that stands in a file twice, or says that the file cannot be read.
func repeatedRow(file string) string {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return err.Error()
	}
	met := map[string]bool{}
	for _, row := range rows {
		line := strings.Join(row, "|")
		if len(row) > 3 && met[line] {
			return line
		}
		met[line] = true
	}
	return ""
}

// settling bounds the wait for the mirror to be whole and for every command to be settled or known to be unknown.
const settling = 2 * time.Minute

// finish lets one portal live until the mirror is whole, sends what got no answer, and stops it as an operator would.
func (d *driver) finish(t *testing.T) {
	t.Helper()
	p := d.bench.serve(t)
	v := d.who.at(p.url)
	for _, o := range d.operations {
		if !o.settled() {
			if err := d.send(t.Context(), t, v, o); err != nil {
				t.Error(err)
			}
		}
	}
	awaitMirror(t, d.bench.settings.DB)
	p.stop(t)
}

// rowsIn asks a file for a number, whoever has it open.
func rowsIn(t *testing.T, file, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// awaitMirror waits until the portal that has the file says that both lists are whole.
func awaitMirror(t *testing.T, file string) {
	t.Helper()
	awaitRows(t, file, "SELECT count(*) FROM mirror_states WHERE walk = '' AND last_complete > 0", len(psp.TerminalTypes))
}

// awaitRows waits until a query gives a number, or more.
func awaitRows(t *testing.T, file, query string, want int) {
	t.Helper()
	got := 0
	for end := time.Now().Add(settling); got < want && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		got = rowsIn(t, file, query)
	}
	if got < want {
		t.Errorf("%s is %d after %s, want %d", query, got, settling, want)
	}
}

// checkMirror compares the copy with the provider's lists, row by row, after one last look for what came in meanwhile.
func (b *bench) checkMirror(t *testing.T) (wrong []string) {
	t.Helper()
	b.fillMirror(t)
	id := b.connectionID(t)
	api, err := b.providers.PSPReporting(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range psp.TerminalTypes {
		theirs := map[string]bool{}
		var sum int64
		for cursor, more := "", true; more; more = cursor != "" {
			page, err := api.Payments(t.Context(), kind, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, payment := range page.Payments {
				theirs[payment.ID] = true
				sum += payment.Amount.Minor
			}
			cursor = page.Next
		}
		ours := texts(t, b.app, "SELECT id FROM payments WHERE type = ?", int64(kind))
		missing, invented := 0, 0
		for id := range theirs {
			if !ours[id] {
				missing++
			}
		}
		for id := range ours {
			if !theirs[id] {
				invented++
			}
		}
		totals, err := b.payments.Totals(t.Context(), psp.PaymentFilter{ConnectionID: id, Type: &kind})
		if err != nil {
			t.Fatal(err)
		}
		if missing+invented > 0 || totals.Count != int64(len(theirs)) || totals.Amount.Minor != sum {
			wrong = append(wrong, fmt.Sprintf("%s: the provider has %d payments of %d rial; %d are missing, %d invented, the totals say %d of %d",
				kind, len(theirs), sum, missing, invented, totals.Count, totals.Amount.Minor))
		}
	}
	return wrong
}

// check is the checker: it compares what people were told, what the portal believes and what the provider did.
func (d *driver) check(t *testing.T, a *app) (wrong []string) {
	t.Helper()
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	made := map[string][]string{} // terminal numbers → UUIDs at the provider
	for _, e := range d.bench.provider.Engine.Effects(pspreporting.EffectTerminalCreated) {
		number := numberOf(t, e)
		made[number] = append(made[number], e.Key)
	}
	believed := commandsByNumber(t, a)
	registered := registeredUUIDs(t, a)
	for _, o := range d.operations {
		uuids, c := made[o.number], believed[o.number]
		switch {
		case len(uuids) > 1:
			fault("doubled: %s exists as %v", o.number, uuids)
		case o.uuid != "" && !slices.Contains(uuids, o.uuid):
			fault("lost: %s was acknowledged as %s, the provider has %v", o.number, o.uuid, uuids)
		case o.uuid != "" && !registered[o.uuid]:
			fault("lost: %s was acknowledged and is not in the register", o.number)
		case o.refused && len(uuids) > 0:
			fault("%s was refused, and exists as %v", o.number, uuids)
		case len(uuids) > 0 && c.ID == 0:
			fault("orphan: %s exists as %v and has no intent", o.number, uuids)
		case c.State == command.Succeeded && len(uuids) == 0:
			fault("false success: %s does not exist", o.number)
		case c.State == command.Failed && len(uuids) > 0:
			fault("false failure: %s exists as %v", o.number, uuids)
		case c.ID != 0 && !c.State.Final() && c.State != command.Unknown:
			fault("%s is still %s", o.number, c.State)
		case c.State == command.Unknown && (o.uuid != "" || o.refused):
			fault("%s is unknown, though its person was told how it ended", o.number)
		}
		delete(made, o.number)
	}
	for number, uuids := range made {
		fault("orphan: nobody wanted %s, which exists as %v", number, uuids)
	}
	return wrong
}

// TestTheCheckerFindsFaults: a checker that cannot fail proves nothing. Each fault is made behind the portal's back.
func TestTheCheckerFindsFaults(t *testing.T) {
	seed := benchSeed
	seed.Payments = 900 // so that the oldest are not on the page that every look reads
	b := openBenchOn(t, toman.Config{Seed: seed})
	if err := b.seedDemo(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, b)
	p := b.serve(t)
	v := d.who.at(p.url)
	for range 6 {
		if err := d.send(t.Context(), t, v, d.next()); err != nil {
			t.Fatal(err)
		}
	}
	p.stop(t)
	b.app = b.open(t, b.settings.DB)
	if wrong := d.check(t, b.app); len(wrong) > 0 {
		t.Fatalf("faults where there are none: %v", wrong)
	}
	b.provider.PSPReporting.SetAllowDuplicates(true)
	api, err := b.providers.PSPReporting(t.Context(), b.connectionID(t))
	if err != nil {
		t.Fatal(err)
	}
	at := func(number string) psp.NewTerminal {
		return psp.NewTerminal{Type: psp.POS, AccountUUID: d.account, Number: number, AcceptorCode: 213, Enabled: true, StartFetchTime: time.Unix(1_700_000_000, 0)}
	}
	for _, number := range []string{d.operations[0].number, "9999999"} {
		if _, err := api.CreateTerminal(t.Context(), at(number)); err != nil {
			t.Fatal(err)
		}
	}
	for trigger := range texts(t, b.app, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'commands'") {
		if _, err := b.db.Writer().Exec("DROP TRIGGER " + trigger); err != nil {
			t.Fatal(err)
		}
	}
	d.operations[1].uuid = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
	d.operations[2].uuid, d.operations[2].refused = "", true
	for i, set := range []string{"state = 'failed'", "state = 'sending', resolution = ''", "state = 'unknown', resolution = ''"} {
		o := d.operations[3+i]
		if i < 2 {
			o.uuid = ""
		}
		if _, err := b.db.Writer().Exec("UPDATE commands SET "+set+" WHERE json_extract(request, '$.number') = ?", o.number); err != nil {
			t.Fatal(err)
		}
	}
	got := d.check(t, b.app)
	slices.Sort(got)
	want := []string{"7000002 was refused", "7000004 is still sending", "7000005 is unknown", "doubled: 7000000", "false failure: 7000003", "lost: 7000001", "orphan: nobody wanted 9999999"}
	for _, text := range want {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, text) }) {
			t.Errorf("the checker says %q, want %q in it", got, text)
		}
	}
	if len(got) != 7 {
		t.Errorf("the checker says %d things, want 7: %q", len(got), got)
	}

	b.fillMirror(t)
	if wrong := b.checkMirror(t); len(wrong) > 0 {
		t.Errorf("the copy is said to be wrong: %v", wrong)
	}
	if _, err := b.db.Writer().Exec("DELETE FROM payments WHERE seq IN (SELECT seq FROM payments ORDER BY at LIMIT 1)"); err != nil {
		t.Fatal(err)
	}
	if wrong := b.checkMirror(t); len(wrong) != 1 || !strings.Contains(wrong[0], "1 are missing, 0 invented") {
		t.Errorf("of a copy without one row the checker says %q", wrong)
	}
}

// numberOf reads the terminal number of an effect.
func numberOf(t *testing.T, e sandbox.Effect) string {
	t.Helper()
	text, err := json.Marshal(e.Detail)
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Number string `json:"terminal_number"`
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	return made.Number
}

func commandsByNumber(t *testing.T, a *app) map[string]command.Command {
	t.Helper()
	rows, err := a.db.Writer().Query("SELECT id FROM commands")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]command.Command{}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		c, err := a.commands.Command(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := psp.RequestedTerminal(c)
		if err != nil {
			t.Fatal(err)
		}
		found[wanted.Number] = c
	}
	return found
}

func registeredUUIDs(t *testing.T, a *app) map[string]bool {
	t.Helper()
	return texts(t, a, "SELECT uuid FROM terminals")
}

// texts gives the first column of a query.
func texts(t *testing.T, a *app, query string, args ...any) map[string]bool {
	t.Helper()
	rows, err := a.db.Writer().Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		found[text] = true
	}
	return found
}
