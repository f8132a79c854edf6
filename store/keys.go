package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// auditKeyName names the chain's key in sealed_keys. The key is random and sealed under the master key, so that a
// rotation of the master key leaves the chain whole.
const auditKeyName = "audit chain"

// UseKeys gives the database the ring that seals its secrets, and makes the audit chain ready: on first use it makes the
// chain's key. To be called once, after Migrate and before any other write. It fails when the chain's key cannot be
// opened with the ring: another master key made this database.
func (db *DB) UseKeys(ctx context.Context, ring *seal.Keyring) error {
	return db.write(ctx, "open the audit key", func(tx *sql.Tx) error {
		sealed, err := auditKey(ctx, tx, ring)
		if err != nil {
			return err
		}
		key, err := ring.Open("sealed_keys", "sealed", auditKeyName, sealed)
		if err != nil {
			return fmt.Errorf("the master key is not the one of this database: %w", err)
		}
		numbers, err := numberKey(ctx, tx, ring)
		if err != nil {
			return err
		}
		db.ring, db.chain, db.numbers = ring, audit.NewChain(key), numbers
		return nil
	})
}

// numberKeyName names the key in sealed_keys under which inquired numbers are hashed. It is random and sealed like the chain's,
// so that a number is still found after a rotation of the master key.
const numberKeyName = "inquiry numbers"

// numberKey reads the key of the hashes of numbers, or makes it.
func numberKey(ctx context.Context, tx *sql.Tx, ring *seal.Keyring) ([]byte, error) {
	var sealed []byte
	err := tx.QueryRowContext(ctx, "SELECT sealed FROM sealed_keys WHERE name = ?", numberKeyName).Scan(&sealed)
	switch {
	case err == nil:
		return ring.Open("sealed_keys", "sealed", numberKeyName, sealed)
	case !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails: it ends the program instead
	sealed = ring.Seal("sealed_keys", "sealed", numberKeyName, key)
	_, err = tx.ExecContext(ctx, "INSERT INTO sealed_keys (name, sealed) VALUES (?, ?)", numberKeyName, sealed)
	return key, err
}

// auditKey reads the sealed key of the chain, or makes it while the trail is empty. It never replaces the key of a trail
// that has entries: that would bless whatever is in it.
func auditKey(ctx context.Context, tx *sql.Tx, ring *seal.Keyring) ([]byte, error) {
	var sealed []byte
	err := tx.QueryRowContext(ctx, "SELECT sealed FROM sealed_keys WHERE name = ?", auditKeyName).Scan(&sealed)
	if !errors.Is(err, sql.ErrNoRows) {
		return sealed, err
	}
	var used bool
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM audit_entries) OR EXISTS (SELECT 1 FROM audit_head)").Scan(&used); err != nil {
		return nil, err
	}
	if used {
		return nil, errs.New(errs.Internal, "open the audit key", "", errors.New("the key of the audit trail is missing"))
	}
	key := make([]byte, audit.ChainKeySize)
	rand.Read(key) // never fails: it ends the program instead
	sealed = ring.Seal("sealed_keys", "sealed", auditKeyName, key)
	if _, err := tx.ExecContext(ctx, "INSERT INTO sealed_keys (name, sealed) VALUES (?, ?)", auditKeyName, sealed); err != nil {
		return nil, err
	}
	head := audit.NewChain(key).SumHead(0, nil)
	_, err = tx.ExecContext(ctx, "INSERT INTO audit_head (id, count, hash, mac) VALUES (1, 0, x'', ?)", head)
	return sealed, err
}

// sealedColumn is a column of sealed values. key are the columns of the table's key: joined by a slash they name the row in the
// associated data.
type sealedColumn struct {
	table, column string
	key           []string
}

// row is the SQL expression of the row's name.
func (c sealedColumn) row() string { return "CAST(" + strings.Join(c.key, " || '/' || ") + " AS TEXT)" }

