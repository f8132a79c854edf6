package e2e

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	sandbox "payportal/provider/sandbox/inquiry"
)

// somePage is a page of the portal to look at.
type somePage struct {
	// name is what the page is, for names of tests and of screenshots.
	name string
	path string
	// user is who looks; empty for somebody who has not signed in.
	user string
	// status is the answer's, 200 when it is 0.
	status int
	// then is what is done on the page before it is looked at; nil for nothing.
	then func(v *visitor)
}

// show opens the page and does on it what belongs to it.
func (v *visitor) show(page somePage) {
	v.t.Helper()
	v.open(page.path, max(page.status, 200))
	v.arrived()
	if page.then != nil {
		page.then(v)
	}
}

// furnishing puts into a demo what it does not have by itself: a creation whose outcome is not known, a saved view and
// reports in all states.
var furnishing sync.Once

// furnishedDemo is the demo to look at all pages of. Nobody else changes it.
func furnishedDemo(t *testing.T) *process {
	t.Helper()
	portal := furnished.start(t)
	furnishing.Do(func() { furnish(t, portal) })
	return portal
}

func furnish(t *testing.T, portal *process) {
	t.Helper()
	v := visit(t, portal)
	v.signIn("admin", nil)
	v.readThrough()
	portal.inject(t, fault{Kind: "reset", Service: "psp_reporting", Method: "POST", Path: "/terminals/", AfterEffect: true, Times: 1})
	v.open("/terminals/new")
	v.fillTerminal(newTerminal{kind: "pos", number: "77008801", acceptor: "45678", start: "2026-01-05", description: "Kiosk at the station"})
	v.submit("Create terminal")
	v.ok(v.WaitForURL(regexp.MustCompile(`/terminals/commands/\d+$`)))
	portal.mend(t)
	for _, status := range []int{reportInProgress, reportReady, reportFailed, reportExpired} {
		portal.putReport(t, status)
	}
	v.open("/reports")
	v.submit("Refresh")
	v.see(v.find("#reports-table"))
	v.open("/payments/views?status=failed&sort=-amount")
	v.typeInto("name", "Failed, largest first")
	v.submit("Save")
	v.see(v.find("main .alert[data-tone=success]"))
	furnishInquiries(v)
}

// draftFile is the address of a file in the furnished demo that was read and not begun.
const draftFile = "/inquiries/bulk/1"

// furnishInquiries asks about a number and brings two files, of which one is asked.
func furnishInquiries(v *visitor) {
	v.t.Helper()
	v.ask("iban", sandbox.InactiveIBAN)
	file := strings.Join([]string{
		"شماره,نام", sandbox.PersonIBAN + ",زهرا محمدی", sandbox.CompanyCard, sandbox.UnknownIBAN, sandbox.PersonIBAN, "IR480120000000004519087613", "12",
	}, "\n")
	v.upload("refunds.csv", []byte(file))
	v.at(draftFile)
	v.upload("payroll.csv", []byte(file))
	v.submit("Ask 3 paid inquiries")
	v.finished()
}

var (
	anID    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-HJKMNP-TV-Z]{26}|\d+|(administrator|finance|operations|approver|auditor|support)$`)
	anHref  = regexp.MustCompile(`href="(/[^"]*)"`)
	notPage = regexp.MustCompile(`^/static/|/download$|/(export|result|template)\.|^/sign-out`)
)

