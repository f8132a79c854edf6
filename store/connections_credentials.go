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
