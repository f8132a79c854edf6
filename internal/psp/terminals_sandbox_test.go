package psp_test

import (
	"context"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/internal/seal"
	"payportal/provider/apiclient"
	"payportal/provider/pspreporting"
	"payportal/provider/sandbox"
	sandboxreporting "payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
	"payportal/provider/tomanauth"
	"payportal/store/storetest"
)

// adapter finds the real adapter, which speaks to the sandbox.
type adapter struct{ psp.Provider }

func (a adapter) PSPReporting(context.Context, int64) (psp.Provider, error) { return a.Provider, nil }

// newAdapter signs the real adapter in to a sandbox.
func newAdapter(t *testing.T, s *toman.Toman) adapter {
	t.Helper()
	auth, err := apiclient.New(apiclient.Config{Connection: "test", API: "auth", BaseURL: s.AuthURL})
	if err != nil {
		t.Fatal(err)
	}
	api, err := apiclient.New(apiclient.Config{
		Connection: "test", API: "psp_reporting", BaseURL: s.PSPReportingURL, Limits: apiclient.Limits{Header: 300 * time.Millisecond},
		Authorizer: tomanauth.New(tomanauth.Config{
			Client: auth, Connection: "test", Username: seal.NewSecret(toman.Username), Password: seal.NewSecret(toman.Password),
			ClientID: seal.NewSecret(toman.ClientID), ClientSecret: seal.NewSecret(toman.ClientSecret), Scopes: sandboxreporting.Scopes(),
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close(); auth.Close() })
	return adapter{pspreporting.New(api, nil)}
}

// TestCreateThroughEveryFault is R5 for P3: the real adapter, the sandbox and its faults. Whatever the provider does, the
// portal believes nothing wrong, sends nothing twice, and can settle what it does not know.
func TestCreateThroughEveryFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault sandbox.Fault
		want  command.State
		// effects is what truly happens at the provider.
		effects int
	}{
		{"none", sandbox.Fault{Kind: sandbox.Slow, DelayMS: 1}, command.Succeeded, 1},
		{"late effect", sandbox.Fault{Kind: sandbox.Slow, DelayMS: 600}, command.Unknown, 1},
		{"hangs before", sandbox.Fault{Kind: sandbox.Hang}, command.Unknown, 0},
		{"hangs after", sandbox.Fault{Kind: sandbox.Hang, AfterEffect: true}, command.Unknown, 1},
		{"500 before", sandbox.Fault{Kind: sandbox.Status, Status: 500}, command.Unknown, 0},
		{"500 after", sandbox.Fault{Kind: sandbox.Status, Status: 500, AfterEffect: true}, command.Unknown, 1},
		{"502 after", sandbox.Fault{Kind: sandbox.Status, Status: 502, AfterEffect: true}, command.Unknown, 1},
		{"reset before", sandbox.Fault{Kind: sandbox.Reset}, command.Unknown, 0},
		{"reset after", sandbox.Fault{Kind: sandbox.Reset, AfterEffect: true}, command.Unknown, 1},
		{"cut JSON", sandbox.Fault{Kind: sandbox.CutJSON}, command.Unknown, 1},
		{"cut body", sandbox.Fault{Kind: sandbox.CutBody}, command.Unknown, 1},
		{"HTML after", sandbox.Fault{Kind: sandbox.HTML, AfterEffect: true}, command.Unknown, 1},
		{"wrong shape", sandbox.Fault{Kind: sandbox.WrongShape}, command.Unknown, 1},
		{"huge body", sandbox.Fault{Kind: sandbox.HugeBody, AfterEffect: true}, command.Unknown, 1},
		{"redirect", sandbox.Fault{Kind: sandbox.Status, Status: 302, Header: map[string]string{"Location": "http://127.0.0.1:9/"}}, command.Unknown, 0},
		{"refusal", sandbox.Fault{Kind: sandbox.Status, Status: 400, Body: `{"terminal_number": ["no"]}`}, command.Failed, 0},
		{"429", sandbox.Fault{Kind: sandbox.Status, Status: 429}, command.Failed, 0},
		{"403", sandbox.Fault{Kind: sandbox.Status, Status: 403}, command.Failed, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := toman.Start(t.Context(), toman.Config{Seed: sandboxreporting.SeedConfig{Payments: 1}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			provider := newAdapter(t, s)
			db := storetest.Open(t)
			commands := command.New(db, psp.TerminalCreation(provider))
			o := &office{
				db: db, commands: commands, terminals: psp.NewTerminals(db, provider, commands), directory: psp.NewDirectory(db, provider),
			}
			if err := o.directory.Refresh(t.Context(), conn); err != nil {
				t.Fatal(err)
			}
			tt.fault.Method, tt.fault.Path, tt.fault.Times = "POST", "/terminals/", 1
			if _, err := s.Engine.Inject(tt.fault); err != nil {
				t.Fatal(err)
			}
			o.createAndSettle(t, s, tt.want, tt.effects)
		})
	}
}

// createAndSettle creates a terminal in the sandbox, sends the form again, and then settles what is unknown as staff would.
func (o *office) createAndSettle(t *testing.T, s *toman.Toman, want command.State, effects int) {
	t.Helper()
	before := len(s.PSPReporting.Terminals())
	in := psp.CreateTerminal{ConnectionID: conn, FormKey: formKey(), NewTerminal: newTerminal("990011")}
	in.AccountUUID = o.enabledAccount(t)
	creation, err := o.terminals.Create(t.Context(), clerk, in)
	if creation.State != want {
		t.Fatalf("creation = %+v, %v, want %s", creation, err, want)
	}
	again, errAgain := o.terminals.Create(t.Context(), clerk, in)
	if again != creation || errs.KindOf(err) != errs.KindOf(errAgain) {
		t.Errorf("the form again = %+v, %v, want %+v, %v", again, errAgain, creation, err)
	}
	made := awaitEffects(t, s, before, effects)
	if creation.State == command.Unknown {
		o.settle(t, creation.CommandID, made)
	}
	if made = s.PSPReporting.Terminals()[before:]; len(made) != effects {
		t.Errorf("effects = %d, want %d", len(made), effects)
	}
	if page, err := o.terminals.List(t.Context(), psp.TerminalFilter{ConnectionID: conn}); err != nil || len(page.Terminals) != effects {
		t.Errorf("register = %d, %v, want %d", len(page.Terminals), err, effects)
	}
}

func (o *office) enabledAccount(t *testing.T) string {
	t.Helper()
	accounts, _, err := o.directory.Accounts(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		if a.Enabled {
			return a.UUID
		}
	}
	t.Fatal("the sandbox has no enabled account")
	return ""
}

// settle does what staff would: import the terminal that exists, or declare by two that there is none.
func (o *office) settle(t *testing.T, id int64, made []sandboxreporting.Terminal) {
	t.Helper()
	if len(made) > 0 {
		result := o.importAll(t, made[0].UUID)
		if result.Lines[0].Settled != id {
			t.Errorf("import = %+v, want it to settle command %d", result, id)
		}
		if c, err := o.db.Command(t.Context(), id); err != nil || c.State != command.Succeeded {
			t.Errorf("imported = %s, %v, want succeeded", c.State, err)
		}
		return
	}
	o.endLease(t, id)
	c, err := o.db.Command(t.Context(), id)
	if err == nil {
		c, err = o.commands.ProposeNotDone(t.Context(), clerk, id, c.Version, "looked in their panel")
	}
	if err == nil {
		c, err = o.commands.ConfirmNotDone(t.Context(), audit.Actor{UserID: 13, Name: "reza"}, id, c.Version)
	}
	if err != nil || c.State != command.Failed {
		t.Errorf("declared = %s, %v, want failed", c.State, err)
	}
}

// awaitEffects waits until the sandbox has really done what it was asked, also when it is slow, and gives it.
func awaitEffects(t *testing.T, s *toman.Toman, before, want int) []sandboxreporting.Terminal {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	patience := time.After(10 * time.Second)
	for {
		made := s.PSPReporting.Terminals()[before:]
		if len(made) >= want {
			return made
		}
		select {
		case <-tick.C:
		case <-patience:
			t.Fatalf("effects = %d, want %d", len(made), want)
		}
	}
}
