package store

import (
	"context"
	"database/sql"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
)

// Reserve counts a guess in each bucket, or in none when one is full.
func (db *DB) Reserve(ctx context.Context, at time.Time, buckets []access.Bucket, refused audit.Entry) (access.Reservation, error) {
	for _, b := range buckets { // a flood that was refused before costs reads only
		if full, told, err := bucketFull(ctx, db.reader, at, b); err != nil {
			return nil, mapError("count guess", err)
		} else if full && told {
			return nil, limited()
		}
	}
	var guess access.Reservation
	err := db.write(ctx, "count guess", func(tx *sql.Tx) (err error) {
		guess, err = db.reserve(ctx, tx, at, buckets, refused)
		return err
	})
	if err == nil && guess == nil {
		err = limited()
	}
	return guess, err
}

// reserve answers nil when a bucket is full; the refusal itself is to be committed.
func (db *DB) reserve(ctx context.Context, tx *sql.Tx, at time.Time, buckets []access.Bucket, refused audit.Entry) (access.Reservation, error) {
	if _, err := tx.ExecContext(ctx, "DELETE FROM sign_in_attempts WHERE until <= ?", toMicros(at)); err != nil {
		return nil, err
	}
	for _, b := range buckets {
		full, told, err := bucketFull(ctx, tx, at, b)
		if err != nil {
			return nil, err
		}
		if full && told {
			return nil, nil
		}
		if full {
			if _, err := insertAttempt(ctx, tx, at, b, true); err != nil {
				return nil, err
			}
			return nil, db.appendAudit(tx, refused)
		}
	}
	guess := access.Reservation{}
	for _, b := range buckets {
		id, err := insertAttempt(ctx, tx, at, b, false)
		if err != nil {
			return nil, err
		}
		guess = append(guess, id)
	}
	return guess, nil
}

// bucketFull reports whether the bucket admits no more guess at that time, and whether a refusal has been told in the
// trail within its window.
func bucketFull(ctx context.Context, q querier, at time.Time, b access.Bucket) (full, told bool, err error) {
	since := toMicros(at.Add(-b.Window))
	err = q.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM sign_in_attempts WHERE bucket = ?1 AND refusal = 0 AND at > ?2) >= ?3,
		EXISTS (SELECT 1 FROM sign_in_attempts WHERE bucket = ?1 AND refusal = 1 AND at > ?2)`, b.Key, since, b.Limit).Scan(&full, &told)
	return full, told, err
}

func insertAttempt(ctx context.Context, tx *sql.Tx, at time.Time, b access.Bucket, refusal bool) (int64, error) {
	result, err := tx.ExecContext(ctx, "INSERT INTO sign_in_attempts (bucket, at, until, refusal) VALUES (?, ?, ?, ?)",
		b.Key, toMicros(at), toMicros(at.Add(b.Window)), refusal)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func limited() error { return errs.New(errs.RateLimited, "count guess", "access.sign_in.limited", nil) }

// takeBack gives guesses back that were right.
func takeBack(ctx context.Context, tx *sql.Tx, guess access.Reservation) error {
	for _, id := range guess {
		if _, err := tx.ExecContext(ctx, "DELETE FROM sign_in_attempts WHERE id = ?", id); err != nil {
			return err
		}
	}
	return nil
}

// AcceptPassword takes the guess back and notes the sign-in.
func (db *DB) AcceptPassword(ctx context.Context, signedIn time.Time, userID int64, guess access.Reservation, e audit.Entry) error {
	return db.write(ctx, "accept password", func(tx *sql.Tx) error {
		if err := takeBack(ctx, tx, guess); err != nil {
			return err
		}
		if !signedIn.IsZero() {
			result, err := tx.ExecContext(ctx, "UPDATE users SET last_sign_in_at = ? WHERE id = ?", toMicros(signedIn), userID)
			if err := mustHit(result, err); err != nil {
				return err
			}
		}
		return db.appendAudit(tx, e)
	})
}

// AcceptStep uses a TOTP time step up, in one conditional UPDATE.
func (db *DB) AcceptStep(ctx context.Context, userID, step int64, guess access.Reservation, e audit.Entry) (bool, error) {
	return db.accept(ctx, guess, e, "UPDATE users SET totp_last_step = ?1 WHERE id = ?2 AND totp_last_step < ?1 AND totp_secret IS NOT NULL AND disabled = 0", step, userID)
}

// AcceptRecoveryCode uses a recovery code up.
func (db *DB) AcceptRecoveryCode(ctx context.Context, userID int64, hash []byte, guess access.Reservation, e audit.Entry) (bool, error) {
	return db.accept(ctx, guess, e, "DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?", userID, hash)
}

// accept runs the statement that uses a code up: true when it met its one row. Then the guess is taken back and the entry
// written.
func (db *DB) accept(ctx context.Context, guess access.Reservation, e audit.Entry, statement string, args ...any) (bool, error) {
	accepted := false
	err := db.writeAccess(ctx, "accept code", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		accepted = true
		if err := takeBack(ctx, tx, guess); err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
	return accepted && err == nil, err
}
