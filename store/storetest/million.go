package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"payportal/store"
)

// Million is how many payments the benchmarks' database has.
const Million = 1_000_000

// millionVersion names the cached file; it grows with every change of the payments tables or of FillPayments.
const millionVersion = 1

// MillionFile gives the path of a migrated database of a million payments of connection 1. It is built once, in about a
// minute, and kept among the temporary files: copy it before writing to it.
func MillionFile(ctx context.Context) (string, error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("payportal-bench-%d-v%d.db", Million, millionVersion))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	building := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := fillMillion(ctx, building); err != nil {
		return "", err
	}
	return path, os.Rename(building, path)
}

func fillMillion(ctx context.Context, path string) (err error) {
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := FillPayments(ctx, db, Million, 1); err != nil {
		return err
	}
	return db.SealPayments(ctx)
}
