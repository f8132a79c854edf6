package access_test

import (
	"context"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/store"
)

func TestEveryPrivilegeChangeGivesANewToken(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Administrator)
	b := &browser{p: p, token: "chosen-by-an-attacker"}
	var tokens []string
	step := func(what string, do func() error) {
		t.Helper()
		before := b.token
		if err := do(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if b.token == before || b.token == "" {
			t.Errorf("%s: the token stays", what)
		}
		tokens = append(tokens, before)
	}
	var seed string
	step("sign-in", func() error { _, err := b.signIn("sara", goodPassword); return err })
	step("enrolment", func() error { seed, _ = b.enrol(); return nil })
	step("step-up", func() error {
		return b.as(func(ctx context.Context, id access.Identity) error {
			return p.Sessions.StepUp(ctx, id, office, seal.NewSecret(code(t, seed, p.clock.now())))
		})
	})
	p.clock.move(time.Minute)
	step("change of the password", func() error {
		return b.as(func(ctx context.Context, id access.Identity) error {
			return p.Account.ChangePassword(ctx, id, office, seal.NewSecret(goodPassword), seal.NewSecret("another good passphrase"))
		})
	})
	step("change of roles", func() error {
		p.user("reza", access.Administrator)
		id, err := b.current()
		if err != nil {
			return err
		}
		if err := p.People.SetRoles(t.Context(), byCommandLine, id.UserID, 0, []access.RoleID{access.Administrator, access.Auditor}); err != nil {
			return err
		}
		_, err = b.current()
		return err
	})
	for _, old := range tokens {
		if _, err := (&browser{p: p, token: old}).current(); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("an earlier token opens a session: %v", err)
		}
	}
	id, err := b.current()
	if err != nil || id.Session.State != access.Full {
		t.Fatalf("state = %v, %v; want Full", id.Session.State, err)
	}
	if got, want := id.Session.ExpiresAt, id.Session.CreatedAt.Add(8*time.Hour); !got.Equal(want) {
		t.Errorf("absolute end = %v, want %v: no new token may move it", got, want)
	}
}

func TestStolenCookieAfterSignOut(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	thief := &browser{p: p, token: b.token}
	if _, err := thief.current(); err != nil {
		t.Fatalf("the copy before the sign-out = %v, want nil", err)
	}
	if err := b.as(func(ctx context.Context, id access.Identity) error { return p.Sessions.SignOut(ctx, id, office) }); err != nil {
		t.Fatal(err)
	}
	if _, err := thief.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("the copy after the sign-out = %v, want Unauthenticated", err)
	}
}

func TestARequestUnderWayCannotBringASessionBack(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *portal, ctx context.Context, b *browser, id access.Identity) error{
		"signed out": func(p *portal, ctx context.Context, _ *browser, id access.Identity) error {
			return p.Sessions.SignOut(ctx, id, office)
		},
		"disabled": func(p *portal, ctx context.Context, _ *browser, id access.Identity) error {
			return p.People.Disable(ctx, byCommandLine, id.UserID, 0)
		},
		"stepped up": func(p *portal, ctx context.Context, _ *browser, id access.Identity) error {
			return p.Sessions.StepUp(ctx, id, office, seal.NewSecret(goodPassword))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t)
			p.user("sara", access.Finance)
			b := p.signedIn("sara", access.Full)
			slow, err := p.cookie.Load(t.Context(), b.token) // a request that began before the end
			if err != nil {
				t.Fatal(err)
			}
			p.cookie.Put(slow, "message", "saved")
			old := b.token
			if err := b.as(func(ctx context.Context, id access.Identity) error { return end(p, ctx, b, id) }); err != nil {
				t.Fatal(err)
			}
			if _, _, err := p.cookie.Commit(slow); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("commit of the slow request = %v, want Unauthenticated", err)
			}
			if _, err := (&browser{p: p, token: old}).current(); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("the old token = %v, want Unauthenticated", err)
			}
		})
	}
}

