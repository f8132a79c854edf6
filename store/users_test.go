package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/seal"
)

// withUsers gives a database under the keys with two users who have second factors.
func withUsers(t *testing.T, path, keys string) *DB {
	t.Helper()
	db := openMigrated(t, path)
	useKeysOf(t, db, keys)
	for _, name := range []string{"sara", "reza"} {
		u, err := db.CreateUser(t.Context(), access.UserRecord{User: access.User{Username: name, DisplayName: name}}, audit.Entry{Act: "user.create"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ChangeUser(t.Context(), u.ID, 0, audit.Entry{Act: "test"}, func(r *access.UserRecord) error {
			r.TOTP, r.PendingTOTP = seal.NewSecret("SEED-"+name), seal.NewSecret("PENDING-"+name)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func useKeysOf(t *testing.T, db *DB, keys string) {
	t.Helper()
	ring, err := seal.ParseKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.UseKeys(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
}

func TestSwappedSecretsDoNotOpen(t *testing.T) {
	for name, swap := range map[string]string{
		"between rows":    "UPDATE users SET totp_secret = (SELECT totp_secret FROM users WHERE username = 'reza') WHERE username = 'sara'",
		"between columns": "UPDATE users SET totp_secret = totp_pending WHERE username = 'sara'",
	} {
		db := withUsers(t, filepath.Join(t.TempDir(), "portal.db"), seal.GenerateKey())
		if r, err := db.UserRecordByName(t.Context(), "sara"); err != nil || r.TOTP.Reveal() != "SEED-sara" {
			t.Fatalf("before the swap: %v, %v", r.TOTP.Reveal(), err)
		}
		if _, err := db.writer.Exec(swap); err != nil {
			t.Fatal(err)
		}
		if _, err := db.UserRecordByName(t.Context(), "sara"); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: %v, want ErrOpen", name, err)
		}
	}
}

func TestResealMovesEverySecretToTheCurrentKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portal.db")
	old, next := seal.GenerateKey(), seal.GenerateKey()
	withUsers(t, path, old)
	db := openMigrated(t, path)
	useKeysOf(t, db, next+"\n"+old)
	n, err := db.Reseal(t.Context(), audit.Entry{Act: "keys.reseal"})
	if err != nil || n != 6 {
		t.Errorf("Reseal = %d, %v; want 6: four seeds, and the keys of the chain and of inquired numbers", n, err)
	}
	if n, err := db.Reseal(t.Context(), audit.Entry{Act: "keys.reseal"}); err != nil || n != 0 {
		t.Errorf("Reseal again = %d, %v; want 0", n, err)
	}
	useKeysOf(t, db, next)
	if r, err := db.UserRecordByName(t.Context(), "sara"); err != nil || r.TOTP.Reveal() != "SEED-sara" || r.PendingTOTP.Reveal() != "PENDING-sara" {
		t.Errorf("without the old key: %v, want the seeds", err)
	}
	if v, err := db.VerifyAudit(t.Context()); err != nil || !v.OK() {
		t.Errorf("VerifyAudit after the rotation = %+v, %v; want OK", v, err)
	}
	ring, err := seal.ParseKeys(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.UseKeys(t.Context(), ring); err == nil {
		t.Error("UseKeys with the old key alone = nil, want an error")
	}
}

// TestEverySealedColumnIsListed looks for values that the ring made in every column of bytes.
func TestEverySealedColumnIsListed(t *testing.T) {
	db := openMigrated(t, filepath.Join(t.TempDir(), "portal.db"))
	rows, err := db.reader.Query(`SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.type = 'BLOB' AND (c.name LIKE '%seal%' OR c.name LIKE '%secret%' OR c.name LIKE '%totp%' OR c.name LIKE '%credential%')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		listed := false
		for _, c := range sealedColumns {
			listed = listed || c.table == table && c.column == column
		}
		if !listed {
			t.Errorf("%s.%s is not among sealedColumns: a rotation would lose it", table, column)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAccessPlansNeverScanAGrowingTable(t *testing.T) {
	db := openMigrated(t, filepath.Join(t.TempDir(), "portal.db"))
	for _, query := range []string{
		"SELECT " + userColumns + " FROM users u WHERE u.id = 1",
		"SELECT " + userColumns + " FROM users u WHERE u.username = 'x'",
		"SELECT public_id, data, last_seen_at, expires_at FROM sessions WHERE token_hash = 'x' AND ended_at = 0",
		"SELECT data FROM sessions WHERE user_id = 1 AND last_seen_at > 1 AND token_hash IS NOT NULL AND ended_at = 0 AND expires_at > 1 ORDER BY last_seen_at DESC",
		"SELECT coalesce(min(expires_at), 1) < 1 FROM sessions",
		"SELECT count(*) FROM sign_in_attempts WHERE bucket = x'00' AND refusal = 0 AND at > 1",
		"DELETE FROM sign_in_attempts WHERE until <= 1",
		"DELETE FROM sessions WHERE expires_at < 1",
	} {
		plan := queryPlan(t, db, query)
		if scansTable(plan) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("plan of %s:\n%s", query, plan)
		}
	}
	for _, f := range []access.UserFilter{{}, {Query: "x"}, {Role: "x", Status: "disabled"}} {
		query, args := usersQuery(f)
		if plan := queryPlan(t, db, query, args...); scansTable(plan) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("plan of %s:\n%s", query, plan)
		}
	}
}

// scansTable reports a walk through a whole table. min() of an indexed column is a search that SQLite calls so.
func scansTable(plan string) bool {
	for line := range strings.Lines(plan) {
		if strings.HasPrefix(line, "SCAN ") && !strings.HasPrefix(line, "SCAN CONSTANT") && !strings.Contains(line, "INDEX") {
			return true
		}
	}
	return false
}

func TestGuessesAreForgottenAfterTheirWindow(t *testing.T) {
	db := trail(t, 0)
	at := time.Now()
	bucket := func(i int) []access.Bucket {
		return []access.Bucket{{Key: []byte(strconv.Itoa(i)), Limit: 5, Window: time.Minute}}
	}
	for i := range 20 {
		if _, err := db.Reserve(t.Context(), at, bucket(i), audit.Entry{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Reserve(t.Context(), at.Add(time.Minute), bucket(99), audit.Entry{}); err != nil {
		t.Fatal(err)
	}
	if got := count(t, db, "sign_in_attempts"); got != 1 {
		t.Errorf("%d guesses kept, want 1", got)
	}
}

func TestEndedSessionsAreForgottenAfterTheirEnd(t *testing.T) {
	db := withUsers(t, filepath.Join(t.TempDir(), "portal.db"), seal.GenerateKey())
	now := time.Now().Truncate(time.Microsecond).UTC()
	s := NewSessions(db, SessionLimits{Idle: time.Minute}, func() time.Time { return now })
	data, err := access.SessionCodec{}.Encode(now, map[string]any{"session": access.Session{PublicID: "p", UserID: 1, State: access.Full}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CommitCtx(t.Context(), "token", data, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.FindCtx(t.Context(), "token"); !found || err != nil {
		t.Fatalf("Find = %v, %v; want the session", found, err)
	}
	if all, err := s.AllCtx(t.Context()); err != nil || len(all) != 1 || string(all["token"]) != string(data) {
		t.Errorf("All = %v, %v; want the session", all, err)
	}
	now = now.Add(time.Minute)
	s.maintain(t.Context())
	if got := count(t, db, "sessions"); got != 1 || len(s.byToken) != 0 {
		t.Errorf("%d rows, %d cached after the idle limit; want 1 and 0", got, len(s.byToken))
	}
	now = now.Add(time.Hour)
	s.maintain(t.Context())
	if got := count(t, db, "sessions"); got != 0 || len(s.lastSeen) != 0 {
		t.Errorf("%d rows, %d marks after the end; want 0", got, len(s.lastSeen))
	}
}

func TestNoCommitMovesTheEndAway(t *testing.T) {
	db := withUsers(t, filepath.Join(t.TempDir(), "portal.db"), seal.GenerateKey())
	now := time.Now().Truncate(time.Microsecond).UTC()
	s := NewSessions(db, SessionLimits{Idle: 24 * time.Hour}, func() time.Time { return now })
	data, err := access.SessionCodec{}.Encode(now, map[string]any{"session": access.Session{PublicID: "p", UserID: 1, State: access.Full}})
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []time.Duration{time.Hour, 3 * time.Hour} {
		if err := s.CommitCtx(t.Context(), "token", data, now.Add(end)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Hour)
	if _, found, err := s.FindCtx(t.Context(), "token"); found || err != nil {
		t.Errorf("Find after the first end = %v, %v; want none", found, err)
	}
}

func TestRunFlushesWhenItEnds(t *testing.T) {
	db := withUsers(t, filepath.Join(t.TempDir(), "portal.db"), seal.GenerateKey())
	now := time.Now().Truncate(time.Microsecond).UTC()
	s := NewSessions(db, SessionLimits{Idle: time.Hour}, func() time.Time { return now })
	data, err := access.SessionCodec{}.Encode(now, map[string]any{"session": access.Session{PublicID: "p", UserID: 1, State: access.Full}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CommitCtx(t.Context(), "token", data, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.FindCtx(t.Context(), "token"); err != nil {
		t.Fatal(err)
	}
	before := seenInFile(t, db)
	now = now.Add(time.Minute)
	s.Touch("p")
	if got := seenInFile(t, db); got != before {
		t.Errorf("Touch wrote to the file: %d, want %d", got, before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx)
	if got := seenInFile(t, db); got != now.UnixMicro() {
		t.Errorf("last use in the file = %d, want %d", got, now.UnixMicro())
	}
}

func seenInFile(t *testing.T, db *DB) int64 {
	t.Helper()
	var at int64
	if err := db.reader.QueryRow("SELECT last_seen_at FROM sessions").Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

func count(t *testing.T, db *DB, table string) int {
	t.Helper()
	var n int
	if err := db.reader.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return n
}
