// Package engine reads the database straight from the SQLite engine, for the few queries where database/sql's row
// scanning costs more than the query itself: list pages, totals and exports of payments (docs/adr/0007). It opens its own
// read-only connections to the same file, keeps their statements prepared and hands out column values without allocating.
// It writes nothing and knows no table. Only the store may import it.
package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrClosed means that the pool was closed.
var ErrClosed = errors.New("engine: pool is closed")

// Error is a result code of SQLite other than success.
type Error struct {
	// Code is the extended result code.
	Code int
	Msg  string
}

// Error gives SQLite's message and the code.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Msg, e.Code) }

// busyTimeout is how long, in milliseconds, a statement waits for a lock; readers of a WAL hardly ever do.
const busyTimeout = 5000

// Pool is a set of connections, opened when they are first needed. Its methods may be called by many goroutines.
type Pool struct {
	path string
	free chan struct{} // one token for each connection that may be in use

	mu     sync.Mutex
	idle   []*Conn // last in, first out: few connections stay warm
	closed bool
}

// NewPool prepares a pool of at most size connections to the file at path, which must exist when the first one is used.
func NewPool(path string, size int) *Pool {
	p := &Pool{path: path, free: make(chan struct{}, size)}
	for range size {
		p.free <- struct{}{}
	}
	return p
}

// Get waits for a connection; the caller releases it. It fails with ctx's error, ErrClosed or an *Error.
func (p *Pool) Get(ctx context.Context) (*Conn, error) {
	select {
	case <-p.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.take()
	if err != nil {
		p.free <- struct{}{}
		return nil, err
	}
	c.watch(ctx)
	return c, nil
}

func (p *Pool) take() (*Conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return open(p)
}

// Close closes the idle connections now and those in use when they are released.
func (p *Pool) Close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
	return nil
}

// Conn is one connection, used by one goroutine at a time.
type Conn struct {
	pool    *Pool
	tls     *libc.TLS
	db      uintptr
	out     uintptr // eight bytes for results by pointer
	stmts   map[string]*Stmt
	ctx     context.Context
	unwatch func() bool
	watched chan struct{} // closed when an interrupt that began is over
}

func open(p *Pool) (*Conn, error) {
	c := &Conn{pool: p, tls: libc.NewTLS(), stmts: map[string]*Stmt{}}
	c.out = libc.Xmalloc(c.tls, 8)
	name, err := libc.CString(p.path)
	if c.out == 0 || err != nil {
		c.close()
		return nil, errors.New("engine: out of memory")
	}
	defer libc.Xfree(c.tls, name)
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out, sqlite3.SQLITE_OPEN_READONLY|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	c.db = c.result()
	if rc != sqlite3.SQLITE_OK {
		defer c.close()
		return nil, c.err(rc)
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, busyTimeout)
	return c, c.Exec("PRAGMA temp_store=MEMORY")
}

// result reads the pointer that a call left in out.
func (c *Conn) result() uintptr {
	b := libc.GoBytes(c.out, bits.UintSize/8)
	if bits.UintSize == 32 {
		return uintptr(binary.NativeEndian.Uint32(b))
	}
	return uintptr(binary.NativeEndian.Uint64(b))
}

// watch interrupts the running statement when ctx ends.
func (c *Conn) watch(ctx context.Context) {
	c.ctx = ctx
	if ctx.Done() == nil {
		c.unwatch = nil
		return
	}
	over := make(chan struct{})
	c.watched = over
	c.unwatch = context.AfterFunc(ctx, func() {
		defer close(over)
		tls := libc.NewTLS() // a TLS must not be shared with the goroutine that runs the statement
		sqlite3.Xsqlite3_interrupt(tls, c.db)
		tls.Close()
	})
}

// Release gives the connection back, with its statements reset and its transaction ended.
func (c *Conn) Release() {
	if c.unwatch != nil && !c.unwatch() {
		<-c.watched
	}
	for _, s := range c.stmts {
		if s.active {
			s.Reset()
		}
	}
	healthy := true
	if sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0 {
		c.ctx, c.unwatch = context.Background(), nil
		healthy = c.Exec("ROLLBACK") == nil
	}
	c.ctx, c.unwatch, c.watched = nil, nil, nil
	c.pool.put(c, healthy)
}

