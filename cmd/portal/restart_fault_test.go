package main

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"payportal/internal/access"
	"payportal/internal/seal"
	"payportal/store"
)

// TestKilledWhileMigrating is R27: whenever the program is killed in its first start, the file has the schema of one
// version, whole, and the next start finishes it. A file of a newer program is refused.
func TestKilledWhileMigrating(t *testing.T) {
	wholes := schemas(t)
	b := &bench{key: seal.GenerateKey(), said: &transcript{}}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	started := func(file string) (*process, time.Duration) {
		b.app = &app{settings: settings{config: config{dataConfig: dataConfig{DB: file}}}}
		began := time.Now()
		return b.serve(t), time.Since(began)
	}
	p, whole := started(filepath.Join(t.TempDir(), "portal.db"))
	p.stop(t)
	final := schemaOf(t, b.settings.DB, "")

	met := map[int64]int{}
	for range rounds(16, 200) {
		file := filepath.Join(t.TempDir(), "portal.db")
		killed, _, err := spawn([]string{"PORTAL_MASTER_KEY=" + b.key, "PORTAL_DB=" + file}, "serve", "--listen", "127.0.0.1:0",
			"--listen-checkout", "127.0.0.1:0", "--listen-hooks", "127.0.0.1:0", "--listen-metrics", "")
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-time.After(time.Duration(random.Int64N(int64(whole) * 5 / 4))):
		case <-killed.gone:
		}
		killed.kill()
		if version := versionOf(t, file); version > 0 {
			met[version]++
			if got := schemaOf(t, file, "AND name NOT LIKE 'river%'"); got != wholes[version] {
				t.Errorf("killed at version %d, the file has another schema:\n%s\nwant\n%s", version, got, wholes[version])
			}
		} else {
			met[0]++
		}
		p, _ := started(file)
		p.stop(t)
		if got := schemaOf(t, file, ""); got != final {
			t.Errorf("the start after a kill made another schema:\n%s\nwant\n%s", got, final)
		}
	}
	t.Logf("kills by the version they left: %v; a start takes %s", met, whole.Round(time.Millisecond))

	db := raw(t, b.settings.DB)
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	refused, _, err := spawn([]string{"PORTAL_MASTER_KEY=" + b.key, "PORTAL_DB=" + b.settings.DB}, "serve", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-refused.gone:
	case <-time.After(time.Minute):
		refused.kill()
	}
	if refused.err == nil || !strings.Contains(refused.text(), "newer program") {
		t.Errorf("a file of a newer program: %v\n%s", refused.err, refused.text())
	}
}

