package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/seal"
	"payportal/store"
)

type connectionCommands struct {
	Add    connectionAddCommand    `cmd:"" help:"Add a connection; its JSON comes on standard input."`
	List   connectionListCommand   `cmd:"" help:"List the connections, without their credentials."`
	Test   connectionTestCommand   `cmd:"" help:"Test a connection step by step; exits 1 if a step failed."`
	Rotate connectionRotateCommand `cmd:"" help:"Replace the credentials of a connection; {\"credentials\":{…}} comes on standard input."`
	Reseal connectionResealCommand `cmd:"" help:"Seal every secret anew with the current master key, after the key was rotated."`
}

// maxDefinition bounds the JSON on standard input, in bytes.
const maxDefinition = 64 << 10

type connectionAddCommand struct {
	dataConfig `embed:""`
}

// Run adds the connection.
func (c connectionAddCommand) Run(ctx context.Context, std streams) error {
	doc, err := io.ReadAll(io.LimitReader(std.in, maxDefinition+1))
	if err != nil {
		return err
	}
	definition, err := connection.Parse(doc)
	if err != nil {
		return plainly(err)
	}
	return c.withConnections(ctx, std, func(s *connection.Service) error {
		added, err := s.Add(ctx, access.CommandLine(osUser()).Actor, definition)
		if err != nil {
			return plainly(err)
		}
		_, err = fmt.Fprintln(std.out, "added", added.Name)
		return err
	})
}

type connectionListCommand struct {
	dataConfig `embed:""`
}

// Run lists the connections.
func (c connectionListCommand) Run(ctx context.Context, std streams) error {
	return c.withConnections(ctx, std, func(s *connection.Service) error {
		list, err := s.List(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(std.out, 0, 4, 2, ' ', 0)
		for _, each := range list {
			state := "enabled"
			if each.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\trotated %s\n", each.Name, each.Provider, each.Environment, state,
				each.RotatedAt.UTC().Format("2006-01-02"))
		}
		return table.Flush()
	})
}

type connectionTestCommand struct {
	dataConfig `embed:""`
	Name       string `arg:"" help:"Name of the connection."`
}

// errTestFailed makes the command exit with 1.
var errTestFailed = errors.New("the connection does not work")

// Run tests the connection and prints each step as soon as it is done.
func (c connectionTestCommand) Run(ctx context.Context, std streams) error {
	printer, err := englishPrinter()
	if err != nil {
		return err
	}
	return c.withConnections(ctx, std, func(s *connection.Service) error {
		found, err := s.Named(ctx, c.Name)
		if err != nil {
			return plainly(err)
		}
		steps, err := s.Test(ctx, access.CommandLine(osUser()).Actor, found.ID, func(step connection.Step) {
			line := strings.TrimSpace(printer.T(step.NameKey()) + " " + step.API + " " + step.Subject)
			fmt.Fprintf(std.out, "%-12s %s\n", step.Outcome, line)
			if step.Outcome == connection.Failed {
				fmt.Fprintf(std.out, "             %s\n             %v\n", printer.Tf(step.Advice, step.Args), step.Err)
			}
		})
		if err != nil {
			return plainly(err)
		}
		if !connection.AllPassed(steps) {
			return errTestFailed
		}
		return nil
	})
}

type connectionRotateCommand struct {
	dataConfig `embed:""`
	Name       string `arg:"" help:"Name of the connection."`
	Untested   bool   `help:"Keep the new credentials without testing them first."`
}

// Run replaces the credentials.
func (c connectionRotateCommand) Run(ctx context.Context, std streams) error {
	doc, err := io.ReadAll(io.LimitReader(std.in, maxDefinition+1))
	if err != nil {
		return err
	}
	return c.withConnections(ctx, std, func(s *connection.Service) error {
		found, err := s.Named(ctx, c.Name)
		if err != nil {
			return plainly(err)
		}
		secrets, err := connection.ParseCredentials(found.Provider, doc)
		if err != nil {
			return plainly(err)
		}
		if _, _, err := s.Rotate(ctx, access.CommandLine(osUser()).Actor, found.ID, found.Version, secrets, !c.Untested); err != nil {
			return plainly(err)
		}
		_, err = fmt.Fprintln(std.out, "rotated", found.Name)
		return err
	})
}

type connectionResealCommand struct {
	dataConfig `embed:""`
}

// Run seals every secret with the current key.
func (c connectionResealCommand) Run(ctx context.Context, std streams) error {
	return c.withStore(ctx, func(db *store.DB, _ *seal.Keyring) error {
		by := access.CommandLine(osUser())
		count, err := db.Reseal(ctx, audit.Entry{Actor: by.Actor, Act: "secrets.reseal", Object: "secrets", Outcome: audit.OK})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "sealed %d secrets with the current key\n", count)
		return err
	})
}

// withConnections opens the use-cases for connections without a portal around them. A running portal takes a change with
// its next call.
func (c dataConfig) withConnections(ctx context.Context, std streams, do func(s *connection.Service) error) error {
	return c.withStore(ctx, func(db *store.DB, _ *seal.Keyring) error {
		builder := clientBuilder{log: newLogger(std.err, logQuietly)}
		live := connection.NewPool(db, builder.build)
		defer live.Close()
		return do(connection.NewService(db, live))
	})
}
