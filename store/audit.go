package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"payportal/internal/audit"
)

// maxAuditPage is the longest page that AuditEntries gives.
const maxAuditPage = 500

// errNoKeys means that UseKeys was not called: without the key no act can be recorded, so none may happen.
var errNoKeys = errors.New("store: UseKeys was not called")

// querier is what reads need: a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// The statements of appendAudit.
const (
	readAuditHead    = `SELECT count, hash, coalesce((SELECT at FROM audit_entries WHERE seq = count), 0) FROM audit_head WHERE id = 1`
	insertAuditEntry = `INSERT INTO audit_entries (seq, at, user_id, actor, session_id, address, request_id, act, object, outcome, before, after, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	moveAuditHead = "UPDATE audit_head SET count = ?, hash = ?, mac = ? WHERE id = 1"
)

// appendAudit writes an entry into the transaction of the act that it tells of: both are committed or neither is. Every
// method that changes something calls it once.
func (db *DB) appendAudit(tx *sql.Tx, e audit.Entry) error {
	if db.ring == nil {
		return errNoKeys
	}
	before, err := auditText(e.Before)
	if err != nil {
		return err
	}
	after, err := auditText(e.After)
	if err != nil {
		return err
	}
	var count, lastAt int64
	var hash []byte
	ctx := context.Background() // the transaction's own governs its statements
	err = db.queryRow(ctx, tx, readAuditHead).Scan(&count, &hash, &lastAt)
	if err != nil {
		return fmt.Errorf("read the audit head: %w", err)
	}
	e.Seq = count + 1
	e.At = time.UnixMicro(max(time.Now().UnixMicro(), lastAt)).UTC() // a clock set back must not reorder the trail
	hash = db.chain.Sum(hash, e, before, after)
	_, err = db.exec(ctx, tx, insertAuditEntry,
		e.Seq, e.At.UnixMicro(), e.UserID, e.Name, e.SessionID, addressText(e.Address), e.RequestID, e.Act, e.Object, e.Outcome, before, after, hash)
	if err != nil {
		return fmt.Errorf("append audit entry: %w", err)
	}
	_, err = db.exec(ctx, tx, moveAuditHead, e.Seq, hash, db.chain.SumHead(e.Seq, hash))
	return err
}

// RecordAudit writes an entry of an act that changes nothing in the database: a download, an export, a refusal.
func (db *DB) RecordAudit(ctx context.Context, e audit.Entry) error {
	return db.write(ctx, "record "+e.Act, func(tx *sql.Tx) error { return db.appendAudit(tx, e) })
}

func auditText(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("marshal audit entry: %w", err)
	}
	return string(text), nil
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

const auditColumns = "seq, at, user_id, actor, session_id, address, request_id, act, object, outcome, before, after, hash"

// auditRow is an entry as stored.
type auditRow struct {
	audit.Entry
	address, before, after string
	hash                   []byte
}

func scanAudit(rows *sql.Rows) (auditRow, error) {
	var r auditRow
	var at int64
	err := rows.Scan(&r.Seq, &at, &r.UserID, &r.Name, &r.SessionID, &r.address, &r.RequestID, &r.Act, &r.Object, &r.Outcome, &r.before, &r.after, &r.hash)
	if err != nil {
		return r, err
	}
	r.At = time.UnixMicro(at).UTC()
	if r.address != "" {
		if r.Address, err = netip.ParseAddr(r.address); err != nil || r.Address.String() != r.address {
			return r, errBadAuditAddress
		}
	}
	if r.before != "" {
		r.Before = json.RawMessage(r.before)
	}
	if r.after != "" {
		r.After = json.RawMessage(r.after)
	}
	return r, nil
}

// errBadAuditAddress means that an address in the trail is not one that the portal writes.
var errBadAuditAddress = errors.New("store: audit entry with a damaged address")

// AuditEntries lists the entries that f asks for, newest first.
func (db *DB) AuditEntries(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	query, args := auditQuery(f)
	rows, err := db.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, mapError("list audit entries", err)
	}
	defer rows.Close()
	var entries []audit.Entry
	for rows.Next() {
		r, err := scanAudit(rows)
		if err != nil && !errors.Is(err, errBadAuditAddress) { // a damaged entry is shown too; VerifyAudit names it
			return nil, mapError("list audit entries", err)
		}
		entries = append(entries, r.Entry)
	}
	return entries, mapError("list audit entries", rows.Err())
}

// auditQuery writes the query of a list. The time bounds become bounds of seq, which has the same order, so that every
// filter walks one index from the newest match down.
func auditQuery(f audit.Filter) (string, []any) {
	before := f.Before
	if before <= 0 {
		before = math.MaxInt64
	}
	where, args := []string{"seq < ?"}, []any{before}
	add := func(condition string, arg any) {
		where, args = append(where, condition), append(args, arg)
	}
	if f.UserID != 0 {
		add("user_id = ?", f.UserID)
	}
	if strings.HasSuffix(f.Act, ".") {
		add("substr(act, 1, instr(act, '.')) = ?", f.Act)
	} else if f.Act != "" {
		add("act = ?", f.Act)
	}
	if f.Object != "" {
		add("object = ?", f.Object)
	}
	if f.Outcome != "" {
		add("outcome = ?", f.Outcome)
	}
	if f.Address != "" {
		add("address = ?", f.Address)
	}
	if !f.From.IsZero() {
		add("seq >= coalesce((SELECT min(seq) FROM (SELECT seq FROM audit_entries WHERE at >= ? ORDER BY at, seq LIMIT 1)), 9223372036854775807)", f.From.UnixMicro())
	}
	if !f.Until.IsZero() {
		add("seq <= coalesce((SELECT max(seq) FROM (SELECT seq FROM audit_entries WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1)), 0)", f.Until.UnixMicro())
	}
	limit := min(max(f.Limit, 1), maxAuditPage)
	return "SELECT " + auditColumns + " FROM audit_entries WHERE " + strings.Join(where, " AND ") + " ORDER BY seq DESC LIMIT ?", append(args, limit)
}

// AuditHead gives the end of the chain, to be kept outside the database too.
func (db *DB) AuditHead(ctx context.Context) (audit.Head, error) {
	var h audit.Head
	err := db.reader.QueryRowContext(ctx, "SELECT count, hash FROM audit_head WHERE id = 1").Scan(&h.Count, &h.Hash)
	return h, mapError("read the audit head", err)
}

// VerifyAudit walks the whole trail and names the first entry that was changed, moved, added or is missing. An error
// means that the trail could not be read, which says nothing about it.
func (db *DB) VerifyAudit(ctx context.Context) (audit.Verification, error) {
	if db.ring == nil {
		return audit.Verification{}, errNoKeys
	}
	tx, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one snapshot: entries and head must agree
	if err != nil {
		return audit.Verification{}, mapError("verify audit trail", err)
	}
	defer func() { _ = tx.Rollback() }()
	v, err := db.verifyAudit(ctx, tx)
	return v, mapError("verify audit trail", err)
}

func (db *DB) verifyAudit(ctx context.Context, q querier) (audit.Verification, error) {
	var v audit.Verification
	var headHash, headMAC []byte
	err := q.QueryRowContext(ctx, "SELECT count, hash, mac FROM audit_head WHERE id = 1").Scan(&v.Count, &headHash, &headMAC)
	if errors.Is(err, sql.ErrNoRows) {
		return bad(v, 1, "the head of the chain is missing"), nil
	}
	if err != nil {
		return v, err
	}
	last, v, err := db.walkAudit(ctx, q, v)
	if err != nil || !v.OK() {
		return v, err
	}
	v.Hash = headHash
	switch {
	case !hmac.Equal(headMAC, db.chain.SumHead(v.Count, headHash)):
		return bad(v, last.Seq+1, "the head of the chain was changed"), nil
	case last.Seq != v.Count:
		return bad(v, last.Seq+1, fmt.Sprintf("entries after %d are missing: the head counts %d", last.Seq, v.Count)), nil
	case !bytes.Equal(last.hash, headHash):
		return bad(v, last.Seq, "the head of the chain is of another entry"), nil
	}
	return v, nil
}

// walkAudit checks each entry against the one before it and gives the last good one.
func (db *DB) walkAudit(ctx context.Context, q querier, v audit.Verification) (auditRow, audit.Verification, error) {
	var last auditRow
	rows, err := q.QueryContext(ctx, "SELECT "+auditColumns+" FROM audit_entries ORDER BY seq")
	if err != nil {
		return last, v, err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanAudit(rows)
		switch {
		case errors.Is(err, errBadAuditAddress):
			return last, bad(v, r.Seq, "the entry was changed"), nil
		case err != nil:
			return last, v, err
		case r.Seq != last.Seq+1:
			return last, bad(v, last.Seq+1, "the entry is missing"), nil
		case !hmac.Equal(r.hash, db.chain.Sum(last.hash, r.Entry, r.before, r.after)):
			return last, bad(v, r.Seq, "the entry was changed"), nil
		}
		last = r
	}
	return last, v, rows.Err()
}

func bad(v audit.Verification, seq int64, problem string) audit.Verification {
	v.BadSeq, v.Problem = seq, problem
	return v
}
