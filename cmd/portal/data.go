package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"payportal/internal/audit"
	"payportal/internal/seal"
	"payportal/store"
)

// withStore opens the database for one command, without migrating a file that a running portal may be using with an
// older program.
func (c dataConfig) withStore(ctx context.Context, do func(db *store.DB, keys *seal.Keyring) error) (err error) {
	keys, err := c.open()
	if err != nil {
		return err
	}
	db, err := openStore(ctx, c.DB, keys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db, keys)
}

type backupCommand struct {
	dataConfig `embed:""`
	File       string `arg:"" help:"New file for the copy."`
}

// Run writes a consistent copy of the database.
func (c backupCommand) Run(ctx context.Context, std streams) error {
	return c.withStore(ctx, func(db *store.DB, _ *seal.Keyring) error {
		if err := db.Backup(ctx, c.File); err != nil {
			return err
		}
		_, err := fmt.Fprintln(std.out, "copied to", c.File)
		return err
	})
}

type restoreCheckCommand struct {
	dataConfig `embed:""`
}

// Run checks everything that must hold of a restored file before the portal serves from it.
func (c restoreCheckCommand) Run(ctx context.Context, std streams) error {
	return c.withStore(ctx, func(db *store.DB, _ *seal.Keyring) error {
		for _, step := range []struct {
			name  string
			check func(context.Context) error
		}{
			{"integrity", db.CheckIntegrity},
			{"schema", db.Ready},
			{"audit trail", func(ctx context.Context) error {
				_, err := verifyAudit(ctx, db)
				return err
			}},
			{"secrets", db.CheckSecrets},
		} {
			if err := step.check(ctx); err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
			if _, err := fmt.Fprintln(std.out, step.name+": ok"); err != nil {
				return err
			}
		}
		return nil
	})
}

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Verify the whole audit trail: any change, gap, reordering or missing end is found."`
}

type auditVerifyCommand struct {
	dataConfig `embed:""`
}

// Run verifies the chain.
func (c auditVerifyCommand) Run(ctx context.Context, std streams) error {
	return c.withStore(ctx, func(db *store.DB, _ *seal.Keyring) error {
		found, err := verifyAudit(ctx, db)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "the audit trail is whole: %d entries, head %x\n", found.Count, found.Hash)
		return err
	})
}

// verifyAudit makes an error of a chain that does not hold.
func verifyAudit(ctx context.Context, db *store.DB) (audit.Verification, error) {
	found, err := db.VerifyAudit(ctx)
	if err == nil && !found.OK() {
		err = fmt.Errorf("the audit trail was tampered with at entry %d: %s", found.BadSeq, found.Problem)
	}
	return found, err
}

type healthcheckCommand struct {
	URL string `help:"Address of the portal." env:"PORTAL_HEALTHCHECK_URL" default:"http://localhost:8080" placeholder:"URL"`
}

// Run asks a running portal whether it is ready.
func (c healthcheckCommand) Run(ctx context.Context, std streams) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/readyz", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", resp.Status)
	}
	_, err = fmt.Fprintln(std.out, "ready")
	return err
}
