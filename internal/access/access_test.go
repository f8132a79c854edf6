package access_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/pquerna/otp/totp"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/store"
	"payportal/store/storetest"
)

// cheap keeps tests fast; the cost changes nothing about what is tested.
var cheap = access.HashCost{MemoryKiB: 8, Iterations: 1, Parallelism: 1}

const goodPassword = "violet teapot on the moon"

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// portal is the use-cases over a real database and a real session manager.
type portal struct {
	*access.UseCases
	t        testing.TB
	db       *store.DB
	sessions *store.Sessions
	cookie   *scs.SessionManager
	clock    *clock
	path     string
}

func newPortal(t testing.TB, change ...func(*access.Config)) *portal {
	t.Helper()
	path := filepath.Join(t.TempDir(), "portal.db")
	p := &portal{t: t, db: storetest.OpenFile(t, path), path: path, clock: &clock{at: time.Now().Truncate(time.Microsecond).UTC()}}
	p.sessions = store.NewSessions(p.db, store.SessionLimits{Idle: 15 * time.Minute}, p.clock.now)
	p.cookie = &scs.SessionManager{Store: p.sessions, HashTokenInStore: true, Codec: access.SessionCodec{}, Lifetime: 8 * time.Hour}
	config := access.Config{
		Store: p.db, Sessions: p.sessions, Cookie: p.cookie, Keys: storetest.Keys(t), Cost: cheap, Now: p.clock.now,
		Policy: access.Policy{SecondFactor: access.SecondFactorRequired, Issuer: "Payportal"},
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if p.UseCases, err = access.New(config); err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	byCommandLine = access.CommandLine("root")
	office        = access.Client{Address: netip.MustParseAddr("192.0.2.7"), UserAgent: "Firefox", RequestID: "req-1"}
)

// user adds an enabled user whose password is goodPassword.
func (p *portal) user(name string, roles ...access.RoleID) access.User {
	p.t.Helper()
	u, err := p.People.CreateWithPassword(p.t.Context(), byCommandLine, access.NewUser{Username: name, DisplayName: name, Roles: roles}, seal.NewSecret(goodPassword))
	if err != nil {
		p.t.Fatalf("create user %s: %v", name, err)
	}
	return u
}

// browser is the cookie jar of one browser: each request loads the session of its token and saves it.
type browser struct {
	p      *portal
	token  string
	device string
}

// request runs do as one request and keeps the token that the answer sets.
func (b *browser) request(do func(ctx context.Context) error) error {
	b.p.t.Helper()
	ctx, err := b.p.cookie.Load(b.p.t.Context(), b.token)
	if err != nil {
		b.p.t.Fatalf("load session: %v", err)
	}
	doErr := do(ctx)
	switch b.p.cookie.Status(ctx) {
	case scs.Modified:
		token, _, err := b.p.cookie.Commit(ctx)
		if err != nil {
			return errors.Join(doErr, err)
		}
		b.token = token
	case scs.Destroyed:
		b.token = ""
	}
	return doErr
}

func (b *browser) signIn(name, password string) (access.Result, error) {
	var r access.Result
	err := b.request(func(ctx context.Context) (err error) {
		r, err = b.p.SignIn.Password(ctx, access.PasswordAttempt{Username: name, Password: seal.NewSecret(password), Device: b.device, Client: office})
		return err
	})
	if r.Device != "" {
		b.device = r.Device
	}
	return r, err
}

func (b *browser) current() (access.Identity, error) {
	var id access.Identity
	err := b.request(func(ctx context.Context) (err error) {
		id, err = b.p.Sessions.Current(ctx, true)
		return err
	})
	return id, err
}

// as runs do as one request of the signed-in user.
func (b *browser) as(do func(ctx context.Context, id access.Identity) error) error {
	return b.request(func(ctx context.Context) error {
		id, err := b.p.Sessions.Current(ctx, true)
		if err != nil {
			return err
		}
		return do(ctx, id)
	})
}

// signedIn is a browser in which the user has come to a session in the state.
func (p *portal) signedIn(name string, want access.State) *browser {
	p.t.Helper()
	b := &browser{p: p}
	r, err := b.signIn(name, goodPassword)
	if err != nil || r.State != want {
		p.t.Fatalf("sign in as %s = %v, %v; want %v", name, r.State, err, want)
	}
	return b
}

// enrol gives the browser's user a second factor and returns the seed and the recovery codes.
func (b *browser) enrol() (seed string, codes []string) {
	b.p.t.Helper()
	err := b.as(func(ctx context.Context, id access.Identity) error {
		e, err := b.p.Account.BeginSecondFactor(ctx, id, office)
		seed = e.Secret.Reveal()
		return err
	})
	if err != nil {
		b.p.t.Fatalf("begin second factor: %v", err)
	}
	err = b.as(func(ctx context.Context, id access.Identity) (err error) {
		codes, err = b.p.Account.ConfirmSecondFactor(ctx, id, office, code(b.p.t, seed, b.p.clock.now()))
		return err
	})
	if err != nil {
		b.p.t.Fatalf("confirm second factor: %v", err)
	}
	b.p.clock.move(time.Minute) // the code's step is used up
	return seed, codes
}

func (b *browser) secondFactor(code string) (access.Result, error) {
	var r access.Result
	err := b.as(func(ctx context.Context, id access.Identity) (err error) {
		r, err = b.p.SignIn.SecondFactor(ctx, id, office, code)
		return err
	})
	if r.Device != "" {
		b.device = r.Device
	}
	return r, err
}

func code(t testing.TB, seed string, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(seed, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s = %v, want kind %v", what, err, want)
	}
}

func wantField(t *testing.T, what string, err error, field string) {
	t.Helper()
	fields := errs.FieldsOf(err)
	if len(fields) != 1 || fields[0].Name != field {
		t.Errorf("%s = %v, want the field %s", what, err, field)
	}
}

func message(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Msg
	}
	return ""
}

func entries(t *testing.T, p *portal, act string) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	for f := (audit.Filter{Act: act, Limit: 500}); ; f.Before = all[len(all)-1].Seq {
		page, err := p.db.AuditEntries(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < f.Limit {
			return all
		}
	}
}

// openAgain opens the portal's file as another process does.
func openAgain(t *testing.T, p *portal) *access.UseCases {
	t.Helper()
	db := storetest.OpenFile(t, p.path)
	uc, err := access.New(access.Config{
		Store: db, Sessions: store.NewSessions(db, store.SessionLimits{Idle: 15 * time.Minute}, p.clock.now), Cookie: p.cookie,
		Keys: storetest.Keys(t), Cost: cheap, Now: p.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return uc
}

// fileTexts reads the database file and its log, by name.
func fileTexts(t *testing.T, p *portal) map[string]string {
	t.Helper()
	files, err := filepath.Glob(p.path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v; want the database and its log", files, err)
	}
	texts := make(map[string]string)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(f)] = string(b)
	}
	return texts
}
