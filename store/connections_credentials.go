package store

import (
	"context"
	"database/sql"
	"fmt"

	"payportal/internal/connection"
)

// The place that each sealed credential is bound to.
const (
	credentialTable  = "connection_credentials"
	credentialColumn = "sealed"
)

func credentialRow(id int64, key string) string { return fmt.Sprintf("%d/%s", id, key) }

func (db *DB) sealCredentials(ctx context.Context, tx *sql.Tx, id int64, c connection.Credentials) error {
	if db.ring == nil {
		return errNoKeys
	}
	for key, secret := range c {
		sealed := db.ring.Seal(credentialTable, credentialColumn, credentialRow(id, key), []byte(secret.Reveal()))
		_, err := tx.ExecContext(ctx, "INSERT INTO connection_credentials (connection_id, key, sealed) VALUES (?, ?, ?)", id, key, sealed)
		if err != nil {
			return err
		}
	}
	return nil
}

// sealedCredentials gives a connection's sealed values by key.
func sealedCredentials(ctx context.Context, q querier, id int64) (map[string][]byte, error) {
	rows, err := q.QueryContext(ctx, "SELECT key, sealed FROM connection_credentials WHERE connection_id = ?", id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells of what matters
	sealed := map[string][]byte{}
	for rows.Next() {
		var key string
		var value []byte
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		sealed[key] = value
	}
	return sealed, rows.Err()
}

// ResealCredentials seals anew, with the current key, every credential that an older key of the ring sealed, so that the
// older key can be thrown away. It gives the number of values that it changed.
func (db *DB) ResealCredentials(ctx context.Context) (int, error) {
	changed := 0
	err := db.write(ctx, "reseal credentials", func(tx *sql.Tx) error {
		if db.ring == nil {
			return errNoKeys
		}
		ids, err := connectionIDs(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			n, err := db.resealOne(ctx, tx, id)
			if err != nil {
				return err
			}
			changed += n
		}
		return nil
	})
	return changed, err
}

func (db *DB) resealOne(ctx context.Context, tx *sql.Tx, id int64) (int, error) {
	sealed, err := sealedCredentials(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	changed := 0
	for key, value := range sealed {
		if db.ring.IsCurrent(value) {
			continue
		}
		place := credentialRow(id, key)
		plain, err := db.ring.Open(credentialTable, credentialColumn, place, value)
		if err != nil {
			return 0, fmt.Errorf("connection %d, %s: %w", id, key, err)
		}
		_, err = tx.ExecContext(ctx, "UPDATE connection_credentials SET sealed = ? WHERE connection_id = ? AND key = ?",
			db.ring.Seal(credentialTable, credentialColumn, place, plain), id, key)
		if err != nil {
			return 0, err
		}
		changed++
	}
	return changed, nil
}

func connectionIDs(ctx context.Context, q querier) ([]int64, error) {
	rows, err := q.QueryContext(ctx, "SELECT id FROM connections")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells of what matters
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
