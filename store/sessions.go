package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
)

// SessionLimits are the time limits of sessions. The absolute limit is in each session's own end.
type SessionLimits struct {
	// Idle ends a session that nobody uses.
	Idle time.Duration
}

// sessionTTL is how long the end of a session by another process, the command line, may go unseen.
const sessionTTL = time.Second

// Sessions keeps the sessions of the staff surface: it is the store of a scs.SessionManager (CtxStore,
// IterableCtxStore) with hashed tokens and access.SessionCodec, and the access.SessionStore of the use-cases.
//
// A request normally reads memory and writes nothing: when a session was last used is exact in memory and written to the
// file by Run, once a minute. One process serves a database file's sessions.
type Sessions struct {
	db     *DB
	limits SessionLimits
	now    func() time.Time

	mu       sync.RWMutex
	byToken  map[string]*cachedSession
	lastSeen map[string]*seen // by public id; outlives the cached row
}

// cachedSession is a row as read, valid for sessionTTL while nothing changes.
type cachedSession struct {
	data       []byte
	seen       *seen
	expiresAt  int64
	readAt     time.Time
	generation uint64
}

// seen is when a session was last used, in microseconds since the epoch, in memory and as written to the file.
type seen struct{ at, written atomic.Int64 }

// NewSessions makes the session store of a database.
func NewSessions(db *DB, limits SessionLimits, now func() time.Time) *Sessions {
	return &Sessions{db: db, limits: limits, now: now, byToken: make(map[string]*cachedSession), lastSeen: make(map[string]*seen)}
}

var _ access.SessionStore = (*Sessions)(nil)

// FindCtx gives the data of a session by the hash of its token; not found once it was ended, was idle for too long or has
// come to its end.
func (s *Sessions) FindCtx(ctx context.Context, tokenHash string) ([]byte, bool, error) {
	now, generation := s.now(), s.db.Generation() // before the row, so that a change meanwhile makes the entry stale
	s.mu.RLock()
	c := s.byToken[tokenHash]
	s.mu.RUnlock()
	if c == nil || c.generation != generation || now.Sub(c.readAt) >= sessionTTL || now.Before(c.readAt) {
		var err error
		if c, err = s.read(ctx, tokenHash, now, generation); c == nil || err != nil {
			return nil, false, err
		}
	}
	if at := now.UnixMicro(); at >= c.expiresAt || at >= c.seen.at.Load()+s.limits.Idle.Microseconds() {
		return nil, false, nil
	}
	return c.data, true, nil
}

// read takes a row into the cache; nil when there is none.
func (s *Sessions) read(ctx context.Context, tokenHash string, now time.Time, generation uint64) (*cachedSession, error) {
	c := &cachedSession{readAt: now, generation: generation}
	var publicID string
	var lastSeen int64
	err := s.db.reader.QueryRowContext(ctx, "SELECT public_id, data, last_seen_at, expires_at FROM sessions WHERE token_hash = ? AND ended_at = 0", tokenHash).
		Scan(&publicID, &c.data, &lastSeen, &c.expiresAt)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.byToken, tokenHash)
		if err = mapError("read session", err); errs.Is(err, errs.NotFound) {
			err = nil
		}
		return nil, err
	}
	c.seen = s.seenLocked(publicID, lastSeen)
	s.byToken[tokenHash] = c
	return c, nil
}

func (s *Sessions) seenLocked(publicID string, lastSeen int64) *seen {
	mark := s.lastSeen[publicID]
	if mark == nil {
		mark = &seen{}
		mark.at.Store(lastSeen)
		mark.written.Store(lastSeen)
		s.lastSeen[publicID] = mark
	}
	return mark
}