// sealedColumns lists every sealed column. One that is missing here is lost when a previous master key is put away.
var sealedColumns = []sealedColumn{
	{"sealed_keys", "sealed", []string{"name"}},
	{"users", "totp_secret", []string{"id"}},
	{"users", "totp_pending", []string{"id"}},
	{credentialTable, credentialColumn, []string{"connection_id", "key"}},
	{"inquiries", "number", []string{"id"}},
	{"inquiries", "reply", []string{"id"}},
	{"inquiry_bulks", "name", []string{"id"}},
	{"inquiry_bulks", "layout", []string{"id"}},
	{"inquiry_lines", "content", []string{"bulk_id", "line"}},
}

// Reseal seals every secret anew that is not under the current master key, and tells how many; afterwards the previous
// keys can be put away. e is the audit entry of the rotation.
func (db *DB) Reseal(ctx context.Context, e audit.Entry) (int, error) {
	if db.ring == nil {
		return 0, errNoKeys
	}
	count := 0
	err := db.write(ctx, "seal secrets anew", func(tx *sql.Tx) error {
		for _, c := range sealedColumns {
			n, err := db.resealColumn(ctx, tx, c)
			if err != nil {
				return err
			}
			count += n
		}
		e.After = map[string]any{"values": count}
		return db.appendAudit(tx, e)
	})
	return count, err
}

// resealAtOnce bounds what resealColumn holds in memory.
const resealAtOnce = 1000

// resealColumn walks a column by the table's key.
func (db *DB) resealColumn(ctx context.Context, tx *sql.Tx, c sealedColumn) (count int, err error) {
	update, err := tx.PrepareContext(ctx, fmt.Sprintf("UPDATE %s SET %s = ? WHERE (%s) = (%s)",
		c.table, c.column, strings.Join(c.key, ", "), placeholders(len(c.key))))
	if err != nil {
		return 0, err
	}
	defer func() { _ = update.Close() }() // the transaction's own, and over with it
	for after := ""; ; {
		rows, err := sealedAfter(ctx, tx, c, after)
		if err != nil || len(rows) == 0 {
			return count, err
		}
		for _, r := range rows {
			if db.ring.IsCurrent(r.sealed) {
				continue
			}
			plain, err := db.ring.Open(c.table, c.column, r.name, r.sealed)
			if err != nil {
				return count, fmt.Errorf("row %s: %w", r.name, err)
			}
			if _, err := update.ExecContext(ctx, append([]any{db.ring.Seal(c.table, c.column, r.name, plain)}, c.parts(r.name)...)...); err != nil {
				return count, err
			}
			count++
		}
		after = rows[len(rows)-1].name
	}
}

// sealedRow is a sealed value and the name of its row.
type sealedRow struct {
	name   string
	sealed []byte
}

// parts are the values of the key in a row's name.
func (c sealedColumn) parts(row string) []any {
	var parts []any
	for _, part := range strings.SplitN(row, "/", len(c.key)) {
		parts = append(parts, part)
	}
	return parts
}

// sealedAfter reads the next values of a column behind a row; "" is before the first.
func sealedAfter(ctx context.Context, tx *sql.Tx, c sealedColumn, after string) ([]sealedRow, error) {
	key := strings.Join(c.key, ", ")
	// The names are constants of this package.
	query := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s IS NOT NULL", c.row(), c.column, c.table, c.column) // #nosec G201
	var args []any
	if after != "" {
		query += fmt.Sprintf(" AND (%s) > (%s)", key, placeholders(len(c.key)))
		args = c.parts(after)
	}
	rows, err := tx.QueryContext(ctx, query+" ORDER BY "+key+" LIMIT ?", append(args, resealAtOnce)...)
	return collect("read sealed values", rows, err, func(row scanner) (r sealedRow, err error) {
		err = row.Scan(&r.name, &r.sealed)
		return r, err
	})
}
