package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/web"
)

var update = flag.Bool("update", false, "renew the golden files")

// TestRouteTable holds the list of routes to a file that people review: method, pattern, permission and what else decides
// who may pass. A route without a line in it, or with another permission, fails.
func TestRouteTable(t *testing.T) {
	var lines []string
	for _, route := range newPortal(t).Routes() {
		lines = append(lines, describe(route))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	const file = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the routes differ from %s; look at each difference, then renew it with -update\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

func describe(route web.Route) string {
	who := route.Permission.String()
	if route.Public {
		who = "public"
	}
	line := fmt.Sprintf("%-5s %-44s %s", route.Method, route.Pattern, who)
	for _, flag := range []struct {
		on   bool
		name string
	}{{route.Stage, "stage"}, {route.StepUp, "step-up"}, {route.Quiet, "quiet"}, {route.Stream, "stream"}} {
		if flag.on {
			line += " " + flag.name
		}
	}
	return line
}

// wanted reads the reviewed permissions: what each route must ask for, whatever the table in the program says.
func wanted(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/routes.golden")
	if err != nil {
		t.Fatal(err)
	}
	permissions := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		permissions[fields[0]+" "+fields[1]] = fields[2]
	}
	return permissions
}

// builtInRoles are the roles of the matrix.
var builtInRoles = []access.RoleID{
	access.Administrator, access.Finance, access.Operations, access.Approver, access.Auditor, access.Support,
}

// TestEveryRouteForEveryRole asks each route as each role and as nobody, plainly and as htmx does, with its method: who
// lacks the permission is refused with its name, nobody gets the sign-in page, and who holds it is let through.
func TestEveryRouteForEveryRole(t *testing.T) {
	p := newPortal(t)
	m := newMatrix(t, p)
	for _, problem := range m.check(p.Routes(), wanted(t)) {
		t.Error(problem)
	}
}

// TestDroppedPermissionIsNoticed drops each route's permission in turn: the matrix must notice every time.
func TestDroppedPermissionIsNoticed(t *testing.T) {
	var config web.Config
	p := newPortal(t, func(_ *portal, c *web.Config) { config = *c })
	m := newMatrix(t, p)
	reviewed := wanted(t)
	for i, route := range p.Routes() {
		if route.Public || route.Permission == access.SignedIn {
			continue
		}
		p.Server = web.WithRoutes(config, func(routes []web.Route) []web.Route {
			routes[i].Permission = access.SignedIn
			return routes
		})
		if len(m.check(p.Routes()[i:i+1], reviewed)) == 0 {
			t.Errorf("dropping the permission of %s %s was not noticed", route.Method, route.Pattern)
		}
	}
}

// matrix asks as every role.
type matrix struct {
	ids   []access.RoleID
	roles map[access.RoleID]*browser
	can   map[access.RoleID]access.Set
	none  *browser
}

// keyhole is a role of one permission, so that every other permission is missed by somebody.
func keyhole(t *testing.T, p *portal) access.RoleID {
	t.Helper()
	by := access.By{Rights: access.All()}
	by.Name = "test"
	role, err := p.access.People.CreateRole(t.Context(), by, access.RoleDraft{Name: "keyhole", Permissions: []string{access.JobRead.String()}})
	if err != nil {
		t.Fatal(err)
	}
	return role.ID
}

func newMatrix(t *testing.T, p *portal) matrix {
	t.Helper()
	m := matrix{
		ids: append(slices.Clone(builtInRoles), keyhole(t, p)), roles: map[access.RoleID]*browser{},
		can: map[access.RoleID]access.Set{}, none: p.visitor(t),
	}
	for i, id := range m.ids {
		role, err := p.access.People.Role(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		m.roles[id], m.can[id] = p.user(t, fmt.Sprintf("user%d", i), id), role.Permissions
	}
	return m
}

// check asks every route as everybody and reports what is not as reviewed.
func (m matrix) check(routes []web.Route, reviewed map[string]string) []string {
	var problems []string
	for _, route := range routes {
		if route.Pattern == "/sign-out" || route.Public {
			continue
		}
		path := samplePath(route.Pattern)
		var fields url.Values
		if route.Method != http.MethodGet {
			fields = url.Values{}
		}
		name := route.Method + " " + route.Pattern
		for _, htmx := range []bool{false, true} {
			as := func(b *browser) answer {
				if htmx {
					b = b.htmx()
				}
				return b.send(route.Method, path, fields)
			}
			if a := as(m.none); !turnedAway(a, htmx) {
				problems = append(problems, fmt.Sprintf("%s as nobody (htmx %v) = %d, want the way to sign in", name, htmx, a.status))
			}
			for _, role := range m.ids {
				permission := reviewed[name]
				known, _ := access.ParsePermission(permission)
				may := permission == access.SignedIn.String() || m.can[role].Has(known)
				a := as(m.roles[role])
				refused := a.status == http.StatusForbidden && strings.Contains(a.body, permission)
				if may && (a.status == http.StatusForbidden || turnedAway(a, htmx)) {
					problems = append(problems, fmt.Sprintf("%s as %s (htmx %v) = %d, want to be let through", name, role, htmx, a.status))
				}
				if !may && !refused {
					problems = append(problems, fmt.Sprintf("%s as %s (htmx %v) = %d, want 403 naming %s", name, role, htmx, a.status, permission))
				}
				if a.status >= 500 && a.status != http.StatusServiceUnavailable {
					problems = append(problems, fmt.Sprintf("%s as %s (htmx %v) = %d, want no fault of ours", name, role, htmx, a.status))
				}
			}
		}
	}
	return problems
}

// turnedAway reports whether the answer is the way to sign in.
func turnedAway(a answer, htmx bool) bool {
	if htmx {
		return a.status == http.StatusUnauthorized && strings.HasPrefix(a.header.Get("HX-Redirect"), "/sign-in")
	}
	return a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in")
}

// samplePath fills a pattern's wildcards with well-formed values that exist nowhere.
func samplePath(pattern string) string {
	samples := map[string]string{
		"{$}": "", "{uuid}": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "{id}": "4711", "{token}": "none", "{name}": "none",
	}
	for wildcard, value := range samples {
		pattern = strings.ReplaceAll(pattern, wildcard, value)
	}
	return pattern
}

func TestUnroutedPathsAndMethods(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Finance)
	b.get("/no/such/page", http.StatusNotFound)
	p.visitor(t).get("/no/such/page", http.StatusNotFound)
	a := b.ask(http.MethodDelete, "/account/password", http.StatusMethodNotAllowed, nil)
	if got := a.header.Get("Allow"); !strings.Contains(got, "GET") || !strings.Contains(got, "POST") {
		t.Errorf("Allow = %q, want GET and POST in it", got)
	}
}

// TestUnsafeRequestsFromElsewhereAreRefused covers T9: only a same-origin page, or the user's own address bar, may act.
func TestUnsafeRequestsFromElsewhereAreRefused(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Finance)
	for _, route := range p.Routes() {
		if route.Method == http.MethodGet || route.Pattern == "/csp-report" {
			continue
		}
		for name, header := range map[string]http.Header{
			"cross-site":     {"Sec-Fetch-Site": {"cross-site"}},
			"same-site":      {"Sec-Fetch-Site": {"same-site"}},
			"null origin":    {"Origin": {"null"}},
			"foreign origin": {"Origin": {"https://evil.example"}},
			"no header":      {},
		} {
			attacker := *b
			attacker.header = header
			if a := attacker.send(route.Method, samplePath(route.Pattern), url.Values{}); a.status != http.StatusForbidden {
				t.Errorf("%s %s from %s = %d, want 403", route.Method, route.Pattern, name, a.status)
			}
		}
	}
}

