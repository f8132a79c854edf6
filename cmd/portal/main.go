// Command portal is Payportal: the staff portal, its checkout and notification surfaces, and the command line that
// looks after them. This package alone reads flags and environment (config.go), and alone wires concrete adapters,
// stores and surfaces together (app.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"payportal/internal/commandline"
)

// version is set by the linker in releases.
var version = "devel"

// commands are what `portal` can be asked for.
type commands struct {
	Serve        serveCommand        `cmd:"" help:"Run the portal."`
	Demo         demoCommand         `cmd:"" help:"Run the portal with a sandbox of the providers, seeded data and a login for each role."`
	User         userCommands        `cmd:"" help:"Add, reset or disable people."`
	Connection   connectionCommands  `cmd:"" help:"Manage provider connections; JSON on standard input, so that no secret is an argument."`
	Audit        auditCommands       `cmd:"" help:"Check the audit trail."`
	Backup       backupCommand       `cmd:"" help:"Write a consistent copy of the database, while the portal runs."`
	RestoreCheck restoreCheckCommand `cmd:"" help:"Check that a backup can be restored: integrity, schema, audit trail, secrets."`
	Healthcheck  healthcheckCommand  `cmd:"" help:"Ask a running portal whether it is ready; exits 1 if not."`
	Config       configCommands      `cmd:"" help:"Check the configuration."`
	Version      versionCommand      `cmd:"" help:"Print the version."`
}

// streams are what a command reads and writes, so that tests can run commands.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	std := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if err := run(ctx, os.Args[1:], std); err != nil {
		fmt.Fprintln(os.Stderr, "portal:", err)
		stop()
		os.Exit(1)
	}
}

// runnable is what every command of the tree is.
type runnable interface {
	Run(ctx context.Context, std streams) error
}

// run parses the arguments and runs one command.
func run(ctx context.Context, args []string, std streams) error {
	chosen, err := commandline.Parse[runnable](commandline.Program{
		Name: "portal", About: "Payportal: all payment providers of a company in one web portal.",
		Commands: new(commands), Environment: os.LookupEnv,
	}, args)
	if help, asked := errors.AsType[commandline.Help](err); asked {
		_, err = fmt.Fprint(std.out, help)
		return err
	}
	if err != nil {
		return err
	}
	return chosen.Run(ctx, std)
}

type versionCommand struct{}

// Run prints the version and what it was built with.
func (versionCommand) Run(_ context.Context, std streams) error {
	info, _ := debug.ReadBuildInfo()
	_, err := fmt.Fprintf(std.out, "portal %s (%s)\n", version, info.GoVersion)
	return err
}

type configCommands struct {
	Check configCheckCommand `cmd:"" help:"Check flags and environment as serve would read them, naming every problem."`
}

type configCheckCommand struct {
	config `embed:""`
}

// Run reports every problem of the configuration, or says that there is none.
func (c configCheckCommand) Run(_ context.Context, std streams) error {
	if _, err := c.resolve(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(std.out, "the configuration is sound")
	return err
}

// logQuietly is the level of commands whose output is their result.
const logQuietly = slog.LevelError

// newLogger makes the program's log: JSON lines. Packages that are given no logger write there too.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	return log
}
