package psp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

const conn = 7

var clerk = audit.Actor{UserID: 12, Name: "sara", SessionID: "s1", Address: netip.MustParseAddr("192.0.2.9"), RequestID: "r1"}

// reporting is a PSP reporting provider in memory: what it holds, and what it answers instead.
type reporting struct {
	mu        sync.Mutex
	psps      []psp.PSP
	accounts  []psp.Account
	terminals map[string]psp.Terminal
	reports   []psp.Report
	// down is the error of every call.
	down error
	// onCreate runs before a creation; its error is answered, after the terminal was made when made is true.
	onCreate func(psp.NewTerminal) (err error, made bool)
	// calls counts by method.
	calls map[string]int
}

func newReporting() *reporting {
	return &reporting{terminals: map[string]psp.Terminal{}, calls: map[string]int{}}
}

func (r *reporting) PSPReporting(_ context.Context, id int64) (psp.Provider, error) {
	if id != conn {
		return nil, errs.New(errs.NotFound, "find connection", "", nil)
	}
	return r, nil
}

func (r *reporting) enter(method string) (func(), error) {
	r.mu.Lock()
	r.calls[method]++
	return r.mu.Unlock, r.down
}

func (r *reporting) called(method string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[method]
}

func (r *reporting) CreateTerminal(_ context.Context, n psp.NewTerminal) (psp.Terminal, error) {
	leave, err := r.enter("CreateTerminal")
	defer leave()
	if err != nil {
		return psp.Terminal{}, err
	}
	if r.onCreate != nil {
		err, made := r.onCreate(n)
		if !made && err != nil {
			return psp.Terminal{}, err
		}
		return r.create(n), err
	}
	return r.create(n), nil
}

func (r *reporting) create(n psp.NewTerminal) psp.Terminal {
	t := psp.Terminal{
		UUID: uuid.NewString(), Type: n.Type, AccountUUID: n.AccountUUID, PSP: "SEP", Number: n.Number, AcceptorCode: n.AcceptorCode,
		Enabled: n.Enabled, Description: n.Description, CreatedAt: time.Now().UTC().Truncate(time.Microsecond), StartFetchTime: n.StartFetchTime,
	}
	r.terminals[t.UUID] = t
	return t
}

func (r *reporting) Terminal(_ context.Context, id string) (psp.Terminal, []byte, error) {
	leave, err := r.enter("Terminal")
	defer leave()
	if err != nil {
		return psp.Terminal{}, nil, err
	}
	t, ok := r.terminals[id]
	if !ok {
		return psp.Terminal{}, nil, errs.New(errs.NotFound, "read terminal", "", nil)
	}
	raw, err := json.Marshal(t)
	return t, raw, err
}

func (r *reporting) PSPs(context.Context) ([]psp.PSP, error) {
	leave, err := r.enter("PSPs")
	defer leave()
	return r.psps, err
}

func (r *reporting) PSP(_ context.Context, id int64) (psp.PSP, error) {
	leave, err := r.enter("PSP")
	defer leave()
	for _, p := range r.psps {
		if p.ID == id && err == nil {
			return p, nil
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "read PSP", "", nil)
	}
	return psp.PSP{}, err
}

func (r *reporting) Accounts(context.Context) ([]psp.Account, error) {
	leave, err := r.enter("Accounts")
	defer leave()
	return r.accounts, err
}

func (r *reporting) Account(_ context.Context, id string) (psp.Account, error) {
	leave, err := r.enter("Account")
	defer leave()
	for _, a := range r.accounts {
		if a.UUID == id && err == nil {
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

func (r *reporting) Reports(_ context.Context, limit int) ([]psp.Report, error) {
	leave, err := r.enter("Reports")
	defer leave()
	return r.reports[:min(limit, len(r.reports))], err
}

func (r *reporting) OpenReport(_ context.Context, id string) (psp.ReportFile, error) {
	leave, err := r.enter("OpenReport")
	defer leave()
	for _, report := range r.reports {
		if report.UUID == id && report.Status == psp.ReportSuccess && err == nil {
			return psp.ReportFile{Body: io.NopCloser(strings.NewReader("excel")), Size: 5, ContentType: "application/octet-stream"}, nil
		}
	}
	if err == nil {
		err = errs.New(errs.Declined, "open report", "", nil)
	}
	return psp.ReportFile{}, err
}

// office is everything of one test.
type office struct {
	db        *store.DB
	provider  *reporting
	commands  *command.Service
	terminals *psp.Terminals
	directory *psp.Directory
	reports   *psp.Reports
}

const accountUUID = "a798ad80-b8ff-4000-9372-007ed6422163"

// newOffice opens an office whose directory knows one PSP and one account.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{db: storetest.Open(t), provider: newReporting()}
	o.provider.psps = []psp.PSP{{ID: 0, Name: "SEP", Enabled: true}}
	o.provider.accounts = []psp.Account{{UUID: accountUUID, Name: "Shop", PSP: "SEP", Enabled: true, CreatedAt: day(1)}}
	o.commands = command.New(o.db, psp.TerminalCreation(o.provider))
	o.terminals = psp.NewTerminals(o.db, o.provider, o.commands)
	o.directory = psp.NewDirectory(o.db, o.provider)
	o.reports = psp.NewReports(o.db, o.provider)
	if err := o.directory.Refresh(t.Context(), conn); err != nil {
		t.Fatalf("first refresh: %v", err)
	}
	return o
}

func day(n int) time.Time { return time.Date(2026, 1, n, 9, 30, 0, 123000, time.UTC) }

// acts lists the acts and outcomes of the trail, oldest first.
func (o *office) acts(t *testing.T) []string {
	t.Helper()
	rows, err := o.db.Writer().Query("SELECT act || ' ' || outcome FROM audit_entries ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var acts []string
	for rows.Next() {
		var act string
		if err := rows.Scan(&act); err != nil {
			t.Fatal(err)
		}
		acts = append(acts, act)
	}
	return acts
}

func newTerminal(number string) psp.NewTerminal {
	return psp.NewTerminal{
		Type: psp.POS, AccountUUID: accountUUID, Number: number, AcceptorCode: 213, Enabled: true, Description: "till", StartFetchTime: day(2),
	}
}

// wantKind fails the test unless err is of the kind.
func wantKind(t *testing.T, err error, want errs.Kind) {
	t.Helper()
	if !errs.Is(err, want) {
		t.Fatalf("error = %v, want kind %v", err, want)
	}
}

// wantMsg fails the test unless err carries the catalogue key.
func wantMsg(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error = %v, want %q", err, want)
	}
}
