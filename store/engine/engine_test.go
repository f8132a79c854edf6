package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"payportal/store/engine"
)

// file makes a database with one table of numbers and their names.
func file(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), `CREATE TABLE numbers (n INTEGER PRIMARY KEY, name TEXT, data BLOB) STRICT;
		WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) INSERT INTO numbers SELECT n, 'نام ' || n, x'00ff' FROM c`, n)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func pool(t *testing.T, path string, size int) *engine.Pool {
	t.Helper()
	p := engine.NewPool(path, size)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func get(t *testing.T, ctx context.Context, p *engine.Pool) *engine.Conn { //nolint:revive // the test comes first
	t.Helper()
	c, err := p.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestValuesComeBack(t *testing.T) {
	t.Parallel()
	p := pool(t, file(t, 3), 1)
	for range 2 { // the second round uses the prepared statement again
		c := get(t, t.Context(), p)
		s, err := c.Prepare("SELECT n, name, data, NULL FROM numbers WHERE n >= ? AND name <> ?")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Bind(int64(2), "نام 3"); err != nil {
			t.Fatal(err)
		}
		ok, err := s.Step()
		if err != nil || !ok {
			t.Fatalf("Step = %v, %v, want a row", ok, err)
		}
		if n, name, data := s.Int(0), s.String(1), s.Blob(2); n != 2 || name != "نام 2" || string(data) != "\x00\xff" {
			t.Errorf("row = %d, %q, %x", n, name, data)
		}
		if s.Int(3) != 0 || s.Text(3) != nil || s.Blob(3) != nil {
			t.Errorf("NULL = %d, %q, %x, want nothing", s.Int(3), s.Text(3), s.Blob(3))
		}
		if ok, err := s.Step(); err != nil || ok {
			t.Errorf("second Step = %v, %v, want the end", ok, err)
		}
		c.Release()
	}
}

func TestReleaseEndsWhatWasLeftOpen(t *testing.T) {
	t.Parallel()
	p := pool(t, file(t, 3), 1)
	c := get(t, t.Context(), p)
	for range 2 { // the second goes on with the first
		if err := c.Snapshot(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Prepare("SELECT n FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Prepare("SELECT n FROM numbers"); err == nil {
		t.Error("a statement in use was given out again")
	}
	c.Release()
	c = get(t, t.Context(), p)
	defer c.Release()
	if err := c.Snapshot(); err != nil {
		t.Errorf("Snapshot after Release = %v, want a new one", err)
	}
}

func TestContextInterruptsALongStep(t *testing.T) {
	t.Parallel()
	p := pool(t, file(t, 3), 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	c := get(t, ctx, p)
	began := time.Now()
	err := c.Exec("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c") // has no end
	c.Release()
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Errorf("endless statement = %v after %v, want the deadline soon", err, time.Since(began))
	}
	c = get(t, t.Context(), p) // the interrupt does not reach the next user
	defer c.Release()
	if err := c.Exec("SELECT count(*) FROM numbers"); err != nil {
		t.Errorf("statement after the interrupt = %v", err)
	}
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	p := pool(t, file(t, 3), 1)
	c := get(t, t.Context(), p)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second Get = %v, want it to wait for the deadline", err)
	}
	c.Release()
	get(t, t.Context(), p).Release()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Get(t.Context()); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Get after Close = %v, want ErrClosed", err)
	}
}

func TestErrorsHaveTheirCode(t *testing.T) {
	t.Parallel()
	p := pool(t, filepath.Join(t.TempDir(), "missing", "a.db"), 1)
	for range 2 { // a failed opening gives its place back
		_, err := p.Get(t.Context())
		if e, ok := errors.AsType[*engine.Error](err); !ok || e.Code&0xff != 14 {
			t.Errorf("Get without a file = %v, want SQLITE_CANTOPEN", err)
		}
	}
	c := get(t, t.Context(), pool(t, file(t, 1), 1))
	defer c.Release()
	for sql, code := range map[string]int{"SELEC": 1, "DELETE FROM numbers": 8} {
		err := c.Exec(sql)
		if e, ok := errors.AsType[*engine.Error](err); !ok || e.Code&0xff != code || e.Msg == "" {
			t.Errorf("%s = %v, want code %d", sql, err, code)
		}
	}
}
