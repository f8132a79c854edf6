package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
)

var _ inquiry.Store = (*DB)(nil)

const inquiryColumns = `id, connection_id, kind, user_id, user_name, coalesce(form_key, ''), bulk_id, asked_at, settled_at, day, outcome, problem,
	bank, number, reply`

// numberHash is what a question is searched by: the same question has the same hash, and nobody without the key can tell from it
// which one it is.
func (db *DB) numberHash(q inquiry.Question) []byte {
	h := hmac.New(sha256.New, db.numbers)
	h.Write([]byte(q.Identity()))
	return h.Sum(nil)
}

// The statements that every question runs.
const (
	readUsage = "SELECT asked FROM inquiry_usage WHERE user_id = ? AND day = ?"
	addUsage  = `INSERT INTO inquiry_usage (user_id, day, asked) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET asked = asked + excluded.asked`

	insertInquiryRow = `INSERT INTO inquiries (connection_id, kind, user_id, user_name, form_key, bulk_id, asked_at, day, outcome, bank, number_hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
	sealInquiryNumber = "UPDATE inquiries SET number = ? WHERE id = ?"
	settleInquiryRow  = `UPDATE inquiries SET outcome = ?, problem = ?, reply = ?, settled_at = ? WHERE id = ? AND outcome = 'asking'
		RETURNING user_id, day`
)

// IntendInquiry writes a question down; see inquiry.Store.
func (db *DB) IntendInquiry(ctx context.Context, r inquiry.Record, perDay int, e audit.Entry) (inquiry.Record, error) {
	const op = "write inquiry down"
	if db.ring == nil {
		return r, errNoKeys
	}
	db.warm(ctx)
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		if err := db.takeAllowance(ctx, tx, op, r.UserID, r.Day, 1, perDay); err != nil {
			return err
		}
		if err := db.insertInquiry(ctx, tx, &r, db.numberHash(*r.Question)); err != nil {
			return err
		}
		e.Object = "inquiry:" + strconv.FormatInt(r.ID, 10)
		return db.appendAudit(tx, e)
	})
	return r, err
}

// takeAllowance counts n questions on a person's day, or fails when that is more than what is left.
func (db *DB) takeAllowance(ctx context.Context, tx *sql.Tx, op string, userID int64, day inquiry.Day, n, perDay int) error {
	used, err := usage(db.queryRow(ctx, tx, readUsage, userID, day))
	if err != nil {
		return err
	}
	if used+n > perDay {
		return &errs.Error{
			Kind: errs.RateLimited, Op: op, Msg: "inquiry.limit.used_up", Args: map[string]any{"Left": max(perDay-used, 0), "Wanted": n},
		}
	}
	_, err = db.exec(ctx, tx, addUsage, userID, day, n)
	return err
}

// giveBack takes questions off a person's day again, because they were surely not asked.
func giveBack(ctx context.Context, tx *sql.Tx, userID int64, day inquiry.Day, n int) error {
	_, err := tx.ExecContext(ctx, "UPDATE inquiry_usage SET asked = max(asked - ?, 0) WHERE user_id = ? AND day = ?", n, userID, day)
	return err
}

// usage reads the row of readUsage.
func usage(row *sql.Row) (used int, err error) {
	err = row.Scan(&used)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return used, err
}

// InquiryUsage counts a person's day; see inquiry.Store.
func (db *DB) InquiryUsage(ctx context.Context, userID int64, day inquiry.Day) (int, error) {
	used, err := usage(db.readRow(ctx, readUsage, userID, day))
	return used, mapError("count inquiries", err)
}

// insertInquiry adds the row of a question and gives r its id. The number is bound to the id, so it is sealed in a second step.
func (db *DB) insertInquiry(ctx context.Context, tx *sql.Tx, r *inquiry.Record, hash []byte) error {
	key := sql.NullString{String: r.Key, Valid: r.Key != ""}
	err := db.queryRow(ctx, tx, insertInquiryRow,
		r.ConnectionID, r.Kind, r.UserID, r.UserName, key, r.BulkID, toMicros(r.AskedAt), r.Day, inquiry.Asking, r.BankID, hash).Scan(&r.ID)
	if err != nil {
		return err
	}
	row := strconv.FormatInt(r.ID, 10)
	_, err = db.exec(ctx, tx, sealInquiryNumber,
		db.ring.Seal("inquiries", "number", row, []byte(r.Question.Identity())), r.ID)
	return err
}

// SettleInquiry writes an outcome; see inquiry.Store.
func (db *DB) SettleInquiry(ctx context.Context, id int64, o inquiry.Outcome, reply inquiry.Reply, at time.Time) error {
	return db.write(ctx, "settle inquiry", func(tx *sql.Tx) error {
		return db.settleInquiry(ctx, tx, id, o, reply, at)
	})
}

func (db *DB) settleInquiry(ctx context.Context, tx *sql.Tx, id int64, o inquiry.Outcome, reply inquiry.Reply, at time.Time) error {
	plain, err := reply.Seal()
	if err != nil {
		return err
	}
	problem := ""
	if reply.Failure != nil {
		problem = reply.Failure.Kind.String()
	}
	var userID int64
	var day inquiry.Day
	err = db.queryRow(ctx, tx, settleInquiryRow, o, problem, db.ring.Seal("inquiries", "reply", strconv.FormatInt(id, 10), plain), toMicros(at), id).Scan(&userID, &day)
	if errors.Is(err, sql.ErrNoRows) {
		return errs.New(errs.Conflict, "settle inquiry", "inquiry.outcome.settled", nil)
	}
	if err != nil || o != inquiry.Failed {
		return err
	}
	return giveBack(ctx, tx, userID, day, 1)
}

// Inquiry reads one question; see inquiry.Store.
func (db *DB) Inquiry(ctx context.Context, id int64) (inquiry.Record, error) {
	r, err := db.scanInquiry(db.reader.QueryRowContext(ctx, "SELECT "+inquiryColumns+" FROM inquiries WHERE id = ?", id))
	return r, mapError("read inquiry", err)
}

// InquiryByKey finds the question of a form; see inquiry.Store.
func (db *DB) InquiryByKey(ctx context.Context, key string) (inquiry.Record, error) {
	r, err := db.scanInquiry(db.readRow(ctx, inquiryByKeyQuery, key))
	return r, mapError("read inquiry by key", err)
}

const inquiryByKeyQuery = "SELECT " + inquiryColumns + " FROM inquiries WHERE form_key = ?"

const freshInquiryQuery = "SELECT " + inquiryColumns + ` FROM inquiries INDEXED BY inquiries_by_number
	WHERE number_hash = ? AND connection_id = ? AND outcome = 'answered' AND settled_at >= ? AND reply IS NOT NULL ORDER BY id DESC LIMIT 1`

// FreshInquiry finds a fresh answer; see inquiry.Store.
func (db *DB) FreshInquiry(ctx context.Context, connectionID int64, q inquiry.Question, since time.Time) (inquiry.Record, error) {
	r, err := db.scanInquiry(db.readRow(ctx, freshInquiryQuery, db.numberHash(q), connectionID, toMicros(since)))
	return r, mapError("find fresh inquiry", err)
}

func (db *DB) scanInquiry(row scanner) (inquiry.Record, error) {
	var r inquiry.Record
	var asked, settled int64
	var number, reply []byte
	err := row.Scan(&r.ID, &r.ConnectionID, &r.Kind, &r.UserID, &r.UserName, &r.Key, &r.BulkID, &asked, &settled, &r.Day, &r.Outcome, &r.Problem,
		&r.BankID, &number, &reply)
	if err != nil {
		return r, err
	}
	r.AskedAt, r.SettledAt = fromMicros(asked), fromMicros(settled)
	id := strconv.FormatInt(r.ID, 10)
	if number != nil {
		plain, err := db.ring.Open("inquiries", "number", id, number)
		if err != nil {
			return r, err
		}
		question, err := inquiry.ParseIdentity(string(plain))
		if err != nil {
			return r, fmt.Errorf("inquiry %d: %w", r.ID, err)
		}
		r.Question = &question
	}
	if reply != nil {
		plain, err := db.ring.Open("inquiries", "reply", id, reply)
		if err != nil {
			return r, err
		}
		opened, err := inquiry.OpenReply(plain)
		if err != nil {
			return r, fmt.Errorf("inquiry %d: %w", r.ID, err)
		}
		r.Reply = &opened
	}
	return r, nil
}

// Inquiries lists the history; see inquiry.Store.
func (db *DB) Inquiries(ctx context.Context, f inquiry.HistoryFilter) ([]inquiry.Record, error) {
	query, args := db.inquiriesQuery(f)
	rows, err := db.reader.QueryContext(ctx, query, args...)
	return collect("list inquiries", rows, err, db.scanInquiry)
}

// inquiriesQuery writes the query of a page. The time bounds become bounds of id, which has the same order, so that every filter
// walks one index from the newest match down.
func (db *DB) inquiriesQuery(f inquiry.HistoryFilter) (string, []any) {
	where, args := []string{"id > 0"}, []any{}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if f.Before > 0 {
		add("id < ?", f.Before)
	}
	if f.Kind != "" {
		add("kind = ?", f.Kind)
	}
	if f.Outcome != "" {
		add("outcome = ?", f.Outcome)
	}
	if f.UserID != 0 {
		add("user_id = ?", f.UserID)
	}
	if f.BulkID != 0 {
		add("bulk_id = ? AND bulk_id <> 0", f.BulkID)
	}
	if !f.From.IsZero() {
		add("id >= coalesce((SELECT id FROM inquiries WHERE asked_at >= ? ORDER BY asked_at, id LIMIT 1), 9223372036854775807)", toMicros(f.From))
	}
	if !f.To.IsZero() {
		add("id <= coalesce((SELECT id FROM inquiries WHERE asked_at < ? ORDER BY asked_at DESC, id DESC LIMIT 1), 0)", toMicros(f.To))
	}
	if len(f.Questions) > 0 {
		hashes := make([]any, len(f.Questions))
		for i, q := range f.Questions {
			hashes[i] = db.numberHash(q)
		}
		add("number_hash IN (?"+strings.Repeat(",?", len(hashes)-1)+")", hashes...)
	}
	return "SELECT " + inquiryColumns + " FROM inquiries WHERE " + strings.Join(where, " AND ") + " ORDER BY id DESC LIMIT ?", append(args, f.Limit)
}

// RevealInquiry counts a reveal; see inquiry.Store.
func (db *DB) RevealInquiry(ctx context.Context, userID int64, day inquiry.Day, perDay int, e audit.Entry) error {
	return db.write(ctx, "reveal inquiry", func(tx *sql.Tx) error {
		var reveals int
		err := tx.QueryRowContext(ctx, `INSERT INTO inquiry_usage (user_id, day, reveals) VALUES (?, ?, 1)
			ON CONFLICT DO UPDATE SET reveals = reveals + 1 RETURNING reveals`, userID, day).Scan(&reveals)
		if err != nil {
			return err
		}
		if reveals > perDay {
			return errs.New(errs.RateLimited, "reveal inquiry", "inquiry.history.too_many_reveals", nil)
		}
		return db.appendAudit(tx, e)
	})
}

// LoseInquiries settles what a kill left open; see inquiry.Store.
func (db *DB) LoseInquiries(ctx context.Context, at time.Time) (lost int, err error) {
	err = db.write(ctx, "lose inquiries", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE inquiries SET outcome = 'lost', problem = ?, settled_at = ? WHERE outcome = 'asking'",
			errs.Indeterminate.String(), toMicros(at))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		lost = int(n)
		_, err = tx.ExecContext(ctx, "UPDATE inquiry_lines SET state = 'lost' WHERE state = 'asking'")
		return err
	})
	return lost, err
}

// ForgetInquiries empties what is too old; see inquiry.Store.
func (db *DB) ForgetInquiries(ctx context.Context, before time.Time, limit int) (forgotten int, err error) {
	err = db.write(ctx, "forget inquiries", func(tx *sql.Tx) error {
		for _, forget := range []string{
			`UPDATE inquiries SET number = NULL, reply = NULL WHERE id IN (SELECT id FROM inquiries INDEXED BY inquiries_remembered
				WHERE number IS NOT NULL AND asked_at < ?1 AND outcome <> 'asking' LIMIT ?2)`,
			"DELETE FROM inquiry_bulks WHERE id IN (SELECT id FROM inquiry_bulks INDEXED BY inquiry_bulks_by_time WHERE created_at < ?1 LIMIT ?2)",
		} {
			result, err := tx.ExecContext(ctx, forget, toMicros(before), limit)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			forgotten += int(n)
		}
		return nil
	})
	return forgotten, err
}

// InquirySettings reads the settings; see inquiry.Store. Every question asks for them, and one process serves a database: they are
// read once and kept until they are changed.
func (db *DB) InquirySettings(ctx context.Context) (inquiry.Settings, error) {
	if kept := db.inquirySettings.Load(); kept != nil {
		return kept.Copy(), nil
	}
	s, err := db.readInquirySettings(ctx)
	if err == nil {
		kept := s.Copy()
		db.inquirySettings.Store(&kept)
	}
	return s, err
}

func (db *DB) readInquirySettings(ctx context.Context) (inquiry.Settings, error) {
	var version int64
	var text string
	err := db.reader.QueryRowContext(ctx, "SELECT version, settings FROM inquiry_settings WHERE id = 1").Scan(&version, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return inquiry.DefaultSettings(), nil
	}
	s := inquiry.DefaultSettings()
	if err == nil {
		err = json.Unmarshal([]byte(text), &s)
	}
	s.Version = version
	return s, mapError("read inquiry settings", err)
}

// SaveInquirySettings writes the settings; see inquiry.Store.
func (db *DB) SaveInquirySettings(ctx context.Context, s inquiry.Settings, e audit.Entry) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write inquiry settings: %w", err)
	}
	defer db.inquirySettings.Store(nil) // also after a failure, which may have been another's change
	return db.write(ctx, "save inquiry settings", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO inquiry_settings (id, version, settings) SELECT 1, 1, ?1 WHERE ?2 = 0
			ON CONFLICT DO NOTHING`, string(text), s.Version)
		if s.Version != 0 {
			result, err = tx.ExecContext(ctx, "UPDATE inquiry_settings SET settings = ?, version = version + 1 WHERE id = 1 AND version = ?",
				string(text), s.Version)
		}
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errs.New(errs.Conflict, "save inquiry settings", "inquiry.settings.changed", nil))
		}
		return db.appendAudit(tx, e)
	})
}
