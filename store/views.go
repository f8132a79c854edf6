package store

import (
	"context"
	"database/sql"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

// viewColumns need the asking user's id as the first parameter.
const viewColumns = `SELECT v.id, v.owner_id, v.name, v.query, v.shared, v.created_at, v.updated_at, d.view_id IS NOT NULL
	FROM payment_views v LEFT JOIN payment_view_defaults d ON d.user_id = ?1 AND d.view_id = v.id `

// PaymentViews lists a user's own views and those that others share; see psp.ViewStore.
func (db *DB) PaymentViews(ctx context.Context, userID int64) ([]psp.PaymentView, error) {
	const op = "list views"
	rows, err := db.reader.QueryContext(ctx, viewColumns+"WHERE v.owner_id = ?1 OR v.shared = 1 ORDER BY v.name, v.id", userID)
	if err != nil {
		return nil, mapError(op, err)
	}
	defer rows.Close()
	var views []psp.PaymentView
	for rows.Next() {
		v, err := scanView(rows)
		if err != nil {
			return nil, mapError(op, err)
		}
		views = append(views, v)
	}
	return views, mapError(op, rows.Err())
}

// PaymentView gives one view that the user may see; see psp.ViewStore.
func (db *DB) PaymentView(ctx context.Context, userID, id int64) (psp.PaymentView, error) {
	row := db.reader.QueryRowContext(ctx, viewColumns+"WHERE v.id = ?2 AND (v.owner_id = ?1 OR v.shared = 1)", userID, id)
	v, err := scanView(row)
	return v, mapError("read view", err)
}

func scanView(row interface{ Scan(...any) error }) (psp.PaymentView, error) {
	var v psp.PaymentView
	var created, updated int64
	err := row.Scan(&v.ID, &v.OwnerID, &v.Name, &v.Query, &v.Shared, &created, &updated, &v.Default)
	v.CreatedAt, v.UpdatedAt = fromMicros(created), fromMicros(updated)
	return v, err
}

// CreatePaymentView saves a new view; see psp.ViewStore.
func (db *DB) CreatePaymentView(ctx context.Context, v psp.PaymentView) (id int64, err error) {
	now := toMicros(time.Now())
	err = db.write(ctx, "create view", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO payment_views (owner_id, name, query, shared, created_at, updated_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING id`, v.OwnerID, v.Name, v.Query, v.Shared, now).Scan(&id)
	})
	return id, err
}

// UpdatePaymentView changes the owner's view. One that is no longer shared is nobody else's default any more.
func (db *DB) UpdatePaymentView(ctx context.Context, v psp.PaymentView) error {
	const op = "update view"
	return db.write(ctx, op, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE payment_views SET name = ?, query = ?, shared = ?, updated_at = ? WHERE id = ? AND owner_id = ?",
			v.Name, v.Query, v.Shared, toMicros(time.Now()), v.ID, v.OwnerID)
		if err := found(op, result, err); err != nil {
			return err
		}
		if v.Shared {
			return nil
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM payment_view_defaults WHERE view_id = ? AND user_id <> ?", v.ID, v.OwnerID)
		return err
	})
}

// DeletePaymentView removes the owner's view, and with it whose default it was.
func (db *DB) DeletePaymentView(ctx context.Context, ownerID, id int64) error {
	const op = "delete view"
	return db.write(ctx, op, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM payment_views WHERE id = ? AND owner_id = ?", id, ownerID)
		return found(op, result, err)
	})
}

// SetDefaultPaymentView sets the view that a user's list opens with; see psp.ViewStore.
func (db *DB) SetDefaultPaymentView(ctx context.Context, userID, id int64) error {
	const op = "set default view"
	return db.write(ctx, op, func(tx *sql.Tx) error {
		if id == 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM payment_view_defaults WHERE user_id = ?", userID)
			return err
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO payment_view_defaults (user_id, view_id)
			SELECT ?1, id FROM payment_views WHERE id = ?2 AND (owner_id = ?1 OR shared = 1)
			ON CONFLICT DO UPDATE SET view_id = excluded.view_id`, userID, id)
		return found(op, result, err)
	})
}

// found is errs.NotFound when a statement met no row.
func found(op string, result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, op, "", nil)
	}
	return err
}
