package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"payportal/provider/sandbox/toman"
	"payportal/store/storetest"
)

// site is everything that the figures need: the programs, built; a database of a million payments with a connection and
// a user; the provider behind the connection.
type site struct {
	dir                     string
	portal, floor, provider string // paths of the programs
	db, key                 string
	password                string         // of benchUser
	jar                     http.CookieJar // of a browser in which benchUser has signed in
	upstream                *daemon
	addresses               toman.Toman // of upstream
}

const benchUser = "bench"

func openSite(b *testing.B) *site {
	b.Helper()
	s := &site{dir: b.TempDir(), key: storetest.MasterKey, password: "measured many times"}
	s.build(b)
	million, err := storetest.MillionFile(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s.db = filepath.Join(s.dir, "portal.db")
	copyFile(b, million, s.db)
	s.upstream, s.addresses = s.provide(b, 2000)
	s.jar = s.prepare(b, s.db, s.addresses)
	return s
}

// build makes the programs: the portal as a release is built, and the test binaries that can be the floor and the provider.
func (s *site) build(b *testing.B) {
	b.Helper()
	for _, program := range []struct {
		path *string
		args []string
	}{
		{&s.portal, []string{"build", "-tags", "grpcnotrace", "-gcflags", "payportal/templates/...=-l", "-gcflags", "payportal/templates/payments=", "-trimpath", "-ldflags", "-s -w", "-o", "portal", "payportal/cmd/portal"}},
		{&s.floor, []string{"test", "-c", "-o", "floor", "payportal/web"}},
		{&s.provider, []string{"test", "-c", "-o", "provider", "payportal/provider/sandbox/toman"}},
	} {
		at := &program.args[len(program.args)-2]
		*at = filepath.Join(s.dir, *at)
		*program.path = *at
		if out, err := exec.Command("go", program.args...).CombinedOutput(); err != nil {
			b.Fatalf("go %s: %v\n%s", strings.Join(program.args, " "), err, out)
		}
	}
}

// provide starts a provider with that many payments in a process of its own.
func (s *site) provide(b *testing.B, payments int) (*daemon, toman.Toman) {
	b.Helper()
	command := exec.Command(s.provider)
	command.Env = append(os.Environ(), "PORTAL_BENCH_PROVIDER="+strconv.Itoa(payments))
	alive, err := command.StdinPipe() // it ends with us
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = alive.Close() })
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	d := launch(b, command)
	var addresses toman.Toman
	if err := json.NewDecoder(out).Decode(&addresses); err != nil {
		b.Fatalf("the provider does not start: %v", err)
	}
	return d, addresses
}

// prepare gives a database its user and its connection, as an operator does, and signs in. The session outlives the process
// that began it.
func (s *site) prepare(b *testing.B, db string, provider toman.Toman) http.CookieJar {
	b.Helper()
	out := s.command(b, db, "", "user", "add", "--role", "finance", benchUser)
	_, given, _ := strings.Cut(strings.TrimSpace(out), "one-time password: ")
	definition, err := json.Marshal(map[string]any{
		"name": "toman", "provider": "toman", "environment": "sandbox", "client_auth": "basic",
		"base_urls": map[string]string{"auth": provider.AuthURL, "psp_reporting": provider.PSPReportingURL, "inquiry": provider.InquiryURL}, "concurrency": 32,
		"credentials": map[string]string{"username": toman.Username, "password": toman.Password, "client_id": toman.ClientID, "client_secret": toman.ClientSecret},
	})
	if err != nil {
		b.Fatal(err)
	}
	p := s.serve(b, db)
	defer p.stop(b)
	v := newVisitor(p.url, p.network)
	v.post(b, "/sign-in", http.StatusSeeOther, url.Values{"username": {benchUser}, "password": {given}})
	v.post(b, "/account/password", http.StatusSeeOther, url.Values{"password": {given}, "new_password": {s.password}, "repeat_password": {s.password}})
	p.stop(b)
	s.command(b, db, string(definition), "connection", "add")
	return v.client.Jar
}

