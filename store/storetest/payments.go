package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"payportal/store"
)

// Newest is the time of the newest generated payment.
var Newest = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// The population that FillPayments draws from.
const (
	Terminals = 500
	Days      = 365
)

// PSPs are the generated PSP names.
var PSPs = []string{"SEP", "Behpardakht", "Parsian", "Sadad", "Pasargad", "Irankish", "Asan", "Fanava"}

var bins = []string{"603799", "627353", "589210", "610433", "621986", "502229", "636214", "627412", "505785", "504172"}

const perInsert = 100

// FillPayments adds n payments of connection 1 over Days days, in the order in which a first fill meets them: newest
// first. The same seed gives the same rows. The indexes are dropped while a large number is added and built again after,
// which is many times faster.
func FillPayments(ctx context.Context, db *store.DB, n int, seed uint64) error {
	tx, err := db.Writer().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit there is nothing to undo
	var rebuild []string
	if n >= 50_000 {
		if rebuild, err = dropIndexes(ctx, tx); err != nil {
			return err
		}
	}
	if err := insertPayments(ctx, tx, n, seed); err != nil {
		return err
	}
	for _, create := range rebuild {
		if _, err := tx.ExecContext(ctx, create); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func dropIndexes(ctx context.Context, tx *sql.Tx) (rebuild []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type='index' AND tbl_name='payments' AND sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var name, create string
		if err := rows.Scan(&name, &create); err != nil {
			return nil, err
		}
		drops, rebuild = append(drops, "DROP INDEX "+name), append(rebuild, create)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, drop := range drops {
		if _, err := tx.ExecContext(ctx, drop); err != nil {
			return nil, err
		}
	}
	return rebuild, nil
}

func insertPayments(ctx context.Context, tx *sql.Tx, n int, seed uint64) error {
	const insert = `INSERT INTO payments (connection_id, type, status, at, amount, id, psp, terminal_number, masked_card, bin, last4, first_seen) VALUES `
	const row = "(1,?,?,?,?,?,?,?,?,?,?,?)"
	full, err := tx.PrepareContext(ctx, insert+strings.Repeat(row+",", perInsert-1)+row)
	if err != nil {
		return err
	}
	defer full.Close()
	draw := rand.New(rand.NewPCG(seed, 1))
	step := Days * 24 * time.Hour / time.Duration(max(n, 1))
	at := Newest
	args := make([]any, 0, perInsert*11)
	for i := range n {
		args = appendPayment(args, draw, at)
		at = at.Add(-step/2 - time.Duration(draw.Int64N(int64(step)+1))).Truncate(time.Microsecond)
		if len(args) == cap(args) {
			if _, err := full.ExecContext(ctx, args...); err != nil {
				return err
			}
			args = args[:0]
		} else if i == n-1 {
			values := strings.Repeat(row+",", len(args)/11-1) + row
			if _, err := tx.ExecContext(ctx, insert+values, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendPayment adds the values of one row: nine of ten successful, one of five at a POS, amounts from 10,000 to
// 50,000,000 rial in steps of 500.
func appendPayment(args []any, draw *rand.Rand, at time.Time) []any {
	bin, last4 := bins[draw.IntN(len(bins))], fmt.Sprintf("%04d", draw.IntN(10_000))
	terminal, status := draw.IntN(Terminals), 1
	if draw.IntN(10) == 0 {
		status = 0
	}
	kind := 0
	if terminal%5 == 0 {
		kind = 1
	}
	micros := at.UnixMicro()
	return append(args, kind, status, micros, int64(10_000+500*draw.IntN(100_000)), ULID(at, draw),
		PSPs[terminal%len(PSPs)], fmt.Sprintf("%08d", 14_140_000+terminal), bin+"******"+last4, bin, last4, micros)
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ULID makes an identifier as the provider does: 48 bits of milliseconds, 80 random bits.
func ULID(at time.Time, draw *rand.Rand) string {
	var id [26]byte
	ms := uint64(at.UnixMilli())
	for i := 9; i >= 0; i-- {
		id[i], ms = crockford[ms&31], ms>>5
	}
	for i := 10; i < 26; i++ {
		id[i] = crockford[draw.IntN(32)]
	}
	return string(id[:])
}
