package psp_test

import (
	"slices"
	"testing"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

var unreachable = errs.New(errs.Unavailable, "call provider", "", nil)

func TestRefreshKeepsWhatDisappearedAsGone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.psps = []psp.PSP{{ID: 0, Name: "SEP", Enabled: false}, {ID: 3, Name: "TOP", Enabled: true}}
	o.provider.accounts = nil
	if err := o.directory.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	psps, fresh, err := o.directory.PSPs(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	want := []psp.ListedPSP{{PSP: psp.PSP{ID: 0, Name: "SEP"}}, {PSP: psp.PSP{ID: 3, Name: "TOP", Enabled: true}}}
	if !slices.Equal(psps, want) {
		t.Errorf("PSPs = %+v, want %+v", psps, want)
	}
	if fresh.Problem != "" || time.Since(fresh.FetchedAt) > time.Minute {
		t.Errorf("freshness = %+v, want fetched now without a problem", fresh)
	}
	accounts, _, err := o.directory.Accounts(t.Context(), conn)
	if err != nil || len(accounts) != 1 || accounts[0].GoneAt.IsZero() {
		t.Fatalf("accounts = %+v, %v, want the one account as gone", accounts, err)
	}
	o.provider.accounts = []psp.Account{accounts[0].Account}
	if err := o.directory.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if accounts, _, _ = o.directory.Accounts(t.Context(), conn); !accounts[0].GoneAt.IsZero() || !accounts[0].CreatedAt.Equal(day(1)) {
		t.Errorf("account that came back = %+v, want it listed with its creation time", accounts[0])
	}
}

func TestRefreshKeepsTheLastCopyWhenTheProviderIsDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, before, _ := o.directory.PSPs(t.Context(), conn)
	o.provider.down = unreachable
	wantKind(t, o.directory.Refresh(t.Context(), conn), errs.Unavailable)
	psps, fresh, err := o.directory.PSPs(t.Context(), conn)
	if err != nil || len(psps) != 1 || !psps[0].GoneAt.IsZero() {
		t.Errorf("PSPs = %+v, %v, want the last copy", psps, err)
	}
	if fresh.Problem != "psp.problem.unavailable" || !fresh.FetchedAt.Equal(before.FetchedAt) || !fresh.AttemptedAt.After(before.AttemptedAt) {
		t.Errorf("freshness = %+v, want the age of the copy %v and the reason", fresh, before.FetchedAt)
	}
	if _, fresh, _ := o.directory.Accounts(t.Context(), conn); fresh.Problem != "psp.problem.unavailable" {
		t.Errorf("accounts' problem = %q: the second list was not tried", fresh.Problem)
	}
	o.provider.down = nil
	if err := o.directory.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if _, fresh, _ := o.directory.PSPs(t.Context(), conn); fresh.Problem != "" {
		t.Errorf("problem after a success = %q, want none", fresh.Problem)
	}
}

func TestOneIsReadLiveAndFallsBackToTheCopy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.psps[0].Name = "SEP 2"
	o.provider.accounts[0].Enabled = false
	p, fresh, err := o.directory.PSP(t.Context(), conn, 0)
	if err != nil || p.Name != "SEP 2" || fresh.Problem != "" {
		t.Fatalf("PSP = %+v, %+v, %v, want it live", p, fresh, err)
	}
	a, _, err := o.directory.Account(t.Context(), conn, accountUUID)
	if err != nil || a.Enabled {
		t.Fatalf("account = %+v, %v, want it live", a, err)
	}
	o.provider.down = unreachable
	p, fresh, err = o.directory.PSP(t.Context(), conn, 0)
	if err != nil || p.Name != "SEP 2" || fresh.Problem != "psp.problem.unavailable" || fresh.FetchedAt.IsZero() {
		t.Errorf("PSP with the provider down = %+v, %+v, %v, want the renewed copy, its age and the reason", p, fresh, err)
	}
	if a, fresh, err = o.directory.Account(t.Context(), conn, accountUUID); err != nil || a.Enabled || fresh.Problem == "" {
		t.Errorf("account with the provider down = %+v, %+v, %v, want the renewed copy", a, fresh, err)
	}
	_, _, err = o.directory.PSP(t.Context(), conn, 99)
	wantKind(t, err, errs.Unavailable)
	o.provider.down = nil
	_, _, err = o.directory.PSP(t.Context(), conn, 99)
	wantKind(t, err, errs.NotFound)
	_, _, err = o.directory.Account(t.Context(), conn, "' OR 1=1")
	wantKind(t, err, errs.NotFound)
}

func TestAnAnswerAboutSomethingElseIsNotUsed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	liar := &lyingProvider{reporting: o.provider}
	p, fresh, err := psp.NewDirectory(o.db, liar).PSP(t.Context(), conn, 0)
	if err != nil || p.Name != "SEP" || fresh.Problem != "psp.problem.answer" {
		t.Errorf("PSP = %+v, %+v, %v, want the copy because of the foreign answer", p, fresh, err)
	}
}

// TestCredentialsThatAreRefusedAreNotAMissingScope: an adapter's refusals of the login are Forbidden like a missing scope,
// and want another remedy.
func TestCredentialsThatAreRefusedAreNotAMissingScope(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for msg, want := range map[string]string{
		"provider.user_refused": "psp.problem.unauthenticated", "provider.client_refused": "psp.problem.unauthenticated",
		"provider.unauthorized": "psp.problem.unauthenticated", "provider.scope_missing": "psp.problem.forbidden",
	} {
		o.provider.down = errs.New(errs.Forbidden, "call provider", msg, nil)
		wantKind(t, o.directory.Refresh(t.Context(), conn), errs.Forbidden)
		if _, fresh, _ := o.directory.PSPs(t.Context(), conn); fresh.Problem != want {
			t.Errorf("problem after %s = %q, want %q", msg, fresh.Problem, want)
		}
	}
}
