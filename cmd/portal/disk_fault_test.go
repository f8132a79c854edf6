package main

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"payportal/internal/command"
	"payportal/provider/sandbox"
	"payportal/provider/sandbox/pspreporting"
)

// TestDiskTrouble is R23: while the database cannot be written, reading goes on, no writing is said to have been done, the
// answer is an honest 503, and everything works again as soon as it can be written.
func TestDiskTrouble(t *testing.T) {
	for name, trouble := range map[string]func(t *testing.T) (dir string, begin, end func(b *bench)){
		"no space left": fullDisk,
		"writing fails": failingWrites,
		"read only":     readOnly,
	} {
		t.Run(name, func(t *testing.T) {
			dir, begin, end := trouble(t)
			b := openBenchIn(t, dir)
			a := newAttack(t, b, 0)
			acts := b.acts(t)
			begin(b)
			b.checkRefusals(t, a, acts)
			a.sweep(t)
			end(b)
			for _, act := range acts {
				if got := act.try(t, b, a.admin); got != act.done {
					t.Errorf("after the trouble, %s = %d, want %d", act.name, got, act.done)
				}
			}
			b.said.checkLog(t)
			b.checkWhole(t)
		})
	}
}

// act is something that writes.
type act struct {
	name, path string
	// page offers the form; empty for a GET that writes to the audit trail.
	page   string
	fields url.Values
	// done is the status of a success.
	done int
}

// acts are things that write, one for each kind of writer.
func (b *bench) acts(t *testing.T) []act {
	t.Helper()
	terminal := "/terminals/" + b.provider.PSPReporting.Terminals()[0].UUID
	return []act{
		{"preferences", "/account/preferences", "/account", url.Values{"theme": {"dark"}}, http.StatusSeeOther},
		{"notes of a terminal", terminal, terminal, url.Values{"label": {"Front desk"}}, http.StatusSeeOther},
		{"a new terminal", "/terminals/new", "/terminals/new", b.newTerminal(t, "4242424"), http.StatusSeeOther},
		{"a new user", "/admin/users/new", "/admin/users/new", url.Values{"username": {"sara"}, "display_name": {"Sara"}, "roles": {"finance"}}, http.StatusOK},
		{"an export", "/payments/export.csv", "", nil, http.StatusOK},
		{"a sign-in", "/sign-in", "/sign-in", url.Values{"username": {"finance"}, "password": {demoPassword}}, http.StatusSeeOther},
	}
}

