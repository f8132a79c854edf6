package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/seal"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

// demoCommand runs everything on this machine: sandbox, portal, seeded data, a login for each role.
type demoCommand struct {
	DB       string     `help:"SQLite database file of the demo; its key is kept beside it." default:"payportal-demo.db" placeholder:"FILE"`
	Fresh    bool       `help:"Start over: delete the demo's database first."`
	Listen   string     `help:"Address of the staff portal." default:"localhost:8080" placeholder:"HOST:PORT"`
	Checkout string     `help:"Address of the checkout surface." default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	Hooks    string     `help:"Address of the surface for notifications." default:"127.0.0.1:8082" placeholder:"HOST:PORT"`
	Metrics  string     `help:"Address of the metrics; empty for none." default:"" placeholder:"HOST:PORT"`
	Sandbox  []string   `help:"Addresses of the sandbox: tokens, PSP reporting, files, inquiries." default:"127.0.0.1:8091,127.0.0.1:8092,127.0.0.1:8093,127.0.0.1:8094" placeholder:"HOST:PORT"`
	Payments int        `help:"How many payments the sandbox begins with." default:"24000"`
	Live     int        `help:"How many payments a minute come in while the demo runs." default:"20"`
	LogLevel slog.Level `help:"Least level that is logged." default:"warn"`
}

// demoUsers are the logins that the demo prints, one for each built-in role. The password opens nothing but a demo.
var demoUsers = []struct {
	name, displayName, language string
	role                        access.RoleID
}{
	{"admin", "Mina Administrator", "en", access.Administrator},
	{"finance", "Farhad Finance", "en", access.Finance},
	{"operations", "Omid Operations", "en", access.Operations},
	{"approver", "Aida Approver", "en", access.Approver},
	{"auditor", "Armin Auditor", "en", access.Auditor},
	{"support", "سارا پشتیبان", "fa", access.Support},
}

// demoPassword is the password of every demo user.
const demoPassword = "look around freely"

// Run starts the demo and prints where it is.
func (c demoCommand) Run(ctx context.Context, std streams) (err error) {
	if len(c.Sandbox) != 4 {
		return errors.New("--sandbox: give four addresses: tokens, PSP reporting, files, inquiries")
	}
	if c.Fresh {
		if err := c.forget(); err != nil {
			return err
		}
	}
	s, err := c.settings()
	if err != nil {
		return err
	}
	providers, err := toman.Start(ctx, toman.Config{
		AuthAddr: c.Sandbox[0], PSPReportingAddr: c.Sandbox[1], ObjectStorageAddr: c.Sandbox[2], InquiryAddr: c.Sandbox[3],
		Seed:          pspreporting.SeedConfig{Seed: 1, Payments: c.Payments, Days: 90, Terminals: 40},
		PSPReporting:  pspreporting.Config{StatePath: c.DB + ".sandbox"},
		LivePerMinute: c.Live,
	})
	if err != nil {
		return fmt.Errorf("start the sandbox (is another demo running?): %w", err)
	}
	defer func() { err = errors.Join(err, providers.Close()) }()

	a, err := openApp(ctx, s, newLogger(std.err, s.LogLevel))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.seedDemo(ctx, providers); err != nil {
		return fmt.Errorf("seed the demo: %w", err)
	}
	if err := a.listen(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprint(std.out, c.welcome(a, providers)); err != nil {
		return err
	}
	return a.run(ctx)
}

// forget deletes the demo's files.
func (c demoCommand) forget() error {
	for _, suffix := range []string{"", "-wal", "-shm", ".key", ".sandbox"} {
		if err := os.Remove(c.DB + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// settings are those of a portal on this machine, with a key of its own beside the database.
func (c demoCommand) settings() (settings, error) {
	keyFile := c.DB + ".key"
	if _, err := os.Stat(keyFile); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(keyFile, []byte(seal.GenerateKey()+"\n"), 0o600); err != nil {
			return settings{}, err
		}
	}
	return config{
		dataConfig: dataConfig{DB: c.DB, MasterKeyFile: keyFile},
		Listen:     c.Listen, ListenCheckout: c.Checkout, ListenHooks: c.Hooks, ListenMetrics: c.Metrics,
		SecondFactor: "offered", SessionIdle: 15 * time.Minute, SessionLifetime: 8 * time.Hour,
		Language: "en", TimeZone: "Asia/Tehran", LogLevel: c.LogLevel, ShutdownTimeout: 5 * time.Second,
	}.resolve()
}

// seedDemo makes users, connections and first copies, each once: a second start keeps what people have changed.
func (a *app) seedDemo(ctx context.Context, providers *toman.Toman) error {
	by := access.CommandLine("demo")
	known, err := a.access.People.Users(ctx, access.UserFilter{})
	if err != nil {
		return err
	}
	if len(known) == 0 {
		for _, u := range demoUsers {
			if err := a.seedUser(ctx, by, u.name, u.displayName, u.language, u.role); err != nil {
				return err
			}
		}
	}
	if err := a.seedConnection(ctx, by, providers); err != nil {
		return err
	}
	return a.seedInquiries(ctx, by, providers)
}

func (a *app) seedUser(ctx context.Context, by access.By, name, displayName, language string, role access.RoleID) error {
	user, err := a.access.People.CreateWithPassword(ctx, by,
		access.NewUser{Username: name, DisplayName: displayName, Roles: []access.RoleID{role}}, seal.NewSecret(demoPassword))
	if err != nil {
		return err
	}
	return a.db.SavePreferences(ctx, user.ID, access.Preferences{Language: language}, entryOf(by, "user.preferences", user))
}

// welcome says where everything is and what to look at first.
func (c demoCommand) welcome(a *app, providers *toman.Toman) string {
	var b strings.Builder
	address := "http://" + a.surfaces[0].address()
	if strings.HasPrefix(c.Listen, "localhost:") {
		address = "http://localhost" + address[strings.LastIndexByte(address, ':'):]
	}
	fmt.Fprintf(&b, "\nPayportal demo: %s\n\n", address)
	fmt.Fprintf(&b, "  %-14s %-22s %s\n", "user name", "password", "role")
	for _, u := range demoUsers {
		fmt.Fprintf(&b, "  %-14s %-22s %s\n", u.name, demoPassword, u.role)
	}
	fmt.Fprintf(&b, `
Look first at
  - Overview as finance: what came in, from which terminals, and how fresh it is
  - Payments: search 9999-like last digits of a card, filter, export exactly what you see
  - Terminals as operations: create one; send the form twice, there is still one
  - Inquiries as finance: whose is %s? More numbers are in provider/sandbox/README.md
  - Connections as admin: press Test, and see each scope
  - the user menu: Persian, the Jalali calendar, toman, dark

The sandbox takes faults at %s/_control/ (provider/sandbox/README.md).
The data is in %s; stop with Ctrl-C, start again and it is all there; --fresh starts over.

`, sandboxinquiry.PersonIBAN, providers.PSPReportingURL, c.DB)
	return b.String()
}
