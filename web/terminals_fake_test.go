package web_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/web"
)

// reportingConn is the connection of these tests.
const reportingConn = 7

const (
	shopAccount   = "a798ad80-b8ff-4000-9372-007ed6422163"
	closedAccount = "b798ad80-b8ff-4000-9372-007ed6422163"
)

// reporting is a PSP reporting provider in memory: what it holds, and what it answers instead.
type reporting struct {
	mu        sync.Mutex
	psps      []psp.PSP
	accounts  []psp.Account
	terminals map[string]psp.Terminal
	reports   []psp.Report
	file      psp.ReportFile
	// down is the error of every call.
	down error
	// refuse is the error of the next creation, after the terminal was made when made is true.
	refuse error
	made   bool
	// created counts creations that reached the provider.
	created int
}

func (r *reporting) PSPReporting(_ context.Context, id int64) (psp.Provider, error) {
	if id != reportingConn {
		return nil, errs.New(errs.NotFound, "find connection", "", nil)
	}
	return r, nil
}

func (r *reporting) locked(f func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down != nil {
		return r.down
	}
	f()
	return nil
}

// set changes the provider under its lock.
func (r *reporting) set(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *reporting) CreateTerminal(_ context.Context, n psp.NewTerminal) (created psp.Terminal, err error) {
	down := r.locked(func() {
		r.created++
		if err = r.refuse; err == nil || r.made {
			created = r.add(n)
		}
	})
	if down != nil {
		return psp.Terminal{}, down
	}
	return created, err
}

func (r *reporting) add(n psp.NewTerminal) psp.Terminal {
	t := psp.Terminal{
		UUID: uuid.NewString(), Type: n.Type, AccountUUID: n.AccountUUID, PSP: "SEP", Number: n.Number, AcceptorCode: n.AcceptorCode,
		Enabled: n.Enabled, Description: n.Description, CreatedAt: time.Now().UTC().Truncate(time.Microsecond), StartFetchTime: n.StartFetchTime,
	}
	r.terminals[t.UUID] = t
	return t
}

func (r *reporting) Terminal(_ context.Context, id string) (t psp.Terminal, raw []byte, err error) {
	found := false
	if err := r.locked(func() { t, found = r.terminals[id] }); err != nil {
		return psp.Terminal{}, nil, err
	}
	if !found {
		return psp.Terminal{}, nil, errs.New(errs.NotFound, "read terminal", "", nil)
	}
	raw, err = json.Marshal(map[string]any{"uuid": t.UUID, "terminal_number": t.Number})
	return t, raw, err
}

func (r *reporting) PSPs(context.Context) (psps []psp.PSP, err error) {
	err = r.locked(func() { psps = r.psps })
	return psps, err
}

func (r *reporting) PSP(_ context.Context, id int64) (psp.PSP, error) {
	psps, err := r.PSPs(context.Background())
	for _, p := range psps {
		if p.ID == id {
			return p, nil
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "read PSP", "", nil)
	}
	return psp.PSP{}, err
}

func (r *reporting) Accounts(context.Context) (accounts []psp.Account, err error) {
	err = r.locked(func() { accounts = r.accounts })
	return accounts, err
}

func (r *reporting) Account(_ context.Context, id string) (psp.Account, error) {
	accounts, err := r.Accounts(context.Background())
	for _, a := range accounts {
		if a.UUID == id {
			return a, nil
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "read account", "", nil)
	}
	return psp.Account{}, err
}

func (r *reporting) Payments(context.Context, psp.TerminalType, string) (psp.PaymentPage, error) {
	return psp.PaymentPage{}, nil
}

func (r *reporting) Reports(_ context.Context, limit int) (reports []psp.Report, err error) {
	err = r.locked(func() { reports = r.reports[:min(limit, len(r.reports))] })
	return reports, err
}

func (r *reporting) OpenReport(context.Context, string) (file psp.ReportFile, err error) {
	err = r.locked(func() { file = r.file })
	return file, err
}

// newReporting is a provider with two PSPs, an enabled and a disabled account, and one terminal.
func newReporting() *reporting {
	r := &reporting{
		terminals: map[string]psp.Terminal{},
		psps:      []psp.PSP{{ID: 0, Name: "SEP", Enabled: true}, {ID: 3, Name: "Parsian"}},
		accounts: []psp.Account{
			{UUID: shopAccount, Name: "Shop", PSP: "SEP", Enabled: true, CreatedAt: noon},
			{UUID: closedAccount, Name: "Closed", PSP: "SEP", CreatedAt: noon},
		},
		file: psp.ReportFile{Body: io.NopCloser(strings.NewReader("excel")), Size: 5, ContentType: "text/html"},
	}
	return r
}

// noon is a moment of these tests.
var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// office is a portal with PSP reporting on a provider in memory.
type office struct {
	*portal
	provider *reporting
	commands *command.Service
	useCases web.UseCases
}

// newOffice opens a portal whose directory has been fetched. more are connections beside the one that has a provider.
func newOffice(t testing.TB, more ...web.OfferedConnection) *office {
	t.Helper()
	o := &office{provider: newReporting()}
	o.portal = newPortal(t, func(p *portal, c *web.Config) {
		o.commands = command.New(p.db, psp.TerminalCreation(o.provider))
		c.Terminals = psp.NewTerminals(p.db, o.provider, o.commands)
		c.Directory = psp.NewDirectory(p.db, o.provider)
		c.Reports = psp.NewReports(p.db, o.provider)
		c.Commands = o.commands
		c.ReportingConnections = func(context.Context) ([]web.OfferedConnection, error) {
			return append([]web.OfferedConnection{{ID: reportingConn, Name: "toman", Environment: "sandbox"}}, more...), nil
		}
		o.useCases = c.UseCases
	})
	if err := o.useCases.Directory.Refresh(t.Context(), reportingConn); err != nil {
		t.Fatal(err)
	}
	return o
}

// registered imports a terminal of this number and gives its UUID.
func (o *office) registered(t *testing.T, number string) string {
	t.Helper()
	var made psp.Terminal
	o.provider.set(func() {
		made = o.provider.add(psp.NewTerminal{Type: psp.POS, AccountUUID: shopAccount, Number: number, AcceptorCode: 213, Enabled: true, StartFetchTime: noon})
	})
	if _, err := o.useCases.Terminals.Import(t.Context(), clerk, reportingConn, made.UUID); err != nil {
		t.Fatal(err)
	}
	return made.UUID
}