// newTerminal are the fields of a terminal that the provider takes.
func (b *bench) newTerminal(t *testing.T, number string) url.Values {
	t.Helper()
	accounts, _, err := b.directory.Accounts(t.Context(), b.connectionID(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range accounts {
		if account.Enabled {
			return url.Values{
				"terminal_type": {"pos"}, "psp_account_uuid": {account.UUID}, "terminal_number": {number},
				"acceptor_code": {"213"}, "start_fetch_time": {"2026-01-02"}, "enabled": {"1"},
			}
		}
	}
	t.Fatal("no account is enabled")
	return nil
}

// try sends the act's form and gives the status.
func (x act) try(t *testing.T, b *bench, v *visitor) int {
	t.Helper()
	if x.name == "a sign-in" {
		v = b.visitor()
	}
	method, fields := http.MethodGet, url.Values(nil)
	if x.page != "" {
		page := v.get(t, x.page, http.StatusOK)
		method, fields = http.MethodPost, x.fields
		for _, f := range formsOf(page.body, x.page) {
			if f.method == http.MethodPost && f.action == x.path && f.asksFor(x.fields) {
				fields = f.with(x.fields)
			}
		}
	}
	answer, err := v.ask(t.Context(), method, x.path, fields)
	if err != nil {
		t.Errorf("%s: %v", x.name, err)
	}
	return answer.status
}

// asksFor reports whether a form has all of some fields.
func (f pageForm) asksFor(fields url.Values) bool {
	for name := range fields {
		if !f.fields.Has(name) && !f.boxes.Has(name) {
			return false
		}
	}
	return true
}

// checkRefusals wants every act refused as trouble of ours, without a trace, and every page of the reports still there.
func (b *bench) checkRefusals(t *testing.T, a *attack, acts []act) {
	t.Helper()
	before := b.fingerprint(t)
	for _, act := range acts {
		if got := act.try(t, b, a.admin); got != http.StatusServiceUnavailable {
			t.Errorf("%s = %d, want 503", act.name, got)
		}
	}
	if changed := before.differ(b.fingerprint(t)); len(changed) > 0 {
		t.Errorf("what was refused changed %v", changed)
	}
	if made := b.provider.Engine.Effects(pspreporting.EffectTerminalCreated); len(made) > 0 {
		t.Errorf("a terminal was created without an intent on disk: %v", made)
	}
	for _, path := range []string{"/", "/payments", "/terminals", "/psps", "/psp-accounts", "/reports"} {
		a.admin.get(t, path, http.StatusOK)
	}
}

// sweep sends every form that is known. None may fail in another way than by telling that the portal has trouble.
func (a *attack) sweep(t *testing.T) {
	t.Helper()
	for _, d := range a.doors {
		if d.method == http.MethodGet || d.pattern == "/sign-out" {
			continue
		}
		answer, err := a.admin.ask(t.Context(), d.method, a.pick(d.paths), d.form.with(nil))
		if err != nil {
			t.Errorf("%s %s: %v", d.method, d.pattern, err)
			continue
		}
		if answer.status >= 500 && answer.status != http.StatusServiceUnavailable {
			t.Errorf("%s %s = %d, want 503 at worst\n%s", d.method, d.pattern, answer.status, excerpt(answer.body))
		}
	}
}

// checkpoint empties the WAL, so that the next write needs space.
func (b *bench) checkpoint(t *testing.T) {
	t.Helper()
	if _, err := b.db.Writer().Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
}

// fullDisk fills a small disk of its own, where one can be had; else writing fails by a limit of the process.
func fullDisk(t *testing.T) (dir string, begin, end func(b *bench)) {
	dir = t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=32m"); err != nil {
		t.Logf("no disk of its own: %v; a limit of the process stands in", err)
		return failingWrites(t)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	begin = func(b *bench) {
		b.checkpoint(t)
		file, err := os.Create(ballast)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := io.Copy(file, endless{}); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Fatalf("filling the disk ended with %v", err)
		}
	}
	end = func(*bench) {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
	return dir, begin, end
}

// failingWrites lets every write to a file of this process fail.
func failingWrites(t *testing.T) (dir string, begin, end func(b *bench)) {
	var free syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	signal.Ignore(syscall.SIGXFSZ) // the write fails all the same
	t.Cleanup(func() { set(free); signal.Reset(syscall.SIGXFSZ) })
	begin = func(b *bench) {
		b.checkpoint(t)
		set(syscall.Rlimit{Cur: 1, Max: free.Max})
	}
	return t.TempDir(), begin, func(*bench) { set(free) }
}

// readOnly makes the writer's connection one that may not write.
func readOnly(t *testing.T) (dir string, begin, end func(b *bench)) {
	set := func(b *bench, value string) {
		if _, err := b.db.Writer().Exec("PRAGMA query_only = " + value); err != nil {
			t.Fatal(err)
		}
	}
	return t.TempDir(), func(b *bench) { set(b, "1") }, func(b *bench) { set(b, "0") }
}

// TestLockedDatabase: while another process holds the file, writing waits for as long as it may and then says that it could
// not; reading goes on.
func TestLockedDatabase(t *testing.T) {
	b := openBench(t)
	v := b.signedIn(t, "admin")
	other, err := sql.Open("sqlite", "file:"+b.settings.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	holder, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	acts := b.acts(t)[:rounds(1, 4)]
	var writing sync.WaitGroup
	for _, act := range acts {
		writing.Go(func() {
			if got := act.try(t, b, v); got != http.StatusServiceUnavailable {
				t.Errorf("%s in a locked database = %d, want 503", act.name, got)
			}
		})
	}
	reading, stop := context.WithCancel(t.Context())
	go func() { writing.Wait(); stop() }()
	for reading.Err() == nil {
		began := time.Now()
		v.get(t, "/payments", http.StatusOK)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("a page took %s while the database was locked", took)
		}
	}
	if _, err := holder.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for _, act := range acts {
		if got := act.try(t, b, v); got != act.done {
			t.Errorf("%s after the lock = %d, want %d", act.name, got, act.done)
		}
	}
	b.checkWhole(t)
}

// TestOutcomeThatCannotBeWrittenIsUnknown lets the disk fail between the call and the writing of its outcome: the person is
// not told that it went well, the effect stays one, and it is neither lost nor called a failure.
func TestOutcomeThatCannotBeWrittenIsUnknown(t *testing.T) {
	b := openBench(t)
	v := b.signedIn(t, "admin")
	_, begin, end := readOnly(t)
	if _, err := b.provider.Engine.Inject(sandbox.Fault{Kind: sandbox.Hang, AfterEffect: true, Method: http.MethodPost, Path: "/terminals/"}); err != nil {
		t.Fatal(err)
	}
	told := make(chan reply, 1)
	go func() {
		page := v.get(t, "/terminals/new", http.StatusOK)
		i := slices.IndexFunc(formsOf(page.body, "/terminals/new"), func(f pageForm) bool { return f.fields.Has("key") })
		a, err := v.ask(t.Context(), http.MethodPost, "/terminals/new", formsOf(page.body, "/terminals/new")[i].with(b.newTerminal(t, "4242424")))
		if err != nil {
			t.Error(err)
		}
		told <- a
	}()
	if _, err := b.provider.Engine.AwaitRequests(t.Context(), sandbox.Match{Method: http.MethodPost, Path: "/terminals/"}, 1); err != nil {
		t.Fatal(err)
	}
	begin(b)
	b.provider.Engine.Clear(0) // the connection breaks
	if got := <-told; got.status < 500 && !strings.HasPrefix(got.header.Get("Location"), "/terminals/commands/") {
		t.Errorf("an outcome that could not be written was answered with %d, Location %q", got.status, got.header.Get("Location"))
	}
	end(b)
	if _, err := b.commands.Recover(t.Context(), command.AtStart); err != nil {
		t.Fatal(err)
	}
	for number, c := range commandsByNumber(t, b.app) {
		if c.State != command.Unknown {
			t.Errorf("the creation of %s is %s, want unknown", number, c.State)
		}
	}
	if made := b.provider.Engine.Effects(pspreporting.EffectTerminalCreated); len(made) != 1 {
		t.Errorf("the provider created %d terminals, want 1", len(made))
	}
	v.get(t, "/terminals/commands", http.StatusOK)
	b.checkWhole(t)
}
