package access_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

func TestSignInToAFullSession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.user("sara", access.Finance)
	b := p.signedIn("  SARA ", access.Full)
	id, err := b.current()
	if err != nil {
		t.Fatal(err)
	}
	if id.UserID != u.ID || !id.Can(access.PaymentList) || !id.Can(access.SignedIn) || id.Can(access.UserManage) || id.Can(0) {
		t.Errorf("identity = %+v, want sara with the rights of finance", id.Person)
	}
	wantKind(t, "Require(user.manage)", id.Require("x", access.UserManage), errs.Forbidden)
	if got := entries(t, p, "session.sign_in"); len(got) != 1 || got[0].Outcome != audit.OK || got[0].UserID != u.ID || got[0].SessionID != id.Session.PublicID {
		t.Errorf("audit = %+v, want one entry of the session", got)
	}
}

func TestEveryRefusalIsTheSameAnswer(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	gone := p.user("gone", access.Finance)
	if err := p.People.Disable(t.Context(), byCommandLine, gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	late, password, err := p.People.CreateUser(t.Context(), byCommandLine, access.NewUser{Username: "late", DisplayName: "Late", Roles: []access.RoleID{access.Finance}})
	if err != nil {
		t.Fatal(err)
	}
	p.clock.move(8 * 24 * time.Hour)
	var answers []string
	for _, a := range [][2]string{
		{"sara", "wrong"},
		{"nobody", goodPassword},
		{"gone", goodPassword},
		{late.Username, password.Reveal()},
		{"", ""},
		{"a\u202eb", "x"},
		{"sara", ""},
	} {
		_, err := (&browser{p: p}).signIn(a[0], a[1])
		wantKind(t, "sign in as "+a[0], err, errs.Invalid)
		answers = append(answers, err.Error())
	}
	for _, got := range answers {
		if got != answers[0] {
			t.Errorf("answer %q, want %q", got, answers[0])
		}
	}
}

func TestTheTrailHoldsNoUnknownUserName(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	_, _ = (&browser{p: p}).signIn("my secret passphrase", "x")
	got := entries(t, p, "session.sign_in")
	if len(got) != 1 || got[0].Name != "unknown user" || got[0].Object != "user:unknown" || got[0].Outcome != audit.Refused {
		t.Errorf("audit = %+v, want one entry without the typed name", got)
	}
}

func TestGivenPasswordMustBeChanged(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	_, given, err := p.People.CreateUser(t.Context(), byCommandLine, access.NewUser{Username: "sara", DisplayName: "Sara", Roles: []access.RoleID{access.Finance}})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{p: p}
	r, err := b.signIn("sara", given.Reveal())
	if err != nil || r.State != access.PasswordChangeNeeded {
		t.Fatalf("sign in = %v, %v; want PasswordChangeNeeded", r.State, err)
	}
	if id, _ := b.current(); id.Can(access.SignedIn) || id.Can(access.PaymentList) {
		t.Error("a session that still needs a password can do something")
	}
	change := func(next string) error {
		return b.as(func(ctx context.Context, id access.Identity) error {
			return p.Account.ChangePassword(ctx, id, office, seal.Secret{}, seal.NewSecret(next))
		})
	}
	wantField(t, "keeping the given password", change(given.Reveal()), "new_password")
	wantField(t, "a short password", change("short"), "new_password")
	before := b.token
	if err := change(goodPassword); err != nil {
		t.Fatal(err)
	}
	if b.token == before {
		t.Error("the token is the same after the change of the password")
	}
	if id, err := b.current(); err != nil || id.Session.State != access.Full {
		t.Errorf("state = %v, %v; want Full", id.Session.State, err)
	}
	if _, err := (&browser{p: p}).signIn("sara", given.Reveal()); !errs.Is(err, errs.Invalid) {
		t.Errorf("sign in with the given password again = %v, want Invalid", err)
	}
}

func TestAdministratorsEnrol(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy access.SecondFactorPolicy
		role   access.RoleID
		want   access.State
	}{
		{access.SecondFactorRequired, access.Administrator, access.EnrolmentNeeded},
		{access.SecondFactorRequired, access.Approver, access.EnrolmentNeeded},
		{access.SecondFactorRequired, access.Finance, access.Full},
		{access.SecondFactorOffered, access.Administrator, access.Full},
	} {
		t.Run(fmt.Sprint(tt.policy, tt.role), func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, func(c *access.Config) { c.Policy.SecondFactor = tt.policy })
			p.user("sara", tt.role)
			p.signedIn("sara", tt.want)
		})
	}
}

func TestBruteForceOfOneAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	known := p.signedIn("sara", access.Full)
	guess := func(n int) (verified int) {
		for i := range n {
			_, err := p.SignIn.Password(t.Context(), access.PasswordAttempt{
				Username: "sara", Password: seal.NewSecret("guess"), Client: access.Client{Address: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})},
			})
			switch errs.KindOf(err) {
			case errs.Invalid:
				verified++
			case errs.RateLimited:
			default:
				t.Fatalf("guess %d = %v", i, err)
			}
		}
		return verified
	}
	if got := guess(10_000 / raceFactor); got != 10 {
		t.Errorf("%d guesses were verified, want 10", got)
	}
	if _, err := (&browser{p: p}).signIn("sara", goodPassword); !errs.Is(err, errs.RateLimited) {
		t.Errorf("the right password from an unknown device during the attack = %v, want RateLimited", err)
	}
	if _, err := (&browser{p: p, device: known.device}).signIn("sara", goodPassword); err != nil {
		t.Errorf("the right password from a known device during the attack = %v, want nil", err)
	}
	// One entry a verified guess, one for the first refusal of the window, two sign-ins: a flood does not fill the trail.
	if got := len(entries(t, p, "session.sign_in")); got != 10+1+2 {
		t.Errorf("%d audit entries, want 13", got)
	}
	p.clock.move(29 * time.Minute)
	if got := guess(20); got != 0 {
		t.Errorf("%d guesses verified within the window, want 0", got)
	}
	p.clock.move(2 * time.Minute)
	if got := guess(20); got != 10 {
		t.Errorf("%d guesses verified in the next window, want 10", got)
	}
}

func TestUnknownNamesAreLimitedLikeKnownOnes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for i := range 12 {
		_, err := (&browser{p: p}).signIn("nobody", "guess")
		if want := i < 10; errs.Is(err, errs.Invalid) != want || errs.Is(err, errs.RateLimited) == want {
			t.Errorf("guess %d at nobody = %v", i, err)
		}
	}
}

func TestOneAddressCannotSprayManyAccounts(t *testing.T) {
	t.Parallel()
	p := newPortal(t, func(c *access.Config) { c.Limits = access.DefaultLimits; c.Limits.Address.Guesses = 20 })
	verified := 0
	for i := range 60 {
		client := access.Client{Address: netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1))} // one /64
		_, err := p.SignIn.Password(t.Context(), access.PasswordAttempt{Username: fmt.Sprint("user", i), Password: seal.NewSecret("x"), Client: client})
		if errs.Is(err, errs.Invalid) {
			verified++
		}
	}
	if verified != 20 {
		t.Errorf("%d guesses verified, want 20", verified)
	}
}

func TestRightPasswordsDoNotCount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	for range 15 {
		p.signedIn("sara", access.Full)
	}
}

func TestDeviceCookieIsBoundAndEnds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	p.user("reza", access.Finance)
	device := p.signedIn("sara", access.Full).device
	attack := func(name string) {
		for range 11 {
			_, _ = (&browser{p: p}).signIn(name, "guess")
		}
	}
	attack("sara")
	attack("reza")
	forged := "B" + device[1:] // another user id under the same MAC
	for _, tt := range []struct{ name, device string }{{"reza", device}, {"sara", forged}, {"sara", device[:20]}, {"sara", "?"}} {
		if _, err := (&browser{p: p, device: tt.device}).signIn(tt.name, goodPassword); !errs.Is(err, errs.RateLimited) {
			t.Errorf("sign in as %s with device %.8s… = %v, want RateLimited", tt.name, tt.device, err)
		}
	}
	verified := 0
	for range 30 { // a known device has guesses of its own, and no more than that
		if _, err := (&browser{p: p, device: device}).signIn("sara", "guess"); errs.Is(err, errs.Invalid) {
			verified++
		}
	}
	if verified != 10 {
		t.Errorf("%d guesses from the known device verified, want 10", verified)
	}
	p.clock.move(91 * 24 * time.Hour)
	attack("sara")
	if _, err := (&browser{p: p, device: device}).signIn("sara", goodPassword); !errs.Is(err, errs.RateLimited) {
		t.Errorf("sign in with an ended device cookie = %v, want RateLimited", err)
	}
}
