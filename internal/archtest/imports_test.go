package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rule is a row of the table "Who may import whom". A pattern is a folder of the module, or with /... a folder and all below.
type rule struct {
	// packages are those that the rule is for. The first rule that fits a package is its rule.
	packages []string
	// may lists what of ours they may import. A package's own subfolders are not included.
	may []string
	// never lists packages of the standard library and of others that they may not import, with all below them.
	never []string
	// why is told when the rule is broken.
	why string
}

// The words of the table. Add a new package to the list that it belongs to, or give it a row with a reason.
var (
	everything = []string{"..."}

	// leaves import nothing of ours, so that everything can stand on them.
	leaves = []string{
		"internal/errs", "internal/money", "internal/calendar", "internal/textin",
		"internal/strictjson", "internal/iban", "internal/seal", "internal/xlsx", "internal/sheet", "internal/csvout",
		"internal/commandline", "internal/command/failpoint", "static",
	}
	// domain is what staff handle, a package each, with the use-cases.
	domain = []string{
		"internal/psp", "internal/inquiry", "internal/banking", "internal/checkout", "internal/tupay", "internal/connection",
	}
	// foundations are what the domain stands on besides the leaves.
	foundations = []string{"internal/access", "internal/audit", "internal/command", "internal/mirror"}
	// background is the queue of work beside requests, which pages show.
	background = []string{"internal/jobs"}

	transport = []string{"net/http", "net/rpc"}
	sql       = []string{"database/sql", "modernc.org/sqlite"}
)

func join(lists ...[]string) []string { return slices.Concat(lists...) }

var rules = []rule{
	{
		packages: []string{"cmd/..."}, may: everything,
		why: "it alone wires concrete adapters, sandboxes and the store together",
	},
	{
		packages: []string{"e2e/..."}, may: everything,
		why: "a journey starts the real thing and looks at all of it",
	},
	{
		packages: []string{"static/..."}, never: sql,
		why: "assets know nobody; serving them needs net/http",
	},
	{
		packages: leaves, never: join(transport, sql),
		why: "a leaf that imports one of ours drags it into everything",
	},
	{
		packages: []string{"web/..."},
		may:      join([]string{"web/...", "templates/...", "internal/i18n"}, leaves, domain, foundations, background),
		never:    sql,
		why:      "a handler asks a use-case: not a provider, not the store, not SQL",
	},
	{
		packages: []string{"templates/gallery"},
		may:      []string{"templates/...", "static", "internal/i18n"},
		never:    join(transport, sql),
		why:      "the gallery shows the components of all features with canned values, and nothing else",
	},
	{
		packages: []string{"templates/..."},
		may:      []string{"templates/ui", "templates/layout", "templates/icon", "static", "internal/i18n"},
		never:    join(transport, sql),
		why:      "a template that can fetch will fetch; a view model holds strings for display, not domain rows",
	},
	{
		packages: []string{"internal/i18n"}, may: []string{"internal/calendar", "internal/money"}, never: join(transport, sql),
		why: "the catalogues know numbers and dates and no feature",
	},
	{
		packages: []string{"internal/i18n/..."}, may: []string{"internal/i18n/source"}, never: join(transport, sql),
		why: "they write what package i18n loads, on the machine of whoever changes a text; the program does not hold them",
	},
	{
		packages: []string{"internal/access", "internal/audit"}, may: join(leaves, []string{"internal/access", "internal/audit"}),
		never: join(transport, sql),
		why:   "every use-case stands on rights and trail, so they know none of them",
	},
	{
		packages: []string{"internal/command"}, may: join(leaves, foundations), never: join(transport, sql),
		why: "commands serve every provider alike, so they know none of them",
	},
	{
		packages: []string{"internal/mirror"}, may: join(leaves, []string{"internal/psp"}), never: join(transport, sql),
		why: "it copies the lists of a domain through that domain's own interfaces, and knows no adapter and no page",
	},
	{
		packages: background, may: leaves, never: transport,
		why: "the queue runs functions that others give it; it speaks SQL, since the queue is in the database",
	},
	{
		packages: []string{"internal/command/killtest", "internal/inquiry/killtest"}, never: join(transport, sql),
		why: "it holds tests only, which may import what they test",
	},
	{
		packages: domain, may: join(leaves, foundations, []string{"internal/connection"}), never: join(transport, sql),
		why: "the domain asks small interfaces of its own: web, store and adapters depend on it and not it on them",
	},
	{
		packages: []string{"store/engine"}, never: transport,
		why: "it speaks to SQLite alone",
	},
	{
		packages: []string{"store/storetest"}, may: join([]string{"store"}, leaves, domain, foundations), never: transport,
		why: "it fills a store for tests",
	},
	{
		packages: []string{"store"}, may: join([]string{"store/engine"}, leaves, domain, foundations), never: transport,
		why: "the store knows the domain's types and not the adapters, pages or requests that use them",
	},
	{
		packages: []string{"provider/sandbox/..."}, may: []string{"provider/sandbox/..."}, never: sql,
		why: "a sandbox has its own wire structs: shared with the adapter they would be wrong together",
	},
	{
		packages: []string{"provider/apiclient"}, may: join(leaves, []string{"internal/connection"}), never: sql,
		why: "the shared HTTP core knows connections and no provider",
	},
	{
		packages: []string{"provider/tomanauth"}, may: join(leaves, []string{"internal/connection", "provider/apiclient"}), never: sql,
		why: "tokens know no API that is called with them",
	},
	adapter("pspreporting", "internal/psp", "provider/tomanauth"),
	adapter("inquiry", "internal/inquiry", "provider/tomanauth"),
	adapter("corporatebanking", "internal/banking", "provider/tomanauth"),
	adapter("paymenticon", "internal/checkout"),
	adapter("tupay", "internal/tupay"),
	{
		packages: []string{"internal/archtest", "internal/htmlcheck"}, never: join(transport, sql),
		why: "they look at what others made and stand apart",
	},
}

