package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/htmlcheck"
	"payportal/internal/seal"
)

// person makes a user who does not sign in.
func (p *portal) person(t testing.TB, name string, roles ...access.RoleID) access.User {
	t.Helper()
	user, err := p.access.People.CreateWithPassword(t.Context(), access.By{Actor: audit.Actor{Name: "test"}, Rights: access.All()},
		access.NewUser{Username: name, DisplayName: name, Roles: roles}, seal.NewSecret(password))
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// user reads a user as the store has it.
func (p *portal) stored(t testing.TB, id int64) access.User {
	t.Helper()
	user, err := p.access.People.User(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// textOf is the text of the first element that matches.
func textOf(t testing.TB, a answer, selector string) string {
	t.Helper()
	found := htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(a.body)), selector)
	if len(found) == 0 {
		t.Fatalf("no %s in\n%s", selector, a.body)
	}
	return htmlcheck.Text(found[0])
}

func versionOf(u access.User) string { return strconv.FormatInt(u.Version, 10) }

func TestUserIsCreatedWithAPasswordThatIsShownOnce(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	admin.get("/admin/users/new", http.StatusOK, htmlcheck.In("input#f-username[required]"), htmlcheck.In("input#f-roles[type=checkbox]"))
	created := admin.post("/admin/users/new", http.StatusOK, url.Values{"username": {"sara"}, "display_name": {"Sara Ahmadi"}, "roles": {"finance"}},
		htmlcheck.In("#given-password button.copy"))
	given := textOf(t, created, "#given-password bdi")
	if len(given) < 12 {
		t.Fatalf("the given password is %q, want one that is hard to guess", given)
	}
	list := admin.get("/admin/users", http.StatusOK, htmlcheck.In("#users-table", htmlcheck.HasText("Sara Ahmadi")))
	page := admin.get("/admin/users/2", http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Sara Ahmadi")), htmlcheck.In("dl", htmlcheck.HasText("to be changed at the next sign-in")))
	for _, a := range []answer{list, page} {
		if strings.Contains(a.body, given) {
			t.Error("the given password stands on a second page")
		}
	}
	if strings.Contains(p.log.String(), given) {
		t.Error("the given password stands in the log")
	}
	sara := p.visitor(t)
	a := sara.post("/sign-in", http.StatusSeeOther, url.Values{"username": {"sara"}, "password": {given}})
	if got := a.header.Get("Location"); got != "/account/password" {
		t.Errorf("after the sign-in with the given password: Location = %q, want /account/password", got)
	}
}

func TestWrongNewUserComesBackWithWhatWasTyped(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	admin.post("/admin/users/new", http.StatusUnprocessableEntity, url.Values{"username": {"a b"}, "display_name": {"Sara"}},
		htmlcheck.In("title", htmlcheck.HasText("Error:")), htmlcheck.In("#form-errors a[href=#f-username]"),
		htmlcheck.In("#f-username[aria-invalid=true]", htmlcheck.HasAttr("value", "a b")), htmlcheck.In("#f-display_name", htmlcheck.HasAttr("value", "Sara")))
	admin.post("/admin/users/new", http.StatusUnprocessableEntity, url.Values{"username": {"sara"}, "display_name": {"Sara"}},
		htmlcheck.In("#form-errors a[href=#f-roles]"), htmlcheck.In("#f-roles-err"))
	admin.post("/admin/users/new", http.StatusConflict, url.Values{"username": {"ADMIN"}, "display_name": {"Sara"}, "roles": {"finance"}},
		htmlcheck.In("#f-username-err"), htmlcheck.In("#f-roles-finance[checked]"))
}

func TestUsersAreFilteredByTheAddress(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	sara := p.person(t, "sara", access.Finance)
	p.person(t, "reza", access.Support)
	a := admin.get("/admin/users?role=finance&q=SAR", http.StatusOK, htmlcheck.Count("#users-table tbody tr", 1), htmlcheck.Count(".chip", 2),
		htmlcheck.In("select#f-role option[selected]", htmlcheck.HasAttr("value", "finance")))
	if got, want := textOf(t, a, "#users-table tbody th"), "sara"; got != want {
		t.Errorf("the only row is %q, want %q", got, want)
	}
	href, _ := htmlcheck.Attr(htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(a.body)), "#users-table tbody a")[0], "href")
	admin.get(href, http.StatusOK, htmlcheck.In("a[href=/admin/users?q=SAR&role=finance]"))
	b := admin.post(fmt.Sprintf("/admin/users/%d", sara.ID), http.StatusSeeOther, url.Values{"version": {versionOf(sara)}, "display_name": {"Sara A."}, "list": {"q=SAR"}})
	if got, want := b.header.Get("Location"), fmt.Sprintf("/admin/users/%d?list=q%%3DSAR", sara.ID); got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	admin.htmx().get("/admin/users?status=never", http.StatusOK, htmlcheck.In("section#users"), htmlcheck.NotIn("html nav"))
	admin.get("/admin/users?q=nobody", http.StatusOK, htmlcheck.In(".empty-state a[href=/admin/users]"))
	admin.get("/admin/users?status=asleep", http.StatusUnprocessableEntity, htmlcheck.In("#f-status-err"))
}

