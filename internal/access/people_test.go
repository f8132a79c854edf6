package access_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

func TestUserLifeInTheTrail(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ctx := t.Context()
	u, given, err := p.People.CreateUser(ctx, byCommandLine, access.NewUser{Username: "Sara", DisplayName: " Sara Ahmadi ", Roles: []access.RoleID{access.Finance}})
	if err != nil || u.Username != "sara" || u.DisplayName != "Sara Ahmadi" || !u.MustChangePassword || len(given.Reveal()) < 16 {
		t.Fatalf("CreateUser = %+v, %v", u, err)
	}
	steps := []struct {
		act string
		do  func(version int64) error
	}{
		{"user.rename", func(v int64) error { return p.People.Rename(ctx, byCommandLine, u.ID, v, "Sara A.") }},
		{"user.roles", func(v int64) error {
			return p.People.SetRoles(ctx, byCommandLine, u.ID, v, []access.RoleID{access.Support, access.Finance})
		}},
		{"user.password_reset", func(v int64) error { _, err := p.People.ResetPassword(ctx, byCommandLine, u.ID, v); return err }},
		{"user.second_factor_reset", func(v int64) error { return p.People.ResetSecondFactor(ctx, byCommandLine, u.ID, v) }},
		{"user.disable", func(v int64) error { return p.People.Disable(ctx, byCommandLine, u.ID, v) }},
		{"user.enable", func(v int64) error { return p.People.Enable(ctx, byCommandLine, u.ID, v) }},
	}
	for _, s := range steps {
		now, err := p.People.User(ctx, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.do(now.Version + 1); !errs.Is(err, errs.Conflict) || message(err) != "access.conflict.changed" {
			t.Errorf("%s of another version = %v, want Conflict", s.act, err)
		}
		if err := s.do(now.Version); err != nil {
			t.Errorf("%s = %v, want nil", s.act, err)
		}
		if got := entries(t, p, s.act); len(got) != 1 || got[0].Object != fmt.Sprintf("user:%d", u.ID) || got[0].Name != byCommandLine.Name {
			t.Errorf("%s: entries %+v, want one of the command line", s.act, got)
		}
	}
	roles := entries(t, p, "user.roles")[0]
	if got := fmt.Sprintf("%s → %s", roles.Before, roles.After); got != `{"roles":["finance"]} → {"roles":["finance","support"]}` {
		t.Errorf("before and after = %s", got)
	}
	if v, err := p.db.VerifyAudit(ctx); err != nil || !v.OK() {
		t.Errorf("VerifyAudit = %+v, %v; want OK", v, err)
	}
}

func TestCreateUserRefuses(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	long := "x"
	for range 7 {
		long += long
	}
	tests := []struct {
		name  string
		user  access.NewUser
		kind  errs.Kind
		field string
	}{
		{"same name in other letters", access.NewUser{Username: "ＳＡＲＡ", DisplayName: "S", Roles: []access.RoleID{access.Finance}}, errs.Conflict, "username"},
		{"space", access.NewUser{Username: "sa ra", DisplayName: "S", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "username"},
		{"control", access.NewUser{Username: "sa\u202era", DisplayName: "S", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "username"},
		{"not UTF-8", access.NewUser{Username: "sa\xff", DisplayName: "S", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "username"},
		{"empty", access.NewUser{DisplayName: "S", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "username"},
		{"long", access.NewUser{Username: long, DisplayName: "S", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "username"},
		{"no display name", access.NewUser{Username: "reza", DisplayName: " ", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "display_name"},
		{"bidi in display name", access.NewUser{Username: "reza", DisplayName: "a\u202eb", Roles: []access.RoleID{access.Finance}}, errs.Invalid, "display_name"},
		{"no role", access.NewUser{Username: "reza", DisplayName: "R"}, errs.Invalid, "roles"},
		{"unknown role", access.NewUser{Username: "reza", DisplayName: "R", Roles: []access.RoleID{"boss"}}, errs.Invalid, "roles"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := p.People.CreateUser(t.Context(), byCommandLine, tt.user)
			wantKind(t, "CreateUser", err, tt.kind)
			wantField(t, "CreateUser", err, tt.field)
		})
	}
}

func TestUsersAreFound(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	gone := p.user("gone", access.Support)
	if _, _, err := p.People.CreateUser(t.Context(), byCommandLine, access.NewUser{Username: "علی۱", DisplayName: "علي كريمي", Roles: []access.RoleID{access.Finance, access.Support}}); err != nil {
		t.Fatal(err)
	}
	if err := p.People.Disable(t.Context(), byCommandLine, gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	p.signedIn("sara", access.Full)
	for _, tt := range []struct {
		filter access.UserFilter
		want   string
	}{
		{access.UserFilter{}, "[gone sara علی1]"},
		{access.UserFilter{Query: "SAR"}, "[sara]"},
		{access.UserFilter{Query: "کریمی"}, "[علی1]"},
		{access.UserFilter{Role: access.Support}, "[gone علی1]"},
		{access.UserFilter{Status: "disabled"}, "[gone]"},
		{access.UserFilter{Status: "enabled", Role: access.Finance}, "[sara علی1]"},
		{access.UserFilter{Status: "never"}, "[gone علی1]"},
		{access.UserFilter{Query: "%"}, "[]"},
	} {
		users, err := p.People.Users(t.Context(), tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, u := range users {
			names = append(names, u.Username)
		}
		if got := fmt.Sprint(names); got != tt.want {
			t.Errorf("Users(%+v) = %s, want %s", tt.filter, got, tt.want)
		}
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ctx := t.Context()
	last := p.user("last", access.Administrator)
	gone := p.user("gone", access.Administrator)
	if err := p.People.Disable(ctx, byCommandLine, gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"disable": p.People.Disable(ctx, byCommandLine, last.ID, 0),
		"demote":  p.People.SetRoles(ctx, byCommandLine, last.ID, 0, []access.RoleID{access.Auditor}),
	} {
		if !errs.Is(err, errs.Conflict) || message(err) != "access.last_administrator" {
			t.Errorf("%s the last enabled administrator = %v, want Conflict", what, err)
		}
	}
	if u, err := p.People.User(ctx, last.ID); err != nil || u.Disabled || !u.HasRole(access.Administrator) || u.Version != last.Version {
		t.Errorf("after the refusals: %+v, %v; want the user unchanged", u, err)
	}
	if got := len(entries(t, p, "user.disable")); got != 1 {
		t.Errorf("%d entries of disabling, want 1: a refused act is rolled back", got)
	}
	if err := p.People.SetRoles(ctx, byCommandLine, gone.ID, 0, []access.RoleID{access.Auditor}); err != nil {
		t.Errorf("demoting a disabled administrator = %v, want nil", err)
	}
}

func TestTwoAdministratorsCannotRemoveEachOther(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for round := range 20 {
		first, second := p.user(fmt.Sprint("first", round), access.Administrator), p.user(fmt.Sprint("second", round), access.Administrator)
		acts := []func() error{
			func() error { return p.People.Disable(t.Context(), byCommandLine, first.ID, 0) },
			func() error {
				return p.People.SetRoles(t.Context(), byCommandLine, second.ID, 0, []access.RoleID{access.Support})
			},
		}
		if round > 0 { // the administrator who is left of the round before
			left, err := p.People.Users(t.Context(), access.UserFilter{Role: access.Administrator, Status: "enabled"})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range left {
				if u.ID != first.ID && u.ID != second.ID {
					acts = append(acts, func() error { return p.People.Disable(t.Context(), byCommandLine, u.ID, 0) })
				}
			}
		}
		failed := make([]error, len(acts))
		var all sync.WaitGroup
		for i, act := range acts {
			all.Go(func() { failed[i] = act() })
		}
		all.Wait()
		refusals := 0
		for _, err := range failed {
			if err != nil {
				refusals++
				wantKind(t, "removing an administrator", err, errs.Conflict)
			}
		}
		if refusals != 1 {
			t.Errorf("round %d: %d of %d acts refused, want 1", round, refusals, len(acts))
		}
	}
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ctx := t.Context()
	administrator, clerk := p.user("boss", access.Administrator), p.user("sara", access.Finance)
	custom, err := p.People.CreateRole(ctx, byCommandLine, access.RoleDraft{Name: "Front desk", Permissions: []string{"user.manage", "role.manage", "payment.list"}})
	if err != nil {
		t.Fatal(err)
	}
	desk := access.By{Actor: audit.Actor{Name: "desk"}, Rights: custom.Permissions.Union(access.SetOf(access.SignedIn))}
	for what, err := range map[string]error{
		"make an administrator":          p.People.SetRoles(ctx, desk, clerk.ID, 0, []access.RoleID{access.Administrator}),
		"reset an administrator":         func() error { _, err := p.People.ResetPassword(ctx, desk, administrator.ID, 0); return err }(),
		"reset the factor of a stronger": p.People.ResetSecondFactor(ctx, desk, clerk.ID, 0),
		"disable a stronger":             p.People.Disable(ctx, desk, clerk.ID, 0),
		"create a stronger": func() error {
			_, _, err := p.People.CreateUser(ctx, desk, access.NewUser{Username: "x1", DisplayName: "x", Roles: []access.RoleID{access.Finance}})
			return err
		}(),
		"create a stronger role": func() error {
			_, err := p.People.CreateRole(ctx, desk, access.RoleDraft{Name: "x", Permissions: []string{"audit.read"}})
			return err
		}(),
		"strengthen the own role": func() error {
			_, err := p.People.UpdateRole(ctx, desk, custom.ID, 0, access.RoleDraft{Name: "x", Permissions: []string{"audit.read"}})
			return err
		}(),
	} {
		if !errs.Is(err, errs.Forbidden) || message(err) != "access.rights.too_much" {
			t.Errorf("%s = %v, want Forbidden", what, err)
		}
	}
	if _, _, err := p.People.CreateUser(ctx, desk, access.NewUser{Username: "ok", DisplayName: "ok", Roles: []access.RoleID{custom.ID}}); err != nil {
		t.Errorf("creating an equal = %v, want nil", err)
	}
}

func TestCustomRoles(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ctx := t.Context()
	draft := access.RoleDraft{Name: "Front desk", Description: "Looks\nup", Permissions: []string{"payment.list"}, RequireSecondFactor: true}
	role, err := p.People.CreateRole(ctx, byCommandLine, draft)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.People.CreateRole(ctx, byCommandLine, access.RoleDraft{Name: "front  DESK", Permissions: []string{"psp.read"}})
	wantKind(t, "a role of the same name", err, errs.Conflict)
	wantField(t, "a role of the same name", err, "name")
	u := p.user("sara", role.ID)
	b := p.signedIn("sara", access.EnrolmentNeeded)
	b.enrol()
	if id, err := b.current(); err != nil || !id.Can(access.PaymentList) || id.Can(access.PaymentExport) {
		t.Errorf("rights = %v, %v; want payment.list alone", id.Rights.Names(), err)
	}
	draft.Permissions = []string{"payment.export"}
	changed, err := p.People.UpdateRole(ctx, byCommandLine, role.ID, role.Version, draft)
	if err != nil {
		t.Fatal(err)
	}
	before := b.token
	if id, err := b.current(); err != nil || id.Can(access.PaymentList) || !id.Can(access.PaymentExport) {
		t.Errorf("rights after the change = %v, %v; want payment.export alone", id.Rights.Names(), err)
	}
	if b.token == before {
		t.Error("the token stays after a change of the role")
	}
	_, err = p.People.UpdateRole(ctx, byCommandLine, role.ID, role.Version, draft)
	wantKind(t, "a change of an earlier version", err, errs.Conflict)
	wantKind(t, "deleting a used role", p.People.DeleteRole(ctx, byCommandLine, role.ID, changed.Version), errs.Conflict)
	if err := p.People.SetRoles(ctx, byCommandLine, u.ID, 0, []access.RoleID{access.Support}); err != nil {
		t.Fatal(err)
	}
	if err := p.People.DeleteRole(ctx, byCommandLine, role.ID, changed.Version); err != nil {
		t.Errorf("deleting an unused role = %v, want nil", err)
	}
	_, err = p.People.Role(ctx, role.ID)
	wantKind(t, "a deleted role", err, errs.NotFound)
	_, err = p.People.UpdateRole(ctx, byCommandLine, access.Auditor, 0, draft)
	wantKind(t, "changing a built-in role", err, errs.Conflict)
	wantKind(t, "deleting a built-in role", p.People.DeleteRole(ctx, byCommandLine, access.Support, 0), errs.Conflict)
	for _, wrong := range []struct {
		draft access.RoleDraft
		field string
	}{
		{access.RoleDraft{Permissions: []string{"psp.read"}}, "name"},
		{access.RoleDraft{Name: "x"}, "permissions"},
		{access.RoleDraft{Name: "x", Permissions: []string{"signed_in"}}, "permissions"},
		{access.RoleDraft{Name: "x", Permissions: []string{"psp.read", "everything"}}, "permissions"},
		{access.RoleDraft{Name: "x", Description: "a\x00b", Permissions: []string{"psp.read"}}, "description"},
	} {
		_, err := p.People.CreateRole(ctx, byCommandLine, wrong.draft)
		wantField(t, fmt.Sprintf("CreateRole(%+v)", wrong.draft), err, wrong.field)
	}
}

// TestARoleThatBeginsToAskForASecondFactor stops its users until they enrol.
func TestARoleThatBeginsToAskForASecondFactor(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	draft := access.RoleDraft{Name: "Desk", Permissions: []string{"payment.list"}}
	role, err := p.People.CreateRole(t.Context(), byCommandLine, draft)
	if err != nil {
		t.Fatal(err)
	}
	p.user("sara", role.ID)
	b := p.signedIn("sara", access.Full)
	draft.RequireSecondFactor = true
	if _, err := p.People.UpdateRole(t.Context(), byCommandLine, role.ID, 0, draft); err != nil {
		t.Fatal(err)
	}
	if id, err := b.current(); err != nil || id.Session.State != access.EnrolmentNeeded || id.Can(access.PaymentList) {
		t.Errorf("state = %v, %v; want EnrolmentNeeded", id.Session.State, err)
	}
}

func TestBuiltInRolesStandInTheDatabase(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	stored, err := p.People.Roles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := access.BuiltInRoles()
	if len(stored) != len(want) {
		t.Fatalf("%d roles stored, want %d", len(stored), len(want))
	}
	for i, r := range stored {
		if r.ID != want[i].ID || !r.BuiltIn || r.Permissions != want[i].Permissions || r.RequireSecondFactor != want[i].RequireSecondFactor {
			t.Errorf("role %d = %+v, want %+v", i, r, want[i])
		}
	}
}

func TestTheAuditorChangesNothing(t *testing.T) {
	t.Parallel()
	auditor, _ := access.BuiltInRole(access.Auditor)
	for _, info := range access.Catalogue() {
		if auditor.Permissions.Has(info.Permission) == info.Changes {
			t.Errorf("auditor and %s: has it = %v, want %v", info.Name, auditor.Permissions.Has(info.Permission), !info.Changes)
		}
	}
}

func TestResetsEndSessions(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.user("sara", access.Administrator)
	b := p.signedIn("sara", access.EnrolmentNeeded)
	b.enrol()
	if err := p.People.ResetSecondFactor(t.Context(), byCommandLine, u.ID, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("after the reset of the factor = %v, want Unauthenticated", err)
	}
	b = p.signedIn("sara", access.EnrolmentNeeded)
	given, err := p.People.ResetPassword(t.Context(), byCommandLine, u.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.current(); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("after the reset of the password = %v, want Unauthenticated", err)
	}
	if r, err := (&browser{p: p}).signIn("sara", given.Reveal()); err != nil || r.State != access.PasswordChangeNeeded {
		t.Errorf("sign in with the given password = %v, %v; want PasswordChangeNeeded", r.State, err)
	}
	if _, err := (&browser{p: p}).signIn("sara", goodPassword); !errs.Is(err, errs.Invalid) {
		t.Errorf("sign in with the earlier password = %v, want Invalid", err)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.user("sara", access.Finance)
	b := p.signedIn("sara", access.Full)
	save := func(prefs access.Preferences) error {
		return b.as(func(ctx context.Context, id access.Identity) error {
			return p.Account.SavePreferences(ctx, id, office, prefs)
		})
	}
	want := access.Preferences{
		Language: "fa", Calendar: "jalali", Digits: "persian", Zone: "Asia/Tehran", Unit: "toman", Theme: "dark", Density: "compact", ShortcutsOff: true,
		Tables: map[string]access.TablePreferences{"payments": {Columns: []string{"time", "amount"}, PageSize: 100}},
	}
	if err := save(want); err != nil {
		t.Fatal(err)
	}
	if id, err := b.current(); err != nil || fmt.Sprint(id.Preferences) != fmt.Sprint(want) {
		t.Errorf("preferences = %+v, %v; want %+v", id.Preferences, err, want)
	}
	for field, wrong := range map[string]access.Preferences{
		"language": {Language: "de"}, "calendar": {Calendar: "x"}, "digits": {Digits: "x"}, "zone": {Zone: "../etc/passwd"}, "unit": {Unit: "usd"},
		"theme": {Theme: "x"}, "density": {Density: "x"}, "tables": {Tables: map[string]access.TablePreferences{"payments": {PageSize: 7}}},
	} {
		wantField(t, fmt.Sprintf("%+v", wrong), save(wrong), field)
	}
	wantField(t, "zone Local", save(access.Preferences{Zone: "Local"}), "zone")
}

func TestSetup(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ctx := t.Context()
	redeem := func(token seal.Secret, name, password string) error {
		return p.Setup.Redeem(ctx, office, token, access.NewUser{Username: name, DisplayName: name}, seal.NewSecret(password))
	}
	first, ok, err := p.Setup.Offer(ctx)
	if err != nil || !ok {
		t.Fatalf("Offer = %v, %v; want a token", ok, err)
	}
	token, _, err := p.Setup.Offer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "an earlier token", redeem(first, "root", goodPassword), errs.NotFound)
	wantKind(t, "no token", redeem(seal.Secret{}, "root", goodPassword), errs.NotFound)
	wantField(t, "a weak password", redeem(token, "root", "password1234"), "new_password")
	p.clock.move(24 * time.Hour)
	wantKind(t, "a token of yesterday", redeem(token, "root", goodPassword), errs.NotFound)
	if token, _, err = p.Setup.Offer(ctx); err != nil {
		t.Fatal(err)
	}
	var made sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		made.Go(func() { results[i] = redeem(token, fmt.Sprint("root", i), goodPassword) })
	}
	made.Wait()
	successes := 0
	for _, err := range results {
		if err == nil {
			successes++
		} else {
			wantKind(t, "a second use", err, errs.NotFound)
		}
	}
	users, err := p.People.Users(ctx, access.UserFilter{})
	if err != nil || successes != 1 || len(users) != 1 || !users[0].HasRole(access.Administrator) {
		t.Errorf("%d successes, users %+v, %v; want one administrator", successes, users, err)
	}
	if _, ok, err := p.Setup.Offer(ctx); ok || err != nil {
		t.Errorf("Offer with a user = %v, %v; want none", ok, err)
	}
}
