package web_test

import (
	"net/http"
	"strings"
	"testing"

	"payportal/internal/access"
)

// FuzzListQuery sends any query to any list. There is no fault of ours, no markup of theirs, and no way out of the portal.
func FuzzListQuery(f *testing.F) {
	o := newOffice(f)
	clerk := o.user(f, "nasrin", access.Auditor)
	var lists []string
	for _, route := range o.Routes() {
		if route.Method == http.MethodGet && !route.Stage && !route.StepUp && !strings.Contains(route.Pattern, "{") {
			lists = append(lists, route.Pattern)
		}
	}
	for i, query := range []string{
		"q=last4:1234&status=success", "from=1404%2F01%2F01&to=1404%2F13%2F40", "sort=amount&after=AQAA", "min=۱۰&max=%2B1e9", "size=9999999999",
		"q=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "a=%zz", ";;;&&&===", "terminal=%e2%80%ae", "return=//evil.example", "connection=x&connection=y", "period=last_90_days",
	} {
		f.Add(uint8(i), query)
	}
	f.Fuzz(func(t *testing.T, list uint8, query string) {
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) {
			return // no server gets such a request
		}
		b := *clerk
		b.t = t
		a := b.send(http.MethodGet, lists[int(list)%len(lists)]+"?"+query, nil)
		switch to := a.header.Get("Location"); {
		case a.status >= 500:
			t.Errorf("%s?%s = %d\n%s", lists[int(list)%len(lists)], query, a.status, a.body)
		case strings.Contains(a.body, "<script>alert"):
			t.Errorf("%q stands in the page as markup", query)
		case to != "" && (to[0] != '/' || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)):
			t.Errorf("%q leads away to %q", query, to)
		}
	})
}