// TestARenewalUnderWayCannotBringASessionBack: a step-up that ends after the sign-out holds a newer token than the row.
func TestARenewalUnderWayCannotBringASessionBack(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	slow, err := p.cookie.Load(t.Context(), b.token)
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.Sessions.Current(slow, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Sessions.StepUp(slow, id, office, seal.NewSecret(goodPassword)); err != nil {
		t.Fatal(err)
	}
	if err := p.sessions.EndSession(t.Context(), id.UserID, id.Session.PublicID, audit.Entry{Act: "session.sign_out"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.cookie.Commit(slow); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("commit of the step-up = %v, want Unauthenticated", err)
	}
}

// TestASignInUnderWayOfADisabledUser: the session is written after the user was disabled.
func TestASignInUnderWayOfADisabledUser(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.user("sara", access.Finance)
	slow, err := p.cookie.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.SignIn.Password(slow, access.PasswordAttempt{Username: "sara", Password: seal.NewSecret(goodPassword), Client: office}); err != nil {
		t.Fatal(err)
	}
	if err := p.People.Disable(t.Context(), byCommandLine, u.ID, 0); err != nil {
		t.Fatal(err)
	}
	token, _, err := p.cookie.Commit(slow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&browser{p: p, token: token}).current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("the session of a disabled user = %v, want Unauthenticated", err)
	}
}

func TestIdleAndAbsoluteLimits(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	poll := func(b *browser) error {
		return b.request(func(ctx context.Context) error {
			_, err := p.Sessions.Current(ctx, false)
			return err
		})
	}
	idle := p.signedIn("sara", access.Full)
	if _, err := idle.current(); err != nil {
		t.Fatal(err)
	}
	for range 14 { // polls alone do not keep the session
		p.clock.move(time.Minute)
		if err := poll(idle); err != nil {
			t.Fatalf("poll = %v, want nil", err)
		}
	}
	id, err := idle.current()
	if err != nil {
		t.Fatalf("after 14 minutes = %v, want nil", err)
	}
	if got := p.Sessions.Remaining(id); got != 15*time.Minute {
		t.Errorf("Remaining after a use = %v, want 15m", got)
	}
	p.clock.move(15 * time.Minute)
	if err := poll(idle); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("after 15 idle minutes = %v, want Unauthenticated", err)
	}
	busy := p.signedIn("sara", access.Full)
	for range 47 {
		p.clock.move(10 * time.Minute)
		if _, err := busy.current(); err != nil {
			t.Fatalf("busy session = %v, want nil", err)
		}
	}
	p.clock.move(10 * time.Minute)
	if _, err := busy.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("after 8 busy hours = %v, want Unauthenticated", err)
	}
}

func TestLastUseSurvivesARestart(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	p.clock.move(14 * time.Minute)
	if _, err := b.current(); err != nil {
		t.Fatal(err)
	}
	if err := p.sessions.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.clock.move(14 * time.Minute)
	again := store.NewSessions(p.db, store.SessionLimits{Idle: 15 * time.Minute}, p.clock.now)
	p.cookie.Store = again
	if _, err := b.current(); err != nil {
		t.Errorf("after a restart = %v, want nil: the last use was 14 minutes ago", err)
	}
	p.clock.move(15 * time.Minute)
	if _, err := b.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("after 15 idle minutes = %v, want Unauthenticated", err)
	}
}

func TestOwnSessionsListAndRevoke(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	p.user("reza", access.Finance)
	first, second, other := p.signedIn("sara", access.Full), p.signedIn("sara", access.Full), p.signedIn("reza", access.Full)
	otherID, err := other.current()
	if err != nil {
		t.Fatal(err)
	}
	firstID, err := first.current()
	if err != nil {
		t.Fatal(err)
	}
	err = second.as(func(ctx context.Context, id access.Identity) error {
		list, err := p.Sessions.List(ctx, id)
		if err != nil {
			return err
		}
		current := 0
		for _, s := range list {
			if s.UserID != id.UserID || s.UserAgent != "Firefox" || s.Address != office.Address {
				t.Errorf("session %+v, want one of sara's from the office", s)
			}
			if s.Current {
				current++
			}
		}
		if len(list) != 2 || current != 1 {
			t.Errorf("%d sessions, %d current; want 2 and 1", len(list), current)
		}
		wantKind(t, "revoke another's session", p.Sessions.Revoke(ctx, id, office, otherID.Session.PublicID), errs.NotFound)
		return p.Sessions.Revoke(ctx, id, office, firstID.Session.PublicID)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("a revoked session = %v, want Unauthenticated at once", err)
	}
	third := p.signedIn("sara", access.Full)
	if err := second.as(func(ctx context.Context, id access.Identity) error { return p.Sessions.RevokeOthers(ctx, id, office) }); err != nil {
		t.Fatal(err)
	}
	if _, err := third.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("another session after RevokeOthers = %v, want Unauthenticated", err)
	}
	for _, b := range []*browser{second, other} {
		if _, err := b.current(); err != nil {
			t.Errorf("an own or foreign session after RevokeOthers = %v, want nil", err)
		}
	}
}