func TestHeadersOfEveryRoute(t *testing.T) {
	p := newPortal(t)
	b := p.user(t, "nasrin", access.Administrator)
	for _, route := range p.Routes() {
		if route.Method != http.MethodGet {
			continue
		}
		for _, who := range []*browser{b, p.visitor(t)} {
			checkHeaders(t, route.Pattern, who.send(http.MethodGet, samplePath(route.Pattern), nil))
		}
	}
	for path, status := range map[string]int{"/no/such/page": 404, "/static/none.css": 404} {
		checkHeaders(t, path, b.ask(http.MethodGet, path, status, nil))
	}
	checkHeaders(t, "DELETE", b.ask(http.MethodDelete, "/sign-in", 405, nil))
}

func checkHeaders(t *testing.T, where string, a answer) {
	t.Helper()
	policy := "sandbox; default-src 'none'; frame-ancestors 'none'" // of a file that passes through
	if a.header.Get("Content-Disposition") == "" {
		policy = "default-src 'none'; script-src 'nonce-" + nonceOf(t, a) + "'; style-src 'self'; img-src 'self'; font-src 'self'; " +
			"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; " +
			"frame-ancestors 'none'; report-to csp; report-uri /csp-report"
	}
	for name, want := range map[string]string{
		"Content-Security-Policy":      policy,
		"Reporting-Endpoints":          `csp="https://portal.example/csp-report"`,
		"X-Frame-Options":              "DENY",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
		"X-Robots-Tag":                 "noindex, nofollow",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s (%d): %s = %q, want %q", where, a.status, name, got, want)
		}
	}
	vary := strings.Join(a.header.Values("Vary"), ", ")
	for _, want := range []string{"HX-Request", "HX-Request-Type", "Sec-Fetch-Site", "Origin"} {
		if !strings.Contains(vary, want) {
			t.Errorf("%s (%d): Vary = %q, want %s in it", where, a.status, vary, want)
		}
	}
}
