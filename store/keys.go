package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

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

// sealedColumn is a column of sealed values; key is the SQL expression that names the row in the associated data.
type sealedColumn struct{ table, column, key string }

// sealedColumns lists every sealed column. One that is missing here is lost when a previous master key is put away.
var sealedColumns = []sealedColumn{
	{"sealed_keys", "sealed", "name"},
	{"users", "totp_secret", "id"},
	{"users", "totp_pending", "id"},
	{credentialTable, credentialColumn, "connection_id || '/' || key"},
	{"inquiries", "number", "id"},
	{"inquiries", "reply", "id"},
	{"inquiry_bulks", "name", "id"},
	{"inquiry_bulks", "layout", "id"},
	{"inquiry_lines", "content", "bulk_id || '/' || line"},
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

func (db *DB) resealColumn(ctx context.Context, tx *sql.Tx, c sealedColumn) (int, error) {
	old, err := db.oldSealed(ctx, tx, c)
	if err != nil {
		return 0, err
	}
	for row, sealed := range old {
		plain, err := db.ring.Open(c.table, c.column, row, sealed)
		if err != nil {
			return 0, fmt.Errorf("row %s: %w", row, err)
		}
		anew := db.ring.Seal(c.table, c.column, row, plain)
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?", c.table, c.column, c.key), anew, row); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// oldSealed reads the values that are not under the current key, by row.
func (db *DB) oldSealed(ctx context.Context, tx *sql.Tx, c sealedColumn) (map[string][]byte, error) {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("SELECT CAST(%s AS TEXT), %s FROM %s WHERE %s IS NOT NULL", c.key, c.column, c.table, c.column))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	old := make(map[string][]byte)
	for rows.Next() {
		var row string
		var sealed []byte
		if err := rows.Scan(&row, &sealed); err != nil {
			return nil, err
		}
		if !db.ring.IsCurrent(sealed) {
			old[row] = sealed
		}
	}
	return old, rows.Err()
}
