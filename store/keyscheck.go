package store

import (
	"context"
	"fmt"
)

// CheckSecrets opens every sealed value with the key ring and forgets it. It names the first row that cannot be opened.
func (db *DB) CheckSecrets(ctx context.Context) error {
	if db.ring == nil {
		return errNoKeys
	}
	for _, c := range sealedColumns {
		if err := db.checkColumn(ctx, c); err != nil {
			return fmt.Errorf("check secrets of %s.%s: %w", c.table, c.column, err)
		}
	}
	return nil
}

func (db *DB) checkColumn(ctx context.Context, c sealedColumn) error {
	// The names are constants of this package.
	query := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s IS NOT NULL", c.row(), c.column, c.table, c.column) // #nosec G201
	rows, err := db.reader.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		var sealed []byte
		if err := rows.Scan(&row, &sealed); err != nil {
			return err
		}
		if _, err := db.ring.Open(c.table, c.column, row, sealed); err != nil {
			return fmt.Errorf("row %s: %w", row, err)
		}
	}
	return rows.Err()
}