// crawl follows every link that a user is shown and gives one address for each kind of page, so that a new page is looked
// at without being listed.
func (v *visitor) crawl() []string {
	v.t.Helper()
	kinds := map[string]bool{}
	var paths []string
	queue := []string{"/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		answer := v.get(path, nil)
		if answer.Status() != 200 {
			v.t.Errorf("a link leads to %s, which answers with %d", path, answer.Status())
			continue
		}
		paths = append(paths, path)
		text, err := answer.Text()
		v.ok(err)
		for _, found := range anHref.FindAllStringSubmatch(text, -1) {
			u, err := url.Parse(html.UnescapeString(found[1]))
			v.ok(err)
			kind := anID.ReplaceAllString(u.Path, "{id}")
			if kinds[kind] || u.Path == path || notPage.MatchString(u.Path) {
				continue
			}
			kinds[kind] = true
			queue = append(queue, u.Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// pages are all pages of a demo that has been furnished: those that links lead an administrator to, and those that are
// only seen when something is wrong.
func pages(t *testing.T, portal *process) []somePage {
	t.Helper()
	v := visit(t, portal)
	v.signIn("admin", nil)
	var all []somePage
	for _, path := range v.crawl() {
		name := strings.Trim(strings.ReplaceAll(anID.ReplaceAllString(path, "one"), "/", "-"), "-")
		if name == "" {
			name = "overview"
		}
		all = append(all, somePage{name: name, path: path, user: "admin"})
	}
	for _, must := range []string{
		"/", "/payments", "/payments/views", "/terminals", "/terminals/new", "/terminals/import", "/terminals/commands", "/psps", "/psp-accounts",
		"/reports", "/inquiries/card", "/inquiries/account", "/inquiries/iban", "/inquiries/wage", "/inquiries/bulk", "/inquiries/history",
		"/inquiries/settings", "/account", "/admin/users", "/admin/users/new", "/admin/roles", "/admin/roles/new", "/admin/connections",
		"/admin/connections/new", "/admin/audit", "/admin/jobs",
	} {
		if !slices.ContainsFunc(all, func(p somePage) bool { return p.path == must }) {
			t.Errorf("no link leads to %s", must)
		}
	}
	return append(all,
		somePage{name: "payments-filtered", path: "/payments?status=failed&sort=-amount&from=2026-01-01", user: "admin"},
		somePage{name: "payments-nothing-matches", path: "/payments?q=0000000000000000000000", user: "admin"},
		somePage{name: "payments-wrong-filter", path: "/payments?from=soon", user: "admin", status: 422},
		somePage{name: "terminals-wrong-page", path: "/terminals?after=forged", user: "admin", status: 422},
		somePage{name: "terminals-not-registered", path: "/terminals/0d6ae4dc-95e3-4d02-a2c2-0d8c0c0c7a11", user: "admin", status: 404},
		somePage{name: "missing", path: "/nowhere", user: "admin", status: 404},
		somePage{name: "forbidden", path: "/admin/users", user: "finance", status: 403},
		somePage{name: "inquiries-bulk-draft", path: draftFile, user: "admin"},
		inquired("inquiries-card-answer", "card", sandbox.CompanyCard, ""),
		inquired("inquiries-iban-answer", "iban", sandbox.CompanyIBAN, "شركت الکام توسعه ایران"),
		inquired("inquiries-iban-inactive", "iban", sandbox.InactiveIBAN, ""),
		inquired("inquiries-iban-unknown", "iban", sandbox.UnknownIBAN, ""),
		inquired("inquiries-iban-wrong", "iban", "IR480120000000004519087613", ""),
		somePage{name: "inquiries-wage-estimate", path: "/inquiries/wage", user: "admin", then: func(v *visitor) {
			v.typeInto("amount", "700000000")
			v.choose("source", "2")
			v.typeInto("destination_iban", sandbox.PersonIBAN)
			v.press("Enter")
			v.see(v.answer())
		}},
		somePage{name: "inquiries-history-search", path: "/inquiries/history", user: "admin", then: func(v *visitor) {
			v.typeInto("number", sandbox.InactiveIBAN)
			v.press("Enter")
			v.ok(v.WaitForURL("**/inquiries/history/search"))
		}},
		somePage{name: "inquiries-history-opened", path: "/inquiries/history/1", user: "admin", then: func(v *visitor) {
			v.typeInto("reason", "Refund ticket 4711")
			v.press("Enter")
			v.ok(v.WaitForURL("**/inquiries/history/1/reveal"))
		}},
		somePage{name: "overview-auditor", path: "/", user: "auditor"},
		somePage{name: "sign-in", path: "/sign-in"},
		somePage{name: "sign-in-expired", path: "/sign-in?reason=expired&return=/payments"},
		somePage{name: "setup", path: "/setup/none"},
	)
}

// inquired is the page of a kind after a number was asked about, with a name to compare where there is one.
func inquired(name, kind, number, owner string) somePage {
	return somePage{name: name, path: "/inquiries/" + kind, user: "admin", then: func(v *visitor) {
		v.provokeStatus(422)
		v.typeInto("number", number)
		if owner != "" {
			v.typeInto("name", owner)
		}
		v.press("Enter")
		v.see(v.find("#inquiry [data-result], #inquiry .alert").First())
	}}
}
