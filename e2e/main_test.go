// Package e2e holds the journeys: a real browser against the real program. The program is built once and started as
// its own process, the providers are the sandbox, and all traffic stays on loopback. A missing browser or driver is an
// error, never a skip.
package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

var (
	// tempDir holds the program and the data of the demos that several tests use.
	tempDir string
	// binary is the program under test.
	binary string
	// chromium is the one browser of all tests; each has a context of its own.
	chromium playwright.Browser
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if tempDir, err = os.MkdirTemp("", "payportal-e2e"); err != nil {
		return failed(err)
	}
	defer os.RemoveAll(tempDir)
	binary = filepath.Join(tempDir, "portal")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/portal").CombinedOutput(); err != nil {
		return failed(fmt.Errorf("build the program: %w\n%s", err, out))
	}
	stop, err := startBrowser()
	if err != nil {
		return failed(err)
	}
	defer stop()
	code := m.Run()
	if err := errors.Join(shared.end(), furnished.end()); err != nil {
		return failed(err)
	}
	return code
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "e2e:", err)
	return 1
}

// startBrowser starts the driver and Chromium. The flags keep it quiet on a machine without a network.
func startBrowser() (stop func(), err error) {
	executable := os.Getenv("PORTAL_TEST_CHROMIUM")
	if executable == "" {
		return nil, fmt.Errorf("PORTAL_TEST_CHROMIUM does not name a Chromium: run the browser tests with make journeys")
	}
	driver, err := playwright.Run(&playwright.RunOptions{SkipInstallBrowsers: true})
	if err != nil {
		return nil, fmt.Errorf("start the browser driver (make journeys installs it): %w", err)
	}
	chromium, err = driver.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: &executable,
		Args: []string{
			"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", executable, err)
	}
	return func() {
		_ = chromium.Close()
		_ = driver.Stop()
	}, nil
}

// process is a running portal.
type process struct {
	cmd *exec.Cmd
	// url is the address of the staff portal, sandbox that of the sandbox's control, both without a slash at the end.
	url, sandbox string
	log          *tail
	// gone is closed when the process has ended.
	gone chan struct{}
}

// tail keeps the end of what a process has printed, for the failure of a test.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write keeps the last 64 kB.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if len(t.text) > 64<<10 {
		t.text = t.text[len(t.text)-64<<10:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// startProcess runs the program and waits until ready has found in its output what it looks for.
func startProcess(env []string, ready func(p *process, line string) bool, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(binary, args...), log: &tail{}, gone: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	out, in := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	found := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		var once sync.Once
		for lines.Scan() {
			fmt.Fprintln(p.log, lines.Text())
			if ready(p, lines.Text()) {
				once.Do(func() { close(found) })
			}
		}
	}()
	go func() {
		_ = p.cmd.Wait() // how it ended is in its output
		in.Close()
		close(p.gone)
	}()
	select {
	case <-found:
		return p, nil
	case <-p.gone:
		return nil, fmt.Errorf("%v ended before it was ready\n%s", args, p.log)
	case <-time.After(60 * time.Second):
		p.kill()
		return nil, fmt.Errorf("%v was not ready in time\n%s", args, p.log)
	}
}

// stop ends the process gracefully, or by force when it does not.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(20 * time.Second):
		p.kill()
	}
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// standing is a demo that several tests use; the first one starts it.
type standing struct {
	once    sync.Once
	process *process
	err     error
}

// shared is for journeys that do not disturb each other, furnished for those that look at all pages.
var shared, furnished standing

// start gives the demo, which runs until all tests have ended.
func (s *standing) start(t *testing.T) *process {
	t.Helper()
	s.once.Do(func() {
		dir, err := os.MkdirTemp(tempDir, "demo")
		if err != nil {
			s.err = err
			return
		}
		s.process, s.err = startDemo(filepath.Join(dir, "demo.db"))
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.process
}

// end stops the demo and tells what browsers have reported to it.
func (s *standing) end() error {
	if s.process == nil {
		return nil
	}
	s.process.stop()
	if strings.Contains(s.process.log.String(), "content security policy violated") {
		return fmt.Errorf("browsers reported violations of the content security policy:\n%s", s.process.log)
	}
	return nil
}

// demo is the address of the shared demo.
func demo(t *testing.T) *process {
	t.Helper()
	return shared.start(t)
}

// ownDemo is a demo for one test that changes it.
func ownDemo(t *testing.T, args ...string) *process {
	t.Helper()
	p, err := startDemo(filepath.Join(t.TempDir(), "demo.db"), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

// startDemo runs portal demo on free ports.
func startDemo(db string, more ...string) (*process, error) {
	args := append([]string{
		"demo", "--db", db, "--listen", "localhost:0", "--checkout", "127.0.0.1:0", "--hooks", "127.0.0.1:0",
		"--sandbox", "127.0.0.1:0,127.0.0.1:0,127.0.0.1:0,127.0.0.1:0", "--live", "0", "--payments", "6000",
	}, more...)
	return startProcess(nil, demoReady, args...)
}

// demoReady reads the addresses of a demo from its greeting and tells when it is complete.
func demoReady(p *process, line string) bool {
	if _, address, ok := strings.Cut(line, "Payportal demo: "); ok {
		p.url = address
	}
	if _, rest, ok := strings.Cut(line, "takes faults at "); ok {
		p.sandbox, _, _ = strings.Cut(rest, "/_control/")
	}
	return strings.HasPrefix(line, "The data is in")
}

// logged reads a field of a JSON log line with a message; "" when it is another line.
func logged(line, message, field string) string {
	var entry map[string]any
	if json.Unmarshal([]byte(line), &entry) != nil || entry["msg"] != message {
		return ""
	}
	value, _ := entry[field].(string)
	return value
}
