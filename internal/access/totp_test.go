package access_test

import (
	"context"
	"encoding/base32"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// withTOTP is a portal with one user whose authenticator has the seed of RFC 6238, in a session that waits for a code.
func withTOTP(t *testing.T, limits access.Limits) (*portal, *browser) {
	t.Helper()
	p := newPortal(t, func(c *access.Config) { c.Limits = limits })
	u := p.user("sara", access.Finance)
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	_, err := p.db.ChangeUser(t.Context(), u.ID, 0, audit.Entry{Act: "test"}, func(r *access.UserRecord) error {
		r.TOTP = seal.NewSecret(seed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, p.signedIn("sara", access.TOTPNeeded)
}

// plenty never refuses a guess.
var plenty = func() access.Limits {
	limits := access.DefaultLimits
	limits.Code.Guesses, limits.CodeDay.Guesses, limits.Device.Guesses = 1_000_000, 1_000_000, 1_000_000
	return limits
}()

// TestRFC6238Vectors are those of appendix B for SHA-1, cut to six digits.
func TestRFC6238Vectors(t *testing.T) {
	t.Parallel()
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		p, _ := withTOTP(t, plenty)
		p.clock.set(time.Unix(at, 0))
		b := p.signedIn("sara", access.TOTPNeeded)
		if r, err := b.secondFactor(code); err != nil || r.State != access.Full {
			t.Errorf("code %s at %d = %v, %v; want Full", code, at, r.State, err)
		}
	}
}

func TestOneCodeSignsInOnce(t *testing.T) {
	t.Parallel()
	p, b := withTOTP(t, plenty)
	id, err := b.current()
	if err != nil {
		t.Fatal(err)
	}
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	good := code(t, seed, p.clock.now())
	var accepted, refused atomic.Int32
	var posts sync.WaitGroup
	const all = 1000 / raceFactor
	for range all {
		posts.Go(func() {
			ctx, err := p.cookie.Load(t.Context(), b.token)
			if err != nil {
				t.Error(err)
				return
			}
			switch _, err := p.SignIn.SecondFactor(ctx, id, office, good); {
			case err == nil:
				accepted.Add(1)
			case errs.Is(err, errs.Invalid):
				refused.Add(1)
			default:
				t.Errorf("second factor = %v", err)
			}
		})
	}
	posts.Wait()
	if accepted.Load() != 1 || refused.Load() != all-1 {
		t.Errorf("%d accepted and %d refused of %d posts of one code, want 1 accepted", accepted.Load(), refused.Load(), all)
	}
	if got := len(entries(t, p, "session.second_factor")); got != all {
		t.Errorf("%d audit entries, want %d", got, all)
	}
}

func TestAnOlderStepNeverWorksAfterANewerOne(t *testing.T) {
	t.Parallel()
	p, b := withTOTP(t, plenty)
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	now := p.clock.now()
	older, newer := code(t, seed, now.Add(-30*time.Second)), code(t, seed, now)
	for _, far := range []time.Duration{-60 * time.Second, 60 * time.Second} {
		if _, err := b.secondFactor(code(t, seed, now.Add(far))); !errs.Is(err, errs.Invalid) {
			t.Errorf("code of %v away = %v, want Invalid", far, err)
		}
	}
	if _, err := b.secondFactor(newer); err != nil {
		t.Fatal(err)
	}
	again := p.signedIn("sara", access.TOTPNeeded)
	for _, used := range []string{older, newer} {
		if _, err := again.secondFactor(used); !errs.Is(err, errs.Invalid) {
			t.Errorf("used or older code = %v, want Invalid", err)
		}
	}
}

func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	p, b := withTOTP(t, access.DefaultLimits)
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	wrong := func(n int) (verified int) {
		for range n {
			if _, err := b.secondFactor("abc"); errs.Is(err, errs.Invalid) {
				verified++
			}
		}
		return verified
	}
	if got := wrong(50); got != 5 {
		t.Errorf("%d codes verified, want 5", got)
	}
	wantKind(t, "the right code after them", func() error { _, err := b.secondFactor(code(t, seed, p.clock.now())); return err }(), errs.RateLimited)
	total := 5
	for range 20 {
		p.clock.move(5*time.Minute + time.Second)
		total += wrong(10)
	}
	if total != 30 {
		t.Errorf("%d codes verified in a day, want 30", total)
	}
}

func TestRecoveryCodesServeOnce(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Administrator)
	_, codes := p.signedIn("sara", access.EnrolmentNeeded).enrol()
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes, want 10", len(codes))
	}
	b := p.signedIn("sara", access.TOTPNeeded)
	if r, err := b.secondFactor(" " + codes[3] + " "); err != nil || r.State != access.Full {
		t.Fatalf("recovery code = %v, %v; want Full", r.State, err)
	}
	if id, err := b.current(); err != nil || id.RecoveryCodes != 9 {
		t.Errorf("%d codes left, %v; want 9", id.RecoveryCodes, err)
	}
	if _, err := p.signedIn("sara", access.TOTPNeeded).secondFactor(codes[3]); !errs.Is(err, errs.Invalid) {
		t.Errorf("the same recovery code again = %v, want Invalid", err)
	}
	err := b.as(func(ctx context.Context, id access.Identity) error {
		_, err := p.Account.RegenerateRecoveryCodes(ctx, id, office)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.signedIn("sara", access.TOTPNeeded).secondFactor(codes[4]); !errs.Is(err, errs.Invalid) {
		t.Errorf("an earlier recovery code after new ones = %v, want Invalid", err)
	}
}

func TestEnrolment(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Administrator)
	other := p.signedIn("sara", access.EnrolmentNeeded)
	b := p.signedIn("sara", access.EnrolmentNeeded)
	wantKind(t, "confirm before begin", confirm(b, "123456"), errs.Conflict)
	var begun access.Enrolment
	err := b.as(func(ctx context.Context, id access.Identity) (err error) {
		begun, err = p.Account.BeginSecondFactor(ctx, id, office)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	uri, err := url.Parse(begun.URI.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if q := uri.Query(); uri.Scheme != "otpauth" || uri.Host != "totp" || uri.Path != "/Payportal:sara" || q.Get("secret") != begun.Secret.Reveal() || q.Get("issuer") != "Payportal" || q.Get("period") != "30" || q.Get("digits") != "6" {
		t.Errorf("URI = %s", uri)
	}
	err = b.as(func(ctx context.Context, id access.Identity) error {
		pending, ok, err := p.Account.PendingSecondFactor(ctx, id)
		if !ok || !pending.Secret.Equal(begun.Secret) {
			t.Error("PendingSecondFactor does not give what was begun")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantField(t, "confirm with a wrong code", confirm(b, "000000"), "code")
	if err := confirm(b, code(t, begun.Secret.Reveal(), p.clock.now())); err != nil {
		t.Fatal(err)
	}
	if id, err := b.current(); err != nil || id.Session.State != access.Full || !id.SecondFactor {
		t.Errorf("after the enrolment: %v, %v; want Full", id.Session.State, err)
	}
	if _, err := other.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("another session after the enrolment = %v, want Unauthenticated", err)
	}
	if _, err := p.signedIn("sara", access.TOTPNeeded).secondFactor(code(t, begun.Secret.Reveal(), p.clock.now())); !errs.Is(err, errs.Invalid) {
		t.Errorf("the enrolment's code for a sign-in = %v, want Invalid: its step is used", err)
	}
	err = b.as(func(ctx context.Context, id access.Identity) error {
		return p.Account.RemoveSecondFactor(ctx, id, office)
	})
	wantKind(t, "an administrator removing the second factor", err, errs.Conflict)
}

func confirm(b *browser, code string) error {
	return b.as(func(ctx context.Context, id access.Identity) error {
		_, err := b.p.Account.ConfirmSecondFactor(ctx, id, office, code)
		return err
	})
}

func TestChangingTheFactorAsksForAStepUp(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	seed, _ := b.enrol()
	p.clock.move(6 * time.Minute)
	for what, do := range map[string]func(ctx context.Context, id access.Identity) error{
		"begin": func(ctx context.Context, id access.Identity) error {
			_, err := p.Account.BeginSecondFactor(ctx, id, office)
			return err
		},
		"codes": func(ctx context.Context, id access.Identity) error {
			_, err := p.Account.RegenerateRecoveryCodes(ctx, id, office)
			return err
		},
		"remove": func(ctx context.Context, id access.Identity) error {
			return p.Account.RemoveSecondFactor(ctx, id, office)
		},
	} {
		if err := b.as(do); !access.IsStepUpNeeded(err) {
			t.Errorf("%s without a fresh proof = %v, want a step-up", what, err)
		}
	}
	err := b.as(func(ctx context.Context, id access.Identity) error {
		return p.Sessions.StepUp(ctx, id, office, seal.NewSecret(code(t, seed, p.clock.now())))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.as(func(ctx context.Context, id access.Identity) error {
		return p.Account.RemoveSecondFactor(ctx, id, office)
	}); err != nil {
		t.Errorf("remove after a step-up = %v, want nil", err)
	}
	p.signedIn("sara", access.Full)
}