func (p *Pool) put(c *Conn, healthy bool) {
	p.mu.Lock()
	keep := healthy && !p.closed
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.close()
	}
	p.free <- struct{}{}
}

func (c *Conn) close() {
	for _, s := range c.stmts {
		sqlite3.Xsqlite3_finalize(c.tls, s.handle)
	}
	if c.db != 0 {
		sqlite3.Xsqlite3_close_v2(c.tls, c.db)
	}
	if c.out != 0 {
		libc.Xfree(c.tls, c.out)
	}
	c.tls.Close()
}

// Exec runs a statement that has no parameters to its end.
func (c *Conn) Exec(sql string) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Reset()
	for {
		if more, err := s.Step(); err != nil || !more {
			return err
		}
	}
}

// Snapshot begins a read transaction: every statement until Release sees the database as of the first one. A second call goes
// on with the first's.
func (c *Conn) Snapshot() error {
	if sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0 {
		return nil
	}
	return c.Exec("BEGIN")
}

// Prepare gives the connection's statement of that text, prepared once. It must be reset before it is used again.
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	if s, ok := c.stmts[sql]; ok {
		if s.active {
			return nil, errors.New("engine: statement is in use: " + sql)
		}
		return s, nil
	}
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, c.out, 0)
	if rc != sqlite3.SQLITE_OK {
		return nil, c.err(rc)
	}
	s := &Stmt{c: c, handle: c.result()}
	c.stmts[sql] = s
	return s, nil
}

// err makes the error of a result code; an interrupt is the context's own error.
func (c *Conn) err(rc int32) error {
	if rc == sqlite3.SQLITE_INTERRUPT && c.ctx != nil && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	return &Error{Code: int(rc), Msg: libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// Stmt is a prepared statement of one connection.
type Stmt struct {
	c      *Conn
	handle uintptr
	texts  []uintptr // bound texts, freed by Reset
	active bool
}

// Bind sets the parameters in order; each is an int64 or a string.
func (s *Stmt) Bind(args ...any) error {
	s.active = true
	for i, arg := range args {
		if err := s.bind(int32(i+1), arg); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stmt) bind(position int32, arg any) error {
	var rc int32
	switch v := arg.(type) {
	case int64:
		rc = sqlite3.Xsqlite3_bind_int64(s.c.tls, s.handle, position, v)
	case string:
		text, err := libc.CString(v)
		if err != nil {
			return err
		}
		s.texts = append(s.texts, text)
		rc = sqlite3.Xsqlite3_bind_text(s.c.tls, s.handle, position, text, int32(len(v)), 0)
	default:
		return fmt.Errorf("engine: cannot bind %T", arg)
	}
	if rc != sqlite3.SQLITE_OK {
		return s.c.err(rc)
	}
	return nil
}

// Step moves to the next row; false means that there is none.
func (s *Stmt) Step() (bool, error) {
	s.active = true
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.handle); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.err(rc)
	}
}

// Int gives the column of the current row as a number.
func (s *Stmt) Int(column int) int64 {
	return sqlite3.Xsqlite3_column_int64(s.c.tls, s.handle, int32(column))
}

// Text gives the bytes of a text column of the current row. They are SQLite's own, valid until the next Step or Reset.
func (s *Stmt) Text(column int) []byte {
	p := sqlite3.Xsqlite3_column_text(s.c.tls, s.handle, int32(column))
	if p == 0 {
		return nil
	}
	return libc.GoBytes(p, int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(column))))
}

// Blob gives the bytes of a blob column of the current row, with the same lifetime as those of Text.
func (s *Stmt) Blob(column int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.handle, int32(column))
	if p == 0 {
		return nil
	}
	return libc.GoBytes(p, int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.handle, int32(column))))
}

// String gives a copy of a text column.
func (s *Stmt) String(column int) string { return string(s.Text(column)) }

// Reset ends the statement's run, so that it can be bound and stepped again.
func (s *Stmt) Reset() {
	sqlite3.Xsqlite3_reset(s.c.tls, s.handle)
	for _, text := range s.texts {
		libc.Xfree(s.c.tls, text)
	}
	s.texts = s.texts[:0]
	s.active = false
}