func TestChangesReachARunningSession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	if id, err := b.current(); err != nil || !id.Can(access.PaymentExport) {
		t.Fatalf("before: %v, %v", id, err)
	}
	if err := p.People.SetRoles(t.Context(), byCommandLine, u.ID, 0, []access.RoleID{access.Support}); err != nil {
		t.Fatal(err)
	}
	if id, err := b.current(); err != nil || id.Can(access.PaymentExport) || !id.Can(access.PaymentList) {
		t.Errorf("the next request after a change of roles: rights %v, %v; want those of support", id.Rights.Names(), err)
	}
	if err := p.People.Disable(t.Context(), byCommandLine, u.ID, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("the next request of a disabled user = %v, want Unauthenticated", err)
	}
}

// TestChangesByTheCommandLineAreSeen opens the file a second time, as the command line does.
func TestChangesByTheCommandLineAreSeen(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	if _, err := b.current(); err != nil {
		t.Fatal(err)
	}
	other := openAgain(t, p)
	if err := other.People.Disable(t.Context(), byCommandLine, u.ID, 0); err != nil {
		t.Fatal(err)
	}
	p.clock.move(time.Second)
	if _, err := b.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("a second after the change by another process = %v, want Unauthenticated", err)
	}
}

func TestStepUp(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	required := func() error {
		return b.as(func(_ context.Context, id access.Identity) error { return p.Sessions.RequireStepUp(id) })
	}
	if err := required(); err != nil {
		t.Errorf("right after the sign-in = %v, want nil", err)
	}
	p.clock.move(5 * time.Minute)
	if err := required(); !access.IsStepUpNeeded(err) || !errs.Is(err, errs.Forbidden) {
		t.Errorf("after 5 minutes = %v, want a step-up", err)
	}
	stepUp := func(proof string) error {
		return b.as(func(ctx context.Context, id access.Identity) error {
			return p.Sessions.StepUp(ctx, id, office, seal.NewSecret(proof))
		})
	}
	wantField(t, "step-up with a wrong password", stepUp("wrong"), "proof")
	if err := stepUp(goodPassword); err != nil {
		t.Fatal(err)
	}
	if err := required(); err != nil {
		t.Errorf("right after the step-up = %v, want nil", err)
	}
	for range 10 {
		_ = stepUp("wrong")
	}
	wantKind(t, "step-up after too many wrong ones", stepUp(goodPassword), errs.RateLimited)
	seed, _ := b.enrol()
	wantField(t, "step-up with the password of a user who has a second factor", stepUp(goodPassword), "code")
	if err := stepUp(code(t, seed, p.clock.now())); err != nil {
		t.Errorf("step-up with a code = %v, want nil", err)
	}
}

func TestTheDatabaseHoldsOnlyHashes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	seed, codes := b.enrol()
	token, _, err := p.Setup.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	canaries := map[string]string{"token": b.token, "password": goodPassword, "seed": seed, "device": b.device}
	for _, c := range codes {
		canaries["recovery code "+c] = strings.ReplaceAll(c, "-", "")
	}
	if !token.IsZero() {
		t.Error("Offer gives a token although there is a user")
	}
	for name, text := range fileTexts(t, p) {
		for what, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s holds the %s", name, what)
			}
		}
	}
}

func TestSessionCodec(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			if rapid.Bool().Draw(t, "zero") {
				return time.Time{}
			}
			return time.UnixMicro(rapid.Int64Range(1, 1<<52).Draw(t, "micros")).UTC()
		})
		address := netip.Addr{}
		if raw := rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "address"); len(raw) == 4 || len(raw) == 16 {
			address, _ = netip.AddrFromSlice(raw)
		}
		session := access.Session{
			PublicID: rapid.String().Draw(t, "id"), Generation: rapid.Uint32().Draw(t, "generation"), UserID: rapid.Int64().Draw(t, "user"),
			State: access.State(rapid.IntRange(1, 4).Draw(t, "state")), SecondFactorGiven: rapid.Bool().Draw(t, "factor"),
			RightsEpoch: rapid.Int64().Draw(t, "epoch"), CreatedAt: moment.Draw(t, "created"), ExpiresAt: moment.Draw(t, "expires"),
			StepUpAt: moment.Draw(t, "step-up"), Address: address, UserAgent: rapid.String().Draw(t, "agent"),
		}
		want := map[string]any{"session": session}
		for key, text := range rapid.MapOf(rapid.StringMatching("[a-r]{1,5}"), rapid.String()).Draw(t, "values") {
			want[key] = text
		}
		deadline := moment.Draw(t, "deadline")
		b, err := access.SessionCodec{}.Encode(deadline, want)
		if err != nil {
			t.Fatal(err)
		}
		gotDeadline, got, err := access.SessionCodec{}.Decode(b)
		if err != nil || !gotDeadline.Equal(deadline) || !reflect.DeepEqual(got, want) {
			t.Errorf("Decode = %v, %+v, %v; want %v, %+v", gotDeadline, got, err, deadline, want)
		}
		alone, err := access.SessionCodec{}.Encode(deadline, map[string]any{"session": session})
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(alone)-1).Draw(t, "cut")
		if decoded, err := access.DecodeSession(alone[:cut]); err == nil {
			t.Errorf("DecodeSession of %d of %d bytes = %+v, want an error", cut, len(alone), decoded)
		}
	})
}

