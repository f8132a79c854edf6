package web_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/htmlcheck"
	"payportal/web"
)

// record writes entries of an act.
func (p *portal) record(t testing.TB, n int, e audit.Entry) {
	t.Helper()
	for range n {
		if err := p.db.RecordAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAuditIsSearched(t *testing.T) {
	p := newPortal(t)
	auditor := p.user(t, "auditor", access.Auditor) // one entry of its making, one of its sign-in
	p.record(t, 3, audit.Entry{Actor: audit.Actor{UserID: 7, Name: "sara", Address: netip.MustParseAddr("192.0.2.7")}, Act: "terminal.annotate", Object: "terminal:3fa85f64-5717-4562-b3fc-2c963f66afa6", Outcome: audit.OK})
	p.record(t, 2, audit.Entry{Actor: audit.System("job"), Act: "report.download", Object: "report:x", Outcome: audit.Failed})
	p.record(t, 1, audit.Entry{Actor: audit.Actor{UserID: 1, Name: "auditor"}, Act: "odd.act", Object: "thing", Outcome: audit.Refused})
	tehran, err := time.LoadLocation("Asia/Tehran")
	if err != nil {
		t.Fatal(err)
	}
	head, err := p.db.AuditEntries(t.Context(), audit.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	day := head[0].At.In(tehran).Format(time.DateOnly) // days are the user's, and both ends are included
	tests := []struct {
		query string
		rows  int
	}{
		{"object=thing&to=" + day, 1},
		{"object=thing&from=" + day + "&to=" + day, 1},
		{"", 8},
		{"user=7", 3},
		{"act=terminal.annotate", 3},
		{"act=terminal.", 3},
		{"act=session.", 1},
		{"outcome=failed", 2},
		{"object=report%3Ax", 2},
		{"address=192.0.2.7", 3},
		{"address=%3A%3Affff%3A192.0.2.7", 3},
		{"user=%DB%B7", 3},
		{"user=7&outcome=refused", 0},
		{"from=" + time.Now().AddDate(0, 0, -2).Format(time.DateOnly), 8},
		{"to=" + time.Now().AddDate(0, 0, -3).Format(time.DateOnly), 0},
		{"from=" + time.Now().AddDate(0, 0, -2).Format(time.DateOnly) + "&to=" + time.Now().AddDate(0, 0, 2).Format(time.DateOnly), 8},
	}
	for _, tt := range tests {
		if tt.rows == 0 {
			auditor.get("/admin/audit?"+tt.query, http.StatusOK, htmlcheck.In(".empty-state a[href=/admin/audit]"))
			continue
		}
		auditor.get("/admin/audit?"+tt.query, http.StatusOK, htmlcheck.Count("#audit-table tbody tr", tt.rows))
	}
	auditor.htmx().get("/admin/audit?act=terminal.", http.StatusOK, htmlcheck.In("section#audit"), htmlcheck.NotIn("nav[aria-label=Main]"), htmlcheck.In(".chip", htmlcheck.HasText("Act: Terminals")))
	for query, field := range map[string]string{"address=nowhere": "f-address", "outcome=fine": "f-outcome", "from=2025-13-40": "f-from", "user=x": "f-user", "from=2025-02-02&to=2025-01-01": "f-to"} {
		auditor.get("/admin/audit?"+query, http.StatusUnprocessableEntity, htmlcheck.In("#"+field+"[aria-invalid=true]"), htmlcheck.In("#form-errors a[href=#"+field+"]"))
	}
	p.user(t, "sara", access.Finance).get("/admin/audit", http.StatusForbidden, htmlcheck.In("main", htmlcheck.HasText("audit.read")))
}

func TestAuditIsPagedByKeyset(t *testing.T) {
	p := newPortal(t)
	auditor := p.user(t, "auditor", access.Auditor)
	p.record(t, 110, audit.Entry{Actor: audit.System("job"), Act: "report.download", Object: "report:x", Outcome: audit.OK})
	path, seen, pages := "/admin/audit?act=report.download", map[string]bool{}, 0
	for path != "" {
		page := htmlcheck.Parse(t, strings.NewReader(auditor.get(path, http.StatusOK).body))
		for _, link := range htmlcheck.All(page, "#audit-table tbody th a") {
			href, _ := htmlcheck.Attr(link, "href")
			if seen[href] {
				t.Errorf("%s stands on two pages", href)
			}
			seen[href] = true
		}
		path, pages = "", pages+1
		for _, next := range htmlcheck.All(page, "a[rel=next]") {
			path, _ = htmlcheck.Attr(next, "href")
		}
	}
	if len(seen) != 110 || pages != 3 {
		t.Errorf("%d entries on %d pages, want 110 on 3", len(seen), pages)
	}
}

func TestAuditEntryShowsWhatChanged(t *testing.T) {
	p := newPortal(t)
	admin := p.user(t, "admin", access.Administrator)
	sara := p.person(t, "sara", access.Finance)
	admin.post(fmt.Sprintf("/admin/users/%d/roles", sara.ID), http.StatusSeeOther, url.Values{"version": {versionOf(sara)}, "roles": {"support", "auditor"}})
	head, err := p.db.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := admin.get(fmt.Sprintf("/admin/audit/%d?list=user%%3D1", head.Count), http.StatusOK, htmlcheck.In("a[href=/admin/audit?user=1]"),
		htmlcheck.In("main", htmlcheck.HasText("Changed a user's roles")), htmlcheck.In("dl a[href=/admin/users/2]"))
	if got := textOf(t, a, "#changes-table tbody"); !strings.Contains(got, "roles") || !strings.Contains(got, "finance") || !strings.Contains(got, "auditor, support") {
		t.Errorf("the changes are %q", got)
	}
	for _, id := range []string{strconv.FormatInt(head.Count+1, 10), "0", "-1", "x"} {
		admin.get("/admin/audit/"+id, http.StatusNotFound)
	}
}

func TestVerdictOfTheTrail(t *testing.T) {
	p := newPortal(t)
	auditor := p.user(t, "auditor", access.Auditor)
	head, err := p.db.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	auditor.get("/admin/audit/verify", http.StatusOK, htmlcheck.In(".alert[data-tone=success]"), htmlcheck.In("dl", htmlcheck.HasText(fmt.Sprintf("%x", head.Hash))))
	if _, err := p.db.Writer().ExecContext(t.Context(), "DROP TRIGGER audit_entries_no_update"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.db.Writer().ExecContext(t.Context(), "UPDATE audit_entries SET object = 'user:9' WHERE seq = 2"); err != nil {
		t.Fatal(err)
	}
	auditor.get("/admin/audit/verify", http.StatusOK, htmlcheck.In(".alert[data-tone=danger]"), htmlcheck.In("dl a[href=/admin/audit/2]"))
}

// TestEveryActHasAName reads the source for the acts that entries are made with: each must stand in the choice of the page.
func TestEveryActHasAName(t *testing.T) {
	known := append(web.TrailActs(), access.Acts()...)
	found := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if act, ok := actOf(n); ok {
				found++
				if !slices.Contains(known, act) {
					t.Errorf("%s: nothing names the act %q: add it to trailActs and the catalogues", path, act)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("found %d acts: the search looks in the wrong place", found)
	}
}

// actOf is the act of an audit.Entry literal.
func actOf(n ast.Node) (string, bool) {
	literal, ok := n.(*ast.CompositeLit)
	if !ok {
		return "", false
	}
	if name, ok := literal.Type.(*ast.SelectorExpr); !ok || name.Sel.Name != "Entry" {
		return "", false
	}
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); !ok || key.Name != "Act" {
			continue
		}
		if text, ok := pair.Value.(*ast.BasicLit); ok {
			act, err := strconv.Unquote(text.Value)
			return act, err == nil
		}
	}
	return "", false
}
