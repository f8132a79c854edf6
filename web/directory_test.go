package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/web"
)

func TestPSPsAndAccountsShowWhatIsEnabledAndWhatIsGone(t *testing.T) {
	o := newOffice(t)
	b := o.user(t, "auditor", access.Auditor)
	b.get("/psps", http.StatusOK, htmlcheck.Count("#psps-table tbody tr", 2), htmlcheck.In("#psps-table a[href=/psps/0]"),
		htmlcheck.In("#psps-table", htmlcheck.HasText("Enabled"), htmlcheck.HasText("Disabled")))
	o.provider.set(func() { o.provider.psps, o.provider.accounts = o.provider.psps[:1], o.provider.accounts[:1] })
	if got, want := b.post("/psps/refresh", http.StatusSeeOther, url.Values{}).header.Get("Location"), "/psps"; got != want {
		t.Errorf("the refresh led to %q, want %q", got, want)
	}
	b.get("/psps", http.StatusOK, htmlcheck.In("main .alert", htmlcheck.HasText("refreshed")), htmlcheck.In("#psps-table", htmlcheck.HasText("No longer listed since")))
	b.get("/psps/3", http.StatusOK, htmlcheck.In("main .alert", htmlcheck.HasText("No longer listed since")))
	b.get("/psps/0", http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("SEP")), htmlcheck.Count("#accounts-table tbody tr", 2), htmlcheck.In("a[href=/terminals?psp=SEP]"))
	b.get("/psp-accounts", http.StatusOK, htmlcheck.Count("#accounts-table tbody tr", 2), htmlcheck.In("#accounts-table", htmlcheck.HasText("No longer listed since")))
	b.get("/psp-accounts/"+shopAccount, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Shop")), htmlcheck.In("a[href=/terminals?account="+shopAccount+"]"),
		htmlcheck.NotIn("a.btn-primary"))
	b.get("/psps/99", http.StatusNotFound)
	b.get("/psps/SEP", http.StatusNotFound)
	b.get("/psp-accounts/none", http.StatusNotFound)
}

func TestRefreshOfADownProviderKeepsTheCopy(t *testing.T) {
	o := newOffice(t)
	b := o.user(t, "auditor", access.Auditor)
	for _, kind := range []errs.Kind{errs.Unavailable, errs.Unauthenticated, errs.Forbidden} {
		o.provider.set(func() { o.provider.down = errs.New(kind, "list", "", nil) })
		b.post("/psp-accounts/refresh", http.StatusSeeOther, url.Values{})
		b.get("/psp-accounts", http.StatusOK, htmlcheck.Count("#accounts-table tbody tr", 2), htmlcheck.In(".fresh[data-stale]"),
			htmlcheck.In("main .alert", htmlcheck.HasText("The last copy stays")))
		b.get("/psps/0", http.StatusOK, htmlcheck.In(".fresh[data-stale]"))
		b.get("/psps/99", http.StatusServiceUnavailable) // neither a copy nor an answer
	}
}

func TestPagesWithoutAnyConnectionSayWhatToDo(t *testing.T) {
	p := newPortal(t, func(_ *portal, c *web.Config) {
		c.ReportingConnections = func(context.Context) ([]web.OfferedConnection, error) { return nil, nil }
	})
	for role, offered := range map[access.RoleID]int{access.Administrator: 1, access.Auditor: 0} {
		b := p.user(t, string(role), role)
		for _, path := range []string{"/terminals", "/terminals/new", "/terminals/import", "/psps", "/psp-accounts", "/reports"} {
			if role == access.Auditor && strings.HasPrefix(path, "/terminals/") {
				continue
			}
			b.get(path, http.StatusOK, htmlcheck.In(".empty-state", htmlcheck.HasText("No provider connection")),
				htmlcheck.Count(".empty-state a[href=/admin/connections]", offered))
		}
	}
}