func TestSessionCodecKeepsNoSessionWithoutUser(t *testing.T) {
	t.Parallel()
	for _, values := range []map[string]any{{}, {"x": "y"}, {"session": access.Session{}, "x": 1}} {
		if _, err := (access.SessionCodec{}).Encode(time.Now(), values); err == nil {
			t.Errorf("Encode(%v) = nil, want an error", values)
		}
	}
	if _, values, err := (access.SessionCodec{}).Decode([]byte{99, 1, 2}); err != nil || len(values) != 0 {
		t.Errorf("Decode of another version = %v, %v; want no values", values, err)
	}
}

// BenchmarkCurrent is what the session and the rights cost a request: at most 5 µs while the caches hold.
func BenchmarkCurrent(b *testing.B) {
	p := newPortal(b)
	p.user("sara", access.Finance)
	browser := p.signedIn("sara", access.Full)
	b.ReportAllocs()
	for b.Loop() {
		ctx, err := p.cookie.Load(b.Context(), browser.token)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Sessions.Current(ctx, true); err != nil {
			b.Fatal(err)
		}
	}
}

// TestEachActHasOneEntry goes through everything that a user does with the own account.
func TestEachActHasOneEntry(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	head := func() int64 {
		h, err := p.db.AuditHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h.Count
	}
	var seed string
	acts := []struct {
		name string
		do   func(ctx context.Context, id access.Identity) error
	}{
		{"account.rename", func(ctx context.Context, id access.Identity) error {
			return p.Account.Rename(ctx, id, office, "Sara A.")
		}},
		{"account.preferences", func(ctx context.Context, id access.Identity) error {
			return p.Account.SavePreferences(ctx, id, office, access.Preferences{Theme: "dark"})
		}},
		{"account.password", func(ctx context.Context, id access.Identity) error {
			return p.Account.ChangePassword(ctx, id, office, seal.NewSecret(goodPassword), seal.NewSecret("another good passphrase"))
		}},
		{"session.step_up", func(ctx context.Context, id access.Identity) error {
			return p.Sessions.StepUp(ctx, id, office, seal.NewSecret("another good passphrase"))
		}},
		{"account.second_factor_begin", func(ctx context.Context, id access.Identity) error {
			e, err := p.Account.BeginSecondFactor(ctx, id, office)
			seed = e.Secret.Reveal()
			return err
		}},
		{"account.second_factor", func(ctx context.Context, id access.Identity) error {
			_, err := p.Account.ConfirmSecondFactor(ctx, id, office, code(t, seed, p.clock.now()))
			return err
		}},
		{"account.recovery_codes", func(ctx context.Context, id access.Identity) error {
			_, err := p.Account.RegenerateRecoveryCodes(ctx, id, office)
			return err
		}},
		{"account.second_factor_remove", func(ctx context.Context, id access.Identity) error {
			return p.Account.RemoveSecondFactor(ctx, id, office)
		}},
		{"session.revoke_others", func(ctx context.Context, id access.Identity) error { return p.Sessions.RevokeOthers(ctx, id, office) }},
		{"session.sign_out", func(ctx context.Context, id access.Identity) error { return p.Sessions.SignOut(ctx, id, office) }},
	}
	for _, act := range acts {
		before := head()
		if err := b.as(act.do); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		if got := head() - before; got != 1 || len(entries(t, p, act.name)) != 1 {
			t.Errorf("%s: %d entries, want one", act.name, got)
		}
	}
	for _, act := range acts {
		if e := entries(t, p, act.name)[0]; e.Name != "sara" || e.RequestID != "req-1" || e.Address != office.Address || e.SessionID == "" || e.Outcome != "ok" {
			t.Errorf("%s: entry %+v, want who, when, from where", act.name, e)
		}
	}
}

// BenchmarkSignIn is a sign-in with a hash that costs nearly nothing: what is left is ours, at most 2 ms.
func BenchmarkSignIn(b *testing.B) {
	p := newPortal(b)
	p.user("sara", access.Finance)
	for b.Loop() {
		p.signedIn("sara", access.Full)
	}
}