// command runs a command of the portal to its end.
func (s *site) command(b *testing.B, db, in string, args ...string) string {
	b.Helper()
	command := exec.Command(s.portal, args...)
	command.Env, command.Stdin = s.environment(db), strings.NewReader(in)
	out, err := command.CombinedOutput()
	if err != nil {
		b.Fatalf("portal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (s *site) environment(db string) []string {
	return append(os.Environ(), "PORTAL_MASTER_KEY="+s.key, "PORTAL_DB="+db, "PORTAL_LISTEN_CHECKOUT=127.0.0.1:0", "PORTAL_LISTEN_HOOKS=127.0.0.1:0", "PORTAL_LISTEN_METRICS=", "PORTAL_SECOND_FACTOR=offered")
}

// serve starts the portal on a database and waits for its first page. Its log goes to a file, at the level of real use.
func (s *site) serve(b *testing.B, db string) *daemon {
	b.Helper()
	address := freeAddress(b)
	command := exec.Command(s.portal, "serve", "--listen", address)
	command.Env = s.environment(db)
	return launchServer(b, command, address, "/sign-in")
}

// serveFloor starts the floor.
func (s *site) serveFloor(b *testing.B) *daemon {
	b.Helper()
	address := freeAddress(b)
	command := exec.Command(s.floor)
	command.Env = append(os.Environ(), "PORTAL_BENCH_FLOOR="+address)
	return launchServer(b, command, address, "/")
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}

// daemon is a process that is measured.
type daemon struct {
	command *exec.Cmd
	url     string
	network *http.Transport // to it
	log     string          // the file with what it says
	ready   time.Duration   // from its start to its first page
	gone    chan struct{}
}

// launch starts a process; it ends with the benchmark.
func launch(b *testing.B, command *exec.Cmd) *daemon {
	b.Helper()
	said, err := os.CreateTemp(b.TempDir(), "log")
	if err != nil {
		b.Fatal(err)
	}
	defer said.Close()
	command.Stderr = said
	d := &daemon{command: command, network: keepAlive(), log: said.Name(), gone: make(chan struct{})}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	go func() {
		_ = command.Wait() // how it ended is of no interest: a figure that needs it fails by itself
		close(d.gone)
	}()
	b.Cleanup(func() {
		_ = command.Process.Kill() // it may be gone already
		<-d.gone
	})
	return d
}

// launchServer starts a server and waits until it answers a page.
func launchServer(b *testing.B, command *exec.Cmd, address, page string) *daemon {
	b.Helper()
	began := time.Now()
	d := launch(b, command)
	d.url = "http://" + address
	for answers := false; !answers; time.Sleep(200 * time.Microsecond) {
		answers = firstPage(b.Context(), d.url+page)
		d.ready = time.Since(began)
		if d.ready > time.Minute {
			b.Fatalf("%s does not answer\n%s", command.Path, d.said())
		}
	}
	return d
}

func firstPage(ctx context.Context, page string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return false
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}

// stop ends the process as an operator would. Stopping twice is fine.
func (d *daemon) stop(b *testing.B) {
	b.Helper()
	_ = d.command.Process.Signal(syscall.SIGTERM) // it may be gone already
	select {
	case <-d.gone:
	case <-time.After(30 * time.Second):
		b.Fatalf("%s does not stop\n%s", d.command.Path, d.said())
	}
}

// said is the end of its log.
func (d *daemon) said() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

// clockTick is the unit of processor times in /proc: 100 a second on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// cpu is the processor time that the process has used, in user and system mode.
func (d *daemon) cpu(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.command.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third one on
	var ticks time.Duration
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += time.Duration(n)
	}
	return ticks * clockTick
}

// memory is the process's own memory in bytes: RssAnon, without what is mapped from files.
func (d *daemon) memory(b *testing.B) int64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.command.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	var kilobytes int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes << 10
}

// visit is the browser that signed in before the process began.
func (d *daemon) visit(jar http.CookieJar) *visitor {
	v := newVisitor(d.url, d.network)
	v.client.Jar = jar
	return v
}