func TestChangesOfAUser(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	sara := p.user(t, "sara", access.Finance)
	id := int64(2)
	path := fmt.Sprintf("/admin/users/%d", id)
	act := func(suffix string, status int, fields url.Values) answer {
		if fields == nil {
			fields = url.Values{}
		}
		fields.Set("version", versionOf(p.stored(t, id)))
		return admin.post(path+suffix, status, fields)
	}

	act("", http.StatusSeeOther, url.Values{"display_name": {"سارا احمدی"}})
	if got := p.stored(t, id).DisplayName; got != "سارا احمدی" {
		t.Errorf("display name = %q", got)
	}
	act("/roles", http.StatusSeeOther, url.Values{"roles": {"support", "auditor"}})
	if got := fmt.Sprint(p.stored(t, id).RoleIDs()); got != "[auditor support]" {
		t.Errorf("roles = %s, want [auditor support]", got)
	}
	sara.get("/admin/users", http.StatusOK) // the auditor's right counts at once

	admin.get(path+"/disable", http.StatusOK, htmlcheck.In("form[action="+path+"/disable]"))
	act("/disable", http.StatusSeeOther, nil)
	sara.get("/admin/users", http.StatusSeeOther)
	admin.get(path, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Disabled")), htmlcheck.In("form[action="+path+"/enable]"))
	act("/enable", http.StatusSeeOther, nil)

	admin.get(path+"/password", http.StatusOK, htmlcheck.In("form[action="+path+"/password]"))
	given := textOf(t, act("/password", http.StatusOK, nil), "#given-password bdi")
	p.visitor(t).post("/sign-in", http.StatusUnprocessableEntity, url.Values{"username": {"sara"}, "password": {password}})
	p.visitor(t).post("/sign-in", http.StatusSeeOther, url.Values{"username": {"sara"}, "password": {given}})
	act("/second-factor", http.StatusSeeOther, nil)
}

func TestStaleChangeOfAUserIsRefused(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	sara := p.person(t, "sara", access.Finance)
	path := fmt.Sprintf("/admin/users/%d", sara.ID)
	admin.post(path, http.StatusSeeOther, url.Values{"version": {versionOf(sara)}, "display_name": {"First"}})
	admin.post(path, http.StatusConflict, url.Values{"version": {versionOf(sara)}, "display_name": {"Second"}},
		htmlcheck.In("#form-errors", htmlcheck.HasText("Somebody else changed this")), htmlcheck.In("#f-display_name", htmlcheck.HasAttr("value", "Second")),
		htmlcheck.In("h1", htmlcheck.HasText("First")), htmlcheck.In("form[action="+path+"] input[name=version]", htmlcheck.HasAttr("value", versionOf(p.stored(t, sara.ID)))))
	admin.post(path, http.StatusUnprocessableEntity, url.Values{"display_name": {"Third"}})
	if got := p.stored(t, sara.ID).DisplayName; got != "First" {
		t.Errorf("display name = %q, want First", got)
	}
}

func TestLastAdministratorStays(t *testing.T) {
	p := newPortal(t)
	manager := p.role(t, access.All().Names()...)
	boss := p.user(t, "boss", manager)
	admin := p.person(t, "admin", access.Administrator)
	path := fmt.Sprintf("/admin/users/%d", admin.ID)
	for suffix, fields := range map[string]url.Values{"/disable": {}, "/roles": {"roles": {"support"}}} {
		fields.Set("version", versionOf(admin))
		boss.post(path+suffix, http.StatusConflict, fields, htmlcheck.In("#form-errors", htmlcheck.HasText("last enabled administrator")))
	}
	if user := p.stored(t, admin.ID); user.Disabled || !user.HasRole(access.Administrator) {
		t.Errorf("the last administrator is %+v", user)
	}
}

// TestNobodyGivesMoreThanTheyHave covers T15: a right that the giver lacks is not offered, and refused when asked for.
func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	p := newPortal(t)
	manager := p.role(t, "user.read", "user.manage", "payment.list")
	boss := p.user(t, "boss", manager)
	admin := p.person(t, "admin", access.Administrator)
	boss.get("/admin/users/new", http.StatusOK, htmlcheck.In("input[value=administrator][disabled]"), htmlcheck.NotIn("input[value="+string(manager)+"][disabled]"))
	boss.post("/admin/users/new", http.StatusForbidden, url.Values{"username": {"sara"}, "display_name": {"Sara"}, "roles": {"administrator"}})
	path := fmt.Sprintf("/admin/users/%d", admin.ID)
	boss.get(path, http.StatusOK, htmlcheck.NotIn("form[action="+path+"]"), htmlcheck.In(".alert", htmlcheck.HasText("rights that you do not have")))
	boss.post(path+"/password", http.StatusForbidden, url.Values{"version": {versionOf(admin)}})
}

// role makes a custom role.
func (p *portal) role(t testing.TB, permissions ...string) access.RoleID {
	t.Helper()
	role, err := p.access.People.CreateRole(t.Context(), access.By{Actor: audit.Actor{Name: "test"}, Rights: access.All()},
		access.RoleDraft{Name: "Own role", Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	return role.ID
}

func TestAuditorSeesUsersAndIsOfferedNothing(t *testing.T) {
	p := newPortal(t)
	auditor := p.user(t, "auditor", access.Auditor)
	admin := p.person(t, "admin", access.Administrator)
	auditor.get("/admin/users", http.StatusOK, htmlcheck.NotIn("a[href=/admin/users/new]"))
	auditor.get(fmt.Sprintf("/admin/users/%d", admin.ID), http.StatusOK, htmlcheck.NotIn("main form"), htmlcheck.In("a[href=/admin/audit?object=user%3A2]"))
	auditor.get("/admin/roles/administrator", http.StatusOK, htmlcheck.NotIn("main form"), htmlcheck.NotIn("a[href=/admin/roles/new?from=administrator]"))
	auditor.get("/admin/users/none", http.StatusNotFound, htmlcheck.In("nav"))
	auditor.get("/admin/roles/none", http.StatusNotFound, htmlcheck.In("nav"))
}
