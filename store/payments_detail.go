package store

import (
	"context"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

// PaymentDetail finds a payment by the provider's id; see psp.PaymentStore. Connection 0 means the lowest that has it.
func (db *DB) PaymentDetail(ctx context.Context, connectionID int64, id string) (psp.PaymentDetail, error) {
	const op = "read payment"
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return psp.PaymentDetail{}, readError(op, err)
	}
	defer conn.Release()
	stmt, err := query(conn, "SELECT "+paymentColumns+`, first_seen FROM payments INDEXED BY payments_by_id
		WHERE id = ? AND connection_id BETWEEN ? AND ? ORDER BY connection_id`, connectionArgs(id, connectionID))
	if err != nil {
		return psp.PaymentDetail{}, readError(op, err)
	}
	defer stmt.Reset()
	ok, err := stmt.Step()
	if err != nil {
		return psp.PaymentDetail{}, readError(op, err)
	}
	if !ok {
		return psp.PaymentDetail{}, errs.New(errs.NotFound, op, "", nil)
	}
	var found rowBatch
	found.add(stmt)
	detail := psp.PaymentDetail{
		PaymentRecord: found.records(nil)[0],
		FirstSeen:     time.UnixMicro(stmt.Int(colCard + 1)).UTC(),
	}
	detail.Changes, err = db.paymentChanges(ctx, found.rows[0].seq)
	return detail, mapError(op, err)
}

func connectionArgs(id string, connectionID int64) []any {
	if connectionID == 0 {
		return []any{id, int64(0), int64(1<<63 - 1)}
	}
	return []any{id, connectionID, connectionID}
}

func (db *DB) paymentChanges(ctx context.Context, seq int64) ([]psp.PaymentChange, error) {
	rows, err := db.reader.QueryContext(ctx, "SELECT seen_at, field, old, new FROM payment_changes WHERE payment = ? ORDER BY id", seq)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var changes []psp.PaymentChange
	for rows.Next() {
		var seenAt int64
		var c psp.PaymentChange
		if err := rows.Scan(&seenAt, &c.Field, &c.Old, &c.New); err != nil {
			return nil, err
		}
		c.SeenAt = time.UnixMicro(seenAt).UTC()
		changes = append(changes, c)
	}
	return changes, rows.Err()
}
