package e2e

import (
	"slices"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestNewUserSeesJustThat gives a role of one's own making to somebody new, who finds what it allows in the navigation and
// in the palette and nothing else anywhere: whatever is asked for anyway is refused with the permission named.
func TestNewUserSeesJustThat(t *testing.T) {
	portal := demo(t)
	admin := visit(t, portal)
	admin.provokeStatus(422)
	admin.signIn("admin", nil)
	admin.open("/step-up?return=/admin/roles/new")
	admin.typeInto("password", "not my password")
	admin.submit("Confirm")
	admin.see(admin.find("#f-password[aria-invalid=true]"))
	admin.typeInto("password", demoPassword)
	admin.submit("Confirm")
	admin.at("/admin/roles/new")
	admin.typeInto("name", "Terminal desk")
	admin.ok(admin.GetByLabel("See terminals", playwright.PageGetByLabelOptions{Exact: playwright.Bool(true)}).Check())
	admin.ok(admin.GetByLabel("Write labels and notes on terminals").Check())
	admin.submit("Create role")
	admin.say(admin.find("main .alert[data-tone=success]"), "The role was created.")
	admin.open("/admin/users/new")
	admin.typeInto("username", "laleh")
	admin.typeInto("display_name", "Laleh Terminal")
	admin.ok(admin.GetByLabel("Terminal desk").Check())
	admin.submit("Create user")
	admin.see(admin.GetByText("This password is shown only now"))
	given := admin.attribute("#given-password [data-copy]", "data-copy")

	v := visit(t, portal)
	v.open("/terminals")
	v.fillSignIn("laleh", given)
	v.see(v.role("heading", "Choose a new password"))
	v.open("/terminals")
	v.see(v.role("heading", "Choose a new password")) // the given password opens nothing else
	v.typeInto("new_password", "seven paper lanterns")
	v.typeInto("repeat_password", "seven paper lanterns")
	v.submit("Change password")
	v.see(v.find("#terminals-table"))
	if got, want := v.texts("nav.side li a"), []string{"Overview", "Terminals"}; !slices.Equal(got, want) {
		t.Errorf("the navigation offers %q, want %q", got, want)
	}
	v.press("Control+k")
	v.see(v.find("#palette-list li").First())
	if got, want := v.list(`() => [...document.querySelectorAll("#palette-list li")].map(e => e.dataset.href)`), []string{"/account", "/", "/terminals"}; !slices.Equal(got, want) {
		t.Errorf("the palette offers %q, want %q", got, want)
	}
	v.press("Escape")
	v.click(v.find("#terminals-table tbody tr:first-child th a"))
	v.see(v.role("button", "Save label and notes"))
	for path, permission := range map[string]string{
		"/payments": "payment.list", "/payments/export.csv": "payment.export", "/psps": "psp.read", "/psp-accounts": "psp_account.read",
		"/reports": "report.list", "/terminals/new": "terminal.create", "/terminals/import": "terminal.import",
		"/admin/users": "user.read", "/admin/roles": "role.read", "/admin/connections": "connection.read", "/admin/audit": "audit.read",
		"/admin/jobs": "job.read",
	} {
		v.open(path, 403)
		v.say(v.find("main .error-page code"), permission)
		v.see(v.find("nav.side"))
	}
	if status := v.post("/admin/roles/new", map[string]any{"name": "Everything", "permissions": "role.manage"}); status != 403 {
		t.Errorf("a forced role is answered with %d, want 403", status)
	}

	again := visit(t, portal)
	again.provokeStatus(422)
	again.open("/sign-in")
	again.fillSignIn("laleh", given)
	again.see(again.find("#form-errors")) // it served once
}