// CommitCtx writes a session. A new token takes the place of the session's earlier one; a session that was ended, or whose
// token was replaced meanwhile, does not come back: errs.Unauthenticated. The end never moves away.
func (s *Sessions) CommitCtx(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error {
	session, err := access.DecodeSession(data)
	if err != nil {
		return err
	}
	now := s.now()
	err = s.db.writeAccess(ctx, "save session", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO sessions (public_id, token_hash, generation, user_id, state, data, created_at, last_seen_at, expires_at, address, user_agent)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (public_id) DO UPDATE SET token_hash = excluded.token_hash, generation = excluded.generation, state = excluded.state,
				data = excluded.data, expires_at = min(expires_at, excluded.expires_at)
			WHERE ended_at = 0 AND user_id = excluded.user_id AND (token_hash = excluded.token_hash OR generation < excluded.generation)`,
			session.PublicID, tokenHash, session.Generation, session.UserID, session.State.String(), data, toMicros(session.CreatedAt),
			toMicros(now), toMicros(expiry), addressText(session.Address), session.UserAgent)
		return mustHit(result, err)
	})
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Unauthenticated, "save session", "", nil)
	}
	return err
}

// DeleteCtx gives a token up, so that it opens nothing from now on. The session itself may go on under another token.
func (s *Sessions) DeleteCtx(ctx context.Context, tokenHash string) error {
	return s.db.writeAccess(ctx, "give session token up", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE sessions SET token_hash = NULL WHERE token_hash = ?", tokenHash)
		return err
	})
}

// AllCtx gives the data of every session that has not ended, by the hash of its token.
func (s *Sessions) AllCtx(ctx context.Context) (map[string][]byte, error) {
	rows, err := s.db.reader.QueryContext(ctx, "SELECT token_hash, data FROM sessions WHERE token_hash IS NOT NULL AND ended_at = 0 AND expires_at > ?", toMicros(s.now()))
	if err != nil {
		return nil, mapError("list sessions", err)
	}
	defer rows.Close()
	all := make(map[string][]byte)
	for rows.Next() {
		var token string
		var data []byte
		if err := rows.Scan(&token, &data); err != nil {
			return nil, mapError("list sessions", err)
		}
		all[token] = data
	}
	return all, mapError("list sessions", rows.Err())
}

// Find is FindCtx without a context, which scs.Store asks for.
func (s *Sessions) Find(tokenHash string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), tokenHash)
}

// Commit is CommitCtx without a context, which scs.Store asks for.
func (s *Sessions) Commit(tokenHash string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), tokenHash, data, expiry)
}

// Delete is DeleteCtx without a context, which scs.Store asks for.
func (s *Sessions) Delete(tokenHash string) error {
	return s.DeleteCtx(context.Background(), tokenHash)
}

// Touch notes that the session is in use now. It writes to memory only.
func (s *Sessions) Touch(publicID string) {
	s.mu.RLock()
	mark := s.lastSeen[publicID]
	s.mu.RUnlock()
	if mark != nil {
		mark.at.Store(s.now().UnixMicro())
	}
}

// IdleUntil is when the session ends if it is not used; the zero time for one that was not read lately.
func (s *Sessions) IdleUntil(publicID string) time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	mark := s.lastSeen[publicID]
	if mark == nil {
		return time.Time{}
	}
	return fromMicros(mark.at.Load()).Add(s.limits.Idle)
}

// SessionsOf lists the user's sessions that have not ended, the last used first. It reads alone: a page that shows the
// sessions must stand while the file cannot be written.
func (s *Sessions) SessionsOf(ctx context.Context, userID int64) ([]access.SessionInfo, error) {
	now := s.now()
	rows, err := s.db.reader.QueryContext(ctx, `SELECT public_id, data, last_seen_at FROM sessions
		WHERE user_id = ? AND token_hash IS NOT NULL AND ended_at = 0 AND expires_at > ?`, userID, toMicros(now))
	if err != nil {
		return nil, mapError("list sessions", err)
	}
	defer rows.Close()
	var list []access.SessionInfo
	for rows.Next() {
		var publicID string
		var data []byte
		var written int64
		if err := rows.Scan(&publicID, &data, &written); err != nil {
			return nil, mapError("list sessions", err)
		}
		session, err := access.DecodeSession(data)
		if err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		if lastSeen := fromMicros(s.lastUse(publicID, written)); lastSeen.After(now.Add(-s.limits.Idle)) {
			list = append(list, access.SessionInfo{Session: session, LastSeenAt: lastSeen})
		}
	}
	slices.SortStableFunc(list, func(a, b access.SessionInfo) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
	return list, mapError("list sessions", rows.Err())
}

// lastUse is when a session was last used: memory knows it exactly, the file for sessions that nobody used since the start.
func (s *Sessions) lastUse(publicID string, written int64) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if mark := s.lastSeen[publicID]; mark != nil {
		return mark.at.Load()
	}
	return written
}

// EndSession ends one session of the user at once.
func (s *Sessions) EndSession(ctx context.Context, userID int64, publicID string, e audit.Entry) error {
	return s.db.writeAccess(ctx, "end session", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE sessions SET token_hash = NULL, ended_at = ? WHERE public_id = ? AND user_id = ? AND ended_at = 0",
			toMicros(s.now()), publicID, userID)
		if err := mustHit(result, err); err != nil {
			return err
		}
		return s.db.appendAudit(tx, e)
	})
}

// EndOtherSessions ends all sessions of the user but one.
func (s *Sessions) EndOtherSessions(ctx context.Context, userID int64, keep string, e audit.Entry) error {
	return s.db.writeAccess(ctx, "end sessions", func(tx *sql.Tx) error {
		if err := endSessions(ctx, tx, userID, keep); err != nil {
			return err
		}
		return s.db.appendAudit(tx, e)
	})
}

// endSessions ends all sessions of a user but one; keep may be empty.
func endSessions(ctx context.Context, tx *sql.Tx, userID int64, keep string) error {
	_, err := tx.ExecContext(ctx, "UPDATE sessions SET token_hash = NULL, ended_at = ? WHERE user_id = ? AND public_id <> ? AND ended_at = 0",
		toMicros(time.Now()), userID, keep)
	return err
}

// flushEvery is how much of the last use of a session a crash may forget.
const flushEvery = time.Minute

// Run writes the last use of sessions to the file, and forgets ended ones, once a minute until ctx ends; then a last time.
func (s *Sessions) Run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.maintain(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.maintain(last)
			return
		}
	}
}

func (s *Sessions) maintain(ctx context.Context) {
	if err := s.Flush(ctx); err != nil {
		slog.ErrorContext(ctx, "write the last use of sessions", "error", err)
	}
	if err := s.purge(ctx); err != nil {
		slog.ErrorContext(ctx, "forget ended sessions", "error", err)
	}
}

// Flush writes to the file when sessions were last used, as far as it changed.
func (s *Sessions) Flush(ctx context.Context) error {
	changed := s.changedMarks()
	if len(changed) == 0 {
		return nil
	}
	return s.db.write(ctx, "write the last use of sessions", func(tx *sql.Tx) error {
		for publicID, at := range changed {
			if _, err := tx.ExecContext(ctx, "UPDATE sessions SET last_seen_at = ?1 WHERE public_id = ?2 AND last_seen_at < ?1", at, publicID); err != nil {
				return err
			}
		}
		s.markWritten(changed)
		return nil
	})
}

func (s *Sessions) changedMarks() map[string]int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	changed := make(map[string]int64)
	for publicID, mark := range s.lastSeen {
		if at := mark.at.Load(); at != mark.written.Load() {
			changed[publicID] = at
		}
	}
	return changed
}

// markWritten is called before the commit: should that fail, the next use of the session writes it.
func (s *Sessions) markWritten(changed map[string]int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for publicID, at := range changed {
		if mark := s.lastSeen[publicID]; mark != nil {
			mark.written.Store(at)
		}
	}
}

// purge forgets sessions that can open nothing any more. A row stays until its absolute end, so that no request under way
// brings it back.
func (s *Sessions) purge(ctx context.Context) error {
	now := s.now()
	s.mu.Lock()
	for token, c := range s.byToken {
		if now.Sub(c.readAt) > sessionTTL {
			delete(s.byToken, token)
		}
	}
	for publicID, mark := range s.lastSeen {
		if mark.at.Load()+s.limits.Idle.Microseconds() < now.UnixMicro() {
			delete(s.lastSeen, publicID)
		}
	}
	s.mu.Unlock()
	var due bool
	err := s.db.reader.QueryRowContext(ctx, "SELECT coalesce(min(expires_at), ?) < ? FROM sessions", int64(math.MaxInt64), toMicros(now)).Scan(&due)
	if err != nil || !due {
		return mapError("forget ended sessions", err)
	}
	return s.db.write(ctx, "forget ended sessions", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE expires_at < ?", toMicros(now))
		return err
	})
}
