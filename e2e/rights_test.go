package e2e

import (
	"strings"
	"testing"
)

// TestAuditorMayNotCreate shows that what one may not do is not offered, and is refused with the missing permission named
// when it is asked for anyway.
func TestAuditorMayNotCreate(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("auditor", nil)
	v.open("/terminals")
	v.see(v.find("#terminals-table"))
	v.none(v.role("link", "New terminal"))
	v.none(v.role("link", "Import terminals"))
	palette, err := v.get("/palette", nil).Text()
	v.ok(err)
	if strings.Contains(palette, "/terminals/new") {
		t.Error("the palette offers the new terminal")
	}
	uuid := portal.providerTerminals(t)[0]["uuid"].(string)
	v.open("/terminals/" + uuid)
	v.none(v.role("button", "Save label and notes"))

	before := len(portal.created(t))
	for path, permission := range map[string]string{
		"/terminals/new": "terminal.create", "/terminals/import": "terminal.import", "/admin/users/new": "user.manage",
	} {
		v.open(path, 403)
		v.say(v.find("main .error-page"), permission)
		v.see(v.find("nav.side"))
		v.see(v.role("link", "To the overview"))
		v.forcePost(path)
		v.say(v.find("main .error-page"), permission)
		v.see(v.find("nav.side"))
	}
	if status := v.post("/terminals/"+uuid, map[string]any{"label": "x", "version": "1"}); status != 403 {
		t.Errorf("a forced note is answered with %d, want 403", status)
	}
	if got := len(portal.created(t)); got != before {
		t.Errorf("the provider created %d terminals", got-before)
	}
}

// forcePost sends a form that no page offers, from the page that is open, and expects 403.
func (v *visitor) forcePost(path string) {
	v.t.Helper()
	status := v.awaitPost(path, func() {
		v.eval(`path => { const f = document.createElement("form"); f.method = "post"; f.action = path; document.body.append(f); f.submit() }`, path)
	})
	if status != 403 {
		v.t.Errorf("a forced POST to %s is answered with %d, want 403", path, status)
	}
}

// TestMissingAndForbiddenPages shows that addresses which lead nowhere answer inside the layout, with a way on.
func TestMissingAndForbiddenPages(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	for path, status := range map[string]int{
		"/nowhere": 404, "/payments/01ARZ3NDEKTSV4RRFFQ69G5FAV": 404, "/admin/users": 403, "/admin/roles/nothing": 403,
		"/reports/0d6ae4dc-95e3-4d02-a2c2-0d8c0c0c7a11/download": 404, "/account/preferences": 405,
	} {
		v.open(path, status)
		v.see(v.find("nav.side"))
		v.see(v.find("main .error-page h1"))
		v.see(v.find("main .error-page .actions a"))
		v.see(v.find("main .error-page [data-copy]"))
	}
}

// TestAdministratorMakesRoleAndUser makes a role and somebody who has it: they see that and nothing else, at once after a
// change of the role too.
func TestAdministratorMakesRoleAndUser(t *testing.T) {
	portal := ownDemo(t, "--payments", "500")
	admin := visit(t, portal)
	admin.provokeStatus(422)
	admin.signIn("admin", nil)
	admin.open("/admin/roles")
	admin.click(admin.role("link", "New role"))
	admin.typeInto("name", "Report desk")
	admin.typeInto("description", "Fetches the reports.")
	admin.submit("Create role")
	admin.see(admin.find("#form-errors"))
	admin.titleBegins("Error:")
	for _, permission := range []string{"report.list", "report.download"} {
		admin.ok(admin.find("main [name=permissions][value='" + permission + "']").Check())
	}
	admin.submit("Create role")
	admin.see(admin.find("main .alert[data-tone=success]"))

	admin.open("/admin/users/new")
	admin.typeInto("username", "reza")
	admin.typeInto("display_name", "رضا گزارش‌گیر")
	admin.ok(admin.GetByLabel("Report desk").Check())
	admin.submit("Create user")
	given := admin.attribute("#given-password [data-copy]", "data-copy")
	if given == "" {
		t.Fatal("no password was given")
	}
	admin.click(admin.find("main .form-actions a"))
	admin.say(admin.find("main"), "reza")
	if text := admin.text("body"); strings.Contains(text, given) {
		t.Error("the password is shown again")
	}

	v := visit(t, portal)
	v.open("/sign-in")
	v.fillSignIn("reza", given)
	v.see(v.role("heading", "Choose a new password"))
	v.typeInto("new_password", "green doors, blue roofs")
	v.typeInto("repeat_password", "green doors, blue roofs")
	v.submit("Change password")
	v.open("/reports")
	v.see(v.find("#reports-table"))
	if got := v.texts("nav.side a[data-key]"); strings.Join(got, ",") != "Overview,Reports" {
		t.Errorf("the navigation offers %v, want the overview and reports", got)
	}
	v.see(v.find("#reports-table a[href*=download]").First())
	for _, path := range []string{"/payments", "/terminals", "/psps", "/admin/users", "/admin/audit"} {
		v.open(path, 403)
		v.see(v.find("main .error-page"))
	}

	admin.open("/admin/roles")
	admin.click(admin.role("link", "Report desk"))
	admin.ok(admin.find("main [name=permissions][value='report.download']").Uncheck())
	admin.ok(admin.find("main [name=permissions][value='payment.list']").Check())
	admin.submit("Save role")
	admin.see(admin.find("main .alert[data-tone=success]"))
	v.open("/reports")
	v.none(v.find("#reports-table a[href*=download]"))
	v.open("/payments")
	v.see(v.find("#payments"))
	v.none(v.role("link", "Export CSV"))
}
