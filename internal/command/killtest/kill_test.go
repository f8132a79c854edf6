package killtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/psp"
	"payportal/store/storetest"
)

// jobVariable holds a child's job; without it the program is an ordinary test.
const jobVariable = "KILLTEST_JOB"

func TestMain(m *testing.M) {
	if text := os.Getenv(jobVariable); text != "" {
		os.Exit(childMain(text))
	}
	os.Exit(m.Run())
}

// trial is one run through a disaster: the first child dies at one step, the second perhaps at another, the third lives.
type trial struct {
	keyed bool
	first behaviour
	// kills are the failpoints (name:n) of the children one after the other; empty lets a child live.
	kills []string
}

func (tr trial) name() string {
	return fmt.Sprintf("keyed=%v %s %s", tr.keyed, tr.first, strings.Join(tr.kills, " then "))
}

// bench runs trials with one program against one provider.
type bench struct {
	program  string
	template string
	provider *provider
	url      string

	mu     sync.Mutex
	killed map[string]bool
}

func newBench(t *testing.T, tags string) *bench {
	t.Helper()
	b := &bench{
		program: filepath.Join(t.TempDir(), "child"), template: filepath.Join(t.TempDir(), "template.db"),
		provider: &provider{ledgers: map[string]*ledger{}}, killed: map[string]bool{},
	}
	build := exec.Command("go", "test", "-c", "-tags", tags, "-o", b.program, ".")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the child: %v\n%s", err, said)
	}
	server := httptest.NewServer(b.provider)
	t.Cleanup(server.Close)
	b.url = server.URL
	b.makeTemplate(t)
	return b
}

// makeTemplate migrates one database, which every trial starts from.
func (b *bench) makeTemplate(t *testing.T) {
	t.Helper()
	db := storetest.OpenFile(t, b.template)
	account := psp.Account{UUID: accountUUID, Name: "Shop", PSP: "SEP", Enabled: true, CreatedAt: start}
	if err := db.ReplacePSPAccounts(t.Context(), connection, []psp.Account{account}, start); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Writer().Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
}

// run takes a trial through its children and gives what the checker holds against it.
func (b *bench) run(t *testing.T, tr trial) []string {
	t.Helper()
	dir, name := t.TempDir(), strconv.Itoa(int(time.Now().UnixNano()))
	j := job{DB: filepath.Join(dir, "portal.db"), URL: b.url + "/" + name, Key: command.NewKey(), Keyed: tr.keyed}
	l := b.provider.open(name, tr.first)
	template, err := os.ReadFile(b.template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(j.DB, template, 0o600); err != nil {
		t.Fatal(err)
	}
	var told []said
	for _, kill := range append(slices.Clone(tr.kills), "") {
		answer, killed, err := b.child(t.Context(), j, kill)
		switch {
		case err != nil:
			t.Fatalf("child with %q: %v", kill, err)
		case killed:
			b.mu.Lock()
			b.killed[strings.Split(kill, ":")[0]] = true
			b.mu.Unlock()
		default:
			told = append(told, answer)
		}
	}
	return check(t, j, l, told)
}

// child runs the program once; killed tells whether it died at its failpoint.
func (b *bench) child(ctx context.Context, j job, kill string) (answer said, killed bool, err error) {
	text, err := json.Marshal(j)
	if err != nil {
		return said{}, false, err
	}
	var out, log strings.Builder
	run := exec.CommandContext(ctx, b.program)
	run.Env = append(os.Environ(), jobVariable+"="+string(text), "FAILPOINT="+kill)
	run.Stdout, run.Stderr = &out, &log
	err = run.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL && kill != "" {
			return said{}, true, nil
		}
	}
	if err != nil {
		return said{}, false, fmt.Errorf("%w: %s", err, log.String())
	}
	return answer, false, json.Unmarshal([]byte(out.String()), &answer)
}