// raw opens a file as it is.
func raw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// schemas gives the whole schema of each version.
func schemas(t *testing.T) map[int64]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "steps.db")
	steps, err := goose.NewProvider(goose.DialectSQLite3, raw(t, file), os.DirFS("../../store/migrations"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[int64]string{}
	for _, source := range steps.ListSources() {
		if _, err := steps.UpTo(t.Context(), source.Version); err != nil {
			t.Fatal(err)
		}
		found[source.Version] = schemaOf(t, file, "AND name NOT LIKE 'river%'")
	}
	return found
}

func schemaOf(t *testing.T, file, but string) string {
	t.Helper()
	rows, err := raw(t, file).Query("SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite%' " + but + " ORDER BY type, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var text strings.Builder
	for rows.Next() {
		var kind, name, made string
		if err := rows.Scan(&kind, &name, &made); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s %s: %s\n", kind, name, made)
	}
	return text.String()
}

// versionOf is the version of a file's schema, 0 for none.
func versionOf(t *testing.T, file string) (version int64) {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		return 0
	}
	db := raw(t, file)
	var tables int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables == 0 {
		return 0
	}
	if err := db.QueryRow("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

// TestTornWAL is R4: however the end of the WAL is cut or damaged, the file opens as it was at one of its commits.
func TestTornWAL(t *testing.T) {
	b := openBenchOn(t, benchKind)
	by := access.CommandLine("test")
	if err := b.seedUser(t.Context(), by, "sara", "Sara", "en", access.Finance); err != nil {
		t.Fatal(err)
	}
	b.checkpoint(t)
	first := b.entries(t)
	sara, err := userNamed(t.Context(), b.access.People, "sara")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		theme := []string{"dark", "light"}[n%2]
		if err := b.db.SavePreferences(t.Context(), sara.ID, access.Preferences{Theme: theme}, entryOf(by, "user.preferences", sara)); err != nil {
			t.Fatal(err)
		}
	}
	last := b.entries(t)
	base, wal := mustRead(t, b.settings.DB), mustRead(t, b.settings.DB+"-wal")
	random := rand.New(rand.NewPCG(3, 3))
	found := map[int64]int{}
	dir := t.TempDir()
	for n := range max(rounds(80, 10_000), 20) {
		file := filepath.Join(dir, fmt.Sprint(n, ".db"))
		torn := damaged(random, wal)
		if err := errors.Join(os.WriteFile(file, base, 0o600), os.WriteFile(file+"-wal", torn, 0o600)); err != nil {
			t.Fatal(err)
		}
		count, err := openTorn(t, file, b.settings.keys)
		if err != nil {
			t.Fatalf("trial %d: %v", n, err)
		}
		if count < first || count > last {
			t.Errorf("trial %d has %d entries, want %d to %d", n, count, first, last)
		}
		found[count]++
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(file + suffix)
		}
	}
	if len(found) < 8 {
		t.Errorf("only %d states were found: the damage does not reach the commits", len(found))
	}
}

// damaged cuts a WAL, or changes a few of its bits.
func damaged(random *rand.Rand, wal []byte) []byte {
	torn := append([]byte(nil), wal...)
	if random.IntN(2) == 0 {
		return torn[:random.IntN(len(torn))]
	}
	for range 1 + random.IntN(3) {
		torn[random.IntN(len(torn))] ^= 1 << random.IntN(8)
	}
	return torn
}

// openTorn opens a file as the portal would and checks everything that can be checked.
func openTorn(t *testing.T, file string, keys *seal.Keyring) (entries int64, err error) {
	db, err := store.Open(t.Context(), file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := errors.Join(db.Ready(t.Context()), db.UseKeys(t.Context(), keys), db.CheckIntegrity(t.Context())); err != nil {
		return 0, err
	}
	chain, err := verifyAudit(t.Context(), db)
	return chain.Count, err
}

// entries counts the audit trail.
func (b *bench) entries(t *testing.T) int64 {
	t.Helper()
	chain, err := verifyAudit(t.Context(), b.db)
	if err != nil {
		t.Fatal(err)
	}
	return chain.Count
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestStopUnderLoad is R22: a portal that is told to stop finishes every answer that it has begun, within its time.
func TestStopUnderLoad(t *testing.T) {
	b := openBench(t)
	v := b.signedIn(t, "finance")
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	var whole, broken atomic.Int64
	for range rounds(4, 100) {
		p := b.serve(t)
		var asking sync.WaitGroup
		for _, path := range []string{"/payments", "/payments/export.csv", "/payments/export.xlsx", "/", "/terminals", "/reports"} {
			asking.Go(func() {
				reader := v.at(p.url)
				for {
					a, err := reader.ask(t.Context(), http.MethodGet, path, nil)
					switch {
					case err == nil && a.status == http.StatusOK:
						whole.Add(1)
					case err == nil:
						t.Errorf("GET %s = %d in the midst of a stop", path, a.status)
						return
					case a.status != 0:
						broken.Add(1)
						return
					default: // it was not listening any more
						return
					}
				}
			})
		}
		awaited := whole.Load() + 6
		for end := time.Now().Add(20 * time.Second); whole.Load() < awaited && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		}
		began := time.Now()
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		<-p.gone
		if took := time.Since(began); p.err != nil || took > 15*time.Second {
			t.Errorf("the stop took %s and ended with %v\n%s", took, p.err, p.text())
		}
		asking.Wait()
	}
	t.Logf("%d answers whole, %d broken", whole.Load(), broken.Load())
	if broken.Load() > 0 {
		t.Errorf("%d answers were broken off by a graceful stop", broken.Load())
	}
}
