package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"payportal/internal/psp"
)

// PSPs implements psp.DirectoryStore.
func (db *DB) PSPs(ctx context.Context, connectionID int64) ([]psp.ListedPSP, error) {
	rows, err := db.reader.QueryContext(ctx, `SELECT id, name, enabled, gone_at FROM psps
		WHERE connection_id = ? ORDER BY gone_at > 0, name, id`, connectionID)
	return collect("list PSPs", rows, err, scanPSP)
}

// PSP implements psp.DirectoryStore.
func (db *DB) PSP(ctx context.Context, connectionID, id int64) (psp.ListedPSP, error) {
	p, err := scanPSP(db.reader.QueryRowContext(ctx, "SELECT id, name, enabled, gone_at FROM psps WHERE connection_id = ? AND id = ?", connectionID, id))
	return p, mapError("read PSP", err)
}

func scanPSP(row scanner) (psp.ListedPSP, error) {
	var p psp.ListedPSP
	var gone int64
	err := row.Scan(&p.ID, &p.Name, &p.Enabled, &gone)
	p.GoneAt = timeAt(gone)
	return p, err
}

const selectAccounts = "SELECT uuid, name, psp, enabled, created_at, gone_at FROM psp_accounts"

// PSPAccounts implements psp.DirectoryStore.
func (db *DB) PSPAccounts(ctx context.Context, connectionID int64) ([]psp.ListedAccount, error) {
	rows, err := db.reader.QueryContext(ctx, selectAccounts+" WHERE connection_id = ? ORDER BY gone_at > 0, name, uuid", connectionID)
	return collect("list PSP accounts", rows, err, scanAccount)
}

// PSPAccount implements psp.DirectoryStore and psp.TerminalStore.
func (db *DB) PSPAccount(ctx context.Context, connectionID int64, uuid string) (psp.ListedAccount, error) {
	a, err := scanAccount(db.reader.QueryRowContext(ctx, selectAccounts+" WHERE connection_id = ? AND uuid = ?", connectionID, uuid))
	return a, mapError("read PSP account", err)
}

func scanAccount(row scanner) (psp.ListedAccount, error) {
	var a psp.ListedAccount
	var created, gone int64
	err := row.Scan(&a.UUID, &a.Name, &a.PSP, &a.Enabled, &created, &gone)
	a.CreatedAt, a.GoneAt = timeAt(created), timeAt(gone)
	return a, err
}

// ReplacePSPs implements psp.DirectoryStore.
func (db *DB) ReplacePSPs(ctx context.Context, connectionID int64, psps []psp.PSP, at time.Time) error {
	return db.write(ctx, "replace PSPs", func(tx *sql.Tx) error {
		// All go; what is listed comes back. Nobody sees the moment between.
		if _, err := tx.ExecContext(ctx, "UPDATE psps SET gone_at = ? WHERE connection_id = ? AND gone_at = 0", at.UnixMicro(), connectionID); err != nil {
			return err
		}
		for _, p := range psps {
			if err := upsertPSP(ctx, tx, connectionID, p); err != nil {
				return err
			}
		}
		return noteCopied(ctx, tx, connectionID, psp.PSPList, at)
	})
}

// SavePSP implements psp.DirectoryStore.
func (db *DB) SavePSP(ctx context.Context, connectionID int64, p psp.PSP) error {
	return db.write(ctx, "save PSP", func(tx *sql.Tx) error { return upsertPSP(ctx, tx, connectionID, p) })
}

func upsertPSP(ctx context.Context, tx *sql.Tx, connectionID int64, p psp.PSP) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO psps (connection_id, id, name, enabled) VALUES (?, ?, ?, ?)
		ON CONFLICT (connection_id, id) DO UPDATE SET name = excluded.name, enabled = excluded.enabled, gone_at = 0`,
		connectionID, p.ID, p.Name, p.Enabled)
	return err
}

// ReplacePSPAccounts implements psp.DirectoryStore.
func (db *DB) ReplacePSPAccounts(ctx context.Context, connectionID int64, accounts []psp.Account, at time.Time) error {
	return db.write(ctx, "replace PSP accounts", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE psp_accounts SET gone_at = ? WHERE connection_id = ? AND gone_at = 0", at.UnixMicro(), connectionID); err != nil {
			return err
		}
		for _, a := range accounts {
			if err := upsertAccount(ctx, tx, connectionID, a); err != nil {
				return err
			}
		}
		return noteCopied(ctx, tx, connectionID, psp.AccountList, at)
	})
}

// SavePSPAccount implements psp.DirectoryStore.
func (db *DB) SavePSPAccount(ctx context.Context, connectionID int64, a psp.Account) error {
	return db.write(ctx, "save PSP account", func(tx *sql.Tx) error { return upsertAccount(ctx, tx, connectionID, a) })
}

func upsertAccount(ctx context.Context, tx *sql.Tx, connectionID int64, a psp.Account) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO psp_accounts (connection_id, uuid, name, psp, enabled, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (connection_id, uuid) DO UPDATE SET name = excluded.name, psp = excluded.psp, enabled = excluded.enabled,
		created_at = excluded.created_at, gone_at = 0`,
		connectionID, a.UUID, a.Name, a.PSP, a.Enabled, micros(a.CreatedAt))
	return err
}

// noteCopied records, in the transaction of a copy, that it is fresh.
func noteCopied(ctx context.Context, tx *sql.Tx, connectionID int64, list psp.CopiedList, at time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO psp_copies (connection_id, list, fetched_at, attempted_at, problem) VALUES (?, ?, ?, ?, '')
		ON CONFLICT (connection_id, list) DO UPDATE SET fetched_at = excluded.fetched_at, attempted_at = excluded.attempted_at, problem = ''`,
		connectionID, list, at.UnixMicro(), at.UnixMicro())
	return err
}

// CopyFailed implements psp.CopyStore.
func (db *DB) CopyFailed(ctx context.Context, connectionID int64, list psp.CopiedList, problem string, at time.Time) error {
	return db.write(ctx, "note failed copy", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO psp_copies (connection_id, list, fetched_at, attempted_at, problem) VALUES (?, ?, 0, ?, ?)
			ON CONFLICT (connection_id, list) DO UPDATE SET attempted_at = excluded.attempted_at, problem = excluded.problem`,
			connectionID, list, at.UnixMicro(), problem)
		return err
	})
}

// CopyFreshness implements psp.CopyStore.
func (db *DB) CopyFreshness(ctx context.Context, connectionID int64, list psp.CopiedList) (psp.Freshness, error) {
	var fresh psp.Freshness
	var fetched, attempted int64
	err := db.reader.QueryRowContext(ctx, "SELECT fetched_at, attempted_at, problem FROM psp_copies WHERE connection_id = ? AND list = ?",
		connectionID, list).Scan(&fetched, &attempted, &fresh.Problem)
	if errors.Is(err, sql.ErrNoRows) {
		return psp.Freshness{}, nil
	}
	fresh.FetchedAt, fresh.AttemptedAt = timeAt(fetched), timeAt(attempted)
	return fresh, mapError("read freshness", err)
}
