package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"payportal/internal/seal"
)

// newData makes a folder with a key, and the environment that names it and a database in it.
func newData(t *testing.T) (db string) {
	t.Helper()
	dir := t.TempDir()
	db = filepath.Join(dir, "portal.db")
	keyFile := filepath.Join(dir, "master.key")
	if err := os.WriteFile(keyFile, []byte(seal.GenerateKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORTAL_DB", db)
	t.Setenv("PORTAL_MASTER_KEY_FILE", keyFile)
	return db
}

// shell runs the program as a shell would.
func shell(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, streams{in: strings.NewReader(in), out: &out, err: &out})
	return out.String(), err
}

func mustShell(t *testing.T, in string, args ...string) string {
	t.Helper()
	out, err := shell(t, in, args...)
	if err != nil {
		t.Fatalf("portal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

const sandboxJSON = `{"name":"toman-sandbox","provider":"toman","environment":"sandbox",
 "base_urls":{"auth":"http://127.0.0.1:1","psp_reporting":"http://127.0.0.1:1"},
 "credentials":{"username":"u","password":"canary-password","client_id":"c","client_secret":"canary-secret"},"client_auth":"basic"}`

func TestPeopleOnTheCommandLine(t *testing.T) {
	newData(t)
	out := mustShell(t, "", "user", "add", "--role", "administrator", "mina")
	if !strings.Contains(out, "one-time password: ") {
		t.Fatalf("user add printed %q, want a one-time password", out)
	}
	if out, err := shell(t, "", "user", "add", "--role", "administrator", "MINA"); err == nil {
		t.Errorf("adding the same name in capitals printed %q, want an error", out)
	}
	if _, err := shell(t, "", "user", "add", "--role", "emperor", "omid"); err == nil || !strings.Contains(err.Error(), "roles") {
		t.Errorf("an unknown role gives %v, want an error at roles", err)
	}
	if _, err := shell(t, "", "user", "disable", "mina"); err == nil {
		t.Error("the last administrator could be disabled")
	}
	mustShell(t, "", "user", "add", "--role", "auditor", "armin")
	mustShell(t, "", "user", "reset", "armin")
	mustShell(t, "", "user", "disable", "armin")
	if _, err := shell(t, "", "user", "reset", "nobody"); err == nil {
		t.Error("resetting an unknown user gave no error")
	}
}

func TestConnectionsOnTheCommandLine(t *testing.T) {
	db := newData(t)
	mustShell(t, sandboxJSON, "connection", "add")
	if out := mustShell(t, "", "connection", "list"); !strings.Contains(out, "toman-sandbox") || strings.Contains(out, "canary") {
		t.Errorf("list printed %q, want the name and no secret", out)
	}
	out, err := shell(t, "", "connection", "test", "toman-sandbox")
	if !errors.Is(err, errTestFailed) || !strings.Contains(out, "failed") || !strings.Contains(out, "not_reached") {
		t.Errorf("test of a closed port gives %v and printed\n%s\nwant a failed step and steps that were not reached", err, out)
	}
	rotated := strings.ReplaceAll(sandboxJSON, "canary", "canary-two")
	if _, err := shell(t, rotated, "connection", "rotate", "toman-sandbox"); err == nil {
		t.Error("credentials that do not work were taken without --untested")
	}
	mustShell(t, rotated, "connection", "rotate", "--untested", "toman-sandbox")
	for _, bad := range []string{`{"name":"x"}`, `{`, strings.Replace(sandboxJSON, `"toman-sandbox"`, `"UPPER CASE"`, 1)} {
		if out, err := shell(t, bad, "connection", "add"); err == nil {
			t.Errorf("adding %q printed %q, want an error", bad, out)
		}
	}
	for _, suffix := range []string{"", "-wal"} {
		if content, err := os.ReadFile(db + suffix); err == nil && bytes.Contains(content, []byte("canary")) {
			t.Errorf("%s holds a credential in clear", filepath.Base(db+suffix))
		}
	}
}

func TestBackupRestoreAndAudit(t *testing.T) {
	db := newData(t)
	mustShell(t, "", "user", "add", "--role", "administrator", "mina")
	mustShell(t, sandboxJSON, "connection", "add")
	copied := filepath.Join(filepath.Dir(db), "copy.db")
	mustShell(t, "", "backup", copied)
	if _, err := shell(t, "", "backup", copied); err == nil {
		t.Error("a backup over an existing file gave no error")
	}
	out := mustShell(t, "", "restore-check", "--db", copied)
	if got, want := strings.Count(out, ": ok"), 4; got != want {
		t.Errorf("restore-check printed %q, want %d lines that are ok", out, want)
	}
	if out := mustShell(t, "", "audit", "verify", "--db", copied); !strings.Contains(out, "2 entries") {
		t.Errorf("audit verify printed %q, want 2 entries", out)
	}

	t.Setenv("PORTAL_MASTER_KEY_FILE", "")
	t.Setenv("PORTAL_MASTER_KEY", seal.GenerateKey())
	if _, err := shell(t, "", "restore-check", "--db", copied); err == nil {
		t.Error("restore-check accepted another master key")
	}
}

func TestStartOnARestoredCopyIsNoticedOnce(t *testing.T) {
	a := openTestApp(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	mustShell(t, "", "backup", copied)
	s := a.settings
	s.DB = copied
	for _, want := range []bool{true, false} {
		restored, err := openApp(t.Context(), s, a.log)
		if err != nil {
			t.Fatal(err)
		}
		got, err := restored.db.IsRestored(t.Context())
		if err != nil || got != want {
			t.Errorf("IsRestored = %v, %v, want %v", got, err, want)
		}
		if err := restored.recoverAtStart(t.Context()); err != nil {
			t.Error(err)
		}
		if err := restored.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMasterKeyRotation(t *testing.T) {
	db := newData(t)
	mustShell(t, sandboxJSON, "connection", "add")
	old, err := os.ReadFile(os.Getenv("PORTAL_MASTER_KEY_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	anew := seal.GenerateKey()
	t.Setenv("PORTAL_MASTER_KEY_FILE", "")
	t.Setenv("PORTAL_MASTER_KEY", anew+","+string(old))
	out := mustShell(t, "", "connection", "reseal")
	if !strings.Contains(out, "sealed 6 secrets") { // the keys of the audit chain and of inquired numbers, the connection's four credentials
		t.Errorf("reseal printed %q, want 6 secrets", out)
	}
	t.Setenv("PORTAL_MASTER_KEY", anew)
	mustShell(t, "", "restore-check", "--db", db)
	t.Setenv("PORTAL_MASTER_KEY", string(old))
	if _, err := shell(t, "", "restore-check", "--db", db); err == nil {
		t.Error("the old key still opens the database")
	}
}

func TestConfigurationNamesEveryProblemAtOnce(t *testing.T) {
	_, err := shell(t, "", "config", "check", "--db", "/no/such/folder/x.db", "--listen", "nonsense", "--listen-hooks", "x",
		"--public-url", "http://portal.example", "--trusted-proxies", "10.0.0.1", "--time-zone", "Mars/Olympus",
		"--session-idle", "10s", "--session-lifetime", "48h", "--master-key", "short")
	if err == nil {
		t.Fatal("config check accepted nonsense")
	}
	for _, flag := range []string{
		"--db", "--listen:", "--listen-hooks", "--public-url", "--trusted-proxies", "--time-zone", "--session-idle",
		"--session-lifetime", "--master-key",
	} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("the problem with %s is not named in:\n%v", flag, err)
		}
	}
	newData(t)
	mustShell(t, "", "config", "check")
}

func TestPublicURL(t *testing.T) {
	tests := []struct{ url, listen, want string }{
		{"", "localhost:8080", "http://localhost:8080"},
		{"", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"", "0.0.0.0:8080", ""},
		{"", ":8080", ""},
		{"https://portal.example", ":8080", "https://portal.example"},
		{"https://portal.example/", ":8080", "https://portal.example"},
		{"http://portal.example", ":8080", ""},
		{"http://localhost:8080", ":8080", "http://localhost:8080"},
		{"https://portal.example/path", ":8080", ""},
		{"https://user@portal.example", ":8080", ""},
		{"portal.example", ":8080", ""},
	}
	for _, tt := range tests {
		u, err := publicURL(tt.url, tt.listen)
		got := ""
		if err == nil {
			got = u.String()
		}
		if got != tt.want {
			t.Errorf("publicURL(%q, %q) = %q, %v, want %q", tt.url, tt.listen, got, err, tt.want)
		}
	}
}

// openTestApp opens an app that listens on free ports.
func openTestApp(t *testing.T) *app {
	t.Helper()
	db := newData(t)
	s, err := config{
		dataConfig: dataConfig{DB: db, MasterKeyFile: os.Getenv("PORTAL_MASTER_KEY_FILE")},
		Listen:     "127.0.0.1:0", ListenCheckout: "127.0.0.1:0", ListenHooks: "127.0.0.1:0", ListenMetrics: "127.0.0.1:0",
		SecondFactor: "required", SessionIdle: 15 * time.Minute, SessionLifetime: 8 * time.Hour, Language: "en",
		TimeZone: "Asia/Tehran", ShutdownTimeout: 5 * time.Second,
	}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	a, err := openApp(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text.String()
}

func TestSurfacesAnswerApartAndStopGracefully(t *testing.T) {
	a := openTestApp(t)
	if err := a.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx) }()

	staff, checkout, hooks, metrics := a.surfaces[0].address(), a.surfaces[1].address(), a.surfaces[2].address(), a.surfaces[3].address()
	for url, want := range map[string]int{
		staff + "/healthz": 200, staff + "/readyz": 200, staff + "/sign-in": 200, staff + "/metrics": 404,
		checkout + "/healthz": 200, checkout + "/sign-in": 404, hooks + "/healthz": 200, hooks + "/sign-in": 404,
		metrics + "/metrics": 200, metrics + "/sign-in": 404,
	} {
		if got, _ := get(t, "http://"+url); got != want {
			t.Errorf("GET %s = %d, want %d", url, got, want)
		}
	}
	if _, text := get(t, "http://"+metrics+"/metrics"); !strings.Contains(text, `route="GET /sign-in"`) {
		t.Error("the metrics do not tell of the sign-in page")
	}
	mustShell(t, "", "healthcheck", "--url", "http://"+staff)

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("run = %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the portal does not stop")
	}
	if _, err := shell(t, "", "healthcheck", "--url", "http://"+staff); err == nil {
		t.Error("healthcheck of a stopped portal gave no error")
	}
}

func TestOnePortalADatabase(t *testing.T) {
	a := openTestApp(t)
	if second, err := openApp(t.Context(), a.settings, a.log); err == nil {
		t.Errorf("a second portal opened the same database")
		_ = second.close()
	}
}

func TestSetupLinkIsOfferedUntilSomebodyCanSignIn(t *testing.T) {
	a := openTestApp(t)
	var log bytes.Buffer
	a.log = newLogger(&log, slog.LevelInfo)
	if err := a.offerSetup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "/setup/") {
		t.Errorf("log = %q, want a link", log.String())
	}
	mustShell(t, "", "user", "add", "--role", "administrator", "mina")
	log.Reset()
	if err := a.offerSetup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log.Len() != 0 {
		t.Errorf("log = %q, want nothing once there is an administrator", log.String())
	}
}