// adapter is the rule of provider/<name>: its own domain package, and the shared HTTP core.
func adapter(name string, may ...string) rule {
	return rule{
		packages: []string{"provider/" + name},
		may:      join(leaves, []string{"internal/connection", "internal/command", "provider/apiclient"}, may),
		never:    sql,
		why:      "an adapter knows its own domain package: no other adapter, no sandbox, no store, no page",
	}
}

func TestWhoMayImportWhom(t *testing.T) {
	for _, file := range everyGoFile(t) {
		if file.isTest() {
			continue // a test may bring the real neighbours together
		}
		for _, imported := range file.imports() {
			if complaint := judge(file.folder, imported); complaint != "" {
				t.Errorf("%s: %s", file.path, complaint)
			}
		}
	}
}

func TestEveryPackageHasARow(t *testing.T) {
	seen := make(map[string]bool)
	for _, file := range everyGoFile(t) {
		if _, known := ruleOf(file.folder); !known && !seen[file.folder] {
			seen[file.folder] = true
			t.Errorf("the package %s stands in no row: add it to a list or give it a rule, with a reason, in internal/archtest/imports_test.go", file.folder)
		}
	}
}

// judge says what is wrong with a package of ours importing a path, or nothing.
func judge(folder, imported string) string {
	r, known := ruleOf(folder)
	if !known {
		return "" // TestEveryPackageHasARow tells once
	}
	ours, isOurs := strings.CutPrefix(imported, modulePath+"/")
	switch {
	case isOurs && !matchesAny(r.may, ours):
		return fmt.Sprintf("%s may not import %s: %s", folder, ours, r.why)
	case !isOurs && slices.ContainsFunc(r.never, func(banned string) bool { return matches(banned+"/...", imported) }):
		return fmt.Sprintf("%s may not import %s: %s", folder, imported, r.why)
	default:
		return ""
	}
}

func ruleOf(folder string) (rule, bool) {
	for _, r := range rules {
		if matchesAny(r.packages, folder) {
			return r, true
		}
	}
	return rule{}, false
}

func matchesAny(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, folder) })
}

func matches(pattern, folder string) bool {
	if pattern == "..." {
		return true
	}
	above, all := strings.CutSuffix(pattern, "/...")
	return folder == above || (all && strings.HasPrefix(folder, above+"/"))
}

func TestJudge(t *testing.T) {
	tests := []struct {
		folder, imported string
		allowed          bool
	}{
		{"cmd/portal", "payportal/provider/pspreporting", true},
		{"web", "payportal/internal/psp", true},
		{"web/hooks", "payportal/templates/ui", true},
		{"web", "payportal/store", false},
		{"web", "payportal/provider/pspreporting", false},
		{"web", "database/sql", false},
		{"templates/payments", "payportal/templates/ui", true},
		{"templates/payments", "payportal/templates/terminals", false},
		{"templates/payments", "payportal/internal/psp", false},
		{"templates/payments", "net/http", false},
		{"internal/psp", "payportal/internal/money", true},
		{"internal/psp", "payportal/internal/banking", false},
		{"internal/psp", "payportal/store", false},
		{"internal/psp", "net/http/httptest", false},
		{"internal/money", "payportal/internal/errs", false},
		{"static", "net/http", true},
		{"store", "payportal/internal/psp", true},
		{"store", "database/sql", true},
		{"store", "payportal/web", false},
		{"provider/pspreporting", "payportal/internal/psp", true},
		{"provider/pspreporting", "payportal/provider/apiclient", true},
		{"provider/pspreporting", "payportal/provider/sandbox/pspreporting", false},
		{"provider/pspreporting", "payportal/provider/tupay", false},
		{"provider/tupay", "payportal/provider/tomanauth", false},
		{"provider/sandbox/toman", "payportal/provider/sandbox", true},
		{"provider/sandbox/toman", "payportal/internal/psp", false},
		{"provider/sandbox", "payportal/internal/money", false},
	}
	for _, tt := range tests {
		if complaint := judge(tt.folder, tt.imported); (complaint == "") != tt.allowed {
			t.Errorf("%s imports %s: got %q, want allowed %v", tt.folder, tt.imported, complaint, tt.allowed)
		}
	}
	if _, known := ruleOf("internal/unheardof"); known {
		t.Error("a package that stands in no row has a rule")
	}
}
