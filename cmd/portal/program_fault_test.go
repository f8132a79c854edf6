package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary the program: a process that can be killed, with the code that is under test.
const asProgram = "PORTAL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process is a portal of its own.
type process struct {
	cmd *exec.Cmd
	// url is the address of the staff surface, without a slash at the end.
	url string
	// gone is closed when the process has ended; err is then how.
	gone chan struct{}
	err  error

	mu  sync.Mutex
	log strings.Builder
}

// spawn starts a command of the program and does not wait.
func spawn(env []string, args ...string) (*process, <-chan string, error) {
	p := &process{cmd: exec.Command(os.Args[0], args...), gone: make(chan struct{})}
	p.cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	out, in := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.cmd.Start(); err != nil {
		return nil, nil, err
	}
	address, read := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			p.keep(lines.Text())
			if at := listensAt(lines.Text()); at != "" {
				address <- at
			}
		}
		_, _ = io.Copy(io.Discard, out) // a line that is too long must not hold the program up
	}()
	go func() {
		p.err = p.cmd.Wait()
		in.Close()
		<-read
		close(p.gone)
	}()
	return p, address, nil
}

// listensAt reads the address of the staff surface from a line of the log.
func listensAt(line string) string {
	var entry struct{ Msg, Surface, Address string }
	if json.Unmarshal([]byte(line), &entry) != nil || entry.Msg != "listening" || entry.Surface != "staff" {
		return ""
	}
	return entry.Address
}

func (p *process) keep(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(&p.log, line)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// serve starts `portal serve` on a database and waits until it answers.
func (b *bench) serve(t testing.TB, env ...string) *process {
	t.Helper()
	p, address, err := spawn(append([]string{"PORTAL_MASTER_KEY=" + b.key, "PORTAL_DB=" + b.settings.DB}, env...),
		"serve", "--listen", "127.0.0.1:0", "--listen-checkout", "127.0.0.1:0", "--listen-hooks", "127.0.0.1:0", "--listen-metrics", "",
		"--second-factor", "offered", "--shutdown-timeout", "10s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	select {
	case at := <-address:
		p.url = "http://" + at
	case <-p.gone:
		t.Fatalf("the portal does not start: %v\n%s", p.err, p.text())
	case <-time.After(time.Minute):
		t.Fatalf("the portal is not there after a minute\n%s", p.text())
	}
	return p
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.gone
}

// stop ends the process as an operator would, and wants it to end well.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.gone:
	case <-time.After(30 * time.Second):
		p.kill()
		t.Fatalf("the portal does not stop\n%s", p.text())
	}
	if p.err != nil {
		t.Errorf("the portal stopped with %v\n%s", p.err, p.text())
	}
}

// network is how a browser reaches a process: without kept connections, so that no request meets the end of another life.
func network() http.RoundTripper { return &http.Transport{DisableKeepAlives: true} }

// at moves a browser, with its cookies, to the address of another life.
func (v *visitor) at(url string) *visitor {
	moved := *v
	client := *v.client
	client.Transport = network()
	moved.base, moved.client = url, &client
	return &moved
}
