package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/internal/htmlcheck"
)

// TestRoleFromMatrixToItsUser is the way of an administrator: a role, a user with it, who then sees just that.
func TestRoleFromMatrixToItsUser(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	admin.get("/admin/roles/new", http.StatusOK, htmlcheck.Count("input[name=permissions]", len(access.Catalogue())),
		htmlcheck.In("#permissions-table", htmlcheck.HasText("repigma.terminal.create")))
	admin.post("/admin/roles/new", http.StatusSeeOther, url.Values{"name": {"Reader"}, "permissions": {"user.read"}})
	role := customRole(t, p)
	reader := p.user(t, "reader", role.ID)
	reader.get("/admin/users", http.StatusOK, htmlcheck.In("nav a[href=/admin/users]"), htmlcheck.NotIn("nav a[href=/admin/roles]"), htmlcheck.NotIn("a[href=/admin/users/new]"))
	reader.get("/admin/roles", http.StatusForbidden, htmlcheck.In("main", htmlcheck.HasText("role.read")))
	reader.post("/admin/users/new", http.StatusForbidden, url.Values{})
}

func customRole(t *testing.T, p *portal) access.Role {
	t.Helper()
	roles, err := p.access.People.Roles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if !r.BuiltIn {
			return r
		}
	}
	t.Fatal("no custom role")
	return access.Role{}
}

func TestWrongRoleComesBack(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	admin.post("/admin/roles/new", http.StatusUnprocessableEntity, url.Values{"name": {strings.Repeat("x", 61)}, "permissions": {"user.read"}},
		htmlcheck.In("#form-errors a[href=#f-name]"), htmlcheck.In("input[value=user.read][checked]"))
	admin.post("/admin/roles/new", http.StatusUnprocessableEntity, url.Values{"name": {"Empty"}}, htmlcheck.In("#form-errors a[href=#f-permissions]"))
	admin.post("/admin/roles/new", http.StatusUnprocessableEntity, url.Values{"name": {"Odd"}, "permissions": {"money.print"}}, htmlcheck.In("#f-permissions-err"))
}

func TestRoleIsChangedAndDeletedOnlyWhileUnused(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	p.role(t, "payment.list")
	role := customRole(t, p)
	path := "/admin/roles/" + string(role.ID)
	version := strconv.FormatInt(role.Version, 10)
	admin.post(path, http.StatusSeeOther, url.Values{"version": {version}, "name": {"Renamed"}, "permissions": {"payment.list", "report.list"}, "require_second_factor": {"on"}})
	changed := customRole(t, p)
	if changed.Name != "Renamed" || !changed.RequireSecondFactor || !changed.Permissions.Has(access.ReportList) {
		t.Errorf("the role is %+v", changed)
	}
	admin.post(path, http.StatusConflict, url.Values{"version": {version}, "name": {"Stale"}, "permissions": {"payment.list"}}, htmlcheck.In("#form-errors"))

	p.person(t, "sara", role.ID)
	fields := url.Values{"version": {strconv.FormatInt(changed.Version, 10)}}
	admin.get(path+"/delete", http.StatusOK, htmlcheck.In("form[action="+path+"/delete]"))
	admin.post(path+"/delete", http.StatusConflict, fields, htmlcheck.In("#form-errors", htmlcheck.HasText("1 user has this role")))
	if err := p.access.People.SetRoles(t.Context(), access.CommandLine("test"), 2, 0, []access.RoleID{access.Support}); err != nil {
		t.Fatal(err)
	}
	admin.post(path+"/delete", http.StatusSeeOther, fields)
	admin.get(path, http.StatusNotFound)
}

func TestBuiltInRoleIsCopiedAndNotChanged(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	admin.get("/admin/roles", http.StatusOK, htmlcheck.Count("#roles-table tbody tr", 6))
	admin.get("/admin/roles/finance", http.StatusOK, htmlcheck.NotIn("main form"), htmlcheck.In("a[href=/admin/roles/new?from=finance]"))
	admin.get("/admin/roles/new?from=finance", http.StatusOK, htmlcheck.In("input[value=payment.export][checked]"), htmlcheck.NotIn("input[value=user.manage][checked]"),
		htmlcheck.In("#f-name", htmlcheck.HasAttr("value", "Finance (copy)")))
	admin.get("/admin/roles/new?from=none", http.StatusNotFound)
	admin.get("/admin/roles/finance/delete", http.StatusConflict)
	fields := url.Values{"version": {"1"}, "name": {"Finance"}, "permissions": {"user.manage"}}
	if a := admin.send(http.MethodPost, "/admin/roles/finance", fields); a.status < 400 {
		t.Errorf("changing a built-in role = %d, want it refused", a.status)
	}
	if a := admin.send(http.MethodPost, "/admin/roles/finance/delete", fields); a.status < 400 {
		t.Errorf("deleting a built-in role = %d, want it refused", a.status)
	}
}