// check compares the portal's belief with the ledger, settles what is unknown as staff would, and compares again.
func check(t *testing.T, j job, l *ledger, told []said) []string {
	t.Helper()
	var wrong []string
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	p, err := openPortal(t.Context(), j.DB, j.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer p.db.Close()
	for range 2 { // what the last child left in doubt has two cycles of recovery to become clear
		if _, err := p.commands.Recover(t.Context(), command.AtStart); err != nil {
			t.Fatal(err)
		}
	}
	effects := l.all()
	if len(effects) > 1 {
		fault("doubled: %d effects of one intent", len(effects))
	}
	c, err := p.db.CommandByKey(t.Context(), j.Key)
	if err != nil {
		fault("lost: no intent, %d effects, told %+v: %v", len(effects), told, err)
		return wrong
	}
	checkState(c, len(effects), told, fault)
	if c.State == command.Unknown {
		if j.Keyed {
			fault("unknown although the provider shows its effects and promises idempotency")
		} else {
			c = settleByHand(t, p, c, effects, fault)
			checkState(c, len(effects), told, fault)
		}
	}
	if err := p.db.CheckIntegrity(t.Context()); err != nil {
		fault("integrity: %v", err)
	}
	if v, err := p.db.VerifyAudit(t.Context()); err != nil || !v.OK() {
		fault("audit chain: %+v, %v", v, err)
	}
	checkTrail(t, p, c, fault)
	return wrong
}

func checkState(c command.Command, effects int, told []said, fault func(string, ...any)) {
	switch {
	case !c.State.Final() && c.State != command.Unknown:
		fault("orphan: still %s after a recovery", c.State)
	case c.State == command.Succeeded && effects == 0:
		fault("false success: nothing happened")
	case c.State == command.Failed && effects > 0:
		fault("false failure: it did happen")
	}
	for _, s := range told {
		if s.State.Final() && s.State != c.State {
			fault("the user was told %s, and it is %s", s.State, c.State)
		}
	}
}

// settleByHand imports the terminal that exists, or lets two persons declare that there is none.
func settleByHand(t *testing.T, p *portal, c command.Command, effects []effect, fault func(string, ...any)) command.Command {
	t.Helper()
	var err error
	if len(effects) > 0 {
		var result psp.ImportResult
		if result, err = p.terminals.Import(t.Context(), clerk, connection, effects[0].UUID); err == nil && result.Lines[0].Settled != c.ID {
			fault("importing the terminal did not settle its creation: %+v", result)
		}
	} else {
		// A minute has to pass before persons may judge.
		if _, err = p.db.Writer().Exec("UPDATE commands SET lease_until = 0"); err == nil {
			c, err = p.commands.ProposeNotDone(t.Context(), clerk, c.ID, c.Version, "not there")
		}
		if err == nil {
			_, err = p.commands.ConfirmNotDone(t.Context(), audit.Actor{UserID: 2, Name: "second"}, c.ID, c.Version)
		}
	}
	if err != nil {
		fault("settle by hand: %v", err)
	}
	c, err = p.db.Command(t.Context(), c.ID)
	if err != nil || !c.State.Final() {
		fault("settled by hand, it is %s: %v", c.State, err)
	}
	return c
}

// checkTrail wants one intent in the trail, an outcome that agrees with the command, and the terminal in the register.
func checkTrail(t *testing.T, p *portal, c command.Command, fault func(string, ...any)) {
	t.Helper()
	var intents, successes, registered int
	err := p.db.Writer().QueryRow(`SELECT
		(SELECT count(*) FROM audit_entries WHERE act = ?1 || '.intend'),
		(SELECT count(*) FROM audit_entries WHERE act = ?1 AND outcome = 'ok'),
		(SELECT count(*) FROM terminals)`, c.Kind).Scan(&intents, &successes, &registered)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	if c.State == command.Succeeded {
		want = 1
	}
	if intents != 1 || successes != want {
		fault("trail has %d intents and %d successes, want 1 and %d", intents, successes, want)
	}
	if c.Kind == psp.TerminalCreate && registered != want {
		fault("register has %d terminals, want %d", registered, want)
	}
}

// points reads the names of all failpoints from the source.
func points(t *testing.T) []string {
	t.Helper()
	var names []string
	var files []string
	for _, pattern := range []string{"../*.go", "../../../store/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				names = appendPoint(names, call)
			}
			return true
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func appendPoint(names []string, call *ast.CallExpr) []string {
	hit, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || hit.Sel.Name != "Hit" || len(call.Args) != 1 {
		return names
	}
	if owner, ok := hit.X.(*ast.Ident); !ok || owner.Name != "failpoint" {
		return names
	}
	name, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
	if err != nil {
		return names
	}
	return append(names, name)
}

// trials are every behaviour of the provider undisturbed; every step × the behaviours that differ in what the portal then
// holds (an answer, a refusal, nothing); and every step again during the recovery from the two worst first deaths: before
// the call and after it.
func trials(points []string) []trial {
	var all []trial
	for _, keyed := range []bool{false, true} {
		for _, first := range []behaviour{honest, refuses, loses, breaks, lies} {
			all = append(all, trial{keyed: keyed, first: first})
		}
		for _, first := range []behaviour{honest, refuses, loses} {
			for _, point := range points {
				all = append(all, trial{keyed: keyed, first: first, kills: []string{point + ":1"}})
			}
			all = append(all, trial{keyed: keyed, first: first, kills: []string{"update-within-transaction:2"}})
		}
		for _, death := range []string{"sending-after-commit:1", "outcome-before-commit:1"} {
			for _, point := range points {
				all = append(all, trial{keyed: keyed, first: honest, kills: []string{death, point + ":1"}})
			}
			all = append(all, trial{keyed: keyed, first: honest, kills: []string{death, "update-within-transaction:2"}})
		}
	}
	return all
}

// TestKilledAtEveryStep is R2, and the checker of R1, for the two kinds of side effects: those that are never resent and
// those that the provider promises to do once.
func TestKilledAtEveryStep(t *testing.T) {
	b := newBench(t, "failpoint")
	names := points(t)
	t.Run("trials", func(t *testing.T) {
		for _, tr := range trials(names) {
			t.Run(tr.name(), func(t *testing.T) {
				t.Parallel()
				for _, wrong := range b.run(t, tr) {
					t.Error(wrong)
				}
			})
		}
	})
	for _, name := range names {
		if !b.killed[name] {
			t.Errorf("no child died at the failpoint %q: add a trial that gets there", name)
		}
	}
}

// TestTheCheckerFindsTheNaiveWay: a checker that cannot fail proves nothing.
func TestTheCheckerFindsTheNaiveWay(t *testing.T) {
	b := newBench(t, "failpoint naive")
	var doubled, other int
	for _, tr := range []trial{
		{first: honest, kills: []string{"outcome-before-commit:1"}},
		{first: loses},
		{first: lies},
		{first: honest, kills: []string{"intend-after-commit:1"}},
	} {
		for _, wrong := range b.run(t, tr) {
			if strings.HasPrefix(wrong, "doubled") {
				doubled++
			} else {
				other++
			}
		}
	}
	if doubled != 3 {
		t.Errorf("found %d doubled and %d other faults in the naive way, want 3 doubled", doubled, other)
	}
}
